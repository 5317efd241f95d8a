//! The table of parameters: every row moves what it says, and goes back.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::collections::BTreeSet;
use zscape::app::{Action, Edit, Param, ParamId, Scale, Tool};
use zscape::latent::expr::parse;

/// Rows of every kind; of raw axes, of which there are hundreds, the first of each space.
fn rows(window: &Window) -> Vec<Param> {
    let mut kinds = BTreeSet::new();
    let mut rows = window.app().desk().params();
    rows.retain(|param| match &param.id {
        ParamId::Axis(axis) => kinds.insert(axis.space.to_string()),
        _ => true,
    });
    rows
}

fn set(window: &mut Window, id: &ParamId, value: f32) {
    window
        .harness
        .state_mut()
        .ask(Action::Set(id.clone(), value));
    window.settle();
}

#[test]
fn every_row_moves_and_goes_back() {
    for model in ["faces-stylegan", "digits-gan"] {
        let mut window = Window::open_named(model);
        // So that there is a second pane, and nothing is locked.
        window.open_tool("Compare");
        for row in rows(&window) {
            let id = &row.id;
            // The position on the path makes an expression of its own, and layers have no source.
            if id.to_string() == "tool/interpolate/t" || id.to_string().contains("styles") {
                continue;
            }
            assert_eq!(row.lock, None, "{model}, {id}");
            assert_eq!(id.to_string().parse().as_ref(), Ok(id));
            let value = row.range.start() + 0.75 * (row.range.end() - row.range.start());
            set(&mut window, id, value);
            let moved = window.app().desk().param(id).expect("it is still there");
            // Of whole numbers the nearest.
            let near = if matches!(row.scale, Scale::Whole | Scale::Counts) {
                0.5
            } else {
                1e-3
            };
            assert!(
                (moved.value - value).abs() <= near,
                "{model}, {id}: {}",
                moved.value
            );
            assert_eq!(window.app().preview().failure(), None, "{model}, {id}");
            set(&mut window, id, row.default);
            let back = window.app().desk().param(id).expect("it is still there");
            assert_eq!(back.value, row.default, "{model}, {id}");
            set(&mut window, id, f32::NAN);
            assert_eq!(
                window.app().desk().param(id).map(|param| param.value),
                Some(row.default)
            );
        }
        assert_eq!(window.expression(), "seed(42)", "{model}");
    }
}

/// A slider that is in no table could not be reset, locked or moved from elsewhere.
#[test]
fn every_slider_is_a_row() {
    let mut window = Window::open_named("faces-stylegan");
    let names: BTreeSet<String> = window
        .app()
        .desk()
        .params()
        .into_iter()
        .map(|it| it.name)
        .collect();
    for &tool in Tool::ALL {
        window.harness.state_mut().ask(Action::Run(tool.command()));
        window.settle();
        let sliders = window.harness.query_all_by_role(Role::Slider);
        for slider in sliders.filter_map(|slider| slider.accesskit_node().label()) {
            // Where the divider of a wipe stands is how one looks, not what is set.
            let is_known = names.contains(&slider) || slider == "Position of the divider";
            assert!(is_known, "{tool:?}: {slider:?} is no parameter");
        }
    }
}

#[test]
fn steps_in_z_are_locked_where_the_code_starts_in_w() {
    let mut window = Window::open_named("faces-stylegan");
    let mixed = parse("mix(seed(1), seed(2), layers 0..3)").expect("it is one");
    window
        .harness
        .state_mut()
        .ask(Action::Edit(Edit::Expression(mixed)));
    window.settle();
    let id: ParamId = "axis/z0".parse().expect("a path");
    let lock = window.app().desk().param(&id).and_then(|param| param.lock);
    assert!(lock.is_some_and(|why| why.contains("starts in w+")));
    let before = window.expression();
    set(&mut window, &id, 1.0);
    assert_eq!(window.expression(), before);
    let id: ParamId = "axis/w0".parse().expect("a path");
    set(&mut window, &id, 1.0);
    assert!(window.expression().starts_with(&before));
    assert_ne!(window.expression(), before);
}

#[test]
fn the_palette_sets_a_parameter_by_name_and_number() {
    let mut window = Window::open_named("digits-gan");
    window.press(Modifiers::COMMAND, Key::K);
    window.find(Role::TextInput, "Search").type_text("psi 0.5");
    window.harness.run_steps(2);
    window.harness.get_by_label("Set Truncation psi to 0.5");
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.expression(), "truncate(seed(42), 0.5)");
    // Numbers out of range, even of `f32`, stop where the slider stops.
    for (number, psi) in [("9", "1.5"), ("1e39", "1.5"), ("-1e39", "0")] {
        window.press(Modifiers::COMMAND, Key::K);
        let search = window.find(Role::TextInput, "Search");
        search.type_text(&format!("psi {number}"));
        window.harness.run_steps(2);
        window
            .harness
            .get_by_label(&format!("Set Truncation psi to {psi}"));
        window.press(Modifiers::NONE, Key::Escape);
    }
}

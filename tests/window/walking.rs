//! Moving through the latent space by hand, and back.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use zscape::app::Axis;
use zscape::latent::Space;

#[test]
fn buttons_and_arrows_step_the_seed() {
    let mut window = Window::open();
    let before = window.picture();
    window.click("Next seed");
    assert_eq!(window.expression(), "seed(43)");
    assert_ne!(window.picture(), before);
    window.click("Previous seed");
    window.click("Previous seed");
    assert_eq!(window.expression(), "seed(41)");
    window.press(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.expression(), "seed(141)");
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(window.expression(), "seed(42)");
    assert_eq!(
        window.picture(),
        before,
        "the same seed is the same picture"
    );
}

#[test]
fn a_random_seed_is_another_one() {
    let mut window = Window::open();
    let seeds: std::collections::BTreeSet<String> = (0..4)
        .map(|_| {
            window.press(Modifiers::NONE, Key::R);
            window.expression()
        })
        .collect();
    assert!(seeds.len() > 1, "{seeds:?}");
}

#[test]
fn undo_takes_back_one_gesture_and_redo_brings_it_again() {
    let mut window = Window::open();
    window.click("Next seed");
    window.click("Next seed");
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.expression(), "seed(43)");
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.expression(), "seed(42)");
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(
        window.expression(),
        "seed(42)",
        "there is nothing before the start"
    );
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(window.expression(), "seed(43)");
    window.press(Modifiers::COMMAND, Key::Y);
    assert_eq!(window.expression(), "seed(44)");
}

#[test]
fn dragging_the_picture_walks_and_is_one_step_of_undo() {
    let mut window = Window::open();
    let middle = window.find(Role::Image, "Picture").rect().center();
    window.harness.hover_at(middle);
    window.harness.drag_at(middle);
    for step in 1..=8 {
        window
            .harness
            .hover_at(middle + vec2(12.0, -6.0) * step as f32);
    }
    window.harness.drop_at(middle + vec2(96.0, -48.0));
    window.settle();
    assert!(
        window.expression().starts_with('['),
        "{}",
        window.expression()
    );
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.expression(), "seed(42)");
}

#[test]
fn the_map_goes_where_the_hand_is() {
    let mut window = Window::open();
    let map = window.find(Role::Canvas, "Map of the latent plane").rect();
    window.harness.hover_at(map.center());
    window.harness.drag_at(map.center());
    window.harness.drop_at(map.center());
    window.settle();
    assert!(
        window.expression().starts_with('['),
        "{}",
        window.expression()
    );
    window.click("Back to the seed");
    assert_eq!(window.expression(), "seed(42)");
}

#[test]
fn playing_drifts_until_escape() {
    let mut window = Window::open();
    // A walk never rests, so there is nothing to wait for here.
    window.harness.key_press(Key::Space);
    window.wait("the walk is under way", |app| {
        app.position()
            .expression()
            .to_string()
            .starts_with("slerp(")
    });
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.app().player().is_none());
    let stopped = window.expression();
    window.harness.run_steps(5);
    assert_eq!(window.expression(), stopped);
}

#[test]
fn directions_of_a_large_space_are_sliders_with_resets() {
    let mut window = Window::open_named("digits-gan");
    let dim = window.app().model().expect("it is loaded").ranked_dims[0].0;
    let name = format!("z{dim}");
    let before = window.picture();
    for _ in 0..5 {
        window.find(Role::Slider, &name).increment_accesskit();
        window.harness.run_steps(1);
    }
    window.settle();
    let axis = Axis {
        space: Space::Z,
        index: dim,
    };
    assert!(window.app().position().offset(axis) > 0.0);
    assert!(
        window.equation().contains(&format!("dir(\"{name}\")")),
        "{}",
        window.equation()
    );
    assert_ne!(window.picture(), before);
    window.click(&format!("Reset {name}"));
    assert_eq!(window.expression(), "seed(42)");
    assert_eq!(window.picture(), before);
}

#[test]
fn everything_is_reset_at_once() {
    let mut window = Window::open_named("digits-gan");
    window.type_expression("truncate(seed(7), 0.5) + 1.5*dir(\"z3\")");
    window.press(Modifiers::NONE, Key::Enter);
    window.find(Role::Button, "Reset all").scroll_to_me();
    window.settle();
    window.click("Reset all");
    assert_eq!(window.expression(), "seed(7)");
}

/// A key that comes up under another name, as `+` does when Shift is let go of first, is still
/// held for the window; that must not keep everything after it from becoming a step.
#[test]
fn a_key_that_never_comes_up_does_not_stop_the_history() {
    let mut window = Window::open();
    window.wait_for_steps(1);
    window.harness.event(Event::Key {
        key: Key::Plus,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::SHIFT,
    });
    window.harness.run_steps(2);
    window.click("Next seed");
    window.wait_for_steps(2);
    window.click("Next seed");
    window.wait_for_steps(3);
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.expression(), "seed(43)");
}

/// Presses Tab until the keyboard is where it was at first; all names that it reached.
fn round(window: &mut Window) -> Vec<String> {
    let focused = |window: &Window| {
        let mut nodes = window.harness.query_all_by(|node| node.is_focused());
        let node = nodes.next()?;
        let node = node.accesskit_node();
        Some((node.id(), node.label().unwrap_or_default()))
    };
    let mut reached = Vec::new();
    let mut first = None;
    for _ in 0..600 {
        window.harness.key_press(Key::Tab);
        window.harness.run_steps(2);
        let Some((id, name)) = focused(window) else {
            continue;
        };
        if first.is_none() {
            first = Some(id);
        } else if first == Some(id) {
            return reached;
        }
        reached.push(name);
    }
    panic!("Tab does not come round: {:?}", reached.last());
}

#[test]
fn tab_comes_round_in_every_tool() {
    let mut window = Window::open_named("faces-stylegan");
    for &tool in zscape::app::Tool::ALL {
        let model = window.app().model().expect("it is loaded");
        if tool.why_not(model).is_some() {
            continue;
        }
        let name = tool.info().name;
        window.open_tool(name);
        window.settle();
        let reached = round(&mut window);
        for part in ["File", "Next seed", "Expression"] {
            let is_in_panel = part != "Next seed" || matches!(name, "Explore" | "Map" | "Compare");
            let is_reached = reached.iter().any(|name| name.starts_with(part));
            assert!(!is_in_panel || is_reached, "{name}: {part} in {reached:?}");
        }
    }
}

#[test]
fn the_menu_of_a_small_picture_opens_by_key() {
    let mut window = Window::open_named("fashion-vae");
    window.open_tool("Variations");
    window.wait("the sources", |app| app.pictures().is_settled());
    window.harness.run_steps(2);
    window.find(Role::Button, "seed(3)").focus();
    window.harness.run_steps(2);
    window.press(Modifiers::SHIFT, Key::F10);
    assert!(!window.app().modes().picture_only);
    window.find(Role::Button, "Take as the second parent");
    // The arrow keys lead into it.
    for _ in 0..5 {
        window.press(Modifiers::NONE, Key::ArrowDown);
    }
    window.press(Modifiers::NONE, Key::Enter);
    let settings = window.app().tools().settings();
    let partner = settings
        .variations
        .partner
        .as_ref()
        .map(ToString::to_string);
    assert_eq!(partner.as_deref(), Some("seed(3)"));
    // The keyboard is back at the picture.
    window.press(Modifiers::SHIFT, Key::F10);
    window.find(Role::Button, "Take as the second parent");
    window.press(Modifiers::NONE, Key::Escape);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.expression(), "seed(3)");
}

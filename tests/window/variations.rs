//! Variations: children, generations, favourites.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use zscape::app::tools::variations::CHILDREN;
use zscape::app::{Action, DecodedPicture, ParamId};
use zscape::latent::Space;

fn open() -> Window {
    let mut window = Window::open_named("fashion-vae");
    window.open_tool("Variations");
    window.harness.run_steps(2);
    window
}

#[test]
fn a_child_becomes_the_parent_and_undo_goes_back_a_generation() {
    let mut window = open();
    let before = window.picture();
    window.click("Child 12");
    assert!(
        window.expression().starts_with("vary(seed(42), "),
        "{}",
        window.expression()
    );
    assert_ne!(window.picture(), before);
    window.wait("the next generation", |app| app.pictures().is_settled());
    window.harness.run_steps(2);
    window.click("Child 1");
    assert!(
        window.expression().starts_with("vary(vary(seed(42), "),
        "{}",
        window.expression()
    );
    window.press(Modifiers::COMMAND, Key::Z);
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.expression(), "seed(42)");
    assert_eq!(window.picture(), before);
}

#[test]
fn a_second_parent_makes_crosses() {
    let mut window = open();
    window.drag("seed(3)", "Second parent");
    window.harness.run_steps(2);
    window.click("Child 2");
    assert!(
        window.expression().starts_with("cross(seed(42), seed(3), "),
        "{}",
        window.expression()
    );
}

#[test]
fn favourites_stay_when_children_go() {
    let mut window = open();
    window
        .find(Role::CheckBox, "Add child 3 to favourites")
        .click();
    window.settle();
    let kept = window
        .app()
        .tools()
        .settings()
        .variations
        .favourites
        .clone();
    assert_eq!(kept.len(), 1);
    window.click("Reroll");
    window.wait("other children", |app| app.pictures().is_settled());
    window.click("Favourite 1");
    assert_eq!(window.expression(), kept[0].to_string());
    window.click("Remove favourite 1");
    assert!(
        window
            .app()
            .tools()
            .settings()
            .variations
            .favourites
            .is_empty()
    );
}

#[test]
fn parts_are_locked_and_children_have_them_of_their_parent() {
    let mut window = Window::open_named("faces-stylegan");
    window.open_tool("Variations");
    let children = |window: &Window| -> Vec<(String, Vec<f32>)> {
        let set = window.app().pictures().set(CHILDREN);
        let pictures = set.iter().flatten();
        let code = |picture: &DecodedPicture| picture.code.values.reals().to_vec();
        pictures
            .map(|picture| (picture.expression.to_string(), code(picture)))
            .collect()
    };
    let settle = |window: &mut Window| {
        window.settle();
        window.wait("the children", |app| app.pictures().is_settled());
    };
    // One of those in sight: the rest are folded away, and which they are is the model's affair.
    let directions = &window.app().model().expect("a model").directions;
    let in_w = directions.iter().find(|it| {
        let lock = format!("Lock {}", it.name);
        let button = window.harness.query_by_role_and_label(Role::Button, &lock);
        it.space == Space::W && button.is_some()
    });
    let direction = in_w.expect("there is one").clone();
    let dim = direction.values.len();
    // How far the codes of two children lie apart along the direction, layer by layer.
    let along = |a: &[f32], b: &[f32]| -> f32 {
        let steps: Vec<f32> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        let rows = steps.chunks(dim);
        let dots = rows.map(|row| {
            row.iter()
                .zip(&direction.values)
                .map(|(a, b)| a * b)
                .sum::<f32>()
        });
        let square: f32 = direction.values.iter().map(|value| value * value).sum();
        dots.map(|dot| (dot / square.sqrt()).abs())
            .fold(0.0, f32::max)
    };

    window.click("Lock coarse styles");
    settle(&mut window);
    let coarse = children(&window);
    assert!(
        coarse[0].0.starts_with("vary(map(seed(42), \"w+\"), ") && coarse[0].0.contains("lock [0]"),
        "{}",
        coarse[0].0
    );
    let [(_, first), (_, second), ..] = &coarse[..] else {
        panic!("there are children");
    };
    assert_eq!(
        first[..dim],
        second[..dim],
        "the coarse styles are the parent's"
    );
    assert_ne!(first[dim..], second[dim..]);
    assert!(along(first, second) > 1e-2);

    window.click(&format!("Lock {}", direction.name));
    settle(&mut window);
    let held = children(&window);
    assert!(
        held[0]
            .0
            .contains(&format!("lock [0, \"{}\"]", direction.name)),
        "{}",
        held[0].0
    );
    assert!(
        along(&held[0].1, &held[1].1) < 1e-4,
        "no child has more of it"
    );

    // The next generation stays where it is: the lineage grows by one call.
    window.harness.run_steps(2);
    window.click("Child 1");
    settle(&mut window);
    let next = children(&window);
    assert!(
        next[0].0.starts_with("vary(vary(map(seed(42), "),
        "{}",
        next[0].0
    );
    assert_eq!(next[0].0.matches("map(").count(), 1);
    assert!(along(&next[0].1, &held[0].1) < 1e-4, "nor has a grandchild");

    window.click("Unlock everything");
    assert!(!window.app().tools().settings().variations.is_locked());
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(window.app().tools().settings().variations.is_locked());
}

#[test]
fn children_are_truncated_as_their_parent_is() {
    let mut window = Window::open_named("faces-stylegan");
    window.open_tool("Variations");
    let psi = window.app().param(&ParamId::Psi).expect("there is w");
    window.find(Role::Slider, &psi.name);
    window.ask(Action::Set(ParamId::Psi, 0.5));
    let settle = |window: &mut Window| {
        window.settle();
        window.wait("the children", |app| app.pictures().is_settled());
        window.harness.run_steps(2);
    };
    settle(&mut window);
    let child = |window: &Window| {
        let set = window.app().pictures().set(CHILDREN);
        let child = set.get(0).expect("a child");
        child.expression.to_string()
    };
    assert_eq!(child(&window), "truncate(vary(seed(42), 0, 0.5), 0.5)");
    window.click("Child 1");
    settle(&mut window);
    let chosen = window.expression();
    assert!(chosen.starts_with("truncate(vary(seed(42), "), "{chosen}");
    // It can be loosened again, in a generation that has it once.
    window.ask(Action::Set(ParamId::Psi, 0.75));
    settle(&mut window);
    let loosened = chosen
        .strip_suffix("0.5)")
        .map(|rest| format!("{rest}0.75)"));
    assert_eq!(Some(window.expression()), loosened);
    assert!(child(&window).starts_with("truncate(vary(vary(seed(42), "));
    window.click("Lock coarse styles");
    settle(&mut window);
    assert!(
        child(&window).starts_with("truncate(vary(map(vary(seed(42), "),
        "{}",
        child(&window)
    );
}

#[test]
fn models_without_w_have_no_truncation_here() {
    let window = open();
    let psi = window.app().param(&ParamId::Psi).expect("a row");
    assert!(
        window
            .harness
            .query_by_role_and_label(Role::Slider, &psi.name)
            .is_none()
    );
}

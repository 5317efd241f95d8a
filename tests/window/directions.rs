//! Directions: found, measured, walked along, renamed, deleted.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use zscape::app::tools::directions::{Directions, STRIP};

fn found() -> Window {
    let mut window = Window::open_named("fashion-vae");
    window.open_tool("Directions");
    window.click("Components");
    window.wait("directions", |app| !app.names().directions.is_empty());
    window.settle();
    window
}

#[test]
fn components_are_found_and_a_step_along_one_changes_the_picture() {
    let mut window = found();
    let listed = window.app().tool::<Directions>().listed();
    assert_eq!(listed.len(), 8);
    let changes: Vec<f32> = listed.iter().map(|listed| listed.picture_change).collect();
    assert!(
        changes.is_sorted_by(|a, b| a >= b),
        "what changes most comes first: {changes:?}"
    );
    let name = listed[0].direction.name.clone();
    let before = window.picture();
    for _ in 0..5 {
        window.find(Role::Slider, &name).increment_accesskit();
        window.harness.run_steps(1);
    }
    window.settle();
    assert!(
        window.expression().contains(&format!("dir(\"{name}\")")),
        "{}",
        window.expression()
    );
    assert_ne!(window.picture(), before);
    window.wait("the strip", |app| {
        app.pictures().set(STRIP).iter().flatten().count() == 7
    });
}

#[test]
fn a_direction_is_renamed_also_in_the_expression_and_deleted() {
    let mut window = found();
    window.type_expression("seed(5) + 2*dir(\"PC 1\")");
    window.press(Modifiers::NONE, Key::Enter);
    window.click("Rename PC 1");
    window.find(Role::TextInput, "New name").type_text("shoe");
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    assert!(
        window.expression().contains("shoe"),
        "{}",
        window.expression()
    );
    assert!(window.app().preview().failure().is_none());
    let name = window.app().names().directions[0].name.clone();
    window.click(&format!("Delete {name}"));
    assert_eq!(window.expression(), "seed(5)");
    assert!(window.app().names().direction(&name).is_none());
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(
        window.app().names().direction(&name).is_some(),
        "undo brings it back"
    );
}

//! Variations: children, generations, favourites.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};

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

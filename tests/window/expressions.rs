//! The equation bar.

use crate::support::Window;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

#[test]
fn what_is_typed_is_applied_with_enter() {
    let mut window = Window::open();
    let before = window.picture();
    window.type_expression("slerp(seed(3), seed(9), 0.4)");
    assert_eq!(
        window.expression(),
        "seed(42)",
        "nothing is applied before Enter"
    );
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.expression(), "slerp(seed(3), seed(9), 0.4)");
    assert_ne!(window.picture(), before);
}

#[test]
fn a_mistake_is_named_with_its_column_and_the_picture_stays() {
    let mut window = Window::open();
    let before = window.picture();
    window.type_expression("seed(3");
    window.harness.get_by_label_contains("Column 7");
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.expression(), "seed(42)");
    assert_eq!(window.equation(), "seed(3", "what was typed is not lost");
    assert_eq!(window.picture(), before);
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.equation(), "seed(42)");
    assert!(window.harness.query_by_label_contains("Column").is_none());
}

#[test]
fn what_the_model_does_not_know_is_said() {
    let mut window = Window::open();
    window.type_expression("@nobody");
    window
        .harness
        .get_by_label_contains("no code named @nobody");
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.expression(), "seed(42)");
}

#[test]
fn letters_typed_into_the_bar_are_no_shortcuts() {
    let mut window = Window::open();
    window.type_expression("");
    window.press(Modifiers::NONE, Key::R);
    window.press(Modifiers::NONE, Key::Space);
    window.press(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.expression(), "seed(42)");
    assert!(window.app().player().is_none());
}

//! The equation bar.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, Rect, pos2, vec2};
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

#[test]
fn a_long_message_is_there_in_full_where_its_line_is_short() {
    let mut window = Window::open_named("faces-vq");
    window.harness.set_size(vec2(1024.0, 640.0));
    window.settle();
    let words = "is not an index into the codebook";
    window.type_expression("fill(\"codes\", 99999)");
    let window_rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(1024.0, 640.0));
    let found: Vec<Rect> = window
        .harness
        .get_all_by_label_contains(words)
        .map(|node| node.rect())
        .collect();
    assert_eq!(found.len(), 2, "the line and all of it");
    let whole = found.iter().find(|rect| rect.height() > 20.0);
    let whole = whole.expect("it has several lines");
    assert!(window_rect.contains_rect(*whole), "{whole:?}");
    let bar = window.find(Role::TextInput, "Expression").rect();
    assert!(
        whole.bottom() <= bar.top(),
        "it covers the bar: {whole:?} and {bar:?}"
    );
    // With more room the line is enough.
    window.harness.set_size(vec2(1920.0, 900.0));
    window.settle();
    assert_eq!(window.harness.get_all_by_label_contains(words).count(), 1);
}

//! The arithmetic tool: wells, text, and what comes out.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use zscape::app::Tool;
use zscape::app::tools::arithmetic::{MEMBERS, Slot};
use zscape::app::tools::directions::Directions;

fn open() -> Window {
    let mut window = Window::open_named("digits-gan");
    window.open_tool("Arithmetic");
    assert_eq!(window.app().tools().open(), Tool::Arithmetic);
    window
}

#[test]
fn a_picture_dragged_into_a_well_becomes_an_operand() {
    let mut window = open();
    let before = window.picture();
    window.drag("seed(1)", "Well A");
    window.drag("seed(2)", "Well B");
    window.drag("seed(3)", "Well C");
    assert_eq!(window.expression(), "seed(1) - seed(2) + seed(3)");
    assert_eq!(window.equation(), "seed(1) - seed(2) + seed(3)");
    assert_ne!(window.picture(), before);
    window.drag("seed(4)", "Well A");
    assert_eq!(
        window.expression(),
        "mean(seed(1), seed(4)) - seed(2) + seed(3)",
        "a group counts by its mean"
    );
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.expression(), "seed(1) - seed(2) + seed(3)");
    let wells = &window.app().tools().settings().arithmetic;
    assert_eq!(
        wells.members(Slot::Plus).len(),
        1,
        "undo empties the well, too"
    );
}

#[test]
fn typed_text_of_the_form_appears_in_the_wells() {
    let mut window = open();
    window.type_expression("1.5*(mean(seed(1), seed(2)) - seed(3)) + seed(4)");
    window.press(Modifiers::NONE, Key::Enter);
    let wells = window.app().tools().settings().arithmetic.clone();
    assert_eq!(wells.strength, 1.5);
    assert_eq!(Slot::ALL.map(|well| wells.members(well).len()), [2, 1, 1]);
    window.wait("the pictures in the wells", |app| {
        (0..4).all(|index| app.pictures().set(MEMBERS).get(index).is_some())
    });
    window.click("Remove A 2: seed(2)");
    assert_eq!(window.expression(), "1.5*(seed(1) - seed(3)) + seed(4)");
    window.click("Reset Strength");
    assert_eq!(window.expression(), "seed(1) - seed(3) + seed(4)");
}

#[test]
fn undo_of_typed_text_leaves_the_open_tool_open() {
    let mut window = Window::open_named("digits-gan");
    for text in ["2*seed(6)", "seed(1) - seed(2) + seed(3)", "seed(5)"] {
        window.type_expression(text);
        window.press(Modifiers::NONE, Key::Enter);
        window.settle();
    }
    let open = window.app().tools().open();
    assert_ne!(open, Tool::Arithmetic);
    let shift = Modifiers::COMMAND.plus(Modifiers::SHIFT);
    for (modifiers, text) in [
        (Modifiers::COMMAND, "seed(1) - seed(2) + seed(3)"),
        (Modifiers::COMMAND, "2*seed(6)"),
        (shift, "seed(1) - seed(2) + seed(3)"),
        (shift, "seed(5)"),
    ] {
        window.press(modifiers, Key::Z);
        window.settle();
        assert_eq!(window.expression(), text);
        assert_eq!(
            window.app().tools().open(),
            open,
            "{text} is seen in the equation bar; no other tool has to open"
        );
    }
}

#[test]
fn the_wells_can_be_filled_without_a_mouse_and_emptied_at_once() {
    let mut window = open();
    window.click("Put the current picture into A");
    assert_eq!(window.expression(), "seed(42)");
    window.click("Put the current picture into B");
    assert_eq!(window.expression(), "seed(42) - seed(42)");
    window.click("Empty B");
    assert_eq!(window.expression(), "seed(42)");
    window.click("Empty all wells");
    assert!(window.app().tools().settings().arithmetic.plus.is_empty());
    assert_eq!(window.expression(), "seed(42)", "the picture stays");
    window.find(Role::Group, "Well A");
}

#[test]
fn the_difference_is_freed_of_a_direction_and_becomes_one() {
    let mut window = open();
    window.drag("seed(1)", "Well A");
    window.drag("seed(2)", "Well B");
    window.drag("seed(3)", "Well C");
    window.type_into("Name of the direction", "slant");
    window.find(Role::Button, "Save as direction").click();
    window.wait("the direction", |app| {
        app.names()
            .directions
            .iter()
            .any(|known| known.name == "slant")
    });
    let listed = window.app().tool::<Directions>().listed();
    let slant = listed
        .iter()
        .find(|it| it.direction.name == "slant")
        .expect("it");
    assert!(slant.picture_change > 0.0, "its effect was measured");

    // Freed of itself, nothing is left of the difference.
    window.find(Role::ComboBox, "Without").click();
    window.harness.run_steps(3);
    window.find(Role::Button, "slant").click();
    window.settle();
    assert_eq!(
        window.expression(),
        "project_out(seed(1) - seed(2), dir(\"slant\")) + seed(3)"
    );
    let code = |window: &Window| window.app().preview().frame().expect("one").code.clone();
    let freed = code(&window);
    window.type_expression("seed(3)");
    window.press(Modifiers::NONE, Key::Enter);
    let base = code(&window);
    for (a, b) in freed.values.reals().iter().zip(base.values.reals()) {
        assert!((a - b).abs() < 1e-4, "{a} and {b}");
    }
}

//! Directions: found, measured, walked along, renamed, deleted.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use zscape::app::tools::directions::{Directions, STRIP};
use zscape::app::{Action, ParamId};

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

#[test]
fn directions_of_a_file_get_sliders() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sleeves_boundary.npy");
    let mut values = [0.0_f32; 16];
    values[3] = 1.0;
    write_array(&path, &values);
    let mut window = Window::open_named("fashion-vae");
    window.open_tool("Directions");
    for name in ["sleeves", "sleeves (2)"] {
        window.ask(Action::OpenDirections(path.clone()));
        window.wait("the direction", |app| {
            let listed = app.tool::<Directions>().listed();
            listed.iter().any(|listed| listed.direction.name == name)
        });
    }
    window.harness.run_steps(2);
    window.ask(Action::Set(ParamId::Step("sleeves".to_owned()), 1.5));
    window.settle();
    assert_eq!(window.expression(), "seed(42) + 1.5*dir(\"sleeves\")");
    // One of another model is refused with the numbers that are known.
    write_array(&path, &[1.0; 7]);
    window.ask(Action::OpenDirections(path));
    window.wait_until("the message", |window| {
        let messages = window.messages();
        messages
            .iter()
            .any(|it| it.contains("no array of directions with 16 (z) numbers"))
    });
}

fn write_array(path: &std::path::Path, values: &[f32]) {
    let head = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}\n",
        values.len()
    );
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((head.len() as u16).to_le_bytes());
    bytes.extend(head.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    zscape::files::save::save(path, &bytes).expect("a file");
}

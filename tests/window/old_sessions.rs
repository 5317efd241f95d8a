//! Sessions of the first format, in which every step had all found directions with their values.

use crate::support::{Window, options};
use std::path::Path;
use zscape::document::{Session, session_file};
use zscape::engine::ModelSource;
use zscape::ui::WindowOptions;

/// Written by the program before directions became a part of the session.
const OLD_SESSION: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/directions-v1.zscape"
);
const OLD_JOURNAL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/directions-v1.journal"
);
/// What the old program showed for it.
const OLD_CODE: [f32; 2] = [3.68969, -1.9338691];
const CURRENT: &str = "@me - 2*dir(\"PC 2\")";

/// The settings of the current step, as they are written.
fn settings(session: &Session) -> String {
    session.tool().expect("settings").to_string()
}

#[track_caller]
fn assert_shows_the_old_session(window: &mut Window) {
    window.settle();
    assert_eq!(window.expression(), CURRENT);
    let code = window.code();
    assert_eq!(
        code.values.reals(),
        OLD_CODE,
        "bit for bit what the old program drew"
    );
    let model = window.app().model().expect("a model");
    let directions = &window.app().tools().settings().directions;
    let of_model = directions.of(model).expect("directions of this model");
    let names: Vec<_> = of_model
        .found
        .iter()
        .map(|found| found.direction.name.as_str())
        .collect();
    assert_eq!(names, ["PC 1", "PC 2"]);
    assert!(of_model.hidden.contains("PC 2"));
    assert_eq!(window.messages(), Vec::<String>::new());
}

#[test]
fn an_old_session_file_shows_what_it_showed_and_is_written_in_the_new_form() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_options(WindowOptions {
        session: Some(OLD_SESSION.into()),
        ..options()
    });
    window.wait_for_steps(5);
    assert_shows_the_old_session(&mut window);
    assert!(window.app().session().document().directions().is_empty());

    // The next step refers to the directions, which now stand in the session once.
    window.open_tool("Interpolate");
    window.apply_expression("seed(3) + dir(\"PC 1\")");
    window.wait_for_steps(6);
    let document = window.app().session().document();
    assert_eq!(document.directions().len(), 2);
    assert!(
        !settings(document).contains("values"),
        "{}",
        settings(document)
    );

    let path = folder.path().join("new.zscape");
    let save = zscape::app::SessionAction::Save(path.clone());
    let action = zscape::app::Action::Session(save);
    window.harness.state_mut().ask(action);
    window.wait("the file", |_| path.exists());
    let again = session_file::read(&path).expect("it was just written");
    assert_eq!(again, *window.app().session().document());
    drop(window);

    // Undo leads to a step of the old form.
    let mut next = Window::open_options(WindowOptions {
        session: Some(path),
        ..options()
    });
    next.wait_for_steps(6);
    next.settle();
    assert!(next.messages().is_empty(), "{:?}", next.messages());
    next.press(eframe::egui::Modifiers::COMMAND, eframe::egui::Key::Z);
    assert_shows_the_old_session(&mut next);
}

#[test]
fn an_old_journal_is_recovered() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = Path::new(OLD_JOURNAL).file_name().expect("a name");
    std::fs::copy(OLD_JOURNAL, folder.path().join(name)).expect("it can be copied");
    let mut window = Window::open_keeping_in(folder.path());
    window.wait_for_steps(5);
    window.settle();
    assert_eq!(window.expression(), CURRENT);
    assert_eq!(window.code().values.reals(), OLD_CODE);
}

#[test]
fn a_step_after_a_search_does_not_write_the_directions_again() {
    let mut window = Window::open_options(WindowOptions {
        model: Some(ModelSource::Catalogue("fashion-vae".to_owned())),
        ..options()
    });
    window.open_tool("Directions");
    window.click("Components");
    window.wait("directions", |app| !app.names().directions.is_empty());
    window.wait_for_steps(2);
    let count = window.app().names().directions.len();
    let document = window.app().session().document();
    assert_eq!(document.directions().len(), count);
    let before = settings(document).len();

    // Another tool is set to something else: the settings are written, the directions are not.
    window.open_tool("Interpolate");
    for steps in 3..6 {
        window.apply_expression(&format!("seed({steps})"));
        window.wait_for_steps(steps);
    }
    let document = window.app().session().document();
    assert_eq!(document.directions().len(), count, "each of them once");
    let after = settings(document);
    assert!(
        after.len() <= before + 100,
        "{} bytes: {after}",
        after.len()
    );
    assert!(after.len() < 4_000, "{} bytes: {after}", after.len());

    // A name that is given later is a direction of its own; undo brings back the old one.
    let name = window.app().names().directions[0].name.clone();
    window.open_tool("Directions");
    window.click(&format!("Rename {name}"));
    window.type_into("New name", "renamed");
    window.press(eframe::egui::Modifiers::NONE, eframe::egui::Key::Enter);
    window.wait_for_steps(6);
    let named = |window: &Window, name: &str| {
        let mut directions = window.app().names().directions.iter();
        directions.any(|direction| direction.name == name)
    };
    assert!(named(&window, "renamed") && !named(&window, &name));
    assert_eq!(
        window.app().session().document().directions().len(),
        count + 1
    );
    window.press(eframe::egui::Modifiers::COMMAND, eframe::egui::Key::Z);
    assert!(!named(&window, "renamed") && named(&window, &name));
}

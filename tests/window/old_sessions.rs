//! Sessions of earlier versions: of the first format, in which every step had all found directions
//! with their values, and of models that are not built in any more.

use crate::support::{Window, options};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use std::path::Path;
use zscape::app::Action;
use zscape::document::{Change, ModelLink, ModelOrigin, Session, session_file};
use zscape::engine::ModelSource;
use zscape::model::ModelFile;
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
    let action = Action::Session(save);
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
    next.press(Modifiers::COMMAND, Key::Z);
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
    window.press(Modifiers::NONE, Key::Enter);
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
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(!named(&window, "renamed") && named(&window, &name));
}

/// A model that was built in once.
const FORMER_MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/version-2/heroes-stylegan.safetensors"
);

#[test]
fn a_session_of_a_model_that_was_built_in_once_goes_on_when_its_file_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    // A person may call the file anything.
    let kept = folder.path().join("kept.safetensors");
    std::fs::copy(FORMER_MODEL, &kept).expect("it can be copied");
    let former = ModelFile::read(&kept).expect("it is sound");
    let mut session = Session::default();
    for expression in ["seed(5)", "mix(seed(1), seed(2), layers 4..7)"] {
        let step = Change::Step {
            model: ModelLink {
                name: "heroes-stylegan".to_owned(),
                hash: former.hash.clone(),
                origin: ModelOrigin::Catalogue("heroes-stylegan".to_owned()),
            },
            expression: expression.to_owned(),
            sampler: Default::default(),
            at_secs: 1,
            amends: false,
        };
        session.apply(&step).expect("it makes sense");
    }
    let path = folder.path().join("old.zscape");
    session_file::write(&path, &session).expect("it can be written");

    let mut window = Window::open();
    window.drop_file(&path);
    window.wait("a message", |app| {
        let mut all = app.notices().all().iter();
        all.any(|it| it.text.contains("earlier versions"))
    });
    window.settle();
    let messages = window.messages();
    assert_eq!(messages.len(), 1, "one sentence: {messages:?}");
    assert!(
        messages[0].starts_with("heroes-stylegan is missing"),
        "{messages:?}"
    );
    window.find(Role::Button, "Find the model…");
    assert_eq!(window.app().session().document(), &session);

    // What the dialog behind the button does.
    let shows_former = |app: &zscape::app::AppState, expression: &str| {
        let model = app.model().map(|model| model.id.hash.as_str());
        model == Some(&former.hash) && app.position().expression().to_string() == expression
    };
    window.ask(Action::LoadModel(ModelSource::File(kept)));
    window.wait("the step with its model", |app| {
        shows_former(app, "mix(seed(1), seed(2), layers 4..7)")
    });
    window.settle();
    assert_eq!(window.app().session().document(), &session);

    // Found once, it is found for every other step.
    window.ask(Action::LoadModel(ModelSource::Catalogue(
        "digits-vae2".to_owned(),
    )));
    window.wait_for_steps(3);
    for expression in ["mix(seed(1), seed(2), layers 4..7)", "seed(5)"] {
        window.press(Modifiers::COMMAND, Key::Z);
        window.wait("the step before", |app| shows_former(app, expression));
        window.settle();
    }
    let missing = window.messages();
    let missing = missing.iter().filter(|text| text.contains("is missing"));
    assert!(missing.count() <= 1, "it is not missing any more");
}

//! What a program leaves for the next start, whether it ended in good order or was killed.

use crate::support::{Window, options};
use eframe::egui::{Key, Modifiers};
use std::path::Path;
use zscape::document::{Session, journal};
use zscape::engine::ModelSource;
use zscape::model::catalogue;
use zscape::ui::WindowOptions;

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// What the only journal of a folder holds at this moment.
fn kept(folder: &Path) -> Option<Session> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let journal = entries
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|ending| ending == "journal"))?;
    let recovered = journal::read(&journal).ok()?;
    Some(recovered.session)
}

/// Copies a folder as it is now: that is what a kill at this moment would leave. Locks are not
/// copied, as the operating system takes them away.
fn killed(folder: &Path, to: &Path) {
    for entry in std::fs::read_dir(folder)
        .expect("it can be listed")
        .flatten()
    {
        let name = entry.file_name();
        if entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "journal")
        {
            std::fs::copy(entry.path(), to.join(name)).expect("it can be copied");
        }
    }
}

#[test]
fn what_a_killed_program_had_settled_is_there_at_the_next_start() {
    let [folder, copy] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let mut window = Window::open_keeping_in(folder.path());
    window.next_seed();
    window.bookmark("kept", "");
    window.apply_expression("@kept + seed(3)");
    window.wait_for_steps(3);
    window.press(CTRL, Key::Z);
    let document = window.app().session().document().clone();
    window.wait("all of it in the journal", |app| {
        kept(folder.path()).as_ref() == Some(app.session().document())
    });
    killed(folder.path(), copy.path());

    let mut next = Window::open_keeping_in(copy.path());
    next.wait("the session", |app| {
        app.session().document().history().len() == 3
    });
    next.settle();
    assert_eq!(next.app().session().document(), &document);
    assert_eq!(next.expression(), "seed(43)");
    let messages = next.messages();
    assert!(messages[0].contains("ended unexpectedly"), "{messages:?}");
    next.press(CTRL_SHIFT, Key::Z);
    window.press(CTRL_SHIFT, Key::Z);
    assert_eq!(next.expression(), "@kept + seed(3)");
    assert_eq!(next.code(), window.code(), "bit for bit the same");
    // Or not, if one had rather begin anew; even then nothing is lost.
    next.click("Start new session");
    next.wait("the other session to be parked", |app| {
        app.session().stashed().len() == 1
    });
    assert_eq!(next.steps(), 1);
    assert_eq!(next.app().session().stashed()[0].steps, 3);
    next.click("Open it");
    next.wait("the session again", |app| {
        app.session().document().history().len() == 3
    });
}

#[test]
fn a_program_that_ends_in_good_order_goes_on_without_a_word() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_keeping_in(folder.path());
    window.next_seed();
    window.click("Next seed");
    // Before the hand has rested: the end settles it.
    eframe::App::on_exit(window.harness.state_mut());
    drop(window);
    let mut next = Window::open_keeping_in(folder.path());
    next.wait("the session", |app| {
        app.session().document().history().len() == 3
    });
    next.settle();
    assert_eq!(next.expression(), "seed(44)");
    assert!(next.messages().is_empty(), "{:?}", next.messages());
    // What the first program left goes when the thread has written it into the new journal.
    let left = "only a journal, a lock and the folder of parked sessions to be left";
    next.wait(left, |_| {
        let files = std::fs::read_dir(folder.path()).expect("it can be listed");
        files.count() == 3
    });

    // Another window at the same time has a session of its own.
    let other = Window::open_keeping_in(folder.path());
    assert_eq!(other.steps(), 1);
    drop(other);
    next.next_seed();
    assert_eq!(next.steps(), 4);
}

#[test]
fn a_model_of_the_command_line_is_a_step_of_the_session() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_keeping_in(folder.path());
    window.next_seed();
    eframe::App::on_exit(window.harness.state_mut());
    drop(window);
    let mut next = Window::open_options(WindowOptions {
        model: Some(ModelSource::Catalogue("fashion-vae".to_owned())),
        autosave: Some(folder.path().to_owned()),
        ..options()
    });
    next.wait_for_steps(3);
    assert_eq!(next.app().model().expect("loaded").id.name, "fashion-vae");
    next.press(CTRL, Key::Z);
    next.wait("the model of the session", |app| {
        app.model()
            .is_some_and(|model| model.id.name == catalogue::DEFAULT)
    });
}

#[test]
fn a_foreign_model_that_may_have_ended_the_program_is_not_loaded_by_itself() {
    let [folder, copy] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let entry = zscape::model::catalogue::find("digits-gan").expect("it is built in");
    let model = folder.path().join("mine.safetensors");
    zscape::files::save::save(&model, entry.bytes).expect("the folder is there");
    let mut window = Window::open_keeping_in(folder.path());
    window.next_seed();
    window.ask(zscape::app::Action::OpenFile(model));
    window.wait("the model of the file", |app| {
        app.model()
            .is_some_and(|model| matches!(model.source, ModelSource::File(_)))
    });
    window.settle();
    let document = window.app().session().document().clone();
    window.wait("all of it in the journal", |app| {
        kept(folder.path()).as_ref() == Some(app.session().document())
    });
    killed(folder.path(), copy.path());
    drop(window);

    let mut next = Window::open_keeping_in(copy.path());
    next.wait("the session", |app| {
        app.session().document().history().len() == document.history().len()
    });
    next.settle();
    let source = &next.app().model().expect("a model").source;
    assert!(matches!(source, ModelSource::Catalogue(_)), "{source:?}");
    let messages = next.messages();
    let asks = messages
        .iter()
        .any(|it| it.contains("only if you trust it"));
    assert!(asks, "{messages:?}");
    // Nothing of it is a step.
    assert_eq!(next.app().session().document(), &document);
    next.click("Load it");
    next.wait("the model of the file", |app| {
        app.model()
            .is_some_and(|model| matches!(model.source, ModelSource::File(_)))
    });
    next.settle();
    assert_eq!(next.app().session().document(), &document);
}

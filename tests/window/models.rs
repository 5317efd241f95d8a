//! Other models, and files that are none.

use crate::support::Window;
use zscape::engine::ModelSource;
use zscape::model::catalogue;

#[test]
fn another_model_is_chosen_in_the_palette() {
    let mut window = Window::open();
    let before = window.picture();
    window.press(eframe::egui::Modifiers::COMMAND, eframe::egui::Key::K);
    window
        .find(eframe::egui::accesskit::Role::TextInput, "Search")
        .type_text("model digits, gan");
    window.harness.run_steps(2);
    window.press(eframe::egui::Modifiers::NONE, eframe::egui::Key::Enter);
    window.wait("the other model", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "digits-gan")
    });
    window.settle();
    assert_eq!(
        window.expression(),
        "seed(42)",
        "the expression is kept where it has a meaning"
    );
    assert_ne!(window.picture(), before);
    window.press(eframe::egui::Modifiers::COMMAND, eframe::egui::Key::Z);
    window.wait("the first model again", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "digits-vae2")
    });
}

#[test]
fn a_broken_file_is_refused_and_the_picture_stays() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("broken.safetensors");
    std::fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .open(&path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, b"this is no model"))
        .expect("it can be written");
    let mut window = Window::open();
    let before = window.picture();
    window.drop_file(&path);
    window.wait("a message", |app| !app.notices().all().is_empty());
    window.settle();
    let messages = window.messages();
    assert!(messages[0].contains("broken.safetensors"), "{messages:?}");
    assert_eq!(
        window.app().model().expect("still there").id.name,
        "digits-vae2"
    );
    // The message covers a corner of the picture until it is dismissed.
    window.click("Dismiss message");
    assert_eq!(window.picture(), before);
}

#[test]
fn a_start_with_a_missing_file_shows_the_default_model() {
    let window = Window::open_model(Some(ModelSource::File("absent.safetensors".into())));
    assert_eq!(
        window.app().model().expect("the default").id.name,
        catalogue::DEFAULT
    );
    let messages = window.messages();
    assert!(messages[0].contains("absent.safetensors"), "{messages:?}");
}

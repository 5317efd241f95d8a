//! Other models, and files that are none.

use crate::foreign_files::{self, Form, Pickle};
use crate::support::{Window, options};
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use zscape::app::{AppState, Overlay};
use zscape::engine::ModelSource;
use zscape::files::save;
use zscape::model::catalogue;
use zscape::ui::WindowOptions;

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

#[test]
fn a_model_of_another_program_is_shown_before_it_is_loaded() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("mine.pth");
    let bytes = Form::TorchLegacy.bytes(&foreign_files::small_vae());
    save::save(&path, &bytes).expect("it can be written");
    let mut window = Window::open();
    let first = window.expression();
    let asks = |app: &AppState| app.overlay() == Overlay::Passport;
    window.drop_file(&path);
    window.wait("the passport", asks);
    window.harness.run_steps(2);
    // What it is stands there, and the model of before is still open.
    window.find(Role::Label, "VAE of full matrices");
    window.find(Role::Label, "16x16 grey");
    let is_open = |app: &AppState, name: &str| app.model().is_some_and(|it| it.id.name == name);
    assert!(is_open(window.app(), "digits-vae2"));
    window.click("Cancel");
    window.settle();
    assert!(is_open(window.app(), "digits-vae2"));
    assert_eq!(window.app().overlay(), Overlay::None);

    window.drop_file(&path);
    window.wait("the passport again", asks);
    window.harness.run_steps(2);
    window.click("Load this model");
    window.wait("the model", |app| is_open(app, "mine"));
    window.settle();
    assert_eq!(window.app().overlay(), Overlay::None);
    assert_eq!(window.expression(), first);
    let model = window.app().model().expect("it is loaded");
    assert_eq!(model.manifest.title, "mine");
    let frame = window.app().preview().frame().expect("a picture");
    assert_eq!(frame.code.values.numbers().len(), 3);
    // A step back is the model of before; a step forward needs no question.
    window.press(eframe::egui::Modifiers::COMMAND, eframe::egui::Key::Z);
    window.wait("the first model again", |app| is_open(app, "digits-vae2"));
    assert_eq!(window.messages(), Vec::<String>::new());
}

#[test]
fn a_file_that_asks_for_code_to_be_run_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("evil.pkl");
    let pickle = Pickle::new()
        .global("os", "system")
        .op(b'(')
        .text("echo")
        .op(b't')
        .op(b'R');
    save::save(&path, &pickle.stop()).expect("it can be written");
    let mut window = Window::open();
    window.drop_file(&path);
    window.wait("a message", |app| !app.notices().all().is_empty());
    let messages = window.messages();
    assert!(messages[0].contains("os.system"), "{messages:?}");
    assert_eq!(window.app().overlay(), Overlay::None);
}

#[test]
fn models_in_the_folder_of_ones_own_are_listed_and_shown_before_they_are_loaded() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str| {
        let bytes = Form::TorchLegacy.bytes(&foreign_files::small_vae());
        save::save(&folder.path().join(name), &bytes).expect("it can be written");
    };
    write("mine.pth");
    let mut window = Window::open_options(WindowOptions {
        models: Some(folder.path().to_owned()),
        ..options()
    });
    let count = |app: &AppState| app.models().folder().listed().len();
    window.wait("the list", |app| count(app) == 1);
    window.find(Role::ComboBox, "Model").click();
    window.harness.run_steps(3);
    let shown = folder.path().display().to_string();
    window.harness.get_by_label_contains(&shown);

    // What is added while the choices are shown comes by itself.
    write("later.pth");
    window.wait("the file that came later", |app| count(app) == 2);
    window.harness.run_steps(2);
    window.find(Role::Button, "later.pth");

    window.find(Role::Button, "mine.pth").click();
    window.wait("the passport", |app| app.overlay() == Overlay::Passport);
    window.harness.run_steps(2);
    window.click("Load this model");
    window.wait("the model", |app| {
        app.model().is_some_and(|model| model.id.name == "mine")
    });
}

#[test]
fn models_that_were_opened_are_listed_at_the_next_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("mine.pth");
    let bytes = Form::TorchLegacy.bytes(&foreign_files::small_vae());
    save::save(&path, &bytes).expect("it can be written");
    let start = |model: Option<ModelSource>| {
        Window::open_options(WindowOptions {
            model,
            memory: Some(folder.path().join("memory")),
            ..options()
        })
    };
    let mut window = start(Some(ModelSource::File(path.clone())));
    window.wait("the model", |app| {
        app.model().is_some_and(|model| model.id.name == "mine")
    });
    eframe::App::on_exit(window.harness.state_mut());
    drop(window);
    let next = start(Some(ModelSource::Catalogue("digits-vae2".to_owned())));
    assert_eq!(next.app().models().opened(), [path]);
}

#[test]
fn a_model_can_be_opened_from_the_list_without_scrolling() {
    let mut window = Window::open();
    window.harness.set_size([1024.0, 640.0].into());
    window.settle();
    window.find(Role::ComboBox, "Model").click();
    window.harness.run_steps(3);
    let open = window.find(Role::Button, "Open model…").rect();
    let last = window.find(Role::Button, "Digits, VAE, 2-D latent").rect();
    assert!(open.bottom() < last.top(), "it stands above the models");
    assert!(open.top() > 0.0 && open.bottom() < 640.0, "{open:?}");
}

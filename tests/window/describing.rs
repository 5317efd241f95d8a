//! A file whose architecture is not known: described in the window, and opened.

use crate::foreign_files::{self, Form};
use crate::support::{Window, options};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, Rect, pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};
use zscape::app::{Action, AppState, Command, Overlay};
use zscape::files::save;
use zscape::ui::WindowOptions;

fn outcome(window: &Window) -> Result<String, String> {
    let describing = window.app().describing().expect("a file is described");
    describing.outline().outcome.clone()
}

fn layers(window: &Window) -> Vec<String> {
    let describing = window.app().describing().expect("a file is described");
    let decoder = describing
        .draft()
        .decoder
        .as_ref()
        .expect("there is a guess");
    decoder.layers.iter().map(ToString::to_string).collect()
}

/// Presses a button, which may be out of sight.
#[track_caller]
fn press(window: &mut Window, name: &str) {
    window.find(Role::Button, name).click_accesskit();
    window.settle();
}

/// Types a number into a field.
#[track_caller]
fn set(window: &mut Window, field: &str, number: usize) {
    window.find(Role::SpinButton, field).focus();
    window.harness.run_steps(2);
    window.press(Modifiers::COMMAND, Key::A);
    window
        .harness
        .get_by_label(field)
        .type_text(&number.to_string());
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
}

/// Chooses from a list.
#[track_caller]
fn choose(window: &mut Window, list: &str, entry: &str) {
    window.find(Role::ComboBox, list).scroll_to_me();
    window.harness.run_steps(5);
    window.find(Role::ComboBox, list).click();
    window.harness.run_steps(3);
    window.find(Role::Button, entry).click();
    window.harness.run_steps(3);
}

/// Adds an enlargement and moves it up to its place.
#[track_caller]
fn enlarge(window: &mut Window, side: usize, place: usize) {
    choose(window, "Add what has no weights", "upsample");
    let last = layers(window).len();
    set(window, &format!("Layer {last} height"), side);
    set(window, &format!("Layer {last} width"), side);
    for number in (place + 1..=last).rev() {
        press(window, &format!("Move layer {number} up"));
    }
    let written = format!("{{upsample = [{side}, {side}]}}");
    assert_eq!(layers(window)[place - 1], written);
}

#[test]
fn a_decoder_that_nobody_knows_is_described_and_opens() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("generator.pth");
    let bytes = Form::TorchLegacy.bytes(&foreign_files::upsampling_generator());
    save::save(&path, &bytes).expect("it can be written");
    let mut window = Window::open();
    window.drop_file(&path);
    window.wait("the card", |app| app.overlay() == Overlay::Passport);
    window.harness.run_steps(2);
    window
        .harness
        .get_by_label_contains("its architecture is not known");
    press(&mut window, "Describe this model");
    window.wait("the form", |app| app.overlay() == Overlay::Describe);
    window.harness.run_steps(3);

    // The guess lacks what no tensor says: where the picture is doubled.
    assert_eq!(
        outcome(&window),
        Ok("From z of 6 to a picture of 4x4, grey".to_owned())
    );
    window.harness.get_by_label_contains("picture of 4x4");
    window.find(Role::Button, "Add conv_blocks.6");

    // A fault is said at once and cannot be saved; undo takes it back.
    let guessed = layers(&window);
    press(&mut window, "Remove layer 2");
    let fault = outcome(&window).expect_err("the norm does not fit");
    assert!(fault.starts_with("layer 2, {batch_norm"), "{fault}");
    window.harness.get_by_label_contains("layer 2, {batch_norm");
    let save = "Save the description and open the model";
    assert!(
        window
            .find(Role::Button, save)
            .accesskit_node()
            .is_disabled()
    );
    press(&mut window, "Take the last change back");
    assert_eq!(layers(&window), guessed);

    enlarge(&mut window, 8, 5);
    enlarge(&mut window, 16, 9);
    let last = layers(&window).len();
    choose(&mut window, &format!("Function of layer {last}"), "tanh");
    choose(&mut window, "Range of the decoder's numbers", "-1..1");
    assert!(outcome(&window).is_err(), "the picture is larger now");
    set(&mut window, "Picture height", 16);
    set(&mut window, "Picture width", 16);
    window.type_into("Title of the model", "My generator");
    assert_eq!(
        outcome(&window),
        Ok("From z of 6 to a picture of 16x16, grey".to_owned())
    );
    assert!(!path.with_extension("toml").exists());

    press(&mut window, save);
    let is_open = |app: &AppState| app.model().is_some_and(|it| it.id.name == "generator");
    window.wait("the model", is_open);
    window.settle();
    assert_eq!(window.app().overlay(), Overlay::None);
    assert!(window.app().describing().is_none());
    let model = window.app().model().expect("it is loaded");
    assert_eq!(
        (model.manifest.title.as_str(), model.manifest.image.height),
        ("My generator", 16)
    );
    let frame = window.app().preview().frame().expect("a picture");
    assert_eq!(frame.code.values.numbers().len(), 6);
    let text = std::fs::read_to_string(path.with_extension("toml")).expect("it was written");
    for part in [
        "title = \"My generator\"",
        "image = [1, 16, 16]",
        "range = \"-1..1\"",
        "  {upsample = [8, 8]},\n",
        "  \"tanh\",\n]",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert_eq!(window.messages(), Vec::<String>::new());
}

#[test]
fn a_description_that_cannot_be_written_stays_in_the_form() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("generator.pth");
    let bytes = Form::TorchLegacy.bytes(&foreign_files::upsampling_generator());
    save::save(&path, &bytes).expect("it can be written");
    let mut window = Window::open();
    window.drop_file(&path);
    window.wait("the card", |app| app.overlay() == Overlay::Passport);
    window.harness.run_steps(2);
    press(&mut window, "Describe this model");
    window.harness.run_steps(2);
    // A folder is where the file would be.
    std::fs::create_dir(path.with_extension("toml")).expect("a folder");
    press(&mut window, "Save the description and open the model");
    window.wait("the fault", |app| {
        app.describing().is_some_and(|it| it.not_saved.is_some())
    });
    window.harness.run_steps(2);
    let fault = window
        .app()
        .describing()
        .and_then(|it| it.not_saved.clone());
    let fault = fault.expect("it was not written");
    assert!(fault.contains("generator.toml"), "{fault}");
    window.find(Role::Label, &fault);
    assert_eq!(window.app().overlay(), Overlay::Describe);
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.app().overlay(), Overlay::None);
    assert!(
        window
            .app()
            .model()
            .is_some_and(|it| it.id.name == "digits-vae2")
    );
}

#[test]
fn a_file_named_at_the_start_leads_to_the_form() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("generator.safetensors");
    let bytes = Form::Safetensors.bytes(&foreign_files::upsampling_generator());
    save::save(&path, &bytes).expect("it can be written");
    let mut window = Window::open_options(WindowOptions {
        file: Some(path),
        ..options()
    });
    window.wait("the card", |app| app.overlay() == Overlay::Passport);
    window.harness.run_steps(2);
    // The button has the focus.
    window.press(Modifiers::NONE, Key::Enter);
    window.wait("the form", |app| app.overlay() == Overlay::Describe);
}

/// The form for a generator whose tensors are sorted by name.
fn form(folder: &Path) -> (PathBuf, Window) {
    let path = folder.join("generator.safetensors");
    let bytes = Form::Safetensors.bytes(&foreign_files::upsampling_generator());
    save::save(&path, &bytes).expect("it can be written");
    let mut window = Window::open();
    window.drop_file(&path);
    window.wait("the card", |app| app.overlay() == Overlay::Passport);
    window.harness.run_steps(2);
    press(&mut window, "Describe this model");
    window.wait("the form", |app| app.overlay() == Overlay::Describe);
    window.harness.run_steps(3);
    (path, window)
}

#[test]
fn the_guess_finds_the_layer_that_the_code_goes_into() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_, window) = form(folder.path());
    assert_eq!(layers(&window)[0], "{linear = \"l1.0\"}");
    assert_eq!(
        outcome(&window),
        Ok("From z of 6 to a picture of 4x4, grey".to_owned())
    );
}

#[test]
fn layers_are_added_where_they_belong_and_a_misfit_is_marked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_, mut window) = form(folder.path());
    let add = |window: &mut Window, below: usize, entry: &str| {
        press(window, &format!("Add below layer {below}"));
        window.harness.run_steps(3);
        press(window, entry);
        window.harness.run_steps(3);
    };
    add(&mut window, 4, "upsample");
    assert_eq!(layers(&window)[4], "{upsample = [8, 8]}");
    // The picture is larger now, and a click says so.
    assert!(outcome(&window).is_err());
    press(&mut window, "Set to 1×8×8");
    assert_eq!(
        outcome(&window),
        Ok("From z of 6 to a picture of 8x8, grey".to_owned())
    );
    press(&mut window, "Remove layer 2");
    window.find(Role::Image, "Layer 2 does not fit");
    let fault = outcome(&window).expect_err("the norm gets no picture");
    assert!(fault.contains("a reshape has to lie before it"), "{fault}");
    assert!(!fault.contains("node"), "{fault}");
    add(&mut window, 1, "reshape");
    assert_eq!(layers(&window)[1], "{reshape = [8, 4, 4]}");
    assert!(outcome(&window).is_ok());
    // The keyboard takes changes back, and goes along with what it moves.
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(outcome(&window).is_err());
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(layers(&window)[1], "{reshape = [8, 4, 4]}");
    window.find(Role::Button, "Move layer 4 down").focus();
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(layers(&window)[5], "\"relu\"");
}

#[test]
fn what_was_said_is_there_when_the_file_is_opened_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (path, mut window) = form(folder.path());
    window.type_into("Title of the model", "Mine");
    window.press(Modifiers::NONE, Key::Escape);
    if window.app().overlay() != Overlay::None {
        // The first one leaves the field.
        window.press(Modifiers::NONE, Key::Escape);
    }
    assert_eq!(window.app().overlay(), Overlay::None);
    window.drop_file(&path);
    window.wait("the form", |app| app.overlay() == Overlay::Describe);
    let title = window
        .app()
        .describing()
        .and_then(|it| it.draft().title.clone());
    assert_eq!(title.as_deref(), Some("Mine"));
}

#[test]
fn fields_are_seen_and_stepped_in_both_themes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("generator.pth");
    let bytes = Form::TorchLegacy.bytes(&foreign_files::upsampling_generator());
    save::save(&path, &bytes).expect("it can be written");
    for is_light in [false, true] {
        let mut window = Window::open();
        if is_light {
            window.ask(Action::Run(Command::ToggleTheme));
            window.settle();
        }
        window.drop_file(&path);
        window.wait("the card", |app| app.overlay() == Overlay::Passport);
        window.harness.run_steps(2);
        press(&mut window, "Describe this model");
        window.wait("the form", |app| app.overlay() == Overlay::Describe);
        window.harness.run_steps(3);
        let field = window.find(Role::TextInput, "Title of the model").rect();
        let middle = pos2(field.left() + 4.0, field.center().y);
        let strip = |x: f32| Rect::from_center_size(pos2(x, middle.y), vec2(1.0, 1.0)).expand(0.4);
        let inside = window.pixels(strip(middle.x));
        let edge = window.pixels(strip(field.left() + 0.5));
        assert_ne!(edge, inside, "light: {is_light}");
        // A field steps by one, and not beyond its numbers.
        window.find(Role::SpinButton, "Picture channels").focus();
        window.harness.run_steps(2);
        let channels = |window: &Window| {
            let describing = window.app().describing().expect("a file is described");
            describing.draft().image.expect("there is a guess")[0]
        };
        let before = channels(&window);
        window.press(Modifiers::NONE, Key::ArrowUp);
        assert_eq!(channels(&window), before + 1);
        for _ in 0..before + 3 {
            window.press(Modifiers::NONE, Key::ArrowDown);
        }
        assert_eq!(channels(&window), 0);
    }
}

//! What a picture is asked to show: classes, blends, attributes, in the window and in what it keeps.

use crate::foreign_files::{self, Form};
use crate::graph_files;
use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use zscape::app::{Action, Edit, ParamId};
use zscape::document::embedded::recipe_in_file;
use zscape::engine::{ModelSource, Picture};
use zscape::latent::expr::Expr;

fn pixels(window: &Window) -> Vec<u8> {
    match &window.app().preview().frame().expect("a picture").picture {
        Picture::Pixels { rgba, .. } => rgba.to_vec(),
        Picture::Texture { .. } => panic!("the tests decode on the CPU"),
    }
}

fn type_and_enter(window: &mut Window, text: &str) {
    window.type_expression(text);
    window.press(Modifiers::NONE, Key::Enter);
    window.settle();
}

#[test]
fn a_class_stays_while_the_code_changes() {
    let mut window = Window::open_named("digits-cvae");
    let any = pixels(&window);
    window.click("Draw as 3");
    window.settle();
    assert_eq!(window.expression(), "given(seed(42), \"3\")");
    let three = pixels(&window);
    assert!(three != any, "a class is another picture");
    window.press(Modifiers::NONE, Key::ArrowRight);
    window.settle();
    assert_eq!(window.expression(), "given(seed(43), \"3\")");
    window.press(Modifiers::COMMAND, Key::Z);
    window.settle();
    assert!(
        pixels(&window) == three,
        "undo leads back to the same picture"
    );
    window.press(Modifiers::COMMAND, Key::Z);
    window.settle();
    assert_eq!(window.expression(), "seed(42)");

    // A blend by sliders, and back.
    window.click("Blend classes");
    window.settle();
    window.find(Role::Slider, "Class 8");
    for (word, weight) in [("3", 0.5), ("8", 0.25)] {
        window.ask(Action::Set(ParamId::Condition(word.to_owned()), weight));
        window.settle();
    }
    assert_eq!(
        window.expression(),
        "given(seed(42), 0.5*\"3\", 0.25*\"8\")"
    );
    window.click("Reset what is asked for");
    window.settle();
    assert_eq!(window.expression(), "seed(42)");
    assert!(pixels(&window) == any);
    assert!(window.messages().is_empty(), "{:?}", window.messages());
}

#[test]
fn the_class_of_a_conditional_stylegan_acts_before_truncation() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("conditional.pt");
    let bytes = Form::TorchZip.bytes(&foreign_files::conditional_stylegan());
    zscape::files::save::save(&path, &bytes).expect("it can be written");
    let mut window = Window::open_model(Some(ModelSource::File(path)));
    window.wait("the model", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "conditional")
    });
    window.settle();
    window.ask(Action::Set(ParamId::Psi, 0.5));
    window.settle();
    let first = pixels(&window);
    window.click("Draw as 2");
    window.settle();
    assert_eq!(window.expression(), "given(truncate(seed(42), 0.5), \"2\")");
    assert!(pixels(&window) != first, "a class is another picture");
    window.press(Modifiers::COMMAND, Key::Z);
    window.settle();
    assert!(pixels(&window) == first);
    assert!(window.messages().is_empty(), "{:?}", window.messages());
}

#[test]
fn models_that_cannot_be_asked_show_the_code_alone() {
    let mut window = Window::open_named("digits-cvae");
    type_and_enter(&mut window, "given(seed(5) + dir(\"z0\"), \"7\")");
    let load = |window: &mut Window, name: &str| {
        let source = ModelSource::Catalogue(name.to_owned());
        window.ask(Action::LoadModel(source));
        window.wait(name, |app| {
            app.model().is_some_and(|model| model.id.name == name)
        });
        window.settle();
    };
    load(&mut window, "digits-vae2");
    assert_eq!(window.expression(), "seed(5) + dir(\"z0\")");
    assert!(window.harness.query_by_label("Draw as 7").is_none());
    window.type_expression("given(seed(5), \"7\")");
    window
        .harness
        .get_by_label_contains("digits-vae2 takes no conditions");
}

#[test]
fn exported_pictures_and_kept_codes_know_their_class() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_named("digits-cvae");
    type_and_enter(&mut window, "given(seed(5), \"7\")");
    let seven = pixels(&window);
    let path = folder.path().join("seven.png");
    window.ask(Action::SavePicture(path.clone()));
    window.wait("the file", |_| path.is_file());
    let recipe = recipe_in_file(&path).expect("a recipe");
    assert!(
        recipe.to_json().contains("given(seed(5), \\\"7\\\")"),
        "{}",
        recipe.to_json()
    );
    window.ask(Action::Edit(Edit::Composition(Expr::Seed(9).into())));
    window.settle();
    window.drop_file(&path);
    window.wait("the place of the file", |app| {
        app.position().seed() == Some(5)
    });
    window.settle();
    assert!(pixels(&window) == seven, "it is the picture of the file");
}

#[test]
fn attributes_are_typed_clicked_and_weighed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("asked.safetensors");
    let bytes = graph_files::bytes(graph_files::ASKED);
    zscape::files::save::save(&path, &bytes).expect("it can be written");
    let mut window = Window::open_model(Some(ModelSource::File(path)));
    let plain = pixels(&window);
    // Typed: what is half a word asks for nothing yet, what is none is said.
    window.type_into("Prompt", "red hair, not ha");
    window.settle();
    assert_eq!(window.expression(), "seed(42)");
    window.find(Role::TextInput, "Prompt").type_text("t");
    window.settle();
    let typed = "given(seed(42), \"red hair\", -\"hat\")";
    assert_eq!(window.expression(), typed);
    window.type_into("Prompt", "red hare");
    window.settle();
    assert_eq!(window.expression(), typed, "the last good prompt stays");
    let fault = "\"red hare\" is not a word of this model; did you mean \"red hair\"?";
    window.harness.get_by_label(fault);
    window.click("Reset what is asked for");
    assert_eq!(window.expression(), "seed(42)");
    assert!(window.harness.query_by_label(fault).is_none());

    // Clicked: for, against, nothing.
    window.click("Word hat");
    assert_eq!(window.expression(), "given(seed(42), \"hat\")");
    window.click("Word hat");
    assert_eq!(window.expression(), "given(seed(42), -\"hat\")");
    window.click("Word hat");
    assert_eq!(window.expression(), "seed(42)");

    // Words that never go together in the data are drawn all the same, with a word on it.
    let note = |window: &Window, part: &str| {
        let found = window.harness.query_all_by_label_contains(part).count();
        found > 0
    };
    window.type_into("Prompt", "smile, hat");
    window.settle();
    assert!(!note(&window, "never go together"));
    window.type_into("Prompt", "red hair, hat");
    window.settle();
    assert_eq!(
        window.expression(),
        "given(seed(42), \"red hair\", \"hat\")"
    );
    assert!(note(&window, "“hat” and “red hair” never go together"));
    window.type_into("Prompt", "smile, not smile");
    window.settle();
    assert_eq!(window.expression(), "given(seed(42), -\"smile\")");
    assert!(!note(&window, "never go together"));
    assert!(note(
        &window,
        "“smile” is asked for and asked against: it counts as it is named last"
    ));
    window.click("Reset what is asked for");
    assert!(!note(&window, "asked against"));
    assert!(window.messages().is_empty(), "{:?}", window.messages());

    // Weighed.
    window.click("Weights of words");
    window.find(Role::Slider, "Asked for red hair");
    let hat = ParamId::Condition("hat".to_owned());
    window.ask(Action::Set(hat, -1.0));
    window.settle();
    assert_eq!(window.expression(), "given(seed(42), -\"hat\")");
    assert!(pixels(&window) != plain, "a word is another picture");
}

//! Files dropped on the window: each does what it obviously means.

use crate::foreign_files::{self, Form};
use crate::support::{Window, options};
use zscape::app::{Action, Command, Edit, Tool};
use zscape::document::codes::{CodeArray, save_npz};
use zscape::document::{Raster, Recipe, Subject, png};
use zscape::engine::ModelSource;
use zscape::files::save;
use zscape::latent::{Code, ModelId, SessionNames, Space, SpaceShape};
use zscape::ui::WindowOptions;

fn recipe(window: &Window, expression: &str) -> Recipe {
    let model = &window.app().model().expect("a model").id;
    let model = ModelId {
        name: model.name.clone(),
        hash: model.hash.clone(),
    };
    Recipe::new(model, Subject::Expression(expression.to_owned()), [1, 1])
}

fn write(path: &std::path::Path, recipe: &Recipe) {
    let raster = Raster::from_planes([1, 1, 1], &[0.5]).expect("one pixel");
    let bytes = png::encode(&raster, recipe).expect("it can be encoded");
    save::save(path, &bytes).expect("it can be written");
}

#[test]
fn a_picture_of_this_program_leads_back_to_where_it_was_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("made.png");
    let mut window = Window::open_named("digits-gan");
    let mut made = recipe(&window, "lerp(@mine, seed(3), 0.25)");
    let mut names = SessionNames::default();
    let code = Code::vector(Space::Z, vec![0.5; 64]);
    names.codes.insert("mine".to_owned(), code.clone());
    made.set_names(names);
    write(&path, &made);

    // Another model is open, and another code has the name.
    let other = ModelSource::Catalogue("digits-vae2".to_owned());
    window.harness.state_mut().ask(Action::LoadModel(other));
    window.wait("the other model", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "digits-vae2")
    });
    window.drop_file(&path);
    window.wait("the place", |app| {
        app.position().expression().to_string() == "lerp(@mine, seed(3), 0.25)"
    });
    window.settle();
    assert_eq!(window.app().names().codes["mine"], code);
    let first = window
        .app()
        .preview()
        .frame()
        .expect("a picture")
        .code
        .clone();

    let mut other = recipe(&window, "@mine");
    let mut names = SessionNames::default();
    names
        .codes
        .insert("mine".to_owned(), Code::vector(Space::Z, vec![-1.0; 64]));
    other.set_names(names);
    write(&path, &other);
    window.drop_file(&path);
    window.wait("the other", |app| {
        app.position().expression().to_string() == "@mine-2"
    });
    window.settle();
    assert_eq!(
        window.app().names().codes["mine"],
        code,
        "the first keeps its name"
    );
    assert_ne!(window.app().preview().frame().expect("one").code, first);
}

#[test]
fn a_picture_named_at_the_start_opens_where_it_was_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("made.png");
    let kept = folder.path().join("kept");
    let mut window = Window::open_options(WindowOptions {
        model: Some(ModelSource::Catalogue("digits-gan".to_owned())),
        autosave: Some(kept.clone()),
        ..options()
    });
    let expression = "0.5*seed(77)";
    let made = recipe(&window, expression);
    write(&path, &made);
    // A session is left behind, which the picture comes after.
    let other = ModelSource::Catalogue("digits-vae2".to_owned());
    window.ask(Action::LoadModel(other));
    window.wait("the other model", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "digits-vae2")
    });
    window.settle();
    window.ask(Action::Edit(Edit::Seed(5)));
    window.settle();
    eframe::App::on_exit(window.harness.state_mut());
    drop(window);

    let mut window = Window::open_options(WindowOptions {
        file: Some(path),
        autosave: Some(kept),
        ..options()
    });
    window.wait("the place", |app| {
        app.position().expression().to_string() == expression
            && app.model().is_some_and(|model| model.id == made.model)
    });
    window.settle();
    assert_eq!(window.expression(), expression);
    window.ask(Action::Run(Command::Undo));
    window.wait("the step of the session before", |app| {
        app.position().expression().to_string() == "seed(5)"
    });
}

#[test]
fn a_picture_whose_model_is_nowhere_leaves_no_empty_window() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("made.png");
    let model = ModelId {
        name: "nowhere".to_owned(),
        hash: "00".to_owned(),
    };
    let made = Recipe::new(model, Subject::Expression("seed(1)".to_owned()), [1, 1]);
    write(&path, &made);
    let mut window = Window::open_options(WindowOptions {
        file: Some(path),
        ..options()
    });
    window.wait("another model", |app| app.model().is_some());
    window.wait("the sentence", |app| {
        let all = app.notices().all();
        all.iter()
            .any(|it| it.text.contains("nowhere") && it.text.contains("is missing"))
    });
    window.settle();
    assert!(window.app().preview().frame().is_some());
}

#[test]
fn a_grid_leads_to_its_first_picture_as_it_was_truncated() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("grid.png");
    let mut window = Window::open_named("digits-gan");
    let mut made = recipe(&window, "seed(0)");
    made.subject = Subject::Grid {
        seeds: "7-9".to_owned(),
        truncation: Some(0.5),
        columns: 3,
    };
    write(&path, &made);
    window.drop_file(&path);
    window.wait("its first picture", |app| {
        app.position().expression().to_string() == "truncate(seed(7), 0.5)"
    });
}

#[test]
fn a_file_of_codes_gives_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("found.npz");
    let codes = [0.0, 1.0].map(|value| Code::vector(Space::Z, vec![value; 2]));
    let array = CodeArray {
        name: "z".to_owned(),
        codes: codes.to_vec(),
    };
    save_npz(&path, &[array]).expect("it can be written");
    let mut window = Window::open_named("digits-vae2");
    window.drop_file(&path);
    window.wait("the names", |app| app.names().codes.len() == 2);
    window.settle();
    assert_eq!(window.expression(), "@z-0");
    let names = window.app().names();
    assert_eq!(names.codes["z-1"], codes[1]);
    assert!(window.app().view().bookmarks, "several are shown");

    // Codes of another size are refused.
    let path = folder.path().join("wide.npz");
    let array = CodeArray {
        name: "z".to_owned(),
        codes: vec![Code::vector(Space::Z, vec![0.0; 512])],
    };
    save_npz(&path, &[array]).expect("it can be written");
    let before = window.messages().len();
    window.drop_file(&path);
    window.wait("the sentence", |app| app.notices().all().len() > before);
    let message = window.messages().pop().expect("a message");
    assert!(
        message.contains("wide.npz") && message.contains("512"),
        "{message}"
    );
    assert_eq!(window.app().names().codes.len(), 2);
}

#[test]
fn what_a_projector_found_is_a_code_in_w() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("projected_w.npz");
    let mut window = Window::open_named("faces-stylegan");
    let spaces = window
        .app()
        .model()
        .expect("it is there")
        .manifest
        .spaces
        .clone();
    let SpaceShape::Layers { layers, dim } = spaces[&Space::W_PLUS] else {
        panic!("w+ has rows");
    };
    let style: Vec<f32> = (0..dim)
        .map(|index| index as f32 / dim as f32 - 0.5)
        .collect();
    // As NumPy saves `w=projected_w[None].numpy()`.
    let array = foreign_files::Tensor::new("w", &[1, layers, dim], style.repeat(layers));
    zscape::files::save::save(&path, &Form::NpzCompressed.bytes(&[array]))
        .expect("it can be written");
    window.drop_file(&path);
    window.wait("its name", |app| app.names().codes.contains_key("w"));
    window.settle();
    assert_eq!(window.expression(), "@w");
    assert_eq!(
        window.app().names().codes["w"],
        Code::vector(Space::W, style)
    );
    assert_eq!(window.messages(), ["The code of projected_w.npz is @w now"]);
}

#[test]
fn an_animation_of_this_program_opens_its_way() {
    use zscape::document::recipe::Animation;
    use zscape::latent::path::{Easing, Method};
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("way.png");
    let mut window = Window::open_named("digits-vae2");
    let mut made = recipe(&window, "seed(1)");
    made.subject = Subject::Animation(Animation {
        keyframes: ["seed(4)", "seed(8)", "seed(15)"]
            .map(str::to_owned)
            .to_vec(),
        method: Method::Lerp,
        easing: Easing::default(),
        even: false,
        closed: true,
        frames: 30,
        duration_us: 3_000_000,
        once: false,
    });
    write(&path, &made);
    window.drop_file(&path);
    window.wait("the tool", |app| app.tools().open() == Tool::Interpolate);
    let way = window.app().tools().settings().interpolate.clone();
    assert_eq!(way.keyframes().count(), 3);
    assert!(way.closed && way.method == Method::Lerp && (way.secs - 3.0).abs() < 1e-3);
}

#[test]
fn what_no_tool_reads_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    save::save(&path, b"nothing").expect("it can be written");
    let mut window = Window::open_named("digits-vae2");
    window.drop_file(&path);
    window.wait("the sentence", |app| !app.notices().all().is_empty());
    let message = window.messages().pop().expect("a message");
    assert!(message.contains("notes.txt"), "{message}");
}

#[test]
fn files_are_opened_by_what_is_in_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_named("digits-vae2");
    // A model without its ending.
    let model = folder.path().join("model.bin");
    let entry = zscape::model::catalogue::find("digits-gan").expect("it is built in");
    save::save(&model, entry.bytes).expect("it can be written");
    window.drop_file(&model);
    window.wait("the model", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "digits-gan")
    });
    // What only looks like one.
    let pointer = folder.path().join("model.safetensors");
    let text = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    save::save(&pointer, text).expect("it can be written");
    let before = window.messages().len();
    window.drop_file(&pointer);
    window.wait("the sentence", |app| app.notices().all().len() > before);
    let message = window.messages().pop().expect("a message");
    assert!(message.contains("Git LFS pointer"), "{message}");
}

#[test]
fn a_recipe_with_a_photo_opens_where_the_photo_is_not() {
    use zscape::latent::EncodedPhoto;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("made.png");
    let mut window = Window::open_named("digits-vae2");
    let mut made = recipe(&window, "0.5*encode(\"nowhere/photo.png\")");
    let code = Code::vector(Space::Z, vec![0.25, -0.5]);
    let photo = EncodedPhoto {
        sha256: "0".repeat(64),
        code: code.clone(),
    };
    made.photos.insert("nowhere/photo.png".to_owned(), photo);
    write(&path, &made);
    window.drop_file(&path);
    window.wait("its place", |app| {
        app.position().expression().to_string() == "0.5*@photo"
    });
    window.settle();
    assert_eq!(window.app().names().codes["photo"], code);
}

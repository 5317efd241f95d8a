//! Settings of the decode beside the code are part of what is shown: history, files and bookmarks
//! lead back to the same picture.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use zscape::app::{Action, Edit};
use zscape::document::embedded::recipe_in_file;
use zscape::engine::{ModelSource, Picture};
use zscape::latent::expr::Expr;
use zscape::latent::{NoiseMode, Sampler};

fn random(seed: u32) -> Sampler {
    Sampler::with_noise(NoiseMode::Random { seed })
}

/// A style-based model whose noise is loud.
fn open() -> (Window, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("random-style.safetensors");
    let bytes = zscape::model::style::random_model(1).expect("it can be made");
    zscape::files::save::save(&path, &bytes).expect("it can be written");
    (Window::open_model(Some(ModelSource::File(path))), folder)
}

fn pixels(window: &Window) -> Vec<u8> {
    match &window.app().preview().frame().expect("a picture").picture {
        Picture::Pixels { rgba, .. } => rgba.to_vec(),
        Picture::Texture { .. } => panic!("the tests decode on the CPU"),
    }
}

fn edit(window: &mut Window, edit: Edit) {
    window.harness.state_mut().ask(Action::Edit(edit));
    window.settle();
}

#[test]
fn a_dropped_picture_brings_its_noise_back() {
    let (mut window, folder) = open();
    let plain = pixels(&window);
    edit(&mut window, Edit::Sampler(random(3)));
    let noisy = pixels(&window);
    assert!(noisy != plain, "the noise of a seed is another");
    let path = folder.path().join("noisy.png");
    let save = Action::SavePicture(path.clone());
    window.harness.state_mut().ask(save);
    window.harness.run_steps(1);
    window.wait("the file", |app| app.export().runs().is_empty());
    let recipe = recipe_in_file(&path).expect("a recipe");
    assert_eq!(recipe.sampler, random(3));

    edit(&mut window, Edit::Composition(Expr::Seed(7).into()));
    assert_eq!(window.app().position().sampler(), Sampler::default());
    window.drop_file(&path);
    window.wait("the place of the file", |app| {
        app.position().seed() == Some(42)
    });
    window.settle();
    assert_eq!(window.app().position().sampler(), random(3));
    assert!(pixels(&window) == noisy, "it is the picture of the file");
}

#[test]
fn noise_is_a_step_of_undo_and_has_controls() {
    let (mut window, _folder) = open();
    let plain = pixels(&window);
    window.harness.get_by_label("Noise none").click_accesskit();
    window.settle();
    let none = pixels(&window);
    assert!(none != plain, "no noise is another picture");
    window
        .harness
        .get_by_label("Noise random")
        .click_accesskit();
    window.settle();
    assert_eq!(window.app().position().sampler(), random(42));
    assert!(window.harness.query_by_label("Noise seed").is_some());
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(pixels(&window) == none, "undo goes back to no noise");
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(pixels(&window) == plain, "and to the noise of the model");
    assert!(
        window
            .harness
            .query_by_role_and_label(Role::Button, "Reset noise")
            .is_some()
    );
}

#[test]
fn a_session_and_its_bookmarks_keep_the_noise() {
    let (mut window, folder) = open();
    edit(&mut window, Edit::Sampler(random(3)));
    let noisy = pixels(&window);
    window.press(Modifiers::COMMAND, Key::D);
    window.type_into("Name of the bookmark", "noisy");
    window.press(Modifiers::NONE, Key::Enter);
    window.wait("the bookmark", |app| {
        app.session().document().bookmarks().get("noisy").is_some()
    });
    let bookmarks = window.app().session().document().bookmarks();
    assert_eq!(bookmarks.get("noisy").map(|it| it.sampler), Some(random(3)));
    let file = folder.path().join("kept.zscape");
    let bytes = zscape::document::session_file::to_bytes(window.app().session().document());
    let bytes = bytes.expect("it can be written");
    zscape::files::save::save(&file, &bytes).expect("it can be written");
    let read = zscape::document::session_file::from_bytes(&bytes).expect("it can be read");
    let state = read.history().current_state().expect("a step");
    assert_eq!(state.sampler, random(3));
    edit(&mut window, Edit::Composition(Expr::Seed(1).into()));
    let go = zscape::app::SessionAction::GoToBookmark("noisy".to_owned());
    window.harness.state_mut().ask(Action::Session(go));
    window.settle();
    assert!(pixels(&window) == noisy, "the bookmark keeps its noise");
}

/// A file of the version before shots, whose truncation acted in z, draws what it drew.
#[test]
fn a_dropped_picture_of_an_earlier_version_is_drawn_as_it_was() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/version-2/still-z.png"
    );
    let mut window = Window::open_named("digits-vae2");
    window.drop_file(path.as_ref());
    window.wait("the place of the file", |app| {
        app.position().seed().is_none()
    });
    window.settle();
    assert_eq!(window.expression(), "0.5*seed(42) + dir(\"z3\")");
    let model = window.app().model().expect("a model");
    assert_eq!(model.id.name, "heroes-stylegan");
    let (shown, file) = (
        pixels(&window),
        zscape::document::photo::read(path.as_ref()).expect("a picture"),
    );
    let file = file.to_rgba();
    assert_eq!(shown.len(), file.len());
    // The kernels add in another order since networks are graphs.
    let levels = shown.iter().zip(&file).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(levels <= Some(1), "levels differ by {levels:?}");
}

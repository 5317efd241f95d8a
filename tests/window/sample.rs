//! Models that make pictures in steps: the sampler in the window, and the tool that shows how it goes.

use crate::graph_files::{self, DENOISER};
use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use tempfile::TempDir;
use zscape::app::{Action, Command, Edit, ParamId, Tool};
use zscape::document::embedded::recipe_in_file;
use zscape::engine::{ModelSource, Picture};
use zscape::latent::expr::Expr;
use zscape::latent::sampling::Method;
use zscape::latent::{Sampler, SamplerPart};

/// A window with a small model in steps whose weights are random.
fn open() -> (Window, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("steps.safetensors");
    zscape::files::save::save(&path, &graph_files::bytes(DENOISER)).expect("it can be written");
    (Window::open_model(Some(ModelSource::File(path))), folder)
}

fn pixels(window: &Window) -> Vec<u8> {
    match &window.app().preview().frame().expect("a picture").picture {
        Picture::Pixels { rgba, .. } => rgba.to_vec(),
        Picture::Texture { .. } => panic!("the tests decode on the CPU"),
    }
}

fn sampler(window: &Window) -> Sampler {
    window.app().position().sampler()
}

#[track_caller]
fn set(window: &mut Window, path: &str, value: f32) {
    let id: ParamId = path.parse().expect("it is a path");
    window.ask(Action::Set(id, value));
    window.settle();
}

fn edit(window: &mut Window, edit: Edit) {
    window.ask(Action::Edit(edit));
    window.settle();
}

/// Chooses from a list by its name.
#[track_caller]
fn choose(window: &mut Window, list: &str, entry: &str) {
    window.find(Role::ComboBox, list).click();
    window.harness.run_steps(3);
    window
        .harness
        .get_by_role_and_label(Role::Button, entry)
        .click();
    window.harness.run_steps(3);
    window.settle();
}

#[test]
fn the_sampler_is_set_in_explore_and_in_sample_and_goes_with_the_picture() {
    let (mut window, folder) = open();
    let usual = pixels(&window);
    window.find(Role::Slider, "Sampler steps");
    set(&mut window, "sampler/steps", 5.0);
    assert_eq!(sampler(&window).steps, 5);
    let five = pixels(&window);
    assert!(five != usual, "fewer steps give another picture");

    window.press(Modifiers::NONE, Key::S);
    assert_eq!(window.app().tools().open(), Tool::Sample);
    choose(&mut window, "Sampler method", "DDIM");
    choose(&mut window, "Noise schedule", "karras");
    set(&mut window, "sampler/eta", 1.0);
    let chosen = sampler(&window);
    assert_eq!((chosen.method, chosen.eta), (Method::Ddim, Some(1.0)));
    let noisy = pixels(&window);
    assert!(noisy != five);
    window.click("Noise none");
    assert!(
        pixels(&window) != noisy,
        "new noise matters where some is added"
    );
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(pixels(&window) == noisy, "undo leads back");

    let path = folder.path().join("noisy.png");
    window.ask(Action::SavePicture(path.clone()));
    window.harness.run_steps(1);
    window.wait("the file", |app| app.export().runs().is_empty());
    assert_eq!(recipe_in_file(&path).expect("a recipe").sampler, chosen);
    window.click("Reset the sampler");
    assert_eq!(sampler(&window), Sampler::default());
    assert!(pixels(&window) == usual);
    edit(&mut window, Edit::Seed(7));
    window.drop_file(&path);
    window.wait("the place of the file", |app| {
        app.position().seed() == Some(42)
    });
    window.settle();
    assert_eq!(sampler(&window), chosen);
    assert!(pixels(&window) == noisy, "it is the picture of the file");
    let messages = window.messages();
    assert!(messages.iter().all(|it| it.starts_with("Saved")), "{messages:?}");
}

#[test]
fn eta_and_guidance_are_there_where_they_do_something() {
    let (mut window, _folder) = open();
    let row = |window: &Window, path: &str| {
        let id: ParamId = path.parse().expect("it is a path");
        window.app().desk().param(&id)
    };
    assert!(
        row(&window, "sampler/eta").is_none(),
        "DPM-Solver++ has none"
    );
    assert!(row(&window, "sampler/guidance").is_some());
    set(&mut window, "sampler/guidance", 3.0);
    window
        .harness
        .get_by_label_contains("guidance changes nothing");
    let unasked = pixels(&window);
    window.click("Draw as square");
    let guided = pixels(&window);
    assert!(guided != unasked);
    let advice = window
        .harness
        .query_by_label_contains("guidance changes nothing");
    assert!(advice.is_none());
    set(&mut window, "sampler/guidance", 1.0);
    assert!(pixels(&window) != guided);
    let part = SamplerPart {
        method: Method::EulerAncestral,
        ..SamplerPart::default()
    };
    edit(
        &mut window,
        Edit::Sampler(Sampler::of_part(Default::default(), part)),
    );
    assert_eq!(
        row(&window, "sampler/eta").map(|row| row.default),
        Some(1.0)
    );
    // The palette knows them by name.
    window.press(Modifiers::COMMAND, Key::K);
    window
        .find(Role::TextInput, "Search")
        .type_text("sampler steps 7");
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(sampler(&window).steps, 7);
}

#[test]
fn what_a_sampler_refuses_is_a_sentence_and_the_picture_stays() {
    let (mut window, _folder) = open();
    let method = Edit::Sampler(Sampler {
        method: Method::Ddim,
        ..Sampler::default()
    });
    edit(&mut window, method);
    let (before, kept) = (pixels(&window), sampler(&window));
    for (path, value, part) in [
        ("sampler/steps", 0.0, "0 steps"),
        ("sampler/steps", 1e7, "10000000 steps"),
        ("sampler/steps", f32::NAN, "0 steps"),
        ("sampler/eta", f32::NAN, "eta of NaN"),
        ("sampler/eta", 1.5, "eta of 1.5"),
        ("sampler/guidance", f32::NAN, "guidance of NaN"),
        ("sampler/guidance", -1.0, "guidance of -1"),
    ] {
        set(&mut window, path, value);
        let last = window.messages().pop().unwrap_or_default();
        assert!(last.contains(part), "{path} {value}: {last:?}");
        assert_eq!(sampler(&window), kept, "{path} {value}");
        assert!(pixels(&window) == before);
        assert_eq!(window.app().preview().failure(), None);
    }
}

#[test]
fn the_way_goes_on_with_other_settings() {
    let (mut window, _folder) = open();
    set(&mut window, "sampler/steps", 6.0);
    let plain = pixels(&window);
    let part = SamplerPart {
        method: Method::Ddim,
        steps: 3,
        ..SamplerPart::default()
    };
    let turned = sampler(&window)
        .turned(4, part)
        .expect("a step lies before");
    edit(&mut window, Edit::Sampler(turned));
    let other = pixels(&window);
    assert!(other != plain);
    assert_eq!(
        window.app().preview().frame().map(|frame| frame.of),
        Some(7)
    );
    window.harness.get_by_label("From step 5 on");
    set(&mut window, "sampler/2/steps", 9.0);
    assert_eq!(sampler(&window).part(1).map(|part| part.steps), Some(9));
    set(&mut window, "sampler/2/steps", 3.0);
    assert!(pixels(&window) == other);
    window.click("Remove the change after step 4");
    assert!(sampler(&window).turns.is_empty());
    assert!(pixels(&window) == plain);
}

/// The texture of the window follows every step of a picture, not only the first.
#[test]
fn the_last_step_is_what_the_window_shows() {
    let (mut window, _folder) = open();
    edit(&mut window, Edit::Seed(9));
    let shown = window.picture();
    for _ in 0..2 {
        window.ask(Action::Run(Command::ToggleSmooth));
        window.settle();
    }
    assert!(
        shown == window.picture(),
        "an earlier step was left on the window"
    );
}

#[test]
fn models_of_one_step_say_which_ones_take_more() {
    let mut window = Window::open_named("digits-gan");
    window.open_tool("Sample");
    window.harness.get_by_label("One step");
    assert!(
        window
            .harness
            .query_by_role_and_label(Role::Slider, "Sampler steps")
            .is_none()
    );
    assert!(
        window
            .app()
            .desk()
            .param(&"sampler/steps".parse().expect("a path"))
            .is_none()
    );
    // A setting that does nothing here is kept for models that it is for.
    edit(&mut window, Edit::Composition(Expr::Seed(3).into()));
    assert!(window.messages().is_empty(), "{:?}", window.messages());
}

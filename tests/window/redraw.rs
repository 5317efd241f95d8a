//! Pictures that are redrawn in the window: the brush, the strength, the fillings, and the way there.

use crate::graph_files::{self, DENOISER, LATENT_DENOISER};
use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, Pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::ops::Range;
use tempfile::TempDir;
use zscape::app::tools::encode::How;
use zscape::app::tools::sample;
use zscape::app::{Action, Command, Edit, ParamId, Tool};
use zscape::document::embedded::recipe_in_file;
use zscape::engine::{ModelSource, Picture};
use zscape::latent::expr::Expr;
use zscape::latent::{Sampler, SamplerPart};

const BRUSH: &str = "Picture to paint the mask on";

fn open_of(name: &str) -> (Window, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("steps.safetensors");
    zscape::files::save::save(&path, &graph_files::bytes(name)).expect("it can be written");
    let window = Window::open_model(Some(ModelSource::File(path)));
    (window, folder)
}

/// A window with a small model in steps, on the view that redraws.
fn open() -> (Window, TempDir) {
    let (mut window, folder) = open_of(DENOISER);
    let few = SamplerPart {
        steps: 4,
        ..SamplerPart::default()
    };
    edit(
        &mut window,
        Edit::Sampler(Sampler::of_part(Default::default(), few)),
    );
    window.open_tool("Sample");
    window.click("Redraw");
    window.wait("the picture", |app| app.pictures().is_settled());
    (window, folder)
}

fn edit(window: &mut Window, edit: Edit) {
    window.ask(Action::Edit(edit));
    window.settle();
}

/// Has the current picture redrawn; what it is now called.
fn redraw(window: &mut Window) -> String {
    window.find(Role::Button, "Redraw this picture").click();
    window.wait("the picture to redraw", |app| {
        app.position().edited().is_some()
    });
    settle(window);
    let (picture, _) = window.app().position().edited().expect("it is there");
    picture.to_string()
}

fn settle(window: &mut Window) {
    window.settle();
    window.wait("the fillings", |app| app.pictures().is_settled());
    window.harness.run_steps(2);
}

fn pixels(window: &Window) -> Vec<u8> {
    match &window.app().preview().frame().expect("a picture").picture {
        Picture::Pixels { rgba, .. } => rgba.to_vec(),
        Picture::Texture { .. } => panic!("the tests decode on the CPU"),
    }
}

fn cells(window: &Window) -> Vec<Range<usize>> {
    let edited = window.app().position().edited();
    edited.map_or_else(Vec::new, |(_, redraw)| redraw.cells.clone())
}

/// Drags the brush between two places, in parts of the picture that it is on: 8x8 pixels, as large as
/// they fit.
fn stroke(window: &mut Window, from: [f32; 2], to: [f32; 2]) {
    let area = window.find(Role::Image, BRUSH).rect();
    let side = (area.width().min(area.height()) / 8.0).floor() * 8.0;
    let at =
        |[x, y]: [f32; 2]| -> Pos2 { area.center() + eframe::egui::vec2(x - 0.5, y - 0.5) * side };
    let (from, to) = (at(from), at(to));
    window.harness.hover_at(from);
    window.harness.drag_at(from);
    for step in 1..=8 {
        window
            .harness
            .hover_at(from + (to - from) * (step as f32 / 8.0));
        window.harness.run_steps(1);
    }
    window.harness.drop_at(to);
    settle(window);
}

#[test]
fn a_brush_chooses_what_is_redrawn_and_undo_takes_back_a_stroke() {
    let (mut window, _folder) = open();
    let original = pixels(&window);
    assert_eq!(redraw(&mut window), "@picture");
    assert!(pixels(&window) != original, "all of it is redrawn");
    window.ask(Action::Set(
        "tool/sample/brush".parse().expect("a path"),
        1.0,
    ));
    edit(&mut window, Edit::Strength(1.0));
    stroke(&mut window, [0.1, 0.6875], [0.9, 0.6875]);
    // The sixth of eight rows.
    assert_eq!(cells(&window), [40..48]);
    assert!(
        window
            .expression()
            .contains("edit(seed(42), @picture, 1, cells [40..48])")
    );
    let row = pixels(&window);
    for (cell, (found, held)) in row.chunks(4).zip(original.chunks(4)).enumerate() {
        if !(40..48).contains(&cell) {
            assert_eq!(found, held, "pixel {cell} is held");
        }
    }
    assert!(row != original);
    stroke(&mut window, [0.3, 0.1], [0.3, 0.1]);
    assert_eq!(cells(&window), [2..3, 40..48]);
    window.press(Modifiers::COMMAND, Key::Z);
    settle(&mut window);
    assert_eq!(cells(&window), [40..48], "one stroke is taken back");
    assert!(pixels(&window) == row);
    // The other way round.
    window.press(Modifiers::NONE, Key::M);
    stroke(&mut window, [0.6, 0.6875], [0.95, 0.6875]);
    assert_eq!(cells(&window), [40..44]);
    window.click("Invert the mask");
    assert_eq!(cells(&window), [0..40, 44..64]);
    window.click("Clear the mask");
    assert!(cells(&window).is_empty());
    window
        .harness
        .get_by_label_contains("All of the picture is redrawn");
    let invert = Command::OfTool(Tool::Sample, sample::INVERT_MASK);
    assert!(window.app().availability(invert).is_err());
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(cells(&window), [0..40, 44..64]);
}

#[test]
fn the_keyboard_paints_too() {
    let (mut window, _folder) = open();
    redraw(&mut window);
    window.ask(Action::Set(
        "tool/sample/brush".parse().expect("a path"),
        1.0,
    ));
    window.find(Role::Image, BRUSH).focus();
    window.harness.run_steps(2);
    for key in [Key::ArrowRight, Key::ArrowRight, Key::ArrowDown, Key::Enter] {
        window.harness.key_press(key);
        window.harness.run_steps(2);
    }
    settle(&mut window);
    assert_eq!(cells(&window), [10..11]);
}

#[test]
fn strength_goes_from_the_picture_to_a_new_one_and_no_number_breaks_it() {
    let (mut window, _folder) = open();
    let original = pixels(&window);
    redraw(&mut window);
    let strength: ParamId = "strength".parse().expect("a path");
    window.find(Role::Slider, "Strength of the edit");
    let set = |window: &mut Window, value: f32| {
        window.ask(Action::Set(strength.clone(), value));
        settle(window);
    };
    set(&mut window, 0.0);
    assert!(pixels(&window) == original, "it is the picture itself");
    edit(&mut window, Edit::Seed(7));
    assert!(pixels(&window) == original, "whatever the noise");
    set(&mut window, 1.0);
    let new = pixels(&window);
    assert!(new != original);
    for bad in [f32::NAN, -0.5, 3.0] {
        set(&mut window, bad);
        let refused = window.messages().pop().unwrap_or_default();
        assert!(refused.contains("strength"), "{bad}: {refused}");
        assert!(pixels(&window) == new, "the last good picture stays");
    }
    window.click("Stop redrawing");
    assert_eq!(window.expression(), "seed(7)");
    assert!(
        pixels(&window) == new,
        "at a strength of 1 nothing else counted"
    );
    // There is no such row for a picture that is made of noise.
    assert!(window.app().desk().param(&strength).is_none());
}

#[test]
fn several_noises_fill_it_and_one_is_taken() {
    let (mut window, folder) = open();
    redraw(&mut window);
    window.click("3 fillings");
    settle(&mut window);
    for number in 1..=3 {
        window.find(Role::Image, &format!("Pane {number}"));
    }
    window.click("Take pane 3");
    settle(&mut window);
    assert_eq!(window.expression(), "edit(seed(44), @picture, 0.6)");
    // It goes with the picture into files, with the code that it names.
    let shown = pixels(&window);
    let path = folder.path().join("redrawn.png");
    window.ask(Action::SavePicture(path.clone()));
    window.harness.run_steps(1);
    window.wait("the file", |app| app.export().runs().is_empty());
    let recipe = recipe_in_file(&path).expect("a recipe");
    assert!(recipe.codes.contains_key("picture"));
    edit(&mut window, Edit::Expression(Expr::Seed(1)));
    window.drop_file(&path);
    window.wait("the place of the file", |app| {
        app.position().edited().is_some()
    });
    settle(&mut window);
    assert!(pixels(&window) == shown, "it is the picture of the file");
}

/// Another model has nothing to do with the picture.
#[test]
fn a_model_that_takes_no_pictures_says_so() {
    let (mut window, _folder) = open_of(LATENT_DENOISER);
    window.open_tool("Sample");
    window.click("Redraw");
    let button = window.find(Role::Button, "Redraw this picture");
    assert!(button.accesskit_node().is_disabled());
    let (mut window, _folder) = open();
    redraw(&mut window);
    window.ask(Action::LoadModel(ModelSource::Catalogue(
        "digits-gan".to_owned(),
    )));
    window.wait("the other model", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "digits-gan")
    });
    window.settle();
    assert_eq!(window.expression(), "seed(42)");
    assert_eq!(window.app().preview().failure(), None);
}

/// From a drawing to its noise, to the picture that is made of that again, and to a redrawn one.
#[test]
fn a_drawing_is_inverted_in_encode_and_redrawn_in_sample() {
    let mut window = Window::open_named("digits-ddpm");
    window.open_tool("Encode");
    window.ask(Action::edit_tool::<zscape::app::tools::encode::Encode>(
        |settings| {
            settings.set_ddim_steps(5);
            settings.begin_drawing();
            settings.begin_stroke([0.5, 0.2]);
            settings.draw_to([0.5, 0.8]);
        },
    ));
    window.wait("the noise of the drawing", |app| {
        let live = app.tools().encode();
        live.is_settled() && live.found().is_some()
    });
    let found = window
        .app()
        .tools()
        .encode()
        .found()
        .expect("found")
        .clone();
    assert!(
        matches!(found.how, How::Ddim { steps: 5 }),
        "{:?}",
        found.how
    );
    assert!(found.mse < 0.05, "{}", found.mse);
    window.harness.run_steps(2);
    window.find(Role::Image, "Reconstruction");
    window.click("Save code");
    assert_eq!(window.expression(), "@drawing");
    let sampler = window.app().position().sampler();
    assert_eq!(sampler, Sampler::ddim_without_guidance(5));
    let shown = pixels(&window);
    let again = found
        .reconstruction
        .iter()
        .map(|value| (value * 255.0).round() as u8);
    let apart = shown.chunks(4).zip(again).map(|(a, b)| a[0].abs_diff(b));
    assert!(apart.max() <= Some(1), "it is the picture that was shown");
    window
        .find(Role::Button, "Redraw this picture")
        .scroll_to_me();
    settle(&mut window);
    window.find(Role::Button, "Redraw this picture").click();
    window.wait("the picture to redraw", |app| {
        app.position().edited().is_some()
    });
    settle(&mut window);
    assert_eq!(window.app().tools().open(), Tool::Sample);
    let expression = window.expression();
    let is_redrawn = expression.starts_with("edit(@drawing, @") && expression.ends_with(", 0.6)");
    assert!(is_redrawn, "{expression}");
    window.find(Role::Image, BRUSH);
    assert_eq!(window.app().preview().failure(), None);
}

/// The film of a picture that is redrawn begins in the middle, and is written as it is seen.
#[test]
fn a_film_is_written_as_a_strip_and_as_an_animation() {
    use zscape::app::export::{Film, Kind, Settings};
    use zscape::document::animation::AnimationFormat;
    use zscape::render::StepsShown;
    let (mut window, folder) = open();
    redraw(&mut window);
    for (name, shown, format) in [
        ("film.png", StepsShown::Both, None),
        ("film.gif", StepsShown::Noisy, Some(AnimationFormat::Gif)),
    ] {
        window.ask(Action::SetExport(Settings {
            kind: Kind::Film,
            scale: 2,
            film: Film { shown, format },
            ..Settings::default()
        }));
        let path = folder.path().join(name);
        window.ask(Action::Export(path.clone()));
        window.harness.run_steps(2);
        window.wait("the film", |app| app.export().runs().is_empty());
        let size = zscape::document::photo::size(&path).unwrap_or_else(|fault| panic!("{fault}"));
        // Four steps in a row, with the noise above, or one after the other.
        let wanted = if format.is_none() { [64, 32] } else { [16, 16] };
        assert_eq!(size, wanted, "{name}");
    }
    let mut other = Window::open_named("digits-gan");
    other.ask(Action::SetExport(Settings {
        kind: Kind::Film,
        ..Settings::default()
    }));
    other.harness.run_steps(2);
    let why = other.app().check_export().expect_err("it takes one step");
    assert!(why.contains("one step"), "{why}");
}

//! Encode: pictures of files and of the hand, by the encoder and by descending.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, pos2};
use egui_kittest::kittest::Queryable as _;
use std::path::PathBuf;
use std::time::Instant;
use zscape::app::tools::encode::{Encode, How, Reading, Source};
use zscape::app::{Action, Tool};
use zscape::document::photo::{Fit, Placing};
use zscape::document::{Raster, Recipe, Subject, png};
use zscape::files::save;
use zscape::latent::ModelId;
use zscape::model::measurement::SURE;

/// A dark ring on white paper, `side` pixels wide, as a scanner sees a zero.
fn ring(folder: &tempfile::TempDir, name: &str, side: usize) -> PathBuf {
    let middle = side as f32 / 2.0;
    let level = |at: usize| {
        let (x, y) = ((at % side) as f32 - middle, (at / side) as f32 - middle);
        let away = x.hypot(y) / middle;
        if (0.45..0.65).contains(&away) {
            0.1
        } else {
            0.95
        }
    };
    let values: Vec<f32> = (0..side * side).map(level).collect();
    let raster = Raster::from_planes([1, side, side], &values).expect("a square");
    let model = ModelId {
        name: "none".to_owned(),
        hash: String::new(),
    };
    let recipe = Recipe::new(
        model,
        Subject::Expression("seed(1)".to_owned()),
        raster.size(),
    );
    let bytes = png::encode(&raster, &recipe).expect("it can be encoded");
    // Somebody else's program leaves no recipe.
    let bytes = without_texts(&bytes);
    let path = folder.path().join(name);
    save::save(&path, &bytes).expect("it can be written");
    path
}

/// A PNG without its text chunks.
fn without_texts(png: &[u8]) -> Vec<u8> {
    let mut kept = png[..8].to_vec();
    let mut rest = &png[8..];
    while rest.len() >= 12 {
        let len = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize + 12;
        if !matches!(&rest[4..8], b"iTXt" | b"tEXt" | b"zTXt") {
            kept.extend(&rest[..len]);
        }
        rest = &rest[len..];
    }
    kept
}

fn wait_for_code(window: &mut Window) {
    window.wait("the code of the picture", |app| {
        let live = app.tools().encode();
        let wanted = app
            .model()
            .and_then(|it| app.tools().settings().encode.wanted(it));
        let newest = live
            .prepared()
            .filter(|it| Some(&it.wanted) == wanted.as_ref());
        let prepared = newest.map(|prepared| prepared.id);
        let of = live.found().map(|found| found.prepared.id);
        live.is_settled() && prepared.is_some() && prepared == of
    });
    window.harness.run_steps(2);
}

#[test]
fn a_dropped_photo_is_encoded_shown_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let photo = ring(&folder, "my zero.png", 300);
    let mut window = Window::open_named("fashion-vae");
    window.wait("the model", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "fashion-vae")
    });
    window.drop_file(&photo);
    wait_for_code(&mut window);
    assert_eq!(window.app().tools().open(), Tool::Encode);
    let found = window
        .app()
        .tools()
        .encode()
        .found()
        .expect("found")
        .clone();
    let How::Encoder(encoding) = &found.how else {
        panic!("fashion-vae has an encoder");
    };
    assert_eq!(encoding.kl.as_ref().map(Vec::len), Some(16));
    assert_eq!(found.code.values.len(), 16);
    for name in [
        "The picture as the model sees it",
        "Reconstruction",
        "Difference of the pictures",
        "Mean and standard deviation by dimension",
        "KL divergence per dimension",
    ] {
        window.find(Role::Image, name);
    }

    window.click("Save code");
    assert_eq!(window.expression(), "@my-zero");
    let frame = window.app().preview().frame().expect("a picture");
    assert_eq!(
        frame.code, found.code,
        "the name is the code that was found"
    );
}

#[test]
fn digits_are_inverted_and_centred_unless_told_otherwise() {
    let folder = tempfile::tempdir().expect("a folder");
    let photo = ring(&folder, "zero.png", 300);
    let mut window = Window::open_named("digits-vae2");
    window.drop_file(&photo);
    wait_for_code(&mut window);
    let by_itself = window
        .app()
        .tools()
        .encode()
        .found()
        .expect("found")
        .clone();
    assert!(by_itself.prepared.inverted, "digits are light on dark");
    assert!(
        by_itself.mse < 0.05,
        "it looks like a zero: {}",
        by_itself.mse
    );

    window.harness.get_by_label("Invert").click();
    window.settle();
    wait_for_code(&mut window);
    let as_it_is = window
        .app()
        .tools()
        .encode()
        .found()
        .expect("found")
        .clone();
    assert!(!as_it_is.prepared.inverted);
    assert!(as_it_is.mse > 2.0 * by_itself.mse, "paper is no digit");

    // Until the code is there rows come and go, and with them the places to click at.
    window
        .harness
        .get_by_label("Centre of mass")
        .click_accesskit();
    window.settle();
    wait_for_code(&mut window);
    assert_eq!(
        window.app().tools().settings().encode.placing,
        Some(Placing::AsItIs)
    );
    window.find(Role::Button, "Whole").click_accesskit();
    window.settle();
    assert_eq!(window.app().tools().settings().encode.fit, Fit::Contain);
    window.click("Reset options");
    wait_for_code(&mut window);
    let again = window.app().tools().encode().found().expect("found");
    assert_eq!(again.prepared.picture, by_itself.prepared.picture);
}

fn strokes(window: &Window) -> usize {
    match &window.app().tools().settings().encode.source {
        Source::Drawing(strokes) => strokes.len(),
        other => panic!("it is a drawing: {other:?}"),
    }
}

fn history(window: &Window) -> usize {
    window.app().session().document().history().len()
}

/// A line down the paper, and what becomes of it.
fn stroke(window: &mut Window, x: f32) {
    let paper = window.find(Role::Image, "Drawing").rect();
    let at = |y: f32| paper.min + paper.size() * eframe::egui::vec2(x, y);
    window.harness.hover_at(at(0.2));
    window.harness.drag_at(at(0.2));
    for step in 1..=6 {
        window.harness.hover_at(at(0.2 + 0.1 * step as f32));
        window.harness.run_steps(1);
    }
    window.harness.drop_at(at(0.8));
    window.settle();
    wait_for_code(window);
    window.settle();
}

/// Waits until what is shown is a step of the history.
fn wait_for_step(window: &mut Window) {
    window.wait("the step", |app| {
        let step = app.session().document().history().current_state();
        let now = app.position().expression().to_string();
        step.is_some_and(|step| *step.expression == now)
    });
}

#[test]
fn a_drawing_is_the_current_picture_and_one_step_that_undo_takes_back() {
    let mut window = Window::open_named("digits-vae2");
    window.open_tool("Encode");
    window.harness.get_by_label("No picture yet");
    window.click("Draw");
    window.wait_for_steps(2);
    let steps = history(&window);
    stroke(&mut window, 0.5);
    wait_for_step(&mut window);
    assert_eq!(strokes(&window), 1);
    let found = |window: &Window| {
        let found = window.app().tools().encode().found();
        found.expect("found").clone()
    };
    let is_shown = |window: &Window| {
        let frame = window.app().preview().frame().expect("a picture");
        let pairs = frame
            .code
            .values
            .reals()
            .iter()
            .zip(found(window).code.values.reals().to_vec());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) < 1e-4
    };
    let one = window.expression();
    assert!(one.starts_with('['), "{one}");
    assert!(is_shown(&window));
    assert_eq!(history(&window), steps + 1);

    stroke(&mut window, 0.8);
    wait_for_step(&mut window);
    assert_eq!(strokes(&window), 2);
    assert_ne!(window.expression(), one);
    assert!(is_shown(&window));
    assert_eq!(history(&window), steps + 1, "it is one drawing");
    let two = window.expression();

    window.click("Take back a stroke");
    wait_for_code(&mut window);
    wait_for_step(&mut window);
    assert_eq!((strokes(&window), window.expression()), (1, one.clone()));
    stroke(&mut window, 0.8);
    wait_for_step(&mut window);

    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(strokes(&window), 0, "the whole drawing is taken back");
    assert_eq!(window.expression(), "seed(42)");
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    wait_for_code(&mut window);
    assert_eq!((strokes(&window), window.expression()), (2, two.clone()));

    // Another seed ends the drawing; what is drawn then is a step of its own.
    window.next_seed();
    wait_for_step(&mut window);
    let seed = window.expression();
    assert_eq!(history(&window), steps + 2);
    stroke(&mut window, 0.3);
    wait_for_step(&mut window);
    assert_eq!(history(&window), steps + 3);
    window.press(Modifiers::COMMAND, Key::Z);
    wait_for_code(&mut window);
    assert_eq!(
        window.expression(),
        seed,
        "its code is not shown again by itself"
    );
    window.click("Save code");
    assert_eq!(window.expression(), "@drawing");
}

#[test]
fn without_an_encoder_a_drawing_is_searched_and_shown() {
    let mut window = Window::open_named("digits-gan");
    window.ask(Action::edit_tool::<Encode>(|settings| {
        settings.set_steps(20)
    }));
    window.open_tool("Encode");
    window.click("Draw");
    stroke(&mut window, 0.5);
    let expression = window.expression();
    assert!(expression.starts_with('['), "{expression}");
    let numbers = expression.matches(',').count() + 1;
    let space = window.app().model().expect("a model").start;
    let spaces = &window.app().model().expect("a model").manifest.spaces;
    assert_eq!(Some(numbers), spaces[&space].checked_len());
}

#[test]
fn without_an_encoder_the_code_is_searched_and_can_be_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let photo = ring(&folder, "zero.png", 280);
    let mut window = Window::open_named("digits-gan");
    window.drop_file(&photo);
    window.wait("the first steps", |app| {
        matches!(
            app.tools().encode().found().map(|found| &found.how),
            Some(How::Descent { step, .. }) if *step > 5
        )
    });
    let asked = Instant::now();
    window.find(Role::Button, "Stop the search").click();
    window.wait("the end", |app| app.tools().encode().is_settled());
    let took = asked.elapsed().as_secs_f64();
    assert!(took < 1.0, "it stops at once, not after {took} s");
    let stopped = window
        .app()
        .tools()
        .encode()
        .found()
        .expect("the best so far")
        .clone();
    window.find(Role::Image, "Loss per step");
    window.click("Search again");
    wait_for_code(&mut window);
    let searched = window
        .app()
        .tools()
        .encode()
        .found()
        .expect("found")
        .clone();
    let How::Descent { losses, step, of } = &searched.how else {
        panic!("it was searched");
    };
    assert_eq!(step, of, "it went to its end");
    assert_eq!(losses.len(), of + 1, "one loss for each step and the start");
    assert!(searched.mse <= stopped.mse, "it goes on from the best");
    assert!(
        searched.mse < 0.05,
        "a ring is near a zero: {}",
        searched.mse
    );
}

#[test]
fn a_broken_picture_is_one_sentence_and_nothing_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = folder.path().join("broken.png");
    save::save(&broken, b"\x89PNG\r\n\x1a\nand no more").expect("it can be written");
    let mut window = Window::open_named("digits-vae2");
    let expression = window.expression();
    window.drop_file(&broken);
    window.wait("the sentence", |app| app.tools().encode().fault().is_some());
    let fault = window
        .app()
        .tools()
        .encode()
        .fault()
        .expect("it")
        .to_owned();
    assert!(fault.contains("broken.png"), "{fault}");
    window.harness.run_steps(2);
    window.harness.get_by_label(&fault);
    assert_eq!(window.expression(), expression);
}

#[test]
fn a_crop_is_dragged_on_the_original() {
    let folder = tempfile::tempdir().expect("a folder");
    let photo = ring(&folder, "zero.png", 400);
    let mut window = Window::open_named("digits-vae2");
    window.drop_file(&photo);
    wait_for_code(&mut window);
    let original = window
        .find(Role::Image, "The original, 400 by 400 pixels")
        .rect();
    let (from, to) = (
        original.center(),
        original.max - eframe::egui::vec2(10.0, 10.0),
    );
    window.harness.hover_at(from);
    window.harness.drag_at(from);
    for part in [0.3, 0.7, 1.0] {
        window.harness.hover_at(pos2(
            from.x + (to.x - from.x) * part,
            from.y + (to.y - from.y) * part,
        ));
        window.harness.run_steps(1);
    }
    window.harness.drop_at(to);
    window.settle();
    wait_for_code(&mut window);
    let crop = window.app().tools().settings().encode.crop.expect("a crop");
    let expected = 400.0 * (to.x - from.x) / original.width();
    assert!(
        crop.left.abs_diff(200) < 5 && crop.width.abs_diff(expected as u32) < 8,
        "{crop:?}, not {expected} wide"
    );
    window.click("Use all of it");
    assert_eq!(window.app().tools().settings().encode.crop, None);
}

/// Waits until what was found last has been judged.
fn wait_for_reading(window: &mut Window) -> Reading {
    window.wait("the reading", |app| {
        let live = app.tools().encode();
        let found = live.found().map(|found| found.id);
        found.is_some() && live.reading().map(|reading| reading.of) == found
    });
    window.harness.run_steps(2);
    let reading = window.app().tools().encode().reading();
    reading.expect("it has come").clone()
}

#[test]
fn the_judge_reads_the_drawing_and_what_became_of_it() {
    let mut window = Window::open_named("digits-vae2");
    window.open_tool("Encode");
    window.click("Draw");
    stroke(&mut window, 0.5);
    let reading = wait_for_reading(&mut window);
    let (class, confidence) = reading.picture.class().expect("digits have classes");
    assert_eq!(reading.picture.labels[class], "1", "a line down the paper");
    let words = |class: &str, part: f32| format!("The judge reads {class} ({:.0} %)", part * 100.0);
    let said = words("1", confidence);
    let notes = window.harness.query_all_by_label(&said).count();
    assert!(notes >= 1, "{said}");
    let (class, confidence) = reading.reconstruction.class().expect("as above");
    let said = words(&reading.reconstruction.labels[class], confidence);
    assert!(window.harness.query_all_by_label(&said).count() >= 1);

    // A second line makes another reading, and no drawing has none.
    stroke(&mut window, 0.8);
    let second = wait_for_reading(&mut window);
    assert_ne!(second.of, reading.of);
    window.click("Draw");
    window.wait("no reading", |app| app.tools().encode().reading().is_none());
    let said = window.harness.query_all_by_label_contains("The judge");
    assert_eq!(said.count(), 0);
}

#[test]
fn of_a_face_the_sure_labels_are_read() {
    let mut window = Window::open_named("faces-vae");
    window.open_tool("Encode");
    window.ask(Action::edit_tool::<Encode>(|settings| {
        settings.open_file("sample:face".into());
    }));
    window.settle();
    wait_for_code(&mut window);
    let reading = wait_for_reading(&mut window);
    let seen = reading.picture.seen();
    assert!(!seen.is_empty(), "a face has something");
    assert!(seen.iter().all(|(_, part)| *part >= SURE), "{seen:?}");
    let labels: Vec<String> = seen.iter().map(|(it, _)| it.replace('_', " ")).collect();
    let said = format!("The judge sees {}", labels.join(", "));
    assert!(
        window.harness.query_all_by_label(&said).count() >= 1,
        "{said}"
    );
}

#[test]
fn notes_below_the_panes_take_one_line_each() {
    let mut window = Window::open_named("digits-vae2");
    window.harness.set_size(eframe::egui::vec2(1024.0, 640.0));
    window.settle();
    window.open_tool("Encode");
    window.click("Draw");
    stroke(&mut window, 0.5);
    wait_for_reading(&mut window);
    let notes = window
        .harness
        .query_all_by_label_contains("The judge reads");
    let heights: Vec<f32> = notes.map(|note| note.rect().height()).collect();
    assert_eq!(heights.len(), 2, "the drawing and its reconstruction");
    assert!(heights.iter().all(|height| *height < 20.0), "{heights:?}");
}

/// A flow loses nothing: the current picture has its code again, and a pixel that is painted over comes back as it
/// was painted.
#[test]
fn the_current_picture_of_a_flow_is_encoded_retouched_and_decoded_without_loss() {
    let mut window = Window::open_named("digits-flow");
    window.open_tool("Encode");
    let seed = window.expression();
    window.click("Take the current picture");
    window.wait("the picture", |app| app.tools().encode().found().is_some());
    wait_for_taken(&mut window);
    let found = |window: &Window| {
        let found = window.app().tools().encode().found();
        found.expect("found").clone()
    };
    let of_seed = found(&window);
    assert!(of_seed.largest_error < 1e-4, "{}", of_seed.largest_error);
    let error = of_seed.code_error().expect("it was made of a code");
    assert!(error < 0.05, "{error}");
    let How::Encoder(encoding) = &of_seed.how else {
        panic!("a flow encodes");
    };
    let bits = encoding.bits_per_dimension.expect("a flow has a density");
    window.harness.get_by_label("Code error");
    window.harness.get_by_label("Largest error");
    window.harness.get_by_label(&format!("{bits:.3} bits/dim"));
    window
        .harness
        .get_by_label_contains("The picture comes back");
    assert_eq!(window.expression(), seed, "nothing was changed");

    // A stroke of the keyboard in the corner, which is black.
    let steps = history(&window);
    window.click("Take the current picture");
    wait_for_taken(&mut window);
    let name = "The picture as the model sees it";
    window.find(Role::Image, name).focus();
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    wait_for_taken(&mut window);
    window.settle();
    let painted = found(&window);
    assert_eq!(painted.prepared.picture[0], 1.0, "white ink");
    assert!((painted.reconstruction[0] - 1.0).abs() < 1e-3);
    assert_eq!(painted.code_error(), None, "it was made by hand");
    let differ = painted
        .prepared
        .picture
        .iter()
        .zip(&*of_seed.prepared.picture);
    let differ = differ.filter(|(a, b)| a != b).count();
    assert!(
        (1..=9).contains(&differ),
        "{differ} pixels lie under the brush"
    );
    wait_for_step(&mut window);
    assert!(
        window.expression().starts_with('['),
        "the retouched picture is the current one"
    );
    assert_eq!(
        history(&window),
        steps + 2,
        "taking it was one, the strokes are one"
    );

    // Without strokes the picture is as it was taken.
    window.click("Take back a stroke");
    wait_for_taken(&mut window);
    window.settle();
    assert_eq!(window.expression(), seed);
    assert_eq!(found(&window).prepared.picture, of_seed.prepared.picture);

    // The ink of grey pictures is a brightness.
    window.ask(Action::Set(
        "tool/encode/ink".parse().expect("a path"),
        51.0,
    ));
    window.settle();
    assert_eq!(window.app().tools().settings().encode.ink, [51; 3]);
    assert!(window.messages().is_empty(), "{:?}", window.messages());
}

/// Waits until the code of the picture with all that was painted on it is there.
fn wait_for_taken(window: &mut Window) {
    window.wait("the code of the taken picture", |app| {
        let live = app.tools().encode();
        let settings = &app.tools().settings().encode;
        let newest = live.prepared().filter(|it| {
            it.wanted.retouches == settings.retouches && it.wanted.round == settings.round
        });
        let prepared = newest.map(|prepared| prepared.id);
        let of = live.found().map(|found| found.prepared.id);
        live.is_settled() && prepared.is_some() && prepared == of
    });
    window.harness.run_steps(3);
}

/// What is retouched of a file becomes the current picture, too; with colours where the model has them.
#[test]
fn a_photo_is_retouched_in_colour() {
    let folder = tempfile::tempdir().expect("a folder");
    let photo = ring(&folder, "ring.png", 64);
    let mut window = Window::open_named("faces-vae");
    window.drop_file(&photo);
    wait_for_code(&mut window);
    window.harness.get_by_label("Color of the ink");
    window.ask(Action::edit_tool::<Encode>(|settings| {
        settings.ink = [255, 0, 0];
    }));
    let pane = window
        .find(Role::Image, "The picture as the model sees it")
        .rect();
    window.harness.hover_at(pane.center());
    window.harness.drag_at(pane.center());
    window
        .harness
        .hover_at(pane.center() + eframe::egui::vec2(20.0, 0.0));
    window.harness.run_steps(1);
    window
        .harness
        .drop_at(pane.center() + eframe::egui::vec2(20.0, 0.0));
    window.settle();
    wait_for_code(&mut window);
    wait_for_step(&mut window);
    let found = window.app().tools().encode().found().expect("found");
    let middle = 32 * 64 + 32;
    let colour = [0, 1, 2].map(|channel| found.prepared.picture[channel * 64 * 64 + middle]);
    assert_eq!(colour, [1.0, 0.0, 0.0]);
    assert!(window.expression().starts_with('['));
    window.press(Modifiers::COMMAND, Key::Z);
    window.settle();
    assert!(window.app().tools().settings().encode.retouches.is_empty());
}

//! Models that write their pictures place by place: the sampler, the film, what is written anew, and their
//! codes in the language.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use zscape::app::export::{Film, Kind, Settings};
use zscape::app::{Action, Command, Edit, ParamId};
use zscape::document::embedded::recipe_in_file;
use zscape::engine::Picture;
use zscape::latent::Space;
use zscape::render::StepsShown;

fn pixels(window: &Window) -> Vec<u8> {
    match &window.app().preview().frame().expect("a picture").picture {
        Picture::Pixels { rgba, .. } => rgba.to_vec(),
        Picture::Texture { .. } => panic!("the tests decode on the CPU"),
    }
}

#[track_caller]
fn set(window: &mut Window, path: &str, value: f32) {
    let id: ParamId = path.parse().expect("it is a path");
    window.ask(Action::Set(id, value));
    window.settle();
}

/// Rows of a picture of 64 pixels, RGBA.
fn rows(pixels: &[u8], rows: std::ops::Range<usize>) -> &[u8] {
    &pixels[rows.start * 64 * 4..rows.end * 64 * 4]
}

#[test]
fn the_temperature_goes_with_the_picture_and_the_film_shows_what_is_written() {
    let mut window = Window::open_named("faces-vq");
    let usual = pixels(&window);
    window.find(Role::Slider, "Temperature of what is written");
    set(&mut window, "sampler/temperature", 0.0);
    let cold = pixels(&window);
    assert!(cold != usual, "the likeliest codes are another picture");
    set(&mut window, "sampler/temperature", -1.0);
    assert_eq!(window.app().position().sampler().temperature, 0.0);

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cold.png");
    window.ask(Action::SavePicture(path.clone()));
    window.harness.run_steps(1);
    window.wait("the file", |app| app.export().runs().is_empty());
    let recipe = recipe_in_file(&path).expect("a recipe");
    assert_eq!(recipe.sampler.temperature, 0.0);
    window.click("Reset the sampler");
    assert!(pixels(&window) == usual);
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(pixels(&window) == cold, "undo leads back");

    window.open_tool("Sample");
    window.wait("the film", |app| {
        let film = app.tools().sample().film();
        film.of() > 0 && film.is_settled()
    });
    assert_eq!(window.app().tools().sample().film().of(), 64);
    window.find(Role::Image, "Film of 64 steps");
    let go_on = window.find(Role::Button, "Go on with other settings");
    assert!(
        go_on.accesskit_node().is_disabled(),
        "nothing can change on the way"
    );
    window.press(Modifiers::NONE, Key::Comma);
    window.find(Role::Image, "Picture so far");
}

/// The form offers what there is to show of a model, and what was chosen for another one does no harm.
#[test]
fn a_film_is_written_with_its_likelihoods() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_named("digits-pixel");
    window.ask(Action::SetExport(Settings {
        kind: Kind::Film,
        scale: 2,
        film: Film {
            shown: StepsShown::Noisy,
            format: None,
        },
        ..Settings::default()
    }));
    window.ask(Action::Run(Command::Export));
    window.settle();
    assert!(window.harness.query_by_label("x_t").is_none());
    let write = |window: &mut Window, name: &str| {
        let path = folder.path().join(name);
        window.ask(Action::Export(path.clone()));
        window.harness.run_steps(2);
        window.wait("the film", |app| app.export().runs().is_empty());
        zscape::document::photo::size(&path).unwrap_or_else(|fault| panic!("{fault}"))
    };
    assert_eq!(write(&mut window, "plain.png"), [28 * 56, 56]);
    window.ask(Action::Run(Command::Export));
    window.settle();
    window.click("Picture and likelihoods");
    assert_eq!(write(&mut window, "told.png"), [28 * 56, 2 * 56]);
}

#[test]
fn a_picture_is_written_anew_from_where_its_strength_says() {
    let mut window = Window::open_named("faces-vq");
    window.open_tool("Sample");
    window.click("Redraw");
    window.wait("the picture", |app| app.pictures().is_settled());
    window.find(Role::Button, "Redraw this picture").click();
    window.wait("the picture to redraw", |app| {
        app.position().edited().is_some()
    });
    window.settle();
    set(&mut window, "strength", 0.0);
    let before = pixels(&window);
    window.ask(Action::Edit(Edit::Seed(8)));
    window.settle();
    assert!(pixels(&window) == before, "a strength of 0 is the picture");
    set(&mut window, "strength", 0.5);
    window.ask(Action::Edit(Edit::Seed(9)));
    window.settle();
    let after = pixels(&window);
    // The decoder looks a little beyond a code: what is far from the lower half is nearly as it was.
    let difference = |part: std::ops::Range<usize>| {
        let (after, before) = (rows(&after, part.clone()), rows(&before, part));
        let sum: u64 = after
            .iter()
            .zip(before)
            .map(|(a, b)| u64::from(a.abs_diff(*b)))
            .sum();
        sum as f64 / after.len() as f64
    };
    let (kept, written) = (difference(0..16), difference(40..64));
    assert!(kept < 1.0 && written > 3.0, "{kept} above, {written} below");
    assert_eq!(window.app().preview().failure(), None);
}

#[test]
fn codes_are_mixed_varied_and_encoded() {
    let mut window = Window::open_named("faces-vq");
    for expression in [
        r#"encode("sample:face")"#,
        r#"map(seed(3), "codes")"#,
        r#"mix(encode("sample:face"), seed(3), cells [0..32])"#,
        r#"cross(seed(3), seed(4), 7)"#,
        r#"vary(map(seed(3), "codes"), 7, 0.2)"#,
        r#"edit(seed(5), encode("sample:face"), 0.5, cells [20..44])"#,
    ] {
        window.type_expression(expression);
        window.press(Modifiers::NONE, Key::Enter);
        assert_eq!(window.app().preview().failure(), None, "{expression}");
        assert_eq!(window.expression(), expression);
    }
    window.type_expression(r#"vary(map(seed(3), "codes"), 7, 0.2)"#);
    window.press(Modifiers::NONE, Key::Enter);
    let frame = window.app().preview().frame().expect("a picture");
    assert_eq!(frame.code.space, Space::CODES);
    assert_eq!(frame.code.values.indices().len(), 64);
    // Indices are chosen among, not computed with.
    window.type_expression(r#"0.5*map(seed(3), "codes")"#);
    window.press(Modifiers::NONE, Key::Enter);
    let fault = window.app().preview().failure().map(str::to_owned);
    let told = fault.into_iter().chain(window.messages());
    let told: Vec<String> = told.collect();
    assert!(
        told.iter().any(|it| it.contains("indices")) || window.equation().contains("0.5*"),
        "{told:?}"
    );
}

/// While a picture is written, the film says how likely each index was at the place that it has come to.
#[test]
fn the_film_says_how_likely_each_index_was_at_every_place() {
    let mut window = Window::open_named("digits-pixel");
    window.open_tool("Sample");
    window.wait("the film", |app| {
        let film = app.tools().sample().film();
        film.of() > 0 && film.is_settled()
    });
    assert_eq!(window.app().tools().sample().film().of(), 28, "row by row");
    window
        .harness
        .get_by_label_contains("Play the film, or rest the pointer");
    window.find(Role::Slider, "Place of the film");
    let place = 14 * 28 + 9;
    set(&mut window, "tool/sample/place", (place + 1) as f32);
    let tool = window.app().tools().sample();
    assert_eq!((tool.place(), tool.step()), (Some(place), 15));
    let (step, choice) = tool.film().choice(place).expect("it was chosen");
    assert_eq!((step, choice.place, choice.likely.len()), (15, place, 16));
    let sum: f32 = choice.likely.iter().map(|(_, share)| share).sum();
    assert!((sum - 1.0).abs() < 1e-4, "{sum}");
    let index = choice.index;
    window
        .harness
        .get_by_label_contains("Row 15, column 10, after what stands above");
    let rows = window.harness.query_all_by_label_contains("Index ").count();
    assert_eq!(rows, 16);
    let chosen = window.harness.query_all_by_label_contains(", chosen");
    let chosen: Vec<String> = chosen
        .filter_map(|node| node.accesskit_node().value())
        .collect();
    assert_eq!(chosen.len(), 1);
    assert!(chosen[0].starts_with(&format!("Index {index}: ")));

    // A step on leaves the place; playing goes from place to place.
    window.press(Modifiers::NONE, Key::Period);
    let tool = window.app().tools().sample();
    assert_eq!((tool.step(), tool.place()), (16, Some(16 * 28 - 1)));
    set(&mut window, "tool/sample/step", 28.0);
    assert_eq!(window.app().tools().sample().place(), None);
    assert!(window.messages().is_empty(), "{:?}", window.messages());

    // A model that removes noise has no such places.
    let window = Window::open_named("digits-ddpm");
    assert!(window.harness.query_by_label("Place of the film").is_none());
}

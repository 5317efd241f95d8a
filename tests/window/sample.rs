//! Models that make pictures in steps: the sampler in the window, and the tool that shows how it goes.

use crate::graph_files::{self, DENOISER, DIGITS_DENOISER};
use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, pos2};
use egui_kittest::kittest::Queryable as _;
use tempfile::TempDir;
use zscape::app::tools::sample::{self, Along, Sample};
use zscape::app::{Action, AppState, Command, CurveFile, Edit, ParamId, Tool};
use zscape::document::embedded::recipe_in_file;
use zscape::engine::{ModelSource, Picture};
use zscape::latent::expr::Expr;
use zscape::latent::sampling::Method;
use zscape::latent::{Sampler, SamplerPart};

/// A window with a small model in steps whose weights are random.
fn open() -> (Window, TempDir) {
    open_of(DENOISER)
}

fn open_of(name: &str) -> (Window, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("steps.safetensors");
    zscape::files::save::save(&path, &graph_files::bytes(name)).expect("it can be written");
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
    assert!(
        messages.iter().all(|it| it.starts_with("Saved")),
        "{messages:?}"
    );
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
    assert!(
        row(&window, "sampler/judge").is_none(),
        "nobody judges this model"
    );
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

/// The judge of a model that ships leads to what is asked for, and it is said where nothing is.
#[test]
fn the_judge_is_a_number_of_the_sampler_where_there_is_one() {
    let mut window = Window::open_model(Some(ModelSource::Catalogue("digits-ddpm".to_owned())));
    set(&mut window, "sampler/steps", 5.0);
    set(&mut window, "sampler/guidance", 0.0);
    set(&mut window, "sampler/judge", 3.0);
    let led_by_nothing = pixels(&window);
    window
        .harness
        .get_by_label_contains("guidance changes nothing");
    window.click("Draw as 3");
    assert!(pixels(&window) != led_by_nothing);
    window
        .harness
        .get_by_label_contains("each with a gradient of the judge");
    set(&mut window, "sampler/judge", f32::NAN);
    let last = window.messages().pop().unwrap_or_default();
    assert!(last.contains("by the judge of NaN"), "{last:?}");
    assert_eq!(sampler(&window).judge, 3.0);
    window.press(Modifiers::COMMAND, Key::Z);
    window.press(Modifiers::COMMAND, Key::Z);
    window.settle();
    assert_eq!(sampler(&window).judge, 0.0, "undo takes it back");
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

/// Opens the tool and waits for its film.
fn open_film(window: &mut Window, steps: f32) {
    set(window, "sampler/steps", steps);
    window.press(Modifiers::NONE, Key::S);
    film(window, steps as usize);
}

#[track_caller]
fn film(window: &mut Window, of: usize) {
    window.wait("the film", |app| {
        let film = app.tools().sample().film();
        film.is_settled() && film.of() == of && film.come() == of
    });
}

fn step(window: &Window) -> usize {
    window.app().tools().sample().step()
}

#[test]
fn the_film_is_scrubbed_played_and_left_for_other_settings() {
    let (mut window, _folder) = open();
    open_film(&mut window, 8.0);
    assert_eq!(step(&window), 8, "the picture itself at first");
    window.find(Role::Image, "Picture");
    let go_on = Command::OfTool(Tool::Sample, sample::GO_ON);
    assert!(
        window.app().availability(go_on).is_err(),
        "nothing is left to change"
    );
    let picture = pixels(&window);

    // By keys, by the slider's row and by the strip.
    window.press(Modifiers::NONE, Key::Comma);
    assert_eq!(step(&window), 7);
    set(&mut window, "tool/sample/step", 3.0);
    assert_eq!(step(&window), 3);
    window.find(Role::Image, "Noisy picture");
    window.find(Role::Image, "x0 prediction");
    window.press(Modifiers::NONE, Key::Period);
    assert_eq!(step(&window), 4);
    let strip = window.find(Role::Image, "Film of 8 steps").rect();
    let first = pos2(strip.left() + 40.0, strip.center().y);
    window.harness.hover_at(first);
    window.harness.drag_at(first);
    window.harness.run_steps(1);
    window.harness.drop_at(first);
    window.harness.run_steps(2);
    assert_eq!(step(&window), 1, "a click on the strip goes there");
    window.press(Modifiers::NONE, Key::Comma);
    assert_eq!(step(&window), 1, "there is no step before the first");

    // Playing goes to the end and stops there.
    window.press(Modifiers::NONE, Key::Space);
    assert!(window.app().is_playing());
    window.wait("the end of the film", |app| !app.is_playing());
    assert_eq!(step(&window), 8);
    assert_eq!(window.expression(), "seed(42)", "no walk was played");

    // From the fifth step on other settings, which begin as those before.
    set(&mut window, "tool/sample/step", 5.0);
    window.press(Modifiers::NONE, Key::G);
    let turned = sampler(&window);
    assert_eq!(
        turned
            .turns
            .get(0)
            .map(|turn| (turn.after, turn.part.steps)),
        Some((5, 3))
    );
    film(&mut window, 8);
    set(&mut window, "sampler/2/steps", 9.0);
    film(&mut window, 14);
    assert!(pixels(&window) != picture);
    window.press(Modifiers::COMMAND, Key::Z);
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(sampler(&window).turns.len(), 0);
    film(&mut window, 8);
    assert!(pixels(&window) == picture);
    assert!(window.messages().is_empty(), "{:?}", window.messages());
}

#[test]
fn a_film_that_nobody_looks_at_is_not_made() {
    let (mut window, _folder) = open();
    open_film(&mut window, 4.0);
    window.open_tool("Explore");
    set(&mut window, "sampler/steps", 6.0);
    window.harness.run_steps(5);
    assert_eq!(window.app().tools().sample().film().of(), 4);
    window.press(Modifiers::NONE, Key::S);
    film(&mut window, 6);
}

fn panes(window: &mut Window) {
    window.settle();
    window.wait("the panes", |app| {
        app.pictures().is_settled()
            && app
                .tools()
                .sample()
                .side()
                .panes()
                .iter()
                .all(|it| it.picture.is_some())
    });
    window.harness.run_steps(2);
}

#[test]
fn the_same_noise_stands_under_several_samplers() {
    let (mut window, _folder) = open();
    open_film(&mut window, 8.0);
    window.click("Side by side");
    panes(&mut window);
    let distances = |window: &Window| -> Vec<Option<f32>> {
        let panes = window.app().tools().sample().side().panes().iter();
        panes.map(|pane| pane.distance).collect()
    };
    let of =
        |window: &Window, pane: usize| window.app().tools().sample().side().panes()[pane].sampler;
    assert_eq!(of(&window, 1).steps, 5);
    assert!(distances(&window)[1].is_some_and(|it| it > 0.0));
    // As many steps by the same method are the same picture.
    set(&mut window, "tool/sample/steps/1", 8.0);
    panes(&mut window);
    assert_eq!(distances(&window), [None, Some(0.0)]);
    window.click("3 panes");
    choose(&mut window, "Method of pane 3", "Euler ancestral");
    panes(&mut window);
    assert_eq!(of(&window, 2).method, Method::EulerAncestral);
    assert!(distances(&window)[2].is_some_and(|it| it > 0.0));
    let far = distances(&window)[2];
    set(&mut window, "tool/sample/eta/2", 0.0);
    panes(&mut window);
    assert_ne!(
        distances(&window)[2],
        far,
        "without new noise it is another"
    );
    for pane in ["Pane 1", "Pane 2", "Pane 3"] {
        window.find(Role::Image, pane);
    }
    // They follow the current picture, and the difference is shown in their place.
    window.find(Role::CheckBox, "Show the difference").click();
    panes(&mut window);
    let apart = window.app().tools().sample().side().panes()[2]
        .apart
        .clone();
    assert!(apart.is_some_and(|it| it.values.iter().any(|&level| level > 0.0)));
    // What is as in the first pane follows it; what is not stays.
    set(&mut window, "sampler/steps", 20.0);
    panes(&mut window);
    assert_eq!([of(&window, 1).steps, of(&window, 2).steps], [20, 20]);
    set(&mut window, "tool/sample/steps/1", 8.0);
    set(&mut window, "sampler/steps", 12.0);
    panes(&mut window);
    assert_eq!([of(&window, 1).steps, of(&window, 2).steps], [8, 12]);
    // What a sampler refuses leaves the pane as it is.
    let before = window.messages().len();
    set(&mut window, "tool/sample/steps/1", 1e7);
    assert_eq!(of(&window, 1).steps, 8);
    assert!(window.messages().len() > before);
    window.click("Reset pane 3");
    panes(&mut window);
    assert_eq!(distances(&window)[2], Some(0.0));
}

#[test]
fn a_curve_of_quality_fills_in_is_cancelled_and_written() {
    let (mut window, folder) = open_of(DIGITS_DENOISER);
    window.press(Modifiers::NONE, Key::S);
    window.click("Quality");
    window.harness.get_by_label("No curve yet");
    set(&mut window, "tool/sample/pictures", 50.0);
    let measure = Command::OfTool(Tool::Sample, sample::MEASURE);
    assert!(window.app().availability(measure).is_ok());
    window.ask(Action::Run(measure));
    let points = |app: &AppState| -> Vec<f32> {
        let curves = app.tools().sample().quality().curves().iter();
        curves
            .flat_map(|it| it.points.iter().map(|(at, _)| *at))
            .collect()
    };
    window.wait("two points", |app| points(app).len() >= 2);
    window.find(Role::Button, "Cancel measuring").click();
    window.harness.run_steps(3);
    assert!(!window.app().tools().sample().quality().is_measuring());
    let kept = points(window.app());
    assert!(kept.windows(2).all(|pair| pair[0] < pair[1]), "{kept:?}");
    // The same settings go on where they were left; others begin another curve.
    window.ask(Action::Run(measure));
    window.wait("a further point", |app| points(app).len() > kept.len());
    assert_eq!(window.app().tools().sample().quality().curves().len(), 1);
    let other = Sampler {
        method: Method::Ddim,
        ..Sampler::default()
    };
    edit(&mut window, Edit::Sampler(other));
    window.ask(Action::Run(measure));
    window.wait("a second curve", |app| {
        let curves = app.tools().sample().quality().curves();
        curves.len() == 2 && !curves[1].points.is_empty()
    });
    // Written as a table and as a picture.
    for (file, name) in [(CurveFile::Csv, "q.csv"), (CurveFile::Svg, "q.svg")] {
        let path = folder.path().join(name);
        let to = path.clone();
        window.ask(Action::WriteCurves(file, to));
        window.harness.run_steps(2);
        window.wait("the file", |app| app.export().runs().is_empty());
        let text = std::fs::read_to_string(&path).expect("it was written");
        match file {
            CurveFile::Csv => assert!(
                text.lines().count() >= 5 && text.contains(",ddim,"),
                "{text}"
            ),
            CurveFile::Svg => assert!(
                text.contains("<polyline") && text.contains("DDIM"),
                "{text}"
            ),
        }
    }
    window.ask(Action::ask_tool(|tool: &mut Sample, cx| {
        tool.cancel_measuring(cx)
    }));
    window.harness.run_steps(3);
    for measure in ["Precision and recall", "What was asked and clipping"] {
        window.click(&format!("Show {measure}"));
    }
    window.click("Against guidance");
    window.ask(Action::Run(measure));
    window.wait("a guided point", |app| {
        let curves = app.tools().sample().quality().curves();
        curves
            .last()
            .is_some_and(|it| it.along == Along::Guidance && !it.points.is_empty())
    });
    assert_eq!(window.app().tools().sample().quality().failure(), None);
}

#[test]
fn without_real_pictures_nothing_is_measured() {
    let (mut window, _folder) = open();
    window.press(Modifiers::NONE, Key::S);
    window.press(Modifiers::NONE, Key::V);
    window.press(Modifiers::NONE, Key::V);
    let measure = Command::OfTool(Tool::Sample, sample::MEASURE);
    let why = window
        .app()
        .availability(measure)
        .expect_err("nobody judges it");
    window.harness.get_by_label(why);
}

//! Times that a person feels, each beside its goal. They need a quiet machine, so they run only
//! when asked for:
//!
//! ```sh
//! cargo test --release --test window speed -- --ignored --nocapture --test-threads 1
//! ```

#![expect(clippy::print_stdout, reason = "what was measured is to be read")]

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::vec2;
use std::time::{Duration, Instant};
use zscape::app::export::{Kind, Settings};
use zscape::app::learning::why_no_scene;
use zscape::app::tools::encode::Encode;
use zscape::app::tools::interpolate::{Interpolate, SLERP_STRIP};
use zscape::app::{Action, Command, LearningAction};
use zscape::document::{Raster, Recipe, Subject, png};
use zscape::engine::ModelSource;
use zscape::files::save;
use zscape::latent::ModelId;

const REPEATS: usize = 9;

/// The median and the largest of some times, said beside the goal.
fn say(what: &str, goal_ms: f64, mut times: Vec<Duration>) {
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
    let verdict = if ms(median) <= goal_ms {
        "reached"
    } else {
        "MISSED"
    };
    println!(
        "{what}: median {:.1} ms, at most {:.1} ms of {} (goal {goal_ms:.0} ms, {verdict})",
        ms(median),
        ms(most),
        times.len()
    );
}

/// Steps frames until `done`, without waiting longer than a person's screen would.
fn until(window: &mut Window, mut done: impl FnMut(&Window) -> bool) -> Duration {
    let started = Instant::now();
    while !done(window) {
        assert!(started.elapsed() < Duration::from_secs(60), "it never came");
        window.harness.step();
        std::thread::sleep(Duration::from_micros(500));
    }
    started.elapsed()
}

#[test]
#[ignore = "measures"]
fn the_map_and_panning_it() {
    let mut window = Window::open_named("digits-ae2");
    window.open_tool("Map");
    let complete = |window: &Window| window.app().tools().map().tiles().is_complete();
    until(&mut window, complete);
    let mut times = Vec::new();
    for _ in 0..REPEATS {
        window.click("Zoom in");
        window.click("Zoom in");
        until(&mut window, complete);
        let started = Instant::now();
        window.click("Whole map");
        until(&mut window, complete);
        times.push(started.elapsed());
    }
    let (_, cells) = window.app().tools().map().tiles().progress();
    println!("the map has {cells} chunks");
    say("the whole map", 1500.0, times);

    let map = window.find(Role::Canvas, "Map of the latent plane").rect();
    window.click("Zoom in");
    until(&mut window, complete);
    let mut frames = Vec::new();
    let start = map.center();
    window.harness.hover_at(start);
    window.harness.drag_at(start);
    for step in 0..120 {
        let at = start + vec2((step * 2) as f32, (step % 40) as f32);
        window.harness.hover_at(at);
        let started = Instant::now();
        window.harness.step();
        frames.push(started.elapsed());
        std::thread::sleep(Duration::from_millis(8));
    }
    window.harness.drop_at(start);
    say("a frame while panning, without painting", 33.0, frames);
}

#[test]
#[ignore = "measures"]
fn scenes_of_questions() {
    let mut window = Window::open_named("fashion-vae");
    // The questions are read when they are asked for.
    let show = Action::Run(Command::ToggleLearning);
    window.harness.state_mut().ask(show);
    until(&mut window, |window| {
        window.app().learning().bank().is_some()
    });
    let bank = window.app().learning().bank().expect("read");
    let (mut scenes, mut times) = (Vec::new(), Vec::new());
    for question in bank.questions() {
        if let (Some(scene), None) = (&question.scene, why_no_scene(question)) {
            scenes.push((question.id.clone(), scene.model.clone()));
        }
    }
    for (id, model) in scenes {
        let ask = |window: &mut Window, action| {
            window.harness.state_mut().ask(Action::Learn(action));
        };
        let started = Instant::now();
        ask(&mut window, LearningAction::EnterScene(id));
        window.harness.step();
        until(&mut window, |window| {
            let app = window.app();
            app.model().is_some_and(|known| known.id.name == model)
                && app.models().loading().is_none()
                && app.pictures().is_settled()
        });
        times.push(started.elapsed());
        ask(&mut window, LearningAction::LeaveScene);
        until(&mut window, |window| {
            window.app().navigation().scene().is_none() && window.app().models().loading().is_none()
        });
    }
    say("a scene with all its pictures", 1000.0, times);
}

#[test]
#[ignore = "measures"]
fn a_strip_of_sixteen() {
    for model in ["digits-vae2", "digits-gan", "fashion-vae"] {
        let mut window = Window::open_named(model);
        window.open_tool("Interpolate");
        window.set_path(&[3, 9]);
        let mut times = Vec::new();
        for seed in 0..REPEATS as u32 {
            let code = zscape::latent::expr::Expr::Seed(100 + seed);
            let insert = Action::edit_tool::<Interpolate>(|settings| settings.insert(0, code));
            window.ask(insert);
            window.harness.step();
            times.push(until(&mut window, |window| {
                window.app().pictures().set(SLERP_STRIP).is_complete()
            }));
        }
        say(&format!("a strip of 16 of {model}"), 100.0, times);
    }
}

#[test]
#[ignore = "measures"]
fn an_animation_of_120_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    for model in ["digits-vae2", "digits-gan"] {
        let mut window = Window::open_named(model);
        let mut times = Vec::new();
        for repeat in 0..5 {
            let settings = Settings {
                kind: Kind::Animation,
                fps: 30.0,
                ..Settings::default()
            };
            let path = folder.path().join(format!("{model}-{repeat}.gif"));
            window.harness.state_mut().ask(Action::SetExport(settings));
            window.harness.state_mut().ask(Action::Export(path));
            window.harness.step();
            times.push(until(&mut window, |window| {
                window.app().export().runs().is_empty()
            }));
        }
        say(
            &format!("120 frames of {model}, GIF at 224x224"),
            5000.0,
            times,
        );
    }
}

#[test]
#[ignore = "measures"]
fn from_a_dropped_photo_to_its_reconstruction() {
    let folder = tempfile::tempdir().expect("a folder");
    let side = 1024;
    let values: Vec<f32> = (0..side * side)
        .map(|at| ((at % side) as f32 / side as f32 - 0.5).abs())
        .collect();
    let raster = Raster::from_planes([1, side, side], &values).expect("a square");
    let model = ModelId {
        name: "none".to_owned(),
        hash: String::new(),
    };
    let recipe = Recipe::new(model, Subject::Expression(String::new()), raster.size());
    let bytes = png::encode(&raster, &recipe).expect("it can be encoded");
    for name in ["digits-vae2", "fashion-vae"] {
        let mut window = Window::open_named(name);
        let mut times = Vec::new();
        for repeat in 0..REPEATS {
            let path = folder.path().join(format!("{name}-{repeat}.png"));
            save::save(&path, &bytes).expect("it can be written");
            let before = window.app().tools().encode().found().map(|found| found.id);
            window.ask(Action::ask_tool(|_: &mut Encode, cx| {
                Encode::open_file(cx, path);
            }));
            let started = Instant::now();
            until(&mut window, |window| {
                let found = window.app().tools().encode().found();
                found.is_some() && found.map(|found| found.id) != before
            });
            times.push(started.elapsed());
        }
        say(
            &format!("a photo of {side}x{side} to its reconstruction by {name}"),
            300.0,
            times,
        );
    }
}

#[test]
#[ignore = "measures"]
fn cancelling_a_descent() {
    let mut window = Window::open_named("digits-gan");
    window.open_tool("Encode");
    let mut times = Vec::new();
    for repeat in 0..REPEATS {
        window.ask(Action::edit_tool::<Encode>(move |settings| {
            settings.begin_drawing();
            settings.begin_stroke([0.1 * repeat as f32, 0.5]);
        }));
        until(&mut window, |window| {
            window.app().tools().encode().is_descending()
        });
        std::thread::sleep(Duration::from_millis(60));
        window.ask(Action::ask_tool(|it: &mut Encode, cx| it.stop(cx)));
        // What is asked next is answered when the engine has stopped.
        let seed = zscape::app::Edit::Seed(window.app().position().last_seed() + 1);
        window.harness.state_mut().ask(Action::Edit(seed));
        window.harness.step();
        times.push(until(&mut window, |window| {
            window.app().preview().is_settled()
        }));
    }
    say(
        "a cancelled descent, until the next picture is there",
        100.0,
        times,
    );
}

/// The style-based generator of the catalogue, or the file that `ZSCAPE_STYLE_MODEL` names.
fn style_based() -> ModelSource {
    let file = std::env::var_os("ZSCAPE_STYLE_MODEL").map(|path| ModelSource::File(path.into()));
    file.unwrap_or_else(|| ModelSource::Catalogue("faces-stylegan".to_owned()))
}

#[test]
#[ignore = "measures"]
fn a_style_based_picture_from_request_to_frame() {
    let mut window = Window::open_model(Some(style_based()));
    let (mut waits, mut requests, mut frames) = (Vec::new(), Vec::new(), Vec::new());
    for seed in 0..100 {
        let edit = zscape::app::Edit::Seed(1000 + seed);
        window.harness.state_mut().ask(Action::Edit(edit));
        let asked = Instant::now();
        loop {
            let started = Instant::now();
            window.harness.step();
            frames.push(started.elapsed());
            if window.app().preview().is_settled() {
                break;
            }
            assert!(asked.elapsed() < Duration::from_secs(60), "it never came");
            std::thread::sleep(Duration::from_micros(500));
        }
        waits.push(asked.elapsed());
        let frame = window.app().preview().frame().expect("it came");
        requests.push(Duration::from_secs_f64(
            frame.timing.request_to_frame_ms / 1e3,
        ));
    }
    say(
        "a style-based picture, from request to frame",
        25.0,
        requests,
    );
    say("the same with the window around it", 40.0, waits);
    frames.sort();
    let p99 = frames[frames.len() * 99 / 100];
    say("a frame of the window meanwhile", 16.7, frames);
    println!("  its 99th percentile is {:.1} ms", p99.as_secs_f64() * 1e3);
}

#[test]
#[ignore = "measures"]
fn mapping_ten_thousand_codes() {
    let file = match &style_based() {
        ModelSource::File(path) => zscape::model::ModelFile::read(path),
        ModelSource::Catalogue(name) => {
            let entry = zscape::model::catalogue::find(name).expect("it is built in");
            zscape::model::ModelFile::from_bytes(entry.bytes)
        }
    };
    let file = file.expect("a sound file");
    let device = zscape::model::device::cpu();
    let generator = zscape::model::Generator::new(&file, &device).expect("a generator");
    let z: Vec<f32> = (0..10_000)
        .flat_map(|seed| zscape::latent::seed::seed_code(seed, generator.start_len()))
        .collect();
    let times = (0..REPEATS).map(|_| {
        let started = Instant::now();
        let w = generator.w_from_z(&z).expect("it has w");
        assert!(w.iter().all(|value| value.is_finite()));
        started.elapsed()
    });
    say("mapping 10,000 z to w", 2000.0, times.collect());
}

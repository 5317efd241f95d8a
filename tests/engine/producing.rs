//! From a recipe to a file with the real engine, and with an engine that answers badly.

use crate::support::{Driver, cpu};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use zscape::document::animation::AnimationFormat;
use zscape::document::embedded::recipe_in_file;
use zscape::document::recipe::Animation;
use zscape::document::{Subject, photo};
use zscape::engine::{Backlog, Event, Job, JobId, ModelInfo};
use zscape::latent::Shot;
use zscape::latent::expr::Expr;
use zscape::latent::path::{Easing, Method};
use zscape::model::Fault;
use zscape::render::{
    Look, Made, Output, Plan, Production, Progress, RenderError, Setup, Stage, StepsShown,
};

const MODEL: &str = "digits-vae2";

fn look(scale: u32) -> Look {
    Look {
        scale,
        longer_side: None,
        smooth: false,
        dpi: None,
    }
}

fn plan(model: &ModelInfo, subject: Subject) -> Plan {
    Plan::new(subject, look(2), &Setup::default(), model).expect("it can be planned")
}

fn single() -> Subject {
    Subject::Expression("seed(3)".to_owned())
}

fn grid(seeds: &str) -> Subject {
    Subject::Grid {
        seeds: seeds.to_owned(),
        truncation: Some(0.5),
        columns: 3,
    }
}

fn strip() -> Subject {
    Subject::Sheet {
        expressions: ["seed(1)", "[1, 2]", "0.5*seed(4)"]
            .map(str::to_owned)
            .to_vec(),
        columns: 3,
        gap: 2,
        background: [9, 20, 30],
    }
}

fn walk(frames: usize, even: bool) -> Subject {
    Subject::Animation(Animation {
        keyframes: ["seed(1)", "seed(2)"].map(str::to_owned).to_vec(),
        method: Method::Slerp,
        easing: Easing::Smooth,
        even,
        closed: true,
        frames,
        duration_us: 400_000,
        once: true,
    })
}

fn always(_: Progress) -> bool {
    true
}

/// Makes the outputs of a plan; `goes_on` may stop it.
fn make(
    driver: &Driver,
    plan: Plan,
    outputs: &[Output],
    goes_on: &mut dyn FnMut(Progress) -> bool,
) -> Result<Made, RenderError> {
    let mut production = Production::begin(plan, outputs)?;
    while let Some(job) = production.next_job() {
        let id = driver.engine.submit(job);
        let mut is_done = false;
        while !is_done {
            let event = driver.wait("an event of the job", |event| {
                (event.job() == Some(id)).then_some(event)
            });
            is_done = event.ends_job();
            production.take(event, goes_on).inspect_err(|_| {
                driver.engine.cancel(id);
            })?;
        }
    }
    production.finish(goes_on)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it can be listed");
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = entries.flatten().map(name).collect();
    names.sort();
    names
}

/// Every form that a file can have, with the subject that goes into it.
fn all_outputs(folder: &Path) -> Vec<(Subject, Output)> {
    let animation = |name: &str, format, even| {
        let path = folder.join(name);
        (walk(12, even), Output::Animation { path, format })
    };
    vec![
        (single(), Output::Still(folder.join("still.png"))),
        (grid("0-6,9"), Output::Still(folder.join("grid.png"))),
        (strip(), Output::Still(folder.join("strip.png"))),
        (grid("0-6,9"), Output::Array(folder.join("grid.npy"))),
        (
            single(),
            Output::Steps(folder.join("steps.png"), StepsShown::Data),
        ),
        (
            single(),
            Output::Steps(folder.join("steps.gif"), StepsShown::Data),
        ),
        animation("walk.gif", AnimationFormat::Gif, false),
        animation("even.gif", AnimationFormat::Gif, true),
        animation("walk.apng", AnimationFormat::Apng, false),
        animation("walk.webp", AnimationFormat::WebP, true),
        animation("frames", AnimationFormat::PngSequence, false),
        animation("f_##.png", AnimationFormat::PngSequence, false),
    ]
}

#[test]
fn a_recipe_makes_the_same_bytes_again() {
    let driver = cpu();
    let model = driver.load(MODEL);
    let folder = tempfile::tempdir().expect("a folder");
    for (subject, output) in all_outputs(folder.path()) {
        let planned = plan(&model, subject);
        let made = make(&driver, planned, std::slice::from_ref(&output), &mut always);
        assert_eq!(made.expect("it is made").steps, 1, "{output:?}");
        let Some(path) = output.path().filter(|path| path.is_file()) else {
            continue;
        };
        // Arrays and strips of steps carry no recipe.
        let Ok(recipe) = recipe_in_file(path) else {
            continue;
        };
        if matches!(output, Output::Steps(..)) {
            continue;
        }
        let again = Plan::again(&recipe, &model).expect("the recipe is sound");
        let copy = path.with_file_name(format!(
            "again-{}",
            path.file_name().expect("a name").to_string_lossy()
        ));
        let to = Output::of(&copy, &again).expect("a name of the same kind");
        make(&driver, again, &[to], &mut always).expect("it is made");
        let same = fs::read(path).expect("a file") == fs::read(&copy).expect("a file");
        assert!(same, "{output:?}");
    }
    assert_eq!(names(&folder.path().join("frames")).len(), 12);
    let left: Vec<String> = names(folder.path());
    // Two stills, a strip, four animations, twice; an array, two of steps, a folder, 12 frames.
    assert_eq!(left.len(), 2 * 7 + 1 + 2 + 1 + 12, "{left:?}");
}

#[test]
fn a_still_in_memory_is_the_still_in_the_file() {
    let driver = cpu();
    let model = driver.load(MODEL);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.png");
    let outputs = [Output::Still(path.clone()), Output::Memory];
    let made = make(&driver, plan(&model, strip()), &outputs, &mut always);
    let still = made.expect("it is made").still.expect("a picture");
    let shown = photo::read(&path).expect("a picture");
    assert_eq!(shown.size(), still.size());
    let rgb: Vec<u8> = shown
        .to_rgba()
        .chunks_exact(4)
        .flat_map(|pixel| pixel[..3].to_vec())
        .collect();
    assert!(rgb == still.to_rgb([0; 3]).bytes());
}

#[test]
fn whenever_it_is_stopped_nothing_is_left() {
    let driver = cpu();
    let model = driver.load(MODEL);
    let folder = tempfile::tempdir().expect("a folder");
    for (subject, output) in all_outputs(folder.path()) {
        // Counted once, so that every moment is tried.
        let mut moments = 0;
        let away = tempfile::tempdir().expect("a folder");
        let elsewhere = match &output {
            Output::Still(_) => Output::Still(away.path().join("a.png")),
            Output::Array(_) => Output::Array(away.path().join("a.npy")),
            Output::Steps(_, shown) => Output::Steps(away.path().join("a.gif"), *shown),
            Output::Animation { format, .. } => Output::Animation {
                path: away.path().join("a"),
                format: *format,
            },
            Output::Memory => Output::Memory,
        };
        make(
            &driver,
            plan(&model, subject.clone()),
            &[elsewhere],
            &mut |_| {
                moments += 1;
                true
            },
        )
        .expect("it is made");
        for last in [0, moments / 2, moments - 1] {
            let mut asked = 0;
            let made = make(
                &driver,
                plan(&model, subject.clone()),
                std::slice::from_ref(&output),
                &mut |_| {
                    asked += 1;
                    asked <= last
                },
            );
            assert!(matches!(made, Err(RenderError::Cancelled)), "{output:?}");
            assert_eq!(
                asked,
                last + 1,
                "{output:?}: it went on after it was stopped"
            );
            assert_eq!(names(folder.path()), Vec::<String>::new(), "{output:?}");
        }
    }
}

/// A tile of `count` black pictures.
fn tile(model: &ModelInfo, first: usize, count: usize) -> Event {
    let image = model.manifest.image;
    Event::Tile {
        job: JobId(1),
        first,
        count,
        image,
        values: vec![0.0; count * image.len()],
        codes: Vec::new(),
    }
}

#[test]
fn a_job_that_goes_wrong_leaves_nothing() {
    let model = cpu().load(MODEL);
    let folder = tempfile::tempdir().expect("a folder");
    let output = [Output::Still(folder.path().join("a.png"))];
    let begin = || Production::begin(plan(&model, grid("0-3")), &output).expect("it begins");
    let fault = Fault::Device("the device was lost".to_owned());
    let job = JobId(1);
    for (what, events) in [
        ("too few", vec![tile(&model, 0, 3), Event::JobDone { job }]),
        ("too early", vec![tile(&model, 1, 3)]),
        ("twice", vec![tile(&model, 0, 2), tile(&model, 0, 2)]),
        ("too many", vec![tile(&model, 0, 5)]),
        (
            "failed",
            vec![tile(&model, 0, 2), Event::JobFailed { job, fault }],
        ),
        (
            "cancelled",
            vec![tile(&model, 0, 2), Event::JobCancelled { job }],
        ),
    ] {
        let mut production = begin();
        assert!(production.next_job().is_some() && production.next_job().is_none());
        let failed = events
            .into_iter()
            .find_map(|event| production.take(event, &mut always).err());
        assert!(failed.is_some(), "{what}");
        drop(production);
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }
    // Ended before its pictures came.
    let mut production = begin();
    production
        .take(tile(&model, 0, 2), &mut always)
        .expect("half of it");
    let made = production.finish(&mut always);
    assert!(matches!(made, Err(RenderError::Program(_))));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn many_steps_become_a_strip_and_frames() {
    let model = cpu().load(MODEL);
    let image = model.manifest.image;
    let folder = tempfile::tempdir().expect("a folder");
    let still = folder.path().join("still.png");
    for (name, size) in [("strip.png", Some([4 * 56, 56])), ("steps", None)] {
        let path = folder.path().join(name);
        let steps = Output::steps(&path, StepsShown::Data).expect("a name that steps can have");
        let outputs = [Output::Still(still.clone()), steps];
        let mut production =
            Production::begin(plan(&model, single()), &outputs).expect("it begins");
        assert!(matches!(production.next_job(), Some(Job::Steps { .. })));
        for done in 1..=4 {
            let level = done as f32 / 5.0;
            let event = Event::Step {
                job: JobId(1),
                done,
                of: 4,
                image,
                values: vec![level; image.len()],
                noisy: None,
                choices: Arc::default(),
            };
            production.take(event, &mut always).expect("a step");
        }
        let done = Event::JobDone { job: JobId(1) };
        production.take(done, &mut always).expect("it is done");
        let made = production.finish(&mut always).expect("it is written");
        assert_eq!(made.steps, 4);
        let pixel =
            |path: &Path, at: usize| photo::read(path).expect("a picture").to_rgba()[4 * at];
        assert_eq!(pixel(&still, 0), 204, "the last step");
        match size {
            Some(size) => {
                assert_eq!(photo::read(&path).expect("a picture").size(), size);
                let levels: Vec<u8> = (0..4).map(|step| pixel(&path, step * 56)).collect();
                assert_eq!(levels, [51, 102, 153, 204]);
            }
            None => {
                assert_eq!(names(&path).len(), 4);
                assert_eq!(pixel(&path.join("0002.png"), 0), 102);
            }
        }
    }
}

#[test]
fn an_even_way_is_measured_first() {
    let driver = cpu();
    let model = driver.load(MODEL);
    let folder = tempfile::tempdir().expect("a folder");
    let output = Output::Animation {
        path: folder.path().join("a.gif"),
        format: AnimationFormat::Gif,
    };
    let mut stages = Vec::new();
    make(
        &driver,
        plan(&model, walk(20, true)),
        &[output],
        &mut |progress| {
            assert!(progress.done <= progress.total, "{progress:?}");
            if stages.last().map(|(stage, _)| *stage) != Some(progress.stage) {
                stages.push((progress.stage, progress.total));
            }
            true
        },
    )
    .expect("it is made");
    assert!(
        matches!(stages[..], [(Stage::Measuring, 20..), (Stage::Drawing, 20)]),
        "{stages:?}"
    );
}

#[test]
fn what_cannot_be_made_is_known_before_the_work() {
    let model = cpu().load(MODEL);
    let folder = tempfile::tempdir().expect("a folder");
    let begin = |subject: Subject, outputs: &[Output]| {
        let error = Production::begin(plan(&model, subject), outputs).err();
        error.expect("it cannot be made").to_string()
    };
    let path = folder.path().join("a.gif");
    assert!(begin(single(), &[Output::Still(path.clone())]).contains("ends in .png"));
    let (still, array) = (Output::Still("a.png".into()), Output::Array("a.png".into()));
    assert!(begin(single(), &[still, array]).contains("two outputs"));
    let nowhere = Output::Still(folder.path().join("no/such/folder.png"));
    assert!(begin(single(), &[nowhere]).contains("folder.png"));
    let steps = Output::Steps(folder.path().join("s.png"), StepsShown::Data);
    assert!(begin(grid("0-3"), &[steps]).contains("single picture"));
    assert_eq!(names(folder.path()), Vec::<String>::new());

    let planned = |subject| Plan::new(subject, look(1), &Setup::default(), &model);
    for (subject, part) in [
        (grid("3-1"), "backwards"),
        (Subject::Expression("sed(1)".to_owned()), "the expression"),
        (walk(0, false), "1 to 10000 frames"),
        (walk(10_001, false), "1 to 10000 frames"),
    ] {
        let error = planned(subject).expect_err("it cannot be planned");
        let is_request = matches!(error, RenderError::Request(_));
        assert!(is_request && error.to_string().contains(part), "{error}");
    }
    // An array may hold what no picture can.
    let huge = Plan::new(grid("0-999999"), look(16), &Setup::default(), &model);
    let huge = huge.expect("it can be planned");
    assert!(matches!(huge.size(), Err(RenderError::TooLarge(_))));
    assert_eq!(huge.count(), 1_000_000);
    // A recipe that lies about its size.
    let mut recipe = plan(&model, grid("0-3")).recipe().clone();
    recipe.size[0] += 1;
    let error = Plan::again(&recipe, &model).expect_err("another size");
    assert!(error.to_string().contains("not of"), "{error}");
}

#[test]
fn a_stream_waits_until_its_tiles_are_used() {
    let driver = cpu();
    let model = driver.load(MODEL);
    let shot = |seed| Shot::new(model.id.clone(), Expr::Seed(seed));
    let backlog = Backlog::default();
    let stream = driver.engine.submit(Job::Stream {
        shots: (0..10_000).map(shot).collect(),
        names: Arc::default(),
        backlog: backlog.clone(),
    });
    let mut tiles = 0;
    let mut len = 0;
    while tiles < Backlog::MAX_TILES {
        len = driver.wait("a tile", |event| match event {
            Event::Tile { job, values, .. } if job == stream => Some(values.len()),
            _ => None,
        });
        tiles += 1;
    }
    // While the engine does other work, the stream is not given a turn, however long.
    let other = driver.decode(&model.id, 0..2_000);
    driver.wait("other work", |event| match event {
        Event::Tile { job, .. } if job == stream => panic!("a tile that nobody has room for"),
        Event::JobDone { job } if job == other => Some(()),
        _ => None,
    });
    backlog.tile_used(len);
    driver.wait("the next tile", |event| match event {
        Event::Tile { job, first, .. } if job == stream => {
            assert_eq!(first * model.manifest.image.len(), tiles * len);
            Some(())
        }
        _ => None,
    });
    driver.engine.cancel(stream);
    driver.wait("the cancel", |event| match event {
        Event::JobCancelled { job } if job == stream => Some(()),
        _ => None,
    });
}

/// The noisy pictures stand above the others, or at their left in an animation, and are refused where there are none.
#[test]
fn noisy_steps_stand_beside_the_others() {
    let model = cpu().load(MODEL);
    let image = model.manifest.image;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("film.png");
    let stills = folder.path().join("step_##.png");
    let both = [&path, &stills].map(|path| Output::steps(path, StepsShown::Both).expect("a name"));
    let begin = || Production::begin(plan(&model, single()), &both);
    let step = |done: usize, noisy: Option<f32>| Event::Step {
        job: JobId(1),
        done,
        of: 3,
        image,
        values: vec![done as f32 / 5.0; image.len()],
        noisy: noisy.map(|level| vec![level; image.len()]),
        choices: Arc::default(),
    };
    let mut production = begin().expect("it begins");
    for done in 1..=3 {
        let noisy = Some(1.0 - done as f32 / 5.0);
        let taken = production.take(step(done, noisy), &mut always);
        taken.expect("a step");
    }
    let done = Event::JobDone { job: JobId(1) };
    production.take(done, &mut always).expect("it is done");
    production.finish(&mut always).expect("it is written");
    let film = photo::read(&path).expect("a picture");
    assert_eq!(film.size(), [3 * 56, 2 * 56]);
    let rgba = film.to_rgba();
    let level = |column: usize, row: usize| rgba[4 * (row * 56 * 3 * 56 + column * 56)];
    assert_eq!([0, 1, 2].map(|column| level(column, 0)), [204, 153, 102]);
    assert_eq!([0, 1, 2].map(|column| level(column, 1)), [51, 102, 153]);
    let still = photo::read(&folder.path().join("step_02.png")).expect("the second step");
    assert_eq!(still.size(), [2 * 56, 56]);
    let rgba = still.to_rgba();
    assert_eq!([rgba[0], rgba[4 * 56]], [153, 102]);
    // A plain decoder has none.
    let mut production = begin().expect("it begins");
    let fault = production
        .take(step(1, None), &mut always)
        .expect_err("no noise");
    assert!(fault.to_string().contains("removes no noise"), "{fault}");
    let likelihoods = Output::steps(&path, StepsShown::Likelihoods).expect("a strip");
    let fault = Production::begin(plan(&model, single()), &[likelihoods])
        .err()
        .expect("it does not write");
    assert!(fault.to_string().contains("place by place"), "{fault}");
}

/// Below each step of a picture that is written stand the likelihoods of what it wrote, and in animations at its right.
#[test]
fn likelihoods_are_written_with_the_steps() {
    let driver = cpu();
    let model = driver.load("digits-pixel");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("film.png");
    let frames = folder.path().join("step_##.png");
    let outputs =
        [&path, &frames].map(|path| Output::steps(path, StepsShown::Likelihoods).expect("a name"));
    make(&driver, plan(&model, single()), &outputs, &mut always).expect("it is written");
    let film = photo::read(&path).expect("a picture");
    assert_eq!(film.size(), [28 * 56, 2 * 56], "a step for each row");
    let rgba = film.to_rgba();
    let levels = |column: usize| {
        let pixels = (0..56 * 56).map(move |at| (at / 56 + 56) * 28 * 56 + column * 56 + at % 56);
        pixels.map(|pixel| rgba[4 * pixel])
    };
    // The rows at the top are surely black; in the middle there is something to choose.
    let shades = |column: usize| {
        levels(column)
            .filter(|level| (25..255).contains(level))
            .count()
    };
    assert!(
        shades(14) > 4 * shades(0),
        "{} and {}",
        shades(14),
        shades(0)
    );
    assert!(
        (0..28).all(|column| levels(column).any(|level| level > 200)),
        "what was chosen"
    );
    let frame = photo::read(&frames.with_file_name("step_15.png")).expect("the middle step");
    assert_eq!(frame.size(), [2 * 56, 56]);
    let beside = frame.to_rgba();
    let right: Vec<u8> = (0..56 * 56)
        .map(|at| beside[4 * (at / 56 * 112 + 56 + at % 56)])
        .collect();
    assert_eq!(
        right,
        levels(14).collect::<Vec<u8>>(),
        "the same as in the strip"
    );
}

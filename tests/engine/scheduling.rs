//! Who comes first: the picture under the hand before everything, loads and jobs in slices.
//!
//! A request is made from the engine's own thread, right after an event, so the order of what
//! follows is exact and needs no clock.

use crate::support::{Driver, cpu, shot};
use std::cell::Cell;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use zscape::engine::{
    Class, DeviceChoice, DirectionSource, Engine, EngineOptions, Event, Fault, InvertOptions, Job,
    JobId, ModelId, ModelInfo, ModelSource, PreviewRequest, Requests, StageId,
};
use zscape::latent::{NoiseMode, Sampler, Shot};

/// An engine that is asked for a picture from its own thread, right after an event.
struct Reacting {
    driver: Driver,
    shared: Arc<Shared>,
    /// Events that the test has seen.
    seen: Cell<usize>,
}

#[derive(Default)]
struct Shared {
    requests: OnceLock<Requests>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What to ask for with the first event after so many.
    ask: Option<(Shot, usize)>,
    /// Events that the engine has sent.
    sent: usize,
    /// How many it had sent at the last request.
    asked_after: usize,
    generation: u64,
}

impl Shared {
    /// Runs on the engine's thread after every event.
    fn wake(&self) {
        let mut state = self.state.lock().expect("no panic");
        state.sent += 1;
        let sent = state.sent;
        let due = state.ask.take_if(|(_, after)| sent > *after);
        let (Some(requests), Some((shot, _))) = (self.requests.get(), due) else {
            return;
        };
        state.generation += 1;
        state.asked_after = state.sent;
        requests.preview(PreviewRequest {
            stage: StageId::default(),
            generation: state.generation,
            shot,
            names: Arc::default(),
        });
    }
}

fn reacting() -> Reacting {
    let shared = Arc::new(Shared::default());
    let of_wake = Arc::clone(&shared);
    let driver = Driver::with_options(EngineOptions {
        device: DeviceChoice::Cpu,
        gpu: None,
        wake: Arc::new(move || of_wake.wake()),
        decoders: Default::default(),
    });
    let requests = driver.engine.requests().clone();
    assert!(shared.requests.set(requests).is_ok(), "it was empty");
    Reacting {
        driver,
        shared,
        seen: Cell::new(0),
    }
}

impl Reacting {
    /// Asks for a picture with the first event after those that the test has seen.
    fn ask(&self, model: &ModelId, seed: u32) {
        let shot = shot(model, &format!("seed({seed})"));
        self.shared.state.lock().expect("no panic").ask = Some((shot, self.seen.get()));
    }

    /// As [`Driver::wait`], with the number of each event. Nothing else may take events.
    fn wait<T>(&self, what: &str, mut pick: impl FnMut(usize, Event) -> Option<T>) -> T {
        self.driver.wait(what, |event| {
            self.seen.set(self.seen.get() + 1);
            pick(self.seen.get(), event)
        })
    }

    fn load(&self, source: ModelSource) -> Arc<ModelInfo> {
        self.driver.engine.load(source);
        self.wait("the model", |_, event| match event {
            Event::Loaded(info) => Some(info),
            Event::LoadFailed { fault, .. } => panic!("{fault}"),
            _ => None,
        })
    }

    /// The number of the event after which the last request was made.
    fn asked_after(&self) -> usize {
        self.shared.state.lock().expect("no panic").asked_after
    }
}

/// Three jobs that take long: a file of 10,000 pictures, a search for directions, and an inversion.
fn busy(engine: &Engine, model: &ModelInfo) -> [JobId; 3] {
    let shots = (0..10_000).map(|seed| shot(&model.id, &format!("seed({seed})")));
    let export = Job::Decode {
        shots: shots.collect(),
        names: Arc::default(),
    };
    let search = Job::Directions {
        model: model.id.clone(),
        source: DirectionSource::PictureChange { count: 16 },
    };
    let descent = Job::Invert {
        model: model.id.clone(),
        picture: vec![0.5; model.manifest.image.len()].into(),
        options: InvertOptions {
            steps: 5000,
            ..InvertOptions::default()
        },
    };
    [
        engine.submit_as(Class::Background, export),
        engine.submit(search),
        engine.submit(descent),
    ]
}

#[test]
fn no_job_comes_between_a_request_and_its_frame() {
    let reacting = reacting();
    let model = reacting.load(ModelSource::Catalogue("digits-gan".to_owned()));
    let engine = &reacting.driver.engine;
    let jobs = busy(engine, &model);
    let mut seen = [false; 3];
    for seed in 0..2000 {
        if seed >= 100 && seen == [true; 3] {
            break;
        }
        reacting.ask(&model.id, seed);
        let mut events: Vec<(usize, Option<JobId>)> = Vec::new();
        reacting.wait("the frame", |number, event| match event {
            Event::Frame(frame) => {
                assert_eq!(frame.generation, u64::from(seed) + 1);
                Some(())
            }
            Event::JobFailed { fault, .. } => panic!("{fault}"),
            event => {
                events.push((number, event.job()));
                None
            }
        });
        let asked_after = reacting.asked_after();
        let (before, after): (Vec<_>, Vec<_>) = events
            .iter()
            .partition(|(number, _)| *number <= asked_after);
        let of_slice = before.last().and_then(|(_, job)| *job);
        // What the slice under way had still to say; no slice has more than three events.
        assert!(after.len() <= 2, "asked after {asked_after}: {events:?}");
        assert!(after.iter().all(|(_, job)| *job == of_slice), "{events:?}");
        for (seen, job) in seen.iter_mut().zip(jobs) {
            *seen |= of_slice == Some(job);
        }
    }
    assert_eq!(seen, [true; 3], "not all of {jobs:?} took turns");
    for job in jobs {
        engine.cancel(job);
    }
}

#[test]
fn visible_pictures_overtake_a_file() {
    let driver = cpu();
    let model = driver.load("digits-gan");
    let [file, ..] = busy(&driver.engine, &model);
    driver.wait("the file has begun", |event| {
        matches!(event, Event::Tile { job, .. } if job == file).then_some(())
    });
    let strip = driver.decode(&model.id, 0..200);
    driver.wait("the strip", |event| match event {
        Event::JobDone { job } if job == strip => Some(()),
        Event::JobDone { job } => panic!("{job:?} was done before the strip"),
        _ => None,
    });
}

#[test]
fn a_waiting_search_holds_nothing_up() {
    let driver = cpu();
    let model = driver.load("faces-stylegan");
    // Its mathematics, components of thousands of codes in w, runs on another thread; the few
    // pictures that were asked for later are done meanwhile.
    let search = driver.engine.submit(Job::Directions {
        model: model.id.clone(),
        source: DirectionSource::Components { count: 4 },
    });
    let strip = driver.decode(&model.id, 0..4);
    let mut ended = Vec::new();
    driver.wait("both", |event| {
        match event {
            Event::JobDone { job } => ended.push(job),
            Event::JobFailed { fault, .. } => panic!("{fault}"),
            _ => {}
        }
        (ended.len() == 2).then_some(())
    });
    assert_eq!(ended, [strip, search]);
}

/// A style-based model without what was measured of it: its load takes many slices.
fn unmeasured(folder: &Path) -> ModelSource {
    let path = folder.join("random.safetensors");
    let bytes = zscape::model::style::random_model(1).expect("sound");
    let mut file = zscape::model::ModelFile::from_bytes(&bytes).expect("sound");
    file.tensors
        .retain(|name, _| !name.starts_with("z.") && !name.starts_with("w."));
    let bytes = zscape::model::ModelFile::to_bytes(&file.manifest, &file.tensors);
    std::fs::write(&path, bytes.expect("sound")).expect("it can be written");
    ModelSource::File(path)
}

#[test]
fn a_picture_comes_between_the_slices_of_a_load() {
    let folder = tempfile::tempdir().expect("a folder");
    let reacting = reacting();
    let model = reacting.load(ModelSource::Catalogue("digits-vae2".to_owned()));
    let load = reacting.driver.engine.load(unmeasured(folder.path()));
    reacting.ask(&model.id, 3);
    let mut slices = 0;
    let mut frame = None;
    let loaded = reacting.wait("the load", |number, event| match event {
        Event::Loading {
            job, done, total, ..
        } => {
            assert_eq!(job, load);
            assert!(done <= total);
            slices += 1;
            None
        }
        Event::Frame(_) => {
            frame = Some(number);
            None
        }
        Event::Loaded(info) => Some(info),
        Event::LoadFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    });
    assert!(slices > 3, "{slices} slices");
    assert_eq!(
        frame,
        Some(reacting.asked_after() + 1),
        "the picture waited"
    );
    let measured = &loaded.ranked_w_dims;
    assert!(!measured.is_empty() && measured.iter().all(|(_, change)| *change >= 0.0));
}

#[test]
fn a_load_can_be_cancelled() {
    let folder = tempfile::tempdir().expect("a folder");
    let driver = cpu();
    let model = driver.load("digits-vae2");
    let load = driver.engine.load(unmeasured(folder.path()));
    driver.wait("the load has begun", |event| {
        matches!(event, Event::Loading { .. }).then_some(())
    });
    driver.engine.cancel(load);
    driver.wait("the load is cancelled", |event| match event {
        Event::JobCancelled { job } => (job == load).then_some(()),
        Event::Loaded(_) => panic!("it went on"),
        _ => None,
    });
    driver.frame(&model.id, 1, "seed(1)");
}

#[test]
fn work_that_needs_a_model_waits_for_its_load() {
    let first = cpu();
    let id = first.load("fashion-vae").id.clone();
    let driver = cpu();
    driver
        .engine
        .load(ModelSource::Catalogue("fashion-vae".to_owned()));
    driver.request(&id, 1, "seed(1)");
    let job = driver.decode(&id, 0..3);
    let mut order = Vec::new();
    driver.wait("the job", |event| match event {
        Event::Loaded(_) => {
            order.push("loaded");
            None
        }
        Event::Frame(_) => {
            order.push("frame");
            None
        }
        Event::JobDone { job: done } => {
            assert_eq!(done, job);
            Some(())
        }
        Event::JobFailed { fault, .. } | Event::PreviewFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    });
    assert_eq!(order, ["loaded", "frame"]);
}

#[test]
fn a_model_that_is_there_is_not_loaded_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let driver = cpu();
    let again = |source: &ModelSource, is_read: bool| {
        driver.engine.load(source.clone());
        let mut slices = 0;
        let info = driver.wait("the model", |event| match event {
            Event::Loading { .. } => {
                slices += 1;
                None
            }
            Event::Loaded(info) => Some(info),
            Event::LoadFailed { fault, .. } => panic!("{fault}"),
            _ => None,
        });
        assert_eq!(slices > 0, is_read, "{source:?}");
        info
    };
    let catalogue = ModelSource::Catalogue("faces-vae".to_owned());
    let first = driver.load("faces-vae");
    assert!(Arc::ptr_eq(&first, &again(&catalogue, false)));
    let file = unmeasured(folder.path());
    let first = again(&file, true);
    assert!(Arc::ptr_eq(&first, &again(&file, false)));
    let ModelSource::File(path) = &file else {
        panic!("it is a file");
    };
    let other = zscape::model::style::random_model(2).expect("sound");
    std::fs::write(path, other).expect("it can be written");
    let second = again(&file, true);
    assert_ne!(first.id, second.id);
    // Those who still draw with the first one can.
    driver.frame(&first.id, 1, "seed(1)");
}

#[test]
fn shots_of_several_models_are_refused_and_several_settings_are_not() {
    let driver = cpu();
    let [a, b] = ["digits-vae2", "digits-ae2"].map(|name| driver.load(name));
    let mixed = Job::Decode {
        shots: vec![shot(&a.id, "seed(1)"), shot(&b.id, "seed(1)")],
        names: Arc::default(),
    };
    let job = driver.engine.submit(mixed);
    let fault = driver.wait("a refusal", |event| match event {
        Event::JobFailed { job: of, fault } if of == job => Some(fault),
        Event::Tile { .. } => panic!("a picture was made"),
        _ => None,
    });
    let Fault::Request(sentence) = fault else {
        panic!("{fault:?}")
    };
    assert!(sentence.contains("digits-vae2") && sentence.contains("digits-ae2"));

    let model = driver.load_random_style();
    let noise = [NoiseMode::Const, NoiseMode::None, NoiseMode::Const];
    let draw = |noise| shot(&model.id, "seed(5)").with_sampler(Sampler::with_noise(noise));
    let all = driver.pictures(driver.engine.submit(Job::Decode {
        shots: noise.map(draw).to_vec(),
        names: Arc::default(),
    }));
    let pictures: Vec<&[f32]> = all.chunks_exact(model.manifest.image.len()).collect();
    assert_eq!(pictures.len(), 3);
    assert!(pictures[0] == pictures[2] && pictures[0] != pictures[1]);
}

#[test]
fn what_has_no_meaning_is_refused_before_the_first_picture() {
    let driver = cpu();
    let model = driver.load("digits-gan");
    let mut shots: Vec<Shot> = (0..600)
        .map(|seed| shot(&model.id, &format!("seed({seed})")))
        .collect();
    shots.push(shot(&model.id, "seed(1) + @nobody"));
    let job = driver.engine.submit(Job::Decode {
        shots,
        names: Arc::default(),
    });
    let fault = driver.wait("a refusal", |event| match event {
        Event::JobFailed { job: of, fault } if of == job => Some(fault),
        Event::Tile { .. } => panic!("a picture was made"),
        _ => None,
    });
    assert!(matches!(&fault, Fault::Request(sentence) if sentence.contains("@nobody")));
}

//! Pictures that take many steps: shown on the way, interrupted, and in jobs. A test lets each
//! step happen, so nothing here depends on how fast the machine is.

use crate::support::{Driver, shot};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use zscape::engine::{
    Decoders, DeviceChoice, Event, Fault, Frame, Job, ModelInfo, Picture, PreviewRequest, StageId,
};
use zscape::latent::Sampler;
use zscape::model::Generator;
use zscape::model::process::{Budget, Decoder, Inputs, Pictures, Process, Step};

const STEPS: usize = 50;

/// A sampler over a decoder: each step waits until the test allows one, and shows a part of the
/// brightness.
struct Slow {
    generator: Arc<Generator>,
    gate: Arc<Gate>,
}

/// What the test holds and watches.
struct Gate {
    allowed: Mutex<Receiver<()>>,
    /// The number of the process of each step, in order.
    log: Mutex<Vec<usize>>,
    begun: AtomicUsize,
}

struct SlowProcess {
    number: usize,
    done: usize,
    plain: Box<dyn Process>,
    gate: Arc<Gate>,
}

impl Decoder for Slow {
    fn steps(&self, _: &Sampler) -> usize {
        STEPS
    }

    fn begin(
        self: Arc<Self>,
        inputs: Inputs,
        sampler: &Sampler,
    ) -> Result<Box<dyn Process>, Fault> {
        let generator = Arc::clone(&self.generator);
        Ok(Box::new(SlowProcess {
            number: self.gate.begun.fetch_add(1, Ordering::SeqCst),
            done: 0,
            plain: generator.begin(inputs, sampler)?,
            gate: Arc::clone(&self.gate),
        }))
    }
}

impl Process for SlowProcess {
    fn step(&mut self, budget: Budget) -> Result<Step, Fault> {
        let allowed = self.gate.allowed.lock().expect("no test panicked in here");
        let gone = |_| Fault::Program("the test is over".to_owned());
        allowed.recv().map_err(gone)?;
        self.gate.log.lock().expect("as above").push(self.number);
        self.done += 1;
        let is_last = self.done == STEPS;
        let mut pictures = None;
        if budget.is_watched || is_last {
            let step = self.plain.step(budget)?;
            let Some(Pictures::Values(mut values)) = step.pictures else {
                return Err(Fault::Program("the CPU gives numbers".to_owned()));
            };
            let share = self.done as f32 / STEPS as f32;
            values.iter_mut().for_each(|value| *value *= share);
            pictures = Some(Pictures::Values(values));
        }
        Ok(Step {
            pictures,
            done: self.done,
            of: STEPS,
        })
    }
}

/// An engine whose models take 50 steps, each of which a test allows.
struct Slowly {
    /// Goes first: an engine that waits for a step ends when none can be allowed any more.
    allow: Sender<()>,
    driver: Driver,
    model: Arc<ModelInfo>,
    gate: Arc<Gate>,
}

fn slowly() -> Slowly {
    let (allow, allowed) = channel();
    let gate = Arc::new(Gate {
        allowed: Mutex::new(allowed),
        log: Mutex::default(),
        begun: AtomicUsize::new(0),
    });
    let of_models = Arc::clone(&gate);
    let decoders = Decoders::new(move |_, generator| {
        Arc::new(Slow {
            generator,
            gate: Arc::clone(&of_models),
        })
    });
    let driver = Driver::with_decoders(DeviceChoice::Cpu, None, decoders);
    let model = driver.load("digits-vae2");
    assert_eq!(model.steps, STEPS);
    Slowly {
        allow,
        driver,
        model,
        gate,
    }
}

impl Slowly {
    fn allow(&self, steps: usize) {
        for _ in 0..steps {
            self.allow.send(()).expect("the engine is there");
        }
    }

    fn request(&self, stage: u32, generation: u64, expression: &str) {
        self.driver.engine.preview(PreviewRequest {
            stage: StageId(stage),
            generation,
            shot: shot(&self.model.id, expression),
            names: Arc::default(),
        });
    }

    fn frame(&self) -> Frame {
        self.driver.wait("a frame", |event| match event {
            Event::Frame(frame) => Some(frame),
            Event::PreviewFailed { fault, .. } => panic!("{fault}"),
            _ => None,
        })
    }

    fn log(&self) -> Vec<usize> {
        self.gate.log.lock().expect("nobody panicked").clone()
    }
}

fn brightness(frame: &Frame) -> u64 {
    let Picture::Pixels { rgba, .. } = &frame.picture else {
        panic!("the CPU gives pixels")
    };
    rgba.chunks(4).map(|pixel| u64::from(pixel[0])).sum()
}

#[test]
fn every_step_reaches_the_driver() {
    let slowly = slowly();
    slowly.request(0, 1, "[0.5, -1]");
    slowly.allow(STEPS);
    let mut before = 0;
    for step in 1..=STEPS {
        let frame = slowly.frame();
        assert_eq!((frame.generation, frame.step, frame.of), (1, step, STEPS));
        assert_eq!(frame.is_last(), step == STEPS);
        assert_eq!(frame.code.values.reals(), [0.5, -1.0]);
        let now = brightness(&frame);
        assert!(now > before, "step {step} shows nothing new");
        before = now;
    }
    let plain = crate::support::cpu();
    let model = plain.load("digits-vae2");
    let picture = plain.frame(&model.id, 1, "[0.5, -1]");
    assert_eq!((picture.step, picture.of), (1, 1));
    assert_eq!(brightness(&picture), before);
}

#[test]
fn a_new_request_interrupts_within_one_step() {
    let slowly = slowly();
    slowly.request(0, 1, "seed(1)");
    slowly.allow(3);
    for step in 1..=3 {
        assert_eq!(slowly.frame().step, step);
    }
    // The engine is at the fourth step now, or about to begin it.
    slowly.request(0, 2, "seed(2)");
    slowly.allow(1 + STEPS);
    let mut frame = slowly.frame();
    if frame.generation == 1 {
        assert_eq!(frame.step, 4);
        frame = slowly.frame();
    }
    assert_eq!((frame.generation, frame.step), (2, 1));
    for step in 2..=STEPS {
        let frame = slowly.frame();
        assert_eq!((frame.generation, frame.step), (2, step));
    }
}

#[test]
fn stages_take_turns() {
    let slowly = slowly();
    slowly.request(0, 1, "seed(1)");
    slowly.allow(1);
    assert_eq!(slowly.frame().stage, StageId(0));
    slowly.request(1, 1, "seed(2)");
    slowly.allow(9);
    let mut stages: Vec<u32> = (0..9).map(|_| slowly.frame().stage.0).collect();
    // The first stage may have been at its second step already.
    if stages[0] == 0 {
        stages.remove(0);
    }
    for (place, stage) in stages.iter().enumerate() {
        assert_eq!(*stage as usize, (place + 1) % 2, "{stages:?}");
    }
}

#[test]
fn a_job_in_steps_delays_no_preview() {
    let slowly = slowly();
    let job = slowly.driver.engine.submit(Job::Decode {
        shots: (0..3)
            .map(|seed| shot(&slowly.model.id, &format!("seed({seed})")))
            .collect(),
        names: Arc::default(),
    });
    slowly.allow(1);
    // When the log has one line, the engine is in the job or about to begin its second step.
    while slowly.log().is_empty() {
        std::thread::yield_now();
    }
    slowly.request(0, 1, "seed(9)");
    slowly.allow(1 + 8 + 1);
    for step in 1..=8 {
        assert_eq!(slowly.frame().step, step);
    }
    let log = slowly.log();
    let first = log.iter().position(|&process| process == 1);
    let first = first.expect("the preview has begun");
    assert!(first <= 2, "the preview waited: {log:?}");
    assert!(log[first..first + 8].iter().all(|&p| p == 1), "{log:?}");
    // Nor does a preview of many steps hold up the job for good.
    slowly.allow(3 * STEPS);
    slowly.allow(STEPS);
    let mut last_step = 8;
    slowly.driver.wait("the job and the preview", |event| {
        match event {
            Event::Frame(frame) => last_step = frame.step,
            Event::JobDone { job: done } => assert_eq!(done, job),
            Event::JobFailed { fault, .. } => panic!("{fault}"),
            _ => {}
        }
        (last_step == STEPS).then_some(())
    });
    let log = slowly.log();
    let turn_of_the_job = log[first..].iter().position(|&process| process == 0);
    assert_eq!(turn_of_the_job, Some(8), "{log:?}");
}

#[test]
fn every_step_of_a_steps_job_is_an_event() {
    let slowly = slowly();
    let job = slowly.driver.engine.submit(Job::Steps {
        shot: shot(&slowly.model.id, "seed(4)"),
        names: Arc::default(),
    });
    slowly.allow(STEPS);
    let mut steps = Vec::new();
    let mut last = Vec::new();
    slowly.driver.wait("the job is done", |event| match event {
        Event::Step {
            job: of_job,
            done,
            of,
            image,
            values,
            noisy,
            ..
        } => {
            assert!(noisy.is_none(), "a plain decoder removes no noise");
            assert_eq!((of_job, of), (job, STEPS));
            assert_eq!(values.len(), image.len());
            steps.push(done);
            last = values;
            None
        }
        Event::JobDone { job: done } => (done == job).then_some(()),
        Event::JobFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    });
    assert_eq!(steps, (1..=STEPS).collect::<Vec<_>>());
    let decode = slowly.driver.decode(&slowly.model.id, 4..5);
    slowly.allow(STEPS);
    assert_eq!(slowly.driver.pictures(decode), last);
}

#[test]
fn a_job_in_steps_can_be_cancelled_within_one() {
    let slowly = slowly();
    let job = slowly.driver.decode(&slowly.model.id, 0..64);
    slowly.allow(1);
    slowly.driver.engine.cancel(job);
    slowly.allow(1);
    slowly
        .driver
        .wait("the job is cancelled", |event| match event {
            Event::JobCancelled { job: cancelled } => (cancelled == job).then_some(()),
            Event::JobDone { .. } | Event::Tile { .. } => panic!("the job went on"),
            _ => None,
        });
    assert!(slowly.log().len() <= 2);
}

//! The loop of the engine thread.

use super::compute::{BATCH_SHAPES, Compute};
use super::context::ModelContext;
use super::jobs::{RunningJob, Step};
use super::mailbox::{Mailbox, Next};
use super::models::Models;
use super::{EngineOptions, Event, Frame, FrameTiming, ModelId, ModelSource, PreviewRequest};
use crate::latent::NoiseMode;
use crate::latent::expr::evaluate;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

/// Runs until the mailbox is closed or nobody listens any more.
pub fn run(options: EngineOptions, mailbox: &Mailbox, events: SyncSender<Event>) {
    let compute = Compute::choose(&options);
    let mut worker = Worker {
        compute,
        models: Models::default(),
        job: None,
        warm_up: VecDeque::new(),
        out: Outbox {
            events,
            wake: options.wake,
        },
    };
    worker.out.send(Event::Device(worker.compute.info.clone()));
    loop {
        match mailbox.next(worker.job.is_some(), !worker.warm_up.is_empty()) {
            Next::Close => break,
            Next::Load(source) => worker.load(source),
            Next::Preview(request, arrived) => worker.preview(&request, arrived),
            Next::Job(id, job) => worker.job = Some(RunningJob::new(id, job)),
            Next::Idle if worker.job.is_some() => worker.continue_job(mailbox),
            Next::Idle => worker.warm_up(),
        }
    }
}

/// Where events go.
struct Outbox {
    events: SyncSender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Outbox {
    fn send(&self, event: Event) {
        // With no listener left the mailbox is about to close.
        if self.events.send(event).is_ok() {
            (self.wake)();
        }
    }
}

struct Worker {
    compute: Compute,
    models: Models,
    job: Option<RunningJob>,
    /// Batch shapes whose kernels are not compiled yet, with the number of the shape.
    warm_up: VecDeque<(ModelId, usize)>,
    out: Outbox,
}

impl Worker {
    fn load(&mut self, source: ModelSource) {
        match self.models.load(source.clone(), &self.compute.device) {
            Ok(info) => {
                if self.compute.is_gpu() {
                    let shapes = 0..BATCH_SHAPES.len();
                    self.warm_up
                        .extend(shapes.map(|shape| (info.id.clone(), shape)));
                }
                self.out.send(Event::Loaded(info));
            }
            Err(message) => self.out.send(Event::LoadFailed { source, message }),
        }
    }

    fn preview(&mut self, request: &PreviewRequest, arrived: Instant) {
        let generation = request.generation;
        let event = match self.frame(request, arrived) {
            Ok(frame) => Event::Frame(frame),
            Err(Fault::Request(message)) => Event::PreviewFailed {
                generation,
                message,
            },
            Err(Fault::Device(message)) => {
                self.fall_back(message);
                match self.frame(request, arrived) {
                    Ok(frame) => Event::Frame(frame),
                    Err(Fault::Request(message) | Fault::Device(message)) => Event::PreviewFailed {
                        generation,
                        message,
                    },
                }
            }
        };
        self.out.send(event);
    }

    fn frame(&self, request: &PreviewRequest, arrived: Instant) -> Result<Frame, Fault> {
        let started = Instant::now();
        let model = self
            .models
            .get(&request.shot.model)
            .map_err(Fault::Request)?;
        let mut context = ModelContext {
            model,
            session: &request.names,
        };
        let code = evaluate(&request.shot.expression, &mut context)
            .map_err(|error| Fault::Request(error.to_string()))?;
        let evaluated = Instant::now();
        let picture = self
            .compute
            .picture(&model.generator, &code, request.shot.sampler)
            .map_err(|error| Fault::Device(error.to_string()))?;
        let milliseconds = |from: Instant| from.elapsed().as_secs_f64() * 1e3;
        Ok(Frame {
            generation: request.generation,
            shot: request.shot.clone(),
            picture,
            code,
            timing: FrameTiming {
                evaluate_ms: (evaluated - started).as_secs_f64() * 1e3,
                decode_ms: milliseconds(evaluated),
                request_to_frame_ms: milliseconds(arrived),
            },
        })
    }

    /// Goes on with the CPU; nothing but the device is lost.
    fn fall_back(&mut self, message: String) {
        if !self.compute.is_gpu() {
            return;
        }
        log::warn!("decoding goes on with the CPU: {message}");
        self.compute = Compute::cpu(Some(message));
        self.warm_up.clear();
        if let Err(error) = self.models.move_to(&self.compute.device) {
            log::error!("{error}");
        }
        self.out.send(Event::Device(self.compute.info.clone()));
    }

    fn continue_job(&mut self, mailbox: &Mailbox) {
        let Some(mut running) = self.job.take() else {
            return;
        };
        let job = running.id;
        if mailbox.take_cancelled(job) {
            self.out.send(Event::JobCancelled { job });
            return;
        }
        if running.is_empty() {
            self.out.send(Event::JobDone { job });
            return;
        }
        match running.step(&self.models, &self.compute) {
            Step::More(events) => {
                events.into_iter().for_each(|event| self.out.send(event));
                self.job = Some(running);
            }
            Step::Done(events) => {
                events.into_iter().for_each(|event| self.out.send(event));
                self.out.send(Event::JobDone { job });
            }
            Step::DeviceFailed(message) if self.compute.is_gpu() => {
                self.fall_back(message);
                self.job = Some(running);
            }
            Step::Failed(message) | Step::DeviceFailed(message) => {
                self.out.send(Event::JobFailed { job, message });
            }
        }
    }

    /// Compiles the kernels of one batch shape by decoding it once.
    fn warm_up(&mut self) {
        let Some((id, shape)) = self.warm_up.pop_front() else {
            return;
        };
        let total = BATCH_SHAPES.len();
        if shape == 0 {
            self.out.send(Event::Warming {
                model: id.clone(),
                done: 0,
                total,
            });
        }
        if let Ok(model) = self.models.get(&id) {
            let inputs = vec![0.0; BATCH_SHAPES[shape] * model.generator.input_len()];
            let decoded = self
                .compute
                .decode(&model.generator, &inputs, NoiseMode::Const);
            if let Err(error) = decoded {
                self.fall_back(error.to_string());
                return;
            }
        }
        self.out.send(Event::Warming {
            model: id,
            done: shape + 1,
            total,
        });
    }
}

/// Whose fault it is that there is no frame.
enum Fault {
    Request(String),
    Device(String),
}

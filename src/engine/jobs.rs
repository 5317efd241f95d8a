//! Jobs under way, one tile at a time, so that a preview never waits for a whole job.

use super::compute::{BATCH_SHAPES, Compute};
use super::context::ModelContext;
use super::models::Models;
use super::{Event, Job, JobId};
use crate::latent::NoiseMode;
use crate::latent::expr::evaluate;
use std::time::Instant;

/// Repeats of a timing that are done in one go.
const BENCH_SLICE: usize = 16;

/// A job that has begun.
pub struct RunningJob {
    pub id: JobId,
    job: Job,
    done: usize,
    timings: Vec<f64>,
}

/// How a step of a job ended.
pub enum Step {
    More(Vec<Event>),
    Done(Vec<Event>),
    Failed(String),
    /// The device may be lost; the step can be tried again on another.
    DeviceFailed(String),
}

impl RunningJob {
    pub fn new(id: JobId, job: Job) -> Self {
        Self {
            id,
            job,
            done: 0,
            timings: Vec::new(),
        }
    }

    /// Does the next tile.
    pub fn step(&mut self, models: &Models, compute: &Compute) -> Step {
        let model_id = match &self.job {
            Job::Decode { model, .. } | Job::Evaluate { model, .. } | Job::Bench { model, .. } => {
                model
            }
        };
        let model = match models.get(model_id) {
            Ok(model) => model,
            Err(message) => return Step::Failed(message),
        };
        let job = self.id;
        match &self.job {
            Job::Decode {
                expressions,
                names,
                sampler,
                ..
            } => {
                let first = self.done;
                let count = BATCH_SHAPES[2].min(expressions.len() - first);
                let mut inputs = Vec::with_capacity(count * model.generator.input_len());
                let mut codes = Vec::with_capacity(count);
                for expression in &expressions[first..first + count] {
                    let mut context = ModelContext {
                        model,
                        session: names,
                    };
                    let code = match evaluate(expression, &mut context) {
                        Ok(code) => code,
                        Err(error) => return Step::Failed(error.to_string()),
                    };
                    match model.generator.inputs(code.space, &code.values) {
                        Ok(rows) => inputs.extend(rows),
                        Err(error) => return Step::Failed(error.to_string()),
                    }
                    codes.push(code);
                }
                let values = match compute.decode(&model.generator, &inputs, sampler.noise) {
                    Ok(values) => values,
                    Err(error) => return Step::DeviceFailed(error.to_string()),
                };
                self.done += count;
                let image = model.generator.image();
                let (done, total) = (self.done, expressions.len());
                let events = vec![
                    Event::Tile {
                        job,
                        first,
                        count,
                        image,
                        values,
                        codes,
                    },
                    Event::Progress { job, done, total },
                ];
                if done == total {
                    Step::Done(events)
                } else {
                    Step::More(events)
                }
            }
            Job::Evaluate {
                expression, names, ..
            } => {
                match evaluate(
                    expression,
                    &mut ModelContext {
                        model,
                        session: names,
                    },
                ) {
                    Ok(code) => Step::Done(vec![Event::Evaluated { job, code }]),
                    Err(error) => Step::Failed(error.to_string()),
                }
            }
            &Job::Bench { batch, repeats, .. } => {
                let noise = NoiseMode::Const;
                let inputs = vec![0.25; batch.max(1) * model.generator.input_len()];
                for _ in 0..BENCH_SLICE.min(repeats - self.done) {
                    let started = Instant::now();
                    if let Err(error) = compute.decode(&model.generator, &inputs, noise) {
                        return Step::DeviceFailed(error.to_string());
                    }
                    self.timings.push(started.elapsed().as_secs_f64() * 1e3);
                    self.done += 1;
                }
                let (done, total) = (self.done, repeats);
                let progress = Event::Progress { job, done, total };
                if done < total {
                    return Step::More(vec![progress]);
                }
                let decode_ms = std::mem::take(&mut self.timings);
                Step::Done(vec![
                    progress,
                    Event::Benched {
                        job,
                        batch,
                        decode_ms,
                    },
                ])
            }
        }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        match &self.job {
            Job::Decode { expressions, .. } => expressions.is_empty(),
            Job::Evaluate { .. } => false,
            Job::Bench { repeats, .. } => *repeats == 0,
        }
    }
}

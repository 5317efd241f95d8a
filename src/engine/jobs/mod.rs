//! Jobs under way, one slice at a time, so that nothing waits for a whole job.
//!
//! A slice should end within about 10 ms: previews, other jobs and cancels come between slices.
//! What a job keeps from one slice to the next it has on the CPU, or makes again when the device
//! is another, so a slice that fails with its device can be tried again on the next.

mod assess;
mod bench;
mod decode;
mod decoding;
mod directions;
mod encode;
mod evaluate;
mod examine;
mod expect;
mod grids;
mod inversion;
mod invert;
mod judge;
mod layer_change;
mod picture_axes;
mod search_space;
mod steps;
mod unsample;

use super::compute::Backend;
use super::context::ModelContext;
use super::mailbox::Waker;
use super::models::{LoadedModel, Models};
use super::{Event, Job, JobId, ModelId};
use crate::latent::expr::Expr;
use crate::latent::{Code, SessionNames, Shot};
use crate::model::diffusion::Diffusion;
use crate::model::{Fault, ModelError, flow};

pub use decoding::Decoding;

/// A job that has begun.
pub struct RunningJob {
    id: JobId,
    /// The model that it works with, or why there is none.
    model: Result<ModelId, Fault>,
    work: Box<dyn Work>,
}

/// What a job does.
trait Work {
    /// Does the next slice. After a fault of the device it is asked again for the same slice.
    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault>;

    /// Whether there is nothing to do from the beginning.
    fn is_empty(&self) -> bool {
        false
    }

    /// Whether the next slice can be done now, rather than when another thread is finished.
    fn is_ready(&self) -> bool {
        true
    }
}

/// What a slice works with.
pub struct JobContext<'a> {
    job: JobId,
    model: &'a LoadedModel,
    compute: &'a Backend,
    waker: &'a Waker,
}

/// What came of a slice, and whether another follows.
pub enum Slice {
    More(Vec<Event>),
    Done(Vec<Event>),
}

impl RunningJob {
    pub fn new(id: JobId, job: Job) -> Self {
        let (model, work): (Result<ModelId, Fault>, Box<dyn Work>) = match job {
            Job::Decode { shots, names } => (
                model_of(&shots),
                Box::new(decode::Decode::new(shots, names)),
            ),
            Job::Stream {
                shots,
                names,
                backlog,
            } => (
                model_of(&shots),
                Box::new(decode::Decode::new(shots, names).held_by(backlog)),
            ),
            Job::Steps { shot, names } => (
                Ok(shot.model.clone()),
                Box::new(steps::Steps::new(shot, names)),
            ),
            Job::Evaluate { shot, names } => {
                let Shot {
                    model, expression, ..
                } = shot;
                let work = evaluate::Evaluate { expression, names };
                (Ok(model), Box::new(work))
            }
            Job::Examine { shots, names } => (
                model_of(&shots),
                Box::new(examine::Examine::new(shots, names)),
            ),
            Job::Grids { shots, names } => {
                (model_of(&shots), Box::new(grids::Grids::new(shots, names)))
            }
            Job::Expect {
                shot,
                names,
                grid,
                place,
            } => (
                Ok(shot.model.clone()),
                Box::new(expect::Expect::new(shot, names, grid, place)),
            ),
            Job::Judge { model, pictures } => (Ok(model), Box::new(judge::Judge { pictures })),
            Job::Assess { shots, names } => (
                model_of(&shots),
                Box::new(assess::Assess::new(shots, names)),
            ),
            Job::Bench {
                model,
                what,
                repeats,
            } => (Ok(model), Box::new(bench::Bench::new(what, repeats))),
            Job::LayerChange { model, pairs } => {
                (Ok(model), Box::new(layer_change::LayerChanges::new(pairs)))
            }
            Job::Encode { model, picture } => (Ok(model), Box::new(encode::Encode::new(picture))),
            Job::Invert {
                model,
                picture,
                options,
            } => {
                let work = inversion::Inversion::new(picture, options);
                (Ok(model), Box::new(work))
            }
            Job::Directions { model, source } => {
                (Ok(model), Box::new(directions::Directions::new(source)))
            }
        };
        Self { id, model, work }
    }

    /// The model that it works with, where there is one.
    pub fn model(&self) -> Option<&ModelId> {
        self.model.as_ref().ok()
    }

    /// Whether the next slice can be done now.
    pub fn is_ready(&self) -> bool {
        self.work.is_ready()
    }

    /// Does the next slice.
    ///
    /// # Errors
    /// A fault of the device leaves the job as it was before; after another one it has ended.
    pub fn slice(
        &mut self,
        models: &Models,
        compute: &Backend,
        waker: &Waker,
    ) -> Result<Slice, Fault> {
        if self.work.is_empty() {
            return Ok(Slice::Done(Vec::new()));
        }
        let id = self.model.as_ref().map_err(Fault::clone)?;
        let cx = JobContext {
            job: self.id,
            model: models.get(id).map_err(Fault::Request)?,
            compute,
            waker,
        };
        self.work.slice(&cx)
    }
}

impl<'a> JobContext<'a> {
    /// The model's name, for sentences.
    fn name(&self) -> &str {
        &self.model.info.id.name
    }

    /// The sampler of the model.
    fn diffusion(&self) -> Result<&Diffusion, Fault> {
        let diffusion = self.model.generator.diffusion();
        diffusion.ok_or_else(|| {
            Fault::Request(format!("{} makes its pictures in one step", self.name()))
        })
    }

    fn progress(&self, done: usize, total: usize) -> Event {
        let job = self.job;
        Event::Progress { job, done, total }
    }

    fn context(&self, names: &'a SessionNames) -> ModelContext<'a> {
        ModelContext::new(self.model, names, self.compute)
    }

    /// The value of an expression.
    fn evaluate(&self, expression: &Expr, names: &SessionNames) -> Result<Code, Fault> {
        ModelContext::new(self.model, names, self.compute).evaluate(expression)
    }

    /// The values of the expressions of shots.
    fn codes(&self, shots: &[Shot], names: &SessionNames) -> Result<Vec<Code>, Fault> {
        let code = |shot: &Shot| self.evaluate(&shot.expression, names);
        shots.iter().map(code).collect()
    }

    /// The codes of seeds in w, row after row, from those in z.
    fn mapped(&self, z: &[f32]) -> Result<Vec<f32>, Fault> {
        // Networks that map are on the CPU, whatever decodes.
        let mapped = self.model.generator.w_from_z(z);
        mapped.map_err(|error| Fault::Program(error.to_string()))
    }

    /// A picture as the model takes it: the right size, finite, and cut off at 0 and 1.
    fn picture(&self, values: &[f32]) -> Result<Vec<f32>, Fault> {
        let image = self.model.generator.image();
        if values.len() != image.len() {
            return Err(Fault::Request(format!(
                "the picture has {} numbers, but {} takes {}x{}x{}",
                values.len(),
                self.name(),
                image.channels,
                image.height,
                image.width
            )));
        }
        if values.iter().any(|value| !value.is_finite()) {
            let message = "the picture holds numbers that are not finite".to_owned();
            return Err(Fault::Request(message));
        }
        // A flow makes a pixel of a value of any number that is rounded to it.
        let beyond = match self.model.info.manifest.flow {
            Some(_) => 0.5 / (flow::VALUES - 1.0),
            None => 0.0,
        };
        let range = -beyond..=1.0 + beyond;
        let within = values
            .iter()
            .map(|value| value.clamp(*range.start(), *range.end()));
        Ok(within.collect())
    }
}

/// A fault of what was asked for.
fn request_fault(error: ModelError) -> Fault {
    Fault::Request(error.to_string())
}

/// The model of all shots.
///
/// # Errors
/// When there are several.
fn model_of(shots: &[Shot]) -> Result<ModelId, Fault> {
    let Some(first) = shots.first() else {
        return Err(Fault::Request("there are no pictures to make".to_owned()));
    };
    match shots.iter().find(|shot| shot.model != first.model) {
        None => Ok(first.model.clone()),
        Some(other) => Err(Fault::Request(format!(
            "one job draws with one model, and these pictures are of {} and of {}",
            first.model.name, other.model.name
        ))),
    }
}

/// The shots of the next batch: as many as are drawn alike, up to `most`.
fn next_batch(shots: &[Shot], most: usize) -> &[Shot] {
    let alike = |shot: &&Shot| shots.first().is_some_and(|first| first.is_drawn_like(shot));
    let count = shots.iter().take(most).take_while(alike).count();
    &shots[..count]
}

/// The mean of the squared differences of two pictures of one size.
fn mean_squared_error(a: &[f32], b: &[f32]) -> f64 {
    let squares = a
        .iter()
        .zip(b)
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
    squares.sum::<f64>() / a.len().max(1) as f64
}

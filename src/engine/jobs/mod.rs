//! Jobs under way, one slice at a time, so that a preview never waits for a whole job.
//!
//! A slice should end within about 30 ms: previews and cancels come between slices. What a job
//! keeps from one slice to the next it has on the CPU, or makes anew when the device is another,
//! so a slice that fails with its device can be tried again on the next.

mod background;
mod bench;
mod decode;
mod directions;
mod encode;
mod evaluate;
mod examine;
mod invert;
mod layer_change;
mod picture_axes;
mod search_space;

use super::compute::Compute;
use super::context::ModelContext;
use super::models::{LoadedModel, Models};
use super::{Event, Job, JobId, ModelId};
use crate::latent::expr::{self, Expr};
use crate::latent::{Code, NoiseMode, SessionNames, Shot};
use crate::model::ModelError;

/// A job that has begun.
pub struct RunningJob {
    pub id: JobId,
    /// The model that it works with, or why there is none.
    model: Result<ModelId, String>,
    work: Box<dyn Work>,
}

/// How a step of a job ended.
pub enum Step {
    More(Vec<Event>),
    Done(Vec<Event>),
    Failed(String),
    /// The device may be lost; the step can be tried again on another.
    DeviceFailed(String),
}

/// What a job does.
trait Work {
    /// Does the next slice. After a fault of the device it is asked again for the same slice.
    fn slice(&mut self, site: &Site<'_>) -> Result<Slice, Fault>;

    /// Whether there is nothing to do from the beginning.
    fn is_empty(&self) -> bool {
        false
    }
}

/// What a slice works with.
struct Site<'a> {
    job: JobId,
    model: &'a LoadedModel,
    compute: &'a Compute,
}

/// What came of a slice, and whether another follows.
enum Slice {
    More(Vec<Event>),
    Done(Vec<Event>),
}

/// Whose fault it is that a slice failed.
#[derive(Debug)]
enum Fault {
    Request(String),
    Device(String),
}

impl Fault {
    fn device(error: ModelError) -> Self {
        Self::Device(error.to_string())
    }
}

impl RunningJob {
    pub fn new(id: JobId, job: Job) -> Self {
        let (model, work): (Result<ModelId, String>, Box<dyn Work>) = match job {
            Job::Decode { shots, names } => (
                model_of(&shots),
                Box::new(decode::Decode::new(shots, names)),
            ),
            Job::Evaluate { shot, names } => {
                let Shot {
                    model, expression, ..
                } = shot;
                (
                    Ok(model),
                    Box::new(evaluate::Evaluate { expression, names }),
                )
            }
            Job::Examine { shots, names } => (
                model_of(&shots),
                Box::new(examine::Examine::new(shots, names)),
            ),
            Job::Bench {
                model,
                what,
                repeats,
            } => (Ok(model), Box::new(bench::Bench::new(what, repeats))),
            Job::LayerChange { model, pairs } => {
                (Ok(model), Box::new(layer_change::LayerChanges::new(pairs)))
            }
            Job::Encode { model, picture } => (Ok(model), Box::new(encode::Encode { picture })),
            Job::Invert {
                model,
                picture,
                options,
            } => (Ok(model), Box::new(invert::Invert::new(picture, options))),
            Job::Directions { model, source } => {
                (Ok(model), Box::new(directions::Directions::new(source)))
            }
        };
        Self { id, model, work }
    }

    /// Does the next slice.
    pub fn step(&mut self, models: &Models, compute: &Compute) -> Step {
        let model = self.model.as_ref().map_err(String::clone);
        let model = match model.and_then(|id| models.get(id)) {
            Ok(model) => model,
            Err(message) => return Step::Failed(message),
        };
        let site = Site {
            job: self.id,
            model,
            compute,
        };
        match self.work.slice(&site) {
            Ok(Slice::More(events)) => Step::More(events),
            Ok(Slice::Done(events)) => Step::Done(events),
            Err(Fault::Request(message)) => Step::Failed(message),
            Err(Fault::Device(message)) => Step::DeviceFailed(message),
        }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.work.is_empty()
    }
}

impl Site<'_> {
    /// The model's name, for sentences.
    fn name(&self) -> &str {
        &self.model.info.id.name
    }

    /// The value of an expression.
    fn evaluate(&self, expression: &Expr, names: &SessionNames) -> Result<Code, Fault> {
        let mut context = ModelContext {
            model: self.model,
            session: names,
        };
        expr::evaluate(expression, &mut context).map_err(|error| Fault::Request(error.to_string()))
    }

    /// The values of the expressions of shots.
    fn codes(&self, shots: &[Shot], names: &SessionNames) -> Result<Vec<Code>, Fault> {
        let code = |shot: &Shot| self.evaluate(&shot.expression, names);
        shots.iter().map(code).collect()
    }

    /// The pictures of codes, one after the other: f32 `[codes.len(), C, H, W]` in 0..1.
    fn decode(&self, codes: &[Code], noise: NoiseMode) -> Result<Vec<f32>, Fault> {
        let generator = &self.model.generator;
        let mut inputs = Vec::with_capacity(codes.len() * generator.input_len());
        for code in codes {
            let rows = generator.inputs(code.space, &code.values);
            inputs.extend(rows.map_err(|error| Fault::Request(error.to_string()))?);
        }
        let values = self.compute.decode(generator, &inputs, noise);
        values.map_err(Fault::device)
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
        Ok(values.iter().map(|value| value.clamp(0.0, 1.0)).collect())
    }
}

/// The model of all shots.
///
/// # Errors
/// When there are several.
fn model_of(shots: &[Shot]) -> Result<ModelId, String> {
    let Some(first) = shots.first() else {
        return Err("there are no pictures to make".to_owned());
    };
    match shots.iter().find(|shot| shot.model != first.model) {
        None => Ok(first.model.clone()),
        Some(other) => Err(format!(
            "one job draws with one model, and these pictures are of {} and of {}",
            first.model.name, other.model.name
        )),
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

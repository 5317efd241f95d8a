//! A decode as a process of steps: one for a plain decoder, many for a sampler.
//!
//! The hazard here is a picture that takes a long time. The engine can turn to more urgent work only
//! between two steps, so a step should take well under 20 ms where possible.

use super::diffusion::{Diffusion, DiffusionRun};
use super::written::{Choice, WritingRun};
use super::{Fault, Generator, ModelError, device};
use crate::latent::{Original, Sampler};
use burn::tensor::Tensor;
use std::sync::Arc;

/// Makes pictures of what [`Generator::inputs`] gives: the networks alone, or a sampler over them.
pub trait Decoder {
    /// How many steps a picture takes with these settings; at least 1.
    fn steps(&self, sampler: &Sampler) -> usize;

    /// A quick picture of what `inputs` will become, for one that somebody waits for; `None` where the
    /// whole is quick itself.
    ///
    /// # Errors
    /// When the device was lost, or the pictures cannot be made.
    fn sketch(&self, _inputs: &Inputs, _sampler: &Sampler) -> Result<Option<Pictures>, Fault> {
        Ok(None)
    }

    /// Begins to decode `inputs`. Nothing is computed before the first step.
    ///
    /// # Errors
    /// When the settings do not fit the model.
    fn begin(self: Arc<Self>, inputs: Inputs, sampler: &Sampler)
    -> Result<Box<dyn Process>, Fault>;
}

/// What some pictures are made of.
#[derive(Clone, Default, Debug)]
pub struct Inputs {
    /// Row after row as [`Generator::inputs`] gives them.
    pub rows: Vec<f32>,
    /// The picture that each begins with besides, in the order of the rows; those of the last rows may be
    /// missing.
    pub originals: Vec<Option<Arc<Original>>>,
}

impl Inputs {
    pub fn originals(&self) -> impl Iterator<Item = Option<&Original>> {
        self.originals.iter().map(Option::as_deref)
    }

    /// The strength that all begin with; `None` where they differ.
    pub fn strength(&self) -> Option<f32> {
        let mut strengths = self.originals().map(Original::strength_of);
        let first = strengths.next().unwrap_or(1.0);
        strengths.all(|strength| strength == first).then_some(first)
    }
}

/// Codes alone.
impl From<Vec<f32>> for Inputs {
    fn from(rows: Vec<f32>) -> Self {
        let originals = Vec::new();
        Self { rows, originals }
    }
}

/// A decode under way.
pub trait Process {
    /// Does the next step. Not called again after the last one, nor after a fault.
    ///
    /// # Errors
    /// When the device was lost, or the pictures cannot be made.
    fn step(&mut self, budget: Budget) -> Result<Step, Fault>;

    /// The noisy pictures that the last step began with, `x_t`; `None` for a decode that removes no
    /// noise, and before the first step.
    ///
    /// # Errors
    /// As for [`Self::step`].
    fn noisy(&mut self) -> Result<Option<Pictures>, Fault> {
        Ok(None)
    }

    /// How the places that the last step wrote were chosen, of the first picture; nothing where none are written,
    /// and after a step that nobody watched.
    fn choices(&self) -> &[Choice] {
        &[]
    }
}

/// What a step may spend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Whether somebody looks at the picture so far. Without that a step leaves out what serves
    /// the picture alone; the last step makes it in any case.
    pub is_watched: bool,
}

/// What came of a step.
pub struct Step {
    /// The pictures so far; after the last step the pictures.
    pub pictures: Option<Pictures>,
    /// Steps done, from 1 to `of`.
    pub done: usize,
    pub of: usize,
}

impl Step {
    pub fn is_last(&self) -> bool {
        self.done >= self.of
    }
}

/// Pictures in 0..1, `[batch, C * H * W]`, where they happen to live.
pub enum Pictures {
    Values(Vec<f32>),
    Tensor(Box<Tensor<2>>),
}

impl Decoder for Generator {
    fn steps(&self, sampler: &Sampler) -> usize {
        match (self.diffusion(), self.written()) {
            (Some(_), _) => sampler.steps_in_all().max(1),
            (None, Some(written)) => written.steps().max(1),
            (None, None) => 1,
        }
    }

    fn sketch(&self, inputs: &Inputs, sampler: &Sampler) -> Result<Option<Pictures>, Fault> {
        let sketch = Generator::sketch(self, &inputs.rows, sampler.noise);
        let pictures = sketch.map_err(|error| fault_on(self, &error))?;
        Ok(pictures.map(Pictures::Values))
    }

    fn begin(
        self: Arc<Self>,
        inputs: Inputs,
        sampler: &Sampler,
    ) -> Result<Box<dyn Process>, Fault> {
        if let Some(diffusion) = self.diffusion() {
            let run = diffusion.begin(&inputs, sampler);
            return Ok(Box::new(Sampled {
                run: run.map_err(|fault| Fault::Request(fault.to_string()))?,
                generator: self,
            }));
        }
        if let Some(written) = self.written() {
            return Ok(Box::new(Writing {
                run: written.begin(&inputs, sampler),
                generator: self,
            }));
        }
        Ok(Box::new(Plain {
            generator: self,
            inputs: inputs.rows,
            sampler: *sampler,
        }))
    }
}

/// The networks of a generator, run once.
struct Plain {
    generator: Arc<Generator>,
    inputs: Vec<f32>,
    sampler: Sampler,
}

impl Process for Plain {
    fn step(&mut self, _: Budget) -> Result<Step, Fault> {
        let (generator, noise) = (&self.generator, self.sampler.noise);
        let fault = |error: ModelError| Fault::Program(error.to_string());
        let pictures = if *generator.device() == device::cpu() {
            let values = generator.decode_to_vec(&self.inputs, noise);
            Pictures::Values(values.map_err(fault)?)
        } else {
            let pictures = generator.decode(&self.inputs, noise);
            Pictures::Tensor(Box::new(pictures.map_err(fault)?))
        };
        Ok(Step {
            pictures: Some(pictures),
            done: 1,
            of: 1,
        })
    }
}

/// A sampler over a denoiser, a step at a time.
struct Sampled {
    generator: Arc<Generator>,
    run: DiffusionRun,
}

impl Process for Sampled {
    fn step(&mut self, budget: Budget) -> Result<Step, Fault> {
        let diffusion = diffusion_of(&self.generator)?;
        let fault = |error| fault_on(&self.generator, &error);
        self.run.step(diffusion).map_err(fault)?;
        let [done, of] = self.run.progress();
        let pictures = match budget.is_watched || done >= of {
            true => Some(self.run.pictures(diffusion).map_err(fault)?),
            false => None,
        };
        Ok(Step {
            pictures: pictures.map(Pictures::Values),
            done,
            of,
        })
    }

    fn noisy(&mut self) -> Result<Option<Pictures>, Fault> {
        let diffusion = diffusion_of(&self.generator)?;
        let noisy = self.run.noisy(diffusion);
        let noisy = noisy.map_err(|error| fault_on(&self.generator, &error))?;
        Ok(noisy.map(Pictures::Values))
    }
}

/// Grids that are written place by place.
struct Writing {
    generator: Arc<Generator>,
    run: WritingRun,
}

impl Process for Writing {
    fn step(&mut self, budget: Budget) -> Result<Step, Fault> {
        let written = self.generator.written();
        let written = written.ok_or_else(|| Fault::Program("it writes nothing".to_owned()))?;
        self.run.step(written, budget.is_watched);
        let [done, of] = self.run.progress();
        let pictures = match budget.is_watched || done >= of {
            true => {
                let grids = self.run.numbers(written.prior.places());
                let pictures = written.decoder.values(&[&grids]);
                let fault = |error| fault_on(&self.generator, &error);
                let mut pictures = pictures.map_err(fault)?;
                self.run
                    .veil(&mut pictures, written, self.generator.image());
                Some(Pictures::Values(pictures))
            }
            false => None,
        };
        Ok(Step { pictures, done, of })
    }

    fn choices(&self) -> &[Choice] {
        self.run.choices()
    }
}

fn diffusion_of(generator: &Generator) -> Result<&Diffusion, Fault> {
    let diffusion = generator.diffusion();
    diffusion.ok_or_else(|| Fault::Program("it takes no steps".to_owned()))
}

/// A CPU that fails is the program's fault; any other device may be lost.
fn fault_on(generator: &Generator, error: &ModelError) -> Fault {
    if *generator.device() == device::cpu() {
        Fault::Program(error.to_string())
    } else {
        Fault::Device(error.to_string())
    }
}

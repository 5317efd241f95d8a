//! The noise of a picture, for models that make pictures in steps: DDIM backwards, and forwards again to
//! see what came of it.

use super::{Decoding, JobContext, Slice, Work, mean_squared_error, request_fault};
use crate::engine::{Event, InvertStep};
use crate::latent::{Code, Sampler};
use crate::model::Fault;
use crate::model::diffusion::InversionRun;
use std::sync::Arc;

/// How often the network is asked in each step backwards.
const PER_STEP: usize = 3;

pub struct Unsample {
    picture: Arc<[f32]>,
    /// Of DDIM, each way.
    steps: usize,
    stage: Stage,
}

enum Stage {
    Begin,
    Backwards {
        run: InversionRun,
        picture: Vec<f32>,
        condition: Vec<f32>,
    },
    Forwards {
        decoding: Box<Decoding>,
        picture: Vec<f32>,
        code: Code,
    },
}

impl Unsample {
    pub fn new(picture: Arc<[f32]>, steps: usize) -> Self {
        Self {
            picture,
            steps,
            stage: Stage::Begin,
        }
    }

    /// What leads from the noise back to the picture.
    fn sampler(&self) -> Sampler {
        Sampler::ddim_without_guidance(self.steps)
    }

    fn begin(&self, cx: &JobContext<'_>) -> Result<Stage, Fault> {
        let refused = |fault: String| Fault::Request(fault);
        let sampler = self.sampler();
        sampler
            .check()
            .map_err(|fault| refused(fault.to_string()))?;
        let picture = cx.picture(&self.picture)?;
        let encoded = cx.model.encode(cx.compute, &picture)?;
        let Some(encoded) = encoded else {
            return Err(Fault::Request(format!(
                "{} has no encoder, so no picture leads to its codes",
                cx.name()
            )));
        };
        let rows = cx.model.generator.input_of(&encoded.mu);
        let rows = rows.map_err(request_fault)?;
        let diffusion = cx.diffusion()?;
        let run = diffusion.invert(&rows, [self.steps, PER_STEP]);
        Ok(Stage::Backwards {
            run: run.map_err(|fault| refused(fault.to_string()))?,
            picture,
            condition: encoded.mu.condition,
        })
    }

    /// Does the next part of the work. Returns the stage that follows, and what there is to report.
    fn advance(&self, cx: &JobContext<'_>, stage: Stage) -> Result<(Stage, Vec<Event>), Fault> {
        match stage {
            Stage::Begin => Ok((self.begin(cx)?, Vec::new())),
            Stage::Backwards {
                mut run,
                picture,
                condition,
            } => {
                let diffusion = cx.diffusion()?;
                cx.compute.run(|| run.look(diffusion))?;
                let [done, of] = run.progress();
                let progress = cx.progress(done, of + self.steps);
                if done < of {
                    let stage = Stage::Backwards {
                        run,
                        picture,
                        condition,
                    };
                    return Ok((stage, vec![progress]));
                }
                let generator = &cx.model.generator;
                let code = generator.code(generator.start(), run.into_noise());
                let code = Code {
                    condition,
                    ..code.map_err(request_fault)?
                };
                if !code.values.is_finite() {
                    let message = "the way back led to numbers that are not finite".to_owned();
                    return Err(Fault::Request(message));
                }
                let decoding = Decoding::plain(vec![code.clone()]).drawn_with(self.sampler());
                let stage = Stage::Forwards {
                    decoding: Box::new(decoding),
                    picture,
                    code,
                };
                Ok((stage, vec![progress]))
            }
            Stage::Forwards {
                mut decoding,
                picture,
                code,
            } => {
                if !decoding.advance(cx.model, cx.compute)? {
                    let stage = Stage::Forwards {
                        decoding,
                        picture,
                        code,
                    };
                    return Ok((stage, Vec::new()));
                }
                let (_, again) = decoding.take();
                let mse = mean_squared_error(&picture, &again) as f32;
                let found = InvertStep {
                    step: self.steps,
                    of: self.steps,
                    losses: Vec::new(),
                    best_loss: mse,
                    best_mse: mse,
                    best_code: code,
                    image: cx.model.generator.image(),
                    picture: again,
                };
                let job = cx.job;
                let total = self.steps * (PER_STEP + 1);
                let events = vec![Event::InvertStep { job, found }, cx.progress(total, total)];
                Ok((Stage::Begin, events))
            }
        }
    }
}

impl Work for Unsample {
    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        // What was lost with a device begins again.
        let stage = std::mem::replace(&mut self.stage, Stage::Begin);
        let (stage, events) = self.advance(cx, stage)?;
        let is_over = matches!(stage, Stage::Begin);
        self.stage = stage;
        Ok(match is_over {
            true => Slice::Done(events),
            false => Slice::More(events),
        })
    }
}

//! Pictures under the hand: one for each stage, made step by step.

use super::compute::Backend;
use super::context::ModelContext;
use super::models::Models;
use super::{Event, Frame, FrameTiming, ModelId, PreviewRequest, StageId};
use crate::latent::Code;
use crate::model::Fault;
use crate::model::process::{Budget, Inputs, Process};
use std::collections::BTreeMap;
use std::time::Instant;

/// The previews of all stages.
#[derive(Default)]
pub struct Previews {
    running: BTreeMap<StageId, Preview>,
    /// The stage that had the last turn.
    last: Option<StageId>,
}

/// The newest request of a stage.
struct Preview {
    request: PreviewRequest,
    arrived: Instant,
    /// What was begun of it.
    begun: Option<Begun>,
}

struct Begun {
    code: Code,
    process: Box<dyn Process>,
    evaluate_ms: f64,
    evaluated: Instant,
}

impl Previews {
    /// Takes a request; what was being made for the same stage is thrown away.
    pub fn put(&mut self, request: PreviewRequest, arrived: Instant) {
        let preview = Preview {
            request,
            arrived,
            begun: None,
        };
        self.running.insert(preview.request.stage, preview);
    }

    /// Begins everything again, on another device.
    pub fn device_changed(&mut self) {
        for preview in self.running.values_mut() {
            preview.begun = None;
        }
    }

    /// Whether one can go on whose model `is_there`.
    pub fn has_ready(&self, is_there: impl Fn(&ModelId) -> bool) -> bool {
        let mut all = self.running.values();
        all.any(|preview| is_there(&preview.request.shot.model))
    }

    /// Does one step for the stage whose turn it is, among those whose model `is_there`.
    ///
    /// # Errors
    /// When the device was lost; then the preview stays, to be begun again.
    pub fn turn(
        &mut self,
        models: &Models,
        compute: &Backend,
        is_there: impl Fn(&ModelId) -> bool,
    ) -> Result<Option<Event>, Fault> {
        let Some(stage) = self.next_stage(is_there) else {
            return Ok(None);
        };
        self.last = Some(stage);
        let Some(preview) = self.running.get_mut(&stage) else {
            return Ok(None);
        };
        match preview.step(models, compute) {
            Ok((frame, is_last)) => {
                if is_last {
                    self.running.remove(&stage);
                }
                Ok(frame.map(Event::Frame))
            }
            Err(fault @ Fault::Device(_)) if compute.is_gpu() => Err(fault),
            Err(fault) => {
                let generation = preview.request.generation;
                self.running.remove(&stage);
                Ok(Some(Event::PreviewFailed {
                    stage,
                    generation,
                    fault,
                }))
            }
        }
    }

    /// The next stage after the last one, round and round.
    fn next_stage(&self, is_there: impl Fn(&ModelId) -> bool) -> Option<StageId> {
        let ready = |(stage, preview): (&StageId, &Preview)| {
            is_there(&preview.request.shot.model).then_some(*stage)
        };
        let after = |stage: &StageId| self.last.is_none_or(|last| *stage > last);
        let mut stages = self.running.iter().filter_map(ready);
        stages.clone().find(after).or_else(|| stages.next())
    }
}

impl Preview {
    /// Does the next step. Returns the picture so far and whether it is the last one.
    fn step(&mut self, models: &Models, compute: &Backend) -> Result<(Option<Frame>, bool), Fault> {
        let shot = &self.request.shot;
        let model = models.get(&shot.model).map_err(Fault::Request)?;
        let mut begun = match self.begun.take() {
            Some(begun) => begun,
            None => {
                let started = Instant::now();
                let mut context = ModelContext::new(model, &self.request.names, compute);
                let code = context.evaluate(&shot.expression)?;
                let evaluated = Instant::now();
                let rows = model.generator.input_of(&code);
                let inputs = Inputs {
                    rows: rows.map_err(|error| Fault::Request(error.to_string()))?,
                    originals: vec![code.original.clone()],
                };
                let decoder = std::sync::Arc::clone(&model.decoder);
                let process = decoder.begin(inputs, &shot.sampler)?;
                Begun {
                    code,
                    process,
                    evaluate_ms: (evaluated - started).as_secs_f64() * 1e3,
                    evaluated,
                }
            }
        };
        let step = compute.step(begun.process.as_mut(), Budget { is_watched: true })?;
        let is_last = step.is_last();
        let milliseconds = |from: Instant| from.elapsed().as_secs_f64() * 1e3;
        let frame = match step.pictures {
            None => None,
            Some(pictures) => {
                let picture = compute.show(pictures, model.generator.image())?;
                Some(Frame {
                    stage: self.request.stage,
                    generation: self.request.generation,
                    step: step.done,
                    of: step.of,
                    shot: Box::new(shot.clone()),
                    picture,
                    code: begun.code.clone(),
                    timing: FrameTiming {
                        evaluate_ms: begun.evaluate_ms,
                        decode_ms: milliseconds(begun.evaluated),
                        request_to_frame_ms: milliseconds(self.arrived),
                    },
                })
            }
        };
        if !is_last {
            self.begun = Some(begun);
        }
        Ok((frame, is_last))
    }
}

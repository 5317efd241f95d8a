//! Pictures under the hand: one for each stage, made step by step.

use super::compute::Backend;
use super::context::ModelContext;
use super::models::{LoadedModel, Models};
use super::{Event, Frame, FrameTiming, ModelId, Picture, PreviewRequest, StageId};
use crate::latent::Code;
use crate::model::process::{Budget, Inputs, Pictures, Process};
use crate::model::{Fault, Stop};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a hand rests before a picture that was sketched is made whole.
const REST: Duration = Duration::from_millis(150);

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
    /// When the picture is made whole, where a sketch of it is shown and nothing more was made yet.
    rests_until: Option<Instant>,
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
        let now = Instant::now();
        let mut all = self.running.values();
        all.any(|preview| preview.is_ready(now) && is_there(&preview.request.shot.model))
    }

    /// When the first picture of which a sketch is shown is made whole.
    pub fn rests_until(&self) -> Option<Instant> {
        let all = self.running.values();
        all.filter_map(Preview::rests_until).min()
    }

    /// The stage whose turn it is, among those whose model `is_there`, and whether a sketch of its picture is
    /// shown.
    pub fn next(&self, is_there: impl Fn(&ModelId) -> bool) -> Option<(StageId, bool)> {
        let now = Instant::now();
        let ready = |(stage, preview): (&StageId, &Preview)| {
            let is_ready = preview.is_ready(now) && is_there(&preview.request.shot.model);
            is_ready.then_some((*stage, preview.rests_until().is_some()))
        };
        let after = |(stage, _): &(StageId, bool)| self.last.is_none_or(|last| *stage > last);
        let mut stages = self.running.iter().filter_map(ready);
        stages.clone().find(after).or_else(|| stages.next())
    }

    /// Does one step for a stage.
    ///
    /// # Errors
    /// When the device was lost, or the step was ended early; then the preview stays, to be begun again.
    pub fn turn(
        &mut self,
        stage: StageId,
        models: &Models,
        compute: &Backend,
    ) -> Result<Option<Event>, Fault> {
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
            Err(fault) if Stop::watched().is_set() => Err(fault),
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
}

impl Preview {
    fn rests_until(&self) -> Option<Instant> {
        self.begun.as_ref().and_then(|begun| begun.rests_until)
    }

    /// Whether its next step may be made now.
    fn is_ready(&self, now: Instant) -> bool {
        self.rests_until().is_none_or(|until| until <= now)
    }

    /// Does the next step. Returns the picture so far and whether it is the last one.
    fn step(&mut self, models: &Models, compute: &Backend) -> Result<(Option<Frame>, bool), Fault> {
        let model = models.get(&self.request.shot.model);
        let model = model.map_err(Fault::Request)?;
        let mut begun = match self.begun.take() {
            Some(begun) => begun,
            None => {
                let (mut begun, sketch) = self.begin(model, compute)?;
                if let Some(sketch) = sketch {
                    let picture = compute.show(sketch, model.generator.image())?;
                    let frame = self.frame(&begun, picture, [0, model.info.steps]);
                    begun.rests_until = Some(Instant::now() + REST);
                    self.begun = Some(begun);
                    return Ok((Some(frame), false));
                }
                begun
            }
        };
        if begun.rests_until.take().is_some() {
            // The sketch and the rest after it are no part of how long the picture takes.
            begun.evaluated = Instant::now();
        }
        let step = compute.step(begun.process.as_mut(), Budget { is_watched: true })?;
        let is_last = step.is_last();
        let frame = match step.pictures {
            None => None,
            Some(pictures) => {
                let picture = compute.show(pictures, model.generator.image())?;
                Some(self.frame(&begun, picture, [step.done, step.of]))
            }
        };
        if !is_last {
            self.begun = Some(begun);
        }
        Ok((frame, is_last))
    }

    /// Evaluates what is asked for and begins to decode it; with a sketch where the whole takes long.
    fn begin(
        &self,
        model: &LoadedModel,
        compute: &Backend,
    ) -> Result<(Begun, Option<Pictures>), Fault> {
        let shot = &self.request.shot;
        let started = Instant::now();
        let mut context = ModelContext::new(model, &self.request.names, compute);
        let code = context.evaluate(&shot.expression)?;
        let evaluated = Instant::now();
        let rows = model.generator.input_of(&code);
        let inputs = Inputs {
            rows: rows.map_err(|error| Fault::Request(error.to_string()))?,
            originals: vec![code.original.clone()],
        };
        let sketch = compute.sketch(&*model.decoder, &inputs, &shot.sampler)?;
        let decoder = Arc::clone(&model.decoder);
        let begun = Begun {
            code,
            process: decoder.begin(inputs, &shot.sampler)?,
            rests_until: None,
            evaluate_ms: (evaluated - started).as_secs_f64() * 1e3,
            evaluated,
        };
        Ok((begun, sketch))
    }

    fn frame(&self, begun: &Begun, picture: Picture, [step, of]: [usize; 2]) -> Frame {
        let milliseconds = |from: Instant| from.elapsed().as_secs_f64() * 1e3;
        Frame {
            stage: self.request.stage,
            generation: self.request.generation,
            step,
            of,
            shot: Box::new(self.request.shot.clone()),
            picture,
            code: begun.code.clone(),
            timing: FrameTiming {
                evaluate_ms: begun.evaluate_ms,
                decode_ms: milliseconds(begun.evaluated),
                request_to_frame_ms: milliseconds(self.arrived),
            },
        }
    }
}

//! Asking the engine for pictures and keeping the newest one.

use super::Latency;
use super::jobs::Jobs;
use crate::engine::{Fault, Frame, PreviewRequest, StageId};
use crate::latent::{SessionNames, Shot};
use std::sync::Arc;

/// The picture on the window and what is asked for next.
#[derive(Default, Debug)]
pub struct Preview {
    generation: u64,
    asked: Option<(Shot, Arc<SessionNames>)>,
    frame: Option<Frame>,
    failure: Option<String>,
    /// Until the first frame of each picture, and until its last.
    latency: Latency,
    whole: Latency,
    /// Whether pictures are sketched before they are made whole.
    is_sketched: bool,
}

impl Preview {
    /// Asks for a picture, unless it is what was asked for last with the same names.
    pub fn ask(&mut self, engine: &Jobs, shot: Shot, names: &Arc<SessionNames>) {
        let is_asked = self
            .asked
            .as_ref()
            .is_some_and(|(asked, known)| *asked == shot && Arc::ptr_eq(known, names));
        if is_asked {
            return;
        }
        self.generation += 1;
        self.asked = Some((shot.clone(), Arc::clone(names)));
        engine.preview(PreviewRequest {
            stage: StageId::default(),
            generation: self.generation,
            shot,
            names: Arc::clone(names),
        });
    }

    /// Takes a frame that is newer than the one shown, or a later step of it, and of the model
    /// that was asked last.
    pub fn accept(&mut self, frame: Frame) {
        let is_newer = self
            .frame
            .as_ref()
            .is_none_or(|shown| (shown.generation, shown.step) < (frame.generation, frame.step));
        let is_current_model = self
            .asked
            .as_ref()
            .is_some_and(|(asked, _)| asked.model == frame.shot.model);
        if !is_newer || !is_current_model {
            return;
        }
        // How fast a drag is followed is one thing, how long a picture takes another.
        let shown = self.frame.as_ref().map(|shown| shown.generation);
        if shown != Some(frame.generation) {
            self.latency.record(frame.timing.decode_ms);
        }
        self.is_sketched |= frame.step == 0;
        if frame.is_last() {
            self.whole.record(frame.timing.decode_ms);
        }
        self.failure = None;
        self.frame = Some(frame);
    }

    /// Notes why the newest picture could not be made; the last good one stays.
    pub fn fail(&mut self, generation: u64, fault: &Fault) {
        if generation == self.generation {
            self.failure = Some(fault.to_string());
        }
    }

    /// Forgets what was asked for and measured, as when another model is loaded.
    pub fn model_changed(&mut self) {
        self.asked = None;
        self.failure = None;
        self.latency.clear();
        self.whole.clear();
        self.is_sketched = false;
    }

    /// The newest picture.
    pub fn frame(&self) -> Option<&Frame> {
        self.frame.as_ref()
    }

    /// Whether the newest picture is the one that was asked for last, with all its steps.
    pub fn is_settled(&self) -> bool {
        self.failure.is_some()
            || self
                .frame
                .as_ref()
                .is_some_and(|frame| frame.generation == self.generation && frame.is_last())
    }

    /// Whether the newest picture is a sketch, which is made whole when the hand rests.
    pub fn shows_sketch(&self) -> bool {
        self.failure.is_none() && self.frame.as_ref().is_some_and(|frame| frame.step == 0)
    }

    /// Whether pictures of this model are sketched at first: they take long.
    pub fn is_sketched(&self) -> bool {
        self.is_sketched
    }

    /// Why the newest picture could not be made.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// How long pictures take until they are first seen.
    pub fn latency(&self) -> &Latency {
        &self.latency
    }

    /// How long they take with all their steps.
    pub fn whole(&self) -> &Latency {
        &self.whole
    }
}

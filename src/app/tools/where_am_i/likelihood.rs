//! How likely the current picture is by the model's own density, where it has one.
//!
//! It follows the picture. One question is on its way at a time, and the next is asked when its answer
//! has come.

use super::Where;
use crate::app::tools::ToolContext;
use crate::engine::{Job, JobId, ModelId, ModelInfo};
use crate::model::measurement::Measurement;
use std::sync::Arc;

/// A picture of the window.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Of {
    model: ModelId,
    generation: u64,
}

#[derive(Default, Debug)]
pub struct Likelihood {
    /// In bits per dimension; `None` where it could not be measured.
    known: Option<(Of, Option<f32>)>,
    asked: Option<(JobId, Of)>,
}

impl Likelihood {
    /// Asks for that of the current picture where it is not known.
    pub fn follow(&mut self, cx: &mut ToolContext<'_, Where>, model: &ModelInfo) {
        if self.asked.is_some() || !model.manifest.capabilities().has_likelihood {
            return;
        }
        // A picture that takes long comes first, and so does the one that replaces it.
        if !cx.workspace.preview.is_settled() {
            return;
        }
        let frame = cx.workspace.preview.frame();
        let Some(frame) = frame.filter(|frame| frame.shot.model == model.id) else {
            return;
        };
        let of = Of {
            model: model.id.clone(),
            generation: frame.generation,
        };
        if self.known.as_ref().is_some_and(|(known, _)| *known == of) {
            return;
        }
        let examine = Job::Examine {
            shots: vec![(*frame.shot).clone()],
            names: Arc::clone(&cx.workspace.names),
        };
        self.asked = Some((cx.submit(examine), of));
    }

    pub fn accept(&mut self, job: JobId, measured: &[Measurement]) {
        if let Some((_, of)) = self.asked.take_if(|(asked, _)| *asked == job) {
            let bits = measured.first().and_then(|one| one.bits_per_dimension);
            self.known = Some((of, bits));
        }
    }

    /// Takes note that a job came to nothing; it is not tried again for the same picture.
    pub fn end(&mut self, job: JobId) {
        self.accept(job, &[]);
    }

    /// Bits per dimension of the picture of a model that was measured last. While a hand moves it is that of
    /// a moment ago.
    pub fn bits(&self, model: &ModelInfo) -> Option<f32> {
        let (_, bits) = self.known.as_ref().filter(|(of, _)| of.model == model.id)?;
        *bits
    }
}

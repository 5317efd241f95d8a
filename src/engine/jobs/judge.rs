//! What the judge sees in pictures that no shot has made, such as drawings.

use super::{JobContext, Slice, Work};
use crate::engine::Event;
use crate::model::{Fault, ModelError};
use std::sync::Arc;

pub struct Judge {
    pub pictures: Vec<Arc<[f32]>>,
}

impl Work for Judge {
    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        let pictures: Result<Vec<_>, _> = self.pictures.iter().map(|it| cx.picture(it)).collect();
        let pictures = pictures?.concat();
        // The judge is on the CPU, whatever decodes.
        let fault = |error: ModelError| Fault::Program(error.to_string());
        let judgements = match cx.model.judge().map_err(fault)? {
            Some(judge) => judge.judge(&pictures).map_err(fault)?,
            None => Vec::new(),
        };
        let job = cx.job;
        Ok(Slice::Done(vec![Event::Judged { job, judgements }]))
    }

    fn is_empty(&self) -> bool {
        self.pictures.is_empty()
    }
}

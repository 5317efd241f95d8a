//! What a model that writes place by place expects at a place.

use super::{JobContext, Slice, Work, request_fault};
use crate::engine::Event;
use crate::latent::{SessionNames, Shot};
use crate::model::Fault;
use std::sync::Arc;

pub struct Expect {
    shot: Shot,
    names: Arc<SessionNames>,
    grid: Arc<[u32]>,
    place: usize,
}

impl Expect {
    pub fn new(shot: Shot, names: Arc<SessionNames>, grid: Arc<[u32]>, place: usize) -> Self {
        Self {
            shot,
            names,
            grid,
            place,
        }
    }
}

impl Work for Expect {
    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        let generator = &cx.model.generator;
        let Some(written) = generator.written() else {
            let sentence = format!("{} does not write place by place", cx.name());
            return Err(Fault::Request(sentence));
        };
        let places = written.prior.places();
        if self.grid.len() != places || self.place >= places {
            return Err(Fault::Request(format!(
                "{} has {places} places, and this is place {} of {}",
                cx.name(),
                self.place,
                self.grid.len()
            )));
        }
        let code = cx.evaluate(&self.shot.expression, &self.names)?;
        let row = generator.input_of(&code).map_err(request_fault)?;
        let condition = row.get(2 * places..).unwrap_or_default();
        let probabilities = written.expected(&self.grid, self.place, condition, &self.shot.sampler);
        let job = cx.job;
        Ok(Slice::Done(vec![Event::Expected { job, probabilities }]))
    }
}

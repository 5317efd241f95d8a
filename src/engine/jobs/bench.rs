//! Timing decodes.

use super::{Fault, Site, Slice, Work};
use crate::engine::Event;
use crate::latent::NoiseMode;
use std::time::Instant;

/// Repeats of a timing that are done in one go.
const SLICE: usize = 16;

pub struct Bench {
    batch: usize,
    repeats: usize,
    timings: Vec<f64>,
}

impl Bench {
    pub fn new(batch: usize, repeats: usize) -> Self {
        Self {
            batch,
            repeats,
            timings: Vec::new(),
        }
    }
}

impl Work for Bench {
    fn is_empty(&self) -> bool {
        self.repeats == 0
    }

    fn slice(&mut self, site: &Site<'_>) -> Result<Slice, Fault> {
        let generator = &site.model.generator;
        let inputs = vec![0.25; self.batch.max(1) * generator.input_len()];
        for _ in 0..SLICE.min(self.repeats - self.timings.len()) {
            let started = Instant::now();
            let decoded = site.compute.decode(generator, &inputs, NoiseMode::Const);
            decoded.map_err(Fault::device)?;
            self.timings.push(started.elapsed().as_secs_f64() * 1e3);
        }
        let job = site.job;
        let (done, total) = (self.timings.len(), self.repeats);
        let progress = Event::Progress { job, done, total };
        if done < total {
            return Ok(Slice::More(vec![progress]));
        }
        let benched = Event::Benched {
            job,
            batch: self.batch,
            decode_ms: std::mem::take(&mut self.timings),
        };
        Ok(Slice::Done(vec![progress, benched]))
    }
}

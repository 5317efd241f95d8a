//! Timing decodes and mappings.

use super::{JobContext, Slice, Work};
use crate::engine::{BenchTarget, Event};
use crate::latent::NoiseMode;
use crate::model::Fault;
use std::time::{Duration, Instant};

/// How long a slice goes on with repeats.
const SLICE: Duration = Duration::from_millis(8);

pub struct Bench {
    what: BenchTarget,
    repeats: usize,
    timings: Vec<f64>,
}

impl Bench {
    pub fn new(what: BenchTarget, repeats: usize) -> Self {
        Self {
            what,
            repeats,
            timings: Vec::new(),
        }
    }

    fn once(&self, cx: &JobContext<'_>) -> Result<f64, Fault> {
        let generator = &cx.model.generator;
        match self.what {
            BenchTarget::Decode { batch } => {
                let inputs = vec![0.25; batch.max(1) * generator.input_len()];
                let started = Instant::now();
                cx.compute.decode(generator, &inputs, NoiseMode::Const)?;
                Ok(started.elapsed().as_secs_f64() * 1e3)
            }
            BenchTarget::Map { codes } => {
                let z = vec![0.25; codes.max(1) * generator.start_len()];
                let started = Instant::now();
                let mapped = generator.w_from_z(&z);
                mapped.map_err(super::request_fault)?;
                Ok(started.elapsed().as_secs_f64() * 1e3)
            }
        }
    }
}

impl Work for Bench {
    fn is_empty(&self) -> bool {
        self.repeats == 0
    }

    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        let started = Instant::now();
        while self.timings.len() < self.repeats {
            self.timings.push(self.once(cx)?);
            if started.elapsed() >= SLICE {
                break;
            }
        }
        let job = cx.job;
        let (done, total) = (self.timings.len(), self.repeats);
        let progress = Event::Progress { job, done, total };
        if done < total {
            return Ok(Slice::More(vec![progress]));
        }
        let benched = Event::Benched {
            job,
            what: self.what,
            times_ms: std::mem::take(&mut self.timings),
        };
        Ok(Slice::Done(vec![progress, benched]))
    }
}

//! Many shots to pictures, in tiles.

use super::{Fault, Site, Slice, Work, next_batch};
use crate::engine::Event;
use crate::engine::compute::BATCH_SHAPES;
use crate::latent::{SessionNames, Shot};
use std::sync::Arc;

pub struct Decode {
    shots: Vec<Shot>,
    names: Arc<SessionNames>,
    done: usize,
}

impl Decode {
    pub fn new(shots: Vec<Shot>, names: Arc<SessionNames>) -> Self {
        Self {
            shots,
            names,
            done: 0,
        }
    }
}

impl Work for Decode {
    fn is_empty(&self) -> bool {
        self.shots.is_empty()
    }

    fn slice(&mut self, site: &Site<'_>) -> Result<Slice, Fault> {
        let first = self.done;
        let batch = next_batch(&self.shots[first..], BATCH_SHAPES[2]);
        let count = batch.len();
        let codes = site.codes(batch, &self.names)?;
        let noise = batch.first().map(|shot| shot.sampler.noise);
        let values = site.decode(&codes, noise.unwrap_or_default())?;
        self.done += count;
        let job = site.job;
        let (done, total) = (self.done, self.shots.len());
        let events = vec![
            Event::Tile {
                job,
                first,
                count,
                image: site.model.generator.image(),
                values,
                codes,
            },
            Event::Progress { job, done, total },
        ];
        Ok(if done == total {
            Slice::Done(events)
        } else {
            Slice::More(events)
        })
    }
}

//! Many expressions to pictures, in tiles.

use super::{Fault, Site, Slice, Work};
use crate::engine::Event;
use crate::engine::compute::BATCH_SHAPES;
use crate::latent::expr::Expr;
use crate::latent::{Sampler, SessionNames};
use std::sync::Arc;

pub struct Decode {
    expressions: Vec<Expr>,
    names: Arc<SessionNames>,
    sampler: Sampler,
    done: usize,
}

impl Decode {
    pub fn new(expressions: Vec<Expr>, names: Arc<SessionNames>, sampler: Sampler) -> Self {
        Self {
            expressions,
            names,
            sampler,
            done: 0,
        }
    }
}

impl Work for Decode {
    fn is_empty(&self) -> bool {
        self.expressions.is_empty()
    }

    fn slice(&mut self, site: &Site<'_>) -> Result<Slice, Fault> {
        let first = self.done;
        let count = BATCH_SHAPES[2].min(self.expressions.len() - first);
        let codes = self.expressions[first..first + count]
            .iter()
            .map(|expression| site.evaluate(expression, &self.names))
            .collect::<Result<Vec<_>, Fault>>()?;
        let values = site.decode(&codes, self.sampler.noise)?;
        self.done += count;
        let job = site.job;
        let (done, total) = (self.done, self.expressions.len());
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

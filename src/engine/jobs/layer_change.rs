//! Measuring what each layer of styles changes.

use super::{Fault, Site, Slice, Work};
use crate::engine::Event;
use crate::latent::{Code, NoiseMode, Space, SpaceShape};
use crate::model::layer_change::LayerChange;
use std::ops::Range;

/// The most pairs in one job.
const MAX_PAIRS: u32 = 10_000;

pub struct LayerChanges {
    pairs: Range<u32>,
    next: u32,
    change: Option<LayerChange>,
}

impl LayerChanges {
    pub fn new(pairs: Range<u32>) -> Self {
        Self {
            next: pairs.start,
            pairs,
            change: None,
        }
    }
}

impl Work for LayerChanges {
    /// Measures one pair: a picture for each layer and third, and one more.
    fn slice(&mut self, site: &Site<'_>) -> Result<Slice, Fault> {
        let generator = &site.model.generator;
        let Some([layers, dim]) = generator.styles() else {
            let name = site.name();
            return Err(Fault::Request(format!("{name} has no styles to exchange")));
        };
        if self.pairs.len() > MAX_PAIRS as usize {
            return Err(Fault::Request(format!(
                "{} pairs are too many to measure; up to {MAX_PAIRS} are",
                self.pairs.len()
            )));
        }
        let change = self.change.get_or_insert_with(|| LayerChange::new(layers));
        if self.pairs.contains(&self.next) {
            let rows = LayerChange::codes(generator, self.next)
                .map_err(|error| Fault::Request(error.to_string()))?;
            let codes: Vec<Code> = rows
                .chunks_exact((layers * dim).max(1))
                .map(|values| Code {
                    space: Space::W_PLUS,
                    shape: SpaceShape::Layers { layers, dim },
                    values: values.to_vec(),
                })
                .collect();
            change.add(&site.decode(&codes, NoiseMode::Const)?);
            self.next += 1;
        }
        let job = site.job;
        let (done, total) = ((self.next - self.pairs.start) as usize, self.pairs.len());
        let progress = Event::Progress { job, done, total };
        if done < total {
            return Ok(Slice::More(vec![progress]));
        }
        let change = change.clone();
        Ok(Slice::Done(vec![
            progress,
            Event::LayerChange { job, change },
        ]))
    }
}

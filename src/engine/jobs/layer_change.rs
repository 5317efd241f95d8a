//! Measuring what each layer of styles changes.

use super::{Decoding, JobContext, Slice, Work, request_fault};
use crate::engine::Event;
use crate::latent::{Code, Space, SpaceShape, Values};
use crate::model::Fault;
use crate::model::layer_change::LayerChange;
use std::ops::Range;

/// The most pairs in one job.
const MAX_PAIRS: u32 = 10_000;

pub struct LayerChanges {
    pairs: Range<u32>,
    next: u32,
    change: Option<LayerChange>,
    /// The pictures of the next pair: one for each layer and third, and one more.
    decoding: Option<Decoding>,
}

impl LayerChanges {
    pub fn new(pairs: Range<u32>) -> Self {
        Self {
            next: pairs.start,
            pairs,
            change: None,
            decoding: None,
        }
    }

    fn begin(&self, cx: &JobContext<'_>, [layers, dim]: [usize; 2]) -> Result<Decoding, Fault> {
        let rows = LayerChange::codes(&cx.model.generator, self.next).map_err(request_fault)?;
        let codes = rows.chunks_exact((layers * dim).max(1)).map(|values| Code {
            space: Space::W_PLUS,
            shape: SpaceShape::Layers { layers, dim },
            values: Values::Reals(values.to_vec()),
            condition: Vec::new(),
            original: None,
        });
        Ok(Decoding::plain(codes.collect()))
    }
}

impl Work for LayerChanges {
    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        let Some(styles) = cx.model.generator.styles() else {
            let name = cx.name();
            return Err(Fault::Request(format!("{name} has no styles to exchange")));
        };
        if self.pairs.len() > MAX_PAIRS as usize {
            return Err(Fault::Request(format!(
                "{} pairs are too many to measure; up to {MAX_PAIRS} are",
                self.pairs.len()
            )));
        }
        if self.pairs.contains(&self.next) {
            let mut decoding = match self.decoding.take() {
                Some(decoding) => decoding,
                None => self.begin(cx, styles)?,
            };
            let decoded = decoding.advance(cx.model, cx.compute);
            if !matches!(decoded, Ok(true)) {
                self.decoding = Some(decoding);
                return decoded.map(|_| Slice::More(Vec::new()));
            }
            let (_, pictures) = decoding.take();
            let change = self
                .change
                .get_or_insert_with(|| LayerChange::new(styles[0]));
            change.add(&pictures);
            self.next += 1;
        }
        let job = cx.job;
        let (done, total) = ((self.next - self.pairs.start) as usize, self.pairs.len());
        let progress = Event::Progress { job, done, total };
        if done < total {
            return Ok(Slice::More(vec![progress]));
        }
        let change = self.change.take();
        let change = change.unwrap_or_else(|| LayerChange::new(styles[0]));
        Ok(Slice::Done(vec![
            progress,
            Event::LayerChange { job, change },
        ]))
    }
}

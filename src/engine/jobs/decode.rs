//! Many shots to pictures, in tiles.

use super::{Decoding, Site, Slice, Work, next_batch};
use crate::engine::Event;
use crate::engine::models::LARGEST_BATCH;
use crate::latent::{SessionNames, Shot};
use crate::model::Fault;
use std::sync::Arc;

/// Expressions that are checked in one slice.
const CHECKED_AT_ONCE: usize = 512;
/// The most bytes of the numbers of one tile; a larger picture has a tile for itself.
const MAX_TILE_BYTES: usize = 64 << 20;

pub struct Decode {
    shots: Vec<Shot>,
    names: Arc<SessionNames>,
    checked: usize,
    done: usize,
    tile: Option<Decoding>,
}

impl Decode {
    pub fn new(shots: Vec<Shot>, names: Arc<SessionNames>) -> Self {
        Self {
            shots,
            names,
            checked: 0,
            done: 0,
            tile: None,
        }
    }

    /// Refuses what has no meaning before any picture is made.
    fn check(&mut self, site: &Site<'_>) -> Result<(), Fault> {
        let context = site.context(&self.names);
        let last = (self.checked + CHECKED_AT_ONCE).min(self.shots.len());
        for shot in &self.shots[self.checked..last] {
            context.check(&shot.expression)?;
        }
        self.checked = last;
        Ok(())
    }
}

impl Work for Decode {
    fn is_empty(&self) -> bool {
        self.shots.is_empty()
    }

    fn slice(&mut self, site: &Site<'_>) -> Result<Slice, Fault> {
        if self.checked < self.shots.len() {
            self.check(site)?;
            if self.shots.len() > CHECKED_AT_ONCE {
                return Ok(Slice::More(Vec::new()));
            }
        }
        let image = site.model.generator.image();
        let first = self.done;
        let mut tile = match self.tile.take() {
            Some(tile) => tile,
            None => {
                let most = MAX_TILE_BYTES / size_of::<f32>() / image.len().max(1);
                let most = most.clamp(1, LARGEST_BATCH);
                let batch = next_batch(&self.shots[first..], most);
                let codes = site.codes(batch, &self.names)?;
                match batch.first() {
                    Some(shot) => Decoding::plain(codes).drawn_like(shot),
                    None => Decoding::plain(codes),
                }
            }
        };
        let advanced = tile.advance(site.model, site.compute);
        if !matches!(advanced, Ok(true)) {
            self.tile = Some(tile);
            return advanced.map(|_| Slice::More(Vec::new()));
        }
        let (codes, values) = tile.take();
        let count = codes.len();
        self.done += count;
        let job = site.job;
        let (done, total) = (self.done, self.shots.len());
        let events = vec![
            Event::Tile {
                job,
                first,
                count,
                image,
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

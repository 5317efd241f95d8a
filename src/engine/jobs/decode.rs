//! Many shots to pictures, in tiles.

use super::{Decoding, JobContext, Slice, Work, next_batch};
use crate::engine::models::LARGEST_BATCH;
use crate::engine::{Backlog, Event};
use crate::latent::{Code, SessionNames, Shot};
use crate::model::Fault;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Expressions that are checked in one slice.
const CHECKED_AT_ONCE: usize = 512;
/// The most bytes of the numbers of one tile; a larger picture has a tile for itself.
const MAX_TILE_BYTES: usize = 64 << 20;
/// How long the shots of a tile are evaluated in one slice.
const EVALUATION: Duration = Duration::from_millis(4);

pub struct Decode {
    shots: Vec<Shot>,
    names: Arc<SessionNames>,
    checked: usize,
    done: usize,
    /// The values of the next shots, as far as they are known.
    codes: Vec<Code>,
    tile: Option<Decoding>,
    /// What holds the job back while its tiles are not used.
    backlog: Option<Backlog>,
}

impl Decode {
    pub fn new(shots: Vec<Shot>, names: Arc<SessionNames>) -> Self {
        Self {
            shots,
            names,
            checked: 0,
            done: 0,
            codes: Vec::new(),
            tile: None,
            backlog: None,
        }
    }

    /// The same, never far ahead of what its pictures are used for.
    #[must_use]
    pub fn held_by(self, backlog: Backlog) -> Self {
        let backlog = Some(backlog);
        Self { backlog, ..self }
    }

    /// Refuses what has no meaning before any picture is made.
    fn check(&mut self, cx: &JobContext<'_>) -> Result<(), Fault> {
        let context = cx.context(&self.names);
        let last = (self.checked + CHECKED_AT_ONCE).min(self.shots.len());
        for shot in &self.shots[self.checked..last] {
            context.check(&shot.expression)?;
        }
        self.checked = last;
        Ok(())
    }

    /// Evaluates the shots of the next tile; `None` when there was not enough time for all.
    fn next_tile(&mut self, cx: &JobContext<'_>) -> Result<Option<Decoding>, Fault> {
        let picture_bytes = cx.model.generator.image().len() * size_of::<f32>();
        let most = (MAX_TILE_BYTES / picture_bytes.max(1)).clamp(1, LARGEST_BATCH);
        let batch = next_batch(&self.shots[self.done..], most);
        let started = Instant::now();
        // Photos and mappings take a while.
        for shot in &batch[self.codes.len().min(batch.len())..] {
            self.codes.push(cx.evaluate(&shot.expression, &self.names)?);
            if started.elapsed() > EVALUATION {
                break;
            }
        }
        if self.codes.len() < batch.len() {
            return Ok(None);
        }
        let decoding = Decoding::plain(std::mem::take(&mut self.codes));
        Ok(Some(match batch.first() {
            Some(shot) => decoding.drawn_like(shot),
            None => decoding,
        }))
    }
}

impl Work for Decode {
    fn is_empty(&self) -> bool {
        self.shots.is_empty()
    }

    fn is_ready(&self) -> bool {
        self.backlog.as_ref().is_none_or(Backlog::has_room)
    }

    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        if let Some(backlog) = &self.backlog {
            backlog.wakes(cx.waker);
        }
        if self.checked < self.shots.len() {
            self.check(cx)?;
            if self.shots.len() > CHECKED_AT_ONCE {
                return Ok(Slice::More(Vec::new()));
            }
        }
        let image = cx.model.generator.image();
        let first = self.done;
        let tile = match self.tile.take() {
            Some(tile) => Some(tile),
            None => self.next_tile(cx)?,
        };
        let Some(mut tile) = tile else {
            return Ok(Slice::More(Vec::new()));
        };
        let advanced = tile.advance(cx.model, cx.compute);
        if !matches!(advanced, Ok(true)) {
            self.tile = Some(tile);
            return advanced.map(|_| Slice::More(Vec::new()));
        }
        let (codes, values) = tile.take();
        if let Some(backlog) = &self.backlog {
            backlog.tile_sent(values.len());
        }
        let count = codes.len();
        self.done += count;
        let job = cx.job;
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

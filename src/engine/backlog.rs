//! What a job has sent and nobody has used yet.
//!
//! The hazard here is a memory full of pictures that wait for a slow encoder: the engine decodes
//! ten thousand of them faster than a file takes them. So a job that streams stops while its
//! backlog is full, and goes on when a tile was used.

use super::mailbox::Waker;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// The most bytes of tiles on their way; a larger tile goes alone.
const MAX_BYTES: usize = 64 << 20;

/// The tiles of a [`Job::Stream`](super::Job::Stream) that are on their way, shared by the job and
/// by their reader.
#[derive(Clone, Default)]
pub struct Backlog(Arc<OnItsWay>);

#[derive(Default)]
struct OnItsWay {
    tiles: AtomicUsize,
    bytes: AtomicUsize,
    waker: OnceLock<Waker>,
}

impl Backlog {
    /// The most tiles on their way.
    pub const MAX_TILES: usize = 8;

    /// Says that the numbers of a tile are not needed any more, so that the job may go on.
    pub fn tile_used(&self, values: usize) {
        let Self(way) = self;
        way.bytes
            .fetch_sub(values * size_of::<f32>(), Ordering::AcqRel);
        way.tiles.fetch_sub(1, Ordering::AcqRel);
        if let Some(waker) = way.waker.get() {
            waker.wake();
        }
    }

    pub(super) fn tile_sent(&self, values: usize) {
        let Self(way) = self;
        way.bytes
            .fetch_add(values * size_of::<f32>(), Ordering::AcqRel);
        way.tiles.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether the next tile may be made.
    pub(super) fn has_room(&self) -> bool {
        let Self(way) = self;
        way.tiles.load(Ordering::Acquire) < Self::MAX_TILES
            && way.bytes.load(Ordering::Acquire) < MAX_BYTES
    }

    /// From now on a used tile wakes the engine; the first call counts.
    pub(super) fn wakes(&self, waker: &Waker) {
        self.0.waker.get_or_init(|| waker.clone());
    }
}

impl fmt::Debug for Backlog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backlog")
            .field("tiles", &self.0.tiles)
            .field("bytes", &self.0.bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::mailbox::Mailbox;

    #[test]
    fn a_full_backlog_has_room_again_when_a_tile_is_used() {
        let mailbox = Arc::new(Mailbox::default());
        let backlog = Backlog::default();
        backlog.wakes(&mailbox.waker());
        for _ in 0..Backlog::MAX_TILES {
            assert!(backlog.has_room());
            backlog.tile_sent(10);
        }
        assert!(!backlog.has_room());
        backlog.tile_used(10);
        assert!(backlog.has_room());
        // Woken without any mail.
        mailbox.take(true, None);
    }

    #[test]
    fn one_large_tile_fills_it() {
        let backlog = Backlog::default();
        backlog.tile_sent(MAX_BYTES / size_of::<f32>());
        assert!(!backlog.has_room());
        backlog.tile_used(MAX_BYTES / size_of::<f32>());
        assert!(backlog.has_room());
    }
}

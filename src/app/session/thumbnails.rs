//! Small pictures of steps and bookmarks: decoded when they are shown, kept as long as there is
//! room for them.
//!
//! The hazards here are a history of ten thousand pictures that fills the memory, and a frame
//! that looks through all of them. Only what is on the window is asked for; what was not shown
//! for longest goes first.

use crate::app::Thumbnail;
use crate::app::jobs::{Jobs, Owner};
use crate::document::NodeId;
use crate::engine::{Job, JobId, ModelId};
use crate::latent::{SessionNames, Shot};
use crate::model::manifest::ImageSpec;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// How much memory the pixels may take: 500 of the largest thumbnails, 10,000 digits.
pub const MAX_BYTES: usize = 32 << 20;
/// What an entry takes besides its pixels.
const ENTRY_BYTES: usize = 256;
/// Thumbnails on their way at once; a larger picture of the hand waits for none of them.
const MAX_JOBS: usize = 8;

/// What a thumbnail shows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ThumbnailKey {
    Step(NodeId),
    Bookmark(String),
}

#[derive(Debug)]
enum Content {
    Pixels(Thumbnail),
    /// It cannot be made, at least not with the names and models of now.
    Failed,
}

#[derive(Debug)]
struct Entry {
    /// No two thumbnails of a run have the same.
    id: u64,
    content: Content,
    shown_at: u64,
}

/// The thumbnails of the open session.
#[derive(Default, Debug)]
pub struct Thumbnails {
    entries: HashMap<ThumbnailKey, Entry>,
    /// The same by the time of the last showing.
    by_age: BTreeMap<u64, ThumbnailKey>,
    decoding: BTreeMap<JobId, ThumbnailKey>,
    bytes: usize,
    clock: u64,
    next_id: u64,
    /// Models that the engine holds.
    loaded: BTreeSet<ModelId>,
}

impl Thumbnails {
    /// The pixels of a thumbnail that is there, with a number that no other has.
    pub fn get(&self, key: &ThumbnailKey) -> Option<(u64, &Thumbnail)> {
        let entry = self.entries.get(key)?;
        match &entry.content {
            Content::Pixels(thumbnail) => Some((entry.id, thumbnail)),
            Content::Failed => None,
        }
    }

    /// Whether everything that was asked for has come.
    pub fn is_settled(&self) -> bool {
        self.decoding.is_empty()
    }

    /// How much memory the thumbnails take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Notes that something is on the window now. Returns whether its thumbnail is to be
    /// [decoded](Self::decode).
    pub(in crate::app) fn show(&mut self, key: &ThumbnailKey) -> bool {
        if let Some(entry) = self.entries.get_mut(key) {
            self.clock += 1;
            self.by_age.remove(&entry.shown_at);
            entry.shown_at = self.clock;
            self.by_age.insert(self.clock, key.clone());
            return false;
        }
        self.decoding.len() < MAX_JOBS && !self.decoding.values().any(|known| known == key)
    }

    /// Whether the engine can decode with a model without loading it first.
    pub(in crate::app) fn is_loaded(&self, model: &ModelId) -> bool {
        self.loaded.contains(model)
    }

    /// Asks for a thumbnail.
    pub(in crate::app) fn decode(
        &mut self,
        engine: &mut Jobs,
        key: ThumbnailKey,
        shot: Shot,
        names: &Arc<SessionNames>,
    ) {
        let decode = Job::Decode {
            shots: vec![shot],
            names: Arc::clone(names),
        };
        let job = engine.submit(Owner::Thumbnails, decode);
        self.decoding.insert(job, key);
    }

    /// Notes that a thumbnail cannot be made.
    pub(in crate::app) fn give_up(&mut self, key: ThumbnailKey) {
        self.insert(key, Content::Failed);
    }

    /// Takes the picture of a job that was asked for here.
    pub(in crate::app) fn accept(&mut self, job: JobId, image: ImageSpec, values: &[f32]) {
        let Some(key) = self.decoding.remove(&job) else {
            return;
        };
        let thumbnail = Thumbnail::from_values(image, values);
        self.insert(key, thumbnail.map_or(Content::Failed, Content::Pixels));
    }

    /// Notes that a job of this came to its end without a picture.
    pub(in crate::app) fn end(&mut self, job: JobId) {
        if let Some(key) = self.decoding.remove(&job) {
            self.insert(key, Content::Failed);
        }
    }

    /// Tries again what could not be made: there is another model, or another name.
    pub(in crate::app) fn retry(&mut self, loaded: Option<ModelId>) {
        self.loaded.extend(loaded);
        let failed: Vec<ThumbnailKey> = self
            .entries
            .iter()
            .filter(|(_, entry)| matches!(entry.content, Content::Failed))
            .map(|(key, _)| key.clone())
            .collect();
        for key in failed {
            self.remove(&key);
        }
    }

    /// Forgets all pictures, as when another session is shown.
    pub(in crate::app) fn clear(&mut self, engine: &Jobs) {
        for job in std::mem::take(&mut self.decoding).into_keys() {
            engine.cancel(job);
        }
        self.entries.clear();
        self.by_age.clear();
        self.bytes = 0;
    }

    /// Forgets one picture, as when what had its name is another now.
    pub(in crate::app) fn remove(&mut self, key: &ThumbnailKey) {
        if let Some(entry) = self.entries.remove(key) {
            self.by_age.remove(&entry.shown_at);
            self.bytes -= bytes_of(&entry.content);
        }
    }

    fn insert(&mut self, key: ThumbnailKey, content: Content) {
        self.remove(&key);
        self.clock += 1;
        self.next_id += 1;
        self.bytes += bytes_of(&content);
        self.by_age.insert(self.clock, key.clone());
        let entry = Entry {
            id: self.next_id,
            content,
            shown_at: self.clock,
        };
        self.entries.insert(key, entry);
        while self.bytes > MAX_BYTES && self.entries.len() > 1 {
            let Some((_, oldest)) = self.by_age.pop_first() else {
                break;
            };
            self.remove(&oldest);
        }
    }
}

fn bytes_of(content: &Content) -> usize {
    ENTRY_BYTES
        + match content {
            Content::Pixels(thumbnail) => thumbnail.rgba.len(),
            Content::Failed => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(number: u64) -> ThumbnailKey {
        ThumbnailKey::Step(NodeId::new(number))
    }

    /// As large as they become: 128 x 128.
    fn large() -> Thumbnail {
        Thumbnail {
            width: 128,
            height: 128,
            rgba: vec![0; 128 * 128 * 4].into(),
        }
    }

    #[test]
    fn ten_thousand_thumbnails_stay_within_their_room() {
        let mut thumbnails = Thumbnails::default();
        for number in 0..10_000 {
            assert!(thumbnails.show(&step(number)), "it is not there yet");
            thumbnails.insert(step(number), Content::Pixels(large()));
            // The first one is looked at all the time.
            assert!(!thumbnails.show(&step(0)));
            assert!(thumbnails.bytes() <= MAX_BYTES);
        }
        assert!(thumbnails.get(&step(0)).is_some());
        assert!(thumbnails.get(&step(1)).is_none());
        assert!(thumbnails.get(&step(9_999)).is_some());
        assert_eq!(thumbnails.entries.len(), thumbnails.by_age.len());
    }

    #[test]
    fn what_failed_is_tried_again_with_another_model() {
        let mut thumbnails = Thumbnails::default();
        thumbnails.give_up(step(1));
        assert!(!thumbnails.show(&step(1)));
        assert!(thumbnails.get(&step(1)).is_none());
        thumbnails.retry(None);
        assert!(thumbnails.show(&step(1)));
        assert_eq!(thumbnails.bytes(), 0);
    }
}

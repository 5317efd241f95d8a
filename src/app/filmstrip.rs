//! The pictures that the user has rested on, to go back to.

use super::{Place, Thumbnail};
use crate::engine::{Engine, Job, JobId, ModelId};
use crate::latent::{Sampler, SessionNames};
use crate::model::manifest::ImageSpec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many pictures are kept.
const CAPACITY: usize = 60;

/// One picture that was rested on.
#[derive(Clone, Debug)]
pub struct Still {
    pub id: u64,
    pub place: Place,
    /// Comes a moment after the still itself.
    pub thumbnail: Option<Thumbnail>,
}

/// The stills, oldest first.
#[derive(Default, Debug)]
pub struct Filmstrip {
    stills: Vec<Still>,
    decoding: BTreeMap<JobId, u64>,
    next_id: u64,
}

impl Filmstrip {
    pub fn stills(&self) -> &[Still] {
        &self.stills
    }

    /// Adds a place, unless it is there already, and asks for its thumbnail.
    pub fn add(
        &mut self,
        engine: &Engine,
        model: &ModelId,
        place: &Place,
        names: &Arc<SessionNames>,
    ) {
        if self.stills.iter().any(|still| still.place == *place) {
            return;
        }
        if self.stills.len() == CAPACITY {
            self.stills.remove(0);
        }
        let id = self.next_id;
        self.next_id += 1;
        self.stills.push(Still {
            id,
            place: place.clone(),
            thumbnail: None,
        });
        let job = engine.submit(Job::Decode {
            model: model.clone(),
            expressions: vec![place.expression.clone()],
            names: Arc::clone(names),
            sampler: Sampler::default(),
        });
        self.decoding.insert(job, id);
    }

    /// Takes the picture of a job that this filmstrip asked for.
    pub fn accept(&mut self, job: JobId, image: ImageSpec, values: &[f32]) {
        let Some(&id) = self.decoding.get(&job) else {
            return;
        };
        if let Some(still) = self.stills.iter_mut().find(|still| still.id == id) {
            still.thumbnail = Thumbnail::from_values(image, values);
        }
    }

    /// Forgets a job that came to its end. Returns whether it was one of this filmstrip.
    pub fn end(&mut self, job: JobId) -> bool {
        self.decoding.remove(&job).is_some()
    }

    /// Drops a still whose picture cannot be made.
    pub fn fail(&mut self, job: JobId) -> bool {
        let Some(id) = self.decoding.remove(&job) else {
            return false;
        };
        self.stills.retain(|still| still.id != id);
        true
    }
}

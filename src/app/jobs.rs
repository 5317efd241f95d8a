//! The engine as the window uses it: every job has one owner, to whom its events go.
//!
//! The hazard here is an event that the wrong part of the window takes for its own, or that no
//! part handles. So a job is submitted with its owner, and its events are handed to that owner.

use super::Tool;
use crate::engine::{Class, Engine, Event, Job, JobId, ModelSource, PreviewRequest};
use std::collections::BTreeMap;

/// Who asked for a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// The pictures of tools and tasks.
    Pictures,
    Tool(Tool),
    Thumbnails,
    Export,
    /// The check of an answer.
    Examination,
    /// The code that gets a name.
    Naming,
    /// The picture that is to be redrawn.
    Redrawing,
}

/// The engine and the owners of its jobs.
pub struct Jobs {
    engine: Engine,
    owners: BTreeMap<JobId, Owner>,
}

impl Jobs {
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            owners: BTreeMap::new(),
        }
    }

    /// Begins a job, in the class that is usual for it.
    pub fn submit(&mut self, owner: Owner, job: Job) -> JobId {
        self.submit_as(owner, job.class(), job)
    }

    /// Begins a job in a class.
    pub fn submit_as(&mut self, owner: Owner, class: Class, job: Job) -> JobId {
        let id = self.engine.submit_as(class, job);
        self.owners.insert(id, owner);
        id
    }

    /// Cancels a job; events that it has already sent still arrive.
    pub fn cancel(&self, job: JobId) {
        self.engine.cancel(job);
    }

    pub fn preview(&self, request: PreviewRequest) {
        self.engine.preview(request);
    }

    pub fn load(&self, source: ModelSource) -> JobId {
        self.engine.load(source)
    }

    /// The next event, if one is there, with the owner of the job that it belongs to.
    pub fn try_event(&mut self) -> Option<(Option<Owner>, Event)> {
        let event = self.engine.try_event()?;
        Some((self.owner_of(&event), event))
    }

    /// The owner of an event's job; a job that has ended with it has none any more.
    fn owner_of(&mut self, event: &Event) -> Option<Owner> {
        let job = event.job()?;
        if event.ends_job() {
            self.owners.remove(&job)
        } else {
            self.owners.get(&job).copied()
        }
    }
}

#[cfg(test)]
impl Jobs {
    /// The next event, waited for.
    pub fn wait_event(&mut self) -> (Option<Owner>, Event) {
        let patience = std::time::Duration::from_secs(60);
        let event = self.engine.wait_event(patience).expect("an event");
        (self.owner_of(&event), event)
    }

    /// How many jobs have an owner.
    pub fn len(&self) -> usize {
        self.owners.len()
    }
}

//! What the judge of the model's data sees in the picture, and in what the model makes of it.
//!
//! The hazard here is a queue: a drawing hand and a descent make pictures faster than they are
//! judged. So one reading runs at a time, of what was there when it began, and the next begins when
//! it has come. Until then the last one stays.

use super::{Encode, Found, ToolContext};
use crate::engine::{Job, JobId};
use crate::model::measurement::Judgement;
use std::sync::Arc;

/// What the judge sees in two pictures.
#[derive(Clone, PartialEq, Debug)]
pub struct Reading {
    /// The number of what was found, as [`Found::id`].
    pub of: u64,
    /// In the picture as the model takes it.
    pub picture: Judgement,
    pub reconstruction: Judgement,
}

/// The last reading and the one under way.
#[derive(Default, Debug)]
pub(super) struct Readings {
    last: Option<Reading>,
    /// The job, and what it is about.
    running: Option<(JobId, u64)>,
    /// What was read last, or is being read.
    asked: Option<u64>,
}

impl Encode {
    /// What the judge has read last; `None` without a picture, and where no judge knows the data.
    pub fn reading(&self) -> Option<&Reading> {
        self.readings.last.as_ref()
    }

    /// Has what was found read, where it is another than what was read last.
    pub(super) fn read(&mut self, cx: &mut ToolContext<'_, Self>) {
        let Some(found) = self.found() else {
            self.readings.last = None;
            return;
        };
        let of = found.id;
        if self.readings.running.is_some() || self.readings.asked == Some(of) {
            return;
        }
        let judge = judge(found);
        self.readings.asked = Some(of);
        self.readings.running = Some((cx.submit(judge), of));
    }

    pub(super) fn on_judged(&mut self, job: JobId, judgements: Vec<Judgement>) {
        let Some((_, of)) = self.readings.running.take_if(|(known, _)| *known == job) else {
            return;
        };
        // Who has closed the picture meanwhile is shown no reading of it.
        let pair = <[Judgement; 2]>::try_from(judgements).ok();
        let pair = pair.filter(|_| self.found().is_some());
        self.readings.last = pair.map(|[picture, reconstruction]| Reading {
            of,
            picture,
            reconstruction,
        });
    }

    /// Takes note that a job has ended; one that failed leaves no reading.
    pub(super) fn on_reading_end(&mut self, job: JobId) {
        if self
            .readings
            .running
            .take_if(|(known, _)| *known == job)
            .is_some()
        {
            self.readings.last = None;
        }
    }
}

fn judge(found: &Found) -> Job {
    Job::Judge {
        model: found.model.clone(),
        pictures: vec![
            Arc::clone(&found.prepared.picture),
            Arc::clone(&found.reconstruction),
        ],
    }
}

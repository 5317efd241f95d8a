//! What waits for the engine thread: loads and jobs in order, and at most one preview.

use super::{Job, JobId, ModelSource, PreviewRequest};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What the engine thread does next.
pub enum Next {
    Load(ModelSource),
    Preview(PreviewRequest, Instant),
    /// Begin a job, go on with the one that runs, or do what is left for idle times.
    Job(JobId, Job),
    Idle,
    Close,
}

#[derive(Default)]
struct Waiting {
    loads: VecDeque<ModelSource>,
    preview: Option<(PreviewRequest, Instant)>,
    jobs: VecDeque<(JobId, Job)>,
    cancelled: BTreeSet<JobId>,
    last_job: u64,
    closed: bool,
}

/// The inbox of the engine thread.
#[derive(Default)]
pub struct Mailbox {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Mailbox {
    /// A panic while the lock was held leaves nothing half done, so poison is ignored.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Waiting) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_one();
        result
    }

    pub fn push_load(&self, source: ModelSource) {
        self.change(|waiting| waiting.loads.push_back(source));
    }

    pub fn put_preview(&self, request: PreviewRequest) {
        self.change(|waiting| waiting.preview = Some((request, Instant::now())));
    }

    pub fn push_job(&self, job: Job) -> JobId {
        self.change(|waiting| {
            waiting.last_job += 1;
            let id = JobId(waiting.last_job);
            waiting.jobs.push_back((id, job));
            id
        })
    }

    pub fn cancel(&self, job: JobId) {
        self.change(|waiting| waiting.cancelled.insert(job));
    }

    pub fn close(&self) {
        self.change(|waiting| waiting.closed = true);
    }

    /// Whether a job was cancelled; asking forgets it.
    pub fn take_cancelled(&self, job: JobId) -> bool {
        self.lock().cancelled.remove(&job)
    }

    /// What to do next. Loads come before previews, since a preview may want the model; previews
    /// before jobs, since a hand waits. With a job under way (`busy`) no other begins. Waits
    /// unless there is a job to go on with or something for idle times (`idle_work`).
    pub fn next(&self, busy: bool, idle_work: bool) -> Next {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return Next::Close;
            }
            if let Some(source) = waiting.loads.pop_front() {
                return Next::Load(source);
            }
            if let Some((request, arrived)) = waiting.preview.take() {
                return Next::Preview(request, arrived);
            }
            if !busy && let Some((id, job)) = waiting.jobs.pop_front() {
                return Next::Job(id, job);
            }
            if busy || idle_work {
                return Next::Idle;
            }
            waiting = self
                .changed
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

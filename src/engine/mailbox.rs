//! What waits for the engine thread: at most one preview for each stage, and orders.
//!
//! The thread empties the mailbox between any two slices of work; what is urgent among that is
//! decided there, in [`super::worker`].

use super::{Class, Job, JobId, ModelSource, PreviewRequest, StageId};
use crate::model::Stop;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What is done under a job id.
#[derive(Debug)]
pub enum Order {
    Job(Box<Job>),
    Load(ModelSource),
}

/// Everything that came since the thread looked last.
#[derive(Default, Debug)]
pub struct Mail {
    /// The newest request of each stage, with the time at which it came.
    pub previews: BTreeMap<StageId, (PreviewRequest, Instant)>,
    pub orders: Vec<(JobId, Class, Order)>,
    /// Ids of jobs that may have ended long ago, after all orders.
    pub cancelled: Vec<JobId>,
    pub is_closed: bool,
}

impl Mail {
    fn is_empty(&self) -> bool {
        self.previews.is_empty()
            && self.orders.is_empty()
            && self.cancelled.is_empty()
            && !self.is_closed
    }
}

#[derive(Default)]
struct Waiting {
    mail: Mail,
    last_job: u64,
    /// Another thread has finished something for a job.
    is_poked: bool,
    /// What the thread works on.
    current: Option<JobId>,
}

/// The inbox of the engine thread.
#[derive(Default)]
pub struct Mailbox {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    /// Ends the slice that the thread is at, where nobody wants its result any more.
    stop: Stop,
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

    /// Puts a preview in; one of the same stage that still waits is thrown away.
    pub fn put_preview(&self, request: PreviewRequest) {
        self.change(|waiting| {
            let stage = request.stage;
            let arrived = Instant::now();
            waiting.mail.previews.insert(stage, (request, arrived));
        });
    }

    pub fn push(&self, class: Class, order: Order) -> JobId {
        self.change(|waiting| {
            waiting.last_job += 1;
            let id = JobId(waiting.last_job);
            waiting.mail.orders.push((id, class, order));
            id
        })
    }

    pub fn cancel(&self, job: JobId) {
        self.change(|waiting| {
            waiting.mail.cancelled.push(job);
            if waiting.current == Some(job) {
                self.stop.set(true);
            }
        });
    }

    pub fn close(&self) {
        self.change(|waiting| {
            waiting.mail.is_closed = true;
            self.stop.set(true);
        });
    }

    /// What ends the slice that the thread is at.
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Notes what the thread works on next: a cancel of that ends it early.
    pub fn work_on(&self, job: Option<JobId>) {
        let mut waiting = self.lock();
        let is_cancelled = job.is_some_and(|job| waiting.mail.cancelled.contains(&job));
        self.stop.set(waiting.mail.is_closed || is_cancelled);
        waiting.current = job;
    }

    /// Something that wakes the thread when a computation elsewhere is finished.
    pub fn waker(self: &Arc<Self>) -> Waker {
        let mailbox = Arc::clone(self);
        Waker(Arc::new(move || {
            mailbox.change(|waiting| waiting.is_poked = true);
        }))
    }

    /// Takes what came. With nothing else to do (`is_idle`) it waits for mail or for a waker.
    pub fn take(&self, is_idle: bool) -> Mail {
        let mut waiting = self.lock();
        while is_idle && waiting.mail.is_empty() && !waiting.is_poked {
            waiting = self
                .changed
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        waiting.is_poked = false;
        std::mem::take(&mut waiting.mail)
    }
}

/// Wakes the engine thread.
#[derive(Clone)]
pub struct Waker(Arc<dyn Fn() + Send + Sync>);

impl Waker {
    pub fn wake(&self) {
        (self.0)();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::expr::Expr;
    use crate::latent::{ModelId, Shot};

    fn preview(stage: StageId, generation: u64) -> PreviewRequest {
        let model = ModelId {
            name: "a".to_owned(),
            hash: String::new(),
        };
        PreviewRequest {
            stage,
            generation,
            shot: Shot::new(model, Expr::Seed(0)),
            names: Arc::default(),
        }
    }

    #[test]
    fn the_newest_preview_of_each_stage_waits() {
        let mailbox = Mailbox::default();
        for (stage, generation) in [(0, 1), (1, 7), (0, 2), (1, 8), (0, 3)] {
            mailbox.put_preview(preview(StageId(stage), generation));
        }
        let mail = mailbox.take(true);
        let found = mail.previews.values();
        let found: Vec<u64> = found.map(|(request, _)| request.generation).collect();
        assert_eq!(found, [3, 8]);
        assert!(mailbox.take(false).is_empty());
    }

    #[test]
    fn ids_are_forgotten_once_they_are_taken() {
        let mailbox = Arc::new(Mailbox::default());
        let load = || Order::Load(ModelSource::Catalogue("a".to_owned()));
        let first = mailbox.push(Class::Visible, load());
        mailbox.cancel(first);
        let mail = mailbox.take(false);
        assert_eq!((mail.orders.len(), mail.cancelled), (1, vec![first]));
        assert!(mailbox.push(Class::Background, load()) > first);
        assert!(mailbox.take(false).cancelled.is_empty());
        // A waker ends the waiting without any mail.
        mailbox.waker().wake();
        assert!(mailbox.take(true).is_empty());
    }

    #[test]
    fn only_a_cancel_of_what_is_worked_on_stops_it() {
        let mailbox = Mailbox::default();
        let load = || Order::Load(ModelSource::Catalogue("a".to_owned()));
        let [first, second] = [0, 1].map(|_| mailbox.push(Class::Visible, load()));
        mailbox.take(false);
        mailbox.work_on(Some(first));
        mailbox.cancel(second);
        assert!(!mailbox.stop().is_set());
        mailbox.cancel(first);
        assert!(mailbox.stop().is_set());
        mailbox.work_on(None);
        assert!(!mailbox.stop().is_set());
        // It came before its slice began.
        mailbox.work_on(Some(second));
        assert!(mailbox.stop().is_set());
        mailbox.work_on(None);
        mailbox.close();
        assert!(mailbox.stop().is_set());
    }
}

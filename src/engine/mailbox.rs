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
    /// What the thread works on, where something may end it early.
    current: Option<Current>,
}

/// What the thread works on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Current {
    /// Ended early by a cancel.
    Job(JobId),
    /// A picture of which a sketch is shown: ended early by the next request of the stage.
    Sharpening(StageId),
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
            if waiting.current == Some(Current::Sharpening(stage)) {
                self.stop.set(true);
            }
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
            if waiting.current == Some(Current::Job(job)) {
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

    /// Notes what the thread works on next, where something may end it early.
    pub fn work_on(&self, current: Option<Current>) {
        let mut waiting = self.lock();
        let is_over = match current {
            None => false,
            Some(Current::Job(job)) => waiting.mail.cancelled.contains(&job),
            Some(Current::Sharpening(stage)) => waiting.mail.previews.contains_key(&stage),
        };
        self.stop.set(waiting.mail.is_closed || is_over);
        waiting.current = current;
    }

    /// Something that wakes the thread when a computation elsewhere is finished.
    pub fn waker(self: &Arc<Self>) -> Waker {
        let mailbox = Arc::clone(self);
        Waker(Arc::new(move || {
            mailbox.change(|waiting| waiting.is_poked = true);
        }))
    }

    /// Takes what came. With nothing else to do (`is_idle`) it waits for mail or for a waker, or `until` a time.
    pub fn take(&self, is_idle: bool, until: Option<Instant>) -> Mail {
        let mut waiting = self.lock();
        while is_idle && waiting.mail.is_empty() && !waiting.is_poked {
            let Some(until) = until else {
                waiting = self
                    .changed
                    .wait(waiting)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(waiting, left);
            waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
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
        let mail = mailbox.take(true, None);
        let found = mail.previews.values();
        let found: Vec<u64> = found.map(|(request, _)| request.generation).collect();
        assert_eq!(found, [3, 8]);
        assert!(mailbox.take(false, None).is_empty());
        // Without mail it waits no longer than it was told.
        assert!(mailbox.take(true, Some(Instant::now())).is_empty());
    }

    #[test]
    fn only_the_next_request_of_its_stage_ends_a_picture_that_is_sharpened() {
        let mailbox = Mailbox::default();
        let sharpen = || mailbox.work_on(Some(Current::Sharpening(StageId(1))));
        mailbox.put_preview(preview(StageId(0), 1));
        sharpen();
        assert!(!mailbox.stop().is_set());
        mailbox.put_preview(preview(StageId(1), 2));
        assert!(mailbox.stop().is_set());
        // It came before the picture was begun.
        sharpen();
        assert!(mailbox.stop().is_set());
        mailbox.take(false, None);
        sharpen();
        assert!(!mailbox.stop().is_set());
        mailbox.work_on(None);
        mailbox.put_preview(preview(StageId(1), 3));
        assert!(
            !mailbox.stop().is_set(),
            "a quick picture is shown in any case"
        );
    }

    #[test]
    fn ids_are_forgotten_once_they_are_taken() {
        let mailbox = Arc::new(Mailbox::default());
        let load = || Order::Load(ModelSource::Catalogue("a".to_owned()));
        let first = mailbox.push(Class::Visible, load());
        mailbox.cancel(first);
        let mail = mailbox.take(false, None);
        assert_eq!((mail.orders.len(), mail.cancelled), (1, vec![first]));
        assert!(mailbox.push(Class::Background, load()) > first);
        assert!(mailbox.take(false, None).cancelled.is_empty());
        // A waker ends the waiting without any mail.
        mailbox.waker().wake();
        assert!(mailbox.take(true, None).is_empty());
    }

    #[test]
    fn only_a_cancel_of_what_is_worked_on_stops_it() {
        let mailbox = Mailbox::default();
        let load = || Order::Load(ModelSource::Catalogue("a".to_owned()));
        let [first, second] = [0, 1].map(|_| mailbox.push(Class::Visible, load()));
        mailbox.take(false, None);
        mailbox.work_on(Some(Current::Job(first)));
        mailbox.cancel(second);
        assert!(!mailbox.stop().is_set());
        mailbox.cancel(first);
        assert!(mailbox.stop().is_set());
        mailbox.work_on(None);
        assert!(!mailbox.stop().is_set());
        // It came before its slice began.
        mailbox.work_on(Some(Current::Job(second)));
        assert!(mailbox.stop().is_set());
        mailbox.work_on(None);
        mailbox.close();
        assert!(mailbox.stop().is_set());
    }
}

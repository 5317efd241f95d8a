//! Threads that help with short work.
//!
//! A thread that sleeps takes longer to wake than a small batch takes to compute: tens of microseconds,
//! and more in a virtual machine. Batches often follow one another, so a helper looks for the next
//! work for a moment before it sleeps.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long a helper looks for work before it sleeps: about one per cent of the time between two frames of a
/// window, and longer than a chunk of a small batch.
const PATIENCE: Duration = Duration::from_micros(200);
/// Tasks that may wait. Where there are more, all helpers are busy, and those who ask do the work themselves.
const MAX_WAITING: usize = 64;

type Task = Box<dyn FnOnce() + Send>;

/// Some threads that run tasks in their order.
#[derive(Debug)]
pub struct Helpers {
    threads: usize,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// How many tasks wait, to be read without the lock.
    waiting: AtomicUsize,
    /// Whether there will be no more.
    is_closed: AtomicBool,
    wake: Condvar,
}

#[derive(Default)]
struct Queue {
    tasks: VecDeque<Task>,
    asleep: usize,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

impl Helpers {
    /// Those of the program, one for each core but that of the caller.
    pub fn global() -> &'static Self {
        static GLOBAL: OnceLock<Helpers> = OnceLock::new();
        GLOBAL.get_or_init(|| {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            Self::start(cores - 1, PATIENCE)
        })
    }

    /// Starts threads, as many as the system lets, which look for work for so long before they sleep.
    pub fn start(count: usize, patience: Duration) -> Self {
        let shared = Arc::<Shared>::default();
        let start = |index: usize| {
            let shared = Arc::clone(&shared);
            let named = std::thread::Builder::new().name(format!("helper {index}"));
            named.spawn(move || shared.work(patience)).ok()
        };
        Self {
            threads: (0..count).map_while(start).count(),
            shared,
        }
    }

    /// Has a task run when a helper has time. Where none will have soon, the task is dropped.
    pub fn ask(&self, task: impl FnOnce() + Send + 'static) {
        if self.threads == 0 {
            return;
        }
        let mut queue = self.shared.lock();
        if queue.tasks.len() < MAX_WAITING {
            queue.tasks.push_back(Box::new(task));
            self.shared.note(&queue);
        }
        let is_asleep = queue.asleep > 0;
        drop(queue);
        if is_asleep {
            self.shared.wake.notify_one();
        }
    }
}

impl Drop for Helpers {
    fn drop(&mut self) {
        // With the lock, so that nobody is between looking and sleeping.
        let queue = self.shared.lock();
        self.shared.is_closed.store(true, Ordering::Release);
        drop(queue);
        self.shared.wake.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, queue: &Queue) {
        self.waiting.store(queue.tasks.len(), Ordering::Release);
    }

    fn take(&self, queue: &mut Queue) -> Option<Task> {
        let task = queue.tasks.pop_front();
        self.note(queue);
        task
    }

    /// A helper's life.
    fn work(&self, patience: Duration) {
        while let Some(task) = self.look(patience).or_else(|| self.sleep()) {
            // Who asked learns of a failure by the missing result.
            catch_unwind(AssertUnwindSafe(task)).ok();
        }
    }

    /// Looks for a task without sleeping.
    fn look(&self, patience: Duration) -> Option<Task> {
        let until = Instant::now() + patience;
        loop {
            if self.waiting.load(Ordering::Acquire) > 0 {
                let task = self.take(&mut self.lock());
                if task.is_some() {
                    return task;
                }
            }
            if Instant::now() >= until || self.is_closed.load(Ordering::Acquire) {
                return None;
            }
            std::hint::spin_loop();
        }
    }

    /// Sleeps until there is a task; `None` when there will be no more.
    fn sleep(&self) -> Option<Task> {
        let mut queue = self.lock();
        loop {
            if let Some(task) = self.take(&mut queue) {
                return Some(task);
            }
            if self.is_closed.load(Ordering::Acquire) {
                return None;
            }
            queue.asleep += 1;
            queue = (self.wake.wait(queue)).unwrap_or_else(PoisonError::into_inner);
            queue.asleep -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn every_task_is_run_by_helpers_that_look_and_by_those_that_sleep() {
        for patience in [Duration::ZERO, PATIENCE, Duration::from_secs(3600)] {
            for count in [1, 3] {
                let helpers = Helpers::start(count, patience);
                let (done, results) = sync_channel(2 * MAX_WAITING);
                for number in 0..500 {
                    let done = done.clone();
                    helpers.ask(move || done.send(number).unwrap_or_default());
                    assert_eq!(results.recv(), Ok(number), "{count} with {patience:?}");
                }
            }
        }
    }

    #[test]
    fn a_task_that_panics_ends_no_helper() {
        let helpers = Helpers::start(1, Duration::ZERO);
        helpers.ask(|| panic!("a fault of the test"));
        let (done, results) = sync_channel(2 * MAX_WAITING);
        helpers.ask(move || done.send(7).unwrap_or_default());
        assert_eq!(results.recv(), Ok(7));
    }

    #[test]
    fn what_no_helper_has_time_for_is_dropped() {
        let helpers = Helpers::start(1, Duration::ZERO);
        let (release, held) = sync_channel::<()>(1);
        let (begin, begun) = sync_channel(2 * MAX_WAITING);
        helpers.ask(move || {
            begin.send(()).unwrap_or_default();
            held.recv().unwrap_or_default();
        });
        begun.recv().expect("the helper has begun");
        let (done, results) = sync_channel(2 * MAX_WAITING);
        for number in 0..2 * MAX_WAITING {
            let done = done.clone();
            helpers.ask(move || done.send(number).unwrap_or_default());
        }
        drop((release, done));
        assert_eq!(results.iter().count(), MAX_WAITING);
        // Nobody is there to help: nothing is kept.
        let (done, results) = sync_channel::<()>(1);
        Helpers::start(0, PATIENCE).ask(move || drop(done));
        assert!(results.recv().is_err());
    }
}

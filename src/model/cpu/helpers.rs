//! Threads that help with short work.
//!
//! A thread that sleeps takes longer to wake than a small layer takes to compute: tens of microseconds,
//! and more in a virtual machine. Layers and batches often follow one another, so helpers look for the next
//! work for a moment before they sleep, and so does a thread that waits for them.

use rayon::{ThreadPool, ThreadPoolBuilder, Yield};
use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long a helper looks for work before it sleeps: about one per cent of the time between two frames of a
/// window, and longer than a chunk of a small batch.
const PATIENCE: Duration = Duration::from_micros(200);
/// Tasks that may wait. Where there are more, all helpers are busy, and those who ask do the work themselves.
const MAX_WAITING: usize = 64;

type Task = Box<dyn FnOnce() + Send>;

/// Some threads that run tasks in their order, and parts of work that somebody waits for.
#[derive(Debug)]
pub struct Helpers {
    /// Where parts are run; none without threads.
    pool: Option<ThreadPool>,
    shared: Arc<Shared>,
}

/// Tasks have a queue of their own beside that of rayon, which takes longer to hand one over.
struct Shared {
    threads: usize,
    patience: Duration,
    tasks: Mutex<VecDeque<Task>>,
    /// How many tasks wait, to be read without the lock.
    waiting: AtomicUsize,
    /// How many helpers look for work, or are about to.
    looking: AtomicUsize,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("waiting", &self.waiting)
            .field("looking", &self.looking)
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

    /// Starts threads, which look for work for so long before they sleep; none if the system refuses.
    pub fn start(count: usize, patience: Duration) -> Self {
        let named = ThreadPoolBuilder::new().thread_name(|index| format!("helper {index}"));
        let pool = (count > 0).then(|| named.num_threads(count).build().ok());
        Self {
            pool: pool.flatten(),
            shared: Arc::new(Shared {
                threads: count,
                patience,
                tasks: Mutex::default(),
                waiting: AtomicUsize::new(0),
                looking: AtomicUsize::new(0),
            }),
        }
    }

    /// Has a task run when a helper has time. Where none will have soon, the task is dropped.
    pub fn ask(&self, task: impl FnOnce() + Send + 'static) {
        let Some(pool) = &self.pool else { return };
        let mut tasks = self.shared.lock();
        if tasks.len() < MAX_WAITING {
            tasks.push_back(Box::new(task));
            self.shared.note(&tasks);
        }
        drop(tasks);
        self.shared.have_one_look(|look| pool.spawn(look));
    }

    /// Runs every part, the first on this thread and the others where there is time.
    pub fn each_part<T: Send>(&self, parts: impl IntoIterator<Item = T>, run: impl Fn(T) + Sync) {
        let mut parts = parts.into_iter();
        let Some(first) = parts.next() else { return };
        let Some(pool) = &self.pool else {
            run(first);
            return parts.for_each(run);
        };
        let Some(second) = parts.next() else {
            return run(first);
        };
        let done = AtomicUsize::new(0);
        pool.in_place_scope(|scope| {
            let mut given = 0;
            for part in std::iter::once(second).chain(parts) {
                let (run, done) = (&run, &done);
                scope.spawn(move |_| {
                    run(part);
                    done.fetch_add(1, Ordering::Release);
                });
                given += 1;
                self.shared.have_one_look(|look| pool.spawn(look));
            }
            run(first);
            let until = Instant::now() + self.shared.patience;
            while done.load(Ordering::Acquire) < given && Instant::now() < until {
                // A helper that waits for parts of its own part runs them.
                if pool.yield_now() != Some(Yield::Executed) {
                    std::hint::spin_loop();
                }
            }
        });
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, tasks: &VecDeque<Task>) {
        self.waiting.store(tasks.len(), Ordering::SeqCst);
    }

    fn take(&self) -> Option<Task> {
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return None;
        }
        let mut tasks = self.lock();
        let task = tasks.pop_front();
        self.note(&tasks);
        task
    }

    /// Has one more helper look for work, if not all of them do.
    fn have_one_look(self: &Arc<Self>, spawn: impl FnOnce(Box<dyn FnOnce() + Send>)) {
        let order = Ordering::SeqCst;
        let more = |looking| (looking < self.threads).then_some(looking + 1);
        if self.looking.fetch_update(order, order, more).is_ok() {
            let shared = Arc::clone(self);
            spawn(Box::new(move || shared.look()));
        }
    }

    /// Runs what is there to be run, on a helper, until there was nothing for a while.
    fn look(self: Arc<Self>) {
        thread_local! {
            static LOOKS: Cell<bool> = const { Cell::new(false) };
        }
        // One that looks may be given this to run, too.
        let is_first = !LOOKS.replace(true);
        if is_first {
            self.work();
            LOOKS.set(false);
        }
        self.looking.fetch_sub(1, Ordering::SeqCst);
        // Somebody may have asked between the last look and this.
        if is_first && self.waiting.load(Ordering::SeqCst) > 0 {
            self.have_one_look(rayon::spawn);
        }
    }

    fn work(&self) {
        let mut until = Instant::now() + self.patience;
        loop {
            if let Some(task) = self.take() {
                // Who asked learns of a failure by the missing result.
                catch_unwind(AssertUnwindSafe(task)).ok();
            } else if rayon::yield_now() != Some(Yield::Executed) {
                if Instant::now() >= until {
                    return;
                }
                std::hint::spin_loop();
                continue;
            }
            until = Instant::now() + self.patience;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn every_task_is_run_by_helpers_that_look_and_by_those_that_sleep() {
        for patience in [Duration::ZERO, PATIENCE, Duration::from_millis(200)] {
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
    fn every_part_is_run_once() {
        for patience in [Duration::ZERO, PATIENCE, Duration::from_millis(200)] {
            for threads in [0, 1, 3] {
                let helpers = Helpers::start(threads, patience);
                for count in [0, 1, 2, 7] {
                    let mut parts = vec![0; count];
                    helpers.each_part(parts.iter_mut().enumerate(), |(at, part)| {
                        *part += at + 1;
                    });
                    let wanted: Vec<usize> = (1..=count).collect();
                    assert_eq!(parts, wanted, "{threads} with {patience:?}");
                }
            }
        }
    }

    #[test]
    fn parts_of_parts_are_run_as_well() {
        let helpers = Helpers::start(1, PATIENCE);
        let sum = AtomicUsize::new(0);
        helpers.each_part(0..4, |part| {
            helpers.each_part(0..4, |inner| {
                sum.fetch_add(4 * part + inner, Ordering::Relaxed);
            });
        });
        assert_eq!(sum.into_inner(), 120);
    }

    #[test]
    fn a_part_that_panics_is_passed_on_when_the_others_are_done() {
        let helpers = Helpers::start(1, PATIENCE);
        for bad in 0..3 {
            let done = AtomicUsize::new(0);
            let run = |part| {
                assert_ne!(part, bad, "a fault of the test");
                done.fetch_add(1, Ordering::Relaxed);
            };
            let fault = catch_unwind(AssertUnwindSafe(|| helpers.each_part(0..3, run)));
            assert!(fault.is_err(), "part {bad}");
            assert_eq!(done.load(Ordering::Relaxed), 2, "part {bad}");
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
    fn a_helper_that_is_busy_keeps_no_other_asleep() {
        for patience in [Duration::ZERO, PATIENCE] {
            let helpers = Helpers::start(2, patience);
            let (release, held) = sync_channel::<()>(1);
            let (begin, begun) = sync_channel(1);
            helpers.ask(move || {
                begin.send(()).unwrap_or_default();
                held.recv().unwrap_or_default();
            });
            begun.recv().expect("one is busy");
            for number in 0..100 {
                let (done, results) = sync_channel(1);
                helpers.ask(move || done.send(number).unwrap_or_default());
                assert_eq!(results.recv(), Ok(number), "{patience:?}");
                // Until the other sleeps.
                while helpers.shared.looking.load(Ordering::Relaxed) > 1 {
                    std::thread::yield_now();
                }
            }
            drop(release);
        }
    }

    #[test]
    fn helpers_look_no_longer_than_they_should() {
        let helpers = Helpers::start(2, PATIENCE);
        for _ in 0..100 {
            helpers.each_part(0..3, |_| {});
        }
        // Ends only when all of them have gone to sleep, which they do by themselves.
        while helpers.shared.looking.load(Ordering::Relaxed) > 0 {
            std::thread::yield_now();
        }
        assert_eq!(helpers.shared.waiting.load(Ordering::Relaxed), 0);
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

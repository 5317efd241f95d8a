//! Pure computations that would take longer than a slice, on a thread of their own.
//!
//! The hazard here is a picture that stands in line: work that is spread over rayon's threads waits
//! behind what was spread before, and a gradient hands out parts of many milliseconds. So long
//! computations are [spread](spread) over threads for themselves, and the operating system shares the
//! cores fairly.

use crate::engine::mailbox::Waker;
use crate::model::Fault;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, LazyLock};
use std::thread::Builder;

/// The threads that long computations are spread over; `None` where the operating system gives none.
static POOL: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
    let name = |index| format!("zscape mathematics {index}");
    ThreadPoolBuilder::new().thread_name(name).build().ok()
});

/// Runs `work`, with what it hands to rayon on threads that draw no pictures.
pub fn spread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match &*POOL {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

/// A computation under way. Dropping it leaves the thread to end by itself; nobody hears of its
/// result.
pub struct Background<T> {
    result: Receiver<T>,
    /// The thread has ended, with a result or in a panic.
    is_over: Arc<AtomicBool>,
}

/// Says that the thread is over, also when it unwinds.
struct Over {
    is_over: Arc<AtomicBool>,
    waker: Waker,
}

impl Drop for Over {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        self.waker.wake();
    }
}

impl<T: Send + 'static> Background<T> {
    /// Starts `work`; the waker is called when it is over.
    ///
    /// # Errors
    /// When the operating system starts no thread.
    pub fn start(waker: &Waker, work: impl FnOnce() -> T + Send + 'static) -> Result<Self, Fault> {
        let (sender, result) = sync_channel(1);
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Over {
            is_over: Arc::clone(&is_over),
            waker: waker.clone(),
        };
        Builder::new()
            .name("zscape mathematics".to_owned())
            .spawn(move || {
                let _over = over;
                // Nobody listens after a cancel.
                sender.send(work()).ok();
            })
            .map_err(|error| Fault::Program(format!("no thread can be started: {error}")))?;
        Ok(Self { result, is_over })
    }

    /// Whether [`Self::take`] has something to give.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// The result, once the thread is over; it is there only once.
    ///
    /// # Errors
    /// When the thread ended without a result.
    pub fn take(&self) -> Result<Option<T>, Fault> {
        if !self.is_over() {
            return Ok(None);
        }
        let missing = || Fault::Program("the computation ended without a result".to_owned());
        self.result.try_recv().map(Some).map_err(|_| missing())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::mailbox::Mailbox;

    #[test]
    fn what_is_spread_stays_off_the_threads_that_draw() {
        let names =
            spread(|| rayon::broadcast(|_| std::thread::current().name().map(str::to_owned)));
        let is_own = |name: &Option<String>| {
            let name = name.as_deref().unwrap_or_default();
            name.starts_with("zscape mathematics ")
        };
        assert!(!names.is_empty() && names.iter().all(is_own), "{names:?}");
    }

    #[test]
    fn a_result_and_a_panic_both_wake_the_engine() {
        let mailbox = Arc::new(Mailbox::default());
        let (begin, wait) = sync_channel::<()>(1);
        let found = Background::start(&mailbox.waker(), move || wait.recv().map(|()| 7)).unwrap();
        assert!(!found.is_over());
        assert_eq!(found.take(), Ok(None));
        begin.send(()).unwrap();
        mailbox.take(true, None);
        assert_eq!(found.take(), Ok(Some(Ok(7))));

        let lost = Background::start(&mailbox.waker(), || -> u32 { panic!("as a test") });
        let lost = lost.unwrap();
        mailbox.take(true, None);
        assert!(matches!(lost.take(), Err(Fault::Program(_))));
    }
}

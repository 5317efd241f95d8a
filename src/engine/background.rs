//! Pure computations that would take longer than a slice, on a thread of their own.

use crate::engine::mailbox::Waker;
use crate::model::Fault;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;

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
    fn a_result_and_a_panic_both_wake_the_engine() {
        let mailbox = Arc::new(Mailbox::default());
        let (begin, wait) = sync_channel::<()>(1);
        let found = Background::start(&mailbox.waker(), move || wait.recv().map(|()| 7)).unwrap();
        assert!(!found.is_over());
        assert_eq!(found.take(), Ok(None));
        begin.send(()).unwrap();
        mailbox.take(true);
        assert_eq!(found.take(), Ok(Some(Ok(7))));

        let lost = Background::start(&mailbox.waker(), || -> u32 { panic!("as a test") });
        let lost = lost.unwrap();
        mailbox.take(true);
        assert!(matches!(lost.take(), Err(Fault::Program(_))));
    }
}

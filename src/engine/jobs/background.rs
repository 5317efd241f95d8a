//! Pure computations that would take longer than a slice, on a thread of their own.

use super::Fault;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::Builder;
use std::time::Duration;

/// How long one look at the result waits: previews come between looks.
const LOOK: Duration = Duration::from_millis(5);

/// A computation under way. Dropping it leaves the thread to end by itself; nobody hears of its
/// result.
pub struct Background<T> {
    result: Receiver<T>,
}

impl<T: Send + 'static> Background<T> {
    /// Starts `work`.
    ///
    /// # Errors
    /// When the operating system starts no thread.
    pub fn start(work: impl FnOnce() -> T + Send + 'static) -> Result<Self, Fault> {
        let (sender, result) = sync_channel(1);
        Builder::new()
            .name("zscape mathematics".to_owned())
            .spawn(move || {
                // Nobody listens after a cancel.
                sender.send(work()).ok();
            })
            .map_err(|error| Fault::Request(format!("no thread can be started: {error}")))?;
        Ok(Self { result })
    }

    /// The result, if it is there within a few milliseconds; it is there only once.
    ///
    /// # Errors
    /// When the thread ended without a result.
    pub fn look(&self) -> Result<Option<T>, Fault> {
        match self.result.recv_timeout(LOOK) {
            Ok(result) => Ok(Some(result)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Fault::Request(
                "the computation ended without a result".to_owned(),
            )),
        }
    }
}

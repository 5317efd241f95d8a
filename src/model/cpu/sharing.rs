//! Dividing work among cores without waiting for one that is late.
//!
//! A core that is asleep, or busy with another program, may take longer to wake up than a small
//! batch takes to compute. Chunks are therefore not assigned in advance: every thread that is
//! running takes the next one, and the caller waits only for chunks that have been started.

use super::helpers::Helpers;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

struct Chunks<T> {
    next: AtomicUsize,
    count: usize,
    /// Chunks that a helper has begun, and those of them that are done; `None` is one that failed.
    done: Mutex<Vec<(usize, Option<T>)>>,
    one_more: Condvar,
}

impl<T> Chunks<T> {
    fn claim(&self) -> Option<usize> {
        let chunk = self.next.fetch_add(1, Ordering::Relaxed);
        (chunk < self.count).then_some(chunk)
    }
}

/// A chunk on a helper; one that is dropped without a result has failed.
struct Begun<'a, T> {
    chunks: &'a Chunks<T>,
    chunk: usize,
    result: Option<T>,
}

impl<T> Drop for Begun<'_, T> {
    fn drop(&mut self) {
        let done = self.chunks.done.lock();
        let result = (self.chunk, self.result.take());
        done.unwrap_or_else(PoisonError::into_inner).push(result);
        self.chunks.one_more.notify_one();
    }
}

/// Runs the chunks `0..count`: `here` on this thread, `help` on up to so many of the helpers,
/// whose results `take` gets on this thread at the end.
pub fn share<T: Send + 'static>(
    helpers: &Helpers,
    (count, most): (usize, usize),
    mut here: impl FnMut(usize),
    help: impl Fn(usize) -> T + Send + Sync + 'static,
    mut take: impl FnMut(usize, T),
) {
    let chunks = Arc::new(Chunks {
        next: AtomicUsize::new(0),
        count,
        done: Mutex::default(),
        one_more: Condvar::new(),
    });
    let help = Arc::new(help);
    for _ in 0..most {
        let (chunks, help) = (chunks.clone(), help.clone());
        helpers.ask(move || {
            while let Some(chunk) = chunks.claim() {
                let mut begun = Begun {
                    chunks: &chunks,
                    chunk,
                    result: None,
                };
                begun.result = Some(help(chunk));
            }
        });
    }
    let mut mine = 0;
    while let Some(chunk) = chunks.claim() {
        here(chunk);
        mine += 1;
    }
    let done = chunks.done.lock();
    let mut done = done.unwrap_or_else(PoisonError::into_inner);
    while done.len() < count - mine {
        let waited = chunks.one_more.wait(done);
        done = waited.unwrap_or_else(PoisonError::into_inner);
    }
    let results = std::mem::take(&mut *done);
    drop(done);
    for (chunk, result) in results {
        match result {
            Some(result) => take(chunk, result),
            // What failed there fails here, where the caller sees it.
            None => here(chunk),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_chunk_is_run_once() {
        let helpers = Helpers::start(2, Duration::ZERO);
        for (count, most) in [(0, 3), (1, 0), (1, 4), (7, 1), (64, 3)] {
            let mut seen = vec![0; count];
            let mut results = vec![0; count];
            share(
                &helpers,
                (count, most),
                |chunk| seen[chunk] += 1,
                |chunk| chunk * chunk,
                |chunk, result| results[chunk] += result + 1,
            );
            for chunk in 0..count {
                let helped = usize::from(results[chunk] == chunk * chunk + 1);
                assert_eq!(seen[chunk] + helped, 1, "chunk {chunk} of {count}");
            }
        }
    }

    #[test]
    fn busy_helpers_are_not_waited_for() {
        let helpers = Helpers::start(1, Duration::ZERO);
        let (release, held) = std::sync::mpsc::sync_channel::<()>(1);
        // The only helper is busy until the work is done without it.
        helpers.ask(move || held.recv().unwrap_or_default());
        let mut count = 0;
        share(&helpers, (5, 2), |_| count += 1, |_| (), |_, ()| {});
        drop(release);
        assert_eq!(count, 5);
    }

    #[test]
    fn a_chunk_that_fails_beside_is_run_here() {
        let helpers = Helpers::start(1, Duration::from_millis(200));
        let mut here = 0;
        share(
            &helpers,
            (64, 1),
            |_| here += 1,
            |_| -> () { panic!("a fault of the test") },
            |_, ()| {},
        );
        assert_eq!(here, 64);
    }
}

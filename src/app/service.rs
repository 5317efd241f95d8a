//! A thread that serves the window: requests in, reports out, neither side ever waits in a frame.
//!
//! The hazards here are a window that waits for a disk, two queues whose ends wait for each other,
//! and a request that is lost when the window closes. So requests that do not fit into the queue
//! wait in the window, in order; and closing, the one moment that waits, first stops listening.

use super::Wake;
use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

/// The thread's end: where its reports go.
pub struct Reports<Report> {
    /// When it is full the thread waits for a frame of the window; the window waits for the
    /// thread only at the end, when it takes no more reports.
    sender: SyncSender<Report>,
    wake: Wake,
}

impl<Report> Reports<Report> {
    /// Sends a report and wakes the window. A window that is gone hears nothing; what it asked
    /// for is done anyway.
    pub fn send(&self, report: Report) {
        if self.sender.send(report).is_ok() {
            (self.wake)();
        }
    }
}

/// The window's end of the thread.
pub struct Service<Request, Report> {
    name: &'static str,
    requests: Option<SyncSender<Request>>,
    reports: Option<Receiver<Report>>,
    waiting: VecDeque<Request>,
    thread: Option<JoinHandle<()>>,
}

impl<Request: Send + 'static, Report: Send + 'static> Service<Request, Report> {
    /// Starts the thread, which runs `serve` until no more requests come; `queue` of them, and of
    /// reports, may wait between the two.
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread.
    pub fn start(
        name: &'static str,
        queue: usize,
        wake: Wake,
        serve: impl FnOnce(&Receiver<Request>, Reports<Report>) + Send + 'static,
    ) -> io::Result<Self> {
        let (requests, inbox) = sync_channel(queue);
        let (sender, reports) = sync_channel(queue);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || serve(&inbox, Reports { sender, wake }))?;
        Ok(Self {
            name,
            requests: Some(requests),
            reports: Some(reports),
            waiting: VecDeque::new(),
            thread: Some(thread),
        })
    }

    /// The next report, if one is there.
    pub fn try_report(&self) -> Option<Report> {
        self.reports.as_ref()?.try_recv().ok()
    }

    /// Asks for something, after all that was asked for before.
    pub fn send(&mut self, request: Request) {
        self.waiting.push_back(request);
        self.flush();
    }

    /// The requests that wait in the window, the oldest first.
    pub fn waiting_mut(&mut self) -> &mut VecDeque<Request> {
        &mut self.waiting
    }

    /// Hands over what waits, as far as there is room. Returns whether something still waits.
    pub fn flush(&mut self) -> bool {
        let Some(requests) = &self.requests else {
            return false;
        };
        while let Some(request) = self.waiting.pop_front() {
            match requests.try_send(request) {
                Ok(()) => {}
                Err(TrySendError::Full(request)) => {
                    self.waiting.push_front(request);
                    return true;
                }
                Err(TrySendError::Disconnected(_)) => {
                    log::error!("the thread {} has ended", self.name);
                    self.waiting.clear();
                }
            }
        }
        false
    }

    /// Hands over all that waits, and returns when the thread has done it.
    pub fn close(&mut self) {
        // A thread that waits to report goes on, instead of both waiting for each other.
        self.reports = None;
        if let Some(requests) = self.requests.take() {
            for request in self.waiting.drain(..) {
                if requests.send(request).is_err() {
                    break;
                }
            }
        }
        self.join();
    }
}

impl<Request, Report> Service<Request, Report> {
    fn join(&mut self) {
        self.requests = None;
        self.reports = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the thread {} ended in a panic", self.name);
        }
    }
}

impl<Request, Report> Drop for Service<Request, Report> {
    fn drop(&mut self) {
        self.join();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn doubling(gate: Receiver<()>) -> Service<u32, u32> {
        let serve = move |inbox: &Receiver<u32>, reports: Reports<u32>| {
            while let Ok(number) = inbox.recv() {
                gate.recv().ok();
                reports.send(2 * number);
            }
        };
        Service::start("test", 2, Arc::new(|| ()), serve).expect("a thread")
    }

    #[test]
    fn requests_that_do_not_fit_wait_in_order() {
        let (open, gate) = sync_channel(100);
        let mut service = doubling(gate);
        for number in 0..50 {
            service.send(number);
        }
        assert!(service.flush(), "the queue holds two");
        for _ in 0..50 {
            open.send(()).expect("the thread listens");
        }
        let mut reports = Vec::new();
        while reports.len() < 50 {
            service.flush();
            match service.try_report() {
                Some(report) => reports.push(report),
                None => std::thread::yield_now(),
            }
        }
        assert!(reports.iter().copied().eq((0..50).map(|number| 2 * number)));
    }

    #[test]
    fn closing_hands_over_everything_although_nobody_takes_reports() {
        let (open, gate) = sync_channel(100);
        let (done, all) = sync_channel(100);
        let serve = move |inbox: &Receiver<u32>, reports: Reports<u32>| {
            while let Ok(number) = inbox.recv() {
                gate.recv().ok();
                reports.send(number);
                done.send(number).expect("the test listens");
            }
        };
        let mut service = Service::start("test", 2, Arc::new(|| ()), serve).expect("a thread");
        for number in 0..50 {
            service.send(number);
            open.send(()).expect("the thread listens");
        }
        service.close();
        assert!(all.try_iter().eq(0..50));
    }
}

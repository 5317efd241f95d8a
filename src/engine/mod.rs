//! The engine: one thread that owns every tensor. Requests go in, frames come out.
//!
//! The hazard that this layer guards against is a blocked window: every call on a tensor may
//! wait for a GPU queue, a shader compilation or a large matrix product. So no tensor leaves
//! this thread, and nothing that the window calls here waits for it.

mod api;
mod axes;
mod bridge;
mod compute;
mod context;
mod findings;
mod jobs;
mod mailbox;
mod models;
mod picture_file;
mod worker;

pub use api::*;
pub use compute::padded_batch;
pub use findings::*;

use crate::gpu::Gpu;
use mailbox::Mailbox;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Events that may wait for whoever drives the engine; then the engine waits too.
const EVENT_QUEUE: usize = 1024;

/// The window's wgpu handles, for decoding on the same device.
pub type SharedGpu = Gpu;

/// How to start an engine.
pub struct EngineOptions {
    pub device: DeviceChoice,
    /// The window's device; without it the engine asks for one of its own where it needs one.
    pub gpu: Option<SharedGpu>,
    /// Called from the engine thread after every event, to repaint the window.
    pub wake: Arc<dyn Fn() + Send + Sync>,
}

/// A handle on the engine thread. Dropping it cancels what runs and ends the thread.
pub struct Engine {
    mailbox: Arc<Mailbox>,
    /// Taken only when the engine is dropped.
    events: Option<Receiver<Event>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts the engine thread. Never waits for a device.
    ///
    /// # Errors
    /// When the operating system starts no thread.
    pub fn start(options: EngineOptions) -> std::io::Result<Self> {
        let mailbox = Arc::new(Mailbox::default());
        let (sender, events) = sync_channel(EVENT_QUEUE);
        let inbox = Arc::clone(&mailbox);
        let thread = std::thread::Builder::new()
            .name("zscape engine".to_owned())
            .spawn(move || worker::run(options, &inbox, sender))?;
        Ok(Self {
            mailbox,
            events: Some(events),
            thread: Some(thread),
        })
    }

    /// Queues the loading of a model; answers with [`Event::Loaded`] or [`Event::LoadFailed`].
    pub fn load(&self, source: ModelSource) {
        self.mailbox.push_load(source);
    }

    /// Asks for a picture; replaces a preview that still waits.
    pub fn preview(&self, request: PreviewRequest) {
        self.mailbox.put_preview(request);
    }

    /// Queues a job behind those that wait.
    pub fn submit(&self, job: Job) -> JobId {
        self.mailbox.push_job(job)
    }

    /// Cancels a job that waits or runs; it answers with [`Event::JobCancelled`].
    pub fn cancel(&self, job: JobId) {
        self.mailbox.cancel(job);
    }

    /// The next event, if one is there.
    pub fn try_event(&self) -> Option<Event> {
        self.events.as_ref()?.try_recv().ok()
    }

    /// The next event, waiting up to `timeout`; `None` when none came or the thread ended.
    pub fn wait_event(&self, timeout: Duration) -> Option<Event> {
        self.events.as_ref()?.recv_timeout(timeout).ok()
    }
}

impl Drop for Engine {
    /// Waits for the thread, at most for the tile or the frame that it is at: a process that ends
    /// while a thread still uses a graphics driver may crash in the driver.
    fn drop(&mut self) {
        self.mailbox.close();
        // An engine that waits for room in a full queue goes on when nobody listens.
        self.events = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the engine thread ended in a panic");
        }
    }
}

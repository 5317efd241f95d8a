//! The engine: one thread that owns every tensor. Requests go in, frames come out.
//!
//! The hazard that this layer guards against is a blocked window: every call on a tensor may
//! wait for a GPU queue, a shader compilation or a large matrix product. So no tensor leaves
//! this thread, and nothing that the window calls here waits for it.

mod api;
mod axes;
mod background;
mod backlog;
mod bridge;
mod compute;
mod context;
mod findings;
mod jobs;
mod load;
mod mailbox;
mod models;
mod picture_file;
mod previews;
mod reference;
mod schedule;
mod worker;

pub use api::*;
pub use backlog::Backlog;
pub use compute::padded_batch;
pub use findings::*;

use crate::gpu::Gpu;
use crate::model::Generator;
use crate::model::manifest::Manifest;
use crate::model::process::Decoder;
use mailbox::{Mailbox, Order};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
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
    pub decoders: Decoders,
}

/// Chooses what makes the pictures of a model: its networks alone, or a sampler over them.
pub struct Decoders(Box<MakeDecoder>);

type MakeDecoder = dyn Fn(&Manifest, Arc<Generator>) -> Arc<dyn Decoder> + Send;

impl Decoders {
    /// Chooses by a function of the manifest and the networks.
    pub fn new(
        choose: impl Fn(&Manifest, Arc<Generator>) -> Arc<dyn Decoder> + Send + 'static,
    ) -> Self {
        Self(Box::new(choose))
    }

    fn choose(&self, manifest: &Manifest, generator: &Arc<Generator>) -> Arc<dyn Decoder> {
        (self.0)(manifest, Arc::clone(generator))
    }
}

impl Default for Decoders {
    /// All built-in families decode with their networks alone.
    fn default() -> Self {
        Self::new(|_, generator| generator)
    }
}

/// A handle on the engine thread. Dropping it cancels what runs and ends the thread.
pub struct Engine {
    requests: Requests,
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
            requests: Requests(mailbox),
            events: Some(events),
            thread: Some(thread),
        })
    }

    /// The other end of the engine's inbox, for any thread.
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// As [`Requests::load`].
    pub fn load(&self, source: ModelSource) -> JobId {
        self.requests.load(source)
    }

    /// As [`Requests::preview`].
    pub fn preview(&self, request: PreviewRequest) {
        self.requests.preview(request);
    }

    /// As [`Requests::submit`].
    pub fn submit(&self, job: Job) -> JobId {
        self.requests.submit(job)
    }

    /// As [`Requests::submit_as`].
    pub fn submit_as(&self, class: Class, job: Job) -> JobId {
        self.requests.submit_as(class, job)
    }

    /// As [`Requests::cancel`].
    pub fn cancel(&self, job: JobId) {
        self.requests.cancel(job);
    }

    /// The next event, if one is there.
    pub fn try_event(&self) -> Option<Event> {
        self.events.as_ref()?.try_recv().ok()
    }

    /// The next event, waiting up to `timeout`.
    ///
    /// # Errors
    /// When none came in time, or the thread has ended.
    pub fn wait_event(&self, timeout: Duration) -> Result<Event, NoEvent> {
        let events = self.events.as_ref().ok_or(NoEvent::Stopped)?;
        events.recv_timeout(timeout).map_err(|error| match error {
            RecvTimeoutError::Timeout => NoEvent::Timeout,
            RecvTimeoutError::Disconnected => NoEvent::Stopped,
        })
    }
}

/// Asks the engine for something, from any thread; the answers come out of [`Engine`].
#[derive(Clone)]
pub struct Requests(Arc<Mailbox>);

impl Requests {
    /// Loads a model; answers with [`Event::Loading`] again and again, then with
    /// [`Event::Loaded`] or [`Event::LoadFailed`], or with [`Event::JobCancelled`]. A model that
    /// is there already, and whose file is as it was, answers at once.
    pub fn load(&self, source: ModelSource) -> JobId {
        self.0.push(Class::Visible, Order::Load(source))
    }

    /// Asks for a picture; replaces a preview of the same stage that waits or is being made.
    pub fn preview(&self, request: PreviewRequest) {
        self.0.put_preview(request);
    }

    /// Begins a job beside those that run, in the class that is usual for it.
    pub fn submit(&self, job: Job) -> JobId {
        self.submit_as(job.class(), job)
    }

    /// Begins a job in another class than the usual.
    pub fn submit_as(&self, class: Class, job: Job) -> JobId {
        self.0.push(class, Order::Job(Box::new(job)))
    }

    /// Cancels a job or a load that waits or runs; it answers with [`Event::JobCancelled`]. One
    /// that has ended stays as it is.
    pub fn cancel(&self, job: JobId) {
        self.0.cancel(job);
    }
}

impl Drop for Engine {
    /// Waits for the thread, at most for the tile or the frame that it is at: a process that ends
    /// while a thread still uses a graphics driver may crash in the driver.
    fn drop(&mut self) {
        self.requests.0.close();
        // An engine that waits for room in a full queue goes on when nobody listens.
        self.events = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the engine thread ended in a panic");
        }
    }
}

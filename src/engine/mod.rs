//! The engine: one thread that owns every tensor. Requests go in, frames come out.
//!
//! The hazard that this layer guards against is a blocked window: every call on a tensor may
//! wait for a GPU queue, a shader compilation or a large matrix product. So no tensor leaves
//! this thread, and nothing that the window calls here waits for it.

mod api;

pub use api::*;

use std::sync::Arc;
use std::time::Duration;

/// The window's wgpu handles, for decoding on the same device.
#[derive(Clone)]
pub struct SharedGpu {
    pub instance: wgpu::Instance,
    pub adapter: wgpu::Adapter,
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
}

/// How to start an engine.
pub struct EngineOptions {
    pub device: DeviceChoice,
    /// The window's device; without it the engine asks for one of its own where it needs one.
    pub gpu: Option<SharedGpu>,
    /// Called from the engine thread after every event, to repaint the window.
    pub wake: Arc<dyn Fn() + Send + Sync>,
}

/// A handle on the engine thread. Dropping it cancels what runs and ends the thread.
pub struct Engine {}

impl Engine {
    /// Starts the engine thread. Never waits for a device.
    ///
    /// # Errors
    /// When the operating system starts no thread.
    pub fn start(options: EngineOptions) -> std::io::Result<Self> {
        todo!()
    }

    /// Queues the loading of a model; answers with [`Event::Loaded`] or [`Event::LoadFailed`].
    pub fn load(&self, source: ModelSource) {
        todo!()
    }

    /// Asks for a picture; replaces a preview that still waits.
    pub fn preview(&self, request: PreviewRequest) {
        todo!()
    }

    /// Queues a job behind those that wait.
    pub fn submit(&self, job: Job) -> JobId {
        todo!()
    }

    /// Cancels a job that waits or runs; it answers with [`Event::JobCancelled`].
    pub fn cancel(&self, job: JobId) {
        todo!()
    }

    /// The next event, if one is there.
    pub fn try_event(&self) -> Option<Event> {
        todo!()
    }

    /// The next event, waiting up to `timeout`; `None` when none came or the thread ended.
    pub fn wait_event(&self, timeout: Duration) -> Option<Event> {
        todo!()
    }
}

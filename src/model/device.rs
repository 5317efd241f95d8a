//! The devices that models run on.
//!
//! `Device::default()` is never used: an environment variable overrides it.

use super::ModelError;
use burn::tensor::Device;
use burn::tensor::wgpu::{WgpuSetup, wgpu};

/// Tasks that are gathered before they are handed to the queue: few, so that the window's own
/// work comes between.
const TASKS_MAX: usize = 16;

/// The CPU.
pub fn cpu() -> Device {
    Device::flex()
}

/// A wgpu device that somebody else made, such as the window's.
///
/// The device must have been asked for with all features and limits of its adapter: kernels are
/// chosen by what the adapter has. Call it once for a device: a second call makes a second
/// runtime on it. It installs a handler of uncaptured errors that panics; install another after.
///
/// # Errors
/// When the device cannot compute.
pub fn shared(
    instance: wgpu::Instance,
    adapter: wgpu::Adapter,
    device: wgpu::Device,
    queue: wgpu::Queue,
) -> Result<Device, ModelError> {
    let backend = adapter.get_info().backend;
    Device::wgpu_options()
        .setup(WgpuSetup {
            instance,
            adapter,
            device,
            queue,
            backend,
        })
        .tasks_max(TASKS_MAX)
        .init()
        .map_err(|error| ModelError(format!("the GPU cannot be used: {error}")))
}

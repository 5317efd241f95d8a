//! The device that a run without a window computes on.

use super::TrainError;
use crate::engine::DeviceChoice;
use crate::gpu;
use crate::model;
use burn::tensor::Device;

/// A device and its kind. `Auto` takes a real GPU where there is one.
///
/// # Errors
/// When a GPU is asked for and there is none.
pub fn choose(choice: DeviceChoice) -> Result<(Device, String), TrainError> {
    let cpu = || Ok((model::device::cpu(), "flex".to_owned()));
    if choice == DeviceChoice::Cpu {
        return cpu();
    }
    let found = gpu::headless(choice == DeviceChoice::Auto);
    match (found, choice) {
        (Ok(gpu), _) => {
            let device = model::device::shared(gpu.instance, gpu.adapter, gpu.device, gpu.queue)?;
            Ok((device, "wgpu".to_owned()))
        }
        (Err(error), DeviceChoice::Gpu) => Err(TrainError::NoGpu(error.to_string())),
        (Err(_), _) => cpu(),
    }
}

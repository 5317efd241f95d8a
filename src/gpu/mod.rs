//! wgpu only: the device descriptor, the display pass, readback.

mod adapter;
pub mod display;
pub mod readback;

pub use adapter::{Gpu, GpuError, device_descriptor, headless, is_software};

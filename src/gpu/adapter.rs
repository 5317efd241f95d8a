//! Adapters and devices.
//!
//! One descriptor for the window, for headless work and for tests: the compute runtime reads
//! what the adapter can do, not what the device was asked for, so a device with fewer features
//! than its adapter would be given shaders that it refuses.

/// The handles of a device.
#[derive(Clone, Debug)]
pub struct Gpu {
    pub instance: wgpu::Instance,
    pub adapter: wgpu::Adapter,
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
}

/// Why there is no GPU.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    #[error(
        "no graphics adapter was found; on Debian and Ubuntu `apt-get install mesa-vulkan-drivers` brings a software one"
    )]
    NoAdapter,
    #[error("the adapter {0:?} is software, which is slower than the CPU device")]
    Software(String),
    #[error("the adapter {adapter:?} gave no device: {source}")]
    NoDevice {
        adapter: String,
        source: wgpu::RequestDeviceError,
    },
}

/// A device with everything that its adapter can do.
#[expect(
    unsafe_code,
    reason = "the constructor asks its caller to accept unstable features"
)]
pub fn device_descriptor(adapter: &wgpu::Adapter) -> wgpu::DeviceDescriptor<'static> {
    // SAFETY: an adapter lists experimental features only where its driver has them, and nothing
    // of zscape uses one; they are asked for because the compute runtime expects them.
    let experimental_features = unsafe { wgpu::ExperimentalFeatures::enabled() };
    wgpu::DeviceDescriptor {
        experimental_features,
        label: Some("zscape"),
        // Mappable primary buffers are slow on discrete cards and nothing needs them.
        required_features: adapter.features() - wgpu::Features::MAPPABLE_PRIMARY_BUFFERS,
        required_limits: adapter.limits(),
        memory_hints: wgpu::MemoryHints::MemoryUsage,
        ..Default::default()
    }
}

/// Whether an adapter computes on the CPU.
pub fn is_software(adapter: &wgpu::Adapter) -> bool {
    adapter.get_info().device_type == wgpu::DeviceType::Cpu
}

/// A device without a window.
///
/// # Errors
/// When there is no adapter, only a software one while `real` asks for more, or no device.
pub fn headless(real: bool) -> Result<Gpu, GpuError> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        // OpenGL would look for a screen, and its libraries complain on standard error where
        // there is none.
        backends: wgpu::Backends::PRIMARY,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let adapter = pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..Default::default()
    }))
    .map_err(|_| GpuError::NoAdapter)?;
    let name = adapter.get_info().name;
    if real && is_software(&adapter) {
        return Err(GpuError::Software(name));
    }
    let (device, queue) = pollster::block_on(adapter.request_device(&device_descriptor(&adapter)))
        .map_err(|source| GpuError::NoDevice {
            adapter: name,
            source,
        })?;
    Ok(Gpu {
        instance,
        adapter,
        device,
        queue,
    })
}

//! wgpu only: the device descriptor, the display pass, readback.

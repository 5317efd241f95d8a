//! The WGSL display pass against its CPU twin.

use crate::support::gpu;
use wgpu::util::DeviceExt as _;
use zscape::gpu::display::{DisplayPass, rgba_from_planes};
use zscape::gpu::readback;
use zscape::model::manifest::ImageSpec;

#[test]
fn the_pass_and_its_twin_round_alike() {
    let gpu = gpu();
    let pass = DisplayPass::new(&gpu.device, &gpu.queue);
    for (channels, height, width) in [(1, 28, 28), (3, 32, 32), (3, 7, 13), (1, 1, 1), (1, 65, 9)] {
        let image = ImageSpec {
            channels,
            height,
            width,
        };
        // From below 0 to above 1, through every byte's borders.
        let values: Vec<f32> = (0..image.len())
            .map(|i| (i * 7919 % 1301) as f32 / 1275.0 - 0.01)
            .collect();
        let buffer = gpu
            .device
            .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: None,
                contents: bytemuck::cast_slice(&values),
                usage: wgpu::BufferUsages::STORAGE,
            });
        let texture = pass.run(buffer.as_entire_binding(), image);
        let shown = readback::rgba(&gpu.device, &gpu.queue, &texture).expect("the device is there");
        assert_eq!(
            shown,
            rgba_from_planes(&values, image),
            "{channels}x{height}x{width}"
        );
    }
}

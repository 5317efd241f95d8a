//! The display pass: from a buffer of decoded numbers to a texture, without leaving the GPU.

use crate::model::manifest::ImageSpec;
use bytemuck::{Pod, Zeroable};
use wgpu::util::DeviceExt as _;

/// Side of a workgroup in the shader.
const WORKGROUP: u32 = 8;

/// The uniform of the shader; its layout is that of `Picture` there.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct PictureUniform {
    width: u32,
    height: u32,
    channels: u32,
    padding: u32,
}

/// The pipeline of the display pass on one device.
#[derive(Clone, Debug)]
pub struct DisplayPass {
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipeline: wgpu::ComputePipeline,
}

impl DisplayPass {
    /// Compiles the pass.
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Self {
        let module = device
            .create_shader_module(wgpu::include_wgsl!("../../shaders/tensor_to_texture.wgsl"));
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("tensor to texture"),
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        Self {
            device: device.clone(),
            queue: queue.clone(),
            pipeline,
        }
    }

    /// Submits the pass for one picture and gives the texture that it fills.
    ///
    /// `planes` is a storage buffer of f32 `[channels, height, width]` in 0..1; its owner must
    /// keep it until this returns. The texture is `Rgba8Unorm` with sRGB-encoded bytes.
    pub fn run(&self, planes: wgpu::BindingResource<'_>, image: ImageSpec) -> wgpu::Texture {
        let [width, height, channels] =
            [image.width, image.height, image.channels].map(|side| side as u32);
        let texture = self.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("decoded picture"),
            size: wgpu::Extent3d {
                width,
                height,
                depth_or_array_layers: 1,
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba8Unorm,
            usage: wgpu::TextureUsages::STORAGE_BINDING
                | wgpu::TextureUsages::TEXTURE_BINDING
                | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let uniform = PictureUniform {
            width,
            height,
            channels,
            padding: 0,
        };
        let uniform = self
            .device
            .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some("picture size"),
                contents: bytemuck::bytes_of(&uniform),
                usage: wgpu::BufferUsages::UNIFORM,
            });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let bind_group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("tensor to texture"),
            layout: &self.pipeline.get_bind_group_layout(0),
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: planes,
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: uniform.as_entire_binding(),
                },
                wgpu::BindGroupEntry {
                    binding: 2,
                    resource: wgpu::BindingResource::TextureView(&view),
                },
            ],
        });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &bind_group, &[]);
            pass.dispatch_workgroups(width.div_ceil(WORKGROUP), height.div_ceil(WORKGROUP), 1);
        }
        self.queue.submit([encoder.finish()]);
        texture
    }
}

/// The CPU twin of the pass: RGBA bytes of f32 `[channels, height, width]` in 0..1.
pub fn rgba_from_planes(planes: &[f32], image: ImageSpec) -> Vec<u8> {
    let len = image.width * image.height;
    let level = |plane: usize, pixel: usize| {
        let value = planes.get(plane * len + pixel).copied().unwrap_or(0.0);
        // NaN becomes 0, as `as` saturates.
        (value.clamp(0.0, 1.0) * 255.0 + 0.5).floor() as u8
    };
    (0..len)
        .flat_map(|pixel| {
            let red = level(0, pixel);
            if image.channels == 3 {
                [red, level(1, pixel), level(2, pixel), 255]
            } else {
                [red, red, red, 255]
            }
        })
        .collect()
}

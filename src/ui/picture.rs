//! The newest picture as a texture that egui can paint, wherever its pixels live.

use crate::app::Enlarging;
use crate::engine::{Frame, Picture};
use crate::model::manifest::ImageSpec;
use eframe::egui;
use eframe::egui::{
    ColorImage, Context, Id, TextureFilter, TextureHandle, TextureId, TextureOptions,
};
use eframe::egui_wgpu::RenderState;

/// How textures of this width and height in pixels are sampled: enlarged as the user chose, smooth
/// when they have to shrink.
pub fn texture_options(ctx: &Context, size: [usize; 2]) -> TextureOptions {
    TextureOptions {
        magnification: if is_smooth(ctx, size) {
            TextureFilter::Linear
        } else {
            TextureFilter::Nearest
        },
        minification: TextureFilter::Linear,
        wrap_mode: egui::TextureWrapMode::ClampToEdge,
        mipmap_mode: None,
    }
}

/// Whether pictures of this width and height in pixels are enlarged smoothly.
pub fn is_smooth(ctx: &Context, size: [usize; 2]) -> bool {
    let enlarging = ctx.data(|data| data.get_temp::<Enlarging>(enlarging_id()));
    enlarging.unwrap_or_default().is_smooth(size)
}

/// Has every picture enlarged like this from now on.
pub fn set_enlarging(ctx: &Context, enlarging: Enlarging) {
    ctx.data_mut(|data| data.insert_temp(enlarging_id(), enlarging));
}

/// Where egui keeps it, as it keeps the style: whatever paints pictures reads it there.
fn enlarging_id() -> Id {
    Id::unique("how pictures are enlarged")
}

/// A picture that is ready to be painted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Shown {
    pub texture: TextureId,
    pub image: ImageSpec,
}

/// The texture of the newest frame.
#[derive(Default)]
pub struct PictureTexture {
    /// The frame that it shows: its request and its step.
    frame: Option<(u64, usize)>,
    options: Option<TextureOptions>,
    shown: Option<Shown>,
    /// Keeps uploaded pixels alive.
    uploaded: Option<TextureHandle>,
    /// The id under which the renderer knows the engine's own texture.
    native: Option<TextureId>,
    /// Keeps the engine's texture alive while it is on the window.
    native_texture: Option<wgpu::Texture>,
}

impl PictureTexture {
    /// Takes over a frame that is not shown yet.
    pub fn update(&mut self, ctx: &Context, renderer: Option<&RenderState>, frame: &Frame) {
        let (Picture::Pixels { image, .. } | Picture::Texture { image, .. }) = &frame.picture;
        let options = texture_options(ctx, [image.width, image.height]);
        let this = Some((frame.generation, frame.step));
        if self.frame == this && self.options == Some(options) {
            return;
        }
        let shown = match &frame.picture {
            Picture::Pixels { rgba, image } => self.upload(ctx, rgba, *image, options),
            Picture::Texture { texture, image } => self.adopt(renderer, texture, *image, options),
        };
        self.options = Some(options);
        if let Some(shown) = shown {
            self.frame = this;
            self.shown = Some(shown);
        }
    }

    /// What is there to be painted.
    pub fn shown(&self) -> Option<Shown> {
        self.shown
    }

    fn upload(
        &mut self,
        ctx: &Context,
        rgba: &[u8],
        image: ImageSpec,
        options: TextureOptions,
    ) -> Option<Shown> {
        let pixels = rgba_image([image.width, image.height], rgba)?;
        match &mut self.uploaded {
            Some(handle) => handle.set(pixels, options),
            None => self.uploaded = Some(ctx.load_texture("picture", pixels, options)),
        }
        let texture = self.uploaded.as_ref()?.id();
        Some(Shown { texture, image })
    }

    fn adopt(
        &mut self,
        renderer: Option<&RenderState>,
        texture: &wgpu::Texture,
        image: ImageSpec,
        options: TextureOptions,
    ) -> Option<Shown> {
        let state = renderer?;
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let sampler = wgpu::SamplerDescriptor {
            label: Some("picture"),
            mag_filter: match options.magnification {
                TextureFilter::Linear => wgpu::FilterMode::Linear,
                TextureFilter::Nearest => wgpu::FilterMode::Nearest,
            },
            min_filter: wgpu::FilterMode::Linear,
            ..Default::default()
        };
        let mut renderer = state.renderer.write();
        let id = match self.native {
            Some(id) => {
                renderer.update_egui_texture_from_wgpu_texture_with_sampler_options(
                    &state.device,
                    &view,
                    sampler,
                    id,
                );
                id
            }
            None => {
                renderer.register_native_texture_with_sampler_options(&state.device, &view, sampler)
            }
        };
        self.native = Some(id);
        self.native_texture = Some(texture.clone());
        Some(Shown { texture: id, image })
    }
}

/// Pixels for upload, or `None` when their number does not fit the size.
pub fn rgba_image(size: [usize; 2], rgba: &[u8]) -> Option<ColorImage> {
    let needed = size[0].checked_mul(size[1])?.checked_mul(4)?;
    (needed > 0 && rgba.len() == needed).then(|| ColorImage::from_rgba_unmultiplied(size, rgba))
}

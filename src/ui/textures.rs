//! Small pictures on the GPU, by the number of the picture; what is not painted for a while goes.

use crate::app::{DecodedPicture, Thumbnail};
use crate::gpu::display::rgba_from_planes;
use crate::ui::picture::{PICTURE_OPTIONS, rgba_image};
use eframe::egui::{Context, TextureHandle, TextureId, Vec2, vec2};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Frames after which a picture that was not painted leaves the GPU.
const KEPT_FRAMES: u64 = 120;

struct Kept {
    texture: TextureHandle,
    last_frame: u64,
}

/// The textures of pictures beside the main one.
#[derive(Default)]
pub struct PictureTextures {
    kept: BTreeMap<u64, Kept>,
    /// Pictures in their own size, where that is larger than a thumbnail.
    whole: BTreeMap<u64, Kept>,
    frame: u64,
}

impl PictureTextures {
    /// The texture of a picture, uploaded when it is painted for the first time.
    pub fn of(&mut self, ctx: &Context, picture: &DecodedPicture) -> Option<(TextureId, Vec2)> {
        self.of_thumbnail(ctx, picture.id, &picture.thumbnail)
    }

    /// As [`Self::of`], for any pixels with a number of their own.
    pub fn of_thumbnail(
        &mut self,
        ctx: &Context,
        id: u64,
        thumbnail: &Thumbnail,
    ) -> Option<(TextureId, Vec2)> {
        let Thumbnail {
            width,
            height,
            rgba,
        } = thumbnail;
        if !self.kept.contains_key(&id) {
            let pixels = rgba_image([*width, *height], rgba)?;
            let texture = ctx.load_texture(format!("picture {id}"), pixels, PICTURE_OPTIONS);
            let last_frame = self.frame;
            self.kept.insert(
                id,
                Kept {
                    texture,
                    last_frame,
                },
            );
        }
        let kept = self.kept.get_mut(&id)?;
        kept.last_frame = self.frame;
        Some((kept.texture.id(), vec2(*width as f32, *height as f32)))
    }

    /// The texture of a picture in its own size, not thinned to a thumbnail.
    pub fn whole(&mut self, ctx: &Context, picture: &DecodedPicture) -> Option<TextureId> {
        let (width, height) = (picture.image.width, picture.image.height);
        if (picture.thumbnail.width, picture.thumbnail.height) == (width, height) {
            return self.of(ctx, picture).map(|(texture, _)| texture);
        }
        let frame = self.frame;
        let kept = match self.whole.entry(picture.id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let rgba = rgba_from_planes(&picture.values, picture.image);
                let pixels = rgba_image([width, height], &rgba)?;
                let name = format!("whole picture {}", picture.id);
                place.insert(Kept {
                    texture: ctx.load_texture(name, pixels, PICTURE_OPTIONS),
                    last_frame: frame,
                })
            }
        };
        kept.last_frame = frame;
        Some(kept.texture.id())
    }

    /// Lets go of what was not painted for a while.
    pub fn end_frame(&mut self) {
        self.frame += 1;
        let frame = self.frame;
        self.kept
            .retain(|_, kept| kept.last_frame + KEPT_FRAMES >= frame);
        // Those are large: a moving hand makes many of them.
        self.whole.retain(|_, kept| kept.last_frame + 2 >= frame);
    }
}

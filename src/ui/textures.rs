//! Small pictures on the GPU, by the number of the picture; what is not painted for a while goes.

use crate::app::{DecodedPicture, Thumbnail};
use crate::gpu::display::rgba_from_planes;
use crate::model::manifest::ImageSpec;
use crate::ui::picture::{rgba_image, texture_options};
use eframe::egui::{ColorImage, Context, TextureHandle, TextureId, TextureOptions, Vec2, vec2};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Frames after which a picture that was not painted leaves the GPU.
const KEPT_FRAMES: u64 = 120;

struct Kept {
    texture: TextureHandle,
    options: TextureOptions,
    last_frame: u64,
}

/// Textures by the number of a picture, and by how much it was shrunk.
type Shelf = BTreeMap<(u64, usize), Kept>;

/// The textures of pictures beside the main one.
#[derive(Default)]
pub struct PictureTextures {
    kept: Shelf,
    /// Pictures in their own size, where that is larger than a thumbnail.
    whole: Shelf,
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
        let size = [*width, *height];
        let texture = take(&mut self.kept, ctx, ((id, 0), self.frame), size, || {
            rgba_image(size, rgba)
        })?;
        Some((texture, vec2(*width as f32, *height as f32)))
    }

    /// The texture of a picture in its own size, not thinned to a thumbnail.
    pub fn whole(&mut self, ctx: &Context, picture: &DecodedPicture) -> Option<TextureId> {
        let size = [picture.image.width, picture.image.height];
        if [picture.thumbnail.width, picture.thumbnail.height] == size {
            return self.of(ctx, picture).map(|(texture, _)| texture);
        }
        self.of_values(ctx, picture.id, picture.image, &picture.values)
    }

    /// The texture of a picture that is painted with its longest side as long as `side` pixels of the screen: as small as it
    /// can be without a blur.
    pub fn filling(
        &mut self,
        ctx: &Context,
        picture: &DecodedPicture,
        side: f32,
    ) -> Option<(TextureId, Vec2)> {
        let (image, thumbnail) = (picture.image, &picture.thumbnail);
        let step = Thumbnail::step_to_fill(image, side);
        let longest = image.width.max(image.height).div_ceil(step);
        if longest <= thumbnail.width.max(thumbnail.height) {
            return self.of(ctx, picture);
        }
        let size = [image.width, image.height].map(|side| side.div_ceil(step));
        let key = (picture.id, step);
        let texture = take(&mut self.whole, ctx, (key, self.frame), size, || {
            let shrunk = Thumbnail::shrunk(image, &picture.values, step)?;
            rgba_image(size, &shrunk.rgba)
        })?;
        Some((texture, vec2(size[0] as f32, size[1] as f32)))
    }

    /// As [`Self::whole`], for any values f32 `[C, H, W]` in 0..1 with a number of their own.
    pub fn of_values(
        &mut self,
        ctx: &Context,
        id: u64,
        image: ImageSpec,
        values: &[f32],
    ) -> Option<TextureId> {
        let size = [image.width, image.height];
        take(&mut self.whole, ctx, ((id, 1), self.frame), size, || {
            rgba_image(size, &rgba_from_planes(values, image))
        })
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

/// The texture of the picture with this number, painted in this frame; its pixels are asked for
/// when it is not on the shelf, or there for another way of enlarging.
fn take(
    shelf: &mut Shelf,
    ctx: &Context,
    (id, frame): ((u64, usize), u64),
    size: [usize; 2],
    pixels: impl FnOnce() -> Option<ColorImage>,
) -> Option<TextureId> {
    let options = texture_options(ctx, size);
    let kept = match shelf.entry(id) {
        Entry::Occupied(known) if known.get().options == options => known.into_mut(),
        Entry::Occupied(known) => {
            let kept = known.into_mut();
            kept.texture.set(pixels()?, options);
            kept.options = options;
            kept
        }
        Entry::Vacant(place) => place.insert(Kept {
            texture: ctx.load_texture(format!("picture {}", id.0), pixels()?, options),
            options,
            last_frame: frame,
        }),
    };
    kept.last_frame = frame;
    Some(kept.texture.id())
}

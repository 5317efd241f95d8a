//! PNG pictures that carry their recipe.

use super::embedded::{self, EmbeddedError, RECIPE_KEYWORD};
use super::raster::{Pixels, Raster};
use super::recipe::Recipe;
use ::png::{BitDepth, ColorType, Encoder, PixelDimensions, SrgbRenderingIntent, Unit};
use std::io::Write;

/// The first bytes of every PNG file.
pub const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Why a picture was not encoded.
#[derive(Debug, thiserror::Error)]
#[error("the picture cannot be encoded: {0}")]
pub struct PngError(#[from] ::png::EncodingError);

/// The bytes of a PNG file with `recipe` in an iTXt chunk.
///
/// # Errors
/// When the encoder refuses, which it does for no picture of a sound [`Raster`].
pub fn encode(raster: &Raster, recipe: &Recipe) -> Result<Vec<u8>, PngError> {
    let mut bytes = Vec::new();
    let encoder = encoder(&mut bytes, raster.pixels(), raster.size(), recipe)?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(raster.bytes())?;
    writer.finish()?;
    Ok(bytes)
}

/// The bytes of a PNG file of a picture that no recipe makes again.
///
/// # Errors
/// As for [`encode`].
pub fn encode_plain(raster: &Raster) -> Result<Vec<u8>, PngError> {
    let mut bytes = Vec::new();
    let mut writer = plain_encoder(&mut bytes, raster.pixels(), raster.size()).write_header()?;
    writer.write_image_data(raster.bytes())?;
    writer.finish()?;
    Ok(bytes)
}

fn plain_encoder<W: Write>(
    out: W,
    pixels: Pixels,
    [width, height]: [u32; 2],
) -> Encoder<'static, W> {
    let mut encoder = Encoder::new(out, width, height);
    encoder.set_color(match pixels {
        Pixels::Grey => ColorType::Grayscale,
        Pixels::Rgb => ColorType::Rgb,
        Pixels::Rgba => ColorType::Rgba,
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_source_srgb(SrgbRenderingIntent::Perceptual);
    encoder
}

/// An encoder for sRGB pictures of 8 bits that puts `recipe` in front of them.
pub(super) fn encoder<W: Write>(
    out: W,
    pixels: Pixels,
    size: [u32; 2],
    recipe: &Recipe,
) -> Result<Encoder<'static, W>, ::png::EncodingError> {
    let mut encoder = plain_encoder(out, pixels, size);
    encoder.set_pixel_dims(recipe.dpi.map(|dpi| {
        // An inch has 0.0254 metres.
        let per_metre = (f64::from(dpi) / 0.0254).round() as u32;
        PixelDimensions {
            xppu: per_metre,
            yppu: per_metre,
            unit: Unit::Meter,
        }
    }));
    encoder.add_itxt_chunk(RECIPE_KEYWORD.to_owned(), recipe.to_json())?;
    Ok(encoder)
}

/// The recipe in the bytes of a PNG file; the pixels are not decoded.
///
/// # Errors
/// When the bytes are no PNG file, or carry no recipe that this program reads.
pub fn read_recipe(bytes: &[u8]) -> Result<Recipe, EmbeddedError> {
    embedded::recipe_in(bytes)
}

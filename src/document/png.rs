//! PNG pictures that carry their recipe.

use super::raster::{Pixels, Raster};
use super::recipe::{Recipe, RecipeError};
use ::png::{BitDepth, ColorType, Decoder, Encoder, Limits, SrgbRenderingIntent};
use std::io::Cursor;

/// The keyword of the text chunk that holds the recipe.
pub const RECIPE_KEYWORD: &str = "zscape";
/// The first bytes of every PNG file.
pub const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// The most bytes that the reader may spend on what comes before the pixels.
const MAX_HEADER_BYTES: usize = 64 << 20;
/// The longest recipe that is read, in bytes: an expression has at most a million.
const MAX_RECIPE_BYTES: usize = 8 << 20;

/// Why a picture was not encoded, or gave no recipe.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    #[error("the picture cannot be encoded: {0}")]
    Encode(::png::EncodingError),
    #[error("it is not a sound PNG file: {0}")]
    Decode(::png::DecodingError),
    #[error("it carries no recipe, so zscape did not make it")]
    NoRecipe,
    #[error(transparent)]
    Recipe(#[from] RecipeError),
}

/// The bytes of a PNG file with `recipe` in an iTXt chunk.
///
/// # Errors
/// When the encoder refuses, which it does for no picture of a sound [`Raster`].
pub fn encode(raster: &Raster, recipe: &Recipe) -> Result<Vec<u8>, PngError> {
    encode_with(raster, recipe).map_err(PngError::Encode)
}

fn encode_with(raster: &Raster, recipe: &Recipe) -> Result<Vec<u8>, ::png::EncodingError> {
    let [width, height] = raster.size();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(match raster.pixels() {
        Pixels::Grey => ColorType::Grayscale,
        Pixels::Rgb => ColorType::Rgb,
        Pixels::Rgba => ColorType::Rgba,
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_source_srgb(SrgbRenderingIntent::Perceptual);
    encoder.add_itxt_chunk(RECIPE_KEYWORD.to_owned(), recipe.to_json())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(raster.bytes())?;
    writer.finish()?;
    Ok(bytes)
}

/// The recipe in the bytes of a PNG file; the pixels are not decoded.
///
/// # Errors
/// When the bytes are no PNG file, or carry no recipe that this program reads.
pub fn read_recipe(bytes: &[u8]) -> Result<Recipe, PngError> {
    let limits = Limits {
        bytes: MAX_HEADER_BYTES,
    };
    let mut reader = Decoder::new_with_limits(Cursor::new(bytes), limits)
        .read_info()
        .map_err(PngError::Decode)?;
    // Other programs that store the picture again may move the text behind the pixels.
    if reader.info().utf8_text.is_empty() && reader.info().uncompressed_latin1_text.is_empty() {
        reader.finish().map_err(PngError::Decode)?;
    }
    let info = reader.info();
    for chunk in &info.utf8_text {
        if chunk.keyword == RECIPE_KEYWORD {
            let mut chunk = chunk.clone();
            chunk
                .decompress_text_with_limit(MAX_RECIPE_BYTES)
                .map_err(PngError::Decode)?;
            let text = chunk.get_text().map_err(PngError::Decode)?;
            return Ok(Recipe::from_json(&text)?);
        }
    }
    info.uncompressed_latin1_text
        .iter()
        .find(|chunk| chunk.keyword == RECIPE_KEYWORD)
        .map_or(Err(PngError::NoRecipe), |chunk| {
            Ok(Recipe::from_json(&chunk.text)?)
        })
}

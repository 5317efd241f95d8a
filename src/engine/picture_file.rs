//! Pictures from files, in the form that an encoder takes.

use crate::model::manifest::ImageSpec;
use image::imageops::FilterType;
use image::{ImageReader, Limits};
use std::path::Path;

/// Longest side and memory of a picture that is read.
const MAX_SIDE: u32 = 16_384;
const MAX_BYTES: u64 = 1 << 30;

/// Reads a picture and scales it to the model's size: f32 `[C, H, W]` in 0..1, transparent parts
/// over black.
///
/// # Errors
/// A sentence that names the file and the fault.
pub fn read(path: &Path, image: ImageSpec) -> Result<Vec<f32>, String> {
    let fault = |fault: String| format!("{}: the picture cannot be read: {fault}", path.display());
    let mut reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|error| fault(error.to_string()))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| fault(error.to_string()))?;
    let (width, height) = (image.width as u32, image.height as u32);
    let scaled = if (picture.width(), picture.height()) == (width, height) {
        picture.to_rgba32f()
    } else {
        picture
            .resize_exact(width, height, FilterType::Triangle)
            .to_rgba32f()
    };
    let plane = |value: &dyn Fn([f32; 4]) -> f32| -> Vec<f32> {
        scaled
            .pixels()
            .map(|pixel| (value(pixel.0) * pixel.0[3]).clamp(0.0, 1.0))
            .collect()
    };
    Ok(if image.channels == 3 {
        [plane(&|p| p[0]), plane(&|p| p[1]), plane(&|p| p[2])].concat()
    } else {
        // Rec. 709 weights, on the encoded values, as `image` does for bytes.
        plane(&|p| 0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2])
    })
}

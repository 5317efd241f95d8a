//! Pictures from files, in the form that an encoder takes.

use crate::document::photo::{self, PrepareOptions, prepare};
use crate::model::manifest::ImageSpec;
use std::path::Path;

/// Reads a picture of any common format and brings it to the model's size: f32 `[C, H, W]` in
/// 0..1. What has other proportions is cut to the model's, and transparent parts are black.
///
/// # Errors
/// A sentence that names the file and the fault.
pub fn read(path: &Path, image: ImageSpec) -> Result<Vec<f32>, String> {
    let photo = photo::read(path).map_err(|error| error.to_string())?;
    let target = [image.channels, image.height, image.width];
    prepare(&photo, target, &PrepareOptions::default())
        .map_err(|error| format!("{}: {error}", path.display()))
}

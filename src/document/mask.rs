//! Masks in files: pictures in which what is to be redrawn is white.

use super::photo::{self, PhotoError};
use crate::latent::Mask;
use std::path::{Path, PathBuf};

/// Why a file holds no mask of a picture.
#[derive(Debug, thiserror::Error)]
pub enum MaskError {
    #[error(transparent)]
    Photo(#[from] PhotoError),
    #[error(
        "{}: the mask has {}x{} pixels, but pictures of the model have {}x{}",
        path.display(), found[0], found[1], wanted[0], wanted[1]
    )]
    Size {
        path: PathBuf,
        found: [u32; 2],
        wanted: [usize; 2],
    },
    #[error("{}: the mask has nothing white in it, so nothing would be redrawn", path.display())]
    Empty { path: PathBuf },
}

/// Reads the mask of a picture of `picture` pixels, width and height, that has `cells` cells. A cell is
/// redrawn where any pixel over it is nearer to white than to black.
///
/// # Errors
/// A sentence that names the file and the fault.
pub fn read(path: &Path, picture: [usize; 2], cells: [usize; 2]) -> Result<Mask, MaskError> {
    let photo = photo::read(path)?;
    let found = photo.size();
    if found.map(|side| side as usize) != picture {
        return Err(MaskError::Size {
            path: path.to_owned(),
            found,
            wanted: picture,
        });
    }
    let [width, height] = found;
    let places = (0..height).flat_map(|y| (0..width).map(move |x| [x, y]));
    let pixels: Vec<bool> = places
        .map(|[x, y]| {
            let [red, green, blue, alpha] = photo.pixel(x, y);
            alpha * (red + green + blue) / 3.0 >= 0.5
        })
        .collect();
    let mask = Mask::of_pixels(cells, &pixels, picture).unwrap_or_default();
    match mask.is_empty() {
        true => Err(MaskError::Empty {
            path: path.to_owned(),
        }),
        false => Ok(mask),
    }
}

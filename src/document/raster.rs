//! Pictures as bytes: from a model's numbers, scaled (`scale`), side by side (`sheet`).

mod scale;
mod sheet;

pub use scale::{Resampling, scaled_size};
pub use sheet::{Layout, Sheet};

/// The most bytes that a picture may have (1 GiB).
const MAX_BYTES: usize = 1 << 30;

/// How pixels are made of bytes; all values are sRGB-encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pixels {
    Grey,
    Rgb,
    Rgba,
}

impl Pixels {
    /// Bytes of one pixel.
    pub fn bytes(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// A picture of bytes, row after row from the top.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Raster {
    pixels: Pixels,
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

/// Why a picture cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RasterError {
    #[error("a picture of {width}x{height} pixels has no size that can be written")]
    Size { width: usize, height: usize },
    #[error("pictures with {0} channels cannot be drawn; 1 and 3 can")]
    Channels(usize),
    #[error("{got} numbers do not fill a picture of {wanted}")]
    Length { got: usize, wanted: usize },
    #[error(
        "a picture of {}x{} pixels does not fit a sheet of pictures of {}x{}",
        got[0], got[1], wanted[0], wanted[1]
    )]
    Tile { got: [usize; 2], wanted: [usize; 2] },
    #[error("pictures in grey and in colour do not fit the same sheet")]
    Mixed,
    #[error("there are more pictures than the {0} that the sheet has room for")]
    Full(usize),
}

impl Raster {
    /// A picture of `bytes`.
    ///
    /// # Errors
    /// When a side is zero, the picture is absurdly large, or `bytes` has another length.
    pub fn new(
        pixels: Pixels,
        width: usize,
        height: usize,
        bytes: Vec<u8>,
    ) -> Result<Self, RasterError> {
        let wanted = checked_len(pixels, width, height)?;
        if bytes.len() != wanted {
            let got = bytes.len();
            return Err(RasterError::Length { got, wanted });
        }
        Ok(Self {
            pixels,
            width,
            height,
            bytes,
        })
    }

    /// The picture of a model's numbers, `[channels, height, width]` in 0..1. Values outside are
    /// clamped, and each is rounded to the nearest of 256 steps.
    ///
    /// # Errors
    /// When there are not 1 or 3 channels, or `values` has another length.
    pub fn from_planes(
        [channels, height, width]: [usize; 3],
        values: &[f32],
    ) -> Result<Self, RasterError> {
        let pixels = match channels {
            1 => Pixels::Grey,
            3 => Pixels::Rgb,
            _ => return Err(RasterError::Channels(channels)),
        };
        let wanted = checked_len(pixels, width, height)?;
        if values.len() != wanted {
            let got = values.len();
            return Err(RasterError::Length { got, wanted });
        }
        let plane = width * height;
        let bytes = (0..wanted)
            .map(|index| {
                let (pixel, channel) = (index / channels, index % channels);
                (values[channel * plane + pixel].clamp(0.0, 1.0) * 255.0).round() as u8
            })
            .collect();
        Self::new(pixels, width, height, bytes)
    }

    /// An all-black picture to [paste](Self::paste) into.
    ///
    /// # Errors
    /// When a side is zero or the picture is absurdly large.
    pub fn black(pixels: Pixels, width: usize, height: usize) -> Result<Self, RasterError> {
        let mut bytes = vec![0; checked_len(pixels, width, height)?];
        if pixels == Pixels::Rgba {
            bytes.iter_mut().skip(3).step_by(4).for_each(|a| *a = 255);
        }
        Self::new(pixels, width, height, bytes)
    }

    /// Lays `other` over this picture with its upper left corner at `left` and `top`; what
    /// reaches over the edge, or has other pixels, is left out.
    pub fn paste(&mut self, other: &Self, left: usize, top: usize) {
        if other.pixels != self.pixels || left >= self.width {
            return;
        }
        let size = self.pixels.bytes();
        let run = other.width.min(self.width - left) * size;
        let rows = self.bytes.chunks_exact_mut(self.width * size).skip(top);
        for (row, from) in rows.zip(other.bytes.chunks_exact(other.width * size)) {
            row[left * size..left * size + run].copy_from_slice(&from[..run]);
        }
    }

    /// The picture in three channels, over `ground` where it is transparent.
    pub fn to_rgb(&self, ground: [u8; 3]) -> Self {
        let over = |value: u8, ground: u8, alpha: u8| {
            let alpha = u32::from(alpha);
            let sum = u32::from(value) * alpha + u32::from(ground) * (255 - alpha);
            ((sum + 127) / 255) as u8
        };
        let bytes = match self.pixels {
            Pixels::Rgb => self.bytes.clone(),
            Pixels::Grey => self.bytes.iter().flat_map(|&grey| [grey; 3]).collect(),
            Pixels::Rgba => {
                let pixels = self.bytes.chunks_exact(4);
                let channel = |pixel: &[u8], c: usize| over(pixel[c], ground[c], pixel[3]);
                pixels
                    .flat_map(|pixel| [0, 1, 2].map(|c| channel(pixel, c)))
                    .collect()
            }
        };
        Self {
            pixels: Pixels::Rgb,
            width: self.width,
            height: self.height,
            bytes,
        }
    }

    pub fn pixels(&self) -> Pixels {
        self.pixels
    }

    /// Width in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Width and height as recipes and PNG files hold them.
    pub fn size(&self) -> [u32; 2] {
        // The checked length bounds both sides to 30 bits.
        [self.width as u32, self.height as u32]
    }

    /// The bytes, row after row from the top.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The bytes of a picture, or an error where a side is zero or the picture absurdly large.
fn checked_len(pixels: Pixels, width: usize, height: usize) -> Result<usize, RasterError> {
    width
        .checked_mul(height)
        .and_then(|count| count.checked_mul(pixels.bytes()))
        .filter(|&len| len > 0 && len <= MAX_BYTES)
        .ok_or(RasterError::Size { width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_become_pixels_and_values_are_clamped() {
        let values = [0.0, 1.0, 0.5, 2.0, -1.0, f32::NAN];
        let raster = Raster::from_planes([3, 1, 2], &values).expect("six numbers, two pixels");
        assert_eq!(raster.bytes(), [0, 128, 0, 255, 255, 0]);
    }

    #[test]
    fn transparent_parts_show_the_ground() {
        let bytes = vec![10, 20, 30, 255, 10, 20, 30, 0, 100, 100, 100, 128];
        let raster = Raster::new(Pixels::Rgba, 3, 1, bytes).expect("three pixels");
        let flat = raster.to_rgb([255, 0, 0]);
        assert_eq!(flat.bytes(), [10, 20, 30, 255, 0, 0, 177, 50, 50]);
        let grey = Raster::new(Pixels::Grey, 1, 1, vec![7]).expect("one pixel");
        assert_eq!(grey.to_rgb([1, 2, 3]).bytes(), [7, 7, 7]);
    }

    #[test]
    fn a_paste_is_cut_at_the_edge() {
        let mut sheet = Raster::black(Pixels::Grey, 3, 2).expect("six pixels");
        let tile = Raster::new(Pixels::Grey, 2, 2, vec![1, 2, 3, 4]).expect("four pixels");
        sheet.paste(&tile, 2, 1);
        assert_eq!(sheet.bytes(), [0, 0, 0, 0, 0, 1]);
        sheet.paste(&tile, 3, 0);
        sheet.paste(&tile, 0, 9);
        assert_eq!(sheet.bytes(), [0, 0, 0, 0, 0, 1]);
    }
}

//! Pictures in other sizes.

use super::{Pixels, Raster, RasterError, checked_len};
use image::imageops::{FilterType, resize};
use image::{ImageBuffer, Luma, Rgb, Rgba};

/// Where the pixels of a scaled picture come from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Resampling {
    /// Each is the nearest pixel: whole factors give crisp squares.
    #[default]
    Nearest,
    /// A cubic (Catmull-Rom) through the neighbours; shrinking averages. The bytes are taken as
    /// they are, sRGB-encoded and with alpha apart.
    Smooth,
}

/// The size of a picture of `size` (width, height, neither zero) with `longer_side` pixels on its
/// longer side; see [`Raster::scaled`].
pub fn scaled_size([width, height]: [usize; 2], longer_side: usize) -> [usize; 2] {
    let longer = width.max(height).max(1);
    [width, height].map(|side| {
        let scaled = side.saturating_mul(longer_side);
        (scaled.saturating_add(longer / 2) / longer).max(1)
    })
}

impl Raster {
    /// The picture in another size.
    ///
    /// # Errors
    /// When a side is zero or the result absurdly large.
    pub fn resized(
        &self,
        width: usize,
        height: usize,
        resampling: Resampling,
    ) -> Result<Self, RasterError> {
        let len = checked_len(self.pixels, width, height)?;
        if (width, height) == (self.width, self.height) {
            return Ok(self.clone());
        }
        let bytes = match resampling {
            Resampling::Nearest => self.nearest(width, height, len),
            Resampling::Smooth => self.smooth(width, height)?,
        };
        Self::new(self.pixels, width, height, bytes)
    }

    /// The picture with `longer_side` pixels on its longer side. The other side keeps the
    /// proportion, rounded, and at least one pixel.
    ///
    /// # Errors
    /// When the result has no side or is absurdly large.
    pub fn scaled(&self, longer_side: usize, resampling: Resampling) -> Result<Self, RasterError> {
        let [width, height] = scaled_size([self.width, self.height], longer_side);
        self.resized(width, height, resampling)
    }

    /// The picture `factor` times as wide and as high.
    ///
    /// # Errors
    /// When `factor` is zero or the result absurdly large.
    pub fn enlarged(&self, factor: usize, resampling: Resampling) -> Result<Self, RasterError> {
        let side = |side: usize| side.saturating_mul(factor);
        self.resized(side(self.width), side(self.height), resampling)
    }

    fn nearest(&self, width: usize, height: usize, len: usize) -> Vec<u8> {
        let size = self.pixels.bytes();
        let columns: Vec<usize> = (0..width).map(|x| x * self.width / width * size).collect();
        let mut bytes = Vec::with_capacity(len);
        let mut drawn = None;
        for y in 0..height {
            let row = y * self.height / height;
            if drawn == Some(row) {
                // The row above is the same.
                bytes.extend_from_within(bytes.len() - width * size..);
                continue;
            }
            drawn = Some(row);
            let row = &self.bytes[row * self.width * size..][..self.width * size];
            for &from in &columns {
                bytes.extend_from_slice(&row[from..from + size]);
            }
        }
        bytes
    }

    fn smooth(&self, width: usize, height: usize) -> Result<Vec<u8>, RasterError> {
        let fault = || RasterError::Size { width, height };
        let side = |side: usize| u32::try_from(side).map_err(|_| fault());
        let (to_width, to_height) = (side(width)?, side(height)?);
        let (from_width, from_height) = (side(self.width)?, side(self.height)?);
        macro_rules! resized {
            ($pixel:ty) => {{
                let bytes = self.bytes.as_slice();
                let picture = ImageBuffer::<$pixel, _>::from_raw(from_width, from_height, bytes);
                let picture = picture.ok_or_else(fault)?;
                resize(&picture, to_width, to_height, FilterType::CatmullRom).into_raw()
            }};
        }
        Ok(match self.pixels {
            Pixels::Grey => resized!(Luma<u8>),
            Pixels::Rgb => resized!(Rgb<u8>),
            Pixels::Rgba => resized!(Rgba<u8>),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Resampling::{Nearest, Smooth};

    #[test]
    fn a_whole_factor_is_crisp_and_any_other_keeps_the_proportion() {
        let raster = Raster::new(Pixels::Grey, 2, 1, vec![10, 20]).expect("two pixels");
        let doubled = raster.scaled(4, Nearest).expect("eight pixels");
        assert_eq!(doubled.size(), [4, 2]);
        assert_eq!(doubled.bytes(), [10, 10, 20, 20, 10, 10, 20, 20]);
        assert_eq!(raster.enlarged(2, Nearest), Ok(doubled));
        let size = |side| raster.scaled(side, Nearest).map(|raster| raster.size());
        assert_eq!(size(5), Ok([5, 3]));
        assert_eq!(size(1), Ok([1, 1]));
        assert_eq!(size(0), Ok([1, 1]));
        for huge in [usize::MAX / 4, usize::MAX] {
            assert!(raster.scaled(huge, Smooth).is_err());
            assert!(raster.enlarged(huge, Smooth).is_err());
        }
        assert!(raster.enlarged(0, Nearest).is_err());
    }

    #[test]
    fn nearest_takes_whole_pixels() {
        let bytes = (0..18).collect();
        let raster = Raster::new(Pixels::Rgb, 3, 2, bytes).expect("six pixels");
        let smaller = raster.resized(2, 1, Nearest).expect("two pixels");
        assert_eq!(smaller.bytes(), [0, 1, 2, 3, 4, 5]);
        let taller = raster.resized(3, 4, Nearest).expect("twelve pixels");
        assert_eq!(taller.bytes()[..9], taller.bytes()[9..18]);
        assert_eq!(taller.bytes()[18..27], taller.bytes()[27..]);
    }

    #[test]
    fn smooth_passes_through_between_and_keeps_what_is_even() {
        for (pixels, even) in [
            (Pixels::Grey, vec![77]),
            (Pixels::Rgb, vec![1, 128, 255]),
            (Pixels::Rgba, vec![9, 8, 7, 200]),
        ] {
            let raster = Raster::new(pixels, 2, 2, even.repeat(4)).expect("four pixels");
            let larger = raster.enlarged(5, Smooth).expect("a hundred pixels");
            assert_eq!(larger.bytes(), even.repeat(100), "{pixels:?}");
        }
        let raster = Raster::new(Pixels::Grey, 2, 1, vec![50, 150]).expect("two pixels");
        let wide = raster.resized(8, 1, Smooth).expect("eight pixels");
        assert!(wide.bytes().is_sorted(), "{:?}", wide.bytes());
        assert!(wide.bytes().iter().any(|value| (80..120).contains(value)));
        let one = wide.resized(1, 1, Smooth).expect("one pixel");
        assert!(one.bytes()[0].abs_diff(100) <= 1, "the average");
    }
}

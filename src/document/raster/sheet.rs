//! Pictures side by side: grids, strips, sheets.

use super::{Pixels, Raster, RasterError, checked_len};

/// How the pictures of a sheet are laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Pictures in a row; one row of all of them is a strip.
    pub columns: usize,
    /// Pixels between neighbours; there are none at the border.
    pub gap: usize,
    /// What shows in gaps and in places without a picture, sRGB-encoded.
    pub background: [u8; 3],
}

impl Layout {
    /// Pictures in a square, or nearly, without gaps on black.
    pub fn square(count: usize) -> Self {
        let columns = count.isqrt() + usize::from(count.isqrt().pow(2) < count);
        Self::columns(columns)
    }

    /// Pictures in rows of `columns`, without gaps on black.
    pub fn columns(columns: usize) -> Self {
        Self {
            columns,
            gap: 0,
            background: [0; 3],
        }
    }

    /// Width and height in pixels of a sheet of `count` pictures of `tile` (width, height).
    ///
    /// # Errors
    /// When there are no pictures or no columns, or the sheet is absurdly large.
    pub fn size(
        self,
        pixels: Pixels,
        tile: [usize; 2],
        count: usize,
    ) -> Result<[usize; 2], RasterError> {
        let side = |tiles: usize, tile: usize| {
            let gaps = tiles.saturating_sub(1).saturating_mul(self.gap);
            tiles.saturating_mul(tile).saturating_add(gaps)
        };
        let columns = self.columns.min(count);
        let rows = if columns == 0 {
            0
        } else {
            count.div_ceil(columns)
        };
        let (width, height) = (side(columns, tile[0]), side(rows, tile[1]));
        checked_len(self.pixels(pixels), width, height)?;
        Ok([width, height])
    }

    /// The pixels of a sheet of pictures of `pixels`: grey ones on a ground of another colour
    /// make a sheet in colour.
    fn pixels(self, pixels: Pixels) -> Pixels {
        let [red, green, blue] = self.background;
        let is_grey = red == green && green == blue;
        match pixels {
            Pixels::Grey if !is_grey => Pixels::Rgb,
            pixels => pixels,
        }
    }
}

/// A sheet that is filled one picture after the other, row after row.
#[derive(Clone, Debug)]
pub struct Sheet {
    raster: Raster,
    layout: Layout,
    /// Width and height of a picture.
    tile: [usize; 2],
    count: usize,
    filled: usize,
}

impl Sheet {
    /// An empty sheet for `count` pictures of `tile` (width, height); see [`Layout::size`].
    ///
    /// # Errors
    /// When there are no pictures or no columns, or the sheet is absurdly large.
    pub fn new(
        pixels: Pixels,
        tile: [usize; 2],
        count: usize,
        layout: Layout,
    ) -> Result<Self, RasterError> {
        let [width, height] = layout.size(pixels, tile, count)?;
        let pixels = layout.pixels(pixels);
        let [red, green, blue] = layout.background;
        let columns = layout.columns.min(count);
        let mut raster = Raster::black(pixels, width, height)?;
        if layout.background != [0; 3] {
            let pixel: &[u8] = match pixels {
                Pixels::Grey => &[red],
                Pixels::Rgb => &layout.background,
                Pixels::Rgba => &[red, green, blue, 255],
            };
            for place in raster.bytes.chunks_exact_mut(pixel.len()) {
                place.copy_from_slice(pixel);
            }
        }
        Ok(Self {
            raster,
            layout: Layout { columns, ..layout },
            tile,
            count,
            filled: 0,
        })
    }

    /// Lays down the next picture.
    ///
    /// # Errors
    /// When it has another size or other pixels than the sheet was made for, or the sheet is full.
    pub fn add(&mut self, picture: &Raster) -> Result<(), RasterError> {
        self.put(self.filled, picture)?;
        self.filled += 1;
        Ok(())
    }

    /// Lays down a picture in a place, counted row after row.
    ///
    /// # Errors
    /// When it has another size or other pixels than the sheet was made for, or there is no such place.
    pub fn put(&mut self, place: usize, picture: &Raster) -> Result<(), RasterError> {
        let [width, height] = self.tile;
        if [picture.width, picture.height] != self.tile {
            return Err(RasterError::Tile {
                got: [picture.width, picture.height],
                wanted: self.tile,
            });
        }
        if place >= self.count {
            return Err(RasterError::Full(self.count));
        }
        let (row, column) = (place / self.layout.columns, place % self.layout.columns);
        let (left, top) = (
            column * (width + self.layout.gap),
            row * (height + self.layout.gap),
        );
        match self.raster.pixels {
            pixels if pixels == picture.pixels => self.raster.paste(picture, left, top),
            Pixels::Rgb => {
                let picture = picture.to_rgb(self.layout.background);
                self.raster.paste(&picture, left, top);
            }
            _ => return Err(RasterError::Mixed),
        }
        Ok(())
    }

    /// The sheet as it is now.
    pub fn finish(self) -> Raster {
        self.raster
    }

    /// Width and height in pixels.
    pub fn size(&self) -> [u32; 2] {
        self.raster.size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(value: u8) -> Raster {
        Raster::new(Pixels::Grey, 1, 1, vec![value]).expect("one pixel")
    }

    fn sheet(count: u8, layout: Layout) -> Raster {
        let mut sheet =
            Sheet::new(Pixels::Grey, [1, 1], usize::from(count), layout).expect("a small sheet");
        for value in 1..=count {
            sheet.add(&tile(value)).expect("there is room");
        }
        assert_eq!(
            sheet.add(&tile(0)),
            Err(RasterError::Full(usize::from(count)))
        );
        sheet.finish()
    }

    #[test]
    fn pictures_come_row_after_row() {
        let raster = sheet(5, Layout::columns(3));
        assert_eq!((raster.width(), raster.height()), (3, 2));
        assert_eq!(raster.bytes(), [1, 2, 3, 4, 5, 0]);
        assert_eq!(Layout::square(5).columns, 3);
        assert_eq!(Layout::square(4).columns, 2);
        let strip = sheet(4, Layout::columns(usize::MAX));
        assert_eq!(strip.size(), [4, 1], "no more columns than pictures");
    }

    #[test]
    fn gaps_show_the_background() {
        let layout = Layout {
            gap: 1,
            background: [9; 3],
            ..Layout::columns(2)
        };
        let raster = sheet(3, layout);
        assert_eq!(raster.bytes(), [1, 9, 2, 9, 9, 9, 3, 9, 9]);
        let red = Layout {
            background: [200, 0, 0],
            ..layout
        };
        let raster = sheet(2, red);
        assert_eq!(raster.pixels(), Pixels::Rgb);
        assert_eq!(raster.bytes(), [1, 1, 1, 200, 0, 0, 2, 2, 2]);
    }

    #[test]
    fn what_cannot_be_laid_out_is_refused() {
        let huge = Layout {
            gap: usize::MAX,
            ..Layout::columns(2)
        };
        for (count, layout) in [
            (0, Layout::columns(3)),
            (3, Layout::columns(0)),
            (4, huge),
            (usize::MAX, Layout::columns(1)),
        ] {
            assert!(Sheet::new(Pixels::Grey, [1, 1], count, layout).is_err());
        }
        let mut sheet = Sheet::new(Pixels::Grey, [1, 1], 1, Layout::columns(1)).expect("one pixel");
        let wide = Raster::new(Pixels::Grey, 2, 1, vec![0, 0]).expect("two pixels");
        assert!(matches!(sheet.add(&wide), Err(RasterError::Tile { .. })));
    }
}

//! From colours to the 256 of a palette.

use super::quantise::quantised;
use crate::document::raster::{Pixels, Raster};
use std::collections::HashMap;

/// How many colours a palette has.
const COLOURS: usize = 256;

/// A frame as indices into a palette.
pub struct Indexed {
    pub indices: Vec<u8>,
    /// `[r, g, b, ...]` of a palette for this frame alone; without it, it is that of the whole.
    pub palette: Option<Vec<u8>>,
}

/// The palette of an animation that grows as frames come. As long as all frames together have no
/// more colours than it has places, every frame is exact and shares it. From then on each
/// frame has a palette of its own, exact again if that frame has few enough colours.
pub struct SharedPalette {
    colours: Colours,
}

impl SharedPalette {
    /// The palette for frames of such pixels: all 256 greys, or empty.
    pub fn new(pixels: Pixels) -> Self {
        let mut colours = Colours::default();
        if pixels == Pixels::Grey {
            for grey in 0..=255 {
                colours.index(&[grey; 3]);
            }
        }
        Self { colours }
    }

    /// The frame in indices, transparent parts over black.
    pub fn index(&mut self, frame: &Raster) -> Indexed {
        if frame.pixels() == Pixels::Grey {
            // A grey is its own index.
            return Indexed {
                indices: frame.bytes().to_vec(),
                palette: None,
            };
        }
        let flat = frame.to_rgb([0; 3]);
        if let Some(indices) = self.colours.indices(&flat) {
            return Indexed {
                indices,
                palette: None,
            };
        }
        let mut own = Colours::default();
        if let Some(indices) = own.indices(&flat) {
            return Indexed {
                indices,
                palette: Some(own.table),
            };
        }
        let (pixels, _) = flat.bytes().as_chunks::<3>();
        let (palette, indices) = quantised(pixels, COLOURS);
        Indexed {
            indices,
            palette: Some(palette.concat()),
        }
    }

    /// `[r, g, b, ...]` of all places; those not taken are black.
    pub fn table(&self) -> Vec<u8> {
        let mut table = self.colours.table.clone();
        table.resize(3 * COLOURS, 0);
        table
    }
}

/// Colours in the order in which they were met.
#[derive(Default)]
struct Colours {
    places: HashMap<[u8; 3], u8>,
    table: Vec<u8>,
}

impl Colours {
    /// The place of a colour, which gets one if there is room.
    fn index(&mut self, colour: &[u8; 3]) -> Option<u8> {
        if let Some(&place) = self.places.get(colour) {
            return Some(place);
        }
        let place = u8::try_from(self.places.len()).ok()?;
        self.places.insert(*colour, place);
        self.table.extend(colour);
        Some(place)
    }

    /// The places of all pixels of a picture in RGB, or `None` when there is no room for them.
    fn indices(&mut self, flat: &Raster) -> Option<Vec<u8>> {
        let (pixels, _) = flat.bytes().as_chunks::<3>();
        let mut indices = Vec::with_capacity(pixels.len());
        // Neighbours are often the same.
        let mut last: Option<([u8; 3], u8)> = None;
        for pixel in pixels {
            let place = match last {
                Some((colour, place)) if colour == *pixel => place,
                _ => self.index(pixel)?,
            };
            last = Some((*pixel, place));
            indices.push(place);
        }
        Some(indices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb(width: usize, height: usize, colour: impl Fn(usize) -> [u8; 3]) -> Raster {
        let bytes = (0..width * height).flat_map(colour).collect();
        Raster::new(Pixels::Rgb, width, height, bytes).expect("a picture")
    }

    fn shown(indexed: &Indexed, shared: &SharedPalette) -> Vec<u8> {
        let table = shared.table();
        let palette = indexed.palette.as_ref().unwrap_or(&table);
        let colour = |index: &u8| palette[3 * usize::from(*index)..][..3].to_vec();
        indexed.indices.iter().flat_map(colour).collect()
    }

    #[test]
    fn few_colours_are_exact_and_shared() {
        let mut shared = SharedPalette::new(Pixels::Rgb);
        let first = rgb(8, 16, |i| [i as u8, 0, 0]);
        let second = rgb(8, 16, |i| [0, 1 + i as u8, 7]);
        let frames = [&first, &second, &first];
        let indexed = frames.map(|frame| shared.index(frame));
        for (indexed, frame) in indexed.iter().zip(frames) {
            assert!(indexed.palette.is_none());
            assert_eq!(shown(indexed, &shared), frame.bytes());
        }
        assert_eq!(shared.table().len(), 768);
    }

    #[test]
    fn greys_are_always_exact() {
        let mut shared = SharedPalette::new(Pixels::Grey);
        let frame = Raster::new(Pixels::Grey, 16, 16, (0..=255).collect()).expect("256 pixels");
        let indexed = shared.index(&frame);
        let greys: Vec<u8> = (0..=255).flat_map(|grey| [grey; 3]).collect();
        assert_eq!(shown(&indexed, &shared), greys);
    }

    #[test]
    fn a_frame_that_overflows_the_palette_gets_its_own() {
        let mut shared = SharedPalette::new(Pixels::Rgb);
        let first = rgb(16, 16, |i| [i as u8, i as u8, 0]);
        let second = rgb(16, 16, |i| [0, 0, i as u8]);
        let before = shared.index(&first);
        let after = shared.index(&second);
        assert!(before.palette.is_none() && after.palette.is_some());
        assert_eq!(shown(&before, &shared), first.bytes(), "not disturbed");
        assert_eq!(shown(&after, &shared), second.bytes(), "exact");
    }

    #[test]
    fn many_colours_come_near() {
        let frame = rgb(64, 64, |i| [(i % 64 * 4) as u8, (i / 64 * 4) as u8, 128]);
        let mut shared = SharedPalette::new(Pixels::Rgb);
        let indexed = shared.index(&frame);
        let shown = shown(&indexed, &shared);
        let error: u32 = shown
            .iter()
            .zip(frame.bytes())
            .map(|(a, b)| u32::from(a.abs_diff(*b)))
            .sum();
        let mean = f64::from(error) / shown.len() as f64;
        assert!(mean < 3.0, "off by {mean} of 255 on average");
    }
}

//! Layers: small pictures with an opacity, and what they are laid over.

use crate::files::load;
use crate::train::TrainError;
use std::path::Path;

/// More layers in a folder, larger ones, or more to be seen in all of them than any such set has.
pub const MAX_LAYERS: usize = 10_000;
pub const MAX_SIDE: usize = 512;
pub const MAX_PIXELS: usize = 1 << 25;
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The pixels of a layer that can be seen: place, red, green, blue and opacity.
#[derive(Debug)]
pub struct Layer(Vec<(u32, [u8; 4])>);

impl Layer {
    /// Of RGBA bytes, row after row.
    pub fn new(rgba: &[u8]) -> Self {
        let pixels = rgba.chunks_exact(4).zip(0u32..);
        let seen = pixels.filter(|(pixel, _)| pixel[3] > 0);
        Self(
            seen.map(|(pixel, place)| (place, [pixel[0], pixel[1], pixel[2], pixel[3]]))
                .collect(),
        )
    }

    pub fn pixels(&self) -> &[(u32, [u8; 4])] {
        &self.0
    }

    /// The pixels that are at least half as opaque as the most opaque one: what the layer covers, however
    /// faint it is, without the soft edges.
    pub fn covered(&self) -> impl Iterator<Item = (u32, [u8; 3])> {
        let opacities = self.0.iter().map(|(_, [.., opacity])| *opacity);
        let half = opacities.max().unwrap_or(0).div_ceil(2);
        let covered = self.0.iter().filter(move |(_, pixel)| pixel[3] >= half);
        covered.map(|&(place, [red, green, blue, _])| (place, [red, green, blue]))
    }
}

/// A picture that layers are laid over, red, green and blue planes.
pub struct Canvas {
    plane: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    /// `side` x `side` pixels of one colour.
    pub fn new(side: usize, colour: [u8; 3]) -> Self {
        let plane = side * side;
        let pixels = colour
            .into_iter()
            .flat_map(|v| std::iter::repeat_n(v, plane));
        Self {
            plane,
            pixels: pixels.collect(),
        }
    }

    pub fn lay(&mut self, layer: &Layer) {
        for &(place, [red, green, blue, opacity]) in layer.pixels() {
            for (channel, value) in [red, green, blue].into_iter().enumerate() {
                let under = &mut self.pixels[channel * self.plane + place as usize];
                *under = over(value, *under, opacity);
            }
        }
    }

    /// `[3, side, side]`.
    pub fn finish(self) -> Vec<u8> {
        self.pixels
    }
}

/// `value` with `opacity` laid over `under`.
fn over(value: u8, under: u8, opacity: u8) -> u8 {
    let (value, under, opacity) = (u32::from(value), u32::from(under), u32::from(opacity));
    let sum = value * opacity + under * (255 - opacity);
    // A mean of two bytes is a byte.
    ((sum + 127) / 255) as u8
}

/// Reads layers of one size, as long as all of them together stay within bounds.
#[derive(Default)]
pub struct Reader {
    side: Option<usize>,
    layers: usize,
    pixels: usize,
}

impl Reader {
    /// For layers of `side` x `side` pixels.
    pub fn of_side(side: usize) -> Self {
        Self {
            side: Some(side),
            ..Self::default()
        }
    }

    /// The side of the layers, once one was read.
    pub fn side(&self) -> usize {
        self.side.unwrap_or(0)
    }

    /// Reads one layer.
    ///
    /// # Errors
    /// When it cannot be read, has another size than those before, or is one too many.
    pub fn read(&mut self, path: &Path) -> Result<Layer, TrainError> {
        let fault = |fault: String| TrainError::Data {
            path: path.to_owned(),
            fault,
        };
        self.layers += 1;
        if self.layers > MAX_LAYERS {
            return Err(fault(format!(
                "is one more than the {MAX_LAYERS} layers that are read"
            )));
        }
        let (side, rgba) = read_picture(path).map_err(fault)?;
        let wanted = *self.side.get_or_insert(side);
        if wanted != side {
            return Err(fault(format!(
                "has {side}x{side} pixels; the layers of this doll have {wanted}x{wanted}"
            )));
        }
        let layer = Layer::new(&rgba);
        self.pixels += layer.pixels().len();
        if self.pixels > MAX_PIXELS {
            return Err(fault(format!(
                "is too much: all layers together may show {MAX_PIXELS} pixels"
            )));
        }
        Ok(layer)
    }
}

/// The side and the RGBA bytes of a square picture.
fn read_picture(path: &Path) -> Result<(usize, Vec<u8>), String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("cannot be read: {error}");
    let bytes = load::read(path, MAX_FILE_BYTES).map_err(|error| unreadable(&error.fault))?;
    let mut reader =
        image::ImageReader::with_format(std::io::Cursor::new(bytes), image::ImageFormat::Png);
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_SIDE as u32);
    limits.max_image_height = Some(MAX_SIDE as u32);
    reader.limits(limits);
    let picture = reader
        .decode()
        .map_err(|error| unreadable(&error))?
        .to_rgba8();
    if picture.width() != picture.height() || picture.width() == 0 {
        return Err(format!(
            "has {}x{} pixels; layers are square",
            picture.width(),
            picture.height()
        ));
    }
    Ok((picture.width() as usize, picture.into_raw()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_cover_by_their_opacity() {
        let mut canvas = Canvas::new(2, [10, 20, 30]);
        let rgba: [[u8; 4]; 4] = [
            [210, 20, 30, 128],
            [1, 2, 3, 0],
            [200, 100, 50, 255],
            [9, 9, 9, 0],
        ];
        let layer = Layer::new(rgba.concat().as_slice());
        assert_eq!(layer.pixels().len(), 2);
        canvas.lay(&layer);
        // (210 * 128 + 10 * 127 + 127) / 255
        let (red, green, blue) = ([110, 10, 200, 10], [20, 20, 100, 20], [30, 30, 50, 30]);
        assert_eq!(canvas.finish(), [red, green, blue].concat());
    }
}

//! The way MNIST places what is drawn.
//!
//! "The images were centered in a 28x28 image by computing the center of mass of the pixels, and
//! translating the image so as to position this point at the center of the 28x28 field", after
//! they were "size normalized to fit in a 20x20 pixel box while preserving their aspect ratio"
//! (LeCun, Cortes, <http://yann.lecun.com/exdb/mnist/>). Other sizes keep these proportions.

use super::Photo;
use super::prepare::{Crop, PrepareOptions, placed, scaled};
use super::resample::{Area, Plane};

/// The side of the box, as a part of the side of the picture.
const BOX: f64 = 20.0 / 28.0;

/// What is at least this much lighter than the ground, as a part of the lightest, is drawn;
/// below it is the noise of paper and cameras.
const DRAWN: f32 = 0.25;

/// The drawing in a picture of `to` (width, height), on black. A picture on which nothing is
/// drawn gives black.
pub fn centred(
    photo: &Photo,
    crop: Crop,
    channels: usize,
    to: [usize; 2],
    options: &PrepareOptions,
) -> Plane {
    let black = |channels| Plane {
        width: to[0],
        height: to[1],
        channels,
        values: vec![0.0; to[0] * to[1] * channels],
    };
    let size = [crop.width as usize, crop.height as usize];
    let whole = Area {
        left: 0.0,
        top: 0.0,
        width: size[0] as f64,
        height: size[1] as f64,
    };
    // Fine enough to find the edges of a drawing, and small enough for any photo.
    let looked_at = size.map(|side| side.min(1024));
    let grey = scaled(photo, crop, 1, whole, looked_at, options);
    let Some(drawn) = bounding_box(&grey) else {
        return black(channels);
    };
    // From the pixels that were looked at back to those of the picture.
    let scale = [0, 1].map(|axis| size[axis] as f64 / looked_at[axis] as f64);
    let area = Area {
        left: drawn.left * scale[0],
        top: drawn.top * scale[1],
        width: drawn.width * scale[0],
        height: drawn.height * scale[1],
    };
    let factor = (BOX * to[0] as f64 / area.width).min(BOX * to[1] as f64 / area.height);
    let side = |len: f64| ((len * factor).round() as usize).max(1);
    let inner = [side(area.width), side(area.height)];
    let drawing = scaled(photo, crop, channels, area, inner, options);
    let mass = centre_of_mass(&drawing);
    let place = [0, 1].map(|axis| {
        // Pixel middles lie half a pixel from their edges, in both pictures.
        let middle = to[axis] as f64 / 2.0 - 0.5;
        (middle - mass[axis]).round() as isize
    });
    placed(&drawing, to, place, 0.0)
}

/// The smallest box around what is drawn.
fn bounding_box(grey: &Plane) -> Option<Area> {
    let lightest = grey.values.iter().copied().fold(0.0, f32::max);
    // An empty sheet of paper is not quite black when it is inverted.
    if lightest < DRAWN {
        return None;
    }
    let limit = DRAWN * lightest;
    let is_drawn = |x: usize, y: usize| grey.values[y * grey.width + x] >= limit;
    let column = |x: &usize| (0..grey.height).any(|y| is_drawn(*x, y));
    let row = |y: &usize| (0..grey.width).any(|x| is_drawn(x, *y));
    let (left, right) = (
        (0..grey.width).find(column)?,
        (0..grey.width).rfind(column)?,
    );
    let (top, bottom) = ((0..grey.height).find(row)?, (0..grey.height).rfind(row)?);
    Some(Area {
        left: left as f64,
        top: top as f64,
        width: (right - left + 1) as f64,
        height: (bottom - top + 1) as f64,
    })
}

/// The mean place of all pixels by their lightness, from the middle of the first; the middle of
/// the picture where all is black.
fn centre_of_mass(picture: &Plane) -> [f64; 2] {
    let (mut sum, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
    for (index, pixel) in picture.values.chunks_exact(picture.channels).enumerate() {
        let mass: f64 = pixel.iter().map(|&value| f64::from(value)).sum();
        sum += mass;
        x_sum += mass * (index % picture.width) as f64;
        y_sum += mass * (index / picture.width) as f64;
    }
    if sum > 0.0 {
        [x_sum / sum, y_sum / sum]
    } else {
        [picture.width, picture.height].map(|side| (side as f64 - 1.0) / 2.0)
    }
}

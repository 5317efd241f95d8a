//! From a picture of any size to the numbers that an encoder takes.

use super::Photo;
use super::digit::centred;
use super::figure::portrait;
use super::resample::{Area, Plane, resample};
use serde::{Deserialize, Serialize};

/// A part of a picture in pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Crop {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

/// What happens when the picture has other proportions than the encoder's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// It fills the encoder's picture, and what reaches over is cut off evenly.
    #[default]
    Cover,
    /// All of it is inside, with ground beside it.
    Contain,
}

/// What lies under transparent parts and beside the picture, before it is inverted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Background {
    #[default]
    Black,
    White,
}

/// Where what is to be seen stands in the encoder's picture.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placing {
    /// Where it is; [`Fit`] says how proportions are matched.
    #[default]
    AsItIs,
    /// As MNIST places what is drawn: scaled by its bounding box to 20/28 of the sides, its centre
    /// of mass in the middle.
    Digit,
    /// As paper dolls have it: a head of a certain size and place before a ground of one color. A
    /// picture in which neither is found stays as it is.
    Portrait,
}

/// How a picture becomes what an encoder takes. The default takes it as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PrepareOptions {
    /// Only this part of the picture.
    pub crop: Option<Crop>,
    pub fit: Fit,
    pub ground: Background,
    /// Light becomes dark: what is drawn dark on light is learnt as light on dark by models of
    /// digits. [`suggests_invert`] says when.
    pub invert: bool,
    pub placing: Placing,
}

/// Why a picture cannot become what an encoder takes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    #[error("encoders with {0} channels cannot be served; those with 1 and 3 can")]
    Channels(usize),
    #[error("an encoder of pictures without pixels cannot be served")]
    NoPixels,
    #[error("the part of the picture lies outside of its {width}x{height} pixels")]
    Crop { width: u32, height: u32 },
}

/// The numbers that an encoder of `[channels, height, width]` takes: f32 in 0..=1, sRGB-encoded,
/// plane after plane. Grey is the luma of Rec. 709 on the encoded values. Shrinking averages.
///
/// # Errors
/// When the encoder has neither 1 nor 3 channels, or the crop is empty or outside.
pub fn prepare(
    photo: &Photo,
    [channels, height, width]: [usize; 3],
    options: &PrepareOptions,
) -> Result<Vec<f32>, PrepareError> {
    if channels != 1 && channels != 3 {
        return Err(PrepareError::Channels(channels));
    }
    if width == 0 || height == 0 {
        return Err(PrepareError::NoPixels);
    }
    let crop = checked_crop(photo, options.crop)?;
    let to = [width, height];
    let placed = match options.placing {
        Placing::AsItIs => None,
        Placing::Digit => Some(centred(photo, crop, channels, to, options)),
        Placing::Portrait => portrait(photo, crop, channels, to, options),
    };
    let plane = placed.unwrap_or_else(|| fitted(photo, crop, channels, to, options));
    let pixels = plane.values.chunks_exact(channels);
    let planes = (0..channels).flat_map(|channel| pixels.clone().map(move |pixel| pixel[channel]));
    Ok(planes.map(|value| value.clamp(0.0, 1.0)).collect())
}

/// Whether the picture looks drawn dark on light: its border is lighter than the half. Models
/// that learnt light on dark then want it inverted.
pub fn suggests_invert(photo: &Photo, options: &PrepareOptions) -> bool {
    let Ok(crop) = checked_crop(photo, options.crop) else {
        return false;
    };
    let (right, bottom) = (crop.left + crop.width - 1, crop.top + crop.height - 1);
    let rows = [crop.top, bottom];
    let columns = [crop.left, right];
    let horizontal = (crop.left..=right).flat_map(|x| rows.map(|y| (x, y)));
    let vertical = (crop.top..=bottom).flat_map(|y| columns.map(|x| (x, y)));
    let (mut sum, mut count) = (0.0, 0_u32);
    for (x, y) in horizontal.chain(vertical) {
        let over = over_ground(photo.pixel(x, y), options.ground);
        sum += f64::from(luma(over));
        count += 1;
    }
    sum > 0.5 * f64::from(count)
}

fn checked_crop(photo: &Photo, crop: Option<Crop>) -> Result<Crop, PrepareError> {
    let [width, height] = photo.size();
    let whole = Crop {
        left: 0,
        top: 0,
        width,
        height,
    };
    let crop = crop.unwrap_or(whole);
    let is_inside = |from: u32, len: u32, size: u32| {
        len > 0 && from.checked_add(len).is_some_and(|end| end <= size)
    };
    if is_inside(crop.left, crop.width, width) && is_inside(crop.top, crop.height, height) {
        Ok(crop)
    } else {
        Err(PrepareError::Crop { width, height })
    }
}

/// The part of the picture in the proportions of the result.
fn fitted(
    photo: &Photo,
    crop: Crop,
    channels: usize,
    to: [usize; 2],
    options: &PrepareOptions,
) -> Plane {
    let size = [f64::from(crop.width), f64::from(crop.height)];
    let factors = [to[0] as f64 / size[0], to[1] as f64 / size[1]];
    match options.fit {
        Fit::Cover => {
            let factor = factors[0].max(factors[1]);
            let [width, height] = [to[0] as f64 / factor, to[1] as f64 / factor];
            let area = Area {
                left: (size[0] - width) / 2.0,
                top: (size[1] - height) / 2.0,
                width,
                height,
            };
            scaled(photo, crop, channels, area, to, options)
        }
        Fit::Contain => {
            let factor = factors[0].min(factors[1]);
            let inner = [0, 1].map(|axis| {
                let side = (size[axis] * factor).round() as usize;
                side.clamp(1, to[axis])
            });
            let area = Area {
                left: 0.0,
                top: 0.0,
                width: size[0],
                height: size[1],
            };
            let picture = scaled(photo, crop, channels, area, inner, options);
            let place = [0, 1].map(|axis| ((to[axis] - inner[axis]) / 2) as isize);
            placed(&picture, to, place, ground_value(options))
        }
    }
}

/// A part of the cropped picture in another size, on its ground and inverted where that is asked.
pub(super) fn scaled(
    photo: &Photo,
    crop: Crop,
    channels: usize,
    area: Area,
    to: [usize; 2],
    options: &PrepareOptions,
) -> Plane {
    let size = [crop.width as usize, crop.height as usize];
    resample(size, channels, area, to, |y, row| {
        let y = crop.top + y as u32;
        for (x, values) in row.chunks_exact_mut(channels).enumerate() {
            let rgb = over_ground(photo.pixel(crop.left + x as u32, y), options.ground);
            match values {
                [grey] => *grey = turned(luma(rgb), options.invert),
                values => {
                    for (value, channel) in values.iter_mut().zip(rgb) {
                        *value = turned(channel, options.invert);
                    }
                }
            }
        }
    })
}

/// A picture laid on ground of `to` (width, height), its upper left corner at `place`; what
/// reaches over is cut off.
pub(super) fn placed(picture: &Plane, to: [usize; 2], place: [isize; 2], ground: f32) -> Plane {
    let channels = picture.channels;
    let mut values = vec![ground; to[0] * to[1] * channels];
    for y in 0..picture.height {
        for x in 0..picture.width {
            let (left, top) = (x as isize + place[0], y as isize + place[1]);
            let inside = |place: isize, size: usize| (0..size as isize).contains(&place);
            if inside(left, to[0]) && inside(top, to[1]) {
                let to = (top as usize * to[0] + left as usize) * channels;
                let from = (y * picture.width + x) * channels;
                values[to..to + channels].copy_from_slice(&picture.values[from..from + channels]);
            }
        }
    }
    Plane {
        width: to[0],
        height: to[1],
        channels,
        values,
    }
}

/// The value of the ground after inverting.
pub(super) fn ground_value(options: &PrepareOptions) -> f32 {
    let value = match options.ground {
        Background::Black => 0.0,
        Background::White => 1.0,
    };
    turned(value, options.invert)
}

fn turned(value: f32, invert: bool) -> f32 {
    if invert { 1.0 - value } else { value }
}

fn over_ground([red, green, blue, alpha]: [f32; 4], ground: Background) -> [f32; 3] {
    let under = match ground {
        Background::Black => 0.0,
        Background::White => 1.0 - alpha,
    };
    [red, green, blue].map(|value| value * alpha + under)
}

/// Rec. 709 weights, on the encoded values, as `image` has them for bytes. Greys stay exact.
fn luma([red, green, blue]: [f32; 3]) -> f32 {
    if red == green && green == blue {
        return red;
    }
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

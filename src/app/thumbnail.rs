//! Small pictures for the filmstrip, on the CPU whatever the device.

use crate::model::manifest::ImageSpec;
use std::sync::Arc;

/// The longest side of a thumbnail, in pixels: twice what the filmstrip shows, for sharp screens.
const MAX_SIDE: usize = 128;

/// RGBA bytes, row after row from the top.
#[derive(Clone, PartialEq, Debug)]
pub struct Thumbnail {
    pub width: usize,
    pub height: usize,
    pub rgba: Arc<[u8]>,
}

impl Thumbnail {
    /// Makes a thumbnail of one decoded picture, f32 `[C, H, W]` in 0..1.
    ///
    /// Returns `None` when the numbers do not fit the size.
    pub fn from_values(image: ImageSpec, values: &[f32]) -> Option<Self> {
        Self::shrunk(image, values, Self::step(image, MAX_SIDE))
    }

    /// By how much the longest side of a picture can be divided, so that at most `side` pixels are left.
    fn step(image: ImageSpec, side: usize) -> usize {
        image.height.max(image.width).div_ceil(side.max(1))
    }

    /// By how much a picture can be shrunk and still have a pixel for each of `side` along its longest side.
    pub fn step_to_fill(image: ImageSpec, side: f32) -> usize {
        let longest = image.height.max(image.width) as f32;
        ((longest / side.max(1.0)) as usize).max(1)
    }

    /// A picture, each pixel the mean of a square of `step` pixels: whole steps keep small pictures crisp, and no
    /// pixel of a large one is passed over.
    ///
    /// Returns `None` when the numbers do not fit the size.
    pub fn shrunk(image: ImageSpec, values: &[f32], step: usize) -> Option<Self> {
        let plane = image.height.checked_mul(image.width)?;
        let needed = plane.checked_mul(image.channels)?;
        if plane == 0 || step == 0 || !matches!(image.channels, 1 | 3) || values.len() < needed {
            return None;
        }
        let (height, width) = (image.height.div_ceil(step), image.width.div_ceil(step));
        let mut rgba = Vec::with_capacity(height * width * 4);
        for y in 0..height {
            let rows = y * step..((y + 1) * step).min(image.height);
            for x in 0..width {
                let columns = x * step..((x + 1) * step).min(image.width);
                let count = rows.len() * columns.len();
                let mean = |channel: usize| {
                    let firsts = rows.clone().map(|row| channel * plane + row * image.width);
                    let levels = firsts
                        .flat_map(|first| &values[first + columns.start..first + columns.end]);
                    let sum: f32 = levels.map(|level| level.clamp(0.0, 1.0)).sum();
                    sum / count as f32
                };
                let levels = match image.channels {
                    1 => [mean(0); 3],
                    _ => [mean(0), mean(1), mean(2)],
                };
                rgba.extend(levels.map(|level| (level * 255.0).round() as u8));
                rgba.push(u8::MAX);
            }
        }
        Some(Self {
            width,
            height,
            rgba: rgba.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_and_colour_become_rgba() {
        let grey = ImageSpec {
            channels: 1,
            height: 1,
            width: 2,
        };
        let thumbnail = Thumbnail::from_values(grey, &[0.0, 1.0]).expect("it fits");
        assert_eq!(*thumbnail.rgba, [0, 0, 0, 255, 255, 255, 255, 255]);
        let colour = ImageSpec {
            channels: 3,
            height: 1,
            width: 1,
        };
        let thumbnail = Thumbnail::from_values(colour, &[1.0, 0.5, -3.0]).expect("it fits");
        assert_eq!(*thumbnail.rgba, [255, 128, 0, 255]);
    }

    #[test]
    fn large_pictures_are_shrunk_to_means() {
        let grey = ImageSpec {
            channels: 1,
            height: 2,
            width: 3,
        };
        let halved = Thumbnail::shrunk(grey, &[0.0, 1.0, 0.2, 0.0, 1.0, 0.6], 2).expect("it fits");
        assert_eq!((halved.height, halved.width), (1, 2));
        assert_eq!(*halved.rgba, [128, 128, 128, 255, 102, 102, 102, 255]);
        let steps = [1.0, 2.9, 3.0, 1e9].map(|side| Thumbnail::step_to_fill(grey, side));
        assert_eq!(steps, [3, 1, 1, 1]);
        assert!(Thumbnail::shrunk(grey, &[0.0], 1).is_none());

        let large = ImageSpec {
            channels: 1,
            height: 1024,
            width: 512,
        };
        let thumbnail = Thumbnail::from_values(large, &vec![0.0; large.len()]).expect("it fits");
        assert_eq!((thumbnail.height, thumbnail.width), (128, 64));
    }

    #[test]
    fn wrong_sizes_make_none() {
        let image = ImageSpec {
            channels: 3,
            height: 2,
            width: 2,
        };
        assert_eq!(Thumbnail::from_values(image, &[0.0; 11]), None);
        let empty = ImageSpec {
            channels: 1,
            height: 0,
            width: 2,
        };
        assert_eq!(Thumbnail::from_values(empty, &[]), None);
    }
}

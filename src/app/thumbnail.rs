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
        let plane = image.height.checked_mul(image.width)?;
        let needed = plane.checked_mul(image.channels)?;
        if plane == 0 || !matches!(image.channels, 1 | 3) || values.len() < needed {
            return None;
        }
        // Whole steps keep small pictures crisp; large ones are thinned out.
        let step = image.height.max(image.width).div_ceil(MAX_SIDE);
        let (height, width) = (image.height.div_ceil(step), image.width.div_ceil(step));
        let mut rgba = Vec::with_capacity(height * width * 4);
        for y in 0..height {
            for x in 0..width {
                let at = y * step * image.width + x * step;
                for channel in 0..3 {
                    let value = values[channel.min(image.channels - 1) * plane + at];
                    rgba.push((value.clamp(0.0, 1.0) * 255.0).round() as u8);
                }
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
    fn large_pictures_are_thinned() {
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

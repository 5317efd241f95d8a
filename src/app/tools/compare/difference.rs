//! Two pictures of the same size, pixel by pixel.

use crate::app::{DecodedPicture, Thumbnail};
use crate::model::manifest::ImageSpec;

/// What laying pictures over each other needs, as people read it.
pub const LAID_OVER: &str = "only pictures of the same size can be laid over each other";

/// The absolute difference of two pictures over all pixels and channels; levels go from 0 to 1.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Difference {
    pub mean: f32,
    pub max: f32,
}

/// The absolute differences of each pixel, channel by channel; a grey picture counts as one with
/// three equal channels beside a coloured one. A level that is not finite makes no difference.
/// `None` for pictures of different sizes.
fn levels<'a>(
    a: &'a DecodedPicture,
    b: &'a DecodedPicture,
) -> Option<(usize, impl Fn(usize, usize) -> f32 + 'a)> {
    let size = |picture: &DecodedPicture| (picture.image.width, picture.image.height);
    if size(a) != size(b) {
        return None;
    }
    let plane = a.image.width * a.image.height;
    let level = move |picture: &DecodedPicture, channel: usize, pixel: usize| {
        let channel = channel.min(picture.image.channels.saturating_sub(1));
        let value = picture.values.get(channel * plane + pixel);
        value.copied().unwrap_or(0.0)
    };
    let channels = a.image.channels.max(b.image.channels);
    Some((channels, move |channel, pixel| {
        let difference = (level(a, channel, pixel) - level(b, channel, pixel)).abs();
        if difference.is_finite() {
            difference
        } else {
            0.0
        }
    }))
}

/// Measures how far two pictures are apart; `None` for pictures of different sizes.
pub fn difference(a: &DecodedPicture, b: &DecodedPicture) -> Option<Difference> {
    let (channels, level) = levels(a, b)?;
    let plane = a.image.width * a.image.height;
    let (mut sum, mut max) = (0.0_f64, 0.0_f32);
    for channel in 0..channels {
        for pixel in 0..plane {
            let difference = level(channel, pixel);
            sum += f64::from(difference);
            max = max.max(difference);
        }
    }
    let mean = (sum / (channels * plane).max(1) as f64) as f32;
    Some(Difference { mean, max })
}

/// The difference as a picture, RGBA row after row from the top, `gain` times as strong; `None`
/// for pictures of different sizes.
pub fn difference_pixels(a: &DecodedPicture, b: &DecodedPicture, gain: f32) -> Option<Vec<u8>> {
    let (channels, level) = levels(a, b)?;
    let plane = a.image.width * a.image.height;
    let byte = |channel: usize, pixel: usize| {
        let channel = channel.min(channels.saturating_sub(1));
        ((level(channel, pixel) * gain).clamp(0.0, 1.0) * 255.0).round() as u8
    };
    let pixel = |pixel| [byte(0, pixel), byte(1, pixel), byte(2, pixel), u8::MAX];
    Some((0..plane).flat_map(pixel).collect())
}

/// The same as a picture of its own, under a number that no other has.
pub fn difference_picture(
    a: &DecodedPicture,
    b: &DecodedPicture,
    gain: f32,
    id: u64,
) -> Option<DecodedPicture> {
    let (channels, level) = levels(a, b)?;
    let plane = a.image.width * a.image.height;
    let image = ImageSpec {
        channels,
        ..b.image
    };
    let all = (0..channels).flat_map(|channel| (0..plane).map(move |pixel| (channel, pixel)));
    let values: Vec<f32> = all
        .map(|(channel, pixel)| (level(channel, pixel) * gain).clamp(0.0, 1.0))
        .collect();
    Some(DecodedPicture {
        id,
        image,
        thumbnail: Thumbnail::from_values(image, &values)?,
        values: values.into(),
        ..b.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ModelId;
    use crate::latent::expr::Expr;
    use crate::latent::{Code, Sampler, Space};
    use std::sync::Arc;

    fn picture(channels: usize, values: &[f32]) -> DecodedPicture {
        let image = ImageSpec {
            channels,
            height: 1,
            width: values.len() / channels,
        };
        DecodedPicture {
            id: 0,
            model: ModelId {
                name: "any".to_owned(),
                hash: String::new(),
            },
            expression: Expr::Seed(0),
            sampler: Sampler::default(),
            code: Code::vector(Space::Z, Vec::new()),
            image,
            values: Arc::from(values),
            thumbnail: Thumbnail::from_values(image, values).unwrap(),
        }
    }

    #[test]
    fn differences_are_absolute_and_measured_over_all_channels() {
        let (a, b) = (picture(1, &[0.0, 0.75]), picture(1, &[0.5, 0.5]));
        let found = difference(&a, &b).unwrap();
        assert_eq!((found.mean, found.max), (0.375, 0.5));
        assert_eq!(difference(&b, &a), Some(found));
        assert_eq!(difference(&a, &a), Some(Difference::default()));
        assert_eq!(
            difference_pixels(&a, &b, 1.0).unwrap(),
            [128, 128, 128, 255, 64, 64, 64, 255]
        );
        let apart = difference_picture(&a, &b, 2.0, 9).unwrap();
        assert_eq!((apart.id, &apart.values[..]), (9, &[1.0, 0.5][..]));
        assert_eq!(
            difference_pixels(&a, &b, 4.0).unwrap(),
            [255; 8],
            "stronger, and never beyond white"
        );
    }

    #[test]
    fn grey_beside_colour_is_grey_in_every_channel() {
        let (grey, colour) = (picture(1, &[0.5]), picture(3, &[0.5, 1.0, 0.25]));
        let found = difference(&grey, &colour).unwrap();
        assert_eq!((found.mean, found.max), (0.25, 0.5));
        assert_eq!(
            difference_pixels(&grey, &colour, 1.0).unwrap(),
            [0, 128, 64, 255]
        );
    }

    #[test]
    fn other_sizes_and_broken_numbers() {
        let (a, b) = (picture(1, &[0.5]), picture(1, &[0.5, 0.5]));
        assert_eq!(difference(&a, &b), None);
        assert_eq!(difference_pixels(&a, &b, 1.0), None);
        let broken = picture(1, &[f32::NAN]);
        assert_eq!(difference(&a, &broken), Some(Difference::default()));
    }
}

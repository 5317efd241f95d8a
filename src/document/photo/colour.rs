//! From the colours that a picture says it has to sRGB.
//!
//! A profile comes from anywhere: one that cannot be used leaves the picture as it is.

use super::Samples;
use image::{ImageBuffer, Rgba, RgbaImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// The largest profile that is looked at; those of printers have about 2 MB.
const MAX_PROFILE_BYTES: usize = 16 << 20;
/// Values of 255 by which a profile may differ from sRGB and still be taken for it: most pictures
/// name one of its many versions, and should keep their pixels.
const SRGB_TOLERANCE: u8 = 2;
/// Steps along each colour at which that is tried.
const PROBES: usize = 9;

/// Brings a picture to sRGB.
pub fn to_srgb(pixels: Samples, profile: &[u8]) -> Samples {
    match Conversion::of(profile) {
        Some(conversion) => match pixels {
            Samples::Eight(pixels) => Samples::Eight(conversion.eight(pixels)),
            Samples::Sixteen(pixels) => Samples::Sixteen(conversion.sixteen(pixels)),
        },
        None => pixels,
    }
}

/// From a profile to sRGB.
struct Conversion {
    from: ColorProfile,
    to: ColorProfile,
    /// Pictures with a profile of grey have three equal colours by now.
    is_grey: bool,
}

impl Conversion {
    /// `None` where nothing is to be done, or it is not known what.
    fn of(profile: &[u8]) -> Option<Self> {
        if profile.len() > MAX_PROFILE_BYTES {
            return None;
        }
        let from = ColorProfile::new_from_slice(profile).ok()?;
        let is_grey = match from.color_space {
            DataColorSpace::Rgb => false,
            DataColorSpace::Gray => true,
            _ => return None,
        };
        let conversion = Self {
            from,
            to: ColorProfile::new_srgb(),
            is_grey,
        };
        (!conversion.changes_nothing()?).then_some(conversion)
    }

    /// Whether it is as good as sRGB; `None` where it cannot be computed.
    fn changes_nothing(&self) -> Option<bool> {
        let level = |step: usize| (255 * step / (PROBES - 1)) as u8;
        let all = 0..PROBES.pow(3);
        let probes = all.flat_map(|index| {
            let steps = [
                index / PROBES.pow(2),
                index / PROBES % PROBES,
                index % PROBES,
            ];
            let [red, green, blue] = match self.is_grey {
                true => [level(steps[2]); 3],
                false => steps.map(level),
            };
            [red, green, blue, 255]
        });
        let probes: Vec<u8> = probes.collect();
        let seen = self.transformed_eight(&probes)?;
        let mut pairs = probes.iter().zip(&seen);
        Some(pairs.all(|(a, b)| a.abs_diff(*b) <= SRGB_TOLERANCE))
    }

    fn transformed_eight(&self, rgba: &[u8]) -> Option<Vec<u8>> {
        let options = TransformOptions::default();
        let mut seen = vec![0; rgba.len()];
        if self.is_grey {
            let transform =
                self.from
                    .create_transform_8bit(Layout::GrayAlpha, &self.to, Layout::Rgba, options);
            let grey = rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[3]]);
            let grey: Vec<u8> = grey.collect();
            transform.ok()?.transform(&grey, &mut seen).ok()?;
        } else {
            let transform =
                self.from
                    .create_transform_8bit(Layout::Rgba, &self.to, Layout::Rgba, options);
            transform.ok()?.transform(rgba, &mut seen).ok()?;
        }
        Some(seen)
    }

    fn eight(&self, pixels: RgbaImage) -> RgbaImage {
        let (width, height) = pixels.dimensions();
        let seen = self.transformed_eight(pixels.as_raw());
        let seen = seen.and_then(|seen| RgbaImage::from_raw(width, height, seen));
        seen.unwrap_or(pixels)
    }

    fn sixteen(
        &self,
        pixels: ImageBuffer<Rgba<u16>, Vec<u16>>,
    ) -> ImageBuffer<Rgba<u16>, Vec<u16>> {
        let (width, height) = pixels.dimensions();
        let options = TransformOptions::default();
        let mut seen = vec![0; pixels.as_raw().len()];
        let is_done = if self.is_grey {
            let transform = self.from.create_transform_16bit(
                Layout::GrayAlpha,
                &self.to,
                Layout::Rgba,
                options,
            );
            let grey = pixels.pixels().flat_map(|pixel| [pixel.0[0], pixel.0[3]]);
            let grey: Vec<u16> = grey.collect();
            transform.is_ok_and(|it| it.transform(&grey, &mut seen).is_ok())
        } else {
            let transform =
                self.from
                    .create_transform_16bit(Layout::Rgba, &self.to, Layout::Rgba, options);
            transform.is_ok_and(|it| it.transform(pixels.as_raw(), &mut seen).is_ok())
        };
        let seen = is_done.then_some(seen);
        let seen = seen.and_then(|seen| ImageBuffer::from_raw(width, height, seen));
        seen.unwrap_or(pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(profile: &ColorProfile, pixel: [u8; 4]) -> [u8; 4] {
        let profile = profile.encode().expect("it can be written");
        let picture = RgbaImage::from_pixel(3, 2, Rgba(pixel));
        match to_srgb(Samples::Eight(picture), &profile) {
            Samples::Eight(pixels) => pixels.get_pixel(2, 1).0,
            Samples::Sixteen(_) => panic!("it had eight bits"),
        }
    }

    #[test]
    fn wide_colours_become_those_of_srgb() {
        // Display P3's (200, 100, 50) by its matrix and curve: about (214, 94, 33) in sRGB.
        let found = converted(&ColorProfile::new_display_p3(), [200, 100, 50, 77]);
        let wanted = [214, 94, 33, 77];
        let is_near = found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 3);
        assert!(is_near, "{found:?}");
        // Greys are the same in both.
        let grey = converted(&ColorProfile::new_display_p3(), [128, 128, 128, 255]);
        assert!(
            grey[..3].iter().all(|value| value.abs_diff(128) <= 1),
            "{grey:?}"
        );
    }

    #[test]
    fn srgb_and_nonsense_change_no_pixel() {
        let pixel = [201, 99, 3, 255];
        assert_eq!(converted(&ColorProfile::new_srgb(), pixel), pixel);
        let picture = Samples::Eight(RgbaImage::from_pixel(1, 1, Rgba(pixel)));
        for nonsense in [&b""[..], b"acsp", &[0xff; 400]] {
            assert_eq!(to_srgb(picture.clone(), nonsense), picture);
        }
    }

    #[test]
    fn grey_pictures_follow_their_curve() {
        let linear = ColorProfile::new_gray_with_gamma(1.0);
        let found = converted(&linear, [55, 55, 55, 255]);
        // Of linear 0.216: 0.502 in sRGB.
        assert!(
            found[..3].iter().all(|value| value.abs_diff(128) <= 2),
            "{found:?}"
        );
    }
}

//! Pictures that people bring: photos, scans, drawings, in any size and kind of pixels.
//!
//! The files come from anywhere. Their size is bounded before they are opened, their pixels
//! before they are decoded, and a decoder that gives up in a panic is a broken file, not the end
//! of the thread that asked. What a decoder would get wrong without a word is refused.

mod colour;
mod digit;
mod exif;
mod figure;
mod jpeg;
mod prepare;
mod resample;
mod samples;

pub use prepare::{
    Background, Crop, Fit, Placing, PrepareError, PrepareOptions, prepare, suggests_invert,
};
pub use samples::sample_names;

use crate::files::load::{self, LoadError};
use crate::files::{FileKind, kind};
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgba};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The largest file, in bytes (256 MiB).
pub const MAX_FILE_BYTES: u64 = 256 << 20;
/// The longest side of a picture, in pixels.
const MAX_SIDE: u32 = 32_768;
/// The most pixels of a picture: 268 million. Telephones give 200 million.
const MAX_PIXELS: u64 = 1 << 28;
/// The most bytes of the pixels as a decoder gives them (640 MiB): three for each of the largest.
const MAX_PIXEL_BYTES: u64 = 640 << 20;
/// The most pixels that are kept as they are; of larger pictures four become one, which no model
/// sees.
const MAX_EXACT_PIXELS: u64 = 100_000_000;
/// The most bytes that a decoder may take for what stands before the pixels, such as profiles.
const MAX_HEAD_BYTES: u64 = 64 << 20;
/// The most bytes that it may take beside the pixels.
const MAX_DECODER_BYTES: u64 = 256 << 20;

/// A picture in RGBA, straight alpha, sRGB-encoded, as a person sees it: turned as its file asks.
#[derive(Clone, PartialEq, Debug)]
pub struct Photo {
    pixels: Samples,
}

/// Pixels as exact as the file had them.
#[derive(Clone, PartialEq, Debug)]
enum Samples {
    Eight(image::RgbaImage),
    Sixteen(image::ImageBuffer<Rgba<u16>, Vec<u16>>),
}

/// Why a picture was not read.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("{}: the picture cannot be read: {fault}", path.display())]
    Photo { path: PathBuf, fault: PhotoFault },
    #[error("{}: {reason}", path.display())]
    Sample { path: PathBuf, reason: String },
}

/// What is wrong with the bytes of a picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhotoFault {
    #[error("it is {0}, neither PNG, JPEG, WebP, BMP nor GIF{advice}", advice = advice(*.0))]
    Format(FileKind),
    #[error("it claims {width}x{height} pixels; up to 268 million, {MAX_SIDE} a side, are read")]
    TooLarge { width: u32, height: u32 },
    #[error("it is broken: {0}")]
    Broken(String),
}

/// What to do about a file of another kind, behind a colon.
fn advice(kind: FileKind) -> String {
    let advice = kind.advice();
    advice.map_or_else(String::new, |advice| format!(": {advice}"))
}

/// Width and height of the picture in a file, in pixels, of which only the beginning is looked at.
///
/// # Errors
/// A sentence that names the file and the fault.
pub fn size(path: &Path) -> Result<[u32; 2], PhotoError> {
    let bytes = load::read(path, MAX_FILE_BYTES)?;
    let size = guarded(|| {
        let decoder = decoder(&bytes, known_format(&bytes)?)?;
        Ok(decoder.dimensions().into())
    });
    size.map_err(|fault| PhotoError::Photo {
        path: path.to_owned(),
        fault,
    })
}

/// Reads the picture in a PNG, JPEG, WebP, BMP or GIF file, of an animation the first frame; or one that is
/// built in, by a name such as `sample:three`.
///
/// # Errors
/// A sentence that names the file and the fault.
pub fn read(path: &Path) -> Result<Photo, PhotoError> {
    let bytes = match built_in(path)? {
        Some(bytes) => Cow::Borrowed(bytes),
        None => Cow::Owned(load::read(path, MAX_FILE_BYTES)?),
    };
    Photo::decode(&bytes).map_err(|fault| PhotoError::Photo {
        path: path.to_owned(),
        fault,
    })
}

/// The SHA-256 of what [`read`] reads, as lower-case hexadecimal digits.
///
/// # Errors
/// As for [`read`], but for the fault of a picture.
pub fn sha256(path: &Path) -> Result<String, PhotoError> {
    match built_in(path)? {
        Some(bytes) => Ok(load::hex(Sha256::digest(bytes).as_slice())),
        None => Ok(load::sha256(path, MAX_FILE_BYTES)?),
    }
}

fn built_in(path: &Path) -> Result<Option<&'static [u8]>, PhotoError> {
    let found = samples::sample(path).transpose();
    found.map_err(|reason| PhotoError::Sample {
        path: path.to_owned(),
        reason,
    })
}

/// As [`read`], with all pixels however many there are.
///
/// # Errors
/// A sentence that names the file and the fault.
pub fn read_exact(path: &Path) -> Result<Photo, PhotoError> {
    let bytes = load::read(path, MAX_FILE_BYTES)?;
    let exact = guarded(|| decode(&bytes, known_format(&bytes)?, MAX_PIXELS));
    exact.map_err(|fault| PhotoError::Photo {
        path: path.to_owned(),
        fault,
    })
}

impl Photo {
    /// The picture in the bytes of a file.
    ///
    /// # Errors
    /// When they are no file of a known format, claim too many pixels, or are broken.
    pub fn decode(bytes: &[u8]) -> Result<Self, PhotoFault> {
        guarded(|| decode(bytes, known_format(bytes)?, MAX_EXACT_PIXELS))
    }

    /// A picture of RGBA bytes, row after row from the top, such as a drawing of the window.
    ///
    /// `None` when a side is zero or there are more or fewer than `4 * width * height` bytes.
    pub fn from_rgba(width: u32, height: u32, rgba: Vec<u8>) -> Option<Self> {
        let len = (width as usize)
            .checked_mul(height as usize)?
            .checked_mul(4)?;
        if len == 0 || rgba.len() != len {
            return None;
        }
        let pixels = Samples::Eight(image::RgbaImage::from_raw(width, height, rgba)?);
        Some(Self { pixels })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> [u32; 2] {
        match &self.pixels {
            Samples::Eight(pixels) => [pixels.width(), pixels.height()],
            Samples::Sixteen(pixels) => [pixels.width(), pixels.height()],
        }
    }

    /// Red, green, blue and alpha of a pixel in 0..=1.
    ///
    /// # Panics
    /// When the place lies outside of the picture.
    pub fn pixel(&self, x: u32, y: u32) -> [f32; 4] {
        match &self.pixels {
            Samples::Eight(pixels) => pixels.get_pixel(x, y).0.map(|v| f32::from(v) / 255.0),
            Samples::Sixteen(pixels) => pixels.get_pixel(x, y).0.map(|v| f32::from(v) / 65_535.0),
        }
    }

    /// RGBA bytes, row after row from the top, for showing the picture.
    pub fn to_rgba(&self) -> Vec<u8> {
        match &self.pixels {
            Samples::Eight(pixels) => pixels.as_raw().clone(),
            Samples::Sixteen(pixels) => {
                let samples = pixels.as_raw().iter();
                samples
                    .map(|&v| ((u32::from(v) + 128) / 257) as u8)
                    .collect()
            }
        }
    }
}

/// The decoders are not ours, and what they read may be made to break them.
fn guarded<T>(work: impl FnOnce() -> Result<T, PhotoFault>) -> Result<T, PhotoFault> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(PhotoFault::Broken("its decoder gave up".to_owned())))
}

/// The format of a file, by its first bytes; names lie.
fn known_format(bytes: &[u8]) -> Result<ImageFormat, PhotoFault> {
    Ok(
        match FileKind::of(bytes.get(..kind::HEAD_BYTES).unwrap_or(bytes)) {
            FileKind::Png => ImageFormat::Png,
            FileKind::Jpeg => ImageFormat::Jpeg,
            FileKind::WebP => ImageFormat::WebP,
            FileKind::Bmp => ImageFormat::Bmp,
            FileKind::Gif => ImageFormat::Gif,
            other => return Err(PhotoFault::Format(other)),
        },
    )
}

fn broken(error: image::ImageError) -> PhotoFault {
    PhotoFault::Broken(error.to_string())
}

/// A decoder that has read what stands before the pixels.
fn decoder(bytes: &[u8], format: ImageFormat) -> Result<Box<dyn ImageDecoder + '_>, PhotoFault> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_HEAD_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    Ok(Box::new(reader.into_decoder().map_err(broken)?))
}

/// Decodes a picture. Of more pixels than `most_exact` four become one.
fn decode(bytes: &[u8], format: ImageFormat, most_exact: u64) -> Result<Photo, PhotoFault> {
    let bytes = match format {
        ImageFormat::WebP => whole_webp(bytes).ok_or_else(|| "it ends too early".to_owned()),
        ImageFormat::Jpeg => jpeg::check(bytes).map(|()| bytes),
        _ => Ok(bytes),
    };
    let bytes = bytes.map_err(PhotoFault::Broken)?;
    let mut decoder = decoder(bytes, format)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let colour = decoder.color_type();
    let pixel_bytes = pixels * u64::from(colour.bytes_per_pixel());
    if width.max(height) > MAX_SIDE || pixels > MAX_PIXELS || pixel_bytes > MAX_PIXEL_BYTES {
        return Err(PhotoFault::TooLarge { width, height });
    }
    if pixels == 0 {
        return Err(PhotoFault::Broken("it has no pixels".to_owned()));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(pixel_bytes + MAX_DECODER_BYTES);
    decoder.set_limits(limits).map_err(broken)?;
    // A picture whose notes are broken is still a picture.
    let notes = decoder.exif_metadata().ok().flatten().unwrap_or_default();
    let orientation = exif::orientation(&notes).unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let is_deep = !matches!(
        colour,
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8
    );
    let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    if pixels > most_exact {
        picture = picture.thumbnail_exact(width.div_ceil(2), height.div_ceil(2));
    }
    picture.apply_orientation(orientation);
    let mut pixels = if is_deep {
        Samples::Sixteen(picture.into_rgba16())
    } else {
        Samples::Eight(picture.into_rgba8())
    };
    if let Some(profile) = profile {
        pixels = colour::to_srgb(pixels, &profile);
    }
    if format == ImageFormat::Bmp {
        pixels.show_if_all_hidden();
    }
    Ok(Photo { pixels })
}

impl Samples {
    /// Shows a picture of which nothing could be seen: some programs leave the opacity of a BMP
    /// at zero, and all others show it.
    fn show_if_all_hidden(&mut self) {
        if let Self::Eight(pixels) = self
            && pixels.pixels().all(|pixel| pixel.0[3] == 0)
        {
            pixels.pixels_mut().for_each(|pixel| pixel.0[3] = 255);
        }
    }
}

/// The bytes of a WebP file without what follows it. The chunks have to lie inside of the file:
/// the decoder makes room for some of them before it reads.
fn whole_webp(bytes: &[u8]) -> Option<&[u8]> {
    let len = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?) as usize;
    let end = len.saturating_add(8).min(bytes.len());
    let bytes = &bytes[..end];
    chunks_are_there(bytes).then_some(bytes)
}

/// Whether the chunks of a WebP file lie inside of it.
fn chunks_are_there(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let [.., a, b, c, d] = *head;
        let len = u32::from_le_bytes([a, b, c, d]) as usize;
        if len > after.len() {
            return false;
        }
        // Some programs leave out the last padding.
        rest = after.get(len + len % 2..).unwrap_or_default();
    }
    true
}

//! Pictures that people bring: photos, scans, drawings, in any size and kind of pixels.
//!
//! The files come from anywhere. Their size is bounded before they are opened, their pixels
//! before they are decoded, and a decoder that gives up in a panic is a broken file, not the end
//! of the thread that asked.

mod digit;
mod figure;
mod prepare;
mod resample;

pub use prepare::{
    Background, Crop, Fit, Placing, PrepareError, PrepareOptions, prepare, suggests_invert,
};

use super::load::{self, LoadError};
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, Rgba};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The largest file, in bytes (256 MiB).
const MAX_FILE_BYTES: u64 = 256 << 20;
/// The longest side of a picture, in pixels.
const MAX_SIDE: u32 = 32_768;
/// The most pixels of a picture: 67 million, more than cameras give.
const MAX_PIXELS: u64 = 1 << 26;
/// The most bytes that a decoder may take for itself, beside the file.
const MAX_DECODER_BYTES: u64 = 1 << 30;

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
}

/// What is wrong with the bytes of a picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhotoFault {
    #[error("it is neither PNG, JPEG, WebP, BMP nor GIF")]
    Format,
    #[error("it claims {width}x{height} pixels; up to 67 million, {MAX_SIDE} a side, are read")]
    TooLarge { width: u32, height: u32 },
    #[error("it is broken: {0}")]
    Broken(String),
}

/// Reads the picture in a PNG, JPEG, WebP, BMP or GIF file; of an animation the first frame.
///
/// # Errors
/// A sentence that names the file and the fault.
pub fn read(path: &Path) -> Result<Photo, PhotoError> {
    let bytes = load::read(path, MAX_FILE_BYTES)?;
    Photo::decode(&bytes).map_err(|fault| PhotoError::Photo {
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
        let format = known_format(bytes).ok_or(PhotoFault::Format)?;
        // The decoders are not ours, and what they read may be made to break them.
        catch_unwind(AssertUnwindSafe(|| decode(bytes, format)))
            .unwrap_or_else(|_| Err(PhotoFault::Broken("its decoder gave up".to_owned())))
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

/// The format of a file, by its first bytes; names lie.
fn known_format(bytes: &[u8]) -> Option<ImageFormat> {
    let format = image::guess_format(bytes.get(..64).unwrap_or(bytes)).ok()?;
    let is_known = matches!(
        format,
        ImageFormat::Png
            | ImageFormat::Jpeg
            | ImageFormat::WebP
            | ImageFormat::Bmp
            | ImageFormat::Gif
    );
    is_known.then_some(format)
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<Photo, PhotoFault> {
    let broken = |error: image::ImageError| PhotoFault::Broken(error.to_string());
    if format == ImageFormat::WebP && !chunks_are_there(bytes) {
        return Err(PhotoFault::Broken("it ends too early".to_owned()));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(PhotoFault::TooLarge { width, height });
    }
    if pixels == 0 {
        return Err(PhotoFault::Broken("it has no pixels".to_owned()));
    }
    // A picture whose notes are broken is still a picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let is_deep = !matches!(
        decoder.color_type(),
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8
    );
    let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    picture.apply_orientation(orientation);
    let pixels = if is_deep {
        Samples::Sixteen(picture.into_rgba16())
    } else {
        Samples::Eight(picture.into_rgba8())
    };
    Ok(Photo { pixels })
}

/// Whether the chunks of a WebP file lie inside of it: the decoder makes room for some of them
/// before it reads.
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

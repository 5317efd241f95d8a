//! Animations on their way to files, one frame at a time.
//!
//! A writer holds one frame, never all. Progress and cancelling belong to whoever pushes the
//! frames: a writer that is dropped before [`AnimationWriter::finish`] leaves nothing behind,
//! neither half a file nor a folder of some pictures nor a running encoder.

mod apng;
mod clock;
mod gif;
mod mp4;
mod palette;
mod quantise;
mod sequence;
mod webp;

pub use clock::even_durations;

use super::raster::{Pixels, Raster};
use super::recipe::Recipe;
use crate::files::save::SaveError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The most frames of one animation.
pub const MAX_FRAMES: usize = 10_000;

/// The shortest and the longest time that one frame is shown: what every format can say.
pub const FRAME_SECONDS: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(65));

/// Frames that are shown for less than this are written as ten milliseconds now and then, which
/// browsers take for a hundred.
const SLOWED: Duration = Duration::from_millis(11);

/// What an animation is written as.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AnimationFormat {
    /// 256 colours, times in hundredths of a second; shown everywhere.
    Gif,
    /// Exact colours, times in milliseconds.
    Apng,
    /// Exact colours, times in milliseconds, smaller than APNG.
    WebP,
    /// H.264 by a program named `ffmpeg`; colours at half the resolution.
    Mp4,
    /// A PNG for each frame, in a folder of their own or with numbers in their names.
    PngSequence,
}

impl AnimationFormat {
    /// Every format, as menus list them.
    pub const ALL: [Self; 5] = [
        Self::Gif,
        Self::Apng,
        Self::WebP,
        Self::Mp4,
        Self::PngSequence,
    ];

    /// The format that a path asks for: by its extension, a run of `#` or a `%04d` in the name of
    /// a PNG for a sequence of files, no extension or a slash at the end for a folder of them.
    pub fn of_path(path: &Path) -> Option<Self> {
        let is_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        let Some(extension) = path.extension().filter(|_| !is_folder) else {
            return path.file_name().map(|_| Self::PngSequence);
        };
        match extension.to_string_lossy().to_lowercase().as_str() {
            "gif" => Some(Self::Gif),
            "png" if sequence::has_number(path) => Some(Self::PngSequence),
            "png" | "apng" => Some(Self::Apng),
            "webp" => Some(Self::WebP),
            "mp4" | "m4v" => Some(Self::Mp4),
            _ => None,
        }
    }

    /// The name as people read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gif => "GIF",
            Self::Apng => "APNG",
            Self::WebP => "WebP",
            Self::Mp4 => "MP4",
            Self::PngSequence => "PNG sequence",
        }
    }
}

impl fmt::Display for AnimationFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How often an animation is shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Repeat {
    #[default]
    Forever,
    Once,
}

/// What is known of an animation before its first frame.
#[derive(Clone, PartialEq, Debug)]
pub struct AnimationSpec {
    /// The kind of the pixels of every frame.
    pub pixels: Pixels,
    /// Width and height of every frame in pixels.
    pub size: [u32; 2],
    /// How long each frame is shown; one for each frame. Formats round the times at which frames
    /// end, so that the sum stays true.
    pub durations: Vec<Duration>,
    pub repeat: Repeat,
    /// Put into the file where the format has a place.
    pub recipe: Recipe,
}

/// Why an animation was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnimationError {
    #[error(transparent)]
    Save(#[from] SaveError),
    /// Another path, format or setting would help; a whole sentence.
    #[error("{}: {fault}", path.display())]
    Unfit { path: PathBuf, fault: String },
    /// The encoder gave up; a whole sentence.
    #[error("{}: {fault}", path.display())]
    Encoder { path: PathBuf, fault: String },
}

impl AnimationError {
    /// Whether other settings would help, rather than, say, more room on the disk.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Save(error) => error.is_bad_path(),
            Self::Unfit { .. } => true,
            Self::Encoder { .. } => false,
        }
    }

    fn unfit(path: &Path, fault: impl Into<String>) -> Self {
        Self::Unfit {
            path: path.to_owned(),
            fault: fault.into(),
        }
    }

    fn encoder(path: &Path, fault: impl fmt::Display) -> Self {
        Self::Encoder {
            path: path.to_owned(),
            fault: fault.to_string(),
        }
    }

    fn write(path: &Path, error: io::Error) -> Self {
        Self::Save(SaveError::write(path, error))
    }
}

/// What every format does with frames.
trait FrameWriter: Send {
    /// Adds a frame of the announced size and pixels.
    fn push(&mut self, frame: &Raster) -> Result<(), AnimationError>;

    /// Gives the file its name.
    fn finish(self: Box<Self>) -> Result<(), AnimationError>;
}

/// An animation that is written while its frames are made.
///
/// Dropped before [`Self::finish`], it leaves nothing behind. It can be sent to another thread.
pub struct AnimationWriter {
    path: PathBuf,
    pixels: Pixels,
    size: [u32; 2],
    frames: usize,
    pushed: usize,
    inner: Box<dyn FrameWriter>,
}

impl fmt::Debug for AnimationWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnimationWriter")
            .field("path", &self.path)
            .field("pushed", &self.pushed)
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}

impl AnimationWriter {
    /// Begins an animation.
    ///
    /// # Errors
    /// When the format cannot hold such an animation, nothing can be created at `path`, or the
    /// format's encoder is not on this machine.
    pub fn create(
        path: &Path,
        format: AnimationFormat,
        spec: &AnimationSpec,
    ) -> Result<Self, AnimationError> {
        check(path, format, spec)?;
        let inner: Box<dyn FrameWriter> = match format {
            AnimationFormat::Gif => Box::new(gif::GifWriter::create(path, spec)?),
            AnimationFormat::Apng => Box::new(apng::ApngWriter::create(path, spec)?),
            AnimationFormat::WebP => Box::new(webp::WebPWriter::create(path, spec)?),
            AnimationFormat::Mp4 => Box::new(mp4::Mp4Writer::create(path, spec)?),
            AnimationFormat::PngSequence => Box::new(sequence::SequenceWriter::create(path, spec)?),
        };
        Ok(Self {
            path: path.to_owned(),
            pixels: spec.pixels,
            size: spec.size,
            frames: spec.durations.len(),
            pushed: 0,
            inner,
        })
    }

    /// Adds the next frame.
    ///
    /// # Errors
    /// When the disk is full, the encoder fails, the frame has another size or other pixels than
    /// announced, or there are more frames than announced.
    pub fn push(&mut self, frame: &Raster) -> Result<(), AnimationError> {
        let fault = if self.pushed == self.frames {
            Some("there are more frames than announced")
        } else if frame.size() != self.size || frame.pixels() != self.pixels {
            Some("a frame has another size or other pixels than announced")
        } else {
            None
        };
        if let Some(fault) = fault {
            return Err(AnimationError::encoder(&self.path, fault));
        }
        self.pushed += 1;
        self.inner.push(frame)
    }

    /// Gives the animation its name.
    ///
    /// # Errors
    /// When the disk is full, the encoder fails, or frames are missing.
    pub fn finish(self) -> Result<(), AnimationError> {
        if self.pushed < self.frames {
            let missing = self.frames - self.pushed;
            let fault = format!("{missing} of {} frames are missing", self.frames);
            return Err(AnimationError::encoder(&self.path, fault));
        }
        self.inner.finish()
    }
}

/// Checks what can be known before anything is created.
fn check(path: &Path, format: AnimationFormat, spec: &AnimationSpec) -> Result<(), AnimationError> {
    // The longest side of a frame, by the number of bits that the format has for it.
    let longest = match format {
        AnimationFormat::Gif => 65_535,
        AnimationFormat::WebP | AnimationFormat::Mp4 => 16_384,
        AnimationFormat::Apng | AnimationFormat::PngSequence => i32::MAX as u32,
    };
    let unfit = |fault: String| Err(AnimationError::unfit(path, fault));
    let [width, height] = spec.size;
    if width == 0 || height == 0 || width.max(height) > longest {
        return unfit(format!(
            "{format} holds pictures of up to {longest} pixels a side, not {width}x{height}"
        ));
    }
    if spec.durations.is_empty() {
        return unfit("an animation has at least one frame".to_owned());
    }
    if spec.durations.len() > MAX_FRAMES {
        return unfit(format!("an animation has at most {MAX_FRAMES} frames"));
    }
    let (shortest, longest) = FRAME_SECONDS;
    let is_allowed = |duration: &Duration| (shortest..=longest).contains(duration);
    if !spec.durations.iter().all(is_allowed) {
        return unfit(format!(
            "a frame is shown for {} ms to {} s",
            shortest.as_millis(),
            longest.as_secs()
        ));
    }
    let is_shown_slowly = matches!(format, AnimationFormat::Apng | AnimationFormat::WebP)
        && spec.durations.iter().any(|&duration| duration < SLOWED);
    if is_shown_slowly {
        return unfit(format!(
            "browsers show {format} at most 90 frames a second, and faster ones at ten; choose \
             fewer, or MP4"
        ));
    }
    Ok(())
}

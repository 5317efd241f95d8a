//! GIF: 256 colours, hundredths of a second.
//!
//! Format: <https://www.w3.org/Graphics/GIF/spec-gif89a.txt>; the loop is Netscape's extension.

use super::clock::ticks;
use super::palette::SharedPalette;
use super::{AnimationError, AnimationSpec, FrameWriter, Repeat};
use crate::document::embedded::RECIPE_KEYWORD;
use crate::document::raster::Raster;
use crate::files::save::PendingFile;
use ::gif::{AnyExtension, Encoder, EncodingError, Extension, Frame};
use std::borrow::Cow;
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the colours of the whole file stand: behind the signature and the screen.
const TABLE_PLACE: u64 = 6 + 7;

/// Browsers show a frame of less than two hundredths of a second for ten of them.
const SHORTEST: Duration = Duration::from_millis(20);

pub struct GifWriter {
    path: PathBuf,
    encoder: Encoder<BufWriter<PendingFile>>,
    palette: SharedPalette,
    delays: std::vec::IntoIter<u32>,
}

impl GifWriter {
    pub fn create(path: &Path, spec: &AnimationSpec) -> Result<Self, AnimationError> {
        if spec.durations.iter().any(|&duration| duration < SHORTEST) {
            return Err(AnimationError::unfit(
                path,
                "GIF shows at most 50 frames a second; choose fewer, or APNG, WebP or MP4",
            ));
        }
        // The check of the size has bounded both.
        let [width, height] = spec.size.map(|side| side as u16);
        let file = BufWriter::new(PendingFile::create(path)?);
        let palette = SharedPalette::new(spec.pixels);
        let fault = |error| fault(path, error);
        // The colours are not known yet; their places are written again at the end.
        let table = palette.table();
        let mut encoder = Encoder::new(file, width, height, &table).map_err(fault)?;
        if spec.repeat == Repeat::Forever {
            encoder.set_repeat(::gif::Repeat::Infinite).map_err(fault)?;
        }
        let comment = format!("{RECIPE_KEYWORD} {}", spec.recipe.to_ascii_json());
        encoder
            .write_raw_extension(
                AnyExtension::from(Extension::Comment),
                &[comment.as_bytes()],
            )
            .map_err(fault)?;
        Ok(Self {
            path: path.to_owned(),
            encoder,
            palette,
            delays: ticks(&spec.durations, 100).into_iter(),
        })
    }
}

impl FrameWriter for GifWriter {
    fn push(&mut self, frame: &Raster) -> Result<(), AnimationError> {
        let indexed = self.palette.index(frame);
        let [width, height] = frame.size().map(|side| side as u16);
        let frame = Frame {
            width,
            height,
            // A minute of hundredths fits.
            delay: self.delays.next().unwrap_or(0) as u16,
            palette: indexed.palette,
            buffer: Cow::Owned(indexed.indices),
            ..Frame::default()
        };
        self.encoder
            .write_frame(&frame)
            .map_err(|error| fault(&self.path, error))
    }

    fn finish(self: Box<Self>) -> Result<(), AnimationError> {
        let Self {
            path,
            encoder,
            palette,
            ..
        } = *self;
        let mut out = encoder.into_inner().map_err(|error| fault(&path, error))?;
        let finished = out
            .seek(SeekFrom::Start(TABLE_PLACE))
            .and_then(|_| out.write_all(&palette.table()))
            .and_then(|()| out.flush());
        finished.map_err(|error| AnimationError::write(&path, error))?;
        match out.into_inner() {
            Ok(file) => Ok(file.commit()?),
            Err(unflushed) => Err(AnimationError::write(&path, unflushed.into_error())),
        }
    }
}

fn fault(path: &Path, error: EncodingError) -> AnimationError {
    match error {
        EncodingError::Io(error) => AnimationError::write(path, error),
        other => AnimationError::encoder(path, other),
    }
}

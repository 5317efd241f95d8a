//! APNG: exact colours, milliseconds.
//!
//! Format: <https://www.w3.org/TR/png-3/#apng-frame-based-animation>.

use super::clock::ticks;
use super::{AnimationError, AnimationSpec, FrameWriter, Repeat};
use crate::document::png;
use crate::document::raster::Raster;
use crate::files::save::PendingFile;
use ::png::{EncodingError, Writer};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub struct ApngWriter {
    path: PathBuf,
    file: SharedFile,
    writer: Writer<SharedFile>,
    delays: std::vec::IntoIter<u32>,
}

impl ApngWriter {
    pub fn create(path: &Path, spec: &AnimationSpec) -> Result<Self, AnimationError> {
        let file = SharedFile::new(PendingFile::create(path)?);
        let fault = |error| fault(path, error);
        let out = file.clone();
        let mut encoder = png::encoder(out, spec.pixels, spec.size, &spec.recipe).map_err(fault)?;
        let plays = match spec.repeat {
            Repeat::Forever => 0,
            Repeat::Once => 1,
        };
        // The number of frames is bounded far below 32 bits.
        encoder
            .set_animated(spec.durations.len() as u32, plays)
            .map_err(fault)?;
        encoder.validate_sequence(true);
        let writer = encoder.write_header().map_err(fault)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            writer,
            delays: ticks(&spec.durations, 1000).into_iter(),
        })
    }
}

impl FrameWriter for ApngWriter {
    fn push(&mut self, frame: &Raster) -> Result<(), AnimationError> {
        // The longest time of a frame is below 65,536 ms.
        let delay = self.delays.next().unwrap_or(0) as u16;
        self.writer
            .set_frame_delay(delay, 1000)
            .and_then(|()| self.writer.write_image_data(frame.bytes()))
            .map_err(|error| fault(&self.path, error))
    }

    fn finish(self: Box<Self>) -> Result<(), AnimationError> {
        let Self {
            path, file, writer, ..
        } = *self;
        writer.finish().map_err(|error| fault(&path, error))?;
        match file.into_inner() {
            Some(file) => Ok(file
                .into_inner()
                .map_err(|unflushed| AnimationError::write(&path, unflushed.into_error()))?
                .commit()?),
            None => Err(AnimationError::encoder(&path, "the encoder keeps the file")),
        }
    }
}

fn fault(path: &Path, error: EncodingError) -> AnimationError {
    match error {
        EncodingError::IoError(error) => AnimationError::write(path, error),
        other => AnimationError::encoder(path, other),
    }
}

/// A file for an encoder that does not give back what it writes to.
#[derive(Clone)]
struct SharedFile(Arc<Mutex<BufWriter<PendingFile>>>);

impl SharedFile {
    fn new(file: PendingFile) -> Self {
        Self(Arc::new(Mutex::new(BufWriter::new(file))))
    }

    /// The file, once the encoder is gone.
    fn into_inner(self) -> Option<BufWriter<PendingFile>> {
        let file = Arc::into_inner(self.0)?;
        Some(file.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for SharedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.flush()
    }
}

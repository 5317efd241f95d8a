//! Arrays of `f32` in NumPy's files: `.npy` written piece by piece, `.npz` whole, and `.npy`
//! [read](read_array).
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>

pub use crate::files::npy::{Array, ArrayError, Header, MAGIC, MAX_HEAD, read_array, read_header};

use crate::files::save::{PendingFile, SaveError};
use npyz::{DType, WriteOptions, WriterBuilder as _};
use std::io::{self, BufWriter, Cursor, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// An `.npy` file of little-endian `f32` that is written while its numbers are made.
///
/// Dropped before [`Self::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct NpyWriter {
    out: BufWriter<PendingFile>,
    missing: u64,
}

impl NpyWriter {
    /// Begins a file of `shape`, in C order.
    ///
    /// # Errors
    /// When nothing can be created at `path`, or the disk is full.
    pub fn create(path: &Path, shape: &[u64]) -> Result<Self, SaveError> {
        let mut out = BufWriter::new(PendingFile::create(path)?);
        write_header(&mut out, shape).map_err(|error| out.get_ref().write_fault(error))?;
        Ok(Self {
            out,
            missing: shape.iter().product(),
        })
    }

    /// Adds the next numbers in row-major order.
    ///
    /// # Errors
    /// When the disk is full, or there are more numbers than the shape holds.
    pub fn push(&mut self, values: &[f32]) -> Result<(), SaveError> {
        let result = match self.missing.checked_sub(values.len() as u64) {
            Some(missing) => {
                self.missing = missing;
                write_values(&mut self.out, values)
            }
            None => Err(io::Error::other(
                "there are more numbers than its shape holds",
            )),
        };
        result.map_err(|error| self.out.get_ref().write_fault(error))
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When the disk is full, or numbers are missing.
    pub fn finish(mut self) -> Result<(), SaveError> {
        let complete = if self.missing == 0 {
            self.out.flush()
        } else {
            Err(io::Error::other(format!(
                "{} of its numbers are missing",
                self.missing
            )))
        };
        complete.map_err(|error| self.out.get_ref().write_fault(error))?;
        match self.out.into_inner() {
            Ok(file) => file.commit(),
            Err(unflushed) => {
                let (error, out) = unflushed.into_parts();
                Err(out.get_ref().write_fault(error))
            }
        }
    }
}

/// Writes an uncompressed `.npz` of one array, as `numpy.savez` does.
///
/// # Errors
/// When nothing can be created at `path`, or the disk is full.
pub fn save_npz(path: &Path, name: &str, shape: &[u64], values: &[f32]) -> Result<(), SaveError> {
    let file = PendingFile::create(path)?;
    match npz_bytes(name, shape, values) {
        Ok(bytes) => file.finish(&bytes),
        Err(error) => Err(file.write_fault(error)),
    }
}

fn npz_bytes(name: &str, shape: &[u64], values: &[f32]) -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file(format!("{name}.npy"), options)?;
    write_header(&mut zip, shape)?;
    write_values(&mut zip, values)?;
    Ok(zip.finish()?.into_inner())
}

pub(super) fn write_header(out: &mut impl Write, shape: &[u64]) -> io::Result<()> {
    let kind = "<f4".parse().map_err(io::Error::other)?;
    WriteOptions::new_header_only()
        .dtype(DType::Plain(kind))
        .shape(shape)
        .writer(out)
        .write_header_only()?;
    Ok(())
}

pub(super) fn write_values(out: &mut impl Write, values: &[f32]) -> io::Result<()> {
    // In pieces, so that no second copy of all numbers is made.
    let mut piece = Vec::with_capacity(4 * 4096);
    for values in values.chunks(4096) {
        piece.clear();
        piece.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        out.write_all(&piece)?;
    }
    Ok(())
}

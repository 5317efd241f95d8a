//! Arrays of numbers in NumPy's files: `.npy` written piece by piece and [read](read_array).
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>

pub use crate::files::npy::{
    Array, ArrayError, Header, MAGIC, MAX_HEAD, read_any, read_array, read_header,
};

use crate::files::save::{PendingFile, SaveError};
use npyz::{DType, WriteOptions, WriterBuilder as _};
use std::io::{self, BufWriter, Write};
use std::marker::PhantomData;
use std::path::Path;

/// A kind of number that is written: reals, or indices into a codebook.
pub trait Element: Copy {
    /// How NumPy calls it, little-endian.
    const KIND: &str;

    /// Its bytes, the least first.
    fn bytes(self) -> [u8; 4];
}

impl Element for f32 {
    const KIND: &str = "<f4";

    fn bytes(self) -> [u8; 4] {
        self.to_le_bytes()
    }
}

impl Element for u32 {
    const KIND: &str = "<u4";

    fn bytes(self) -> [u8; 4] {
        self.to_le_bytes()
    }
}

/// An `.npy` file that is written while its numbers are made.
///
/// Dropped before [`Self::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct NpyWriter<T = f32> {
    out: BufWriter<PendingFile>,
    missing: u64,
    element: PhantomData<T>,
}

impl<T: Element> NpyWriter<T> {
    /// Begins a file of `shape`, in C order.
    ///
    /// # Errors
    /// When nothing can be created at `path`, or the disk is full.
    pub fn create(path: &Path, shape: &[u64]) -> Result<Self, SaveError> {
        let mut out = BufWriter::new(PendingFile::create(path)?);
        write_header::<T>(&mut out, shape).map_err(|error| out.get_ref().write_fault(error))?;
        Ok(Self {
            out,
            missing: shape.iter().product(),
            element: PhantomData,
        })
    }

    /// Adds the next numbers in row-major order.
    ///
    /// # Errors
    /// When the disk is full, or there are more numbers than the shape holds.
    pub fn push(&mut self, values: &[T]) -> Result<(), SaveError> {
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

pub(super) fn write_header<T: Element>(out: &mut impl Write, shape: &[u64]) -> io::Result<()> {
    let kind = T::KIND.parse().map_err(io::Error::other)?;
    WriteOptions::new_header_only()
        .dtype(DType::Plain(kind))
        .shape(shape)
        .writer(out)
        .write_header_only()?;
    Ok(())
}

pub(super) fn write_values<T: Element>(out: &mut impl Write, values: &[T]) -> io::Result<()> {
    // In pieces, so that no second copy of all numbers is made.
    let mut piece = Vec::with_capacity(4 * 4096);
    for values in values.chunks(4096) {
        piece.clear();
        piece.extend(values.iter().flat_map(|value| value.bytes()));
        out.write_all(&piece)?;
    }
    Ok(())
}

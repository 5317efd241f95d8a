//! The bytes of a pickle, read in order, with long ones passed over.

use std::io::{BufRead as _, BufReader, Read, Seek, SeekFrom};

/// Something to read from that can be wound.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// A part of a file.
pub struct Input<'a> {
    inner: BufReader<Box<dyn ReadSeek + 'a>>,
    /// Where the next byte lies in the file.
    at: u64,
    end: u64,
}

impl<'a> Input<'a> {
    /// The bytes from `start` up to `end` of a file.
    ///
    /// # Errors
    /// When it cannot be wound there.
    pub fn new(inner: impl ReadSeek + 'a, start: u64, end: u64) -> Result<Self, String> {
        let mut inner: BufReader<Box<dyn ReadSeek + 'a>> = BufReader::new(Box::new(inner));
        inner
            .seek(SeekFrom::Start(start))
            .map_err(|error| broken(&error))?;
        Ok(Self {
            inner,
            at: start,
            end,
        })
    }

    /// Where the next byte lies.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Bytes that are left.
    pub fn left(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }

    pub fn byte(&mut self) -> Result<u8, String> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.advance(N as u64)?;
        let mut bytes = [0; N];
        self.inner
            .read_exact(&mut bytes)
            .map_err(|error| broken(&error))?;
        Ok(bytes)
    }

    pub fn bytes(&mut self, len: u64) -> Result<Vec<u8>, String> {
        self.advance(len)?;
        let mut bytes = Vec::new();
        let read = self.inner.by_ref().take(len).read_to_end(&mut bytes);
        read.map_err(|error| broken(&error))?;
        if bytes.len() as u64 != len {
            return Err(cut_short());
        }
        Ok(bytes)
    }

    /// Passes over bytes; gives where they begin.
    pub fn skip(&mut self, len: u64) -> Result<u64, String> {
        let from = self.at;
        self.advance(len)?;
        let by = i64::try_from(len).map_err(|_| cut_short())?;
        self.inner
            .seek_relative(by)
            .map_err(|error| broken(&error))?;
        Ok(from)
    }

    /// A line without its end.
    pub fn line(&mut self, most: usize) -> Result<String, String> {
        let mut line = Vec::new();
        let most = self.left().min(most as u64);
        let read = self.inner.by_ref().take(most).read_until(b'\n', &mut line);
        let read = read.map_err(|error| broken(&error))?;
        self.advance(read as u64)?;
        if line.pop() != Some(b'\n') {
            return Err("a line in its pickle has no end".to_owned());
        }
        String::from_utf8(line).map_err(|_| "a line in its pickle is no text".to_owned())
    }

    fn advance(&mut self, len: u64) -> Result<(), String> {
        if len > self.left() {
            return Err(cut_short());
        }
        self.at += len;
        Ok(())
    }
}

fn broken(error: &dyn std::fmt::Display) -> String {
    format!("its pickle cannot be read: {error}")
}

fn cut_short() -> String {
    "its pickle is cut short".to_owned()
}

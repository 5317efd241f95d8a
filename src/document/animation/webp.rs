//! Animated WebP: exact colours, milliseconds, lossless frames in a container of our own making.
//!
//! Format: <https://developers.google.com/speed/webp/docs/riff_container>.

use super::clock::ticks;
use super::{AnimationError, AnimationSpec, FrameWriter, Repeat};
use crate::document::embedded::packet;
use crate::document::raster::{Pixels, Raster};
use crate::files::save::PendingFile;
use image::ExtendedColorType;
use image::codecs::webp::WebPEncoder;
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Flags of the whole file: it has frames, text about itself, and transparent parts.
const ANIMATED: u8 = 0x02;
const HAS_XMP: u8 = 0x04;
const HAS_ALPHA: u8 = 0x10;
/// Flag of a frame: it replaces what was there, rather than being laid over it.
const REPLACES: u8 = 0x02;
/// The bytes before the length of the file ends: `RIFF` and the length.
const BEFORE_LENGTH_ENDS: u64 = 8;

pub struct WebPWriter {
    path: PathBuf,
    out: BufWriter<PendingFile>,
    /// Bytes written so far.
    len: u64,
    packet: String,
    durations: std::vec::IntoIter<u32>,
}

impl WebPWriter {
    pub fn create(path: &Path, spec: &AnimationSpec) -> Result<Self, AnimationError> {
        let mut writer = Self {
            path: path.to_owned(),
            out: BufWriter::new(PendingFile::create(path)?),
            len: 0,
            packet: packet(&spec.recipe.to_ascii_json()),
            durations: ticks(&spec.durations, 1000).into_iter(),
        };
        writer.begin(spec)?;
        Ok(writer)
    }

    /// Everything before the first frame.
    fn begin(&mut self, spec: &AnimationSpec) -> Result<(), AnimationError> {
        let mut head = b"RIFF\0\0\0\0WEBP".to_vec();
        let flags = match spec.pixels {
            Pixels::Rgba => ANIMATED | HAS_XMP | HAS_ALPHA,
            Pixels::Grey | Pixels::Rgb => ANIMATED | HAS_XMP,
        };
        let mut canvas = vec![flags, 0, 0, 0];
        canvas.extend(spec.size.map(|side| three_bytes(side - 1)).concat());
        push_chunk(&mut head, *b"VP8X", &canvas);
        let plays: u16 = match spec.repeat {
            Repeat::Forever => 0,
            Repeat::Once => 1,
        };
        // Transparent black, in case a program draws the ground.
        let animation = [[0; 4].as_slice(), &plays.to_le_bytes()].concat();
        push_chunk(&mut head, *b"ANIM", &animation);
        self.write(&head)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), AnimationError> {
        self.len += bytes.len() as u64;
        if self.len - BEFORE_LENGTH_ENDS > u64::from(u32::MAX) {
            let fault = "WebP holds at most 4 GiB; choose fewer or smaller frames";
            return Err(AnimationError::unfit(&self.path, fault));
        }
        self.out
            .write_all(bytes)
            .map_err(|error| AnimationError::write(&self.path, error))
    }
}

impl FrameWriter for WebPWriter {
    fn push(&mut self, frame: &Raster) -> Result<(), AnimationError> {
        let pixels = lossless(frame).map_err(|fault| AnimationError::encoder(&self.path, fault))?;
        // Left and top come first.
        let mut data = vec![0; 6];
        data.extend(frame.size().map(|side| three_bytes(side - 1)).concat());
        data.extend(three_bytes(self.durations.next().unwrap_or(0)));
        data.push(REPLACES);
        push_chunk(&mut data, *b"VP8L", &pixels);
        let mut chunk = Vec::with_capacity(data.len() + 9);
        push_chunk(&mut chunk, *b"ANMF", &data);
        self.write(&chunk)
    }

    fn finish(mut self: Box<Self>) -> Result<(), AnimationError> {
        let mut chunk = Vec::new();
        push_chunk(&mut chunk, *b"XMP ", self.packet.as_bytes());
        self.write(&chunk)?;
        // The writes have bounded it.
        let len = (self.len - BEFORE_LENGTH_ENDS) as u32;
        let Self { path, mut out, .. } = *self;
        let finished = out
            .seek(SeekFrom::Start(4))
            .and_then(|_| out.write_all(&len.to_le_bytes()))
            .and_then(|()| out.flush());
        finished.map_err(|error| AnimationError::write(&path, error))?;
        match out.into_inner() {
            Ok(file) => Ok(file.commit()?),
            Err(unflushed) => Err(AnimationError::write(&path, unflushed.into_error())),
        }
    }
}

/// A chunk, padded to an even length.
fn push_chunk(to: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    to.extend(kind);
    to.extend((data.len() as u32).to_le_bytes());
    to.extend(data);
    if data.len() % 2 == 1 {
        to.push(0);
    }
}

fn three_bytes(number: u32) -> [u8; 3] {
    let [a, b, c, _] = number.min(0x00ff_ffff).to_le_bytes();
    [a, b, c]
}

/// The lossless bitstream of a picture: the encoder makes a whole file of one chunk.
fn lossless(frame: &Raster) -> Result<Vec<u8>, String> {
    let [width, height] = frame.size();
    let kind = match frame.pixels() {
        Pixels::Grey => ExtendedColorType::L8,
        Pixels::Rgb => ExtendedColorType::Rgb8,
        Pixels::Rgba => ExtendedColorType::Rgba8,
    };
    let mut file = Vec::new();
    WebPEncoder::new_lossless(&mut file)
        .encode(frame.bytes(), width, height, kind)
        .map_err(|error| error.to_string())?;
    let unexpected = || "the encoder wrote no lossless picture".to_owned();
    let head = file.first_chunk::<20>().ok_or_else(unexpected)?;
    let [.., a, b, c, d] = *head;
    let len = u32::from_le_bytes([a, b, c, d]) as usize;
    if head[12..16] != *b"VP8L" || file.len() < 20 + len {
        return Err(unexpected());
    }
    file.truncate(20 + len);
    Ok(file.split_off(20))
}

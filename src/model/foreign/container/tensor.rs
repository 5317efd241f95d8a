//! Tensors of foreign files: what is said of them, and their numbers once they are asked for.

use half::{bf16, f16};
use std::fmt;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use zip::ZipArchive;

/// How a number is stored. Whole numbers are only counted and skipped: no weight is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dtype {
    F16,
    Bf16,
    F32,
    F64,
    /// Whole numbers or truth values of so many bytes.
    Whole(usize),
}

impl Dtype {
    /// Bytes of one number.
    pub fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Whole(size) => size,
        }
    }

    /// Whether it can be a weight.
    pub fn is_float(self) -> bool {
        !matches!(self, Self::Whole(_))
    }

    /// Appends little-endian numbers.
    fn append(self, bytes: &[u8], out: &mut Vec<f32>) {
        match self {
            Self::F16 => out.extend(words(bytes, |b| f16::from_le_bytes(b).to_f32())),
            Self::Bf16 => out.extend(words(bytes, |b| bf16::from_le_bytes(b).to_f32())),
            Self::F32 => out.extend(words(bytes, f32::from_le_bytes)),
            Self::F64 => out.extend(words(bytes, |b| f64::from_le_bytes(b) as f32)),
            Self::Whole(1) => out.extend(bytes.iter().map(|&byte| f32::from(byte))),
            Self::Whole(8) => out.extend(words(bytes, |b| i64::from_le_bytes(b) as f32)),
            Self::Whole(4) => out.extend(words(bytes, |b| i32::from_le_bytes(b) as f32)),
            Self::Whole(_) => out.extend(words(bytes, |b| f32::from(i16::from_le_bytes(b)))),
        }
    }
}

fn words<const N: usize>(
    bytes: &[u8],
    number: impl Fn([u8; N]) -> f32,
) -> impl Iterator<Item = f32> {
    bytes
        .as_chunks::<N>()
        .0
        .iter()
        .map(move |&word| number(word))
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::F16 => f.write_str("f16"),
            Self::Bf16 => f.write_str("bf16"),
            Self::F32 => f.write_str("f32"),
            Self::F64 => f.write_str("f64"),
            Self::Whole(size) => write!(f, "{}-bit whole numbers", 8 * size),
        }
    }
}

/// Where the first number of a tensor lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Which of the files of the container.
    pub file: usize,
    /// The member of an archive, where it has to be unpacked first.
    pub member: Option<String>,
    /// Bytes from the start of the file, or of the unpacked member.
    pub offset: u64,
    /// Bytes from there to the end of what belongs to it.
    pub room: u64,
}

/// A tensor of which nothing has been read yet.
#[derive(Clone, PartialEq, Debug)]
pub struct TensorInfo {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Steps along each axis, in numbers; `None` for row-major order without gaps.
    pub strides: Option<Vec<usize>>,
    /// Whether its bytes stand the other way round.
    pub big_endian: bool,
    pub place: Place,
    /// Its place among the tensors of the file, which is that of its layer where the writer kept it.
    pub order: usize,
}

impl TensorInfo {
    /// How many numbers it has; `None` if they do not fit into memory.
    pub fn checked_len(&self) -> Option<usize> {
        let sides = self.shape.iter();
        let len = sides.copied().try_fold(1_usize, usize::checked_mul)?;
        len.checked_mul(8).map(|_| len)
    }

    /// How many numbers it has.
    pub fn count(&self) -> usize {
        self.checked_len().unwrap_or(0)
    }

    /// Numbers from the first to the last in the file; `None` if that is beyond counting.
    fn extent(&self) -> Option<usize> {
        let Some(strides) = &self.strides else {
            return self.checked_len();
        };
        if self.shape.contains(&0) {
            return Some(0);
        }
        let steps = self.shape.iter().zip(strides);
        let mut steps = steps.map(|(side, stride)| (side - 1).checked_mul(*stride));
        let last = steps.try_fold(0_usize, |sum, step| sum.checked_add(step?))?;
        last.checked_add(1)
    }

    /// Bytes that it has, or that are read for it where that is more.
    pub fn bytes(&self) -> u64 {
        let numbers = self.count().max(self.extent().unwrap_or(usize::MAX));
        (numbers as u64).saturating_mul(self.dtype.size() as u64)
    }

    /// Lets go of strides that say nothing new.
    pub fn with_plain_strides(mut self) -> Self {
        let mut step = 1_usize;
        let plain = self.strides.as_ref().is_none_or(|strides| {
            self.shape.len() == strides.len()
                && self
                    .shape
                    .iter()
                    .zip(strides)
                    .rev()
                    .all(|(&side, &stride)| {
                        let fits = side == 1 || stride == step;
                        step = step.saturating_mul(side);
                        fits
                    })
        });
        if plain {
            self.strides = None;
        }
        self
    }

    /// Checks that it lies where the file has bytes.
    ///
    /// # Errors
    /// A sentence without the tensor's name.
    pub fn check(&self) -> Result<(), String> {
        let shape = &self.shape;
        if shape.len() > MAX_AXES {
            return Err(format!(
                "has {} axes; up to {MAX_AXES} are read",
                shape.len()
            ));
        }
        if self.checked_len().is_none() {
            return Err(format!("has the absurd shape {shape:?}"));
        }
        if self
            .strides
            .as_ref()
            .is_some_and(|strides| strides.len() != shape.len())
        {
            return Err("has strides for another number of axes".to_owned());
        }
        let bytes = self
            .extent()
            .and_then(|extent| extent.checked_mul(self.dtype.size()));
        match bytes {
            Some(bytes) if bytes as u64 <= self.place.room => Ok(()),
            _ => Err(format!(
                "of shape {shape:?} needs more than the {} bytes that there are for it",
                self.place.room
            )),
        }
    }
}

/// The most axes of a tensor.
const MAX_AXES: usize = 8;

/// The files of a container, opened once.
#[derive(Debug)]
pub struct OpenFiles(pub Vec<File>);

impl OpenFiles {
    /// Appends the numbers of a checked tensor from the `start`-th on, at most `most` of them unless
    /// it does not lie in one piece; then all come at once.
    ///
    /// # Errors
    /// A sentence when the file has changed or the disk fails.
    pub fn read(
        &self,
        info: &TensorInfo,
        start: usize,
        most: usize,
        out: &mut Vec<f32>,
    ) -> Result<(), String> {
        let size = info.dtype.size();
        let is_plain = info.strides.is_none() && info.place.member.is_none();
        if is_plain {
            let count = info.count().saturating_sub(start).min(most);
            let mut bytes = self.bytes(info, start * size, count * size)?;
            turn(&mut bytes, info);
            info.dtype.append(&bytes, out);
            return Ok(());
        }
        if start > 0 {
            return Ok(());
        }
        let extent = info.extent().unwrap_or(0);
        let mut bytes = self.bytes(info, 0, extent * size)?;
        turn(&mut bytes, info);
        let Some(strides) = &info.strides else {
            info.dtype.append(&bytes, out);
            return Ok(());
        };
        let mut stored = Vec::with_capacity(extent);
        info.dtype.append(&bytes, &mut stored);
        let mut index = vec![0; info.shape.len()];
        for _ in 0..info.count() {
            let at: usize = index
                .iter()
                .zip(strides)
                .map(|(i, stride)| i * stride)
                .sum();
            out.push(stored.get(at).copied().unwrap_or(0.0));
            // Counts up like the digits of a number, the last one fastest.
            for (digit, &side) in index.iter_mut().zip(&info.shape).rev() {
                *digit += 1;
                if *digit < side {
                    break;
                }
                *digit = 0;
            }
        }
        Ok(())
    }

    fn bytes(&self, info: &TensorInfo, skip: usize, count: usize) -> Result<Vec<u8>, String> {
        let gone = |error: &dyn fmt::Display| format!("its numbers cannot be read: {error}");
        let place = &info.place;
        let file = self
            .0
            .get(place.file)
            .ok_or_else(|| gone(&"a file is missing"))?;
        let mut bytes = vec![0; count];
        let mut file = file;
        match &place.member {
            None => {
                let from = place.offset.saturating_add(skip as u64);
                file.seek(SeekFrom::Start(from))
                    .map_err(|error| gone(&error))?;
                file.read_exact(&mut bytes).map_err(|error| gone(&error))?;
            }
            Some(member) => {
                let mut archive = ZipArchive::new(file).map_err(|error| gone(&error))?;
                let mut member = archive.by_name(member).map_err(|error| gone(&error))?;
                let before = place.offset.saturating_add(skip as u64);
                std::io::copy(&mut member.by_ref().take(before), &mut std::io::sink())
                    .map_err(|error| gone(&error))?;
                member
                    .read_exact(&mut bytes)
                    .map_err(|error| gone(&error))?;
            }
        }
        Ok(bytes)
    }
}

/// Puts the bytes of big-endian numbers the other way round.
fn turn(bytes: &mut [u8], info: &TensorInfo) {
    if info.big_endian {
        bytes
            .chunks_exact_mut(info.dtype.size())
            .for_each(<[u8]>::reverse);
    }
}

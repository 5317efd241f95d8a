//! Reading a model file a slice at a time, so that a large one holds up nothing else.
//!
//! The hazard here is a file that is no model, or one of four gigabytes with a fault in its first
//! line: the header is read and checked before anything else.

use super::file::{
    METADATA_KEY, ModelFile, ModelFileError, StoredTensor, check_record, checked_networks,
    expected_tensors, extra_shape, read_manifest,
};
use super::foreign::{Foreign, Import, Importing};
use super::manifest::Manifest;
use crate::files::{FileKind, kind, load};
use half::f16;
use half::slice::{HalfBitsSliceExt as _, HalfFloatSliceExt as _};
use safetensors::Dtype;
use safetensors::tensor::Metadata;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes.
pub(super) const MAX_FILE_BYTES: u64 = 4 << 30;
/// The longest header, in bytes: a graph of the most nodes has about 3 MB.
const MAX_HEADER_BYTES: usize = 16 << 20;
/// Bytes of the length that stands before the header.
const PREFIX: usize = 8;
/// Bytes that one slice reads, converts or hashes: a few milliseconds.
const SLICE: usize = 1 << 20;

/// A model file on its way into memory: read, checked, converted to `f32`, hashed.
pub struct ModelReader<'a> {
    bytes: Cow<'a, [u8]>,
    /// How long the file is.
    len: usize,
    stage: Stage,
    /// Bytes read, converted and hashed.
    done: usize,
}

enum Stage {
    /// What a file begins with is looked at.
    Head(File, PathBuf),
    /// Another program wrote it.
    Foreign(Box<Import>),
    Read(File, Box<Contents>),
    /// Of bytes that are there.
    Check,
    Convert(Box<Contents>),
    Hash {
        manifest: Box<Manifest>,
        tensors: BTreeMap<String, StoredTensor>,
        hasher: Sha256,
        hashed: usize,
    },
    Done,
}

/// What the header of a file promises.
struct Contents {
    manifest: Manifest,
    metadata: Metadata,
    /// Where the tensors' bytes begin.
    start: usize,
    /// Names and shapes of the tensors still to be converted.
    waiting: VecDeque<(String, Vec<usize>)>,
    /// How many numbers of the first of them are converted.
    values: Vec<f32>,
    tensors: BTreeMap<String, StoredTensor>,
}

/// How far a file has come.
pub enum Reading {
    /// Bytes done of all that there is to do.
    More {
        done: usize,
        total: usize,
    },
    Done(Box<ModelFile>),
}

impl<'a> ModelReader<'a> {
    /// Opens a file: one of ours, or one that another program wrote.
    ///
    /// # Errors
    /// When it cannot be opened, is no ordinary file, or is too large.
    pub fn open(path: &Path) -> Result<Self, ModelFileError> {
        let (file, len) = load::open(path, MAX_FILE_BYTES)?;
        Ok(Self {
            bytes: Cow::Owned(Vec::new()),
            len: len as usize,
            stage: Stage::Head(file, path.to_owned()),
            done: 0,
        })
    }

    /// Begins with the bytes of a whole file.
    pub fn of_bytes(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        let bytes = bytes.into();
        Self {
            len: bytes.len(),
            done: bytes.len(),
            bytes,
            stage: Stage::Check,
        }
    }

    /// Does the next slice. Not to be called again after the last one or after an error.
    ///
    /// # Errors
    /// Any fault of the file, as one sentence.
    pub fn slice(&mut self) -> Result<Reading, ModelFileError> {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Head(file, path) => match self.head(file) {
                Err(fault) if fault.may_be_foreign() => {
                    Stage::Foreign(Box::new(Import::new(Foreign::open(&path, None)?)?))
                }
                stage => stage?,
            },
            Stage::Foreign(mut import) => match import.slice()? {
                Importing::Done(file) => return Ok(Reading::Done(file)),
                Importing::More { done, total } => {
                    self.stage = Stage::Foreign(import);
                    return Ok(Reading::More { done, total });
                }
            },
            Stage::Read(file, contents) => self.read(file, contents)?,
            Stage::Check => Stage::Convert(Box::new(contents(&self.bytes, self.len)?)),
            Stage::Convert(contents) => self.convert(contents)?,
            Stage::Hash {
                manifest,
                tensors,
                mut hasher,
                hashed,
            } => {
                let end = (hashed + SLICE).min(self.bytes.len());
                hasher.update(&self.bytes[hashed..end]);
                self.done += end - hashed;
                if end == self.bytes.len() {
                    return Ok(Reading::Done(Box::new(ModelFile {
                        manifest: *manifest,
                        hash: load::hex(hasher.finalize().as_slice()),
                        tensors,
                    })));
                }
                Stage::Hash {
                    manifest,
                    tensors,
                    hasher,
                    hashed: end,
                }
            }
            Stage::Done => {
                let fault = "it was read to its end before".to_owned();
                return Err(ModelFileError::Container(fault));
            }
        };
        Ok(Reading::More {
            done: self.done,
            total: 3 * self.len.max(self.bytes.len()),
        })
    }

    /// Does all slices.
    ///
    /// # Errors
    /// As for [`Self::slice`].
    pub fn finish(mut self) -> Result<ModelFile, ModelFileError> {
        loop {
            if let Reading::Done(file) = self.slice()? {
                return Ok(*file);
            }
        }
    }

    /// Reads and checks the header alone.
    ///
    /// # Errors
    /// Any fault of it.
    pub(super) fn check_head(mut self) -> Result<(), ModelFileError> {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Head(file, _) => self.head(file).map(drop),
            _ => Ok(()),
        }
    }

    /// Reads the header and checks it.
    fn head(&mut self, file: File) -> Result<Stage, ModelFileError> {
        let bytes = self.bytes.to_mut();
        read_more(&file, bytes, kind::HEAD_BYTES)?;
        let end = header_end(bytes, self.len)?;
        read_more(&file, bytes, end.saturating_sub(bytes.len()))?;
        let contents = Box::new(contents(bytes, self.len)?);
        bytes.reserve_exact(self.len.saturating_sub(bytes.len()));
        self.done = bytes.len();
        Ok(Stage::Read(file, contents))
    }

    fn read(&mut self, file: File, contents: Box<Contents>) -> Result<Stage, ModelFileError> {
        // Its length is known from the header, so a file that grows meanwhile is not followed.
        let missing = self.len.saturating_sub(self.bytes.len());
        let count = read_more(&file, self.bytes.to_mut(), missing.min(SLICE))?;
        self.done += count;
        Ok(if count == 0 {
            Stage::Convert(contents)
        } else {
            Stage::Read(file, contents)
        })
    }

    /// Converts the next numbers.
    fn convert(&mut self, mut contents: Box<Contents>) -> Result<Stage, ModelFileError> {
        let mut left = SLICE;
        while left > 0 {
            let Some((name, shape)) = contents.waiting.pop_front() else {
                check_record(&contents.manifest, &contents.tensors)
                    .map_err(ModelFileError::Contradiction)?;
                return Ok(Stage::Hash {
                    manifest: Box::new(contents.manifest),
                    tensors: contents.tensors,
                    hasher: Sha256::new(),
                    hashed: 0,
                });
            };
            let (dtype, data) = contents.view(&self.bytes, &name, &shape)?;
            let size = match dtype {
                Dtype::F16 => 2,
                _ => 4,
            };
            let values = &mut contents.values;
            let first = values.len();
            let rest = data.get(first * size..).unwrap_or_default();
            let part = &rest[..rest.len().min(left / size * size)];
            append(values, dtype, part);
            if let Some(index) = values[first..].iter().position(|v| !v.is_finite()) {
                let index = first + index;
                return Err(ModelFileError::Tensor {
                    fault: format!("holds {} at position {index}", values[index]),
                    name,
                });
            }
            self.done += part.len();
            left -= part.len();
            if part.len() == rest.len() {
                let values = std::mem::take(values);
                contents
                    .tensors
                    .insert(name, StoredTensor { shape, values });
            } else {
                contents.waiting.push_front((name, shape));
                break;
            }
        }
        Ok(Stage::Convert(contents))
    }
}

/// Appends so many bytes of a file, or all that there are; gives how many.
fn read_more(file: &File, bytes: &mut Vec<u8>, most: usize) -> Result<usize, ModelFileError> {
    let mut part = file.take(most as u64);
    part.read_to_end(bytes).map_err(ModelFileError::Read)
}

/// Reads the header of a file of `len` bytes and finds out which tensors there must be.
fn contents(bytes: &[u8], len: usize) -> Result<Contents, ModelFileError> {
    let (manifest, start, metadata) = head(bytes, len)?;
    let networks = checked_networks(&manifest).map_err(ModelFileError::Contradiction)?;
    let expected = expected_tensors(&manifest, &networks).map_err(ModelFileError::Contradiction)?;
    let tensors = metadata.tensors();
    let mut others: BTreeSet<&String> = tensors.keys().collect();
    let mut waiting = VecDeque::with_capacity(tensors.len());
    for (name, shape) in expected {
        if !others.remove(&name) {
            return Err(ModelFileError::Tensor {
                name,
                fault: "is missing".to_owned(),
            });
        }
        waiting.push_back((name, shape));
    }
    for name in others {
        let stored = tensors.get(name).map_or(&[][..], |info| &info.shape);
        let shape = extra_shape(name, stored, &manifest, &networks);
        let shape = shape.map_err(|fault| ModelFileError::Tensor {
            name: name.clone(),
            fault,
        })?;
        waiting.push_back((name.clone(), shape));
    }
    drop(tensors);
    Ok(Contents {
        manifest,
        metadata,
        start,
        waiting,
        values: Vec::new(),
        tensors: BTreeMap::new(),
    })
}

/// The manifest of a file, from its header alone.
///
/// # Errors
/// Any fault of the container or of the manifest.
pub(super) fn manifest(bytes: &[u8]) -> Result<Manifest, ModelFileError> {
    head(bytes, bytes.len()).map(|(manifest, ..)| manifest)
}

/// Where the header of a file of `len` bytes ends that begins with `bytes`.
fn header_end(bytes: &[u8], len: usize) -> Result<usize, ModelFileError> {
    let kind = FileKind::of(&bytes[..bytes.len().min(kind::HEAD_BYTES)]);
    if !matches!(kind, FileKind::Safetensors | FileKind::Unknown) {
        return Err(ModelFileError::Foreign(kind));
    }
    let container = |fault: String| Err(ModelFileError::Container(fault));
    let Some(prefix) = bytes.first_chunk::<PREFIX>() else {
        return container(format!("{len} bytes are too few for a header"));
    };
    let header = u64::from_le_bytes(*prefix);
    if kind == FileKind::Unknown && header > len as u64 {
        return Err(ModelFileError::Foreign(kind));
    }
    if header > MAX_HEADER_BYTES as u64 {
        return container(format!(
            "its header claims {header} bytes; at most {MAX_HEADER_BYTES} are read"
        ));
    }
    let end = PREFIX + header as usize;
    if end > len {
        return container(format!(
            "its header claims {header} bytes, but the file has {len}"
        ));
    }
    Ok(end)
}

/// The manifest, where the tensors' bytes begin, and what is said of them, of a file of `len`
/// bytes of which at least the header is in `bytes`.
fn head(bytes: &[u8], len: usize) -> Result<(Manifest, usize, Metadata), ModelFileError> {
    let end = header_end(bytes, len)?;
    let header = bytes.get(PREFIX..end).unwrap_or_default();
    let container = |fault: String| ModelFileError::Container(fault);
    let metadata: Metadata = serde_json::from_slice(header)
        .map_err(|error| container(format!("its header cannot be read: {error}")))?;
    let text = metadata.metadata().as_ref();
    let text = text
        .and_then(|entries| entries.get(METADATA_KEY))
        .ok_or(ModelFileError::NoManifest)?;
    let manifest = read_manifest(text)?;
    let all = end.saturating_add(metadata.data_len());
    if all > len {
        return Err(container(format!(
            "it is cut short: its header speaks of {all} bytes, and it has {len}"
        )));
    }
    if all < len {
        let more = len - all;
        let plural = if more == 1 { " follows" } else { "s follow" };
        return Err(container(format!("{more} byte{plural} its tensors")));
    }
    Ok((manifest, end, metadata))
}

impl Contents {
    /// The bytes of a tensor, if it has the wanted shape.
    fn view<'a>(
        &self,
        bytes: &'a [u8],
        name: &str,
        shape: &[usize],
    ) -> Result<(Dtype, &'a [u8]), ModelFileError> {
        let fault = |fault: String| ModelFileError::Tensor {
            name: name.to_owned(),
            fault,
        };
        let info = self.metadata.info(name);
        let info = info.ok_or_else(|| fault("is missing".to_owned()))?;
        if info.shape != shape {
            let found = &info.shape;
            return Err(fault(format!("has the shape {found:?}, not {shape:?}")));
        }
        if !matches!(info.dtype, Dtype::F16 | Dtype::F32) {
            let found = info.dtype;
            return Err(fault(format!(
                "is stored as {found:?}; F16 and F32 are read"
            )));
        }
        let (first, last) = info.data_offsets;
        let data = bytes.get(self.start + first..self.start + last);
        let data = data.ok_or_else(|| fault("lies outside of the file".to_owned()))?;
        Ok((info.dtype, data))
    }
}

/// Appends numbers of a file.
fn append(values: &mut Vec<f32>, dtype: Dtype, data: &[u8]) {
    if dtype == Dtype::F16 {
        let bits: Vec<u16> = data
            .chunks_exact(2)
            .map(|b| u16::from_le_bytes([b[0], b[1]]))
            .collect();
        let halves: &[f16] = bits.reinterpret_cast();
        let first = values.len();
        values.resize(first + halves.len(), 0.0);
        halves.convert_to_f32_slice(&mut values[first..]);
    } else {
        values.extend(
            data.chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
        );
    }
}

//! Reading a model file a slice at a time, so that a large one holds up nothing else.

use super::file::{
    METADATA_KEY, ModelFile, ModelFileError, StoredTensor, check_record, checked_networks,
    container_fault, expected_tensors, extra_shape, read_manifest,
};
use super::manifest::Manifest;
use half::f16;
use half::slice::{HalfBitsSliceExt as _, HalfFloatSliceExt as _};
use safetensors::tensor::Metadata;
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// The largest file that is read, in bytes.
pub(super) const MAX_FILE_BYTES: u64 = 4 << 30;
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
    Read(File),
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
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be opened, or is too large.
    pub fn open(path: &Path) -> Result<Self, ModelFileError> {
        let file = File::open(path).map_err(ModelFileError::Read)?;
        let len = file.metadata().map_err(ModelFileError::Read)?.len();
        if len > MAX_FILE_BYTES {
            return Err(ModelFileError::TooLarge(len));
        }
        Ok(Self {
            bytes: Cow::Owned(Vec::new()),
            len: len as usize,
            stage: Stage::Read(file),
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
            Stage::Read(file) => self.read(file)?,
            Stage::Check => Stage::Convert(Box::new(contents(&self.bytes)?)),
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
                        hash: hex(hasher.finalize().as_slice()),
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

    fn read(&mut self, file: File) -> Result<Stage, ModelFileError> {
        let bytes = self.bytes.to_mut();
        if bytes.capacity() == 0 {
            bytes.reserve_exact(self.len);
        }
        let mut part = (&file).take(SLICE as u64);
        let count = part.read_to_end(bytes).map_err(ModelFileError::Read)?;
        self.done += count;
        // A file that grows meanwhile must not fill the memory.
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(ModelFileError::TooLarge(bytes.len() as u64));
        }
        Ok(if count == 0 {
            Stage::Check
        } else {
            Stage::Read(file)
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

/// Reads the header and finds out which tensors there must be.
fn contents(bytes: &[u8]) -> Result<Contents, ModelFileError> {
    let (manifest, start, metadata) = head(bytes)?;
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
    head(bytes).map(|(manifest, ..)| manifest)
}

fn head(bytes: &[u8]) -> Result<(Manifest, usize, Metadata), ModelFileError> {
    let (header, metadata) = SafeTensors::read_metadata(bytes)
        .map_err(|error| ModelFileError::Container(container_fault(&error, bytes)))?;
    let text = metadata
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get(METADATA_KEY))
        .ok_or(ModelFileError::NoManifest)?;
    // The length of the header stands before it.
    Ok((read_manifest(text)?, header + 8, metadata))
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

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a String cannot fail.
            write!(text, "{byte:02x}").ok();
            text
        })
}

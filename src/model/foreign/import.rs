//! A foreign model on its way into memory, a slice at a time: each tensor is read, brought into our
//! shape and checked, and the files are hashed.

use super::Foreign;
use super::container::{OpenFiles, TensorInfo};
use super::derived::Derived;
use super::net::Weight;
use crate::files::load;
use crate::model::file::{ModelFile, ModelFileError, StoredTensor};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

/// Numbers that one slice reads: a few milliseconds.
const SLICE: usize = 1 << 18;
/// The most numbers of a model (4 GiB as f32).
const MAX_NUMBERS: usize = 1 << 30;

/// A model being read.
pub struct Import {
    foreign: Foreign,
    files: OpenFiles,
    waiting: VecDeque<(String, Weight, Vec<usize>)>,
    /// What there is of the first of them.
    values: Vec<f32>,
    /// The tensors of the file that are whole, where it is computed of several.
    parts: Vec<Vec<f32>>,
    tensors: BTreeMap<String, StoredTensor>,
    hashing: VecDeque<PathBuf>,
    open: Option<File>,
    hasher: Sha256,
    done: usize,
    total: usize,
}

/// How far it has come.
pub enum Importing {
    /// Bytes done of all that there is to do.
    More {
        done: usize,
        total: usize,
    },
    Done(Box<ModelFile>),
}

impl Import {
    /// Begins.
    ///
    /// # Errors
    /// When a file is gone or the model is too large.
    pub fn new(mut foreign: Foreign) -> Result<Self, ModelFileError> {
        let files = foreign
            .container
            .open_files()
            .map_err(ModelFileError::Import)?;
        let weights = std::mem::take(&mut foreign.weights);
        let weights = weights
            .into_iter()
            .map(|(name, (weight, shape))| (name, weight, shape));
        let waiting: VecDeque<_> = weights.collect();
        let numbers: usize = waiting
            .iter()
            .map(|(_, _, shape)| shape.iter().product::<usize>())
            .sum();
        if numbers > MAX_NUMBERS {
            let fault = format!("it has {numbers} parameters; {MAX_NUMBERS} are read at most");
            return Err(ModelFileError::Import(fault));
        }
        let bytes: u64 = foreign.container.file_bytes();
        Ok(Self {
            files,
            waiting,
            values: Vec::new(),
            parts: Vec::new(),
            tensors: BTreeMap::new(),
            hashing: foreign.files.iter().cloned().collect(),
            foreign,
            open: None,
            hasher: Sha256::new(),
            done: 0,
            total: 4 * numbers + usize::try_from(bytes).unwrap_or(usize::MAX / 2),
        })
    }

    /// Does the next slice. Not to be called again after the last one or after an error.
    ///
    /// # Errors
    /// Any fault of the file, as one sentence.
    pub fn slice(&mut self) -> Result<Importing, ModelFileError> {
        if let Some((name, weight, shape)) = self.waiting.pop_front() {
            self.read(name, weight, shape)?;
        } else if self.open.is_some() || !self.hashing.is_empty() {
            self.hash()?;
        } else {
            let hasher = std::mem::take(&mut self.hasher);
            return Ok(Importing::Done(Box::new(ModelFile {
                manifest: self.foreign.manifest.clone(),
                hash: load::hex(hasher.finalize().as_slice()),
                tensors: std::mem::take(&mut self.tensors),
            })));
        }
        Ok(Importing::More {
            done: self.done.min(self.total),
            total: self.total,
        })
    }

    /// Does all slices.
    ///
    /// # Errors
    /// As for [`Self::slice`].
    pub fn finish(mut self) -> Result<ModelFile, ModelFileError> {
        loop {
            if let Importing::Done(file) = self.slice()? {
                return Ok(*file);
            }
        }
    }

    /// Reads the next numbers of a tensor.
    fn read(
        &mut self,
        name: String,
        weight: Weight,
        shape: Vec<usize>,
    ) -> Result<(), ModelFileError> {
        let count: usize = shape.iter().product();
        let fault = |fault: String| ModelFileError::Tensor {
            name: weight.source().unwrap_or(&name).to_owned(),
            fault,
        };
        if let Weight::Derived(derived) = weight.bare()
            && self.parts.len() < derived.sources.len()
        {
            self.read_part(derived)?;
            self.waiting.push_front((name, weight, shape));
            return Ok(());
        }
        let first = self.values.len();
        let (bare, factor) = match &weight {
            Weight::Times(weight, factor) => (&**weight, *factor),
            weight => (weight, 1.0),
        };
        match bare {
            Weight::Times(..) => return Err(fault("is scaled twice".to_owned())),
            Weight::Filled(value) => self.values.resize(count, *value),
            Weight::Given(values) => self.values.clone_from(values),
            Weight::Derived(derived) => {
                let parts = std::mem::take(&mut self.parts);
                self.values = derived.compute(&parts, &shape).map_err(&fault)?;
            }
            Weight::Same(source) | Weight::Transposed(source) => {
                let info: Option<&TensorInfo> = self.foreign.container.tensors.get(source);
                let info = info.ok_or_else(|| fault("is missing".to_owned()))?;
                self.files
                    .read(info, first, SLICE, &mut self.values)
                    .map_err(&fault)?;
            }
        }
        let read = self.values.len() - first;
        check_finite(&self.values, first).map_err(&fault)?;
        self.done += 4 * read;
        if self.values.len() < count && read > 0 {
            self.waiting.push_front((name, weight, shape));
            return Ok(());
        }
        if self.values.len() != count {
            let found = self.values.len();
            return Err(fault(format!("has {found} numbers, not {count}")));
        }
        let mut values = std::mem::take(&mut self.values);
        if factor != 1.0 {
            values.iter_mut().for_each(|value| *value *= factor);
        }
        let values = match (bare, &shape[..]) {
            (Weight::Transposed(_), &[rows, columns]) => transposed(&values, rows, columns),
            _ => values,
        };
        self.tensors.insert(name, StoredTensor { shape, values });
        Ok(())
    }

    /// Reads the next numbers of what a tensor is computed of.
    fn read_part(&mut self, derived: &Derived) -> Result<(), ModelFileError> {
        let source = &derived.sources[self.parts.len()];
        let fault = |fault: String| ModelFileError::Tensor {
            name: source.clone(),
            fault,
        };
        let info = self.foreign.container.tensors.get(source);
        let info = info.ok_or_else(|| fault("is missing".to_owned()))?;
        let (first, count) = (self.values.len(), info.count());
        self.files
            .read(info, first, SLICE, &mut self.values)
            .map_err(&fault)?;
        let read = self.values.len() - first;
        check_finite(&self.values, first).map_err(&fault)?;
        if self.values.len() < count && read == 0 {
            let found = self.values.len();
            return Err(fault(format!("has {found} numbers, not {count}")));
        }
        if self.values.len() >= count {
            self.parts.push(std::mem::take(&mut self.values));
        }
        Ok(())
    }

    /// Hashes the next bytes of the files.
    fn hash(&mut self) -> Result<(), ModelFileError> {
        if self.open.is_none()
            && let Some(path) = self.hashing.pop_front()
        {
            self.open = Some(File::open(path).map_err(ModelFileError::Read)?);
        }
        let Some(file) = &mut self.open else {
            return Ok(());
        };
        let mut bytes = Vec::with_capacity(4 * SLICE);
        let read = file.take(4 * SLICE as u64).read_to_end(&mut bytes);
        let read = read.map_err(ModelFileError::Read)?;
        self.hasher.update(&bytes);
        self.done += read;
        if read == 0 {
            self.open = None;
        }
        Ok(())
    }
}

/// A matrix of `[columns, rows]` as `[rows, columns]`.
fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let entry = |index: usize| values[index % columns * rows + index / columns];
    (0..rows * columns).map(entry).collect()
}

/// Refuses what is no number among those from `first` on, with its position.
fn check_finite(values: &[f32], first: usize) -> Result<(), String> {
    let mut read = values.iter().enumerate().skip(first);
    match read.find(|(_, value)| !value.is_finite()) {
        Some((index, value)) => Err(format!("holds {value} at position {index}")),
        None => Ok(()),
    }
}

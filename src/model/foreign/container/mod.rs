//! Files of weights that other programs wrote, whatever holds them together: tensors by name, with
//! their shapes and places, and no weight read.
//!
//! The hazard here is a file that promises more than it has, or that asks for code to be run. All
//! containers end in the same list of [`TensorInfo`], which `Container::checked` compares with the
//! bytes that are there; pickles build plain data and nothing else (`super::pickle`).

mod npz;
mod plain_pickle;
mod safetensors;
mod tensor;
mod torch;
mod tree;
mod zipped;

pub use tensor::{Dtype, OpenFiles, Place, TensorInfo};

use super::onnx::{self, Program};

use crate::files::{FileKind, kind, load};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The largest file that is opened, in bytes.
pub const MAX_FILE_BYTES: u64 = 8 << 30;
/// The most tensors of a file.
const MAX_TENSORS: usize = 20_000;
/// How many bytes tensors may have for each byte of the file: some are stored once and named twice.
const MAX_SHARING: u64 = 4;
/// The longest name of a tensor, in bytes.
const MAX_NAME: usize = 300;

/// What holds the tensors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Safetensors,
    /// Several files with a list of what is in which.
    Sharded,
    TorchZip,
    /// As `torch.save` wrote before version 1.6.
    TorchLegacy,
    Pickle,
    Npz,
    Onnx,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safetensors => "safetensors",
            Self::Sharded => "safetensors in several files",
            Self::TorchZip => "PyTorch",
            Self::TorchLegacy => "PyTorch, legacy pickle (before version 1.6)",
            Self::Pickle => "Python pickle",
            Self::Npz => "NumPy archive",
            Self::Onnx => "ONNX",
        })
    }
}

/// The tensors of a file.
#[derive(Clone, Debug)]
pub struct Container {
    pub form: Form,
    pub tensors: BTreeMap<String, TensorInfo>,
    /// Numbers and texts that stand beside the tensors, by their paths.
    pub facts: BTreeMap<String, String>,
    /// What is odd about the file, as sentences.
    pub notes: Vec<String>,
    /// The files that belong to it; the first is the one that was opened.
    pub files: Vec<PathBuf>,
    /// Their lengths, in bytes.
    pub lens: Vec<u64>,
    /// How the network is wired, where the file says it.
    pub program: Option<Box<Program>>,
    /// The same of an encoder that was a file of its own.
    pub encoder: Option<Box<Program>>,
}

impl Container {
    /// Looks at a file without reading its weights.
    ///
    /// # Errors
    /// A sentence about the file, without its name.
    pub fn open(path: &Path) -> Result<Self, String> {
        let unreadable =
            |error: load::LoadError| format!("the file cannot be read: {}", error.fault);
        let head = load::head(path, kind::HEAD_BYTES).map_err(unreadable)?;
        let (file, len) = load::open(path, MAX_FILE_BYTES).map_err(unreadable)?;
        let begun = Self {
            form: Form::Safetensors,
            tensors: BTreeMap::new(),
            facts: BTreeMap::new(),
            notes: Vec::new(),
            files: vec![path.to_owned()],
            lens: vec![len],
            program: None,
            encoder: None,
        };
        let found = match FileKind::of(&head) {
            FileKind::Safetensors => safetensors::open(begun, file),
            FileKind::SafetensorsIndex => safetensors::open_index(begun, file),
            FileKind::PyTorch if head.starts_with(b"PK") => torch::open_zip(begun, file),
            FileKind::PyTorch => torch::open_legacy(begun, file),
            FileKind::Pickle => plain_pickle::open(begun, file),
            FileKind::Npz => npz::open(begun, file),
            FileKind::Onnx => onnx::open(begun, file),
            // What holds many things may hold weights.
            FileKind::Zip => torch::open_zip(begun, file),
            other => Err(format!(
                "it is {other}, which holds no weights that zscape reads"
            )),
        };
        found?.checked()
    }

    /// Opens its files, to read from.
    ///
    /// # Errors
    /// When one is gone.
    pub fn open_files(&self) -> Result<OpenFiles, String> {
        let opened: Result<Vec<File>, _> = self.files.iter().map(File::open).collect();
        let opened = opened.map_err(|error| format!("the file cannot be read: {error}"))?;
        Ok(OpenFiles(opened))
    }

    /// Bytes of all its files.
    pub fn file_bytes(&self) -> u64 {
        self.lens.iter().sum()
    }

    /// Checks that every tensor is where it should be, and that they are no more than the file is.
    fn checked(self) -> Result<Self, String> {
        if self.tensors.is_empty() {
            return Err("it holds no tensors".to_owned());
        }
        if self.tensors.len() > MAX_TENSORS {
            return Err(format!("it holds more than {MAX_TENSORS} tensors"));
        }
        let mut bytes = 0_u64;
        for (name, info) in &self.tensors {
            if name.len() > MAX_NAME {
                return Err(format!("a tensor has a name of more than {MAX_NAME} bytes"));
            }
            info.check()
                .map_err(|fault| format!("the tensor {name:?} {fault}"))?;
            bytes = bytes.saturating_add(info.bytes());
        }
        let packed = self
            .tensors
            .values()
            .any(|info| info.place.member.is_some());
        let most = match packed {
            // Members of archives have bounds of their own.
            true => zipped::MAX_INFLATION * self.file_bytes(),
            false => MAX_SHARING * self.file_bytes(),
        };
        if bytes > most {
            return Err(format!(
                "its tensors claim {bytes} bytes, and the file has {}",
                self.file_bytes()
            ));
        }
        Ok(self)
    }

    /// Adds a tensor.
    pub fn add(&mut self, name: String, mut info: TensorInfo) {
        info.order = self.tensors.len();
        // One more than there may be is refused in the end.
        if self.tensors.len() <= MAX_TENSORS {
            self.tensors.insert(name, info.with_plain_strides());
        }
    }
}

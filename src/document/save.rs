//! Files that are either written whole or not at all.

use atomic_write_file::AtomicWriteFile;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
#[error("{}: the file cannot be {}: {error}", path.display(), stage.verb())]
pub struct SaveError {
    /// The file that was asked for.
    pub path: PathBuf,
    pub stage: SaveStage,
    pub error: io::Error,
}

impl SaveError {
    /// The error of a file that cannot be created.
    pub(super) fn create(path: &Path, error: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            stage: SaveStage::Create,
            error,
        }
    }

    /// The error of a file that cannot be written to its end.
    pub(super) fn write(path: &Path, error: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            stage: SaveStage::Write,
            error,
        }
    }

    /// Whether another path would help, rather than, say, more room on the disk.
    pub fn is_bad_path(&self) -> bool {
        self.stage == SaveStage::Create
    }
}

/// How far a file came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SaveStage {
    /// Nothing could be written there at all.
    Create,
    /// Writing stopped on the way.
    Write,
}

impl SaveStage {
    fn verb(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Write => "written",
        }
    }
}

/// A file that appears under its name, replacing what was there, only when it is
/// [committed](Self::commit). Dropped without that, it leaves nothing behind.
#[derive(Debug)]
pub struct PendingFile {
    path: PathBuf,
    file: AtomicWriteFile,
}

impl PendingFile {
    /// Opens a nameless neighbour of `path`.
    ///
    /// # Errors
    /// When `path` is a folder or a device, or nothing can be created in the folder that it names.
    pub fn create(path: &Path) -> Result<Self, SaveError> {
        let fault = |error| SaveError::create(path, error);
        // A rename would put an ordinary file in the place of a device.
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(fault(io::ErrorKind::IsADirectory.into()));
            }
            Ok(found) if !found.is_file() => {
                return Err(fault(io::Error::other("it is not an ordinary file")));
            }
            Ok(_) | Err(_) => {}
        }
        let file = AtomicWriteFile::open(path).map_err(fault)?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// Writes `bytes` at the end and gives the file its name.
    ///
    /// # Errors
    /// When the disk is full or the file cannot be renamed.
    pub fn finish(mut self, bytes: &[u8]) -> Result<(), SaveError> {
        match self.file.write_all(bytes) {
            Ok(()) => self.commit(),
            Err(error) => Err(self.write_fault(error)),
        }
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When what was written cannot be brought to the disk, or the file cannot be renamed.
    pub fn commit(self) -> Result<(), SaveError> {
        let Self { path, file } = self;
        file.commit()
            .map_err(|error| SaveError::write(&path, error))
    }

    /// The error of a write that failed.
    pub fn write_fault(&self, error: io::Error) -> SaveError {
        SaveError::write(&self.path, error)
    }
}

impl Write for PendingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// For formats whose beginning says how long the rest is.
impl Seek for PendingFile {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.file.seek(place)
    }
}

/// Writes a whole file at once.
///
/// # Errors
/// As for [`PendingFile::create`] and [`PendingFile::finish`].
pub fn save(path: &Path, bytes: &[u8]) -> Result<(), SaveError> {
    PendingFile::create(path)?.finish(bytes)
}

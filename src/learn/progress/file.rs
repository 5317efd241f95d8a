//! The one local file of a learner.
//!
//! The hazard: a file of another version, or a damaged one, is overwritten by the next answer.
//! So a file that cannot be read stays where it is until something is to be saved, and is then
//! moved aside under a name of its own. And two windows write to the same file: each reads it
//! again before it writes, and takes over what the other has noted.

use super::{Attempt, Memory, Progress};
use crate::files::kind::BYTE_ORDER_MARK;
use crate::files::load::{self, LoadFault};
use crate::files::save::{SaveError, save};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The version that this program writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// The most answers that are kept.
pub const MAX_ATTEMPTS: usize = 100_000;

/// The largest file that is read.
pub const MAX_BYTES: u64 = 64 << 20;

/// Progress with the file that it lies in.
#[derive(Clone, Debug)]
pub struct ProgressFile {
    path: PathBuf,
    progress: Progress,
    /// Why the file at `path` is not the one of `progress`, while it is still there.
    unread: Option<String>,
}

/// What came of [`ProgressFile::save`].
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Saved {
    /// Where a file went that could not be read.
    pub moved: Option<PathBuf>,
    /// Whether another window had noted something.
    pub has_news: bool,
}

/// How long another window may take to read and write the file.
const PATIENCE: Duration = Duration::from_secs(3);

/// Keeps other windows from writing the file of `path` as long as it is held. Where the file system
/// knows no locks, or somebody holds it for long, nothing is held: an answer that is not written at
/// all would be worse.
fn lock(path: &Path) -> Option<File> {
    let mut name = path.file_name()?.to_owned();
    name.push(".lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let file = options.open(path.with_file_name(name)).ok()?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Some(file),
            Err(TryLockError::WouldBlock) if started.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(_) => return None,
        }
    }
}

#[derive(Deserialize)]
struct Versioned {
    zscape_progress: u32,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    zscape_progress: u32,
    #[serde(flatten)]
    progress: Progress,
}

impl ProgressFile {
    /// Reads a file, or starts empty where there is none. When it cannot be read, progress starts
    /// empty too, [`Self::notice`] says why, and the file is kept.
    pub fn open(path: &Path) -> Self {
        let (progress, unread) = match read(path) {
            Ok(progress) => (progress, None),
            Err(fault) => (Progress::default(), Some(fault)),
        };
        Self {
            path: path.to_owned(),
            progress,
            unread,
        }
    }

    /// Why the file could not be read, in one sentence that also says that it is kept.
    pub fn notice(&self) -> Option<String> {
        let fault = self.unread.as_ref()?;
        Some(format!(
            "{}: {fault}; progress starts empty, and the file will be kept beside the new one",
            self.path.display()
        ))
    }

    /// Why the file could not be read, if it could not.
    pub fn fault(&self) -> Option<&str> {
        self.unread.as_deref()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// To record something; call [`Self::save`] after it.
    pub fn progress_mut(&mut self) -> &mut Progress {
        &mut self.progress
    }

    /// Takes over what other windows have written meanwhile, then writes the file beside its place
    /// and renames it; a kill leaves the old or the new one.
    ///
    /// # Errors
    /// When nothing can be written there, or the unread file cannot be moved aside; then it is
    /// left alone.
    pub fn save(&mut self) -> Result<Saved, SaveError> {
        if let Some(folder) = self.path.parent()
            && !folder.as_os_str().is_empty()
        {
            std::fs::create_dir_all(folder).map_err(|error| self.save_fault(error))?;
        }
        // Until the file is written.
        let _lock = lock(&self.path);
        let mut saved = Saved::default();
        match read(&self.path) {
            Ok(other) => {
                saved.has_news = self.progress.merge(&other);
                self.unread = None;
            }
            Err(fault) => self.unread = Some(fault),
        }
        let mut bytes = to_bytes(&self.progress);
        // What is larger could not be read again.
        while bytes.len() as u64 > MAX_BYTES && !self.progress.attempts.is_empty() {
            let eighth = self.progress.attempts.len().div_ceil(8);
            self.progress.forget(eighth);
            bytes = to_bytes(&self.progress);
        }
        if self.unread.is_some() && self.path.exists() {
            let aside = free_name(&self.path).map_err(|error| self.save_fault(error))?;
            std::fs::rename(&self.path, &aside).map_err(|error| self.save_fault(error))?;
            saved.moved = Some(aside);
        }
        self.unread = None;
        save(&self.path, &bytes)?;
        Ok(saved)
    }

    fn save_fault(&self, error: io::Error) -> SaveError {
        SaveError {
            path: self.path.clone(),
            stage: crate::files::save::SaveStage::Create,
            error,
        }
    }
}

/// The bytes of a file.
pub(super) fn to_bytes(progress: &Progress) -> Vec<u8> {
    let stored = Stored {
        zscape_progress: VERSION,
        progress: progress.clone(),
    };
    // Numbers, texts and lists always have a JSON form.
    let mut bytes = serde_json::to_vec(&stored).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Reads what [`to_bytes`] wrote.
fn of_bytes(bytes: &[u8]) -> Result<Progress, String> {
    let damaged = |error: serde_json::Error| format!("it is no progress file ({error})");
    let version: Versioned = serde_json::from_slice(bytes).map_err(damaged)?;
    if version.zscape_progress > VERSION {
        let found = version.zscape_progress;
        return Err(format!("a newer zscape wrote it (version {found})"));
    }
    if version.zscape_progress == 0 {
        return Err("it is no progress file (version 0)".to_owned());
    }
    let stored: Stored = serde_json::from_slice(bytes).map_err(damaged)?;
    let mut progress = stored.progress;
    if progress.attempts.len() > MAX_ATTEMPTS {
        return Err(format!("it holds more than {MAX_ATTEMPTS} answers"));
    }
    if let Some(attempt) = progress.attempts.iter().find(|attempt| !is_sound(attempt)) {
        let id = &attempt.question;
        return Err(format!("an answer to {id:?} has numbers that cannot be"));
    }
    if let Some((id, _)) = progress.memories.iter().find(|(_, m)| !Memory::is_sound(m)) {
        return Err(format!("the memory of {id:?} has numbers that cannot be"));
    }
    if !progress.attempts.is_sorted_by_key(|attempt| attempt.at) {
        return Err("its answers are not in the order of time".to_owned());
    }
    progress.take_notes();
    Ok(progress)
}

fn is_sound(attempt: &Attempt) -> bool {
    (0.0..=1.0).contains(&attempt.score) && attempt.seconds.is_finite() && attempt.seconds >= 0.0
}

fn read(path: &Path) -> Result<Progress, String> {
    match load::read(path, MAX_BYTES) {
        // Editors of other systems begin texts with a mark of their byte order.
        Ok(bytes) => of_bytes(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes)),
        Err(error) => match error.fault {
            LoadFault::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Progress::default())
            }
            fault => Err(format!("the file cannot be read: {fault}")),
        },
    }
}

/// A name beside a file that nothing has.
fn free_name(path: &Path) -> io::Result<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    for number in 1..10_000 {
        let candidate = path.with_file_name(format!("{stem}-kept-{number}.json"));
        // A link to nowhere is something too.
        if candidate.symlink_metadata().is_err() {
            return Ok(candidate);
        }
    }
    Err(io::Error::other("too many files were kept beside it"))
}

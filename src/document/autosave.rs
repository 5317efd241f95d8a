//! The folder in which running programs keep their sessions, each its own.
//!
//! Every program has a name of its own there, a journal, and a lock that the operating system
//! takes away when the program ends, however it ends. A journal whose lock is free was left
//! behind. Only who holds a lock may remove the files of its name.

use super::journal::{self, JournalError, Recovered};
use super::session::Session;
use super::session_file::{self, ENDING, SessionFileError};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

const JOURNAL: &str = "journal";
const LOCK: &str = "lock";
const PARKED: &str = "parked";
/// How many sessions are kept that made room for others.
pub const MAX_STASHED: usize = 20;

/// Why there is no autosave.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct FolderError {
    pub path: PathBuf,
    pub error: io::Error,
}

/// The place of one running program in the folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    name: String,
    /// Held as long as the program runs.
    _lock: File,
}

impl Folder {
    /// Takes a new place in the folder, which is made where there is none.
    ///
    /// # Errors
    ///
    /// When nothing can be written there, or it knows no locks.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let fault = |error| FolderError {
            path: path.to_owned(),
            error,
        };
        fs::create_dir_all(path.join(PARKED)).map_err(fault)?;
        // Somebody who tidies up may take a new lock for an old one before it is locked.
        for _ in 0..16 {
            let name = format!("{}-{}", unix_millis(), std::process::id());
            let lock_path = path.join(format!("{name}.{LOCK}"));
            let file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&lock_path);
            let file = match file {
                Ok(file) => file,
                // Two windows of one process within a millisecond.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                    continue;
                }
                Err(error) => return Err(fault(error)),
            };
            match file.try_lock() {
                Ok(()) if lock_path.exists() => {
                    return Ok(Self {
                        path: path.to_owned(),
                        name,
                        _lock: file,
                    });
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(fault(error)),
            }
        }
        Err(fault(io::Error::other("no lock could be taken in it")))
    }

    /// Where this program writes its journal.
    pub fn journal_path(&self) -> PathBuf {
        self.path.join(format!("{}.{JOURNAL}", self.name))
    }

    /// What programs left behind that run no more, the latest first. Nobody else gets them as
    /// long as they are held.
    pub fn unclean_sessions(&self) -> Vec<UncleanSession> {
        let mut unclean_sessions: Vec<UncleanSession> = self
            .names(JOURNAL)
            .filter(|name| *name != self.name)
            .filter_map(|name| UncleanSession::take(&self.path, &name))
            .collect();
        unclean_sessions.sort_by_key(|unclean| std::cmp::Reverse(unclean.changed_at));
        self.remove_old_locks();
        unclean_sessions
    }

    /// Keeps a session that makes room for another. The oldest beyond [`MAX_STASHED`] go.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn stash(&self, session: &Session) -> Result<PathBuf, SessionFileError> {
        let steps = session.history().len();
        // After the latest, whatever the clock says: it may have been set back, and two sessions
        // may come within a millisecond.
        let latest = self.stashed().first().map(|latest| latest.at_millis);
        let at_millis = latest.map_or_else(unix_millis, |latest| {
            unix_millis().max(latest.saturating_add(1))
        });
        let name = format!("{at_millis}-{steps}.{ENDING}");
        let path = self.path.join(PARKED).join(name);
        session_file::write(&path, session)?;
        for old in self.stashed().into_iter().skip(MAX_STASHED) {
            fs::remove_file(old.path).ok();
        }
        Ok(path)
    }

    /// The sessions that made room, the latest first.
    pub fn stashed(&self) -> Vec<StashedSession> {
        let folder = self.path.join(PARKED);
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut stashed: Vec<StashedSession> = entries
            .filter_map(|entry| StashedSession::from_path(entry.path()))
            .collect();
        stashed.sort_by_key(|stashed| std::cmp::Reverse(stashed.at_millis));
        stashed
    }

    /// Whether a file is one of the parked sessions, which are nobody's to save into.
    pub fn is_stashed(&self, file: &Path) -> bool {
        file.parent() == Some(&self.path.join(PARKED))
    }

    fn names(&self, ending: &str) -> impl Iterator<Item = String> + use<> {
        let ending = format!(".{ending}");
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        entries.filter_map(move |entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_suffix(&ending).map(str::to_owned)
        })
    }

    /// Locks without a journal: their programs ended before they had anything to keep.
    fn remove_old_locks(&self) {
        for name in self.names(LOCK) {
            let has_journal = self.path.join(format!("{name}.{JOURNAL}")).exists();
            if name != self.name
                && !has_journal
                && let Some(lock) = lock(&self.path, &name)
            {
                lock.remove();
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_file(self.path.join(format!("{}.{LOCK}", self.name))).ok();
    }
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    fn remove(self) {
        fs::remove_file(&self.path).ok();
    }
}

/// Takes the lock of a name, if its program runs no more.
fn lock(folder: &Path, name: &str) -> Option<Lock> {
    let path = folder.join(format!("{name}.{LOCK}"));
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .ok()?;
    file.try_lock().ok()?;
    Some(Lock { path, _file: file })
}

/// A journal that was left behind.
#[derive(Debug)]
pub struct UncleanSession {
    journal: PathBuf,
    changed_at: SystemTime,
    lock: Lock,
}

impl UncleanSession {
    fn take(folder: &Path, name: &str) -> Option<Self> {
        let lock = lock(folder, name)?;
        let journal = folder.join(format!("{name}.{JOURNAL}"));
        let changed_at = fs::metadata(&journal).and_then(|it| it.modified());
        // Somebody may have taken it over while we looked.
        let Ok(changed_at) = changed_at else {
            lock.remove();
            return None;
        };
        Some(Self {
            journal,
            changed_at,
            lock,
        })
    }

    /// Reads what it holds.
    ///
    /// # Errors
    ///
    /// When its beginning cannot be read.
    pub fn read(&self) -> Result<Recovered, JournalError> {
        journal::read(&self.journal)
    }

    /// Removes it, when what it holds has found another place.
    pub fn remove(self) {
        fs::remove_file(&self.journal).ok();
        self.lock.remove();
    }

    /// The name under which [`Self::set_aside`] keeps it.
    pub fn aside(&self) -> PathBuf {
        self.journal.with_extension("damaged")
    }

    /// Puts it out of the way under another name, for a person to look at. Returns the name.
    pub fn set_aside(self) -> PathBuf {
        let aside = self.aside();
        fs::rename(&self.journal, &aside).ok();
        self.lock.remove();
        aside
    }
}

/// Whether the program that wrote to the folder last ended in bad order, before anything is read
/// or taken over there.
pub fn ended_unexpectedly(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let journals = entries.filter_map(|entry| {
        let path = entry.path();
        let name = path.file_stem()?.to_str()?.to_owned();
        let is_journal = path.extension().is_some_and(|ending| ending == JOURNAL);
        // Programs that run have not ended.
        (is_journal && lock(folder, &name).is_some()).then_some(path)
    });
    let changed_at = |path: &PathBuf| fs::metadata(path).and_then(|it| it.modified()).ok();
    let latest = journals.max_by_key(changed_at);
    latest.is_some_and(|journal| !journal::was_closed(&journal))
}

/// A session that made room for another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StashedSession {
    pub path: PathBuf,
    /// When, in milliseconds since 1970.
    pub at_millis: u64,
    pub steps: usize,
}

impl StashedSession {
    fn from_path(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (at, steps) = name.strip_suffix(&format!(".{ENDING}"))?.split_once('-')?;
        Some(Self {
            at_millis: at.parse().ok()?,
            steps: steps.parse().ok()?,
            path,
        })
    }
}

fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

//! A session as it is being changed: the whole of it once, and then a line for every change.
//!
//! The hazard that this module guards against is a program that ends at any moment. Lines are
//! only ever added at the end, so whatever was written stays; a line that was cut off is the
//! last one and is left out.

use super::change::Change;
use super::session::Session;
use super::session_file::{MAX_FILE_BYTES, SessionError, VERSION_WITH_W, Written};
use crate::files::save::{self, SaveError};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// The version of the form.
const JOURNAL_VERSION: u64 = 1;
/// The largest journal that is read: a session of the largest size and all that came after it.
const MAX_JOURNAL_BYTES: u64 = 4 * MAX_FILE_BYTES;

/// Where a session stands among files.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct SaveState {
    /// The session file that it was read from or saved to.
    pub file: Option<PathBuf>,
    /// Whether that file holds all of it.
    pub is_saved: bool,
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header<'a> {
    zscape_journal: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(default)]
    is_saved: bool,
    session: Written<'a>,
}

/// A line after the first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    Change(Box<Change>),
    /// The session was saved to this file.
    Saved(String),
    /// The program ended in good order.
    Closed,
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    base_bytes: u64,
    bytes: u64,
    is_synced: bool,
}

impl Journal {
    /// Begins a journal with a whole session, in the place of one that is there.
    ///
    /// # Errors
    ///
    /// When it cannot be written; the journal that was there is as it was.
    pub fn create(
        path: &Path,
        session: &Session,
        save_state: &SaveState,
    ) -> Result<Self, JournalError> {
        let header = Header {
            zscape_journal: JOURNAL_VERSION,
            file: save_state.file.as_deref().map(text_of),
            is_saved: save_state.is_saved,
            session: Written::from_session(session),
        };
        let mut bytes = serde_json::to_vec(&header)
            .map_err(|error| JournalError::Session(SessionError::Write(error)))?;
        bytes.push(b'\n');
        save::save(path, &bytes)?;
        let file = OpenOptions::new().append(true).open(path);
        let file = file.map_err(|error| JournalError::io(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            base_bytes: bytes.len() as u64,
            bytes: bytes.len() as u64,
            is_synced: true,
        })
    }

    /// Adds lines. They are with the operating system when this returns, and so survive the end
    /// of the program; they survive the end of the machine after [`sync`](Self::sync).
    ///
    /// # Errors
    ///
    /// When the disk is full; then none of the lines stays.
    pub fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        let mut lines = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut lines, entry)
                .map_err(|error| JournalError::Session(SessionError::Write(error)))?;
            lines.push(b'\n');
        }
        if let Err(error) = self.file.write_all(&lines) {
            // Half a line would swallow the next one.
            self.file.set_len(self.bytes).ok();
            return Err(JournalError::io(&self.path, error));
        }
        self.bytes += lines.len() as u64;
        self.is_synced = false;
        Ok(())
    }

    /// Brings what was added to the disk, unless it is there.
    ///
    /// # Errors
    ///
    /// When the disk fails.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        if !self.is_synced {
            self.file
                .sync_data()
                .map_err(|error| JournalError::io(&self.path, error))?;
            self.is_synced = true;
        }
        Ok(())
    }

    pub fn is_synced(&self) -> bool {
        self.is_synced
    }

    /// The size of the file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether so much was added that a new beginning would be a smaller file.
    pub fn is_bulky(&self) -> bool {
        const ENOUGH_BYTES: u64 = 16 << 20;
        self.bytes - self.base_bytes > ENOUGH_BYTES.max(self.base_bytes)
    }
}

/// Why a journal was not read or not written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Save(#[from] SaveError),
    #[error("{}: {error}", path.display())]
    Header { path: PathBuf, error: SessionError },
    #[error(transparent)]
    Session(SessionError),
}

impl JournalError {
    fn io(path: &Path, error: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            error,
        }
    }
}

/// What a journal led to.
#[derive(Clone, PartialEq, Debug)]
pub struct Recovered {
    pub session: Session,
    pub save_state: SaveState,
    /// Whether the program that wrote it ended in good order.
    pub was_closed: bool,
    /// What is wrong with the first line that was left out, if one in the middle was.
    pub damage: Option<String>,
}

/// Reads a journal and makes its changes. Lines that cannot be read are left out, and after one
/// that was, those that speak of others by number.
///
/// # Errors
///
/// When there is none, or its beginning cannot be read.
pub fn read(path: &Path) -> Result<Recovered, JournalError> {
    let io = |error| JournalError::io(path, error);
    let file = File::open(path).map_err(io)?;
    let mut lines = BufReader::new(file.take(MAX_JOURNAL_BYTES));
    let mut line = Vec::new();
    lines.read_until(b'\n', &mut line).map_err(io)?;
    let header: Header<'_> =
        serde_json::from_slice(&line).map_err(|error| JournalError::Header {
            path: path.to_owned(),
            error: SessionError::Damaged(error),
        })?;
    let is_earlier = header.session.zscape_session < VERSION_WITH_W;
    let mut recovered = begin(header).map_err(|error| JournalError::Header {
        path: path.to_owned(),
        error,
    })?;
    for number in 2.. {
        line.clear();
        if lines.read_until(b'\n', &mut line).map_err(io)? == 0 {
            break;
        }
        let is_whole = line.ends_with(b"\n");
        if let Err(fault) = go_on(&mut recovered, &line, is_earlier)
            // The end of a line that was being written when the program ended is no damage.
            && is_whole
        {
            let damage = || format!("its line {number} cannot be read: {fault}");
            recovered.damage.get_or_insert_with(damage);
        }
    }
    // No file holds what got lost.
    recovered.save_state.is_saved &= recovered.damage.is_none();
    Ok(recovered)
}

/// Whether the program that wrote a journal ended in good order, by its last line alone.
pub fn was_closed(path: &Path) -> bool {
    let end = (|| {
        let mut file = File::open(path)?;
        let len = file.metadata()?.len();
        // More than the line that says so.
        file.seek(SeekFrom::Start(len.saturating_sub(64)))?;
        let mut end = Vec::new();
        file.take(64).read_to_end(&mut end)?;
        io::Result::Ok(end)
    })();
    let line = serde_json::to_vec(&Entry::Closed).unwrap_or_default();
    end.is_ok_and(|end| end.trim_ascii_end().ends_with(&line))
}

fn begin(header: Header<'_>) -> Result<Recovered, SessionError> {
    if header.zscape_journal > JOURNAL_VERSION {
        return Err(SessionError::Version(header.zscape_journal));
    }
    Ok(Recovered {
        save_state: SaveState {
            file: header.file.map(PathBuf::from),
            is_saved: header.is_saved,
        },
        session: header.session.into_session()?,
        was_closed: false,
        damage: None,
    })
}

fn go_on(recovered: &mut Recovered, line: &[u8], is_earlier: bool) -> Result<(), String> {
    let entry: Entry = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    recovered.was_closed = false;
    match entry {
        // Its numbers may be of others by now.
        Entry::Change(change) if recovered.damage.is_some() && change.refers_by_number() => {}
        Entry::Change(change) => {
            let change = if is_earlier {
                recovered.session.upgraded(*change)
            } else {
                *change
            };
            recovered
                .session
                .apply(&change)
                .map_err(|error| error.to_string())?;
            recovered.save_state.is_saved &= !change.is_worth_saving();
        }
        Entry::Saved(file) => {
            recovered.save_state = SaveState {
                file: Some(file.into()),
                is_saved: true,
            };
        }
        Entry::Closed => recovered.was_closed = true,
    }
    Ok(())
}

/// A path as it is written; one that is no Unicode is not found again.
pub fn text_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

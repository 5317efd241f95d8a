//! Files that are either written whole or not at all.

use super::place;
use atomic_write_file::AtomicWriteFile;
use std::fs::Metadata;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

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
    pub fn create(path: &Path, error: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            stage: SaveStage::Create,
            error,
        }
    }

    /// The error of a file that cannot be written to its end.
    pub fn write(path: &Path, error: io::Error) -> Self {
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
    /// What could not be done with the file.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Write => "written",
        }
    }
}

/// A file that appears under its name, replacing what was there, only when it is
/// [committed](Self::commit). Dropped without that, it leaves nothing behind.
///
/// Where the name is a link, the file that it leads to is written, and the link stays. A file that
/// was there leaves its permissions to the new one.
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
        let target = place_for(path)?;
        remove_old_parts(&target);
        let file = AtomicWriteFile::open(target).map_err(|error| SaveError::create(path, error))?;
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

/// The file to write where `path` is asked for: that which it leads to.
///
/// # Errors
/// When it is a folder, a pipe, a device or another part of the system: a rename would put an
/// ordinary file in its place.
pub fn place_for(path: &Path) -> Result<PathBuf, SaveError> {
    let fault = |error| SaveError::create(path, error);
    let target = place::target(path).map_err(fault)?;
    match std::fs::metadata(&target) {
        Ok(found) if found.is_dir() => Err(fault(io::ErrorKind::IsADirectory.into())),
        Ok(found) if !found.is_file() => Err(fault(io::Error::other("it is not an ordinary file"))),
        Ok(_) | Err(_) => Ok(target),
    }
}

/// Removes what programs that were killed left beside `path`: parts of files and folders whose
/// process is gone, and whole files that did not get their name any more.
pub fn remove_old_parts(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return;
    };
    let beginning = format!(".{}.", name.to_string_lossy());
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let entry_name = entry.file_name();
        let rest = entry_name
            .to_str()
            .and_then(|name| name.strip_prefix(&beginning));
        let is_left = rest.is_some_and(|rest| {
            is_part_of_the_dead(rest) || (is_random(rest) && is_long_abandoned(&entry.path()))
        });
        if is_left {
            let path = entry.path();
            let removed = match path.is_dir() {
                true => std::fs::remove_dir_all(&path),
                false => std::fs::remove_file(&path),
            };
            if let Err(error) = removed {
                log::warn!("{}: it cannot be removed: {error}", path.display());
            }
        }
    }
}

/// Whether a name ends as `PID-NUMBER.part` does, and no process has that number any more.
fn is_part_of_the_dead(rest: &str) -> bool {
    let process = rest
        .strip_suffix(".part")
        .and_then(|part| part.split_once('-'))
        .and_then(|(process, _)| process.parse::<u32>().ok());
    // Elsewhere it is not known which processes run.
    Path::new("/proc/self").exists()
        && process.is_some_and(|process| !Path::new("/proc").join(process.to_string()).exists())
}

/// Whether a name ends as that of an [`AtomicWriteFile`] does in the moment before it is renamed.
fn is_random(rest: &str) -> bool {
    rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// How long a file with such a name must have rested: other programs (rsync is one) name files like
/// this while they write them.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

fn is_long_abandoned(path: &Path) -> bool {
    let age = |found: Metadata| {
        SystemTime::now()
            .duration_since(found.modified().ok()?)
            .ok()
    };
    let found = path.symlink_metadata().ok();
    let age = found.filter(Metadata::is_file).and_then(age);
    age.is_some_and(|age| age > ABANDONED_AFTER)
}

/// Checks that a file can be written, before hours are spent on what is to be in it.
///
/// # Errors
/// As for [`PendingFile::create`].
pub fn check_place(path: &Path) -> Result<(), SaveError> {
    PendingFile::create(path).map(drop)
}

/// Writes a whole file at once.
///
/// # Errors
/// As for [`PendingFile::create`] and [`PendingFile::finish`].
pub fn save(path: &Path, bytes: &[u8]) -> Result<(), SaveError> {
    PendingFile::create(path)?.finish(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn mode(path: &Path) -> u32 {
        let found = fs::symlink_metadata(path).expect("it is there");
        found.permissions().mode() & 0o777
    }

    #[test]
    fn a_link_stays_and_its_file_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        save(&at("real"), b"old").expect("the folder is there");
        fs::set_permissions(at("real"), fs::Permissions::from_mode(0o640)).expect("it is ours");
        symlink("real", at("link")).expect("a link");
        save(&at("link"), b"new").expect("it leads to a file");
        assert_eq!(
            fs::read_link(at("link")).expect("a link"),
            Path::new("real")
        );
        assert_eq!(fs::read(at("real")).expect("it is there"), b"new");
        assert_eq!(mode(&at("real")), 0o640);

        symlink("later", at("dangling")).expect("a link");
        save(&at("dangling"), b"new").expect("it leads to a place for a file");
        assert_eq!(fs::read(at("later")).expect("it is there"), b"new");
        assert_eq!(mode(&at("later")) & 0o133, 0, "nobody may run it");
    }

    #[test]
    fn parts_of_processes_that_are_gone_are_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let own = format!(".a.mp4.{}-0.part", std::process::id());
        // Numbers of processes end before that.
        let gone = [".a.mp4.4294967294-0.part", ".a.mp4.4294967294-1.part"];
        fs::create_dir(at(gone[0])).expect("the folder is empty");
        for name in [gone[1], &own, ".a.mp4.part", ".b.mp4.4294967294-0.part"] {
            save(&at(name), b"x").expect("the folder is there");
        }
        remove_old_parts(&at("a.mp4"));
        assert!(gone.iter().all(|name| !at(name).exists()));
        for name in [&own, ".a.mp4.part", ".b.mp4.4294967294-0.part"] {
            assert!(at(name).exists(), "{name}");
        }
    }

    #[test]
    fn files_that_never_got_their_name_are_removed_after_a_day() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let long_ago = SystemTime::now() - 2 * ABANDONED_AFTER;
        let old = [
            ".a.png.x2AQMh",
            ".a.png.x2AQM",
            ".a.png.x2AQ-h",
            ".b.png.x2AQMh",
        ];
        for name in old {
            save(&at(name), b"x").expect("the folder is there");
            let file = fs::File::options().write(true).open(at(name));
            let file = file.expect("it is there");
            file.set_modified(long_ago).expect("it is ours");
        }
        save(&at(".a.png.other1"), b"x").expect("the folder is there");
        // Any write of the file looks for them.
        save(&at("a.png"), b"new").expect("the folder is there");
        assert!(!at(old[0]).exists());
        for name in &old[1..] {
            assert!(at(name).exists(), "{name} is of nobody's making");
        }
        assert!(at(".a.png.other1").exists(), "somebody may be writing it");
    }

    #[test]
    fn devices_are_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("out");
        symlink("/dev/stdout", &link).expect("a link");
        let fault = save(&link, b"new").expect_err("it is a device");
        assert!(fault.is_bad_path());
        assert!(
            fault
                .to_string()
                .contains("out: the file cannot be created")
        );
        assert_eq!(
            fs::read_link(&link).expect("a link"),
            Path::new("/dev/stdout")
        );
    }
}

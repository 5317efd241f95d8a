//! Files from outside, read with a bound.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
#[error("{}: the file cannot be read: {fault}", path.display())]
pub struct LoadError {
    /// The file that was asked for.
    pub path: PathBuf,
    pub fault: LoadFault,
}

/// What is wrong with a file before anything in it is looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadFault {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("it is not an ordinary file")]
    NotOrdinary,
    #[error("it is larger than {}", size(*limit))]
    TooLarge { limit: u64 },
}

/// A number of bytes as people read it.
fn size(bytes: u64) -> String {
    if bytes < 1 << 20 {
        format!("{} KiB", bytes >> 10)
    } else {
        format!("{} MiB", bytes >> 20)
    }
}

/// Opens a file that has an end: reading a device or a pipe might never come to one. Gives its
/// length in bytes too.
///
/// # Errors
/// When the file is not there, not ordinary, or longer than `limit` bytes.
pub fn open(path: &Path, limit: u64) -> Result<(File, u64), LoadError> {
    let result = (|| {
        // Before it is opened, for opening a pipe waits for its other end.
        let found = path.metadata()?;
        if !found.is_file() {
            return Err(LoadFault::NotOrdinary);
        }
        if found.len() > limit {
            return Err(LoadFault::TooLarge { limit });
        }
        Ok((File::open(path)?, found.len()))
    })();
    result.map_err(|fault| fault_of(path, fault))
}

/// Reads a whole file.
///
/// # Errors
/// As for [`open`], and when the disk fails.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, LoadError> {
    let (file, len) = open(path, limit)?;
    let mut bytes = Vec::with_capacity(len as usize);
    // It may have grown since.
    let read = file.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    match read {
        Err(error) => Err(fault_of(path, error.into())),
        Ok(len) if len as u64 > limit => Err(fault_of(path, LoadFault::TooLarge { limit })),
        Ok(_) => Ok(bytes),
    }
}

fn fault_of(path: &Path, fault: LoadFault) -> LoadError {
    LoadError {
        path: path.to_owned(),
        fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::save::save;

    #[test]
    fn what_has_no_end_or_too_much_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.bin");
        save(&path, b"12345").expect("the folder is there");
        assert_eq!(read(&path, 5).expect("five bytes"), b"12345");
        let fault = |path: &Path| read(path, 4).expect_err("no").to_string();
        assert!(fault(&path).contains("a.bin: the file cannot be read: it is larger"));
        assert!(fault(folder.path()).contains("not an ordinary file"));
        assert!(fault(Path::new("/dev/zero")).contains("not an ordinary file"));
        assert!(fault(&folder.path().join("absent")).contains("absent"));
    }
}

//! Files from outside, read with a bound.

use super::place;
use sha2::{Digest as _, Sha256};
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
        if !found.is_file() || leads_into_the_system(path) {
            return Err(LoadFault::NotOrdinary);
        }
        if found.len() > limit {
            return Err(LoadFault::TooLarge { limit });
        }
        Ok((File::open(path)?, found.len()))
    })();
    result.map_err(|fault| fault_of(path, fault))
}

/// Whether a file is one of those that the system shows: some of them wait for ever.
fn leads_into_the_system(path: &Path) -> bool {
    path.canonicalize()
        .is_ok_and(|path| place::is_system(&path))
}

/// The first bytes of a file, as many as there are up to `most`.
///
/// # Errors
/// As for [`open`], and when the disk fails.
pub fn head(path: &Path, most: usize) -> Result<Vec<u8>, LoadError> {
    let (file, _) = open(path, u64::MAX)?;
    let mut bytes = Vec::new();
    let read = file.take(most as u64).read_to_end(&mut bytes);
    read.map_err(|error| fault_of(path, error.into()))?;
    Ok(bytes)
}

/// The SHA-256 of a file, as lower-case hexadecimal digits.
///
/// # Errors
/// As for [`open`], and when the disk fails.
pub fn sha256(path: &Path, limit: u64) -> Result<String, LoadError> {
    let (file, _) = open(path, limit)?;
    let mut file = file.take(limit);
    let mut hasher = Sha256::new();
    let mut part = vec![0; 1 << 20];
    loop {
        match file.read(&mut part) {
            Ok(0) => return Ok(hex(hasher.finalize().as_slice())),
            Ok(len) => hasher.update(&part[..len]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(fault_of(path, error.into())),
        }
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
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
    use crate::files::save::save;

    #[test]
    fn what_has_no_end_or_too_much_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.bin");
        save(&path, b"12345").expect("the folder is there");
        assert_eq!(read(&path, 5).expect("five bytes"), b"12345");
        assert_eq!(head(&path, 3).expect("there are more"), b"123");
        let hash = sha256(&path, 5).expect("five bytes");
        assert!(
            hash.starts_with("5994471abb01112a") && hash.len() == 64,
            "{hash}"
        );
        let fault = |path: &Path| read(path, 4).expect_err("no").to_string();
        assert!(fault(&path).contains("a.bin: the file cannot be read: it is larger"));
        assert!(fault(folder.path()).contains("not an ordinary file"));
        assert!(fault(Path::new("/dev/zero")).contains("not an ordinary file"));
        assert!(fault(&folder.path().join("absent")).contains("absent"));
    }
}

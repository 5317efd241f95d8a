//! The IDX format of MNIST and Fashion-MNIST, gzipped or not.
//!
//! Format: <http://yann.lecun.com/exdb/mnist/>: a magic number (two zeros, the type 8 for
//! unsigned bytes, the number of dimensions), each dimension as a big-endian u32, the bytes.
//!
//! The hazard here is a small file that unpacks to gigabytes: the header is checked before room is
//! made for what it promises.

use super::TrainError;
use crate::files::{FileKind, kind, load};
use flate2::read::GzDecoder;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// The largest file, packed or not, and the most bytes of an array: four times as many as MNIST has.
const MAX_BYTES: usize = 256 << 20;
/// The widest and highest picture, in pixels.
const MAX_SIDE: usize = 512;

/// Bytes with their dimensions.
#[derive(PartialEq, Eq, Debug)]
pub struct IdxArray {
    pub dims: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// Which file of a data set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// `[count, height, width]`
    Pictures,
    /// `[count]`
    Labels,
}

impl Content {
    fn word(self) -> &'static str {
        match self {
            Self::Pictures => "images",
            Self::Labels => "labels",
        }
    }

    fn rank(self) -> usize {
        match self {
            Self::Pictures => 3,
            Self::Labels => 1,
        }
    }
}

/// The file of a part of a data set in the first folder that has it, under any of the names that
/// downloads give it: the original one, with a dot in place of the second dash as 7-Zip writes
/// it, packed or not, or in a folder of its own name as on Kaggle. Where there is none it is the
/// original name in the first folder.
pub fn find(folders: &[PathBuf], prefix: &str, content: Content) -> PathBuf {
    let (word, rank) = (content.word(), content.rank());
    let names = ["-", "."].map(|dash| format!("{prefix}-{word}{dash}idx{rank}-ubyte"));
    let in_folder = |folder: &PathBuf| {
        let mut candidates = Vec::new();
        for name in &names {
            candidates.push(folder.join(format!("{name}.gz")));
            candidates.push(folder.join(name));
            let inner = names.iter().map(|inner| folder.join(name).join(inner));
            candidates.extend(inner);
        }
        candidates.into_iter().find(|path| path.is_file())
    };
    let found = folders.iter().find_map(in_folder);
    found.unwrap_or_else(|| {
        let first = folders.first().cloned().unwrap_or_default();
        first.join(format!("{}.gz", names[0]))
    })
}

/// Reads an IDX file of unsigned bytes.
///
/// # Errors
/// When the file cannot be read, is no IDX file, is larger than any data set of this kind, or
/// ends too early.
pub fn read(path: &Path, content: Content) -> Result<IdxArray, TrainError> {
    let fault = |fault: String| TrainError::Data {
        path: path.to_owned(),
        fault,
    };
    let unreadable = |error: load::LoadError| fault(format!("cannot be read: {}", error.fault));
    let head = load::head(path, kind::HEAD_BYTES).map_err(unreadable)?;
    let (file, _) = load::open(path, MAX_BYTES as u64 + 16).map_err(unreadable)?;
    let file = BufReader::new(file);
    let found = FileKind::of(&head);
    match found {
        FileKind::Gzip => parse(&mut GzDecoder::new(file), content),
        FileKind::Unknown => parse(&mut { file }, content),
        other => Err(format!("is {other}, not an IDX file")),
    }
    .map_err(fault)
}

/// Reads an array from an open file.
fn parse(file: &mut impl Read, content: Content) -> Result<IdxArray, String> {
    let rank = content.rank();
    let magic: [u8; 4] = header(file)?;
    if magic[..3] != [0, 0, 8] || usize::from(magic[3]) != rank {
        return Err(format!(
            "starts with {magic:?}; an IDX file of bytes with {rank} dimensions starts with \
             [0, 0, 8, {rank}]"
        ));
    }
    let mut dims = Vec::with_capacity(rank);
    for _ in 0..rank {
        dims.push(u32::from_be_bytes(header(file)?) as usize);
    }
    let wanted = dims
        .iter()
        .try_fold(1, |all: usize, dim| all.checked_mul(*dim));
    let Some(wanted) = wanted.filter(|bytes| *bytes <= MAX_BYTES) else {
        return Err(format!(
            "claims the dimensions {dims:?}, more than {} MiB",
            MAX_BYTES >> 20
        ));
    };
    if dims[1..].iter().any(|side| !(1..=MAX_SIDE).contains(side)) {
        return Err(format!(
            "claims the dimensions {dims:?}; pictures have sides of 1 to {MAX_SIDE} pixels"
        ));
    }
    let mut bytes = Vec::new();
    // One more says whether there is more than the header promises.
    let read = file.take(wanted as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| unpacked(&error))?;
    if bytes.len() == wanted {
        return Ok(IdxArray { dims, bytes });
    }
    let found = match bytes.len() {
        more if more > wanted => "more".to_owned(),
        fewer => format!("only {fewer}"),
    };
    Err(format!(
        "has {found} bytes of data, but its header says {dims:?}"
    ))
}

/// The next bytes of a header.
fn header<const N: usize>(file: &mut impl Read) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err("is shorter than its header".to_owned())
        }
        Err(error) => Err(unpacked(&error)),
    }
}

fn unpacked(error: &std::io::Error) -> String {
    format!("cannot be unpacked, so it may be cut short: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::save::save;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    fn parsed(mut bytes: &[u8], content: Content) -> Result<IdxArray, String> {
        parse(&mut bytes, content)
    }

    #[test]
    fn reads_what_the_header_says_and_refuses_the_rest() {
        let sound = [0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9];
        let array = parsed(&sound, Content::Labels).expect("the array is sound");
        assert_eq!((array.dims, array.bytes), (vec![3], vec![7, 8, 9]));
        let longer = [&sound[..], &[1]].concat();
        for (bytes, part) in [
            (&sound[..10], "only 2 bytes of data"),
            (&longer[..], "more bytes of data"),
            (&sound[..6], "shorter"),
            (&sound[..2], "shorter"),
            (&[0, 0, 9, 1, 0, 0, 0, 0][..], "starts with"),
            (
                &[0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255][..],
                "starts with",
            ),
        ] {
            let fault = parsed(bytes, Content::Labels).expect_err("the array is broken");
            assert!(fault.contains(part), "{fault:?} should contain {part:?}");
        }
    }

    #[test]
    fn a_header_is_checked_before_room_is_made() {
        let huge = [[0, 0, 8, 3], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]].concat();
        let fault = parsed(&huge, Content::Pictures).expect_err("it is 4 GiB");
        assert!(fault.contains("MiB"), "{fault}");
        let wide = [[0, 0, 8, 3], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 4, 0]].concat();
        let fault = parsed(&wide, Content::Pictures).expect_err("it is too wide");
        assert!(fault.contains("sides"), "{fault}");
    }

    #[test]
    fn files_are_found_under_all_usual_names() {
        let array = [0, 0, 8, 1, 0, 0, 0, 1, 5];
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&array).expect("memory has room");
        let packed = packed.finish().expect("memory has room");
        for (name, bytes) in [
            ("train-labels-idx1-ubyte.gz", &packed[..]),
            ("train-labels-idx1-ubyte", &array[..]),
            ("train-labels.idx1-ubyte", &array[..]),
            (
                "train-labels-idx1-ubyte/train-labels-idx1-ubyte",
                &array[..],
            ),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("it is new");
            save(&path, bytes).expect("the folder is there");
            let folders = [folder.path().join("absent"), folder.path().to_owned()];
            let found = find(&folders, "train", Content::Labels);
            assert_eq!(found, path);
            let array = read(&found, Content::Labels).expect("it is sound");
            assert_eq!(array.bytes, [5], "{name}");
        }
    }
}

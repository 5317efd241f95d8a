//! Latent codes in NumPy's files, in the shapes that the field uses.
//!
//! | shape | meaning |
//! | --- | --- |
//! | `[dim]`, `[1, dim]` | one code in z or w |
//! | `[n, dim]` | n of them |
//! | `[n, layers, dim]` | n codes in w+; in w, where the array is called `w` and each code has the same vector for all layers, as in StyleGAN's `projected_w.npz` |
//! | `[layers, dim]` | one code in w+, where that is what the array is known to hold |
//! | `[n, height, width]` of whole numbers | n grids of indices, where the space has such codes |
//!
//! Which space a code lies in is said by the name of its array (`z`, `w`, `w_plus`), by the
//! number of axes, or by a note that this program puts beside the arrays; otherwise it is the
//! only space of the model that has such codes, or z.

mod read;

pub use read::{ReadCodes, parse_npy, parse_npz, read_arrays, read_codes};

use super::npy::{self, ArrayError, Element};
use crate::files::FileKind;
use crate::files::load::LoadError;
use crate::files::save::{PendingFile, SaveError};
use crate::latent::{Code, Space, SpaceShape, Values, ValuesError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The most codes of one file.
pub const MAX_CODES: usize = 100_000;
/// The most bytes of one file, unpacked (256 MiB).
pub const MAX_BYTES: u64 = 256 << 20;
/// The most numbers of one file, which are four bytes each in memory.
const MAX_NUMBERS: usize = 64 << 20;
/// The longest name of a code, in bytes.
pub const MAX_NAME: usize = 200;

/// The note in an archive that says what NumPy's arrays do not; NumPy shows it as bytes.
const NOTE: &str = "zscape.json";

/// The spaces of a model, as in its manifest; empty when nothing is known.
pub type Spaces = BTreeMap<Space, SpaceShape>;

/// What is known of the arrays of an archive besides their numbers.
#[derive(Default, Serialize, Deserialize)]
struct Note {
    /// The space of each array by its name.
    #[serde(default)]
    spaces: BTreeMap<String, Space>,
}

/// Codes of one array.
#[derive(Clone, PartialEq, Debug)]
pub struct CodeArray {
    /// The name of the array in the archive.
    pub name: String,
    /// Codes of the same space and shape; at least one.
    pub codes: Vec<Code>,
}

/// Why codes were not read.
#[derive(Debug, thiserror::Error)]
pub enum CodesError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("{}: {fault}", path.display())]
    Codes { path: PathBuf, fault: CodesFault },
}

/// What is wrong with a file of codes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodesFault {
    #[error("the code {0:?} is not sound: {1}")]
    Unsound(String, ValuesError),
    #[error("it is {0}; codes are in .npy and .npz files")]
    Foreign(FileKind),
    #[error("it is not a sound NumPy archive: {0}")]
    Archive(String),
    #[error("{0}")]
    Array(ArrayError),
    #[error("the array {name:?}: {error}")]
    Member { name: String, error: ArrayError },
    #[error(
        "the array {name:?} of shape {shape} holds no codes, whose shape is [n, dim] or [n, layers, dim]"
    )]
    Shape { name: String, shape: String },
    #[error("the code {0:?} has numbers that are not finite")]
    NotFinite(String),
    #[error("two codes are named {0:?}")]
    SameName(String),
    #[error("{0:?} cannot name a code")]
    Name(String),
    #[error("it holds more than {MAX_CODES} codes")]
    TooMany,
    #[error("unpacked, it is larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    #[error("it holds no codes")]
    Empty,
}

/// Writes an uncompressed `.npz` with an array for each element of `arrays`: `[n, dim]` or
/// `[n, layers, dim]` of f32, `[n, height, width]` of u32 where codes are indices. A note beside them keeps the spaces that their names do not tell.
///
/// # Errors
/// When nothing can be created at `path`, the disk is full, two arrays have the same name, or the
/// codes of an array differ in shape.
pub fn save_npz(path: &Path, arrays: &[CodeArray]) -> Result<(), SaveError> {
    let file = PendingFile::create(path)?;
    // In memory first: an archive that a full disk cuts off complains by itself.
    let archive = (|| {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let mut names = BTreeSet::new();
        let mut note = Note::default();
        for array in arrays {
            if !names.insert(array.name.as_str()) {
                let fault = format!("two arrays are named {:?}", array.name);
                return Err(io::Error::other(fault));
            }
            let (space, shape) = common_shape(&array.codes)?;
            if !read::tells_space(&array.name, &shape, space) {
                note.spaces.insert(array.name.clone(), space);
            }
            zip.start_file(format!("{}.npy", array.name), options)?;
            match rows(&array.codes) {
                Rows::Reals(rows) => write_array(&mut zip, &shape, &rows)?,
                Rows::Indices(rows) => write_array(&mut zip, &shape, &rows)?,
            }
        }
        if !note.spaces.is_empty() {
            zip.start_file(NOTE, options)?;
            zip.write_all(serde_json::to_string(&note)?.as_bytes())?;
        }
        Ok(zip.finish()?.into_inner())
    })();
    match archive {
        Ok(bytes) => file.finish(&bytes),
        Err(error) => Err(SaveError::write(path, error)),
    }
}

/// Writes all codes as one array of an `.npy` file, as [`save_npz`] does each of its arrays.
///
/// # Errors
/// When nothing can be created at `path`, the disk is full, or the codes differ in shape.
pub fn save_npy(path: &Path, codes: &[Code]) -> Result<(), SaveError> {
    let (_, shape) = common_shape(codes).map_err(|error| SaveError::write(path, error))?;
    match rows(codes) {
        Rows::Reals(rows) => save_array(path, &shape, &rows),
        Rows::Indices(rows) => save_array(path, &shape, &rows),
    }
}

/// The numbers of codes of one shape.
enum Rows<'a> {
    Reals(Vec<&'a [f32]>),
    Indices(Vec<&'a [u32]>),
}

fn rows(codes: &[Code]) -> Rows<'_> {
    let are_indices = |code: &Code| matches!(code.values, Values::Indices(_));
    if codes.iter().any(are_indices) {
        Rows::Indices(codes.iter().map(|code| code.values.indices()).collect())
    } else {
        Rows::Reals(codes.iter().map(|code| code.values.reals()).collect())
    }
}

fn write_array<T: Element>(out: &mut impl Write, shape: &[u64], rows: &[&[T]]) -> io::Result<()> {
    npy::write_header::<T>(out, shape)?;
    rows.iter().try_for_each(|row| npy::write_values(out, row))
}

fn save_array<T: Element>(path: &Path, shape: &[u64], rows: &[&[T]]) -> Result<(), SaveError> {
    let mut file = npy::NpyWriter::create(path, shape)?;
    rows.iter().try_for_each(|row| file.push(row))?;
    file.finish()
}

/// The space of all codes, and the shape of the array that holds them.
fn common_shape(codes: &[Code]) -> io::Result<(Space, Vec<u64>)> {
    let first = codes
        .first()
        .ok_or_else(|| io::Error::other("there are no codes"))?;
    if codes
        .iter()
        .any(|code| (code.space, code.shape) != (first.space, first.shape))
    {
        let fault = "codes of several spaces do not fit the same array";
        return Err(io::Error::other(fault));
    }
    let count = codes.len() as u64;
    let shape = array_shape(first.shape, count);
    Ok((first.space, shape))
}

/// The shape of an array of `count` codes, as NumPy would print it.
pub fn array_shape(shape: SpaceShape, count: u64) -> Vec<u64> {
    match shape {
        SpaceShape::Vector { dim } => vec![count, dim as u64],
        SpaceShape::Layers { layers, dim } => vec![count, layers as u64, dim as u64],
        SpaceShape::Image {
            channels,
            height,
            width,
        } => vec![count, channels as u64, height as u64, width as u64],
        SpaceShape::Grid { height, width, .. } => vec![count, height as u64, width as u64],
    }
}

/// The name that arrays of codes of a space have in the field.
pub fn array_name(space: Space) -> String {
    match space {
        Space::W_PLUS => "w_plus".to_owned(),
        other => other.name().to_owned(),
    }
}

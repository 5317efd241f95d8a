//! Codes out of files from anywhere.

use super::{CodesError, CodesFault, MAX_BYTES, MAX_CODES, MAX_NAME, NOTE, Note, Spaces};
use crate::document::load;
use crate::document::npy::{Array, read_array};
use crate::latent::{Code, Space, SpaceShape};
use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};
use std::path::Path;
use zip::ZipArchive;

/// The longest note that is read, in bytes.
const MAX_NOTE: u64 = 16 << 20;

/// Reads the codes of an `.npy` or `.npz` file.
///
/// An array of one code gives it its own name; one of several gives `name_0`, `name_1` and so
/// on. The array of an `.npy` file is named like the file.
///
/// # Errors
/// When the file cannot be read, is not sound, holds arrays that are no codes, or is larger than
/// [`MAX_CODES`] or [`MAX_BYTES`] allow.
pub fn read_codes(path: &Path, spaces: &Spaces) -> Result<Vec<(String, Code)>, CodesError> {
    // The tables of an archive come on top of its arrays.
    let bytes = load::read(path, MAX_BYTES + (MAX_BYTES >> 3))?;
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let codes = match extension.to_str() {
        Some("npz") => parse_npz(&bytes, spaces),
        Some("npy") => parse_npy(&stem, &bytes, spaces),
        _ => Err(CodesFault::Extension),
    };
    codes.map_err(|fault| CodesError::Codes {
        path: path.to_owned(),
        fault,
    })
}

/// The codes in the bytes of an `.npy` file; `name` is that of its array.
///
/// # Errors
/// As for [`read_codes`].
pub fn parse_npy(
    name: &str,
    bytes: &[u8],
    spaces: &Spaces,
) -> Result<Vec<(String, Code)>, CodesFault> {
    let array = read_array(bytes).map_err(CodesFault::Array)?;
    let mut found = Found::default();
    found.add(name, array, None, spaces)?;
    found.finish()
}

/// The codes in the bytes of an `.npz` file.
///
/// # Errors
/// As for [`read_codes`].
pub fn parse_npz(bytes: &[u8], spaces: &Spaces) -> Result<Vec<(String, Code)>, CodesFault> {
    let broken = |error: &dyn std::error::Error| CodesFault::Archive(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > MAX_CODES {
        return Err(CodesFault::TooMany);
    }
    let mut room = MAX_BYTES;
    let note = match archive.index_for_name(NOTE) {
        Some(index) => {
            let bytes = member(&mut archive, index, &mut MAX_NOTE.clone())?;
            // A note of another program or time is no reason to refuse the arrays.
            serde_json::from_slice(&bytes).unwrap_or_default()
        }
        None => Note::default(),
    };
    let mut found = Found::default();
    for index in 0..archive.len() {
        let name = match archive.name_for_index(index) {
            Some(name) => name.map_err(|error| broken(&error))?.into_owned(),
            None => continue,
        };
        let Some(name) = name.strip_suffix(".npy") else {
            continue;
        };
        let bytes = member(&mut archive, index, &mut room)?;
        let array = read_array(&bytes).map_err(|error| CodesFault::Member {
            name: shown(name),
            error,
        })?;
        found.add(name, array, note.spaces.get(name).copied(), spaces)?;
    }
    found.finish()
}

/// The bytes of a member of an archive. What it claims is compared with the `room` that is left,
/// and what it turns out to be is cut off there.
fn member(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    room: &mut u64,
) -> Result<Vec<u8>, CodesFault> {
    let broken = |error: &dyn std::error::Error| CodesFault::Archive(error.to_string());
    let file = archive.by_index(index).map_err(|error| broken(&error))?;
    if file.size() > *room {
        return Err(CodesFault::TooLarge);
    }
    let mut bytes = Vec::new();
    file.take(*room + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| broken(&error))?;
    *room = room
        .checked_sub(bytes.len() as u64)
        .ok_or(CodesFault::TooLarge)?;
    Ok(bytes)
}

/// Codes that were found so far.
#[derive(Default)]
struct Found {
    codes: Vec<(String, Code)>,
    names: BTreeSet<String>,
}

impl Found {
    /// Adds the codes of an array; `noted` is its space where that is known.
    fn add(
        &mut self,
        name: &str,
        array: Array,
        noted: Option<Space>,
        spaces: &Spaces,
    ) -> Result<(), CodesFault> {
        let is_text = !name.is_empty() && !name.chars().any(char::is_control);
        if !is_text || name.len() > MAX_NAME {
            return Err(CodesFault::Name(shown(name)));
        }
        let (count, space, shape) = layout(name, &array.shape, noted, spaces)?;
        let len = array.values.len() / count;
        if self.codes.len() + count > MAX_CODES {
            return Err(CodesFault::TooMany);
        }
        for (index, values) in array.values.chunks_exact(len).enumerate() {
            let name = match count {
                1 => name.to_owned(),
                _ => format!("{name}_{index}"),
            };
            if values.iter().any(|value| !value.is_finite()) {
                return Err(CodesFault::NotFinite(name));
            }
            if !self.names.insert(name.clone()) {
                return Err(CodesFault::SameName(name));
            }
            let code = Code::new(space, shape, values.to_vec());
            let code = code.map_err(|fault| CodesFault::Unsound(name.clone(), fault))?;
            self.codes.push((name, code));
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<(String, Code)>, CodesFault> {
        if self.codes.is_empty() {
            return Err(CodesFault::Empty);
        }
        Ok(self.codes)
    }
}

/// How many codes an array holds, in which space, and the shape of each.
fn layout(
    name: &str,
    axes: &[usize],
    noted: Option<Space>,
    spaces: &Spaces,
) -> Result<(usize, Space, SpaceShape), CodesFault> {
    let no_codes = || CodesFault::Shape {
        name: shown(name),
        shape: shown(&format!("{axes:?}")),
    };
    if axes.contains(&0) {
        return Err(no_codes());
    }
    let by_name = || spaces.keys().copied().find(|space| space.name() == name);
    let known = noted.or_else(|| space_of_name(name)).or_else(by_name);
    // The model knows what codes of this space look like.
    if let Some(space) = known
        && let Some(&shape) = spaces.get(&space)
    {
        let own = shape.sides();
        if axes == own {
            return Ok((1, space, shape));
        }
        if let [count, rest @ ..] = axes
            && rest == own
        {
            return Ok((*count, space, shape));
        }
    }
    let vector = |dim| SpaceShape::Vector { dim };
    match *axes {
        [count, layers, dim] => Ok((count, Space::W_PLUS, SpaceShape::Layers { layers, dim })),
        [layers, dim] if known == Some(Space::W_PLUS) => {
            Ok((1, Space::W_PLUS, SpaceShape::Layers { layers, dim }))
        }
        [dim] | [1, dim] => Ok((1, vector_space(known, dim, spaces), vector(dim))),
        [count, dim] => Ok((count, vector_space(known, dim, spaces), vector(dim))),
        _ => Err(no_codes()),
    }
}

/// Whether the name and the shape of an array tell its space without anything else.
pub fn tells_space(name: &str, shape: &[u64], space: Space) -> bool {
    if space == Space::W_PLUS {
        shape.len() == 3
    } else {
        space_of_name(name) == Some(space)
    }
}

/// The space that the name of an array says.
fn space_of_name(name: &str) -> Option<Space> {
    match name.to_ascii_lowercase().as_str() {
        "z" | "zs" => Some(Space::Z),
        "w" => Some(Space::W),
        "w_plus" | "wplus" | "w+" | "ws" => Some(Space::W_PLUS),
        _ => None,
    }
}

/// The space of vectors of `dim` numbers.
fn vector_space(known: Option<Space>, dim: usize, spaces: &Spaces) -> Space {
    if let Some(space @ (Space::Z | Space::W)) = known {
        return space;
    }
    let mut fitting = spaces
        .iter()
        .filter(|(_, shape)| **shape == SpaceShape::Vector { dim })
        .map(|(&space, _)| space);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => only,
        _ => Space::Z,
    }
}

/// A text from a file, short enough for a sentence.
fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

//! Codes out of files from anywhere.

use super::{
    CodesError, CodesFault, MAX_BYTES, MAX_CODES, MAX_NAME, MAX_NUMBERS, NOTE, Note, Spaces,
};
use crate::document::npy::{Array, ArrayError, Header, MAGIC, MAX_HEAD, read_any, read_header};
use crate::files::{FileKind, kind, load};
use crate::latent::{Code, Space, SpaceShape};
use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};
use std::path::Path;
use zip::ZipArchive;

/// The longest note that is read, in bytes.
const MAX_NOTE: u64 = 16 << 20;

/// How archives of a Macintosh call what is no part of the content.
const MAC_FOLDER: &str = "__MACOSX/";

/// The codes of a file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReadCodes {
    /// Named codes in the order of the file.
    pub codes: Vec<(String, Code)>,
    /// What was left out or could be taken for something else, in sentences.
    pub notes: Vec<String>,
}

/// Reads the codes of an `.npy` or `.npz` file, whatever its name ends in.
///
/// An array of one code gives it its own name; one of several gives `name_0`, `name_1` and so
/// on. The array of an `.npy` file is named like the file. What else lies in an archive is left
/// out with a note.
///
/// # Errors
/// When the file cannot be read, is not sound, holds no codes, or is larger than
/// [`MAX_CODES`] or [`MAX_BYTES`] allow.
pub fn read_codes(path: &Path, spaces: &Spaces) -> Result<ReadCodes, CodesError> {
    // The tables of an archive come on top of its arrays.
    let bytes = load::read(path, MAX_BYTES + (MAX_BYTES >> 3))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let head = bytes.get(..kind::HEAD_BYTES).unwrap_or(&bytes);
    let codes = match FileKind::of(head) {
        FileKind::Npz | FileKind::Zip => parse_npz(&bytes, spaces),
        FileKind::Npy => parse_npy(&stem, &bytes, spaces),
        other => Err(CodesFault::Foreign(other)),
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
pub fn parse_npy(name: &str, bytes: &[u8], spaces: &Spaces) -> Result<ReadCodes, CodesFault> {
    let header = read_header(bytes).map_err(CodesFault::Array)?;
    let layout = layout(name, &header.shape, None, spaces);
    check_kind(&header, layout.as_ref().ok()).map_err(CodesFault::Array)?;
    let layout = layout?;
    let array = read_any(bytes, MAX_NUMBERS).map_err(CodesFault::Array)?;
    let mut found = Found::default();
    found.note(name, &array.shape, layout, spaces);
    found.add(name, array, layout, spaces)?;
    found.finish()
}

/// The codes in the bytes of an `.npz` file.
///
/// # Errors
/// As for [`read_codes`].
pub fn parse_npz(bytes: &[u8], spaces: &Spaces) -> Result<ReadCodes, CodesFault> {
    let broken = |error: &dyn std::error::Error| CodesFault::Archive(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > MAX_CODES {
        return Err(CodesFault::TooMany);
    }
    let note = match archive.index_for_name(NOTE) {
        Some(index) => {
            let bytes = member(&mut archive, index, MAX_NOTE)?;
            // A note of another program or time is no reason to refuse the arrays.
            serde_json::from_slice(&bytes).unwrap_or_default()
        }
        None => Note::default(),
    };
    let mut found = Found::default();
    let mut room = MAX_NUMBERS;
    // What is left out is told, or is the fault where nothing else is there.
    let mut others = Vec::new();
    for index in 0..archive.len() {
        let Some(name) = array_name(&mut archive, index)? else {
            continue;
        };
        let about = |error| CodesFault::Member {
            name: shown(&name),
            error,
        };
        let head = head(&mut archive, index)?;
        let header = match read_header(&head) {
            Ok(header) => header,
            Err(error @ ArrayError::Kind(_)) => {
                others.push(about(error));
                continue;
            }
            Err(error) => return Err(about(error)),
        };
        let noted = note.spaces.get(&name).copied();
        let layout = layout(&name, &header.shape, noted, spaces);
        if let Err(error) = check_kind(&header, layout.as_ref().ok()) {
            others.push(about(error));
            continue;
        }
        let layout = match layout {
            Ok(layout) => layout,
            Err(fault) => {
                others.push(fault);
                continue;
            }
        };
        if header.count > room {
            return Err(CodesFault::TooLarge);
        }
        let bytes = member(&mut archive, index, MAX_BYTES)?;
        let array = read_any(&bytes, room).map_err(about)?;
        room -= array.values.len();
        found.note(&name, &array.shape, layout, spaces);
        found.waiting.push((name, array, layout));
    }
    found.take_fitting(spaces)?;
    if found.codes.is_empty()
        && let Some(fault) = others.pop()
    {
        return Err(fault);
    }
    let left_out = others
        .iter()
        .map(|fault| format!("{fault}, so it is left out"));
    found.notes.extend(left_out);
    found.finish()
}

/// Whole numbers are codes where these are indices, and nowhere else: classes, seeds and steps that lie
/// beside codes are whole numbers, too.
fn check_kind(header: &Header, layout: Option<&Layout>) -> Result<(), ArrayError> {
    let is_grid = matches!(layout, Some((_, _, SpaceShape::Grid { .. })));
    match header.whole_numbers() {
        Some(kind) if !is_grid => Err(ArrayError::Kind(kind)),
        _ => Ok(()),
    }
}

/// The arrays of numbers in an `.npy` or `.npz` file that `wanted` says yes to, by name and header; the
/// array of an `.npy` file is named like the file.
///
/// # Errors
/// As for [`read_codes`].
pub fn read_arrays(
    path: &Path,
    wanted: &dyn Fn(&str, &Header) -> bool,
) -> Result<Vec<(String, Array)>, CodesError> {
    let bytes = load::read(path, MAX_BYTES + (MAX_BYTES >> 3))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let head = bytes.get(..kind::HEAD_BYTES).unwrap_or(&bytes);
    let arrays = match FileKind::of(head) {
        FileKind::Npz | FileKind::Zip => npz_arrays(&bytes, wanted),
        FileKind::Npy => npy_array(&stem, &bytes, wanted),
        other => Err(CodesFault::Foreign(other)),
    };
    arrays.map_err(|fault| CodesError::Codes {
        path: path.to_owned(),
        fault,
    })
}

fn npy_array(
    name: &str,
    bytes: &[u8],
    wanted: &dyn Fn(&str, &Header) -> bool,
) -> Result<Vec<(String, Array)>, CodesFault> {
    let header = read_header(bytes).map_err(CodesFault::Array)?;
    if !wanted(name, &header) {
        return Ok(Vec::new());
    }
    let array = read_any(bytes, MAX_NUMBERS).map_err(CodesFault::Array)?;
    Ok(vec![(name.to_owned(), array)])
}

fn npz_arrays(
    bytes: &[u8],
    wanted: &dyn Fn(&str, &Header) -> bool,
) -> Result<Vec<(String, Array)>, CodesFault> {
    let broken = |error: &dyn std::error::Error| CodesFault::Archive(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > MAX_CODES {
        return Err(CodesFault::TooMany);
    }
    let mut room = MAX_NUMBERS;
    let mut arrays = Vec::new();
    for index in 0..archive.len() {
        let Some(name) = array_name(&mut archive, index)? else {
            continue;
        };
        // What holds other things than numbers, such as Python's objects, is no array of these.
        let Ok(header) = read_header(&head(&mut archive, index)?) else {
            continue;
        };
        if !wanted(&name, &header) {
            continue;
        }
        if header.count > room {
            return Err(CodesFault::TooLarge);
        }
        let bytes = member(&mut archive, index, MAX_BYTES)?;
        let array = read_any(&bytes, room).map_err(|error| CodesFault::Member {
            name: shown(&name),
            error,
        })?;
        room -= array.values.len();
        arrays.push((name, array));
    }
    Ok(arrays)
}

/// The name of the array that a member of an archive holds, if it holds one.
fn array_name(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
) -> Result<Option<String>, CodesFault> {
    let broken = |error: &dyn std::error::Error| CodesFault::Archive(error.to_string());
    let name = match archive.name_for_index(index) {
        Some(name) => name.map_err(|error| broken(&error))?.into_owned(),
        None => return Ok(None),
    };
    if name == NOTE || name.starts_with(MAC_FOLDER) || name.ends_with('/') {
        return Ok(None);
    }
    Ok(match name.strip_suffix(".npy") {
        Some(name) => Some(name.to_owned()),
        // Some writers leave the ending out.
        None => head(archive, index)?.starts_with(MAGIC).then_some(name),
    })
}

/// The first bytes of a member, enough for any header.
fn head(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize) -> Result<Vec<u8>, CodesFault> {
    let broken = |error: &dyn std::error::Error| CodesFault::Archive(error.to_string());
    let file = archive.by_index(index).map_err(|error| broken(&error))?;
    let mut bytes = Vec::new();
    let mut head = file.take(MAX_HEAD as u64);
    head.read_to_end(&mut bytes)
        .map_err(|error| broken(&error))?;
    Ok(bytes)
}

/// The bytes of a member of an archive. What it claims is compared with `most`, and what it turns
/// out to be is cut off there.
fn member(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    most: u64,
) -> Result<Vec<u8>, CodesFault> {
    let broken = |error: &dyn std::error::Error| CodesFault::Archive(error.to_string());
    let file = archive.by_index(index).map_err(|error| broken(&error))?;
    if file.size() > most {
        return Err(CodesFault::TooLarge);
    }
    let mut bytes = Vec::new();
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| broken(&error))?;
    if bytes.len() as u64 > most {
        return Err(CodesFault::TooLarge);
    }
    Ok(bytes)
}

/// How many codes there are in an array, in which space, and the shape of each.
type Layout = (usize, Space, SpaceShape);

/// Codes that were found so far.
#[derive(Default)]
struct Found {
    /// Arrays that may hold codes.
    waiting: Vec<(String, Array, Layout)>,
    codes: Vec<(String, Code)>,
    names: BTreeSet<String>,
    notes: Vec<String>,
}

impl Found {
    /// Adds the codes of an array.
    fn add(
        &mut self,
        name: &str,
        array: Array,
        (count, space, shape): Layout,
        spaces: &Spaces,
    ) -> Result<(), CodesFault> {
        let is_text = !name.is_empty() && !name.chars().any(char::is_control);
        if !is_text || name.len() > MAX_NAME {
            return Err(CodesFault::Name(shown(name)));
        }
        let len = array.values.len() / count;
        let is_w = space_of_name(name) == Some(Space::W);
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
            if is_w && let Some(w) = single_style(space, values, spaces) {
                self.codes.push((name, w));
                continue;
            }
            // One style for all layers.
            let values = match shape {
                SpaceShape::Layers { layers, dim } if len == dim => values.repeat(layers),
                _ => values.to_vec(),
            };
            let code = Code::new(space, shape, values);
            let code = code.map_err(|fault| CodesFault::Unsound(name.clone(), fault))?;
            self.codes.push((name, code));
        }
        Ok(())
    }

    /// Adds the codes of the arrays that fit a model. Where none does, all are added, so that using
    /// them gives the reason why they do not fit.
    fn take_fitting(&mut self, spaces: &Spaces) -> Result<(), CodesFault> {
        let waiting = std::mem::take(&mut self.waiting);
        let fits = |(_, space, shape): &Layout| spaces.get(space) == Some(shape);
        let any = waiting.iter().any(|(_, _, layout)| fits(layout));
        for (name, array, layout) in waiting {
            if any && !fits(&layout) {
                let shape = &array.shape;
                let note = format!("the array {:?} of shape {shape:?} is no code", shown(&name));
                self.notes.push(note);
            } else {
                self.add(&name, array, layout, spaces)?;
            }
        }
        Ok(())
    }

    /// Says so where an array in w would be one code in w+ under another name.
    fn note(&mut self, name: &str, axes: &[usize], layout: Layout, spaces: &Spaces) {
        let (count, space, _) = layout;
        let rows = spaces.get(&Space::W_PLUS).map(|shape| shape.sides());
        if space == Space::W && count > 1 && rows.is_some_and(|rows| rows == axes) {
            self.notes.push(format!(
                "{name} holds {count} codes in w, @{name}_0 to @{name}_{}; as one code in w+ name \
                 it w_plus",
                count - 1
            ));
        }
    }

    fn finish(self) -> Result<ReadCodes, CodesFault> {
        if self.codes.is_empty() {
            return Err(CodesFault::Empty);
        }
        let Self { codes, notes, .. } = self;
        Ok(ReadCodes { codes, notes })
    }
}

/// The code in w that the rows of an array called `w` repeat, as the projector of StyleGAN writes it;
/// `None` where they differ.
fn single_style(space: Space, values: &[f32], spaces: &Spaces) -> Option<Code> {
    let &shape @ SpaceShape::Vector { dim } = spaces.get(&Space::W)? else {
        return None;
    };
    if space != Space::W_PLUS {
        return None;
    }
    let first = values.get(..dim)?;
    let repeats = values.chunks(dim.max(1)).all(|row| row == first);
    let code = repeats.then(|| Code::new(Space::W, shape, first.to_vec()));
    code?.ok()
}

/// How many codes an array holds, in which space, and the shape of each.
fn layout(
    name: &str,
    axes: &[usize],
    noted: Option<Space>,
    spaces: &Spaces,
) -> Result<Layout, CodesFault> {
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
    // As encoders of styles write codes in w.
    if let (&[count, 1, dim], Some(&rows)) = (axes, spaces.get(&Space::W_PLUS))
        && rows.sides().last() == Some(&dim)
    {
        return Ok((count, Space::W_PLUS, rows));
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

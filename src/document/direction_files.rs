//! Directions in NumPy's files, as others publish them: the boundaries of InterFaceGAN (Shen et al. 2020),
//! the components of GANSpace (Härkönen et al. 2020), and arrays of one's own.
//!
//! | shape | meaning |
//! | --- | --- |
//! | `[dim]`, `[1, dim]` | one direction |
//! | `[n, dim]`, `[n, 1, dim]` | n of them |
//!
//! Nothing in such a file says how long a step is or, for certain, where it leads. So the space is taken
//! from the names of array and file (`w`, `z`), and a direction of length 1 becomes a step of one standard
//! deviation, unless deviations lie beside it.

use super::codes::{CodesError, Spaces, read_arrays};
use super::npy::{Array, Header};
use crate::latent::{Direction, Space, SpaceShape};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The most directions that are taken from a file. Components are in order of what they do.
pub const MOST: usize = 32;

/// How far from 1 the length of a direction may be that was scaled to it.
const UNIT: f64 = 0.01;

/// What is known of the model that directions are read for.
#[derive(Clone, Debug)]
pub struct DirectionSpaces {
    pub spaces: Spaces,
    /// Where directions lie of which nothing is said.
    pub usual: Space,
    /// One standard deviation of the codes of each space.
    pub sigmas: BTreeMap<Space, f32>,
}

/// The directions of a file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReadDirections {
    /// One step along each is a standard deviation, as far as that is known.
    pub directions: Vec<Direction>,
    /// What was left out, in sentences.
    pub notes: Vec<String>,
}

/// Why directions were not read.
#[derive(Debug, thiserror::Error)]
pub enum DirectionsError {
    #[error(transparent)]
    Arrays(#[from] CodesError),
    #[error("{}: it holds no array of directions with {wanted} numbers", path.display())]
    Empty { path: PathBuf, wanted: String },
    #[error("{}: the direction {name:?} {fault}", path.display())]
    Unsound {
        path: PathBuf,
        name: String,
        fault: &'static str,
    },
}

/// Reads the directions of an `.npy` or `.npz` file.
///
/// # Errors
/// When the file cannot be read, holds no directions of the model's spaces, or one that is zero or not
/// finite.
pub fn read_directions(
    path: &Path,
    known: &DirectionSpaces,
) -> Result<ReadDirections, DirectionsError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let arrays = read_arrays(path, &|name, header| {
        is_deviation(name) || is_wanted(name, header, known)
    })?;
    let (deviations, mut found): (Vec<_>, Vec<_>) =
        arrays.into_iter().partition(|(name, _)| is_deviation(name));
    let deviations: BTreeMap<String, Array> = deviations.into_iter().collect();
    // GANSpace writes the same components in the activations and in the latent space.
    if found.iter().any(|(name, _)| name == LATENT_COMPONENTS) {
        found.retain(|(name, _)| name == LATENT_COMPONENTS);
    }
    let mut read = ReadDirections::default();
    for (name, array) in found {
        let dim = array.shape.last().copied().unwrap_or(0);
        let Some(space) = space_of(&name, &stem, dim, known) else {
            continue;
        };
        let rows = array.values.chunks_exact(dim.max(1));
        let count = rows.len();
        if count > MOST {
            read.notes
                .push(format!("the first {MOST} of {count} directions are taken"));
        }
        let prefix = name.trim_end_matches("comp");
        let deviations = deviations.get(&format!("{prefix}stdev"));
        let deviations = deviations.filter(|_| prefix != name);
        for (index, row) in rows.take(MOST).enumerate() {
            let name = direction_name(&name, &stem, (count > 1).then_some(index));
            let deviation = deviations.and_then(|it| it.values.get(index)).copied();
            let sigma = known.sigmas.get(&space).copied().unwrap_or(1.0);
            let values = step(row, deviation, sigma);
            let values = values.map_err(|fault| DirectionsError::Unsound {
                path: path.to_owned(),
                name: name.clone(),
                fault,
            })?;
            read.directions.push(Direction {
                name,
                space,
                values,
            });
        }
    }
    if read.directions.is_empty() {
        let dims = vectors(known).map(|(space, dim)| format!("{dim} ({space})"));
        return Err(DirectionsError::Empty {
            path: path.to_owned(),
            wanted: dims.collect::<Vec<_>>().join(" or "),
        });
    }
    Ok(read)
}

const LATENT_COMPONENTS: &str = "lat_comp";

fn is_deviation(name: &str) -> bool {
    name.ends_with("_stdev")
}

/// The spaces whose codes are vectors, with their numbers.
fn vectors(known: &DirectionSpaces) -> impl Iterator<Item = (Space, usize)> {
    known
        .spaces
        .iter()
        .filter_map(|(space, shape)| match shape {
            SpaceShape::Vector { dim } => Some((*space, *dim)),
            _ => None,
        })
}

fn is_wanted(name: &str, header: &Header, known: &DirectionSpaces) -> bool {
    let dim = match header.shape[..] {
        [dim] | [_, dim] | [_, 1, dim] => dim,
        _ => return false,
    };
    // Means of codes have their shape.
    let is_mean = name.ends_with("mean") || name == "w_avg";
    header.count > 0
        && header.whole_numbers().is_none()
        && !is_mean
        && vectors(known).any(|(_, known)| known == dim)
}

/// The parts of a name.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
}

/// The space of an array's directions: what a name says, or else the usual one, as far as its codes have
/// as many numbers.
fn space_of(name: &str, stem: &str, dim: usize, known: &DirectionSpaces) -> Option<Space> {
    let fits = |space: &Space| vectors(known).any(|it| it == (*space, dim));
    let said = |of: Space| {
        let mut all = parts(name).chain(parts(stem));
        all.any(|part| part.eq_ignore_ascii_case(of.name()))
    };
    let named = vectors(known)
        .map(|(space, _)| space)
        .filter(|it| said(*it));
    let others = vectors(known).map(|(space, _)| space);
    named.chain([known.usual]).chain(others).find(fits)
}

/// What a direction is called: what is left of a name without what says how it was made.
fn direction_name(name: &str, stem: &str, index: Option<usize>) -> String {
    const OF_HOW: [&str; 15] = [
        "act",
        "boundary",
        "celebahq",
        "comp",
        "direction",
        "directions",
        "ffhq",
        "lat",
        "npy",
        "pggan",
        "stylegan",
        "stylegan2",
        "stylegan3",
        "w",
        "z",
    ];
    let said: Vec<&str> = parts(name)
        .filter(|part| !OF_HOW.contains(&part.to_ascii_lowercase().as_str()))
        .collect();
    let said = match said.is_empty() {
        true if name.ends_with("comp") => "PC".to_owned(),
        true => stem.to_owned(),
        false => said.join(" "),
    };
    // A quotation mark would end the name in an expression.
    let said: String = said
        .chars()
        .filter(|c| !c.is_control() && *c != '"' && *c != '\\')
        .take(60)
        .collect();
    match index {
        Some(index) => format!("{said} {}", index + 1),
        None => said,
    }
}

/// A step of a standard deviation along a direction.
fn step(row: &[f32], deviation: Option<f32>, sigma: f32) -> Result<Vec<f32>, &'static str> {
    let squares = row.iter().map(|value| f64::from(*value).powi(2));
    let length = squares.sum::<f64>().sqrt();
    if !length.is_finite() {
        return Err("has numbers that are not finite");
    }
    if length == 0.0 {
        return Err("is zero, so it leads nowhere");
    }
    let deviation = deviation.filter(|it| *it > 0.0 && it.is_finite());
    let factor = match deviation {
        Some(deviation) => f64::from(deviation) / length,
        None if (length - 1.0).abs() < UNIT => f64::from(sigma) / length,
        None => 1.0,
    };
    Ok(row
        .iter()
        .map(|value| (f64::from(*value) * factor) as f32)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use zip::write::SimpleFileOptions;

    fn known() -> DirectionSpaces {
        let vector = SpaceShape::Vector { dim: 4 };
        let layers = SpaceShape::Layers { layers: 3, dim: 4 };
        DirectionSpaces {
            spaces: BTreeMap::from([
                (Space::Z, vector),
                (Space::W, vector),
                (Space::W_PLUS, layers),
            ]),
            usual: Space::W,
            sigmas: BTreeMap::from([(Space::Z, 1.0), (Space::W, 0.5)]),
        }
    }

    fn npy_bytes(shape: &[usize], values: &[f32]) -> Vec<u8> {
        let sides: String = shape.iter().map(|side| format!("{side},")).collect();
        let head = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({sides}), }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((head.len() as u16).to_le_bytes());
        bytes.extend(head.as_bytes());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        bytes
    }

    fn read_named(name: &str, bytes: &[u8]) -> Result<ReadDirections, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        crate::files::save::save(&path, bytes).expect("a file");
        read_directions(&path, &known()).map_err(|error| error.to_string())
    }

    fn archive(arrays: &[(&str, &[usize], &[f32])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, shape, values) in arrays {
            let options = SimpleFileOptions::default();
            zip.start_file(format!("{name}.npy"), options)
                .expect("memory");
            zip.write_all(&npy_bytes(shape, values)).expect("memory");
        }
        zip.finish().expect("memory").into_inner()
    }

    #[test]
    fn a_boundary_is_a_step_of_a_deviation_in_the_space_that_its_name_says() {
        let unit = [0.6, 0.0, 0.8, 0.0];
        let bytes = npy_bytes(&[1, 4], &unit);
        let read = read_named("stylegan_ffhq_smile_w_boundary.npy", &bytes).expect("sound");
        let [direction] = &read.directions[..] else {
            panic!("{read:?}")
        };
        assert_eq!(
            (direction.name.as_str(), direction.space),
            ("smile", Space::W)
        );
        assert_eq!(direction.values, [0.3, 0.0, 0.4, 0.0]);
        let read = read_named("age_z.npy", &bytes).expect("sound");
        assert_eq!(read.directions[0].space, Space::Z);
        assert_eq!(read.directions[0].values, unit);
        // One with a length of its own keeps it.
        let read = read_named("pose.npy", &npy_bytes(&[4], &[3.0, 0.0, 4.0, 0.0]));
        let read = read.expect("sound");
        assert_eq!(read.directions[0].values, [3.0, 0.0, 4.0, 0.0]);
        assert_eq!(read.directions[0].space, Space::W, "the usual one");
    }

    #[test]
    fn components_come_with_their_deviations() {
        let components: Vec<f32> = (0..40 * 4)
            .map(|at| f32::from(u8::from(at % 4 == at / 4 % 4)))
            .collect();
        let deviations: Vec<f32> = (0..40).map(|at| 2.0 - at as f32 * 0.01).collect();
        let bytes = archive(&[
            ("act_comp", &[40, 1, 4], &components),
            ("act_stdev", &[40], &deviations),
            ("lat_comp", &[40, 1, 4], &components),
            ("lat_mean", &[1, 1, 4], &[1.0; 4]),
            ("lat_stdev", &[40], &deviations),
        ]);
        let read = read_named("ffhq_style_ipca_w.npz", &bytes).expect("sound");
        assert_eq!(read.directions.len(), MOST);
        assert_eq!(read.notes, ["the first 32 of 40 directions are taken"]);
        assert_eq!(read.directions[1].name, "PC 2");
        assert_eq!(read.directions[1].values, [0.0, 1.99, 0.0, 0.0]);
    }

    #[test]
    fn what_is_no_direction_is_named() {
        for (name, bytes, part) in [
            (
                "a.npy",
                npy_bytes(&[3], &[1.0; 3]),
                "with 4 (z) or 4 (w) numbers",
            ),
            ("zero.npy", npy_bytes(&[4], &[0.0; 4]), "\"zero\" is zero"),
            ("b.npy", npy_bytes(&[4], &[f32::NAN; 4]), "not finite"),
            (
                "c.npz",
                archive(&[("lat_mean", &[1, 4], &[1.0; 4])]),
                "no array",
            ),
            ("d.npy", b"no array".to_vec(), ".npz files"),
        ] {
            let fault = read_named(name, &bytes).expect_err(name);
            assert!(fault.contains(part), "{name}: {fault}");
        }
    }
}

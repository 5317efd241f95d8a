//! Model files: one `.safetensors` with the manifest in its metadata.
//!
//! A model file comes from anywhere, so nothing in it is believed: the header is read with
//! bounds, the manifest is followed through every layer, and every tensor's name, shape,
//! dtype and values are checked before a caller sees the first weight.

use super::family::Encoding;
use super::manifest::{FORMAT_VERSION, Family, Manifest, NetworkSpec, Role};
use super::reading::{MAX_FILE_BYTES, ModelReader};
use super::shapes::{self, Shape};
use super::style::{self, StyleSpec};
use crate::latent::{Code, Direction, Space, SpaceShape};
use atomic_write_file::AtomicWriteFile;
use half::f16;
use safetensors::Dtype;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::path::Path;

/// The key of the manifest in the metadata of a file.
pub(super) const METADATA_KEY: &str = "zscape";

/// The longest name and title of a model, and the longest summary, in characters.
const MAX_NAME_CHARS: usize = 100;
const MAX_SUMMARY_CHARS: usize = 1000;

/// Why a model file was refused. Each message is one sentence without the file's name.
#[derive(Debug, thiserror::Error)]
pub enum ModelFileError {
    #[error("the file cannot be read: {0}")]
    Read(std::io::Error),
    #[error("the file cannot be written: {0}")]
    Write(std::io::Error),
    #[error("the file is {0} bytes long; at most {MAX_FILE_BYTES} are read")]
    TooLarge(u64),
    #[error("it is not a sound safetensors file: {0}")]
    Container(String),
    #[error("it has no zscape manifest in its metadata, so its architecture is unknown")]
    NoManifest,
    #[error("its manifest cannot be read: {0}")]
    Manifest(String),
    #[error("its format version is {found}; this program reads up to {FORMAT_VERSION}")]
    Version { found: u32 },
    #[error("its family is {found:?}; known are autoencoder, vae, gan, stylegan and classifier")]
    Family { found: String },
    #[error("its manifest contradicts itself: {0}")]
    Contradiction(String),
    #[error("the tensor {name:?} {fault}")]
    Tensor { name: String, fault: String },
}

/// A tensor as read from a file, in `f32`.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredTensor {
    pub shape: Vec<usize>,
    /// The numbers in row-major order.
    pub values: Vec<f32>,
}

impl StoredTensor {
    /// A tensor of one row.
    pub fn vector(values: Vec<f32>) -> Self {
        Self {
            shape: vec![values.len()],
            values,
        }
    }
}

/// A checked model file.
#[derive(Clone, Debug)]
pub struct ModelFile {
    pub manifest: Manifest,
    /// SHA-256 of the file's bytes, lower-case hexadecimal.
    pub hash: String,
    /// All tensors by name: `decoder.0.weight` and so on for the networks, and the names of
    /// `extra_shape` for what goes with them.
    pub tensors: BTreeMap<String, StoredTensor>,
}

impl ModelFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// Any fault of the file, as one sentence.
    pub fn read(path: &Path) -> Result<Self, ModelFileError> {
        ModelReader::open(path)?.finish()
    }

    /// Checks the bytes of a file.
    ///
    /// # Errors
    /// Any fault of the file, as one sentence.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelFileError> {
        ModelReader::of_bytes(bytes).finish()
    }

    /// The bytes of a file with all tensors as f16.
    ///
    /// # Errors
    /// When a value does not fit f16, or a tensor does not fit the manifest.
    pub fn to_bytes(
        manifest: &Manifest,
        tensors: &BTreeMap<String, StoredTensor>,
    ) -> Result<Vec<u8>, ModelFileError> {
        let text = serde_json::to_string(manifest)
            .map_err(|error| ModelFileError::Manifest(error.to_string()))?;
        let mut stored = Vec::with_capacity(tensors.len());
        for (name, tensor) in tensors {
            let halves: Vec<f16> = tensor.values.iter().map(|&v| f16::from_f32(v)).collect();
            if let Some(index) = halves.iter().position(|half| !half.is_finite()) {
                return Err(ModelFileError::Tensor {
                    name: name.clone(),
                    fault: format!("holds {} which f16 cannot", tensor.values[index]),
                });
            }
            let bytes: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
            stored.push((
                name.as_str(),
                Stored {
                    shape: tensor.shape.clone(),
                    bytes,
                },
            ));
        }
        let metadata = HashMap::from([(METADATA_KEY.to_owned(), text)]);
        let bytes = safetensors::serialize(stored, Some(metadata))
            .map_err(|error| ModelFileError::Container(error.to_string()))?;
        Self::from_bytes(&bytes)?;
        Ok(bytes)
    }

    /// Writes a file beside `path` and renames it, so that no half file is ever seen.
    ///
    /// # Errors
    /// As for [`Self::to_bytes`], or when the path cannot be written.
    pub fn write(
        path: &Path,
        manifest: &Manifest,
        tensors: &BTreeMap<String, StoredTensor>,
    ) -> Result<(), ModelFileError> {
        let bytes = Self::to_bytes(manifest, tensors)?;
        let mut file = AtomicWriteFile::open(path).map_err(ModelFileError::Write)?;
        file.write_all(&bytes).map_err(ModelFileError::Write)?;
        file.commit().map_err(ModelFileError::Write)
    }

    /// A tensor of one network, by its name without the role.
    pub fn network_tensor(&self, role: Role, name: &str) -> Option<&StoredTensor> {
        self.tensors.get(&format!("{}.{name}", role.name()))
    }

    /// The shape of z.
    pub fn z_dim(&self) -> Option<usize> {
        self.manifest.spaces.get(&Space::Z).map(|shape| shape.dim())
    }

    /// The named codes, `code.NAME`.
    pub fn named_codes(&self) -> BTreeMap<String, Code> {
        self.tensors
            .iter()
            .filter_map(|(name, tensor)| {
                let name = name.strip_prefix("code.")?;
                Some((
                    name.to_owned(),
                    Code::vector(Space::Z, tensor.values.clone()),
                ))
            })
            .collect()
    }

    /// The named directions, `direction.SPACE.NAME`.
    pub fn directions(&self) -> Vec<Direction> {
        self.tensors
            .iter()
            .filter_map(|(name, tensor)| {
                let (space, name) = direction_name(name)?;
                Some(Direction {
                    name: name.to_owned(),
                    space,
                    values: tensor.values.clone(),
                })
            })
            .collect()
    }
}

/// The name of the tensor of a direction.
pub fn direction_tensor(space: Space, name: &str) -> String {
    format!("direction.{space}.{name}")
}

/// Checks that what the manifest says of directions is said of directions that are there.
pub(super) fn check_record(
    manifest: &Manifest,
    tensors: &BTreeMap<String, StoredTensor>,
) -> Result<(), String> {
    let Some(record) = &manifest.directions else {
        return Ok(());
    };
    record.check()?;
    let missing = record
        .directions
        .iter()
        .find(|one| !tensors.contains_key(&direction_tensor(one.space, &one.name)));
    match missing {
        Some(one) => Err(format!(
            "it measured a direction {:?} in {}, which it does not hold",
            one.name, one.space
        )),
        None => Ok(()),
    }
}

/// The space and name in `direction.z.smile`.
fn direction_name(name: &str) -> Option<(Space, &str)> {
    let (space, name) = name.strip_prefix("direction.")?.split_once('.')?;
    let space = match space {
        "z" => Space::Z,
        "w" => Space::W,
        _ => return None,
    };
    Some((space, name))
}

/// A sentence for a container that safetensors refuses, with the sizes that say why.
pub(super) fn container_fault(error: &safetensors::SafeTensorError, bytes: &[u8]) -> String {
    use safetensors::SafeTensorError as E;
    let header = bytes
        .first_chunk()
        .map(|prefix| u64::from_le_bytes(*prefix));
    match (error, header) {
        (E::HeaderTooSmall, _) => format!("{} bytes are too few for a header", bytes.len()),
        (E::HeaderTooLarge | E::InvalidHeaderLength, Some(header)) => {
            format!(
                "its header claims {header} bytes, but the file has {}",
                bytes.len()
            )
        }
        (E::MetadataIncompleteBuffer, _) => {
            "its tensors and its length differ, so it may be cut short".to_owned()
        }
        _ => error.to_string(),
    }
}

pub(super) fn read_manifest(text: &str) -> Result<Manifest, ModelFileError> {
    /// The part that says whether the rest can be understood.
    #[derive(Deserialize)]
    struct Head {
        format_version: u32,
        family: String,
    }
    let unreadable = |error: serde_json::Error| ModelFileError::Manifest(error.to_string());
    let head: Head = serde_json::from_str(text).map_err(unreadable)?;
    if head.format_version == 0 || head.format_version > FORMAT_VERSION {
        return Err(ModelFileError::Version {
            found: head.format_version,
        });
    }
    let family = serde_json::Value::from(head.family.as_str());
    if serde_json::from_value::<Family>(family).is_err() {
        return Err(ModelFileError::Family { found: head.family });
    }
    serde_json::from_str(text).map_err(unreadable)
}

/// Every tensor that the networks of a manifest need, with its shape.
///
/// # Errors
/// A sentence when the networks, the spaces and the picture do not fit one another.
pub fn expected_tensors(manifest: &Manifest) -> Result<Vec<(String, Vec<usize>)>, String> {
    check_texts(manifest)?;
    let image = manifest.image;
    let sides = [image.channels, image.height, image.width];
    let picture = Shape::Image {
        channels: sides[0],
        height: sides[1],
        width: sides[2],
    };
    let picture_len = picture
        .checked_len()
        .map_err(|fault| format!("the picture: {fault}"))?;
    if !matches!(image.channels, 1 | 3) {
        return Err(format!(
            "pictures have {} channels; 1 and 3 are known",
            image.channels
        ));
    }
    let traits = manifest.family.traits();
    for role in traits.networks {
        if !manifest.networks.contains_key(role) {
            return Err(format!("it has no {}", role.name()));
        }
    }
    let z_dim = match manifest.spaces.get(&Space::Z) {
        Some(&SpaceShape::Vector { dim }) if traits.generates => dim,
        None if !traits.generates => 0,
        Some(_) if !traits.generates => {
            return Err(format!("a {} has no latent space", traits.title));
        }
        _ => return Err("z must be a vector".to_owned()),
    };
    let mut tensors = match (&manifest.style, traits.has_styles) {
        (Some(spec), true) => style_tensors(manifest, spec)?,
        (None, true) => return Err("it has no section \"style\"".to_owned()),
        (Some(_), false) => {
            return Err("only style-based models have a section \"style\"".to_owned());
        }
        (None, false) => {
            if let Some(space) = manifest.spaces.keys().find(|&&space| space != Space::Z) {
                return Err(format!("models of this family have no {space} space"));
            }
            Vec::new()
        }
    };
    for (&role, network) in &manifest.networks {
        if !traits.networks.contains(&role) {
            return Err(format!("a {} does not belong to this family", role.name()));
        }
        check_ends(
            traits.encoding,
            role,
            network,
            z_dim,
            picture_len,
            manifest.classes.len(),
        )?;
        let plan = shapes::plan(network).map_err(|fault| format!("{}: {fault}", role.name()))?;
        for parameter in plan.parameters {
            tensors.push((
                format!("{}.{}", role.name(), parameter.name),
                parameter.shape,
            ));
        }
    }
    Ok(tensors)
}

/// The tensors of a style-based generator.
fn style_tensors(
    manifest: &Manifest,
    spec: &StyleSpec,
) -> Result<Vec<(String, Vec<usize>)>, String> {
    let plan = style::plan(spec, manifest.image)?;
    let wanted = [
        (Space::Z, SpaceShape::Vector { dim: spec.z_dim }),
        (Space::W, SpaceShape::Vector { dim: spec.w_dim }),
        (
            Space::W_PLUS,
            SpaceShape::Layers {
                layers: spec.num_ws,
                dim: spec.w_dim,
            },
        ),
    ];
    for (space, shape) in wanted {
        if manifest.spaces.get(&space) != Some(&shape) {
            return Err(format!("the space {space} must be {shape}"));
        }
    }
    let parameters = plan.parameters.into_iter();
    Ok(parameters.map(|p| (p.name, p.shape)).collect())
}

/// The side of the stored noise `synthesis.N.noise`, where the model has such a layer.
fn noise_side(name: &str, manifest: &Manifest) -> Option<usize> {
    let layer = name.strip_prefix("synthesis.")?.strip_suffix(".noise")?;
    let plan = style::plan(manifest.style.as_ref()?, manifest.image).ok()?;
    let layer: usize = layer.parse().ok()?;
    plan.layers.get(layer).map(|layer| layer.side)
}

/// Checks the texts that the program shows and repeats in messages: they are of a bearable length
/// and hold nothing that a terminal would obey.
fn check_texts(manifest: &Manifest) -> Result<(), String> {
    let texts = [
        ("name", &manifest.name, MAX_NAME_CHARS),
        ("title", &manifest.title, MAX_NAME_CHARS),
        ("summary", &manifest.summary, MAX_SUMMARY_CHARS),
    ];
    for (what, text, most) in texts {
        if text.chars().count() > most {
            return Err(format!("its {what} is longer than {most} characters"));
        }
        if text.chars().any(char::is_control) {
            return Err(format!("its {what} has control characters"));
        }
    }
    Ok(())
}

/// Checks that a network takes and gives what its role asks for.
fn check_ends(
    encoding: Encoding,
    role: Role,
    network: &NetworkSpec,
    z_dim: usize,
    picture_len: usize,
    class_count: usize,
) -> Result<(), String> {
    let plan = shapes::plan(network).map_err(|fault| format!("{}: {fault}", role.name()))?;
    let (input, output) = (plan.input.checked_len()?, plan.output().checked_len()?);
    let encoded = match encoding {
        Encoding::Distribution => z_dim.saturating_mul(2),
        Encoding::Code | Encoding::None => z_dim,
    };
    let (wanted_input, wanted_output) = match role {
        Role::Decoder => (z_dim, picture_len),
        Role::Encoder => (picture_len, encoded),
        Role::Classifier => (picture_len, class_count),
    };
    if input != wanted_input {
        return Err(format!(
            "the {} takes {input} numbers, not {wanted_input}",
            role.name()
        ));
    }
    if output != wanted_output {
        return Err(format!(
            "the {} gives {output} numbers, not {wanted_output}",
            role.name()
        ));
    }
    Ok(())
}

/// The shape that a tensor beside the networks must have.
///
/// Known are `z.mean`, `z.sigma` and `z.picture_change`, the same of w (`[dim]` each),
/// `encoded.codes` (`[n, dim]`), `encoded.labels` (`[n]`), `code.NAME` and `direction.SPACE.NAME`
/// (`[dim]`), and the constant noise `synthesis.N.noise` (`[side, side]`).
///
/// # Errors
/// A sentence when nothing uses a tensor of that name.
pub(super) fn extra_shape(
    name: &str,
    stored: &[usize],
    manifest: &Manifest,
) -> Result<Vec<usize>, String> {
    let dim = |space: Space| {
        manifest
            .spaces
            .get(&space)
            .map(|shape| shape.dim())
            .ok_or_else(|| format!("needs a {space} space, which the model has not"))
    };
    let rows = stored.first().copied().unwrap_or(0);
    match name {
        "z.mean" | "z.sigma" | "z.picture_change" => Ok(vec![dim(Space::Z)?]),
        "w.mean" | "w.sigma" | "w.picture_change" => Ok(vec![dim(Space::W)?]),
        "encoded.codes" => Ok(vec![rows, dim(Space::Z)?]),
        "encoded.labels" => Ok(vec![rows]),
        _ if name.starts_with("code.") => Ok(vec![dim(Space::Z)?]),
        _ => match (direction_name(name), noise_side(name, manifest)) {
            (Some((space, _)), _) => Ok(vec![dim(space)?]),
            (None, Some(side)) => Ok(vec![side, side]),
            (None, None) => Err("belongs to no part of the model".to_owned()),
        },
    }
}

/// A tensor on its way into a file.
struct Stored {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl safetensors::View for Stored {
    fn dtype(&self) -> Dtype {
        Dtype::F16
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        (&self.bytes).into()
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

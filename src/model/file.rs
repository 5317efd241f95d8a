//! Model files: one `.safetensors` with the manifest in its metadata.
//!
//! A model file comes from anywhere, so nothing in it is believed: the header is read with
//! bounds, the manifest is followed through every layer, and every tensor's name, shape,
//! dtype and values are checked before a caller sees the first weight.

use super::bound_graph::BoundGraph;
use super::manifest::{Entry, FORMAT_VERSION, Family, Manifest, Role};
use super::reading::ModelReader;
use super::style;
use super::wiring::{self, Wiring};
use crate::files::load::LoadError;
use crate::files::{FileKind, SaveError, save};
use crate::latent::{Code, Direction, Space, SpaceShape};
use half::f16;
use safetensors::Dtype;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    #[error("the file cannot be read: {}", .0.fault)]
    Load(#[from] LoadError),
    #[error("the file cannot be {}: {}", .0.stage.verb(), .0.error)]
    Save(#[from] SaveError),
    #[error("it is {0}, not a model file{advice}", advice = advice(*.0))]
    Foreign(FileKind),
    #[error("it is not a sound safetensors file: {0}")]
    Container(String),
    #[error("it has no zscape manifest in its metadata, so its architecture is unknown")]
    NoManifest,
    /// About a file of another program.
    #[error("{0}")]
    Import(String),
    #[error("its manifest cannot be read: {0}")]
    Manifest(String),
    #[error("its format version is {found}; this program reads up to {FORMAT_VERSION}")]
    Version { found: u32 },
    #[error(
        "its family is {found:?}; known are autoencoder, vae, gan, stylegan, diffusion, flow, graph and classifier"
    )]
    Family { found: String },
    #[error("its manifest contradicts itself: {0}")]
    Contradiction(String),
    #[error("the tensor {name:?} {fault}")]
    Tensor { name: String, fault: String },
}

impl ModelFileError {
    /// Whether the file may be a model of another program.
    pub(super) fn may_be_foreign(&self) -> bool {
        match self {
            Self::NoManifest => true,
            Self::Foreign(kind) => kind.holds_weights(),
            _ => false,
        }
    }

    /// Whether another file or another name would help, rather than, say, more room on the disk.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Save(error) => error.is_bad_path(),
            _ => true,
        }
    }
}

/// What to do about a foreign file, behind a colon.
fn advice(kind: FileKind) -> String {
    let advice = kind.advice();
    advice.map_or_else(String::new, |advice| format!(": {advice}"))
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

/// How numbers are stored in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precision {
    F16,
    F32,
}

impl Precision {
    fn dtype(self) -> Dtype {
        match self {
            Self::F16 => Dtype::F16,
            Self::F32 => Dtype::F32,
        }
    }

    fn bytes(self, name: &str, values: &[f32]) -> Result<Vec<u8>, ModelFileError> {
        if self == Self::F32 {
            return Ok(values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect());
        }
        let halves: Vec<f16> = values.iter().map(|&value| f16::from_f32(value)).collect();
        if let Some(index) = halves.iter().position(|half| !half.is_finite()) {
            return Err(ModelFileError::Tensor {
                name: name.to_owned(),
                fault: format!("holds {} which f16 cannot", values[index]),
            });
        }
        Ok(halves.iter().flat_map(|half| half.to_le_bytes()).collect())
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

    /// Whether a safetensors file has a manifest of this program, sound or not.
    ///
    /// # Errors
    /// When it cannot be read, or its header is broken.
    pub fn is_ours(path: &Path) -> Result<bool, ModelFileError> {
        match ModelReader::open(path)?.check_head() {
            Err(ModelFileError::NoManifest) => Ok(false),
            Err(
                fault @ (ModelFileError::Read(_)
                | ModelFileError::Load(_)
                | ModelFileError::Foreign(_)
                | ModelFileError::Container(_)),
            ) => Err(fault),
            _ => Ok(true),
        }
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
        Self::to_bytes_of(Precision::F16, manifest, tensors)
    }

    /// The bytes of a file with all tensors in a precision.
    ///
    /// # Errors
    /// When a value does not fit, or a tensor does not fit the manifest.
    pub fn to_bytes_of(
        precision: Precision,
        manifest: &Manifest,
        tensors: &BTreeMap<String, StoredTensor>,
    ) -> Result<Vec<u8>, ModelFileError> {
        let text = serde_json::to_string(manifest)
            .map_err(|error| ModelFileError::Manifest(error.to_string()))?;
        let mut stored = Vec::with_capacity(tensors.len());
        for (name, tensor) in tensors {
            let bytes = precision.bytes(name, &tensor.values)?;
            stored.push((
                name.as_str(),
                Stored {
                    dtype: precision.dtype(),
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
        Ok(save::save(path, &bytes)?)
    }

    /// A tensor of one network, by its name without the role.
    pub fn network_tensor(&self, role: Role, name: &str) -> Option<&StoredTensor> {
        self.tensors.get(&format!("{}.{name}", role.name()))
    }

    /// Numbers of a code in z.
    pub fn z_dim(&self) -> Option<usize> {
        self.manifest.spaces.get(&Space::Z).map(|shape| shape.dim())
    }

    /// The named codes, `code.NAME`, in the space of seeds.
    pub fn named_codes(&self) -> BTreeMap<String, Code> {
        let Some(space) = self.manifest.start_space() else {
            return BTreeMap::new();
        };
        let Some(&shape) = self.manifest.spaces.get(&space) else {
            return BTreeMap::new();
        };
        let codes = self.tensors.iter().filter_map(|(name, tensor)| {
            let name = name.strip_prefix("code.")?;
            let code = Code::new(space, shape, tensor.values.clone()).ok()?;
            Some((name.to_owned(), code))
        });
        codes.collect()
    }

    /// The named directions, `direction.SPACE.NAME`.
    pub fn directions(&self) -> Vec<Direction> {
        self.tensors
            .iter()
            .filter_map(|(name, tensor)| {
                let (space, name) = direction_name(name, &self.manifest)?;
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
fn direction_name<'a>(name: &'a str, manifest: &Manifest) -> Option<(Space, &'a str)> {
    let (space, name) = name.strip_prefix("direction.")?.split_once('.')?;
    let mut spaces = manifest.spaces.keys().copied();
    Some((spaces.find(|known| known.name() == space)?, name))
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

/// Checks what a manifest says, and gives its networks.
///
/// # Errors
/// A sentence when the networks, the spaces and the picture do not fit one another.
pub fn checked_networks(manifest: &Manifest) -> Result<Wiring, String> {
    check_texts(manifest)?;
    wiring::check_picture(manifest)?;
    Wiring::of(manifest)
}

/// Every tensor that the networks of a manifest need, with its shape.
///
/// # Errors
/// A sentence when the sizes of a style-based generator are not sound.
pub(super) fn expected_tensors(
    manifest: &Manifest,
    networks: &Wiring,
) -> Result<Vec<(String, Vec<usize>)>, String> {
    // Style-based generators store some of their tensors in fewer axes than their graphs take.
    let style = match &manifest.style {
        Some(spec) => style::plan(spec, manifest.image)?.parameters,
        None => Vec::new(),
    };
    let of_style = style.into_iter();
    let of_style = of_style.map(|parameter| (parameter.name, parameter.shape));
    let code_decoder = wiring::code_decoder(manifest)?;
    let graphs = networks.graphs().chain(&code_decoder);
    let of_graphs = graphs.flat_map(BoundGraph::prefixed_tensors);
    // The three graphs of a flow are made of the same tensors.
    let mut seen = BTreeSet::new();
    let of_graphs = of_graphs.filter(|(name, _)| seen.insert(name.clone()));
    Ok(of_style.chain(of_graphs).collect())
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
    check_entries(manifest)
}

/// Checks that indices have a name each, or none at all, and no two the same.
fn check_entries(manifest: &Manifest) -> Result<(), String> {
    let entries = &manifest.entries;
    if entries.is_empty() {
        return Ok(());
    }
    let levels = match manifest.spaces.get(&Space::CODES) {
        Some(SpaceShape::Grid { levels, .. }) => *levels as usize,
        _ => return Err("it names entries, but it has no grids of indices".to_owned()),
    };
    if entries.len() != levels {
        return Err(format!("it names {} entries of {levels}", entries.len()));
    }
    let mut names = BTreeSet::new();
    for Entry { name, .. } in entries {
        if name.trim().is_empty() || name.chars().count() > MAX_NAME_CHARS {
            return Err(format!(
                "names of entries must have 1 to {MAX_NAME_CHARS} characters"
            ));
        }
        if name.chars().any(char::is_control) {
            return Err("the name of an entry has control characters".to_owned());
        }
        if !names.insert(name.as_str()) {
            return Err(format!("two entries are called {name:?}"));
        }
    }
    Ok(())
}

/// The shape that a tensor beside the networks must have.
///
/// Known are `z.mean`, `z.sigma` and `z.picture_change`, the same of w (`[dim]` each),
/// `encoded.codes` (`[n, dim]`), `encoded.labels` (`[n]`), `code.NAME` and `direction.SPACE.NAME`
/// (all numbers of a code), and the constant noise: `synthesis.N.noise` (`[side, side]`) of
/// styles, and `noise.INPUT` of the shape of a graph's input.
///
/// # Errors
/// A sentence when nothing uses a tensor of that name.
pub(super) fn extra_shape(
    name: &str,
    stored: &[usize],
    manifest: &Manifest,
    networks: &Wiring,
) -> Result<Vec<usize>, String> {
    let len = |space: Space| {
        let shape = manifest.spaces.get(&space).filter(|shape| shape.is_real());
        shape
            .and_then(|shape| shape.checked_len())
            .ok_or_else(|| format!("needs a {space} space of reals, which the model does not have"))
    };
    let start = manifest.start_space().unwrap_or(Space::Z);
    let rows = stored.first().copied().unwrap_or(0);
    match name {
        "z.mean" | "z.sigma" | "z.picture_change" => Ok(vec![len(Space::Z)?]),
        "w.mean" | "w.sigma" | "w.picture_change" => Ok(vec![len(Space::W)?]),
        "encoded.codes" => Ok(vec![rows, len(start)?]),
        "encoded.labels" => Ok(vec![rows]),
        _ if name.starts_with("code.") => Ok(vec![len(start)?]),
        _ => {
            if let Some((space, _)) = direction_name(name, manifest) {
                return Ok(vec![len(space)?]);
            }
            if let Some(side) = noise_side(name, manifest) {
                return Ok(vec![side, side]);
            }
            let noise = networks.decoder.iter().flat_map(|decoder| &decoder.noise);
            let mut noise = noise.filter(|input| input.tensor == name);
            let input = noise.next().ok_or("belongs to no part of the model")?;
            Ok(input.shape.clone())
        }
    }
}

/// A tensor on its way into a file.
struct Stored {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl safetensors::View for Stored {
    fn dtype(&self) -> Dtype {
        self.dtype
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

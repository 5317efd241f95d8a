//! The autoencoder under a latent diffusion model (Rombach et al. 2022): trained before, it stays as it is,
//! and the diffusion model learns its codes.

use super::dataset::Dataset;
use super::recipe::Recipe;
use super::task::with_role;
use crate::latent::{Space, SpaceShape};
use crate::model::file::StoredTensor;
use crate::model::graph::{
    self, GraphNetwork, GraphPlan, GraphSpec, NodeSpec, Operation, OutputSpec,
};
use crate::model::manifest::{ImageSpec, Role};
use crate::model::wiring::{self, Wiring};
use crate::model::{Generator, ModelError, ModelFile, NetworkForm, device, download};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Which autoencoder, and what its codes are.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstStageSettings {
    /// A model file, beside the recipe if the path is relative.
    pub file: PathBuf,
    /// Its codes as pictures: channels, height and width; one channel where they are indices.
    pub codes: [usize; 3],
    /// The size of its codebook, where its codes are indices.
    #[serde(default)]
    pub entries: Option<usize>,
    /// How many pictures are encoded before training, whose codes are then seen over and over;
    /// where it is not given, every picture is encoded when it is seen.
    #[serde(default)]
    pub pictures: Option<usize>,
}

/// Most pictures that are encoded before training.
const MAX_PICTURES: usize = 10_000_000;
/// Pictures that are encoded at once.
const BATCH: usize = 256;

impl FirstStageSettings {
    /// Whether what is encoded before training fills a batch and is not absurdly much.
    pub fn is_sound(&self, batch: usize) -> bool {
        self.pictures
            .is_none_or(|pictures| (batch..=MAX_PICTURES).contains(&pictures))
    }
}

/// An autoencoder whose codes have mean 0 and deviation 1 in each channel over the test pictures that
/// its statistics were taken of.
pub struct FirstStage {
    generator: Generator,
    /// Empty where codes are indices, which nothing scales.
    channels: Vec<Channel>,
    /// Numbers of a channel.
    places: usize,
    networks: BTreeMap<Role, NetworkForm>,
    tensors: BTreeMap<String, StoredTensor>,
}

/// The codes of one channel, over pictures and places.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Channel {
    mean: f32,
    sigma: f32,
}

impl FirstStage {
    /// Reads an autoencoder of pictures of a size.
    ///
    /// # Errors
    /// A sentence that names the file when it cannot be read, is no autoencoder of such pictures, or
    /// its codes have another size.
    pub fn read(settings: &FirstStageSettings, image: ImageSpec) -> Result<Self, ModelError> {
        let path = settings.file.display();
        let fault = |fault: String| ModelError(format!("has an unfit autoencoder {path}: {fault}"));
        let file = ModelFile::read(&settings.file).map_err(|error| fault(error.to_string()))?;
        match settings.entries {
            Some(entries) => Self::of_indices(&file, settings.codes, entries, image),
            None => Self::of_file(&file, settings.codes, image),
        }
        .map_err(fault)
    }

    /// That of a recipe, where it has one.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of_recipe(recipe: &Recipe, image: ImageSpec) -> Result<Option<Self>, ModelError> {
        let settings = recipe.autoencoder.as_ref();
        let read = settings.map(|settings| Self::read(settings, image));
        read.transpose()
    }

    fn of_file(file: &ModelFile, codes: [usize; 3], image: ImageSpec) -> Result<Self, String> {
        let manifest = &file.manifest;
        if manifest.image != image {
            return Err("its pictures have another size than the data".to_owned());
        }
        if manifest.conditions.is_some() {
            return Err("it takes conditions".to_owned());
        }
        let wiring = Wiring::of(manifest)?;
        let (Some(decoder), Some(encoder)) = (wiring.decoder, wiring.encoder) else {
            return Err("it is no autoencoder".to_owned());
        };
        if encoder.gives != decoder.takes || !decoder.noise.is_empty() || !wiring.maps.is_empty() {
            return Err("it does not decode what it encodes".to_owned());
        }
        let [channels, height, width] = codes;
        let sizes = height.checked_mul(width);
        let places = sizes
            .filter(|places| *places > 0 && channels > 0)
            .unwrap_or(1);
        let space = encoder.gives;
        let statistic = |name: &str| {
            let tensor = file.tensors.get(&format!("{space}.{name}"));
            tensor.ok_or_else(|| format!("it holds no {space}.{name} of its codes"))
        };
        let (mean, sigma) = (statistic("mean")?, statistic("sigma")?);
        let len = mean.values.len();
        if channels.checked_mul(places) != Some(len) {
            return Err(format!(
                "its codes have {len} numbers, not {channels} x {height} x {width}"
            ));
        }
        let planes = mean.values.chunks_exact(places);
        let channels = planes.zip(sigma.values.chunks_exact(places));
        let channels: Vec<Channel> = channels
            .map(|(mean, sigma)| Channel::of(mean, sigma))
            .collect();
        let (decoder, encoder) = (&decoder.graph.plan.spec, &encoder.graph.plan.spec);
        let networks = BTreeMap::from([
            (Role::Decoder, decoder_of(decoder, &codes)?.into()),
            (Role::Encoder, encoder_of(encoder, &codes)?.into()),
        ]);
        let mut tensors: BTreeMap<String, StoredTensor> = [Role::Decoder, Role::Encoder]
            .iter()
            .flat_map(|role| {
                let prefix = format!("{}.", role.name());
                let all = file.tensors.iter();
                all.filter(move |(name, _)| name.starts_with(&prefix))
            })
            .map(|(name, tensor)| (name.clone(), tensor.clone()))
            .collect();
        let of = |number: &dyn Fn(&Channel) -> f32| {
            StoredTensor::vector(channels.iter().map(number).collect())
        };
        let affine = [
            (Role::Decoder, "weight", of(&|it| it.sigma)),
            (Role::Decoder, "bias", of(&|it| it.mean)),
            (Role::Encoder, "weight", of(&|it| 1.0 / it.sigma)),
            (Role::Encoder, "bias", of(&|it| -it.mean / it.sigma)),
        ];
        for (role, part, tensor) in affine {
            let named = BTreeMap::from([(format!("{SCALED}.{part}"), tensor)]);
            tensors.extend(with_role(role, named));
        }
        Ok(Self {
            generator: Generator::new(file, &device::cpu()).map_err(|error| error.0)?,
            channels,
            places,
            networks,
            tensors,
        })
    }

    /// An autoencoder whose codes are indices: it stays as it is.
    fn of_indices(
        file: &ModelFile,
        [channels, height, width]: [usize; 3],
        entries: usize,
        image: ImageSpec,
    ) -> Result<Self, String> {
        let manifest = &file.manifest;
        if manifest.image != image {
            return Err("its pictures have another size than the data".to_owned());
        }
        let wanted = u32::try_from(entries).ok().map(|levels| SpaceShape::Grid {
            height,
            width,
            levels,
        });
        let found = manifest.spaces.get(&Space::CODES).copied();
        if channels != 1 || found.is_none() || found != wanted {
            return Err(match found {
                Some(found) => format!(
                    "its codes are a {found}, not one of {height} x {width} places and {entries} entries"
                ),
                None => "its codes are no grid of indices".to_owned(),
            });
        }
        let roles = [Role::Decoder, Role::Encoder];
        let networks = manifest.networks.iter();
        let networks = networks.filter(|(role, _)| roles.contains(role));
        let is_theirs = |name: &str| {
            let mut prefixes = roles.iter().map(|role| format!("{}.", role.name()));
            prefixes.any(|prefix| name.starts_with(&prefix))
        };
        let tensors = file.tensors.iter().filter(|(name, _)| is_theirs(name));
        Ok(Self {
            generator: Generator::new(file, &device::cpu()).map_err(|error| error.0)?,
            channels: Vec::new(),
            places: height * width,
            networks: networks.map(|(role, form)| (*role, form.clone())).collect(),
            tensors: tensors
                .map(|(name, tensor)| (name.clone(), tensor.clone()))
                .collect(),
        })
    }

    /// The layers of the decoder, from codes to pictures in 0..1.
    ///
    /// # Errors
    /// When there is none.
    pub fn decoder_plan(&self) -> Result<GraphPlan, ModelError> {
        let decoder = self.networks.get(&Role::Decoder);
        let decoder = decoder.ok_or_else(|| ModelError("has no decoder".to_owned()))?;
        let graph = decoder.graph().map_err(ModelError)?;
        graph::plan(&graph).map_err(ModelError)
    }

    /// The decoder, with weights that stay as they are.
    ///
    /// # Errors
    /// As [`Self::decoder_plan`].
    pub fn decoder(&self, device: &Device) -> Result<GraphNetwork, ModelError> {
        let plan = Arc::new(self.decoder_plan()?);
        let role = Role::Decoder.name();
        let network = GraphNetwork::of_plan(plan, device, |name| {
            let values = self.tensors.get(&format!("{role}.{name}"))?.values.clone();
            let len = values.len();
            Some(Tensor::from_data(TensorData::new(values, [len]), device))
        });
        network.map_err(ModelError)
    }

    /// The codes of pictures in 0..1, row after row: the means of what the encoder gives.
    ///
    /// # Errors
    /// When the numbers are no whole number of pictures.
    pub fn codes(&self, pictures: &[f32]) -> Result<Vec<f32>, ModelError> {
        let encoded = self.generator.encode(pictures)?;
        let encoded = encoded.ok_or_else(|| ModelError("has no encoder".to_owned()))?;
        Ok(self.scaled(download(encoded.mu)?))
    }

    /// Codes of the autoencoder as its channels are scaled here.
    pub fn scaled(&self, mut codes: Vec<f32>) -> Vec<f32> {
        let channels = self.channels.iter().cycle();
        for (plane, channel) in codes.chunks_exact_mut(self.places).zip(channels) {
            plane
                .iter_mut()
                .for_each(|value| *value = (*value - channel.mean) / channel.sigma);
        }
        codes
    }

    /// The codes of the first `count` pictures of a data set, or of all where it has fewer, with their
    /// labels. `watch` is told how many are encoded, and says whether to go on.
    ///
    /// # Errors
    /// When the device fails. `Ok(None)` when `watch` said no.
    pub fn encoded(
        &self,
        data: &Dataset,
        count: usize,
        watch: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Option<Dataset>, ModelError> {
        let count = if data.is_endless() {
            count
        } else {
            count.min(data.len())
        };
        let (mut codes, mut labels) = (Vec::new(), Vec::new());
        for first in (0..count).step_by(BATCH) {
            let indices = first..(first + BATCH).min(count);
            codes.extend(self.codes(&data.pictures(indices.clone()))?);
            labels.extend(data.labels(indices.clone()));
            if !watch(indices.end) {
                return Ok(None);
            }
        }
        Ok(Some(data.replaced_by_codes(codes, labels, count)))
    }

    /// Puts the autoencoder around a model of codes: its decoder comes beside, and in front of an
    /// encoder of codes its own, so that the model takes and gives pictures.
    ///
    /// # Errors
    /// When the networks do not fit one another.
    pub fn join(
        &self,
        z_dim: usize,
        networks: &mut BTreeMap<Role, NetworkForm>,
        tensors: &mut BTreeMap<String, StoredTensor>,
    ) -> Result<(), String> {
        let (mut own, own_tensors) = self.networks();
        let prefix = format!("{}.", Role::Encoder.name());
        match (own.remove(&Role::Encoder), networks.remove(&Role::Encoder)) {
            (Some(pictures), Some(codes)) => {
                let mut codes = codes.graph()?.into_owned();
                wiring::halve(&mut codes, z_dim, [Space::Z.name(), "logvar"]);
                let whole = pictures.graph()?.then(&codes, OF_CODES);
                let old = std::mem::take(tensors);
                tensors.extend(old.into_iter().map(
                    |(name, tensor)| match name.strip_prefix(&prefix) {
                        Some(inner) => (format!("{prefix}{OF_CODES}{inner}"), tensor),
                        None => (name, tensor),
                    },
                ));
                networks.insert(Role::Encoder, whole.into());
                tensors.extend(own_tensors);
            }
            _ => {
                let others = own_tensors.into_iter();
                tensors.extend(others.filter(|(name, _)| !name.starts_with(&prefix)));
            }
        }
        networks.extend(own);
        Ok(())
    }

    /// Decoder and encoder between pictures and codes as the diffusion model sees them, and their
    /// tensors by role and name.
    pub fn networks(&self) -> (BTreeMap<Role, NetworkForm>, BTreeMap<String, StoredTensor>) {
        (self.networks.clone(), self.tensors.clone())
    }
}

impl Channel {
    /// Of the means and deviations of its places over many pictures.
    fn of(mean: &[f32], sigma: &[f32]) -> Self {
        let places = mean.len().max(1) as f32;
        let centre = mean.iter().sum::<f32>() / places;
        let spread = mean.iter().zip(sigma);
        let spread = spread.map(|(mean, sigma)| sigma * sigma + (mean - centre) * (mean - centre));
        Self {
            mean: centre,
            // A channel that never changes stays as it is.
            sigma: match (spread.sum::<f32>() / places).sqrt() {
                sigma if sigma > 1e-6 => sigma,
                _ => 1.0,
            },
        }
    }
}

/// The node between the codes of the two stages, and the shape that the first stage has them in.
const SCALED: &str = "scaled";
const RAW: &str = "raw";
/// What both networks call a code.
const CODE: &str = "x";

/// In front of the nodes of an encoder of codes.
pub const OF_CODES: &str = "codes.";

fn affine(takes: &str) -> NodeSpec {
    NodeSpec {
        name: SCALED.to_owned(),
        operation: Operation::Affine {
            weight: true,
            bias: true,
        },
        inputs: vec![takes.to_owned()],
    }
}

fn reshaped(name: &str, takes: &str, shape: &[usize]) -> NodeSpec {
    NodeSpec {
        name: name.to_owned(),
        operation: Operation::Reshape {
            shape: shape.to_vec(),
        },
        inputs: vec![takes.to_owned()],
    }
}

/// A graph in which no node has one of the names that are put before and behind it.
fn free(spec: &GraphSpec) -> Result<GraphSpec, String> {
    let names = spec.nodes.iter().map(|node| &node.name);
    match names
        .into_iter()
        .find(|name| [SCALED, RAW, CODE].contains(&name.as_str()))
    {
        Some(name) => Err(format!("it has a node named {name:?}")),
        None => Ok(spec.clone()),
    }
}

/// A decoder that takes codes as pictures of deviation 1.
fn decoder_of(spec: &GraphSpec, codes: &[usize; 3]) -> Result<GraphSpec, String> {
    let mut spec = free(spec)?;
    let Some(input) = spec.inputs.first_mut() else {
        return Err("its decoder takes nothing".to_owned());
    };
    let shape = std::mem::replace(&mut input.shape, codes.to_vec());
    let name = std::mem::replace(&mut input.name, CODE.to_owned());
    for taken in spec.nodes.iter_mut().flat_map(|node| &mut node.inputs) {
        if *taken == name {
            *taken = RAW.to_owned();
        }
    }
    let before = [affine(CODE), reshaped(RAW, SCALED, &shape)];
    spec.nodes.splice(0..0, before);
    Ok(spec)
}

/// An encoder that gives codes as pictures of deviation 1, and nothing besides.
fn encoder_of(spec: &GraphSpec, codes: &[usize; 3]) -> Result<GraphSpec, String> {
    let mut spec = free(spec)?;
    spec.outputs.truncate(1);
    let Some(output) = spec.outputs.pop() else {
        return Err("its encoder gives nothing".to_owned());
    };
    // An input may have the name that codes are given.
    if let Some(input) = spec.inputs.first_mut() {
        let name = std::mem::replace(&mut input.name, "picture".to_owned());
        for taken in spec.nodes.iter_mut().flat_map(|node| &mut node.inputs) {
            if *taken == name {
                *taken = "picture".to_owned();
            }
        }
    }
    spec.nodes.push(reshaped(RAW, &output.value, codes));
    spec.nodes.push(affine(RAW));
    spec.outputs.push(OutputSpec {
        name: CODE.to_owned(),
        value: SCALED.to_owned(),
    });
    Ok(spec)
}

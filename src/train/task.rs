//! What one kind of model does in one training step.

use super::autoencoder::AutoencoderTask;
use super::classifier::ClassifierTask;
use super::conditions::Conditioning;
use super::dataset::DataForm;
use super::diffusion::{self, DiffusionTask};
use super::first_stage::FirstStage;
use super::flow::{self, FlowTask};
use super::gan::GanTask;
use super::labeller;
use super::memory::RunMemory;
use super::prior::{self, PriorTask};
use super::recipe::Recipe;
use super::refine::{self, RefineTask};
use super::style::{self, StyleTask};
use super::translation::{self, TranslationTask};
use super::vq::{self, VqTask};
use crate::model::diffusion::DiffusionSpec;
use crate::model::family::Encoding;
use crate::model::file::StoredTensor;
use crate::model::flow::FlowSpec;
use crate::model::manifest::{Family, ImageSpec, LayerSpec, MapSpec, NetworkSpec, Role};
use crate::model::style::StyleSpec;
use crate::model::{ModelError, NetworkForm, device, shapes};
use burn::tensor::{Device, Tensor, TensorData};
use std::collections::BTreeMap;

/// One batch of training pictures.
#[derive(Default)]
pub struct Batch {
    pub step: u64,
    /// `[count, channels * height * width]` in 0..1, or their codes where the task has a first stage.
    pub pictures: Vec<f32>,
    /// One class for each picture, or a row of 0 and 1 for each.
    pub labels: Vec<u8>,
    /// The label map of each, where the data has such.
    pub layouts: Vec<u8>,
}

/// The weights that come out of a run, and the networks that they belong to.
#[derive(Default)]
pub struct Trained {
    pub networks: BTreeMap<Role, NetworkForm>,
    pub style: Option<StyleSpec>,
    pub flow: Option<FlowSpec>,
    pub diffusion: Option<DiffusionSpec>,
    /// The size of the codebook, where codes are grids of indices.
    pub levels: Option<usize>,
    /// The networks between spaces, whose tensors are called `map.FROM.TO.NAME`.
    pub maps: Vec<MapSpec>,
    /// By role and name, such as `decoder.0.weight`.
    pub tensors: BTreeMap<String, StoredTensor>,
}

/// A model in training.
pub trait Task {
    /// Takes one step and gives the losses by name, for the progress bar.
    ///
    /// # Errors
    /// When the device fails.
    fn step(&mut self, batch: Batch) -> Result<Vec<(&'static str, f32)>, ModelError>;

    /// The autoencoder whose codes are learned in place of pictures.
    fn first_stage(&self) -> Option<&FirstStage> {
        None
    }

    /// Everything that a resumed run needs.
    ///
    /// # Errors
    /// When the device fails.
    fn save(&self) -> Result<BTreeMap<String, Vec<f32>>, ModelError>;

    /// Takes back what [`Self::save`] gave.
    ///
    /// # Errors
    /// When the state is of another recipe.
    fn restore(&mut self, state: BTreeMap<String, Vec<f32>>) -> Result<(), ModelError>;

    /// The averaged weights.
    ///
    /// # Errors
    /// When the device fails.
    fn finish(&mut self) -> Result<Trained, ModelError>;
}

/// The task of a recipe's family: the registry of trainers.
///
/// # Errors
/// When the device cannot hold the weights, or [`check`] finds a fault.
pub fn task(
    recipe: &Recipe,
    data: &DataForm,
    device: &Device,
) -> Result<Box<dyn Task>, ModelError> {
    let device = device.clone().autodiff();
    Ok(match recipe.family {
        Family::Autoencoder | Family::Vae if recipe.refine.is_some() => {
            Box::new(RefineTask::new(recipe, data, device)?)
        }
        Family::Autoencoder | Family::Vae => Box::new(AutoencoderTask::new(recipe, data, device)?),
        Family::Gan => Box::new(GanTask::new(recipe, data, device)?),
        Family::StyleGan => Box::new(StyleTask::new(recipe, data, device)?),
        Family::Diffusion => Box::new(DiffusionTask::new(recipe, data, device)?),
        Family::Flow => Box::new(FlowTask::new(recipe, data, device)?),
        Family::Vq => Box::new(VqTask::new(recipe, data, device)?),
        Family::Autoregressive => Box::new(PriorTask::new(recipe, data, device)?),
        Family::Translation => Box::new(TranslationTask::new(recipe, data, device)?),
        Family::Classifier => Box::new(ClassifierTask::new(recipe, data, device)?),
        Family::Graph => return Err(untrained()),
    })
}

fn untrained() -> ModelError {
    ModelError("has the family graph, whose models come from elsewhere".to_owned())
}

/// Checks that every network of a recipe gives what is asked of it and that the run fits in memory, so
/// that it does not stop in the middle of its first step. Nothing is allocated.
///
/// # Errors
/// When the recipe's layers do not fit one another or the data, or take too much memory.
pub fn check(recipe: &Recipe, data: &DataForm) -> Result<(), ModelError> {
    let mut memory = memory(recipe, data)?;
    if let Some(autoencoder) = &recipe.autoencoder {
        let len = autoencoder
            .codes
            .iter()
            .copied()
            .fold(1, usize::saturating_mul);
        memory = memory.and_data(autoencoder.pictures.unwrap_or(0), len);
    }
    memory.check(recipe.training.batch).map_err(ModelError)
}

fn memory(recipe: &Recipe, data: &DataForm) -> Result<RunMemory, ModelError> {
    let image = data.image;
    let vocabulary = recipe.vocabulary(data);
    if let Some(vocabulary) = &vocabulary {
        vocabulary.check().map_err(ModelError)?;
        Conditioning::new(vocabulary, data)?;
    }
    let words = vocabulary.map_or(0, |vocabulary| vocabulary.words.len());
    let encoded = match recipe.family.traits().encoding {
        Encoding::Distribution => recipe.z_dim.saturating_mul(2),
        Encoding::Code | Encoding::None => recipe.z_dim,
    };
    let of_pictures =
        |name, layers, wanted| layers_memory(name, &picture_network(image, layers), wanted);
    let decoder = || {
        let network = code_network(recipe.z_dim.saturating_add(words), &recipe.decoder);
        layers_memory("decoder", &network, image.len())
    };
    let encoder = || of_pictures("encoder", &recipe.encoder, encoded);
    Ok(match recipe.family {
        Family::Autoencoder | Family::Vae if recipe.refine.is_some() => {
            refine::memory(recipe, data)?
        }
        Family::Autoencoder | Family::Vae => {
            let labeller = labeller::memory(recipe, data)?;
            encoder()?.and(decoder()?).and(labeller)
        }
        Family::Gan => {
            let network = code_network(recipe.z_dim.saturating_add(words), &recipe.decoder);
            let generator = chain_memory("decoder", &network, image.len())?;
            let discriminator = &recipe.discriminator;
            generator.and(of_pictures("discriminator", discriminator, 1 + words)?)
        }
        Family::StyleGan => {
            let networks = style::memory(recipe, data)?.and(labeller::memory(recipe, data)?);
            if recipe.encoder.is_empty() {
                networks
            } else {
                networks.and(encoder()?)
            }
        }
        Family::Diffusion => RunMemory::of_graph(&diffusion::network(recipe, data)?.plan),
        Family::Flow => RunMemory::of_graph(&*flow::network(recipe, data)?),
        Family::Vq => {
            let codebook = vq::settings(recipe)?;
            let numbers = codebook.numbers();
            if let Some(autoencoder) = &recipe.autoencoder {
                if autoencoder.codes != [codebook.dim, codebook.height, codebook.width] {
                    return Err(ModelError(
                        "has a codebook of another shape than the codes of its autoencoder"
                            .to_owned(),
                    ));
                }
                return Ok(RunMemory::of_weights(std::iter::once(
                    &[codebook.entries, codebook.dim][..],
                )));
            }
            let decoder = code_network(numbers, &recipe.decoder);
            of_pictures("encoder", &recipe.encoder, numbers)?.and(layers_memory(
                "decoder",
                &decoder,
                image.len(),
            )?)
        }
        Family::Autoregressive => RunMemory::of_graph(&prior::network(recipe, data)?.plan),
        Family::Translation => translation::memory(recipe, data)?,
        Family::Classifier => of_pictures("classifier", &recipe.classifier, data.labels.len())?,
        Family::Graph => return Err(untrained()),
    })
}

/// What a network called `name` takes, which has to give `wanted` numbers.
///
/// # Errors
/// When its layers do not fit one another, or normalise by the batch: only `GanTask` measures, at the end of a run, the
/// statistics that such a layer has to keep.
pub fn layers_memory(
    name: &str,
    network: &NetworkSpec,
    wanted: usize,
) -> Result<RunMemory, ModelError> {
    if network.layers.contains(&LayerSpec::BatchNorm) {
        return Err(ModelError(format!(
            "has batch_norm in its {name}: only the decoder of a gan can have it"
        )));
    }
    chain_memory(name, network, wanted)
}

fn chain_memory(name: &str, network: &NetworkSpec, wanted: usize) -> Result<RunMemory, ModelError> {
    let fault = |fault| ModelError(format!("has an unsound {name}: {fault}"));
    let plan = shapes::plan(network).map_err(fault)?;
    let given = plan.output().checked_len().map_err(fault)?;
    if given != wanted {
        return Err(fault(format!("it gives {given} numbers, not {wanted}")));
    }
    RunMemory::of_layers(&plan).map_err(fault)
}

/// A network that takes pictures.
pub fn picture_network(image: ImageSpec, layers: &[LayerSpec]) -> NetworkSpec {
    NetworkSpec {
        input: vec![image.channels, image.height, image.width],
        layers: layers.to_vec(),
    }
}

/// A network that takes codes.
pub fn code_network(z_dim: usize, layers: &[LayerSpec]) -> NetworkSpec {
    NetworkSpec {
        input: vec![z_dim],
        layers: layers.to_vec(),
    }
}

/// What the conditions of a recipe are for its data; `None` where it has none.
///
/// # Errors
/// When a word is not a label of the data.
pub fn conditioning(recipe: &Recipe, data: &DataForm) -> Result<Option<Conditioning>, ModelError> {
    let (Some(vocabulary), Some(settings)) = (recipe.vocabulary(data), &recipe.conditions) else {
        return Ok(None);
    };
    let conditioning = Conditioning::new(&vocabulary, data)?;
    conditioning.in_training(settings).map(Some)
}

/// Rows on a device, `[rows, row]`.
pub fn rows(values: Vec<f32>, row: usize, device: &Device) -> Tensor<2> {
    let count = values.len() / row.max(1);
    Tensor::from_data(TensorData::new(values, [count, row]), device)
}

/// Puts a role in front of each name.
pub fn with_role(
    role: Role,
    tensors: BTreeMap<String, StoredTensor>,
) -> impl Iterator<Item = (String, StoredTensor)> {
    tensors
        .into_iter()
        .map(move |(name, tensor)| (format!("{}.{name}", role.name()), tensor))
}

/// Parts into which a batch is divided on the CPU, whatever the number of cores, so that a run repeats
/// itself: they are computed side by side, and their gradients are averaged.
pub const PARTS: usize = 2;

/// How many parts `count` pictures or groups of them are divided into. A GPU is faster with a batch as a whole.
pub fn parts_of(count: usize, device: &Device) -> usize {
    if device.clone().inner() == device::cpu() && count.is_multiple_of(PARTS) {
        PARTS
    } else {
        1
    }
}

/// One of `parts` equal pieces of what a batch has of something.
pub fn part_of<T>(all: &[T], index: usize, parts: usize) -> &[T] {
    let len = all.len() / parts.max(1);
    &all[index * len..][..len]
}

/// The losses of the parts of a batch, averaged.
pub fn mean_losses(parts: Vec<Vec<(&'static str, f32)>>) -> Vec<(&'static str, f32)> {
    let count = parts.len().max(1) as f32;
    let mut parts = parts.into_iter();
    let mut mean = parts.next().unwrap_or_default();
    for losses in parts {
        for ((_, sum), (_, loss)) in mean.iter_mut().zip(losses) {
            *sum += loss;
        }
    }
    for (_, sum) in &mut mean {
        *sum /= count;
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_batch_are_the_batch() {
        let device = device::cpu();
        assert_eq!(
            [4, 5, 0].map(|count| parts_of(count, &device)),
            [PARTS, 1, PARTS]
        );
        let batch: Vec<u8> = (0..12).collect();
        let parts: Vec<&[u8]> = (0..3).map(|index| part_of(&batch, index, 3)).collect();
        assert_eq!(parts.concat(), batch);
        assert!(part_of::<u8>(&[], 1, 2).is_empty());
    }

    #[test]
    fn losses_of_parts_are_averaged_by_name() {
        let losses = vec![
            vec![("error", 1.0), ("kl", 10.0)],
            vec![("error", 3.0), ("kl", 30.0)],
        ];
        assert_eq!(mean_losses(losses), [("error", 2.0), ("kl", 20.0)]);
        assert!(mean_losses(Vec::new()).is_empty());
    }
}

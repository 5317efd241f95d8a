//! Autoencoders whose codes are indices into a codebook (VQ-VAE, van den Oord et al. 2017).
//!
//! The gradient of the decoder passes the choice of an entry as if there were none. The codebook follows
//! what the encoder gives as a moving mean, and entries that nothing chooses are put where something is.
//! Over an autoencoder that was trained before, the codebook alone is learned.

use super::dataset::DataForm;
use super::first_stage::FirstStage;
use super::losses;
use super::parameters::Parameters;
use super::random::{Purpose, Stream};
use super::recipe::Recipe;
use super::settings::{Reconstruction, Settings};
use super::task::{Batch, Task, Trained, code_network, picture_network, rows, with_role};
use crate::model::grid::Codebook;
use crate::model::manifest::{ImageSpec, NetworkSpec, Role};
use crate::model::network::Mode;
use crate::model::{ModelError, NetworkForm, download};
use burn::tensor::{Device, activation};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The sizes of a codebook and of the grid of its indices: the section `codebook` of a recipe.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodebookSettings {
    pub entries: usize,
    /// Numbers of an entry.
    pub dim: usize,
    pub height: usize,
    pub width: usize,
    /// Weight of the squared distance between what the encoder gives and the entry.
    pub commitment: f64,
}

/// How much of the mean of what chose an entry is kept in a step.
const KEPT: f32 = 0.99;
/// An entry that is chosen less often than this, in choices of a step, is put elsewhere.
const FORGOTTEN: f32 = 0.03;
const MAX_ENTRIES: usize = 1 << 14;

impl CodebookSettings {
    /// How many numbers the encoder gives.
    pub fn numbers(&self) -> usize {
        [self.dim, self.height, self.width]
            .into_iter()
            .fold(1, usize::saturating_mul)
    }

    pub fn is_sound(&self) -> bool {
        (2..=MAX_ENTRIES).contains(&self.entries)
            && self.numbers() > 0
            && self.commitment > 0.0
            && self.commitment.is_finite()
    }
}

pub struct VqTask {
    settings: Settings,
    codebook: CodebookSettings,
    table: Table,
    networks: Networks,
}

/// By name, for the progress bar.
type Losses = Vec<(&'static str, f32)>;

/// What lies around the codebook.
enum Networks {
    /// Learned with it.
    Own(Box<Own>),
    /// An autoencoder that stays as it is.
    Given(Box<FirstStage>),
}

struct Own {
    image: ImageSpec,
    encoder_spec: NetworkSpec,
    decoder_spec: NetworkSpec,
    encoder: Parameters,
    decoder: Parameters,
    device: Device,
}

/// The entries with what they are means of.
#[derive(Default)]
struct Table {
    dim: usize,
    /// How often each entry was chosen.
    counts: Vec<f32>,
    /// Sums of what chose it, `[entries, dim]`.
    sums: Vec<f32>,
}

impl Table {
    fn codebook(&self) -> Codebook {
        let rows = self.sums.chunks_exact(self.dim.max(1)).zip(&self.counts);
        let entries = rows.flat_map(|(sum, count)| sum.iter().map(|value| value / count.max(1e-6)));
        Codebook {
            entries: entries.collect(),
            dim: self.dim,
        }
    }

    /// Puts every entry where something is.
    fn begin(&mut self, entries: usize, vectors: &[f32], stream: &mut Stream) {
        self.counts = vec![1.0; entries];
        self.sums = (0..entries)
            .flat_map(|_| some(vectors, self.dim, stream))
            .collect();
    }

    /// Follows what was chosen in a step.
    fn follow(&mut self, vectors: &[f32], indices: &[usize], stream: &mut Stream) {
        for value in self.counts.iter_mut().chain(&mut self.sums) {
            *value *= KEPT;
        }
        for (vector, &index) in vectors.chunks_exact(self.dim).zip(indices) {
            self.counts[index] += 1.0 - KEPT;
            let sum = &mut self.sums[index * self.dim..(index + 1) * self.dim];
            for (sum, value) in sum.iter_mut().zip(vector) {
                *sum += (1.0 - KEPT) * value;
            }
        }
        for index in 0..self.counts.len() {
            if self.counts[index] < FORGOTTEN {
                self.counts[index] = 1.0;
                let place = index * self.dim..(index + 1) * self.dim;
                self.sums[place].copy_from_slice(&some(vectors, self.dim, stream));
            }
        }
    }
}

/// One of many vectors, by chance.
fn some(vectors: &[f32], dim: usize, stream: &mut Stream) -> Vec<f32> {
    let count = (vectors.len() / dim).max(1);
    let index = ((stream.uniform() * count as f64) as usize).min(count - 1);
    vectors[index * dim..(index + 1) * dim].to_vec()
}

/// Pictures `[dim, places]` one after the other as vectors of `dim`, place after place.
fn vectors(pictures: &[f32], dim: usize, places: usize) -> Vec<f32> {
    let pictures = pictures.chunks_exact(dim * places);
    pictures
        .flat_map(|picture| {
            (0..places)
                .flat_map(move |place| (0..dim).map(move |axis| picture[axis * places + place]))
        })
        .collect()
}

impl VqTask {
    pub fn new(recipe: &Recipe, data: &DataForm, device: Device) -> Result<Self, ModelError> {
        let image = data.image;
        let codebook = settings(recipe)?;
        let settings = recipe.training.clone();
        let networks = match FirstStage::of_recipe(recipe, image)? {
            Some(first_stage) => Networks::Given(Box::new(first_stage)),
            None => {
                let encoder_spec = picture_network(image, &recipe.encoder);
                let decoder_spec = code_network(codebook.numbers(), &recipe.decoder);
                let betas = (settings.beta_1, settings.beta_2);
                Networks::Own(Box::new(Own {
                    image,
                    encoder: Parameters::new(&encoder_spec, settings.seed, betas, &device)?,
                    decoder: Parameters::new(&decoder_spec, settings.seed + 1, betas, &device)?,
                    encoder_spec,
                    decoder_spec,
                    device,
                }))
            }
        };
        Ok(Self {
            table: Table {
                dim: codebook.dim,
                ..Table::default()
            },
            networks,
            codebook,
            settings,
        })
    }
}

/// What replaces each of the numbers that an encoder gave, in their order, and the indices.
fn quantise(
    found: &[f32],
    codebook: &Codebook,
    settings: &CodebookSettings,
) -> (Vec<f32>, Vec<usize>) {
    let places = settings.height * settings.width;
    let pictures = found.par_chunks(settings.numbers());
    let indices: Vec<usize> = pictures.flat_map_iter(|it| codebook.nearest(it)).collect();
    let mut values = vec![0.0; found.len()];
    for (at, &index) in indices.iter().enumerate() {
        let (picture, place) = (at / places, at % places);
        for (axis, &value) in codebook.entry(index).iter().enumerate() {
            values[(picture * codebook.dim + axis) * places + place] = value;
        }
    }
    (values, indices)
}

impl Table {
    /// Chooses an entry for each place of some codes, and follows what was chosen.
    fn learn(
        &mut self,
        codes: &[f32],
        settings: &CodebookSettings,
        stream: &mut Stream,
    ) -> (Vec<f32>, Vec<usize>) {
        let vectors = vectors(codes, settings.dim, settings.height * settings.width);
        if self.counts.is_empty() {
            self.begin(settings.entries, &vectors, stream);
        }
        let (chosen, indices) = quantise(codes, &self.codebook(), settings);
        self.follow(&vectors, &indices, stream);
        (chosen, indices)
    }
}

/// The codebook of a recipe.
///
/// # Errors
/// When the recipe has no section "codebook".
pub fn settings(recipe: &Recipe) -> Result<CodebookSettings, ModelError> {
    let codebook = recipe.codebook;
    codebook.ok_or_else(|| ModelError("has no section \"codebook\"".to_owned()))
}

impl Own {
    /// A step of both networks: the losses by name, and which entries were chosen.
    fn step(
        &mut self,
        batch: Batch,
        table: &mut Table,
        (settings, codebook): (&Settings, &CodebookSettings),
    ) -> Result<(Losses, Vec<usize>), ModelError> {
        let mut stream = Stream::new(settings.seed, Purpose::Noise, batch.step);
        let pictures = rows(batch.pictures, self.image.len(), &self.device);
        let found = self.encoder.network()?.forward(pictures.clone());
        let given = download(found.clone().inner())?;
        let (chosen, indices) = table.learn(&given, codebook, &mut stream);
        let numbers = codebook.numbers();
        let step_to = chosen.iter().zip(&given).map(|(to, from)| to - from);
        // The gradient goes on as if nothing had been chosen.
        let code = found.clone() + rows(step_to.collect(), numbers, &self.device);
        let distance = found - rows(chosen, numbers, &self.device);
        let [count, _] = distance.dims();
        let distance = distance.square().sum() * (1.0 / count.max(1) as f64);
        let mut statistics = Vec::new();
        let mut mode = Mode::Training {
            statistics: &mut statistics,
        };
        let logits = self.decoder.network()?.forward_logits(code, &mut mode);
        let reconstruction = match settings.reconstruction {
            Reconstruction::Bernoulli => losses::bernoulli(logits, pictures),
            Reconstruction::Squared => losses::squared(activation::sigmoid(logits), pictures),
        };
        let shown = [
            ("reconstruction", reconstruction.clone().inner()),
            ("distance", distance.clone().inner()),
        ];
        let loss = reconstruction + distance * codebook.commitment;
        let mut gradients = loss.backward();
        let rate = settings.learning_rate_at(batch.step);
        self.encoder
            .step(&mut gradients, rate, settings.average_decay_at(batch.step));
        self.decoder
            .step(&mut gradients, rate, settings.average_decay_at(batch.step));
        let mut losses = Vec::new();
        for (name, value) in shown {
            losses.push((name, download(value)?[0]));
        }
        Ok((losses, indices))
    }
}

impl Task for VqTask {
    fn step(&mut self, batch: Batch) -> Result<Vec<(&'static str, f32)>, ModelError> {
        let (mut losses, indices) = match &mut self.networks {
            Networks::Own(own) => {
                own.step(batch, &mut self.table, (&self.settings, &self.codebook))?
            }
            Networks::Given(_) => {
                let mut stream = Stream::new(self.settings.seed, Purpose::Noise, batch.step);
                let codes = &batch.pictures;
                let (chosen, indices) = self.table.learn(codes, &self.codebook, &mut stream);
                let squares = chosen.iter().zip(codes).map(|(a, b)| (a - b) * (a - b));
                let distance = squares.sum::<f32>() / codes.len().max(1) as f32;
                (vec![("squared error of a number", distance)], indices)
            }
        };
        let used: BTreeSet<usize> = indices.into_iter().collect();
        losses.push(("entries used", used.len() as f32));
        Ok(losses)
    }

    fn first_stage(&self) -> Option<&FirstStage> {
        match &self.networks {
            Networks::Own(_) => None,
            Networks::Given(first_stage) => Some(first_stage),
        }
    }

    fn save(&self) -> Result<BTreeMap<String, Vec<f32>>, ModelError> {
        let mut state = BTreeMap::new();
        if let Networks::Own(own) = &self.networks {
            own.encoder.save("encoder", &mut state)?;
            own.decoder.save("decoder", &mut state)?;
        }
        state.insert("codebook.counts".to_owned(), self.table.counts.clone());
        state.insert("codebook.sums".to_owned(), self.table.sums.clone());
        Ok(state)
    }

    fn restore(&mut self, mut state: BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        let CodebookSettings { entries, dim, .. } = self.codebook;
        let mut take = |part: &str, len: usize| {
            let values = state.remove(&format!("codebook.{part}"));
            let values = values.filter(|values| values.len() == len);
            values.ok_or_else(|| ModelError(format!("holds no sound {part} of a codebook")))
        };
        self.table.counts = take("counts", entries)?;
        self.table.sums = take("sums", entries * dim)?;
        if let Networks::Own(own) = &mut self.networks {
            own.encoder.restore("encoder", &mut state, &own.device)?;
            own.decoder.restore("decoder", &mut state, &own.device)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Trained, ModelError> {
        // Both networks are about the entries as they are stored.
        let mut codebook = self.table.codebook();
        for value in &mut codebook.entries {
            *value = half::f16::from_f32(*value).to_f32();
        }
        let sides = [self.codebook.height, self.codebook.width];
        let (around, mut tensors) = match &self.networks {
            Networks::Own(own) => {
                let networks = BTreeMap::from([
                    (Role::Decoder, NetworkForm::from(own.decoder_spec.clone())),
                    (Role::Encoder, NetworkForm::from(own.encoder_spec.clone())),
                ]);
                let tensors = with_role(Role::Decoder, own.decoder.averaged()?)
                    .chain(with_role(Role::Encoder, own.encoder.averaged()?));
                (networks, tensors.collect())
            }
            Networks::Given(first_stage) => first_stage.networks(),
        };
        let mut networks: BTreeMap<Role, NetworkForm> = BTreeMap::new();
        for (role, form) in around {
            let graph = form.graph().map_err(ModelError)?;
            let (graph, table) = match role {
                Role::Decoder => codebook.decoder(&graph, sides),
                _ => codebook.encoder(&graph, sides),
            };
            networks.insert(role, graph.into());
            tensors.extend(with_role(role, table));
        }
        Ok(Trained {
            networks,
            levels: Some(codebook.len()),
            tensors,
            ..Trained::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_follow_what_chooses_them_and_forgotten_ones_are_put_elsewhere() {
        let mut stream = Stream::new(1, Purpose::Noise, 0);
        let mut table = Table {
            dim: 1,
            counts: vec![1.0, 1.0],
            sums: vec![0.0, 100.0],
        };
        let near = vec![1.0, 3.0, 1.0, 3.0];
        for _ in 0..3000 {
            let indices = table.codebook().nearest(&near);
            table.follow(&near, &indices, &mut stream);
        }
        let mut entries = table.codebook().entries;
        entries.sort_by(f32::total_cmp);
        let whole: f32 = entries
            .iter()
            .zip([1.0, 3.0])
            .map(|(a, b)| (a - b).abs())
            .sum();
        assert!(whole < 0.2, "{entries:?}");
    }

    #[test]
    fn vectors_are_places_of_all_channels() {
        assert_eq!(
            vectors(&[1.0, 2.0, 3.0, 10.0, 20.0, 30.0], 2, 3),
            [1.0, 10.0, 2.0, 20.0, 3.0, 30.0]
        );
    }
}

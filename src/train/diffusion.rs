//! Diffusion models and flows: networks that learn what is behind noise.

use super::begin::begin_at;
use super::conditions::Conditioning;
use super::dataset::DataForm;
use super::first_stage::FirstStage;
use super::parameters::{Fresh, LeafGradients, Weights};
use super::random::{Purpose, Stream};
use super::recipe::Recipe;
use super::settings::Settings;
use super::task::{Batch, Task, Trained, conditioning, part_of, rows, with_role};
use super::unet::UnetSpec;
use crate::latent::sampling::{Moment, Noising, Prediction};
use crate::model::diffusion::DiffusionSpec;
use crate::model::graph::{self, GraphNetwork, GraphPlan};
use crate::model::manifest::Role;
use crate::model::style::Initial;
use crate::model::{ModelError, NetworkForm, download};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How a network learns what is behind noise.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiffusionSettings {
    pub noising: Noising,
    pub prediction: Prediction,
    /// The signal-to-noise ratio above which a level counts no more for it (min-SNR, Hang et al. 2023).
    pub min_snr: f64,
    pub unet: UnetSpec,
}

impl DiffusionSettings {
    /// What a model file says of it.
    pub fn spec(&self) -> DiffusionSpec {
        DiffusionSpec {
            noising: self.noising,
            prediction: self.prediction,
        }
    }
}

pub struct DiffusionTask {
    settings: Settings,
    diffusion: DiffusionSettings,
    conditions: Option<Conditioning>,
    first_stage: Option<FirstStage>,
    /// Numbers of a picture, or of a code of the first stage.
    data_len: usize,
    /// The levels of training, from the cleanest.
    moments: Vec<Moment>,
    plan: Arc<GraphPlan>,
    weights: Weights,
    device: Device,
}

/// The denoiser of a recipe.
pub struct Denoiser {
    pub plan: GraphPlan,
    /// The nodes that begin as zero.
    silent: BTreeSet<String>,
}

/// The network of a recipe, checked.
///
/// # Errors
/// When the recipe has no section "diffusion", or its sizes do not fit one another or the data.
pub fn network(recipe: &Recipe, data: &DataForm) -> Result<Denoiser, ModelError> {
    let diffusion = settings(recipe)?;
    let words = recipe.vocabulary(data).map_or(0, |it| it.words.len());
    let shape = recipe.data_shape(data.image);
    let fault = |fault| ModelError(format!("has an unsound unet: {fault}"));
    let time_scale = diffusion.noising.time_scale() as f32;
    let unet = diffusion.unet.graph(shape, words, time_scale);
    let unet = unet.map_err(fault)?;
    Ok(Denoiser {
        plan: graph::plan(&unet.graph).map_err(fault)?,
        silent: unet.silent,
    })
}

fn settings(recipe: &Recipe) -> Result<&DiffusionSettings, ModelError> {
    let settings = recipe.diffusion.as_ref();
    settings.ok_or_else(|| ModelError("has no section \"diffusion\"".to_owned()))
}

impl DiffusionTask {
    pub fn new(recipe: &Recipe, data: &DataForm, device: Device) -> Result<Self, ModelError> {
        let diffusion = settings(recipe)?.clone();
        let Denoiser { plan, silent } = network(recipe, data)?;
        let fresh = plan.all_parameters().map(|parameter| {
            let node = parameter.name.rsplit_once('.').map_or("", |(node, _)| node);
            let is_weight = parameter.name.ends_with(".weight");
            let initial = match parameter.fan_in {
                _ if silent.contains(node) => Initial::Constant(0.0),
                0 if is_weight => Initial::Constant(1.0),
                0 => Initial::Constant(0.0),
                fan_in => Initial::Normal((1.0 / fan_in as f32).sqrt()),
            };
            Fresh {
                name: parameter.name.clone(),
                shape: parameter.shape.clone(),
                initial,
                trained: true,
            }
        });
        let settings = recipe.training.clone();
        let betas = (settings.beta_1, settings.beta_2);
        let first_stage = FirstStage::of_recipe(recipe, data.image)?;
        let mut weights = Weights::new(fresh, settings.seed, betas, &device);
        if let Some(path) = &recipe.begin {
            begin_at(&mut weights, Role::Denoiser, path, &device)?;
        }
        Ok(Self {
            weights,
            moments: diffusion.noising.moments(),
            first_stage,
            data_len: recipe.data_shape(data.image).iter().product(),
            plan: Arc::new(plan),
            settings,
            diffusion,
            conditions: conditioning(recipe, data)?,
            device,
        })
    }

    /// The gradients and the error of one of some parts of a batch.
    fn learn_part(
        &self,
        noisy: &Noisy,
        words: &[f32],
        [part, parts]: [usize; 2],
    ) -> Result<(LeafGradients, f32), ModelError> {
        let row = |values: &[f32], len: usize| {
            rows(part_of(values, part, parts).to_vec(), len, &self.device)
        };
        let mut inputs = vec![row(&noisy.x, self.data_len)];
        if let Some(conditions) = &self.conditions {
            inputs.push(row(words, conditions.len()));
        }
        inputs.push(row(&noisy.times, 1));
        let target = row(&noisy.target, self.data_len);
        let importance: Tensor<2> = row(&noisy.importance, 1);
        let leaves = self.weights.leaves();
        let plan = Arc::clone(&self.plan);
        let network = GraphNetwork::of_plan(plan, &self.device, |name| leaves.get(name));
        let found = network.and_then(|network| network.forward(inputs));
        let found = found.map_err(ModelError)?.into_iter().next();
        let found = found.ok_or_else(|| ModelError("the network has no output".to_owned()))?;
        let loss = ((found - target).square().mean_dim(1) * importance).mean();
        let shown = loss.clone().inner();
        let mut gradients = loss.backward();
        Ok((leaves.gradients(&mut gradients), download(shown)?[0]))
    }
}

/// Noisy pictures with what is to be said of them.
struct Noisy {
    x: Vec<f32>,
    target: Vec<f32>,
    times: Vec<f32>,
    /// How much the error of each counts, for each of its numbers.
    importance: Vec<f32>,
}

impl DiffusionTask {
    /// What noise is added to.
    fn data(&self, batch: &Batch) -> Vec<f32> {
        match self.first_stage {
            Some(_) => batch.pictures.clone(),
            None => batch
                .pictures
                .iter()
                .map(|value| 2.0 * value - 1.0)
                .collect(),
        }
    }

    /// The levels of training, from the cleanest.
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// All that can be said of `count` pictures with these labels, as [`Batch`] has them; nothing where there are no labels.
    pub fn words_of(&self, labels: &[u8], count: usize) -> Vec<f32> {
        match &self.conditions {
            Some(conditions) if labels.is_empty() => vec![0.0; count * conditions.len()],
            Some(conditions) => conditions.of_labels(labels),
            None => Vec::new(),
        }
    }

    /// What the averaged network says is behind noisy pictures or codes, each at its own level, under these words.
    ///
    /// # Errors
    /// When the device fails.
    pub fn data_behind(
        &self,
        noisy: &[f32],
        words: &[f32],
        moments: &[Moment],
    ) -> Result<Vec<f32>, ModelError> {
        let device = self.device.clone().inner();
        let row = |values: &[f32], len: usize| rows(values.to_vec(), len, &device);
        let mut inputs = vec![row(noisy, self.data_len)];
        if let Some(conditions) = &self.conditions {
            inputs.push(row(words, conditions.len()));
        }
        let times: Vec<f32> = moments.iter().map(|moment| moment.time as f32).collect();
        inputs.push(row(&times, 1));
        let plan = Arc::clone(&self.plan);
        let network = GraphNetwork::of_plan(plan, &device, |name| self.weights.average(name));
        let found = network.and_then(|network| network.forward(inputs));
        let found = found.map_err(ModelError)?.into_iter().next();
        let found = found.ok_or_else(|| ModelError("the network has no output".to_owned()))?;
        let found = download(found)?;
        let prediction = self.diffusion.prediction;
        let codes = found
            .chunks_exact(self.data_len)
            .zip(noisy.chunks_exact(self.data_len));
        let behind = codes.zip(moments).flat_map(|((output, noisy), moment)| {
            prediction
                .estimate(output.to_vec(), noisy, moment.level)
                .data
        });
        Ok(behind.collect())
    }

    /// Adds noise to data, to each picture its own amount: all levels of training are spread evenly
    /// over a batch, which makes the gradient less noisy than drawing them one by one.
    fn noisy(&self, data: &[f32], step: u64) -> Noisy {
        let len = self.data_len;
        let mut stream = Stream::new(self.settings.seed, Purpose::Noise, step);
        let count = data.len() / len.max(1);
        let offset = stream.uniform();
        let mut noisy = Noisy {
            x: Vec::with_capacity(data.len()),
            target: Vec::with_capacity(data.len()),
            times: Vec::with_capacity(count),
            importance: Vec::with_capacity(count),
        };
        for (index, data) in data.chunks_exact(len.max(1)).enumerate() {
            let share = (index as f64 + offset) / count as f64;
            let last = self.moments.len().saturating_sub(1);
            let at = ((share * self.moments.len() as f64) as usize).min(last);
            let Moment { time, level } = self.moments[at];
            let noise = stream.normals(len);
            let prediction = self.diffusion.prediction;
            noisy.x.extend(level.mix(data, &noise));
            noisy.target.extend(prediction.target(data, &noise, level));
            noisy.times.push(time as f32);
            let importance = prediction.importance(level, self.diffusion.min_snr);
            noisy.importance.push(importance as f32);
        }
        noisy
    }
}

impl Task for DiffusionTask {
    fn step(&mut self, batch: Batch) -> Result<Vec<(&'static str, f32)>, ModelError> {
        let noisy = self.noisy(&self.data(&batch), batch.step);
        let words = match &self.conditions {
            Some(known) if !batch.labels.is_empty() => {
                known.of_step(&batch.labels, self.settings.seed, batch.step)
            }
            _ => self.words_of(&[], noisy.times.len()),
        };
        let parts = self.settings.parts(&self.device);
        let learned: Result<Vec<(LeafGradients, f32)>, ModelError> = (0..parts)
            .into_par_iter()
            .map(|part| self.learn_part(&noisy, &words, [part, parts]))
            .collect();
        let (gradients, errors): (Vec<_>, Vec<f32>) = learned?.into_iter().unzip();
        let rate = self.settings.learning_rate_at(batch.step);
        self.weights
            .step_parts(gradients, rate, self.settings.average_decay_at(batch.step));
        let mean = errors.iter().sum::<f32>() / errors.len().max(1) as f32;
        Ok(vec![("error", mean)])
    }

    fn first_stage(&self) -> Option<&FirstStage> {
        self.first_stage.as_ref()
    }

    fn save(&self) -> Result<BTreeMap<String, Vec<f32>>, ModelError> {
        let mut state = BTreeMap::new();
        self.weights.save("denoiser", &mut state)?;
        Ok(state)
    }

    fn restore(&mut self, mut state: BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        self.weights.restore("denoiser", &mut state, &self.device)
    }

    fn finish(&mut self) -> Result<Trained, ModelError> {
        let form = NetworkForm::Graph(self.plan.spec.clone());
        let mut networks = BTreeMap::from([(Role::Denoiser, form)]);
        let mut tensors: BTreeMap<_, _> =
            with_role(Role::Denoiser, self.weights.averaged()?).collect();
        if let Some(first_stage) = &self.first_stage {
            let (others, their_tensors) = first_stage.networks();
            networks.extend(others);
            tensors.extend(their_tensors);
        }
        Ok(Trained {
            networks,
            diffusion: Some(self.diffusion.spec()),
            tensors,
            ..Trained::default()
        })
    }
}

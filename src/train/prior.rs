//! Autoregressive models learn by likelihood: what comes next in a grid is to be as little of a surprise
//! as possible.

use super::begin::begin_at;
use super::causal::{CausalNetwork, CausalSpec};
use super::conditions::Conditioning;
use super::dataset::DataForm;
use super::first_stage::FirstStage;
use super::parameters::{Fresh, LeafGradients, Leaves, Weights};
use super::recipe::Recipe;
use super::settings::Settings;
use super::task::{Batch, Task, Trained, conditioning, part_of, rows, with_role};
use crate::latent::Space;
use crate::model::graph::{self, GraphNetwork, GraphPlan};
use crate::model::grid::{self, Codebook};
use crate::model::manifest::Role;
use crate::model::style::Initial;
use crate::model::{ModelError, NetworkForm, download};
use burn::tensor::{Device, Tensor, TensorData, activation};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// In nats for a place. Longer gradients are made shorter.
const LONGEST_GRADIENT: f64 = 1.0;

/// The network of a recipe, with what belongs to its grid.
pub struct Prior {
    pub plan: GraphPlan,
    /// The nodes that begin as zero.
    silent: BTreeSet<String>,
    table: String,
    /// Height and width of the grid, and how many indices there are.
    sides: [usize; 2],
    levels: usize,
}

/// The network of a recipe, checked.
///
/// # Errors
/// When the recipe has no section "prior", or its sizes do not fit one another or the data.
pub fn network(recipe: &Recipe, data: &DataForm) -> Result<Prior, ModelError> {
    let spec = settings(recipe)?;
    let [channels, height, width] = recipe.data_shape(data.image);
    let fault = |fault: &str| ModelError(format!("has an unsound prior: {fault}"));
    if channels != 1 {
        return Err(fault(
            "only grids of one index for each place can be written; pictures in colour need an autoencoder",
        ));
    }
    let levels = match (recipe.autoencoder.as_ref(), spec.levels) {
        (Some(autoencoder), None) => autoencoder
            .entries
            .ok_or_else(|| fault("its autoencoder needs \"entries\", the size of the codebook"))?,
        (None, Some(levels)) => levels as usize,
        (Some(_), Some(_)) => {
            return Err(fault(
                "levels are for pixels; codes have those of the codebook",
            ));
        }
        (None, None) => return Err(fault("levels must be given for pixels")),
    };
    if !(2..=256).contains(&levels) && recipe.autoencoder.is_none() {
        return Err(fault("levels must be 2 to 256"));
    }
    let words = recipe.vocabulary(data).map_or(0, |it| it.words.len());
    let built = spec.graph(Space::CODES.name(), [height, width], levels, words);
    let CausalNetwork {
        graph,
        silent,
        table,
    } = built.map_err(|text| fault(&text))?;
    Ok(Prior {
        plan: graph::plan(&graph).map_err(|text| fault(&text))?,
        silent,
        table,
        sides: [height, width],
        levels,
    })
}

fn settings(recipe: &Recipe) -> Result<&CausalSpec, ModelError> {
    let settings = recipe.prior.as_ref();
    settings.ok_or_else(|| ModelError("has no section \"prior\"".to_owned()))
}

pub struct PriorTask {
    settings: Settings,
    conditions: Option<Conditioning>,
    first_stage: Option<FirstStage>,
    sides: [usize; 2],
    levels: usize,
    plan: Arc<GraphPlan>,
    weights: Weights,
    device: Device,
}

impl PriorTask {
    pub fn new(recipe: &Recipe, data: &DataForm, device: Device) -> Result<Self, ModelError> {
        let Prior {
            plan,
            silent,
            table,
            sides,
            levels,
        } = network(recipe, data)?;
        let fresh = plan.all_parameters().map(|parameter| {
            let node = parameter.name.rsplit_once('.').map_or("", |(node, _)| node);
            let initial = match parameter.fan_in {
                _ if silent.contains(node) => Initial::Constant(0.0),
                _ if node == table => Initial::Normal(1.0),
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
            begin_at(&mut weights, Role::Prior, path, &device)?;
        }
        Ok(Self {
            weights,
            conditions: conditioning(recipe, data)?,
            first_stage,
            sides,
            levels,
            plan: Arc::new(plan),
            settings,
            device,
        })
    }

    fn places(&self) -> usize {
        self.sides.iter().product()
    }

    /// The grids of a batch, as numbers.
    fn grids(&self, batch: &Batch) -> Vec<f32> {
        if self.first_stage.is_some() {
            return batch.pictures.clone();
        }
        let last = self.levels.saturating_sub(1) as f32;
        let pixels = batch.pictures.iter();
        pixels.map(|pixel| (pixel * last).round()).collect()
    }

    /// The gradients and the surprise in nats for a place of one part of a batch.
    fn learn_part(
        &self,
        grids: &[f32],
        conditions: &[f32],
    ) -> Result<(LeafGradients, f32), ModelError> {
        let leaves = self.weights.leaves();
        let (places, levels) = (self.places(), self.levels);
        let mut inputs = vec![rows(grids.to_vec(), places, &self.device)];
        if let Some(known) = &self.conditions {
            inputs.push(rows(conditions.to_vec(), known.len(), &self.device));
        }
        let network = self.network(&leaves)?;
        let found = network.forward(inputs).map_err(ModelError)?;
        let scores = found
            .into_iter()
            .next()
            .ok_or_else(|| ModelError("the network has no output".to_owned()))?;
        let loss = surprise(scores, grids, [levels, places]);
        let shown = loss.clone().inner();
        let mut gradients = loss.backward();
        Ok((leaves.gradients(&mut gradients), download(shown)?[0]))
    }

    fn network(&self, leaves: &Leaves) -> Result<GraphNetwork, ModelError> {
        let plan = Arc::clone(&self.plan);
        let network = GraphNetwork::of_plan(plan, &self.device, |name| leaves.get(name));
        network.map_err(ModelError)
    }
}

/// The mean surprise in nats of the indices of grids, one after the other, under the scores of each of the
/// levels at each place, `[grids, levels * places]`.
pub(super) fn surprise(
    scores: Tensor<2>,
    grids: &[f32],
    [levels, places]: [usize; 2],
) -> Tensor<1> {
    let count = grids.len() / places.max(1);
    let chosen = one_hot(grids, [count, levels, places], &scores.device());
    let scores: Tensor<3> = scores.reshape([count, levels, places]);
    let likelihood = activation::log_softmax(scores, 1) * chosen;
    likelihood.sum() * (-1.0 / grids.len().max(1) as f64)
}

/// 1 where an index stands, 0 elsewhere: `[grids, levels, places]`.
fn one_hot(grids: &[f32], shape: [usize; 3], device: &Device) -> Tensor<3> {
    let [_, levels, places] = shape;
    let mut chosen = vec![0.0_f32; shape.iter().product()];
    for (at, &index) in grids.iter().enumerate() {
        let (grid, place) = (at / places, at % places);
        let level = (index.max(0.0) as usize).min(levels - 1);
        chosen[(grid * levels + level) * places + place] = 1.0;
    }
    Tensor::from_data(TensorData::new(chosen, shape), device)
}

impl Task for PriorTask {
    fn step(&mut self, batch: Batch) -> Result<Vec<(&'static str, f32)>, ModelError> {
        let grids = self.grids(&batch);
        let conditions = self.conditions.as_ref().map_or_else(Vec::new, |known| {
            known.of_step(&batch.labels, self.settings.seed, batch.step)
        });
        let parts = self.settings.parts(&self.device);
        let found: Result<Vec<(LeafGradients, f32)>, ModelError> = (0..parts)
            .into_par_iter()
            .map(|part| {
                self.learn_part(
                    part_of(&grids, part, parts),
                    part_of(&conditions, part, parts),
                )
            })
            .collect();
        let (gradients, nats): (Vec<LeafGradients>, Vec<f32>) = found?.into_iter().unzip();
        let rate = self.settings.learning_rate_at(batch.step);
        let decay = self.settings.average_decay_at(batch.step);
        self.weights
            .step_parts_within(gradients, LONGEST_GRADIENT, rate, decay)?;
        let mean = nats.iter().sum::<f32>() / nats.len().max(1) as f32;
        Ok(vec![("bits per place", mean / std::f32::consts::LN_2)])
    }

    fn first_stage(&self) -> Option<&FirstStage> {
        self.first_stage.as_ref()
    }

    fn save(&self) -> Result<BTreeMap<String, Vec<f32>>, ModelError> {
        let mut state = BTreeMap::new();
        self.weights.save("prior", &mut state)?;
        Ok(state)
    }

    fn restore(&mut self, mut state: BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        self.weights.restore("prior", &mut state, &self.device)
    }

    fn finish(&mut self) -> Result<Trained, ModelError> {
        let form = NetworkForm::Graph(self.plan.spec.clone());
        let mut networks = BTreeMap::from([(Role::Prior, form)]);
        let mut tensors: BTreeMap<_, _> =
            with_role(Role::Prior, self.weights.averaged()?).collect();
        match &self.first_stage {
            Some(first_stage) => {
                let (others, their_tensors) = first_stage.networks();
                networks.extend(others);
                tensors.extend(their_tensors);
            }
            None => {
                let greys = Codebook::of_greys(self.levels);
                let [height, width] = self.sides;
                let pixels = grid::identity(&[1, height, width]);
                for (role, (graph, theirs)) in [
                    (Role::Decoder, greys.decoder(&pixels, self.sides)),
                    (Role::Encoder, greys.encoder(&pixels, self.sides)),
                ] {
                    networks.insert(role, graph.into());
                    tensors.extend(with_role(role, theirs));
                }
            }
        }
        Ok(Trained {
            networks,
            levels: Some(self.levels),
            tensors,
            ..Trained::default()
        })
    }
}

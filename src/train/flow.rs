//! Flows learn by likelihood alone: the density of the data is made as large as it can be.

use super::dataset::DataForm;
use super::parameters::{Fresh, LeafGradients, Leaves, Weights};
use super::random::{Purpose, Stream};
use super::recipe::Recipe;
use super::settings::Settings;
use super::task::{Batch, Task, Trained, rows};
use crate::model::flow::{self, FlowSpec};
use crate::model::graph::{GraphNetwork, GraphPlan};
use crate::model::style::Initial;
use crate::model::{ModelError, download};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pictures in 0..1 of 256 values as ones of any value: each pixel somewhere within its own.
pub fn dequantised(pictures: &[f32], stream: &mut Stream) -> Vec<f32> {
    let pixels = pictures.iter();
    pixels
        .map(|&pixel| flow::dequantised(pixel, stream.uniform() as f32))
        .collect()
}

/// The density of a recipe's pictures.
///
/// # Errors
/// When the recipe has no section "flow", or its sizes do not fit the pictures.
pub fn network(recipe: &Recipe, data: &DataForm) -> Result<Arc<GraphPlan>, ModelError> {
    let fault = |fault| ModelError(format!("has an unsound flow: {fault}"));
    let graph = flow::density_graph(settings(recipe)?, data.image).map_err(fault)?;
    Ok(graph.plan)
}

fn settings(recipe: &Recipe) -> Result<&FlowSpec, ModelError> {
    let settings = recipe.flow.as_ref();
    settings.ok_or_else(|| ModelError("has no section \"flow\"".to_owned()))
}

/// In bits per dimension. Longer gradients are made shorter.
const LONGEST_GRADIENT: f64 = 0.5;

pub struct FlowTask {
    settings: Settings,
    flow: FlowSpec,
    given: BTreeMap<String, Vec<f32>>,
    picture_len: usize,
    plan: Arc<GraphPlan>,
    weights: Weights,
    device: Device,
}

impl FlowTask {
    pub fn new(recipe: &Recipe, data: &DataForm, device: Device) -> Result<Self, ModelError> {
        let spec = settings(recipe)?.clone();
        let given = flow::given(&spec, data.image).map_err(ModelError)?;
        let plan = network(recipe, data)?;
        let parameters = plan.all_parameters();
        let stored = parameters.filter(|parameter| !given.contains_key(&parameter.name));
        let fresh = stored.map(|parameter| {
            let node = parameter.name.rsplit_once('.').map_or("", |(node, _)| node);
            let initial = match parameter.fan_in {
                // All bins begin equally likely for their width alone.
                _ if node.ends_with("_last") => Initial::Constant(0.0),
                0 => Initial::Constant(0.0),
                fan_in => Initial::Normal((2.0 / fan_in as f32).sqrt()),
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
        Ok(Self {
            weights: Weights::new(fresh, settings.seed, betas, &device),
            picture_len: data.image.len(),
            flow: spec,
            given,
            plan,
            settings,
            device,
        })
    }

    fn network(&self, leaves: &Leaves) -> Result<GraphNetwork, ModelError> {
        let plan = Arc::clone(&self.plan);
        let network = GraphNetwork::of_plan(plan, &self.device, |name| {
            let Some(given) = self.given.get(name) else {
                return leaves.get(name);
            };
            let given = TensorData::new(given.clone(), [given.len()]);
            Some(Tensor::from_data(given, &self.device))
        });
        network.map_err(ModelError)
    }
}

impl FlowTask {
    /// The gradients and the bits per dimension of one part of a batch.
    fn learn_part(&self, pictures: &[f32]) -> Result<(LeafGradients, f32), ModelError> {
        let leaves = self.weights.leaves();
        let pictures = rows(pictures.to_vec(), self.picture_len, &self.device);
        let network = self.network(&leaves)?;
        let found = network.forward_one(pictures).map_err(ModelError)?;
        let per_nat = -1.0 / (self.picture_len as f64 * std::f64::consts::LN_2);
        let at_zero = flow::bits_per_dimension(0.0, self.picture_len);
        let loss = found.mean() * per_nat + at_zero;
        let shown = loss.clone().inner();
        let mut gradients = loss.backward();
        Ok((leaves.gradients(&mut gradients), download(shown)?[0]))
    }
}

impl Task for FlowTask {
    fn step(&mut self, batch: Batch) -> Result<Vec<(&'static str, f32)>, ModelError> {
        let mut stream = Stream::new(self.settings.seed, Purpose::Noise, batch.step);
        let pictures = dequantised(&batch.pictures, &mut stream);
        let parts = pictures.par_chunks(pictures.len() / self.settings.parts(&self.device));
        let parts: Result<Vec<(LeafGradients, f32)>, ModelError> =
            parts.map(|pictures| self.learn_part(pictures)).collect();
        let (gradients, bits): (Vec<LeafGradients>, Vec<f32>) = parts?.into_iter().unzip();
        let rate = self.settings.learning_rate_at(batch.step);
        let decay = self.settings.average_decay_at(batch.step);
        self.weights
            .step_parts_within(gradients, LONGEST_GRADIENT, rate, decay)?;
        let mean = bits.iter().sum::<f32>() / bits.len().max(1) as f32;
        Ok(vec![("bits per dimension", mean)])
    }

    fn save(&self) -> Result<BTreeMap<String, Vec<f32>>, ModelError> {
        let mut state = BTreeMap::new();
        self.weights.save("flow", &mut state)?;
        Ok(state)
    }

    fn restore(&mut self, mut state: BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        self.weights.restore("flow", &mut state, &self.device)
    }

    fn finish(&mut self) -> Result<Trained, ModelError> {
        let tensors = self.weights.averaged()?.into_iter();
        let tensors = tensors.map(|(name, tensor)| (format!("flow.{name}"), tensor));
        Ok(Trained {
            flow: Some(self.flow.clone()),
            tensors: tensors.collect(),
            ..Trained::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dequantised_pixels_stay_within_their_values() {
        let mut stream = Stream::new(1, Purpose::Noise, 0);
        let pictures: Vec<f32> = (0..256).map(|value| value as f32 / 255.0).collect();
        let found = dequantised(&pictures, &mut stream);
        for (value, found) in found.iter().enumerate() {
            let range = (value as f32 - 0.5) / 255.0..=(value as f32 + 0.5) / 255.0;
            assert!(range.contains(found), "{value}: {found}");
        }
    }
}

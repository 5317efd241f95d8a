//! Flows learn by likelihood alone: the density of the data is made as large as it can be.

use super::dataset::DataForm;
use super::parameters::{Fresh, LeafGradients, Leaves, Weights};
use super::random::{Purpose, Stream};
use super::recipe::{Recipe, Settings};
use super::task::{Batch, Task, Trained, rows};
use crate::model::flow::{self, FlowSpec, Level, VALUES};
use crate::model::graph::{GraphNetwork, GraphPlan};
use crate::model::style::Initial;
use crate::model::{ModelError, download};
use burn::tensor::{Device, Tensor, TensorData};
use nalgebra::DMatrix;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pictures in 0..1 of 256 values as ones of any value: each pixel somewhere within its own.
pub fn dequantised(pictures: &[f32], stream: &mut Stream) -> Vec<f32> {
    let pixels = pictures.iter();
    let whole = pixels.map(|pixel| (pixel * (VALUES - 1.0)).round());
    whole
        .map(|value| (value + stream.uniform() as f32) / VALUES)
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

/// Parts into which a batch is divided, whatever the number of cores, so that a run repeats itself: they
/// are computed side by side, and their gradients are averaged.
const PARTS: usize = 2;
/// In bits per dimension. Far outside of what a flow has seen its couplings stretch a picture without
/// bound, and so the gradient.
const LONGEST_GRADIENT: f64 = 0.5;

pub struct FlowTask {
    settings: Settings,
    flow: FlowSpec,
    levels: Vec<Level>,
    picture_len: usize,
    plan: Arc<GraphPlan>,
    weights: Weights,
    device: Device,
}

impl FlowTask {
    pub fn new(recipe: &Recipe, data: &DataForm, device: Device) -> Result<Self, ModelError> {
        let spec = settings(recipe)?.clone();
        let levels = spec.levels(data.image).map_err(ModelError)?;
        let plan = network(recipe, data)?;
        let stored = plan.all_parameters().filter(|parameter| {
            // The volumes follow from the matrices.
            flow::mix_of(&parameter.name, &levels).is_none()
        });
        let fresh = stored.map(|parameter| {
            let initial = match parameter.name.rsplit_once('_') {
                Some((_, "mix.weight")) => Initial::Rotation {
                    side: parameter.shape[0],
                },
                // Every coupling begins as nothing.
                Some((_, "last.weight")) => Initial::Constant(0.0),
                _ if parameter.fan_in == 0 => Initial::Constant(0.0),
                _ => Initial::Normal((2.0 / parameter.fan_in as f32).sqrt()),
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
            levels,
            plan,
            settings,
            device,
        })
    }

    fn network(&self, leaves: &Leaves) -> Result<GraphNetwork, ModelError> {
        let plan = Arc::clone(&self.plan);
        let mut singular = None;
        let network = GraphNetwork::of_plan(plan, &self.device, |name| {
            let Some((mix, side, places)) = flow::mix_of(name, &self.levels) else {
                return leaves.get(name);
            };
            match volume(leaves.get(&mix)?, side, places) {
                Ok(volume) => Some(volume),
                Err(fault) => {
                    singular = Some(fault);
                    None
                }
            }
        });
        network.map_err(|fault| singular.unwrap_or(ModelError(fault)))
    }
}

impl FlowTask {
    fn part_count(&self) -> usize {
        if self.settings.batch.is_multiple_of(PARTS) {
            PARTS
        } else {
            1
        }
    }

    /// The gradients and the bits per dimension of one part of a batch.
    fn learn_part(&self, pictures: &[f32]) -> Result<(LeafGradients, f32), ModelError> {
        let leaves = self.weights.leaves();
        let pictures = rows(pictures.to_vec(), self.picture_len, &self.device);
        let network = self.network(&leaves)?;
        let found = network.forward_one(pictures).map_err(ModelError)?;
        let bits = -1.0 / (self.picture_len as f64 * std::f64::consts::LN_2);
        let loss = found.mean() * bits + f64::from(VALUES.log2());
        let shown = loss.clone().inner();
        let mut gradients = loss.backward();
        Ok((leaves.gradients(&mut gradients), download(shown)?[0]))
    }
}

/// The natural logarithm of the absolute determinant of a matrix `[side, side]`, times `places`, with
/// its gradient: the inverse, transposed.
fn volume(matrix: Tensor<1>, side: usize, places: usize) -> Result<Tensor<1>, ModelError> {
    let values = download(matrix.clone().inner())?;
    let numbers = values.iter().map(|&value| f64::from(value));
    let whole = DMatrix::from_row_iterator(side, side, numbers);
    let log_determinant = whole.determinant().abs().ln();
    let inverse = whole
        .try_inverse()
        .filter(|_| log_determinant.is_finite())
        .ok_or_else(|| {
            ModelError(
                "a matrix of the flow has lost its inverse; a smaller learning rate may help"
                    .to_owned(),
            )
        })?;
    // nalgebra stores columns, so the numbers come transposed.
    let gradient: Vec<f32> = inverse.iter().map(|&value| value as f32).collect();
    let gradient = TensorData::new(gradient, [side * side]);
    let gradient = Tensor::from_data(gradient, &matrix.device());
    // Linear in the matrix, with this gradient and this value.
    let linear = (matrix * gradient).sum();
    let value = log_determinant as f32 - download(linear.clone().inner())?[0];
    Ok((linear + value) * places as f32)
}

impl Task for FlowTask {
    fn step(&mut self, batch: Batch) -> Result<Vec<(&'static str, f32)>, ModelError> {
        let mut stream = Stream::new(self.settings.seed, Purpose::Noise, batch.step);
        let pictures = dequantised(&batch.pictures, &mut stream);
        let parts = pictures.par_chunks(pictures.len() / self.part_count());
        let parts: Result<Vec<(LeafGradients, f32)>, ModelError> =
            parts.map(|pictures| self.learn_part(pictures)).collect();
        let (gradients, bits): (Vec<LeafGradients>, Vec<f32>) = parts?.into_iter().unzip();
        let rate = self.settings.learning_rate_at(batch.step);
        let decay = self.settings.average_decay;
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
    fn the_volume_of_a_matrix_has_its_value_and_its_gradient() {
        let device = Device::flex().autodiff();
        let matrix = [0.5_f32, -1.0, 2.0, 3.0];
        let leaf = |values: [f32; 4]| {
            Tensor::<1>::from_data(TensorData::new(values.to_vec(), [4]), &device).require_grad()
        };
        let of = |values| download(volume(leaf(values), 2, 3).expect("regular").inner());
        let found = of(matrix).expect("the CPU works")[0];
        assert!((found - 3.0 * 3.5_f32.ln()).abs() < 1e-5, "{found}");
        let whole = leaf(matrix);
        let mut gradients = volume(whole.clone(), 2, 3).expect("regular").backward();
        let gradient = whole.grad_remove(&mut gradients).expect("it is a leaf");
        let gradient = download(gradient.inner()).expect("the CPU works");
        for (index, gradient) in gradient.iter().enumerate() {
            let mut moved = [matrix; 2];
            moved[0][index] -= 1e-2;
            moved[1][index] += 1e-2;
            let [low, high] = moved.map(|values| of(values).expect("the CPU works")[0]);
            let slope = (high - low) / 2e-2;
            assert!(
                (slope - gradient).abs() < 2e-2,
                "{index}: {slope}, {gradient}"
            );
        }
        let singular = volume(leaf([1.0, 2.0, 2.0, 4.0]), 2, 1).expect_err("it has no inverse");
        assert!(singular.0.contains("inverse"), "{singular:?}");
    }

    #[test]
    fn dequantised_pixels_stay_within_their_values() {
        let mut stream = Stream::new(1, Purpose::Noise, 0);
        let pictures: Vec<f32> = (0..256).map(|value| value as f32 / 255.0).collect();
        let found = dequantised(&pictures, &mut stream);
        for (value, found) in found.iter().enumerate() {
            let range = value as f32 / 256.0..=(value + 1) as f32 / 256.0;
            assert!(range.contains(found), "{value}: {found}");
        }
    }
}

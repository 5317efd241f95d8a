//! The weights that are being trained, as flat named tensors, and their optimiser.

use super::random::{Purpose, Stream};
use crate::model::ModelError;
use crate::model::download;
use crate::model::file::StoredTensor;
use crate::model::manifest::NetworkSpec;
use crate::model::network::Network;
use crate::model::shapes;
use crate::model::style::Initial;
use burn::optim::{Adam, AdamConfig, AdamState, AdaptiveMomentumState, Optimizer as _};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use nalgebra::DMatrix;
use std::collections::BTreeMap;

/// One trained tensor. All of them are flat, so that optimiser, averages and checkpoints need
/// not know of ranks; the network gives them their shape on every step.
struct Parameter {
    name: String,
    shape: Vec<usize>,
    /// A leaf of the autodiff graph.
    value: Tensor<1>,
    /// Exponential moving average, outside the graph.
    average: Tensor<1>,
    moments: Option<AdamState<1>>,
    trained: bool,
}

/// A tensor before training.
#[derive(Clone)]
pub struct Fresh {
    pub name: String,
    pub shape: Vec<usize>,
    pub initial: Initial,
    /// Statistics are not trained.
    pub trained: bool,
}

/// Named weights in training, whatever network they belong to.
pub struct Weights {
    parameters: Vec<Parameter>,
    adam: Adam,
}

/// Leaves of one graph, in the order of the weights.
pub struct Leaves(Vec<(String, Tensor<1>)>);

/// The gradients of [`Leaves`], in the same order; what a loss does not depend on has none.
pub struct LeafGradients(Vec<Option<Tensor<1>>>);

impl Leaves {
    pub fn get(&self, name: &str) -> Option<Tensor<1>> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, leaf)| leaf.clone())
    }

    /// What a backward pass has found.
    pub fn gradients(&self, gradients: &mut Gradients) -> LeafGradients {
        let leaves = self.0.iter();
        let found = leaves.map(|(_, leaf)| leaf.grad_remove(gradients));
        LeafGradients(found.map(|g| g.map(|g| g.inner())).collect())
    }
}

/// The weights of one feed-forward network during training.
pub struct Parameters {
    spec: NetworkSpec,
    weights: Weights,
}

impl Parameters {
    /// Fresh weights: normal with a deviation of `sqrt(2 / fan_in)` (He et al. 2015).
    ///
    /// # Errors
    /// When the network's layers do not fit one another.
    pub fn new(
        spec: &NetworkSpec,
        seed: u64,
        betas: (f32, f32),
        device: &Device,
    ) -> Result<Self, ModelError> {
        let plan = shapes::plan(spec).map_err(ModelError)?;
        let fresh = plan.parameters.into_iter().map(|parameter| Fresh {
            initial: if parameter.fan_in > 0 {
                Initial::Normal((2.0 / parameter.fan_in as f32).sqrt())
            } else if is_scale(&parameter.name) {
                Initial::Constant(1.0)
            } else {
                Initial::Constant(0.0)
            },
            trained: !is_statistic(&parameter.name),
            name: parameter.name,
            shape: parameter.shape,
        });
        Ok(Self {
            spec: spec.clone(),
            weights: Weights::new(fresh, seed, betas, device),
        })
    }

    /// See [`Weights::begin_at`].
    pub fn begin_at<'a>(
        &mut self,
        trained: impl Iterator<Item = (&'a str, &'a StoredTensor)>,
        device: &Device,
    ) -> bool {
        self.weights.begin_at(trained, device)
    }

    /// The network on the live weights, inside the autodiff graph.
    ///
    /// # Errors
    /// Never for parameters made by [`Self::new`]; passed on all the same.
    pub fn network(&self) -> Result<Network, ModelError> {
        self.build(|name| self.weights.live(name))
    }

    /// The network on the live weights as constants of an autodiff graph.
    ///
    /// # Errors
    /// As for [`Self::network`].
    pub fn fixed_network(&self) -> Result<Network, ModelError> {
        self.build(|name| self.weights.fixed(name))
    }

    /// The network on the averaged weights, outside the graph.
    ///
    /// # Errors
    /// As for [`Self::network`].
    pub fn averaged_network(&self) -> Result<Network, ModelError> {
        self.build(|name| self.weights.average(name))
    }

    /// Leaves of a graph of their own; see [`Weights::leaves`].
    pub fn leaves(&self) -> Leaves {
        self.weights.leaves()
    }

    /// The network on such leaves.
    ///
    /// # Errors
    /// As for [`Self::network`].
    pub fn network_of(&self, leaves: &Leaves) -> Result<Network, ModelError> {
        self.build(|name| leaves.get(name))
    }

    /// One step of Adam with the gradients of several parts of a batch, and of the average.
    pub fn step_parts(&mut self, parts: Vec<LeafGradients>, learning_rate: f64, decay: f64) {
        self.weights.step_parts(parts, learning_rate, decay);
    }

    fn build(&self, value: impl FnMut(&str) -> Option<Tensor<1>>) -> Result<Network, ModelError> {
        Network::new(&self.spec, value).map_err(ModelError)
    }

    /// One step of Adam, and of the average.
    pub fn step(&mut self, gradients: &mut Gradients, learning_rate: f64, decay: f64) {
        self.weights.step(gradients, learning_rate, decay);
    }

    /// Sets the running statistics of batch normalisation layers: `(layer, mean, variance)`.
    pub fn set_statistics(&mut self, statistics: Vec<(usize, Tensor<1>, Tensor<1>)>) {
        for (layer, mean, variance) in statistics {
            for (role, value) in [("mean", mean), ("variance", variance)] {
                self.weights.set(&format!("{layer}.{role}"), value);
            }
        }
    }

    /// The averaged weights by name.
    ///
    /// # Errors
    /// When the device fails.
    pub fn averaged(&self) -> Result<BTreeMap<String, StoredTensor>, ModelError> {
        self.weights.averaged()
    }

    /// Everything that a resumed run needs, by name with `prefix` in front.
    ///
    /// # Errors
    /// When the device fails.
    pub fn save(
        &self,
        prefix: &str,
        into: &mut BTreeMap<String, Vec<f32>>,
    ) -> Result<(), ModelError> {
        self.weights.save(prefix, into)
    }

    /// Takes back what [`Self::save`] wrote.
    ///
    /// # Errors
    /// As for [`Weights::restore`].
    pub fn restore(
        &mut self,
        prefix: &str,
        from: &mut BTreeMap<String, Vec<f32>>,
        device: &Device,
    ) -> Result<(), ModelError> {
        self.weights.restore(prefix, from, device)
    }
}

impl Weights {
    /// Fresh weights, drawn in the order given.
    pub fn new(
        fresh: impl IntoIterator<Item = Fresh>,
        seed: u64,
        betas: (f32, f32),
        device: &Device,
    ) -> Self {
        let mut stream = Stream::new(seed, Purpose::Initialise, 0);
        let parameters = fresh
            .into_iter()
            .map(|fresh| {
                let len = fresh.shape.iter().product();
                let values = match fresh.initial {
                    Initial::Normal(deviation) => {
                        (0..len).map(|_| stream.normal() * deviation).collect()
                    }
                    Initial::Constant(value) => vec![value; len],
                    Initial::Rotation { side } => rotation(side, &mut stream),
                };
                Parameter {
                    trained: fresh.trained,
                    name: fresh.name,
                    shape: fresh.shape,
                    value: leaf(values.clone(), device),
                    average: Tensor::from_data(
                        TensorData::new(values, [len]),
                        &device.clone().inner(),
                    ),
                    moments: None,
                }
            })
            .collect();
        let adam = AdamConfig::new()
            .with_beta_1(betas.0)
            .with_beta_2(betas.1)
            .with_epsilon(1e-8)
            .build();
        Self { parameters, adam }
    }

    /// Gives weights and their averages the values of a trained network, by name; others stay as they are. Gives whether
    /// there were values for all.
    pub fn begin_at<'a>(
        &mut self,
        trained: impl Iterator<Item = (&'a str, &'a StoredTensor)>,
        device: &Device,
    ) -> bool {
        let mut missing = self.parameters.len();
        for (name, tensor) in trained {
            let found = self.parameters.iter_mut().find(|it| it.name == name);
            let Some(parameter) = found.filter(|it| it.shape == tensor.shape) else {
                continue;
            };
            parameter.value = leaf(tensor.values.clone(), device);
            parameter.average = parameter.value.clone().inner();
            missing -= 1;
        }
        missing == 0
    }

    /// A weight inside the autodiff graph.
    pub fn live(&self, name: &str) -> Option<Tensor<1>> {
        self.find(name).map(|parameter| parameter.value.clone())
    }

    /// A weight as a constant of an autodiff graph.
    pub fn fixed(&self, name: &str) -> Option<Tensor<1>> {
        let parameter = self.find(name)?;
        Some(Tensor::from_inner(parameter.value.clone().inner()))
    }

    /// An averaged weight, outside the graph.
    pub fn average(&self, name: &str) -> Option<Tensor<1>> {
        self.find(name).map(|parameter| parameter.average.clone())
    }

    fn find(&self, name: &str) -> Option<&Parameter> {
        self.parameters
            .iter()
            .find(|parameter| parameter.name == name)
    }

    /// Gives a weight and its average a value from outside.
    fn set(&mut self, name: &str, value: Tensor<1>) {
        if let Some(parameter) = self.parameters.iter_mut().find(|p| p.name == name) {
            let value = value.inner();
            parameter.average = value.clone();
            parameter.value = Tensor::from_inner(value);
        }
    }

    /// Leaves of a graph of their own with the values of the weights, so that parts of a batch
    /// can be computed side by side.
    pub fn leaves(&self) -> Leaves {
        let leaf = |parameter: &Parameter| {
            let value = parameter.value.clone().inner();
            Tensor::from_inner(value).require_grad()
        };
        let named = self.parameters.iter();
        Leaves(named.map(|p| (p.name.clone(), leaf(p))).collect())
    }

    /// One step of Adam, then `average = decay * average + (1 - decay) * value`.
    pub fn step(&mut self, gradients: &mut Gradients, learning_rate: f64, decay: f64) {
        let found = self.parameters.iter();
        let found = found
            .map(|parameter| parameter.value.grad_remove(gradients))
            .map(|gradient| gradient.map(|gradient| gradient.inner()))
            .collect();
        self.apply(found, learning_rate, decay);
    }

    /// [`Self::step_parts`] with gradients that are made shorter where together they are longer than
    /// `longest`, so that one batch cannot throw the weights far away (Pascanu et al. 2013).
    ///
    /// # Errors
    /// When the device fails.
    pub fn step_parts_within(
        &mut self,
        parts: Vec<LeafGradients>,
        longest: f64,
        learning_rate: f64,
        decay: f64,
    ) -> Result<(), ModelError> {
        let found = self.mean_of(parts);
        let mut squares = 0.0;
        for gradient in found.iter().flatten() {
            let sum = download(gradient.clone().square().sum())?;
            squares += f64::from(sum.first().copied().unwrap_or(0.0));
        }
        let length = squares.sqrt();
        let shorter = |gradient: Tensor<1>| match length > longest {
            true => gradient * (longest / length),
            false => gradient,
        };
        let found = found.into_iter().map(|gradient| gradient.map(shorter));
        self.apply(found.collect(), learning_rate, decay);
        Ok(())
    }

    /// The same with the gradients of several parts of a batch, which are averaged in order.
    pub fn step_parts(&mut self, parts: Vec<LeafGradients>, learning_rate: f64, decay: f64) {
        self.apply(self.mean_of(parts), learning_rate, decay);
    }

    fn mean_of(&self, parts: Vec<LeafGradients>) -> Vec<Option<Tensor<1>>> {
        let count = parts.len().max(1) as f64;
        let mut sums: Vec<Option<Tensor<1>>> = vec![None; self.parameters.len()];
        for part in parts {
            for (sum, gradient) in sums.iter_mut().zip(part.0) {
                *sum = match (sum.take(), gradient) {
                    (Some(sum), Some(gradient)) => Some(sum + gradient),
                    (sum, gradient) => sum.or(gradient),
                };
            }
        }
        let means = sums.into_iter().map(|sum| sum.map(|sum| sum / count));
        means.collect()
    }

    fn apply(&mut self, gradients: Vec<Option<Tensor<1>>>, learning_rate: f64, decay: f64) {
        for (parameter, gradient) in self.parameters.iter_mut().zip(gradients) {
            let Some(gradient) = gradient.filter(|_| parameter.trained) else {
                continue;
            };
            let value = parameter.value.clone().inner();
            let moments = parameter.moments.take();
            let (value, moments) = self.adam.step(learning_rate, value, gradient, moments);
            let average = parameter.average.clone();
            parameter.average = average.clone() + (value.clone() - average) * (1.0 - decay);
            parameter.moments = moments;
            parameter.value = Tensor::from_inner(value).require_grad();
        }
    }

    /// The averaged weights by name.
    ///
    /// # Errors
    /// When the device fails.
    pub fn averaged(&self) -> Result<BTreeMap<String, StoredTensor>, ModelError> {
        self.parameters
            .iter()
            .map(|parameter| {
                let values = download(parameter.average.clone())?;
                let tensor = StoredTensor {
                    shape: parameter.shape.clone(),
                    values,
                };
                Ok((parameter.name.clone(), tensor))
            })
            .collect()
    }

    /// Everything that a resumed run needs, by name with `prefix` in front.
    ///
    /// # Errors
    /// When the device fails.
    pub fn save(
        &self,
        prefix: &str,
        into: &mut BTreeMap<String, Vec<f32>>,
    ) -> Result<(), ModelError> {
        for parameter in &self.parameters {
            let name = |part: &str| format!("{prefix}.{}.{part}", parameter.name);
            into.insert(name("value"), download(parameter.value.clone().inner())?);
            into.insert(name("average"), download(parameter.average.clone())?);
            if let Some(AdamState { momentum }) = &parameter.moments {
                into.insert(name("moment_1"), download(momentum.moment_1.clone())?);
                into.insert(name("moment_2"), download(momentum.moment_2.clone())?);
                into.insert(name("time"), vec![momentum.time as f32]);
            }
        }
        Ok(())
    }

    /// Takes back what [`Self::save`] wrote.
    ///
    /// # Errors
    /// When a tensor is missing or has another length, so the checkpoint is of another recipe.
    pub fn restore(
        &mut self,
        prefix: &str,
        from: &mut BTreeMap<String, Vec<f32>>,
        device: &Device,
    ) -> Result<(), ModelError> {
        let inner = device.clone().inner();
        for parameter in &mut self.parameters {
            let len = parameter.shape.iter().product::<usize>();
            let name = |part: &str| format!("{prefix}.{}.{part}", parameter.name);
            let mut take = |part: &str, len: usize| {
                from.remove(&name(part))
                    .filter(|values| values.len() == len)
            };
            let (Some(value), Some(average)) = (take("value", len), take("average", len)) else {
                return Err(ModelError(format!(
                    "it has no fitting {prefix}.{}",
                    parameter.name
                )));
            };
            let moments = match (
                take("moment_1", len),
                take("moment_2", len),
                take("time", 1),
            ) {
                (Some(first), Some(second), Some(time)) => Some(AdamState {
                    momentum: AdaptiveMomentumState {
                        time: time[0] as usize,
                        moment_1: Tensor::from_data(TensorData::new(first, [len]), &inner),
                        moment_2: Tensor::from_data(TensorData::new(second, [len]), &inner),
                        max_moment_2: None,
                    },
                }),
                _ => None,
            };
            parameter.value = leaf(value, device);
            parameter.average = Tensor::from_data(TensorData::new(average, [len]), &inner);
            parameter.moments = moments;
        }
        Ok(())
    }
}

/// A random matrix `[side, side]` of perpendicular rows of length 1.
fn rotation(side: usize, stream: &mut Stream) -> Vec<f32> {
    let normals = (0..side * side).map(|_| f64::from(stream.normal()));
    let matrix = DMatrix::from_iterator(side, side, normals);
    matrix.qr().q().iter().map(|&value| value as f32).collect()
}

fn leaf(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let len = values.len();
    Tensor::from_data(TensorData::new(values, [len]), device).require_grad()
}

fn is_scale(name: &str) -> bool {
    name.ends_with(".gamma") || name.ends_with(".variance")
}

fn is_statistic(name: &str) -> bool {
    name.ends_with(".mean") || name.ends_with(".variance")
}

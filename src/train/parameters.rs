//! The weights that are being trained, as flat named tensors, and their optimiser.

use super::random::{Purpose, Stream};
use crate::model::ModelError;
use crate::model::download;
use crate::model::file::StoredTensor;
use crate::model::manifest::NetworkSpec;
use crate::model::network::Network;
use crate::model::shapes;
use burn::optim::{Adam, AdamConfig, AdamState, AdaptiveMomentumState, Optimizer as _};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
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

/// The weights of one network during training.
pub struct Parameters {
    spec: NetworkSpec,
    parameters: Vec<Parameter>,
    adam: Adam,
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
        let mut stream = Stream::new(seed, Purpose::Initialise, 0);
        let parameters = plan
            .parameters
            .into_iter()
            .map(|parameter| {
                let len = parameter.shape.iter().product();
                let values = if parameter.fan_in > 0 {
                    let deviation = (2.0 / parameter.fan_in as f32).sqrt();
                    (0..len).map(|_| stream.normal() * deviation).collect()
                } else if is_scale(&parameter.name) {
                    vec![1.0; len]
                } else {
                    vec![0.0; len]
                };
                Parameter {
                    trained: !is_statistic(&parameter.name),
                    name: parameter.name,
                    shape: parameter.shape,
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
        Ok(Self {
            spec: spec.clone(),
            parameters,
            adam,
        })
    }

    /// The network on the live weights, inside the autodiff graph.
    ///
    /// # Errors
    /// Never for parameters made by [`Self::new`]; passed on all the same.
    pub fn network(&self) -> Result<Network, ModelError> {
        self.build(|parameter| parameter.value.clone())
    }

    /// The network on the live weights as constants of an autodiff graph.
    ///
    /// # Errors
    /// As for [`Self::network`].
    pub fn fixed_network(&self) -> Result<Network, ModelError> {
        self.build(|parameter| Tensor::from_inner(parameter.value.clone().inner()))
    }

    /// The network on the averaged weights, outside the graph.
    ///
    /// # Errors
    /// As for [`Self::network`].
    pub fn averaged_network(&self) -> Result<Network, ModelError> {
        self.build(|parameter| parameter.average.clone())
    }

    fn build(&self, value: impl Fn(&Parameter) -> Tensor<1>) -> Result<Network, ModelError> {
        Network::new(&self.spec, |name| self.find(name).map(&value)).map_err(ModelError)
    }

    fn find(&self, name: &str) -> Option<&Parameter> {
        self.parameters
            .iter()
            .find(|parameter| parameter.name == name)
    }

    /// One step of Adam, then `average = decay * average + (1 - decay) * value`.
    pub fn step(&mut self, gradients: &mut Gradients, learning_rate: f64, decay: f64) {
        for parameter in self
            .parameters
            .iter_mut()
            .filter(|parameter| parameter.trained)
        {
            let Some(gradient) = parameter.value.grad_remove(gradients) else {
                continue;
            };
            let value = parameter.value.clone().inner();
            let (value, moments) = self.adam.step(
                learning_rate,
                value,
                gradient.inner(),
                parameter.moments.take(),
            );
            let average = parameter.average.clone();
            parameter.average = average.clone() + (value.clone() - average) * (1.0 - decay);
            parameter.moments = moments;
            parameter.value = Tensor::from_inner(value).require_grad();
        }
    }

    /// Sets the running statistics of batch normalisation layers: `(layer, mean, variance)`.
    pub fn set_statistics(&mut self, statistics: Vec<(usize, Tensor<1>, Tensor<1>)>) {
        for (layer, mean, variance) in statistics {
            for (role, value) in [("mean", mean), ("variance", variance)] {
                let name = format!("{layer}.{role}");
                if let Some(parameter) = self.parameters.iter_mut().find(|p| p.name == name) {
                    let value = value.inner();
                    parameter.average = value.clone();
                    parameter.value = Tensor::from_inner(value);
                }
            }
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

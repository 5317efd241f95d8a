//! Constants folded into weights, so that a finished model computes nothing twice.

use super::ModelError;
use super::file::StoredTensor;
use super::manifest::{LayerSpec, NetworkSpec};
use super::network::BATCH_NORM_EPSILON;
use std::collections::BTreeMap;

/// Folds every batch normalisation into the dense or convolution layer before it (a reshape may
/// stand between), and numbers the layers anew.
///
/// # Errors
/// When a batch normalisation follows any other layer, or a tensor is missing.
pub fn batch_norms(
    spec: &NetworkSpec,
    mut tensors: BTreeMap<String, StoredTensor>,
) -> Result<(NetworkSpec, BTreeMap<String, StoredTensor>), ModelError> {
    let mut missing = |name: String| {
        tensors
            .remove(&name)
            .ok_or_else(|| ModelError(format!("the tensor {name:?} is missing")))
    };
    let mut layers: Vec<LayerSpec> = Vec::new();
    let mut folded: BTreeMap<String, StoredTensor> = BTreeMap::new();
    for (index, layer) in spec.layers.iter().enumerate() {
        match layer {
            LayerSpec::BatchNorm => {
                let mut role = |role: &str| missing(format!("{index}.{role}")).map(|t| t.values);
                let (gamma, beta, mean, variance) = (
                    role("gamma")?,
                    role("beta")?,
                    role("mean")?,
                    role("variance")?,
                );
                let target = layers
                    .iter()
                    .rposition(|layer| !matches!(layer, LayerSpec::Reshape { .. }))
                    .ok_or_else(|| ModelError("a batch norm has no layer before it".to_owned()))?;
                let fault = || ModelError(format!("layer {target} has no weights to fold into"));
                let weight_name = format!("{target}.weight");
                let mut weight = folded.remove(&weight_name).ok_or_else(fault)?;
                let bias = folded
                    .get_mut(&format!("{target}.bias"))
                    .ok_or_else(fault)?;
                // Dense and transposed kernels have inputs first, other kernels outputs first.
                let (outputs, inner) = match layers[target] {
                    LayerSpec::Conv { channels, .. } => {
                        (channels, weight.values.len() / channels.max(1))
                    }
                    LayerSpec::ConvTranspose { channels } => (channels, 16),
                    _ => (bias.values.len(), 1),
                };
                // Features that became a picture share their channel's statistics.
                let per_channel = outputs / gamma.len().max(1);
                let channel_of = |output: usize| output / per_channel.max(1);
                let scale: Vec<f32> = gamma
                    .iter()
                    .zip(&variance)
                    .map(|(g, v)| g / (v + BATCH_NORM_EPSILON as f32).sqrt())
                    .collect();
                for (position, value) in weight.values.iter_mut().enumerate() {
                    *value *= scale[channel_of(position / inner % outputs)];
                }
                for (output, value) in bias.values.iter_mut().enumerate() {
                    let channel = channel_of(output);
                    *value = (*value - mean[channel]) * scale[channel] + beta[channel];
                }
                folded.insert(weight_name, weight);
            }
            layer => {
                for role in ["weight", "bias"] {
                    if let Ok(tensor) = missing(format!("{index}.{role}")) {
                        folded.insert(format!("{}.{role}", layers.len()), tensor);
                    }
                }
                layers.push(layer.clone());
            }
        }
    }
    Ok((
        NetworkSpec {
            input: spec.input.clone(),
            layers,
        },
        folded,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::network::Network;
    use crate::model::{download, shapes};
    use burn::tensor::{Device, Tensor, TensorData};

    fn tensors(spec: &NetworkSpec) -> BTreeMap<String, StoredTensor> {
        let plan = shapes::plan(spec).expect("the network is sound");
        let mut phase = 0.0f32;
        let filled = plan.parameters.into_iter().map(|parameter| {
            phase += 1.0;
            let count = parameter.shape.iter().product();
            // Variances and scales are positive.
            let values = (0..count)
                .map(|i| 0.6 + 0.5 * (i as f32 * 0.7 + phase).sin())
                .collect();
            (
                parameter.name,
                StoredTensor {
                    shape: parameter.shape,
                    values,
                },
            )
        });
        filled.collect()
    }

    fn run(
        spec: &NetworkSpec,
        tensors: &BTreeMap<String, StoredTensor>,
        input: &[f32],
    ) -> Vec<f32> {
        let device = Device::flex();
        let network = Network::new(spec, |name| {
            let values = tensors.get(name)?.values.clone();
            let count = values.len();
            Some(Tensor::from_data(TensorData::new(values, [count]), &device))
        })
        .expect("the network is sound");
        let input = Tensor::from_data(TensorData::new(input.to_vec(), [1, input.len()]), &device);
        download(network.forward(input)).expect("the CPU works")
    }

    #[track_caller]
    fn assert_close(a: &[f32], b: &[f32]) {
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() <= 1e-4 * a.abs().max(1.0), "{a} is not {b}");
        }
    }

    #[test]
    fn folding_batch_norms_changes_no_picture() {
        let spec = NetworkSpec {
            input: vec![3],
            layers: vec![
                LayerSpec::Dense { outputs: 16 },
                LayerSpec::Reshape {
                    channels: 4,
                    height: 2,
                    width: 2,
                },
                LayerSpec::BatchNorm,
                LayerSpec::LeakyRelu { slope: 0.1 },
                LayerSpec::ConvTranspose { channels: 5 },
                LayerSpec::BatchNorm,
                LayerSpec::Tanh,
                LayerSpec::Conv {
                    channels: 2,
                    kernel: 3,
                    stride: 1,
                },
                LayerSpec::BatchNorm,
            ],
        };
        let before = tensors(&spec);
        let (folded, after) = batch_norms(&spec, before.clone()).expect("it can be folded");
        assert!(!folded.layers.contains(&LayerSpec::BatchNorm));
        let input = [0.4, -0.9, 1.3];
        assert_close(&run(&spec, &before, &input), &run(&folded, &after, &input));
    }
}

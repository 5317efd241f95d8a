//! Constants folded into weights, so that a finished model computes nothing twice.

use super::ModelError;
use super::file::StoredTensor;
use super::manifest::{LayerSpec, NetworkSpec, Role};
use super::network::BATCH_NORM_EPSILON;
use super::network_form::NetworkForm;
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

/// Rescales the z of an autoencoder so that codes have mean 0 and deviation 1 in each number.
///
/// `mean` and `sigma` are those of the encoder's codes; `tensors` go by role and name. The last
/// dense layer of the encoder and the first of the decoder take the change, so pictures stay the
/// same.
///
/// # Errors
/// When the encoder does not end, or the decoder not begin, with a dense layer.
pub fn standardise(
    networks: &BTreeMap<Role, NetworkForm>,
    tensors: &mut BTreeMap<String, StoredTensor>,
    mean: &[f32],
    sigma: &[f32],
) -> Result<(), ModelError> {
    let fault = || ModelError("the codes are not between two dense layers".to_owned());
    let layers = |role| networks.get(&role).and_then(NetworkForm::layers);
    let encoder = layers(Role::Encoder).ok_or_else(fault)?;
    let decoder = layers(Role::Decoder).ok_or_else(fault)?;
    let last = encoder.layers.len().checked_sub(1).ok_or_else(fault)?;
    let dense = |layer: Option<&LayerSpec>| matches!(layer, Some(LayerSpec::Dense { .. }));
    if !dense(encoder.layers.last()) || !dense(decoder.layers.first()) {
        return Err(fault());
    }
    let dim = mean.len();
    let mut change = |name: String, change: &dyn Fn(usize, f32) -> f32| {
        let tensor = tensors.get_mut(&name).ok_or_else(fault)?;
        for (position, value) in tensor.values.iter_mut().enumerate() {
            *value = change(position, *value);
        }
        Ok(tensor.values.clone())
    };
    change(format!("encoder.{last}.weight"), &|at, value| {
        value / sigma[at % dim]
    })?;
    change(format!("encoder.{last}.bias"), &|at, value| {
        (value - mean[at]) / sigma[at]
    })?;
    let weight = change("decoder.0.weight".to_owned(), &|_, value| value)?;
    let outputs = weight.len() / dim.max(1);
    change("decoder.0.weight".to_owned(), &|at, value| {
        value * sigma[at / outputs]
    })?;
    change("decoder.0.bias".to_owned(), &|at, value| {
        value
            + (0..dim)
                .map(|row| mean[row] * weight[row * outputs + at])
                .sum::<f32>()
    })?;
    Ok(())
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

    #[test]
    fn standardising_codes_changes_no_picture() {
        let dense = |outputs| LayerSpec::Dense { outputs };
        let encoder = NetworkSpec {
            input: vec![1, 2, 2],
            layers: vec![LayerSpec::Flatten, dense(2)],
        };
        let decoder = NetworkSpec {
            input: vec![2],
            layers: vec![dense(3), LayerSpec::Tanh],
        };
        let networks = BTreeMap::from([
            (Role::Encoder, encoder.clone()),
            (Role::Decoder, decoder.clone()),
        ]);
        let mut all = BTreeMap::new();
        for (role, spec) in &networks {
            let named = tensors(spec).into_iter();
            all.extend(named.map(|(name, tensor)| (format!("{}.{name}", role.name()), tensor)));
        }
        let of = |all: &BTreeMap<String, StoredTensor>, prefix: &str| {
            all.iter()
                .filter_map(|(name, t)| Some((name.strip_prefix(prefix)?.to_owned(), t.clone())))
                .collect::<BTreeMap<_, _>>()
        };
        let picture = [0.1, 0.8, 0.3, 0.5];
        let code = run(&encoder, &of(&all, "encoder."), &picture);
        let before = run(&decoder, &of(&all, "decoder."), &code);
        let (mean, sigma) = (vec![0.5, -1.0], vec![2.0, 0.25]);
        let forms = networks.into_iter();
        let forms = forms
            .map(|(role, spec)| (role, NetworkForm::from(spec)))
            .collect();
        standardise(&forms, &mut all, &mean, &sigma).expect("dense layers meet at the code");
        let changed = run(&encoder, &of(&all, "encoder."), &picture);
        let expected: Vec<f32> = code
            .iter()
            .zip(mean.iter().zip(&sigma))
            .map(|(c, (m, s))| (c - m) / s)
            .collect();
        assert_close(&changed, &expected);
        assert_close(&run(&decoder, &of(&all, "decoder."), &changed), &before);
    }
}

//! Generative adversarial networks.

use super::conditions::Conditioning;
use super::dataset::DataForm;
use super::parameters::Parameters;
use super::penalty::add_penalties;
use super::random::{Purpose, Stream};
use super::recipe::Recipe;
use super::settings::Settings;
use super::task::{
    Batch, Task, Trained, code_network, conditioning, picture_network, rows, with_role,
};
use crate::model::fold;
use crate::model::manifest::{ImageSpec, NetworkSpec, Role};
use crate::model::network::{Mode, Network, flat};
use crate::model::{ModelError, download};
use burn::tensor::{Device, Tensor, activation};
use std::collections::BTreeMap;

/// Batches over which the statistics of batch normalisation are measured at the end.
const STATISTICS_BATCHES: u64 = 50;

pub struct GanTask {
    settings: Settings,
    image: ImageSpec,
    z_dim: usize,
    /// What both networks are told of a picture.
    conditions: Option<Conditioning>,
    device: Device,
    generator_spec: NetworkSpec,
    generator: Parameters,
    discriminator: Parameters,
}

impl GanTask {
    pub fn new(recipe: &Recipe, data: &DataForm, device: Device) -> Result<Self, ModelError> {
        let image = data.image;
        let conditions = conditioning(recipe, data)?;
        let words = conditions.as_ref().map_or(0, Conditioning::len);
        let settings = recipe.training.clone();
        let generator_spec = code_network(recipe.z_dim + words, &recipe.decoder);
        let discriminator_spec = picture_network(image, &recipe.discriminator);
        let betas = (settings.beta_1, settings.beta_2);
        Ok(Self {
            image,
            z_dim: recipe.z_dim,
            generator: Parameters::new(&generator_spec, settings.seed, betas, &device)?,
            discriminator: Parameters::new(&discriminator_spec, settings.seed + 1, betas, &device)?,
            generator_spec,
            conditions,
            device,
            settings,
        })
    }

    /// What the generator takes: a code, and its condition.
    fn codes(&self, stream: &mut Stream, count: usize, condition: &Condition) -> Tensor<2> {
        let codes = rows(stream.normals(count * self.z_dim), self.z_dim, &self.device);
        match condition {
            Some(condition) => Tensor::cat(vec![codes, condition.clone()], 1),
            None => codes,
        }
    }
}

/// The weights of conditions, `[count, words]`, where there are any.
type Condition = Option<Tensor<2>>;

/// The verdict `[count, 1]` of a discriminator that gives one number for the picture and one for each
/// word: those count as much as the words do (Miyato and Koyama 2018).
fn verdict(outputs: Tensor<2>, condition: &Condition) -> Tensor<2> {
    let Some(condition) = condition else {
        return outputs;
    };
    let [count, outputs_len] = outputs.dims();
    let of_picture = outputs.clone().slice([0..count, 0..1]);
    let of_words = outputs.slice([0..count, 1..outputs_len]);
    of_picture + (of_words * condition.clone()).sum_dim(1)
}

/// Pictures in -1..1 that training's batch statistics make of codes.
fn generate(
    generator: &Network,
    codes: Tensor<2>,
    statistics: &mut Vec<(usize, Tensor<1>, Tensor<1>)>,
) -> Tensor<2> {
    let logits = generator.forward_logits(codes, &mut Mode::Training { statistics });
    activation::sigmoid(logits) * 2.0 - 1.0
}

impl Task for GanTask {
    fn step(&mut self, batch: Batch) -> Result<Vec<(&'static str, f32)>, ModelError> {
        let real = rows(batch.pictures, self.image.len(), &self.device) * 2.0 - 1.0;
        let [count, _] = real.dims();
        let mut stream = Stream::new(self.settings.seed, Purpose::Noise, batch.step);
        let condition = self.conditions.as_ref().map(|conditions| {
            let weights = conditions.of_step(&batch.labels, self.settings.seed, batch.step);
            rows(weights, conditions.len(), &self.device)
        });
        let codes = self.codes(&mut stream, count, &condition);
        let fake = generate(&self.generator.network()?, codes, &mut Vec::new());

        let rate = self.settings.learning_rate_at(batch.step);
        let decay = self.settings.average_decay_at(batch.step);
        let discriminator = self.discriminator.network()?;
        let judge = |network: &Network, x| verdict(network.forward(x), &condition);
        let loss = self.settings.loss;
        let fixed_fake = Tensor::from_inner(fake.clone().inner());
        let mut discriminator_loss = loss.of_discriminator(
            judge(&discriminator, fixed_fake.clone()),
            judge(&discriminator, real.clone()),
        );
        let shown_discriminator = discriminator_loss.clone().inner();
        if let Some(gammas) = self.settings.gammas_at(batch.step) {
            let fixed = self.discriminator.fixed_network()?;
            let derivative =
                |x, t| verdict(discriminator.forward_with_derivative(x, t).1, &condition);
            let pictures = [real.clone(), fixed_fake];
            let fixed = |x| judge(&fixed, x);
            discriminator_loss =
                add_penalties(discriminator_loss, derivative, fixed, pictures, gammas);
        }
        let mut gradients = discriminator_loss.backward();
        let discriminator_rate = rate * self.settings.discriminator_rate;
        self.discriminator
            .step(&mut gradients, discriminator_rate, decay);

        let discriminator = self.discriminator.network()?;
        let judged = judge(&discriminator, fake);
        let generator_loss = loss.of_generator(judged, || judge(&discriminator, real));
        let shown_generator = generator_loss.clone().inner();
        let mut gradients = generator_loss.backward();
        self.generator.step(&mut gradients, rate, decay);
        Ok(vec![
            ("generator", download(shown_generator)?[0]),
            ("discriminator", download(shown_discriminator)?[0]),
        ])
    }

    fn save(&self) -> Result<BTreeMap<String, Vec<f32>>, ModelError> {
        let mut state = BTreeMap::new();
        self.generator.save("generator", &mut state)?;
        self.discriminator.save("discriminator", &mut state)?;
        Ok(state)
    }

    fn restore(&mut self, mut state: BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        self.generator
            .restore("generator", &mut state, &self.device)?;
        self.discriminator
            .restore("discriminator", &mut state, &self.device)
    }

    fn finish(&mut self) -> Result<Trained, ModelError> {
        // The averaged weights have seen no batch, so their statistics are measured now.
        let network = self.generator.averaged_network()?;
        let device = self.device.clone().inner();
        let mut sums: Vec<(usize, Tensor<1>, Tensor<1>)> = Vec::new();
        for batch in 0..STATISTICS_BATCHES {
            let mut stream = Stream::new(self.settings.seed, Purpose::Evaluate, batch);
            let codes = rows(stream.normals(256 * self.z_dim), self.z_dim, &device);
            let codes = match &self.conditions {
                Some(conditions) => {
                    let weights = conditions.of_every_word(256);
                    let weights = rows(weights, conditions.len(), &device);
                    Tensor::cat(vec![codes, weights], 1)
                }
                None => codes,
            };
            let mut statistics = Vec::new();
            let mut mode = Mode::Training {
                statistics: &mut statistics,
            };
            flat(network.run(codes, network.layer_count(), &mut mode));
            sums = if sums.is_empty() {
                statistics
            } else {
                let pairs = sums.into_iter().zip(statistics);
                pairs
                    .map(|((i, m, v), (_, mean, var))| (i, m + mean, v + var))
                    .collect()
            };
        }
        let count = STATISTICS_BATCHES as f64;
        self.generator.set_statistics(
            sums.into_iter()
                .map(|(i, m, v)| (i, m / count, v / count))
                .collect(),
        );
        let (spec, tensors) = fold::batch_norms(&self.generator_spec, self.generator.averaged()?)?;
        Ok(Trained {
            networks: BTreeMap::from([(Role::Decoder, spec.into())]),
            tensors: with_role(Role::Decoder, tensors).collect(),
            ..Trained::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::manifest::LayerSpec;
    use crate::train::penalty::gradient_penalty;
    use burn::tensor::TensorData;

    const GAMMA: f64 = 0.7;

    const IMAGE: [usize; 3] = [1, 6, 6];

    /// The kinds of layers that discriminators of recipes have, and two bends that are smooth.
    fn spec() -> NetworkSpec {
        NetworkSpec {
            input: IMAGE.to_vec(),
            layers: vec![
                LayerSpec::Conv {
                    channels: 3,
                    kernel: 4,
                    stride: 2,
                },
                LayerSpec::LeakyRelu { slope: 0.2 },
                LayerSpec::Flatten,
                LayerSpec::Dense { outputs: 5 },
                LayerSpec::Tanh,
                LayerSpec::Dense { outputs: 4 },
                LayerSpec::Silu,
                LayerSpec::Dense { outputs: 1 },
            ],
        }
    }

    fn weights(length: usize, phase: f32) -> Vec<f32> {
        (0..length)
            .map(|index| 0.6 * (index as f32 * 1.7 + phase).sin())
            .collect()
    }

    /// The network with one number of a tensor moved, and that tensor.
    fn network(
        (name, index, by): (&str, usize, f32),
        device: &Device,
        tracked: bool,
    ) -> (Network, Tensor<1>) {
        let mut moved = None;
        let network = Network::new(&spec(), |known| {
            let (length, phase) = match known {
                "0.weight" => (48, 0.3),
                "0.bias" => (3, 1.0),
                // Padding of one on each side and a stride of two leave 3x3 of 6x6.
                "3.weight" => (27 * 5, 2.0),
                "3.bias" => (5, 0.7),
                "5.weight" => (20, 1.4),
                "5.bias" => (4, 0.2),
                "7.weight" => (4, 0.9),
                _ => (1, 0.5),
            };
            let mut values = weights(length, phase);
            if known == name {
                values[index] += by;
            }
            let mut tensor: Tensor<1> =
                Tensor::from_data(TensorData::new(values, [length]), device);
            if tracked {
                tensor = tensor.require_grad();
            }
            if known == name {
                moved = Some(tensor.clone());
            }
            Some(tensor)
        })
        .expect("the network is sound");
        (network, moved.expect("the network has that tensor"))
    }

    /// `gamma/2 * mean |g|^2` itself.
    fn penalty(moved: (&str, usize, f32), pictures: &Tensor<2>, device: &Device) -> f64 {
        let (network, _) = network(moved, device, false);
        let leaf = Tensor::from_inner(pictures.clone().inner()).require_grad();
        let mut gradients = network.forward(leaf.clone()).sum().backward();
        let gradient = leaf.grad_remove(&mut gradients).expect("a gradient");
        let [count, _] = gradient.dims();
        let values = download(gradient.inner()).expect("the CPU works");
        let square: f64 = values.iter().map(|&v| f64::from(v).powi(2)).sum();
        GAMMA / 2.0 * square / count as f64
    }

    #[test]
    fn the_derivative_of_a_network_is_that_of_its_results() {
        let device = Device::flex();
        let pictures = rows(weights(4 * 36, 0.0), 36, &device);
        let direction = rows(weights(4 * 36, 3.0), 36, &device);
        let (network, _) = network(("0.bias", 0, 0.0), &device, false);
        let (result, derivative) =
            network.forward_with_derivative(pictures.clone(), direction.clone());
        let plain = download(network.forward(pictures.clone())).expect("the CPU works");
        assert_eq!(download(result).expect("the CPU works"), plain);
        let step = 1e-2;
        let at = |by: f64| {
            let moved = pictures.clone() + direction.clone() * by;
            download(network.forward(moved)).expect("the CPU works")
        };
        let (ahead, behind) = (at(step), at(-step));
        let found = download(derivative).expect("the CPU works");
        for (row, found) in found.iter().enumerate() {
            let expected = (ahead[row] - behind[row]) / (2.0 * step as f32);
            assert!((found - expected).abs() < 1e-2, "{found}, not {expected}");
        }
    }

    #[test]
    fn the_gradient_of_r1_is_that_of_the_penalty() {
        let device = Device::flex().autodiff();
        let pictures = rows(weights(4 * 36, 0.0), 36, &device);
        for (name, length) in [("0.weight", 48), ("3.weight", 30), ("5.weight", 20)] {
            let (tracked, leaf) = network((name, 0, 0.0), &device, true);
            let (fixed, _) = network((name, 0, 0.0), &device, false);
            let derivative = |x, t| tracked.forward_with_derivative(x, t).1;
            let loss = gradient_penalty(derivative, |x| fixed.forward(x), pictures.clone(), GAMMA);
            let mut gradients = loss.backward();
            let gradient = leaf.grad_remove(&mut gradients).expect("a gradient");
            let gradient = download(gradient.inner()).expect("the CPU works");
            let found = &gradient[..length];
            let largest = found
                .iter()
                .fold(0.0f32, |most, value| most.max(value.abs()));
            assert!(largest > 1e-3, "the penalty does not pull at {name}");
            for (index, &found) in found.iter().enumerate() {
                // Small enough that no leaky ReLU passes its bend, as long as the numbers differ
                // from zero by more.
                let step = 2e-3;
                let ahead = penalty((name, index, step), &pictures, &device);
                let behind = penalty((name, index, -step), &pictures, &device);
                let expected = (ahead - behind) / f64::from(2.0 * step);
                assert!(
                    (f64::from(found) - expected).abs() < 0.01 * f64::from(largest),
                    "{name} {index}: {found} exactly, {expected} by differences"
                );
            }
        }
    }
}

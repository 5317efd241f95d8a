//! Plain and variational autoencoders.

use super::begin::begin_layers_at;
use super::conditions::Conditioning;
use super::dataset::DataForm;
use super::looks::Looks;
use super::losses;
use super::parameters::{LeafGradients, Parameters};
use super::random::{Purpose, Stream};
use super::recipe::Recipe;
use super::settings::{Reconstruction, Settings};
use super::task::{
    Batch, Task, Trained, code_network, conditioning, mean_losses, part_of, picture_network, rows,
    with_role,
};
use crate::model::family::Encoding;
use crate::model::manifest::{ImageSpec, NetworkSpec, Role};
use crate::model::network::Mode;
use crate::model::{ModelError, download};
use burn::tensor::{Device, Tensor, activation};
use rayon::prelude::*;
use std::collections::BTreeMap;

pub struct AutoencoderTask {
    settings: Settings,
    variational: bool,
    image: ImageSpec,
    z_dim: usize,
    /// What the decoder takes beside a code.
    conditions: Option<Conditioning>,
    looks: Option<Looks>,
    device: Device,
    encoder_spec: NetworkSpec,
    decoder_spec: NetworkSpec,
    encoder: Parameters,
    decoder: Parameters,
}

impl AutoencoderTask {
    pub fn new(recipe: &Recipe, data: &DataForm, device: Device) -> Result<Self, ModelError> {
        let image = data.image;
        let conditions = conditioning(recipe, data)?;
        let words = conditions.as_ref().map_or(0, Conditioning::len);
        let settings = recipe.training.clone();
        let encoder_spec = picture_network(image, &recipe.encoder);
        let decoder_spec = code_network(recipe.z_dim + words, &recipe.decoder);
        let betas = (settings.beta_1, settings.beta_2);
        let mut task = Self {
            variational: recipe.family.traits().encoding == Encoding::Distribution,
            image,
            z_dim: recipe.z_dim,
            encoder: Parameters::new(&encoder_spec, settings.seed, betas, &device)?,
            decoder: Parameters::new(&decoder_spec, settings.seed + 1, betas, &device)?,
            encoder_spec,
            decoder_spec,
            conditions,
            looks: Looks::of_recipe(recipe, data, &device)?,
            device,
            settings,
        };
        if let Some(path) = &recipe.begin {
            let networks = [
                (Role::Encoder, &mut task.encoder),
                (Role::Decoder, &mut task.decoder),
            ];
            begin_layers_at(networks, path, &task.device)?;
        }
        Ok(task)
    }

    /// What is wrong with decoded pictures, by name: the error of pixels first, then of what else counts.
    fn errors(
        &self,
        logits: Tensor<2>,
        pictures: Tensor<2>,
        labels: &[u8],
    ) -> Result<Vec<(&'static str, Tensor<1>)>, ModelError> {
        let decoded = activation::sigmoid(logits.clone());
        let mut errors = Vec::new();
        errors.push((
            "reconstruction",
            match self.settings.reconstruction {
                Reconstruction::Bernoulli => losses::bernoulli(logits, pictures.clone()),
                Reconstruction::Squared => losses::squared(decoded.clone(), pictures.clone()),
            },
        ));
        if self.settings.differences > 0.0 {
            let error = losses::differences(decoded.clone(), pictures, self.image);
            errors.push(("differences", error * self.settings.differences));
        }
        if let Some(looks) = &self.looks {
            errors.push(("labels", looks.labeller().loss(decoded, labels)?));
        }
        Ok(errors)
    }
}

/// What one part of a batch of pictures is trained on.
struct Part<'a> {
    pictures: &'a [f32],
    labels: &'a [u8],
    /// The weights of conditions; empty where there are none.
    conditions: &'a [f32],
    /// Standard normal, a row for each picture; empty without a prior.
    noise: &'a [f32],
    /// Codes drawn from the prior, as many; empty where no classifier looks at what is decoded of them.
    prior: &'a [f32],
}

/// What a part of a batch gives.
struct Learned {
    encoder: LeafGradients,
    decoder: LeafGradients,
    /// By name.
    losses: Vec<(&'static str, f32)>,
    /// The probability of each label in samples; empty where no classifier looks at them.
    seen: Vec<f32>,
}

impl AutoencoderTask {
    fn learn_part(&self, part: &Part<'_>, step: u64) -> Result<Learned, ModelError> {
        let pictures = rows(part.pictures.to_vec(), self.image.len(), &self.device);
        let [count, _] = pictures.dims();
        let with_condition = |code: Tensor<2>| match &self.conditions {
            Some(known) => {
                let weights = rows(part.conditions.to_vec(), known.len(), &self.device);
                Tensor::cat(vec![code, weights], 1)
            }
            None => code,
        };
        let leaves = [self.encoder.leaves(), self.decoder.leaves()];
        let found = self.encoder.network_of(&leaves[0])?;
        let found = found.forward(pictures.clone());
        let decoder = self.decoder.network_of(&leaves[1])?;
        let mut statistics = Vec::new();
        let mut mode = Mode::Training {
            statistics: &mut statistics,
        };
        let (code, kl) = if self.variational {
            let mu = found.clone().slice([0..count, 0..self.z_dim]);
            let logvar = found
                .slice([0..count, self.z_dim..2 * self.z_dim])
                .clamp(-losses::LOGVAR_BOUND, losses::LOGVAR_BOUND);
            let noise = rows(part.noise.to_vec(), self.z_dim, &self.device);
            let code = mu.clone() + noise * (logvar.clone() * 0.5).exp();
            (code, Some(losses::kl_divergence(mu, logvar)))
        } else {
            (found, None)
        };
        let logits = decoder.forward_logits(with_condition(code), &mut mode);
        let samples = match self.looks.as_ref().filter(|_| !part.prior.is_empty()) {
            Some(looks) => {
                let code = rows(part.prior.to_vec(), self.z_dim, &self.device);
                let samples = decoder.forward_logits(with_condition(code), &mut mode);
                Some(looks.loss(activation::sigmoid(samples))?)
            }
            None => None,
        };
        let mut shown = Vec::new();
        let mut loss = Tensor::zeros([1], &self.device);
        for (name, error) in self.errors(logits, pictures, part.labels)? {
            shown.push((name, error.clone().inner()));
            loss = loss + error;
        }
        if let Some(kl) = kl {
            shown.push(("kl", kl.clone().inner()));
            let progress = self.settings.progress(step);
            let warmth = (progress / self.settings.warm_up.max(f64::MIN_POSITIVE)).min(1.0);
            loss = loss + kl * (self.settings.beta * warmth);
        }
        let mut seen = Vec::new();
        if let Some((told, labels)) = samples {
            shown.push(("samples", told.clone().inner()));
            loss = loss + told;
            seen = labels;
        }
        let mut gradients = loss.backward();
        let [encoder, decoder] = leaves.map(|leaves| leaves.gradients(&mut gradients));
        let shown = shown.into_iter();
        let losses: Result<_, ModelError> = shown
            .map(|(name, value)| Ok((name, download(value)?[0])))
            .collect();
        Ok(Learned {
            encoder,
            decoder,
            losses: losses?,
            seen,
        })
    }
}

impl Task for AutoencoderTask {
    fn step(&mut self, batch: Batch) -> Result<Vec<(&'static str, f32)>, ModelError> {
        let step = batch.step;
        let count = batch.pictures.len() / self.image.len().max(1);
        let numbers = count * self.z_dim;
        let mut stream = Stream::new(self.settings.seed, Purpose::Noise, step);
        let mut normals = |are_needed: bool| match are_needed {
            true => stream.normals(numbers),
            false => Vec::new(),
        };
        let noise = normals(self.variational);
        let progress = self.settings.progress(step);
        let looks = self.looks.as_ref();
        let prior = normals(looks.is_some_and(|it| it.have_weight() && it.count_at(progress)));
        let conditions = self.conditions.as_ref().map_or_else(Vec::new, |known| {
            known.of_step(&batch.labels, self.settings.seed, step)
        });
        let parts = self.settings.parts(&self.device);
        let learned: Result<Vec<Learned>, ModelError> = (0..parts)
            .into_par_iter()
            .map(|index| {
                let part = Part {
                    pictures: part_of(&batch.pictures, index, parts),
                    labels: part_of(&batch.labels, index, parts),
                    conditions: part_of(&conditions, index, parts),
                    noise: part_of(&noise, index, parts),
                    prior: part_of(&prior, index, parts),
                };
                self.learn_part(&part, step)
            })
            .collect();
        let (mut encoder, mut decoder) = (Vec::new(), Vec::new());
        let (mut losses, mut seen) = (Vec::new(), Vec::new());
        for part in learned? {
            encoder.push(part.encoder);
            decoder.push(part.decoder);
            losses.push(part.losses);
            seen.push(part.seen);
        }
        let rate = self.settings.learning_rate_at(step);
        let decay = self.settings.average_decay_at(step);
        self.encoder.step_parts(encoder, rate, decay);
        self.decoder.step_parts(decoder, rate, decay);
        let mut losses = mean_losses(losses);
        if let Some(looks) = self.looks.as_mut().filter(|_| !prior.is_empty()) {
            looks.note(&seen, &batch.labels, count);
            losses.push(("drift", looks.divergence()));
        }
        Ok(losses)
    }

    fn save(&self) -> Result<BTreeMap<String, Vec<f32>>, ModelError> {
        let mut state = BTreeMap::new();
        self.encoder.save("encoder", &mut state)?;
        self.decoder.save("decoder", &mut state)?;
        if let Some(looks) = &self.looks {
            looks.save(&mut state);
        }
        Ok(state)
    }

    fn restore(&mut self, mut state: BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        self.encoder.restore("encoder", &mut state, &self.device)?;
        if let Some(looks) = &mut self.looks {
            looks.restore(&mut state)?;
        }
        self.decoder.restore("decoder", &mut state, &self.device)
    }

    fn finish(&mut self) -> Result<Trained, ModelError> {
        let networks = BTreeMap::from([
            (Role::Encoder, self.encoder_spec.clone().into()),
            (Role::Decoder, self.decoder_spec.clone().into()),
        ]);
        let tensors = with_role(Role::Encoder, self.encoder.averaged()?)
            .chain(with_role(Role::Decoder, self.decoder.averaged()?))
            .collect();
        Ok(Trained {
            networks,
            tensors,
            ..Trained::default()
        })
    }
}

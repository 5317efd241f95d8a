//! Plain and variational autoencoders.

use super::conditions::Conditioning;
use super::dataset::DataForm;
use super::losses;
use super::parameters::Parameters;
use super::random::{Purpose, Stream};
use super::recipe::{Recipe, Reconstruction, Settings};
use super::task::{
    Batch, Task, Trained, code_network, conditioning, picture_network, rows, with_role,
};
use crate::model::family::Encoding;
use crate::model::manifest::{ImageSpec, NetworkSpec, Role};
use crate::model::network::Mode;
use crate::model::{ModelError, download};
use burn::tensor::{Device, Tensor, activation};
use std::collections::BTreeMap;

pub struct AutoencoderTask {
    settings: Settings,
    variational: bool,
    image: ImageSpec,
    z_dim: usize,
    /// What the decoder takes beside a code.
    conditions: Option<Conditioning>,
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
        Ok(Self {
            variational: recipe.family.traits().encoding == Encoding::Distribution,
            image,
            z_dim: recipe.z_dim,
            encoder: Parameters::new(&encoder_spec, settings.seed, betas, &device)?,
            decoder: Parameters::new(&decoder_spec, settings.seed + 1, betas, &device)?,
            encoder_spec,
            decoder_spec,
            conditions,
            device,
            settings,
        })
    }

    fn reconstruction(&self, logits: Tensor<2>, pictures: Tensor<2>) -> Tensor<1> {
        match self.settings.reconstruction {
            Reconstruction::Bernoulli => losses::bernoulli(logits, pictures),
            Reconstruction::Squared => losses::squared(activation::sigmoid(logits), pictures),
        }
    }
}

impl Task for AutoencoderTask {
    fn step(&mut self, batch: Batch) -> Result<Vec<(&'static str, f32)>, ModelError> {
        let pictures = rows(batch.pictures, self.image.len(), &self.device);
        let [count, _] = pictures.dims();
        let condition = self.conditions.as_ref().map(|conditions| {
            let weights = conditions.of_step(&batch.labels, self.settings.seed, batch.step);
            rows(weights, conditions.len(), &self.device)
        });
        let with_condition = |code: Tensor<2>| match &condition {
            Some(condition) => Tensor::cat(vec![code, condition.clone()], 1),
            None => code,
        };
        let found = self.encoder.network()?.forward(pictures.clone());
        let decoder = self.decoder.network()?;
        let mut statistics = Vec::new();
        let mut mode = Mode::Training {
            statistics: &mut statistics,
        };
        let (reconstruction, kl) = if self.variational {
            let mu = found.clone().slice([0..count, 0..self.z_dim]);
            let logvar = found
                .slice([0..count, self.z_dim..2 * self.z_dim])
                .clamp(-losses::LOGVAR_BOUND, losses::LOGVAR_BOUND);
            let mut stream = Stream::new(self.settings.seed, Purpose::Noise, batch.step);
            let noise = rows(stream.normals(count * self.z_dim), self.z_dim, &self.device);
            let code = mu.clone() + noise * (logvar.clone() * 0.5).exp();
            let logits = decoder.forward_logits(with_condition(code), &mut mode);
            (
                self.reconstruction(logits, pictures),
                Some(losses::kl_divergence(mu, logvar)),
            )
        } else {
            let logits = decoder.forward_logits(with_condition(found), &mut mode);
            (self.reconstruction(logits, pictures), None)
        };
        let mut shown = vec![("reconstruction", reconstruction.clone().inner())];
        let loss = match kl {
            Some(kl) => {
                shown.push(("kl", kl.clone().inner()));
                let progress = self.settings.progress(batch.step);
                let warmth = (progress / self.settings.warm_up.max(f64::MIN_POSITIVE)).min(1.0);
                reconstruction + kl * (self.settings.beta * warmth)
            }
            None => reconstruction,
        };
        let mut gradients = loss.backward();
        let rate = self.settings.learning_rate_at(batch.step);
        let decay = self.settings.average_decay;
        self.encoder.step(&mut gradients, rate, decay);
        self.decoder.step(&mut gradients, rate, decay);
        shown
            .into_iter()
            .map(|(name, value)| Ok((name, download(value)?[0])))
            .collect()
    }

    fn save(&self) -> Result<BTreeMap<String, Vec<f32>>, ModelError> {
        let mut state = BTreeMap::new();
        self.encoder.save("encoder", &mut state)?;
        self.decoder.save("decoder", &mut state)?;
        Ok(state)
    }

    fn restore(&mut self, mut state: BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        self.encoder.restore("encoder", &mut state, &self.device)?;
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

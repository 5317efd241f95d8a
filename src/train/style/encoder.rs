//! The encoder beside a style-based generator: what it gives for a picture is drawn again.

use super::StyleTask;
use crate::model::ModelError;
use crate::model::manifest::{ImageSpec, NetworkSpec};
use crate::train::losses;
use crate::train::parameters::{Leaves, Parameters};
use crate::train::random::{Purpose, Stream};
use crate::train::recipe::Recipe;
use crate::train::settings::Autoencoding;
use crate::train::task::{picture_network, rows};
use burn::tensor::{Device, Tensor};

/// The encoder that a generator learns from.
pub struct Encoder {
    pub spec: NetworkSpec,
    pub settings: Autoencoding,
    pub parameters: Parameters,
}

impl Encoder {
    /// # Errors
    /// When its layers do not fit one another.
    pub fn new(
        recipe: &Recipe,
        settings: Autoencoding,
        image: ImageSpec,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let spec = picture_network(image, &recipe.encoder);
        let betas = (recipe.training.beta_1, recipe.training.beta_2);
        let seed = recipe.training.seed + 2;
        Ok(Self {
            parameters: Parameters::new(&spec, seed, betas, device)?,
            settings,
            spec,
        })
    }
}

impl StyleTask {
    /// The loss of drawing pictures in 0..1, or codes, again from what the encoder gives for them, with
    /// its parts: the mean squared error of what is seen, and the KL divergence in nats.
    pub(super) fn autoencode(
        &self,
        (generator, encoder): (&Leaves, &Leaves),
        part: &Encoder,
        pictures: Tensor<2>,
        (step, place): (u64, u64),
    ) -> Result<(Tensor<1>, [Tensor<1>; 2]), ModelError> {
        let (spec, device) = (&self.spec, &self.device);
        let [count, len] = pictures.dims();
        let found = part.parameters.network_of(encoder)?;
        let found = found.forward(pictures.clone());
        let dim = spec.z_dim;
        let mu = found.clone().slice([0..count, 0..dim]);
        let logvar = found.slice([0..count, dim..2 * dim]);
        let logvar = logvar.clamp(-losses::LOGVAR_BOUND, losses::LOGVAR_BOUND);
        let mut stream = Stream::new(self.settings.seed, Purpose::Encode, place);
        let spread = rows(stream.normals(count * dim), dim, device);
        let z = mu.clone() + spread * (logvar.clone() * 0.5).exp();
        let w = self.mapping(generator)?.forward(z).map_err(ModelError)?;
        let w = w.reshape([count, 1, spec.w_dim]);
        let styles = w.expand([count, spec.num_ws, spec.w_dim]);
        let noise = self.noise(&mut stream, count);
        let again = self.synthesise(generator, styles, noise.as_ref())?;
        let seen = self.view.of_data(pictures);
        let error = losses::squared(again, seen);
        let kl = losses::kl_divergence(mu, logvar);
        let settings = part.settings;
        let progress = self.settings.progress(step);
        let warmth = (progress / self.settings.warm_up.max(f64::MIN_POSITIVE)).min(1.0);
        // The likelihood has the error over twice the variance, as seen, summed.
        let deviation = self.view.enlargement() * settings.deviation;
        let nat = 2.0 * deviation.powi(2) / len as f64;
        let loss = error.clone() + kl.clone() * (nat * self.settings.beta * warmth);
        Ok((loss * settings.weight, [error.inner(), kl.inner()]))
    }
}

//! The numbers of a training run, as a recipe gives them.

use super::losses::AdversarialLoss;
use super::task::parts_of;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

/// The numbers of a training run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub seed: u64,
    /// Training pictures to see in all, repeats counted.
    pub images: u64,
    pub batch: usize,
    /// Adam's rate at the start; it falls along a half cosine.
    pub learning_rate: f64,
    pub final_learning_rate: f64,
    /// Rate of the discriminator as a multiple of the generator's.
    #[serde(default = "one")]
    pub discriminator_rate: f64,
    #[serde(default = "default_beta_1")]
    pub beta_1: f32,
    #[serde(default = "default_beta_2")]
    pub beta_2: f32,
    /// Decay of the average of the weights that ships, per step; less at the beginning, of which nothing is to stay.
    #[serde(default)]
    pub average_decay: f64,
    /// Instead of the decay, in style-based recipes and those that refine: the pictures after which half of the
    /// average has been replaced, and at most 5 % of the pictures seen.
    #[serde(default)]
    pub average_half_life: Option<u64>,
    /// How often a picture is made of two codes in training (style mixing).
    #[serde(default)]
    pub style_mixing: f64,
    #[serde(default)]
    pub reconstruction: Reconstruction,
    /// Weight of the squared error of the differences between neighbouring pixels of a reconstruction, summed over
    /// the picture. The error of the pixels alone hardly minds a fine pattern, such as transposed convolutions leave.
    #[serde(default)]
    pub differences: f64,
    /// Weight of the KL divergence of a VAE, of a style-based generator with an encoder, or of the VAE of label
    /// maps.
    #[serde(default = "one")]
    pub beta: f64,
    /// What a style-based generator with an encoder learns from it.
    #[serde(default)]
    pub autoencoding: Option<Autoencoding>,
    /// How strongly a style-based generator is kept to the shares of the labels in the data.
    #[serde(default)]
    pub shares: Option<LabelShares>,
    /// Part of the run over which that of the KL divergence grows from zero.
    #[serde(default)]
    pub warm_up: f64,
    /// Whether the codes of a finished autoencoder are mapped so that those of pictures, with what is drawn around them, have
    /// mean 0 and the identity as covariance, as the prior has; pictures are drawn as before. A normal
    /// distribution fitted afterwards, as Ghosh et al. (2020) do.
    #[serde(default)]
    pub whiten: bool,
    /// What the networks of a GAN play for.
    #[serde(default)]
    pub loss: AdversarialLoss,
    /// Weight of the gradient penalty on real pictures (Mescheder et al. 2018).
    #[serde(default)]
    pub r1_gamma: f64,
    /// Weight of the same penalty on generated pictures.
    #[serde(default)]
    pub r2_gamma: f64,
    /// What is left of both weights at the end of the run; they fall by the same part on every
    /// step (as Huang et al. 2024 let them fall, there along a cosine).
    #[serde(default = "one")]
    pub gamma_left: f64,
    /// Steps from one gradient penalty to the next.
    #[serde(default = "default_r1_every")]
    pub r1_every: u64,
    /// Largest random shift of a picture, in pixels.
    #[serde(default)]
    pub shift: usize,
}

/// The part of an encoder in the training of a style-based generator: what it gives for a picture
/// is drawn again by the generator (VAE-GAN, Larsen et al. 2016). The generator then has to know all
/// of the data, however little of it the discriminator misses.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Autoencoding {
    /// Weight of the squared error, averaged over pixels in -1..1, beside the adversarial loss.
    pub weight: f64,
    /// The standard deviation that pixels in 0..1 are taken to have around a reconstruction; the KL
    /// divergence, in nats, weighs as much as it would beside the likelihood of that.
    pub deviation: f64,
    /// Part of the run in which the generator learns from the encoder alone, before there is a
    /// discriminator.
    pub lead: f64,
    /// Part of the run after that over which the adversarial loss gets its whole weight.
    pub ramp: f64,
    /// Rate of the encoder as a multiple of the generator's, whose rate is equalised.
    pub encoder_rate: f64,
}

/// The part of labels in the training of a style-based generator: a small classifier says how often
/// each is drawn, and the generator is moved towards the share of the data.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelShares {
    /// Weight of the divergence between both shares, in nats summed over the labels, beside the
    /// adversarial loss.
    pub weight: f64,
    /// Pictures after which half of a mean share has been replaced.
    pub half_life: u64,
    /// Rate of the classifier as a multiple of the generator's, whose rate is equalised.
    pub classifier_rate: f64,
}

/// How a reconstruction is compared with its picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reconstruction {
    /// Cross entropy of grey values, summed over pixels, in nats.
    #[default]
    Bernoulli,
    /// Squared error, averaged over pixels.
    Squared,
}

fn one() -> f64 {
    1.0
}

fn default_beta_1() -> f32 {
    0.9
}

fn default_beta_2() -> f32 {
    0.999
}

fn default_r1_every() -> u64 {
    16
}

impl LabelShares {
    pub(super) fn is_sound(&self) -> bool {
        let numbers = [self.weight, self.classifier_rate];
        let are_positive = |number: &f64| *number > 0.0 && number.is_finite();
        numbers.iter().all(are_positive) && self.half_life > 0
    }
}

impl Autoencoding {
    pub(super) fn is_sound(&self) -> bool {
        [self.weight, self.deviation, self.encoder_rate]
            .iter()
            .all(|number| *number > 0.0 && number.is_finite())
            && [self.lead, self.ramp]
                .iter()
                .all(|part| (0.0..1.0).contains(part))
    }

    /// The weight of the adversarial loss at a part of the run; 0 while there is none.
    pub fn adversarial_weight(&self, progress: f64) -> f64 {
        ((progress - self.lead) / self.ramp.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0)
    }
}

/// The average of the weights follows at least this part of the pictures seen, so that it does
/// not hang on to the beginning of a run (the ramp of StyleGAN2).
const AVERAGE_RAMP: f64 = 0.05;

impl Settings {
    /// The decay of the average of the weights after `step` steps.
    pub fn average_decay_at(&self, step: u64) -> f64 {
        let batch = self.batch as f64;
        let after = |half_life: f64| 0.5f64.powf(batch / half_life.max(1e-3));
        let ramp = after(AVERAGE_RAMP * step as f64 * batch);
        let decay = match self.average_half_life {
            Some(half_life) => after(half_life as f64),
            None => self.average_decay,
        };
        decay.min(ramp)
    }

    /// Into how many equal parts a batch is divided, which are computed side by side. A GPU is faster with a
    /// batch as a whole.
    pub fn parts(&self, device: &Device) -> usize {
        parts_of(self.batch, device)
    }

    /// Steps of the whole run.
    pub fn steps(&self) -> u64 {
        (self.images / self.batch as u64).max(1)
    }

    /// The part of the run that is over before `step`, 0 to 1.
    pub fn progress(&self, step: u64) -> f64 {
        step as f64 / self.steps() as f64
    }

    /// The weights of the gradient penalties on real and on generated pictures at a step, or
    /// none on a step without them.
    pub fn gammas_at(&self, step: u64) -> Option<[f64; 2]> {
        let left = self.gamma_left.powf(self.progress(step));
        // A penalty that is there on one step of some weighs as much as one on all of them.
        let weight = left * self.r1_every as f64;
        step.is_multiple_of(self.r1_every)
            .then(|| [self.r1_gamma, self.r2_gamma].map(|gamma| gamma * weight))
    }

    /// Adam's rate at a step: half a cosine from the first rate to the last.
    pub fn learning_rate_at(&self, step: u64) -> f64 {
        let fall = 0.5 * (1.0 + (std::f64::consts::PI * self.progress(step)).cos());
        self.final_learning_rate + (self.learning_rate - self.final_learning_rate) * fall
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::recipe::Recipe;

    /// The first weights are in no average that ships, however short the run, and a long run has the decay of its recipe.
    #[test]
    fn an_average_forgets_the_beginning_of_its_run() {
        let text = include_str!("../../assets/recipes/digits-cvae.toml");
        let settings = Recipe::parse(text).expect("it is sound").training;
        assert_eq!(settings.average_decay, 0.999);
        for steps in [100, 3000, 30_000] {
            let later = (steps / 10..steps).map(|step| settings.average_decay_at(step));
            let left: f64 = later.product();
            assert!(left < 1e-6, "{left} of the first tenth of {steps} steps");
        }
        assert_eq!(settings.average_decay_at(30_000), 0.999);
        let none = Settings {
            average_decay: 0.0,
            ..settings
        };
        assert_eq!(none.average_decay_at(500), 0.0);
    }

    #[test]
    fn penalties_fall_and_weigh_for_the_steps_without() {
        let text = include_str!("../../assets/recipes/digits-gan.toml");
        let settings = Settings {
            images: 1000,
            batch: 10,
            r1_gamma: 2.0,
            r2_gamma: 0.5,
            r1_every: 50,
            gamma_left: 0.01,
            ..Recipe::parse(text).expect("it is sound").training
        };
        let close = |found: Option<[f64; 2]>, wanted: [f64; 2]| {
            let found = found.expect("there is a penalty");
            let pairs = found.iter().zip(wanted);
            assert!(
                pairs
                    .into_iter()
                    .all(|(found, wanted)| (found - wanted).abs() < 1e-9),
                "{found:?}, not {wanted:?}"
            );
        };
        close(settings.gammas_at(0), [100.0, 25.0]);
        assert_eq!(settings.gammas_at(49), None);
        close(settings.gammas_at(50), [10.0, 2.5]);
        close(settings.gammas_at(100), [1.0, 0.25]);
    }
}

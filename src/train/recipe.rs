//! Training recipes: TOML files that say everything about a run but where the data lies.

use super::TrainError;
use super::causal::CausalSpec;
use super::conditions::ConditionSettings;
use super::critic::CriticSpec;
use super::dataset::{Dataset, DatasetName};
use super::diffusion::DiffusionSettings;
use super::first_stage::FirstStageSettings;
use super::labeller::LabellerSettings;
use super::layout::LayoutSettings;
use super::losses::AdversarialLoss;
use super::refine::RefineSettings;
use super::task::parts_of;
use super::translation::TranslationSettings;
use super::vq::CodebookSettings;
use crate::files::{FileKind, load};
use crate::model::family::Encoding;
use crate::model::flow::FlowSpec;
use crate::model::manifest::{DataSource, Family, ImageSpec, LayerSpec};
use crate::model::style::StyleSpec;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A whole recipe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    pub name: String,
    pub title: String,
    pub summary: String,
    pub family: Family,
    pub dataset: DatasetName,
    /// Where the pictures of a paper doll come from; the program knows that of other data.
    #[serde(default)]
    pub source: Option<DataSource>,
    /// The length of a code; classifiers have none.
    #[serde(default)]
    pub z_dim: usize,
    /// The labels that the decoder takes beside a code; none where this is not given.
    #[serde(default)]
    pub conditions: Option<ConditionSettings>,
    /// How a denoiser is built and what it learns.
    #[serde(default)]
    pub diffusion: Option<DiffusionSettings>,
    /// Whose codes a diffusion model, a style-based generator or an autoregressive model learns in place of
    /// pictures.
    #[serde(default)]
    pub autoencoder: Option<FirstStageSettings>,
    /// What the decoder of the autoencoder is refined by, where nothing else is trained.
    #[serde(default)]
    pub refine: Option<RefineSettings>,
    /// A model of the same kind, codes and sizes that a run begins with, in place of chance.
    #[serde(default)]
    pub begin: Option<PathBuf>,
    /// A classifier whose labels the reconstructions of an autoencoder should keep.
    #[serde(default)]
    pub labels: Option<LabellerSettings>,
    /// The sizes of a flow.
    #[serde(default)]
    pub flow: Option<FlowSpec>,
    /// The codebook of an autoencoder whose codes are indices.
    #[serde(default)]
    pub codebook: Option<CodebookSettings>,
    /// The network that says what comes next in a grid.
    #[serde(default)]
    pub prior: Option<CausalSpec>,
    /// What the label maps of the pictures are made of.
    #[serde(default)]
    pub layout: Option<LayoutSettings>,
    /// The sizes of the networks between label maps and pictures.
    #[serde(default)]
    pub translation: Option<TranslationSettings>,
    pub training: Settings,
    /// Layers from z, followed by the weights of conditions, to a picture; the last one makes logits
    /// a picture.
    #[serde(default)]
    pub decoder: Vec<LayerSpec>,
    /// Layers from a picture to z, or to mu and logvar.
    #[serde(default)]
    pub encoder: Vec<LayerSpec>,
    /// Layers from a picture to one number, and one more for each condition, whose weights say how
    /// much of it is added (a projection discriminator, Miyato and Koyama 2018); used in training only.
    #[serde(default)]
    pub discriminator: Vec<LayerSpec>,
    /// Layers from a picture, or from what a style-based generator draws, to class logits.
    #[serde(default)]
    pub classifier: Vec<LayerSpec>,
    /// The sizes of a style-based generator.
    #[serde(default)]
    pub style: Option<StyleSpec>,
    /// The sizes of its discriminator; used in training only.
    #[serde(default)]
    pub critic: Option<CriticSpec>,
}

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
    /// Decay of the average of the weights that ships, per step.
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

/// The largest recipe that is read.
const MAX_BYTES: u64 = 1 << 20;

impl Recipe {
    /// Reads a recipe file and gives its text beside it.
    ///
    /// # Errors
    /// When the file cannot be read or is no sound recipe.
    pub fn read(path: &Path) -> Result<(Self, String), TrainError> {
        let fault = |fault: String| TrainError::Recipe {
            path: path.to_owned(),
            fault,
        };
        let bytes = load::read(path, MAX_BYTES)
            .map_err(|error| fault(format!("cannot be read: {}", error.fault)))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let kind = FileKind::of(error.as_bytes());
            fault(format!("cannot be read: it is {kind}, not a text in UTF-8"))
        })?;
        let mut recipe = Self::parse(&text).map_err(fault)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for file in recipe.files() {
            *file = folder.join(&*file);
        }
        Ok((recipe, text))
    }

    /// Reads the text of a recipe.
    ///
    /// # Errors
    /// A sentence that names the line or the number that is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let recipe: Self =
            toml::from_str(text).map_err(|error| format!("is not a sound recipe: {error}"))?;
        let settings = &recipe.training;
        let checks = [
            (
                (1..=8192).contains(&settings.batch),
                "batch must be 1 to 8192",
            ),
            (
                settings.images >= settings.batch as u64,
                "images must be at least one batch",
            ),
            (
                (0.0..1.0).contains(&settings.average_decay),
                "average_decay must be in 0..1",
            ),
            (
                settings.learning_rate > 0.0 && settings.learning_rate.is_finite(),
                "learning_rate must be positive and finite",
            ),
            (
                (0.0..=settings.learning_rate).contains(&settings.final_learning_rate),
                "final_learning_rate must be from 0 to learning_rate",
            ),
            (
                settings.discriminator_rate > 0.0 && settings.discriminator_rate.is_finite(),
                "discriminator_rate must be positive and finite",
            ),
            (
                [settings.beta_1, settings.beta_2]
                    .iter()
                    .all(|beta| (0.0..1.0).contains(beta)),
                "beta_1 and beta_2 must be in 0..1",
            ),
            (
                [settings.beta, settings.r1_gamma, settings.r2_gamma]
                    .iter()
                    .all(|weight| (0.0..f64::INFINITY).contains(weight)),
                "beta, r1_gamma and r2_gamma must be finite and not negative",
            ),
            (
                (0.0..1.0).contains(&settings.warm_up),
                "warm_up must be in 0..1",
            ),
            (
                settings.gamma_left > 0.0 && settings.gamma_left <= 1.0,
                "gamma_left must be above 0 and at most 1",
            ),
            (settings.r1_every > 0, "r1_every must be positive"),
            (
                settings.autoencoding.is_none_or(|it| it.is_sound()),
                "autoencoding must have positive numbers, with lead and ramp in 0..1",
            ),
            (
                !recipe.family.traits().has_styles
                    || settings.autoencoding.is_some() != recipe.encoder.is_empty(),
                "a style-based generator needs both an encoder and training.autoencoding, or neither",
            ),
            (
                settings.shares.is_none_or(|it| it.is_sound()),
                "shares must have positive numbers",
            ),
            (
                !recipe.family.traits().has_styles
                    || settings.shares.is_some() != recipe.classifier.is_empty(),
                "a style-based generator needs both a classifier and training.shares, or neither",
            ),
            (
                (0.0..=1.0).contains(&settings.style_mixing),
                "style_mixing must be in 0..=1",
            ),
            (
                settings.average_half_life != Some(0),
                "average_half_life must be positive",
            ),
            (
                recipe
                    .conditions
                    .as_ref()
                    .is_none_or(ConditionSettings::is_sound),
                "conditions.drop must be in 0..1, and conditions.short from 0 to 1",
            ),
            (
                recipe.conditions.is_none() || recipe.family.traits().learns_conditions,
                "only VAEs, GANs, diffusion models and autoregressive models learn conditions",
            ),
            (settings.shift <= 8, "shift must be at most 8 pixels"),
            (
                !recipe.family.traits().generates
                    || recipe.family.traits().has_any_spaces
                    || recipe.family.traits().has_likelihood
                    || recipe.z_dim > 0,
                "z_dim must be positive",
            ),
            (
                recipe.family.traits().takes_steps() == recipe.diffusion.is_some(),
                "the section diffusion belongs to diffusion models, and to all of them",
            ),
            (
                recipe.family.traits().has_likelihood == recipe.flow.is_some(),
                "the section flow belongs to flows, and to all of them",
            ),
            (
                recipe.family.traits().learns_codebook == recipe.codebook.is_some(),
                "the section codebook belongs to VQ-VAEs, and to all of them",
            ),
            (
                !recipe.family.traits().learns_codebook
                    || recipe.autoencoder.is_some() == recipe.encoder.is_empty()
                        && recipe.autoencoder.is_some() == recipe.decoder.is_empty(),
                "a VQ-VAE needs an encoder and a decoder, or an autoencoder in their place",
            ),
            (
                recipe.codebook.is_none_or(|it| it.is_sound()),
                "a codebook has 2 to 16384 entries, a positive commitment and no size of 0",
            ),
            (
                recipe.family.traits().translates == recipe.translation.is_some()
                    && recipe.translation.is_some() == recipe.layout.is_some(),
                "the sections layout and translation belong to models that translate label maps, and to all of them",
            ),
            (
                recipe.layout.as_ref().is_none_or(|it| it.is_sound()),
                "a layout has a side of 1 to 256 and 2 to 256 labels, each with a name and either layers or a hue",
            ),
            (
                recipe.translation.as_ref().is_none_or(|it| it.is_sound()),
                "translation needs positive sizes and weights, and a lead in 0..1",
            ),
            (
                !recipe.family.traits().translates || recipe.z_dim > 0,
                "z_dim must be positive",
            ),
            (
                recipe.family.traits().writes() == recipe.prior.is_some(),
                "the section prior belongs to autoregressive models, and to all of them",
            ),
            (
                recipe
                    .diffusion
                    .as_ref()
                    .is_none_or(|it| it.min_snr > 0.0 && it.min_snr.is_finite()),
                "diffusion.min_snr must be positive and finite",
            ),
            (
                recipe.autoencoder.is_none()
                    || recipe.family.traits().takes_steps()
                    || recipe.family.traits().writes()
                    || recipe.family.traits().learns_codebook
                    || recipe.family.traits().has_styles
                    || recipe.refine.is_some(),
                "only diffusion models, style-based generators, codebooks and autoregressive models learn the codes of an autoencoder",
            ),
            (
                recipe.refine.is_none()
                    || recipe.family.traits().encoding != Encoding::None
                        && recipe.autoencoder.is_some()
                        && recipe.critic.is_some()
                        && recipe.encoder.is_empty()
                        && recipe.decoder.is_empty(),
                "an autoencoder is refined by the sections refine, autoencoder and critic, and has no layers of its own",
            ),
            (
                recipe.refine.as_ref().is_none_or(RefineSettings::is_sound),
                "refine.weight must be 0 or more, and finite",
            ),
            (
                recipe.begin.is_none()
                    || recipe.draws_codes()
                    || recipe.family.traits().takes_steps()
                    || recipe.family.traits().writes(),
                "only diffusion models, autoregressive models and style-based generators of codes can begin with another model",
            ),
            (
                recipe.labels.is_none()
                    || recipe.family.traits().autoencodes()
                    || recipe.draws_codes(),
                "only autoencoders and style-based generators of codes are told by a classifier what they show",
            ),
            (
                recipe
                    .labels
                    .as_ref()
                    .is_none_or(LabellerSettings::is_sound),
                "labels.weight, doubt and shares must be 0 or more, and finite, and from less than 1",
            ),
            (
                recipe.labels.as_ref().is_none_or(|it| it.doubt == 0.0) || recipe.has_samples(),
                "labels.doubt needs samples: of the prior of a vae, of refine.generators, or of a generator of codes",
            ),
            (
                recipe
                    .labels
                    .as_ref()
                    .is_none_or(|it| it.is_of(recipe.draws_codes())),
                "labels.weight belongs to autoencoders, and labels.shares and labels.from to style-based generators",
            ),
            (
                recipe
                    .autoencoder
                    .as_ref()
                    .is_none_or(|it| it.is_sound(settings.batch)),
                "autoencoder.pictures must be from one batch to 10000000",
            ),
            (
                recipe.source.is_some() == recipe.dataset.source().is_none(),
                "source must be given for a paper doll, and for no other data",
            ),
        ];
        match checks.iter().find(|(sound, _)| !sound) {
            Some((_, fault)) => Err((*fault).to_owned()),
            None => Ok(recipe),
        }
    }
}

impl Recipe {
    /// Whether a run draws samples whose labels a classifier can be asked for.
    fn has_samples(&self) -> bool {
        match &self.refine {
            Some(refine) => !refine.generators.is_empty(),
            None => self.draws_codes() || self.family.traits().encoding == Encoding::Distribution,
        }
    }

    /// Whether a style-based generator draws the codes of an autoencoder.
    fn draws_codes(&self) -> bool {
        self.family.traits().has_styles && self.autoencoder.is_some()
    }

    /// The other files that it names.
    fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let autoencoder = self.autoencoder.iter_mut().map(|it| &mut it.file);
        let generators = self.refine.iter_mut().flat_map(|it| &mut it.generators);
        let labels = self.labels.iter_mut().map(|it| &mut it.classifier);
        autoencoder
            .chain(generators)
            .chain(labels)
            .chain(&mut self.begin)
    }

    /// The shape of what the model learns: pictures, or the codes of an autoencoder.
    pub fn data_shape(&self, image: ImageSpec) -> [usize; 3] {
        let pictures = [image.channels, image.height, image.width];
        match (&self.codebook, &self.autoencoder, &self.layout) {
            (_, _, Some(layout)) => [1, layout.side, layout.side],
            (Some(codebook), ..) => [1, codebook.height, codebook.width],
            (None, Some(autoencoder), None) if self.refine.is_none() => autoencoder.codes,
            (None, _, None) => pictures,
        }
    }

    /// The data with label maps, where the recipe has a layout.
    ///
    /// # Errors
    /// What is wrong with the recipe, when its layout does not fit the data.
    pub fn laid_out(&self, data: Dataset) -> Result<Dataset, String> {
        match &self.layout {
            Some(layout) => data.laid_out(layout),
            None => Ok(data),
        }
    }

    /// Where the pictures come from.
    pub fn data_source(&self) -> DataSource {
        let known = self.dataset.source().or_else(|| self.source.clone());
        // `parse` has checked that one of them is there.
        known.unwrap_or_default()
    }
}

impl LabelShares {
    fn is_sound(&self) -> bool {
        let numbers = [self.weight, self.classifier_rate];
        let are_positive = |number: &f64| *number > 0.0 && number.is_finite();
        numbers.iter().all(are_positive) && self.half_life > 0
    }
}

impl Autoencoding {
    fn is_sound(&self) -> bool {
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
        match self.average_half_life {
            Some(half_life) => {
                let seen = step as f64 * batch;
                let half_life = (half_life as f64).min(AVERAGE_RAMP * seen).max(1e-3);
                0.5f64.powf(batch / half_life)
            }
            None => self.average_decay,
        }
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

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
use super::refine::RefineSettings;
use super::settings::Settings;
use super::style::TeacherSettings;
use super::translation::TranslationSettings;
use super::vq::CodebookSettings;
use crate::files::{FileKind, load};
use crate::model::family::Encoding;
use crate::model::flow::FlowSpec;
use crate::model::manifest::{DataSource, Family, ImageSpec, LayerSpec};
use crate::model::style::StyleSpec;
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
    /// A diffusion model of the same codes that a style-based generator learns from.
    #[serde(default)]
    pub teacher: Option<TeacherSettings>,
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
                "refine.weight must be 0 or more, and finite, and what is drawn comes from refine.generators or from the prior",
            ),
            (
                recipe.begin.is_none()
                    || recipe.draws_codes()
                    || recipe.family.traits().autoencodes() && recipe.refine.is_none()
                    || recipe.family.traits().takes_steps()
                    || recipe.family.traits().writes(),
                "only autoencoders, diffusion models, autoregressive models and style-based generators of codes can begin with another model",
            ),
            (
                recipe.training.differences == 0.0
                    || recipe.training.differences > 0.0
                        && recipe.training.differences.is_finite()
                        && recipe.family.traits().autoencodes()
                        && recipe.refine.is_none(),
                "training.differences must be 0 or more, and finite, and is for autoencoders",
            ),
            (
                !recipe.training.whiten
                    || recipe.family.traits().autoencodes()
                        && recipe.refine.is_none()
                        && recipe.codes_are_dense(),
                "training.whiten needs an autoencoder with a dense layer on both sides of its codes",
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
                recipe.labels.as_ref().is_none_or(|it| !it.sees_samples()) || recipe.has_samples(),
                "labels.doubt and labels.shares need samples: of the prior of a vae, of refine.generators or refine.prior, or of a generator of codes",
            ),
            (
                recipe
                    .labels
                    .as_ref()
                    .is_none_or(|it| it.weight == 0.0 || !recipe.draws_codes()),
                "labels.weight belongs to autoencoders",
            ),
            (
                recipe
                    .labels
                    .as_ref()
                    .is_none_or(|it| it.from == 0.0 || it.sees_samples()),
                "labels.from says when samples begin to count: it needs labels.doubt or labels.shares",
            ),
            (
                recipe.teacher.is_none() || recipe.draws_codes(),
                "only style-based generators of codes learn from a teacher",
            ),
            (
                recipe
                    .teacher
                    .as_ref()
                    .is_none_or(TeacherSettings::is_sound),
                "teacher.weight must be 0 or more, learner_rate more, and both and guidance finite",
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
            Some(refine) => refine.has_samples(),
            None => self.draws_codes() || self.family.traits().encoding == Encoding::Distribution,
        }
    }

    /// Whether codes come out of a dense layer and go into another.
    fn codes_are_dense(&self) -> bool {
        [self.encoder.last(), self.decoder.first()]
            .iter()
            .all(|layer| matches!(layer, Some(LayerSpec::Dense { .. })))
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
        let teacher = self.teacher.iter_mut().map(|it| &mut it.model);
        autoencoder
            .chain(generators)
            .chain(labels)
            .chain(teacher)
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

//! Refining the decoder of a trained autoencoder against a discriminator.
//!
//! A decoder that learned squared errors alone draws small parts soft, and a soft part is easily
//! taken for another: a shadow under a mouth for a beard. Here its encoder, and with it every code, stays as it is, while
//! the decoder learns from a discriminator as well (as the decoders of Esser et al. 2021 do), and from a classifier where
//! there is one. Models of these codes, trained before, take the refined decoder without being trained again; what some
//! of them draw can be shown to the discriminator, too.

use super::begin::tensors_of;
use super::critic::{CriticSpec, Discriminator};
use super::dataset::DataForm;
use super::first_stage::FirstStage;
use super::labeller;
use super::looks::Looks;
use super::losses;
use super::memory::RunMemory;
use super::parameters::{Fresh, LeafGradients, Leaves, Weights};
use super::penalty::add_penalties;
use super::random::{Purpose, Stream};
use super::recipe::Recipe;
use super::settings::Settings;
use super::style::View;
use super::style_network::{Mapping, Synthesis};
use super::task::{Batch, PARTS, Task, Trained, mean_losses, part_of, rows, with_role};
use crate::model::file::StoredTensor;
use crate::model::graph::{GraphNetwork, GraphPlan, Operation};
use crate::model::manifest::{ImageSpec, Role};
use crate::model::style::{self, Initial, StylePlan, StyleSpec};
use crate::model::{ModelError, ModelFile, NetworkForm, download};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a decoder is refined by.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefineSettings {
    /// Weight of the squared error of reconstructions, averaged over pixels in 0..1, beside the adversarial loss.
    pub weight: f64,
    /// Style-based generators of the same codes, beside the recipe if their paths are relative: half of what the
    /// discriminator is shown are pictures of theirs.
    #[serde(default)]
    pub generators: Vec<PathBuf>,
    /// Whether that half are pictures of codes drawn from the prior of a VAE, the standard normal distribution (VAE-GAN,
    /// Larsen et al. 2016).
    #[serde(default)]
    pub prior: bool,
}

impl RefineSettings {
    pub fn is_sound(&self) -> bool {
        self.weight >= 0.0 && self.weight.is_finite() && (self.generators.is_empty() || !self.prior)
    }

    /// Whether there are pictures of other codes than those of the data.
    pub fn has_samples(&self) -> bool {
        self.prior || !self.generators.is_empty()
    }
}

pub struct RefineTask {
    settings: Settings,
    refine: RefineSettings,
    view: View,
    image: ImageSpec,
    critic_spec: CriticSpec,
    device: Device,
    first_stage: FirstStage,
    /// The networks of the file, and its tensors by role and name.
    networks: BTreeMap<Role, NetworkForm>,
    tensors: BTreeMap<String, StoredTensor>,
    plan: Arc<GraphPlan>,
    decoder: Weights,
    critic: Weights,
    generators: Vec<CodeGenerator>,
    looks: Option<Looks>,
}

/// A style-based generator of codes, which stays as it is.
struct CodeGenerator {
    spec: StyleSpec,
    plan: StylePlan,
    tensors: BTreeMap<String, StoredTensor>,
}

/// What one part of a batch has come to before the discriminator's step.
struct Part {
    /// The leaves that the pictures hang on.
    decoder: Leaves,
    /// Reconstructions first.
    drawn: Tensor<2>,
    real: Tensor<2>,
}

/// The gradients of the discriminator for one part of a batch, and its loss.
type Judged = (LeafGradients, f32);

/// What one part of a batch has taught the decoder.
struct Taught {
    gradients: LeafGradients,
    /// By name.
    losses: Vec<(&'static str, f32)>,
    /// The probability of each label in samples; empty where no classifier looks at them.
    seen: Vec<f32>,
}

impl CodeGenerator {
    fn read(path: &Path, codes: [usize; 3], image: ImageSpec) -> Result<Self, ModelError> {
        let fault = |fault: String| {
            let path = path.display();
            ModelError(format!("has an unfit generator {path}: {fault}"))
        };
        let file = ModelFile::read(path).map_err(|error| fault(error.to_string()))?;
        let Some(spec) = file.manifest.style.clone() else {
            return Err(fault("it is not style-based".to_owned()));
        };
        if spec.codes != Some(codes) {
            return Err(fault("it does not draw these codes".to_owned()));
        }
        let plan = style::plan(&spec, image).map_err(fault)?;
        Ok(Self {
            spec,
            plan,
            tensors: file.tensors,
        })
    }

    /// Codes of random styles, row after row.
    fn draw(
        &self,
        stream: &mut Stream,
        count: usize,
        device: &Device,
    ) -> Result<Tensor<2>, ModelError> {
        let spec = &self.spec;
        let source = |name: &str| {
            let tensor = self.tensors.get(name)?;
            let values = tensor.values.clone();
            let len = values.len();
            Some(Tensor::from_data(TensorData::new(values, [len]), device))
        };
        let mapping = Mapping::new(spec, device, source).map_err(ModelError)?;
        let z = rows(stream.normals(count * spec.z_dim), spec.z_dim, device);
        let w = mapping.forward(z).map_err(ModelError)?;
        let w = w.reshape([count, 1, spec.w_dim]);
        let styles = w.expand([count, spec.num_ws, spec.w_dim]);
        let channels = spec.codes.map_or(1, |[channels, ..]| channels);
        let factors = vec![1.0; channels];
        let synthesis = Synthesis::new(spec, &self.plan, &factors, device, source);
        let codes = synthesis.map_err(ModelError)?.forward(styles, None);
        Ok(codes.flatten(1, 3))
    }
}

fn critic_of(recipe: &Recipe) -> Result<&CriticSpec, ModelError> {
    let critic = recipe.critic.as_ref();
    critic.ok_or_else(|| ModelError("has no section [critic]".to_owned()))
}

fn read_first_stage(recipe: &Recipe, image: ImageSpec) -> Result<FirstStage, ModelError> {
    let first_stage = FirstStage::of_recipe(recipe, image)?;
    first_stage.ok_or_else(|| ModelError("has no autoencoder to refine".to_owned()))
}

/// What the networks of a recipe take.
///
/// # Errors
/// When the autoencoder cannot be read, or the sizes of the discriminator do not fit.
pub fn memory(recipe: &Recipe, data: &DataForm) -> Result<RunMemory, ModelError> {
    let critic = critic_of(recipe)?;
    let sides = [data.image.height, data.image.width];
    if let Some(odd) = sides.iter().find(|side| !side.is_multiple_of(2)) {
        return Err(ModelError(format!(
            "has an unsound critic: pictures with a side of {odd} have no Haar coefficients"
        )));
    }
    let view = View::of_coefficients(critic, data.image);
    let (weights, _) = critic
        .plan(view.seen, recipe.training.batch)
        .map_err(|fault| ModelError(format!("has an unsound critic: {fault}")))?;
    let critic = RunMemory::of_weights(weights.iter().map(|it| it.shape.as_slice()));
    let decoder = read_first_stage(recipe, data.image)?.decoder_plan()?;
    let labeller = labeller::memory(recipe, data)?;
    Ok(RunMemory::of_graph(&decoder).and(critic).and(labeller))
}

impl RefineTask {
    pub fn new(recipe: &Recipe, data: &DataForm, device: Device) -> Result<Self, ModelError> {
        let image = data.image;
        let settings = recipe.training.clone();
        let critic_spec = critic_of(recipe)?.clone();
        let first_stage = read_first_stage(recipe, image)?;
        let (Some(autoencoder), Some(refine)) = (&recipe.autoencoder, &recipe.refine) else {
            return Err(ModelError("has nothing to refine".to_owned()));
        };
        let file = ModelFile::read(&autoencoder.file);
        let file = file.map_err(|error| ModelError(error.to_string()))?;
        let read = |path: &PathBuf| CodeGenerator::read(path, autoencoder.codes, image);
        let generators: Result<Vec<_>, _> = refine.generators.iter().map(read).collect();
        let looks = Looks::of_recipe(recipe, data, &device)?;
        let plan = first_stage.decoder_plan()?;
        let (_, tensors) = first_stage.networks();
        let betas = (settings.beta_1, settings.beta_2);
        // The means and deviations of codes are not the decoder's to learn.
        let nodes = plan.spec.nodes.iter();
        let scales = nodes.filter(|node| matches!(node.operation, Operation::Affine { .. }));
        let scales: Vec<&str> = scales.map(|node| node.name.as_str()).collect();
        let fresh = plan.all_parameters().map(|parameter| Fresh {
            name: parameter.name.clone(),
            shape: parameter.shape.clone(),
            initial: Initial::Constant(0.0),
            trained: !scales
                .iter()
                .any(|scale| parameter.name.starts_with(&format!("{scale}."))),
        });
        let mut decoder = Weights::new(fresh, settings.seed, betas, &device);
        let prefix = format!("{}.", Role::Decoder.name());
        decoder.begin_at(tensors_of(&tensors, &prefix), &device);
        let view = View::of_coefficients(&critic_spec, image);
        let (critic, _) = critic_spec
            .plan(view.seen, settings.batch)
            .map_err(ModelError)?;
        Ok(Self {
            critic: Weights::new(critic, settings.seed + 1, betas, &device),
            refine: refine.clone(),
            networks: file.manifest.networks,
            tensors: file.tensors,
            plan: Arc::new(plan),
            generators: generators?,
            looks,
            view,
            image,
            critic_spec,
            device,
            first_stage,
            decoder,
            settings,
        })
    }

    fn judge(
        &self,
        source: impl Fn(&str) -> Option<Tensor<1>>,
    ) -> Result<Discriminator, ModelError> {
        Discriminator::new(&self.critic_spec, self.view.seen, &self.device, source)
            .map_err(ModelError)
    }

    /// What the discriminator sees of pictures in 0..1.
    fn seen(&self, pictures: Tensor<2>) -> Tensor<2> {
        self.view.of_pictures(pictures * 2.0 - 1.0)
    }

    /// The codes of one part of a batch: of its first pictures, and then as many drawn ones as are missing.
    fn codes(&self, pictures: &[f32], place: u64) -> Result<Tensor<2>, ModelError> {
        let len = self.image.len().max(1);
        let count = pictures.len() / len;
        let encoded = self.encoded(count);
        let own = self.first_stage.codes(&pictures[..encoded * len])?;
        let code_len = own.len() / encoded.max(1);
        let mut parts = vec![rows(own, code_len, &self.device)];
        let missing = count - encoded;
        if missing > 0 {
            let mut stream = Stream::new(self.settings.seed, Purpose::Noise, place);
            parts.push(if self.refine.prior {
                let codes = stream.normals(missing * code_len);
                rows(self.first_stage.scaled(codes), code_len, &self.device)
            } else {
                let generator = &self.generators[stream.below(self.generators.len())];
                generator.draw(&mut stream, missing, &self.device)?
            });
        }
        Ok(Tensor::cat(parts, 0))
    }

    /// How many of `count` pictures are encoded; the rest is drawn.
    fn encoded(&self, count: usize) -> usize {
        match self.refine.has_samples() {
            true => count.div_ceil(2),
            false => count,
        }
    }

    /// Decodes one part of a batch, and judges it beside its real pictures.
    fn judge_part(
        &self,
        step: u64,
        part: usize,
        pictures: &[f32],
    ) -> Result<(Part, Judged), ModelError> {
        let place = step * PARTS as u64 + part as u64;
        let codes = self.codes(pictures, place)?;
        let decoder = self.decoder.leaves();
        let plan = Arc::clone(&self.plan);
        let network = GraphNetwork::of_plan(plan, &self.device, |name| decoder.get(name));
        let drawn = network
            .and_then(|network| network.forward_one(codes))
            .map_err(ModelError)?;
        let real = self.seen(rows(pictures.to_vec(), self.image.len(), &self.device));
        let leaves = self.critic.leaves();
        let critic = self.judge(|name| leaves.get(name))?;
        let fixed = self.seen(Tensor::from_inner(drawn.clone().inner()));
        let kind = self.settings.loss;
        let mut loss =
            kind.of_discriminator(critic.forward(fixed.clone()), critic.forward(real.clone()));
        let shown = loss.clone().inner();
        if let Some(gammas) = self.settings.gammas_at(step) {
            let still = self.judge(|name| self.critic.fixed(name))?;
            let derivative = |x, direction| critic.derivative(x, direction);
            let seen = [real.clone(), fixed];
            loss = add_penalties(loss, derivative, |x| still.forward(x), seen, gammas);
        }
        let mut gradients = loss.backward();
        let judged = (leaves.gradients(&mut gradients), download(shown)?[0]);
        let part = Part {
            decoder,
            drawn,
            real,
        };
        Ok((part, judged))
    }

    /// What one part of pictures and their labels teaches the decoder.
    fn teach_part(
        &self,
        part: Part,
        (pictures, labels): (&[f32], &[u8]),
        step: u64,
    ) -> Result<Taught, ModelError> {
        let [count, len] = part.drawn.dims();
        let encoded = self.encoded(count);
        let critic = self.judge(|name| self.critic.fixed(name))?;
        let judgement = critic.forward(self.seen(part.drawn.clone()));
        let kind = self.settings.loss;
        let adversarial = kind.of_generator(judgement, || critic.forward(part.real.clone()));
        let again = part.drawn.clone().slice([0..encoded, 0..len]);
        let wanted = rows(pictures[..encoded * len].to_vec(), len, &self.device);
        let error = losses::squared(again.clone(), wanted);
        let progress = self.settings.progress(step);
        // A fresh discriminator knows nothing yet.
        let warmth = (progress / self.settings.warm_up.max(f64::MIN_POSITIVE)).min(1.0);
        let mut shown = vec![
            ("generator", adversarial.clone().inner()),
            ("reconstruction", error.clone().inner()),
        ];
        let mut loss = adversarial * warmth + error * self.refine.weight;
        let mut seen = Vec::new();
        if let Some(looks) = &self.looks {
            let labels = &labels[..labels.len() / count * encoded];
            let missed = looks.labeller().loss(again, labels)?;
            shown.push(("labels", missed.clone().inner()));
            loss = loss + missed;
            if encoded < count && looks.have_weight() && looks.count_at(progress) {
                let samples = part.drawn.slice([encoded..count, 0..len]);
                let (told, labels) = looks.loss(samples)?;
                shown.push(("samples", told.clone().inner()));
                loss = loss + told;
                seen = labels;
            }
        }
        let mut gradients = loss.backward();
        let losses: Result<_, ModelError> = shown
            .into_iter()
            .map(|(name, value)| Ok((name, download(value)?[0])))
            .collect();
        Ok(Taught {
            gradients: part.decoder.gradients(&mut gradients),
            losses: losses?,
            seen,
        })
    }
}

impl Task for RefineTask {
    fn step(&mut self, batch: Batch) -> Result<Vec<(&'static str, f32)>, ModelError> {
        let step = batch.step;
        let rate = self.settings.learning_rate_at(step);
        let decay = self.settings.average_decay_at(step);
        let parts = self.critic_spec.parts(self.settings.batch, &self.device);
        let pictures = (0..parts).map(|part| part_of(&batch.pictures, part, parts));
        let pictures: Vec<&[f32]> = pictures.collect();
        let labels = (0..parts).map(|part| part_of(&batch.labels, part, parts));
        let judged: Result<Vec<(Part, Judged)>, ModelError> = pictures
            .par_iter()
            .enumerate()
            .map(|(part, pictures)| self.judge_part(step, part, pictures))
            .collect();
        let (drawn, judged): (Vec<Part>, Vec<Judged>) = judged?.into_iter().unzip();
        let (gradients, losses): (Vec<LeafGradients>, Vec<f32>) = judged.into_iter().unzip();
        let count = losses.len() as f32;
        let discriminator = losses.iter().sum::<f32>() / count;
        self.critic
            .step_parts(gradients, rate * self.settings.discriminator_rate, decay);
        let taught: Result<Vec<Taught>, ModelError> = drawn
            .into_par_iter()
            .zip(pictures.into_iter().zip(labels).collect::<Vec<_>>())
            .map(|(part, real)| self.teach_part(part, real, step))
            .collect();
        let (mut gradients, mut losses, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for part in taught? {
            gradients.push(part.gradients);
            losses.push(part.losses);
            seen.push(part.seen);
        }
        self.decoder.step_parts(gradients, rate, decay);
        let mut losses = mean_losses(losses);
        losses.insert(0, ("discriminator", discriminator));
        // As many pictures as are encoded, or one less in each part.
        let drawn = batch.pictures.len() / self.image.len().max(1) / 2;
        let are_seen = seen.iter().all(|labels| !labels.is_empty());
        if let Some(looks) = self.looks.as_mut().filter(|_| are_seen) {
            looks.note(&seen, &batch.labels, drawn);
            losses.push(("drift", looks.divergence()));
        }
        Ok(losses)
    }

    fn save(&self) -> Result<BTreeMap<String, Vec<f32>>, ModelError> {
        let mut state = BTreeMap::new();
        self.decoder.save("decoder", &mut state)?;
        self.critic.save("discriminator", &mut state)?;
        if let Some(looks) = &self.looks {
            looks.save(&mut state);
        }
        Ok(state)
    }

    fn restore(&mut self, mut state: BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        self.decoder.restore("decoder", &mut state, &self.device)?;
        if let Some(looks) = &mut self.looks {
            looks.restore(&mut state)?;
        }
        self.critic
            .restore("discriminator", &mut state, &self.device)
    }

    fn finish(&mut self) -> Result<Trained, ModelError> {
        let mut tensors = self.tensors.clone();
        for (name, tensor) in with_role(Role::Decoder, self.decoder.averaged()?) {
            // The scale of the codes is a node of this run's graph, not of the file's.
            if let Some(own) = tensors.get_mut(&name) {
                *own = tensor;
            }
        }
        let roles: Vec<String> = self
            .networks
            .keys()
            .map(|role| format!("{}.", role.name()))
            .collect();
        tensors.retain(|name, _| roles.iter().any(|role| name.starts_with(role)));
        Ok(Trained {
            networks: self.networks.clone(),
            tensors,
            ..Trained::default()
        })
    }
}

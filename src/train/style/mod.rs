//! Style-based generators with style mixing (Karras et al. 2020), alone against a discriminator or
//! with an encoder beside them (VAE-GAN, Larsen et al. 2016).

mod begin;
mod encoder;
mod shares;
mod teach;
mod teacher;
mod view;

use super::critic::{CriticSpec, Discriminator};
use super::dataset::DataForm;
use super::first_stage::FirstStage;
use super::looks::Looks;
use super::memory::RunMemory;
use super::parameters::{Fresh, LeafGradients, Leaves, Weights};
use super::penalty::add_penalties;
use super::random::{Purpose, Stream};
use super::recipe::Recipe;
use super::settings::Settings;
use super::style_network::{LayerNoise, Mapping, Synthesis};
use super::task::{Batch, PARTS, Task, Trained, layers_memory, picture_network, rows, with_role};
use crate::model::graph::GraphNetwork;
use crate::model::manifest::{ImageSpec, Role};
use crate::model::style::{self, Output, StylePlan, StyleSpec};
use crate::model::{ModelError, download};
use burn::tensor::{Device, Tensor, TensorData};
use encoder::Encoder;
use rayon::prelude::*;
use shares::Shares;
use std::collections::BTreeMap;
use teach::Taught;
use teacher::Teacher;
pub use teacher::TeacherSettings;
pub use view::View;

pub struct StyleTask {
    settings: Settings,
    /// What both networks see of a picture.
    view: View,
    /// The autoencoder whose codes stand for pictures.
    first_stage: Option<FirstStage>,
    spec: StyleSpec,
    plan: StylePlan,
    critic_spec: CriticSpec,
    device: Device,
    generator: Weights,
    critic: Weights,
    encoder: Option<Encoder>,
    shares: Option<Shares>,
    /// What is found in drawn codes once they are decoded, and the decoder.
    looks: Option<(Looks, GraphNetwork)>,
    teacher: Option<Teacher>,
    data: DataForm,
}

/// The architecture of a recipe, checked.
///
/// # Errors
/// A sentence when a section is missing or its sizes do not fit.
pub fn architecture(
    recipe: &Recipe,
    image: ImageSpec,
) -> Result<(StyleSpec, StylePlan, CriticSpec), String> {
    let mut spec = recipe
        .style
        .clone()
        .ok_or_else(|| "has no section [style]".to_owned())?;
    spec.codes = recipe.autoencoder.as_ref().map(|it| it.codes);
    if spec.z_dim != recipe.z_dim {
        return Err("must say the same z_dim at its beginning and in [style]".to_owned());
    }
    let critic = recipe
        .critic
        .clone()
        .ok_or_else(|| "has no section [critic]".to_owned())?;
    let plan =
        style::plan(&spec, image).map_err(|fault| format!("has an unsound style: {fault}"))?;
    if spec.haar && spec.output != Output::Linear {
        return Err("has an unsound style: coefficients have no output function".to_owned());
    }
    critic
        .plan(spec.summed(image), recipe.training.batch)
        .map_err(|fault| format!("has an unsound critic: {fault}"))?;
    Ok((spec, plan, critic))
}

/// What the networks of a recipe take, without an encoder.
///
/// # Errors
/// As [`architecture`], and when a classifier does not give what it should.
pub fn memory(recipe: &Recipe, data: &DataForm) -> Result<RunMemory, ModelError> {
    let image = data.image;
    let (spec, plan, critic) = architecture(recipe, image).map_err(ModelError)?;
    let seen = spec.summed(image);
    let (weights, _) = critic
        .plan(seen, recipe.training.batch)
        .map_err(ModelError)?;
    let critic = RunMemory::of_weights(weights.iter().map(|it| it.shape.as_slice()));
    let teacher = teacher::memory(recipe, data)?;
    let memory = RunMemory::of_style(&plan).and(critic).and(teacher);
    if recipe.classifier.is_empty() {
        return Ok(memory);
    }
    let classifier = picture_network(seen, &recipe.classifier);
    Ok(memory.and(layers_memory("classifier", &classifier, data.labels.len())?))
}

/// What one part of a batch has come to before the discriminator's step.
struct Part {
    /// The leaves that the pictures hang on.
    generator: Leaves,
    real: Tensor<2>,
    /// Inside the graph.
    fake: Tensor<2>,
    critic: LeafGradients,
    critic_loss: f32,
}

impl StyleTask {
    pub fn new(recipe: &Recipe, data: &DataForm, device: Device) -> Result<Self, ModelError> {
        let image = data.image;
        let settings = recipe.training.clone();
        let (spec, plan, critic_spec) = architecture(recipe, image).map_err(ModelError)?;
        let view = View::new(&spec, &critic_spec, image);
        let (critic, _) = critic_spec
            .plan(view.seen, settings.batch)
            .map_err(ModelError)?;
        let betas = (settings.beta_1, settings.beta_2);
        let fresh = plan.parameters.iter().cloned().map(|parameter| Fresh {
            name: parameter.name,
            shape: parameter.shape,
            initial: parameter.initial,
            trained: true,
        });
        let encoder = settings
            .autoencoding
            .map(|part| Encoder::new(recipe, part, view.image, &device));
        let shares = settings
            .shares
            .map(|shares| Shares::new((recipe, shares), &view, data, &device));
        let first_stage = FirstStage::of_recipe(recipe, image)?;
        // A discriminator of codes does not see what becomes of them: a code between that of a beard and that of none is
        // nearly as likely as either, and its picture shows a shadow.
        let looks = match Looks::of_recipe(recipe, data, &device)? {
            Some(looks) => {
                let none = || ModelError("has no decoder of its codes".to_owned());
                Some((
                    looks,
                    first_stage.as_ref().ok_or_else(none)?.decoder(&device)?,
                ))
            }
            None => None,
        };
        let mut task = Self {
            shares: shares.transpose()?,
            looks,
            teacher: Teacher::of_recipe(recipe, data, &device)?,
            data: data.clone(),
            encoder: encoder.transpose()?,
            generator: Weights::new(fresh, settings.seed, betas, &device),
            critic: Weights::new(critic, settings.seed + 1, betas, &device),
            view,
            first_stage,
            spec,
            plan,
            critic_spec,
            device,
            settings,
        };
        if let Some(path) = &recipe.begin {
            task.begin_at(path)?;
        }
        Ok(task)
    }

    fn judge(
        &self,
        source: impl Fn(&str) -> Option<Tensor<1>>,
    ) -> Result<Discriminator, ModelError> {
        Discriminator::new(&self.critic_spec, self.view.seen, &self.device, source)
            .map_err(ModelError)
    }

    fn mapping(&self, leaves: &Leaves) -> Result<Mapping, ModelError> {
        Mapping::new(&self.spec, &self.device, |name| leaves.get(name)).map_err(ModelError)
    }

    /// What is seen of the pictures of styles `[count, num_ws, w_dim]`.
    fn synthesise(
        &self,
        leaves: &Leaves,
        styles: Tensor<3>,
        noise: Option<&LayerNoise>,
    ) -> Result<Tensor<2>, ModelError> {
        let (plan, factors) = (&self.plan, self.view.picture_factors());
        let source = |name: &str| leaves.get(name);
        let synthesis = Synthesis::new(&self.spec, plan, &factors, &self.device, source);
        let pictures = synthesis.map_err(ModelError)?.forward(styles, noise);
        Ok(self.view.enlarged(pictures.flatten(1, 3)))
    }

    fn noise(&self, stream: &mut Stream, count: usize) -> Option<LayerNoise> {
        let (plan, device) = (&self.plan, &self.device);
        self.spec
            .noise
            .then(|| LayerNoise::drawn(plan, count, |n| stream.normals(n), device))
    }

    /// What is seen of random pictures, `[count, channels * height * width]`.
    fn generate(
        &self,
        leaves: &Leaves,
        stream: &mut Stream,
        count: usize,
    ) -> Result<Tensor<2>, ModelError> {
        let (spec, device) = (&self.spec, &self.device);
        // Two codes for each picture: the first for the layers before a random one, the second
        // from there on, or the first alone.
        let z = stream.normals(2 * count * spec.z_dim);
        let w = self.mapping(leaves)?.forward(rows(z, spec.z_dim, device));
        let w = w.map_err(ModelError)?;
        let (num_ws, w_dim) = (spec.num_ws, spec.w_dim);
        let half = |from: usize| {
            let w = w.clone().slice([from..from + count, 0..w_dim]);
            w.reshape([count, 1, w_dim])
        };
        let (first, second) = (half(0), half(count));
        let mut mask = Vec::with_capacity(count * num_ws);
        for _ in 0..count {
            let crossover = if num_ws > 1 && stream.uniform() < self.settings.style_mixing {
                1 + stream.below(num_ws - 1)
            } else {
                num_ws
            };
            mask.extend((0..num_ws).map(|layer| if layer < crossover { 0.0f32 } else { 1.0 }));
        }
        let mask: Tensor<3> = Tensor::from_data(TensorData::new(mask, [count, num_ws, 1]), device);
        let styles = first.clone() + (second - first) * mask;
        let noise = self.noise(stream, count);
        self.synthesise(leaves, styles, noise.as_ref())
    }

    /// Draws pictures for one part of a batch and judges them beside its real ones.
    fn judge_part(&self, step: u64, part: usize, real: &[f32]) -> Result<Part, ModelError> {
        let real = rows(real.to_vec(), self.view.image.len(), &self.device);
        let real = self.view.of_data(real);
        let [count, _] = real.dims();
        let place = step * PARTS as u64 + part as u64;
        let mut stream = Stream::new(self.settings.seed, Purpose::Noise, place);
        let generator = self.generator.leaves();
        let fake = self.generate(&generator, &mut stream, count)?;

        let leaves = self.critic.leaves();
        let critic = self.judge(|name| leaves.get(name))?;
        let fixed_fake = Tensor::from_inner(fake.clone().inner());
        let mut loss = self.settings.loss.of_discriminator(
            critic.forward(fixed_fake.clone()),
            critic.forward(real.clone()),
        );
        let shown = loss.clone().inner();
        if let Some(gammas) = self.settings.gammas_at(step) {
            let fixed = self.judge(|name| self.critic.fixed(name))?;
            let derivative = |x, direction| critic.derivative(x, direction);
            let pictures = [real.clone(), fixed_fake];
            loss = add_penalties(loss, derivative, |x| fixed.forward(x), pictures, gammas);
        }
        let mut gradients = loss.backward();
        Ok(Part {
            generator,
            real,
            fake,
            critic: leaves.gradients(&mut gradients),
            critic_loss: download(shown)?[0],
        })
    }

    /// What is found in decoded pictures, once it counts.
    fn looks_at(&self, step: u64) -> Option<&(Looks, GraphNetwork)> {
        let looks = self.looks.as_ref();
        looks.filter(|(looks, _)| looks.count_at(self.settings.progress(step)))
    }

    /// The weight of the adversarial loss at a step; 0 where there is no discriminator yet.
    fn adversarial_weight(&self, step: u64) -> f64 {
        let progress = self.settings.progress(step);
        let encoder = self.encoder.as_ref();
        encoder.map_or(1.0, |it| it.settings.adversarial_weight(progress))
    }
}

impl Task for StyleTask {
    fn step(&mut self, batch: Batch) -> Result<Vec<(&'static str, f32)>, ModelError> {
        let rate = self.settings.learning_rate_at(batch.step);
        let decay = self.settings.average_decay_at(batch.step);
        let parts = self.critic_spec.parts(self.settings.batch, &self.device);
        let part_len = batch.pictures.len() / parts;
        let step = batch.step;
        let real_parts: Vec<&[f32]> = batch.pictures.chunks(part_len).collect();
        let mut shown = Vec::new();
        if let Some(shares) = &mut self.shares {
            let real = rows(batch.pictures.clone(), self.view.image.len(), &self.device);
            let real = self.view.of_data(real);
            let loss = shares.learn(real, &batch.labels, &self.data, rate)?;
            shown.extend([("labels", loss), ("shares", shares.divergence())]);
        }
        let drawn: Vec<(Leaves, Option<(Tensor<2>, Tensor<2>)>)> =
            if self.adversarial_weight(step) > 0.0 {
                let parts: Result<Vec<Part>, ModelError> = real_parts
                    .par_iter()
                    .enumerate()
                    .map(|(part, real)| self.judge_part(step, part, real))
                    .collect();
                let (mut drawn, mut gradients, mut loss) = (Vec::new(), Vec::new(), 0.0);
                for part in parts? {
                    drawn.push((part.generator, Some((part.fake, part.real))));
                    gradients.push(part.critic);
                    loss += part.critic_loss;
                }
                let critic_rate = rate * self.settings.discriminator_rate;
                self.critic.step_parts(gradients, critic_rate, decay);
                shown.push(("discriminator", loss / real_parts.len() as f32));
                drawn
            } else {
                let leaves = || (self.generator.leaves(), None);
                real_parts.iter().map(|_| leaves()).collect()
            };
        let taught: Result<Vec<Taught>, ModelError> = drawn
            .into_par_iter()
            .zip(&real_parts)
            .enumerate()
            .map(|(part, ((generator, judged), real))| {
                let place = step * PARTS as u64 + part as u64;
                self.teach_part(&generator, judged, real, (step, place))
            })
            .collect();
        let taught = taught?;
        let count = taught.len() as f32;
        for (name, _) in taught.first().map_or(&[][..], |first| &first.shown) {
            let values = taught.iter().flat_map(|part| &part.shown);
            let sum: f32 = values.filter(|(of, _)| of == name).map(|(_, v)| v).sum();
            shown.push((name, sum / count));
        }
        let (mut generator, mut encoder) = (Vec::new(), Vec::new());
        let (mut found, mut seen) = (Vec::new(), Vec::new());
        let (mut drawn, mut shown_by) = (Vec::new(), Vec::new());
        for part in taught {
            generator.push(part.generator);
            encoder.extend(part.encoder);
            found.extend(part.found);
            seen.extend(part.looks);
            let (codes, labels) = part.drawn.unwrap_or_default();
            drawn.extend(codes);
            shown_by.extend(labels);
        }
        if let Some(teacher) = self.teacher.as_mut().filter(|_| !drawn.is_empty()) {
            shown.push(("learner", teacher.learn(step, drawn, shown_by)?));
        }
        if let Some((looks, _)) = self.looks.as_mut().filter(|_| !seen.is_empty()) {
            looks.note(&seen, &batch.labels, self.settings.batch);
            shown.push(("drift", looks.divergence()));
        }
        if let Some(shares) = &mut self.shares {
            shares.note(&found, self.settings.batch);
        }
        self.generator.step_parts(generator, rate, decay);
        if let Some(part) = &mut self.encoder {
            let rate = rate * part.settings.encoder_rate;
            part.parameters.step_parts(encoder, rate, decay);
        }
        Ok(shown)
    }

    fn first_stage(&self) -> Option<&FirstStage> {
        self.first_stage.as_ref()
    }

    fn save(&self) -> Result<BTreeMap<String, Vec<f32>>, ModelError> {
        let mut state = BTreeMap::new();
        self.generator.save("generator", &mut state)?;
        self.critic.save("discriminator", &mut state)?;
        if let Some(encoder) = &self.encoder {
            encoder.parameters.save("encoder", &mut state)?;
        }
        if let Some(shares) = &self.shares {
            shares.save(&mut state)?;
        }
        if let Some((looks, _)) = &self.looks {
            looks.save(&mut state);
        }
        if let Some(teacher) = &self.teacher {
            teacher.save(&mut state)?;
        }
        Ok(state)
    }

    fn restore(&mut self, mut state: BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        self.generator
            .restore("generator", &mut state, &self.device)?;
        if let Some(encoder) = &mut self.encoder {
            encoder
                .parameters
                .restore("encoder", &mut state, &self.device)?;
        }
        if let Some(shares) = &mut self.shares {
            shares.restore(&mut state, &self.device)?;
        }
        if let Some((looks, _)) = &mut self.looks {
            looks.restore(&mut state)?;
        }
        if let Some(teacher) = &mut self.teacher {
            teacher.restore(&mut state)?;
        }
        self.critic
            .restore("discriminator", &mut state, &self.device)
    }

    fn finish(&mut self) -> Result<Trained, ModelError> {
        let mut tensors = self.generator.averaged()?;
        for (name, tensor) in &mut tensors {
            self.view.fold(name, &mut tensor.values);
        }
        let mut networks = BTreeMap::new();
        if let Some(encoder) = &self.encoder {
            networks.insert(Role::Encoder, encoder.spec.clone().into());
            tensors.extend(with_role(Role::Encoder, encoder.parameters.averaged()?));
        }
        if let Some(first_stage) = &self.first_stage {
            let joined = first_stage.join(self.spec.z_dim, &mut networks, &mut tensors);
            joined.map_err(ModelError)?;
        }
        Ok(Trained {
            networks,
            style: Some(self.spec.clone()),
            tensors,
            ..Trained::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Reference {
        cases: Vec<Case>,
    }

    #[derive(Clone, Deserialize)]
    struct Case {
        spec: StyleSpec,
        tensors: BTreeMap<String, Vec<f32>>,
        z: Vec<f32>,
        w: Vec<f32>,
        styles: Vec<f32>,
        pictures_without_noise: Vec<f32>,
    }

    const IMAGE: ImageSpec = ImageSpec {
        channels: 3,
        height: 8,
        width: 8,
    };

    /// Made by `tests/data/make_style_reference.py`.
    fn cases() -> Vec<Case> {
        let text = include_str!("../../../tests/data/style_reference.json");
        let reference: Reference = serde_json::from_str(text).expect("it is JSON");
        reference.cases
    }

    fn tensor(values: &[f32]) -> Tensor<1> {
        let data = TensorData::new(values.to_vec(), [values.len()]);
        Tensor::from_data(data, &Device::flex())
    }

    fn view(case: &Case, difference_gain: f32) -> View {
        let critic = CriticSpec {
            channels: vec![1],
            group: 1,
            difference_gain,
        };
        View::new(&case.spec, &critic, IMAGE)
    }

    /// What the networks of the training see of the pictures of a case.
    fn seen(case: &Case, view: &View) -> Vec<f32> {
        let spec = &case.spec;
        let plan = style::plan(spec, IMAGE).expect("the sizes are sound");
        let source = |name: &str| case.tensors.get(name).map(|values| tensor(values));
        let factors = view.picture_factors();
        let synthesis =
            Synthesis::new(spec, &plan, &factors, &Device::flex(), source).expect("all is there");
        let styles = tensor(&case.styles).reshape([2, spec.num_ws, spec.w_dim]);
        let sums = synthesis.forward(styles, None).flatten(1, 3);
        download(view.enlarged(sums)).expect("the CPU works")
    }

    fn assert_close(found: &[f32], wanted: &[f32]) {
        assert_eq!(found.len(), wanted.len());
        for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
            let most = 1e-4 * wanted.abs().max(1.0);
            assert!((found - wanted).abs() <= most, "{index}: {found}, {wanted}");
        }
    }

    #[test]
    fn training_sees_what_numpy_draws() {
        for case in cases() {
            let source = |name: &str| case.tensors.get(name).map(|values| tensor(values));
            let mapping = Mapping::new(&case.spec, &Device::flex(), source).expect("all is there");
            let z = rows(case.z.clone(), case.spec.z_dim, &Device::flex());
            let w = mapping.forward(z).expect("codes of z");
            assert_close(&download(w).expect("the CPU"), &case.w);
            let pictures = rows(case.pictures_without_noise.clone(), 192, &Device::flex());
            let view = view(&case, 1.0);
            let wanted = download(view.of_pictures(pictures)).expect("the CPU works");
            assert_close(&seen(&case, &view), &wanted);
        }
    }

    #[test]
    fn enlarged_differences_leave_the_finished_pictures_alone() {
        let mut cases = cases().into_iter();
        let case = cases.find(|case| case.spec.haar).expect("there is one");
        let view = view(&case, 3.0);
        let mut finished = case.clone();
        for (name, values) in &mut finished.tensors {
            view.fold(name, values);
        }
        let plan = style::plan(&case.spec, IMAGE).expect("the sizes are sound");
        let graph = style::synthesis_graph(&case.spec, &plan, 3).expect("sound");
        let network = GraphNetwork::of_plan(graph.plan.clone(), &Device::flex(), |name| {
            let binding = graph.binding(name)?;
            let values = finished.tensors.get(&binding.tensor)?;
            Some(tensor(values) * binding.factor)
        })
        .expect("all is there");
        let len = case.spec.styles_len();
        let styles = rows(case.styles.clone(), len, &Device::flex());
        let pictures = network.forward(vec![styles]).expect("it fits").remove(0) * 2.0 - 1.0;
        let found = download(pictures.clone()).expect("the CPU works");
        assert!(found.iter().all(|value| value.abs() < 1.0), "cut off");
        let found = download(view.of_pictures(pictures)).expect("the CPU works");
        assert_close(&found, &seen(&case, &view));
        assert_ne!(seen(&case, &view), seen(&case, &self::view(&case, 1.0)));
    }
}

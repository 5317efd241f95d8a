//! Image to image: a network that makes pictures of label maps (pix2pix, Isola et al. 2017), one that finds
//! the map of a picture, and one that draws maps from z.
//!
//! The three learn side by side and teach one another nothing. Label maps are coded by a VAE whose decoder
//! scores the labels of each place; what is drawn from it has sharp edges, because the highest score is a
//! label, and the picture is as sharp as the generator makes it.

mod networks;

pub use networks::{Sizes, TranslationSettings};

use super::dataset::DataForm;
use super::losses::{self, LOGVAR_BOUND};
use super::memory::RunMemory;
use super::parameters::{Fresh, Weights};
use super::prior::surprise;
use super::random::{Purpose, Stream};
use super::recipe::Recipe;
use super::settings::Settings;
use super::task::{Batch, Task, Trained, rows, with_role};
use crate::latent::Space;
use crate::model::file::StoredTensor;
use crate::model::graph::{self, GraphNetwork, GraphPlan, GraphSpec};
use crate::model::manifest::{MapSpec, Role};
use crate::model::style::Initial;
use crate::model::{ModelError, NetworkForm, download};
use burn::tensor::{Device, Tensor};
use std::collections::BTreeMap;
use std::sync::Arc;

/// By name, for the progress bar.
type Losses = Vec<(&'static str, f32)>;

/// A network that learns.
struct Learner {
    plan: Arc<GraphPlan>,
    weights: Weights,
}

/// The networks in the order in which they are checked, saved and seeded.
const NAMES: [&str; 5] = [
    "decoder",
    "discriminator",
    "encoder",
    "map_decoder",
    "map_encoder",
];

pub struct TranslationTask {
    run: Run,
    /// In the order of [`NAMES`].
    learners: [Learner; 5],
}

/// What stays the same in a run.
struct Run {
    settings: Settings,
    translation: TranslationSettings,
    sizes: Sizes,
    device: Device,
}

/// The section of a recipe, and the sizes that follow from recipe and data.
fn settings<'a>(
    recipe: &'a Recipe,
    data: &DataForm,
) -> Result<(&'a TranslationSettings, Sizes), ModelError> {
    let (Some(translation), Some(layout)) = (&recipe.translation, &recipe.layout) else {
        return Err(ModelError(
            "has no sections \"layout\" and \"translation\"".to_owned(),
        ));
    };
    let sizes = Sizes {
        side: layout.side,
        labels: layout.labels.len(),
        picture: [data.image.channels, data.image.height, data.image.width],
        z_dim: recipe.z_dim,
    };
    Ok((translation, sizes))
}

/// The plans of the networks of a recipe, in the order of [`NAMES`].
fn plans(translation: &TranslationSettings, sizes: Sizes) -> Result<[GraphPlan; 5], ModelError> {
    let fault = |fault| ModelError(format!("has an unsound translation: {fault}"));
    let plan = |graph: Result<GraphSpec, String>| {
        graph.and_then(|graph| graph::plan(&graph)).map_err(fault)
    };
    Ok([
        plan(translation.decoder(sizes))?,
        plan(translation.discriminator(sizes))?,
        plan(translation.encoder(sizes))?,
        plan(translation.map_decoder(sizes))?,
        plan(translation.map_encoder(sizes))?,
    ])
}

/// What a run of a recipe takes.
///
/// # Errors
/// When the sizes do not fit one another or the data.
pub fn memory(recipe: &Recipe, data: &DataForm) -> Result<RunMemory, ModelError> {
    let (translation, sizes) = settings(recipe, data)?;
    let [first, others @ ..] = plans(translation, sizes)?;
    let others = others.iter().map(RunMemory::of_graph);
    Ok(others.fold(RunMemory::of_graph(&first), RunMemory::and))
}

impl Learner {
    fn new(plan: GraphPlan, seed: u64, settings: &Settings, device: &Device) -> Self {
        let fresh = plan.all_parameters().map(|parameter| Fresh {
            name: parameter.name.clone(),
            shape: parameter.shape.clone(),
            initial: match parameter.fan_in {
                _ if parameter.name == "labels.weight" => Initial::Normal(1.0),
                0 => Initial::Constant(0.0),
                fan_in => Initial::Normal((2.0 / fan_in as f32).sqrt()),
            },
            trained: true,
        });
        let betas = (settings.beta_1, settings.beta_2);
        Self {
            weights: Weights::new(fresh, seed, betas, device),
            plan: Arc::new(plan),
        }
    }

    /// The network on what `weight` finds.
    fn network(
        &self,
        device: &Device,
        weight: impl FnMut(&str) -> Option<Tensor<1>>,
    ) -> Result<GraphNetwork, ModelError> {
        GraphNetwork::of_plan(Arc::clone(&self.plan), device, weight).map_err(ModelError)
    }

    /// The network inside the autodiff graph.
    fn live(&self, device: &Device) -> Result<GraphNetwork, ModelError> {
        self.network(device, |name| self.weights.live(name))
    }

    /// The network as a constant of the autodiff graph.
    fn fixed(&self, device: &Device) -> Result<GraphNetwork, ModelError> {
        self.network(device, |name| self.weights.fixed(name))
    }
}

/// The first output of a network.
fn one(network: &GraphNetwork, inputs: Vec<Tensor<2>>) -> Result<Tensor<2>, ModelError> {
    let found = network.forward(inputs).map_err(ModelError)?;
    let first = found.into_iter().next();
    first.ok_or_else(|| ModelError("the network has no output".to_owned()))
}

fn shown(loss: &Tensor<1>) -> Result<f32, ModelError> {
    Ok(download(loss.clone().inner())?[0])
}

impl TranslationTask {
    pub fn new(recipe: &Recipe, data: &DataForm, device: Device) -> Result<Self, ModelError> {
        let (translation, sizes) = settings(recipe, data)?;
        let mut seed = recipe.training.seed;
        let learners = plans(translation, sizes)?.map(|plan| {
            let learner = Learner::new(plan, seed, &recipe.training, &device);
            seed += 1;
            learner
        });
        Ok(Self {
            run: Run {
                translation: translation.clone(),
                settings: recipe.training.clone(),
                sizes,
                device,
            },
            learners,
        })
    }
}

impl Run {
    fn places(&self) -> usize {
        self.sizes.side * self.sizes.side
    }

    /// Label maps as numbers on the device.
    fn maps(&self, layouts: &[u8]) -> Tensor<2> {
        let numbers = layouts.iter().map(|&label| f32::from(label));
        rows(numbers.collect(), self.places(), &self.device)
    }

    /// The part of a batch that the networks of pictures see.
    fn pairs(&self, batch: &Batch) -> Batch {
        let whole = batch.layouts.len() / self.places().max(1);
        let pairs = self.translation.pairs.unwrap_or(whole).min(whole);
        let picture: usize = self.sizes.picture.iter().product();
        Batch {
            step: batch.step,
            pictures: batch.pictures[..pairs * picture].to_vec(),
            labels: Vec::new(),
            layouts: batch.layouts[..pairs * self.places()].to_vec(),
        }
    }

    fn pictures(&self, batch: &Batch) -> Tensor<2> {
        let len = self.sizes.picture.iter().product();
        rows(batch.pictures.clone(), len, &self.device)
    }

    /// The mean surprise of labels under their scores, for a place, in nats.
    fn surprise(&self, scores: Tensor<2>, layouts: &[u8]) -> Tensor<1> {
        let labels: Vec<f32> = layouts.iter().map(|&label| f32::from(label)).collect();
        surprise(scores, &labels, [self.sizes.labels, self.places()])
    }
}

/// A step of what makes pictures, against what tells them from real ones.
fn learn_pictures(
    run: &Run,
    [decoder, discriminator]: [&mut Learner; 2],
    batch: &Batch,
) -> Result<Losses, ModelError> {
    let settings = &run.settings;
    let (rate, decay) = (
        settings.learning_rate_at(batch.step),
        settings.average_decay_at(batch.step),
    );
    let device = &run.device;
    let (maps, wanted) = (run.maps(&batch.layouts), run.pictures(batch));
    let found = one(&decoder.live(device)?, vec![maps.clone()])?;
    let error = (found.clone() - wanted.clone()).abs().mean();
    let mut losses = vec![("absolute error", shown(&error)?)];
    let fake = Tensor::from_inner(found.clone().inner());
    let mut loss = error * run.translation.absolute;
    let is_judged =
        run.translation.adversarial > 0.0 && settings.progress(batch.step) >= run.translation.lead;
    if is_judged {
        let judge = discriminator.fixed(device)?;
        let fooled = one(&judge, vec![found, maps.clone()])?;
        let real = one(&judge, vec![wanted.clone(), maps.clone()])?;
        let fooled = settings.loss.of_generator(fooled, || real);
        losses.push(("generator", shown(&fooled)?));
        loss = loss + fooled * run.translation.adversarial;
    }
    let mut gradients = loss.backward();
    decoder.weights.step(&mut gradients, rate, decay);
    if is_judged {
        let judge = discriminator.live(device)?;
        let fake = one(&judge, vec![fake, maps.clone()])?;
        let real = one(&judge, vec![wanted, maps])?;
        let caught = settings.loss.of_discriminator(fake, real);
        losses.push(("discriminator", shown(&caught)?));
        let mut gradients = caught.backward();
        let rate = rate * settings.discriminator_rate;
        discriminator.weights.step(&mut gradients, rate, decay);
    }
    Ok(losses)
}

/// A step of what finds the label map of a picture.
fn learn_maps(run: &Run, encoder: &mut Learner, batch: &Batch) -> Result<Losses, ModelError> {
    let scores = one(&encoder.live(&run.device)?, vec![run.pictures(batch)])?;
    let loss = run.surprise(scores, &batch.layouts);
    let losses = vec![("nats per place of a picture", shown(&loss)?)];
    let rate = run.settings.learning_rate_at(batch.step);
    let mut gradients = loss.backward();
    let decay = run.settings.average_decay_at(batch.step);
    encoder.weights.step(&mut gradients, rate, decay);
    Ok(losses)
}

/// A step of the VAE of label maps.
fn learn_codes(
    run: &Run,
    [decoder, encoder]: [&mut Learner; 2],
    batch: &Batch,
) -> Result<Losses, ModelError> {
    let settings = &run.settings;
    let device = &run.device;
    let found = encoder
        .live(device)?
        .forward(vec![run.maps(&batch.layouts)])
        .map_err(ModelError)?;
    let [mu, logvar] = <[Tensor<2>; 2]>::try_from(found)
        .map_err(|_| ModelError("the network has no two outputs".to_owned()))?;
    let logvar = logvar.clamp(-LOGVAR_BOUND, LOGVAR_BOUND);
    let count = batch.layouts.len() / run.places().max(1);
    let mut stream = Stream::new(settings.seed, Purpose::Noise, batch.step);
    let noise = rows(
        stream.normals(count * run.sizes.z_dim),
        run.sizes.z_dim,
        device,
    );
    let z = mu.clone() + (logvar.clone() * 0.5).exp() * noise;
    let scores = one(&decoder.live(device)?, vec![z])?;
    let surprise = run.surprise(scores, &batch.layouts) * run.places() as f64;
    let divergence = losses::kl_divergence(mu, logvar);
    let losses = vec![
        ("nats of a map", shown(&surprise)?),
        ("kl", shown(&divergence)?),
    ];
    let loss = surprise + divergence * settings.beta;
    let mut gradients = loss.backward();
    let (rate, decay) = (
        settings.learning_rate_at(batch.step),
        settings.average_decay_at(batch.step),
    );
    decoder.weights.step(&mut gradients, rate, decay);
    encoder.weights.step(&mut gradients, rate, decay);
    Ok(losses)
}

impl Task for TranslationTask {
    fn step(&mut self, batch: Batch) -> Result<Vec<(&'static str, f32)>, ModelError> {
        let run = &self.run;
        let pairs = run.pairs(&batch);
        let [decoder, discriminator, encoder, map_decoder, map_encoder] = &mut self.learners;
        let (pictures, others) = rayon::join(
            || learn_pictures(run, [decoder, discriminator], &pairs),
            || {
                let mut losses = learn_maps(run, encoder, &pairs)?;
                losses.extend(learn_codes(run, [map_decoder, map_encoder], &batch)?);
                Ok::<_, ModelError>(losses)
            },
        );
        let mut losses = pictures?;
        losses.extend(others?);
        Ok(losses)
    }

    fn save(&self) -> Result<BTreeMap<String, Vec<f32>>, ModelError> {
        let mut state = BTreeMap::new();
        for (name, learner) in NAMES.iter().zip(&self.learners) {
            learner.weights.save(name, &mut state)?;
        }
        Ok(state)
    }

    fn restore(&mut self, mut state: BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        for (name, learner) in NAMES.iter().zip(&mut self.learners) {
            learner
                .weights
                .restore(name, &mut state, &self.run.device)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Trained, ModelError> {
        let [decoder, _, encoder, map_decoder, _] = &self.learners;
        let form = |learner: &Learner| NetworkForm::Graph(learner.plan.spec.clone());
        let networks = BTreeMap::from([
            (Role::Decoder, form(decoder)),
            (Role::Encoder, form(encoder)),
        ]);
        let (from, to) = (Space::Z, Space::CODES);
        let maps = map_decoder.weights.averaged()?.into_iter();
        let maps = maps.map(|(name, tensor)| (format!("map.{from}.{to}.{name}"), tensor));
        let tensors: BTreeMap<String, StoredTensor> =
            with_role(Role::Decoder, decoder.weights.averaged()?)
                .chain(with_role(Role::Encoder, encoder.weights.averaged()?))
                .chain(maps)
                .collect();
        Ok(Trained {
            networks,
            levels: Some(self.run.sizes.labels),
            maps: vec![MapSpec {
                from,
                to,
                network: form(map_decoder),
            }],
            tensors,
            ..Trained::default()
        })
    }
}

//! What a trained diffusion model thinks of drawn codes: distribution matching distillation (Yin et al. 2024).
//!
//! Noise is added to a drawn code, and two denoisers say what is behind it: a teacher, which knows the data and stays as it
//! is, and a learner, which begins as the teacher and is trained on what the generator draws. Where they differ, the generator draws
//! something more often, or less often, than the data have it: the difference is the gradient of the divergence of the two
//! noised distributions, KL(drawn || data). Codes between two kinds, which the data do not have, are left first. Both denoisers are told
//! what a classifier finds in the picture of the code.

use crate::latent::sampling::Moment;
use crate::model::manifest::Role;
use crate::model::{ModelError, ModelFile, download};
use crate::train::dataset::DataForm;
use crate::train::decoder::same_codes;
use crate::train::diffusion::{self, DiffusionTask};
use crate::train::memory::RunMemory;
use crate::train::random::{Purpose, Stream};
use crate::train::recipe::Recipe;
use crate::train::task::{Batch, Task, rows};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Which diffusion model, and how much it counts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeacherSettings {
    /// A diffusion model of the same codes that this program trained, beside the recipe if the path is relative.
    pub model: PathBuf,
    /// Weight of the divergence: its gradient, summed over the numbers of a code, beside that of the adversarial loss.
    pub weight: f64,
    /// How much the labels that a classifier finds in a code count for the teacher (classifier-free guidance).
    #[serde(default = "plain")]
    pub guidance: f64,
    /// Rate of the learner as a multiple of the generator's, whose rate is equalised.
    pub learner_rate: f64,
}

/// As in training: a condition counts once.
fn plain() -> f64 {
    1.0
}

/// The noise levels that count, as parts of the time of training. Where there is hardly any noise or nothing but noise,
/// both denoisers say the same.
const LEVELS: [f64; 2] = [0.02, 0.98];

impl TeacherSettings {
    pub fn is_sound(&self) -> bool {
        let [weight, rate] = [self.weight, self.learner_rate];
        weight >= 0.0
            && rate > 0.0
            && [weight, rate, self.guidance]
                .iter()
                .all(|number| number.is_finite())
    }
}

pub struct Teacher {
    settings: TeacherSettings,
    teacher: DiffusionTask,
    learner: DiffusionTask,
    seed: u64,
}

/// The recipe of the learner: that of the teacher, on the codes and for the time of the generator's.
fn recipe_of_learner(recipe: &Recipe, settings: &TeacherSettings) -> Result<Recipe, ModelError> {
    let path = settings.model.display();
    let fault = |fault: &str| ModelError(format!("has an unfit teacher {path}: {fault}"));
    let file = ModelFile::read(&settings.model).map_err(|error| fault(&error.to_string()))?;
    if !file.manifest.networks.contains_key(&Role::Denoiser) {
        return Err(fault("it is no diffusion model"));
    }
    let mut learner = Recipe::parse(&file.manifest.training.recipe)
        .map_err(|it| fault(&format!("its recipe {it}")))?;
    let codes = |recipe: &Recipe| recipe.autoencoder.as_ref().map(|it| it.codes);
    if codes(&learner) != codes(recipe) {
        return Err(fault("its codes have another shape"));
    }
    if let Some(autoencoder) = &recipe.autoencoder {
        // That this file can be read is checked, with a sentence of its own, where it is used.
        let is_other = ModelFile::read(&autoencoder.file)
            .is_ok_and(|codes| same_codes(&file, &codes) == Ok(false));
        if is_other {
            return Err(fault("its codes are those of another autoencoder"));
        }
    }
    learner.autoencoder.clone_from(&recipe.autoencoder);
    learner.begin = Some(settings.model.clone());
    // Of a drawn code all is known.
    if let Some(conditions) = &mut learner.conditions {
        conditions.short = 0.0;
    }
    let own = &recipe.training;
    let rate = |rate: f64| rate * settings.learner_rate;
    learner.training.seed = own.seed + 4;
    learner.training.images = own.images;
    learner.training.batch = own.batch;
    learner.training.learning_rate = rate(own.learning_rate);
    learner.training.final_learning_rate = rate(own.final_learning_rate);
    // It has to keep up with the generator.
    learner.training.average_decay = 0.0;
    Ok(learner)
}

/// What teacher and learner of a recipe take; nothing where it has none.
///
/// # Errors
/// As [`Teacher::of_recipe`].
pub fn memory(recipe: &Recipe, data: &DataForm) -> Result<RunMemory, ModelError> {
    let Some(settings) = &recipe.teacher else {
        return Ok(RunMemory::default());
    };
    let learner = recipe_of_learner(recipe, settings)?;
    let memory = RunMemory::of_graph(&diffusion::network(&learner, data)?.plan);
    Ok(memory.and(memory))
}

impl Teacher {
    /// That of a recipe, where it has one.
    ///
    /// # Errors
    /// A sentence that names the file when it cannot be read, is no diffusion model of the same codes, or its words are no labels of
    /// the data.
    pub fn of_recipe(
        recipe: &Recipe,
        data: &DataForm,
        device: &Device,
    ) -> Result<Option<Self>, ModelError> {
        let Some(settings) = &recipe.teacher else {
            return Ok(None);
        };
        let learner = recipe_of_learner(recipe, settings)?;
        let denoiser = || DiffusionTask::new(&learner, data, device.clone());
        Ok(Some(Self {
            settings: settings.clone(),
            teacher: denoiser()?,
            learner: denoiser()?,
            seed: learner.training.seed,
        }))
    }

    /// The loss of drawn codes, whose gradient is that of the divergence. `labels` is what their pictures show, as
    /// [`Batch`] has it; of nothing that is known, nothing is said.
    ///
    /// # Errors
    /// When the device fails.
    pub fn loss(
        &self,
        codes: &Tensor<2>,
        labels: &[u8],
        place: u64,
    ) -> Result<Tensor<1>, ModelError> {
        let [count, len] = codes.dims();
        let drawn = download(codes.clone().inner())?;
        let (noisy, moments) = self.noisy(&drawn, count, place);
        let words = self.teacher.words_of(labels, count);
        let silent = vec![0.0; words.len()];
        let told = self.teacher.data_behind(&noisy, &words, &moments)?;
        let real = match self.settings.guidance {
            1.0 => told,
            scale => {
                let plain = self.teacher.data_behind(&noisy, &silent, &moments)?;
                let pairs = plain.iter().zip(told);
                let guided = |(plain, told): (&f32, f32)| plain + scale as f32 * (told - plain);
                pairs.map(guided).collect()
            }
        };
        let fake = self.learner.data_behind(&noisy, &words, &moments)?;
        let gradient = divergence_gradient([&drawn, &real, &fake], len);
        let gradient = rows(gradient, len, &codes.device());
        Ok((codes.clone() * gradient).sum() * (self.settings.weight / count.max(1) as f64))
    }

    /// Codes with noise of levels that are spread evenly over those that count.
    fn noisy(&self, drawn: &[f32], count: usize, place: u64) -> (Vec<f32>, Vec<Moment>) {
        let mut stream = Stream::new(self.seed, Purpose::Noise, place);
        let offset = stream.uniform();
        let all = self.teacher.moments();
        let [least, most] = LEVELS;
        let mut noisy = Vec::with_capacity(drawn.len());
        let mut moments = Vec::with_capacity(count);
        let len = drawn.len() / count.max(1);
        for (index, code) in drawn.chunks_exact(len.max(1)).enumerate() {
            let share = least + (most - least) * (index as f64 + offset) / count as f64;
            let at = ((share * all.len() as f64) as usize).min(all.len().saturating_sub(1));
            let moment = all[at];
            noisy.extend(moment.level.mix(code, &stream.normals(len)));
            moments.push(moment);
        }
        (noisy, moments)
    }

    /// One step of the learner on codes that the generator drew, and what their pictures show; gives its error.
    ///
    /// # Errors
    /// When the device fails.
    pub fn learn(
        &mut self,
        step: u64,
        codes: Vec<f32>,
        labels: Vec<u8>,
    ) -> Result<f32, ModelError> {
        let losses = self.learner.step(Batch {
            step,
            pictures: codes,
            labels,
            layouts: Vec::new(),
        })?;
        Ok(losses.first().map_or(0.0, |(_, error)| *error))
    }

    /// Everything that a resumed run needs.
    ///
    /// # Errors
    /// When the device fails.
    pub fn save(&self, into: &mut BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        let own = self.learner.save()?;
        into.extend(
            own.into_iter()
                .map(|(name, values)| (format!("{NAME}.{name}"), values)),
        );
        Ok(())
    }

    /// Takes back what [`Self::save`] gave.
    ///
    /// # Errors
    /// When the state is of another recipe.
    pub fn restore(&mut self, from: &mut BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        let prefix = format!("{NAME}.");
        let own = from.iter().filter_map(|(name, values)| {
            Some((name.strip_prefix(&prefix)?.to_owned(), values.clone()))
        });
        let own = own.collect();
        from.retain(|name, _| !name.starts_with(&prefix));
        self.learner.restore(own)
    }
}

/// What the learner is called in a checkpoint.
const NAME: &str = "learner";

/// Where drawn codes should go less: what the learner says is behind the noise less what the teacher says, over how far the teacher moves the
/// numbers of a code on average (Yin et al. 2024, equation 8), which makes all noise levels count alike.
fn divergence_gradient([drawn, real, fake]: [&[f32]; 3], len: usize) -> Vec<f32> {
    let rows = drawn.chunks_exact(len).zip(real.chunks_exact(len));
    let mut gradient = Vec::with_capacity(drawn.len());
    for ((drawn, real), fake) in rows.zip(fake.chunks_exact(len)) {
        let moved: f32 = drawn.iter().zip(real).map(|(a, b)| (a - b).abs()).sum();
        let moved = (moved / len as f32).max(LEAST_MOVED);
        let pairs = fake.iter().zip(real);
        gradient.extend(pairs.map(|(fake, real)| (fake - real) / moved));
    }
    gradient
}

/// The least that a code is taken to be moved by, where its numbers have a deviation of 1.
const LEAST_MOVED: f32 = 1e-3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::sampling::{Denoiser, Gaussian, Noising};

    /// The mean and the deviation of some numbers.
    fn statistics(numbers: &[f32]) -> [f64; 2] {
        let count = numbers.len() as f64;
        let mean = numbers.iter().map(|it| f64::from(*it)).sum::<f64>() / count;
        let spread = numbers.iter().map(|it| (f64::from(*it) - mean).powi(2));
        [mean, (spread.sum::<f64>() / count).sqrt()]
    }

    fn behind(mut gaussian: Gaussian, noisy: &[f32], moment: Moment) -> Vec<f32> {
        let Ok(data) = gaussian.predict(noisy, moment);
        data
    }

    /// A learner that knows what is drawn, and a teacher that knows the data, lead what is drawn to the data. Both are exact here.
    #[test]
    fn codes_that_follow_the_gradient_come_to_the_distribution_of_the_teacher() {
        let len = 64;
        let data = Gaussian::new(0.8, 0.5).expect("sound");
        let mut stream = Stream::new(1, Purpose::Noise, 0);
        let mut drawn: Vec<f32> = stream
            .normals(64 * len)
            .iter()
            .map(|it| it * 1.2 - 1.0)
            .collect();
        let moments = Noising::Cosine.moments();
        let mut last = [0.0; 2];
        for step in 0..300 {
            last = statistics(&drawn);
            let learner = Gaussian::new(last[0], last[1]).expect("sound");
            let moment = moments[100 + step * 7 % 800];
            let noisy = moment.level.mix(&drawn, &stream.normals(drawn.len()));
            let [real, fake] = [data, learner].map(|it| behind(it, &noisy, moment));
            let gradient = divergence_gradient([&drawn, &real, &fake], len);
            let moved = drawn.iter_mut().zip(gradient);
            moved.for_each(|(value, slope)| *value -= 0.05 * slope);
        }
        let [mean, deviation] = last;
        assert!((mean - 0.8).abs() < 0.1, "the mean is {mean}");
        assert!(
            (deviation - 0.5).abs() < 0.15,
            "the deviation is {deviation}"
        );
    }
}

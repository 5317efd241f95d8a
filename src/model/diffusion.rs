//! Models that make pictures in steps: a network that knows what is behind noise, and a run of a
//! sampler over it.
//!
//! `x` is where the network works: pictures with values in -1..1, or the codes of an autoencoder,
//! whose decoder then makes the picture. Between two evaluations everything is on the CPU.

use super::ModelError;
use super::judge_gradient::JudgeGradient;
use super::process::Inputs;
use super::runner::Runner;
use crate::latent::sampling::{
    Denoiser, Draw, Held, Inversion, Leg, Level, Moment, Noising, Prediction, Sampling,
    SamplingError, Schedule,
};
use crate::latent::seed::UniformStream;
use crate::latent::{NoiseMode, Original, Sampler};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a denoiser was trained for: the section `diffusion` of a manifest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiffusionSpec {
    /// How its data was mixed with noise.
    pub noising: Noising,
    /// What it gives.
    pub prediction: Prediction,
}

/// The networks of such a model on a device.
#[derive(Clone, Debug)]
pub struct Diffusion {
    pub spec: DiffusionSpec,
    /// Takes rows of `x` with the weights of their conditions, and rows of one time each.
    pub denoiser: Runner,
    /// Makes a picture of `x`; `None` where `x` is one.
    pub decoder: Option<Runner>,
    /// Gives the `x` of a picture, where there is a decoder and the file holds one.
    pub encoder: Option<Runner>,
    /// Numbers of `x`.
    pub x_len: usize,
    /// How many weights a condition has.
    pub words: usize,
    /// Whether weights below 0 were never seen in training, as those of classes: then they say what a
    /// picture is led away from.
    pub negates_by_guidance: bool,
    /// What the judge of its pictures leads to, where there is one.
    pub judge: Option<Arc<JudgeGradient>>,
}

/// Pictures on their way from noise to data.
pub struct DiffusionRun {
    sampling: Sampling,
    asked: Asked,
    guidance: Guidance,
    /// The parts of the way that are still to come, the next one last.
    to_come: Vec<(Leg, Guidance)>,
    /// Steps of the parts that are done, and of all parts.
    steps: [usize; 2],
    /// What the last step began with.
    seen: Option<Vec<f32>>,
    /// The pictures that are redrawn; `None` where all are made of noise.
    held: Option<Held>,
    /// Steps done of pictures that are shown as they are, for which no network is asked; `None` of others.
    still: Option<usize>,
}

/// How much what is asked for counts.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Guidance {
    /// The scale of classifier-free guidance.
    scale: f32,
    /// The scale of the judge's gradient.
    judge: f32,
}

impl Guidance {
    /// As in training.
    const NONE: Self = Self {
        scale: 1.0,
        judge: 0.0,
    };
}

/// What the network is told of some pictures.
struct Asked {
    /// The weights of all pictures, one after the other.
    conditions: Vec<f32>,
    /// Those of what guidance leads away from: nothing, or a negative prompt.
    avoided: Vec<f32>,
}

/// Data on its way back to noise.
pub struct InversionRun {
    inversion: Inversion,
    asked: Asked,
}

impl Diffusion {
    /// Begins with rows of noise, each followed by the weights of its condition, and with the pictures
    /// that are redrawn. All of these begin at the same strength.
    ///
    /// # Errors
    /// A sentence when a setting is out of its range, or the strengths differ.
    pub fn begin(&self, inputs: &Inputs, sampler: &Sampler) -> Result<DiffusionRun, SamplingError> {
        if self.judge.is_none() && sampler.parts().any(|part| part.judge > 0.0) {
            return Err(SamplingError::NoJudge);
        }
        let (mut noise, asked) = self.split(&inputs.rows);
        let strength = inputs.strength().ok_or(SamplingError::Strengths)?;
        let start = self.spec.noising.at_strength(strength.into());
        let legs = sampler.legs_from(start.filter(|_| strength > 0.0), self.spec.noising)?;
        let draw = drawing(noise.clone(), self.x_len, sampler.noise);
        let originals: Vec<Option<&Original>> = inputs.originals().collect();
        let held = Held::new(&originals, &noise, self.x_len);
        let mut still = None;
        if let Some(held) = &held {
            if let Some(start) = start {
                noise = held.at(start);
                still = (strength == 0.0).then_some(0);
            } else if let Some(first) = legs.first().and_then(|leg| leg.moments.first()) {
                held.hold(&mut noise, first.level);
            }
        }
        let steps = [0, legs.iter().map(Leg::steps).sum()];
        let guidances = sampler.parts().map(|part| Guidance {
            scale: part.guidance,
            judge: part.judge,
        });
        let mut to_come: Vec<(Leg, Guidance)> = legs.into_iter().zip(guidances).collect();
        to_come.reverse();
        // There is always a first part.
        let (first, guidance) = to_come.pop().ok_or(SamplingError::Steps(0))?;
        Ok(DiffusionRun {
            sampling: Sampling::new(first.method, first.moments, noise, first.eta, draw)?,
            asked,
            guidance,
            to_come,
            steps,
            seen: None,
            held,
            still,
        })
    }

    /// Begins to look for the noise that DDIM makes of rows of data, each followed by the weights of its
    /// condition, in so many steps without guidance.
    ///
    /// # Errors
    /// A sentence when there are no steps or too many.
    pub fn invert(
        &self,
        rows: &[f32],
        [steps, per_step]: [usize; 2],
    ) -> Result<InversionRun, SamplingError> {
        let (data, asked) = self.split(rows);
        let noising = self.spec.noising;
        let moments = Schedule::from(noising).moments(steps, noising)?;
        Ok(InversionRun {
            inversion: Inversion::new(moments, per_step, data),
            asked,
        })
    }

    /// The codes of rows, and what is said of them.
    fn split(&self, rows: &[f32]) -> (Vec<f32>, Asked) {
        let mut codes = Vec::with_capacity(rows.len());
        let mut conditions: Vec<f32> = Vec::new();
        for row in rows.chunks_exact(self.x_len + self.words) {
            codes.extend(&row[..self.x_len]);
            conditions.extend(&row[self.x_len..]);
        }
        let mut avoided = vec![0.0; conditions.len()];
        if self.negates_by_guidance {
            for (weight, avoided) in conditions.iter_mut().zip(&mut avoided) {
                *avoided = (-*weight).max(0.0);
                *weight = weight.max(0.0);
            }
        }
        let asked = Asked {
            conditions,
            avoided,
        };
        (codes, asked)
    }

    /// The `x` without noise of pictures in 0..1, row after row; `None` where a decoder makes the
    /// pictures, but the file holds no encoder.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn data(&self, pictures: &[f32]) -> Result<Option<Vec<f32>>, ModelError> {
        match (&self.decoder, &self.encoder) {
            (None, _) => Ok(Some(
                pictures.iter().map(|value| 2.0 * value - 1.0).collect(),
            )),
            (Some(_), Some(encoder)) => encoder.values(&[pictures]).map(Some),
            (Some(_), None) => Ok(None),
        }
    }

    /// Pictures in 0..1 of rows of `x`.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn decoded(&self, x: &[f32]) -> Result<Vec<f32>, ModelError> {
        match &self.decoder {
            Some(decoder) => decoder.values(&[x]),
            None => Ok(x
                .iter()
                .map(|x| ((x + 1.0) / 2.0).clamp(0.0, 1.0))
                .collect()),
        }
    }
}

impl DiffusionRun {
    /// Steps done, and how many there are.
    pub fn progress(&self) -> [usize; 2] {
        let [before, of] = self.steps;
        [self.still.unwrap_or(before + self.sampling.done()), of]
    }

    /// Does the next step.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn step(&mut self, diffusion: &Diffusion) -> Result<(), ModelError> {
        if let Some(done) = &mut self.still {
            *done += 1;
            self.seen = Some(self.sampling.x().to_vec());
            return Ok(());
        }
        if self.sampling.done() >= self.sampling.steps()
            && let Some((leg, guidance)) = self.to_come.pop()
        {
            self.steps[0] += self.sampling.done();
            let turned = self.sampling.turn(leg);
            turned.map_err(|fault| ModelError(fault.to_string()))?;
            self.guidance = guidance;
        }
        self.seen = Some(self.sampling.x().to_vec());
        self.sampling.step(&mut Guided {
            diffusion,
            asked: &self.asked,
            guidance: self.guidance,
        })?;
        if let Some(held) = &self.held {
            let level = self.sampling.level();
            held.hold(self.sampling.x_mut(), level);
        }
        Ok(())
    }

    /// The pictures so far, as the network sees them behind the noise; after the last step the
    /// pictures.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn pictures(&self, diffusion: &Diffusion) -> Result<Vec<f32>, ModelError> {
        let [done, of] = self.progress();
        let x = self.sampling.x();
        match (self.sampling.data().filter(|_| done < of), &self.held) {
            (None, _) => diffusion.decoded(x),
            (Some(data), None) => diffusion.decoded(data),
            (Some(data), Some(held)) => {
                let mut data = data.to_vec();
                held.hold(&mut data, Level::CLEAN);
                diffusion.decoded(&data)
            }
        }
    }

    /// The noisy pictures that the last step began with, `x_t`, as far as they can be seen: what lies
    /// outside 0..1 is cut off. `None` before the first step.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn noisy(&self, diffusion: &Diffusion) -> Result<Option<Vec<f32>>, ModelError> {
        let seen = self.seen.as_deref();
        seen.map(|x| diffusion.decoded(x)).transpose()
    }
}

impl InversionRun {
    /// Evaluations of the network done, and how many there are.
    pub fn progress(&self) -> [usize; 2] {
        self.inversion.progress()
    }

    /// Asks the network once more.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn look(&mut self, diffusion: &Diffusion) -> Result<(), ModelError> {
        self.inversion.look(&mut Guided {
            diffusion,
            asked: &self.asked,
            guidance: Guidance::NONE,
        })
    }

    /// The noise, after the last evaluation.
    pub fn into_noise(self) -> Vec<f32> {
        self.inversion.into_x()
    }
}

/// A network that is asked what it is told and, for classifier-free guidance (Ho and Salimans 2022),
/// what it says when it is told nothing, or a negative prompt in its place: the difference counts
/// `guidance` times. Besides, or instead, the judge leads to what it sees more of what is asked for in.
struct Guided<'a> {
    diffusion: &'a Diffusion,
    asked: &'a Asked,
    guidance: Guidance,
}

impl Guided<'_> {
    /// What the network says of some pictures under some conditions.
    fn ask(&self, x: &[f32], conditions: &[f32], time: f32) -> Result<Vec<f32>, ModelError> {
        let Diffusion { x_len, words, .. } = *self.diffusion;
        let count = x.len() / x_len.max(1);
        let mut rows = Vec::with_capacity(x.len() + conditions.len());
        for (index, x) in x.chunks_exact(x_len).enumerate() {
            rows.extend(x);
            rows.extend(&conditions[index * words..(index + 1) * words]);
        }
        self.diffusion.denoiser.values(&[&rows, &vec![time; count]])
    }
}

impl Denoiser for Guided<'_> {
    type Fault = ModelError;

    fn prediction(&self) -> Prediction {
        self.diffusion.spec.prediction
    }

    fn predict(&mut self, x: &[f32], moment: Moment) -> Result<Vec<f32>, ModelError> {
        let told = self.told(x, moment)?;
        match &self.diffusion.judge {
            Some(judge) if self.guidance.judge > 0.0 => self.led(judge, told, x, moment.level),
            _ => Ok(told),
        }
    }
}

impl Guided<'_> {
    /// What the network predicts, with classifier-free guidance.
    fn told(&self, x: &[f32], moment: Moment) -> Result<Vec<f32>, ModelError> {
        let time = moment.time as f32;
        // Told the same twice, it says the same.
        let Asked {
            conditions,
            avoided,
        } = self.asked;
        if conditions == avoided || self.guidance.scale == 1.0 {
            return self.ask(x, conditions, time);
        }
        // Both at once: a small network is faster with twice as many pictures than twice.
        let conditions = [&conditions[..], avoided].concat();
        let mut told = self.ask(&[x, x].concat(), &conditions, time)?;
        let untold = told.split_off(x.len());
        for (told, untold) in told.iter_mut().zip(untold) {
            *told = untold + self.guidance.scale * (*told - untold);
        }
        Ok(told)
    }

    /// A prediction of which the judge has had its say: `eps - scale * sigma * grad log p(asked | x)`
    /// (Dhariwal and Nichol 2021, algorithm 2).
    ///
    /// The judge knows no noise, so it is shown the picture that the network expects, as Bansal et al.
    /// (2023) do. How that changes with `x` is taken for `alpha`, which holds where data of variance 1 are
    /// normally distributed, and saves the way back through the network.
    fn led(
        &self,
        judge: &JudgeGradient,
        told: Vec<f32>,
        x: &[f32],
        level: Level,
    ) -> Result<Vec<f32>, ModelError> {
        let Asked {
            conditions,
            avoided,
        } = self.asked;
        let weights = conditions.iter().zip(avoided);
        let weights: Vec<f32> = weights.map(|(asked, avoided)| asked - avoided).collect();
        if weights.iter().all(|weight| *weight == 0.0) {
            return Ok(told);
        }
        let prediction = self.prediction();
        let expected = prediction.estimate(told.clone(), x, level).data;
        let gradient = judge.at(&expected, &weights)?;
        let Level { alpha, sigma } = prediction.scale(level);
        let times = |factor: f64| -> Vec<f32> {
            let factor = (factor * f64::from(self.guidance.judge)) as f32;
            gradient.iter().map(|it| factor * it).collect()
        };
        // Both parts change so that `x` stays what it is.
        let (data, noise) = (times(sigma * sigma), times(-sigma * alpha));
        let change = prediction.target(&data, &noise, prediction.scale(level));
        Ok(told
            .iter()
            .zip(change)
            .map(|(told, more)| told + more)
            .collect())
    }
}

/// New noise for methods that add some: that of the picture itself, its numbers in another order and
/// with other signs in each step. It is as random as the picture's own, another for each picture,
/// and changes with it evenly, so that the walk from one to another is one of pictures.
fn drawing(noise: Vec<f32>, len: usize, mode: NoiseMode) -> Draw {
    let mut stream = match mode {
        NoiseMode::None => return Box::new(|noise| noise.fill(0.0)),
        NoiseMode::Const => UniformStream::new(0),
        NoiseMode::Random { seed } => UniformStream::new(seed),
    };
    Box::new(move |new| {
        // Fisher and Yates.
        let mut order: Vec<usize> = (0..len).collect();
        for last in (1..len).rev() {
            let other = (stream.draw() * (last + 1) as f64) as usize;
            order.swap(last, other.min(last));
        }
        let signs: Vec<f32> = order
            .iter()
            .map(|_| if stream.draw() < 0.5 { -1.0 } else { 1.0 })
            .collect();
        let pictures = new.chunks_exact_mut(len.max(1));
        for (new, own) in pictures.zip(noise.chunks_exact(len.max(1))) {
            for ((new, &from), sign) in new.iter_mut().zip(&order).zip(&signs) {
                *new = sign * own[from];
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::seed::seed_code;

    #[test]
    fn new_noise_is_that_of_the_picture_in_another_order() {
        let own = [seed_code(1, 500), seed_code(2, 500)].concat();
        let mut draw = drawing(own.clone(), 500, NoiseMode::Const);
        let mut drawn = [vec![0.0; 1000], vec![0.0; 1000]];
        drawn.iter_mut().for_each(|drawn| draw(drawn));
        let sorted = |values: &[f32]| {
            let mut sizes: Vec<f32> = values.iter().map(|value| value.abs()).collect();
            sizes.sort_by(f32::total_cmp);
            sizes
        };
        let related = |a: &[f32], b: &[f32]| {
            let products = a.iter().zip(b).map(|(a, b)| a * b);
            products.sum::<f32>() / a.len() as f32
        };
        for new in &drawn {
            for (new, own) in new.chunks(500).zip(own.chunks(500)) {
                assert_eq!(sorted(new), sorted(own));
                assert!(related(new, own).abs() < 0.15);
            }
        }
        assert!(related(&drawn[0], &drawn[1]).abs() < 0.15);
        // Alone a picture has the same noise as beside others, with another seed another.
        let mut alone = vec![0.0; 500];
        drawing(own[500..].to_vec(), 500, NoiseMode::Const)(&mut alone);
        assert_eq!(alone, drawn[0][500..]);
        drawing(own[500..].to_vec(), 500, NoiseMode::Random { seed: 5 })(&mut alone);
        assert_ne!(alone, drawn[0][500..]);
        drawing(own, 500, NoiseMode::None)(&mut alone);
        assert_eq!(alone, [0.0; 500]);
    }
}

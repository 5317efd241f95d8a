//! Directions that are learned: a step is changed by gradient descent until the judge sees a label in the pictures of moved
//! codes, and little else that it did not see before.
//!
//! A probe knows only how codes with a label differ from those without. What a step does to pictures depends on the
//! generator, too, and its gradient knows that (Jahanian et al. 2020, whose aim is an edited picture where here it is
//! the judge's label). A learned step is as long as one standard deviation of the codes along it, so that it is compared
//! with the others on equal terms.

use super::attributes::{AttributeClassifier, Predictions};
use super::candidates;
use super::effect::{Candidate, SIGMA, Trial};
use crate::latent::{NoiseMode, Space};
use crate::model::directions::{MeasuredDirection, Method};
use crate::model::gradient::Tape;
use crate::model::graph::GraphNetwork;
use crate::model::manifest::LabelKind;
use crate::model::runner::{network, upload_rows};
use crate::model::{Generator, ModelError, ModelFile, Wiring, download};
use crate::train::TrainError;
use burn::tensor::activation::{log_sigmoid, log_softmax, sigmoid};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

/// Samples that steps are learned from, at most; effects are measured on others.
pub const SAMPLES: usize = 2000;
/// Steps of gradient descent for each label, at most.
const ITERATIONS: usize = 80;
/// For so many samples of a search there is one of them, so that a quick search stays quick.
const SAMPLES_PER_ITERATION: usize = 50;
/// Pictures in one of them.
pub const BATCH: usize = 64;
/// Pictures whose gradients are found together, so that the cores share a batch.
const PART: usize = 16;
/// Weight of all other changes: the sum over the labels of how much their probabilities change.
const SIDE_EFFECTS: f64 = 0.6;
/// Weight of the mean squared change of a pixel in 0..1, so that what no flag is about stays as it is, too. Another class
/// is another picture.
const PICTURE: f64 = 100.0;
/// How far the first steps of gradient descent go, in standard deviations of a number of the code over the root
/// of how many there are.
const RATE: f64 = 0.3;
/// Decay of Adam's two moving averages (Kingma and Ba 2015).
const DECAYS: [f64; 2] = [0.9, 0.99];
/// A label that fewer of the samples have, or lack, gives no beginning.
const MIN_COUNT: usize = 10;

/// Told of every batch; says whether to go on.
type Pause<'a> = &'a mut dyn FnMut() -> Result<(), TrainError>;

/// How many steps of gradient descent a search of so many samples makes for each label.
pub fn iterations(samples: usize) -> usize {
    (samples / SAMPLES_PER_ITERATION).min(ITERATIONS)
}

pub struct Learner<'a> {
    trial: &'a Trial<'a>,
    generator: &'a Generator,
    attributes: &'a AttributeClassifier,
    iterations: usize,
    tape: Tape,
    classifier: GraphNetwork,
    space: Space,
    codes: Vec<f32>,
    dim: usize,
    covariance: Covariance,
    /// What is seen in the pictures of the codes.
    seen: Predictions,
}

/// The space in which steps are learned, that of styles or the one that the decoder takes. `None` where pictures have no
/// gradient in codes of it: a model that makes them in steps or place by place, or with other networks before its decoder.
pub fn space(generator: &Generator) -> Option<Space> {
    let at_once = generator.diffusion().is_none() && generator.written().is_none();
    let space = match generator.styles() {
        Some(_) => Some(Space::W),
        None => (generator.decoder_space() == Space::Z).then_some(Space::Z),
    };
    space.filter(|_| at_once)
}

impl<'a> Learner<'a> {
    /// Of a search of so many samples. `codes` are those to learn from, in the space that [`space`] gives.
    ///
    /// # Errors
    /// When the device fails.
    pub fn new(
        (file, judge): (&ModelFile, &ModelFile),
        trial: &'a Trial<'a>,
        (space, codes): (Space, Vec<f32>),
        samples: usize,
    ) -> Result<Self, ModelError> {
        let (generator, attributes) = (trial.generator, trial.attributes);
        let styles = generator.styles();
        let dim = styles.map_or_else(|| generator.start_len(), |[_, dim]| dim);
        let tape = Tape::new(file, generator.device())?;
        let fault = |fault| ModelError(format!("{}: {fault}", judge.manifest.name));
        let graph = Wiring::of(&judge.manifest).map_err(fault)?.classifier;
        let graph = graph.ok_or_else(|| fault("it is no classifier".to_owned()))?;
        let classifier = network(&graph, judge, tape.device()).map_err(fault)?;
        let covariance = Covariance::of(&codes, dim);
        let mut learner = Self {
            trial,
            generator,
            attributes,
            iterations: iterations(samples),
            tape,
            classifier,
            space,
            dim,
            covariance,
            codes,
            seen: Predictions::default(),
        };
        learner.seen = learner.look()?;
        Ok(learner)
    }

    /// What is seen in the pictures of the codes.
    fn look(&self) -> Result<Predictions, ModelError> {
        let parts = self.codes.par_chunks((BATCH * self.dim).max(1));
        let parts = parts.map(|codes| {
            let inputs = self.generator.inputs(self.space, codes)?;
            let pictures = self.generator.decode_to_vec(&inputs, NoiseMode::Const)?;
            self.attributes.look(&pictures)
        });
        let parts: Result<Vec<Predictions>, ModelError> = parts.collect();
        let mut seen = Predictions::default();
        for part in parts? {
            seen.probabilities.extend(part.probabilities);
            seen.holds.extend(part.holds);
        }
        Ok(seen)
    }

    /// A direction of a label, learned from the best one found so far on, or else from the difference between samples with
    /// the label and those without. `None` where there is neither. `pause` is called for every batch.
    ///
    /// # Errors
    /// When the device fails, or `pause` says so.
    pub fn candidate(
        &self,
        label: usize,
        found: &[(MeasuredDirection, Vec<f32>)],
        pause: Pause<'_>,
    ) -> Result<Option<Candidate>, TrainError> {
        let title = self.attributes.title(label);
        let of_label = found.iter().filter(|(one, _)| {
            one.label.as_deref() == Some(title.as_str()) && one.space == self.space
        });
        let best = of_label.max_by(|(a, _), (b, _)| a.score.total_cmp(&b.score));
        let start = match best {
            Some((_, step)) => Some(step.clone()),
            None => self.difference(label),
        };
        let Some(start) = start else { return Ok(None) };
        let has_w = self.space == Space::W;
        let probe = best.map(|(best, _)| best);
        Ok(Some(Candidate {
            name: candidates::name(self.attributes.kind(), &title, self.space, has_w),
            space: self.space,
            method: Method::Learned,
            step: self.learn(label, &start, pause)?,
            label: Some(label),
            accuracy: probe.and_then(|it| it.accuracy).map(f64::from),
            baseline: probe.and_then(|it| it.baseline).map(f64::from),
        }))
    }

    fn learn(&self, label: usize, start: &[f32], pause: Pause<'_>) -> Result<Vec<f32>, TrainError> {
        let aim = self.aim(label);
        let mut step = self.covariance.scaled(start);
        if aim.samples.is_empty() {
            return Ok(step);
        }
        let mut moments = vec![[0.0; 2]; self.dim];
        for iteration in 0..self.iterations {
            let batch = (0..BATCH).map(|at| (iteration * BATCH + at) % aim.samples.len());
            let batch: Vec<usize> = batch.map(|at| aim.samples[at]).collect();
            let parts = batch.par_chunks(PART);
            let parts = parts.map(|rows| self.gradient(&aim, rows, &step));
            let parts: Result<Vec<Vec<f32>>, ModelError> = parts.collect();
            // Half a cosine, from the whole rate to none.
            let progress = iteration as f64 / self.iterations as f64;
            let rate = RATE * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos())
                / (self.dim as f64).sqrt();
            let parts = parts?;
            let mean = |at: usize| {
                let all = parts.iter().map(|part| f64::from(part[at]));
                all.sum::<f64>() / batch.len() as f64
            };
            let gradient: Vec<f64> = (0..self.dim).map(mean).collect();
            let gradient = self.covariance.gradient(&step, &gradient);
            for (at, moments) in moments.iter_mut().enumerate() {
                let sigma = self.covariance.sigma(at);
                // In standard deviations, so that numbers which vary little are changed little.
                let gradient = gradient[at] * sigma;
                let mut means = [gradient, gradient * gradient];
                for ((mean, moment), decay) in means.iter_mut().zip(moments).zip(DECAYS) {
                    *moment = decay * *moment + (1.0 - decay) * *mean;
                    *mean = *moment / (1.0 - decay.powi(iteration as i32 + 1));
                }
                step[at] -= (rate * sigma * means[0] / (means[1].sqrt() + 1e-12)) as f32;
            }
            step = self.covariance.scaled(&step);
            pause()?;
        }
        Ok(step)
    }

    /// From the codes of samples without a label to those with it; `None` where too few of them have it or lack it.
    pub fn difference(&self, label: usize) -> Option<Vec<f32>> {
        let labels = self.attributes.labels().len().max(1);
        let mut sums = vec![[0.0f64; 2]; self.dim];
        let mut counts = [0usize; 2];
        let rows = self.codes.chunks_exact(self.dim.max(1));
        for (code, holds) in rows.zip(self.seen.holds.chunks_exact(labels)) {
            let side = usize::from(holds.get(label) == Some(&1));
            counts[side] += 1;
            for (sums, &value) in sums.iter_mut().zip(code) {
                sums[side] += f64::from(value);
            }
        }
        let [without, with] = counts.map(|count| count as f64);
        let steps = sums
            .iter()
            .map(|sums| (sums[1] / with - sums[0] / without) as f32);
        (counts.into_iter().min() >= Some(MIN_COUNT)).then(|| steps.collect())
    }

    fn aim(&self, label: usize) -> Aim {
        let labels = self.attributes.labels().len().max(1);
        let rows = self.seen.holds.chunks_exact(labels).enumerate();
        let lacking = rows.filter(|(_, holds)| holds.get(label) == Some(&0));
        // What is measured has no gradient.
        let others = self.trial.judged.iter().copied();
        let others = others.filter(|&it| it != label && !self.attributes.is_measured(it));
        let exclusions = self.trial.exclusions;
        let others = others.map(|other| (other, exclusions.rules_out(label, other)));
        Aim {
            label,
            samples: lacking.map(|(row, _)| row).collect(),
            others: others.collect(),
        }
    }

    /// The gradient in a step of the summed loss of some samples that are moved along it.
    fn gradient(&self, aim: &Aim, rows: &[usize], step: &[f32]) -> Result<Vec<f32>, ModelError> {
        let codes = rows
            .iter()
            .flat_map(|row| &self.codes[row * self.dim..][..self.dim]);
        let codes: Vec<f32> = codes.copied().collect();
        let before = self.generator.inputs(self.space, &codes)?;
        let before = self.generator.decode_to_vec(&before, NoiseMode::Const)?;
        let steps = step.iter().cycle();
        let moved = codes
            .iter()
            .zip(steps)
            .map(|(value, step)| value + SIGMA * step);
        let inputs = self
            .generator
            .inputs(self.space, &moved.collect::<Vec<f32>>())?;
        let len = self.generator.input_len().max(1);
        let device = self.tape.device();
        let inputs = upload_rows(&inputs, len, device).require_grad();
        let pictures = self.tape.pictures(inputs.clone())?;
        let before = upload_rows(&before, pictures.dims()[1], device);
        let change = (pictures.clone() - before).square().mean_dim(1).sum();
        let scores = self.classifier.forward_one(pictures).map_err(ModelError)?;
        let loss = self.loss(aim, rows, scores, device);
        let loss = match self.attributes.kind() {
            LabelKind::Flags => loss + change * PICTURE,
            LabelKind::Classes => loss,
        };
        let mut gradients = loss.backward();
        let Some(gradient) = inputs.grad_remove(&mut gradients) else {
            // A picture that does not depend on its code.
            return Ok(vec![0.0; self.dim]);
        };
        let mut sum = vec![0.0; self.dim];
        for row in download(gradient.inner())?.chunks_exact(len) {
            // A code in w stands once for every layer; what the picture is asked for stays as it is.
            let of_code = &row[..len - self.generator.decoder_words().min(len)];
            for layer in of_code.chunks_exact(self.dim) {
                for (sum, value) in sum.iter_mut().zip(layer) {
                    *sum += SIGMA * value;
                }
            }
        }
        Ok(sum)
    }

    /// How unlikely the label is after a step, and how much the others change.
    fn loss(&self, aim: &Aim, rows: &[usize], scores: Tensor<2>, device: &Device) -> Tensor<1> {
        let known = scores.dims()[1];
        let (log_probabilities, probabilities) = match self.attributes.kind() {
            LabelKind::Classes => {
                let logs = log_softmax(scores, 1);
                (logs.clone(), logs.exp())
            }
            LabelKind::Flags => (log_sigmoid(scores.clone()), sigmoid(scores)),
        };
        let labels = self.attributes.labels().len().max(1);
        let mut before = Vec::with_capacity(rows.len() * known);
        for row in rows {
            before.extend(&self.seen.probabilities[row * labels..][..known]);
        }
        let change = probabilities - upload_rows(&before, known, device);
        // Growing and falling count alike, but where falling is no side effect.
        let mut weights = [vec![0.0; known], vec![0.0; known]];
        for &(other, may_fall) in &aim.others {
            weights[0][other] = SIDE_EFFECTS as f32;
            weights[1][other] = if may_fall { 0.0 } else { SIDE_EFFECTS as f32 };
        }
        let [growing, falling] = weights.map(|it| upload_rows(&it, known, device));
        let growth = change.clone().clamp_min(0.0) * growing;
        let fall = (-change).clamp_min(0.0) * falling;
        let missed = -log_probabilities.narrow(1, aim.label, 1).sum();
        missed + (growth + fall).sum()
    }
}

/// What a step is to do.
struct Aim {
    label: usize,
    /// The samples without the label.
    samples: Vec<usize>,
    /// The labels that should stay as they are, and whether each may be lost, since the label rules it out.
    others: Vec<(usize, bool)>,
}

/// How codes vary together.
struct Covariance {
    dim: usize,
    /// `[dim, dim]`.
    values: Vec<f64>,
}

impl Covariance {
    fn of(codes: &[f32], dim: usize) -> Self {
        let rows = codes.chunks_exact(dim.max(1));
        let count = rows.len().max(1) as f64;
        let mut mean = vec![0.0; dim];
        for row in rows.clone() {
            for (mean, &value) in mean.iter_mut().zip(row) {
                *mean += f64::from(value) / count;
            }
        }
        let mut values = vec![0.0; dim * dim];
        for row in rows {
            let centred = row.iter().zip(&mean);
            let centred: Vec<f64> = centred.map(|(&v, mean)| f64::from(v) - mean).collect();
            for (line, a) in values.chunks_exact_mut(dim).zip(&centred) {
                for (value, b) in line.iter_mut().zip(&centred) {
                    *value += a * b / count;
                }
            }
        }
        Self { dim, values }
    }

    /// The standard deviation of one number of a code.
    fn sigma(&self, at: usize) -> f64 {
        self.values[at * self.dim + at].sqrt()
    }

    /// The product with a step.
    fn times(&self, step: &[f32]) -> Vec<f64> {
        let lines = self.values.chunks_exact(self.dim.max(1));
        let products = lines.map(|line| {
            let products = line.iter().zip(step).map(|(c, &b)| c * f64::from(b));
            products.sum()
        });
        products.collect()
    }

    /// A step as long as one standard deviation of the codes along it, `s sqrt(s^T C s) / s^T s`.
    fn scaled(&self, step: &[f32]) -> Vec<f32> {
        let square = dot(step, step.iter().map(|&it| f64::from(it)));
        let variance = dot(step, self.times(step));
        // Of a unit vector both are its variance.
        let factor = if square > 0.0 {
            variance.max(0.0).sqrt() / square
        } else {
            0.0
        };
        let scaled = step.iter().map(|&it| (f64::from(it) * factor) as f32);
        scaled.collect()
    }

    /// The gradient before a step is scaled, from that of the scaled `step`: along directions in which codes vary more
    /// it gets longer.
    fn gradient(&self, step: &[f32], of_scaled: &[f64]) -> Vec<f64> {
        let square = dot(step, step.iter().map(|&it| f64::from(it))).max(f64::MIN_POSITIVE);
        let along = dot(step, of_scaled.iter().copied()) / square;
        let product = self.times(step);
        let numbers = of_scaled.iter().zip(step).zip(product);
        let numbers = numbers.map(|((gradient, &step), product)| {
            gradient + along * (product / square - 2.0 * f64::from(step))
        });
        numbers.collect()
    }
}

fn dot(a: &[f32], b: impl IntoIterator<Item = f64>) -> f64 {
    a.iter().zip(b).map(|(&a, b)| f64::from(a) * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes that vary twice as much in the second number as in the first, and with it.
    fn covariance() -> Covariance {
        let codes = [
            [1.0, 3.0, 0.0],
            [-1.0, -3.0, 0.0],
            [1.0, -1.0, 0.5],
            [-1.0, 1.0, -0.5],
        ];
        Covariance::of(&codes.concat(), 3)
    }

    #[test]
    fn a_scaled_step_is_one_standard_deviation_long() {
        let covariance = covariance();
        let found = covariance.scaled(&[0.0, 7.0, 0.0]);
        assert!(
            (found[1] - 5.0_f32.sqrt()).abs() < 1e-5 && found[0] == 0.0,
            "{found:?}"
        );
        // Along (1, 1) the codes are at 4, -4, 0 and 0 over the root of two, so their variance is 4.
        let found = covariance.scaled(&[0.1, 0.1, 0.0]);
        assert!((found[0] - 2.0_f32.sqrt()).abs() < 1e-5, "{found:?}");
        assert_eq!(covariance.scaled(&[0.0; 3]), [0.0; 3]);
    }

    #[test]
    fn the_gradient_is_that_of_small_differences() {
        let covariance = covariance();
        let weights = [0.7, -1.3, 2.0];
        let loss = |step: &[f32]| dot(&covariance.scaled(step), weights);
        let step = covariance.scaled(&[0.8, 0.3, -0.5]);
        let found = covariance.gradient(&step, &weights);
        for (at, found) in found.into_iter().enumerate() {
            let moved = |by: f32| {
                let mut step = step.clone();
                step[at] += by;
                loss(&step)
            };
            let wanted = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((found - wanted).abs() < 1e-3, "{at}: {found}, not {wanted}");
        }
    }
}

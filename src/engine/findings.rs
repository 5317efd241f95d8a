//! What jobs beside decoding are asked and what they answer: plain data.

use crate::latent::{Code, Direction, Space};
use crate::model::manifest::ImageSpec;

/// What an encoder says of a picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Encoding {
    /// The mean of the posterior, or the code of a plain autoencoder; in z.
    pub mu: Code,
    /// The standard deviation of each number of the posterior; plain autoencoders have none.
    pub sigma: Option<Vec<f32>>,
    /// The divergence of each number's posterior from the prior, in nats.
    pub kl: Option<Vec<f32>>,
    pub image: ImageSpec,
    /// What the decoder makes of `mu`: f32 `[C, H, W]` in 0..1.
    pub reconstruction: Vec<f32>,
    /// The squared difference of each pixel, as the mean over the channels: f32 `[H, W]` in 0..1.
    pub squared_error: Vec<f32>,
    /// The mean of the squared differences of all numbers.
    pub mse: f32,
    /// How many bits a number of the picture takes; `None` where the model knows no density.
    pub bits_per_dimension: Option<f32>,
}

/// How an inversion searches.
///
/// Of a model that makes pictures in steps, the noise is found by going those of DDIM backwards, and of these
/// options the steps count alone. Elsewhere a code is searched by gradient descent.
///
/// Candidates are the given starts, what the model's encoder finds, and seeds. Each is decoded;
/// the best few go down side by side by Adam, with a rate that falls to zero as half a cosine.
/// The loss is `mse + prior_weight * |u|^2 / d`, where `u` are the `d` numbers of the code in
/// standard deviations from their means: those of the prior in z, those of many seeds in w.
#[derive(Clone, PartialEq, Debug)]
pub struct InvertOptions {
    /// Where to search; `None` is z, or w where there is a mapping network.
    pub space: Option<Space>,
    /// Codes to begin from besides the others; may be empty. A code in z is mapped to w, and one
    /// in w taken for every layer, where the search needs it.
    pub starts: Vec<Code>,
    /// The first of the seeds that are tried as starts.
    pub first_seed: u32,
    /// How many seeds are tried.
    pub seeds: usize,
    /// Steps of the descent, or those of DDIM.
    pub steps: usize,
    /// The rate of Adam at the first step, in standard deviations.
    pub learning_rate: f32,
    /// How strongly the code is held near the mean.
    pub prior_weight: f32,
}

impl InvertOptions {
    /// The most steps, and the most starts and seeds together.
    pub const MAX_STEPS: usize = 100_000;
    pub const MAX_CANDIDATES: usize = 4096;

    /// Checks the bounds.
    ///
    /// # Errors
    /// A sentence about the first number that is out of bounds.
    pub fn check(&self) -> Result<(), String> {
        if self.steps > Self::MAX_STEPS {
            let most = Self::MAX_STEPS;
            return Err(format!(
                "{} steps are too many; up to {most} are made",
                self.steps
            ));
        }
        if self.starts.len().saturating_add(self.seeds) > Self::MAX_CANDIDATES {
            let most = Self::MAX_CANDIDATES;
            return Err(format!("up to {most} starts and seeds can be tried"));
        }
        let rate = self.learning_rate;
        if !(rate > 0.0 && rate <= 10.0) {
            return Err(format!(
                "the learning rate {rate} does not lie above 0 and up to 10"
            ));
        }
        let weight = self.prior_weight;
        if !(weight >= 0.0 && weight.is_finite()) {
            return Err(format!(
                "the weight {weight} of the prior is not a number from 0 up"
            ));
        }
        if !self.starts.iter().all(|start| start.values.is_finite()) {
            return Err("a start holds numbers that are not finite".to_owned());
        }
        Ok(())
    }
}

impl Default for InvertOptions {
    fn default() -> Self {
        Self {
            space: None,
            starts: Vec::new(),
            first_seed: 0,
            seeds: 64,
            steps: 300,
            learning_rate: 0.1,
            prior_weight: 1e-3,
        }
    }
}

/// How far an inversion has come.
#[derive(Clone, PartialEq, Debug)]
pub struct InvertStep {
    /// Steps made; 0 is the best start.
    pub step: usize,
    pub of: usize,
    /// The loss at every step since the last report, this one's last.
    pub losses: Vec<f32>,
    /// The lowest loss so far, the mean squared error in it, and the code that has it.
    pub best_loss: f32,
    pub best_mse: f32,
    pub best_code: Code,
    pub image: ImageSpec,
    /// The picture of the best code: f32 `[C, H, W]` in 0..1.
    pub picture: Vec<f32>,
}

/// Where directions come from.
#[derive(Clone, PartialEq, Debug)]
pub enum DirectionSource {
    /// The principal components of the encoded data, named `PC 1` and on. Without encoded data
    /// those of w over many seeds, where there is a mapping network (GANSpace, Härkönen et al.
    /// 2020); else as [`Self::PictureChange`], since the codes of a prior have no components.
    Components { count: usize },
    /// The directions of z, or of w where there is a mapping network, along which pictures
    /// change most, named `picture PC 1` and on: eigenvectors of the mean of `J^T J`, with `J`
    /// the decoder's Jacobian at eight seeds.
    PictureChange { count: usize },
    /// From the mean of the codes of one class to that of another, named `1 to 7`.
    ClassDifference { from: u8, to: u8 },
    /// What sets a class apart from all others, by logistic regression, named `probe: boot`.
    Probe { class: u8 },
    /// Directions that are known already, such as saved differences, to be measured.
    Given(Vec<Direction>),
}

impl DirectionSource {
    /// How many directions it can give at most.
    pub fn count(&self) -> usize {
        match self {
            Self::Components { count } | Self::PictureChange { count } => *count,
            Self::ClassDifference { .. } | Self::Probe { .. } => 1,
            Self::Given(directions) => directions.len(),
        }
    }
}

/// A direction with what a step along it does.
#[derive(Clone, PartialEq, Debug)]
pub struct FoundDirection {
    /// One step is one standard deviation of the data, or of the prior, along it.
    pub direction: Direction,
    /// The root mean square change of a pixel (0..1) for one step, around eight seeds: measured
    /// as [`ModelInfo::ranked_dims`](super::ModelInfo::ranked_dims) are.
    pub picture_change: f32,
    pub evidence: Evidence,
}

/// What speaks for a direction.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Evidence {
    /// The share of the variance of the codes that lies along it, 0..1.
    Variance {
        share: f32,
    },
    /// The share of the squared picture change of all directions that lies along it, 0..1.
    PictureChange {
        share: f32,
    },
    /// The share of codes that it tells apart, and the share that answering with the larger
    /// group would reach.
    Accuracy {
        accuracy: f32,
        baseline: f32,
    },
    None,
}

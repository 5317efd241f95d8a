//! What a network says of a noisy picture.

use super::{Level, Moment, combine};
use serde::{Deserialize, Serialize};

/// What a network predicts. Each follows from each, given the picture and its level; they differ in
/// where an error of the network hurts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prediction {
    /// The noise that was added: eps (Ho et al. 2020).
    Noise,
    /// `v = alpha * noise - sigma * x0`, at a variance of 1 (Salimans and Ho 2022).
    V,
    /// The data: x0.
    Data,
    /// The velocity of a straight path, `noise - x0` (Liu et al. 2022, Lipman et al. 2022).
    Velocity,
}

/// Predicts what is behind a noisy picture.
pub trait Denoiser {
    /// Why a prediction cannot be made.
    type Fault;

    fn prediction(&self) -> Prediction;

    /// The prediction for pictures, as many numbers as there are in `x`. `x` comes at the scale that
    /// the network knows: on the straight line for a velocity, with a variance of 1 for all others.
    ///
    /// # Errors
    /// Those of the network.
    fn predict(&mut self, x: &[f32], moment: Moment) -> Result<Vec<f32>, Self::Fault>;
}

/// The two parts of a noisy picture, `x = alpha * data + sigma * noise`, as a network sees them.
#[derive(Clone, PartialEq, Debug)]
pub struct Estimate {
    /// x0, the picture so far.
    pub data: Vec<f32>,
    /// eps.
    pub noise: Vec<f32>,
}

impl Prediction {
    /// What a network is to say of data with noise at a level.
    pub fn target(self, data: &[f32], noise: &[f32], level: Level) -> Vec<f32> {
        match self {
            Self::Noise => noise.to_vec(),
            Self::Data => data.to_vec(),
            Self::V => combine(&[(level.alpha, noise), (-level.sigma, data)]),
            Self::Velocity => combine(&[(1.0, noise), (-1.0, data)]),
        }
    }

    /// How much the squared error of a prediction counts in training: as much as an error of the data
    /// would by its signal-to-noise ratio, of which what lies above `min_snr` does not count (min-SNR,
    /// Hang et al. 2023, equations 10 and 11). A velocity counts the same at all levels.
    pub fn importance(self, level: Level, min_snr: f64) -> f64 {
        let snr = level.snr();
        let counted = snr.min(min_snr);
        match self {
            Self::Data => counted,
            Self::Noise => counted / snr,
            Self::V => counted / (snr + 1.0),
            Self::Velocity => 1.0,
        }
    }

    /// The level at which a network of this kind sees what is at `level`.
    pub fn scale(self, level: Level) -> Level {
        match self {
            Self::Velocity => level.with_unit_sum(),
            Self::Noise | Self::V | Self::Data => level.with_unit_variance(),
        }
    }

    /// The parts of `x`, at the scale of the network, from its output.
    pub fn estimate(self, output: Vec<f32>, x: &[f32], level: Level) -> Estimate {
        let Level { alpha, sigma } = self.scale(level);
        match self {
            Self::Noise => Estimate {
                data: combine(&[(1.0 / alpha, x), (-sigma / alpha, &output)]),
                noise: output,
            },
            Self::Data => Estimate {
                noise: combine(&[(1.0 / sigma, x), (-alpha / sigma, &output)]),
                data: output,
            },
            Self::V => Estimate {
                data: combine(&[(alpha, x), (-sigma, &output)]),
                noise: combine(&[(sigma, x), (alpha, &output)]),
            },
            Self::Velocity => Estimate {
                data: combine(&[(1.0, x), (-sigma, &output)]),
                noise: combine(&[(1.0, x), (alpha, &output)]),
            },
        }
    }
}

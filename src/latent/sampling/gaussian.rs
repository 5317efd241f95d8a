//! The denoiser of normally distributed data, in closed form: what samplers are measured with.

use super::{Denoiser, Level, Moment, Prediction};
use std::convert::Infallible;
use std::str::FromStr;

/// Data of which every number is normally distributed with this mean and this deviation,
/// independently of the others. Its best denoiser is the mean of the data given the noisy number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Gaussian {
    mean: f64,
    deviation: f64,
}

/// A text describes no such data.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{text:?} is no denoiser: write gaussian:MEAN,STD, such as gaussian:0.5,0.2, with a STD of 0 or more"
)]
pub struct NoGaussian {
    text: String,
}

impl Gaussian {
    /// The data, if both numbers are finite and the deviation is not negative.
    pub fn new(mean: f64, deviation: f64) -> Option<Self> {
        let is_sound = mean.is_finite() && deviation.is_finite() && deviation >= 0.0;
        is_sound.then_some(Self { mean, deviation })
    }

    /// The data that a noisy number is most likely to have come from: the mean of `x0` given
    /// `x = alpha * x0 + sigma * noise`.
    fn data(self, x: f64, level: Level) -> f64 {
        let Level { alpha, sigma } = level;
        let variance = self.deviation * self.deviation;
        let of_x = alpha * alpha * variance + sigma * sigma;
        self.mean + alpha * variance / of_x * (x - alpha * self.mean)
    }

    /// Where the probability flow leads a number from one level to another: the exact solution of
    /// the equation that samplers without noise of their own solve step by step.
    pub fn flow(self, x: f64, from: Level, to: Level) -> f64 {
        // Every level has a normal distribution, and a number keeps its place in it.
        let [here, there] =
            [from, to].map(|Level { alpha, sigma }| (alpha * self.deviation).hypot(sigma));
        to.alpha * self.mean + there * (x - from.alpha * self.mean) / here
    }
}

impl Denoiser for Gaussian {
    type Fault = Infallible;

    fn prediction(&self) -> Prediction {
        Prediction::Data
    }

    fn predict(&mut self, x: &[f32], moment: Moment) -> Result<Vec<f32>, Infallible> {
        let level = self.prediction().scale(moment.level);
        let data = x.iter().map(|&x| self.data(f64::from(x), level) as f32);
        Ok(data.collect())
    }
}

impl FromStr for Gaussian {
    type Err = NoGaussian;

    fn from_str(text: &str) -> Result<Self, NoGaussian> {
        let found = text.strip_prefix("gaussian:").and_then(|numbers| {
            let (mean, deviation) = numbers.split_once(',')?;
            let [mean, deviation] = [mean, deviation].map(|number| number.trim().parse().ok());
            Self::new(mean?, deviation?)
        });
        found.ok_or_else(|| NoGaussian {
            text: text.chars().take(40).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_written_as_mean_and_deviation() {
        assert_eq!(
            "gaussian:-0.5,2".parse(),
            Ok(Gaussian::new(-0.5, 2.0).unwrap())
        );
        assert_eq!(
            "gaussian:1e-3, 0".parse(),
            Ok(Gaussian::new(1e-3, 0.0).unwrap())
        );
        for text in [
            "",
            "gaussian",
            "gaussian:1",
            "gaussian:1,-1",
            "gaussian:NaN,1",
            "gaussian:0,inf",
            "normal:0,1",
        ] {
            assert!(text.parse::<Gaussian>().is_err(), "{text}");
        }
    }
}

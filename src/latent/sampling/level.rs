//! How much of the data and how much noise there is in a picture.

use super::combine;

/// The share of data and of noise in `x = alpha * x0 + sigma * noise`, where the noise is standard
/// normal.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Level {
    pub alpha: f64,
    pub sigma: f64,
}

impl Level {
    /// The data alone.
    pub const CLEAN: Self = Self {
        alpha: 1.0,
        sigma: 0.0,
    };

    /// The level whose variance is 1 where that of the data is: `alpha^2 + sigma^2 = 1`
    /// (Ho et al. 2020). `alpha_bar` is in 0..=1.
    pub fn of_alpha_bar(alpha_bar: f64) -> Self {
        Self {
            alpha: alpha_bar.sqrt(),
            sigma: (1.0 - alpha_bar).sqrt(),
        }
    }

    /// The point `t` of the straight line from the data, 0, to the noise, 1 (Liu et al. 2022,
    /// Lipman et al. 2022).
    pub fn of_line(t: f64) -> Self {
        Self {
            alpha: 1.0 - t,
            sigma: t,
        }
    }

    /// The level of variance 1 with `sigma / alpha` of `ratio`, which is what Karras et al. (2022)
    /// call sigma.
    pub fn of_ratio(ratio: f64) -> Self {
        Self::of_alpha_bar(1.0 / (1.0 + ratio * ratio))
    }

    /// Data with noise at this level; both have one length.
    pub fn mix(self, data: &[f32], noise: &[f32]) -> Vec<f32> {
        combine(&[(self.alpha, data), (self.sigma, noise)])
    }

    /// The share of the data in the variance, in 0..=1, whatever the scale of the level.
    pub fn alpha_bar(self) -> f64 {
        let data = self.alpha * self.alpha;
        data / (data + self.sigma * self.sigma)
    }

    /// `sigma / alpha`; infinite in pure noise.
    pub fn ratio(self) -> f64 {
        self.sigma / self.alpha
    }

    /// The signal-to-noise ratio `alpha^2 / sigma^2`; infinite in the data.
    pub fn snr(self) -> f64 {
        (self.alpha / self.sigma).powi(2)
    }

    /// Half the logarithm of the signal-to-noise ratio, the lambda of DPM-Solver.
    pub fn lambda(self) -> f64 {
        (self.alpha / self.sigma).ln()
    }

    /// Where it lies on the straight line: `sigma / (alpha + sigma)`, from 0, the data, to 1.
    pub fn on_line(self) -> f64 {
        self.sigma / (self.alpha + self.sigma)
    }

    /// The same level with a variance of 1.
    #[must_use]
    pub fn with_unit_variance(self) -> Self {
        let norm = self.alpha.hypot(self.sigma);
        Self {
            alpha: self.alpha / norm,
            sigma: self.sigma / norm,
        }
    }

    /// The same level on the straight line.
    #[must_use]
    pub fn with_unit_sum(self) -> Self {
        Self::of_line(self.on_line())
    }
}

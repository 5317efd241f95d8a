//! Where a code stands under a standard normal prior.
//!
//! In many dimensions nearly all codes that a prior gives lie in a thin shell far from the
//! origin: the norm of a code of `d` standard normal numbers follows the chi distribution with
//! `d` degrees of freedom, whose mean is near `sqrt(d)` and whose standard deviation is near
//! `sqrt(1/2)` whatever `d` is.

use super::geometry::norm;
use super::special::{gamma_p_q, ln_gamma};

/// Up to this distance from the middle of the shell, in standard deviations of the norm, a norm
/// is typical: 19 of 20 seeds are.
pub const TYPICAL_SIGMA: f64 = 2.0;
/// Up to this distance it is unusual, and beyond it no seed is seen: fewer than one in 1,000 for
/// two dimensions, and about one in 16,000 for many.
pub const UNUSUAL_SIGMA: f64 = 4.0;

/// The distribution of the norm of standard normal codes: chi with `dim` degrees of freedom.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Shell {
    dim: f64,
}

impl Shell {
    /// The shell of codes of `dim` numbers; 0 counts as 1.
    pub fn new(dim: usize) -> Self {
        Self {
            dim: dim.max(1) as f64,
        }
    }

    /// The mean of the norm, `sqrt(2) gamma((d + 1)/2) / gamma(d/2)`.
    pub fn mean(self) -> f64 {
        (self.dim - self.variance()).sqrt()
    }

    /// The standard deviation of the norm.
    pub fn sigma(self) -> f64 {
        self.variance().sqrt()
    }

    /// `d - mean^2`.
    fn variance(self) -> f64 {
        let x = self.dim / 2.0;
        if x < 50.0 {
            let log_ratio = ln_gamma(x + 0.5) - ln_gamma(x);
            return self.dim - 2.0 * (2.0 * log_ratio).exp();
        }
        // The two numbers of the difference are nearly equal for large d. The series of
        // gamma(x + 1/2) / gamma(x) (Tricomi and Erdélyi 1951), squared, gives it without loss.
        let y = 1.0 / x;
        0.5 - y * (1.0 / 16.0 + y * (1.0 / 64.0 - y * (5.0 / 1024.0 + y * (23.0 / 4096.0))))
    }

    /// The share of codes with a norm of at most `norm`.
    pub fn share_within(self, norm: f64) -> f64 {
        gamma_p_q(self.dim / 2.0, half_square(norm)).0
    }

    /// The share of codes with a larger norm, exact also where it is tiny.
    pub fn share_beyond(self, norm: f64) -> f64 {
        gamma_p_q(self.dim / 2.0, half_square(norm)).1
    }

    /// The norm that a share of all codes stays within: 0 for a share of 0, infinite for 1.
    pub fn quantile(self, share: f64) -> f64 {
        if share.is_nan() || share >= 1.0 {
            return if share.is_nan() { share } else { f64::INFINITY };
        }
        if share <= 0.0 {
            return 0.0;
        }
        let is_within = |norm: f64| {
            if share < 0.5 {
                self.share_within(norm) < share
            } else {
                self.share_beyond(norm) > 1.0 - share
            }
        };
        let (mut low, mut high) = (0.0, self.mean() + self.sigma());
        while is_within(high) {
            (low, high) = (high, 2.0 * high);
        }
        loop {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                return middle;
            }
            if is_within(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
    }
}

fn half_square(norm: f64) -> f64 {
    0.5 * norm.max(0.0).powi(2)
}

/// The natural logarithm of the standard normal density at a code,
/// `-(|z|^2 + d ln(2 pi)) / 2`.
pub fn log_density(code: &[f32]) -> f64 {
    -0.5 * (norm(code).powi(2) + code.len() as f64 * std::f64::consts::TAU.ln())
}

/// How many standard deviations each number of a code lies from its mean. A mean that is
/// missing counts as 0, a `sigma` that is missing or not above 0 as 1.
pub fn z_scores(code: &[f32], mean: &[f32], sigma: &[f32]) -> Vec<f32> {
    let mean = mean.iter().copied().chain(std::iter::repeat(0.0));
    let sigma = sigma.iter().copied().chain(std::iter::repeat(1.0));
    code.iter()
        .zip(mean.zip(sigma))
        .map(|(&value, (mean, sigma))| {
            let sigma = if sigma > 0.0 { f64::from(sigma) } else { 1.0 };
            ((f64::from(value) - f64::from(mean)) / sigma) as f32
        })
        .collect()
}

/// The chance that a standard normal number lies at least as far from 0 as `z`.
pub fn two_sided_tail(z: f64) -> f64 {
    // |Z|^2 / 2 follows the gamma distribution of shape 1/2.
    gamma_p_q(0.5, half_square(z.abs())).1
}

/// The chance that a standard normal number is smaller than `z`.
pub fn share_below(z: f64) -> f64 {
    let tail = 0.5 * two_sided_tail(z);
    if z < 0.0 { tail } else { 1.0 - tail }
}

/// How a code stands among those that a standard normal prior gives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Typicality {
    /// As most seeds are.
    Typical,
    /// As few seeds are.
    Unusual,
    /// As no seed is: the model has hardly learnt anything here.
    FarOutside,
}

/// What can be said of one code under a standard normal prior.
#[derive(Clone, PartialEq, Debug)]
pub struct PriorReport {
    pub norm: f64,
    /// Mean and standard deviation of the norms of seeds.
    pub shell_mean: f64,
    pub shell_sigma: f64,
    /// How far the norm lies outside (above 0) or inside (below 0) the middle of the shell, in
    /// standard deviations of the norm.
    pub shell_offset: f64,
    /// The share of seeds with a smaller norm.
    pub share_within: f64,
    /// Natural logarithm of the density at the code, and its mean over seeds,
    /// `-d (1 + ln(2 pi)) / 2`, whose standard deviation is `sqrt(d / 2)`; `None` where the
    /// density is not known.
    pub log_density: Option<[f64; 2]>,
    /// The dimension whose number lies farthest from 0, and that number; `None` for a code of
    /// no numbers.
    pub largest: Option<(usize, f32)>,
    /// The chance that the largest number of a seed lies at least as far from 0.
    pub largest_tail: f64,
    pub typicality: Typicality,
}

/// Where a code of standard normal numbers stands. Codes with another mean and sigma are
/// brought to these by [`z_scores`].
///
/// The standing is the worse one of two: that of the norm, typical up to [`TYPICAL_SIGMA`] and
/// unusual up to [`UNUSUAL_SIGMA`] standard deviations from the middle of the shell on either
/// side; and that of the largest number, by the chance that a seed of this length has one at
/// least as large (Šidák 1967: `1 - (1 - p)^d`), with the chances that belong to the same
/// two numbers of standard deviations, 1 in 22 and 1 in 16,000. A code that is not finite is far
/// outside.
pub fn report(code: &[f32]) -> PriorReport {
    let shell = Shell::new(code.len());
    let norm = norm(code);
    let (shell_mean, shell_sigma) = (shell.mean(), shell.sigma());
    let shell_offset = (norm - shell_mean) / shell_sigma;
    let largest = code
        .iter()
        .copied()
        .enumerate()
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    let largest_tail = largest.map_or(1.0, |(_, value)| {
        let tail = two_sided_tail(f64::from(value));
        // 1 - (1 - p)^d without losing a tiny p.
        -(code.len() as f64 * (-tail).ln_1p()).exp_m1()
    });
    let by_norm = typicality(
        shell_offset.abs(),
        |limit| limit,
        |value, limit| value <= limit,
    );
    let by_largest = typicality(largest_tail, two_sided_tail, |value, limit| value >= limit);
    let is_finite = code.iter().all(|value| value.is_finite());
    let dim = code.len() as f64;
    PriorReport {
        norm,
        shell_mean,
        shell_sigma,
        shell_offset,
        share_within: shell.share_within(norm),
        log_density: Some([
            log_density(code),
            -0.5 * dim * (1.0 + std::f64::consts::TAU.ln()),
        ]),
        largest,
        largest_tail,
        typicality: if is_finite {
            by_norm.max(by_largest)
        } else {
            Typicality::FarOutside
        },
    }
}

/// Where a code stands among codes whose distribution is known by a sample only, as that of w is.
/// `scores` is the code in standard deviations from their mean, `norms` the norms of the scores of
/// the sample, the smallest first.
///
/// A norm is typical among the middle ones, of which there are as many as within
/// [`TYPICAL_SIGMA`] of a normal distribution, unusual as long as the sample has norms on both
/// sides of it, and far outside beyond. An empty sample makes every code typical.
pub fn report_among(scores: &[f32], norms: &[f32]) -> PriorReport {
    let norm = norm(scores);
    let count = norms.len().max(1) as f64;
    let mean = norms.iter().map(|&norm| f64::from(norm)).sum::<f64>() / count;
    let squares = norms.iter().map(|&norm| (f64::from(norm) - mean).powi(2));
    let sigma = (squares.sum::<f64>() / count).sqrt().max(f64::MIN_POSITIVE);
    let smaller = norms.partition_point(|&other| f64::from(other) < norm);
    let share_within = smaller as f64 / count;
    let tail = 0.5 * two_sided_tail(TYPICAL_SIGMA);
    let is_among = smaller > 0 && smaller < norms.len();
    let typicality = if norms.is_empty() || (tail..=1.0 - tail).contains(&share_within) {
        Typicality::Typical
    } else if is_among {
        Typicality::Unusual
    } else {
        Typicality::FarOutside
    };
    let largest = scores.iter().copied().enumerate();
    PriorReport {
        norm,
        shell_mean: mean,
        shell_sigma: sigma,
        shell_offset: (norm - mean) / sigma,
        share_within,
        log_density: None,
        largest: largest.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())),
        largest_tail: 1.0,
        typicality: if scores.iter().all(|score| score.is_finite()) {
            typicality
        } else {
            Typicality::FarOutside
        },
    }
}

/// The standing of a value, by what becomes of the two thresholds on its scale.
fn typicality(
    value: f64,
    scale: impl Fn(f64) -> f64,
    keeps: impl Fn(f64, f64) -> bool,
) -> Typicality {
    if keeps(value, scale(TYPICAL_SIGMA)) {
        Typicality::Typical
    } else if keeps(value, scale(UNUSUAL_SIGMA)) {
        Typicality::Unusual
    } else {
        Typicality::FarOutside
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::seed::seed_code;

    #[test]
    fn seeds_are_typical_and_walks_leave_the_shell() {
        for dim in [1, 2, 16, 64, 512] {
            let count = |wanted: Typicality| {
                let seeds = (0..2000).map(|seed| report(&seed_code(seed, dim)).typicality);
                seeds.filter(|&typicality| typicality == wanted).count()
            };
            assert!(count(Typicality::Typical) >= 1780, "{dim}");
            assert!(count(Typicality::FarOutside) <= 3, "{dim}");
        }
        let seed = seed_code(1, 64);
        let middle = Shell::new(64).mean() / norm(&seed);
        let scaled = |factor: f64| -> Vec<f32> {
            let factor = factor * middle;
            seed.iter()
                .map(|&v| (f64::from(v) * factor) as f32)
                .collect()
        };
        assert_eq!(report(&scaled(1.25)).typicality, Typicality::Unusual);
        assert_eq!(report(&scaled(2.0)).typicality, Typicality::FarOutside);
        // The middle of an lerp between two seeds lies inside the shell.
        assert_eq!(report(&scaled(0.3)).typicality, Typicality::FarOutside);
        assert!(report(&scaled(0.3)).shell_offset < -4.0);
    }

    #[test]
    fn a_sample_judges_by_rank() {
        let norms: Vec<f32> = (1..=1000).map(|n| 5.0 + n as f32 / 100.0).collect();
        let typicality = |norm: f32| report_among(&[norm, 0.0], &norms).typicality;
        assert_eq!(typicality(10.0), Typicality::Typical);
        assert_eq!(typicality(5.1), Typicality::Unusual);
        assert_eq!(typicality(14.9), Typicality::Unusual);
        assert_eq!(typicality(4.9), Typicality::FarOutside);
        assert_eq!(typicality(15.5), Typicality::FarOutside);
        let found = report_among(&[3.0, -4.0], &norms);
        assert_eq!((found.norm, found.largest), (5.0, Some((1, -4.0))));
        assert!((found.shell_mean - 10.005).abs() < 1e-3 && found.log_density.is_none());
        assert_eq!(report_among(&[3.0], &[]).typicality, Typicality::Typical);
        assert_eq!(
            report_among(&[f32::NAN], &norms).typicality,
            Typicality::FarOutside
        );
    }

    #[test]
    fn the_origin_is_typical_only_where_the_shell_reaches_it() {
        assert_eq!(report(&[0.0; 2]).typicality, Typicality::Typical);
        assert_eq!(report(&[0.0; 64]).typicality, Typicality::FarOutside);
    }

    #[test]
    fn one_large_number_stands_out_in_a_typical_norm() {
        let mut code = vec![0.8; 64];
        code[9] = -5.5;
        let found = report(&code);
        assert!(found.shell_offset.abs() < 2.0, "{found:?}");
        assert_eq!(found.largest, Some((9, -5.5)));
        assert_eq!(found.typicality, Typicality::FarOutside);
        assert!((found.largest_tail / (64.0 * two_sided_tail(5.5)) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn odd_codes_are_reported_without_harm() {
        for code in [
            &[][..],
            &[f32::NAN, 1.0],
            &[f32::INFINITY],
            &[f32::MAX; 3],
            &[-0.0],
        ] {
            let found = report(code);
            assert!(
                !found.shell_mean.is_nan() && found.shell_sigma > 0.0,
                "{found:?}"
            );
        }
        assert_eq!(report(&[f32::NAN, 1.0]).typicality, Typicality::FarOutside);
        assert_eq!(report(&[f32::MAX; 3]).typicality, Typicality::FarOutside);
    }

    #[test]
    fn z_scores_tell_missing_statistics() {
        assert_eq!(
            z_scores(&[3.0, 5.0, -1.0], &[1.0], &[2.0, 0.0]),
            [1.0, 5.0, -1.0]
        );
    }

    #[test]
    fn quantiles_invert_the_shares() {
        for dim in [1, 2, 64, 512] {
            let shell = Shell::new(dim);
            for share in [1e-12, 1e-3, 0.05, 0.5, 0.95, 0.999] {
                let found = shell.share_within(shell.quantile(share));
                assert!(
                    (found / share - 1.0).abs() < 1e-9,
                    "{dim}, {share}: {found}"
                );
            }
            assert_eq!(shell.quantile(0.0), 0.0);
            assert_eq!(shell.quantile(1.0), f64::INFINITY);
            assert!(shell.quantile(f64::NAN).is_nan());
        }
    }
}

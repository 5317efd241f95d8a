//! The ways between two codes.
//!
//! All functions compute in `f64` and round once at the end: a result is finite whenever the
//! exact one fits in `f32`, and no finite input gives NaN. Both codes should have the same
//! length; the result is as long as the shorter one.

use super::geometry::{angle, norm};

/// Below this sine of the angle between two codes the circle through them has no direction
/// that `f32` could tell, and slerp becomes lerp.
const SMALLEST_SINE: f64 = 1e-6;

/// Below this cosine of the angle two codes count as nearly opposite: the angle at which the
/// common implementations of slerp stop using the formula (dot product 0.9995).
const NEARLY_OPPOSITE_COSINE: f64 = -0.9995;

/// Linear interpolation, `(1 - t) * a + t * b`: exactly `a` at `t = 0` and `b` at `t = 1`.
/// `t` outside `0..=1` goes on along the line.
pub fn lerp(a: &[f32], b: &[f32], t: f32) -> Vec<f32> {
    let t = f64::from(t);
    combine(a, b, 1.0 - t, t)
}

/// Spherical linear interpolation (Shoemake 1985),
/// `sin((1 - t) omega) / sin(omega) * a + sin(t omega) / sin(omega) * b`, where `omega` is the
/// angle between the two codes.
///
/// Two codes of the same norm keep that norm all the way, which keeps a walk through a Gaussian
/// prior where the prior has its mass. Parallel and opposite codes, and codes of norm zero, have
/// no arc between them: there this is [`lerp`]. Between nearly opposite codes of different norms
/// the formula grows without bound, so there the direction follows it and the norm is
/// interpolated linearly.
pub fn slerp(a: &[f32], b: &[f32], t: f32) -> Vec<f32> {
    let omega = angle(a, b);
    let sine = omega.sin();
    if t == 0.0 || t == 1.0 || sine < SMALLEST_SINE {
        return lerp(a, b, t);
    }
    let t = f64::from(t);
    let weight_a = ((1.0 - t) * omega).sin() / sine;
    let weight_b = (t * omega).sin() / sine;
    if omega.cos() < NEARLY_OPPOSITE_COSINE {
        let (norm_a, norm_b) = (norm(a), norm(b));
        let between = (1.0 - t) * norm_a + t * norm_b;
        let (scale_a, scale_b) = (between / norm_a, between / norm_b);
        return combine(a, b, weight_a * scale_a, weight_b * scale_b);
    }
    combine(a, b, weight_a, weight_b)
}

/// The truncation trick: `mean + psi * (values - mean)`. `psi` = 1 leaves the code as it is,
/// 0 gives the mean. A `mean` that is too short counts as zero beyond its end.
pub fn truncate(values: &[f32], mean: &[f32], psi: f32) -> Vec<f32> {
    let psi = f64::from(psi);
    let mean = mean.iter().copied().chain(std::iter::repeat(0.0));
    values
        .iter()
        .zip(mean)
        .map(|(&value, mean)| {
            let (value, mean) = (f64::from(value), f64::from(mean));
            (mean + psi * (value - mean)) as f32
        })
        .collect()
}

/// `weight_a * a + weight_b * b`.
fn combine(a: &[f32], b: &[f32], weight_a: f64, weight_b: f64) -> Vec<f32> {
    a.iter()
        .zip(b)
        .map(|(&a, &b)| (weight_a * f64::from(a) + weight_b * f64::from(b)) as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slerp_goes_round_the_circle() {
        let half = slerp(&[1.0, 0.0], &[0.0, 1.0], 0.5);
        let diagonal = std::f32::consts::FRAC_1_SQRT_2;
        assert!((half[0] - diagonal).abs() < 1e-7 && (half[1] - diagonal).abs() < 1e-7);
    }

    #[test]
    fn slerp_without_an_arc_is_lerp() {
        for (a, b) in [
            ([1.0, 2.0], [-1.0, -2.0]),
            ([1.0, 2.0], [2.0, 4.0]),
            ([0.0, 0.0], [3.0, 4.0]),
        ] {
            assert_eq!(slerp(&a, &b, 0.25), lerp(&a, &b, 0.25));
        }
    }

    #[test]
    fn nearly_opposite_codes_keep_a_sensible_norm() {
        for (b, norm_between) in [([-1.0, 1e-4], 1.0), ([-3.0, 3e-4], 2.0)] {
            let between = slerp(&[1.0, 0.0], &b, 0.5);
            assert!((norm(&between) - norm_between).abs() < 1e-5, "{between:?}");
        }
    }

    #[test]
    fn the_largest_numbers_do_not_turn_into_nan() {
        let (a, b) = ([f32::MAX, f32::MAX], [-f32::MAX, f32::MAX]);
        for t in [-1e30, 0.0, 0.5, 1.0, f32::MAX] {
            for values in [lerp(&a, &b, t), slerp(&a, &b, t), truncate(&a, &b, t)] {
                assert!(values.iter().all(|v| !v.is_nan()), "t = {t}: {values:?}");
            }
        }
    }

    #[test]
    fn truncation_pulls_towards_the_mean() {
        assert_eq!(truncate(&[3.0, 3.0], &[1.0], 0.5), [2.0, 1.5]);
        assert_eq!(truncate(&[3.0], &[1.0], 0.0), [1.0]);
    }
}

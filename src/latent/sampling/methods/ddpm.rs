//! Ancestral sampling of the forward process: Ho et al. 2020, "Denoising diffusion probabilistic
//! models", equations 6 and 7.

use super::super::{Level, combine};
use super::{Move, Point, Solver, drawn};

/// With the smaller of the two variances that the paper names, that of the posterior (`fixed_small`
/// in diffusers). The larger one is as good with all 1000 steps and useless with few.
pub struct Ddpm;

impl Solver for Ddpm {
    fn advance(&mut self, point: &Point<'_>, draw: &mut dyn FnMut(&mut [f32])) -> Move {
        let Point {
            x,
            estimate,
            from,
            to,
        } = point;
        let [bar, bar_before] = [from, to].map(|level| level.alpha_bar());
        // The paper's x has a variance of 1.
        let [norm, norm_before] = [from, to].map(|level| level.alpha.hypot(level.sigma));
        // Of the whole step, which may span several of training.
        let alpha = bar / bar_before;
        let beta = 1.0 - alpha;
        let of_data = norm_before * bar_before.sqrt() * beta / (1.0 - bar);
        let of_x = norm_before * alpha.sqrt() * (1.0 - bar_before) / (1.0 - bar) / norm;
        let variance = beta * (1.0 - bar_before) / (1.0 - bar);
        let mean = [(of_data, &estimate.data[..]), (of_x, x)];
        if point.is_last() {
            return Move::To(combine(&mean));
        }
        let noise = drawn(x, draw);
        let [data, x] = mean;
        Move::To(combine(&[data, x, (norm_before * variance.sqrt(), &noise)]))
    }
}

/// The deviation of the noise that DDPM adds in a step, at the scale of its end.
pub(super) fn deviation(from: Level, to: Level) -> f64 {
    let [ratio, ratio_before] = [from, to].map(Level::ratio);
    to.sigma * (1.0 - (ratio_before / ratio).powi(2)).max(0.0).sqrt()
}

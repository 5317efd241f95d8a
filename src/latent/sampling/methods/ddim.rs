//! Song et al. 2020, "Denoising diffusion implicit models", equations 12 and 16.

use super::super::{Level, combine};
use super::{Move, Point, Solver, ddpm, drawn};

/// Remixes the two parts for the next level; of the noise a share is new. With an eta of 1 it is
/// DDPM, with 0 the same noise always leads to the same picture.
pub struct Ddim {
    pub eta: f64,
}

impl Solver for Ddim {
    fn advance(&mut self, point: &Point<'_>, draw: &mut dyn FnMut(&mut [f32])) -> Move {
        let Level { alpha, sigma } = point.to;
        let new = self.eta * ddpm::deviation(point.from, point.to);
        if new == 0.0 {
            return Move::To(point.remixed());
        }
        let kept = (sigma * sigma - new * new).max(0.0).sqrt();
        let estimate = point.estimate;
        let noise = drawn(point.x, draw);
        Move::To(combine(&[
            (alpha, &estimate.data),
            (kept, &estimate.noise),
            (new, &noise),
        ]))
    }
}

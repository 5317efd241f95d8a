//! Euler's method with noise of its own: `sample_euler_ancestral` of k-diffusion (Crowson 2022).

use super::super::combine;
use super::{Move, Point, Solver, ddpm, drawn};

/// Goes by Euler's method to less noise than wanted, and adds fresh noise for the rest; eta is the share of it
/// that DDPM adds.
pub struct EulerAncestral {
    pub eta: f64,
}

impl Solver for EulerAncestral {
    fn advance(&mut self, point: &Point<'_>, draw: &mut dyn FnMut(&mut [f32])) -> Move {
        let to = point.to;
        let up = self.eta * ddpm::deviation(point.from, to);
        if up == 0.0 {
            return Move::To(point.remixed());
        }
        let down = (to.sigma * to.sigma - up * up).max(0.0).sqrt();
        let estimate = point.estimate;
        let noise = drawn(point.x, draw);
        Move::To(combine(&[
            (to.alpha, &estimate.data),
            (down, &estimate.noise),
            (up, &noise),
        ]))
    }
}

//! Karras et al. 2022, algorithm 1: Heun's method on the probability flow.

use super::super::{Estimate, combine};
use super::{Look, Move, Point, Solver};

/// Takes a step of Euler's method, looks at the slope there too, and goes by the mean of both. The
/// last step is Euler's: where no noise is left there is nothing to ask.
pub struct Heun;

impl Solver for Heun {
    fn advance(&mut self, point: &Point<'_>, _: &mut dyn FnMut(&mut [f32])) -> Move {
        let x = point.remixed();
        // From pure noise the slope in sigma / alpha has no beginning.
        if point.is_last() || point.from.alpha == 0.0 {
            return Move::To(x);
        }
        Move::Look(Look { x })
    }

    fn settle(&mut self, point: &Point<'_>, there: &Estimate) -> Vec<f32> {
        // y' = y + (s' - s) * (noise + noise') / 2 with y = x / alpha, s = sigma / alpha.
        let here = point.estimate;
        let [ratio, ratio_there] = [point.from.ratio(), point.to.ratio()];
        let scale = point.to.alpha;
        combine(&[
            (scale, &here.data),
            (scale * (ratio + ratio_there) / 2.0, &here.noise),
            (scale * (ratio_there - ratio) / 2.0, &there.noise),
        ])
    }
}

//! Lu et al. 2022, "DPM-Solver++: fast solver for guided sampling of diffusion probabilistic
//! models", algorithm 2: DPM-Solver++(2M).

use super::super::combine;
use super::{Move, Point, Solver};

/// Integrates the equation in lambda exactly but for the data, which it takes to change as it did
/// from the step before. The first step has no step before it, and to the data, where lambda is
/// infinite, no line leads: both are of first order.
#[derive(Default)]
pub struct DpmSolver {
    /// What the network said of the data a step before, and how far that was in lambda.
    before: Option<(Vec<f32>, f64)>,
}

impl Solver for DpmSolver {
    fn advance(&mut self, point: &Point<'_>, _: &mut dyn FnMut(&mut [f32])) -> Move {
        let Point {
            x,
            estimate,
            from,
            to,
        } = point;
        let data = &estimate.data;
        let step = to.lambda() - from.lambda();
        let of_x = to.sigma / from.sigma;
        let of_data = -to.alpha * (-step).exp_m1();
        let moved = match &self.before {
            Some((before, step_before)) if !point.is_last() => {
                // The data half a step on.
                let slope = 0.5 * step / step_before;
                combine(&[
                    (of_x, x),
                    (of_data * (1.0 + slope), data),
                    (-of_data * slope, before),
                ])
            }
            _ => combine(&[(of_x, x), (of_data, data)]),
        };
        self.before = Some((data.clone(), step));
        Move::To(moved)
    }
}

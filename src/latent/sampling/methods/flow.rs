//! Flow matching by Euler's method: Liu et al. 2022, "Flow straight and fast"; Lipman et al. 2022,
//! "Flow matching for generative modeling".

use super::super::{Level, combine};
use super::{Move, Point, Solver};

/// On the straight line `x = (1 - t) * x0 + t * noise` the velocity is `noise - x0`. A step is
/// `x' = x + (t' - t) * velocity`; levels of another scale are brought to the line and back.
pub struct Flow;

impl Solver for Flow {
    fn advance(&mut self, point: &Point<'_>, _: &mut dyn FnMut(&mut [f32])) -> Move {
        let Point {
            x,
            estimate,
            from,
            to,
        } = point;
        let [here, there] = [from, to].map(|level| level.on_line());
        let [scale, scale_there] = [from, to].map(|&Level { alpha, sigma }| alpha + sigma);
        let step = scale_there * (there - here);
        Move::To(combine(&[
            (scale_there / scale, x),
            (step, &estimate.noise),
            (-step, &estimate.data),
        ]))
    }
}

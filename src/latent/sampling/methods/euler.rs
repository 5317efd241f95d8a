//! Karras et al. 2022, "Elucidating the design space of diffusion-based generative models",
//! equation 1 with sigma(t) = t and s(t) = 1, by Euler's method.

use super::{Move, Point, Solver};

/// With `y = x / alpha` and `s = sigma / alpha` the probability flow is `dy/ds = (y - x0) / s`, which
/// is the noise; a step of Euler's method gives `y' = y + (s' - s) * noise = x0 + s' * noise`. That
/// is a step of DDIM without noise of its own, by another way.
pub struct Euler;

impl Solver for Euler {
    fn advance(&mut self, point: &Point<'_>, _: &mut dyn FnMut(&mut [f32])) -> Move {
        Move::To(point.remixed())
    }
}

//! A chain of affine couplings of two numbers.

use super::data::Point;

/// How many layers a chain has.
pub const LAYERS: usize = 8;
/// How many numbers say how a coupling's scale, or its shift, follows from the number that stays.
pub const BUMPS: usize = 17;

/// The first and the last bump, and their width.
const FIRST: f64 = -3.0;
const LAST: f64 = 3.0;
const WIDTH: f64 = 0.6;
/// The largest logarithm of a scale, either way, so that no layer grows without bound.
const MAX_LOG_SCALE: f64 = 2.0;

/// A layer that leaves one number and scales and shifts the other: `b' = b·exp(s(a)) + t(a)`
/// (RealNVP, Dinh et al. 2017). In place of a network, `s` and `t` are sums of a constant and of
/// 16 bell-shaped bumps, so that the whole chain is learned in half a second.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Coupling {
    pub scale: [f64; BUMPS],
    pub shift: [f64; BUMPS],
}

/// What a coupling does at one place, with the slopes that training needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effect {
    /// The constant and the bumps at this place.
    pub bumps: [f64; BUMPS],
    pub log_scale: f64,
    pub shift: f64,
    /// How `log_scale` follows its sum of bumps.
    pub log_scale_of_sum: f64,
    /// How both follow the number that stays.
    pub log_scale_slope: f64,
    pub shift_slope: f64,
}

impl Coupling {
    /// What it does where the number that stays is `kept`.
    pub(super) fn effect(&self, kept: f64) -> Effect {
        let mut bumps = [1.0; BUMPS];
        let [mut scale, mut shift] = [self.scale[0], self.shift[0]];
        let [mut scale_slope, mut shift_slope] = [0.0, 0.0];
        let step = (LAST - FIRST) / (BUMPS - 2) as f64;
        for (index, place) in bumps.iter_mut().enumerate().skip(1) {
            let away = (kept - FIRST - step * (index - 1) as f64) / WIDTH;
            let bump = (-0.5 * away * away).exp();
            let slope = -away / WIDTH * bump;
            *place = bump;
            scale += self.scale[index] * bump;
            shift += self.shift[index] * bump;
            scale_slope += self.scale[index] * slope;
            shift_slope += self.shift[index] * slope;
        }
        let bounded = (scale / MAX_LOG_SCALE).tanh();
        let log_scale_of_sum = 1.0 - bounded * bounded;
        Effect {
            bumps,
            log_scale: MAX_LOG_SCALE * bounded,
            shift,
            log_scale_of_sum,
            log_scale_slope: log_scale_of_sum * scale_slope,
            shift_slope,
        }
    }
}

/// Layers from z to x, which take turns in what they leave.
#[derive(Clone, PartialEq, Debug)]
pub struct Chain {
    pub couplings: [Coupling; LAYERS],
}

/// Where a layer takes its numbers from: that which stays, and that which moves.
pub(super) fn places(layer: usize) -> [usize; 2] {
    [layer % 2, 1 - layer % 2]
}

impl Chain {
    /// One that changes nothing.
    pub fn identity() -> Self {
        Self {
            couplings: [Coupling::default(); LAYERS],
        }
    }

    /// Where the first `layers` layers bring `z`, and the logarithm of the factor by which they
    /// stretch the area there: `log |det ∂x/∂z|`.
    pub fn forward(&self, z: Point, layers: usize) -> (Point, f64) {
        let mut at = z;
        let mut log_det = 0.0;
        for (layer, coupling) in self.couplings.iter().enumerate().take(layers) {
            let [kept, moved] = places(layer);
            let effect = coupling.effect(at[kept]);
            at[moved] = at[moved] * effect.log_scale.exp() + effect.shift;
            log_det += effect.log_scale;
        }
        (at, log_det)
    }

    /// The code of `x` under the first `layers` layers, and `log |det ∂x/∂z|` there.
    pub fn inverse(&self, x: Point, layers: usize) -> (Point, f64) {
        let mut at = x;
        let mut log_det = 0.0;
        for (layer, coupling) in self.couplings.iter().enumerate().take(layers).rev() {
            let [kept, moved] = places(layer);
            let effect = coupling.effect(at[kept]);
            at[moved] = (at[moved] - effect.shift) * (-effect.log_scale).exp();
            log_det += effect.log_scale;
        }
        (at, log_det)
    }

    /// The logarithm of the density of `x`, in nats.
    pub fn log_density(&self, x: Point, layers: usize) -> f64 {
        let (z, log_det) = self.inverse(x, layers);
        log_normal(z) - log_det
    }
}

/// The logarithm of the standard normal density in the plane, in nats.
pub fn log_normal(z: Point) -> f64 {
    -0.5 * (z[0] * z[0] + z[1] * z[1]) - std::f64::consts::TAU.ln()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::latent::seed::NormalStream;

    /// A chain of chance.
    pub fn random_chain(seed: u32) -> Chain {
        let mut stream = NormalStream::new(seed);
        let mut chain = Chain::identity();
        for coupling in &mut chain.couplings {
            for value in coupling.scale.iter_mut().chain(&mut coupling.shift) {
                *value = 0.3 * stream.draw();
            }
        }
        chain
    }

    #[test]
    fn the_inverse_undoes_any_number_of_layers() {
        let chain = random_chain(1);
        for (x, y, layers) in [
            (0.0, 0.0, 8),
            (1.3, -2.0, 8),
            (-2.9, 2.9, 5),
            (9.0, -9.0, 1),
        ] {
            let (there, out) = chain.forward([x, y], layers);
            let (back, same) = chain.inverse(there, layers);
            assert!(
                (back[0] - x).abs() < 1e-9 && (back[1] - y).abs() < 1e-9,
                "{back:?}"
            );
            assert!((out - same).abs() < 1e-9);
        }
        assert_eq!(chain.forward([0.5, 1.0], 0), ([0.5, 1.0], 0.0));
    }

    #[test]
    fn the_determinant_is_that_of_differences() {
        let chain = random_chain(2);
        let step = 1e-5;
        for z in [[0.0, 0.0], [1.0, -0.7], [-2.0, 1.5]] {
            let side = |axis: usize| {
                let [mut low, mut high] = [z, z];
                low[axis] -= step;
                high[axis] += step;
                let [low, high] = [low, high].map(|it| chain.forward(it, LAYERS).0);
                [0, 1].map(|it| (high[it] - low[it]) / (2.0 * step))
            };
            let [a, b] = [side(0), side(1)];
            let det: f64 = a[0] * b[1] - a[1] * b[0];
            let (_, log_det) = chain.forward(z, LAYERS);
            assert!(
                (det.abs().ln() - log_det).abs() < 1e-5,
                "{} {log_det}",
                det.abs().ln()
            );
        }
    }

    #[test]
    fn the_density_adds_up_to_one() {
        let chain = random_chain(3);
        let step = 0.02;
        let cells = (0..1000).flat_map(|row| (0..1000).map(move |column| [column, row]));
        let mass = cells.map(|cell| {
            let x = cell.map(|it| step * (f64::from(it) - 499.5));
            chain.log_density(x, 4).exp() * step * step
        });
        let mass: f64 = mass.sum();
        assert!((mass - 1.0).abs() < 0.01, "{mass}");
    }
}

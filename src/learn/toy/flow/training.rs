//! How the chain learns: maximum likelihood by Adam, with gradients in closed form.

use super::chain::{BUMPS, Chain, Coupling, LAYERS, places};
use super::data::{Data, Point};
use std::sync::OnceLock;

/// A training is kept at every percent of its way.
pub const PERCENT: usize = 100;
const STEPS_PER_PERCENT: usize = 20;
/// Points of one step.
const BATCH: usize = 256;
const LEARNING_RATE: f64 = 0.02;
const BETAS: [f64; 2] = [0.9, 0.99];
/// Pulls each number to 0, so that the chain stays smooth where there are no data.
const DECAY: f64 = 5e-4;
/// Points that were never learned from, and how many.
const HELD_OUT: (u32, usize) = (2, 1000);
const SEED: u32 = 1;

/// A chain that has learned, with all that it was on its way.
#[derive(Debug)]
pub struct Trained {
    /// One for each percent of the training, from none on.
    stages: Vec<Chain>,
    held_out: Vec<Point>,
}

static BUILT_IN: [OnceLock<Trained>; Data::ALL.len()] = [const { OnceLock::new() }; 3];

impl Trained {
    /// That of some data; the first call takes about half a second.
    pub fn built_in(data: Data) -> &'static Self {
        BUILT_IN[data as usize].get_or_init(|| Self::learn(data))
    }

    /// Whether it has learned.
    pub fn is_ready(data: Data) -> bool {
        BUILT_IN[data as usize].get().is_some()
    }

    fn learn(data: Data) -> Self {
        let mut chain = Chain::identity();
        let mut adam = Adam::default();
        let mut points = data.points(SEED);
        let mut stages = vec![chain.clone()];
        let steps = PERCENT * STEPS_PER_PERCENT;
        for step in 0..steps {
            let mut gradient = [Coupling::default(); LAYERS];
            for point in points.by_ref().take(BATCH) {
                add_gradient(&chain, point, &mut gradient);
            }
            let left = 1.0 - step as f64 / steps as f64;
            adam.step(&mut chain, &gradient, LEARNING_RATE * left.max(0.02));
            if (step + 1) % STEPS_PER_PERCENT == 0 {
                stages.push(chain.clone());
            }
        }
        let (seed, count) = HELD_OUT;
        Self {
            stages,
            held_out: data.points(seed).take(count).collect(),
        }
    }

    /// What it was after some percent of the training.
    pub fn after(&self, percent: usize) -> &Chain {
        &self.stages[percent.min(PERCENT)]
    }

    /// Points that were never learned from.
    pub fn held_out(&self) -> &[Point] {
        &self.held_out
    }

    /// The mean of `-log p(x)` over the held-out points, in nats.
    pub fn loss(&self, percent: usize, layers: usize) -> f64 {
        let chain = self.after(percent);
        let sum: f64 = (self.held_out.iter())
            .map(|&point| chain.log_density(point, layers))
            .sum();
        -sum / self.held_out.len() as f64
    }
}

/// Adds the gradient of `-log p(x)` with respect to all numbers of the chain.
fn add_gradient(chain: &Chain, x: Point, gradient: &mut [Coupling; LAYERS]) {
    let mut at = x;
    // From x to z, the way of the likelihood; the tape is the layers in this order.
    let tape: [_; LAYERS] = std::array::from_fn(|index| {
        let layer = LAYERS - 1 - index;
        let [kept, moved] = places(layer);
        let effect = chain.couplings[layer].effect(at[kept]);
        at[moved] = (at[moved] - effect.shift) * (-effect.log_scale).exp();
        (layer, effect, at[moved])
    });
    // The slope of |z|²/2 to begin with.
    let mut slope = at;
    for (layer, effect, moved_to) in tape.into_iter().rev() {
        let [kept, moved] = places(layer);
        let shrink = (-effect.log_scale).exp();
        let of_shift = -slope[moved] * shrink;
        // The 1 is that of log |det|, the sum of all logarithms of scales.
        let of_log_scale = 1.0 - slope[moved] * moved_to;
        let sums = &mut gradient[layer];
        for index in 0..BUMPS {
            sums.scale[index] += of_log_scale * effect.log_scale_of_sum * effect.bumps[index];
            sums.shift[index] += of_shift * effect.bumps[index];
        }
        slope[kept] += of_log_scale * effect.log_scale_slope + of_shift * effect.shift_slope;
        slope[moved] *= shrink;
    }
}

/// Adam (Kingma and Ba 2015) with weight decay added to the gradient.
#[derive(Default)]
struct Adam {
    steps: i32,
    mean: [Coupling; LAYERS],
    square: [Coupling; LAYERS],
}

impl Adam {
    fn step(&mut self, chain: &mut Chain, gradient: &[Coupling; LAYERS], rate: f64) {
        self.steps += 1;
        let unbias = BETAS.map(|beta| 1.0 - beta.powi(self.steps));
        let numbers = chain.couplings.iter_mut().zip(gradient);
        let moments = self.mean.iter_mut().zip(&mut self.square);
        for ((coupling, gradient), (mean, square)) in numbers.zip(moments) {
            let parts = [
                (
                    &mut coupling.scale,
                    &gradient.scale,
                    &mut mean.scale,
                    &mut square.scale,
                ),
                (
                    &mut coupling.shift,
                    &gradient.shift,
                    &mut mean.shift,
                    &mut square.shift,
                ),
            ];
            for (values, gradients, means, squares) in parts {
                for index in 0..BUMPS {
                    let slope = gradients[index] / BATCH as f64 + DECAY * values[index];
                    means[index] = BETAS[0] * means[index] + (1.0 - BETAS[0]) * slope;
                    squares[index] = BETAS[1] * squares[index] + (1.0 - BETAS[1]) * slope * slope;
                    let spread = (squares[index] / unbias[1]).sqrt() + 1e-8;
                    values[index] -= rate * means[index] / unbias[0] / spread;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::toy::flow::chain::log_normal;
    use crate::learn::toy::flow::chain::tests::random_chain;

    #[test]
    fn the_gradient_is_that_of_differences() {
        let chain = random_chain(5);
        let x = [0.7, -1.1];
        let mut gradient = [Coupling::default(); LAYERS];
        add_gradient(&chain, x, &mut gradient);
        let step = 1e-6;
        for (layer, gradient) in gradient.iter().enumerate() {
            for index in [0, 4, 9, 16] {
                let loss = |by: f64, is_scale: bool| {
                    let mut moved = chain.clone();
                    let coupling = &mut moved.couplings[layer];
                    match is_scale {
                        true => coupling.scale[index] += by,
                        false => coupling.shift[index] += by,
                    }
                    -moved.log_density(x, LAYERS)
                };
                let found = [gradient.scale[index], gradient.shift[index]];
                for (is_scale, found) in [true, false].into_iter().zip(found) {
                    let expected = (loss(step, is_scale) - loss(-step, is_scale)) / (2.0 * step);
                    assert!(
                        (found - expected).abs() < 1e-5,
                        "{layer} {index}: {found} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_shape_is_learned_and_all_of_the_way_is_kept() {
        for data in Data::ALL {
            let trained = Trained::built_in(data);
            assert_eq!(trained.stages.len(), PERCENT + 1);
            assert_eq!(trained.after(0), &Chain::identity());
            let losses = [0, 5, 30, 100].map(|percent| trained.loss(percent, LAYERS));
            assert!(losses.is_sorted_by(|a, b| a > b), "{data:?} {losses:?}");
            // The entropy of a standard normal, about which all of them are scaled.
            let normal = 1.0 - log_normal([0.0, 0.0]);
            assert!(losses[3] < normal - 1.0, "{data:?} {losses:?}");
            // Fewer layers than were learned with do not do.
            assert!(trained.loss(PERCENT, 4) > losses[3] + 0.2);
        }
    }
}

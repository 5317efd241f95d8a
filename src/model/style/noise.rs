//! The noise of the layers, always drawn on the CPU by our own generator, so that all devices
//! add the same.

use super::spec::StylePlan;
use crate::latent::seed::NormalStream;

/// The noise that goes with a model, layer after layer: `stored(layer)` where the file has it, and
/// NumPy's `RandomState(layer).randn(side, side)` elsewhere.
pub fn constant_noise(
    plan: &StylePlan,
    stored: impl Fn(usize) -> Option<Vec<f32>>,
) -> Vec<Vec<f32>> {
    let layers = plan.layers.iter().enumerate().map(|(index, layer)| {
        let len = layer.side * layer.side;
        stored(index)
            .filter(|values| values.len() == len)
            .unwrap_or_else(|| draw(&mut NormalStream::new(index as u32), len))
    });
    layers.collect()
}

/// The noise of a seed: NumPy's `RandomState(seed).randn`, layer after layer.
pub fn seed_noise(plan: &StylePlan, seed: u32) -> Vec<Vec<f32>> {
    let mut stream = NormalStream::new(seed);
    let layers = plan.layers.iter();
    layers
        .map(|layer| draw(&mut stream, layer.side * layer.side))
        .collect()
}

fn draw(stream: &mut NormalStream, len: usize) -> Vec<f32> {
    let mut values = vec![0.0; len];
    stream.fill(&mut values);
    values
}

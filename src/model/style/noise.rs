//! The noise of the layers, always drawn on the CPU by our own generator, so that all devices
//! add the same.

use super::spec::StylePlan;
use crate::latent::seed::NormalStream;
use burn::tensor::{Device, Tensor, TensorData};

/// Noise for every convolution, each `[batch or 1, 1, side, side]`.
#[derive(Clone, Debug)]
pub struct LayerNoise(Vec<Tensor<4>>);

impl LayerNoise {
    /// The noise that goes with a model: `stored(layer)` where the file has it, and NumPy's
    /// `RandomState(layer).randn(side, side)` elsewhere.
    pub fn constant(
        plan: &StylePlan,
        stored: impl Fn(usize) -> Option<Vec<f32>>,
        device: &Device,
    ) -> Self {
        let layers = plan.layers.iter().enumerate().map(|(index, layer)| {
            let len = layer.side * layer.side;
            let values = stored(index)
                .filter(|values| values.len() == len)
                .unwrap_or_else(|| draw(&mut NormalStream::new(index as u32), len));
            upload(values, 1, layer.side, device)
        });
        Self(layers.collect())
    }

    /// The noise of a seed: NumPy's `RandomState(seed).randn`, layer after layer.
    pub fn of_seed(plan: &StylePlan, seed: u32, device: &Device) -> Self {
        let mut stream = NormalStream::new(seed);
        Self::drawn(plan, 1, |len| draw(&mut stream, len), device)
    }

    /// Noise of its own for each of `batch` pictures; `normals(n)` gives the next `n` numbers.
    pub fn drawn(
        plan: &StylePlan,
        batch: usize,
        mut normals: impl FnMut(usize) -> Vec<f32>,
        device: &Device,
    ) -> Self {
        let layers = plan.layers.iter().map(|layer| {
            let values = normals(batch * layer.side * layer.side);
            upload(values, batch, layer.side, device)
        });
        Self(layers.collect())
    }

    pub(super) fn layer(&self, index: usize) -> Option<&Tensor<4>> {
        self.0.get(index)
    }
}

fn draw(stream: &mut NormalStream, len: usize) -> Vec<f32> {
    let mut values = vec![0.0; len];
    stream.fill(&mut values);
    values
}

fn upload(values: Vec<f32>, batch: usize, side: usize, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values, [batch, 1, side, side]), device)
}

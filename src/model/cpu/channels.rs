//! Steps that treat each channel by itself, on numbers with the channels last.

use crate::model::network::BATCH_NORM_EPSILON;

/// A factor and a summand for each channel: what a batch normalisation is once it is trained.
#[derive(Debug)]
pub struct Scale {
    factors: Vec<f32>,
    summands: Vec<f32>,
}

impl Scale {
    /// From one number for each channel: gamma, beta, mean and variance.
    pub fn batch_norm(gamma: &[f32], beta: &[f32], mean: &[f32], variance: &[f32]) -> Self {
        let deviation = |variance: &f32| (variance + BATCH_NORM_EPSILON as f32).sqrt();
        let pairs = gamma.iter().zip(variance);
        let factors: Vec<f32> = pairs.map(|(gamma, v)| gamma / deviation(v)).collect();
        let means = mean
            .iter()
            .zip(&factors)
            .map(|(mean, factor)| mean * factor);
        let summands = beta.iter().zip(means).map(|(beta, m)| beta - m).collect();
        Self { factors, summands }
    }

    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let channels = self.factors.len();
        let pixels = output.chunks_exact_mut(channels);
        for (output, input) in pixels.zip(input.chunks_exact(channels)) {
            let lines = self.factors.iter().zip(&self.summands);
            for ((output, input), (factor, summand)) in output.iter_mut().zip(input).zip(lines) {
                *output = input * factor + summand;
            }
        }
    }
}

/// The mean of each channel over all positions; `output` has one number for each channel.
pub fn mean(input: &[f32], output: &mut [f32]) {
    let channels = output.len();
    output.fill(0.0);
    for pixel in input.chunks_exact(channels) {
        for (sum, value) in output.iter_mut().zip(pixel) {
            *sum += value;
        }
    }
    let positions = (input.len() / channels) as f32;
    for sum in output {
        *sum /= positions;
    }
}

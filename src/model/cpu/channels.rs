//! Steps that treat each channel or group of channels by itself, on pictures with the channels
//! last.

use super::processor;

/// A factor and a summand for each channel: what a batch normalisation is once it is trained.
#[derive(Debug)]
pub struct Scale {
    factors: Vec<f32>,
    summands: Vec<f32>,
}

impl Scale {
    pub fn new(factors: Vec<f32>, summands: Vec<f32>) -> Self {
        Self { factors, summands }
    }

    /// From one number for each channel: gamma, beta, mean and variance.
    pub fn batch_norm([gamma, beta, mean, variance]: [&[f32]; 4], epsilon: f32) -> Self {
        let deviation = |variance: &f32| (variance + epsilon).sqrt();
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
        processor::vectorised(
            #[inline(always)]
            || {
                let pixels = output.chunks_exact_mut(channels);
                for (output, input) in pixels.zip(input.chunks_exact(channels)) {
                    let lines = self.factors.iter().zip(&self.summands);
                    let numbers = output.iter_mut().zip(input).zip(lines);
                    for ((output, input), (factor, summand)) in numbers {
                        *output = input * factor + summand;
                    }
                }
            },
        );
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

/// Mean 0 and variance 1 over each group of channels, then a factor and a summand.
#[derive(Debug)]
pub struct GroupNorm {
    groups: usize,
    epsilon: f32,
    scale: Scale,
}

impl GroupNorm {
    pub fn new(groups: usize, epsilon: f32, scale: Scale) -> Self {
        Self {
            groups,
            epsilon,
            scale,
        }
    }

    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let channels = self.scale.factors.len();
        let positions = input.len() / channels;
        let group = channels / self.groups;
        // Two rows of sums and then of factors and summands, one for each channel.
        let mut first = vec![0.0; channels];
        let mut second = vec![0.0; channels];
        sum_channels(input, &mut first);
        let count = (positions * group) as f64;
        // In f64, so that many positions lose nothing.
        let total = |sums: &[f32]| sums.iter().map(|&sum| f64::from(sum)).sum::<f64>() / count;
        for sums in first.chunks_exact_mut(group) {
            let mean = total(sums) as f32;
            sums.fill(mean);
        }
        sum_squares(input, &first, &mut second);
        for (group_at, sums) in second.chunks_exact_mut(group).enumerate() {
            let deviation = (total(sums) + f64::from(self.epsilon)).sqrt() as f32;
            for (at, sum) in sums.iter_mut().enumerate() {
                let channel = group_at * group + at;
                let factor = self.scale.factors[channel] / deviation;
                *sum = factor;
                first[channel] = self.scale.summands[channel] - first[channel] * factor;
            }
        }
        let scale = Scale {
            factors: second,
            summands: first,
        };
        scale.run(input, output);
    }
}

/// Positions whose numbers are added in f32 before they go on in f64.
const SUM_POSITIONS: usize = 256;

/// The sums of each channel.
fn sum_channels(input: &[f32], sums: &mut [f32]) {
    let channels = sums.len();
    let mut totals = vec![0.0f64; channels];
    let mut part = vec![0.0f32; channels];
    for pixels in input.chunks(SUM_POSITIONS * channels) {
        part.fill(0.0);
        processor::vectorised(
            #[inline(always)]
            || {
                for pixel in pixels.chunks_exact(channels) {
                    for (sum, &x) in part.iter_mut().zip(pixel) {
                        *sum += x;
                    }
                }
            },
        );
        for (total, &part) in totals.iter_mut().zip(&part) {
            *total += f64::from(part);
        }
    }
    for (sum, total) in sums.iter_mut().zip(totals) {
        *sum = total as f32;
    }
}

/// The sums of the squared differences from the means of each channel.
fn sum_squares(input: &[f32], means: &[f32], sums: &mut [f32]) {
    let channels = sums.len();
    let mut totals = vec![0.0f64; channels];
    let mut part = vec![0.0f32; channels];
    for pixels in input.chunks(SUM_POSITIONS * channels) {
        part.fill(0.0);
        processor::vectorised(
            #[inline(always)]
            || {
                for pixel in pixels.chunks_exact(channels) {
                    for (sum, (x, mean)) in part.iter_mut().zip(pixel.iter().zip(means)) {
                        let difference = x - mean;
                        *sum += difference * difference;
                    }
                }
            },
        );
        for (total, &part) in totals.iter_mut().zip(&part) {
            *total += f64::from(part);
        }
    }
    for (sum, total) in sums.iter_mut().zip(totals) {
        *sum = total as f32;
    }
}

//! Steps along the axes of values in their own order, and small embeddings.

use super::pointwise;
use super::processor;
use crate::model::graph::ReduceMode;

/// What is done along an axis.
#[derive(Clone, Copy, Debug)]
pub enum Along {
    Softmax,
    Reduce(ReduceMode),
    /// Division by the root of the mean square and this.
    Normalise(f32),
}

/// A step along one axis of `[outer, length, inner]`.
#[derive(Debug)]
pub struct Axis {
    pub along: Along,
    pub length: usize,
    pub inner: usize,
}

impl Axis {
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let block = self.length * self.inner;
        let result = output.len() / (input.len() / block);
        let blocks = input
            .chunks_exact(block)
            .zip(output.chunks_exact_mut(result));
        for (input, output) in blocks {
            match self.along {
                Along::Softmax if self.inner == 1 => softmax(input, output),
                Along::Softmax => self.softmax_columns(input, output),
                Along::Reduce(mode) => {
                    self.sums(input, output, |x| x);
                    if mode == ReduceMode::Mean {
                        let count = self.length as f32;
                        output.iter_mut().for_each(|sum| *sum /= count);
                    }
                }
                Along::Normalise(epsilon) => {
                    let mut roots = vec![0.0; self.inner];
                    self.sums(input, &mut roots, |x| x * x);
                    for root in &mut roots {
                        *root = (*root / self.length as f32 + epsilon).sqrt();
                    }
                    let rows = output
                        .chunks_exact_mut(self.inner)
                        .zip(input.chunks_exact(self.inner));
                    for (output, input) in rows {
                        for ((output, input), root) in output.iter_mut().zip(input).zip(&roots) {
                            *output = input / root;
                        }
                    }
                }
            }
        }
    }

    /// The sums along the axis, `[inner]`.
    fn sums(&self, input: &[f32], output: &mut [f32], value: impl Fn(f32) -> f32) {
        if self.inner == 1 {
            // One long sum: in f64, so that many numbers lose nothing.
            output[0] = input.iter().map(|&x| f64::from(value(x))).sum::<f64>() as f32;
            return;
        }
        output.fill(0.0);
        for row in input.chunks_exact(self.inner) {
            for (sum, &x) in output.iter_mut().zip(row) {
                *sum += value(x);
            }
        }
    }

    fn softmax_columns(&self, input: &[f32], output: &mut [f32]) {
        let mut column = vec![0.0; self.length];
        let mut result = vec![0.0; self.length];
        for at in 0..self.inner {
            let values = input[at..].iter().step_by(self.inner);
            for (target, &value) in column.iter_mut().zip(values) {
                *target = value;
            }
            softmax(&column, &mut result);
            let places = output[at..].iter_mut().step_by(self.inner);
            for (place, &value) in places.zip(&result) {
                *place = value;
            }
        }
    }
}

/// `exp(x) / sum(exp(x))`, safe for any finite numbers.
pub fn softmax(input: &[f32], output: &mut [f32]) {
    let largest = input.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    processor::vectorised(
        #[inline(always)]
        || {
            for (output, &x) in output.iter_mut().zip(input) {
                *output = pointwise::exp(x - largest);
            }
        },
    );
    let sum: f32 = output.iter().sum();
    let factor = 1.0 / sum;
    output.iter_mut().for_each(|value| *value *= factor);
}

/// Mean 0 and variance 1 over rows, then a factor and a summand for each number of a row.
#[derive(Debug)]
pub struct LayerNorm {
    pub epsilon: f32,
    pub factors: Vec<f32>,
    pub summands: Vec<f32>,
}

impl LayerNorm {
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let len = self.factors.len();
        let rows = input.chunks_exact(len).zip(output.chunks_exact_mut(len));
        for (input, output) in rows {
            let count = len as f64;
            let mean = input.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
            let squares = input.iter().map(|&x| (f64::from(x) - mean).powi(2));
            let variance = squares.sum::<f64>() / count;
            let factor = (1.0 / (variance + f64::from(self.epsilon)).sqrt()) as f32;
            let mean = mean as f32;
            let lines = self.factors.iter().zip(&self.summands);
            for ((output, x), (scale, summand)) in output.iter_mut().zip(input).zip(lines) {
                *output = (x - mean) * factor * scale + summand;
            }
        }
    }
}

/// Rows of a table.
#[derive(Debug)]
pub struct Embedding {
    pub table: Vec<f32>,
    pub features: usize,
}

impl Embedding {
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let last = self.table.len() / self.features - 1;
        let rows = output.chunks_exact_mut(self.features).zip(input);
        for (row, &index) in rows {
            // A conversion of a float to an integer keeps within its range, and NaN is 0.
            let index = ((index + 0.5).floor() as usize).min(last);
            row.copy_from_slice(&self.table[index * self.features..][..self.features]);
        }
    }
}

/// The sinusoids of one number.
#[derive(Debug)]
pub struct Time {
    pub frequencies: Vec<f32>,
    pub cosine_first: bool,
}

impl Time {
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let half = self.frequencies.len();
        output.fill(0.0);
        let (sines, cosines) = if self.cosine_first {
            (half, 0)
        } else {
            (0, half)
        };
        for (at, frequency) in self.frequencies.iter().enumerate() {
            let (sine, cosine) = (input[0] * frequency).sin_cos();
            output[sines + at] = sine;
            output[cosines + at] = cosine;
        }
    }
}

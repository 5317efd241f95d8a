//! Resizing, filters and means of windows: weighted sums along the height, then along the width.

use super::layout::Grid;
use super::processor;
use crate::model::graph::{SideTaps, Taps};

/// A separable step on a picture, channels last.
#[derive(Debug)]
pub struct Separable {
    input: Grid,
    rows: SideTaps,
    columns: SideTaps,
}

impl Separable {
    pub fn new(input: Grid, rows: SideTaps, columns: SideTaps) -> Self {
        Self {
            input,
            rows,
            columns,
        }
    }

    /// Runs on one picture, with `work` as a buffer for one row.
    pub fn run(&self, input: &[f32], output: &mut [f32], work: &mut Vec<f32>) {
        let channels = self.input.channels;
        let row = self.input.width * channels;
        let output_row = self.columns.outputs.len() * channels;
        work.resize(row, 0.0);
        processor::vectorised(
            #[inline(always)]
            || {
                for (output, taps) in output.chunks_exact_mut(output_row).zip(&self.rows.outputs) {
                    // One row that is copied has no sum.
                    let source = match taps {
                        Taps { start, weights } if weights[..] == [1.0] => {
                            &input[start * row..][..row]
                        }
                        _ => {
                            weighted(taps, input, row, work);
                            &work[..]
                        }
                    };
                    let pixels = output.chunks_exact_mut(channels);
                    for (pixel, taps) in pixels.zip(&self.columns.outputs) {
                        weighted(taps, source, channels, pixel);
                    }
                }
            },
        );
    }
}

/// The weighted sum of runs of `len` numbers.
#[inline(always)]
fn weighted(taps: &Taps, input: &[f32], len: usize, output: &mut [f32]) {
    let run = |at: usize| &input[(taps.start + at) * len..][..len];
    match *taps.weights {
        [] => output.fill(0.0),
        [a] => {
            for (output, x) in output.iter_mut().zip(run(0)) {
                *output = x * a;
            }
        }
        [a, b] => {
            for (output, (x, y)) in output.iter_mut().zip(run(0).iter().zip(run(1))) {
                *output = x * a + y * b;
            }
        }
        [a, b, ..] => {
            for (output, (x, y)) in output.iter_mut().zip(run(0).iter().zip(run(1))) {
                *output = x * a + y * b;
            }
            for (at, weight) in taps.weights.iter().enumerate().skip(2) {
                for (output, x) in output.iter_mut().zip(run(at)) {
                    *output += x * weight;
                }
            }
        }
    }
}

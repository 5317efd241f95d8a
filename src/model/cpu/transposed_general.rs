//! Transposed convolutions with dilation or groups.
//!
//! A product gives for each input row what its positions add to the outputs around them; these
//! taps are added up row after row, so that each output is a sum in one order.

use super::layout::Grid;
use super::pointwise::Pointwise;
use super::processor;
use super::product::{Product, Rows};
use crate::model::graph::Window;

/// A transposed convolution, channels last.
#[derive(Debug)]
pub struct GeneralTransposed {
    input: Grid,
    output: Grid,
    kernel: [usize; 2],
    window: Window,
    /// For each group `[inputs of a group, kernel positions * outputs of a group]`.
    taps: Vec<Product>,
    bias: Vec<f32>,
}

impl GeneralTransposed {
    /// From a kernel `[in, out / groups, height, width]` that the graph's plan has checked.
    pub fn new(
        (input, output): (Grid, Grid),
        (kernel, window, groups): ([usize; 2], Window, usize),
        weight: &[f32],
        bias: &[f32],
    ) -> Self {
        let places = kernel[0] * kernel[1];
        let (per_group, outputs) = (input.channels / groups, output.channels / groups);
        let no_bias = vec![0.0; outputs * places];
        let taps = weight.chunks_exact(per_group * outputs * places);
        let taps = taps.map(|weight| {
            let mut matrix = Vec::with_capacity(weight.len());
            for weight in weight.chunks_exact(outputs * places) {
                for place in 0..places {
                    matrix.extend(weight.iter().skip(place).step_by(places));
                }
            }
            Product::new(&matrix, &no_bias, Pointwise::Linear)
        });
        Self {
            input,
            output,
            kernel,
            window,
            taps: taps.collect(),
            bias: bias.to_vec(),
        }
    }

    /// Convolves one picture, with `taps` as a buffer.
    pub fn run(&self, input: &[f32], output: &mut [f32], taps: &mut Vec<f32>) {
        for pixel in output.chunks_exact_mut(self.output.channels) {
            pixel.copy_from_slice(&self.bias);
        }
        let channels = self.input.channels;
        let groups = self.taps.len();
        let (per_group, outputs) = (channels / groups, self.output.channels / groups);
        let places = self.kernel[0] * self.kernel[1];
        taps.resize(self.input.width * places * outputs, 0.0);
        for (y, row) in input.chunks_exact(self.input.width * channels).enumerate() {
            for (group, product) in self.taps.iter().enumerate() {
                let rows = Rows {
                    values: &row[group * per_group..],
                    count: self.input.width,
                    stride: channels,
                    per_line: self.input.width,
                    line_stride: 0,
                    segments: 1,
                    length: per_group,
                    segment_stride: 0,
                };
                product.run(rows, taps);
                self.add(y, group * outputs, taps, output);
            }
        }
    }

    /// Adds the taps of one input row to the outputs of a group, whose channels begin at `first`.
    fn add(&self, y: usize, first: usize, taps: &[f32], output: &mut [f32]) {
        let outputs = self.output.channels / self.taps.len();
        let channels = self.output.channels;
        let [top, left, ..] = self.window.padding;
        let place = |input: usize, kernel: usize, axis: usize, cut: usize, end: usize| {
            let moved = input * self.window.stride[axis] + kernel * self.window.dilation[axis];
            moved.checked_sub(cut).filter(|&at| at < end)
        };
        let tap_row = self.kernel[0] * self.kernel[1] * outputs;
        processor::vectorised(
            #[inline(always)]
            || {
                for ky in 0..self.kernel[0] {
                    let Some(row) = place(y, ky, 0, top, self.output.height) else {
                        continue;
                    };
                    let output = &mut output[row * self.output.width * channels..];
                    for kx in 0..self.kernel[1] {
                        let of_place = (ky * self.kernel[1] + kx) * outputs;
                        for (x, taps) in taps.chunks_exact(tap_row).enumerate() {
                            let Some(column) = place(x, kx, 1, left, self.output.width) else {
                                continue;
                            };
                            let target = &mut output[column * channels + first..][..outputs];
                            let taps = &taps[of_place..][..outputs];
                            for (target, tap) in target.iter_mut().zip(taps) {
                                *target += tap;
                            }
                        }
                    }
                }
            },
        );
    }
}

//! Convolutions as products, without a matrix of patches.

use super::layout::{self, Grid};
use super::pointwise::Pointwise;
use super::processor;
use super::product::{Product, Rows};

/// A convolution with zero padding of `(kernel - 1) / 2`, channels last.
///
/// What a kernel covers of one picture row are neighbours in memory, so each output position is a
/// row of the product with one segment for each kernel row.
#[derive(Debug)]
pub struct Convolution {
    product: Product,
    input: Grid,
    output: Grid,
    kernel: usize,
    stride: usize,
}

impl Convolution {
    /// From a kernel `[out, in, kernel, kernel]` that `shapes::plan` has checked.
    pub fn new(
        input: Grid,
        output: Grid,
        (kernel, stride): (usize, usize),
        (weight, bias): (&[f32], &[f32]),
        function: Pointwise,
    ) -> Self {
        let places = kernel * kernel;
        let mut matrix = Vec::with_capacity(weight.len());
        for place in 0..places {
            for channel in 0..input.channels {
                let of_output = weight.chunks_exact(input.channels * places);
                matrix.extend(of_output.map(|weight| weight[channel * places + place]));
            }
        }
        Self {
            product: Product::new(&matrix, bias, function),
            input,
            output,
            kernel,
            stride,
        }
    }

    /// Multiplications for one picture.
    pub fn work(&self) -> usize {
        self.product.work() * self.output.positions()
    }

    /// Convolves one picture, its rows divided into so many parts, with `work` as a buffer.
    pub fn run(&self, input: &[f32], output: &mut [f32], work: &mut Vec<f32>, parts: usize) {
        let padding = (self.kernel - 1) / 2;
        let padded: &[f32] = if padding == 0 {
            input
        } else {
            layout::pad(self.input, padding, input, work);
            work
        };
        let channels = self.input.channels;
        let padded_row = (self.input.width + 2 * padding) * channels;
        let output_row = self.output.width * self.output.channels;
        let at_once = self.output.height.div_ceil(parts.max(1));
        let outputs = output.chunks_mut(at_once * output_row).enumerate();
        processor::each_part(outputs, |(part, output)| {
            for (index, output) in output.chunks_exact_mut(output_row).enumerate() {
                let y = part * at_once + index;
                let rows = Rows {
                    values: &padded[y * self.stride * padded_row..],
                    count: self.output.width,
                    stride: self.stride * channels,
                    segments: self.kernel,
                    length: self.kernel * channels,
                    segment_stride: padded_row,
                };
                self.product.run(rows, output);
            }
        });
    }
}

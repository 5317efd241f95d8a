//! Transposed convolutions without dilation and groups, as ordinary ones.
//!
//! With a stride of `s` the outputs of every `s`-th row and column see the same kernel positions.
//! Each of these phases is a convolution of the input with a part of the kernel turned around
//! (Dumoulin and Visin 2016, section 4), and so a product that keeps its sums in registers.

use super::layout::{self, Border, Grid};
use super::pointwise::Pointwise;
use super::processor;
use super::product::{Product, Rows};
use super::step::Work;
use crate::model::graph::Window;

/// A transposed convolution, channels last.
#[derive(Debug)]
pub struct PhasedTransposed {
    input: Grid,
    output: Grid,
    stride: [usize; 2],
    border: Border,
    /// Where the outputs of each phase read, by height and by width.
    rows: Vec<Phase>,
    columns: Vec<Phase>,
    /// One for each pair of phases, those of a row together; nothing where no kernel position
    /// reaches.
    products: Vec<Option<Product>>,
    /// What stands where nothing reaches.
    bias: Vec<f32>,
    function: Pointwise,
}

/// One of the phases along a side.
#[derive(Debug)]
struct Phase {
    /// The padded input at which the first output of the phase begins to read.
    start: usize,
    /// Kernel positions, in the order of the inputs that they meet.
    kernel: Vec<usize>,
}

/// The phases along a side, and the border that they need before and after it.
fn phases(
    (input, output): (usize, usize),
    (kernel, stride, cut): (usize, usize, usize),
) -> (Vec<Phase>, [usize; 2]) {
    // Kernel position k adds input i to output i * stride + k - cut.
    let before = kernel
        .saturating_sub(1)
        .saturating_sub(cut)
        .div_ceil(stride);
    let last = (output - 1 + cut) / stride;
    let after = (last + 1).saturating_sub(input);
    let phase = |first: usize| {
        let place = first + cut;
        let reaching: Vec<usize> = (0..kernel)
            .rev()
            .filter(|&k| (place + kernel * stride - k).is_multiple_of(stride))
            .collect();
        // The largest position meets the first input. With the border it lies at 0 or after.
        let start = reaching.first().map_or(0, |&largest| {
            (place + before * stride).saturating_sub(largest) / stride
        });
        Phase {
            start,
            kernel: reaching,
        }
    };
    (
        (0..stride.min(output)).map(phase).collect(),
        [before, after],
    )
}

impl PhasedTransposed {
    /// From a kernel `[in, out, height, width]` that the graph's plan has checked, without groups
    /// and dilation.
    pub fn new(
        (input, output): (Grid, Grid),
        (kernel, window): ([usize; 2], Window),
        weight: &[f32],
        bias: &[f32],
    ) -> Self {
        let [top, left, ..] = window.padding;
        let stride = window.stride;
        let heights = (input.height, output.height);
        let widths = (input.width, output.width);
        let (rows, [above, below]) = phases(heights, (kernel[0], stride[0], top));
        let (columns, [before, after]) = phases(widths, (kernel[1], stride[1], left));
        let places = kernel[0] * kernel[1];
        let product = |row: &Phase, column: &Phase| {
            let mut matrix = Vec::new();
            for ky in &row.kernel {
                for kx in &column.kernel {
                    let place = ky * kernel[1] + kx;
                    for of_input in weight.chunks_exact(output.channels * places) {
                        matrix.extend(of_input[place..].iter().step_by(places));
                    }
                }
            }
            (!matrix.is_empty()).then(|| Product::new(&matrix, bias, Pointwise::Linear))
        };
        let products = rows
            .iter()
            .flat_map(|row| columns.iter().map(move |column| (row, column)))
            .map(|(row, column)| product(row, column))
            .collect();
        Self {
            input,
            output,
            stride,
            border: Border {
                top: above,
                left: before,
                bottom: below,
                right: after,
            },
            rows,
            columns,
            products,
            bias: bias.to_vec(),
            function: Pointwise::Linear,
        }
    }

    /// Takes over a piecewise linear function.
    pub fn absorb(&mut self, function: Pointwise) -> bool {
        let is_free = self.function == Pointwise::Linear;
        if is_free {
            self.function = function;
            for product in self.products.iter_mut().flatten() {
                product.absorb(function);
            }
        }
        is_free
    }

    /// Multiplications for one picture.
    pub fn work(&self) -> usize {
        let of_phases = self.products.iter().flatten().map(Product::work);
        of_phases.sum::<usize>() * self.input.positions()
    }

    /// Convolves one picture, its channels scaled before if `scale` is given, its rows divided
    /// into so many parts.
    pub fn run(
        &self,
        input: &[f32],
        scale: Option<&[f32]>,
        output: &mut [f32],
        work: &mut Work,
        parts: usize,
    ) {
        let padded: &[f32] = if self.border.is_empty() && scale.is_none() {
            input
        } else {
            layout::pad(self.input, self.border, input, scale, &mut work.first);
            &work.first
        };
        let row = self.output.width * self.output.channels;
        let at_once = self.output.height.div_ceil(parts.max(1));
        if at_once >= self.output.height {
            return self.some_rows(0, padded, output, &mut work.second);
        }
        let outputs = output.chunks_mut(at_once * row).enumerate();
        processor::each_part(outputs, |(part, output)| {
            self.some_rows(part * at_once, padded, output, &mut Vec::new());
        });
    }

    /// Some output rows from `first` on.
    fn some_rows(&self, first: usize, padded: &[f32], output: &mut [f32], work: &mut Vec<f32>) {
        let channels = self.input.channels;
        let outputs = self.output.channels;
        let padded_width = self.input.width + self.border.left + self.border.right;
        let padded_row = padded_width * channels;
        for (index, output) in output
            .chunks_exact_mut(self.output.width * outputs)
            .enumerate()
        {
            let y = first + index;
            let of_row = y % self.stride[0];
            let row = &self.rows[of_row];
            let source = &padded[(row.start + y / self.stride[0]) * padded_row..];
            for (of_column, column) in self.columns.iter().enumerate() {
                let count = (self.output.width - of_column).div_ceil(self.stride[1]);
                let pixels = output[of_column * outputs..].chunks_mut(self.stride[1] * outputs);
                let Some(product) = &self.products[of_row * self.columns.len() + of_column] else {
                    for pixel in pixels {
                        for (value, bias) in pixel.iter_mut().zip(&self.bias) {
                            *value = self.function.clip_one(*bias);
                        }
                    }
                    continue;
                };
                work.resize(count * outputs, 0.0);
                let rows = Rows {
                    values: &source[column.start * channels..],
                    count,
                    stride: channels,
                    per_line: count,
                    line_stride: 0,
                    segments: row.kernel.len(),
                    length: column.kernel.len() * channels,
                    segment_stride: padded_row,
                };
                product.run(rows, work);
                for (pixel, result) in pixels.zip(work.chunks_exact(outputs)) {
                    pixel[..outputs].copy_from_slice(result);
                }
            }
        }
    }
}

//! Convolutions as products, without a matrix of patches where that can be avoided.

use super::layout::{self, Border, Grid};
use super::pointwise::Pointwise;
use super::processor;
use super::product::{Product, Rows};
use super::step::Work;
use crate::model::graph::Window;

/// Most numbers of patches that are gathered at a time.
const STRIP_NUMBERS: usize = 64 * 1024;
/// Positions of several short rows of a picture that are one product, so that few tiles are narrow ones, which read a
/// kernel for few sums.
const TOGETHER: usize = 64;

/// A convolution, channels last.
#[derive(Debug)]
pub struct Convolution {
    input: Grid,
    output: Grid,
    kernel: [usize; 2],
    window: Window,
    method: Method,
    /// Multiplications for one picture.
    work: usize,
}

#[derive(Debug)]
enum Method {
    /// What a kernel covers of one picture row are neighbours in memory, so each output position
    /// is a row of the product with one segment for each kernel row.
    Segments(Product),
    /// One channel for each kernel: `[kernel positions, channels]`.
    Depthwise { weight: Vec<f32>, bias: Vec<f32> },
    /// For each group a product with patches that are gathered first.
    Gathered(Vec<Product>),
}

impl Convolution {
    /// From a kernel `[out, in / groups, height, width]` that the graph's plan has checked.
    pub fn new(
        (input, output): (Grid, Grid),
        (kernel, window, groups): ([usize; 2], Window, usize),
        weight: &[f32],
        bias: &[f32],
    ) -> Self {
        let places = kernel[0] * kernel[1];
        let per_group = input.channels / groups;
        let outputs = output.channels / groups;
        // `[places, inputs of a group, outputs of a group]`
        let matrix = |group: usize| {
            let of_group = &weight[group * outputs * per_group * places..];
            let of_group = &of_group[..outputs * per_group * places];
            let mut matrix = Vec::with_capacity(of_group.len());
            for place in 0..places {
                for channel in 0..per_group {
                    let of_output = of_group.chunks_exact(per_group * places);
                    matrix.extend(of_output.map(|weight| weight[channel * places + place]));
                }
            }
            matrix
        };
        let product = |group: usize| {
            let bias = &bias[group * outputs..][..outputs];
            Product::new(&matrix(group), bias, Pointwise::Linear)
        };
        let method = if groups == 1 && window.dilation[1] == 1 {
            Method::Segments(product(0))
        } else if per_group == 1 && outputs == 1 {
            let columns = (0..places)
                .flat_map(|place| (0..output.channels).map(move |channel| (place, channel)));
            Method::Depthwise {
                weight: columns
                    .map(|(place, channel)| weight[channel * places + place])
                    .collect(),
                bias: bias.to_vec(),
            }
        } else {
            Method::Gathered((0..groups).map(product).collect())
        };
        Self {
            input,
            output,
            kernel,
            window,
            method,
            work: places * per_group * output.numbers(),
        }
    }

    /// Multiplications for one picture.
    pub fn work(&self) -> usize {
        self.work
    }

    /// Takes over a piecewise linear function, if the products do the work.
    pub fn absorb(&mut self, function: Pointwise) -> bool {
        match &mut self.method {
            Method::Segments(product) => product.absorb(function),
            // They are all alike.
            Method::Gathered(products) => products.iter_mut().all(|one| one.absorb(function)),
            Method::Depthwise { .. } => false,
        }
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
        let border = Border::of(self.window.padding);
        let padded: &[f32] = if border.is_empty() && scale.is_none() {
            input
        } else {
            layout::pad(self.input, border, input, scale, &mut work.first);
            &work.first
        };
        let padded_row = (self.input.width + border.left + border.right) * self.input.channels;
        let output_row = self.output.width * self.output.channels;
        // One run of positions, so that no tile ends with a row.
        if let Method::Segments(product) = &self.method
            && self.kernel == [1, 1]
            && self.window.stride == [1, 1]
        {
            let (inputs, outputs) = (self.input.channels, self.output.channels);
            let positions = self.output.positions().div_ceil(parts.max(1));
            let pairs = padded
                .chunks(positions * inputs)
                .zip(output.chunks_mut(positions * outputs));
            return processor::each_part(pairs, |(values, output)| {
                product.run(Rows::contiguous(values, inputs), output);
            });
        }
        let at_once = self.output.height.div_ceil(parts.max(1));
        if at_once >= self.output.height {
            return self.rows(0, padded, padded_row, output, &mut work.second);
        }
        let outputs = output.chunks_mut(at_once * output_row).enumerate();
        processor::each_part(outputs, |(part, output)| {
            self.rows(part * at_once, padded, padded_row, output, &mut Vec::new());
        });
    }

    /// Some output rows from `first` on.
    fn rows(
        &self,
        first: usize,
        padded: &[f32],
        padded_row: usize,
        output: &mut [f32],
        work: &mut Vec<f32>,
    ) {
        let channels = self.input.channels;
        let output_row = self.output.width * self.output.channels;
        let lines = match &self.method {
            Method::Segments(_) => (TOGETHER / self.output.width).max(1),
            _ => 1,
        };
        for (index, output) in output.chunks_mut(lines * output_row).enumerate() {
            let y = (first + index * lines) * self.window.stride[0];
            let padded = &padded[y * padded_row..];
            match &self.method {
                Method::Segments(product) => {
                    let rows = Rows {
                        values: padded,
                        count: output.len() / self.output.channels,
                        stride: self.window.stride[1] * channels,
                        per_line: self.output.width,
                        line_stride: self.window.stride[0] * padded_row,
                        segments: self.kernel[0],
                        length: self.kernel[1] * channels,
                        segment_stride: self.window.dilation[0] * padded_row,
                    };
                    product.run(rows, output);
                }
                Method::Depthwise { weight, bias } => {
                    self.depthwise_row(padded, padded_row, (weight, bias), output);
                }
                Method::Gathered(products) => {
                    self.gathered_row(padded, padded_row, products, output, work);
                }
            }
        }
    }

    fn depthwise_row(
        &self,
        padded: &[f32],
        padded_row: usize,
        (weight, bias): (&[f32], &[f32]),
        output: &mut [f32],
    ) {
        let channels = self.output.channels;
        let [_, kernel_width] = self.kernel;
        let ([_, stride], [down, right]) = (self.window.stride, self.window.dilation);
        processor::vectorised(
            #[inline(always)]
            || {
                for (x, output) in output.chunks_exact_mut(channels).enumerate() {
                    output.copy_from_slice(bias);
                    for (place, weight) in weight.chunks_exact(channels).enumerate() {
                        let (ky, kx) = (place / kernel_width, place % kernel_width);
                        let at = ky * down * padded_row + (x * stride + kx * right) * channels;
                        let input = &padded[at..][..channels];
                        for ((output, input), weight) in output.iter_mut().zip(input).zip(weight) {
                            *output += input * weight;
                        }
                    }
                }
            },
        );
    }

    fn gathered_row(
        &self,
        padded: &[f32],
        padded_row: usize,
        products: &[Product],
        output: &mut [f32],
        work: &mut Vec<f32>,
    ) {
        let channels = self.input.channels;
        let per_group = channels / products.len();
        let outputs = self.output.channels / products.len();
        let patch = self.kernel[0] * self.kernel[1] * per_group;
        let strip = (STRIP_NUMBERS / (patch + outputs)).clamp(1, self.output.width);
        let ([_, stride], [down, right]) = (self.window.stride, self.window.dilation);
        work.resize(strip * (patch + outputs), 0.0);
        let (patches, results) = work.split_at_mut(strip * patch);
        for (group, product) in products.iter().enumerate() {
            for start in (0..self.output.width).step_by(strip) {
                let count = strip.min(self.output.width - start);
                let patches = &mut patches[..count * patch];
                for (x, patch) in patches.chunks_exact_mut(patch).enumerate() {
                    let places = patch.chunks_exact_mut(per_group).enumerate();
                    for (place, target) in places {
                        let (ky, kx) = (place / self.kernel[1], place % self.kernel[1]);
                        let column = (start + x) * stride + kx * right;
                        let at = ky * down * padded_row + column * channels + group * per_group;
                        target.copy_from_slice(&padded[at..][..per_group]);
                    }
                }
                let results = &mut results[..count * outputs];
                product.run(Rows::contiguous(patches, patch), results);
                let pixels =
                    output[start * self.output.channels..].chunks_exact_mut(self.output.channels);
                for (pixel, result) in pixels.zip(results.chunks_exact(outputs)) {
                    pixel[group * outputs..][..outputs].copy_from_slice(result);
                }
            }
        }
    }
}

//! The transposed convolution with kernel 4, stride 2 and padding 1.
//!
//! One product gives the taps: what each input position adds to the 4x4 outputs around it. Each
//! output is then the sum of four taps (Dumoulin and Visin 2016, section 4).

use super::layout::Grid;
use super::pointwise::Pointwise;
use super::processor;
use super::product::{Product, Rows};
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Most taps that wait to be added up, so that they stay in a core's cache.
const STRIP_NUMBERS: usize = 64 * 1024;

/// A transposed convolution, channels last.
#[derive(Debug)]
pub struct TransposedConvolution {
    /// `[in, 4 * 4 * out]`
    taps: Product,
    bias: Vec<f32>,
    /// What stands for the columns beyond the edges, for one pixel.
    no_taps: Vec<f32>,
    input: Grid,
    function: Pointwise,
}

impl TransposedConvolution {
    /// From a kernel `[in, out, 4, 4]` that the graph's plan has checked.
    pub fn new(input: Grid, weight: &[f32], bias: &[f32]) -> Self {
        let mut matrix = Vec::with_capacity(weight.len());
        for weight in weight.chunks_exact(bias.len() * 16) {
            for tap in 0..16 {
                matrix.extend(weight.iter().skip(tap).step_by(16));
            }
        }
        let no_bias = vec![0.0; bias.len() * 16];
        Self {
            taps: Product::new(&matrix, &no_bias, Pointwise::Linear),
            bias: bias.to_vec(),
            no_taps: vec![0.0; bias.len()],
            input,
            function: Pointwise::Linear,
        }
    }

    /// Takes over a piecewise linear function.
    pub fn absorb(&mut self, function: Pointwise) -> bool {
        let is_free = self.function == Pointwise::Linear;
        if is_free {
            self.function = function;
        }
        is_free
    }

    /// Multiplications for one picture.
    pub fn work(&self) -> usize {
        self.taps.work() * self.input.positions()
    }

    /// Convolves one picture, its rows divided into so many parts, with `work` as a buffer.
    pub fn run(&self, input: &[f32], output: &mut [f32], work: &mut Vec<f32>, parts: usize) {
        // The output rows between two input rows come from these two. There is one such gap more
        // than there are input rows; the first and the last have one output row, the others two.
        let gaps = self.input.height + 1;
        if parts <= 1 {
            return self.run_gaps(0..gaps, input, output, work);
        }
        let row = self.output_row();
        let part = gaps.div_ceil(parts);
        let (first, others) = output.split_at_mut(((2 * part - 1) * row).min(output.len()));
        let outputs = std::iter::once(first).chain(others.chunks_mut(2 * part * row));
        let starts = (0..gaps).step_by(part);
        processor::each_part(starts.zip(outputs), |(start, output)| {
            let gaps = start..(start + part).min(gaps);
            self.run_gaps(gaps, input, output, &mut Vec::new());
        });
    }

    fn output_row(&self) -> usize {
        2 * self.input.width * self.bias.len()
    }

    /// Writes the output rows of some gaps, strip by strip.
    fn run_gaps(&self, gaps: Range<usize>, input: &[f32], output: &mut [f32], taps: &mut Vec<f32>) {
        let Grid {
            height,
            width,
            channels,
        } = self.input;
        let input_row = width * channels;
        let tap_row = width * 16 * self.bias.len();
        let make = |rows: Range<usize>, taps: &mut [f32]| {
            let input = &input[rows.start * input_row..rows.end * input_row];
            self.taps.run(Rows::contiguous(input, channels), taps);
        };
        let strip = (STRIP_NUMBERS / tap_row).clamp(1, gaps.len());
        // The input row above the strip comes first; beyond the picture there is nothing.
        taps.resize((strip + 1) * tap_row, 0.0);
        match gaps.start.checked_sub(1) {
            Some(above) => make(above..gaps.start, &mut taps[..tap_row]),
            None => taps[..tap_row].fill(0.0),
        }
        let mut outputs = output.chunks_exact_mut(self.output_row());
        for start in gaps.clone().step_by(strip) {
            let end = gaps.end.min(start + strip);
            let inside = start..end.min(height);
            let below = &mut taps[tap_row..(end - start + 1) * tap_row];
            let (below, beyond) = below.split_at_mut(inside.len() * tap_row);
            make(inside, below);
            beyond.fill(0.0);
            for gap in start..end {
                let (above, below) =
                    taps[(gap - start) * tap_row..][..2 * tap_row].split_at(tap_row);
                // Input row i adds to output row 2 i - 1 + k by kernel row k.
                for (kernel_rows, exists) in [([2, 0], gap > 0), ([3, 1], gap < height)] {
                    if exists && let Some(output) = outputs.next() {
                        processor::dispatch(SumTaps {
                            step: self,
                            taps: [above, below],
                            kernel_rows,
                            output,
                        });
                    }
                }
            }
            taps.copy_within((end - start) * tap_row..(end - start + 1) * tap_row, 0);
        }
    }
}

/// Adds up one output row from the taps of two input rows, each by one kernel row.
struct SumTaps<'a> {
    step: &'a TransposedConvolution,
    taps: [&'a [f32]; 2],
    kernel_rows: [usize; 2],
    output: &'a mut [f32],
}

impl WithSimd for SumTaps<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // Most pictures end in one channel, for which a loop over channels is most of the work.
        if self.step.bias.len() == 1 {
            self.one_channel();
        } else {
            self.channels(simd);
        }
    }
}

// Input column j adds to output column 2 j - 1 + k by kernel column k: 1 and 2 are its own pair,
// 3 and 0 those of its neighbours.
impl SumTaps<'_> {
    #[inline(always)]
    fn one_channel(self) {
        let Self { step, output, .. } = self;
        let [above_row, below_row] = self.kernel_rows.map(|row| 4 * row..4 * row + 4);
        let [above, below] = self.taps.map(|taps| taps.chunks_exact(16));
        let (bias, function) = (step.bias[0], step.function);
        let finish = |left: f32, right: f32| function.clip_one(bias + (left + right));
        // What the column before adds to the next even output and to its own odd one.
        let (mut even, mut odd) = (0.0, 0.0);
        for (x, (above, below)) in above.zip(below).enumerate() {
            let (above, below) = (&above[above_row.clone()], &below[below_row.clone()]);
            if x > 0 {
                output[2 * x - 1] = finish(odd, above[0] + below[0]);
            }
            output[2 * x] = finish(even, above[1] + below[1]);
            odd = above[2] + below[2];
            even = above[3] + below[3];
        }
        if let Some(last) = output.last_mut() {
            *last = finish(odd, 0.0);
        }
    }

    #[inline(always)]
    fn channels<S: Simd>(self, simd: S) {
        let Self { step, taps, .. } = self;
        let channels = step.bias.len();
        let width = step.input.width;
        let nothing = [&step.no_taps[..]; 2];
        let pair = |x: usize, kernel_column: usize| {
            let tap = |row: usize| (x * 16 + row * 4 + kernel_column) * channels;
            let [above, below] = self.kernel_rows.map(tap);
            [&taps[0][above..][..channels], &taps[1][below..][..channels]]
        };
        for (x, output) in self.output.chunks_exact_mut(2 * channels).enumerate() {
            let (even, odd) = output.split_at_mut(channels);
            let left = if x > 0 { pair(x - 1, 3) } else { nothing };
            let right = if x + 1 < width {
                pair(x + 1, 0)
            } else {
                nothing
            };
            sum(simd, even, &step.bias, left, pair(x, 1), step.function);
            sum(simd, odd, &step.bias, pair(x, 2), right, step.function);
        }
    }
}

/// The channels of one output pixel from the taps of two columns.
#[inline(always)]
fn sum<S: Simd>(
    simd: S,
    output: &mut [f32],
    bias: &[f32],
    [a, b]: [&[f32]; 2],
    [c, d]: [&[f32]; 2],
    function: Pointwise,
) {
    let (output, output_rest) = S::as_mut_simd_f32s(output);
    let (bias, bias_rest) = S::as_simd_f32s(bias);
    let (a, a_rest) = S::as_simd_f32s(a);
    let (b, b_rest) = S::as_simd_f32s(b);
    let (c, c_rest) = S::as_simd_f32s(c);
    let (d, d_rest) = S::as_simd_f32s(d);
    let taps = a.iter().zip(b).zip(c.iter().zip(d));
    for ((output, &bias), ((&a, &b), (&c, &d))) in output.iter_mut().zip(bias).zip(taps) {
        *output = finish(simd, bias, [a, b, c, d], function);
    }
    if !output_rest.is_empty() {
        let bias = simd.partial_load_f32s(bias_rest);
        let a = simd.partial_load_f32s(a_rest);
        let b = simd.partial_load_f32s(b_rest);
        let c = simd.partial_load_f32s(c_rest);
        let d = simd.partial_load_f32s(d_rest);
        let last = finish(simd, bias, [a, b, c, d], function);
        simd.partial_store_f32s(output_rest, last);
    }
}

#[inline(always)]
fn finish<S: Simd>(
    simd: S,
    bias: S::f32s,
    [a, b, c, d]: [S::f32s; 4],
    function: Pointwise,
) -> S::f32s {
    let taps = simd.add_f32s(simd.add_f32s(a, b), simd.add_f32s(c, d));
    function.clip(simd, simd.add_f32s(bias, taps))
}

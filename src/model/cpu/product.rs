//! The matrix product that every layer with weights is made of.
//!
//! A tile of a few input rows by some columns keeps its sums in registers from the bias to the
//! activation. Every sum runs over the inputs in their order, whatever the tile, so a result does
//! not depend on the rows beside it.

use super::halves::HalfPanels;
use super::panels::{EachPanel, GROUP, PANEL, each_panel, load, panels, store};
use super::pointwise::Pointwise;
use super::processor;
use aligned_vec::AVec;
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Input rows of a tile at most. 6 by 4 registers of sums, 4 of weights and one input fit into
/// the 32 registers of AVX-512; 6 by 2 fit into the 16 of AVX2.
const TILE: usize = 6;

/// A matrix `[inner, columns]` with a bias and an activation, repacked.
#[derive(Debug)]
pub struct Product {
    /// Panel after panel, each `[inner, its columns]`.
    weights: AVec<f32>,
    /// The same for products of one row, where it was asked for and f16 is enough.
    halves: Option<HalfPanels>,
    /// Padded to whole groups.
    bias: AVec<f32>,
    inner: usize,
    columns: usize,
    function: Pointwise,
}

/// The left side of a product: lines of rows at equal distances that may overlap.
///
/// Each row is `segments` runs of `length` numbers: what a kernel covers of so many picture rows. The rows of a line
/// are its places along a picture row.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    pub values: &'a [f32],
    pub count: usize,
    /// From one row to the next of its line.
    pub stride: usize,
    /// Rows of a line.
    pub per_line: usize,
    /// From one line to the next.
    pub line_stride: usize,
    pub segments: usize,
    pub length: usize,
    /// From one segment of a row to the next.
    pub segment_stride: usize,
}

impl<'a> Rows<'a> {
    /// Rows of `length` numbers, one after the other.
    pub fn contiguous(values: &'a [f32], length: usize) -> Self {
        let count = values.len() / length;
        Self {
            values,
            count,
            stride: length,
            per_line: count,
            line_stride: 0,
            segments: 1,
            length,
            segment_stride: 0,
        }
    }

    /// Where a row begins.
    #[inline(always)]
    fn start(&self, row: usize) -> usize {
        // Most products have a single line, and a division takes as long as some multiplications.
        if row < self.per_line {
            return row * self.stride;
        }
        row / self.per_line * self.line_stride + row % self.per_line * self.stride
    }

    /// What a row that begins there has in one segment.
    #[inline(always)]
    fn segment(&self, start: usize, segment: usize) -> &'a [f32] {
        &self.values[start + segment * self.segment_stride..][..self.length]
    }
}

impl Product {
    /// Packs a matrix `[inner, columns]`; `bias` has one number for each column. Of the
    /// activations only the piecewise linear ones are done here.
    pub fn new(matrix: &[f32], bias: &[f32], function: Pointwise) -> Self {
        let columns = bias.len();
        let inner = matrix.len() / columns;
        let padded = columns.next_multiple_of(GROUP);
        let mut weights = AVec::with_capacity(0, inner * padded);
        for panel in panels(0..columns) {
            for row in matrix.chunks_exact(columns) {
                let end = panel.end.min(columns);
                weights.extend_from_slice(&row[panel.start..end]);
                weights.resize(weights.len() + panel.end - end, 0.0);
            }
        }
        let zeros = std::iter::repeat_n(0.0, padded - columns);
        Self {
            weights,
            halves: None,
            bias: AVec::from_iter(0, bias.iter().copied().chain(zeros)),
            inner,
            columns,
            function,
        }
    }

    /// Packs the weights a second time, for single rows.
    pub fn with_halves(self) -> Self {
        let halves = HalfPanels::new(&self.weights, self.inner, self.columns);
        Self { halves, ..self }
    }

    /// Takes over a piecewise linear function of the sums, if there is none yet.
    pub fn absorb(&mut self, function: Pointwise) -> bool {
        let is_free = self.function == Pointwise::Linear;
        if is_free {
            self.function = function;
        }
        is_free
    }

    /// Numbers in one input row.
    pub fn inner(&self) -> usize {
        self.inner
    }

    /// Multiplications for one input row.
    pub fn work(&self) -> usize {
        self.inner * self.columns
    }

    /// Writes the product to `output`, `[rows.count, columns]`.
    pub fn run(&self, rows: Rows<'_>, output: &mut [f32]) {
        let length = self.columns;
        self.run_columns(rows, 0..length, &mut Whole { output, length });
    }

    /// As [`Self::run`], with the columns divided among so many cores. Each then reads a part of the weights, which stays
    /// in its cache; where rows are divided, each reads all of them. `then` is done with what each has written.
    pub fn run_divided(
        &self,
        rows: Rows<'_>,
        output: &mut [f32],
        parts: usize,
        then: impl Fn(&mut [f32]) + Sync,
    ) {
        // The last panel may be a narrow one.
        let whole = self.columns / PANEL;
        let parts = parts.min(whole);
        if parts <= 1 {
            self.run(rows, output);
            return then(output);
        }
        let start = |part: usize| match part {
            _ if part == parts => self.columns,
            _ => (part * whole / parts) * PANEL,
        };
        let mut divided: Vec<_> = (0..parts)
            .map(|part| (start(part)..start(part + 1), Vec::with_capacity(rows.count)))
            .collect();
        for row in output.chunks_exact_mut(self.columns) {
            let mut rest = row;
            for (columns, lines) in &mut divided {
                let (line, others) = rest.split_at_mut(columns.len());
                lines.push(line);
                rest = others;
            }
        }
        processor::each_part(divided, |(columns, mut lines)| {
            self.run_columns(rows, columns, &mut lines);
            lines.into_iter().for_each(&then);
        });
    }

    /// Columns from the start of a panel.
    fn run_columns(&self, rows: Rows<'_>, columns: Range<usize>, output: &mut impl Output) {
        if rows.count == 1
            && rows.segments == 1
            && let Some(halves) = &self.halves
            && let Some(input) = halves.scaled(rows.segment(0, 0))
        {
            let bias = &self.bias[..];
            halves.run(&input, bias, self.function, columns, output.row(0));
        } else {
            processor::dispatch(Tiles {
                product: self,
                rows,
                columns,
                output,
            });
        }
    }
}

/// Where the results of some columns go, row by row.
trait Output {
    fn row(&mut self, row: usize) -> &mut [f32];
}

/// Rows of so many numbers, one after the other.
struct Whole<'a> {
    output: &'a mut [f32],
    length: usize,
}

impl Output for Whole<'_> {
    #[inline(always)]
    fn row(&mut self, row: usize) -> &mut [f32] {
        &mut self.output[row * self.length..][..self.length]
    }
}

impl Output for Vec<&mut [f32]> {
    #[inline(always)]
    fn row(&mut self, row: usize) -> &mut [f32] {
        self[row]
    }
}

/// The tiles of some columns.
struct Tiles<'a, O> {
    product: &'a Product,
    rows: Rows<'a>,
    columns: Range<usize>,
    output: &'a mut O,
}

impl<O: Output> WithSimd for Tiles<'_, O> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        each_panel(simd, self.columns.clone(), &mut self);
    }
}

impl<O: Output> EachPanel for Tiles<'_, O> {
    #[inline(always)]
    fn panel<S: Simd, const REGISTERS: usize>(&mut self, simd: S, columns: Range<usize>) {
        let product = self.product;
        let weights = &product.weights[columns.start * product.inner..];
        let panel = Panel {
            weights: &weights[..columns.len() * product.inner],
            columns,
        };
        // Not the columns that only fill a group.
        let used = panel.columns.end.min(self.columns.end) - panel.columns.start;
        for offset in (0..used).step_by(REGISTERS * S::F32_LANES) {
            let mut row = 0;
            while row < self.rows.count {
                row += match self.rows.count - row {
                    1 => self.tile::<S, REGISTERS, 1>(simd, &panel, offset, row),
                    2 => self.tile::<S, REGISTERS, 2>(simd, &panel, offset, row),
                    3 => self.tile::<S, REGISTERS, 3>(simd, &panel, offset, row),
                    4 => self.tile::<S, REGISTERS, 4>(simd, &panel, offset, row),
                    5 => self.tile::<S, REGISTERS, 5>(simd, &panel, offset, row),
                    _ => self.tile::<S, REGISTERS, TILE>(simd, &panel, offset, row),
                };
            }
        }
    }
}

struct Panel<'a> {
    /// `[inner, columns]`
    weights: &'a [f32],
    columns: Range<usize>,
}

impl<O: Output> Tiles<'_, O> {
    /// `ROWS` rows by `REGISTERS` registers of columns, `offset` columns into the panel; gives
    /// the number of rows.
    #[inline(always)]
    fn tile<S: Simd, const REGISTERS: usize, const ROWS: usize>(
        &mut self,
        simd: S,
        panel: &Panel<'_>,
        offset: usize,
        row: usize,
    ) -> usize {
        let (product, rows) = (self.product, self.rows);
        let width = panel.columns.len();
        let column = panel.columns.start + offset;
        let mut sums = [load::<S, REGISTERS>(simd, &product.bias[column..]); ROWS];
        let mut starts = [0; ROWS];
        for (index, start) in starts.iter_mut().enumerate() {
            *start = rows.start(row + index);
        }
        let segments = panel.weights.chunks_exact(rows.length * width);
        for (segment, weights) in segments.enumerate() {
            let mut inputs: [&[f32]; ROWS] = [&[]; ROWS];
            for (input, start) in inputs.iter_mut().zip(starts) {
                *input = rows.segment(start, segment);
            }
            for (at, weights) in weights.chunks_exact(width).enumerate() {
                let weights = load::<S, REGISTERS>(simd, &weights[offset..]);
                for (sums, input) in sums.iter_mut().zip(&inputs) {
                    let input = simd.splat_f32s(input[at]);
                    for (sum, &weight) in sums.iter_mut().zip(&weights) {
                        *sum = simd.mul_add_e_f32s(input, weight, *sum);
                    }
                }
            }
        }
        let first = column - self.columns.start;
        for (index, mut sums) in sums.into_iter().enumerate() {
            for sum in &mut sums {
                *sum = product.function.clip(simd, *sum);
            }
            let output = self.output.row(row + index);
            store::<S, REGISTERS>(sums, &mut output[first..]);
        }
        ROWS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between -1 and 1 that f16 can hold.
    fn numbers(count: usize, phase: usize) -> Vec<f32> {
        let number = |i: usize| ((i * 37 + phase * 11) % 129) as f32 / 64.0 - 1.0;
        (0..count).map(number).collect()
    }

    /// The product in f64.
    fn expected(rows: Rows<'_>, matrix: &[f32], bias: &[f32]) -> Vec<f64> {
        let mut results = Vec::new();
        for row in 0..rows.count {
            let mut sums: Vec<f64> = bias.iter().map(|&x| x.into()).collect();
            let (line, place) = (row / rows.per_line, row % rows.per_line);
            let start = line * rows.line_stride + place * rows.stride;
            let input = (0..rows.segments).flat_map(|segment| rows.segment(start, segment));
            for (&input, weights) in input.zip(matrix.chunks_exact(bias.len())) {
                for (sum, &weight) in sums.iter_mut().zip(weights) {
                    *sum += f64::from(input) * f64::from(weight);
                }
            }
            results.extend(sums);
        }
        results
    }

    #[track_caller]
    fn assert_close(found: &[f32], wanted: &[f64]) {
        assert_eq!(found.len(), wanted.len());
        for (at, (&found, &wanted)) in found.iter().zip(wanted).enumerate() {
            let difference = (f64::from(found) - wanted).abs();
            assert!(
                difference <= 1e-5 * wanted.abs().max(1.0),
                "{at}: {found} is not {wanted}"
            );
        }
    }

    /// Runs the tiles with one kind of vector instructions.
    fn tiles<S: Simd>(simd: S, product: &Product, rows: Rows<'_>) -> Vec<f32> {
        let mut output = vec![f32::NAN; rows.count * product.columns];
        simd.vectorize(Tiles {
            product,
            rows,
            columns: 0..product.columns,
            output: &mut Whole {
                output: &mut output,
                length: product.columns,
            },
        });
        output
    }

    #[test]
    fn every_kind_of_vector_instructions_gives_the_product() {
        for inner in [1, 2, 33] {
            for columns in [1, 15, 16, 40, 64, 130] {
                let (matrix, bias) = (numbers(inner * columns, 1), numbers(columns, 2));
                let product = Product::new(&matrix, &bias, Pointwise::Linear);
                for count in [1, 2, 5, 6, 13] {
                    let input = numbers(count * inner, 3);
                    let rows = Rows::contiguous(&input, inner);
                    let wanted = expected(rows, &matrix, &bias);
                    assert_close(&tiles(pulp::Scalar::new(), &product, rows), &wanted);
                    #[cfg(target_arch = "x86_64")]
                    {
                        if let Some(simd) = pulp::x86::V3::try_new() {
                            assert_close(&tiles(simd, &product, rows), &wanted);
                        }
                        if let Some(simd) = pulp::x86::V4::try_new() {
                            assert_close(&tiles(simd, &product, rows), &wanted);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn rows_may_overlap_and_lie_in_segments_and_lines() {
        let (matrix, bias) = (numbers(6 * 20, 1), numbers(20, 2));
        let values = numbers(40, 3);
        let rows = Rows {
            values: &values,
            count: 7,
            stride: 2,
            per_line: 4,
            line_stride: 9,
            segments: 2,
            length: 3,
            segment_stride: 20,
        };
        let mut found = vec![0.0; 7 * 20];
        Product::new(&matrix, &bias, Pointwise::Linear).run(rows, &mut found);
        assert_close(&found, &expected(rows, &matrix, &bias));
    }

    #[test]
    fn a_row_is_the_same_alone_divided_and_in_a_batch() {
        for (inner, columns) in [(1, 1), (7, 30), (64, 200), (101, 784)] {
            let (matrix, bias) = (numbers(inner * columns, 1), numbers(columns, 2));
            let product = Product::new(&matrix, &bias, Pointwise::LeakyRelu(0.1)).with_halves();
            assert!(product.halves.is_some(), "these weights fit into f16");
            let input = numbers(9 * inner, 3);
            let mut together = vec![0.0; 9 * columns];
            let all = Rows::contiguous(&input, inner);
            product.run(all, &mut together);
            for parts in [2, 3, 40] {
                let mut divided = vec![f32::NAN; 9 * columns];
                product.run_divided(all, &mut divided, parts, |_| {});
                assert_eq!(divided, together, "{inner} by {columns} in {parts} parts");
            }
            let pairs = input
                .chunks_exact(inner)
                .zip(together.chunks_exact(columns));
            for (input, together) in pairs {
                let rows = Rows::contiguous(input, inner);
                for parts in [1, 2, 3] {
                    let mut alone = vec![0.0; columns];
                    product.run_divided(rows, &mut alone, parts, |_| {});
                    assert_eq!(alone, together, "{inner} by {columns} in {parts} parts");
                }
            }
        }
    }

    #[test]
    fn a_row_of_huge_numbers_is_not_lost() {
        let product = Product::new(&[0.5, 1e-3, -0.25, 0.0], &[0.0; 2], Pointwise::Linear);
        let mut output = [0.0; 2];
        product
            .with_halves()
            .run(Rows::contiguous(&[1e30, 2e30], 2), &mut output);
        assert_eq!(output[0], 0.0);
        assert!((output[1] / 1e27 - 1.0).abs() < 1e-6, "{output:?}");
    }
}

//! Weights in 16 bits, for products that wait for their weights rather than for arithmetic.
//!
//! A product of one row uses every weight once, so it is as fast as the weights arrive. Models
//! are stored as f16, and half the memory takes two thirds of the time. Nothing is rounded:
//! weights that need more are not packed, and sums have the same bits as with f32.

use super::panels::{EachPanel, each_panel, load, panels, store};
use super::pointwise::Pointwise;
use super::processor;
use aligned_vec::AVec;
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// The sign of an f32.
const SIGN: u32 = 0x8000_0000;
/// The bits of an f32 that an f16's exponent and mantissa fill when the f16 is moved to the upper
/// end of a word and then by 3 bits down: the mantissas meet, and the exponent has 5 bits.
const MAGNITUDE: u32 = 0x0fff_e000;
/// An f32's exponent counts from -127, an f16's from -15.
const EXPONENT_STEP: i32 = 127 - 15;
/// The largest exponent of an f16.
const LARGEST_EXPONENT: i32 = 15;

/// Panels of a matrix in 16 bits.
#[derive(Debug)]
pub struct HalfPanels {
    words: AVec<u32>,
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "only x86-64 has a second order")
    )]
    order: Order,
    inner: usize,
    /// What the vectors make of the words times this are the weights.
    unit: f32,
}

/// Which two weights share a word, the first in its low half.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    /// Two rows of one column, which any vectors take apart.
    Rows,
    /// Two neighbours in one row, for vectors that turn f16 into f32 themselves.
    Columns,
}

impl Order {
    /// The one that is fast on this CPU.
    fn of_this_cpu() -> Self {
        #[cfg(target_arch = "x86_64")]
        if pulp::x86::V4::try_new().is_some() {
            return Self::Columns;
        }
        Self::Rows
    }
}

impl HalfPanels {
    /// Packs the panels of a matrix `[inner, columns]` anew, or gives `None` where f16 is not
    /// enough for a weight.
    pub fn new(weights: &[f32], inner: usize, columns: usize) -> Option<Self> {
        Self::in_order(Order::of_this_cpu(), weights, inner, columns)
    }

    fn in_order(order: Order, weights: &[f32], inner: usize, columns: usize) -> Option<Self> {
        let largest = weights.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        // With the largest exponent for the largest weight, no weight needs f16's subnormal
        // numbers, with which some CPUs are slow.
        let exponent = (largest.to_bits() >> 23) as i32 - 127;
        let scale = exp2((LARGEST_EXPONENT - exponent).clamp(0, 100));
        let mut words = AVec::with_capacity(0, weights.len().div_ceil(2));
        for panel in panels(0..columns) {
            let panel_weights = &weights[panel.start * inner..panel.end * inner];
            if order == Order::Columns {
                // A panel has an even number of columns.
                for pair in panel_weights.chunks_exact(2) {
                    words.push(half(pair[0] * scale)? | half(pair[1] * scale)? << 16);
                }
                continue;
            }
            for rows in panel_weights.chunks(2 * panel.len()) {
                let (first, second) = rows.split_at(panel.len());
                for (column, &weight) in first.iter().enumerate() {
                    let below = second.get(column).copied().unwrap_or(0.0);
                    words.push(half(weight * scale)? | half(below * scale)? << 16);
                }
            }
        }
        let of_words = match order {
            // The exponent is still an f16's.
            Order::Rows => exp2(EXPONENT_STEP),
            Order::Columns => 1.0,
        };
        Some(Self {
            words,
            order,
            inner,
            unit: of_words / scale,
        })
    }

    /// An input row with what the words lack, or `None` where its numbers are too large for it.
    ///
    /// Both factors are powers of two, so the products have the bits that they would have anyway.
    pub fn scaled(&self, input: &[f32]) -> Option<Vec<f32>> {
        let scaled: Vec<f32> = input.iter().map(|x| x * self.unit).collect();
        let fits = scaled.iter().all(|x| x.is_finite());
        fits.then_some(scaled)
    }

    /// Writes some columns, from the start of a panel, of the product with a scaled row.
    pub fn run(
        &self,
        input: &[f32],
        bias: &[f32],
        function: Pointwise,
        columns: Range<usize>,
        output: &mut [f32],
    ) {
        let row = Row {
            panels: self,
            input,
            bias,
            function,
            columns,
            output,
        };
        #[cfg(target_arch = "x86_64")]
        if let (Order::Columns, Some(simd)) = (self.order, pulp::x86::V4::try_new()) {
            return Simd::vectorize(simd, Converted { simd, row });
        }
        processor::dispatch(row);
    }
}

/// `2^exponent` for an exponent in -126..=127.
fn exp2(exponent: i32) -> f32 {
    f32::from_bits(((exponent + 127) as u32) << 23)
}

/// The bits of a number as f16, or `None` for one that is not a normal f16.
fn half(value: f32) -> Option<u32> {
    let bits = value.to_bits();
    let (sign, magnitude) = ((bits & SIGN) >> 16, bits & !SIGN);
    if magnitude == 0 {
        return Some(sign);
    }
    let shifted = magnitude.checked_sub((EXPONENT_STEP as u32) << 23)?;
    let is_normal = (1..31).contains(&(shifted >> 23));
    let is_exact = shifted & !MAGNITUDE == 0;
    (is_normal && is_exact).then_some(sign | shifted >> 13)
}

/// A product with one row.
struct Row<'a> {
    panels: &'a HalfPanels,
    input: &'a [f32],
    bias: &'a [f32],
    function: Pointwise,
    columns: Range<usize>,
    output: &'a mut [f32],
}

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        each_panel(simd, self.columns.clone(), &mut self);
    }
}

impl EachPanel for Row<'_> {
    #[inline(always)]
    fn panel<S: Simd, const REGISTERS: usize>(&mut self, simd: S, columns: Range<usize>) {
        let length = self.panels.inner.div_ceil(2);
        let words = &self.panels.words[columns.start * length..columns.end * length];
        let tile = REGISTERS * S::F32_LANES;
        // Not the columns that only fill a group.
        let used = columns.end.min(self.columns.end) - columns.start;
        for offset in (0..used).step_by(tile) {
            let column = columns.start + offset;
            let mut sums = load::<S, REGISTERS>(simd, &self.bias[column..]);
            let mut words = words.chunks_exact(columns.len());
            let inputs = self.input.chunks_exact(2);
            let last = inputs.remainder();
            for (inputs, words) in inputs.zip(&mut words) {
                let (words, _) = S::as_simd_u32s(&words[offset..][..tile]);
                let (first, second) = (simd.splat_f32s(inputs[0]), simd.splat_f32s(inputs[1]));
                for (sum, &words) in sums.iter_mut().zip(words) {
                    *sum = simd.mul_add_e_f32s(first, low_weights(simd, words), *sum);
                    *sum = simd.mul_add_e_f32s(second, high_weights(simd, words), *sum);
                }
            }
            if let (&[last], Some(words)) = (last, words.next()) {
                let (words, _) = S::as_simd_u32s(&words[offset..][..tile]);
                let last = simd.splat_f32s(last);
                for (sum, &words) in sums.iter_mut().zip(words) {
                    *sum = simd.mul_add_e_f32s(last, low_weights(simd, words), *sum);
                }
            }
            for sum in &mut sums {
                *sum = self.function.clip(simd, *sum);
            }
            let first = column - self.columns.start;
            store::<S, REGISTERS>(sums, &mut self.output[first..]);
        }
    }
}

/// A product with one row on vectors that turn f16 into f32.
#[cfg(target_arch = "x86_64")]
struct Converted<'a> {
    simd: pulp::x86::V4,
    row: Row<'a>,
}

#[cfg(target_arch = "x86_64")]
impl WithSimd for Converted<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        let columns = self.row.columns.clone();
        each_panel(self.simd, columns, &mut self);
    }
}

#[cfg(target_arch = "x86_64")]
impl EachPanel for Converted<'_> {
    #[inline(always)]
    fn panel<S: Simd, const REGISTERS: usize>(&mut self, _: S, columns: Range<usize>) {
        let (simd, row) = (self.simd, &mut self.row);
        let words_of_row = columns.len() / 2;
        let panel = columns.start / 2 * row.panels.inner;
        let words = &row.panels.words[panel..][..words_of_row * row.panels.inner];
        let mut sums: [_; REGISTERS] = load(simd, &row.bias[columns.start..]);
        for (&input, words) in row.input.iter().zip(words.chunks_exact(words_of_row)) {
            let input = simd.splat_f32s(input);
            // Eight words hold the weights of a register.
            let (registers, _) = words.as_chunks::<8>();
            for (sum, &words) in sums.iter_mut().zip(registers) {
                let weights = simd.avx512f._mm512_cvtph_ps(bytemuck::cast(words));
                *sum = simd.mul_add_e_f32s(input, bytemuck::cast(weights), *sum);
            }
        }
        for sum in &mut sums {
            *sum = row.function.clip(simd, *sum);
        }
        let first = columns.start - row.columns.start;
        store::<pulp::x86::V4, REGISTERS>(sums, &mut row.output[first..]);
    }
}

/// The weights in the low halves of the words.
#[inline(always)]
fn low_weights<S: Simd>(simd: S, words: S::u32s) -> S::f32s {
    high_weights(simd, simd.wrapping_dyn_shl_u32s(words, simd.splat_u32s(16)))
}

/// The weights in the high halves of the words.
#[inline(always)]
fn high_weights<S: Simd>(simd: S, words: S::u32s) -> S::f32s {
    let sign = simd.and_u32s(words, simd.splat_u32s(SIGN));
    let moved = simd.wrapping_dyn_shr_u32s(words, simd.splat_u32s(3));
    let magnitude = simd.and_u32s(moved, simd.splat_u32s(MAGNITUDE));
    simd.transmute_f32s_u32s(simd.or_u32s(sign, magnitude))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_f16_holds_is_packed() {
        let packs = |weights: [f32; 2]| {
            let padded = weights.map(|weight| [[weight].as_slice(), &[0.0; 15]].concat());
            HalfPanels::new(&padded.concat(), 2, 1).is_some()
        };
        assert!(packs([0.0, -0.0]));
        assert!(packs([65504.0, 1.0]));
        // The least number of f16 beside an ordinary weight.
        assert!(packs([2.0f32.powi(-24), -0.75]));
        assert!(!packs([1.0 + 2.0f32.powi(-11), 1.0]));
        assert!(!packs([1e9, 1.0]));
        assert!(!packs([f32::INFINITY, 1.0]));
        assert!(!packs([2.0f32.powi(-24), 65504.0]));
    }

    /// Half of each weight of one row, with one kind of vector instructions.
    fn half_of<S: Simd>(simd: S, panels: &HalfPanels, columns: usize) -> Vec<f32> {
        let input = panels.scaled(&[0.5]).expect("0.5 is not too large");
        let mut output = vec![f32::NAN; columns];
        simd.vectorize(Row {
            panels,
            input: &input,
            bias: &[0.0; 144],
            function: Pointwise::Linear,
            columns: 0..columns,
            output: &mut output,
        });
        output
    }

    #[test]
    fn every_kind_of_vector_instructions_unpacks_all_columns() {
        for columns in [1usize, 15, 16, 40, 130] {
            let padded = columns.next_multiple_of(16);
            let weights: Vec<f32> = (0..padded).map(|i| (i % 9) as f32 - 4.0).collect();
            let panels = HalfPanels::in_order(Order::Rows, &weights, 1, columns);
            let panels = panels.expect("these fit into f16");
            let wanted: Vec<f32> = weights[..columns].iter().map(|x| 0.5 * x).collect();
            assert_eq!(half_of(pulp::Scalar::new(), &panels, columns), wanted);
            #[cfg(target_arch = "x86_64")]
            {
                if let Some(simd) = pulp::x86::V3::try_new() {
                    assert_eq!(half_of(simd, &panels, columns), wanted);
                }
                if let Some(simd) = pulp::x86::V4::try_new() {
                    assert_eq!(half_of(simd, &panels, columns), wanted);
                }
            }
        }
    }

    #[test]
    fn weights_come_back_as_they_were() {
        let weights: Vec<f32> = (0..32)
            .map(|i| (i as f32 - 15.5) * 2.0f32.powi(i % 7 - 9))
            .collect();
        for order in [Order::Rows, Order::of_this_cpu()] {
            let panels = HalfPanels::in_order(order, &weights, 2, 16);
            let panels = panels.expect("these fit into f16");
            for (row, wanted) in weights.chunks_exact(16).enumerate() {
                let mut input = [0.0; 2];
                input[row] = 1.0;
                let input = panels.scaled(&input).expect("1 is not too large");
                let mut found = [f32::NAN; 16];
                panels.run(&input, &[0.0; 16], Pointwise::Linear, 0..16, &mut found);
                assert_eq!(found, wanted, "{order:?}");
            }
        }
        let panels = HalfPanels::in_order(Order::Rows, &weights, 2, 16);
        let panels = panels.expect("these fit into f16");
        assert!(panels.scaled(&[1e35, 0.0]).is_none());
    }
}

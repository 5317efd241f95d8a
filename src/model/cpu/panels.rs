//! How a matrix is packed and walked through: in panels of columns.
//!
//! A panel holds up to [`PANEL`] columns, row after row of the matrix, so that a product reads
//! the weights once from front to back.

use pulp::Simd;
use std::ops::Range;

/// Columns of a whole panel: four AVX-512 registers.
pub const PANEL: usize = 64;
/// The last panel is a whole number of this many columns, so that registers are full.
pub const GROUP: usize = 16;

/// The columns of each panel of a matrix with so many columns; the last may reach beyond them.
pub fn panels(columns: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = columns.end.next_multiple_of(GROUP);
    columns
        .step_by(PANEL)
        .map(move |first| first..end.min(first + PANEL))
}

/// What is done with each panel.
pub trait EachPanel {
    /// Works on the columns of a panel, `REGISTERS` registers at a time.
    fn panel<S: Simd, const REGISTERS: usize>(&mut self, simd: S, columns: Range<usize>);
}

/// Goes through the panels of some columns, which begin with a panel.
#[inline(always)]
pub fn each_panel<S: Simd>(simd: S, columns: Range<usize>, work: &mut impl EachPanel) {
    for panel in panels(columns) {
        // A whole panel at a time where there are 32 registers of 16 numbers, and otherwise a
        // group.
        match (S::F32_LANES, panel.len()) {
            (16, 64) => work.panel::<S, 4>(simd, panel),
            (16, 48) => work.panel::<S, 3>(simd, panel),
            (16, 32) => work.panel::<S, 2>(simd, panel),
            (16, _) => work.panel::<S, 1>(simd, panel),
            (8, _) => work.panel::<S, 2>(simd, panel),
            _ => work.panel::<S, 4>(simd, panel),
        }
    }
}

/// The numbers that `values` begins with.
#[inline(always)]
pub fn load<S: Simd, const REGISTERS: usize>(simd: S, values: &[f32]) -> [S::f32s; REGISTERS] {
    let mut loaded = [simd.splat_f32s(0.0); REGISTERS];
    let (registers, _) = S::as_simd_f32s(&values[..REGISTERS * S::F32_LANES]);
    loaded.copy_from_slice(registers);
    loaded
}

/// Writes as many of the numbers as there is room for: the last columns of a matrix may only be
/// there to fill a register.
#[inline(always)]
pub fn store<S: Simd, const REGISTERS: usize>(values: [S::f32s; REGISTERS], output: &mut [f32]) {
    let width = REGISTERS * S::F32_LANES;
    if let Some(output) = output.get_mut(..width) {
        S::as_mut_simd_f32s(output).0.copy_from_slice(&values);
    } else {
        let mut buffer = [0.0; PANEL];
        let (registers, _) = S::as_mut_simd_f32s(&mut buffer[..width]);
        registers.copy_from_slice(&values);
        output.copy_from_slice(&buffer[..output.len()]);
    }
}

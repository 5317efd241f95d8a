//! Steps that put numbers in another order.

use super::processor;

/// Most axes of an item.
pub const AXES: usize = 4;

/// Reads an item along axes of any stride, and writes it in order: permuting and slicing.
#[derive(Clone, PartialEq, Debug)]
pub struct Strided {
    /// The shape that is written, with sides of 1 before it.
    sides: [usize; AXES],
    strides: [usize; AXES],
    offset: usize,
}

/// The distance from one entry of each axis to the next.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut stride = 1;
    let mut strides: Vec<usize> = shape
        .iter()
        .rev()
        .map(|side| {
            let this = stride;
            stride *= side;
            this
        })
        .collect();
    strides.reverse();
    strides
}

impl Strided {
    /// Writes `shape` (at most 4 axes), read from `offset` on with the strides given.
    pub fn new(shape: &[usize], strides: &[usize], offset: usize) -> Self {
        let mut sides = [1; AXES];
        let mut all = [0; AXES];
        let first = AXES - shape.len();
        sides[first..].copy_from_slice(shape);
        all[first..].copy_from_slice(strides);
        Self {
            sides,
            strides: all,
            offset,
        }
    }

    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let [first, second, third, last] = self.sides;
        let [a, b, c, d] = self.strides;
        let mut rows = output.chunks_exact_mut(last);
        for i in 0..first {
            for j in 0..second {
                for k in 0..third {
                    let Some(row) = rows.next() else { return };
                    let from = &input[self.offset + i * a + j * b + k * c..];
                    if d == 1 {
                        row.copy_from_slice(&from[..last]);
                    } else {
                        for (value, &x) in row.iter_mut().zip(from.iter().step_by(d.max(1))) {
                            *value = x;
                        }
                    }
                }
            }
        }
    }
}

/// Joins values along an axis: each is `outer` blocks.
#[derive(Debug)]
pub struct Concatenate {
    pub outer: usize,
}

impl Concatenate {
    pub fn run<'a>(&self, input: &dyn Fn(usize) -> &'a [f32], count: usize, output: &mut [f32]) {
        let row = output.len() / self.outer;
        let mut start = 0;
        for at in 0..count {
            let input = input(at);
            let block = input.len() / self.outer;
            processor::vectorised(
                #[inline(always)]
                || {
                    for (row, block_values) in
                        output.chunks_exact_mut(row).zip(input.chunks_exact(block))
                    {
                        row[start..start + block].copy_from_slice(block_values);
                    }
                },
            );
            start += block;
        }
    }
}

//! A grid in the making.

use super::super::processor;
use super::{Causal, Extent, Step, Work};

/// A grid that is written place by place, with all that was computed on the way.
#[derive(Clone, Debug)]
pub struct Writing {
    values: Vec<Vec<f32>>,
    /// What stands at the places that were written.
    indices: Vec<usize>,
}

/// Where the numbers of a value at a place begin in what is kept of it.
fn begin(extent: Extent, channels: usize, [row, column, width]: [usize; 3]) -> usize {
    channels
        * match extent {
            Extent::One => 0,
            Extent::Row => column,
            Extent::Grid => row * width + column,
        }
}

impl Causal {
    /// Begins an empty grid for a condition, which is empty where the network takes none.
    pub fn begin(&self, condition: &[f32]) -> Writing {
        let places = self.places();
        let lens = self.stores.iter().map(|store| {
            store.channels
                * match store.extent {
                    Extent::One => 1,
                    Extent::Row => self.width,
                    Extent::Grid => places,
                }
        });
        let mut writing = Writing {
            values: lens.map(|len| vec![0.0; len]).collect(),
            indices: Vec::with_capacity(places),
        };
        if self.words > 0 {
            writing.values[1].copy_from_slice(&condition[..self.words]);
        }
        for step in &self.fixed {
            self.run(step, &mut writing, [0, 0]);
        }
        writing
    }

    /// The scores of the indices at the next place. Called once for each place, before it is written.
    pub fn scores<'a>(&self, writing: &'a mut Writing) -> &'a [f32] {
        let at = writing.indices.len().min(self.places().saturating_sub(1));
        let [row, column] = [at / self.width, at % self.width];
        if column == 0 {
            for step in &self.above {
                for column in 0..self.width {
                    self.run(step, writing, [row, column]);
                }
            }
        }
        for step in &self.before {
            self.run(step, writing, [row, column]);
        }
        let store = self.stores[self.output];
        let start = begin(store.extent, store.channels, [row, column, self.width]);
        &writing.values[self.output][start..start + store.channels]
    }

    /// Puts an index down at the next place of a grid of which no scores are asked for any more.
    pub fn put_down(&self, writing: &mut Writing, index: usize) {
        let last = self.levels.saturating_sub(1);
        writing.indices.push(index.min(last));
    }

    /// Writes an index at the next place.
    pub fn write(&self, writing: &mut Writing, index: usize) {
        let at = writing.indices.len();
        self.put_down(writing, index);
        let place = [at / self.width, at % self.width];
        for step in &self.after {
            self.run(step, writing, place);
        }
    }

    /// Computes a value at a place.
    fn run(&self, step: &Step, writing: &mut Writing, [row, column]: [usize; 2]) {
        let width = self.width;
        let store = self.stores[step.gives];
        let start = begin(store.extent, store.channels, [row, column, width]);
        // Values never take themselves.
        let mut given = std::mem::take(&mut writing.values[step.gives]);
        let out = &mut given[start..start + store.channels];
        let taken = |place: usize, [row, column]: [usize; 2]| {
            let value = step.takes[place];
            let store = self.stores[value];
            let start = begin(store.extent, store.channels, [row, column, width]);
            &writing.values[value][start..start + store.channels]
        };
        let here = [row, column];
        match &step.work {
            Work::Table(table) => {
                // A table may have fewer rows than there are indices; the last stands for all beyond it.
                let last = (table.len() / store.channels.max(1)).saturating_sub(1);
                let index = writing.indices.get(row * width + column).copied();
                let start = index.unwrap_or(0).min(last) * store.channels;
                out.copy_from_slice(&table[start..start + store.channels]);
            }
            Work::Conv { taps, bias } => processor::vectorised(
                #[inline(always)]
                || {
                    out.copy_from_slice(bias);
                    for tap in taps {
                        let at = [
                            row.checked_add_signed(tap.rows),
                            column.checked_add_signed(tap.columns),
                        ];
                        let [Some(row), Some(column)] = at else {
                            continue;
                        };
                        if row < self.height && column < width {
                            multiply(taken(0, [row, column]), &tap.weight, out);
                        }
                    }
                },
            ),
            Work::Linear { weight, bias } => {
                out.copy_from_slice(bias);
                multiply(taken(0, here), weight, out);
            }
            Work::Pointwise(function) => {
                out.copy_from_slice(taken(0, here));
                function.apply(out);
            }
            Work::Places(values) => {
                let start = (row * width + column) * store.channels;
                out.copy_from_slice(&values[start..start + store.channels]);
            }
            Work::Everywhere(values) => out.copy_from_slice(values),
            Work::Add => combine(out, taken(0, here), taken(1, here), |a, b| a + b),
            Work::Subtract => combine(out, taken(0, here), taken(1, here), |a, b| a - b),
            Work::Multiply => combine(out, taken(0, here), taken(1, here), |a, b| a * b),
            Work::Channels(first) => {
                out.copy_from_slice(&taken(0, here)[*first..*first + store.channels]);
            }
            Work::Copy => out.copy_from_slice(taken(0, here)),
        }
        writing.values[step.gives] = given;
    }
}

impl Writing {
    /// What was written so far, place after place.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }
}

/// Adds a vector times a matrix `[inputs, outputs]`. Each output is one sum in the order of the inputs, so
/// that vector instructions change no bit of it.
#[inline(always)]
fn multiply(inputs: &[f32], weight: &[f32], out: &mut [f32]) {
    let len = out.len();
    let (fours, rest) = inputs.as_chunks::<4>();
    let rows = weight.chunks_exact(4 * len);
    let after = rows.len().min(fours.len()) * 4 * len;
    for ([a, b, c, d], rows) in fours.iter().zip(rows) {
        let (first, second) = rows.split_at(2 * len);
        let (row_a, row_b) = first.split_at(len);
        let (row_c, row_d) = second.split_at(len);
        let rows = row_a.iter().zip(row_b).zip(row_c.iter().zip(row_d));
        for (out, ((wa, wb), (wc, wd))) in out.iter_mut().zip(rows) {
            *out = (((*out + a * wa) + b * wb) + c * wc) + d * wd;
        }
    }
    let rows = weight
        .get(after..)
        .unwrap_or_default()
        .chunks_exact(len.max(1));
    for (input, row) in rest.iter().zip(rows) {
        for (out, weight) in out.iter_mut().zip(row) {
            *out += input * weight;
        }
    }
}

fn combine(out: &mut [f32], a: &[f32], b: &[f32], of: impl Fn(f32, f32) -> f32) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = of(*a, *b);
    }
}

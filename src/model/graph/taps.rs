//! Separable operations along one side of a picture: each output is a weighted sum of a run of
//! inputs. Resizing, filters and pooling by means are all of this kind, so both runners share
//! one definition of where the weights lie.

use super::spec::{Operation, ResizeMode};

/// The weights of one output, on the inputs from `start` on.
#[derive(Clone, PartialEq, Debug)]
pub struct Taps {
    pub start: usize,
    pub weights: Vec<f32>,
}

/// All outputs along one side.
#[derive(Clone, PartialEq, Debug)]
pub struct SideTaps {
    /// Inputs along the side.
    pub from: usize,
    pub outputs: Vec<Taps>,
}

impl SideTaps {
    /// The weights as a matrix `[outputs, inputs]`, row after row.
    pub fn matrix(&self) -> Vec<f32> {
        let mut matrix = vec![0.0; self.outputs.len() * self.from];
        for (row, taps) in matrix.chunks_exact_mut(self.from).zip(&self.outputs) {
            row[taps.start..taps.start + taps.weights.len()].copy_from_slice(&taps.weights);
        }
        matrix
    }

    /// Whether every output is its own input.
    pub fn is_identity(&self) -> bool {
        self.outputs.len() == self.from
            && self
                .outputs
                .iter()
                .enumerate()
                .all(|(at, taps)| taps.start == at && taps.weights == [1.0])
    }

    /// The nearest input of each of `to` outputs, as PyTorch's `nearest`.
    pub fn nearest(from: usize, to: usize) -> Self {
        // PyTorch computes the ratio and the product in f32.
        let scale = from as f32 / to as f32;
        let outputs = (0..to).map(|at| Taps {
            start: ((at as f32 * scale) as usize).min(from - 1),
            weights: vec![1.0],
        });
        Self {
            from,
            outputs: outputs.collect(),
        }
    }

    /// Linear interpolation between pixel centres, the edge repeated (`align_corners` false).
    pub fn bilinear(from: usize, to: usize) -> Self {
        let scale = from as f32 / to as f32;
        let outputs = (0..to).map(|at| {
            let place = ((at as f32 + 0.5) * scale - 0.5).max(0.0);
            let start = (place as usize).min(from - 1);
            let part = place - start as f32;
            let weights = if part == 0.0 || start + 1 >= from {
                vec![1.0]
            } else {
                vec![1.0 - part, part]
            };
            Taps { start, weights }
        });
        Self {
            from,
            outputs: outputs.collect(),
        }
    }

    /// Means over windows of `kernel` every `stride`, with a border that counts as zeros or not
    /// at all.
    pub fn mean(
        from: usize,
        (kernel, stride): (usize, usize),
        (before, after): (usize, usize),
        include_padding: bool,
    ) -> Self {
        let count = (from + before + after - kernel) / stride + 1;
        let outputs = (0..count).map(|at| {
            let place = at * stride;
            let start = place.saturating_sub(before);
            let end = (place + kernel).saturating_sub(before).min(from);
            let counted = if include_padding {
                kernel
            } else {
                end.saturating_sub(start).max(1)
            };
            Taps {
                start: start.min(from - 1),
                weights: vec![1.0 / counted as f32; end.saturating_sub(start)],
            }
        });
        Self {
            from,
            outputs: outputs.collect(),
        }
    }

    /// `upfirdn` along one side with `filter` turned around, as a convolution, times `gain`.
    pub fn filter(
        from: usize,
        (up, down): (usize, usize),
        (before, after): (usize, usize),
        filter: &[f32],
        gain: f32,
    ) -> Self {
        let count =
            resampled_side(from, (up, down), (before, after), filter.len()).unwrap_or_default();
        let outputs = (0..count).map(|at| {
            // The window covers places `first..first + taps` of the side with zeros in it.
            let first = at * down;
            let inside = |place: usize| {
                let place = (first + place).checked_sub(before)?;
                (place.is_multiple_of(up) && place / up < from).then_some(place / up)
            };
            let mut taps = Taps {
                start: 0,
                weights: Vec::new(),
            };
            for (place, weight) in filter.iter().rev().enumerate() {
                if let Some(input) = inside(place) {
                    if taps.weights.is_empty() {
                        taps.start = input;
                    }
                    taps.weights.push(weight * gain);
                }
            }
            taps
        });
        Self {
            from,
            outputs: outputs.collect(),
        }
    }
}

/// The side after [`SideTaps::filter`], or `None` when the filter is longer than what there is.
pub fn resampled_side(
    side: usize,
    (up, down): (usize, usize),
    (before, after): (usize, usize),
    taps: usize,
) -> Option<usize> {
    let stretched = side.checked_mul(up)?.checked_add(before + after)?;
    Some(stretched.checked_sub(taps)? / down + 1)
}

/// The frequencies of a time embedding.
pub fn frequencies(features: usize, max_period: f32, shift: f32, scale: f32) -> Vec<f32> {
    let half = features / 2;
    let step = -f64::from(max_period).ln() / (half as f64 - f64::from(shift));
    (0..half)
        .map(|at| ((step * at as f64).exp() * f64::from(scale)) as f32)
        .collect()
}

/// Rows and columns of an operation that works along each side by itself.
pub fn separable(operation: &Operation, x: &[usize]) -> Option<[SideTaps; 2]> {
    match operation {
        Operation::Resize {
            height,
            width,
            mode,
        } => {
            let side = |from: usize, to: usize| match mode {
                ResizeMode::Nearest => SideTaps::nearest(from, to),
                ResizeMode::Bilinear => SideTaps::bilinear(from, to),
            };
            let is_whole = height.is_multiple_of(x[1]) && width.is_multiple_of(x[2]);
            if *mode == ResizeMode::Nearest && is_whole {
                return None;
            }
            Some([side(x[1], *height), side(x[2], *width)])
        }
        Operation::AveragePool {
            kernel,
            window,
            include_padding,
        } => {
            let [top, left, bottom, right] = window.padding;
            let side = |axis: usize, border: (usize, usize)| {
                let sizes = (kernel[axis], window.stride[axis]);
                SideTaps::mean(x[1 + axis], sizes, border, *include_padding)
            };
            Some([side(0, (top, bottom)), side(1, (left, right))])
        }
        Operation::Resample {
            taps,
            up,
            down,
            padding: [top, left, bottom, right],
            gain,
        } => {
            let side = |from: usize, border: (usize, usize), gain: f32| {
                SideTaps::filter(from, (*up, *down), border, taps, gain)
            };
            Some([
                side(x[1], (*top, *bottom), *gain),
                side(x[2], (*left, *right), 1.0),
            ])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(taps: &SideTaps) -> Vec<Vec<f32>> {
        taps.matrix()
            .chunks_exact(taps.from)
            .map(<[f32]>::to_vec)
            .collect()
    }

    #[test]
    fn doubling_weighs_the_two_nearest_three_to_one() {
        let bilinear = SideTaps::bilinear(3, 6);
        assert_eq!(
            rows(&bilinear)[..3],
            [[1.0, 0.0, 0.0], [0.75, 0.25, 0.0], [0.25, 0.75, 0.0]]
        );
        let quarter: Vec<f32> = [1.0, 3.0, 3.0, 1.0].map(|tap| tap / 4.0).to_vec();
        let filtered = SideTaps::filter(3, (2, 1), (2, 1), &quarter, 1.0);
        assert_eq!(
            rows(&filtered)[..3],
            [[0.75, 0.0, 0.0], [0.75, 0.25, 0.0], [0.25, 0.75, 0.0]]
        );
    }

    #[test]
    fn means_leave_the_border_out_or_count_it() {
        let counted = SideTaps::mean(3, (3, 2), (1, 1), true);
        let third = 1.0 / 3.0;
        assert_eq!(rows(&counted), [[third, third, 0.0], [0.0, third, third]]);
        let left_out = SideTaps::mean(3, (3, 2), (1, 1), false);
        assert_eq!(rows(&left_out), [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]);
    }
}

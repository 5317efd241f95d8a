//! Even steps: the way measured in pictures instead of in codes.
//!
//! A model may change its picture much in one place and hardly at all in another. Pictures along
//! the path are compared, the lengths of the steps between them add up to the length of the way
//! so far, and frames are put where that length is even (arc length re-parameterisation).

/// The Euclidean distance between two pictures, or any two vectors of the same length: how long
/// the step between them is. It adds up in `f64`, and counts a number that is not finite as no
/// difference.
pub fn step_length(a: &[f32], b: &[f32]) -> f64 {
    let squares = a.iter().zip(b).map(|(&a, &b)| {
        let difference = f64::from(a) - f64::from(b);
        if difference.is_finite() {
            difference * difference
        } else {
            0.0
        }
    });
    squares.sum::<f64>().sqrt()
}

/// How long the way is from the beginning of a path to each of evenly spaced positions.
#[derive(Clone, PartialEq, Debug)]
pub struct ArcLength {
    /// Share of the whole length at position `index / (len - 1)`: 0 first, 1 last, never falling.
    shares: Vec<f64>,
    total: f64,
}

impl ArcLength {
    /// From the lengths of the steps between neighbours of evenly spaced positions, the first at
    /// 0 and the last at 1. A step that is negative or no number counts as none. `None` when
    /// nothing has a length: then there is nothing to spread evenly.
    pub fn from_steps(steps: &[f64]) -> Option<Self> {
        let mut cumulative = Vec::with_capacity(steps.len() + 1);
        let mut total = 0.0;
        cumulative.push(total);
        for &step in steps {
            total += if step.is_finite() { step.max(0.0) } else { 0.0 };
            cumulative.push(total);
        }
        if !(total > 0.0 && total.is_finite()) {
            return None;
        }
        let shares = cumulative.into_iter().map(|length| length / total);
        Some(Self {
            shares: shares.collect(),
            total,
        })
    }

    /// The length of the whole way, in the unit of the steps.
    pub fn total(&self) -> f64 {
        self.total
    }

    /// The share of the length that lies before a position in 0..=1.
    pub fn share_at(&self, position: f64) -> f64 {
        let last = self.shares.len() - 1;
        let index = position.clamp(0.0, 1.0) * last as f64;
        let before = (index as usize).min(last - 1);
        let (from, to) = (self.shares[before], self.shares[before + 1]);
        from + (to - from) * (index - before as f64)
    }

    /// The position in 0..=1 before which a share of the length lies; of several that of the
    /// first.
    pub fn position_at(&self, share: f64) -> f64 {
        let last = self.shares.len() - 1;
        let share = share.clamp(0.0, 1.0);
        let after = self.shares.partition_point(|&known| known < share);
        let after = after.clamp(1, last);
        let (from, to) = (self.shares[after - 1], self.shares[after]);
        let part = if to > from {
            ((share - from) / (to - from)).clamp(0.0, 1.0)
        } else {
            0.0
        };
        ((after - 1) as f64 + part) / last as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_and_position_undo_one_another() {
        let lengths = ArcLength::from_steps(&[1.0, 3.0, 0.0, 4.0]).unwrap();
        assert_eq!(lengths.total(), 8.0);
        for (position, share) in [(0.0, 0.0), (0.25, 0.125), (0.375, 0.3125), (1.0, 1.0)] {
            assert_eq!(lengths.share_at(position), share);
            assert_eq!(lengths.position_at(share), position);
        }
        assert_eq!(lengths.position_at(0.5), 0.5, "the first of a standstill");
        assert_eq!((lengths.share_at(-1.0), lengths.share_at(2.0)), (0.0, 1.0));
    }

    #[test]
    fn a_path_that_does_not_move_has_no_lengths() {
        for steps in [&[][..], &[0.0, 0.0], &[f64::NAN, -1.0], &[f64::INFINITY]] {
            assert_eq!(ArcLength::from_steps(steps), None, "{steps:?}");
        }
        assert_eq!(
            ArcLength::from_steps(&[f64::MAX, f64::MAX]),
            None,
            "no finite length"
        );
    }

    #[test]
    fn steps_are_euclidean() {
        assert_eq!(step_length(&[0.0, 1.0], &[3.0, 5.0]), 5.0);
        assert_eq!(step_length(&[f32::NAN, 1.0], &[3.0, 2.0]), 1.0);
    }
}

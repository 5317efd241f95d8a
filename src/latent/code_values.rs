//! The numbers of a code: reals, or indices into a codebook.

use super::SpaceShape;
use std::borrow::Cow;

/// The numbers of a code, row after row.
#[derive(Clone, PartialEq, Debug)]
pub enum Values {
    /// Numbers that can be added, scaled and interpolated.
    Reals(Vec<f32>),
    /// Entries of a codebook, which can only be chosen from.
    Indices(Vec<u32>),
}

/// Why numbers are no code of a shape.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ValuesError {
    #[error("expected the shape {expected}, found {found} numbers")]
    Length { found: usize, expected: String },
    #[error("{number} is not an index into a codebook of {levels} entries")]
    NoIndex { number: f32, levels: u32 },
}

impl Values {
    /// The numbers of a code of `shape`, of which `f32` holds every index exactly.
    ///
    /// # Errors
    /// When they are too few or too many, or not indices where the shape asks for these.
    pub fn of(shape: SpaceShape, numbers: Vec<f32>) -> Result<Self, ValuesError> {
        if shape.checked_len() != Some(numbers.len()) {
            return Err(ValuesError::Length {
                found: numbers.len(),
                expected: shape.to_string(),
            });
        }
        let SpaceShape::Grid { levels, .. } = shape else {
            return Ok(Self::Reals(numbers));
        };
        let index = |&number: &f32| index(number, levels).ok_or(number);
        let indices = numbers.iter().map(index).collect::<Result<_, f32>>();
        indices
            .map(Self::Indices)
            .map_err(|number| ValuesError::NoIndex { number, levels })
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Reals(reals) => reals.len(),
            Self::Indices(indices) => indices.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The real numbers; none where the code is of indices, with which nothing can be computed.
    pub fn reals(&self) -> &[f32] {
        match self {
            Self::Reals(reals) => reals,
            Self::Indices(_) => &[],
        }
    }

    /// The indices; none where the code is of reals.
    pub fn indices(&self) -> &[u32] {
        match self {
            Self::Reals(_) => &[],
            Self::Indices(indices) => indices,
        }
    }

    /// As networks and files take them: indices as whole numbers.
    pub fn numbers(&self) -> Cow<'_, [f32]> {
        match self {
            Self::Reals(reals) => Cow::Borrowed(reals),
            Self::Indices(indices) => indices.iter().map(|&index| index as f32).collect(),
        }
    }

    pub fn is_finite(&self) -> bool {
        self.reals().iter().all(|value| value.is_finite())
    }
}

/// The index into a codebook of `levels` entries that a number is.
pub(super) fn index(number: f32, levels: u32) -> Option<u32> {
    let is_index = number.fract() == 0.0 && number >= 0.0 && f64::from(number) < f64::from(levels);
    is_index.then_some(number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_whole_numbers_below_the_number_of_levels() {
        let levels = 1 << 24;
        assert_eq!(index(0.0, levels), Some(0));
        assert_eq!(index(16_777_215.0, levels), Some(16_777_215));
        for other in [-1.0, 0.5, 16_777_216.0, f32::NAN, f32::INFINITY] {
            assert_eq!(index(other, levels), None, "{other}");
        }
        let shape = SpaceShape::Grid {
            height: 1,
            width: 2,
            levels: 4,
        };
        let code = Values::of(shape, vec![3.0, 0.0]).expect("two indices");
        assert_eq!(code, Values::Indices(vec![3, 0]));
        assert_eq!(code.numbers(), [3.0, 0.0].as_slice());
        assert!(code.reals().is_empty());
        let fault = Values::of(shape, vec![3.0, 4.0]).expect_err("4 is too large");
        assert_eq!(
            fault.to_string(),
            "4 is not an index into a codebook of 4 entries"
        );
        let fault = Values::of(shape, vec![3.0]).expect_err("one is missing");
        assert_eq!(
            fault.to_string(),
            "expected the shape 1x2 of 4, found 1 numbers"
        );
    }
}

//! Directions in closed form from the weights of affine layers (SeFa, Shen and Zhou 2021).
//!
//! A layer that makes `A c + b` of a code `c` changes most along the eigenvectors of `A^T A`, so
//! these directions need no samples and no labels. With several layers the rows of all are
//! stacked: `A^T A` is then the sum over the layers.

use super::pca::principal_axes;
use nalgebra::DMatrix;
use thiserror::Error;

/// The most numbers a code may have: the time grows with the third power.
pub const MAX_DIM: usize = 2048;
/// Rows whose products are summed at once.
const BLOCK: usize = 256;

/// Why weights give no directions.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum SefaError {
    #[error("{numbers} weights are no rows of {dim} numbers")]
    Rows { numbers: usize, dim: usize },
    #[error("directions of codes of {0} numbers cannot be found; up to {MAX_DIM} can")]
    TooLong(usize),
    #[error("the weights hold numbers that are not finite")]
    NotFinite,
}

/// The eigenvectors of `A^T A`, of length 1 and at right angles, with their eigenvalues, the
/// largest first. `weights` holds `A` row after row: `[outputs, dim]`, the rows of all layers one
/// after the other. Each vector is turned so that its number of the largest size is positive.
///
/// # Errors
/// When the weights are no whole rows, codes are too long, or a number is not finite.
pub fn sefa(weights: &[f32], dim: usize) -> Result<(Vec<Vec<f32>>, Vec<f64>), SefaError> {
    if dim == 0 || weights.is_empty() || !weights.len().is_multiple_of(dim) {
        return Err(SefaError::Rows {
            numbers: weights.len(),
            dim,
        });
    }
    if dim > MAX_DIM {
        return Err(SefaError::TooLong(dim));
    }
    if weights.iter().any(|value| !value.is_finite()) {
        return Err(SefaError::NotFinite);
    }
    let mut products = DMatrix::<f64>::zeros(dim, dim);
    for block in weights.chunks(BLOCK * dim) {
        // Column-major, so each row of `A` is a column.
        let rows = DMatrix::from_iterator(
            dim,
            block.len() / dim,
            block.iter().map(|&value| f64::from(value)),
        );
        products.gemm(1.0, &rows, &rows.transpose(), 1.0);
    }
    Ok(principal_axes(products))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_along_an_axis_make_it_the_first() {
        // Two rows along (3, 4) / 5 and a short one at a right angle.
        let weights = [3.0, 4.0, 6.0, 8.0, -0.4, 0.3];
        let (axes, strengths) = sefa(&weights, 2).expect("sound weights");
        assert!((axes[0][0] - 0.6).abs() < 1e-6 && (axes[0][1] - 0.8).abs() < 1e-6);
        assert!((strengths[0] - 125.0).abs() < 1e-4 && (strengths[1] - 0.25).abs() < 1e-4);
        assert!((axes[1][0] - 0.8).abs() < 1e-6 && (axes[1][1] + 0.6).abs() < 1e-6);
    }

    #[test]
    fn unsound_weights_are_refused() {
        let rows = |numbers, dim| Err(SefaError::Rows { numbers, dim });
        assert_eq!(sefa(&[], 2), rows(0, 2));
        assert_eq!(sefa(&[1.0; 3], 2), rows(3, 2));
        assert_eq!(sefa(&[1.0; 3], 0), rows(3, 0));
        assert_eq!(sefa(&[1.0, f32::NAN], 2), Err(SefaError::NotFinite));
        let long = MAX_DIM + 1;
        assert_eq!(sefa(&vec![0.0; long], long), Err(SefaError::TooLong(long)));
    }
}

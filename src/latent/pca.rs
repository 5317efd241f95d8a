//! Principal component analysis of codes.

use super::Plane;
use super::geometry::PlaneError;
use nalgebra::{DMatrix, SymmetricEigen};
use thiserror::Error;

/// The most numbers a code may have for its components to be found: the time grows with the
/// third power, from 0.2 s for 512 numbers to 2.7 s for 1,024 on one core.
pub const MAX_DIM: usize = 2048;
/// Rows whose products are summed at once.
const BLOCK: usize = 256;

/// Why codes have no principal components.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PcaError {
    #[error("principal components need two codes or more, and there are {0}")]
    TooFewRows(usize),
    #[error("the codes have different lengths: {0} and {1} numbers")]
    Lengths(usize, usize),
    #[error("principal components of codes of {0} numbers cannot be found; up to {MAX_DIM} can")]
    TooLong(usize),
    #[error("the codes hold numbers that are not finite")]
    NotFinite,
}

/// The principal components of codes.
#[derive(Clone, PartialEq, Debug)]
pub struct Pca {
    /// The mean of the codes.
    pub mean: Vec<f32>,
    /// The components, of length 1 and at right angles, the one of the largest variance first.
    ///
    /// A component has no sign of its own; it is turned so that its number of the largest size
    /// is positive.
    pub components: Vec<Vec<f32>>,
    /// The variance of the codes along each component (divided by `n - 1`), largest first.
    pub variances: Vec<f64>,
}

impl Pca {
    /// The components of codes, all of one length, by the eigenvectors of their covariance.
    ///
    /// # Errors
    /// When there are fewer than two codes, or they are of different lengths, too long or not
    /// finite.
    pub fn of(rows: &[&[f32]]) -> Result<Self, PcaError> {
        let dim = check_rows(rows)?;
        let mean = mean(rows, dim);
        let mut covariance = DMatrix::<f64>::zeros(dim, dim);
        for block in rows.chunks(BLOCK) {
            let centred = DMatrix::from_fn(dim, block.len(), |axis, row| {
                f64::from(block[row][axis]) - mean[axis]
            });
            covariance.gemm(1.0, &centred, &centred.transpose(), 1.0);
        }
        covariance /= (rows.len() - 1) as f64;
        let (components, variances) = principal_axes(covariance);
        Ok(Self {
            mean: mean.into_iter().map(|value| value as f32).collect(),
            components,
            variances,
        })
    }

    /// The share of the whole variance that lies along a component; 0 when nothing varies.
    pub fn share(&self, component: usize) -> f64 {
        let all: f64 = self.variances.iter().sum();
        match self.variances.get(component) {
            Some(variance) if all > 0.0 => variance / all,
            _ => 0.0,
        }
    }

    /// A component with the length of one standard deviation of the codes along it, or `None`
    /// when there is no such component.
    pub fn step(&self, component: usize) -> Option<Vec<f32>> {
        let sigma = self.variances.get(component)?.sqrt();
        let axis = self.components.get(component)?;
        Some(
            axis.iter()
                .map(|&v| (f64::from(v) * sigma) as f32)
                .collect(),
        )
    }

    /// The coordinates of a code along the first `count` components, from the mean.
    pub fn scores(&self, code: &[f32], count: usize) -> Vec<f32> {
        let score = |axis: &Vec<f32>| -> f32 {
            let from_mean = code.iter().zip(&self.mean);
            let products = from_mean
                .zip(axis)
                .map(|((&v, &m), &a)| (f64::from(v) - f64::from(m)) * f64::from(a));
            products.sum::<f64>() as f32
        };
        self.components.iter().take(count).map(score).collect()
    }

    /// The plane through the mean along two components, numbered from 0.
    ///
    /// # Errors
    /// When the components span no plane, as when they are the same.
    pub fn plane(&self, first: usize, second: usize) -> Result<Plane, PlaneError> {
        let axis = |number: usize| self.components.get(number).map_or(&[][..], Vec::as_slice);
        Plane::along(&self.mean, axis(first), axis(second))
    }
}

/// The eigenvectors of a symmetric matrix, of length 1, with their eigenvalues, the largest
/// first. Each is turned so that its number of the largest size is positive; eigenvalues that
/// rounding put below 0 are 0.
pub fn principal_axes(matrix: DMatrix<f64>) -> (Vec<Vec<f32>>, Vec<f64>) {
    let eigen = SymmetricEigen::new(matrix);
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let axes = order
        .iter()
        .map(|&column| {
            let axis = eigen.eigenvectors.column(column);
            let largest = axis.iter().fold(0.0_f64, |most, &value| {
                if value.abs() > most.abs() {
                    value
                } else {
                    most
                }
            });
            let sign = if largest < 0.0 { -1.0 } else { 1.0 };
            axis.iter().map(|value| (sign * value) as f32).collect()
        })
        .collect();
    let values = order
        .iter()
        .map(|&column| eigen.eigenvalues[column].max(0.0))
        .collect();
    (axes, values)
}

/// The length of all rows.
fn check_rows(rows: &[&[f32]]) -> Result<usize, PcaError> {
    let [first, _, ..] = rows else {
        return Err(PcaError::TooFewRows(rows.len()));
    };
    let dim = first.len();
    if let Some(other) = rows.iter().find(|row| row.len() != dim) {
        return Err(PcaError::Lengths(dim, other.len()));
    }
    if dim > MAX_DIM {
        return Err(PcaError::TooLong(dim));
    }
    if rows.iter().any(|row| row.iter().any(|v| !v.is_finite())) {
        return Err(PcaError::NotFinite);
    }
    Ok(dim)
}

/// The mean of rows of one length.
pub(super) fn mean(rows: &[&[f32]], dim: usize) -> Vec<f64> {
    let mut sums = vec![0.0; dim];
    for row in rows {
        for (sum, &value) in sums.iter_mut().zip(*row) {
            *sum += f64::from(value);
        }
    }
    let count = rows.len().max(1) as f64;
    sums.iter_mut().for_each(|sum| *sum /= count);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::geometry::dot;
    use crate::latent::seed::seed_code;

    fn of(rows: &[Vec<f32>]) -> Result<Pca, PcaError> {
        Pca::of(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    /// Codes with standard deviations 3, 1, 0.5 along three axes at right angles.
    fn cloud() -> ([[f32; 3]; 3], Vec<Vec<f32>>) {
        let axes = [[0.6, 0.8, 0.0], [0.8, -0.6, 0.0], [0.0, 0.0, 1.0]];
        let rows = (0..4000).map(|seed| {
            let z = seed_code(seed, 3);
            let at = |axis: usize| {
                5.0 + 3.0 * z[0] * axes[0][axis] + z[1] * axes[1][axis] + 0.5 * z[2] * axes[2][axis]
            };
            vec![at(0), at(1), at(2)]
        });
        (axes, rows.collect())
    }

    #[test]
    fn finds_the_axes_of_a_cloud() {
        let (axes, rows) = cloud();
        let pca = of(&rows).expect("sound rows");
        for (number, sigma) in [3.0, 1.0, 0.5].into_iter().enumerate() {
            assert!((pca.variances[number].sqrt() / sigma - 1.0).abs() < 0.05);
            let along = dot(&pca.components[number], &axes[number]).abs();
            assert!(along > 0.999, "component {number}: {along}");
            let step = pca.step(number).expect("it is there");
            assert!((dot(&step, &step) / pca.variances[number] - 1.0).abs() < 1e-5);
        }
        assert!((pca.share(0) - 9.0 / 10.25).abs() < 0.01);
        assert!(pca.mean.iter().all(|mean| (mean - 5.0).abs() < 0.15));
        assert_eq!(pca.step(3), None);
        // Scores are uncorrelated and have the variances of the components.
        let scores: Vec<Vec<f32>> = rows.iter().map(|row| pca.scores(row, 2)).collect();
        let again = of(&scores).expect("sound rows");
        assert!((again.variances[0] / pca.variances[0] - 1.0).abs() < 1e-4);
        let [x, y] = pca.plane(0, 1).expect("a plane").coordinates(&rows[7]);
        assert!((x as f32 - scores[7][0]).abs() < 1e-4 && (y as f32 - scores[7][1]).abs() < 1e-4);
    }

    #[test]
    fn the_sign_does_not_depend_on_the_order_of_the_codes() {
        let (_, mut rows) = cloud();
        let before = of(&rows).expect("sound rows");
        rows.reverse();
        let after = of(&rows).expect("sound rows");
        for (a, b) in before.components.iter().zip(&after.components) {
            assert!(dot(a, b) > 0.999_999, "{a:?} became {b:?}");
            let largest = a
                .iter()
                .fold(0.0_f32, |m, &v| if v.abs() > m.abs() { v } else { m });
            assert!(largest > 0.0);
        }
    }

    #[test]
    fn codes_without_components_are_refused() {
        assert_eq!(of(&[]), Err(PcaError::TooFewRows(0)));
        assert_eq!(of(&[vec![1.0]]), Err(PcaError::TooFewRows(1)));
        assert_eq!(
            of(&[vec![1.0], vec![1.0, 2.0]]),
            Err(PcaError::Lengths(1, 2))
        );
        assert_eq!(of(&[vec![1.0], vec![f32::NAN]]), Err(PcaError::NotFinite));
        let long = vec![0.0; MAX_DIM + 1];
        assert_eq!(
            of(&[long.clone(), long]),
            Err(PcaError::TooLong(MAX_DIM + 1))
        );
    }

    #[test]
    fn codes_that_do_not_vary_have_no_variance() {
        let pca = of(&[vec![2.0, 3.0], vec![2.0, 3.0]]).expect("sound rows");
        assert_eq!(pca.variances, [0.0, 0.0]);
        assert_eq!(pca.share(0), 0.0);
        assert!(pca.plane(0, 0).is_err());
        assert!(pca.plane(0, 5).is_err());
    }
}

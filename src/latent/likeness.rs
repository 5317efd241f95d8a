//! How alike two sets of pictures are, in the features that a judge sees in them.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use rayon::prelude::*;

/// Neighbours whose distance makes the radius of precision and recall.
pub const NEIGHBOURS: usize = 3;

/// What was measured of some pictures beside real ones.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Likeness {
    /// How many pictures were measured.
    pub count: usize,
    /// Frechet distance of the features to those of real pictures. It has a floor that falls with the
    /// count, so only numbers of one count can be compared.
    pub frechet: f64,
    /// The share of the pictures that lie among the real ones, and of the real ones among the pictures.
    pub precision: f64,
    pub recall: f64,
    /// The mean probability of the most probable class, where each picture has one.
    pub confidence: Option<f64>,
    /// The share of the pictures that show the class that was asked for; `None` where none was.
    pub obeyed: Option<f64>,
    /// The share of numbers at the very end of their range, black or white.
    pub clipped: f64,
}

/// Mean and covariance of rows.
#[derive(Clone, Debug)]
pub struct Gaussian {
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
}

impl Gaussian {
    /// Fits rows of `dim` numbers, the covariance divided by one less than their count.
    pub fn fit(rows: &[f32], dim: usize) -> Self {
        let count = rows.len() / dim.max(1);
        let values = DMatrix::from_iterator(dim, count, rows.iter().map(|&v| f64::from(v)));
        let mean = values.column_mean();
        let mut centred = values;
        for mut column in centred.column_iter_mut() {
            column -= &mean;
        }
        let covariance = &centred * centred.transpose() / (count.max(2) - 1) as f64;
        Self { mean, covariance }
    }

    pub fn mean(&self) -> &DVector<f64> {
        &self.mean
    }

    pub fn covariance(&self) -> &DMatrix<f64> {
        &self.covariance
    }
}

/// The Frechet distance of two normal distributions (Heusel et al. 2017):
/// `|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`.
pub fn frechet_distance(a: &Gaussian, b: &Gaussian) -> f64 {
    // The trace of (C1 C2)^(1/2) is that of the symmetric (C1^(1/2) C2 C1^(1/2))^(1/2).
    let ridge = RIDGE * (a.covariance.trace() + b.covariance.trace());
    let root = symmetric_root(raised(a.covariance.clone(), ridge));
    let product = &root * raised(b.covariance.clone(), ridge) * &root;
    let cross: f64 = SymmetricEigen::new(product)
        .eigenvalues
        .iter()
        .map(|v| v.max(0.0).sqrt())
        .sum();
    (&a.mean - &b.mean).norm_squared() + a.covariance.trace() + b.covariance.trace() - 2.0 * cross
}

/// What is added to variances, as a share of all of them: with fewer rows than columns many are zero,
/// on which the search for eigenvalues may not end well.
const RIDGE: f64 = 1e-12;

fn raised(mut covariance: DMatrix<f64>, ridge: f64) -> DMatrix<f64> {
    for index in 0..covariance.nrows() {
        covariance[(index, index)] += ridge;
    }
    covariance
}

fn symmetric_root(matrix: DMatrix<f64>) -> DMatrix<f64> {
    let eigen = SymmetricEigen::new(matrix);
    let roots = DMatrix::from_diagonal(&eigen.eigenvalues.map(|v| v.max(0.0).sqrt()));
    &eigen.eigenvectors * roots * eigen.eigenvectors.transpose()
}

/// Precision and recall in the sense of Kynkäänniemi et al. (2019): the part of the samples that
/// lie within the `k`th nearest neighbour's distance of some real row, and the part of the real
/// rows that lie so near some sample.
pub fn precision_and_recall(real: &[f32], samples: &[f32], dim: usize, k: usize) -> (f64, f64) {
    let dim = dim.max(1);
    let covered = |rows: &[f32], centres: &[f32], radii: &[f32]| {
        let inside = rows.par_chunks_exact(dim).filter(|row| {
            let near = centres.chunks_exact(dim).zip(radii);
            near.into_iter()
                .any(|(centre, &radius)| square_distance(row, centre) <= radius)
        });
        inside.count() as f64 / (rows.len() / dim).max(1) as f64
    };
    let precision = covered(samples, real, &square_radii(real, dim, k));
    let recall = covered(real, samples, &square_radii(samples, dim, k));
    (precision, recall)
}

/// The squared distance of each row to its `k`th nearest other row.
fn square_radii(rows: &[f32], dim: usize, k: usize) -> Vec<f32> {
    rows.par_chunks_exact(dim)
        .map(|row| {
            // The row itself is the nearest, at zero.
            let mut nearest = vec![f32::INFINITY; k + 1];
            for other in rows.chunks_exact(dim) {
                let distance = square_distance(row, other);
                if distance < nearest[k] {
                    let at = nearest.partition_point(|&known| known <= distance);
                    nearest.insert(at, distance);
                    nearest.truncate(k + 1);
                }
            }
            nearest[k]
        })
        .collect()
}

/// The squared Euclidean distance of two rows of one length.
pub fn square_distance(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut lanes = [0.0f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a_chunks.remainder().iter().zip(b_chunks.remainder());
    let rest: f32 = rest.map(|(a, b)| (a - b).powi(2)).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            lanes[lane] += (a[lane] - b[lane]).powi(2);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::seed::seed_code;

    #[test]
    fn frechet_distance_of_equal_and_shifted_rows() {
        let rows = seed_code(1, 4000);
        let shifted: Vec<f32> = rows.iter().map(|v| v + 3.0).collect();
        let (a, b) = (Gaussian::fit(&rows, 4), Gaussian::fit(&shifted, 4));
        assert!(frechet_distance(&a, &a).abs() < 1e-6);
        // Four columns, each moved by 3.
        assert!((frechet_distance(&a, &b) - 36.0).abs() < 1e-3);
    }

    #[test]
    fn frechet_distance_of_scaled_rows() {
        let rows = seed_code(2, 200_000);
        let doubled: Vec<f32> = rows.iter().map(|v| v * 2.0).collect();
        let (a, b) = (Gaussian::fit(&rows, 2), Gaussian::fit(&doubled, 2));
        // (2 - 1)^2 for each of two columns of deviation 1.
        assert!((frechet_distance(&a, &b) - 2.0).abs() < 0.05);
    }

    /// As many columns as a judge gives, most of them zero in few rows.
    #[test]
    fn frechet_distance_of_rows_that_fill_few_dimensions() {
        let dim = 128;
        let of_rows = |count: usize, seed: u32, filled: usize| {
            let row = |row: usize| {
                let mut values = seed_code(seed + row as u32, dim);
                values[filled..].fill(0.0);
                values
                    .iter()
                    .map(|value| value.max(0.0))
                    .collect::<Vec<_>>()
            };
            Gaussian::fit(&(0..count).flat_map(row).collect::<Vec<_>>(), dim)
        };
        let real = of_rows(500, 0, dim);
        let same = Gaussian::fit(&seed_code(1, dim).repeat(40), dim);
        for (few, what) in [
            (of_rows(40, 1000, dim), "few rows"),
            (of_rows(40, 1000, 5), "five columns"),
            (of_rows(40, 1000, 0), "zeros"),
            (same, "equal rows"),
        ] {
            for found in [frechet_distance(&few, &real), frechet_distance(&real, &few)] {
                assert!(found.is_finite() && found > 0.0, "{what}: {found}");
            }
        }
    }

    #[test]
    fn precision_and_recall_of_equal_distant_and_half_covered_rows() {
        let rows = seed_code(3, 2000);
        let distant: Vec<f32> = rows.iter().map(|v| v + 100.0).collect();
        assert_eq!(precision_and_recall(&rows, &rows, 4, 3), (1.0, 1.0));
        assert_eq!(precision_and_recall(&rows, &distant, 4, 3), (0.0, 0.0));
        // Samples that know one of two distant clusters are all good, and cover one half.
        let both: Vec<f32> = rows.iter().chain(&distant).copied().collect();
        assert_eq!(precision_and_recall(&both, &rows, 4, 3), (1.0, 0.5));
    }
}

//! Measures of quality, as pure functions on numbers.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use rayon::prelude::*;

/// Mean and covariance of rows.
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
}

/// The Frechet distance of two normal distributions (Heusel et al. 2017):
/// `|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`.
pub fn frechet_distance(a: &Gaussian, b: &Gaussian) -> f64 {
    // The trace of (C1 C2)^(1/2) is that of the symmetric (C1^(1/2) C2 C1^(1/2))^(1/2).
    let root = symmetric_root(a.covariance.clone());
    let product = &root * &b.covariance * &root;
    let cross: f64 = SymmetricEigen::new(product)
        .eigenvalues
        .iter()
        .map(|v| v.max(0.0).sqrt())
        .sum();
    (&a.mean - &b.mean).norm_squared() + a.covariance.trace() + b.covariance.trace() - 2.0 * cross
}

fn symmetric_root(matrix: DMatrix<f64>) -> DMatrix<f64> {
    let eigen = SymmetricEigen::new(matrix);
    let roots = DMatrix::from_diagonal(&eigen.eigenvalues.map(|v| v.max(0.0).sqrt()));
    &eigen.eigenvectors * roots * eigen.eigenvectors.transpose()
}

/// The part of `queries` whose `k` nearest `references` mostly carry their label. Ties go to the
/// nearer neighbours.
pub fn knn_accuracy(
    references: (&[f32], &[u8]),
    queries: (&[f32], &[u8]),
    dim: usize,
    k: usize,
) -> f64 {
    let mut right = 0;
    for (query, &label) in queries.0.chunks_exact(dim).zip(queries.1) {
        let mut nearest: Vec<(f32, u8)> = Vec::with_capacity(k + 1);
        for (reference, &label) in references.0.chunks_exact(dim).zip(references.1) {
            let distance = query
                .iter()
                .zip(reference)
                .map(|(a, b)| (a - b).powi(2))
                .sum();
            if nearest.len() < k || nearest.last().is_some_and(|last| distance < last.0) {
                let at = nearest.partition_point(|&(other, _)| other <= distance);
                nearest.insert(at, (distance, label));
                nearest.truncate(k);
            }
        }
        let mut votes = [0usize; 256];
        for &(_, label) in &nearest {
            votes[usize::from(label)] += 1;
        }
        let most = votes.iter().copied().max().unwrap_or(0);
        let winner = nearest
            .iter()
            .find(|(_, label)| votes[usize::from(*label)] == most);
        right += usize::from(winner.is_some_and(|&(_, winner)| winner == label));
    }
    right as f64 / queries.1.len().max(1) as f64
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

/// The root mean square of the difference between the two most alike of some rows; `None` if there
/// are fewer than two.
pub fn least_difference(rows: &[f32], dim: usize) -> Option<f64> {
    let dim = dim.max(1);
    let least = rows.par_chunks_exact(dim).enumerate().map(|(index, row)| {
        let others = rows.chunks_exact(dim).skip(index + 1);
        others.fold(f32::INFINITY, |least, other| {
            least.min(square_distance(row, other))
        })
    });
    let least = least.reduce(|| f32::INFINITY, f32::min);
    least
        .is_finite()
        .then(|| (f64::from(least) / dim as f64).sqrt())
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

fn square_distance(a: &[f32], b: &[f32]) -> f32 {
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

/// Mean and standard deviation of each column of rows.
pub fn column_statistics(rows: &[f32], dim: usize) -> (Vec<f32>, Vec<f32>) {
    let count = (rows.len() / dim.max(1)).max(1) as f64;
    let mut mean = vec![0.0f64; dim];
    let mut square = vec![0.0f64; dim];
    for row in rows.chunks_exact(dim) {
        for (column, &value) in row.iter().enumerate() {
            mean[column] += f64::from(value) / count;
            square[column] += f64::from(value).powi(2) / count;
        }
    }
    let sigma = square
        .iter()
        .zip(&mean)
        .map(|(s, m)| (s - m * m).max(0.0).sqrt() as f32)
        .collect();
    (mean.into_iter().map(|m| m as f32).collect(), sigma)
}

/// A grey picture under the 3x3 binomial filter (1 2 1), edges repeated: a known small damage.
pub fn blurred(picture: &[f32], height: usize, width: usize) -> Vec<f32> {
    let at = |y: isize, x: isize| {
        let y = y.clamp(0, height as isize - 1) as usize;
        let x = x.clamp(0, width as isize - 1) as usize;
        picture[y * width + x]
    };
    let mut result = Vec::with_capacity(picture.len());
    for y in 0..height as isize {
        for x in 0..width as isize {
            let mut sum = 0.0;
            for (dy, wy) in [(-1, 1.0), (0, 2.0), (1, 1.0)] {
                for (dx, wx) in [(-1, 1.0), (0, 2.0), (1, 1.0)] {
                    sum += wy * wx * at(y + dy, x + dx);
                }
            }
            result.push(sum / 16.0);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::random::{Purpose, Stream};

    #[test]
    fn frechet_distance_of_equal_and_shifted_rows() {
        let rows = Stream::new(1, Purpose::Evaluate, 0).normals(4000);
        let shifted: Vec<f32> = rows.iter().map(|v| v + 3.0).collect();
        let (a, b) = (Gaussian::fit(&rows, 4), Gaussian::fit(&shifted, 4));
        assert!(frechet_distance(&a, &a).abs() < 1e-6);
        // Four columns, each moved by 3.
        assert!((frechet_distance(&a, &b) - 36.0).abs() < 1e-3);
    }

    #[test]
    fn frechet_distance_of_scaled_rows() {
        let rows = Stream::new(2, Purpose::Evaluate, 0).normals(200_000);
        let doubled: Vec<f32> = rows.iter().map(|v| v * 2.0).collect();
        let (a, b) = (Gaussian::fit(&rows, 2), Gaussian::fit(&doubled, 2));
        // (2 - 1)^2 for each of two columns of deviation 1.
        assert!((frechet_distance(&a, &b) - 2.0).abs() < 0.05);
    }

    #[test]
    fn nearest_neighbours_vote() {
        let references = [0.0, 0.1, 0.2, 5.0, 5.1, 5.2];
        let labels = [1, 1, 2, 3, 3, 3];
        let accuracy = knn_accuracy((&references, &labels), (&[0.05, 5.05], &[1, 2]), 1, 3);
        assert_eq!(accuracy, 0.5);
    }

    #[test]
    fn precision_and_recall_of_equal_distant_and_half_covered_rows() {
        let rows = Stream::new(3, Purpose::Evaluate, 0).normals(2000);
        let distant: Vec<f32> = rows.iter().map(|v| v + 100.0).collect();
        assert_eq!(precision_and_recall(&rows, &rows, 4, 3), (1.0, 1.0));
        assert_eq!(precision_and_recall(&rows, &distant, 4, 3), (0.0, 0.0));
        // Samples that know one of two distant clusters are all good, and cover one half.
        let both: Vec<f32> = rows.iter().chain(&distant).copied().collect();
        assert_eq!(precision_and_recall(&both, &rows, 4, 3), (1.0, 0.5));
    }

    #[test]
    fn the_two_most_alike_rows_are_found() {
        let rows = [0.0, 0.0, 5.0, 5.0, 3.0, 4.0, 5.0, 8.0];
        // (5, 5) and (3, 4): the root of (4 + 1) / 2.
        let found = least_difference(&rows, 2).expect("there are four");
        assert!((found - 2.5f64.sqrt()).abs() < 1e-6, "{found}");
        let twice = [rows, rows].concat();
        assert_eq!(least_difference(&twice, 2), Some(0.0));
        assert_eq!(least_difference(&rows[..2], 2), None);
    }

    #[test]
    fn blur_keeps_a_flat_picture() {
        assert_eq!(blurred(&[0.5; 12], 3, 4), vec![0.5; 12]);
    }
}

//! Measures of quality, as pure functions on numbers.

pub use crate::latent::likeness::{Gaussian, frechet_distance, precision_and_recall};

use crate::latent::likeness::square_distance;
use rayon::prelude::*;

/// The part of `queries` whose `k` nearest `references` mostly carry their label. Ties go to the
/// nearer neighbours.
pub fn knn_accuracy(
    references: (&[f32], &[u8]),
    queries: (&[f32], &[u8]),
    dim: usize,
    k: usize,
) -> f64 {
    let queried = queries.0.par_chunks_exact(dim).zip(queries.1);
    let right = queried.filter(|&(query, &label)| {
        let mut nearest: Vec<(f32, u8)> = Vec::with_capacity(k + 1);
        for (reference, &label) in references.0.chunks_exact(dim).zip(references.1) {
            let distance = square_distance(query, reference);
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
        winner.is_some_and(|&(_, winner)| winner == label)
    });
    right.count() as f64 / queries.1.len().max(1) as f64
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

    #[test]
    fn nearest_neighbours_vote() {
        let references = [0.0, 0.1, 0.2, 5.0, 5.1, 5.2];
        let labels = [1, 1, 2, 3, 3, 3];
        let accuracy = knn_accuracy((&references, &labels), (&[0.05, 5.05], &[1, 2]), 1, 3);
        assert_eq!(accuracy, 0.5);
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

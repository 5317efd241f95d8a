//! What a step along each raw dimension does to the picture, and where the codes of w lie.

use super::{Generator, ModelError};
use crate::latent::geometry::norm;
use crate::latent::prior::z_scores;
use crate::latent::seed::seed_code;
use crate::latent::{NoiseMode, Space};

/// Random codes around which the change is measured.
const CENTRES: u32 = 8;
/// Codes decoded at once.
const BATCH: usize = 64;
/// Codes mapped at once.
const MAPPING_BATCH: usize = 1000;

/// The root mean square change of a pixel (0..1) for a step of one sigma, by dimension of `space`
/// (z or w).
///
/// Measured as half the difference between a step forward and a step back, around eight seeds.
///
/// # Errors
/// When the model has no such space or the device fails.
pub fn picture_change(
    generator: &Generator,
    space: Space,
    sigma: &[f32],
) -> Result<Vec<f32>, ModelError> {
    let len = generator.image().len();
    let mut centres = Vec::with_capacity(CENTRES as usize);
    for seed in 0..CENTRES {
        let z = seed_code(seed, generator.z_dim());
        centres.push(if space == Space::Z {
            z
        } else {
            generator.map(&z)?
        });
    }
    let dim = centres.first().map_or(0, Vec::len);
    let mut codes = Vec::with_capacity(dim * CENTRES as usize * 2 * dim);
    for axis in 0..dim {
        for centre in &centres {
            for sign in [1.0, -1.0] {
                let mut code = centre.clone();
                code[axis] += sign * sigma.get(axis).copied().unwrap_or(1.0);
                codes.extend(code);
            }
        }
    }
    let mut squares = vec![0.0f64; dim];
    let mut pair = 0;
    for batch in codes.chunks(BATCH * dim.max(1)) {
        let inputs = generator.inputs(space, batch)?;
        let pictures = generator.decode_to_vec(&inputs, NoiseMode::Const)?;
        for both in pictures.chunks_exact(2 * len) {
            let (ahead, behind) = both.split_at(len);
            let square: f64 = ahead
                .iter()
                .zip(behind)
                .map(|(a, b)| f64::from((a - b) / 2.0).powi(2))
                .sum();
            squares[pair / CENTRES as usize] += square;
            pair += 1;
        }
    }
    let count = (len * CENTRES as usize) as f64;
    Ok(squares
        .into_iter()
        .map(|square| (square / count).sqrt() as f32)
        .collect())
}

/// The norms of codes in w of the seeds 0 to `count - 1`, each number taken in standard deviations
/// from its mean; the smallest first.
///
/// # Errors
/// When the model has no mapping network.
pub fn w_norms(
    generator: &Generator,
    mean: &[f32],
    sigma: &[f32],
    count: usize,
) -> Result<Vec<f32>, ModelError> {
    let z: Vec<f32> = (0..count)
        .flat_map(|seed| seed_code(seed as u32, generator.z_dim()))
        .collect();
    let w = generator.map(&z)?;
    let mut norms: Vec<f32> = w
        .chunks_exact(mean.len().max(1))
        .map(|row| norm(&z_scores(row, mean, sigma)) as f32)
        .collect();
    norms.sort_by(f32::total_cmp);
    Ok(norms)
}

/// Mean and standard deviation of each number of w over the codes of the seeds 0 to `count - 1`.
///
/// # Errors
/// When the model has no mapping network.
pub fn w_statistics(
    generator: &Generator,
    count: usize,
) -> Result<(Vec<f32>, Vec<f32>), ModelError> {
    let (mut sums, mut squares) = (Vec::new(), Vec::new());
    for first in (0..count).step_by(MAPPING_BATCH) {
        let seeds = first..(first + MAPPING_BATCH).min(count);
        let rows = seeds.len().max(1);
        let z: Vec<f32> = seeds
            .flat_map(|seed| seed_code(seed as u32, generator.z_dim()))
            .collect();
        let w = generator.map(&z)?;
        let dim = w.len() / rows;
        sums.resize(dim, 0.0f64);
        squares.resize(dim, 0.0f64);
        for row in w.chunks_exact(dim.max(1)) {
            for (column, &value) in row.iter().enumerate() {
                sums[column] += f64::from(value);
                squares[column] += f64::from(value).powi(2);
            }
        }
    }
    let count = count.max(1) as f64;
    let mean: Vec<f64> = sums.into_iter().map(|sum| sum / count).collect();
    let sigma = squares
        .into_iter()
        .zip(&mean)
        .map(|(square, mean)| (square / count - mean * mean).max(0.0).sqrt() as f32)
        .collect();
    Ok((mean.into_iter().map(|mean| mean as f32).collect(), sigma))
}

//! What a step along each raw dimension does to the picture.

use super::{Generator, ModelError};
use crate::latent::seed::seed_code;

/// Random codes around which the change is measured.
const CENTRES: u32 = 8;
/// Codes decoded at once.
const BATCH: usize = 64;

/// The root mean square change of a pixel (0..1) for a step of one sigma, by dimension of z.
///
/// Measured as half the difference between a step forward and a step back, around eight seeds.
///
/// # Errors
/// When the device fails.
pub fn picture_change(generator: &Generator, sigma: &[f32]) -> Result<Vec<f32>, ModelError> {
    let (dim, len) = (generator.z_dim(), generator.image().len());
    let mut codes = Vec::with_capacity(dim * CENTRES as usize * 2 * dim);
    for axis in 0..dim {
        for seed in 0..CENTRES {
            for sign in [1.0, -1.0] {
                let mut code = seed_code(seed, dim);
                code[axis] += sign * sigma.get(axis).copied().unwrap_or(1.0);
                codes.extend(code);
            }
        }
    }
    let mut squares = vec![0.0f64; dim];
    let mut pair = 0;
    for batch in codes.chunks(BATCH * dim) {
        let pictures = generator.decode_to_vec(batch)?;
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

//! What a step along each raw dimension does to the picture, and where the codes of w lie.
//!
//! Both are measured a slice at a time, for a model of many dimensions takes seconds.

use super::{Generator, ModelError};
use crate::latent::geometry::norm;
use crate::latent::prior::z_scores;
use crate::latent::seed::seed_code;
use crate::latent::{NoiseMode, Space};

/// Random codes around which the change is measured.
pub const CENTRES: usize = 8;
/// Codes mapped in one slice.
const MAPPING_BATCH: usize = 500;

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
    let mut change = PictureChange::new(generator, space, sigma.to_vec(), CENTRES)?;
    while !change.is_complete() {
        change.slice(generator, 64)?;
    }
    Ok(change.take())
}

/// [`picture_change`] under way.
pub struct PictureChange {
    space: Space,
    centres: Vec<Vec<f32>>,
    sigma: Vec<f32>,
    /// The sum of squared changes of each dimension.
    squares: Vec<f64>,
    /// Pairs of pictures that are measured; each dimension has one for each centre.
    pairs: usize,
    picture_len: usize,
}

impl PictureChange {
    /// Begins to measure around the codes of so many seeds.
    ///
    /// # Errors
    /// When the model has no such space.
    pub fn new(
        generator: &Generator,
        space: Space,
        sigma: Vec<f32>,
        count: usize,
    ) -> Result<Self, ModelError> {
        let mut centres = Vec::with_capacity(count);
        for seed in 0..count {
            let z = seed_code(seed as u32, generator.start_len());
            centres.push(if space == generator.start() {
                z
            } else {
                generator.w_from_z(&z)?
            });
        }
        let dim = centres.first().map_or(0, Vec::len);
        Ok(Self {
            space,
            centres,
            sigma,
            squares: vec![0.0; dim],
            pairs: 0,
            picture_len: generator.image().len(),
        })
    }

    /// Pairs of pictures measured, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.pairs, self.squares.len() * self.centres.len())
    }

    pub fn is_complete(&self) -> bool {
        let (done, total) = self.progress();
        done >= total
    }

    /// Measures the next pairs, of at most `pictures` pictures but at least one pair.
    ///
    /// # Errors
    /// When the device fails.
    pub fn slice(&mut self, generator: &Generator, pictures: usize) -> Result<(), ModelError> {
        let (done, total) = self.progress();
        let pairs = done..(done + (pictures / 2).max(1)).min(total);
        let mut codes = Vec::new();
        for pair in pairs.clone() {
            let (axis, centre) = (pair / self.centres.len(), pair % self.centres.len());
            for sign in [1.0, -1.0] {
                let mut code = self.centres[centre].clone();
                code[axis] += sign * self.sigma.get(axis).copied().unwrap_or(1.0);
                codes.extend(code);
            }
        }
        let inputs = generator.inputs(self.space, &codes)?;
        let pictures = generator.decode_to_vec(&inputs, NoiseMode::Const)?;
        let len = self.picture_len;
        if pictures.len() != 2 * len * pairs.len() {
            return Err(ModelError("the device gave no picture".to_owned()));
        }
        for (pair, both) in pairs.clone().zip(pictures.chunks_exact((2 * len).max(1))) {
            let (ahead, behind) = both.split_at(len);
            let square: f64 = ahead
                .iter()
                .zip(behind)
                .map(|(a, b)| f64::from((a - b) / 2.0).powi(2))
                .sum();
            self.squares[pair / self.centres.len()] += square;
        }
        self.pairs = pairs.end;
        Ok(())
    }

    /// What was measured.
    pub fn take(self) -> Vec<f32> {
        let count = (self.picture_len * self.centres.len()) as f64;
        self.squares
            .into_iter()
            .map(|square| (square / count).sqrt() as f32)
            .collect()
    }
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
        .flat_map(|seed| seed_code(seed as u32, generator.start_len()))
        .collect();
    let w = generator.w_from_z(&z)?;
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
    let mut statistics = WStatistics::new(count);
    while !statistics.is_complete() {
        statistics.slice(generator)?;
    }
    Ok(statistics.take())
}

/// [`w_statistics`] under way.
pub struct WStatistics {
    count: usize,
    done: usize,
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl WStatistics {
    /// Begins with the codes of `count` seeds.
    pub fn new(count: usize) -> Self {
        Self {
            count,
            done: 0,
            sums: Vec::new(),
            squares: Vec::new(),
        }
    }

    /// Seeds mapped, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.done, self.count)
    }

    pub fn is_complete(&self) -> bool {
        self.done >= self.count
    }

    /// Maps the next seeds.
    ///
    /// # Errors
    /// When the model has no mapping network.
    pub fn slice(&mut self, generator: &Generator) -> Result<(), ModelError> {
        let seeds = self.done..(self.done + MAPPING_BATCH).min(self.count);
        let (rows, done) = (seeds.len().max(1), seeds.end);
        let z: Vec<f32> = seeds
            .flat_map(|seed| seed_code(seed as u32, generator.start_len()))
            .collect();
        let w = generator.w_from_z(&z)?;
        let dim = w.len() / rows;
        self.sums.resize(dim, 0.0);
        self.squares.resize(dim, 0.0);
        for row in w.chunks_exact(dim.max(1)) {
            for (column, &value) in row.iter().enumerate() {
                self.sums[column] += f64::from(value);
                self.squares[column] += f64::from(value).powi(2);
            }
        }
        self.done = done;
        Ok(())
    }

    /// The means and the standard deviations.
    pub fn take(self) -> (Vec<f32>, Vec<f32>) {
        let count = self.count.max(1) as f64;
        let mean: Vec<f64> = self.sums.into_iter().map(|sum| sum / count).collect();
        let sigma = self
            .squares
            .into_iter()
            .zip(&mean)
            .map(|(square, mean)| (square / count - mean * mean).max(0.0).sqrt() as f32)
            .collect();
        (mean.into_iter().map(|mean| mean as f32).collect(), sigma)
    }
}

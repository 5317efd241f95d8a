//! The directions along which pictures change most, for models without encoded data.
//!
//! The components of codes drawn from an isotropic prior mean nothing. What a decoder makes of
//! the prior is not isotropic: with the Jacobian `J` of the picture at a code, a small step `v`
//! changes the picture by `v^T (J^T J) v`, the metric that the picture space pulls back to z
//! (Shao, Kumar and Fletcher 2018; Arvanitidis, Hansen and Hauberg 2018). The eigenvectors of
//! its mean over codes rank the directions by that change and turn out to be meaningful
//! (Wang and Ponce 2021; for the first layer alone SeFa, Shen and Zhou 2021). Where there is a
//! mapping network all this is done in w, which is closer to what is seen.

use super::directions::Candidate;
use super::{Decoding, JobContext, request_fault};
use crate::engine::Evidence;
use crate::latent::pca::{MAX_DIM, principal_axes};
use crate::latent::seed::seed_code;
use crate::latent::{Direction, Space};
use crate::model::Fault;
use crate::model::manifest::ImageSpec;
use nalgebra::DMatrix;

/// Codes at which the Jacobian is taken: the seeds 0 to 7.
const CENTRES: usize = 8;
/// Half the distance of a central difference, in standard deviations.
const STEP: f32 = 0.1;
/// Axes differentiated together: 64 pictures, as in a tile.
const AXES_AT_ONCE: usize = 32;
/// Pictures with longer sides are averaged over squares first: the ranking does not hang on
/// single pixels, and as many pictures as a code has numbers have
/// to be kept.
const LONGEST_SIDE: usize = 32;

/// Jacobians under way.
pub struct PictureAxes {
    space: Space,
    /// The codes of the seeds in that space.
    centres: Vec<Vec<f32>>,
    /// What one standard deviation is along each axis.
    sigma: Vec<f32>,
    /// Differences of one centre, one row of features for each axis.
    rows: Vec<f32>,
    /// Those of the centres that are done.
    matrices: Vec<Vec<f32>>,
    /// Axes done at the centre under way.
    axes: usize,
    /// The pictures a step ahead and behind along the next axes.
    decoding: Option<Decoding>,
}

/// The Jacobians at all centres, each `[dim, features]`.
pub struct Jacobians {
    space: Space,
    sigma: Vec<f32>,
    features: usize,
    matrices: Vec<Vec<f32>>,
}

impl PictureAxes {
    /// # Errors
    /// When codes of the model are too long.
    pub fn new(cx: &JobContext<'_>) -> Result<Self, Fault> {
        let info = &cx.model.info;
        let generator = &cx.model.generator;
        let start = generator.start();
        let (space, known) = if info.maps_z_to_w() {
            (Space::W, &info.w_sigma)
        } else {
            (start, &info.start_sigma)
        };
        let shape = info.manifest.spaces.get(&space);
        if !shape.is_some_and(|shape| shape.is_real()) {
            return Err(Fault::Request(format!(
                "codes in {space} of {} are indices into a codebook, which have no directions",
                cx.name()
            )));
        }
        let dim = shape.and_then(|shape| shape.checked_len()).unwrap_or(0);
        if dim > MAX_DIM {
            return Err(Fault::Request(format!(
                "codes of {} have {dim} numbers; directions of picture change are found for up \
                 to {MAX_DIM}",
                cx.name()
            )));
        }
        let mut centres = Vec::with_capacity(CENTRES);
        for seed in 0..CENTRES as u32 {
            let code = seed_code(seed, generator.start_len());
            centres.push(if space == start {
                code
            } else {
                cx.mapped(&code)?
            });
        }
        let sigma = (0..dim).map(|axis| known.get(axis).copied().unwrap_or(1.0));
        Ok(Self {
            space,
            sigma: sigma.collect(),
            centres,
            rows: Vec::new(),
            matrices: Vec::new(),
            axes: 0,
            decoding: None,
        })
    }

    /// How many of all differences are taken.
    pub fn progress(&self) -> (usize, usize) {
        let dim = self.sigma.len();
        let done = self.matrices.len() * dim + self.axes;
        (done, CENTRES * dim)
    }

    /// Differentiates along the next axes.
    pub fn slice(&mut self, cx: &JobContext<'_>) -> Result<(), Fault> {
        let dim = self.sigma.len();
        let image = cx.model.generator.image();
        let axes = self.axes..(self.axes + AXES_AT_ONCE).min(dim);
        let Some(centre) = self.centres.get(self.matrices.len()) else {
            return Ok(());
        };
        let decoding = match &mut self.decoding {
            Some(decoding) => decoding,
            None => {
                let mut codes = Vec::with_capacity(2 * axes.len());
                for axis in axes.clone() {
                    for sign in [1.0, -1.0] {
                        let mut code = centre.clone();
                        code[axis] += sign * STEP * self.sigma[axis];
                        let code = cx.model.generator.code(self.space, code);
                        codes.push(code.map_err(request_fault)?);
                    }
                }
                self.decoding.insert(Decoding::plain(codes))
            }
        };
        if !decoding.advance(cx.model, cx.compute)? {
            return Ok(());
        }
        let decoded = self.decoding.take().map(Decoding::take);
        let pictures = decoded.map(|(_, pictures)| pictures).unwrap_or_default();
        for both in pictures.chunks_exact(2 * image.len()) {
            let (ahead, behind) = both.split_at(image.len());
            let slope = |(a, b): (&f32, &f32)| (a - b) / (2.0 * STEP);
            let slopes: Vec<f32> = ahead.iter().zip(behind).map(slope).collect();
            self.rows.extend(pooled(&slopes, image));
        }
        self.axes = axes.end;
        if self.axes == dim {
            self.axes = 0;
            self.matrices.push(std::mem::take(&mut self.rows));
        }
        Ok(())
    }

    /// The Jacobians, once all are taken.
    pub fn take(&mut self) -> Jacobians {
        let matrices = std::mem::take(&mut self.matrices);
        let len = matrices.first().map_or(0, Vec::len);
        Jacobians {
            space: self.space,
            features: len / self.sigma.len().max(1),
            sigma: std::mem::take(&mut self.sigma),
            matrices,
        }
    }
}

impl Jacobians {
    /// The eigenvectors of the mean of `J J^T` (with one row of `J` for each axis), each a step
    /// of one standard deviation, the one that changes pictures most first.
    pub fn directions(self, count: usize) -> Vec<Candidate> {
        let dim = self.sigma.len();
        let mut metric = DMatrix::<f64>::zeros(dim, dim);
        for rows in &self.matrices {
            // Column-major, so each axis is a column.
            let jacobian = DMatrix::from_column_slice(self.features, dim, rows);
            metric += jacobian.tr_mul(&jacobian).map(f64::from);
        }
        let (axes, strengths) = principal_axes(metric);
        let all: f64 = strengths.iter().sum();
        let ranked = axes.into_iter().zip(strengths).take(count).enumerate();
        ranked
            .filter(|(_, (_, strength))| *strength > 0.0)
            .map(|(number, (axis, strength))| Candidate {
                direction: Direction {
                    name: format!("picture PC {}", number + 1),
                    space: self.space,
                    values: axis.iter().zip(&self.sigma).map(|(a, s)| a * s).collect(),
                },
                evidence: Evidence::PictureChange {
                    share: (strength / all) as f32,
                },
            })
            .collect()
    }
}

/// The means of squares of pixels, few enough to keep, channel after channel.
fn pooled(values: &[f32], image: ImageSpec) -> Vec<f32> {
    let ImageSpec {
        channels,
        height,
        width,
    } = image;
    let side = height.max(width).div_ceil(LONGEST_SIDE).max(1);
    if side == 1 {
        return values.to_vec();
    }
    let (rows, columns) = (height.div_ceil(side), width.div_ceil(side));
    let mut sums = vec![0.0; channels * rows * columns];
    for (index, value) in values.iter().enumerate() {
        let (channel, pixel) = (index / (height * width), index % (height * width));
        let (y, x) = (pixel / width, pixel % width);
        sums[(channel * rows + y / side) * columns + x / side] += value;
    }
    // Squares at the edges may be cut; that they count less is no matter for a ranking.
    let area = (side * side) as f32;
    sums.iter_mut().for_each(|sum| *sum /= area);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_ranked_by_what_they_change() {
        // Axis 1 changes the picture three times as much as axis 0, axis 2 nothing.
        let jacobians = Jacobians {
            space: Space::Z,
            sigma: vec![1.0, 2.0, 1.0],
            features: 2,
            matrices: vec![vec![1.0, 0.0, 0.0, 3.0, 0.0, 0.0]; 2],
        };
        let found = jacobians.directions(9);
        let values: Vec<_> = found.iter().map(|c| c.direction.values.clone()).collect();
        assert_eq!(values, [[0.0, 2.0, 0.0], [1.0, 0.0, 0.0]]);
        assert_eq!(found[0].evidence, Evidence::PictureChange { share: 0.9 });
        assert_eq!(found[1].direction.name, "picture PC 2");
    }

    #[test]
    fn large_pictures_are_averaged_over_squares() {
        let image = ImageSpec {
            channels: 2,
            height: 40,
            width: 64,
        };
        let values: Vec<f32> = (0..image.len())
            .map(|index| if index % 64 < 2 { 1.0 } else { 0.0 })
            .collect();
        let small = pooled(&values, image);
        assert_eq!(small.len(), 2 * 20 * 32);
        assert_eq!(small[..3], [1.0, 0.0, 0.0]);
        assert_eq!(small.iter().sum::<f32>(), 40.0);
    }
}

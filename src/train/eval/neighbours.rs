//! The training pictures nearest to samples of a generator: whether it draws or copies.

use super::judge::Judge;
use crate::document::raster::{Layout, Pixels, Raster, RasterError, Resampling, Sheet};
use crate::latent::seed::seed_code;
use crate::model::manifest::ImageSpec;
use crate::model::quality::Quality;
use crate::model::{Generator, ModelError};
use crate::train::TrainError;
use crate::train::conditions::Asked;
use crate::train::dataset::Dataset;
use crate::train::progress::Progress;
use serde::Serialize;

/// Samples that are compared, seeds from 0 on, and test pictures beside them.
const SAMPLES: usize = 16;
/// Training pictures that are looked at in one go.
const BATCH: usize = 250;
/// The sheet: samples in a row, how much larger pixels are, the distance between pictures.
const IN_A_ROW: usize = 4;
const SCALE: usize = 3;
const GAP: usize = 4;

/// A sample with the training pictures nearest to it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Neighbour {
    pub seed: u32,
    /// The nearest by pixels: number in the training data, and root mean square difference of a
    /// pixel (0..1).
    pub by_pixels: usize,
    pub pixel_distance: f32,
    /// The nearest in the judge's features: number, and Euclidean distance.
    pub by_features: usize,
    pub feature_distance: f32,
}

/// What was found, and the pictures of it.
pub struct Neighbours {
    image: ImageSpec,
    pub found: Vec<Neighbour>,
    /// Sample, nearest by pixels, nearest by features, one after the other.
    pictures: Vec<f32>,
    pub quality: Quality,
}

/// Pictures with their features.
struct Set {
    pictures: Vec<f32>,
    features: Vec<f32>,
    /// The nearest so far by pixels and by features: square of the distance, and number.
    nearest: Vec<[(f32, usize); 2]>,
}

impl Set {
    fn new(pictures: Vec<f32>, judge: &Judge, len: usize) -> Result<Self, ModelError> {
        let features = judge.judge(&pictures)?.features;
        let nearest = vec![[(f32::INFINITY, 0); 2]; pictures.len() / len.max(1)];
        Ok(Self {
            pictures,
            features,
            nearest,
        })
    }

    /// Looks at more training pictures, of which `first` is the first.
    fn look(&mut self, first: usize, pictures: &[f32], features: &[f32], len: usize) {
        let dim = self.features.len() / self.nearest.len().max(1);
        let own = [
            (&self.pictures, pictures, len),
            (&self.features, features, dim),
        ];
        for (which, (own, others, len)) in own.into_iter().enumerate() {
            let rows = own.chunks_exact(len.max(1));
            for (nearest, row) in self.nearest.iter_mut().zip(rows) {
                for (number, other) in others.chunks_exact(len.max(1)).enumerate() {
                    let square = row.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum();
                    if square < nearest[which].0 {
                        nearest[which] = (square, first + number);
                    }
                }
            }
        }
    }

    /// Distances by pixels and by features, in their units.
    fn distances(&self, len: usize) -> impl Iterator<Item = [f32; 2]> {
        self.nearest.iter().map(move |[pixels, features]| {
            [(pixels.0 / len.max(1) as f32).sqrt(), features.0.sqrt()]
        })
    }
}

/// Looks for the neighbours of the first seeds among all training pictures, and for those of as
/// many test pictures: what a copy would have to be nearer than.
///
/// # Errors
/// When the device fails, or the work was stopped.
pub fn find(
    generator: &Generator,
    judge: &Judge,
    asked: &Asked<'_>,
    train: &Dataset,
    test: &Dataset,
    progress: &mut Progress<'_>,
) -> Result<Neighbours, TrainError> {
    let image = generator.image();
    let len = image.len();
    let codes: Vec<f32> = (0..SAMPLES as u32)
        .flat_map(|seed| seed_code(seed, generator.start_len()))
        .collect();
    let drawn = asked.pictures(generator, &codes, 0..SAMPLES)?;
    let mut samples = Set::new(drawn, judge, len)?;
    let mut real = Set::new(test.pictures(0..SAMPLES.min(test.len())), judge, len)?;
    for first in (0..train.len()).step_by(BATCH) {
        let last = (first + BATCH).min(train.len());
        let pictures = train.pictures(first..last);
        let features = judge.judge(&pictures)?.features;
        samples.look(first, &pictures, &features, len);
        real.look(first, &pictures, &features, len);
        progress.step(last - first)?;
    }
    let mut pictures = Vec::with_capacity(3 * samples.pictures.len());
    for (sample, nearest) in samples.pictures.chunks_exact(len).zip(&samples.nearest) {
        pictures.extend(sample);
        for (_, number) in nearest {
            pictures.extend(train.pictures([*number]));
        }
    }
    let found = samples.nearest.iter().zip(samples.distances(len)).zip(0..);
    let found = found.map(
        |((nearest, [pixel_distance, feature_distance]), seed)| Neighbour {
            seed,
            by_pixels: nearest[0].1,
            pixel_distance,
            by_features: nearest[1].1,
            feature_distance,
        },
    );
    let found = found.collect();
    let mut quality = Quality::new();
    for (name, set) in [("samples", &samples), ("test_pictures", &real)] {
        for (which, unit) in ["pixels", "features"].into_iter().enumerate() {
            let all = || set.distances(len).map(|both| f64::from(both[which]));
            let mean = all().sum::<f64>() / set.nearest.len().max(1) as f64;
            let least = all().fold(f64::INFINITY, f64::min);
            let key = format!("nearest_training_picture_of_{name}_in_{unit}");
            quality.insert(key, mean);
            if least.is_finite() {
                let key = format!("least_nearest_training_picture_of_{name}_in_{unit}");
                quality.insert(key, least);
            }
        }
    }
    Ok(Neighbours {
        image,
        found,
        pictures,
        quality,
    })
}

impl Neighbours {
    /// Each sample with its nearest by pixels and by features at its right, four samples in a row.
    ///
    /// # Errors
    /// When the pictures have a size or channels that cannot be drawn.
    pub fn sheet(&self) -> Result<Raster, RasterError> {
        let ImageSpec {
            channels,
            height,
            width,
        } = self.image;
        let rasters: Result<Vec<Raster>, RasterError> = self
            .pictures
            .chunks_exact(self.image.len())
            .map(|values| Raster::from_planes([channels, height, width], values))
            .collect();
        let rasters = rasters?;
        let group = |three: &[Raster]| -> Result<Raster, RasterError> {
            let layout = Layout::columns(3);
            let pixels = three.first().map_or(Pixels::Rgb, Raster::pixels);
            let mut sheet = Sheet::new(pixels, [width, height], 3, layout)?;
            for raster in three {
                sheet.add(raster)?;
            }
            Ok(sheet.finish())
        };
        let layout = Layout {
            columns: IN_A_ROW,
            gap: GAP,
            background: [255; 3],
        };
        let count = rasters.len() / 3;
        let pixels = rasters.first().map_or(Pixels::Rgb, Raster::pixels);
        let mut sheet = Sheet::new(pixels, [3 * width, height], count, layout)?;
        for three in rasters.chunks_exact(3) {
            sheet.add(&group(three)?)?;
        }
        sheet.finish().enlarged(SCALE, Resampling::Nearest)
    }
}

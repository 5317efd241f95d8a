//! How near the pictures of a generator come to real ones, in the eyes of a judge.

use super::judge::Judge;
use crate::latent::interpolate::{lerp, slerp};
use crate::latent::{NoiseMode, Space};
use crate::model::manifest::{ImageSpec, LabelKind};
use crate::model::{Generator, ModelError};
use crate::train::dataset::Dataset;
use crate::train::measure::{self, Gaussian};
use crate::train::random::{Purpose, Stream};
use std::collections::BTreeMap;

/// Pictures in one batch of a measurement.
const BATCH: usize = 250;
/// Samples of a generator that are judged.
const SAMPLES: usize = 10_000;
/// Neighbours whose distance makes the radius of precision and recall.
const NEIGHBOURS: usize = 3;
/// Pairs of codes, and the part of the way between them, of a path length.
const PATHS: usize = 2000;
const PATH_STEP: f32 = 0.01;

/// Features, row after row, and the mean probability of each label.
struct Judged {
    features: Vec<f32>,
    shares: Vec<f64>,
    confidence: f64,
}

/// Measures samples against test pictures.
///
/// # Errors
/// When the device fails.
pub fn measure(
    generator: &Generator,
    judge: &Judge,
    train: &Dataset,
    test: &Dataset,
) -> Result<BTreeMap<String, f64>, ModelError> {
    let image = generator.image();
    let z_dim = generator.z_dim();
    let samples = judged(judge, SAMPLES, |batch| {
        let mut stream = Stream::new(0, Purpose::Evaluate, batch as u64);
        let inputs = generator.inputs(Space::Z, &stream.normals(BATCH * z_dim))?;
        generator.decode_to_vec(&inputs, NoiseMode::Const)
    })?;
    let count = test.len();
    let part = |data: &Dataset, batch: usize, count: usize| {
        data.pictures(batch * BATCH..((batch + 1) * BATCH).min(count))
    };
    let real = judged(judge, count, |batch| Ok(part(test, batch, count)))?;
    let train_count = count.min(train.len());
    let trained = judged(judge, train_count, |batch| {
        Ok(part(train, batch, train_count))
    })?;
    let blurred = judged(judge, count, |batch| {
        Ok(blurred(&part(test, batch, count), image))
    })?;
    let dim = samples.features.len() / SAMPLES;
    let truth = Gaussian::fit(&real.features, dim);
    let distance =
        |judged: &Judged| measure::frechet_distance(&Gaussian::fit(&judged.features, dim), &truth);
    let mut quality = BTreeMap::new();
    let mut add = |name: &str, value: f64| {
        quality.insert(name.to_owned(), value);
    };
    add("fd", distance(&samples));
    add("fd_of_training_pictures", distance(&trained));
    add("fd_of_blurred_test_pictures", distance(&blurred));
    match judge.kind() {
        LabelKind::Classes => {
            let shares = samples.shares.iter().copied();
            add("smallest_class_share", shares.clone().fold(1.0, f64::min));
            add("largest_class_share", shares.fold(0.0, f64::max));
            add("mean_confidence", samples.confidence);
        }
        LabelKind::Flags => {
            let pairs = samples.shares.iter().zip(&real.shares);
            let difference: f64 = pairs.map(|(a, b)| (a - b).abs()).sum();
            let labels = judge.labels().len().max(1) as f64;
            add("mean_difference_of_label_shares", difference / labels);
        }
    }
    let (precision, recall) =
        measure::precision_and_recall(&real.features, &samples.features, dim, NEIGHBOURS);
    add("precision", precision);
    add("recall", recall);
    if generator.map(&vec![0.0; z_dim]).is_ok() {
        add("path_length_z", path_length(generator, judge, Space::Z)?);
        add("path_length_w", path_length(generator, judge, Space::W)?);
    }
    Ok(quality)
}

/// Judges `count` pictures, of which `batch(i)` gives the `i`th `BATCH`.
fn judged(
    judge: &Judge,
    count: usize,
    batch: impl Fn(usize) -> Result<Vec<f32>, ModelError>,
) -> Result<Judged, ModelError> {
    let labels = judge.labels().len();
    let mut features = Vec::new();
    let mut shares = vec![0.0; labels];
    let mut confidence = 0.0;
    for index in 0..count.div_ceil(BATCH) {
        let verdicts = judge.judge(&batch(index)?)?;
        match judge.kind() {
            LabelKind::Classes => {
                for (class, probability) in judge.classes(&verdicts) {
                    shares[usize::from(class)] += 1.0 / count as f64;
                    confidence += f64::from(probability) / count as f64;
                }
            }
            LabelKind::Flags => {
                for row in verdicts.probabilities.chunks_exact(labels.max(1)) {
                    for (share, &probability) in shares.iter_mut().zip(row) {
                        *share += f64::from(u8::from(probability > 0.5)) / count as f64;
                    }
                }
            }
        }
        features.extend(verdicts.features);
    }
    Ok(Judged {
        features,
        shares,
        confidence,
    })
}

/// Every channel of every picture blurred.
fn blurred(pictures: &[f32], image: ImageSpec) -> Vec<f32> {
    pictures
        .chunks_exact(image.height * image.width)
        .flat_map(|plane| measure::blurred(plane, image.height, image.width))
        .collect()
}

/// How fast the picture changes along the way between two random codes: the mean of
/// `|f(t + e) - f(t)|^2 / e^2` in the features of the judge, `t` uniform (Karras et al. 2019,
/// there with another judge). The way is the arc in z, and the straight line in w.
fn path_length(generator: &Generator, judge: &Judge, space: Space) -> Result<f64, ModelError> {
    let dim = generator.z_dim();
    let mut total = 0.0;
    for batch in 0..PATHS / BATCH {
        // The same pairs for both spaces.
        let mut stream = Stream::new(1, Purpose::Evaluate, batch as u64);
        let mut near = Vec::new();
        let mut far = Vec::new();
        for _ in 0..BATCH {
            let (mut a, mut b) = (stream.normals(dim), stream.normals(dim));
            let t = stream.uniform() as f32 * (1.0 - PATH_STEP);
            let way = match space {
                Space::Z => slerp,
                Space::W | Space::WPlus => {
                    (a, b) = (generator.map(&a)?, generator.map(&b)?);
                    lerp
                }
            };
            near.extend(way(&a, &b, t));
            far.extend(way(&a, &b, t + PATH_STEP));
        }
        let features = |codes: &[f32]| -> Result<Vec<f32>, ModelError> {
            let inputs = generator.inputs(space, codes)?;
            let pictures = generator.decode_to_vec(&inputs, NoiseMode::Const)?;
            Ok(judge.judge(&pictures)?.features)
        };
        let (near, far) = (features(&near)?, features(&far)?);
        let squares = near.iter().zip(&far).map(|(a, b)| f64::from(a - b).powi(2));
        total += squares.sum::<f64>();
    }
    let count = (PATHS / BATCH * BATCH) as f64;
    Ok(total / count / f64::from(PATH_STEP).powi(2))
}

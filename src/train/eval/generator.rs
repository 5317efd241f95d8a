//! How near the pictures of a generator come to real ones, in the eyes of a judge.

use super::judge::Judge;
use super::{labels, words};
use crate::latent::interpolate::{lerp, slerp};
use crate::latent::likeness::NEIGHBOURS;
use crate::latent::{NoiseMode, Space};
use crate::model::layer_change::LayerChange;
use crate::model::manifest::{ImageSpec, LabelKind};
use crate::model::quality::Quality;
use crate::model::{Generator, ModelError, ModelFile};
use crate::train::TrainError;
use crate::train::conditions::Asked;
use crate::train::dataset::Dataset;
use crate::train::measure::{self, Gaussian};
use crate::train::probes::{self, Table};
use crate::train::progress::Progress;
use crate::train::random::{Purpose, Stream};
use rayon::prelude::*;

/// Pictures in one batch of a measurement.
const BATCH: usize = 250;
/// Samples of a generator that are judged.
const SAMPLES: usize = 10_000;
/// Pairs of codes, and the part of the way between them, of a path length.
const PATHS: usize = 2000;
const PATH_STEP: f32 = 0.01;

/// Pairs of codes over which the change by layer is measured.
const LAYER_PAIRS: u32 = 64;

/// Samples among which no two may be alike, a whole number of batches.
const COMPARED: usize = 1000;

/// Features and labels, row after row, and the share of each label.
struct Prediction {
    features: Vec<f32>,
    probabilities: Vec<f32>,
    /// Whether each label holds, row after row.
    holds: Vec<u8>,
    shares: Vec<f64>,
    confidence: f64,
    /// The first [`COMPARED`] pictures.
    first: Vec<f32>,
}

/// The pictures that [`measure`] looks at or draws.
pub fn work(file: &ModelFile, train: &Dataset, test: &Dataset) -> usize {
    let compared = SAMPLES + 2 * test.len() + test.len().min(train.len());
    let of_styles = 2 * 2 * PATHS;
    let of_styles = if file.manifest.capabilities().style_layers.is_some() {
        of_styles
    } else {
        0
    };
    compared + of_styles + words::work(&file.manifest)
}

/// Measures samples against test pictures.
///
/// # Errors
/// When the device fails, or the work was stopped.
pub fn measure(
    generator: &Generator,
    judge: &Judge,
    asked: &Asked<'_>,
    train: &Dataset,
    test: &Dataset,
    progress: &mut Progress<'_>,
) -> Result<Quality, TrainError> {
    let image = generator.image();
    let z_dim = generator.start_len();
    let samples = judged(judge, progress, SAMPLES, |batch| {
        let samples = batch * BATCH..(batch + 1) * BATCH;
        let codes = sample_codes(batch, z_dim);
        asked.pictures(generator, &codes, samples)
    })?;
    let count = test.len();
    let part = |data: &Dataset, batch: usize, count: usize| {
        data.pictures(batch * BATCH..((batch + 1) * BATCH).min(count))
    };
    let real = judged(judge, progress, count, |batch| Ok(part(test, batch, count)))?;
    let train_count = count.min(train.len());
    let trained = judged(judge, progress, train_count, |batch| {
        Ok(part(train, batch, train_count))
    })?;
    let blurred = judged(judge, progress, count, |batch| {
        Ok(blurred(&part(test, batch, count), image))
    })?;
    let dim = samples.features.len() / SAMPLES;
    let truth = Gaussian::fit(&real.features, dim);
    let distance = |judged: &Prediction| {
        measure::frechet_distance(&Gaussian::fit(&judged.features, dim), &truth)
    };
    let mut quality = Quality::new();
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
            let names = judge.labels();
            let labels = names.len().max(1) as f64;
            add("mean_difference_of_label_shares", difference / labels);
            quality.extend(labels::shares(names, &samples.shares, &real.shares));
        }
    }
    let conditions = asked.conditions(0..SAMPLES);
    quality.extend(words::obedience(judge, asked, &conditions, &samples.holds));
    quality.extend(words::alone(generator, judge, asked, progress)?);
    // The groups of the data are those of a judge with the same labels.
    if test.form.labels == judge.labels() {
        for (judged, of) in [(&samples, ""), (&real, "_of_test_pictures")] {
            let labels = judge.labels().len();
            let found = labels::readable(&test.form.groups, &judged.probabilities, labels);
            let named = found.into_iter();
            quality.extend(named.map(|(name, value)| (name + of, value)));
        }
    }
    let mut add = |name: &str, value: f64| {
        quality.insert(name.to_owned(), value);
    };
    for (judged, of) in [(&samples, "samples"), (&real, "test_pictures")] {
        if let Some(least) = measure::least_difference(&judged.first, image.len()) {
            add(&format!("least_difference_between_{of}"), least);
        }
    }
    let (precision, recall) =
        measure::precision_and_recall(&real.features, &samples.features, dim, NEIGHBOURS);
    add("precision", precision);
    add("recall", recall);
    if generator.styles().is_some() {
        add(
            "path_length_z",
            path_length(generator, judge, Space::Z, progress)?,
        );
        add(
            "path_length_w",
            path_length(generator, judge, Space::W, progress)?,
        );
    }
    let table = Table::new(samples.holds, judge.labels().len());
    probe_accuracies(generator, judge, &table, &mut quality)?;
    Ok(quality)
}

/// The codes of the samples that are judged, row after row in z.
pub(super) fn sample_codes(batch: usize, z_dim: usize) -> Vec<f32> {
    Stream::new(0, Purpose::Evaluate, batch as u64).normals(BATCH * z_dim)
}

/// How well a straight line tells from a code whether its picture has a label, on held-out
/// samples, in each space; and what answering the commoner way would reach. Of labels that
/// enough samples have and enough lack.
fn probe_accuracies(
    generator: &Generator,
    judge: &Judge,
    table: &Table,
    quality: &mut Quality,
) -> Result<(), ModelError> {
    let labels: Vec<usize> = (0..judge.labels().len())
        .filter(|&label| table.is_frequent(label))
        .collect();
    // Where noise lies says little of what a sampler makes of it.
    if labels.is_empty() || generator.diffusion().is_some() {
        return Ok(());
    }
    let dim = generator.start_len();
    let batches = SAMPLES / BATCH;
    let z: Vec<f32> = (0..batches)
        .flat_map(|batch| sample_codes(batch, dim))
        .collect();
    let mut spaces = Vec::new();
    if generator.styles().is_some() {
        let parts: Result<Vec<Vec<f32>>, ModelError> = z
            .par_chunks(BATCH * dim)
            .map(|z| generator.w_from_z(z))
            .collect();
        spaces.push(("w", parts?.concat()));
    }
    spaces.push(("z", z));
    for (space, codes) in spaces {
        let (mut right, mut guessed) = (0.0, 0.0);
        let mut count = 0.0;
        let found = probes::probe(&codes, codes.len() / SAMPLES, table, &labels);
        for (&label, found) in labels.iter().zip(found) {
            // Codes that cannot be probed, as those of a broken mapping, have no accuracy.
            let Ok(found) = found else { continue };
            let name = &judge.labels()[label];
            let mut add = |name: String, value: f64| {
                quality.insert(name, value);
            };
            add(format!("probe_accuracy_{space}_of_{name}"), found.accuracy);
            add(format!("probe_commoner_answer_of_{name}"), found.baseline);
            right += found.accuracy;
            guessed += found.baseline;
            count += 1.0;
        }
        if count > 0.0 {
            quality.insert(format!("probe_accuracy_{space}"), right / count);
            quality.insert("probe_commoner_answer".to_owned(), guessed / count);
        }
    }
    Ok(())
}

/// The pictures that [`layer_changes`] draws.
pub fn work_of_layers(file: &ModelFile) -> usize {
    let has_layers = file.manifest.capabilities().style_layers.is_some();
    if has_layers { LAYER_PAIRS as usize } else { 0 }
}

/// What exchanging the style of each layer changes, by layer and by thirds; no judge is needed for that.
/// Empty for models without styles.
///
/// # Errors
/// When the device fails, or the work was stopped.
pub fn layer_changes(
    generator: &Generator,
    progress: &mut Progress<'_>,
) -> Result<Quality, TrainError> {
    let Some([layers, _]) = generator.styles() else {
        return Ok(Quality::new());
    };
    let mut change = LayerChange::new(layers);
    for pair in 0..LAYER_PAIRS {
        let codes = LayerChange::codes(generator, pair)?;
        change.add(&generator.decode_to_vec(&codes, NoiseMode::Const)?);
        progress.step(1)?;
    }
    let named = |name: String, change: f32| (format!("layer_change_{name}"), f64::from(change));
    let layers = change.layers().into_iter().enumerate();
    let layers = layers.map(|(layer, change)| named(layer.to_string(), change));
    let thirds = ["coarse", "middle", "fine"].into_iter();
    let thirds = thirds.zip(change.scales());
    let thirds = thirds.map(|(name, change)| named(name.to_owned(), change));
    Ok(layers.chain(thirds).collect())
}

/// Judges `count` pictures, of which `batch(i)` gives the `i`th `BATCH`.
fn judged(
    judge: &Judge,
    progress: &mut Progress<'_>,
    count: usize,
    batch: impl Fn(usize) -> Result<Vec<f32>, ModelError>,
) -> Result<Prediction, TrainError> {
    let labels = judge.labels().len();
    let (mut features, mut all, mut first) = (Vec::new(), Vec::new(), Vec::new());
    let mut holds = Vec::new();
    let mut shares = vec![0.0; labels];
    let mut confidence = 0.0;
    for index in 0..count.div_ceil(BATCH) {
        let pictures = batch(index)?;
        let verdicts = judge.judge(&pictures)?;
        if index * BATCH < COMPARED {
            first.extend(pictures);
        }
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
        holds.extend(judge.holds(&verdicts));
        features.extend(verdicts.features);
        all.extend(verdicts.probabilities);
        progress.step(BATCH.min(count - index * BATCH))?;
    }
    Ok(Prediction {
        features,
        probabilities: all,
        holds,
        shares,
        confidence,
        first,
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
fn path_length(
    generator: &Generator,
    judge: &Judge,
    space: Space,
    progress: &mut Progress<'_>,
) -> Result<f64, TrainError> {
    let dim = generator.start_len();
    let mut total = 0.0;
    for batch in 0..PATHS / BATCH {
        // The same pairs for both spaces.
        let mut stream = Stream::new(1, Purpose::Evaluate, batch as u64);
        let mut near = Vec::new();
        let mut far = Vec::new();
        for _ in 0..BATCH {
            let (mut a, mut b) = (stream.normals(dim), stream.normals(dim));
            let t = stream.uniform() as f32 * (1.0 - PATH_STEP);
            let way = if space == Space::Z {
                slerp
            } else {
                (a, b) = (generator.w_from_z(&a)?, generator.w_from_z(&b)?);
                lerp
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
        progress.step(2 * BATCH)?;
    }
    let count = (PATHS / BATCH * BATCH) as f64;
    Ok(total / count / f64::from(PATH_STEP).powi(2))
}

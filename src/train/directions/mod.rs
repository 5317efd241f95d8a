//! Directions of a generator that mean something, found, measured and stored in its file.
//!
//! Supervised ones are linear probes on the labels that a judge gives to samples (InterFaceGAN,
//! Shen et al. 2020), in z and in w. Unsupervised ones are the principal components of w
//! (GANSpace, Härkönen et al. 2020), or of encoded data, and the eigenvectors of the first affine
//! weights that a code meets (SeFa, Shen and Zhou 2021). The best one of each label is then changed by
//! gradient descent. None is believed: samples are moved two standard deviations along each, and the judge says
//! what changed.

mod attributes;
mod candidates;
mod effect;
mod learned;

use super::TrainError;
use super::dataset::{DatasetName, Part};
use super::eval::judge::Judge;
use super::eval::{self, judge_of};
use super::probes::Table;
use super::progress::{Progress, Watch};
use super::random::{Purpose, Stream};
use crate::engine::{DeviceChoice, ModelSource};
use crate::latent::{NoiseMode, Space};
use crate::model::directions::{
    DirectionsRecord, MeasuredDirection, Method, RECORD_VERSION, Rejected,
};
use crate::model::file::{StoredTensor, direction_tensor};
use crate::model::manifest::LabelKind;
use crate::model::quality::Quality;
use crate::model::{Generator, ModelError, ModelFile};
use attributes::{AttributeClassifier, Predictions};
use candidates::Labelled;
use effect::{Candidate, Exclusions, SIGMA, Trial};
use learned::Learner;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Samples on which effects are measured.
const MEASURED: usize = 300;
/// Pictures in one batch.
const BATCH: usize = 250;
/// The part of the wrong guesses that a judge must avoid for its label to name a direction.
const MIN_SKILL: f64 = 0.5;
/// A side effect of at least this much, as a mean change of a probability, is taken out of a direction
/// on trial.
const WORTH_TAKING_OUT: f32 = 0.05;
/// How many samples can be asked for.
pub const SAMPLES: std::ops::RangeInclusive<usize> = 100..=100_000;

/// What to search, and with what.
#[derive(Clone, Debug)]
pub struct DirectionsOptions {
    pub model: ModelSource,
    /// The classifier that judges, if not the one of the catalogue.
    pub judge: Option<ModelSource>,
    /// The folder of the data: the judge is measured on it, and the codes of its pictures are
    /// probed where the model has an encoder.
    pub data: Option<PathBuf>,
    pub samples: usize,
    pub seed: u64,
    pub device: DeviceChoice,
}

/// Directions with what they do.
pub struct Directions {
    file: ModelFile,
    record: DirectionsRecord,
    /// One step for each of the record's directions.
    steps: Vec<Vec<f32>>,
}

impl Directions {
    pub fn record(&self) -> &DirectionsRecord {
        &self.record
    }

    /// The name and the hash of the model that was searched.
    pub fn model(&self) -> (&str, &str) {
        (&self.file.manifest.name, &self.file.hash)
    }

    /// Writes the model with the directions in it. Those that an earlier search left are taken
    /// out, and others of the same names.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let mut manifest = self.file.manifest.clone();
        let mut tensors = self.file.tensors.clone();
        let old = manifest.directions.take();
        let old = old.iter().flat_map(|record| &record.directions);
        for one in old {
            tensors.remove(&direction_tensor(one.space, &one.name));
        }
        for known in self.file.directions() {
            if self
                .record
                .directions
                .iter()
                .any(|one| one.name == known.name)
            {
                tensors.remove(&direction_tensor(known.space, &known.name));
            }
        }
        for (one, step) in self.record.directions.iter().zip(&self.steps) {
            let tensor = StoredTensor::vector(step.clone());
            tensors.insert(direction_tensor(one.space, &one.name), tensor);
        }
        manifest.directions = Some(self.record.clone());
        ModelFile::write(path, &manifest, &tensors).map_err(|source| TrainError::File {
            path: path.to_owned(),
            source,
        })
    }
}

/// Finds and measures directions. `watch` is told how many pictures of how many are done, and
/// says whether to go on. The same options give the same directions on the same device.
///
/// # Errors
/// When the model, the judge or the data is not sound, the device fails, or the search was
/// stopped.
pub fn find(options: &DirectionsOptions, watch: Watch<'_>) -> Result<Directions, TrainError> {
    let file = eval::read(&options.model)?;
    let name = &file.manifest.name;
    let traits = file.manifest.family.traits();
    if !traits.generates {
        let fault = format!("{name} is a {} and has no latent space", traits.title);
        return Err(TrainError::Request(fault));
    }
    if !SAMPLES.contains(&options.samples) {
        return Err(TrainError::Request(format!(
            "{} samples cannot be drawn; {} to {} can",
            options.samples,
            SAMPLES.start(),
            SAMPLES.end()
        )));
    }
    let judge_file = match &options.judge {
        Some(source) => eval::read(source)?,
        None => judge_of(&file)
            .map_err(|fault| TrainError::Request(fault.0))?
            .ok_or_else(|| {
                let fault = format!("no classifier of the data of {name} is built in; name one");
                TrainError::Request(fault)
            })?,
    };
    if !judge_file.manifest.family.traits().classifies {
        let fault = format!("{} is no classifier", judge_file.manifest.name);
        return Err(TrainError::Request(fault));
    }
    if judge_file.manifest.image != file.manifest.image {
        return Err(TrainError::Request(format!(
            "{} judges pictures of another size than {name} makes",
            judge_file.manifest.name
        )));
    }
    let (device, _) = super::device::choose(options.device)?;
    let generator = Generator::new(&file, &device)?;
    let judge = Judge::new(&judge_file, &device)?;
    let mut exclusions = Exclusions::default();
    let quality = match (&options.data, judge_of_data(&judge_file)) {
        (Some(folder), Some(data)) => {
            let test = data.read(folder, Part::Test)?;
            if test.form.image != file.manifest.image {
                return Err(TrainError::Request(format!(
                    "{name} makes pictures of another size than the data"
                )));
            }
            if judge.kind() == LabelKind::Flags {
                exclusions = Exclusions::of(&test.labels(0..test.len()), judge.labels().len());
            }
            eval::measure_classifier(&judge, &test, &mut Progress::new(watch, test.len()))?
        }
        _ => judge_file.manifest.quality.clone(),
    };
    let mut progress = Progress::new(watch, options.samples);
    progress.step(0)?;
    let mut attributes = AttributeClassifier::new(judge, file.manifest.image);
    let labelled = label(
        options,
        &file,
        &judge_file,
        &generator,
        &mut attributes,
        &mut progress,
    )?;
    let (record, steps) = search(
        options,
        (&file, &judge_file),
        &generator,
        (&attributes, &quality, &exclusions),
        labelled,
        &mut progress,
    )?;
    Ok(Directions {
        file,
        record,
        steps,
    })
}

/// The data set of a classifier, where its recipe names one.
fn judge_of_data(judge: &ModelFile) -> Option<DatasetName> {
    eval::dataset_of(judge).ok()
}

/// Codes with what is seen in their pictures.
fn label(
    options: &DirectionsOptions,
    file: &ModelFile,
    judge: &ModelFile,
    generator: &Generator,
    attributes: &mut AttributeClassifier,
    progress: &mut Progress<'_>,
) -> Result<Labelled, TrainError> {
    let dim = generator.start_len();
    // Where a mapping network leads to w, one walks among its codes, not among encoded pictures.
    let encodes = generator.has_encoder()
        && generator.styles().is_none()
        && file.manifest.classes == judge.manifest.classes;
    let data = match (&options.data, eval::dataset_of(file)) {
        (Some(folder), Ok(data)) if encodes => Some(data.read(folder, Part::Train)?),
        _ => None,
    };
    let mut stream = Stream::new(options.seed, Purpose::Directions, 0);
    let drawn = match &data {
        Some(_) => MEASURED.min(options.samples),
        None => options.samples,
    };
    let z = stream.normals(drawn * dim);
    let w = match generator.styles() {
        Some(_) => Some(map(generator, &z)?),
        None => None,
    };
    let mut prior = Vec::new();
    let mut held_pictures = Vec::new();
    let first = drawn.min(8 * BATCH);
    for start in (0..drawn).step_by(BATCH) {
        let rows = start..(start + BATCH).min(drawn);
        let pictures = decode(generator, &z, dim, rows.clone())?;
        if start < first {
            // What is measured is decided by the first samples: all pictures at once may be many.
            held_pictures.extend(pictures);
            if rows.end >= first {
                attributes.adapt(&held_pictures);
                prior.push(attributes.look(&held_pictures)?);
                held_pictures = Vec::new();
            }
        } else {
            prior.push(attributes.look(&pictures)?);
        }
        progress.step(rows.len())?;
    }
    let mut seen = Predictions::default();
    for part in prior {
        seen.probabilities.extend(part.probabilities);
        seen.holds.extend(part.holds);
    }
    let labels = attributes.labels().len();
    let Some(data) = data else {
        let table = Table::new(seen.holds.clone(), labels);
        return Ok(Labelled {
            probed_z: z.clone(),
            encoded: None,
            z,
            w,
            seen,
            table,
        });
    };
    // Real pictures know their labels better than the judge.
    let count = options.samples.min(data.len());
    let known = judge.manifest.classes.len();
    let mut codes = Vec::new();
    let mut holds = Vec::new();
    for start in (0..count).step_by(BATCH) {
        let rows = start..(start + BATCH).min(count);
        let pictures = data.pictures(rows.clone());
        let truth = data.labels(rows.clone());
        let judged = attributes.look(&pictures)?;
        for (row, judged) in judged.holds.chunks_exact(labels.max(1)).enumerate() {
            match attributes.kind() {
                LabelKind::Classes => holds.extend(
                    (0..known).map(|label| u8::from(truth.get(row) == Some(&(label as u8)))),
                ),
                LabelKind::Flags => holds.extend(truth.iter().skip(row * known).take(known)),
            }
            holds.extend(judged.iter().skip(known));
        }
        let encoded = generator
            .encode(&pictures)?
            .ok_or_else(|| ModelError("the model has no encoder".to_owned()))?;
        codes.extend(crate::model::download(encoded.mu)?);
        progress.step(rows.len())?;
    }
    Ok(Labelled {
        z,
        w,
        seen,
        encoded: Some(codes.clone()),
        probed_z: codes,
        table: Table::new(holds, labels),
    })
}

/// Codes in w, mapped side by side.
fn map(generator: &Generator, z: &[f32]) -> Result<Vec<f32>, ModelError> {
    let parts: Result<Vec<Vec<f32>>, ModelError> = z
        .par_chunks(BATCH * generator.start_len())
        .map(|z| generator.w_from_z(z))
        .collect();
    parts.map(|parts| parts.concat())
}

fn decode(
    generator: &Generator,
    z: &[f32],
    dim: usize,
    rows: std::ops::Range<usize>,
) -> Result<Vec<f32>, ModelError> {
    let codes = z.get(rows.start * dim..rows.end * dim).unwrap_or(&[]);
    let inputs = generator.inputs(Space::Z, codes)?;
    generator.decode_to_vec(&inputs, NoiseMode::Const)
}

/// Finds candidates, measures and ranks them.
fn search(
    options: &DirectionsOptions,
    (file, judge): (&ModelFile, &ModelFile),
    generator: &Generator,
    (attributes, quality, exclusions): (&AttributeClassifier, &Quality, &Exclusions),
    labelled: Labelled,
    progress: &mut Progress<'_>,
) -> Result<(DirectionsRecord, Vec<Vec<f32>>), TrainError> {
    let mut left_out = Vec::new();
    let (mut judged, mut frequent) = (Vec::new(), Vec::new());
    for (label, name) in attributes.labels().iter().enumerate() {
        let share = labelled.table.share(label);
        let is_known = attributes.is_measured(label) || is_known(attributes.kind(), name, quality);
        let reason = if !is_known {
            Some("the judge does not tell it well from its absence".to_owned())
        } else {
            judged.push(label);
            let percent = share * 100.0;
            let is_frequent = labelled.table.is_frequent(label);
            (!is_frequent).then(|| format!("{percent:.1} % of the samples have it"))
        };
        match reason {
            Some(reason) => left_out.push(Rejected {
                label: attributes.title(label),
                reason,
            }),
            None => frequent.push(label),
        }
    }
    let spaces = labelled.w.iter().map(|_| Space::W).chain([Space::Z]);
    // Both the normal and the pattern of a probe are tried where they differ.
    let tries = spaces
        .map(|space| {
            let of_probe = if labelled.is_uneven(space) { 2 } else { 1 };
            frequent.len() * of_probe + candidates::UNSUPERVISED
        })
        .sum::<usize>();
    progress.total = progress.done + tries * MEASURED;
    let (mut all, probes) =
        candidates::supervised(attributes, &labelled, &frequent, &mut left_out, &mut || {
            progress.step(0)
        })?;
    all.extend(candidates::unsupervised(file, &labelled)?);
    let dim = generator.start_len();
    let measured = MEASURED.min(labelled.z.len() / dim.max(1));
    let labels = attributes.labels().len();
    let before = Predictions {
        probabilities: labelled.seen.probabilities[..measured * labels].to_vec(),
        holds: labelled.seen.holds[..measured * labels].to_vec(),
    };
    let trial = Trial {
        generator,
        attributes,
        z: &labelled.z,
        w: labelled.w.as_deref(),
        before: &before,
        judged: &judged,
        frequent: &frequent,
        exclusions,
    };
    let space = learned::space(generator);
    // A probe needs many samples with a label; a gradient does not.
    let learnable = judged.iter().copied();
    let learnable: Vec<usize> = learnable
        .filter(|&it| space.is_some() && !attributes.is_measured(it))
        .collect();
    let learning = learned::iterations(options.samples) * learned::BATCH + measured;
    progress.total =
        progress.done + (all.len() + frequent.len()) * measured + learnable.len() * learning;
    let mut found = Vec::with_capacity(all.len());
    for candidate in all {
        found.push(trial.measure(candidate)?);
        progress.step(measured)?;
    }
    for &label in &frequent {
        if let Some(candidate) = conditional(&found, &probes, attributes, label) {
            found.push(trial.measure(candidate)?);
        }
        progress.step(measured)?;
    }
    if let Some(space) = space {
        let codes = samples(options, generator, space)?;
        let learner = Learner::new((file, judge), &trial, (space, codes), options.samples)?;
        for label in learnable {
            let mut pause = || progress.step(learned::BATCH);
            if let Some(candidate) = learner.candidate(label, &found, &mut pause)? {
                left_out.retain(|it| it.label != attributes.title(label));
                found.push(trial.measure(candidate)?);
            }
            progress.step(measured)?;
        }
    }
    let is_measured = |label: &str| {
        let mut labels = (0..attributes.labels().len()).filter(|&at| attributes.is_measured(at));
        labels.any(|at| attributes.title(at) == label)
    };
    let (directions, steps) = effect::rank(found, is_measured).into_iter().unzip();
    let record = DirectionsRecord {
        version: RECORD_VERSION,
        judge: judge.manifest.name.clone(),
        judge_hash: judge.hash.clone(),
        samples: options.samples,
        measured,
        seed: options.seed,
        sigma: SIGMA,
        directions,
        left_out,
    };
    Ok((record, steps))
}

/// Codes from which steps are learned, in a space; others than those on which effects are measured.
fn samples(
    options: &DirectionsOptions,
    generator: &Generator,
    space: Space,
) -> Result<Vec<f32>, ModelError> {
    let mut stream = Stream::new(options.seed, Purpose::Directions, 1);
    let count = learned::SAMPLES.min(options.samples);
    let z = stream.normals(count * generator.start_len());
    if space == Space::Z {
        Ok(z)
    } else {
        map(generator, &z)
    }
}

/// The best direction of a label so far without what changes other labels most.
fn conditional(
    found: &[(MeasuredDirection, Vec<f32>)],
    probes: &candidates::Probes,
    attributes: &AttributeClassifier,
    label: usize,
) -> Option<Candidate> {
    let title = attributes.title(label);
    let of_label = found.iter().filter(|(one, _)| {
        one.label.as_ref() == Some(&title)
            && matches!(one.method, Method::Probe | Method::ProbePattern)
    });
    let (best, step) = of_label.max_by(|(a, _), (b, _)| a.score.total_cmp(&b.score))?;
    let changed = best
        .others
        .iter()
        .filter(|it| it.change.abs() >= WORTH_TAKING_OUT);
    let place =
        |name: &str| (0..attributes.labels().len()).find(|&at| attributes.title(at) == name);
    let others: Vec<usize> = changed.filter_map(|it| place(&it.label)).collect();
    Some(Candidate {
        name: best.name.clone(),
        space: best.space,
        method: Method::Conditional,
        step: probes.conditional(best.space, step, &others)?,
        label: Some(label),
        accuracy: best.accuracy.map(f64::from),
        baseline: best.baseline.map(f64::from),
    })
}

/// Whether the judge knows a label, as far as that was measured: it must avoid half of the errors
/// of answering the commoner way.
fn is_known(kind: LabelKind, label: &str, quality: &Quality) -> bool {
    match kind {
        LabelKind::Classes => quality
            .get("accuracy")
            .is_none_or(|&right| right >= MIN_SKILL),
        LabelKind::Flags => {
            let right = quality.get(&format!("accuracy_of_{label}"));
            let guessed = quality.get(&format!("commoner_answer_of_{label}"));
            match (right, guessed) {
                (Some(right), Some(guessed)) => right - guessed >= MIN_SKILL * (1.0 - guessed),
                _ => true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_the_judge_guesses_names_nothing() {
        let quality = Quality::from([
            ("accuracy".to_owned(), 0.9),
            ("accuracy_of_hat".to_owned(), 0.72),
            ("commoner_answer_of_hat".to_owned(), 0.7),
            ("accuracy_of_shield".to_owned(), 0.9),
            ("commoner_answer_of_shield".to_owned(), 0.7),
        ]);
        let is_known = |kind, label: &str| is_known(kind, label, &quality);
        assert!(!is_known(LabelKind::Flags, "hat"));
        assert!(is_known(LabelKind::Flags, "shield"));
        assert!(is_known(LabelKind::Flags, "never measured"));
        assert!(is_known(LabelKind::Classes, "3"));
    }
}

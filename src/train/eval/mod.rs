//! Measuring a finished model on the test data of its recipe.

mod again;
mod first_stage;
mod flow;
mod generator;
mod grid;
pub(super) mod judge;
mod labels;
mod layout;
mod neighbours;
mod words;

use super::TrainError;
pub use super::conditions::Manner;
use super::conditions::{Asked, exclusive};
use super::dataset::{Dataset, DatasetName, Part};
use super::device;
use super::measure;
use super::progress::{Progress, Watch};
use super::random::{Purpose, Stream};
use super::recipe::Recipe;
use crate::document::Raster;
use crate::engine::{DeviceChoice, ModelSource};
use crate::latent::SpaceShape;
use crate::model::manifest::LabelKind;
use crate::model::quality::{self, Quality};
use crate::model::{Generator, ModelError, ModelFile, catalogue, download};
use burn::tensor::Device;
use judge::Judge;
pub use neighbours::Neighbour;
use serde::Serialize;
use std::fmt;
use std::path::Path;

/// Pictures in one batch of a measurement.
const BATCH: usize = 250;
/// Neighbours that vote on a class.
const NEIGHBOURS: usize = 5;

/// What was measured on a model.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub model: String,
    pub hash: String,
    pub data: String,
    pub device: String,
    /// Name of the measure to value.
    pub quality: Quality,
    /// Samples of a generator with the training pictures nearest to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub neighbours: Vec<Neighbour>,
    /// The pictures of these: each sample with its nearest by pixels and by features.
    #[serde(skip)]
    pub sheet: Option<Raster>,
    /// The words of the model that never go together in the data.
    #[serde(skip)]
    exclusive: Vec<[String; 2]>,
    #[serde(skip)]
    file: ModelFile,
}

impl Report {
    /// Writes the model with what was measured in its manifest.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_model(&self, path: &Path) -> Result<(), TrainError> {
        let mut manifest = self.file.manifest.clone();
        manifest.quality = self.quality.clone();
        if let Some(vocabulary) = &mut manifest.conditions {
            vocabulary.exclusive.clone_from(&self.exclusive);
        }
        ModelFile::write(path, &manifest, &self.file.tensors).map_err(|source| TrainError::File {
            path: path.to_owned(),
            source,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} on {} ({})", self.model, self.data, self.device)?;
        for line in quality::lines(&self.quality) {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
}

/// Measures a model on the data that its recipe names; `judge` is the classifier that judges a
/// generator, if not the one of the catalogue; `manner` says how samples are made. `watch` is told how many pictures of how many are
/// done, and says whether to go on.
///
/// # Errors
/// When the model or the data is not sound, the device fails, or the work was stopped.
pub fn evaluate(
    source: &ModelSource,
    judge: Option<&ModelSource>,
    folder: &Path,
    choice: DeviceChoice,
    manner: Manner,
    watch: Watch<'_>,
) -> Result<Report, TrainError> {
    let file = read(source)?;
    if !manner.suits(&file) {
        return Err(TrainError::Request(format!(
            "{} draws no codes around a mean that could be truncated",
            file.manifest.name
        )));
    }
    let judge = judge.map(read).transpose()?;
    let recipe = recipe_of(&file)?;
    let read_data = |part| {
        let data = recipe.dataset.read(folder, part)?;
        let unfit = |fault| ModelError(format!("the recipe of {} {fault}", file.manifest.name));
        recipe
            .laid_out(data)
            .map_err(|fault| TrainError::from(unfit(fault)))
    };
    let (train, test) = (read_data(Part::Train)?, read_data(Part::Test)?);
    let (device, device_name) = device::choose(choice)?;
    if test.form.image != file.manifest.image {
        return Err(ModelError(format!(
            "{} makes pictures of another size than the data",
            file.manifest.name
        ))
        .into());
    }
    let judge = judge_for(&file, judge)?;
    let work = work(&file, judge.is_some(), &train, &test);
    let mut progress = Progress::new(watch, work);
    progress.step(0)?;
    let near = match &judge {
        Some(judge) if is_judged(&file) => {
            check_size(judge, &file)?;
            let generator = Generator::new(&file, &device)?;
            let judge = Judge::new(judge, &device)?;
            progress.total += train.len();
            let asked = Asked::new(&file, &test, manner)?;
            let near = neighbours::find(&generator, &judge, &asked, &train, &test, &mut progress)?;
            Some(near)
        }
        _ => None,
    };
    let mut quality = measure(
        &file,
        judge,
        [&train, &test],
        &device,
        manner,
        &mut progress,
    )?;
    let exclusive = match &file.manifest.conditions {
        Some(vocabulary) => exclusive(vocabulary, &train)?,
        None => Vec::new(),
    };
    let mut report = Report {
        exclusive,
        model: file.manifest.name.clone(),
        hash: file.hash.clone(),
        data: file.manifest.data.name.clone(),
        device: device_name,
        quality: Quality::new(),
        neighbours: Vec::new(),
        sheet: None,
        file,
    };
    if let Some(near) = near {
        let sheet = near
            .sheet()
            .map_err(|fault| ModelError(fault.to_string()))?;
        report.sheet = Some(sheet);
        quality.extend(near.quality);
        report.neighbours = near.found;
    }
    report.quality = quality;
    Ok(report)
}

/// What a classifier sees in the first test pictures of its data: its features, row after row, and how many
/// a row has.
///
/// # Errors
/// When the model is no classifier, its data cannot be read, or the device fails.
pub fn features(
    source: &ModelSource,
    folder: &Path,
    choice: DeviceChoice,
    count: usize,
) -> Result<(Vec<f32>, usize), TrainError> {
    let file = read(source)?;
    let test = dataset_of(&file)?.read(folder, Part::Test)?;
    let (device, _) = device::choose(choice)?;
    let count = count.min(test.len());
    let verdicts = Judge::new(&file, &device)?.judge(&test.pictures(0..count))?;
    let dim = verdicts.features.len() / count.max(1);
    Ok((verdicts.features, dim))
}

/// Checks that a judge looks at pictures as a model makes them.
fn check_size(judge: &ModelFile, file: &ModelFile) -> Result<(), ModelError> {
    if judge.manifest.image == file.manifest.image {
        return Ok(());
    }
    Err(ModelError(format!(
        "{} judges pictures of another size than {} makes",
        judge.manifest.name, file.manifest.name
    )))
}

pub(super) fn read(source: &ModelSource) -> Result<ModelFile, TrainError> {
    match source {
        ModelSource::File(path) => ModelFile::read(path).map_err(|source| TrainError::File {
            path: path.clone(),
            source,
        }),
        ModelSource::Catalogue(name) => {
            let entry = catalogue::find(name)
                .ok_or_else(|| ModelError(format!("{name} is not in the catalogue")))?;
            ModelFile::from_bytes(entry.bytes).map_err(|source| TrainError::File {
                path: name.into(),
                source,
            })
        }
    }
}

/// The recipe that a file was made by.
fn recipe_of(file: &ModelFile) -> Result<Recipe, ModelError> {
    Recipe::parse(&file.manifest.training.recipe).map_err(|_| {
        ModelError(format!(
            "{} holds no recipe, so its data is unknown",
            file.manifest.name
        ))
    })
}

/// The data set that a file's recipe names.
pub(super) fn dataset_of(file: &ModelFile) -> Result<DatasetName, ModelError> {
    Ok(recipe_of(file)?.dataset)
}

/// The pictures that [`measure`] looks at, encodes or draws; `judged` says whether there is a
/// judge.
fn work(file: &ModelFile, judged: bool, train: &Dataset, test: &Dataset) -> usize {
    let can = file.manifest.capabilities();
    if can.classifies {
        return test.len();
    }
    let compared = match file.manifest.flow {
        Some(_) => 0,
        None => train.len(),
    };
    let of_encoder = compared + 2 * test.len();
    let of_samples = generator::work(file, train, test);
    let of_density = flow::work(test);
    let of_encoder = match levels_of(file) {
        Some(_) if !test.form.entries.is_empty() => {
            grid::work(&file.manifest, test) + layout::work(test)
        }
        Some(_) => grid::work(&file.manifest, test),
        None => of_encoder,
    };
    (if can.encodes { of_encoder } else { 0 })
        + first_stage::work(&file.manifest, test)
        + (if file.manifest.flow.is_some() {
            of_density
        } else {
            0
        })
        + generator::work_of_layers(file)
        + (if judged && is_judged(file) {
            of_samples + again::work(file, test)
        } else {
            0
        })
}

/// The size of the codebook of an encoder that gives indices.
fn levels_of(file: &ModelFile) -> Option<usize> {
    let manifest = &file.manifest;
    let space = manifest.encodes().then(|| manifest.encoded_space())?;
    match manifest.spaces.get(&space) {
        Some(SpaceShape::Grid { levels, .. }) => Some(*levels as usize),
        _ => None,
    }
}

/// Whether a classifier judges the pictures of a model: it has a prior from which they are drawn.
fn is_judged(file: &ModelFile) -> bool {
    let can = file.manifest.capabilities();
    can.generates && can.has_prior
}

/// Every measure that the family of a model has.
///
/// # Errors
/// When the device fails, or the work was stopped.
pub fn measure(
    file: &ModelFile,
    judge: Option<ModelFile>,
    [train, test]: [&Dataset; 2],
    device: &Device,
    manner: Manner,
    progress: &mut Progress<'_>,
) -> Result<Quality, TrainError> {
    let can = file.manifest.capabilities();
    if can.classifies {
        return measure_classifier(&Judge::new(file, device)?, test, progress);
    }
    let judge = judge_for(file, judge)?;
    let generator = Generator::new(file, device)?;
    let asked = Asked::new(file, test, manner)?;
    let mut quality = Quality::new();
    if let Some(levels) = levels_of(file) {
        quality = grid::measure(&generator, &asked, test, levels, progress)?;
        if !test.form.entries.is_empty() {
            quality.extend(layout::measure(
                &generator,
                judge.as_ref(),
                test,
                device,
                progress,
            )?);
        }
    } else if can.encodes {
        // The code of a flow is as long as the picture and leaves nothing out: there is no sense in its neighbours.
        let train = file.manifest.flow.is_none().then_some(train);
        quality = measure_autoencoder(&generator, &asked, train, test, progress)?;
    }
    if let Some(diffusion) = generator.diffusion() {
        quality.extend(first_stage::measure(diffusion, test, progress)?);
    }
    if file.manifest.flow.is_some() {
        quality.extend(flow::measure(&generator, test, progress)?);
    }
    quality.extend(generator::layer_changes(&generator, progress)?);
    if !is_judged(file) {
        return Ok(quality);
    }
    let Some(judge) = judge else {
        log::warn!("no classifier of this data is in the catalogue, so samples are not measured");
        return Ok(quality);
    };
    check_size(&judge, file)?;
    let judge = Judge::new(&judge, device)?;
    let of_samples = generator::measure(&generator, &judge, &asked, train, test, progress)?;
    quality.extend(of_samples);
    if again::work(file, test) > 0 {
        let again = again::measure(&generator, &judge, &asked, test, progress)?;
        quality.extend(again);
    }
    Ok(quality)
}

/// The part of the test pictures that a classifier is right about; where a picture has any
/// number of labels, that of each label, and beside it how often the more common answer alone
/// would be right.
pub(super) fn measure_classifier(
    judge: &Judge,
    test: &Dataset,
    progress: &mut Progress<'_>,
) -> Result<Quality, TrainError> {
    let labels = judge.labels();
    let mut right = vec![0.0; labels.len()];
    let mut present = vec![0.0; labels.len()];
    for first in (0..test.len()).step_by(BATCH) {
        let indices = first..(first + BATCH).min(test.len());
        let verdicts = judge.judge(&test.pictures(indices.clone()))?;
        progress.step(indices.len())?;
        let truth = test.labels(indices);
        match judge.kind() {
            LabelKind::Classes => {
                for ((class, _), truth) in judge.classes(&verdicts).iter().zip(&truth) {
                    right[usize::from(*truth)] += f64::from(u8::from(class == truth));
                }
            }
            LabelKind::Flags => {
                let rows = verdicts.probabilities.chunks_exact(labels.len());
                for (row, truth) in rows.zip(truth.chunks_exact(labels.len())) {
                    for (label, (&probability, &truth)) in row.iter().zip(truth).enumerate() {
                        let found = u8::from(probability > 0.5);
                        right[label] += f64::from(u8::from(found == truth));
                        present[label] += f64::from(truth);
                    }
                }
            }
        }
    }
    let count = test.len() as f64;
    let mean = right.iter().sum::<f64>() / count;
    Ok(match judge.kind() {
        LabelKind::Classes => Quality::from([("accuracy".to_owned(), mean)]),
        LabelKind::Flags => {
            let mean = mean / labels.len().max(1) as f64;
            let mut quality = Quality::from([("accuracy".to_owned(), mean)]);
            for (label, name) in labels.iter().enumerate() {
                let share = present[label] / count;
                quality.insert(format!("accuracy_of_{name}"), right[label] / count);
                quality.insert(format!("commoner_answer_of_{name}"), share.max(1.0 - share));
            }
            quality
        }
    })
}

/// The codes of all pictures: mu, and log variances where there are any.
///
/// # Errors
/// When the model has no encoder, the device fails, or the work was stopped.
pub fn encode_all(
    generator: &Generator,
    data: &Dataset,
    progress: &mut Progress<'_>,
) -> Result<(Vec<f32>, Option<Vec<f32>>), TrainError> {
    let (mut mu, mut logvar) = (Vec::new(), Vec::new());
    for first in (0..data.len()).step_by(BATCH) {
        let last = (first + BATCH).min(data.len());
        let pictures = data.pictures(first..last);
        let encoded = generator
            .encode(&pictures)?
            .ok_or_else(|| ModelError("the model has no encoder".to_owned()))?;
        mu.extend(download(encoded.mu)?);
        if let Some(values) = encoded.logvar {
            logvar.extend(download(values)?);
        }
        progress.step(last - first)?;
    }
    let logvar = (!logvar.is_empty()).then_some(logvar);
    Ok((mu, logvar))
}

fn measure_autoencoder(
    generator: &Generator,
    asked: &Asked<'_>,
    train: Option<&Dataset>,
    test: &Dataset,
    progress: &mut Progress<'_>,
) -> Result<Quality, TrainError> {
    let dim = generator.start_len();
    let decode = |codes: &[f32], pictures: std::ops::Range<usize>| {
        asked.pictures(generator, codes, pictures)
    };
    let (mu, logvar) = encode_all(generator, test, progress)?;
    let len = generator.image().len();
    let mut stream = Stream::new(0, Purpose::Evaluate, 0);
    let (mut squared, mut nats, mut kl) = (0.0, 0.0, 0.0);
    for first in (0..test.len()).step_by(BATCH) {
        let last = (first + BATCH).min(test.len());
        let pictures = test.pictures(first..last);
        let codes = &mu[first * dim..last * dim];
        for (found, wanted) in decode(codes, first..last)?.iter().zip(&pictures) {
            squared += f64::from(found - wanted).powi(2);
        }
        progress.step(last - first)?;
        let Some(logvar) = &logvar else { continue };
        let logvar = &logvar[first * dim..last * dim];
        let sampled: Vec<f32> = codes
            .iter()
            .zip(logvar)
            .map(|(mu, logvar)| mu + (0.5 * logvar).exp() * stream.normal())
            .collect();
        kl += codes
            .iter()
            .zip(logvar)
            .map(|(&mu, &lv)| 0.5 * f64::from(mu * mu + lv.exp() - lv - 1.0))
            .sum::<f64>();
        for (&found, &x) in decode(&sampled, first..last)?.iter().zip(&pictures) {
            // A pixel of exactly 0 or 1 would make an infinite loss out of a rounding.
            let p = f64::from(found).clamp(1e-7, 1.0 - 1e-7);
            nats -= f64::from(x) * p.ln() + f64::from(1.0 - x) * (1.0 - p).ln();
        }
    }
    let count = test.len() as f64;
    let mut quality = Quality::from([("mse".to_owned(), squared / count / len as f64)]);
    if let Some(train) = train
        && let (Some(classes), Some(test)) = (train.classes(), test.classes())
    {
        let (train_mu, _) = encode_all(generator, train, progress)?;
        let accuracy = measure::knn_accuracy((&train_mu, classes), (&mu, test), dim, NEIGHBOURS);
        quality.insert("knn_accuracy".to_owned(), accuracy);
    }
    if logvar.is_some() {
        quality.insert("reconstruction_nats".to_owned(), nats / count);
        quality.insert("kl_nats".to_owned(), kl / count);
        quality.insert("negative_elbo_nats".to_owned(), (nats + kl) / count);
    }
    Ok(quality)
}

/// The judge that is given, or that of the data of a model whose samples are judged.
fn judge_for(file: &ModelFile, given: Option<ModelFile>) -> Result<Option<ModelFile>, ModelError> {
    match given {
        None if is_judged(file) => judge_of(file),
        given => Ok(given),
    }
}

/// The classifier for the data of a model, if the catalogue has one.
pub(super) fn judge_of(file: &ModelFile) -> Result<Option<ModelFile>, ModelError> {
    let dataset = dataset_of(file)?;
    for entry in catalogue::entries() {
        let judge = ModelFile::from_bytes(entry.bytes)
            .map_err(|error| ModelError(format!("{}: {error}", entry.name)))?;
        if judge.manifest.family.traits().classifies
            && dataset_of(&judge).is_ok_and(|data| data == dataset)
        {
            return Ok(Some(judge));
        }
    }
    Ok(None)
}

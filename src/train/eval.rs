//! Measuring a finished model on the test data of its recipe.

use super::TrainError;
use super::dataset::{Dataset, DatasetName, Part};
use super::device;
use super::measure::{self, Gaussian};
use super::random::{Purpose, Stream};
use super::recipe::Recipe;
use crate::engine::{DeviceChoice, ModelSource};
use crate::latent::{NoiseMode, Space};
use crate::model::manifest::{Family, Role};
use crate::model::network::{Mode, Network, flat};
use crate::model::{Generator, ModelError, ModelFile, catalogue, download, upload};
use burn::tensor::{Device, Tensor, TensorData, activation};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// Pictures in one batch of a measurement.
const BATCH: usize = 250;
/// Samples of a generator that are judged.
const SAMPLES: usize = 10_000;
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
    pub quality: BTreeMap<String, f64>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} on {} ({})", self.model, self.data, self.device)?;
        for (name, value) in &self.quality {
            writeln!(f, "  {name:<32} {value:>10.4}")?;
        }
        Ok(())
    }
}

/// Measures a model on the data that its recipe names.
///
/// # Errors
/// When the model or the data is not sound, or the device fails.
pub fn evaluate(
    source: &ModelSource,
    folder: &Path,
    choice: DeviceChoice,
) -> Result<Report, TrainError> {
    let file = read(source)?;
    let (name, _) = dataset_of(&file)?;
    let train = name.read(folder, Part::Train)?;
    let test = name.read(folder, Part::Test)?;
    let (device, device_name) = device::choose(choice)?;
    if test.image != file.manifest.image {
        return Err(ModelError(format!(
            "{} makes pictures of another size than the data",
            file.manifest.name
        ))
        .into());
    }
    let quality = measure(&file, &train, &test, &device)?;
    Ok(Report {
        model: file.manifest.name.clone(),
        hash: file.hash.clone(),
        data: file.manifest.data.name.clone(),
        device: device_name,
        quality,
    })
}

fn read(source: &ModelSource) -> Result<ModelFile, TrainError> {
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

/// The data set that a file's recipe names.
fn dataset_of(file: &ModelFile) -> Result<(DatasetName, Recipe), ModelError> {
    let recipe = Recipe::parse(&file.manifest.training.recipe).map_err(|_| {
        ModelError(format!(
            "{} holds no recipe, so its data is unknown",
            file.manifest.name
        ))
    })?;
    Ok((recipe.dataset, recipe))
}

/// Every measure that the family of a model has.
///
/// # Errors
/// When the device fails.
pub fn measure(
    file: &ModelFile,
    train: &Dataset,
    test: &Dataset,
    device: &Device,
) -> Result<BTreeMap<String, f64>, ModelError> {
    match file.manifest.family {
        Family::Autoencoder | Family::Vae => {
            measure_autoencoder(&Generator::new(file, device)?, train, test)
        }
        Family::Gan | Family::StyleGan => {
            let judge = judge_of(file, device)?;
            measure_gan(&Generator::new(file, device)?, judge, train, test)
        }
        Family::Classifier => {
            let judge = Judge::new(file, device)?;
            let (_, classes) = judge.judge(&test.pictures(0..test.len()))?;
            let right = classes
                .iter()
                .zip(&test.labels)
                .filter(|((class, _), label)| class == *label);
            Ok(BTreeMap::from([(
                "accuracy".to_owned(),
                right.count() as f64 / test.len() as f64,
            )]))
        }
    }
}

/// The codes of all pictures: mu, and log variances where there are any.
///
/// # Errors
/// When the model has no encoder or the device fails.
pub fn encode_all(
    generator: &Generator,
    data: &Dataset,
) -> Result<(Vec<f32>, Option<Vec<f32>>), ModelError> {
    let (mut mu, mut logvar) = (Vec::new(), Vec::new());
    for first in (0..data.len()).step_by(BATCH) {
        let pictures = data.pictures(first..(first + BATCH).min(data.len()));
        let encoded = generator
            .encode(&pictures)
            .ok_or_else(|| ModelError("the model has no encoder".to_owned()))?;
        mu.extend(download(encoded.mu)?);
        if let Some(values) = encoded.logvar {
            logvar.extend(download(values)?);
        }
    }
    let logvar = (!logvar.is_empty()).then_some(logvar);
    Ok((mu, logvar))
}

fn measure_autoencoder(
    generator: &Generator,
    train: &Dataset,
    test: &Dataset,
) -> Result<BTreeMap<String, f64>, ModelError> {
    let dim = generator.z_dim();
    let (train_mu, _) = encode_all(generator, train)?;
    let (mu, logvar) = encode_all(generator, test)?;
    let len = generator.image().len();
    let mut stream = Stream::new(0, Purpose::Evaluate, 0);
    let (mut squared, mut nats, mut kl) = (0.0, 0.0, 0.0);
    for first in (0..test.len()).step_by(BATCH) {
        let last = (first + BATCH).min(test.len());
        let pictures = test.pictures(first..last);
        let codes = &mu[first * dim..last * dim];
        for (found, wanted) in generator
            .decode_to_vec(codes, NoiseMode::Const)?
            .iter()
            .zip(&pictures)
        {
            squared += f64::from(found - wanted).powi(2);
        }
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
        for (&found, &x) in generator
            .decode_to_vec(&sampled, NoiseMode::Const)?
            .iter()
            .zip(&pictures)
        {
            // A pixel of exactly 0 or 1 would make an infinite loss out of a rounding.
            let p = f64::from(found).clamp(1e-7, 1.0 - 1e-7);
            nats -= f64::from(x) * p.ln() + f64::from(1.0 - x) * (1.0 - p).ln();
        }
    }
    let count = test.len() as f64;
    let accuracy = measure::knn_accuracy(
        (&train_mu, &train.labels),
        (&mu, &test.labels),
        dim,
        NEIGHBOURS,
    );
    let mut quality = BTreeMap::from([
        ("mse".to_owned(), squared / count / len as f64),
        ("knn_accuracy".to_owned(), accuracy),
    ]);
    if logvar.is_some() {
        quality.insert("reconstruction_nats".to_owned(), nats / count);
        quality.insert("kl_nats".to_owned(), kl / count);
        quality.insert("negative_elbo_nats".to_owned(), (nats + kl) / count);
    }
    Ok(quality)
}

/// A class and its probability.
type Verdict = (u8, f32);

/// A classifier with its features.
struct Judge {
    network: Network,
    picture_len: usize,
    class_count: usize,
    device: Device,
}

/// The classifier for the data of a model, if the catalogue has one.
fn judge_of(file: &ModelFile, device: &Device) -> Result<Option<Judge>, ModelError> {
    let (dataset, _) = dataset_of(file)?;
    for entry in catalogue::entries() {
        let judge = ModelFile::from_bytes(entry.bytes)
            .map_err(|error| ModelError(format!("{}: {error}", entry.name)))?;
        if judge.manifest.family == Family::Classifier
            && dataset_of(&judge).is_ok_and(|(data, _)| data == dataset)
        {
            return Judge::new(&judge, device).map(Some);
        }
    }
    Ok(None)
}

impl Judge {
    fn new(file: &ModelFile, device: &Device) -> Result<Self, ModelError> {
        let network = upload(file, Role::Classifier, device)?
            .ok_or_else(|| ModelError(format!("{} is no classifier", file.manifest.name)))?;
        Ok(Self {
            network,
            picture_len: file.manifest.image.len(),
            class_count: file.manifest.classes.len(),
            device: device.clone(),
        })
    }

    /// Features before the last layer, row after row, and each picture's class with its
    /// probability.
    fn judge(&self, pictures: &[f32]) -> Result<(Vec<f32>, Vec<Verdict>), ModelError> {
        let (mut features, mut classes) = (Vec::new(), Vec::new());
        for batch in pictures.chunks(BATCH * self.picture_len) {
            let rows = batch.len() / self.picture_len;
            let input: Tensor<2> = Tensor::from_data(
                TensorData::new(batch.to_vec(), [rows, self.picture_len]),
                &self.device,
            );
            let before_last = self.network.layer_count().saturating_sub(1);
            let found = self
                .network
                .run(input.clone(), before_last, &mut Mode::Inference);
            features.extend(download(flat(found))?);
            let logits = self.network.forward(input);
            for row in download(activation::softmax(logits, 1))?.chunks_exact(self.class_count) {
                let best = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
                classes.extend(best.map(|(class, &probability)| (class as u8, probability)));
            }
        }
        Ok((features, classes))
    }
}

fn measure_gan(
    generator: &Generator,
    judge: Option<Judge>,
    train: &Dataset,
    test: &Dataset,
) -> Result<BTreeMap<String, f64>, ModelError> {
    let Some(judge) = judge else {
        log::warn!("no classifier of this data is in the catalogue, so nothing was measured");
        return Ok(BTreeMap::new());
    };
    let image = generator.image();
    let mut samples = Vec::with_capacity(SAMPLES * image.len());
    for batch in 0..SAMPLES / BATCH {
        let mut stream = Stream::new(0, Purpose::Evaluate, batch as u64);
        let z = stream.normals(BATCH * generator.z_dim());
        let inputs = generator.inputs(Space::Z, &z)?;
        samples.extend(generator.decode_to_vec(&inputs, NoiseMode::Const)?);
    }
    let (features, classes) = judge.judge(&samples)?;
    let dim = features.len() / SAMPLES;
    let mut shares = vec![0.0; judge.class_count];
    let mut confidence = 0.0;
    for &(class, probability) in &classes {
        shares[usize::from(class)] += 1.0 / classes.len() as f64;
        confidence += f64::from(probability) / classes.len() as f64;
    }
    let real = test.pictures(0..test.len());
    let blurred: Vec<f32> = real
        .chunks_exact(image.len())
        .flat_map(|picture| measure::blurred(picture, image.height, image.width))
        .collect();
    let train_part = train.pictures(0..test.len().min(train.len()));
    let fit = |pictures: &[f32]| {
        judge
            .judge(pictures)
            .map(|(rows, _)| Gaussian::fit(&rows, dim))
    };
    let truth = fit(&real)?;
    let distance = |gaussian: &Gaussian| measure::frechet_distance(gaussian, &truth);
    Ok(BTreeMap::from([
        (
            "smallest_class_share".to_owned(),
            shares.iter().copied().fold(1.0, f64::min),
        ),
        (
            "largest_class_share".to_owned(),
            shares.iter().copied().fold(0.0, f64::max),
        ),
        ("mean_confidence".to_owned(), confidence),
        ("fd".to_owned(), distance(&Gaussian::fit(&features, dim))),
        (
            "fd_of_training_pictures".to_owned(),
            distance(&fit(&train_part)?),
        ),
        (
            "fd_of_blurred_test_pictures".to_owned(),
            distance(&fit(&blurred)?),
        ),
    ]))
}

//! The models that the engine holds.

use super::picture_file::PictureFiles;
use super::{ModelId, ModelInfo, ModelSource};
use crate::latent::Space;
use crate::model::file::StoredTensor;
use crate::model::judge::Judge;
use crate::model::{Generator, ModelError, ModelFile, catalogue, device, statistics};
use burn::tensor::Device;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Seeds over which the mean of w is taken, where a file does not say it.
const MEAN_OF_SEEDS: usize = 10_000;
/// Seeds whose norms in w say what is typical there.
const NORMS_OF_SEEDS: usize = 1000;

/// A model on the device, with its file for the day on which the device is lost.
pub struct LoadedModel {
    pub info: Arc<ModelInfo>,
    pub generator: Generator,
    /// What its encoder was given lately.
    pub pictures: PictureFiles,
    pub file: ModelFile,
    /// The classifier of the same data; found when it is asked for the first time.
    judge: OnceCell<Option<Judge>>,
}

impl LoadedModel {
    /// The classifier that judges its pictures, if the catalogue has one. On the CPU: it is
    /// small, gets few pictures at a time, and every device shall see the same class.
    ///
    /// # Errors
    /// When the device fails.
    pub fn judge(&self) -> Result<Option<&Judge>, ModelError> {
        if let Some(judge) = self.judge.get() {
            return Ok(judge.as_ref());
        }
        let judge = Judge::of(&self.file.manifest, &device::cpu())?;
        Ok(self.judge.get_or_init(|| judge).as_ref())
    }
}

/// Models by identity. They are small, so all that were loaded stay.
#[derive(Default)]
pub struct Models {
    loaded: BTreeMap<ModelId, LoadedModel>,
}

impl Models {
    /// Reads, checks and uploads a model.
    ///
    /// # Errors
    /// One sentence that names the file and the fault.
    pub fn load(&mut self, source: ModelSource, device: &Device) -> Result<Arc<ModelInfo>, String> {
        let (name, file) = match &source {
            ModelSource::Catalogue(name) => {
                let entry = catalogue::find(name).ok_or_else(|| {
                    let known: Vec<_> = catalogue::entries().iter().map(|e| e.name).collect();
                    format!(
                        "{name:?} is neither a model file nor in the catalogue, which has {}",
                        known.join(", ")
                    )
                })?;
                (name.clone(), ModelFile::from_bytes(entry.bytes))
            }
            ModelSource::File(path) => (path.display().to_string(), ModelFile::read(path)),
        };
        let file = file.map_err(|error| format!("{name}: {error}"))?;
        let generator =
            Generator::new(&file, device).map_err(|error| format!("{name}: {error}"))?;
        let info =
            describe(&file, source, &generator).map_err(|error| format!("{name}: {error}"))?;
        let info = Arc::new(info);
        let loaded = LoadedModel {
            info: Arc::clone(&info),
            generator,
            pictures: PictureFiles::default(),
            file,
            judge: OnceCell::new(),
        };
        self.loaded.insert(info.id.clone(), loaded);
        Ok(info)
    }

    /// A loaded model.
    ///
    /// # Errors
    /// A sentence when no such model was loaded.
    pub fn get(&self, id: &ModelId) -> Result<&LoadedModel, String> {
        self.loaded
            .get(id)
            .ok_or_else(|| format!("the model {} is not loaded", id.name))
    }

    /// Uploads every model to another device.
    ///
    /// # Errors
    /// When a model does not fit the other device.
    pub fn move_to(&mut self, device: &Device) -> Result<(), ModelError> {
        for model in self.loaded.values_mut() {
            model.generator = Generator::new(&model.file, device)?;
        }
        Ok(())
    }
}

fn describe(
    file: &ModelFile,
    source: ModelSource,
    generator: &Generator,
) -> Result<ModelInfo, ModelError> {
    let dim = generator.z_dim();
    let vector = |name: &str| file.tensors.get(name).map(|tensor| tensor.values.clone());
    let z_sigma = vector("z.sigma").unwrap_or_else(|| vec![1.0; dim]);
    let ranked_dims = ranked(match vector("z.picture_change") {
        Some(change) => change,
        None => statistics::picture_change(generator, Space::Z, &z_sigma)?,
    });
    // The prior's mean is the centre of truncation; an encoder's mean differs from it by chance.
    let mut means = BTreeMap::from([(Space::Z, vec![0.0; dim])]);
    let (mut w_sigma, mut ranked_w_dims, mut w_norms) = (Vec::new(), Vec::new(), Vec::new());
    if file.manifest.spaces.contains_key(&Space::W) {
        let (mean, sigma) = match (vector("w.mean"), vector("w.sigma")) {
            (Some(mean), Some(sigma)) => (mean, sigma),
            _ => statistics::w_statistics(generator, MEAN_OF_SEEDS)?,
        };
        ranked_w_dims = ranked(match vector("w.picture_change") {
            Some(change) => change,
            None => statistics::picture_change(generator, Space::W, &sigma)?,
        });
        w_norms = statistics::w_norms(generator, &mean, &sigma, NORMS_OF_SEEDS)?;
        means.insert(Space::W, mean);
        w_sigma = sigma;
    }
    let encoded = match (
        file.tensors.get("encoded.codes"),
        file.tensors.get("encoded.labels"),
    ) {
        (Some(codes), Some(labels)) => pair_rows(codes, labels, dim),
        _ => Vec::new(),
    };
    Ok(ModelInfo {
        id: ModelId {
            name: file.manifest.name.clone(),
            hash: file.hash.clone(),
        },
        source,
        manifest: file.manifest.clone(),
        named: file.named_codes(),
        directions: file.directions(),
        means,
        z_sigma,
        ranked_dims,
        w_sigma,
        w_norms,
        ranked_w_dims,
        encoded,
    })
}

/// Dimensions with what a step along each changes, the largest first.
fn ranked(change: Vec<f32>) -> Vec<(usize, f32)> {
    let mut ranked: Vec<(usize, f32)> = change.into_iter().enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}

fn pair_rows(codes: &StoredTensor, labels: &StoredTensor, dim: usize) -> Vec<(Vec<f32>, u8)> {
    let rows = codes.values.chunks_exact(dim.max(1));
    rows.zip(&labels.values)
        .map(|(row, &label)| (row.to_vec(), label as u8))
        .collect()
}

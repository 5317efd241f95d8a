//! The models that the engine holds.

use super::compute::{Backend, EncodedPicture};
use super::picture_file::{FileStates, PictureFiles};
use super::{Decoders, ModelId, ModelInfo, ModelSource};
use crate::latent::{Original, Sampler};
use crate::model::judge::Classifier;
use crate::model::process::Decoder;
use crate::model::{Fault, Generator, ModelError, ModelFile, device};
use burn::tensor::Device;
use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long the decoding of one slice should take: a preview waits for no more than that.
const SLICE: Duration = Duration::from_millis(8);
/// The most pictures that are decoded at once.
pub const LARGEST_BATCH: usize = 64;

/// A model on the device, with its file for the day on which the device is lost.
pub struct LoadedModel {
    pub info: Arc<ModelInfo>,
    pub generator: Arc<Generator>,
    /// What makes its pictures.
    pub decoder: Arc<dyn Decoder>,
    /// What its encoder was given lately.
    pub pictures: PictureFiles,
    pub file: Arc<ModelFile>,
    /// Its file as it was when it was read.
    pub read_as: Option<FileStates>,
    /// The classifier of the same data; found when it is asked for the first time.
    judge: OnceCell<Option<Classifier>>,
    /// How long one picture took lately, in a batch.
    pace: Cell<Option<Duration>>,
}

impl LoadedModel {
    pub fn new(
        info: ModelInfo,
        file: ModelFile,
        generator: Generator,
        decoders: &Decoders,
        read_as: Option<FileStates>,
    ) -> Self {
        let generator = Arc::new(generator);
        let decoder = decoders.choose(&file.manifest, &generator);
        let steps = decoder.steps(&Sampler::default()).max(1);
        Self {
            info: Arc::new(ModelInfo { steps, ..info }),
            decoder,
            generator,
            pictures: PictureFiles::default(),
            file: Arc::new(file),
            read_as,
            judge: OnceCell::new(),
            pace: Cell::new(None),
        }
    }

    /// The classifier that judges its pictures, if the catalogue has one. On the CPU: it is
    /// small, gets few pictures at a time, and every device has to see the same class.
    ///
    /// # Errors
    /// When the device fails.
    pub fn judge(&self) -> Result<Option<&Classifier>, ModelError> {
        if let Some(judge) = self.judge.get() {
            return Ok(judge.as_ref());
        }
        let judge = Classifier::of(&self.file.manifest, &device::cpu())?;
        Ok(self.judge.get_or_init(|| judge).as_ref())
    }

    /// What the model would have to be asked for to draw a picture, as the judge of its data sees it; empty
    /// where it takes no conditions, or nobody judges it.
    ///
    /// # Errors
    /// When the device fails.
    pub fn condition_of(&self, picture: &[f32]) -> Result<Vec<f32>, ModelError> {
        let Some(vocabulary) = &self.info.manifest.conditions else {
            return Ok(Vec::new());
        };
        let Some(judge) = self.judge()? else {
            return Ok(Vec::new());
        };
        let verdicts = judge.judge(picture)?;
        let condition = verdicts
            .first()
            .map(|verdict| verdict.condition(vocabulary));
        Ok(condition.unwrap_or_default())
    }

    /// The code that the encoder finds for a picture, and what it is to be drawn as: an encoder leaves
    /// out what its decoder is told. Where a sampler begins with noise, it is a picture to begin with, shown
    /// as it is; a model that noises pictures themselves needs no encoder for that. `None` where nothing
    /// encodes.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn encode(
        &self,
        compute: &Backend,
        picture: &[f32],
    ) -> Result<Option<EncodedPicture>, Fault> {
        let diffusion = self.generator.diffusion();
        let encoded = match diffusion {
            Some(diffusion) => {
                let start = self.generator.start();
                let data = compute.run(|| diffusion.data(picture))?;
                let code = |data| self.generator.code(start, data);
                let mu = data.map(code).transpose();
                let mu = mu.map_err(|error| Fault::Program(error.to_string()))?;
                mu.map(|mu| EncodedPicture { mu, logvar: None })
            }
            None => compute.encode(&self.generator, picture)?,
        };
        let Some(mut encoded) = encoded else {
            return Ok(None);
        };
        // What was encoded has no noise to be removed.
        if diffusion.is_some() {
            let data = encoded.mu.values.reals().to_vec();
            encoded.mu.original = Some(Arc::new(Original::still(data)));
        }
        let condition = self.condition_of(picture);
        encoded.mu.condition = condition.map_err(|error| Fault::Program(error.to_string()))?;
        Ok(Some(encoded))
    }

    /// How many pictures to decode in one slice, from 1 to [`LARGEST_BATCH`]: as many as go into
    /// a few milliseconds.
    pub fn batch(&self) -> usize {
        // Nothing is known of the first picture.
        let Some(pace) = self.pace.get() else {
            return 1;
        };
        let fitting = SLICE.as_nanos() / pace.as_nanos().max(1);
        let fitting = usize::try_from(fitting).unwrap_or(LARGEST_BATCH);
        // Powers of two, so that few different shapes are run.
        1 << fitting.clamp(1, LARGEST_BATCH).ilog2()
    }

    /// Notes how long a step of so many pictures took.
    pub fn note_pace(&self, pictures: usize, took: Duration) {
        let now = took / u32::try_from(pictures.max(1)).unwrap_or(u32::MAX);
        // A single slow batch, as after a sleep of the machine, should not count for long.
        let pace = self.pace.get().map_or(now, |before| (before + now) / 2);
        self.pace.set(Some(pace));
    }
}

/// Models by identity. They are small, so all that were loaded stay.
#[derive(Default)]
pub struct Models {
    loaded: BTreeMap<ModelId, LoadedModel>,
}

impl Models {
    /// What is known of a model that was loaded from `source` and need not be loaded again.
    pub fn held(&self, source: &ModelSource) -> Option<&Arc<ModelInfo>> {
        let state = match source {
            ModelSource::Catalogue(_) => None,
            // Where the file system does not say how a file is, it is read again.
            ModelSource::File(path) => Some(FileStates::of_model(path)?),
        };
        let mut all = self.loaded.values();
        let model = all.find(|model| model.info.source == *source && model.read_as == state)?;
        Some(&model.info)
    }

    /// Keeps a model that was loaded. What was loaded from the same file when it was another
    /// stays for those who still draw with it.
    pub fn insert(&mut self, model: LoadedModel) {
        self.loaded.insert(model.info.id.clone(), model);
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

    pub fn contains(&self, id: &ModelId) -> bool {
        self.loaded.contains_key(id)
    }

    /// Uploads every model to another device.
    ///
    /// # Errors
    /// When a model does not fit the other device.
    pub fn move_to(&mut self, device: &Device, decoders: &Decoders) -> Result<(), ModelError> {
        for model in self.loaded.values_mut() {
            model.generator = Arc::new(Generator::new(&model.file, device)?);
            model.decoder = decoders.choose(&model.file.manifest, &model.generator);
            model.pace.set(None);
        }
        Ok(())
    }
}

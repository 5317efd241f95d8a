//! A model on its way into memory, a slice at a time.
//!
//! The hazard here is a large file: reading, hashing and measuring it takes seconds, in which the
//! picture of the model before it must still follow the hand.

use super::background::Background;
use super::compute::Backend;
use super::mailbox::Waker;
use super::models::{LARGEST_BATCH, LoadedModel};
use super::picture_file::FileStates;
use super::reference::has_reference;
use super::{Decoders, ModelId, ModelInfo, ModelSource};
use crate::latent::{Space, SpaceShape};
use crate::model::file::{ModelFileError, StoredTensor};
use crate::model::reading::{ModelReader, Reading};
use crate::model::statistics::{self, CENTRES, PictureChange, WStatistics};
use crate::model::{Fault, Generator, ModelError, ModelFile, catalogue};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Seeds over which the mean of w is taken, where a file does not say it.
const MEAN_OF_SEEDS: usize = 10_000;
/// Seeds whose norms in w say what is typical there.
const NORMS_OF_SEEDS: usize = 1000;
/// Most multiplications for each thing that is measured: about ten seconds of two cores. Of models
/// that take more, less is known.
const MEASURING_WORK: usize = 1 << 38;
/// How many times as much a GPU does in that time.
const GPU_SPEED: usize = 64;
/// Seeds of which the mean of w is taken at least.
const FEWEST_SEEDS: usize = 16;
/// Dimensions of a code up to which each is measured and ranked.
const MAX_RANKED: usize = 1024;
/// How long a slice of small parts goes on.
const SLICE: Duration = Duration::from_millis(5);

/// A load under way.
pub struct Load {
    source: ModelSource,
    stage: Stage,
}

enum Stage {
    Begin,
    Read {
        reader: Box<ModelReader<'static>>,
        read_as: Option<FileStates>,
    },
    /// Its networks are brought onto the device.
    Upload(Box<Contents>),
    /// Its networks are prepared for the CPU, on a thread of their own: that takes long for large
    /// ones.
    Prepare(Background<(Box<Contents>, Result<Generator, ModelError>)>),
    Measure(Box<Measuring>),
}

struct Contents {
    file: ModelFile,
    read_as: Option<FileStates>,
}

/// What came of a slice.
pub enum Loading {
    More { done: usize, total: usize },
    Done(Box<LoadedModel>),
}

impl Load {
    pub fn new(source: ModelSource) -> Self {
        Self {
            source,
            stage: Stage::Begin,
        }
    }

    pub fn source(&self) -> &ModelSource {
        &self.source
    }

    /// Goes back to where the device came in.
    pub fn device_changed(&mut self) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Begin) {
            Stage::Measure(measuring) => Stage::Upload(Box::new(measuring.contents)),
            other => other,
        };
    }

    /// Whether a slice has something to do; else another thread works for it.
    pub fn is_ready(&self) -> bool {
        match &self.stage {
            Stage::Prepare(preparing) => preparing.is_over(),
            _ => true,
        }
    }

    /// Does the next slice. After a fault of the device it can be asked again on another.
    ///
    /// # Errors
    /// One sentence that names the model and the fault.
    pub fn slice(
        &mut self,
        compute: &Backend,
        decoders: &Decoders,
        waker: &Waker,
    ) -> Result<Loading, Fault> {
        let name = match &self.source {
            ModelSource::Catalogue(name) => name.clone(),
            ModelSource::File(path) => path.display().to_string(),
        };
        let about = |fault: Fault| fault.reworded(|sentence| format!("{name}: {sentence}"));
        let mut progress = (0, 0);
        self.stage = match std::mem::replace(&mut self.stage, Stage::Begin) {
            Stage::Begin => self.begin()?,
            Stage::Read {
                mut reader,
                read_as,
            } => {
                let started = Instant::now();
                loop {
                    match reader
                        .slice()
                        .map_err(|error| about(self.file_fault(&error)))?
                    {
                        Reading::Done(file) => {
                            let file = *file;
                            if file.manifest.start_space().is_none() {
                                let fault = "it has no latent space to walk through".to_owned();
                                return Err(about(Fault::Request(fault)));
                            }
                            break Stage::Upload(Box::new(Contents { file, read_as }));
                        }
                        Reading::More { done, total } => progress = (done, total),
                    }
                    if started.elapsed() >= SLICE {
                        break Stage::Read { reader, read_as };
                    }
                }
            }
            // What lives on a GPU is made where the rest of it is.
            Stage::Upload(contents) if compute.is_gpu() => {
                match compute.run(|| Generator::new(&contents.file, &compute.device)) {
                    Ok(generator) => {
                        let measuring = Measuring::new(*contents, generator, compute);
                        Stage::Measure(Box::new(measuring))
                    }
                    Err(fault) => {
                        self.stage = Stage::Upload(contents);
                        return Err(about(fault));
                    }
                }
            }
            Stage::Upload(contents) => {
                let device = compute.device.clone();
                Stage::Prepare(Background::start(waker, move || {
                    let generator = Generator::new(&contents.file, &device);
                    (contents, generator)
                })?)
            }
            Stage::Prepare(preparing) => match preparing.take().map_err(about)? {
                Some((contents, generator)) => {
                    let generator = generator.map_err(|error| about(compute.fault(error)))?;
                    Stage::Measure(Box::new(Measuring::new(*contents, generator, compute)))
                }
                None => Stage::Prepare(preparing),
            },
            Stage::Measure(mut measuring) => {
                if let Err(fault) = measuring.slice(compute) {
                    self.stage = Stage::Measure(measuring);
                    return Err(about(fault));
                }
                if measuring.is_complete() {
                    let model = measuring.finish(self.source.clone(), decoders);
                    return Ok(Loading::Done(Box::new(model)));
                }
                progress = measuring.progress();
                Stage::Measure(measuring)
            }
        };
        let (done, total) = progress;
        Ok(Loading::More { done, total })
    }

    fn begin(&self) -> Result<Stage, Fault> {
        match &self.source {
            ModelSource::Catalogue(name) => {
                let entry = catalogue::find(name)
                    .ok_or_else(|| Fault::Request(catalogue::absence(name)))?;
                Ok(Stage::Read {
                    reader: Box::new(ModelReader::of_bytes(entry.bytes)),
                    read_as: None,
                })
            }
            ModelSource::File(path) => {
                // Looked at first: a file that changes while it is read is read again next time.
                let read_as = FileStates::of_model(path);
                let reader = ModelReader::open(path)
                    .map_err(|error| Fault::Request(format!("{}: {error}", path.display())))?;
                Ok(Stage::Read {
                    reader: Box::new(reader),
                    read_as,
                })
            }
        }
    }

    /// A file is what was asked for; a built-in model is a part of the program.
    fn file_fault(&self, error: &ModelFileError) -> Fault {
        match self.source {
            ModelSource::Catalogue(_) => Fault::Program(error.to_string()),
            ModelSource::File(_) => Fault::Request(error.to_string()),
        }
    }
}

/// What is not known of the spaces of a model, and how much there is to do for it.
struct Missing {
    start_sigma: Vec<f32>,
    w: Option<WStatistics>,
    changes: VecDeque<Space>,
    /// Seeds around which each of these is measured.
    centres: BTreeMap<Space, usize>,
}

impl Missing {
    /// With so many multiplications for each measurement.
    fn of(file: &ModelFile, generator: &Generator, budget: usize) -> Self {
        let stored = |name: &str| file.tensors.contains_key(name);
        let start = generator.start();
        let mut changes = VecDeque::new();
        let mut centres = BTreeMap::new();
        // A picture ahead and one behind along every axis.
        let mut measure = |space: Space| {
            let shape = file.manifest.spaces.get(&space);
            let axes = shape.and_then(|shape| shape.checked_len()).unwrap_or(0);
            let work = generator.decode_work().saturating_mul(2 * axes).max(1);
            let count = (budget / work).min(CENTRES);
            if count > 0 {
                changes.push_back(space);
                centres.insert(space, count);
            }
        };
        // What one number of the noise does to a picture of a sampler says nothing.
        let has_axes = is_ranked(file, start) && !file.manifest.takes_steps();
        if has_axes && !stored(&format!("{start}.picture_change")) {
            measure(start);
        }
        let mut w = None;
        if has_w(file) {
            if !(stored("w.mean") && stored("w.sigma")) {
                w = Some(WStatistics::new(affordable_seeds(generator, MEAN_OF_SEEDS)));
            }
            if is_ranked(file, Space::W) && !stored("w.picture_change") {
                measure(Space::W);
            }
        }
        let sigma = vector(file, &format!("{start}.sigma"));
        let len = if is_real(file, start) {
            generator.start_len()
        } else {
            0
        };
        Self {
            start_sigma: sigma.unwrap_or_else(|| vec![1.0; len]),
            w,
            changes,
            centres,
        }
    }
}

/// How many seeds can be mapped to w of so many that are wanted.
fn affordable_seeds(generator: &Generator, wanted: usize) -> usize {
    let affordable = MEASURING_WORK / generator.map_work().max(1);
    wanted.min(affordable.max(FEWEST_SEEDS))
}

/// What the file does not say of its spaces, being measured.
struct Measuring {
    contents: Contents,
    generator: Generator,
    missing: Missing,
    /// Mean and standard deviation of each number of w.
    w_statistics: (Vec<f32>, Vec<f32>),
    /// How far codes of w lie from their mean; `None` until it is measured.
    w_norms: Option<Vec<f32>>,
    changing: Option<(Space, PictureChange)>,
    changes: BTreeMap<Space, Vec<f32>>,
    /// Pictures in the next slice.
    at_once: usize,
}

impl Measuring {
    fn new(contents: Contents, generator: Generator, compute: &Backend) -> Self {
        let budget = match compute.is_gpu() {
            true => GPU_SPEED * MEASURING_WORK,
            false => MEASURING_WORK,
        };
        let missing = Missing::of(&contents.file, &generator, budget);
        let stored = |name: &str| vector(&contents.file, name).unwrap_or_default();
        let has_w = has_w(&contents.file);
        Self {
            w_statistics: (stored("w.mean"), stored("w.sigma")),
            w_norms: (!has_w).then(Vec::new),
            contents,
            generator,
            missing,
            changing: None,
            changes: BTreeMap::new(),
            at_once: 2,
        }
    }

    fn is_complete(&self) -> bool {
        self.missing.w.is_none()
            && self.w_norms.is_some()
            && self.changing.is_none()
            && self.missing.changes.is_empty()
    }

    fn progress(&self) -> (usize, usize) {
        match (&self.missing.w, &self.changing) {
            (Some(w), _) => w.progress(),
            (None, Some((_, change))) => change.progress(),
            (None, None) => (0, 0),
        }
    }

    fn slice(&mut self, compute: &Backend) -> Result<(), Fault> {
        let generator = &self.generator;
        if let Some(w) = &mut self.missing.w {
            // Networks that map are on the CPU, whatever decodes.
            w.slice(generator)
                .map_err(|error| Fault::Program(error.to_string()))?;
            if w.is_complete()
                && let Some(w) = self.missing.w.take()
            {
                self.w_statistics = w.take();
            }
            return Ok(());
        }
        if self.w_norms.is_none() {
            let (mean, sigma) = &self.w_statistics;
            let count = affordable_seeds(generator, NORMS_OF_SEEDS);
            let norms = statistics::w_norms(generator, mean, sigma, count);
            self.w_norms = Some(norms.map_err(|error| Fault::Program(error.to_string()))?);
            return Ok(());
        }
        if let Some((_, change)) = &mut self.changing {
            // A GPU compiles its kernels for each number of pictures.
            let at_once = match compute.is_gpu() {
                true => LARGEST_BATCH,
                false => self.at_once,
            };
            let started = Instant::now();
            compute.run(|| change.slice(generator, at_once))?;
            self.at_once = match started.elapsed() {
                took if took < SLICE / 2 => (2 * self.at_once).min(LARGEST_BATCH),
                took if took > SLICE => (self.at_once / 2).max(2),
                _ => self.at_once,
            };
            if change.is_complete()
                && let Some((space, change)) = self.changing.take()
            {
                self.changes.insert(space, change.take());
            }
            return Ok(());
        }
        if let Some(&space) = self.missing.changes.front() {
            let sigma = if space == generator.start() {
                &self.missing.start_sigma
            } else {
                &self.w_statistics.1
            };
            let centres = self.missing.centres.get(&space).copied().unwrap_or(1);
            let change =
                compute.run(|| PictureChange::new(generator, space, sigma.clone(), centres))?;
            self.missing.changes.pop_front();
            self.changing = Some((space, change));
        }
        Ok(())
    }

    fn finish(self, source: ModelSource, decoders: &Decoders) -> LoadedModel {
        let Self {
            contents: Contents { file, read_as },
            generator,
            missing,
            w_statistics: (w_mean, w_sigma),
            w_norms,
            mut changes,
            ..
        } = self;
        let dim = generator.start_len();
        let start = generator.start();
        let mut change = |space: Space| {
            let measured = changes.remove(&space);
            let stored = || vector(&file, &format!("{space}.picture_change"));
            // Axes that would take too long to measure can be walked along all the same.
            let unmeasured = || {
                let shape = file.manifest.spaces.get(&space);
                let len = shape.and_then(|shape| shape.checked_len());
                let len =
                    len.filter(|_| is_ranked(&file, space) && generator.diffusion().is_none());
                vec![0.0; len.unwrap_or(0)]
            };
            ranked(measured.or_else(stored).unwrap_or_else(unmeasured))
        };
        let ranked_dims = change(start);
        // The prior's mean is the centre of truncation; an encoder's mean differs from it by
        // chance.
        let mut means = BTreeMap::new();
        if is_real(&file, start) {
            means.insert(start, vec![0.0; dim]);
        }
        let mut ranked_w_dims = Vec::new();
        if has_w(&file) {
            means.insert(Space::W, w_mean);
            ranked_w_dims = change(Space::W);
        }
        let encoded = match (
            file.tensors.get("encoded.codes"),
            file.tensors.get("encoded.labels"),
        ) {
            (Some(codes), Some(labels)) => pair_rows(codes, labels, dim),
            _ => Vec::new(),
        };
        let info = ModelInfo {
            id: ModelId {
                name: file.manifest.name.clone(),
                hash: file.hash.clone(),
            },
            source,
            manifest: file.manifest.clone(),
            named: file.named_codes(),
            directions: file.directions(),
            start,
            means,
            start_sigma: missing.start_sigma,
            ranked_dims,
            w_sigma,
            w_norms: w_norms.unwrap_or_default(),
            ranked_w_dims,
            encoded,
            steps: 1,
            has_reference: has_reference(&file.manifest),
            style_scales: generator.style_scales(),
        };
        LoadedModel::new(info, file, generator, decoders, read_as)
    }
}

/// Whether a mapping network leads from z to w.
fn has_w(file: &ModelFile) -> bool {
    let mut maps = file.manifest.mapped();
    maps.any(|way| way == (Space::Z, Space::W))
}

fn is_real(file: &ModelFile, space: Space) -> bool {
    let shape = file.manifest.spaces.get(&space);
    shape.is_some_and(|shape| shape.is_real())
}

/// Whether the raw dimensions of a space are ranked by what they change: those of pictures and of
/// rows are too many.
fn is_ranked(file: &ModelFile, space: Space) -> bool {
    match file.manifest.spaces.get(&space) {
        Some(SpaceShape::Vector { dim }) => *dim <= MAX_RANKED,
        _ => false,
    }
}

fn vector(file: &ModelFile, name: &str) -> Option<Vec<f32>> {
    file.tensors.get(name).map(|tensor| tensor.values.clone())
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

//! Which model is loaded, which is on its way, and what can be chosen.

use super::jobs::Jobs;
use super::model_folder::ModelFolder;
use crate::document::{ModelLink, ModelOrigin};
use crate::engine::{DeviceInfo, JobId, ModelId, ModelInfo, ModelSource};
use crate::model::catalogue;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many files the picker remembers.
const MAX_FILES: usize = 8;

/// A model that can be chosen without looking for a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CatalogueEntry {
    /// The name in expressions, files and on the command line.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// Whether it has a code for each layer, as style mixing needs.
    pub has_styles: bool,
    /// Whether its pictures are made in steps, by a sampler.
    pub takes_steps: bool,
    /// Whether its space is a plane: its codes are two numbers.
    pub is_plane: bool,
    /// Whether its pictures are decoded from grids of indices.
    pub has_grid: bool,
}

/// The models with a latent space that are built into the program.
pub const CATALOGUE: [CatalogueEntry; 14] = [
    CatalogueEntry {
        name: "faces-stylegan",
        title: "Faces, style-based",
        has_styles: true,
        takes_steps: false,
        is_plane: false,
        has_grid: false,
    },
    CatalogueEntry {
        name: "faces-vae",
        title: "Faces, VAE, 48-D latent",
        has_styles: false,
        takes_steps: false,
        is_plane: false,
        has_grid: false,
    },
    CatalogueEntry {
        name: "faces-ldm",
        title: "Faces, latent diffusion",
        has_styles: false,
        takes_steps: true,
        is_plane: false,
        has_grid: false,
    },
    CatalogueEntry {
        name: "faces-vq",
        title: "Faces, codes from a codebook",
        has_styles: false,
        takes_steps: true,
        is_plane: false,
        has_grid: true,
    },
    CatalogueEntry {
        name: "faces-sketch",
        title: "Faces from label maps",
        has_styles: false,
        takes_steps: false,
        is_plane: false,
        has_grid: true,
    },
    CatalogueEntry {
        name: "digits-vae2",
        title: "Digits, VAE, 2-D latent",
        has_styles: false,
        takes_steps: false,
        is_plane: true,
        has_grid: false,
    },
    CatalogueEntry {
        name: "digits-ae2",
        title: "Digits, autoencoder, 2-D latent",
        has_styles: false,
        takes_steps: false,
        is_plane: true,
        has_grid: false,
    },
    CatalogueEntry {
        name: "fashion-vae",
        title: "Fashion, VAE, 16-D latent",
        has_styles: false,
        takes_steps: false,
        is_plane: false,
        has_grid: false,
    },
    CatalogueEntry {
        name: "digits-gan",
        title: "Digits, GAN, 64-D latent",
        has_styles: false,
        takes_steps: false,
        is_plane: false,
        has_grid: false,
    },
    CatalogueEntry {
        name: "digits-cvae",
        title: "Digits, conditional VAE, 8-D latent",
        has_styles: false,
        takes_steps: false,
        is_plane: false,
        has_grid: false,
    },
    CatalogueEntry {
        name: "digits-cgan",
        title: "Digits, conditional GAN, 64-D latent",
        has_styles: false,
        takes_steps: false,
        is_plane: false,
        has_grid: false,
    },
    CatalogueEntry {
        name: "digits-ddpm",
        title: "Digits, diffusion model",
        has_styles: false,
        takes_steps: true,
        is_plane: false,
        has_grid: false,
    },
    CatalogueEntry {
        name: "digits-flow",
        title: "Digits, flow, 784-D latent",
        has_styles: false,
        takes_steps: false,
        is_plane: false,
        has_grid: false,
    },
    CatalogueEntry {
        name: "digits-pixel",
        title: "Digits, pixel by pixel",
        has_styles: false,
        takes_steps: true,
        is_plane: false,
        has_grid: true,
    },
];

/// The built-in models that have styles to mix.
pub fn styled_choices() -> impl Iterator<Item = (ModelSource, &'static str)> {
    let styled = CATALOGUE.iter().filter(|entry| entry.has_styles);
    styled.map(|entry| (ModelSource::Catalogue(entry.name.to_owned()), entry.title))
}

/// The model of the first start.
pub fn default_source() -> ModelSource {
    ModelSource::Catalogue(catalogue::DEFAULT.to_owned())
}

/// A source as people read it.
pub fn source_title(source: &ModelSource) -> String {
    match source {
        ModelSource::Catalogue(name) => CATALOGUE
            .iter()
            .find(|entry| entry.name == name)
            .map_or_else(|| name.clone(), |entry| entry.title.to_owned()),
        ModelSource::File(path) => path.file_name().map_or_else(
            || path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        ),
    }
}

/// How sessions name a loaded model.
pub fn link_of(model: &ModelInfo) -> ModelLink {
    ModelLink {
        name: model.id.name.clone(),
        hash: model.id.hash.clone(),
        origin: match &model.source {
            ModelSource::Catalogue(name) => ModelOrigin::Catalogue(name.clone()),
            ModelSource::File(path) => ModelOrigin::File(crate::document::journal::text_of(path)),
        },
    }
}

/// Where a session says that a model is.
pub fn source_of(link: &ModelLink) -> ModelSource {
    match &link.origin {
        ModelOrigin::Catalogue(name) => ModelSource::Catalogue(name.clone()),
        ModelOrigin::File(path) => ModelSource::File(path.into()),
    }
}

/// The identity of the model that a session names.
pub fn id_of(link: &ModelLink) -> ModelId {
    ModelId {
        name: link.name.clone(),
        hash: link.hash.clone(),
    }
}

/// Kernels being prepared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warming {
    pub model: ModelId,
    pub done: usize,
    pub total: usize,
}

/// The loaded model and its surroundings.
#[derive(Default)]
pub struct Models {
    current: Option<Arc<ModelInfo>>,
    loading: Option<ModelSource>,
    /// The job that loads it, where it is not loaded for a tool too.
    loading_job: Option<JobId>,
    warming: Option<Warming>,
    device: Option<DeviceInfo>,
    /// Files that were opened, the latest first.
    files: Vec<PathBuf>,
    folder: ModelFolder,
    /// What was loaded in this run; the engine holds all of it.
    known: Vec<Arc<ModelInfo>>,
    /// On their way without becoming the current one.
    needed: Vec<ModelSource>,
    /// What could not be loaded beside the current one, and why.
    unavailable: Vec<(ModelSource, String)>,
}

impl Models {
    /// The model of a file that names it: the current one, one that was loaded, one of the catalogue, or a
    /// file beside that of `path`.
    pub(super) fn link_to(&self, path: &Path, model: &ModelId) -> ModelLink {
        let is_it = |link: &ModelLink| link.name == model.name && link.hash == model.hash;
        let current = self.current().map(|model| link_of(model)).filter(is_it);
        let known = || {
            let sources = self.choices();
            let mut links = sources.filter_map(|source| Some(link_of(self.known(&source)?)));
            links.find(is_it)
        };
        current.or_else(known).unwrap_or_else(|| {
            let in_catalogue = CATALOGUE.iter().any(|entry| entry.name == model.name);
            let origin = if in_catalogue {
                ModelOrigin::Catalogue(model.name.clone())
            } else {
                let file = path.with_file_name(format!("{}.safetensors", model.name));
                ModelOrigin::File(file.to_string_lossy().into_owned())
            };
            ModelLink {
                name: model.name.clone(),
                hash: model.hash.clone(),
                origin,
            }
        })
    }

    /// `files` were opened in earlier runs, the latest first.
    pub fn new(mut files: Vec<PathBuf>, folder: Option<PathBuf>) -> Self {
        files.truncate(MAX_FILES);
        Self {
            files,
            folder: ModelFolder::new(folder),
            ..Self::default()
        }
    }

    pub fn current(&self) -> Option<&Arc<ModelInfo>> {
        self.current.as_ref()
    }

    /// What is on its way to become the current one.
    pub fn loading(&self) -> Option<&ModelSource> {
        self.loading.as_ref()
    }

    /// Whether the loaded model is the one that a session means.
    pub fn is_current(&self, link: &ModelLink) -> bool {
        let current = self.current.as_deref();
        current.is_some_and(|model| link_of(model).is_same_model(link))
    }

    /// Has a model loaded that is to become the current one, instead of any that is on its way.
    pub(super) fn load(&mut self, engine: &Jobs, source: &ModelSource) {
        if self.loading.as_ref() == Some(source) {
            return;
        }
        // Nobody waits for the one before any more, unless a tool does under a job of its own.
        if let Some(job) = self.loading_job.take() {
            engine.cancel(job);
        }
        self.loading = Some(source.clone());
        if !self.needed.contains(source) {
            self.loading_job = Some(engine.load(source.clone()));
        }
    }

    /// Lets go of the model that is on its way to become the current one.
    pub(super) fn give_up(&mut self, engine: &Jobs) {
        self.loading = None;
        if let Some(job) = self.loading_job.take() {
            engine.cancel(job);
        }
    }

    /// Takes a model that has come. Returns whether it is the one that is to be the current one.
    pub(super) fn arrive(&mut self, model: &Arc<ModelInfo>) -> bool {
        self.unavailable.retain(|(known, _)| *known != model.source);
        self.known.retain(|known| known.source != model.source);
        self.known.push(Arc::clone(model));
        self.needed.retain(|needed| *needed != model.source);
        let is_awaited = self.loading.as_ref() == Some(&model.source);
        if is_awaited {
            self.loading = None;
            self.remember_file(&model.source);
            self.current = Some(Arc::clone(model));
        }
        is_awaited
    }

    /// Notes that a model cannot be loaded. Returns whether it was to be the current one.
    pub(super) fn fail(&mut self, source: &ModelSource, why: &str) -> bool {
        if self.needed.contains(source) {
            self.needed.retain(|needed| needed != source);
            self.try_again(source);
            self.unavailable.push((source.clone(), why.to_owned()));
        }
        let is_awaited = self.loading.as_ref() == Some(source);
        if is_awaited {
            self.loading = None;
        }
        is_awaited
    }

    /// Kernels being prepared for the current model.
    pub fn warming(&self) -> Option<&Warming> {
        self.warming.as_ref()
    }

    pub(super) fn set_warming(&mut self, warming: Option<Warming>) {
        self.warming = warming;
    }

    pub(super) fn set_device(&mut self, device: DeviceInfo) {
        self.device = Some(device);
    }

    pub fn device(&self) -> Option<&DeviceInfo> {
        self.device.as_ref()
    }

    /// What the picker offers: the catalogue, the files that were opened, and those in the folder of
    /// one's own models.
    pub fn choices(&self) -> impl Iterator<Item = ModelSource> {
        let opened = self.files.iter();
        let others = self.folder.listed().iter();
        let others = others.filter(|path| !self.files.contains(path));
        CATALOGUE
            .iter()
            .map(|entry| ModelSource::Catalogue(entry.name.to_owned()))
            .chain(opened.chain(others).cloned().map(ModelSource::File))
    }

    /// Files that were opened, the latest first.
    pub fn opened(&self) -> &[PathBuf] {
        &self.files
    }

    /// Whether a file was only listed, and never opened.
    pub(super) fn is_unknown(&self, path: &Path) -> bool {
        !self.files.iter().any(|known| known == path)
    }

    /// The folder of one's own models.
    pub fn folder(&self) -> &ModelFolder {
        &self.folder
    }

    pub(super) fn folder_mut(&mut self) -> &mut ModelFolder {
        &mut self.folder
    }

    /// Those that make pictures in steps: the built-in ones, and files that were loaded in this run.
    pub fn in_steps(&self) -> impl Iterator<Item = ModelSource> {
        let built_in = CATALOGUE.iter().filter(|entry| entry.takes_steps);
        let files = self.known.iter().filter(|model| {
            matches!(model.source, ModelSource::File(_)) && model.manifest.takes_steps()
        });
        built_in
            .map(|entry| ModelSource::Catalogue(entry.name.to_owned()))
            .chain(files.map(|model| model.source.clone()))
    }

    /// Those whose codes are grids of indices: the built-in ones, and files that were loaded in this run.
    pub fn with_grids(&self) -> impl Iterator<Item = ModelSource> {
        let built_in = CATALOGUE.iter().filter(|entry| entry.has_grid);
        let files = self.known.iter().filter(|model| {
            matches!(model.source, ModelSource::File(_)) && model.manifest.grid().is_some()
        });
        built_in
            .map(|entry| ModelSource::Catalogue(entry.name.to_owned()))
            .chain(files.map(|model| model.source.clone()))
    }

    /// Those whose space is a plane: the built-in ones, and files that were loaded in this run.
    pub fn planes(&self) -> impl Iterator<Item = ModelSource> {
        let built_in = CATALOGUE.iter().filter(|entry| entry.is_plane);
        let is_plane = |model: &&Arc<ModelInfo>| {
            let shape = model.manifest.spaces.get(&model.start);
            shape.is_some_and(|shape| shape.checked_len() == Some(2))
        };
        let files = self.known.iter().filter(is_plane);
        let files = files.map(|model| model.source.clone());
        built_in
            .map(|entry| ModelSource::Catalogue(entry.name.to_owned()))
            .chain(files.filter(|source| matches!(source, ModelSource::File(_))))
    }

    /// A model that was loaded in this run, whether it is the current one or not.
    pub fn known(&self, source: &ModelSource) -> Option<&Arc<ModelInfo>> {
        self.known.iter().find(|model| model.source == *source)
    }

    /// Where the model of a link is, if it was loaded in this run.
    pub fn found(&self, link: &ModelLink) -> Option<&ModelSource> {
        let found = self
            .known
            .iter()
            .find(|model| link_of(model).is_same_model(link));
        found.map(|model| &model.source)
    }

    /// Why a model could not be loaded beside the current one.
    pub fn why_unavailable(&self, source: &ModelSource) -> Option<&str> {
        let found = self.unavailable.iter().find(|(known, _)| known == source);
        found.map(|(_, why)| why.as_str())
    }

    /// Notes that a model is wanted beside the current one. Returns whether the engine has to be
    /// asked for it.
    pub(super) fn need(&mut self, source: &ModelSource) -> bool {
        let is_loading = self.loading.as_ref() == Some(source);
        let is_settled = self.known(source).is_some() || self.why_unavailable(source).is_some();
        if is_loading || is_settled || self.needed.contains(source) {
            return false;
        }
        self.needed.push(source.clone());
        true
    }

    /// Lets a model that could not be loaded be asked for again.
    pub(super) fn try_again(&mut self, source: &ModelSource) {
        self.unavailable.retain(|(known, _)| known != source);
    }

    fn remember_file(&mut self, source: &ModelSource) {
        let ModelSource::File(path) = source else {
            return;
        };
        self.files.retain(|known| known != path);
        self.files.insert(0, path.clone());
        self.files.truncate(MAX_FILES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelFile;

    #[test]
    fn every_generator_can_be_chosen() {
        for entry in catalogue::entries() {
            let file = ModelFile::from_bytes(entry.bytes).expect("a built-in model is sound");
            let choice = CATALOGUE.iter().find(|it| it.name == entry.name);
            let can = file.manifest.capabilities();
            assert_eq!(choice.is_some(), can.generates, "{}", entry.name);
            if let Some(choice) = choice {
                assert_eq!(
                    choice.has_styles,
                    can.style_layers.is_some(),
                    "{}",
                    entry.name
                );
                assert_eq!(choice.takes_steps, can.takes_steps, "{}", entry.name);
            }
        }
    }

    #[test]
    fn every_choice_is_built_in() {
        for entry in CATALOGUE {
            assert!(catalogue::find(entry.name).is_some(), "{}", entry.name);
        }
        assert!(
            CATALOGUE
                .iter()
                .any(|entry| entry.name == catalogue::DEFAULT)
        );
    }
}

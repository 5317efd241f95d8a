//! Which model is loaded, which is on its way, and what can be chosen.

use super::Composition;
use super::session::Visit;
use crate::engine::{DeviceInfo, JobId, ModelId, ModelInfo, ModelSource};
use crate::model::catalogue;
use std::path::PathBuf;
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
}

/// The models with a latent space that are built into the program.
pub const CATALOGUE: [CatalogueEntry; 6] = [
    CatalogueEntry {
        name: "digits-vae2",
        title: "Digits, VAE, 2-D latent",
        has_styles: false,
    },
    CatalogueEntry {
        name: "digits-ae2",
        title: "Digits, autoencoder, 2-D latent",
        has_styles: false,
    },
    CatalogueEntry {
        name: "fashion-vae",
        title: "Fashion, VAE, 16-D latent",
        has_styles: false,
    },
    CatalogueEntry {
        name: "digits-gan",
        title: "Digits, GAN, 64-D latent",
        has_styles: false,
    },
    CatalogueEntry {
        name: "heroes-vae",
        title: "Heroes, VAE, 32-D latent",
        has_styles: false,
    },
    CatalogueEntry {
        name: "heroes-stylegan",
        title: "Heroes, style-based GAN",
        has_styles: true,
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

/// A model on its way.
#[derive(Clone, PartialEq, Debug)]
pub struct Loading {
    pub source: ModelSource,
    /// Where to go when it is there; else the expression stays if the model understands it.
    pub then: Option<Composition>,
    /// What it is loaded for, when that is in the session already.
    pub visit: Option<Visit>,
}

/// Kernels being prepared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warming {
    pub model: ModelId,
    pub done: usize,
    pub total: usize,
}

/// The loaded model and its surroundings.
#[derive(Default, Debug)]
pub struct Models {
    pub(super) current: Option<Arc<ModelInfo>>,
    pub(super) loading: Option<Loading>,
    /// The job that loads it, where it is not loaded for a tool too.
    pub(super) loading_job: Option<JobId>,
    pub(super) warming: Option<Warming>,
    pub(super) device: Option<DeviceInfo>,
    files: Vec<PathBuf>,
    /// What was loaded in this run; the engine holds all of it.
    known: Vec<Arc<ModelInfo>>,
    /// On their way without becoming the current one.
    needed: Vec<ModelSource>,
    /// What could not be loaded beside the current one, and why.
    unavailable: Vec<(ModelSource, String)>,
}

impl Models {
    pub fn current(&self) -> Option<&Arc<ModelInfo>> {
        self.current.as_ref()
    }

    pub fn loading(&self) -> Option<&Loading> {
        self.loading.as_ref()
    }

    /// Whether the model of a step or a bookmark is on its way.
    pub(super) fn is_visiting(&self) -> bool {
        let loading = self.loading.as_ref();
        loading.is_some_and(|loading| loading.visit.is_some())
    }

    /// Kernels being prepared for the current model.
    pub fn warming(&self) -> Option<&Warming> {
        self.warming.as_ref()
    }

    pub fn device(&self) -> Option<&DeviceInfo> {
        self.device.as_ref()
    }

    /// What the picker offers: the catalogue and the files that were opened.
    pub fn choices(&self) -> impl Iterator<Item = ModelSource> {
        CATALOGUE
            .iter()
            .map(|entry| ModelSource::Catalogue(entry.name.to_owned()))
            .chain(self.files.iter().cloned().map(ModelSource::File))
    }

    /// A model that was loaded in this run, whether it is the current one or not.
    pub fn known(&self, source: &ModelSource) -> Option<&Arc<ModelInfo>> {
        self.known.iter().find(|model| model.source == *source)
    }

    /// Why a model could not be loaded beside the current one.
    pub fn why_unavailable(&self, source: &ModelSource) -> Option<&str> {
        let found = self.unavailable.iter().find(|(known, _)| known == source);
        found.map(|(_, why)| why.as_str())
    }

    pub(super) fn remember(&mut self, model: Arc<ModelInfo>) {
        self.unavailable.retain(|(known, _)| *known != model.source);
        self.known.retain(|known| known.source != model.source);
        self.known.push(model);
    }

    /// Notes that a model is wanted beside the current one. Returns whether the engine has to be
    /// asked for it.
    pub(super) fn need(&mut self, source: &ModelSource) -> bool {
        let is_loading = self
            .loading
            .as_ref()
            .is_some_and(|loading| loading.source == *source);
        let is_settled = self.known(source).is_some() || self.why_unavailable(source).is_some();
        if is_loading || is_settled || self.needed.contains(source) {
            return false;
        }
        self.needed.push(source.clone());
        true
    }

    /// Whether a model is on its way to stand beside the current one.
    pub(super) fn is_needed(&self, source: &ModelSource) -> bool {
        self.needed.contains(source)
    }

    /// Takes a model off those that are wanted beside the current one. Returns whether it was.
    pub(super) fn take_needed(&mut self, source: &ModelSource) -> bool {
        let before = self.needed.len();
        self.needed.retain(|needed| needed != source);
        self.needed.len() < before
    }

    pub(super) fn note_unavailable(&mut self, source: ModelSource, why: String) {
        self.unavailable.retain(|(known, _)| *known != source);
        self.unavailable.push((source, why));
    }

    /// Lets a model that could not be loaded be asked for again.
    pub(super) fn try_again(&mut self, source: &ModelSource) {
        self.unavailable.retain(|(known, _)| known != source);
    }

    pub(super) fn remember_file(&mut self, source: &ModelSource) {
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

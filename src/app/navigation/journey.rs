//! A journey: what is to be shown, why, and where its model may be.

use crate::app::Composition;
use crate::app::desk::Staged;
use crate::app::models::{CATALOGUE, source_of};
use crate::document::{ModelLink, ModelOrigin};
use crate::engine::ModelSource;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A model on its way, with what is to be shown of it.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Journey {
    pub purpose: Purpose,
    /// Where the model is looked for now.
    pub source: ModelSource,
    /// What is shown when the model is there; else the current composition stays if the model
    /// understands it.
    pub destination: Option<Destination>,
}

/// What is to be shown, and how it stands on the window.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::app) struct Destination {
    pub composition: Composition,
    /// `None` leaves tools and picture as they are.
    pub staged: Option<Staged>,
}

impl From<Composition> for Destination {
    fn from(composition: Composition) -> Self {
        Self {
            composition,
            staged: None,
        }
    }
}

/// What a journey is for, which decides how its end is taken.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Purpose {
    /// Somebody chose a model.
    Model,
    /// A scene or a picture of a question.
    Scene,
    /// A step of the history: going there is no step itself.
    Step(Visit),
    /// A bookmark, or a file that was opened: a step of its own.
    Place(Visit),
    /// Back from a scene.
    Return(Visit),
}

/// A model that something was made with.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Visit {
    pub link: Arc<ModelLink>,
    /// Where else it may be.
    pub more: VecDeque<ModelSource>,
    /// Why it is not where it was.
    pub fault: Option<String>,
}

impl Purpose {
    /// The model that is looked for, where it is one that something was made with.
    pub fn visit(&self) -> Option<&Visit> {
        match self {
            Self::Model | Self::Scene => None,
            Self::Step(visit) | Self::Place(visit) | Self::Return(visit) => Some(visit),
        }
    }

    pub fn visit_mut(&mut self) -> Option<&mut Visit> {
        match self {
            Self::Model | Self::Scene => None,
            Self::Step(visit) | Self::Place(visit) | Self::Return(visit) => Some(visit),
        }
    }

    /// Whether the history stands at the end of the journey already.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Step(_) | Self::Return(_))
    }
}

/// Where a model may be, the likeliest first: where it was, where it was found in this run, beside
/// the session, among the files that were opened, and in the catalogue under its name.
pub(super) fn candidates(
    link: &ModelLink,
    session_file: Option<&Path>,
    found_already: Option<&ModelSource>,
    known: impl Iterator<Item = ModelSource>,
) -> VecDeque<ModelSource> {
    let mut found = VecDeque::from([source_of(link)]);
    let mut add = |source: ModelSource| {
        if !found.contains(&source) {
            found.push_back(source);
        }
    };
    found_already.cloned().into_iter().for_each(&mut add);
    if let Some(name) = file_name(link) {
        if let Some(folder) = session_file.and_then(Path::parent) {
            add(ModelSource::File(folder.join(&name)));
        }
        let same_name = |path: &PathBuf| path.file_name() == Some(&name);
        for source in known {
            if matches!(&source, ModelSource::File(path) if same_name(path)) {
                add(source);
            }
        }
    }
    if is_built_in(&link.name) {
        add(ModelSource::Catalogue(link.name.clone()));
    }
    found
}

fn is_built_in(name: &str) -> bool {
    CATALOGUE.iter().any(|entry| entry.name == name)
}

/// What the file of a model is called, where it may be one: a model that was built in once is a
/// file of its own name by now.
fn file_name(link: &ModelLink) -> Option<OsString> {
    match &link.origin {
        ModelOrigin::File(path) => Path::new(path).file_name().map(OsStr::to_owned),
        ModelOrigin::Catalogue(name) if is_built_in(name) => None,
        ModelOrigin::Catalogue(name) => Some(format!("{name}.safetensors").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_looked_for_where_it_may_be() {
        let link = ModelLink {
            name: "digits-gan".to_owned(),
            hash: "00".to_owned(),
            origin: ModelOrigin::File("/old/place/mine.safetensors".to_owned()),
        };
        let known = ["/new/mine.safetensors", "/new/other.safetensors"];
        let known = known.map(|path| ModelSource::File(path.into()));
        let lesson = Path::new("/lessons/a.zscape");
        let found = candidates(&link, Some(lesson), None, known.into_iter());
        let file = |path: &str| ModelSource::File(path.into());
        assert_eq!(
            found,
            [
                file("/old/place/mine.safetensors"),
                file("/lessons/mine.safetensors"),
                file("/new/mine.safetensors"),
                ModelSource::Catalogue("digits-gan".to_owned()),
            ]
        );
    }

    #[test]
    fn a_model_that_was_built_in_once_is_looked_for_as_a_file() {
        let built_in = |name: &str| ModelLink {
            name: name.to_owned(),
            hash: "00".to_owned(),
            origin: ModelOrigin::Catalogue(name.to_owned()),
        };
        let opened = ["/new/gone.safetensors", "/new/digits-gan.safetensors"];
        let opened = || {
            opened
                .map(|path| ModelSource::File(path.into()))
                .into_iter()
        };
        let lesson = Some(Path::new("/lessons/a.zscape"));
        let renamed = ModelSource::File("/new/renamed.safetensors".into());
        let file = |path: &str| ModelSource::File(path.into());
        assert_eq!(
            candidates(&built_in("gone"), lesson, Some(&renamed), opened()),
            [
                ModelSource::Catalogue("gone".to_owned()),
                renamed,
                file("/lessons/gone.safetensors"),
                file("/new/gone.safetensors"),
            ]
        );
        let catalogue = ModelSource::Catalogue("digits-gan".to_owned());
        let still = built_in("digits-gan");
        assert_eq!(candidates(&still, lesson, None, opened()), [catalogue]);
    }
}

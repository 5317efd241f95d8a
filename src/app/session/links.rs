//! Models as sessions name them, and how they are found again.

use crate::app::models::CATALOGUE;
use crate::document::{ModelLink, ModelOrigin};
use crate::engine::{ModelId, ModelInfo, ModelSource};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A model on its way because a step or a bookmark was made with it.
#[derive(Clone, PartialEq, Debug)]
pub struct Visit {
    pub link: Arc<ModelLink>,
    /// Where else it may be.
    pub(super) more: VecDeque<ModelSource>,
    /// Whether the history stands there, so that going there is no step.
    pub(super) is_settled: bool,
}

/// How a session names a loaded model.
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

pub(super) fn id_of(link: &ModelLink) -> ModelId {
    ModelId {
        name: link.name.clone(),
        hash: link.hash.clone(),
    }
}

/// Where a model may be, the likeliest first: where it was, beside the session, among the files
/// that were opened, and in the catalogue under its name.
pub(super) fn candidates(
    link: &ModelLink,
    session_file: Option<&Path>,
    known: impl Iterator<Item = ModelSource>,
) -> VecDeque<ModelSource> {
    let mut found = VecDeque::from([source_of(link)]);
    let mut add = |source: ModelSource| {
        if !found.contains(&source) {
            found.push_back(source);
        }
    };
    if let ModelOrigin::File(path) = &link.origin
        && let Some(name) = Path::new(path).file_name()
    {
        if let Some(folder) = session_file.and_then(Path::parent) {
            add(ModelSource::File(folder.join(name)));
        }
        let same_name = |path: &PathBuf| path.file_name() == Some(name);
        for source in known {
            if matches!(&source, ModelSource::File(path) if same_name(path)) {
                add(source);
            }
        }
    }
    if CATALOGUE.iter().any(|entry| entry.name == link.name) {
        add(ModelSource::Catalogue(link.name.clone()));
    }
    found
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
        let found = candidates(
            &link,
            Some(Path::new("/lessons/a.zscape")),
            known.into_iter(),
        );
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
}

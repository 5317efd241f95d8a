//! The classifier that judges the pictures of other models of the same data.

use super::bound_graph::BoundGraph;
use super::file::ModelFile;
use super::manifest::{LabelKind, Manifest};
use super::measurement::Judgement;
use super::reading;
use super::runner::Runner;
use super::{ModelError, Wiring, catalogue, download};
use burn::tensor::{Device, Tensor, activation};
use std::sync::{Arc, OnceLock};

/// A classifier on a device.
#[derive(Debug)]
pub struct Classifier {
    classifier: Runner,
    picture_len: usize,
    kind: LabelKind,
    labels: Arc<[String]>,
}

/// Whether a classifier judges the pictures of a model: both know the same data in the same size.
pub fn classifies(judge: &Manifest, model: &Manifest) -> bool {
    judge.family.traits().classifies
        && judge.data.name == model.data.name
        && judge.image == model.image
}

/// The classifier of the catalogue for the pictures of a model, if there is one. Reads the heads
/// of the built-in files once, and no weights.
pub fn entry_for(model: &Manifest) -> Option<&'static catalogue::Entry> {
    static JUDGES: OnceLock<Vec<(&'static catalogue::Entry, Manifest)>> = OnceLock::new();
    let judges = JUDGES.get_or_init(|| {
        let manifest = |entry: &'static catalogue::Entry| {
            let manifest = reading::manifest(entry.bytes).ok()?;
            manifest
                .family
                .traits()
                .classifies
                .then_some((entry, manifest))
        };
        catalogue::entries().iter().filter_map(manifest).collect()
    });
    let found = judges.iter().find(|(_, judge)| classifies(judge, model));
    found.map(|(entry, _)| *entry)
}

/// The network of a classifier and its file.
pub struct Weights {
    pub graph: BoundGraph,
    pub file: ModelFile,
}

impl Weights {
    /// Those of the catalogue's classifier for the pictures of a model, if there is one.
    ///
    /// # Errors
    /// When a built-in model is not sound.
    pub fn of(model: &Manifest) -> Result<Option<Self>, ModelError> {
        let Some(entry) = entry_for(model) else {
            return Ok(None);
        };
        let fault = |fault: String| ModelError(format!("{}: {fault}", entry.name));
        let file = ModelFile::from_bytes(entry.bytes).map_err(|e| fault(e.to_string()))?;
        let networks = Wiring::of(&file.manifest).map_err(fault)?;
        let graph = networks.classifier;
        let graph = graph.ok_or_else(|| fault("it is no classifier".to_owned()))?;
        Ok(Some(Self { graph, file }))
    }
}

impl Classifier {
    /// The catalogue's classifier for the pictures of a model, if there is one.
    ///
    /// # Errors
    /// When a built-in model is not sound, or the device fails.
    pub fn of(model: &Manifest, device: &Device) -> Result<Option<Self>, ModelError> {
        let Some(Weights { graph, file }) = Weights::of(model)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            classifier: Runner::new(&graph, &file, device)?,
            picture_len: file.manifest.image.len(),
            kind: file.manifest.labels,
            labels: file.manifest.classes.into(),
        }))
    }

    /// What it sees in pictures, given one after the other: f32 `[count, C, H, W]` in 0..1.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn judge(&self, pictures: &[f32]) -> Result<Vec<Judgement>, ModelError> {
        let scores = self.classifier.tensor(&[pictures])?;
        self.judgements(scores, pictures)
    }

    /// The same, and the features in which pictures are compared, row after row: the numbers before the
    /// last layer, or what a graph gives as its features.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn look(&self, pictures: &[f32]) -> Result<(Vec<f32>, Vec<Judgement>), ModelError> {
        let mut found = self.classifier.tensors(&[pictures])?.into_iter();
        let lost = || ModelError("the classifier gave nothing".to_owned());
        let scores = found.next().ok_or_else(lost)?;
        let features = download(found.next().ok_or_else(lost)?)?;
        Ok((features, self.judgements(scores, pictures)?))
    }

    fn judgements(
        &self,
        scores: Tensor<2>,
        pictures: &[f32],
    ) -> Result<Vec<Judgement>, ModelError> {
        let rows = pictures.len() / self.picture_len.max(1);
        let probabilities = download(match self.kind {
            LabelKind::Classes => activation::softmax(scores, 1),
            LabelKind::Flags => activation::sigmoid(scores),
        })?;
        let judgements: Vec<Judgement> = probabilities
            .chunks_exact(self.labels.len().max(1))
            .map(|row| Judgement {
                kind: self.kind,
                labels: Arc::clone(&self.labels),
                probabilities: row.to_vec(),
            })
            .collect();
        if judgements.len() == rows {
            Ok(judgements)
        } else {
            Err(ModelError("the device gave no verdicts".to_owned()))
        }
    }
}

//! What a trained classifier finds in the pictures that a decoder makes of drawn codes.
//!
//! A discriminator of codes does not see what becomes of them: a code between that of a beard and that of none is nearly as likely as
//! either, and its picture shows a shadow. Here the decoder, which stays as it is, makes pictures of drawn codes, and a classifier, which
//! stays as it is, too, says what they show: the generator learns to draw what it is sure of, each label as often as the data.

use super::drift::{Drift, Found};
use crate::model::graph::GraphNetwork;
use crate::model::manifest::LabelKind;
use crate::model::{ModelError, download};
use crate::train::classifier::label_rows;
use crate::train::dataset::DataForm;
use crate::train::first_stage::FirstStage;
use crate::train::labeller::{Labeller, LabellerSettings};
use crate::train::recipe::Recipe;
use burn::tensor::{Device, Tensor};
use std::collections::BTreeMap;

/// Pictures after which half of a mean share has been replaced.
const HALF_LIFE: u64 = 3000;
/// What the means are called in a checkpoint.
const NAME: &str = "looks";

pub struct Looks {
    settings: LabellerSettings,
    decoder: GraphNetwork,
    labeller: Labeller,
    kind: LabelKind,
    drift: Drift,
}

impl Looks {
    /// Those of a recipe, where it has a classifier.
    ///
    /// # Errors
    /// When the classifier cannot be read or does not fit, or there is no decoder.
    pub fn of_recipe(
        (recipe, data): (&Recipe, &DataForm),
        first_stage: Option<&FirstStage>,
        device: &Device,
    ) -> Result<Option<Self>, ModelError> {
        let (Some(settings), Some(labeller)) =
            (&recipe.labels, Labeller::of_recipe(recipe, data, device)?)
        else {
            return Ok(None);
        };
        let first_stage =
            first_stage.ok_or_else(|| ModelError("has no decoder of its codes".to_owned()))?;
        Ok(Some(Self {
            settings: settings.clone(),
            decoder: first_stage.decoder(device)?,
            labeller,
            kind: data.kind,
            drift: Drift::new(data.labels.len(), HALF_LIFE),
        }))
    }

    /// Whether they count at this part of a run, 0 to 1.
    pub fn count_at(&self, progress: f64) -> bool {
        progress >= self.settings.from
    }

    /// The loss of drawn codes, and the probability of each label in the picture of each.
    ///
    /// # Errors
    /// When the device fails.
    pub fn loss(&self, codes: Tensor<2>) -> Result<(Tensor<1>, Vec<f32>), ModelError> {
        let pictures = self.decoder.forward_one(codes).map_err(ModelError)?;
        let logits = self.labeller.logits(pictures)?;
        let found = self.labeller.probabilities(logits.clone());
        let mean = found.clone().mean_dim(0);
        let loss = self.labeller.doubt(logits) + self.drift.loss(mean) * self.settings.shares;
        Ok((loss, download(found.inner())?))
    }

    /// The likeliest labels, as a batch has them, from their probabilities.
    pub fn labels(&self, probabilities: &[f32]) -> Vec<u8> {
        let known = self.drift.labels().max(1);
        match self.kind {
            LabelKind::Flags => probabilities.iter().map(|it| u8::from(*it > 0.5)).collect(),
            LabelKind::Classes => {
                let rows = probabilities.chunks_exact(known);
                let likeliest = rows.map(|row| {
                    let classes = row.iter().enumerate();
                    let most = classes.max_by(|(_, left), (_, right)| left.total_cmp(right));
                    most.map_or(0, |(class, _)| class as u8)
                });
                likeliest.collect()
            }
        }
    }

    /// Takes the probabilities that were found in the parts of a batch, and the labels of its data.
    pub fn note(&mut self, parts: &[Vec<f32>], labels: &[u8], batch: usize) {
        let known = self.drift.labels();
        let real = mean_row(&label_rows(self.kind, labels, known), known);
        let found = parts.iter().map(|drawn| Found {
            drawn: mean_row(drawn, known),
            real: real.clone(),
        });
        self.drift.note(&found.collect::<Vec<_>>(), batch);
    }

    /// How far the shares of all labels are from those of the data, in nats.
    pub fn divergence(&self) -> f32 {
        self.drift.divergence()
    }

    /// Everything that a resumed run needs.
    pub fn save(&self, into: &mut BTreeMap<String, Vec<f32>>) {
        self.drift.save(NAME, into);
    }

    /// Takes back what [`Self::save`] gave.
    ///
    /// # Errors
    /// When the state is of another recipe.
    pub fn restore(&mut self, from: &mut BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        self.drift.restore(NAME, from)
    }
}

/// The mean of rows of `len` numbers.
fn mean_row(rows: &[f32], len: usize) -> Vec<f32> {
    let count = (rows.len() / len.max(1)).max(1) as f32;
    let mut mean = vec![0.0; len];
    for row in rows.chunks_exact(len.max(1)) {
        let pairs = mean.iter_mut().zip(row);
        pairs.for_each(|(sum, value)| *sum += value / count);
    }
    mean
}

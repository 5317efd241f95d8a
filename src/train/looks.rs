//! What a trained classifier finds in pictures of codes that are drawn from the prior.
//!
//! Nobody knows what such a picture should show, but the classifier, which stays as it is, should be sure of it, and find each label as
//! often as the data has it. Without the second, the easiest way to be sure is to draw what is frequent.

use super::classifier::label_rows;
use super::dataset::DataForm;
use super::drift::{Drift, Found};
use super::labeller::{Labeller, LabellerSettings};
use super::recipe::Recipe;
use crate::model::manifest::LabelKind;
use crate::model::{ModelError, download};
use burn::tensor::{Device, Tensor};
use std::collections::BTreeMap;

/// Pictures after which half of a mean share has been replaced.
const HALF_LIFE: u64 = 3000;
/// What the means are called in a checkpoint.
const NAME: &str = "looks";

pub struct Looks {
    settings: LabellerSettings,
    labeller: Labeller,
    kind: LabelKind,
    drift: Drift,
}

impl Looks {
    /// Those of a recipe, where it has a classifier.
    ///
    /// # Errors
    /// When the classifier cannot be read or does not fit.
    pub fn of_recipe(
        recipe: &Recipe,
        data: &DataForm,
        device: &Device,
    ) -> Result<Option<Self>, ModelError> {
        let (Some(settings), Some(labeller)) =
            (&recipe.labels, Labeller::of_recipe(recipe, data, device)?)
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            settings: settings.clone(),
            labeller,
            kind: data.kind,
            drift: Drift::new(data.labels.len(), HALF_LIFE),
        }))
    }

    pub fn labeller(&self) -> &Labeller {
        &self.labeller
    }

    /// Whether anything comes of them but labels.
    pub fn have_weight(&self) -> bool {
        self.settings.sees_samples()
    }

    /// Whether they count at this part of a run, 0 to 1.
    pub fn count_at(&self, progress: f64) -> bool {
        progress >= self.settings.from
    }

    /// The loss of pictures in 0..1 of drawn codes, and the probability of each label in each of them.
    ///
    /// # Errors
    /// When the device fails.
    pub fn loss(&self, pictures: Tensor<2>) -> Result<(Tensor<1>, Vec<f32>), ModelError> {
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

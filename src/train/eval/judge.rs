//! Classifiers in use: what they say of pictures, and the features in which pictures are compared.

use crate::model::manifest::LabelKind;
use crate::model::{ModelError, ModelFile, Runner, Wiring, download};
use burn::tensor::{Device, activation};

/// Pictures judged at once.
const BATCH: usize = 250;

/// A classifier with its features.
pub struct Judge {
    classifier: Runner,
    picture_len: usize,
    kind: LabelKind,
    labels: Vec<String>,
}

/// What a judge says of pictures, row after row.
#[derive(Default)]
pub struct Verdicts {
    /// The numbers before the last layer, or what a graph gives as its features.
    pub features: Vec<f32>,
    /// The probability of each label.
    pub probabilities: Vec<f32>,
}

impl Verdicts {
    /// Takes the rows of others.
    pub fn extend(&mut self, others: Self) {
        self.features.extend(others.features);
        self.probabilities.extend(others.probabilities);
    }
}

impl Judge {
    /// # Errors
    /// When the file is of another family.
    pub fn new(file: &ModelFile, device: &Device) -> Result<Self, ModelError> {
        let name = &file.manifest.name;
        let networks = Wiring::of(&file.manifest);
        let networks = networks.map_err(|fault| ModelError(format!("{name}: {fault}")))?;
        let classifier = networks.classifier;
        let graph = classifier.ok_or_else(|| ModelError(format!("{name} is no classifier")))?;
        Ok(Self {
            classifier: Runner::new(&graph, file, device)?,
            picture_len: file.manifest.image.len(),
            kind: file.manifest.labels,
            labels: file.manifest.classes.clone(),
        })
    }

    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    pub fn kind(&self) -> LabelKind {
        self.kind
    }

    /// Judges pictures in 0..1.
    ///
    /// # Errors
    /// When the device fails.
    pub fn judge(&self, pictures: &[f32]) -> Result<Verdicts, ModelError> {
        let mut verdicts = Verdicts::default();
        for batch in pictures.chunks(BATCH * self.picture_len) {
            let mut found = self.classifier.tensors(&[batch])?.into_iter();
            let lost = || ModelError("the classifier gave nothing".to_owned());
            let logits = found.next().ok_or_else(lost)?;
            verdicts
                .features
                .extend(download(found.next().ok_or_else(lost)?)?);
            let probabilities = match self.kind {
                LabelKind::Classes => activation::softmax(logits, 1),
                LabelKind::Flags => activation::sigmoid(logits),
            };
            verdicts.probabilities.extend(download(probabilities)?);
        }
        Ok(verdicts)
    }

    /// Whether each label holds, 0 or 1, row after row: where a picture is of one class, that
    /// of the most probable class.
    pub fn holds(&self, verdicts: &Verdicts) -> Vec<u8> {
        let count = self.labels.len().max(1);
        match self.kind {
            LabelKind::Flags => {
                let all = verdicts.probabilities.iter();
                all.map(|&probability| u8::from(probability > 0.5))
                    .collect()
            }
            LabelKind::Classes => {
                let classes = self.classes(verdicts).into_iter();
                classes
                    .flat_map(|(class, _)| {
                        (0..count).map(move |label| u8::from(label == usize::from(class)))
                    })
                    .collect()
            }
        }
    }

    /// The most probable class of each picture, with its probability.
    pub fn classes(&self, verdicts: &Verdicts) -> Vec<(u8, f32)> {
        let rows = verdicts
            .probabilities
            .chunks_exact(self.labels.len().max(1));
        rows.filter_map(|row| {
            let best = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
            best.map(|(class, &probability)| (class as u8, probability))
        })
        .collect()
    }
}

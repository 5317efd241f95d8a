//! Classifiers in use: what they say of pictures, and the features in which pictures are compared.

use crate::model::manifest::{LabelKind, Role};
use crate::model::network::{Mode, Network, flat};
use crate::model::{ModelError, ModelFile, download, upload};
use burn::tensor::{Device, Tensor, TensorData, activation};

/// Pictures judged at once.
const BATCH: usize = 250;

/// A classifier with its features.
pub struct Judge {
    network: Network,
    picture_len: usize,
    kind: LabelKind,
    labels: Vec<String>,
    device: Device,
}

/// What a judge says of pictures, row after row.
#[derive(Default)]
pub struct Verdicts {
    /// The numbers before the last layer.
    pub features: Vec<f32>,
    /// The probability of each label.
    pub probabilities: Vec<f32>,
}

impl Judge {
    /// # Errors
    /// When the file is of another family.
    pub fn new(file: &ModelFile, device: &Device) -> Result<Self, ModelError> {
        let network = upload(file, Role::Classifier, device)?
            .ok_or_else(|| ModelError(format!("{} is no classifier", file.manifest.name)))?;
        Ok(Self {
            network,
            picture_len: file.manifest.image.len(),
            kind: file.manifest.labels,
            labels: file.manifest.classes.clone(),
            device: device.clone(),
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
            let rows = batch.len() / self.picture_len;
            let input: Tensor<2> = Tensor::from_data(
                TensorData::new(batch.to_vec(), [rows, self.picture_len]),
                &self.device,
            );
            let before_last = self.network.layer_count().saturating_sub(1);
            let found = self
                .network
                .run(input.clone(), before_last, &mut Mode::Inference);
            verdicts.features.extend(download(flat(found))?);
            let logits = self.network.forward(input);
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

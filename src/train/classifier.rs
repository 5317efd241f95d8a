//! Classifiers that judge pictures.

use super::dataset::DataForm;
use super::losses;
use super::parameters::Parameters;
use super::random::{Purpose, Stream};
use super::recipe::Recipe;
use super::settings::Settings;
use super::task::{Batch, Task, Trained, picture_network, rows, with_role};
use crate::model::manifest::{ImageSpec, LabelKind, NetworkSpec, Role};
use crate::model::network::{Mode, flat};
use crate::model::{ModelError, download};
use burn::tensor::Device;
use std::collections::BTreeMap;

pub struct ClassifierTask {
    settings: Settings,
    image: ImageSpec,
    class_count: usize,
    kind: LabelKind,
    device: Device,
    spec: NetworkSpec,
    classifier: Parameters,
}

impl ClassifierTask {
    pub fn new(recipe: &Recipe, data: &DataForm, device: Device) -> Result<Self, ModelError> {
        let settings = recipe.training.clone();
        let image = data.image;
        let spec = picture_network(image, &recipe.classifier);
        let betas = (settings.beta_1, settings.beta_2);
        // Dropout draws on the device.
        device.clone().inner().seed(settings.seed);
        Ok(Self {
            classifier: Parameters::new(&spec, settings.seed, betas, &device)?,
            class_count: data.labels.len(),
            kind: data.kind,
            image,
            spec,
            device,
            settings,
        })
    }
}

impl Task for ClassifierTask {
    fn step(&mut self, batch: Batch) -> Result<Vec<(&'static str, f32)>, ModelError> {
        let mut stream = Stream::new(self.settings.seed, Purpose::Augment, batch.step);
        let pictures = shifted(
            &batch.pictures,
            self.image,
            self.settings.shift,
            &mut stream,
        );
        let pictures = rows(pictures, self.image.len(), &self.device);
        let wanted = label_rows(self.kind, &batch.labels, self.class_count);
        let wanted = rows(wanted, self.class_count, &self.device);
        let network = self.classifier.network()?;
        let mut statistics = Vec::new();
        let mut mode = Mode::Training {
            statistics: &mut statistics,
        };
        let logits = flat(network.run(pictures, network.layer_count(), &mut mode));
        let loss = match self.kind {
            LabelKind::Classes => losses::cross_entropy(logits, wanted),
            LabelKind::Flags => losses::bernoulli(logits, wanted),
        };
        let shown = loss.clone().inner();
        let mut gradients = loss.backward();
        let rate = self.settings.learning_rate_at(batch.step);
        self.classifier.step(
            &mut gradients,
            rate,
            self.settings.average_decay_at(batch.step),
        );
        Ok(vec![("cross entropy", download(shown)?[0])])
    }

    fn save(&self) -> Result<BTreeMap<String, Vec<f32>>, ModelError> {
        let mut state = BTreeMap::new();
        self.classifier.save("classifier", &mut state)?;
        Ok(state)
    }

    fn restore(&mut self, mut state: BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        self.classifier
            .restore("classifier", &mut state, &self.device)
    }

    fn finish(&mut self) -> Result<Trained, ModelError> {
        Ok(Trained {
            networks: BTreeMap::from([(Role::Classifier, self.spec.clone().into())]),
            tensors: with_role(Role::Classifier, self.classifier.averaged()?).collect(),
            ..Trained::default()
        })
    }
}

/// What a classifier should say of pictures: a row of 0 and 1 for each, of one class or of any number of flags.
pub fn label_rows(kind: LabelKind, labels: &[u8], count: usize) -> Vec<f32> {
    match kind {
        LabelKind::Classes => {
            let mut one_hot = vec![0.0; labels.len() * count];
            for (row, &label) in labels.iter().enumerate() {
                one_hot[row * count + usize::from(label)] = 1.0;
            }
            one_hot
        }
        LabelKind::Flags => labels.iter().map(|&flag| f32::from(flag)).collect(),
    }
}

/// Each picture moved by up to `most` pixels in both directions, with zeros moving in.
fn shifted(pictures: &[f32], image: ImageSpec, most: usize, stream: &mut Stream) -> Vec<f32> {
    if most == 0 {
        return pictures.to_vec();
    }
    let (height, width) = (image.height, image.width);
    let mut moved = vec![0.0; pictures.len()];
    let planes = pictures
        .chunks_exact(image.len())
        .zip(moved.chunks_exact_mut(image.len()));
    for (from, to) in planes {
        let mut shift = || stream.below(2 * most + 1) as isize - most as isize;
        let (down, right) = (shift(), shift());
        for row in 0..image.channels * height {
            let (channel, y) = (row / height, row % height);
            let Some(source_y) = y.checked_add_signed(-down).filter(|&y| y < height) else {
                continue;
            };
            for x in 0..width {
                if let Some(source_x) = x.checked_add_signed(-right).filter(|&x| x < width) {
                    let source = (channel * height + source_y) * width + source_x;
                    to[row * width + x] = from[source];
                }
            }
        }
    }
    moved
}

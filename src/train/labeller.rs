//! A classifier that tells an autoencoder which attributes its pictures should keep, and a generator of codes what its
//! pictures show.
//!
//! The error of a few pixels is little, so a decoder that learns it alone leaves out what is small, such as a
//! closed eye, even where the codes have it. A trained classifier, which stays as it is, weighs such pixels by what they
//! say. It must not be the one that measures the model afterwards.

use super::classifier::label_rows;
use super::dataset::DataForm;
use super::losses;
use super::memory::RunMemory;
use super::recipe::Recipe;
use super::task::rows;
use crate::model::graph::{self, GraphNetwork, GraphPlan};
use crate::model::manifest::{ImageSpec, LabelKind, Role};
use crate::model::{ModelError, ModelFile};
use burn::tensor::{Device, Tensor, TensorData, activation};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// Which classifier, and how much it counts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabellerSettings {
    /// A classifier of the labels of the data, beside the recipe if the path is relative.
    pub classifier: PathBuf,
    /// Weight of the cross entropy of the labels of reconstructions, in nats. Where a picture has any number of
    /// labels, it is averaged over all that there are.
    #[serde(default)]
    pub weight: f64,
    /// Weight of the entropy, in nats, of the labels of samples: pictures of codes that are drawn from the prior or, where
    /// a decoder is refined, by generators. A decoder that is told nothing of codes between those of pictures draws
    /// something between two kinds there. Averaged as above.
    #[serde(default)]
    pub doubt: f64,
    /// Weight of the divergence of the share of each label in samples from that in the data, in nats summed over the labels.
    #[serde(default)]
    pub shares: f64,
    /// From which part of the run on, 0 to 1, samples count.
    #[serde(default)]
    pub from: f64,
    /// Whether the classifier sees pictures through a 3x3 blur. Without it a decoder learns fine patterns that the classifier
    /// takes for a label and people do not see as one (Goodfellow et al. 2015 on such patterns).
    #[serde(default)]
    pub blur: bool,
}

impl LabellerSettings {
    /// Whether what is drawn from the prior counts.
    pub fn sees_samples(&self) -> bool {
        self.doubt > 0.0 || self.shares > 0.0
    }

    pub fn is_sound(&self) -> bool {
        let weights = [self.weight, self.doubt, self.shares];
        (0.0..1.0).contains(&self.from)
            && weights
                .iter()
                .all(|weight| *weight >= 0.0 && weight.is_finite())
    }
}

pub struct Labeller {
    weight: f64,
    doubt: f64,
    /// The form of the pictures, where they are blurred first.
    blurred: Option<ImageSpec>,
    network: GraphNetwork,
    kind: LabelKind,
    labels: usize,
    device: Device,
}

/// A classifier that fits the data, and its layers.
fn read(
    settings: &LabellerSettings,
    data: &DataForm,
) -> Result<(ModelFile, GraphPlan), ModelError> {
    let path = settings.classifier.display();
    let fault = |fault: String| ModelError(format!("has an unfit classifier {path}: {fault}"));
    let file = ModelFile::read(&settings.classifier).map_err(|error| fault(error.to_string()))?;
    let manifest = &file.manifest;
    if manifest.image != data.image {
        return Err(fault(
            "its pictures have another size than the data".to_owned(),
        ));
    }
    let form = manifest.networks.get(&Role::Classifier);
    let form = form.ok_or_else(|| fault("it is no classifier".to_owned()))?;
    if manifest.labels != data.kind || manifest.classes != data.labels {
        return Err(fault("it knows other labels than the data".to_owned()));
    }
    let graph = form.graph().map_err(fault)?;
    let plan = graph::plan(&graph).map_err(fault)?;
    Ok((file, plan))
}

/// What the classifier of a recipe takes; nothing where it names none.
///
/// # Errors
/// As [`Labeller::read`].
pub fn memory(recipe: &Recipe, data: &DataForm) -> Result<RunMemory, ModelError> {
    match &recipe.labels {
        Some(labels) => read(labels, data).map(|(_, plan)| RunMemory::of_graph(&plan)),
        None => Ok(RunMemory::default()),
    }
}

impl Labeller {
    /// The classifier that a recipe names.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of_recipe(
        recipe: &Recipe,
        data: &DataForm,
        device: &Device,
    ) -> Result<Option<Self>, ModelError> {
        let labels = recipe.labels.as_ref();
        labels.map(|it| Self::read(it, data, device)).transpose()
    }

    /// Reads the classifier.
    ///
    /// # Errors
    /// A sentence that names the file when it cannot be read, or is no classifier of the pictures and labels of the data.
    pub fn read(
        settings: &LabellerSettings,
        data: &DataForm,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let (file, plan) = read(settings, data)?;
        let role = Role::Classifier.name();
        let network = GraphNetwork::of_plan(Arc::new(plan), device, |name| {
            let values = file.tensors.get(&format!("{role}.{name}"))?.values.clone();
            let len = values.len();
            Some(Tensor::from_data(TensorData::new(values, [len]), device))
        });
        Ok(Self {
            weight: settings.weight,
            doubt: settings.doubt,
            blurred: settings.blur.then_some(data.image),
            network: network.map_err(ModelError)?,
            kind: data.kind,
            labels: data.labels.len(),
            device: device.clone(),
        })
    }

    /// The weighted loss of pictures in 0..1, which should show these labels, as [`super::task::Batch`] has them.
    ///
    /// # Errors
    /// When the pictures are not of the size that the classifier takes.
    pub fn loss(&self, pictures: Tensor<2>, labels: &[u8]) -> Result<Tensor<1>, ModelError> {
        let logits = self.logits(pictures)?;
        let wanted = label_rows(self.kind, labels, self.labels);
        let wanted = rows(wanted, self.labels, &self.device);
        Ok(self.cross_entropy(logits, wanted) * self.weight)
    }

    /// What the classifier says of pictures in 0..1, `[batch, labels]`.
    ///
    /// # Errors
    /// When the pictures are not of the size that the classifier takes.
    pub fn logits(&self, pictures: Tensor<2>) -> Result<Tensor<2>, ModelError> {
        let pictures = match self.blurred {
            Some(image) => blurred(pictures, image),
            None => pictures,
        };
        self.network.forward_one(pictures).map_err(ModelError)
    }

    /// The probability of each label.
    pub fn probabilities(&self, logits: Tensor<2>) -> Tensor<2> {
        match self.kind {
            LabelKind::Classes => activation::softmax(logits, 1),
            LabelKind::Flags => activation::sigmoid(logits),
        }
    }

    /// The weighted entropy of what is found in samples, whose labels nobody knows: it falls as the classifier gets
    /// sure of them, whichever way (Grandvalet and Bengio 2004).
    pub fn doubt(&self, logits: Tensor<2>) -> Tensor<1> {
        let found = self.probabilities(logits.clone());
        self.cross_entropy(logits, found) * self.doubt
    }

    fn cross_entropy(&self, logits: Tensor<2>, wanted: Tensor<2>) -> Tensor<1> {
        match self.kind {
            LabelKind::Classes => losses::cross_entropy(logits, wanted),
            LabelKind::Flags => losses::bernoulli(logits, wanted) / self.labels as f64,
        }
    }
}

/// Pictures through the 3x3 filter with weights of 1, 2 and 1 along each side; the border is continued.
fn blurred(pictures: Tensor<2>, image: ImageSpec) -> Tensor<2> {
    let [count, len] = pictures.dims();
    let planes = pictures.reshape([count, image.channels, image.height, image.width]);
    // A side of one pixel has no neighbours.
    let axes = [2, 3].into_iter().filter(|axis| planes.dims()[*axis] > 1);
    let axes: Vec<usize> = axes.collect();
    let planes = axes.into_iter().fold(planes, |planes, axis| {
        let last = planes.dims()[axis] - 1;
        let part = |from: usize, to: usize| planes.clone().slice_dim(axis, from..to);
        let before = Tensor::cat(vec![part(0, 1), part(0, last)], axis);
        let after = Tensor::cat(vec![part(1, last + 1), part(last, last + 1)], axis);
        (before + planes * 2.0 + after) / 4.0
    });
    planes.reshape([count, len])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::save::save;
    use crate::model::{catalogue, device, download};

    fn digits() -> (DataForm, LabellerSettings, tempfile::TempDir) {
        let entry = catalogue::find("digits-judge").expect("it is built in");
        let folder = tempfile::tempdir().expect("a folder");
        let classifier = folder.path().join("judge.safetensors");
        save(&classifier, entry.bytes).expect("room for it");
        let manifest = ModelFile::from_bytes(entry.bytes).expect("sound").manifest;
        let data = DataForm {
            image: manifest.image,
            kind: manifest.labels,
            labels: manifest.classes,
            groups: Vec::new(),
            entries: Vec::new(),
        };
        let settings = LabellerSettings {
            classifier,
            weight: 2.0,
            doubt: 3.0,
            shares: 0.0,
            from: 0.0,
            blur: false,
        };
        (data, settings, folder)
    }

    /// A picture that is an upright stroke.
    fn stroke() -> Vec<f32> {
        let lit = |at: usize| (5..23).contains(&(at / 28)) && (13..16).contains(&(at % 28));
        (0..784).map(|at| f32::from(lit(at))).collect()
    }

    #[test]
    fn the_loss_is_less_for_what_a_picture_shows_and_leads_to_what_it_should() {
        let (data, settings, _folder) = digits();
        let device = device::cpu().autodiff();
        let labeller = Labeller::read(&settings, &data, &device).expect("it fits");
        let loss = |pictures: &Tensor<2>, label: u8| {
            let loss = labeller.loss(pictures.clone(), &[label]).expect("it fits");
            let value = download(loss.clone().inner()).expect("the CPU works")[0];
            (loss, value)
        };
        let picture = rows(stroke(), 784, &device).require_grad();
        let (_, one) = loss(&picture, 1);
        let (of_seven, seven) = loss(&picture, 7);
        assert!(one < 0.5, "a stroke is a 1: {one}");
        assert!(seven > one + 1.0, "and no 7: {seven}");
        let gradient = picture.grad(&of_seven.backward()).expect("it hangs on it");
        let moved = Tensor::from_inner(picture.clone().inner() - gradient * 0.1);
        let (_, less) = loss(&moved, 7);
        assert!(less < seven, "{less} after a step from {seven}");
    }

    /// Levels stay, fine patterns vanish, and a point is spread over its neighbours.
    #[test]
    fn a_blur_takes_fine_patterns_away() {
        let image = ImageSpec {
            channels: 2,
            height: 4,
            width: 5,
        };
        let seen = |value: fn(usize, usize) -> f32| {
            let plane = (0..20).map(|at| value(at / 5, at % 5));
            let values: Vec<f32> = plane.clone().chain(plane).collect();
            let pictures = rows(values, 40, &Device::flex());
            download(blurred(pictures, image)).expect("the CPU works")
        };
        let level = seen(|_, _| 0.7);
        assert!(
            level.iter().all(|value| (value - 0.7).abs() < 1e-6),
            "{level:?}"
        );
        let pattern = seen(|y, x| ((x + y) % 2) as f32);
        for at in [6, 7, 8, 11, 12, 13, 26] {
            assert!((pattern[at] - 0.5).abs() < 1e-6, "{at}: {pattern:?}");
        }
        let point = seen(|y, x| f32::from((y, x) == (1, 2)));
        assert_eq!(
            [point[7], point[6], point[1], point[8]],
            [0.25, 0.125, 0.0625, 0.125]
        );
        assert_eq!(point[14], 0.0);
        let line = ImageSpec {
            channels: 1,
            height: 1,
            width: 3,
        };
        let pictures = rows(vec![0.0, 1.0, 0.0], 3, &Device::flex());
        let spread = download(blurred(pictures, line)).expect("the CPU works");
        assert_eq!(spread, [0.25, 0.5, 0.25]);
    }

    #[test]
    fn doubt_is_the_entropy_of_what_is_found_and_falls_along_its_gradient() {
        let (data, settings, _folder) = digits();
        let device = device::cpu().autodiff();
        let labeller = Labeller::read(&settings, &data, &device).expect("it fits");
        let doubt = |pictures: &Tensor<2>| {
            let doubt = labeller.doubt(labeller.logits(pictures.clone()).expect("it fits"));
            let value = download(doubt.clone().inner()).expect("the CPU works")[0];
            (doubt, value)
        };
        // Nobody can say what a stroke in half its ink over a bar is.
        let bar = |at: usize| (12..15).contains(&(at / 28)) && (5..23).contains(&(at % 28));
        let ink = |(at, ink): (usize, f32)| ink * 0.4 + f32::from(bar(at)) * 0.4;
        let between = stroke().into_iter().enumerate().map(ink);
        let picture = rows(between.collect(), 784, &device).require_grad();
        let (_, of_stroke) = doubt(&rows(stroke(), 784, &device));
        let (found, of_cross) = doubt(&picture);
        let most = 3.0 * 10f32.ln();
        assert!(
            (0.0..=most).contains(&of_cross),
            "{of_cross} of at most {most}"
        );
        assert!(
            of_stroke + 0.1 < of_cross,
            "a stroke is surer: {of_stroke} and {of_cross}"
        );
        let gradient = picture.grad(&found.backward()).expect("it hangs on it");
        let moved = Tensor::from_inner(picture.clone().inner() - gradient * 0.02);
        let (_, less) = doubt(&moved);
        assert!(less < of_cross, "{less} after a step from {of_cross}");
    }

    #[test]
    fn a_classifier_of_other_labels_is_refused() {
        let (data, settings, _folder) = digits();
        let others = DataForm {
            labels: vec!["a".to_owned(); 10],
            ..data
        };
        let Err(error) = Labeller::read(&settings, &others, &device::cpu()) else {
            panic!("it knows digits");
        };
        assert!(error.to_string().contains("other labels"), "{error}");
        assert!(error.to_string().contains("judge.safetensors"), "{error}");
    }
}

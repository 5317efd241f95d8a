//! What was found out about one picture: plain data.

use super::manifest::{ImageSpec, LabelKind};

use crate::latent::{Code, Vocabulary, VocabularyKind, stands_for};
use std::sync::Arc;

/// From which probability on a label is surely there: below it a judge of many labels is wrong too often
/// to be quoted.
pub const SURE: f32 = 0.8;

/// A code with its picture, and what the other networks say of that picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Measurement {
    /// The value of the expression.
    pub code: Code,
    pub image: ImageSpec,
    /// f32 `[C, H, W]` in 0..1.
    pub picture: Vec<f32>,
    /// What the classifier of the same data sees; `None` where the catalogue has none.
    pub judged: Option<Judgement>,
    /// The mean squared error between the picture and what encoding and decoding makes of it;
    /// `None` without an encoder.
    pub reconstruction_mse: Option<f32>,
    /// How many bits a number of the picture takes, each in the middle of its 256 values; `None` where
    /// the model knows no density.
    pub bits_per_dimension: Option<f32>,
    /// The Euclidean distance of the code to the nearest encoded test datum; `None` without such
    /// data and outside z.
    pub nearest: Option<f32>,
}

/// What a classifier says of one picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Judgement {
    /// Whether the picture has one of the labels or any number of them.
    pub kind: LabelKind,
    pub labels: Arc<[String]>,
    /// The probability of each label, 0..1.
    pub probabilities: Vec<f32>,
}

impl Judgement {
    /// The most probable class with its probability; `None` where a picture has any number of
    /// labels.
    pub fn class(&self) -> Option<(usize, f32)> {
        if self.kind == LabelKind::Flags {
            return None;
        }
        let found = self.probabilities.iter().copied().enumerate();
        found.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The labels that the picture surely has, the surest first: the most probable class, or all labels
    /// with a probability of at least [`SURE`].
    pub fn seen(&self) -> Vec<(&str, f32)> {
        let label = |(place, &probability): (usize, &f32)| {
            Some((self.labels.get(place)?.as_str(), probability))
        };
        let all = || self.probabilities.iter().enumerate().filter_map(label);
        let mut seen: Vec<_> = match self.class() {
            Some((class, _)) => all().skip(class).take(1).collect(),
            None => all().filter(|(_, it)| *it >= SURE).collect(),
        };
        seen.sort_by(|a, b| b.1.total_cmp(&a.1));
        seen
    }

    /// What a model that takes these words would have to be asked for to draw the picture.
    pub fn condition(&self, vocabulary: &Vocabulary) -> Vec<f32> {
        let class = self.class().map(|(class, _)| class);
        let weight = |word: &String| {
            let place = self.labels.iter().position(|label| stands_for(word, label));
            match (vocabulary.kind, place) {
                (_, None) => 0.0,
                (VocabularyKind::Classes, place) => f32::from(place == class),
                (VocabularyKind::Attributes, Some(place)) => {
                    let probability = self.probabilities.get(place);
                    if probability.is_some_and(|it| *it > 0.5) {
                        1.0
                    } else {
                        -1.0
                    }
                }
            }
        };
        vocabulary.words.iter().map(weight).collect()
    }

    /// The probability of a label by its name.
    pub fn probability(&self, label: &str) -> Option<f32> {
        let place = self.labels.iter().position(|known| known == label)?;
        self.probabilities.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_class_or_all_sure_labels_are_seen() {
        let judged = |kind, probabilities: &[f32]| Judgement {
            kind,
            labels: ["a", "b", "c"].map(str::to_owned).into(),
            probabilities: probabilities.to_vec(),
        };
        let classes = judged(LabelKind::Classes, &[0.3, 0.45, 0.25]);
        assert_eq!(classes.seen(), [("b", 0.45)], "the best, however unsure");
        let flags = judged(LabelKind::Flags, &[0.85, 0.79, 0.95]);
        assert_eq!(flags.seen(), [("c", 0.95), ("a", 0.85)]);
        assert!(judged(LabelKind::Flags, &[0.1, 0.2, 0.3]).seen().is_empty());
    }
}

//! What a step along a direction does to samples, and which directions are the best.

use super::attributes::{AttributeClassifier, Predictions};
use crate::latent::{NoiseMode, Space};
use crate::model::directions::{BEST, MeasuredDirection, Method, SideEffect};
use crate::model::{Generator, ModelError};
use std::collections::BTreeSet;

/// How far codes are moved, in standard deviations.
pub const SIGMA: f32 = 2.0;
/// Side effects that are kept for each direction.
const KEPT_EFFECTS: usize = 5;
/// Samples around which the picture change of one standard deviation is measured.
const CENTRES: usize = 16;
/// Pictures in one batch.
const BATCH: usize = 250;
/// Below this cosine two directions are one, in opposite senses: dark skin and light skin.
const OPPOSITE: f64 = -0.7;
/// How many pictures would have two labels by chance that rule each other out.
const LEAST_EXPECTED: usize = 10;

/// Labels that one picture never has together, such as a smile and a frown. Losing the one is no side
/// effect of gaining the other.
#[derive(Default)]
pub struct Exclusions {
    labels: usize,
    /// Row after row, whether a label rules another out.
    excludes: Vec<bool>,
}

impl Exclusions {
    /// What flags, rows of `labels` of 0 and 1, never hold together although both come up.
    pub fn of(flags: &[u8], labels: usize) -> Self {
        let mut together = vec![0usize; labels * labels];
        for row in flags.chunks_exact(labels.max(1)) {
            for (first, _) in row.iter().enumerate().filter(|(_, flag)| **flag == 1) {
                for (second, _) in row.iter().enumerate().filter(|(_, flag)| **flag == 1) {
                    together[first * labels + second] += 1;
                }
            }
        }
        let count = |label: usize| together[label * labels + label];
        let rows = (flags.len() / labels.max(1)).max(1);
        let excludes = (0..labels * labels).map(|place| {
            let (first, second) = (place / labels.max(1), place % labels.max(1));
            // As many together by chance leave no doubt that it is a rule.
            let expected = count(first) * count(second) / rows;
            together[place] == 0 && expected >= LEAST_EXPECTED
        });
        Self {
            labels,
            excludes: excludes.collect(),
        }
    }

    /// Whether pictures with `label` cannot have `other`.
    pub fn rules_out(&self, label: usize, other: usize) -> bool {
        label < self.labels
            && other < self.labels
            && self.excludes.get(label * self.labels + other) == Some(&true)
    }
}

/// A direction before it is measured; its length is one standard deviation.
pub struct Candidate {
    pub name: String,
    pub space: Space,
    pub method: Method,
    pub step: Vec<f32>,
    /// The label that it was found for; the others carry the one that changes most, and are
    /// turned so that it grows.
    pub label: Option<usize>,
    pub accuracy: Option<f64>,
    pub baseline: Option<f64>,
}

/// The samples that directions are tried on.
pub struct Trial<'a> {
    pub generator: &'a Generator,
    pub attributes: &'a AttributeClassifier,
    /// Codes in z and, where there is a mapping network, the same in w.
    pub z: &'a [f32],
    pub w: Option<&'a [f32]>,
    /// What is seen before a step.
    pub before: &'a Predictions,
    /// Labels whose changes count.
    pub judged: &'a [usize],
    /// Those of them that enough samples have and enough lack.
    pub frequent: &'a [usize],
    pub exclusions: &'a Exclusions,
}

/// What was seen after a step, label by label.
struct After {
    /// Mean change of the probability.
    change: Vec<f32>,
    /// Of the samples without the label, the share that has it.
    flips: Vec<f32>,
}

impl Trial<'_> {
    /// Measures a candidate, turned if need be.
    ///
    /// # Errors
    /// When the device fails.
    pub fn measure(
        &self,
        candidate: Candidate,
    ) -> Result<(MeasuredDirection, Vec<f32>), ModelError> {
        let mut step = candidate.step;
        let mut after = self.after(candidate.space, &step, SIGMA)?;
        let mut label = candidate.label;
        if label.is_none() {
            let back = self.after(candidate.space, &step, -SIGMA)?;
            let width = |&label: &usize| (after.change[label] - back.change[label]).abs();
            let most = self.frequent.iter().copied();
            label = most.max_by(|a, b| width(a).total_cmp(&width(b)));
            if label.is_some_and(|label| after.change[label] < back.change[label]) {
                step.iter_mut().for_each(|value| *value = -*value);
                after = back;
            }
        }
        let name = |label: usize| self.attributes.title(label);
        let mut others: Vec<SideEffect> = self
            .judged
            .iter()
            .filter(|&&other| {
                let is_lost = after.change[other] < 0.0;
                let ruled_out = label.is_some_and(|it| self.exclusions.rules_out(it, other));
                Some(other) != label && !(is_lost && ruled_out)
            })
            .map(|&other| SideEffect {
                label: name(other),
                change: after.change[other],
            })
            .collect();
        let others_total = others.iter().map(|other| other.change.abs()).sum();
        others.sort_by(|a, b| b.change.abs().total_cmp(&a.change.abs()));
        others.truncate(KEPT_EFFECTS);
        let flips = label.map_or(0.0, |label| after.flips[label]);
        let measured = MeasuredDirection {
            name: candidate.name,
            space: candidate.space,
            method: candidate.method,
            label: label.map(name),
            flips,
            others,
            others_total,
            picture_change: self.picture_change(candidate.space, &step)?,
            accuracy: candidate.accuracy.map(|value| value as f32),
            baseline: candidate.baseline.map(|value| value as f32),
            score: score(flips, others_total),
            is_best: false,
        };
        Ok((measured, step))
    }

    /// The pictures of the first `count` samples after a step.
    fn pictures(
        &self,
        space: Space,
        step: &[f32],
        sigma: f32,
        samples: std::ops::Range<usize>,
    ) -> Result<Vec<f32>, ModelError> {
        let codes = if space == Space::Z {
            self.z
        } else {
            self.w.unwrap_or(self.z)
        };
        let dim = step.len().max(1);
        let moved: Vec<f32> = codes
            .chunks_exact(dim)
            .skip(samples.start)
            .take(samples.len())
            .flat_map(|code| {
                code.iter()
                    .zip(step)
                    .map(|(value, step)| value + sigma * step)
            })
            .collect();
        let inputs = self.generator.inputs(space, &moved)?;
        self.generator.decode_to_vec(&inputs, NoiseMode::Const)
    }

    fn after(&self, space: Space, step: &[f32], sigma: f32) -> Result<After, ModelError> {
        let labels = self.attributes.labels().len().max(1);
        let count = self.before.holds.len() / labels;
        let mut seen = Predictions::default();
        for first in (0..count).step_by(BATCH) {
            let samples = first..(first + BATCH).min(count);
            let part = self
                .attributes
                .look(&self.pictures(space, step, sigma, samples)?)?;
            seen.probabilities.extend(part.probabilities);
            seen.holds.extend(part.holds);
        }
        Ok(compare(self.before, &seen, labels))
    }

    /// The root mean square change of a pixel for one standard deviation, as half the difference
    /// between a step forward and a step back.
    fn picture_change(&self, space: Space, step: &[f32]) -> Result<f32, ModelError> {
        let samples = 0..CENTRES;
        let ahead = self.pictures(space, step, 1.0, samples.clone())?;
        let behind = self.pictures(space, step, -1.0, samples)?;
        let squares = ahead.iter().zip(&behind);
        let sum: f64 = squares.map(|(a, b)| f64::from((a - b) / 2.0).powi(2)).sum();
        Ok((sum / ahead.len().max(1) as f64).sqrt() as f32)
    }
}

/// What changed from `before` to `after`, label by label.
fn compare(before: &Predictions, after: &Predictions, labels: usize) -> After {
    let rows = (before.holds.len() / labels).max(1) as f32;
    let mut change = vec![0.0; labels];
    let (mut lacking, mut flipped) = (vec![0.0f32; labels], vec![0.0f32; labels]);
    for (index, (from, to)) in before
        .probabilities
        .iter()
        .zip(&after.probabilities)
        .enumerate()
    {
        change[index % labels] += (to - from) / rows;
    }
    for (index, (from, to)) in before.holds.iter().zip(&after.holds).enumerate() {
        if *from == 0 {
            lacking[index % labels] += 1.0;
            flipped[index % labels] += f32::from(*to);
        }
    }
    let shares = flipped.into_iter().zip(lacking);
    let flips = shares
        .map(|(flipped, lacking)| flipped / lacking.max(1.0))
        .collect();
    After { change, flips }
}

/// What directions are ranked by: how often the own label flips, the less the more the
/// probabilities of all other labels change.
fn score(flips: f32, others_total: f32) -> f32 {
    flips / (1.0 + others_total)
}

/// Puts the best first and marks them: the highest scores, one for each label and for each line, that
/// flip anything at all; what is measured rather than judged, and what leads against one of them, is
/// not among them. Of two found for labels that lead against each other, it is the one that flips more. The rest follow by
/// their scores. Of several with one name the best is kept.
pub fn rank(
    mut all: Vec<(MeasuredDirection, Vec<f32>)>,
    is_measured: impl Fn(&str) -> bool,
) -> Vec<(MeasuredDirection, Vec<f32>)> {
    all.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score).then(a.name.cmp(&b.name)));
    let mut names = BTreeSet::new();
    all.retain(|(one, _)| names.insert(one.name.clone()));
    let is_judged =
        |one: &MeasuredDirection| one.label.as_ref().is_some_and(|label| !is_measured(label));
    let was_sought = |one: &MeasuredDirection| {
        is_judged(one) && !matches!(one.method, Method::Pca | Method::Sefa)
    };
    let sought: Vec<(Space, f32, Vec<f32>)> = all
        .iter()
        .filter(|(one, _)| was_sought(one))
        .map(|(one, step)| (one.space, one.flips, step.clone()))
        .collect();
    let mut taken: Vec<(String, Space, Vec<f32>)> = Vec::new();
    for (one, step) in &mut all {
        let is_against =
            |space: Space, other: &[f32]| space == one.space && cosine(other, step) < OPPOSITE;
        let is_beaten = sought
            .iter()
            .any(|(space, flips, other)| *flips > one.flips && is_against(*space, other));
        let is_new = one.label.as_ref().is_some_and(|label| {
            let mut taken = taken.iter();
            !taken.any(|(known, space, other)| known == label || is_against(*space, other))
        });
        let is_new = is_new && is_judged(one) && !is_beaten;
        one.is_best = is_new && one.score > 0.0 && taken.len() < BEST;
        if let Some(label) = one.label.clone().filter(|_| one.is_best) {
            taken.push((label, one.space, step.clone()));
        }
    }
    // Stable, so both parts stay ranked.
    all.sort_by_key(|(one, _)| !one.is_best);
    all
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let products = a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b));
        products.sum()
    };
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 {
        dot(a, b) / lengths
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(probabilities: &[f32]) -> Predictions {
        Predictions {
            probabilities: probabilities.to_vec(),
            holds: probabilities.iter().map(|&p| u8::from(p > 0.5)).collect(),
        }
    }

    #[test]
    fn labels_that_never_meet_rule_each_other_out() {
        // Smile or frown, never both; a hat with either; a beard on one face in a hundred.
        let flags: Vec<u8> = (0..400u32)
            .flat_map(|n| {
                let smiles = n % 2 == 0;
                [smiles, !smiles && n % 4 == 1, n % 3 == 0, n % 100 == 1].map(u8::from)
            })
            .collect();
        let found = Exclusions::of(&flags, 4);
        assert!(found.rules_out(0, 1) && found.rules_out(1, 0));
        assert!(!found.rules_out(0, 0) && !found.rules_out(0, 2));
        assert!(!found.rules_out(0, 3), "too few to be sure");
        assert!(!found.rules_out(0, 9) && !Exclusions::default().rules_out(0, 1));
    }

    #[test]
    fn flips_count_only_samples_that_lack_the_label() {
        // Three samples with two labels.
        let before = seen(&[0.1, 0.9, 0.2, 0.9, 0.8, 0.1]);
        let after = seen(&[0.9, 0.9, 0.3, 0.2, 0.9, 0.1]);
        let found = compare(&before, &after, 2);
        assert_eq!(found.flips, [0.5, 0.0]);
        assert!((found.change[0] - 1.0 / 3.0).abs() < 1e-6);
        assert!((found.change[1] + 0.7 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn the_best_are_of_different_labels_and_come_first() {
        let one = |name: &str, label: Option<&str>, flips: f32, others_total: f32| {
            let measured = MeasuredDirection {
                name: name.to_owned(),
                space: Space::W,
                method: Method::Probe,
                label: label.map(str::to_owned),
                flips,
                others: Vec::new(),
                others_total,
                picture_change: 0.1,
                accuracy: None,
                baseline: None,
                score: score(flips, others_total),
                is_best: false,
            };
            let is_shield = name.starts_with("shield") || name == "eyes closed";
            let along = f32::from(u8::from(is_shield));
            (measured, vec![along, 1.0 - along])
        };
        let mut all = vec![
            one("weak", Some("hat"), 0.2, 0.0),
            one("strong but broad", Some("orc"), 0.9, 2.0),
            one("shield", Some("shield"), 0.8, 0.1),
            one("shield again", Some("shield"), 0.7, 0.1),
            one("shield", Some("shield"), 0.3, 0.1),
            one("nothing", None, 0.0, 0.0),
        ];
        all.extend((0..10).map(|n| one(&format!("n{n}"), Some(&format!("l{n}")), 0.1, 0.0)));
        all.push(one("ground", Some("warm background"), 0.99, 0.0));
        let against = |name, label, flips, others_total| {
            let (measured, _) = one(name, label, flips, others_total);
            (measured, vec![-1.0, 0.0])
        };
        all.push(against("no shield", Some("bare"), 0.7, 0.0));
        let ranked = rank(all, |label| label == "warm background");
        let names: Vec<&str> = ranked.iter().map(|(one, _)| one.name.as_str()).collect();
        assert_eq!(names[..4], ["shield", "strong but broad", "weak", "n0"]);
        assert_eq!(ranked.iter().filter(|(one, _)| one.is_best).count(), BEST);
        assert_eq!(names.iter().filter(|name| **name == "shield").count(), 1);
        assert_eq!(ranked[0].0.flips, 0.8, "the better of one name");
        let others = ["ground", "no shield", "shield again"];
        assert_eq!(names[BEST..BEST + 3], others, "not among the best");

        // Glasses come with side effects, but more often than what leads against them.
        let both = vec![
            one("eyes closed", Some("eyes closed"), 0.90, 0.1),
            against("glasses", Some("glasses"), 0.95, 0.3),
        ];
        let both = rank(both, |_| false);
        let best: Vec<&str> = both
            .iter()
            .filter(|(one, _)| one.is_best)
            .map(|(one, _)| one.name.as_str())
            .collect();
        assert_eq!(best, ["glasses"]);
        assert!(
            ranked
                .last()
                .is_some_and(|(one, _)| one.name == "nothing" && !one.is_best)
        );
    }
}

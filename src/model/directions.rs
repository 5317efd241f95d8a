//! What was measured on the directions of a model: the record in the manifest that goes with the
//! tensors `direction.SPACE.NAME`.
//!
//! The record is a hint for people. A file without one is whole, and one of a later version is
//! passed over: the directions themselves still work.

use crate::latent::Space;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt::Write as _;

/// The version that this program writes, and the only one that it reads.
pub const RECORD_VERSION: u32 = 1;
/// How many directions are marked as the best.
pub const BEST: usize = 8;
/// The most directions that a record may name.
const MAX_DIRECTIONS: usize = 4096;
/// Side effects that the one line names.
const NAMED_EFFECTS: usize = 2;
/// Side effects below this are not worth a word.
const SMALL_EFFECT: f32 = 0.03;

/// How directions were found and what each of them does.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DirectionsRecord {
    pub version: u32,
    /// The classifier that judged the pictures, and the hash of its file.
    pub judge: String,
    pub judge_hash: String,
    /// Random codes whose pictures were judged to find directions.
    pub samples: usize,
    /// Those of them on which effects were measured.
    pub measured: usize,
    /// What the codes were drawn with.
    pub seed: u64,
    /// How far a code was moved to see an effect, in standard deviations.
    pub sigma: f32,
    /// Every direction, the best first.
    pub directions: Vec<MeasuredDirection>,
    /// Labels without a direction, each with the reason.
    #[serde(default)]
    pub left_out: Vec<Rejected>,
}

/// A direction and what going along it does.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MeasuredDirection {
    pub name: String,
    pub space: Space,
    pub method: Method,
    /// The label that it was found for, or else the one that changes most along it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Of the samples without that label, the share that has it after the step, 0..1.
    pub flips: f32,
    /// What else changes most, the largest first.
    #[serde(default)]
    pub others: Vec<SideEffect>,
    /// The sum of the sizes of the changes of all other labels.
    pub others_total: f32,
    /// The root mean square change of a pixel (0..1) for a step of one standard deviation.
    pub picture_change: f32,
    /// The share of held-out samples that a probe tells apart, and the share that answering
    /// with the larger group would reach; other methods have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f32>,
    /// What directions are ranked by: `flips / (1 + others_total)`.
    pub score: f32,
    /// Whether it is one of the best: the highest scores of different labels.
    pub is_best: bool,
}

/// How a direction was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The normal of a logistic regression on the judge's labels.
    Probe,
    /// What goes with that normal in the samples: its pattern (Haufe et al. 2014).
    ProbePattern,
    /// The better of the two without what changes other labels most (Shen et al. 2020, section 3.3).
    Conditional,
    /// The best so far, changed by the gradient of what the judge sees in moved pictures.
    Learned,
    /// A principal component of codes.
    Pca,
    /// An eigenvector of the stacked style weights (Shen and Zhou 2021).
    Sefa,
}

/// The mean change of the probability of another label, -1..1.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SideEffect {
    pub label: String,
    pub change: f32,
}

/// A label for which no direction was sought.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rejected {
    pub label: String,
    pub reason: String,
}

impl DirectionsRecord {
    /// Checks what a file says.
    ///
    /// # Errors
    /// A sentence on the first number that cannot be right.
    pub fn check(&self) -> Result<(), String> {
        if self.directions.len() > MAX_DIRECTIONS {
            return Err(format!(
                "its record names {} directions; up to {MAX_DIRECTIONS} are read",
                self.directions.len()
            ));
        }
        for one in &self.directions {
            let numbers = [
                one.flips,
                one.others_total,
                one.picture_change,
                one.score,
                one.accuracy.unwrap_or(0.0),
                one.baseline.unwrap_or(0.0),
            ];
            let changes = one.others.iter().map(|other| other.change);
            if numbers.into_iter().chain(changes).any(|v| !v.is_finite()) {
                return Err(format!(
                    "its record of the direction {:?} holds a number that is not finite",
                    one.name
                ));
            }
        }
        Ok(())
    }

    /// What is known of a direction.
    pub fn of(&self, space: Space, name: &str) -> Option<&MeasuredDirection> {
        let mut all = self.directions.iter();
        all.find(|one| one.space == space && one.name == name)
    }
}

impl MeasuredDirection {
    /// One line for people: `flips shield in 78 % · also cloak +9 %`.
    pub fn line(&self) -> String {
        let percent = |share: f32| format!("{:.0} %", share * 100.0);
        let mut line = match &self.label {
            Some(label) => format!("flips {label} in {}", percent(self.flips)),
            None => "flips no label".to_owned(),
        };
        let named: Vec<String> = self
            .others
            .iter()
            .filter(|other| other.change.abs() >= SMALL_EFFECT)
            .take(NAMED_EFFECTS)
            .map(|other| {
                let sign = if other.change < 0.0 { "−" } else { "+" };
                format!("{} {sign}{}", other.label, percent(other.change.abs()))
            })
            .collect();
        if !named.is_empty() {
            // Writing into a string cannot fail.
            let _ = write!(line, " · also {}", named.join(", "));
        }
        line
    }
}

/// Reads a record of the known version; one of another is no record.
pub fn known_version<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DirectionsRecord>, D::Error> {
    let Some(value) = Option::<serde_json::Value>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let version = value.get("version").and_then(serde_json::Value::as_u64);
    match version {
        Some(version) if version == u64::from(RECORD_VERSION) => serde_json::from_value(value)
            .map(Some)
            .map_err(serde::de::Error::custom),
        Some(_) => Ok(None),
        None => Err(serde::de::Error::custom(
            "the record of directions has no version",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured() -> MeasuredDirection {
        let other = |label: &str, change| SideEffect {
            label: label.to_owned(),
            change,
        };
        MeasuredDirection {
            name: "shield".to_owned(),
            space: Space::W,
            method: Method::Probe,
            label: Some("shield".to_owned()),
            flips: 0.781,
            others: vec![
                other("cloak", 0.09),
                other("hat", -0.04),
                other("orc", 0.03),
            ],
            others_total: 0.2,
            picture_change: 0.05,
            accuracy: Some(0.9),
            baseline: Some(0.6),
            score: 0.65,
            is_best: true,
        }
    }

    #[test]
    fn one_line_says_what_it_does() {
        let mut one = measured();
        assert_eq!(
            one.line(),
            "flips shield in 78 % · also cloak +9 %, hat −4 %"
        );
        one.others.clear();
        assert_eq!(one.line(), "flips shield in 78 %");
        one.label = None;
        assert_eq!(one.line(), "flips no label");
    }

    #[test]
    fn a_later_version_is_passed_over_and_a_broken_one_refused() {
        #[derive(Deserialize)]
        struct Holder {
            #[serde(default, deserialize_with = "known_version")]
            directions: Option<DirectionsRecord>,
        }
        let read = |text: &str| serde_json::from_str::<Holder>(text);
        assert_eq!(read("{}").unwrap().directions, None);
        let later = r#"{"directions": {"version": 2, "shape": "unknown"}}"#;
        assert_eq!(read(later).unwrap().directions, None);
        assert!(read(r#"{"directions": {"version": 1}}"#).is_err());
        assert!(read(r#"{"directions": {"judge": "me"}}"#).is_err());
        let record = DirectionsRecord {
            version: RECORD_VERSION,
            judge: "judge".to_owned(),
            judge_hash: "00".to_owned(),
            samples: 10,
            measured: 5,
            seed: 1,
            sigma: 2.0,
            directions: vec![measured()],
            left_out: Vec::new(),
        };
        let text = serde_json::json!({ "directions": record }).to_string();
        let again = read(&text).unwrap().directions.expect("this version");
        assert_eq!(again, record);
        assert!(again.check().is_ok());
        assert!(again.of(Space::W, "shield").is_some());
        assert!(again.of(Space::Z, "shield").is_none());
        let mut endless = record;
        endless.directions[0].flips = f32::INFINITY;
        assert!(endless.check().is_err());
    }
}

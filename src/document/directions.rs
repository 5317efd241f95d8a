//! Directions that were found in models, as a session stores them.
//!
//! Their values are the largest part of what tools are set to, and they never change. So each is
//! stored once, under a number, and the settings of every step refer to it by that number.

use super::json;
use crate::latent::expr::limits::MAX_CODE_LEN;
use crate::latent::{Direction, Space};
use serde::{Deserialize, Serialize};

/// The most directions of a session.
pub const MAX_DIRECTIONS: usize = 4096;
/// The longest name, in characters.
const MAX_NAME_CHARS: usize = 200;
/// The longest sentence of evidence, in characters.
const MAX_EVIDENCE_CHARS: usize = 1000;

/// A direction with what was measured when it was found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StoredDirection {
    #[serde(with = "written")]
    pub direction: Direction,
    /// Root mean square change of a pixel (0..1) for a step of one standard deviation.
    #[serde(default)]
    pub picture_change: f32,
    /// What speaks for it, as a short sentence.
    #[serde(default)]
    pub evidence: String,
}

/// Why a direction cannot be stored; a sentence that begins in the middle.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DirectionError {
    #[error("a session has at most {MAX_DIRECTIONS} directions")]
    TooMany,
    #[error("the name or the evidence of a direction is too long")]
    TooLong,
    #[error("the direction {0:?} has no values, too many, or one that is not finite")]
    Values(String),
}

impl StoredDirection {
    /// Checks what a file may have got wrong.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), DirectionError> {
        let is_short = |text: &str, chars: usize| text.chars().count() <= chars;
        let Direction { name, values, .. } = &self.direction;
        if !is_short(name, MAX_NAME_CHARS) || !is_short(&self.evidence, MAX_EVIDENCE_CHARS) {
            return Err(DirectionError::TooLong);
        }
        let is_sound = (1..=MAX_CODE_LEN).contains(&values.len())
            && values.iter().all(|value| value.is_finite())
            && self.picture_change.is_finite();
        if is_sound {
            Ok(())
        } else {
            Err(DirectionError::Values(name.clone()))
        }
    }
}

/// A direction with values that come back bit for bit.
mod written {
    use super::{Direction, Space, json};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::borrow::Cow;

    #[derive(Serialize, Deserialize)]
    struct Written<'a> {
        name: Cow<'a, str>,
        space: Space,
        values: Values<'a>,
    }

    struct Values<'a>(Cow<'a, [f32]>);

    impl Serialize for Values<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            json::exact::serialize(&self.0, serializer)
        }
    }

    impl<'de> Deserialize<'de> for Values<'_> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            json::exact::deserialize(deserializer).map(|values| Self(values.into()))
        }
    }

    pub fn serialize<S: Serializer>(value: &Direction, serializer: S) -> Result<S::Ok, S::Error> {
        Written {
            name: value.name.as_str().into(),
            space: value.space,
            values: Values(value.values.as_slice().into()),
        }
        .serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Direction, D::Error> {
        Written::deserialize(deserializer).map(|written| Direction {
            name: written.name.into_owned(),
            space: written.space,
            values: written.values.0.into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(values: Vec<f32>) -> StoredDirection {
        StoredDirection {
            direction: Direction {
                name: "smile".to_owned(),
                space: Space::Z,
                values,
            },
            picture_change: 0.1,
            evidence: String::new(),
        }
    }

    #[test]
    fn unsound_directions_are_refused() {
        assert_eq!(stored(vec![1.0]).check(), Ok(()));
        for values in [vec![], vec![f32::NAN], vec![0.0; MAX_CODE_LEN + 1]] {
            assert!(matches!(
                stored(values).check(),
                Err(DirectionError::Values(_))
            ));
        }
        let mut long = stored(vec![1.0]);
        long.direction.name = "x".repeat(MAX_NAME_CHARS + 1);
        assert_eq!(long.check(), Err(DirectionError::TooLong));
    }

    #[test]
    fn values_come_back_bit_for_bit() {
        let before = stored(vec![0.1, -2.5e-20, 1.0 / 3.0]);
        let text = serde_json::to_string(&before).expect("it is plain data");
        let after: StoredDirection = serde_json::from_str(&text).expect("it was just written");
        assert_eq!(after, before);
    }
}

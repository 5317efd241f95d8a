//! The noise that goes into a picture besides its code.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The noise that a style-based generator adds in each layer, for detail such as single hairs.
/// Models without such noise ignore it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseMode {
    /// The same noise for every picture, that which goes with the model.
    #[default]
    Const,
    /// The noise of a seed: NumPy's `RandomState(seed).randn`, layer after layer, the same for
    /// every picture of a batch.
    Random { seed: u32 },
    /// No noise.
    None,
}

/// As options and question files write it: `const`, `none`, `random:7`.
impl fmt::Display for NoiseMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Const => f.write_str("const"),
            Self::Random { seed } => write!(f, "random:{seed}"),
            Self::None => f.write_str("none"),
        }
    }
}

/// A text is no noise setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("noise is const, none, or a seed")]
pub struct NoNoiseMode;

/// A seed may stand alone.
impl FromStr for NoiseMode {
    type Err = NoNoiseMode;

    fn from_str(text: &str) -> Result<Self, NoNoiseMode> {
        match text {
            "const" => Ok(Self::Const),
            "none" => Ok(Self::None),
            seed => {
                let seed = seed.strip_prefix("random:").unwrap_or(seed).parse();
                let seed = seed.map_err(|_| NoNoiseMode)?;
                Ok(Self::Random { seed })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_a_word_or_a_seed() {
        for noise in [
            NoiseMode::Const,
            NoiseMode::None,
            NoiseMode::Random { seed: u32::MAX },
        ] {
            assert_eq!(noise.to_string().parse(), Ok(noise));
        }
        assert_eq!("7".parse(), Ok(NoiseMode::Random { seed: 7 }));
        for text in ["-7", "loud", "random:", "random:4294967296", ""] {
            assert_eq!(text.parse::<NoiseMode>(), Err(NoNoiseMode), "{text}");
        }
    }
}

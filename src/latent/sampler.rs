//! Settings of a decode beside its code.

use super::sampling::{
    GUIDANCE, MAX_STEPS, Method, Moment, Noising, SamplingError, Schedule, check_eta,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a code becomes a picture, where a model leaves a choice. All but the noise is for models that
/// make pictures in steps; the others ignore it.
///
/// In files what is usual is left out, so that settings of earlier versions read as they were.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampler {
    pub noise: NoiseMode,
    #[serde(skip_serializing_if = "is_usual_method")]
    pub method: Method,
    /// From 1 to [`MAX_STEPS`].
    #[serde(skip_serializing_if = "is_usual_steps")]
    pub steps: usize,
    /// At which levels of noise; `None` for that of the model's training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// The share of DDPM's noise that is added in each step, 0..=1, by methods that leave it open;
    /// `None` for what is usual with the method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta: Option<f32>,
    /// How much a condition counts, in [`GUIDANCE`].
    #[serde(skip_serializing_if = "is_usual_guidance")]
    pub guidance: f32,
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            noise: NoiseMode::default(),
            method: Method::DpmSolver,
            steps: 20,
            schedule: None,
            eta: None,
            guidance: 1.0,
        }
    }
}

fn is_usual_method(method: &Method) -> bool {
    *method == Sampler::default().method
}

fn is_usual_steps(steps: &usize) -> bool {
    *steps == Sampler::default().steps
}

fn is_usual_guidance(guidance: &f32) -> bool {
    *guidance == Sampler::default().guidance
}

impl Sampler {
    /// The usual settings with another noise.
    pub fn with_noise(noise: NoiseMode) -> Self {
        Self {
            noise,
            ..Self::default()
        }
    }

    /// Checks that all numbers are in their ranges.
    ///
    /// # Errors
    /// A sentence about the first that is not.
    pub fn check(&self) -> Result<(), SamplingError> {
        if !(1..=MAX_STEPS).contains(&self.steps) {
            return Err(SamplingError::Steps(self.steps));
        }
        check_eta(self.eta.map_or(0.0, f64::from))?;
        match (GUIDANCE[0]..=GUIDANCE[1]).contains(&self.guidance) {
            true => Ok(()),
            false => Err(SamplingError::Guidance(self.guidance)),
        }
    }

    /// The moments of its steps for a network that was trained with `noising`.
    ///
    /// # Errors
    /// As for [`Self::check`].
    pub fn moments(&self, noising: Noising) -> Result<Vec<Moment>, SamplingError> {
        self.check()?;
        let schedule = match (self.schedule, self.method) {
            (Some(schedule), _) => schedule,
            (None, Method::Flow) => Schedule::Line,
            (None, _) => noising.into(),
        };
        schedule.moments(self.steps, noising)
    }
}

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
    fn what_is_usual_is_not_written() {
        let text = |sampler: &Sampler| serde_json::to_string(sampler).unwrap();
        assert_eq!(text(&Sampler::default()), r#"{"noise":"const"}"#);
        let other = Sampler {
            method: Method::Ddim,
            steps: 50,
            schedule: Some(Schedule::LogSnr),
            eta: Some(0.5),
            guidance: 2.0,
            ..Sampler::default()
        };
        let written = r#"{"noise":"const","method":"ddim","steps":50,"schedule":"log-snr","eta":0.5,"guidance":2.0}"#;
        assert_eq!(text(&other), written);
        assert_eq!(serde_json::from_str::<Sampler>(written).unwrap(), other);
        assert_eq!(
            serde_json::from_str::<Sampler>("{}").unwrap(),
            Sampler::default()
        );
    }

    #[test]
    fn numbers_out_of_their_range_are_named() {
        let usual = Sampler::default();
        assert_eq!(usual.check(), Ok(()));
        for (sampler, named) in [
            (Sampler { steps: 0, ..usual }, "0 steps"),
            (
                Sampler {
                    steps: 10_000_000,
                    ..usual
                },
                "10000000 steps",
            ),
            (
                Sampler {
                    eta: Some(f32::NAN),
                    ..usual
                },
                "eta of NaN",
            ),
            (
                Sampler {
                    eta: Some(-0.5),
                    ..usual
                },
                "eta of -0.5",
            ),
            (
                Sampler {
                    guidance: f32::NAN,
                    ..usual
                },
                "guidance of NaN",
            ),
            (
                Sampler {
                    guidance: f32::INFINITY,
                    ..usual
                },
                "guidance of inf",
            ),
        ] {
            let sentence = sampler.check().unwrap_err().to_string();
            assert!(sentence.contains(named), "{sentence}");
            assert!(sampler.moments(Noising::Cosine).is_err());
        }
    }

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

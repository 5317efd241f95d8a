//! The settings of one part of the way.

use crate::latent::sampling::{
    GUIDANCE, JUDGE_GUIDANCE, MAX_STEPS, Method, Noising, SamplingError, Schedule, TEMPERATURE,
    check_eta,
};
use serde::{Deserialize, Serialize};

/// How a sampler goes a part of the way from noise to data, or all of it.
///
/// In files what is usual is left out.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SamplerPart {
    #[serde(skip_serializing_if = "super::is_usual_method")]
    pub method: Method,
    /// How many steps lead from the beginning of the part to the data, 1 to [`MAX_STEPS`].
    #[serde(skip_serializing_if = "super::is_usual_steps")]
    pub steps: usize,
    /// At which levels of noise; `None` for that of the model's training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// The share of DDPM's noise that is added in each step; `None` for what is usual with the method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta: Option<f32>,
    /// How much a condition counts, in [`GUIDANCE`].
    #[serde(skip_serializing_if = "super::is_usual_guidance")]
    pub guidance: f32,
    /// How much the gradient of the judge counts, in [`JUDGE_GUIDANCE`].
    #[serde(skip_serializing_if = "super::is_usual_judge")]
    pub judge: f32,
    /// What scores are divided by where a picture is written place by place, in [`TEMPERATURE`]: below 1
    /// what is likely is chosen more often than the model says, at 0 always the likeliest.
    #[serde(skip_serializing_if = "super::is_usual_temperature")]
    pub temperature: f32,
}

impl Default for SamplerPart {
    fn default() -> Self {
        Self {
            method: Method::DpmSolver,
            steps: 20,
            schedule: None,
            eta: None,
            // Where a model is asked for something it shows it, without being over-saturated.
            guidance: 2.0,
            judge: 0.0,
            temperature: 1.0,
        }
    }
}

impl SamplerPart {
    /// How much noise is added in each step, as a share of DDPM's.
    pub fn used_eta(&self) -> f32 {
        match self.method.takes_eta() {
            true => self.eta.unwrap_or(self.method.usual_eta() as f32),
            false => self.method.usual_eta() as f32,
        }
    }

    /// The schedule for a network that was trained with `noising`.
    pub fn schedule_for(&self, noising: Noising) -> Schedule {
        match (self.schedule, self.method) {
            (Some(schedule), _) => schedule,
            (None, Method::Flow) => Schedule::Line,
            (None, _) => noising.into(),
        }
    }

    /// How many times less noise there is to the data, `sigma / alpha`, after the first step. `None` for
    /// settings out of their range, and where one step leads to the data.
    pub fn first_fall(&self, noising: Noising) -> Option<f64> {
        let moments = self.schedule_for(noising).moments(self.steps, noising);
        match moments.ok()?[..] {
            [first, second, _, ..] => Some(first.level.ratio() / second.level.ratio()),
            _ => None,
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
        if !(GUIDANCE[0]..=GUIDANCE[1]).contains(&self.guidance) {
            return Err(SamplingError::Guidance(self.guidance));
        }
        if !(JUDGE_GUIDANCE[0]..=JUDGE_GUIDANCE[1]).contains(&self.judge) {
            return Err(SamplingError::JudgeGuidance(self.judge));
        }
        match (TEMPERATURE[0]..=TEMPERATURE[1]).contains(&self.temperature) {
            true => Ok(()),
            false => Err(SamplingError::Temperature(self.temperature)),
        }
    }
}

//! Where a sampler goes on with other settings.

use super::SamplerPart;
use crate::latent::sampling::{Method, Schedule};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// The most turns on one way.
pub const MAX_TURNS: usize = 3;

/// After so many steps of the part before, the rest of the way goes by other settings: from the same
/// noisy picture, with a method that remembers nothing of the steps before.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// At least 1, and less than the part before has.
    pub after: usize,
    #[serde(default)]
    pub part: SamplerPart,
}

/// Why the way cannot take a turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TurnError {
    #[error(
        "a sampler cannot go on from step {after} of {of}: a step must lie before and one after"
    )]
    Nowhere { after: usize, of: usize },
    #[error("a sampler changes its settings at most {MAX_TURNS} times on the way to a picture")]
    Full,
}

/// The turns of a way, in order: at most [`MAX_TURNS`].
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Turns {
    /// Those from `len` on are the default.
    all: [Turn; MAX_TURNS],
    len: usize,
}

impl Turns {
    /// # Errors
    /// When there are too many.
    pub fn new(turns: &[Turn]) -> Result<Self, TurnError> {
        let mut all = Self::default();
        turns.iter().try_for_each(|turn| all.push(*turn))?;
        Ok(all)
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Turn> {
        self.all[..self.len].iter()
    }

    pub fn get(&self, index: usize) -> Option<&Turn> {
        self.all[..self.len].get(index)
    }

    /// Forgets all but the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.all[self.len..].fill(Turn::default());
    }

    pub(super) fn push(&mut self, turn: Turn) -> Result<(), TurnError> {
        let place = self.all.get_mut(self.len).ok_or(TurnError::Full)?;
        *place = turn;
        self.len += 1;
        Ok(())
    }

    pub(super) fn set_part(&mut self, index: usize, part: SamplerPart) {
        if let Some(turn) = self.all[..self.len].get_mut(index) {
            turn.part = part;
        }
    }

    /// Brings the turn at the end of a part of so many steps before its last step.
    pub(super) fn reach_from(&mut self, steps: usize, index: usize) {
        match self.all[..self.len].get_mut(index) {
            Some(_) if steps < 2 => self.truncate(index),
            Some(turn) => turn.after = turn.after.min(steps - 1),
            None => {}
        }
    }
}

impl Serialize for Turns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Turns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let turns = Vec::<Turn>::deserialize(deserializer)?;
        Self::new(&turns)
            .map_err(|fault| de::Error::custom(format_args!("{} turns: {fault}", turns.len())))
    }
}

/// As options write it: `8:ddim,steps=12,schedule=karras,eta=0.5,guidance=3`.
impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SamplerPart {
            method,
            steps,
            schedule,
            eta,
            guidance,
            judge,
            temperature,
        } = self.part;
        write!(f, "{}:{method},steps={steps}", self.after)?;
        if let Some(schedule) = schedule {
            write!(f, ",schedule={schedule}")?;
        }
        if let Some(eta) = eta {
            write!(f, ",eta={eta}")?;
        }
        write!(f, ",guidance={guidance}")?;
        if !super::is_usual_judge(&judge) {
            write!(f, ",judge={judge}")?;
        }
        match super::is_usual_temperature(&temperature) {
            true => Ok(()),
            false => write!(f, ",temperature={temperature}"),
        }
    }
}

/// What is not said is usual.
impl FromStr for Turn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || {
            format!("{text:?} is no turn; one is written as in 8:ddim,steps=12,eta=0.5,guidance=2")
        };
        let (after, settings) = text.split_once(':').ok_or_else(form)?;
        let mut turn = Self {
            after: after.trim().parse().map_err(|_| form())?,
            part: SamplerPart::default(),
        };
        for setting in settings.split(',').map(str::trim) {
            let part = &mut turn.part;
            match setting.split_once('=') {
                None => part.method = setting.parse::<Method>().map_err(|it| it.to_string())?,
                Some(("steps", value)) => part.steps = value.parse().map_err(|_| form())?,
                Some(("schedule", value)) => {
                    let schedule = value.parse::<Schedule>();
                    part.schedule = Some(schedule.map_err(|it| it.to_string())?);
                }
                Some(("eta", value)) => part.eta = Some(value.parse().map_err(|_| form())?),
                Some(("guidance", value)) => part.guidance = value.parse().map_err(|_| form())?,
                Some(("judge", value)) => part.judge = value.parse().map_err(|_| form())?,
                Some(("temperature", value)) => {
                    part.temperature = value.parse().map_err(|_| form())?;
                }
                Some((name, _)) => {
                    return Err(format!(
                        "there is no setting {name:?}; there are steps, schedule, eta, guidance, judge and temperature"
                    ));
                }
            }
        }
        turn.part.check().map_err(|fault| fault.to_string())?;
        Ok(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_read_as_it_is_printed() {
        for part in [
            SamplerPart::default(),
            SamplerPart {
                method: Method::EulerAncestral,
                steps: 7,
                schedule: Some(Schedule::LogSnr),
                eta: Some(0.1),
                guidance: 3.25,
                judge: 2.5,
                temperature: 0.5,
            },
        ] {
            let turn = Turn { after: 3, part };
            assert_eq!(turn.to_string().parse(), Ok(turn));
        }
        let short = "8:ddim".parse::<Turn>().expect("the rest is usual");
        assert_eq!(
            (short.after, short.part.method, short.part.steps),
            (8, Method::Ddim, 20)
        );
        for (wrong, named) in [
            ("8", "is no turn"),
            ("x:ddim", "is no turn"),
            ("8:dim", "did you mean ddim"),
            ("8:ddim,steps=0", "0 steps"),
            ("8:ddim,steps=10000000", "10000000 steps"),
            ("8:ddim,eta=nan", "eta of NaN"),
            ("8:ddim,guidance=nan", "guidance of NaN"),
            ("8:ddim,judge=-1", "judge of -1"),
            ("8:ddim,heat=3", "heat"),
            ("8:ddim,schedule=log", "schedule"),
        ] {
            let fault = wrong.parse::<Turn>().expect_err(wrong);
            assert!(fault.contains(named), "{wrong}: {fault}");
        }
    }
}

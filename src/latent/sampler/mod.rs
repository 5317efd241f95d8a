//! Settings of a decode beside its code.

mod change;
mod noise;
mod part;
mod turns;

pub use change::SamplerChange;
pub use noise::NoiseMode;
pub use part::SamplerPart;
pub use turns::{MAX_TURNS, Turn, TurnError, Turns};

use super::sampling::{Leg, Level, Method, Noising, SamplingError, Schedule};
use serde::{Deserialize, Serialize};

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
    /// From 1 to [`MAX_STEPS`](super::sampling::MAX_STEPS).
    #[serde(skip_serializing_if = "is_usual_steps")]
    pub steps: usize,
    /// At which levels of noise; `None` for that of the model's training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// The share of DDPM's noise that is added in each step, 0..=1, by methods that leave it open;
    /// `None` for what is usual with the method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta: Option<f32>,
    /// How much a condition counts, in [`GUIDANCE`](super::sampling::GUIDANCE).
    #[serde(skip_serializing_if = "is_usual_guidance")]
    pub guidance: f32,
    /// How much the gradient of the judge counts, in
    /// [`JUDGE_GUIDANCE`](super::sampling::JUDGE_GUIDANCE); 0 where it is not asked.
    #[serde(skip_serializing_if = "is_usual_judge")]
    pub judge: f32,
    /// What scores are divided by where a picture is written place by place, in
    /// [`TEMPERATURE`](super::sampling::TEMPERATURE).
    #[serde(skip_serializing_if = "is_usual_temperature")]
    pub temperature: f32,
    /// Where the rest of the way goes by other settings.
    #[serde(skip_serializing_if = "Turns::is_empty")]
    pub turns: Turns,
}

impl Default for Sampler {
    fn default() -> Self {
        Self::with_noise(NoiseMode::default())
    }
}

fn is_usual_method(method: &Method) -> bool {
    *method == SamplerPart::default().method
}

fn is_usual_steps(steps: &usize) -> bool {
    *steps == SamplerPart::default().steps
}

fn is_usual_guidance(guidance: &f32) -> bool {
    *guidance == SamplerPart::default().guidance
}

fn is_usual_judge(judge: &f32) -> bool {
    *judge == SamplerPart::default().judge
}

fn is_usual_temperature(temperature: &f32) -> bool {
    *temperature == SamplerPart::default().temperature
}

impl Sampler {
    /// The usual settings with another noise.
    pub fn with_noise(noise: NoiseMode) -> Self {
        Self::of_part(noise, SamplerPart::default())
    }

    /// What an inversion goes backwards: DDIM with an eta of 0, drawn as in training.
    pub fn ddim_without_guidance(steps: usize) -> Self {
        let part = SamplerPart {
            method: Method::Ddim,
            steps,
            guidance: 1.0,
            ..SamplerPart::default()
        };
        Self::of_part(NoiseMode::default(), part)
    }

    /// One part, from the noise to the data.
    pub fn of_part(noise: NoiseMode, part: SamplerPart) -> Self {
        let SamplerPart {
            method,
            steps,
            schedule,
            eta,
            guidance,
            judge,
            temperature,
        } = part;
        Self {
            noise,
            method,
            steps,
            schedule,
            eta,
            guidance,
            judge,
            temperature,
            turns: Turns::default(),
        }
    }

    /// The settings from the noise up to the first turn.
    pub fn first_part(&self) -> SamplerPart {
        SamplerPart {
            method: self.method,
            steps: self.steps,
            schedule: self.schedule,
            eta: self.eta,
            guidance: self.guidance,
            judge: self.judge,
            temperature: self.temperature,
        }
    }

    /// All parts in order: one more than there are turns.
    pub fn parts(&self) -> impl Iterator<Item = SamplerPart> + '_ {
        let later = self.turns.iter().map(|turn| turn.part);
        std::iter::once(self.first_part()).chain(later)
    }

    /// A part by its number, from 0.
    pub fn part(&self, index: usize) -> Option<SamplerPart> {
        self.parts().nth(index)
    }

    /// The same with another part in the place of one. A turn that the part before cannot reach any
    /// more is taken when one step of that part is left.
    #[must_use]
    pub fn with_part(&self, index: usize, part: SamplerPart) -> Self {
        let mut sampler = match index {
            0 => Self {
                turns: self.turns,
                ..Self::of_part(self.noise, part)
            },
            _ => *self,
        };
        if let Some(turn) = index.checked_sub(1) {
            sampler.turns.set_part(turn, part);
        }
        sampler.turns.reach_from(part.steps, index);
        sampler
    }

    /// The same up to a step, counted over all parts, after which the way goes on by `part`. Later
    /// turns are forgotten.
    ///
    /// # Errors
    /// When no step has been taken or none is left, or there are [`MAX_TURNS`] turns before.
    pub fn turned(&self, after: usize, part: SamplerPart) -> Result<Self, TurnError> {
        let mut sampler = *self;
        let mut done = 0;
        for (index, steps) in self.taken().into_iter().enumerate() {
            let is_last = index == self.turns.len();
            if after > done && (after < done + steps || (after == done + steps && !is_last)) {
                let turn = Turn {
                    after: after - done,
                    part,
                };
                sampler.turns.truncate(index);
                sampler.turns.push(turn)?;
                return Ok(sampler);
            }
            done += steps;
        }
        Err(TurnError::Nowhere { after, of: done })
    }

    /// The settings with which the way would go on after so many steps, with as many as are left of
    /// their part; `None` where none has been taken or none is left, and where a turn is already.
    pub fn part_after(&self, after: usize) -> Option<SamplerPart> {
        let mut done = 0;
        for (part, steps) in self.parts().zip(self.taken()) {
            if after > done && after < done + steps {
                return Some(SamplerPart {
                    steps: part.steps - (after - done),
                    ..part
                });
            }
            done += steps;
        }
        None
    }

    /// How many steps are taken of each part.
    fn taken(&self) -> Vec<usize> {
        let mut taken: Vec<usize> = self.parts().map(|part| part.steps).collect();
        for (steps, turn) in taken.iter_mut().zip(self.turns.iter()) {
            *steps = turn.after.min(*steps);
        }
        taken
    }

    /// Whether a method adds new noise on the way.
    pub fn adds_noise(&self) -> bool {
        self.parts().any(|part| part.used_eta() > 0.0)
    }

    /// How many steps lead from the noise to the picture.
    pub fn steps_in_all(&self) -> usize {
        self.taken().iter().sum()
    }

    /// How often a network is asked on the way.
    pub fn evaluations(&self) -> usize {
        let taken = self.taken();
        let last = taken.len() - 1;
        let parts = self.parts().zip(&taken).enumerate();
        parts
            .map(|(index, (part, &steps))| match index == last {
                true => part.method.evaluations(steps),
                // One step more would lead to the data.
                false => part.method.evaluations(steps + 1) - part.method.evaluations(1),
            })
            .sum()
    }

    /// Checks that all numbers are in their ranges.
    ///
    /// # Errors
    /// A sentence about the first that is not.
    pub fn check(&self) -> Result<(), SamplingError> {
        self.parts().try_for_each(|part| part.check())?;
        for (part, turn) in self.parts().zip(self.turns.iter()) {
            if !(1..part.steps).contains(&turn.after) {
                return Err(SamplingError::Turn {
                    after: turn.after,
                    steps: part.steps,
                });
            }
        }
        Ok(())
    }

    /// The way from the noise to the data for a network that was trained with `noising`, part by
    /// part; each begins where the one before ends.
    ///
    /// # Errors
    /// As for [`Self::check`].
    pub fn legs(&self, noising: Noising) -> Result<Vec<Leg>, SamplingError> {
        self.legs_from(None, noising)
    }

    /// The same from a level in the middle, which the steps of the first part share; `None` is pure noise.
    ///
    /// # Errors
    /// As for [`Self::check`].
    pub fn legs_from(
        &self,
        start: Option<Level>,
        noising: Noising,
    ) -> Result<Vec<Leg>, SamplingError> {
        self.check()?;
        let mut legs: Vec<Leg> = Vec::new();
        for (index, part) in self.parts().enumerate() {
            let reached = legs.last().and_then(|leg| leg.moments.last());
            let start = reached.map_or(start, |moment| Some(moment.level));
            let mut moments = part
                .schedule_for(noising)
                .moments_from(start, part.steps, noising)?;
            if let Some(turn) = self.turns.get(index) {
                moments.truncate(turn.after + 1);
            }
            legs.push(Leg {
                method: part.method,
                moments,
                eta: part.eta.map(f64::from),
            });
        }
        Ok(legs)
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
            guidance: 3.0,
            ..Sampler::default()
        };
        let written = r#"{"noise":"const","method":"ddim","steps":50,"schedule":"log-snr","eta":0.5,"guidance":3.0}"#;
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
            assert!(sampler.legs(Noising::Cosine).is_err());
        }
    }

    fn ddim(steps: usize) -> SamplerPart {
        SamplerPart {
            method: Method::Ddim,
            steps,
            ..SamplerPart::default()
        }
    }

    #[test]
    fn the_way_goes_on_from_where_it_was_left() {
        let first = Sampler::of_part(NoiseMode::Const, ddim(20));
        let turned = first.turned(8, ddim(12)).unwrap();
        assert_eq!((turned.steps_in_all(), turned.evaluations()), (20, 20));
        // The same steps in two parts.
        let [whole] = &first.legs(Noising::Cosine).unwrap()[..] else {
            panic!("one part");
        };
        let parts = turned.legs(Noising::Cosine).unwrap();
        let moments = |leg: &Leg| leg.moments.clone();
        let [before, after] = [moments(&parts[0]), moments(&parts[1])];
        assert_eq!(before[..], whole.moments[..9]);
        assert_eq!(after[..], whole.moments[8..]);
        // A later stop is one of the second part, an earlier one forgets it.
        let again = turned.turned(15, ddim(3)).unwrap();
        assert_eq!(
            again
                .turns
                .iter()
                .map(|turn| turn.after)
                .collect::<Vec<_>>(),
            [8, 7]
        );
        assert_eq!(again.steps_in_all(), 18);
        let earlier = again.turned(5, ddim(4)).unwrap();
        assert_eq!((earlier.turns.len(), earlier.steps_in_all()), (1, 9));
        let at_the_turn = again.turned(8, ddim(1)).unwrap();
        assert_eq!(
            (at_the_turn.turns.len(), at_the_turn.steps_in_all()),
            (1, 9)
        );
        assert_eq!(
            first.part_after(8),
            Some(ddim(12)),
            "as the way would go on anyway"
        );
        assert_eq!(again.part_after(10), Some(ddim(10)));
        assert_eq!(again.part_after(8), None, "a turn is there already");
        for nowhere in [0, 18, 19] {
            assert!(again.turned(nowhere, ddim(1)).is_err(), "{nowhere}");
        }
        let mut full = Sampler::of_part(NoiseMode::Const, ddim(20));
        for done in 1..=MAX_TURNS {
            full = full.turned(done, ddim(20)).unwrap();
        }
        assert_eq!(full.turned(MAX_TURNS + 1, ddim(20)), Err(TurnError::Full));
    }

    #[test]
    fn fewer_steps_bring_a_turn_nearer() {
        let turned = Sampler::of_part(NoiseMode::Const, ddim(20))
            .turned(15, ddim(5))
            .unwrap();
        let fewer = turned.with_part(0, ddim(10));
        assert_eq!(fewer.turns.get(0).map(|turn| turn.after), Some(9));
        // With one step there is no place for a turn.
        assert!(turned.with_part(0, ddim(1)).turns.is_empty());
        let later = turned.with_part(1, ddim(7));
        assert_eq!((later.steps, later.part(1)), (20, Some(ddim(7))));
        assert_eq!(later.part(2), None);
    }

    #[test]
    fn turns_are_stored_and_refused_where_they_lead_nowhere() {
        let mut turned = Sampler::default().turned(8, ddim(12)).unwrap();
        let written =
            r#"{"noise":"const","turns":[{"after":8,"part":{"method":"ddim","steps":12}}]}"#;
        assert_eq!(serde_json::to_string(&turned).unwrap(), written);
        assert_eq!(serde_json::from_str::<Sampler>(written).unwrap(), turned);
        turned.steps = 8;
        let sentence = turned.check().unwrap_err().to_string();
        assert!(sentence.contains("after step 8 of 8"), "{sentence}");
        assert!(turned.legs(Noising::Linear).is_err());
        let five = written.replace("[{", "[{\"after\":1},{\"after\":1},{\"after\":1},{");
        let fault = serde_json::from_str::<Sampler>(&five).unwrap_err();
        assert!(fault.to_string().contains("4 turns"), "{fault}");
    }
}

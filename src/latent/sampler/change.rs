//! Settings of a sampler by name, as question files write those that differ from the usual ones:
//! `method ddim, steps 5, eta 0.5`.

use super::{NoiseMode, Sampler};
use crate::latent::sampling::{Method, Name, Schedule};
use std::fmt;
use std::str::FromStr;

/// Settings to be changed; the others stay.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct SamplerChange {
    noise: Option<NoiseMode>,
    method: Option<Method>,
    steps: Option<usize>,
    schedule: Option<Schedule>,
    eta: Option<f32>,
    guidance: Option<f32>,
    judge: Option<f32>,
    temperature: Option<f32>,
}

/// The words that settings begin with, in the order in which they are written.
const WORDS: [&str; 8] = [
    "method",
    "steps",
    "schedule",
    "eta",
    "guidance",
    "judge",
    "temperature",
    "noise",
];

impl SamplerChange {
    /// Whether nothing changes.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// `sampler` with these settings.
    pub fn on(&self, mut sampler: Sampler) -> Sampler {
        sampler.noise = self.noise.unwrap_or(sampler.noise);
        sampler.method = self.method.unwrap_or(sampler.method);
        sampler.steps = self.steps.unwrap_or(sampler.steps);
        sampler.schedule = self.schedule.or(sampler.schedule);
        sampler.eta = self.eta.or(sampler.eta);
        sampler.guidance = self.guidance.unwrap_or(sampler.guidance);
        sampler.judge = self.judge.unwrap_or(sampler.judge);
        sampler.temperature = self.temperature.unwrap_or(sampler.temperature);
        sampler
    }

    /// These settings, and those of `later` in the place of the same ones.
    #[must_use]
    pub fn then(&self, later: Self) -> Self {
        Self {
            noise: later.noise.or(self.noise),
            method: later.method.or(self.method),
            steps: later.steps.or(self.steps),
            schedule: later.schedule.or(self.schedule),
            eta: later.eta.or(self.eta),
            guidance: later.guidance.or(self.guidance),
            judge: later.judge.or(self.judge),
            temperature: later.temperature.or(self.temperature),
        }
    }

    fn set(&mut self, word: &str, value: &str) -> Result<(), String> {
        fn number<T: FromStr>(word: &str, value: &str) -> Result<T, String> {
            let fault = |_| format!("{word} needs a number, not {value:?}");
            value.parse().map_err(fault)
        }
        let is_second = match word {
            "method" => {
                let method = Method::named(value).map_err(|fault| fault.to_string())?;
                self.method.replace(method).is_some()
            }
            "steps" => self.steps.replace(number(word, value)?).is_some(),
            "schedule" => {
                let schedule = Schedule::named(value).map_err(|fault| fault.to_string())?;
                self.schedule.replace(schedule).is_some()
            }
            "eta" => self.eta.replace(number(word, value)?).is_some(),
            "guidance" => self.guidance.replace(number(word, value)?).is_some(),
            "judge" => self.judge.replace(number(word, value)?).is_some(),
            "temperature" => self.temperature.replace(number(word, value)?).is_some(),
            "noise" => {
                let noise = value
                    .parse()
                    .map_err(|fault| format!("{value:?}: {fault}"))?;
                let noise: NoiseMode = noise;
                self.noise.replace(noise).is_some()
            }
            _ => {
                let known = WORDS.join(", ");
                return Err(format!(
                    "{word:?} is no setting of a sampler; there are {known}"
                ));
            }
        };
        match is_second {
            true => Err(format!("{word} is given twice")),
            false => Ok(()),
        }
    }
}

/// Settings with a comma between them, each a word and a value.
impl FromStr for SamplerChange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut change = Self::default();
        for setting in text.split(',').map(str::trim) {
            let (word, value) = setting
                .split_once(' ')
                .ok_or_else(|| format!("{setting:?} is no setting: write \"steps 5\""))?;
            change.set(word, value.trim())?;
        }
        let sampler = change.on(Sampler::default());
        sampler.check().map_err(|fault| fault.to_string())?;
        Ok(change)
    }
}

impl fmt::Display for SamplerChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = [
            self.method.map(|it| it.name().to_owned()),
            self.steps.map(|it| it.to_string()),
            self.schedule.map(|it| it.name().to_owned()),
            self.eta.map(|it| it.to_string()),
            self.guidance.map(|it| it.to_string()),
            self.judge.map(|it| it.to_string()),
            self.temperature.map(|it| it.to_string()),
            self.noise.map(|it| it.to_string()),
        ];
        let given = WORDS.iter().zip(values);
        let given: Vec<String> = given
            .filter_map(|(word, value)| Some(format!("{word} {}", value?)))
            .collect();
        f.write_str(&given.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        let text = "method ddim, steps 5, schedule karras, eta 0.5, guidance 2.5, judge 4, temperature 0.5, noise random:7";
        let change: SamplerChange = text.parse().expect("it is sound");
        assert_eq!(change.to_string(), text);
        let sampler = change.on(Sampler::default());
        assert_eq!((sampler.method, sampler.steps), (Method::Ddim, 5));
        assert_eq!(sampler.noise, NoiseMode::Random { seed: 7 });
        let fewer: SamplerChange = "steps 3".parse().expect("it is sound");
        let changed = fewer.on(sampler);
        assert_eq!(
            changed,
            Sampler {
                steps: 3,
                ..sampler
            }
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, part) in [
            ("", "no setting"),
            ("steps", "no setting"),
            ("steps five", "\"five\""),
            ("steps 0", "0 steps"),
            ("steps 5, steps 6", "twice"),
            ("step 5", "method, steps"),
            ("method dimm", "ddim"),
            ("guidance NaN", "NaN"),
            ("judge 1000", "judge of 1000"),
            ("temperature -1", "temperature of -1"),
            ("eta 2", "eta"),
            ("noise loud", "loud"),
        ] {
            let fault = text.parse::<SamplerChange>().expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }
}

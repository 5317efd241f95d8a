//! The sampler of the current shot: its rows of the table of parameters, and what may change it.

use super::param::{Param, ParamId, SamplerNumber, SamplerParam, Scale};
use super::{Edit, Workspace};
use crate::latent::SamplerPart;
use crate::latent::sampling::{GUIDANCE, JUDGE_GUIDANCE, MAX_STEPS, Method, TEMPERATURE};
use crate::learn::Control;
use crate::model::judge::entry_for;
use std::ops::RangeInclusive;

/// How many steps there may be.
pub const STEPS: RangeInclusive<f32> = 1.0..=MAX_STEPS as f32;
/// How much of the noise of DDPM may be added.
pub const ETA: RangeInclusive<f32> = 0.0..=1.0;
/// How far the slider of guidance goes: beyond, pictures are little but overdrawn. A typed scale may
/// be as large again.
pub const GUIDED: RangeInclusive<f32> = GUIDANCE[0]..=10.0;
/// The same of guidance by the judge.
pub const JUDGED: RangeInclusive<f32> = JUDGE_GUIDANCE[0]..=10.0;

/// How far the slider of the temperature goes. A typed one may be as large again.
pub const HEAT: RangeInclusive<f32> = TEMPERATURE[0]..=2.0;

/// What guidance by the judge is.
pub const BY_JUDGE: &str = "How much the judge leads each step towards what is asked for, by its gradient \
                            (classifier guidance): 0 leaves it out, 1 is its own measure, more overdraws it";

/// How far a picture may be redrawn, and how far where nothing is said: much of it changes, and its
/// layout stays.
pub const STRENGTHS: RangeInclusive<f32> = 0.0..=1.0;
pub const STRENGTH: f32 = 0.6;

impl Workspace {
    /// Whether the loaded model makes its pictures in steps.
    pub fn takes_steps(&self) -> bool {
        self.model()
            .is_some_and(|model| model.manifest.takes_steps())
    }

    /// Whether the loaded model removes noise.
    pub fn denoises(&self) -> bool {
        self.model()
            .is_some_and(|model| model.manifest.diffusion.is_some())
    }

    /// Whether the loaded model writes its pictures place by place.
    pub fn writes(&self) -> bool {
        self.model().is_some_and(|model| model.manifest.writes())
    }

    /// Whether a number of the sampler means anything to the loaded model.
    pub fn knows_number(&self, number: SamplerNumber) -> bool {
        match number {
            SamplerNumber::Temperature => self.writes(),
            SamplerNumber::Guidance => self.takes_steps(),
            SamplerNumber::Steps | SamplerNumber::Eta | SamplerNumber::Judge => self.denoises(),
        }
    }

    /// Whether a judge knows what may be asked of the loaded model.
    pub fn is_guided_by_judge(&self) -> bool {
        self.denoises()
            && self.model().is_some_and(|model| {
                model.manifest.conditions.is_some() && entry_for(&model.manifest).is_some()
            })
    }

    /// How far towards pure noise a picture is redrawn; `None` where none is.
    pub(super) fn strength_param(&self) -> Option<Param> {
        let (_, redraw) = self.position.edited()?;
        let tip = match self.writes() {
            true => {
                "How much of the picture is resampled, counted from its end: 0 gives it back, 1 keeps nothing \
                     of it where it is redrawn"
            }
            false => {
                "How far towards pure noise the picture is noised before it is denoised again: 0 gives it back, \
                      1 keeps nothing of it where it is redrawn"
            }
        };
        let words = ["Strength", "Strength of the edit", tip];
        let row = Param::new(
            ParamId::Strength,
            words,
            STRENGTHS,
            STRENGTH,
            redraw.strength,
        );
        let lock = self.locked(Control::Sampler).map(str::to_owned);
        Some(row.scaled(Scale::Closed).locked(lock))
    }

    /// A row of the sampler; `None` for a model that takes no steps, a part that is not there, and a
    /// number that does nothing.
    pub(super) fn sampler_param(&self, id: SamplerParam) -> Option<Param> {
        let is_one_part = self.denoises() || id.part == 0;
        if !self.knows_number(id.number) || !is_one_part {
            return None;
        }
        let part = self.sampler().part(id.part)?;
        let usual = SamplerPart::default();
        let row = match id.number {
            SamplerNumber::Steps => {
                let words = [
                    "Steps",
                    "Sampler steps",
                    "How many steps lead to the picture",
                ];
                let row = Param::new(
                    id.into(),
                    words,
                    STEPS,
                    usual.steps as f32,
                    part.steps as f32,
                );
                row.scaled(Scale::Counts)
            }
            SamplerNumber::Eta if part.method.takes_eta() => {
                let words = [
                    "eta η",
                    "Sampler eta",
                    "How much of the noise of DDPM each step adds: 0 adds none, so the same noise always \
                     gives the same picture",
                ];
                let default = part.method.usual_eta() as f32;
                Param::new(id.into(), words, ETA, default, part.used_eta()).scaled(Scale::Closed)
            }
            SamplerNumber::Guidance if self.model()?.manifest.conditions.is_some() => {
                let words = [
                    "Guidance",
                    "Guidance scale",
                    "How much counts what is asked for: 1 as in training, more overdraws it, 0 leaves it out",
                ];
                Param::new(id.into(), words, GUIDED, usual.guidance, part.guidance)
            }
            SamplerNumber::Judge if self.is_guided_by_judge() => {
                let words = ["Judge", "Guidance by the judge", BY_JUDGE];
                Param::new(id.into(), words, JUDGED, usual.judge, part.judge)
            }
            SamplerNumber::Temperature => {
                let words = [
                    "Temperature",
                    "Temperature of what is written",
                    "What the scores are divided by before an index is chosen: 1 chooses each as often as the \
                     model says, less the likely ones more often, 0 always the likeliest",
                ];
                let (usual, value) = (usual.temperature, part.temperature);
                Param::new(id.into(), words, HEAT, usual, value)
            }
            SamplerNumber::Eta | SamplerNumber::Guidance | SamplerNumber::Judge => return None,
        };
        let row = match id.part {
            0 => row,
            part => Param {
                name: format!("{}, part {}", row.name, part + 1),
                ..row
            },
        };
        Some(row.locked(self.locked(Control::Sampler).map(str::to_owned)))
    }

    /// Moves a number of the sampler.
    pub(super) fn set_sampler_param(&mut self, id: SamplerParam, value: f32) {
        let sampler = self.sampler();
        let Some(mut part) = sampler.part(id.part) else {
            return;
        };
        match id.number {
            // As a cast does it, what is no number becomes 0, which is refused.
            SamplerNumber::Steps => part.steps = value.round() as usize,
            SamplerNumber::Eta => {
                let is_usual = value == part.method.usual_eta() as f32;
                part.eta = (!is_usual).then_some(value);
            }
            SamplerNumber::Guidance => part.guidance = value,
            SamplerNumber::Judge => part.judge = value,
            SamplerNumber::Temperature => part.temperature = value,
        }
        self.edit(Edit::Sampler(sampler.with_part(id.part, part)));
    }
}

/// The same part by another method, without an eta that it does not know.
pub fn by_method(part: SamplerPart, method: Method) -> SamplerPart {
    SamplerPart {
        method,
        eta: part.eta.filter(|_| method.takes_eta()),
        ..part
    }
}

/// A method as people call it.
pub fn title(method: Method) -> &'static str {
    match method {
        Method::Ddpm => "DDPM",
        Method::Ddim => "DDIM",
        Method::DpmSolver => "DPM-Solver++(2M)",
        Method::UniPc => "UniPC",
        Method::Euler => "Euler",
        Method::Heun => "Heun",
        Method::EulerAncestral => "Euler ancestral",
        Method::Flow => "Flow (straight line)",
    }
}

/// What stays the same of a part: `DDIM · eta 0.5`.
pub fn method_in_words(part: &SamplerPart) -> String {
    let mut words = title(part.method).to_owned();
    if let Some(schedule) = part.schedule {
        words += &format!(" · {schedule}");
    }
    if part.method.takes_eta() {
        words += &format!(" · eta {}", part.used_eta());
    }
    words
}

/// A number of steps: `20 steps`.
pub fn steps_in_words(steps: usize) -> String {
    let plural = if steps == 1 { "" } else { "s" };
    format!("{steps} step{plural}")
}

/// What is added where the judge guides: ` · judge 4`.
pub fn judge_in_words(part: &SamplerPart) -> String {
    match part.judge > 0.0 {
        true => format!(" · judge {}", part.judge),
        false => String::new(),
    }
}

/// The settings of a part in a few words: `DDIM · eta 0.5 · 20 steps`, with the guidance where it counts.
pub fn in_words(part: &SamplerPart, is_guided: bool) -> String {
    let words = format!("{} · {}", method_in_words(part), steps_in_words(part.steps));
    match is_guided {
        true => format!(
            "{words} · guidance {}{}",
            part.guidance,
            judge_in_words(part)
        ),
        false => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::Sampler;

    #[test]
    fn an_eta_goes_with_methods_that_have_one() {
        let part = SamplerPart {
            method: Method::Ddim,
            eta: Some(0.5),
            ..SamplerPart::default()
        };
        assert_eq!(by_method(part, Method::EulerAncestral).eta, Some(0.5));
        assert_eq!(by_method(part, Method::Heun).eta, None);
    }

    #[test]
    fn methods_that_add_noise_say_so() {
        let with = |method, eta| {
            let part = SamplerPart {
                method,
                eta,
                ..SamplerPart::default()
            };
            Sampler::of_part(Default::default(), part).adds_noise()
        };
        assert!(with(Method::Ddpm, None) && with(Method::EulerAncestral, None));
        assert!(with(Method::Ddim, Some(0.1)));
        assert!(!with(Method::Ddim, None) && !with(Method::DpmSolver, None));
        assert!(!with(Method::EulerAncestral, Some(0.0)));
    }
}

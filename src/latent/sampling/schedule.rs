//! Noise schedules: how data was mixed with noise in training, and at which levels a sampler looks.

use super::{Level, Name, NameError, SamplingError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How many levels a schedule of training has.
pub const TRAINING_STEPS: usize = 1000;
/// The most steps of a sampler: one for each level of training.
pub const MAX_STEPS: usize = TRAINING_STEPS;

/// The offset `s` of the cosine schedule (Nichol and Dhariwal 2021, section 3.2).
const COSINE_OFFSET: f64 = 0.008;
/// The largest beta of the cosine schedule, the same place.
const MAX_BETA: f64 = 0.999;
/// The betas of the linear schedule (Ho et al. 2020, section 4).
const LINEAR_BETAS: [f64; 2] = [1e-4, 0.02];
/// The exponent by which the levels of Karras et al. (2022, table 1) are spaced.
const KARRAS_RHO: f64 = 7.0;

/// Beyond what the network of a straight path was trained on nothing is asked.
const LINE: [Level; 2] = [
    Level {
        alpha: 0.0,
        sigma: 1.0,
    },
    Level {
        alpha: 0.999,
        sigma: 0.001,
    },
];

/// How the data was mixed with noise when a network was trained.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Noising {
    /// Betas from 1e-4 to 0.02 in equal steps.
    Linear,
    /// The cosine schedule, betas at most 0.999.
    #[default]
    Cosine,
    /// A straight line from data to noise: flow matching.
    Line,
}

impl Noising {
    /// The betas of training, the noise that each step adds; none on the straight line.
    fn betas(self) -> Option<Vec<f64>> {
        let steps = TRAINING_STEPS as f64;
        let beta: Box<dyn Fn(usize) -> f64> = match self {
            Self::Linear => {
                let [first, last] = LINEAR_BETAS;
                Box::new(move |t| first + (last - first) * t as f64 / (steps - 1.0))
            }
            Self::Cosine => {
                let left = move |t: usize| {
                    let angle = (t as f64 / steps + COSINE_OFFSET) / (1.0 + COSINE_OFFSET);
                    (angle * std::f64::consts::FRAC_PI_2).cos().powi(2)
                };
                Box::new(move |t| (1.0 - left(t + 1) / left(t)).min(MAX_BETA))
            }
            Self::Line => return None,
        };
        Some((0..TRAINING_STEPS).map(beta).collect())
    }

    /// Alpha-bar after each step of training: the running product of `1 - beta`. Empty on the
    /// straight line.
    pub fn alpha_bars(self) -> Vec<f64> {
        let betas = self.betas().unwrap_or_default().into_iter();
        let bars = betas.scan(1.0, |bar, beta| {
            *bar *= 1.0 - beta;
            Some(*bar)
        });
        bars.collect()
    }

    /// The moments that a network learns, from the cleanest to the noisiest; those of the line lie in
    /// the middle of as many equal pieces.
    pub fn moments(self) -> Vec<Moment> {
        let moment = |index: usize, time: f64, level: Level| Moment {
            time: if self == Self::Line {
                time
            } else {
                index as f64
            },
            level,
        };
        let levels: Vec<Level> = match self {
            Self::Line => (0..TRAINING_STEPS)
                .map(middle)
                .map(Level::of_line)
                .collect(),
            _ => self
                .alpha_bars()
                .into_iter()
                .map(Level::of_alpha_bar)
                .collect(),
        };
        let numbered = levels.into_iter().enumerate();
        numbered
            .map(|(index, level)| moment(index, middle(index), level))
            .collect()
    }

    /// The level that a picture is noised to by a strength of 0..=1: that share of the time of training
    /// from the data (Meng et al. 2022; diffusers counts alike). `None` for pure noise, 1.
    pub fn at_strength(self, strength: f64) -> Option<Level> {
        if strength >= 1.0 {
            return None;
        }
        if strength <= 0.0 {
            return Some(Level::CLEAN);
        }
        Some(match self {
            Self::Line => Level::of_line(strength),
            _ => level_at(&self.alpha_bars(), strength * TRAINING_STEPS as f64 - 1.0),
        })
    }

    /// What times are multiplied by to lie between 0 and about [`TRAINING_STEPS`].
    pub fn time_scale(self) -> f64 {
        match self {
            Self::Linear | Self::Cosine => 1.0,
            Self::Line => TRAINING_STEPS as f64,
        }
    }

    /// The noisiest level and the least noisy one that the network knows.
    fn range(self) -> [Level; 2] {
        match self.alpha_bars()[..] {
            [first, .., last] => [last, first].map(Level::of_alpha_bar),
            _ => LINE,
        }
    }
}

/// The middle of one of the equal pieces of the straight line.
fn middle(index: usize) -> f64 {
    (index as f64 + 0.5) / TRAINING_STEPS as f64
}

/// A level with the time that the network is given there.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Moment {
    /// From [`TRAINING_STEPS`]` - 1`, the noisiest, to 0, and -1 where no noise is left; on a
    /// straight line from 1 to 0.
    pub time: f64,
    pub level: Level,
}

/// At which levels a sampler looks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Those that the linear schedule of training has at equal distances of time.
    Linear,
    /// Those that the cosine schedule has.
    Cosine,
    /// Close together where there is little noise, with rho 7 (Karras et al. 2022).
    Karras,
    /// At equal distances of the logarithm of the signal-to-noise ratio (Lu et al. 2022).
    LogSnr,
    /// At equal distances on the straight line between data and noise.
    Line,
}

impl Name for Schedule {
    const ALL: &'static [Self] = &[
        Self::Linear,
        Self::Cosine,
        Self::Karras,
        Self::LogSnr,
        Self::Line,
    ];
    const KIND: &'static str = "schedule";

    fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Cosine => "cosine",
            Self::Karras => "karras",
            Self::LogSnr => "log-snr",
            Self::Line => "line",
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Schedule {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::named(text)
    }
}

impl From<Noising> for Schedule {
    fn from(noising: Noising) -> Self {
        match noising {
            Noising::Linear => Self::Linear,
            Noising::Cosine => Self::Cosine,
            Noising::Line => Self::Line,
        }
    }
}

impl Schedule {
    /// The moments of `steps` steps of a network that was trained with `noising`, in order of use:
    /// one more than there are steps, the last without noise.
    ///
    /// The times of the schedules of training are `round(T - i T / steps) - 1` for `i` from 0
    /// (`timestep_spacing = "trailing"` in diffusers), so that the first is the noisiest there is
    /// (Lin et al. 2023, "Common diffusion noise schedules and sample steps are flawed"). The last
    /// step leads from the last of them to the data.
    ///
    /// # Errors
    /// When there are no steps or more than [`MAX_STEPS`].
    pub fn moments(self, steps: usize, noising: Noising) -> Result<Vec<Moment>, SamplingError> {
        self.moments_from(None, steps, noising)
    }

    /// The same from a level on, where a picture is on its way already: the first moment is exactly
    /// there, and the steps share what is left. `None` is the noisiest level of the training.
    ///
    /// # Errors
    /// As for [`Self::moments`].
    pub fn moments_from(
        self,
        start: Option<Level>,
        steps: usize,
        noising: Noising,
    ) -> Result<Vec<Moment>, SamplingError> {
        if !(1..=MAX_STEPS).contains(&steps) {
            return Err(SamplingError::Steps(steps));
        }
        let clock = Clock::new(noising);
        let [noisiest, cleanest] = noising.range();
        let first = start.unwrap_or(noisiest);
        // From a level that is cleaner than any of training there is still a way to the data.
        let cleanest = match first.on_line() > cleanest.on_line() * (1.0 + 1e-9) {
            true => cleanest,
            false => Level::of_line(first.on_line() / steps as f64),
        };
        // Levels from the first to the cleanest, equal distances apart by some measure.
        let spread = |measure: fn(Level) -> f64, back: fn(f64) -> Level| -> Vec<Level> {
            let [from, to] = [measure(first), measure(cleanest)];
            let last = (steps - 1).max(1) as f64;
            let measures = (0..steps).map(|i| from + (to - from) * i as f64 / last);
            measures.map(back).collect()
        };
        let mut levels: Vec<Level> = match self {
            Self::Linear => at_equal_times(Noising::Linear, start, steps),
            Self::Cosine => at_equal_times(Noising::Cosine, start, steps),
            Self::Karras => spread(
                |level| level.ratio().min(MAX_RATIO).powf(1.0 / KARRAS_RHO),
                |measure| Level::of_ratio(measure.powf(KARRAS_RHO)),
            ),
            Self::LogSnr => spread(
                |level| level.lambda().max(-MAX_RATIO.ln()),
                |lambda| Level::of_ratio((-lambda).exp()),
            ),
            Self::Line => {
                let from = first.on_line();
                let shares = (0..steps).map(|i| 1.0 - i as f64 / steps as f64);
                shares.map(|share| Level::of_line(from * share)).collect()
            }
        };
        if let (Some(start), Some(first)) = (start, levels.first_mut()) {
            *first = start;
        }
        let mut moments: Vec<Moment> = levels.into_iter().map(|level| clock.at(level)).collect();
        moments.push(Moment {
            time: clock.end(),
            level: Level::CLEAN,
        });
        Ok(moments)
    }
}

/// What pure noise counts as where a ratio is needed.
const MAX_RATIO: f64 = 1000.0;

/// The levels that a schedule of training has at equal distances of time.
fn at_equal_times(noising: Noising, start: Option<Level>, steps: usize) -> Vec<Level> {
    let bars = noising.alpha_bars();
    let all = match start {
        None => TRAINING_STEPS as f64,
        Some(level) => time_of(&bars, noising, level) + 1.0,
    };
    // Whole times only where each step gets one of its own.
    let has_whole = all.fract() == 0.0 && steps as f64 <= all;
    let times = (0..steps).map(|i| {
        let left = all - i as f64 * all / steps as f64;
        match has_whole {
            true => left.round_ties_even() - 1.0,
            false => left - 1.0,
        }
    });
    times.map(|time| level_at(&bars, time)).collect()
}

/// The time at which a schedule of training has a level: below 0 where it is cleaner than the
/// cleanest, down to -1, the data.
fn time_of(bars: &[f64], noising: Noising, level: Level) -> f64 {
    let cleanest = bars.first().copied().unwrap_or(1.0);
    let bar = level.alpha_bar();
    if bar > cleanest && cleanest < 1.0 {
        return -(bar - cleanest) / (1.0 - cleanest);
    }
    Clock::new(noising).at(level).time
}

/// The level of a schedule of training at a time, which need not be whole.
fn level_at(bars: &[f64], time: f64) -> Level {
    let last = bars.len().saturating_sub(1);
    let bar = |index: f64| bars[(index as usize).min(last)];
    let (below, share) = (time.floor(), time - time.floor());
    if time < 0.0 {
        return Level::of_alpha_bar(bar(0.0) + (1.0 - bar(0.0)) * -time);
    }
    if share == 0.0 {
        return Level::of_alpha_bar(bar(below));
    }
    let [low, high] = [below, below + 1.0].map(|it| Level::of_alpha_bar(bar(it)).lambda());
    Level::of_ratio((-(low + (high - low) * share)).exp())
}

/// The time at which a network saw a level.
struct Clock {
    /// The logarithms of `sigma / alpha` of the levels of training, rising; empty on a line.
    log_ratios: Vec<f64>,
}

impl Clock {
    fn new(noising: Noising) -> Self {
        let bars = noising.alpha_bars().into_iter();
        let ratios = bars.map(|bar| -Level::of_alpha_bar(bar).lambda());
        Self {
            log_ratios: ratios.collect(),
        }
    }

    fn at(&self, level: Level) -> Moment {
        let Some(last) = self.log_ratios.len().checked_sub(1) else {
            let time = level.on_line();
            return Moment { time, level };
        };
        // Between two levels of training the logarithm of sigma / alpha counts, as in k-diffusion.
        let wanted = -level.lambda();
        let above = self.log_ratios.partition_point(|&ratio| ratio < wanted);
        let time = match above {
            0 => 0.0,
            above if above > last => last as f64,
            above => {
                let [low, high] = [above - 1, above].map(|index| self.log_ratios[index]);
                let share = (wanted - low) / (high - low);
                // What differs from a level of training by rounding alone is that level.
                let time = (above - 1) as f64 + share;
                let whole = time.round();
                if (time - whole).abs() < 1e-6 {
                    whole
                } else {
                    time
                }
            }
        };
        Moment { time, level }
    }

    /// The time where no noise is left.
    fn end(&self) -> f64 {
        if self.log_ratios.is_empty() {
            0.0
        } else {
            -1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_of_training_are_those_of_the_papers() {
        let linear = Noising::Linear.alpha_bars();
        assert!((linear[0] - 0.9999).abs() < 1e-12);
        assert!((linear[999] / 4.035_83e-5 - 1.0).abs() < 1e-5);
        // Before betas are cut off the product is the paper's formula.
        let cosine = Noising::Cosine.alpha_bars();
        let paper = |t: f64| {
            ((t + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2)
                .cos()
                .powi(2)
        };
        for t in [0, 499, 990] {
            let wanted = paper((t + 1) as f64 / 1000.0) / paper(0.0);
            assert!(
                (cosine[t] / wanted - 1.0).abs() < 1e-9,
                "{t}: {}",
                cosine[t]
            );
        }
        assert!(cosine[999] < 1e-8 && cosine[999] > 0.0);
        assert!(Noising::Line.alpha_bars().is_empty());
    }

    #[test]
    fn the_first_step_is_the_noisiest_and_the_last_leads_to_the_data() {
        for &schedule in Schedule::ALL {
            for noising in [Noising::Linear, Noising::Cosine, Noising::Line] {
                for steps in [1, 2, 7, 20, 999, 1000] {
                    let moments = schedule.moments(steps, noising).unwrap();
                    assert_eq!(moments.len(), steps + 1);
                    assert_eq!(moments[steps].level, Level::CLEAN);
                    for pair in moments.windows(2) {
                        let bars = [pair[0], pair[1]].map(|moment| moment.level.alpha_bar());
                        assert!(bars[0] < bars[1], "{schedule} {noising:?} {steps}");
                        assert!(pair[0].time >= pair[1].time, "{schedule} {noising:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_network_is_asked_at_the_times_of_its_training() {
        let times = |schedule: Schedule, steps, noising| -> Vec<f64> {
            let moments = schedule.moments(steps, noising).unwrap();
            moments.iter().map(|moment| moment.time).collect()
        };
        let five = [999.0, 799.0, 599.0, 399.0, 199.0, -1.0];
        assert_eq!(times(Schedule::Linear, 5, Noising::Linear), five);
        assert_eq!(times(Schedule::Cosine, 5, Noising::Cosine), five);
        let line = [1.0, 0.75, 0.5, 0.25, 0.0];
        assert_eq!(times(Schedule::Line, 4, Noising::Line), line);
        // Halves are rounded to the even number, as NumPy does it.
        let sixteen = times(Schedule::Linear, 16, Noising::Linear);
        assert_eq!(sixteen[..4], [999.0, 937.0, 874.0, 811.0]);
    }

    #[test]
    fn from_any_level_the_steps_lead_to_the_data() {
        for noising in [Noising::Linear, Noising::Cosine, Noising::Line] {
            let [noisiest, cleanest] = noising.range();
            let beyond = Level::of_line(cleanest.on_line() / 3.0);
            let starts = [
                noisiest,
                Level::of_line(0.4),
                Level::of_alpha_bar(0.9),
                cleanest,
                beyond,
            ];
            for &schedule in Schedule::ALL {
                for start in starts {
                    for steps in [1, 2, 13, 400, 1000] {
                        let moments = schedule.moments_from(Some(start), steps, noising).unwrap();
                        let at = format!("{schedule} {noising:?} {start:?} {steps}");
                        assert_eq!(moments.len(), steps + 1, "{at}");
                        assert_eq!(moments[0].level, start, "{at}");
                        assert_eq!(moments[steps].level, Level::CLEAN, "{at}");
                        for pair in moments.windows(2) {
                            let lines = [pair[0], pair[1]].map(|it| it.level.on_line());
                            assert!(lines[0] > lines[1], "{at}: {lines:?}");
                            assert!(pair[0].time >= pair[1].time, "{at}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn no_steps_and_too_many_are_refused() {
        for steps in [0, 1001, 10_000_000] {
            let error = Schedule::Linear.moments(steps, Noising::Linear);
            let error = error.unwrap_err().to_string();
            assert!(error.contains(&steps.to_string()), "{error}");
        }
    }
}

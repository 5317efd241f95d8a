//! Samples on a ring, and the waves that they consist of.

use std::f64::consts::TAU;
use std::sync::LazyLock;

/// How many samples there are.
pub const GRID: usize = 16;
/// The most cycles that the grid can hold (its Nyquist limit).
pub const LIMIT: usize = GRID / 2;

/// Into how many parts each step is divided where signals are drawn.
pub const FINE: usize = 8;
/// All parts of the ring.
pub const PARTS: usize = GRID * FINE;

/// The cosines of all parts of a turn: computing them for every point would take as long as all else.
static TURN: LazyLock<[f64; PARTS]> =
    LazyLock::new(|| std::array::from_fn(|it| (TAU * it as f64 / PARTS as f64).cos()));

/// The numbers on the grid.
pub type Samples = [f64; GRID];

/// A cosine of some cycles over the ring, moved by `shift` steps to the right.
pub fn wave(frequency: usize, shift: f64) -> Samples {
    std::array::from_fn(|place| wave_at(frequency, place as f64 - shift))
}

/// The cosine at a place, in steps of the grid.
pub fn wave_at(frequency: usize, place: f64) -> f64 {
    (frequency as f64 * TAU * place / GRID as f64).cos()
}

/// What samples consist of: a cosine and a sine of each number of cycles up to the limit. It is
/// also the one signal below the limit that goes through them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spectrum {
    cosines: [f64; LIMIT + 1],
    sines: [f64; LIMIT + 1],
}

impl Spectrum {
    pub fn of(samples: &Samples) -> Self {
        let sum = |frequency: usize, wave: fn(usize, usize) -> f64| -> f64 {
            // The constant and the wave at the limit have no partner of negative frequency.
            let scale = match frequency {
                0 | LIMIT => 1.0,
                _ => 2.0,
            };
            let part = |(place, sample): (usize, &f64)| sample * wave(frequency, place * FINE);
            scale * samples.iter().enumerate().map(part).sum::<f64>() / GRID as f64
        };
        Self {
            cosines: std::array::from_fn(|it| sum(it, cosine)),
            sines: std::array::from_fn(|it| match it {
                0 | LIMIT => 0.0,
                _ => sum(it, sine),
            }),
        }
    }

    /// How strong the wave of some cycles is; 0 for what the grid cannot hold.
    pub fn amplitude(&self, frequency: usize) -> f64 {
        let parts = self.cosines.get(frequency).zip(self.sines.get(frequency));
        parts.map_or(0.0, |(cosine, sine)| cosine.hypot(*sine))
    }

    /// The same signal, moved by some steps to the right.
    pub fn shifted(&self, steps: f64) -> Self {
        let mut moved = *self;
        for frequency in 0..=LIMIT {
            let (sin, cos) = (frequency as f64 * TAU * steps / GRID as f64).sin_cos();
            let [cosine, sine] = [self.cosines[frequency], self.sines[frequency]];
            moved.cosines[frequency] = cosine * cos - sine * sin;
            moved.sines[frequency] = cosine * sin + sine * cos;
        }
        moved
    }

    /// The signal at a place, in parts of the ring.
    pub fn at(&self, part: usize) -> f64 {
        let waves = self.cosines.iter().zip(&self.sines).enumerate();
        waves
            .map(|(it, (of_cosine, of_sine))| {
                of_cosine * cosine(it, part) + of_sine * sine(it, part)
            })
            .sum()
    }

    pub fn samples(&self) -> Samples {
        std::array::from_fn(|place| self.at(place * FINE))
    }
}

/// A wave of some cycles at a place, in parts of the ring.
fn cosine(frequency: usize, part: usize) -> f64 {
    TURN[frequency * part % PARTS]
}

/// The same a quarter of a turn later.
fn sine(frequency: usize, part: usize) -> f64 {
    TURN[(frequency * part + PARTS - PARTS / 4) % PARTS]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_and_spectrum_say_the_same() {
        let samples: Samples = std::array::from_fn(|it| ((it * it * 7) % 11) as f64 - 4.0);
        let back = Spectrum::of(&samples).samples();
        for (found, sample) in back.iter().zip(samples) {
            assert!((found - sample).abs() < 1e-12, "{back:?}");
        }
        for frequency in 0..LIMIT {
            let spectrum = Spectrum::of(&wave(frequency, 0.3));
            for other in 0..=LIMIT {
                let wanted = f64::from(u8::from(other == frequency));
                assert!((spectrum.amplitude(other) - wanted).abs() < 1e-12);
            }
        }
        assert_eq!(Spectrum::of(&samples).amplitude(LIMIT + 1), 0.0);
        // Between the samples, too.
        let between = Spectrum::of(&wave(5, 0.3)).at(3 * FINE + 1);
        let wanted = wave_at(5, 3.0 + 1.0 / FINE as f64 - 0.3);
        assert!((between - wanted).abs() < 1e-12);
    }

    #[test]
    fn a_shift_by_way_of_the_spectrum_is_that_of_the_wave() {
        for frequency in 1..LIMIT {
            for shift in [0.0, 0.1, 0.5, 1.0, 3.7] {
                let moved = Spectrum::of(&wave(frequency, 0.0)).shifted(shift).samples();
                for (found, wanted) in moved.iter().zip(wave(frequency, shift)) {
                    assert!((found - wanted).abs() < 1e-12, "{frequency} {shift}");
                }
            }
        }
    }

    #[test]
    fn what_is_above_the_limit_looks_like_its_alias() {
        for frequency in LIMIT + 1..GRID {
            let [fast, alias] = [frequency, GRID - frequency].map(|it| wave(it, 0.0));
            for (fast, alias) in fast.iter().zip(alias) {
                assert!((fast - alias).abs() < 1e-12);
            }
        }
    }
}

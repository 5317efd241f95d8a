//! A pointwise function with or without the filters around it.

use super::grid::{GRID, Samples};
use std::f64::consts::{PI, TAU};

/// Where the filters let half through, in cycles over the ring, and half of the width over which
/// they close: they leave waves of up to 4 cycles as they are, and stop those of 8 and more.
const CUTOFF: f64 = 6.0;
const HALF_WIDTH: f64 = 2.0;

/// A pointwise function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Function {
    Linear,
    Square,
    Relu,
    Leaky,
    Silu,
}

impl Function {
    pub const ALL: [Self; 5] = [
        Self::Linear,
        Self::Square,
        Self::Relu,
        Self::Leaky,
        Self::Silu,
    ];

    /// The word in question files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Square => "square",
            Self::Relu => "relu",
            Self::Leaky => "leaky",
            Self::Silu => "silu",
        }
    }

    /// The function of a word.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.key() == key)
    }

    /// The name that people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::Linear => "Linear",
            Self::Square => "Square",
            Self::Relu => "ReLU",
            Self::Leaky => "Leaky ReLU",
            Self::Silu => "SiLU",
        }
    }

    pub fn of(self, x: f64) -> f64 {
        match self {
            Self::Linear => x,
            Self::Square => x * x,
            Self::Relu => x.max(0.0),
            // The slope of StyleGAN.
            Self::Leaky => x.max(0.2 * x),
            Self::Silu => x / (1.0 + (-x).exp()),
        }
    }

    /// The least and the greatest that it makes of a wave.
    pub fn range(self) -> [f64; 2] {
        match self {
            Self::Square | Self::Relu => [0.0, 1.0],
            _ => [self.of(-1.0), self.of(1.0)],
        }
    }

    /// How strong each wave is in what it makes of the continuous wave of `frequency` cycles, from
    /// 0 to as many as there are places.
    pub fn harmonics<const PLACES: usize>(self, frequency: usize) -> [f64; PLACES] {
        /// Fine enough that what folds back here is too little to be seen.
        const FINE: usize = 512;
        let mut found = [0.0; PLACES];
        for multiple in 0.. {
            let Some(place) = found.get_mut(multiple * frequency) else {
                break;
            };
            let part = |at: usize| {
                let phase = TAU * at as f64 / FINE as f64;
                // The function of an even signal is even, so that cosines are all.
                self.of(phase.cos()) * (multiple as f64 * phase).cos()
            };
            let mean = (0..FINE).map(part).sum::<f64>() / FINE as f64;
            *place = mean.abs() * if multiple == 0 { 1.0 } else { 2.0 };
        }
        found
    }
}

/// A low-pass filter on a grid that is some times finer: a sinc in a Kaiser window. Its attenuation
/// follows from its length and from the width over which it closes, as in StyleGAN3 (and in
/// SciPy's `firwin`): about 3.6 dB for each step of the grid, and 8.
#[derive(Clone, PartialEq, Debug)]
pub struct Filter {
    /// What it makes of a one at the first place of the fine ring. Ends that reach around the ring
    /// are added up. It stands here twice, so that no place has to be brought back into the ring.
    response: Vec<f64>,
}

impl Filter {
    /// A filter of `length` steps of the coarse grid.
    pub fn new(length: usize, upsampling: usize) -> Self {
        let places = GRID * upsampling;
        // An odd number of taps, so that it has a middle and moves nothing.
        let half = length * upsampling / 2;
        let width = 2.0 * HALF_WIDTH / (places as f64 / 2.0);
        let beta = kaiser_beta(2.285 * 2.0 * half as f64 * PI * width + 7.95);
        let tap = |at: usize| {
            let from_middle = at as f64 - half as f64;
            let angle = TAU * CUTOFF * from_middle / places as f64;
            let sinc = match at == half {
                true => 1.0,
                false => angle.sin() / angle,
            };
            let share = match half {
                0 => 0.0,
                _ => from_middle / half as f64,
            };
            sinc * bessel(beta * (1.0 - share * share).max(0.0).sqrt())
        };
        let taps: Vec<f64> = (0..=2 * half).map(tap).collect();
        let sum: f64 = taps.iter().sum();
        let mut response = vec![0.0; places];
        for (at, tap) in taps.iter().enumerate() {
            // Counted from the middle, backwards around the ring.
            let place = (at + places * half.div_ceil(places) - half) % places;
            response[place] += tap / sum;
        }
        response.extend_from_within(..);
        Self { response }
    }

    /// How much of a wave of some cycles it leaves.
    pub fn gain(&self, frequency: usize) -> f64 {
        let once = &self.response[..self.response.len() / 2];
        let places = once.len() as f64;
        let part = |(at, tap): (usize, &f64)| tap * (TAU * (frequency * at) as f64 / places).cos();
        once.iter().enumerate().map(part).sum()
    }

    fn at(&self, from: usize, to: usize) -> f64 {
        self.response[to + self.response.len() / 2 - from]
    }
}

/// The shape of a Kaiser window for an attenuation in dB (Kaiser 1974).
fn kaiser_beta(attenuation: f64) -> f64 {
    match attenuation {
        a if a > 50.0 => 0.1102 * (a - 8.7),
        a if a > 21.0 => 0.5842 * (a - 21.0).powf(0.4) + 0.07886 * (a - 21.0),
        _ => 0.0,
    }
}

/// The modified Bessel function I₀, by its series.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for order in 1..64 {
        term *= (x / (2.0 * f64::from(order))).powi(2);
        sum += term;
    }
    sum
}

/// A function as it is applied.
#[derive(Clone, PartialEq, Debug)]
pub struct Layer {
    function: Function,
    upsampling: usize,
    filter: Option<Filter>,
}

impl Layer {
    /// The function on the samples as they are.
    pub fn plain(function: Function) -> Self {
        Self {
            function,
            upsampling: 1,
            filter: None,
        }
    }

    /// The function on a finer grid between two filters of `length` steps; with a length of
    /// 0 there is none: every coarse sample is also a fine one, and downsampling keeps those.
    pub fn filtered(function: Function, upsampling: usize, length: usize) -> Self {
        Self {
            function,
            upsampling,
            filter: (length > 0).then(|| Filter::new(length, upsampling)),
        }
    }

    pub fn apply(&self, samples: &Samples) -> Samples {
        let Some(filter) = &self.filter else {
            return samples.map(|it| self.function.of(it));
        };
        let fine = GRID * self.upsampling;
        // Zeros between the samples take their share of the strength, which is put back.
        let enlarged = |to: usize| {
            let part = |(at, sample): (usize, &f64)| sample * filter.at(at * self.upsampling, to);
            self.upsampling as f64 * samples.iter().enumerate().map(part).sum::<f64>()
        };
        let bent: Vec<f64> = (0..fine).map(|to| self.function.of(enlarged(to))).collect();
        std::array::from_fn(|place| {
            let to = place * self.upsampling;
            let part = |(from, value): (usize, &f64)| value * filter.at(from, to);
            bent.iter().enumerate().map(part).sum()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::toy::aliasing::{LIMIT, Spectrum, wave};

    #[test]
    fn harmonics_are_those_of_textbooks() {
        let of = |function: Function| function.harmonics::<17>(3);
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-5, "{found}");
        let square = of(Function::Square);
        near(square[0], 0.5);
        near(square[6], 0.5);
        near(square.iter().sum(), 1.0);
        // ReLU of a cosine is 1/π + cos/2 + 2/π·(cos 2/3 − cos 4/15 + …).
        let relu = of(Function::Relu);
        near(relu[0], 1.0 / PI);
        near(relu[3], 0.5);
        near(relu[6], 2.0 / (3.0 * PI));
        near(relu[9], 0.0);
        near(relu[12], 2.0 / (15.0 * PI));
        assert!(relu[4] == 0.0 && relu[16] == 0.0);
    }

    #[test]
    fn filters_let_low_waves_through_and_stop_those_above_the_limit() {
        for upsampling in [2, 4, 8] {
            for (length, leak) in [(6, 0.075), (12, 0.006), (24, 0.0001)] {
                let filter = Filter::new(length, upsampling);
                for frequency in 0..=GRID * upsampling / 2 {
                    let gain = filter.gain(frequency);
                    let is_fit = match frequency {
                        0..=4 => (gain - 1.0).abs() < leak,
                        5..=7 => gain > 0.0 && gain < 1.0,
                        _ => gain.abs() < leak,
                    };
                    assert!(is_fit, "×{upsampling}, {length}: {gain} at {frequency}");
                }
                assert!((filter.gain(6) - 0.5).abs() < 0.06);
            }
        }
        // One tap filters nothing.
        assert!((Filter::new(1, 1).gain(7) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn filters_are_those_of_scipy() {
        // firwin(length·m + 1, 6, width=4, fs=16·m) of SciPy 1.17, from the middle.
        for (upsampling, length, taps) in [
            (
                2,
                6,
                [0.381_658_98, 0.293_353_02, 0.105_600_71, -0.034_293_26],
            ),
            (
                4,
                12,
                [0.187_701_58, 0.176_400_26, 0.145_100_56, 0.100_859_96],
            ),
        ] {
            let filter = Filter::new(length, upsampling);
            for (at, tap) in taps.into_iter().enumerate() {
                let found = filter.response[at];
                assert!((found - tap).abs() < 1e-8, "{found} {tap}");
            }
        }
        for (attenuation, beta) in [(20.0, 0.0), (29.489, 2.043_814_12), (60.0, 5.653_26)] {
            assert!((kaiser_beta(attenuation) - beta).abs() < 1e-8);
        }
        for (x, value) in [(0.0, 1.0), (1.0, 1.266_065_88), (10.0, 2_815.716_628_5)] {
            assert!((bessel(x) / value - 1.0).abs() < 1e-8, "{}", bessel(x));
        }
    }

    /// The layer by another way: each wave of the fine grid for itself, by the gains of the filter.
    fn by_waves(function: Function, upsampling: usize, length: usize, frequency: usize) -> Samples {
        let filter = Filter::new(length, upsampling);
        let fine = GRID * upsampling;
        let wave_of = |cycles: usize, at: usize| (TAU * (cycles * at) as f64 / fine as f64).cos();
        // Zeros between the samples repeat the wave at every multiple of the grid, mirrored too.
        let images = (0..fine)
            .filter(|it| it % GRID == frequency % GRID || it % GRID == (GRID - frequency) % GRID);
        let images: Vec<usize> = images.collect();
        let enlarged = |at: usize| -> f64 {
            let parts = images.iter().map(|&it| filter.gain(it) * wave_of(it, at));
            parts.sum::<f64>() / 2.0
        };
        let bent: Vec<f64> = (0..fine).map(|at| function.of(enlarged(at))).collect();
        std::array::from_fn(|place| {
            let part = |cycles: usize| {
                let cosine = |(at, value): (usize, &f64)| value * wave_of(cycles, at);
                let strength: f64 = bent.iter().enumerate().map(cosine).sum();
                filter.gain(cycles) * strength * wave_of(cycles, place * upsampling) / fine as f64
            };
            (0..fine).map(part).sum()
        })
    }

    #[test]
    fn sums_over_taps_and_over_waves_agree() {
        for function in Function::ALL {
            for (upsampling, length) in [(1, 6), (2, 6), (3, 7), (4, 24), (8, 12)] {
                let layer = Layer::filtered(function, upsampling, length);
                for frequency in 1..LIMIT {
                    let found = layer.apply(&wave(frequency, 0.0));
                    let other = by_waves(function, upsampling, length, frequency);
                    for (found, other) in found.iter().zip(other) {
                        assert!(
                            (found - other).abs() < 1e-10,
                            "{function:?} ×{upsampling} {length} {frequency}: {found} {other}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn aliases_land_where_theory_puts_them() {
        for frequency in 1..LIMIT {
            let squared = Layer::plain(Function::Square).apply(&wave(frequency, 0.3));
            let spectrum = Spectrum::of(&squared);
            let double = 2 * frequency;
            let lands = if double > LIMIT {
                GRID - double
            } else {
                double
            };
            for other in 1..LIMIT {
                let wanted = if other == lands { 0.5 } else { 0.0 };
                assert!((spectrum.amplitude(other) - wanted).abs() < 1e-12);
            }
            assert!((spectrum.amplitude(0) - 0.5).abs() < 1e-12);
            // Between the filters nothing but the constant stays of what is too fast.
            let filtered = Layer::filtered(Function::Square, 4, 24).apply(&wave(frequency, 0.3));
            let spectrum = Spectrum::of(&filtered);
            if double > LIMIT {
                assert!((1..=LIMIT).all(|it| spectrum.amplitude(it) < 1e-4));
            }
        }
    }
}

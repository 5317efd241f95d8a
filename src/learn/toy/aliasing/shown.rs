//! What a nonlinearity on a grid shows.

use super::grid::{FINE, GRID, LIMIT, PARTS, Samples, Spectrum, wave};
use super::layer::{Function, Layer};

/// The longest shift, in steps of the grid.
pub const WALK: f64 = 4.0;
/// Where curves begin, in steps: every sample stands in the middle of its step.
pub const START: f64 = -0.5;
/// Rows of a walk in each step of the shift.
const ROWS_PER_STEP: usize = 8;
/// Frequencies of the continuous spectrum, from 0.
pub const FREQUENCIES: usize = GRID + 1;

/// Shifts over which the error is averaged: within one step, since shifts by whole steps are exact.
const SHIFTS: usize = 32;
/// Where the errors of numbers of 16 digits begin, in dB.
pub const MAX_DB: f64 = 120.0;
/// The range of the wave, from −1 to 1.
const RANGE: f64 = 2.0;

/// What it is set to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Settings {
    pub function: Function,
    /// Cycles of the wave over the ring.
    pub frequency: usize,
    /// How far the wave is moved, in steps.
    pub shift: f64,
    pub upsampling: usize,
    /// The length of the filters in steps; 0 for none.
    pub filter: usize,
}

/// A layer, and whether it commutes with shifts.
#[derive(Debug)]
pub struct Side {
    /// What the layer makes of the shifted wave, and its place between the samples.
    pub found: Curve,
    /// What it makes of the wave, shifted afterwards: the same where it is equivariant.
    pub wanted: Curve,
    /// How strong each wave is in what is found, from 0 to the limit.
    pub amplitudes: [f64; LIMIT + 1],
    /// What is found for shifts from 0 to [`WALK`], a row for each.
    pub walk: Vec<Vec<f64>>,
    /// EQ-T over all shifts, in dB.
    pub equivariance: f64,
    /// How far both are apart at this shift: the root mean square in percent of the range.
    pub error_percent: f64,
}

/// Samples, and the one signal below the limit that goes through them.
#[derive(Debug)]
pub struct Curve {
    pub samples: Samples,
    /// At even distances, both ends of the ring included.
    pub points: Vec<f64>,
}

/// A nonlinearity on a grid as it is set.
#[derive(Debug)]
pub struct Aliasing {
    pub settings: Settings,
    pub input: Curve,
    /// Applied to the samples as they are.
    pub plain: Side,
    /// As it is set.
    pub filtered: Side,
    /// How strong each wave is in the function of the continuous wave, also above the limit.
    pub continuous: [f64; FREQUENCIES],
}

/// The places of the points of a curve, in steps.
pub fn places() -> impl Iterator<Item = f64> {
    (0..=PARTS).map(|it| START + it as f64 / FINE as f64)
}

impl Curve {
    fn of(spectrum: &Spectrum) -> Self {
        Self {
            samples: spectrum.samples(),
            points: (0..=PARTS)
                .map(|it| spectrum.at(it + PARTS - FINE / 2))
                .collect(),
        }
    }
}

impl Settings {
    /// The layer as it is set.
    pub fn layer(&self) -> Layer {
        Layer::filtered(self.function, self.upsampling, self.filter)
    }

    /// How strong the wave of some cycles is in what the layer makes of the shifted wave.
    pub fn amplitude(&self, frequency: usize) -> f64 {
        let found = self.layer().apply(&wave(self.frequency, self.shift));
        Spectrum::of(&found).amplitude(frequency)
    }

    /// EQ-T of the layer over all shifts, in dB: `10·log₁₀(range² / mean squared error)` (Karras
    /// et al. 2021), up to [`MAX_DB`]. Larger is better.
    pub fn equivariance(&self) -> f64 {
        self.equivariance_of(&self.layer())
    }

    fn equivariance_of(&self, layer: &Layer) -> f64 {
        let unmoved = Spectrum::of(&layer.apply(&wave(self.frequency, 0.0)));
        let error = |at: usize| {
            let shift = at as f64 / SHIFTS as f64;
            let found = layer.apply(&wave(self.frequency, shift));
            squared_error(&found, &unmoved.shifted(shift).samples())
        };
        let mean = (0..SHIFTS).map(error).sum::<f64>() / SHIFTS as f64;
        // Also of an error of zero.
        (10.0 * (RANGE * RANGE / mean).log10()).min(MAX_DB)
    }

    /// How far layer and shift are from commuting at this shift: the root mean square difference
    /// in percent of the range.
    pub fn error_percent(&self) -> f64 {
        self.error_percent_of(&self.layer())
    }

    fn error_percent_of(&self, layer: &Layer) -> f64 {
        let unmoved = Spectrum::of(&layer.apply(&wave(self.frequency, 0.0)));
        let found = layer.apply(&wave(self.frequency, self.shift));
        let wanted = unmoved.shifted(self.shift).samples();
        100.0 * squared_error(&found, &wanted).sqrt() / RANGE
    }

    fn side(&self, layer: &Layer) -> Side {
        let spectrum_at = |shift| Spectrum::of(&layer.apply(&wave(self.frequency, shift)));
        let found = spectrum_at(self.shift);
        let rows = 0..=(WALK as usize * ROWS_PER_STEP);
        let row = |it: usize| Curve::of(&spectrum_at(it as f64 / ROWS_PER_STEP as f64)).points;
        Side {
            wanted: Curve::of(&spectrum_at(0.0).shifted(self.shift)),
            amplitudes: std::array::from_fn(|it| found.amplitude(it)),
            found: Curve::of(&found),
            walk: rows.map(row).collect(),
            equivariance: self.equivariance_of(layer),
            error_percent: self.error_percent_of(layer),
        }
    }
}

/// The mean of the squared differences of samples.
fn squared_error(a: &Samples, b: &Samples) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>() / GRID as f64
}

impl Aliasing {
    pub fn of(settings: Settings) -> Self {
        let input = Spectrum::of(&wave(settings.frequency, settings.shift));
        Self {
            input: Curve::of(&input),
            plain: settings.side(&Layer::plain(settings.function)),
            filtered: settings.side(&settings.layer()),
            continuous: settings.function.harmonics(settings.frequency),
            settings,
        }
    }

    /// Whether the function of the continuous wave has a wave of some cycles; what the grid has
    /// elsewhere is an alias.
    pub fn is_content(&self, frequency: usize) -> bool {
        frequency.is_multiple_of(self.settings.frequency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Settings = Settings {
        function: Function::Leaky,
        frequency: 5,
        shift: 0.5,
        upsampling: 2,
        filter: 6,
    };

    fn all() -> impl Iterator<Item = (Function, usize)> {
        Function::ALL
            .into_iter()
            .flat_map(|function| (1..LIMIT).map(move |frequency| (function, frequency)))
    }

    #[test]
    fn a_linear_function_commutes_with_every_shift() {
        for frequency in 1..LIMIT {
            for (upsampling, filter) in [(1, 0), (1, 6), (2, 6), (3, 7), (8, 24)] {
                let settings = Settings {
                    function: Function::Linear,
                    frequency,
                    upsampling,
                    filter,
                    ..USUAL
                };
                assert_eq!(settings.equivariance(), MAX_DB);
                assert!(settings.error_percent() < 1e-10);
            }
        }
    }

    #[test]
    fn filters_better_the_equivariance_of_every_function_and_frequency() {
        for (function, frequency) in all() {
            let with = |upsampling, filter| {
                let settings = Settings {
                    function,
                    frequency,
                    upsampling,
                    filter,
                    ..USUAL
                };
                settings.equivariance()
            };
            let plain = with(1, 0);
            // Without the filter, the finer grid is of no use.
            assert_eq!(with(8, 0), plain);
            for (upsampling, filter, gain) in [(2, 6, 12.0), (4, 12, 24.0), (8, 24, 35.0)] {
                let found = with(upsampling, filter);
                assert!(
                    found >= (plain + gain).min(MAX_DB - 20.0),
                    "{function:?} {frequency} ×{upsampling} {filter}: {plain} to {found}"
                );
            }
        }
        // As much as for StyleGAN3's own upsampling and length.
        let [plain, filtered] = [0, 6].map(|filter| Settings { filter, ..USUAL }.equivariance());
        assert!((plain - 21.0).abs() < 0.1 && (filtered - 43.1).abs() < 0.1);
    }

    #[test]
    fn what_is_shown_is_what_is_measured() {
        for (function, frequency) in all() {
            let settings = Settings {
                function,
                frequency,
                ..USUAL
            };
            let shown = Aliasing::of(settings);
            assert_eq!(shown.filtered.equivariance, settings.equivariance());
            assert_eq!(shown.filtered.error_percent, settings.error_percent());
            assert_eq!(shown.filtered.amplitudes[6], settings.amplitude(6));
            let plain = Settings {
                filter: 0,
                ..settings
            };
            assert_eq!(shown.plain.equivariance, plain.equivariance());
            // The curve goes through its samples, and ends where it begins.
            let curve = &shown.plain.found;
            for (place, sample) in curve.samples.iter().enumerate() {
                let middle = place * FINE + FINE / 2;
                assert!((curve.points[middle] - sample).abs() < 1e-12);
            }
            assert!((curve.points[0] - curve.points[PARTS]).abs() < 1e-12);
            // Half a step is a row of the walk.
            assert_eq!(shown.plain.walk[ROWS_PER_STEP / 2], curve.points);
            assert!(!function.range().iter().any(|it| it.is_nan()));
        }
    }

    #[test]
    fn shifts_by_whole_steps_are_exact_and_others_are_not() {
        let plain = |shift| {
            let settings = Settings {
                shift,
                filter: 0,
                ..USUAL
            };
            settings.error_percent()
        };
        assert!((0..=4).all(|steps| plain(f64::from(steps)) < 1e-10));
        assert!(plain(0.5) > 5.0);
        // An alias runs against the wave: the second harmonic of 5 cycles lands at 6, where its 10
        // cycles for each turn of the wave are 10/6 as many steps to the left.
        let found = Layer::plain(Function::Square).apply(&wave(5, 0.3));
        let alias = wave(6, -0.3 * 10.0 / 6.0);
        for (found, alias) in found.iter().zip(alias) {
            assert!((found - (0.5 + 0.5 * alias)).abs() < 1e-12);
        }
    }
}

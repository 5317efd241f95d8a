//! The code of a seed: NumPy's legacy normal stream, bit for bit.
//!
//! Seed 42 has to be the same picture here as in every other tool, so nothing in this file may
//! be "improved": neither the order of the draws nor the arithmetic. NumPy froze this stream
//! (NEP 19), and `tests/data/numpy_randn.json` holds draws of the real one.

use rand_mt::Mt;

/// An endless stream of uniform numbers in `[0, 1)`, equal to
/// `numpy.random.RandomState(seed).random_sample(n)`: MT19937 seeded by `init_genrand`
/// (Matsumoto and Nishimura 1998, seeding of 2002) and 53 random bits for each number.
#[derive(Clone, Debug)]
pub struct UniformStream {
    generator: Mt,
}

impl UniformStream {
    /// The stream of `RandomState(seed)` from its beginning.
    pub fn new(seed: u32) -> Self {
        Self {
            generator: Mt::new(seed),
        }
    }

    /// The next number: `genrand_res53` of MT19937.
    pub fn draw(&mut self) -> f64 {
        let high = f64::from(self.generator.next_u32() >> 5);
        let low = f64::from(self.generator.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }
}

/// An endless stream of standard normal numbers, equal to
/// `numpy.random.RandomState(seed).randn(n)`.
///
/// The parts, as in NumPy's `mt19937.c` and `legacy-distributions.c`: a [`UniformStream`] and
/// Marsaglia's polar method, whose second number is kept for the next draw.
///
/// The stream never ends: [`Iterator::next`] always gives `Some`.
#[derive(Clone, Debug)]
pub struct NormalStream {
    uniform: UniformStream,
    /// The second number of the last pair, not yet handed out.
    kept: Option<f64>,
}

impl NormalStream {
    /// The stream of `RandomState(seed)` from its beginning.
    pub fn new(seed: u32) -> Self {
        Self {
            uniform: UniformStream::new(seed),
            kept: None,
        }
    }

    /// The next draw, with mean 0 and variance 1.
    pub fn draw(&mut self) -> f64 {
        if let Some(kept) = self.kept.take() {
            return kept;
        }
        loop {
            let x1 = 2.0 * self.uniform.draw() - 1.0;
            let x2 = 2.0 * self.uniform.draw() - 1.0;
            let r2 = x1 * x1 + x2 * x2;
            if r2 < 1.0 && r2 != 0.0 {
                let factor = (-2.0 * r2.ln() / r2).sqrt();
                // NumPy hands out the second coordinate first.
                self.kept = Some(factor * x1);
                return factor * x2;
            }
        }
    }

    /// Fills `values` with the next draws, each rounded to `f32`.
    pub fn fill(&mut self, values: &mut [f32]) {
        for value in values {
            *value = self.draw() as f32;
        }
    }
}

impl Iterator for NormalStream {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        Some(self.draw())
    }
}

/// The code of `seed` with `count` indices into a codebook of `levels` entries, each as likely as
/// the others: `floor(numpy.random.RandomState(seed).random_sample(count) * levels)`.
pub fn seed_indices(seed: u32, count: usize, levels: u32) -> Vec<u32> {
    let mut stream = UniformStream::new(seed);
    let draw = |_| (stream.draw() * f64::from(levels)) as u32;
    (0..count).map(draw).collect()
}

/// The code of `seed` with `dim` numbers: `numpy.random.RandomState(seed).randn(dim)`, each
/// number rounded to `f32`.
pub fn seed_code(seed: u32, dim: usize) -> Vec<f32> {
    let mut values = vec![0.0; dim];
    NormalStream::new(seed).fill(&mut values);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_42_is_the_one_that_everybody_knows() {
        assert_eq!(seed_code(42, 3), [0.496_714_15, -0.138_264_3, 0.647_688_57]);
    }

    #[test]
    fn uniform_numbers_are_those_of_numpy() {
        let draw = |seed| {
            let mut stream = UniformStream::new(seed);
            [stream.draw(), stream.draw()]
        };
        assert_eq!(draw(42), [0.374_540_118_847_362_5, 0.950_714_306_409_916_2]);
        assert_eq!(
            draw(u32::MAX),
            [0.097_632_028_994_013_8, 0.912_382_845_302_621_8]
        );
    }

    #[test]
    fn a_longer_code_begins_like_a_shorter_one() {
        assert_eq!(seed_code(7, 5), seed_code(7, 8)[..5]);
        assert!(seed_code(7, 0).is_empty());
    }
}

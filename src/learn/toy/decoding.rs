//! From a distribution over words to one of them: temperature, top-k, top-p, and chance.

use rand_mt::Mt;

/// A word by its place in a distribution, with its probability.
pub type Candidate = (usize, f64);

/// How the next word is chosen.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Decoding {
    temperature: f64,
    top_k: usize,
    top_p: f64,
}

impl Decoding {
    /// The likeliest word, always.
    pub const GREEDY: Self = Self {
        temperature: 0.0,
        top_k: 1,
        top_p: 1.0,
    };

    /// A choice among the `top_k` likeliest words, and of those among the fewest that have `top_p`
    /// of the probability. A temperature of 0 is greedy.
    ///
    /// # Errors
    /// A sentence about the number that cannot be.
    pub fn new(temperature: f64, top_k: usize, top_p: f64) -> Result<Self, String> {
        if !(temperature.is_finite() && temperature >= 0.0) {
            return Err(format!("a temperature is 0 or above, not {temperature}"));
        }
        if top_k == 0 {
            return Err("top-k of 0 leaves no word to choose".to_owned());
        }
        if !(top_p > 0.0 && top_p <= 1.0) {
            return Err(format!("top-p is above 0 and up to 1, not {top_p}"));
        }
        Ok(Self {
            temperature,
            top_k,
            top_p,
        })
    }

    /// The words that can be drawn, the likeliest first, with probabilities that add up to 1.
    ///
    /// The order is that of most programs: scores (logarithms of the probabilities) are divided by
    /// the temperature, then top-k cuts, then top-p cuts what is left. Words of probability 0 stay
    /// out. Empty only for a distribution without any probability.
    pub fn shape(&self, probabilities: &[f64]) -> Vec<Candidate> {
        let known = probabilities.iter().copied().enumerate();
        let mut all: Vec<Candidate> = known.filter(|(_, p)| *p > 0.0).collect();
        // Of equals the first, so that greedy choice has one answer.
        let order = |a: &Candidate, b: &Candidate| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        let kept = if self.temperature == 0.0 {
            1
        } else {
            self.top_k
        };
        if kept < all.len() {
            // Thousands need no order among themselves where few are kept.
            all.select_nth_unstable_by(kept - 1, order);
            all.truncate(kept);
        }
        all.sort_unstable_by(order);
        let Some(&(_, best)) = all.first() else {
            return all;
        };
        if self.temperature > 0.0 && self.temperature != 1.0 {
            for (_, p) in &mut all {
                // Against the best one, so that nothing overflows at low temperatures.
                *p = ((*p / best).ln() / self.temperature).exp();
            }
        }
        normalise(&mut all);
        if self.top_p < 1.0 {
            let mut sum = 0.0;
            let needed = all.iter().position(|(_, p)| {
                sum += p;
                // Sums of thousands of numbers are exact to about this.
                sum >= self.top_p - 1e-12
            });
            all.truncate(needed.map_or(all.len(), |last| last + 1));
            normalise(&mut all);
        }
        all
    }
}

fn normalise(candidates: &mut [Candidate]) {
    let sum: f64 = candidates.iter().map(|(_, p)| p).sum();
    for (_, p) in candidates {
        *p /= sum;
    }
}

/// The word at a place of the whole probability, `at` from 0 to 1: the likeliest one at 0.
pub fn pick(candidates: &[Candidate], at: f64) -> Option<usize> {
    let mut sum = 0.0;
    let found = candidates.iter().find(|(_, p)| {
        sum += p;
        at < sum
    });
    found.or(candidates.last()).map(|(word, _)| *word)
}

/// The uncertainty of a choice in bits: `-Σ p·log2(p)`.
pub fn entropy_bits(candidates: &[Candidate]) -> f64 {
    let bits = candidates.iter().map(|(_, p)| -p * p.log2());
    bits.sum::<f64>().max(0.0)
}

/// Numbers from 0 up to 1 that depend on the seed alone: those of NumPy's `RandomState(seed).rand()`.
pub fn chances(seed: u32) -> impl Iterator<Item = f64> {
    let mut random = Mt::new(seed);
    std::iter::repeat_with(move || {
        let (high, low) = (random.next_u32() >> 5, random.next_u32() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: [f64; 3] = [0.1, 0.6, 0.3];

    fn shaped(temperature: f64, top_k: usize, top_p: f64) -> Vec<Candidate> {
        let decoding = Decoding::new(temperature, top_k, top_p).expect("settings");
        decoding.shape(&THREE)
    }

    fn close(found: &[Candidate], expected: &[Candidate]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (a, b) in found.iter().zip(expected) {
            assert!(a.0 == b.0 && (a.1 - b.1).abs() < 1e-12, "{found:?}");
        }
    }

    #[test]
    fn temperature_takes_powers_of_the_odds() {
        close(&shaped(1.0, 9, 1.0), &[(1, 0.6), (2, 0.3), (0, 0.1)]);
        // Squares: 0.36, 0.09 and 0.01 of 0.46.
        let sum = 0.46;
        close(
            &shaped(0.5, 9, 1.0),
            &[(1, 0.36 / sum), (2, 0.09 / sum), (0, 0.01 / sum)],
        );
        close(&shaped(0.0, 9, 1.0), &[(1, 1.0)]);
        // Neither the coldest nor the hottest is anything but numbers.
        let cold = shaped(1e-300, 9, 1.0);
        assert!(
            cold[0].1 == 1.0 && cold.iter().all(|(_, p)| p.is_finite()),
            "{cold:?}"
        );
        // Without a cut nothing is lost to rounding, however little it has.
        let kept = Decoding::new(0.2, 9, 1.0)
            .expect("settings")
            .shape(&[1.0, 1e-9]);
        assert_eq!(kept.len(), 2);
        let hot = shaped(1e300, 9, 1.0);
        assert!(hot.iter().all(|(_, p)| (p - 1.0 / 3.0).abs() < 1e-12));
    }

    #[test]
    fn cuts_keep_the_likeliest() {
        close(&shaped(1.0, 2, 1.0), &[(1, 0.6 / 0.9), (2, 0.3 / 0.9)]);
        close(&shaped(1.0, 9, 0.6), &[(1, 1.0)]);
        close(&shaped(1.0, 9, 0.61), &[(1, 0.6 / 0.9), (2, 0.3 / 0.9)]);
        // Top-p sees what top-k has left: of 0.6 and 0.3 the first has two thirds.
        close(&shaped(1.0, 2, 0.65), &[(1, 1.0)]);
        close(&shaped(1.0, 9, 1e-9), &[(1, 1.0)]);
        assert!(Decoding::GREEDY.shape(&[]).is_empty());
        assert_eq!(Decoding::GREEDY.shape(&[0.5, 0.5]), [(0, 1.0)]);
    }

    #[test]
    fn settings_that_cannot_be_say_why() {
        for (temperature, top_k, top_p, part) in [
            (f64::NAN, 1, 1.0, "temperature"),
            (-0.1, 1, 1.0, "temperature"),
            (f64::INFINITY, 1, 1.0, "temperature"),
            (1.0, 0, 1.0, "top-k"),
            (1.0, 1, 0.0, "top-p"),
            (1.0, 1, 1.1, "top-p"),
            (1.0, 1, f64::NAN, "top-p"),
        ] {
            let fault = Decoding::new(temperature, top_k, top_p).expect_err(part);
            assert!(fault.contains(part), "{fault}");
        }
    }

    #[test]
    fn chance_follows_the_probabilities_and_the_seed() {
        let candidates = shaped(1.0, 9, 1.0);
        assert_eq!(pick(&candidates, 0.0), Some(1));
        assert_eq!(pick(&candidates, 0.7), Some(2));
        assert_eq!(pick(&candidates, 1.0), Some(0));
        assert_eq!(pick(&[], 0.5), None);
        let drawn = chances(7)
            .take(10_000)
            .filter_map(|at| pick(&candidates, at));
        let first = drawn.filter(|&word| word == 1).count();
        assert!((5_800..6_200).contains(&first), "{first}");
        // numpy.random.RandomState(42).rand(2)
        let found: Vec<f64> = chances(42).take(2).collect();
        assert!((found[0] - 0.374_540_118_847_362_5).abs() < 1e-15);
        assert!((found[1] - 0.950_714_306_409_916_2).abs() < 1e-15);
    }

    #[test]
    fn uncertainty_is_in_bits() {
        let even: Vec<Candidate> = (0..8).map(|word| (word, 0.125)).collect();
        assert!((entropy_bits(&even) - 3.0).abs() < 1e-12);
        assert_eq!(entropy_bits(&[(0, 1.0)]), 0.0);
    }
}

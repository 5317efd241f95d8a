//! Random seeds for the hand. Not for codes: those come from the seeds.

use std::hash::{BuildHasher as _, Hasher as _};

/// A small generator (SplitMix64, Steele et al. 2014).
#[derive(Clone, Debug)]
pub struct SeedRng(u64);

impl SeedRng {
    /// Starts differently in every run; the standard library's hash keys are the entropy.
    pub fn new() -> Self {
        Self(
            std::collections::hash_map::RandomState::new()
                .build_hasher()
                .finish(),
        )
    }

    /// Starts from a known state, for tests.
    #[cfg(test)]
    pub fn from_state(state: u64) -> Self {
        Self(state)
    }

    /// A seed of at most four digits: easy to read out, to write down and to type again.
    pub fn seed(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % 10_000) as u32
    }
}

impl Default for SeedRng {
    fn default() -> Self {
        Self::new()
    }
}

//! Pictures that a sampler begins with, and what it has to leave of them as it is.

use super::Level;
use crate::latent::Original;

/// The originals of some pictures, one after the other, and the noise that goes with each. Where a
/// picture is not redrawn, it is the original with as much of that noise as the level has, after every step
/// (Song et al. 2021, appendix I.2; Lugmayr et al. 2022, equation 8). The noise is always the same, so that
/// one code always gives one picture.
#[derive(Clone, Debug)]
pub struct Held {
    data: Vec<f32>,
    noise: Vec<f32>,
    /// How much of each number is redrawn, 0..=1; `None` where all is.
    redrawn: Option<Vec<f32>>,
}

impl Held {
    /// The originals of pictures whose noise stands in `noise`, `len` numbers each; a picture without
    /// one is noise alone. `None` where none has an original.
    pub fn new(originals: &[Option<&Original>], noise: &[f32], len: usize) -> Option<Self> {
        if originals.iter().all(Option::is_none) {
            return None;
        }
        let rows = noise.len() / len.max(1);
        let originals = originals.iter().copied().chain(std::iter::repeat(None));
        let originals: Vec<Option<&Original>> = originals.take(rows).collect();
        let data = originals.iter().flat_map(|original| match original {
            Some(original) => original.data.clone(),
            None => vec![0.0; len],
        });
        let masks = originals.iter().flat_map(|original| {
            let mask = original.map_or(&[][..], |original| &original.redrawn);
            // All channels of a cell share what is said of it.
            (0..len).map(move |index| match mask.len() {
                0 => 1.0,
                cells => mask[index % cells],
            })
        });
        let all = originals.iter().flatten();
        let is_masked = all.clone().any(|original| !original.redrawn.is_empty());
        Some(Self {
            data: data.collect(),
            noise: noise.to_vec(),
            redrawn: is_masked.then(|| masks.collect()),
        })
    }

    /// The originals with noise.
    pub fn at(&self, level: Level) -> Vec<f32> {
        level.mix(&self.data, &self.noise)
    }

    /// Puts the originals where pictures at a level are not redrawn. Without noise these are the very
    /// numbers of the originals.
    pub fn hold(&self, x: &mut [f32], level: Level) {
        let Some(redrawn) = &self.redrawn else {
            return;
        };
        let held = self.at(level);
        for ((x, held), &share) in x.iter_mut().zip(held).zip(redrawn) {
            *x = match share {
                0.0 => held,
                1.0 => *x,
                share => held + share * (*x - held),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_redrawn_is_the_original_bit_for_bit() {
        // Two channels of two cells, of which the second is redrawn.
        let original = Original {
            data: vec![0.1, 0.2, 0.3, 0.4],
            strength: 0.5,
            redrawn: vec![0.0, 1.0],
        };
        let noise = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let held = Held::new(&[None, Some(&original)], &noise, 4).expect("one has an original");
        let mut x = vec![9.0; 8];
        held.hold(&mut x, Level::CLEAN);
        assert_eq!(x, [9.0, 9.0, 9.0, 9.0, 0.1, 9.0, 0.3, 9.0]);
        let level = Level::of_line(0.25);
        held.hold(&mut x, level);
        assert_eq!((x[4], x[5]), (level.mix(&[0.1], &[5.0])[0], 9.0));
        assert!(Held::new(&[None, None], &noise, 4).is_none());
    }

    #[test]
    fn half_a_cell_lies_in_the_middle() {
        let original = Original {
            data: vec![1.0, 1.0],
            strength: 0.5,
            redrawn: vec![0.5, 0.0],
        };
        let held = Held::new(&[Some(&original)], &[0.0, 0.0], 2).expect("it has an original");
        let mut x = vec![3.0, 3.0];
        held.hold(&mut x, Level::CLEAN);
        assert_eq!(x, [2.0, 1.0]);
    }
}

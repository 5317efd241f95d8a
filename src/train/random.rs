//! Random numbers of a training run, drawn on the CPU.
//!
//! Every step has a generator of its own, keyed by the run's seed, the step and a purpose, so a
//! resumed run draws what an unbroken one would have drawn, on every device.

use rand_mt::Mt64;

/// What a generator is used for; two purposes never share a stream.
#[derive(Clone, Copy)]
pub enum Purpose {
    Initialise = 1,
    Shuffle = 2,
    Noise = 3,
    Augment = 4,
    Evaluate = 5,
    Compose = 6,
    Directions = 7,
    Encode = 8,
    Conditions = 9,
}

/// A generator of uniform and normal numbers.
pub struct Stream {
    generator: Mt64,
    spare: Option<f32>,
}

impl Stream {
    pub fn new(seed: u64, purpose: Purpose, step: u64) -> Self {
        Self {
            generator: Mt64::new_with_key([seed, purpose as u64, step]),
            spare: None,
        }
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        // The upper 53 bits fill the mantissa of an f64.
        (self.generator.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in 0..end.
    pub fn below(&mut self, end: usize) -> usize {
        // The bias of this multiply-and-shift is below end / 2^64.
        ((u128::from(self.generator.next_u64()) * end as u128) >> 64) as usize
    }

    /// Standard normal, by Marsaglia's polar method.
    pub fn normal(&mut self) -> f32 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some((x * factor) as f32);
                return (y * factor) as f32;
            }
        }
    }

    pub fn normals(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.normal()).collect()
    }

    /// A random order of 0..count (Fisher and Yates).
    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normals_have_mean_zero_and_deviation_one() {
        let values = Stream::new(7, Purpose::Noise, 0).normals(200_000);
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
        let variance =
            values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.01, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.02, "variance {variance}");
    }

    #[test]
    fn a_permutation_holds_every_index_once() {
        let mut order = Stream::new(1, Purpose::Shuffle, 3).permutation(1000);
        assert_ne!(order[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        order.sort_unstable();
        assert!(order.iter().copied().eq(0..1000));
    }
}

//! How far the shares of labels in what is drawn are from those in the data.

use super::task::rows;
use crate::model::ModelError;
use burn::tensor::Tensor;
use std::collections::BTreeMap;

/// Shares are kept this far from 0 and 1, where their divergence has no bounds.
const LEAST: f64 = 2e-3;

/// Mean probabilities of each label over the last pictures: the generator's, and the data's. Both begin at one half, so
/// that nothing pulls before anything is known.
#[derive(Clone, Debug)]
pub struct Drift {
    drawn: Vec<f64>,
    real: Vec<f64>,
    /// Pictures after which half of a mean has been replaced.
    half_life: u64,
}

/// The mean probability of each label over one part of a batch.
#[derive(Clone, Default)]
pub struct Found {
    pub drawn: Vec<f32>,
    pub real: Vec<f32>,
}

impl Drift {
    pub fn new(labels: usize, half_life: u64) -> Self {
        Self {
            drawn: vec![0.5; labels],
            real: vec![0.5; labels],
            half_life,
        }
    }

    /// How many labels there are.
    pub fn labels(&self) -> usize {
        self.real.len()
    }

    /// What falls as the divergence does, of the mean probabilities `[1, labels]` of a batch that is drawn.
    pub fn loss(&self, drawn: Tensor<2>) -> Tensor<1> {
        let slopes = self.slopes();
        let len = slopes.len();
        let slopes = rows(slopes, len, &drawn.device());
        (drawn * slopes).sum()
    }

    /// How fast the divergence of the generator's share of each label from that of the data,
    /// `KL(drawn || real)` of two Bernoulli variables in nats, grows with the generator's.
    fn slopes(&self) -> Vec<f32> {
        let logit = |share: f64| {
            let share = share.clamp(LEAST, 1.0 - LEAST);
            (share / (1.0 - share)).ln()
        };
        let pairs = self.drawn.iter().zip(&self.real);
        pairs
            .map(|(drawn, real)| (logit(*drawn) - logit(*real)) as f32)
            .collect()
    }

    /// The divergence of all shares, in nats.
    pub fn divergence(&self) -> f32 {
        let pairs = self.drawn.iter().zip(&self.real);
        let of = |(drawn, real): (&f64, &f64)| {
            let [drawn, real] = [drawn, real].map(|share| share.clamp(LEAST, 1.0 - LEAST));
            drawn * (drawn / real).ln() + (1.0 - drawn) * ((1.0 - drawn) / (1.0 - real)).ln()
        };
        pairs.map(of).sum::<f64>() as f32
    }

    /// Takes what was found in the parts of a batch of so many pictures.
    pub fn note(&mut self, parts: &[Found], batch: usize) {
        let keep = 0.5f64.powf(batch as f64 / self.half_life as f64);
        let share = (1.0 - keep) / parts.len().max(1) as f64;
        let follow = |average: &mut Vec<f64>, found: &dyn Fn(&Found) -> &[f32]| {
            if parts.is_empty() {
                return;
            }
            average.iter_mut().for_each(|value| *value *= keep);
            for part in parts {
                let values = average.iter_mut().zip(found(part));
                values.for_each(|(average, value)| *average += share * f64::from(*value));
            }
        };
        follow(&mut self.drawn, &|found| &found.drawn);
        follow(&mut self.real, &|found| &found.real);
    }

    /// Everything that a resumed run needs, under names that begin with `name`.
    pub fn save(&self, name: &str, into: &mut BTreeMap<String, Vec<f32>>) {
        for (of, shares) in [("drawn", &self.drawn), ("real", &self.real)] {
            let values = shares.iter().map(|share| *share as f32).collect();
            into.insert(format!("{name}.{of}"), values);
        }
    }

    /// Takes back what [`Self::save`] gave.
    ///
    /// # Errors
    /// When the state is of another recipe.
    pub fn restore(
        &mut self,
        name: &str,
        from: &mut BTreeMap<String, Vec<f32>>,
    ) -> Result<(), ModelError> {
        for (of, shares) in [("drawn", &mut self.drawn), ("real", &mut self.real)] {
            let name = format!("{name}.{of}");
            let values = from.remove(&name).unwrap_or_default();
            if values.len() != shares.len() {
                return Err(ModelError(format!("holds no {name} of its labels")));
            }
            *shares = values.into_iter().map(f64::from).collect();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_the_divergence() {
        let mut drift = Drift::new(3, 64);
        drift.real = vec![0.2, 0.5, 0.9];
        let at = vec![0.6, 0.5, 0.05];
        drift.drawn.clone_from(&at);
        let slopes = drift.slopes();
        for (label, slope) in slopes.iter().enumerate() {
            let mut of = |share: f64| {
                drift.drawn[label] = at[label] + share;
                drift.divergence()
            };
            let difference = (of(0.01) - of(-0.01)) / 0.02;
            drift.drawn[label] = at[label];
            assert!(
                (slope - difference).abs() < 0.01 * difference.abs() + 1e-3,
                "{label}: {slope}, by differences {difference}"
            );
        }
        // Shares of 0 and 1 have bounds.
        drift.drawn = vec![0.0, 1.0, 0.0];
        assert!(drift.slopes().iter().all(|slope| slope.abs() < 15.0));
    }

    #[test]
    fn a_mean_share_is_half_replaced_after_its_half_life() {
        let mut drift = Drift::new(3, 64);
        let found = Found {
            drawn: vec![1.0, 0.0, 0.5],
            real: vec![0.0, 0.5, 1.0],
        };
        drift.note(&vec![found; 2], 64);
        assert_eq!(drift.drawn, [0.75, 0.25, 0.5]);
        assert_eq!(drift.real, [0.25, 0.5, 0.75]);
        drift.note(&[], 64);
        assert_eq!(drift.drawn, [0.75, 0.25, 0.5]);
    }
}

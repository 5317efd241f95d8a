//! Linear probes on the labels that a judge gives to samples.

use crate::latent::probe::{Found, ProbeError, linear_probe};
use rayon::prelude::*;

/// A label that fewer of the samples have, or lack, is too rare to be probed.
pub const MIN_SHARE: f64 = 0.05;
/// Nor can one be probed with fewer samples than this on either side.
const MIN_COUNT: usize = 20;

/// Whether each of some labels holds for each sample.
pub struct Table {
    /// `[samples, labels]`, 0 or 1.
    holds: Vec<u8>,
    labels: usize,
}

impl Table {
    /// Of `holds`, `[samples, labels]`.
    pub fn new(holds: Vec<u8>, labels: usize) -> Self {
        Self { holds, labels }
    }

    /// How many samples there are.
    pub fn rows(&self) -> usize {
        self.holds.len() / self.labels.max(1)
    }

    /// Whether a label holds, sample after sample.
    pub fn column(&self, label: usize) -> Vec<u8> {
        let rows = self.holds.chunks_exact(self.labels.max(1));
        rows.filter_map(|row| row.get(label).copied()).collect()
    }

    /// The share of the samples for which a label holds.
    pub fn share(&self, label: usize) -> f64 {
        let held: usize = self.column(label).into_iter().map(usize::from).sum();
        held as f64 / self.rows().max(1) as f64
    }

    /// Whether enough samples have a label, and enough lack it.
    pub fn is_frequent(&self, label: usize) -> bool {
        let share = self.share(label);
        let rarer = share.min(1.0 - share);
        rarer >= MIN_SHARE && rarer * self.rows() as f64 >= MIN_COUNT as f64
    }
}

/// Probes `codes`, rows of `dim` numbers, for some labels, side by side.
pub fn probe(
    codes: &[f32],
    dim: usize,
    table: &Table,
    labels: &[usize],
) -> Vec<Result<Found, ProbeError>> {
    let rows: Vec<&[f32]> = codes.chunks_exact(dim.max(1)).collect();
    labels
        .par_iter()
        .map(|&label| linear_probe(&rows, &table.column(label), 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_labels_are_told_from_frequent_ones() {
        // Label 0 always holds, label 1 for every third sample, label 2 for every hundredth.
        let holds =
            (0..600).flat_map(|sample| [1, u8::from(sample % 3 == 0), u8::from(sample % 100 == 0)]);
        let table = Table::new(holds.collect(), 3);
        assert_eq!(table.share(0), 1.0);
        assert!((table.share(1) - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(
            [0, 1, 2].map(|label| table.is_frequent(label)),
            [false, true, false]
        );
        // A third of 30 samples are too few to learn from.
        let few = Table::new((0..30).map(|sample| u8::from(sample % 3 == 0)).collect(), 1);
        assert!(!few.is_frequent(0));
    }

    #[test]
    fn probes_come_in_the_order_of_the_labels() {
        let codes: Vec<f32> = (0..400)
            .map(|i| ((i * 37 % 100) as f32 - 50.0) / 20.0)
            .collect();
        let holds = codes
            .chunks_exact(2)
            .flat_map(|code| [u8::from(code[0] > 0.0), u8::from(code[1] > 0.0)]);
        let table = Table::new(holds.collect(), 2);
        let found = probe(&codes, 2, &table, &[1, 0]);
        let steps: Vec<_> = found
            .iter()
            .map(|f| f.as_ref().expect("sound").step.clone())
            .collect();
        assert!(steps[0][1] > 5.0 * steps[0][0].abs(), "{steps:?}");
        assert!(steps[1][0] > 5.0 * steps[1][1].abs(), "{steps:?}");
    }
}

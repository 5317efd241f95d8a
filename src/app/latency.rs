//! How long decodes take, over the last few seconds of use.

use std::collections::VecDeque;

/// How many decodes are remembered: enough for a p99 that one outlier does not make.
const CAPACITY: usize = 240;

/// A ring of the latest decode times.
#[derive(Clone, Default, Debug)]
pub struct Latency {
    samples_ms: VecDeque<f64>,
}

impl Latency {
    /// Adds a decode; what is not a time is left out.
    pub fn record(&mut self, decode_ms: f64) {
        if !decode_ms.is_finite() || decode_ms < 0.0 {
            return;
        }
        if self.samples_ms.len() == CAPACITY {
            self.samples_ms.pop_front();
        }
        self.samples_ms.push_back(decode_ms);
    }

    /// Forgets everything, as when another model decodes.
    pub fn clear(&mut self) {
        self.samples_ms.clear();
    }

    /// Milliseconds that `percent` of the decodes did not exceed; `None` before the first.
    pub fn percentile_ms(&self, percent: f64) -> Option<f64> {
        let mut sorted: Vec<f64> = self.samples_ms.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        // The nearest-rank definition: the smallest sample with enough samples at or below it.
        let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1).min(last)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut latency = Latency::default();
        assert_eq!(latency.percentile_ms(50.0), None);
        for ms in 1..=100 {
            latency.record(f64::from(ms));
        }
        assert_eq!(latency.percentile_ms(50.0), Some(50.0));
        assert_eq!(latency.percentile_ms(99.0), Some(99.0));
        assert_eq!(latency.percentile_ms(100.0), Some(100.0));
    }

    #[test]
    fn only_the_latest_count() {
        let mut latency = Latency::default();
        for _ in 0..CAPACITY {
            latency.record(1000.0);
        }
        for _ in 0..CAPACITY {
            latency.record(2.0);
        }
        latency.record(f64::NAN);
        assert_eq!(latency.percentile_ms(99.0), Some(2.0));
    }
}

//! The claims of a head.

use super::Reader;
use super::raw::RawClaim;
use crate::learn::claim::{
    Average, Claim, Condition, FEWEST_SEEDS, Interval, MOST_SEEDS, OfSeeds, RUNNING, Statement,
};
use crate::learn::measure::{HERE, Quantity};
use std::ops::RangeInclusive;
use toml::Spanned;

impl Reader<'_> {
    pub(super) fn claim(&mut self, found: &Spanned<RawClaim>) -> Option<Claim> {
        let raw = found.get_ref();
        let line = self.line_of(&raw.says);
        let says = self.words(&raw.says, "what a claim says");
        let seeds = match &raw.seeds {
            None => None,
            // Seeds that are none have been named, and the claim is not about fixed pictures.
            Some(text) => Some(self.seeds(text)?),
        };
        let statement = self.statement(raw, line, seeds.as_ref().map(|seeds| *seeds.start()))?;
        let claim = Claim {
            says,
            model: raw.model.as_ref().map(|name| name.get_ref().clone()),
            seeds,
            statement,
            line,
        };
        if claim.samples().any(Quantity::is_of_here) {
            let reason = format!("a claim is measured without a window, so it has no {HERE}");
            self.fault(line, reason);
        }
        if claim.seeds.is_some() && !claim.names_seed() {
            let reason = format!("this claim has seeds, but {RUNNING} is not in its measures");
            self.fault(line, reason);
        }
        Some(claim)
    }

    /// `0-199`, both ends included.
    fn seeds(&mut self, found: &Spanned<String>) -> Option<RangeInclusive<u32>> {
        let line = self.line_of(found);
        let text = found.get_ref();
        let ends = text.split_once('-');
        let ends = ends.and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
        let Some((first, last)) = ends.filter(|(first, last)| first <= last) else {
            self.fault(line, format!("seeds are written \"0-199\", not {text:?}"));
            return None;
        };
        let seeds: RangeInclusive<u32> = first..=last;
        let count = u64::from(last - first) + 1;
        if !(FEWEST_SEEDS as u64..=MOST_SEEDS as u64).contains(&count) {
            let reason =
                format!("a claim is measured on {FEWEST_SEEDS} to {MOST_SEEDS} seeds, not {count}");
            self.fault(line, reason);
            return None;
        }
        Some(seeds)
    }

    fn statement(&mut self, raw: &RawClaim, line: usize, seed: Option<u32>) -> Option<Statement> {
        let averages = [(Average::Mean, &raw.mean), (Average::Median, &raw.median)];
        let mut averages = averages
            .into_iter()
            .filter_map(|(by, found)| Some((by, found.as_ref()?)));
        match (&raw.holds, &raw.measure, averages.next(), averages.next()) {
            (Some(holds), None, None, None) => {
                let condition_line = self.line_of(holds);
                let condition = Condition::parse(holds.get_ref(), condition_line, seed);
                let share = match &raw.share {
                    Some(share) => self.interval(share, "share"),
                    // Of one picture a condition holds or does not.
                    None if seed.is_none() => Some(Interval {
                        low: 100.0,
                        high: 100.0,
                    }),
                    None => {
                        self.fault(line, "this claim lacks share, the percent of its seeds");
                        None
                    }
                };
                let share_line = raw.share.as_ref().map_or(line, |share| self.line_of(share));
                if share.is_some_and(|share| share.low < 0.0 || share.high > 100.0) {
                    self.fault(share_line, "a share is in percent, from 0 to 100");
                } else if share.is_some_and(|share| share.low <= 0.0 && share.high >= 100.0) {
                    self.fault(share_line, "a share of 0 to 100 % always holds");
                }
                let condition = self.parsed(condition, condition_line)?;
                Some(Statement::Holds {
                    condition,
                    share: share?,
                })
            }
            (None, Some(measure), Some((by, within)), None) => {
                if let Some(share) = &raw.share {
                    let line = self.line_of(share);
                    self.fault(line, "share belongs to holds, not to measure");
                }
                let measure_line = self.line_of(measure);
                let within = self.interval(within, by.key());
                let measure = OfSeeds::parse(measure.get_ref(), measure_line, seed);
                Some(Statement::Middle {
                    measure: self.parsed(measure, measure_line)?,
                    by,
                    within: within?,
                })
            }
            _ => {
                let form = "a claim has either holds with share or measure with mean or median";
                self.fault(line, form);
                None
            }
        }
    }

    fn parsed<T>(&mut self, found: Result<T, String>, line: usize) -> Option<T> {
        found.map_err(|reason| self.fault(line, reason)).ok()
    }

    fn interval(&mut self, found: &Spanned<Vec<f64>>, key: &str) -> Option<Interval> {
        match *found.get_ref().as_slice() {
            [low, high] if low.is_finite() && high.is_finite() && low <= high => {
                Some(Interval { low, high })
            }
            _ => {
                let line = self.line_of(found);
                let reason = format!("{key} is an interval [from, to] of two numbers in order");
                self.fault(line, reason);
                None
            }
        }
    }
}

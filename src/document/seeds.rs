//! Lists of seeds as they are typed: `0-9,12,40-45`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The most seeds in one list.
const MAX_SEEDS: u64 = 1_000_000;

/// Seeds in the order in which they were typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeedList(Vec<RangeInclusive<u32>>);

/// Why a text is no list of seeds.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SeedListError {
    #[error("{0:?} is no seed; seeds are whole numbers from 0 to {max}", max = u32::MAX)]
    Seed(String),
    #[error("the range {0}-{1} runs backwards")]
    Backwards(u32, u32),
    #[error("more than {MAX_SEEDS} seeds at once")]
    TooMany,
}

impl SeedList {
    /// Every seed.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().cloned().flatten()
    }

    /// How many seeds there are; at least one.
    pub fn count(&self) -> usize {
        self.0.iter().map(|range| range.clone().count()).sum()
    }
}

impl FromStr for SeedList {
    type Err = SeedListError;

    fn from_str(text: &str) -> Result<Self, SeedListError> {
        let seed = |text: &str| {
            let text = text.trim();
            text.parse::<u32>()
                .map_err(|_| SeedListError::Seed(text.to_owned()))
        };
        let mut ranges = Vec::new();
        let mut count = 0;
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (seed(first)?, seed(last)?);
            if last < first {
                return Err(SeedListError::Backwards(first, last));
            }
            count += u64::from(last - first) + 1;
            if count > MAX_SEEDS {
                return Err(SeedListError::TooMany);
            }
            ranges.push(first..=last);
        }
        Ok(Self(ranges))
    }
}

impl fmt::Display for SeedList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match (range.start(), range.end()) {
                (first, last) if first == last => write!(f, "{comma}{first}")?,
                (first, last) => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ranges_and_single_seeds() {
        let list: SeedList = "0-3, 12,40-41".parse().expect("the list is sound");
        assert_eq!(list.iter().collect::<Vec<_>>(), [0, 1, 2, 3, 12, 40, 41]);
        assert_eq!(list.count(), 7);
        assert_eq!(list.to_string(), "0-3,12,40-41");
        let last: SeedList = "4294967295".parse().expect("the largest seed");
        assert_eq!(last.count(), 1);
    }

    #[test]
    fn refuses_what_is_no_list() {
        for text in ["", ",", "1-", "-3", "a", "1-2-3", "4294967296", "1.5"] {
            let result = text.parse::<SeedList>();
            assert!(
                matches!(result, Err(SeedListError::Seed(_))),
                "{text:?}: {result:?}"
            );
        }
        assert_eq!(
            "9-3".parse::<SeedList>(),
            Err(SeedListError::Backwards(9, 3))
        );
        assert_eq!(
            "0-4294967295".parse::<SeedList>(),
            Err(SeedListError::TooMany)
        );
    }
}

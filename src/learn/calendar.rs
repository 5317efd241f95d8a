//! Dates of seconds since 1970, and months. Days are those of the place where the program runs: a
//! learner in Tokyo should not read yesterday's date in the morning.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use std::fmt;
use std::str::FromStr;

/// Seconds of a day.
pub const DAY: u64 = 86_400;

/// Year, month and day of a number of days since 1970-01-01 (Hinnant, "chrono-compatible
/// low-level date algorithms", `civil_from_days`).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

/// The day on which a moment lies here, counted from 1970-01-01.
pub fn day(seconds: u64) -> u64 {
    day_in(seconds, &TimeZone::system())
}

fn day_in(seconds: u64, zone: &TimeZone) -> u64 {
    wall_clock(seconds, zone) / DAY
}

/// The moment at which the clock on the wall shows the same time some days later: a day on which the clock
/// is changed has 23 or 25 hours, and what is due in a day is due tomorrow all the same.
pub fn days_later(seconds: u64, days: u64) -> u64 {
    days_later_in(seconds, days, &TimeZone::system())
}

fn days_later_in(seconds: u64, days: u64, zone: &TimeZone) -> u64 {
    let later = || {
        let span = Span::new().try_days(i64::try_from(days).ok()?).ok()?;
        let later = timestamp(seconds)?.to_zoned(zone.clone());
        let later = later.checked_add(span).ok()?;
        u64::try_from(later.timestamp().as_second()).ok()
    };
    // Beyond the years that calendars know, all days are alike.
    later().unwrap_or_else(|| seconds.saturating_add(days.saturating_mul(DAY)))
}

/// How many whole days the clock on the wall has gone on between two moments, 0 where the second comes first.
pub fn days_between(from: u64, to: u64) -> u64 {
    days_between_in(from, to, &TimeZone::system())
}

fn days_between_in(from: u64, to: u64, zone: &TimeZone) -> u64 {
    wall_clock(to, zone).saturating_sub(wall_clock(from, zone)) / DAY
}

/// What the clock on the wall shows at a moment, in seconds since 1970-01-01, 00:00 there.
fn wall_clock(seconds: u64, zone: &TimeZone) -> u64 {
    let offset = timestamp(seconds).map_or(0, |at| zone.to_offset(at).seconds());
    seconds.saturating_add_signed(offset.into())
}

fn timestamp(seconds: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

/// The names of the months.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A month of a year, which prints as `November 2026`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Month {
    /// 2000 to 2100.
    year: u16,
    /// From 1.
    month: u8,
}

impl Month {
    /// As question files have it: `2026-11`.
    pub fn key(self) -> String {
        format!("{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = String;

    /// Reads `2026-11`.
    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || format!("{text:?} is no month, which is written 2026-11");
        let (year, month) = text.split_once('-').ok_or_else(fault)?;
        let is_sound = year.len() == 4 && month.len() == 2;
        match (year.parse(), month.parse()) {
            (Ok(year @ 2000..=2100), Ok(month @ 1..=12)) if is_sound => Ok(Self { year, month }),
            _ => Err(fault()),
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = MONTHS[usize::from(self.month) - 1];
        write!(f, "{name} {}", self.year)
    }
}

/// `2026-11-21`, the day here.
pub fn date(seconds: u64) -> String {
    date_of_day(day(seconds))
}

/// The date of a day as [`day`] counts it.
pub fn date_of_day(day: u64) -> String {
    let (year, month, day) = civil(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2026-11-21T10:57:39Z`, in UTC.
pub fn date_time(seconds: u64) -> String {
    let of_day = seconds % DAY;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!(
        "{}T{hour:02}:{minute:02}:{second:02}Z",
        date_of_day(seconds / DAY)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_place() {
        let [tokyo, new_york] = ["JST-9", "EST5"].map(|zone| TimeZone::posix(zone).unwrap());
        // 2026-11-25, 22:37 UTC.
        let evening = 1_795_646_220;
        assert_eq!(date_of_day(day_in(evening, &TimeZone::UTC)), "2026-11-25");
        assert_eq!(date_of_day(day_in(evening, &tokyo)), "2026-11-26");
        assert_eq!(date_of_day(day_in(evening, &new_york)), "2026-11-25");
        let midnight = evening / DAY * DAY;
        assert_eq!(date_of_day(day_in(midnight, &new_york)), "2026-11-24");
        assert_eq!(day_in(0, &new_york), 0);
        assert_eq!(day_in(u64::MAX, &tokyo), u64::MAX / DAY);
    }

    #[test]
    fn a_day_on_which_the_clock_is_changed_is_one_day() {
        // Summer time from the last Sunday in March to that in October.
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for (at, shown) in [
            // 2026-10-25, 00:30 in summer time: the day has 25 hours.
            (1_792_881_000, ["2026-10-25", "2026-10-26"]),
            // 2026-03-28, 23:30 in winter time: the next day has 23 hours.
            (1_774_737_000, ["2026-03-28", "2026-03-29"]),
        ] {
            let due = days_later_in(at, 1, &berlin);
            let days = [at, due].map(|at| date_of_day(day_in(at, &berlin)));
            assert_eq!(days, shown);
            assert_eq!(days_between_in(at, due, &berlin), 1);
            assert_eq!(days_between_in(at, due - 1, &berlin), 0);
            assert_eq!(days_between_in(due, at, &berlin), 0);
        }
        assert_eq!(
            days_later_in(1_792_881_000, 1, &TimeZone::UTC),
            1_792_967_400
        );
        assert_eq!(days_later_in(u64::MAX, 1, &berlin), u64::MAX);
        assert_eq!(days_later_in(5, u64::MAX, &berlin), u64::MAX);
    }

    #[test]
    fn months_are_read_and_named() {
        let month: Month = "2026-11".parse().expect("a month");
        assert_eq!(month.to_string(), "November 2026");
        assert_eq!(month.key(), "2026-11");
        for wrong in [
            "2026",
            "2026-13",
            "2026-00",
            "1999-01",
            "26-11",
            "2026-1",
            "2026-11-02",
            "+026-11",
        ] {
            let fault = wrong.parse::<Month>().expect_err(wrong);
            assert!(fault.contains("2026-11"), "{fault}");
        }
    }

    #[test]
    fn known_days() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_000_000_000, "2001-09-09T01:46:40Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(date_time(seconds), text);
        }
    }
}

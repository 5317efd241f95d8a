//! How good the answers are, by topic and by criterion, now and over time.

use super::{Attempt, Progress};
use crate::learn::calendar;
use crate::learn::rubric::{Criterion, Performance, weighted_percent};
use std::collections::BTreeMap;

/// The result of a group of tasks: the mean of the last answer to each.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Summary {
    /// 0..100
    pub percent: f64,
    /// How many tasks were answered.
    pub tasks: usize,
    /// How many of them rightly, last time.
    pub passed: usize,
}

impl Summary {
    /// The level of performance.
    pub fn performance(&self) -> Performance {
        Performance::of_percent(self.percent)
    }
}

/// A result on a day.
#[derive(Clone, PartialEq, Debug)]
pub struct Point {
    /// Days since 1970-01-01, UTC.
    pub day: u64,
    /// `2026-11-21`
    pub date: String,
    /// 0..100
    pub percent: f64,
}

/// Results over time.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    pub name: String,
    /// One point for each day on which something of it was answered, in order.
    pub points: Vec<Point>,
}

impl Progress {
    /// The result of all that was answered: the weighted mean over the criteria. `None` before
    /// the first answer.
    pub fn overall_percent(&self) -> Option<f64> {
        let results = self.by_criterion().into_iter();
        weighted_percent(results.map(|(criterion, summary)| (criterion, summary.percent / 100.0)))
    }

    /// The level of performance over all.
    pub fn performance(&self) -> Option<Performance> {
        self.overall_percent().map(Performance::of_percent)
    }

    /// Results by topic, in the order of their names.
    pub fn by_topic(&self) -> Vec<(String, Summary)> {
        let topics = groups(self.attempts(), |attempt| vec![attempt.topic.clone()]);
        topics
            .into_iter()
            .filter_map(|(topic, attempts)| Some((topic, summary(&attempts)?)))
            .collect()
    }

    /// Results by criterion, the heaviest first; criteria without an answer are left out.
    pub fn by_criterion(&self) -> Vec<(Criterion, Summary)> {
        let criteria = groups(self.attempts(), |attempt| attempt.criteria.clone());
        criteria
            .into_iter()
            .filter_map(|(criterion, attempts)| Some((criterion, summary(&attempts)?)))
            .collect()
    }

    /// The result of all over time.
    pub fn overall_over_time(&self) -> Series {
        let mut points = Vec::new();
        for (day, until) in days(self.attempts()) {
            let criteria = groups(until, |attempt| attempt.criteria.clone());
            let results = criteria.into_iter().filter_map(|(criterion, attempts)| {
                Some((criterion, summary(&attempts)?.percent / 100.0))
            });
            if let Some(percent) = weighted_percent(results) {
                points.push(point(day, percent));
            }
        }
        Series {
            name: "All".to_owned(),
            points,
        }
    }

    /// Results by topic over time.
    pub fn topics_over_time(&self) -> Vec<Series> {
        let topics = groups(self.attempts(), |attempt| vec![attempt.topic.clone()]);
        let series = topics.into_iter().map(|(name, attempts)| Series {
            name,
            points: over_time(&attempts),
        });
        series.collect()
    }

    /// Results by criterion over time.
    pub fn criteria_over_time(&self) -> Vec<(Criterion, Series)> {
        let criteria = groups(self.attempts(), |attempt| attempt.criteria.clone());
        criteria
            .into_iter()
            .map(|(criterion, attempts)| {
                let series = Series {
                    name: criterion.title().to_owned(),
                    points: over_time(&attempts),
                };
                (criterion, series)
            })
            .collect()
    }
}

/// Attempts by what they belong to; one may belong to several groups.
fn groups<'a, K: Ord>(
    attempts: impl IntoIterator<Item = &'a Attempt>,
    keys: impl Fn(&Attempt) -> Vec<K>,
) -> BTreeMap<K, Vec<&'a Attempt>> {
    let mut groups: BTreeMap<K, Vec<&Attempt>> = BTreeMap::new();
    for attempt in attempts {
        for key in keys(attempt) {
            groups.entry(key).or_default().push(attempt);
        }
    }
    groups
}

/// The mean of the last answer to each task.
fn summary(attempts: &[&Attempt]) -> Option<Summary> {
    let mut last: BTreeMap<(&str, usize), &Attempt> = BTreeMap::new();
    for attempt in attempts {
        last.insert((&attempt.question, attempt.task), attempt);
    }
    if last.is_empty() {
        return None;
    }
    let sum: f64 = last.values().map(|attempt| attempt.score).sum();
    Some(Summary {
        percent: 100.0 * sum / last.len() as f64,
        tasks: last.len(),
        passed: last.values().filter(|attempt| attempt.passed).count(),
    })
}

/// Each day with an answer, with all answers until its end.
fn days(attempts: &[Attempt]) -> impl Iterator<Item = (u64, &[Attempt])> {
    attempts
        .iter()
        .enumerate()
        .filter_map(move |(place, attempt)| {
            let day = calendar::day(attempt.at);
            let next = attempts.get(place + 1).map(|next| calendar::day(next.at));
            (next != Some(day)).then(|| (day, &attempts[..=place]))
        })
}

/// The running result of a group, by day. One pass: each answer replaces the last to its task.
fn over_time(attempts: &[&Attempt]) -> Vec<Point> {
    let mut last: BTreeMap<(&str, usize), f64> = BTreeMap::new();
    let mut sum = 0.0;
    let mut points = Vec::new();
    for (place, attempt) in attempts.iter().enumerate() {
        let old = last.insert((&attempt.question, attempt.task), attempt.score);
        sum += attempt.score - old.unwrap_or_default();
        let day = calendar::day(attempt.at);
        let next = attempts.get(place + 1);
        if next.map(|next| calendar::day(next.at)) != Some(day) {
            let percent = (100.0 * sum / last.len() as f64).clamp(0.0, 100.0);
            points.push(point(day, percent));
        }
    }
    points
}

fn point(day: u64, percent: f64) -> Point {
    Point {
        day,
        date: calendar::date_of_day(day),
        percent,
    }
}

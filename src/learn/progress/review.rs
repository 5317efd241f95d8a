//! When a question is due again, by FSRS-6 (Ye et al. 2022 and after; the crate `fsrs`), with
//! its default parameters: the interval after which nine of ten are still known.

use crate::learn::calendar::{self, DAY};
use fsrs::{FSRS, MemoryState};
use serde::{Deserialize, Serialize};

/// The share of questions that are to be known still when they come again.
pub const RETENTION: f32 = 0.9;

/// The longest time until a question comes again, in days.
pub const MAX_INTERVAL_DAYS: u64 = 36_500;

/// How well a question was remembered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// Not at all: it comes again tomorrow at the latest.
    Again,
    Hard,
    Good,
    Easy,
}

impl Rating {
    pub const ALL: [Self; 4] = [Self::Again, Self::Hard, Self::Good, Self::Easy];

    /// The word that people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::Again => "Again",
            Self::Hard => "Hard",
            Self::Good => "Good",
            Self::Easy => "Easy",
        }
    }
}

/// What is remembered of a question.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Memory {
    /// Days after which the chance to know it has fallen to nine in ten.
    pub stability: f32,
    /// 1 (easy) to 10.
    pub difficulty: f32,
    /// Seconds since 1970 of the last review.
    pub reviewed: u64,
    /// Seconds since 1970 from which it is due.
    pub due: u64,
    /// How often it was reviewed.
    pub reviews: u32,
    /// How often it was forgotten.
    pub lapses: u32,
}

impl Memory {
    /// Whether the numbers can be those of a memory: a file may hold others.
    pub(super) fn is_sound(&self) -> bool {
        self.stability.is_finite()
            && self.stability > 0.0
            && (1.0..=10.0).contains(&self.difficulty)
            && self.reviews > 0
    }

    /// Whether it is due at `now`, in seconds since 1970. A review that lies in the future was noted
    /// by a clock that was wrong, and says nothing about when it is due.
    pub fn is_due(&self, now: u64) -> bool {
        self.due <= now || self.reviewed > now.saturating_add(DAY)
    }

    /// The chance to know it at `now`, 0..1.
    pub fn retrievability(&self, now: u64) -> f32 {
        let days = now.saturating_sub(self.reviewed) as f32 / DAY as f32;
        let state = MemoryState {
            stability: self.stability,
            difficulty: self.difficulty,
        };
        fsrs::current_retrievability(state, days, fsrs::FSRS6_DEFAULT_DECAY)
    }
}

/// What is remembered after a review at `now`, in seconds since 1970.
///
/// Days count from review to review by the clock on the wall, rounded down, as in other programs with FSRS;
/// a second review on the same day counts as 0 days.
pub fn next(before: Option<&Memory>, rating: Rating, now: u64) -> Memory {
    let days = before.map_or(0, |memory| calendar::days_between(memory.reviewed, now));
    let days = u32::try_from(days).unwrap_or(u32::MAX);
    let (state, interval) = step(before, rating, days);
    let interval = (f64::from(interval).round() as u64).clamp(1, MAX_INTERVAL_DAYS);
    Memory {
        stability: state.stability,
        difficulty: state.difficulty,
        reviewed: now,
        due: calendar::days_later(now, interval),
        reviews: before.map_or(0, |memory| memory.reviews).saturating_add(1),
        lapses: before
            .map_or(0, |memory| memory.lapses)
            .saturating_add(u32::from(before.is_some() && rating == Rating::Again)),
    }
}

/// The state after a review, and the interval in days that belongs to it.
fn step(before: Option<&Memory>, rating: Rating, days: u32) -> (MemoryState, f32) {
    let state = before
        .filter(|memory| memory.is_sound())
        .map(|memory| MemoryState {
            stability: memory.stability,
            difficulty: memory.difficulty,
        });
    let scheduler = FSRS::default();
    // A state that the scheduler refuses begins anew; a new one it never refuses.
    let states = scheduler
        .next_states(state, RETENTION, days)
        .or_else(|_| scheduler.next_states(None, RETENTION, 0));
    match states {
        Ok(states) => {
            let found = match rating {
                Rating::Again => states.again,
                Rating::Hard => states.hard,
                Rating::Good => states.good,
                Rating::Easy => states.easy,
            };
            (found.memory, found.interval)
        }
        Err(_) => (
            MemoryState {
                stability: 1.0,
                difficulty: 5.0,
            },
            1.0,
        ),
    }
}

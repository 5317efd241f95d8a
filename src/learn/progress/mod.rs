//! What a learner has answered, how well, and when each question is due again.

mod export;
mod file;
pub mod review;
pub mod scores;

pub use file::{MAX_ATTEMPTS, MAX_BYTES, ProgressFile, Saved};
pub use review::{Memory, Rating};
pub use scores::{Point, Series, Summary};

use super::answer::Answer;
use super::question::{Level, Question};
use super::rubric::Criterion;
use super::task::{Task, TaskKind};
use super::verdict::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that a learner did, in the order of time.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct Progress {
    #[serde(default)]
    attempts: Vec<Attempt>,
    /// What is remembered of each question, by id.
    #[serde(default)]
    memories: BTreeMap<String, Memory>,
    /// The questions that were answered, each with the tasks that were once right.
    #[serde(skip)]
    passed: BTreeMap<String, BTreeSet<usize>>,
}

/// One answer to one task.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// Seconds since 1970, UTC.
    pub at: u64,
    /// The id of the question.
    pub question: String,
    /// Kept beside the id, for the file may outlive a teacher's question.
    pub topic: String,
    pub level: Level,
    /// The task of the question, from 0.
    pub task: usize,
    /// The kind of the task, as in question files.
    pub kind: String,
    pub criteria: Vec<Criterion>,
    pub answer: Answer,
    pub passed: bool,
    /// 0..1
    pub score: f64,
    /// How long it took.
    pub seconds: f64,
    /// Whether it was answered in a timed set.
    #[serde(default)]
    pub timed: bool,
}

impl Attempt {
    /// The record of an answer to task `task` of a question, or `None` when there is no such
    /// task.
    pub fn new(
        question: &Question,
        task: usize,
        answer: Answer,
        verdict: &Verdict,
        at: u64,
        seconds: f64,
    ) -> Option<Self> {
        let found = question.tasks.get(task)?;
        Some(Self {
            at,
            question: question.id.clone(),
            topic: question.topic.clone(),
            level: question.level,
            task,
            kind: found.kind_name().to_owned(),
            criteria: found.criteria.clone(),
            answer,
            passed: verdict.passed,
            score: verdict.score,
            seconds: if seconds.is_finite() {
                seconds.max(0.0)
            } else {
                0.0
            },
            timed: false,
        })
    }
}

/// How far a learner is with a question.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum QuestionStatus {
    New,
    /// Something was answered.
    Begun,
    /// Every measured task was answered rightly once, and the question was reviewed or its free
    /// answers were right, too.
    Done,
}

impl Progress {
    /// All answers, the oldest first.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// Whether nothing was done yet.
    pub fn is_empty(&self) -> bool {
        self.attempts.is_empty() && self.memories.is_empty()
    }

    /// Adds an answer. The oldest are let go when there are more than [`MAX_ATTEMPTS`].
    pub fn record(&mut self, mut attempt: Attempt) {
        // With few digits a number comes back from JSON as it was.
        attempt.score = (attempt.score * 1e6).round() / 1e6;
        attempt.seconds = (attempt.seconds * 1e3).round() / 1e3;
        // A clock that was set back must not make time run backwards in charts.
        let place = self
            .attempts
            .partition_point(|other| other.at <= attempt.at);
        note(&mut self.passed, &attempt);
        self.attempts.insert(place, attempt);
        self.forget(self.attempts.len().saturating_sub(MAX_ATTEMPTS));
    }

    /// Takes over what another window has noted: answers that are not here, and what is remembered
    /// of questions that were reviewed there more often, or as often and later. Returns whether anything was.
    pub fn merge(&mut self, other: &Self) -> bool {
        let mut is_changed = false;
        // Two answers may be equal, so equal ones are counted.
        let mut own: BTreeMap<u64, Vec<&Attempt>> = BTreeMap::new();
        for attempt in &self.attempts {
            own.entry(attempt.at).or_default().push(attempt);
        }
        let mut missing = Vec::new();
        for attempt in &other.attempts {
            let same_second = own.entry(attempt.at).or_default();
            match same_second.iter().position(|own| *own == attempt) {
                Some(place) => drop(same_second.swap_remove(place)),
                None => missing.push(attempt.clone()),
            }
        }
        for attempt in missing {
            is_changed = true;
            self.record(attempt);
        }
        // A clock may have been wrong, so the number of reviews says more than their time.
        let later = |memory: &Memory| (memory.reviews, memory.reviewed);
        for (id, memory) in &other.memories {
            let is_news = match self.memories.get(id) {
                Some(own) => later(own) < later(memory),
                None => true,
            };
            if is_news {
                is_changed = true;
                self.memories.insert(id.clone(), *memory);
            }
        }
        is_changed
    }

    /// Lets the oldest answers go.
    fn forget(&mut self, count: usize) {
        if count > 0 {
            self.attempts.drain(..count.min(self.attempts.len()));
            self.take_notes();
        }
    }

    /// Notes what the answers show, after they were read or let go.
    fn take_notes(&mut self) {
        self.passed.clear();
        for attempt in &self.attempts {
            note(&mut self.passed, attempt);
        }
    }

    /// The answers to one task, the oldest first.
    pub fn attempts_at(&self, question: &str, task: usize) -> impl Iterator<Item = &Attempt> {
        self.attempts
            .iter()
            .filter(move |attempt| attempt.question == question && attempt.task == task)
    }

    /// How far the learner is with a question.
    pub fn status(&self, question: &Question) -> QuestionStatus {
        let passed = self.passed.get(&question.id);
        let has_passed = |task| passed.is_some_and(|tasks| tasks.contains(&task));
        let was_reviewed = self.memories.contains_key(&question.id);
        // What the learner wrote nobody measures; the review says how well it was known.
        let is_measured = |task: &Task| !matches!(task.kind, TaskKind::Explain { .. });
        let tasks = || question.tasks.iter().enumerate();
        let measured_passed = tasks().all(|(at, task)| !is_measured(task) || has_passed(at));
        let all_passed = !question.tasks.is_empty() && tasks().all(|(at, _)| has_passed(at));
        if measured_passed && (was_reviewed || all_passed) {
            QuestionStatus::Done
        } else if was_reviewed || passed.is_some() {
            QuestionStatus::Begun
        } else {
            QuestionStatus::New
        }
    }

    /// What is remembered of a question.
    pub fn memory(&self, question: &str) -> Option<&Memory> {
        self.memories.get(question)
    }

    /// Notes a review of a question at `now`, in seconds since 1970.
    pub fn review(&mut self, question: &str, rating: Rating, now: u64) -> Memory {
        let next = review::next(self.memories.get(question), rating, now);
        self.memories.insert(question.to_owned(), next);
        next
    }

    /// Notes another rating in the place of the last one, before which `before` was remembered. The time
    /// is that of now, so that no other window holds its own to be later.
    pub fn review_again(
        &mut self,
        question: &str,
        before: Option<Memory>,
        rating: Rating,
        now: u64,
    ) -> Memory {
        let next = review::next(before.as_ref(), rating, now);
        self.memories.insert(question.to_owned(), next);
        next
    }

    /// The rating that the answers to a question since `since` suggest: again where its last
    /// answer to a task is wrong, hard where an earlier one was, good where all were right at
    /// once. The learner may say otherwise. `None` without an answer.
    pub fn suggested_rating(&self, question: &str, since: u64) -> Option<Rating> {
        let mut by_task: BTreeMap<usize, Vec<bool>> = BTreeMap::new();
        for attempt in &self.attempts {
            if attempt.question == question && attempt.at >= since {
                by_task
                    .entry(attempt.task)
                    .or_default()
                    .push(attempt.passed);
            }
        }
        if by_task.is_empty() {
            return None;
        }
        let all = |holds: fn(&Vec<bool>) -> bool| by_task.values().all(holds);
        Some(if !all(|tries| tries.last() == Some(&true)) {
            Rating::Again
        } else if !all(|tries| tries.iter().all(|&passed| passed)) {
            Rating::Hard
        } else {
            Rating::Good
        })
    }

    /// Ids of questions that are due at `now`, the most overdue first.
    pub fn due(&self, now: u64) -> Vec<&str> {
        let mut due: Vec<(&str, u64)> = self
            .memories
            .iter()
            .filter(|(_, memory)| memory.is_due(now))
            .map(|(id, memory)| (id.as_str(), memory.due))
            .collect();
        due.sort_by_key(|(_, due)| *due);
        due.into_iter().map(|(id, _)| id).collect()
    }

    /// When the next question is due after `now`, in seconds since 1970.
    pub fn next_due(&self, now: u64) -> Option<u64> {
        let memories = self.memories.values();
        let later = memories.filter(|memory| !memory.is_due(now));
        later.map(|memory| memory.due).min()
    }
}

/// Notes what one answer shows.
fn note(passed: &mut BTreeMap<String, BTreeSet<usize>>, attempt: &Attempt) {
    let tasks = passed.entry(attempt.question.clone()).or_default();
    if attempt.passed {
        tasks.insert(attempt.task);
    }
}

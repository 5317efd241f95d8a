//! Timed sets, as in an interview or a case study, drawn by level and topic.

use super::answer::Answer;
use super::bank::Bank;
use super::calendar::date;
use super::progress::Attempt;
use super::question::{Level, Question};
use super::rubric::{Criterion, Performance, weighted_percent};
use super::shuffle::shuffled;
use super::verdict::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// The most questions of a set.
pub const MAX_SIZE: usize = 100;

/// What a set looks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Style {
    /// Any question.
    #[default]
    Interview,
    /// Questions that ask for a plan, a judgement or an idea: those with a task that feeds
    /// problem solving or creativity, or that is answered in free text.
    CaseStudy,
}

/// How a set is drawn.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// No level is every level.
    pub levels: Vec<Level>,
    /// No topic is every topic.
    pub topics: Vec<String>,
    pub style: Style,
    /// How many questions.
    pub size: usize,
    /// The same seed draws the same set from the same bank.
    pub seed: u32,
    /// For the whole set.
    pub limit: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            levels: Vec::new(),
            topics: Vec::new(),
            style: Style::Interview,
            size: 5,
            seed: 0,
            limit: Duration::from_secs(20 * 60),
        }
    }
}

/// A set under way. It has no clock: whoever drives it says how long it has run.
#[derive(Clone, PartialEq, Debug)]
pub struct Interview {
    options: Options,
    items: Vec<Item>,
    /// Seconds since 1970 at which it began.
    started: u64,
}

/// A question of a set with its answers.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    /// The id of the question.
    pub question: String,
    pub topic: String,
    pub level: Level,
    /// The result of each task, once it was answered.
    pub results: Vec<Option<TaskResult>>,
    /// What each task feeds.
    pub criteria: Vec<Vec<Criterion>>,
    /// Whether it was skipped: tasks without an answer count as not seen.
    pub is_skipped: bool,
}

impl Item {
    /// Results of the tasks that count, with what each feeds.
    fn counted(&self) -> impl Iterator<Item = (&Vec<Criterion>, Option<&TaskResult>)> {
        let tasks = self.criteria.iter().zip(&self.results);
        tasks
            .map(|(criteria, result)| (criteria, result.as_ref()))
            .filter(|(_, result)| result.is_some() || !self.is_skipped)
    }
}

/// What came of a task.
#[derive(Clone, PartialEq, Debug)]
pub struct TaskResult {
    pub answer: Answer,
    pub passed: bool,
    /// 0..1
    pub score: f64,
    /// Since the beginning of the set.
    pub at: Duration,
    pub seconds: f64,
}

impl Interview {
    /// Draws a set that begins at `started`, in seconds since 1970. Topics take turns, so that a
    /// set is as broad as the bank allows; within it the questions go from easy to hard.
    ///
    /// # Errors
    /// A sentence when no question with a task fits, or the size is 0 or above [`MAX_SIZE`].
    pub fn draw(bank: &Bank, options: Options, started: u64) -> Result<Self, String> {
        if !(1..=MAX_SIZE).contains(&options.size) {
            return Err(format!("a set has 1 to {MAX_SIZE} questions"));
        }
        let fitting: Vec<&Question> = bank
            .questions()
            .iter()
            .map(|question| &**question)
            .filter(|question| fits(question, &options))
            .collect();
        if fitting.is_empty() {
            return Err("no question with a task fits these levels and topics".to_owned());
        }
        let mut by_topic: BTreeMap<&str, Vec<&Question>> = BTreeMap::new();
        for place in shuffled(fitting.len(), options.seed) {
            let question = fitting[place];
            by_topic.entry(&question.topic).or_default().push(question);
        }
        let mut piles: Vec<Vec<&Question>> = by_topic.into_values().collect();
        let turns = shuffled(piles.len(), options.seed.wrapping_add(1));
        let mut drawn: Vec<&Question> = Vec::new();
        let wanted = options.size.min(fitting.len());
        while drawn.len() < wanted {
            for &turn in &turns {
                if drawn.len() < wanted {
                    drawn.extend(piles[turn].pop());
                }
            }
        }
        drawn.sort_by_key(|question| question.level);
        let items = drawn.into_iter().map(|question| Item {
            question: question.id.clone(),
            topic: question.topic.clone(),
            level: question.level,
            results: vec![None; question.tasks.len()],
            criteria: question.tasks.iter().map(|t| t.criteria.clone()).collect(),
            is_skipped: false,
        });
        Ok(Self {
            items: items.collect(),
            options,
            started,
        })
    }

    /// The questions in order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// How it was drawn.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What is left of the time, after `elapsed`.
    pub fn remaining(&self, elapsed: Duration) -> Duration {
        self.options.limit.saturating_sub(elapsed)
    }

    /// Whether every task was answered or the time is up.
    pub fn is_over(&self, elapsed: Duration) -> bool {
        self.remaining(elapsed).is_zero() || self.next_open().is_none()
    }

    /// Skips a question: those of its tasks that have no answer count as not seen.
    pub fn skip(&mut self, item: usize) {
        if let Some(item) = self.items.get_mut(item) {
            item.is_skipped = true;
        }
    }

    /// How many of the tasks that count were answered, and how many there are.
    pub fn done(&self) -> (usize, usize) {
        let counted = || self.items.iter().flat_map(Item::counted);
        let answered = counted().filter(|(_, result)| result.is_some());
        (answered.count(), counted().count())
    }

    /// Item and task of the first task without an answer.
    pub fn next_open(&self) -> Option<(usize, usize)> {
        let items = self.items.iter().enumerate();
        let mut open = items.filter(|(_, found)| !found.is_skipped);
        open.find_map(|(item, found)| {
            let task = found.results.iter().position(Option::is_none)?;
            Some((item, task))
        })
    }

    /// Keeps the answer to a task. Only the first one counts, and none after the time is up;
    /// gives whether it does.
    pub fn record(
        &mut self,
        (item, task): (usize, usize),
        answer: Answer,
        verdict: &Verdict,
        elapsed: Duration,
        seconds: f64,
    ) -> bool {
        if self.remaining(elapsed).is_zero() {
            return false;
        }
        let found = self.items.get_mut(item);
        match found.and_then(|item| item.results.get_mut(task)) {
            Some(place) if place.is_none() => {
                *place = Some(TaskResult {
                    answer,
                    passed: verdict.passed,
                    score: verdict.score,
                    at: elapsed,
                    seconds: if seconds.is_finite() {
                        seconds.max(0.0)
                    } else {
                        0.0
                    },
                });
                true
            }
            _ => false,
        }
    }

    /// The answers as they go into the progress of the learner.
    pub fn attempts(&self, bank: &Bank) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        for item in &self.items {
            let Some(question) = bank.get(&item.question) else {
                continue;
            };
            for (task, result) in item.results.iter().enumerate() {
                let Some(result) = result else { continue };
                let verdict = Verdict {
                    passed: result.passed,
                    score: result.score,
                    reason: String::new(),
                    readings: Vec::new(),
                    counter_examples: Vec::new(),
                };
                let at = self.started.saturating_add(result.at.as_secs());
                let attempt = Attempt::new(
                    question,
                    task,
                    result.answer.clone(),
                    &verdict,
                    at,
                    result.seconds,
                );
                attempts.extend(attempt.map(|attempt| Attempt {
                    timed: true,
                    ..attempt
                }));
            }
        }
        attempts
    }

    /// The result by criterion, 0..1, where a task without an answer is worth nothing.
    pub fn by_criterion(&self) -> BTreeMap<Criterion, f64> {
        let mut sums: BTreeMap<Criterion, (f64, f64)> = BTreeMap::new();
        for item in &self.items {
            for (criteria, result) in item.counted() {
                for &criterion in criteria {
                    let (sum, count) = sums.entry(criterion).or_default();
                    *sum += result.map_or(0.0, |result| result.score);
                    *count += 1.0;
                }
            }
        }
        let results = sums.into_iter();
        results
            .map(|(key, (sum, count))| (key, sum / count))
            .collect()
    }

    /// The weighted result, 0..100.
    pub fn percent(&self) -> f64 {
        weighted_percent(self.by_criterion()).unwrap_or_default()
    }

    /// The report as Markdown, after `elapsed`.
    pub fn report(&self, bank: &Bank, elapsed: Duration) -> String {
        let mut page = String::new();
        // Writing into a string cannot fail.
        let _ = self.write_report(&mut page, bank, elapsed);
        page
    }

    fn write_report(&self, page: &mut String, bank: &Bank, elapsed: Duration) -> std::fmt::Result {
        let title = match self.options.style {
            Style::Interview => "Interview",
            Style::CaseStudy => "Case study",
        };
        let percent = self.percent();
        let performance = Performance::of_percent(percent).title();
        let used = elapsed.min(self.options.limit);
        writeln!(page, "# {title} on {}\n", date(self.started))?;
        writeln!(
            page,
            "{percent:.0} % ({performance}) in {} of {} (set {}).\n",
            minutes(used),
            minutes(self.options.limit),
            self.options.seed
        )?;
        writeln!(page, "| Criterion | Weight | Result |")?;
        writeln!(page, "| --- | ---: | ---: |")?;
        for (criterion, result) in self.by_criterion() {
            let (title, weight) = (criterion.title(), criterion.weight());
            writeln!(page, "| {title} | {weight} % | {:.0} % |", 100.0 * result)?;
        }
        for (number, item) in self.items.iter().enumerate() {
            let question = bank.get(&item.question);
            let wording = question.map_or(item.question.as_str(), |q| q.question.as_str());
            writeln!(page, "\n## {}. {wording}\n", number + 1)?;
            writeln!(
                page,
                "{}, {} (`{}`)\n",
                item.topic,
                item.level.key(),
                item.question
            )?;
            for (task, result) in item.results.iter().enumerate() {
                let ask = question
                    .and_then(|q| q.tasks.get(task))
                    .map_or("", |t| &t.ask);
                let told = match result {
                    None if item.is_skipped => "skipped, does not count".to_owned(),
                    None => "no answer".to_owned(),
                    Some(result) => {
                        let word = if result.passed { "right" } else { "not right" };
                        let (points, time) = (100.0 * result.score, result.seconds);
                        format!("{word} ({points:.0} %, {time:.0} s)")
                    }
                };
                writeln!(page, "- {ask} **{told}**")?;
            }
            let missed = item
                .results
                .iter()
                .any(|r| r.as_ref().is_none_or(|r| !r.passed));
            if let Some(question) = question.filter(|_| missed) {
                writeln!(page, "\nTo read again:\n")?;
                for point in &question.covers {
                    writeln!(page, "- {point}")?;
                }
            }
        }
        Ok(())
    }
}

fn fits(question: &Question, options: &Options) -> bool {
    let of_level = options.levels.is_empty() || options.levels.contains(&question.level);
    let of_topic = options.topics.is_empty() || options.topics.contains(&question.topic);
    let is_case = || {
        question.tasks.iter().any(|task| {
            task.kind_name() == "explain"
                || task.criteria.contains(&Criterion::ProblemSolving)
                || task.criteria.contains(&Criterion::Creativity)
        })
    };
    of_level
        && of_topic
        && !question.tasks.is_empty()
        && (options.style == Style::Interview || is_case())
}

/// `12:05`
fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

//! What a learner does: six kinds of task that the program checks, and free text.

use super::measure::{Goal, Quantity};
use super::question::{Formula, Question, Spot};
use super::rubric::Criterion;
use super::shuffle::shuffled;
use serde::{Deserialize, Serialize};

/// A task of a question.
#[derive(Clone, PartialEq, Debug)]
pub struct Task {
    /// What the learner reads.
    pub ask: String,
    /// What it feeds: one or two.
    pub criteria: Vec<Criterion>,
    pub kind: TaskKind,
    /// The line in the file, from 1.
    pub line: usize,
}

/// What is asked for, and what is right.
#[derive(Clone, PartialEq, Debug)]
pub enum TaskKind {
    /// One option, or every right one where several are.
    Choose { options: Vec<Choice> },
    /// A number before the reveal.
    Predict {
        quantity: Quantity,
        unit: String,
        /// How far off is still right, in the measure's unit.
        within: f64,
        because: String,
    },
    /// Which of two numbers is larger.
    Compare {
        left: Quantity,
        right: Quantity,
        /// The difference that counts as equal.
        equal_within: f64,
        because: String,
    },
    /// Move the control until all goals hold.
    Set {
        /// Where it begins, if not where the scene or the toy does.
        start: Option<Spot>,
        goals: Vec<Goal>,
        hint: Option<String>,
        because: String,
        /// Fulfils the goals; shown on giving up.
        solution: Spot,
    },
    /// Which of two unlabelled pictures is it.
    Which {
        left: Pane,
        right: Pane,
        answer: Side,
        because: String,
    },
    /// Put in order.
    Order { order: Order, because: String },
    /// Free text, compared by the learner with points, one by one.
    Explain {
        /// What an answer to this task must say; none where it is all that the question covers.
        points: Vec<String>,
    },
}

/// An option of a choice.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    pub text: String,
    pub is_right: bool,
    /// Why it is right or wrong.
    pub because: String,
    /// A counter-example, shown live where this was chosen and is wrong.
    pub show: Option<Formula>,
}

/// An unlabelled picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Pane {
    pub model: String,
    pub expression: Formula,
}

/// Left or right.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Left,
    Right,
}

/// What is put in order.
#[derive(Clone, PartialEq, Debug)]
pub enum Order {
    /// Words, in a right order.
    Items(Vec<Item>),
    /// Pictures, in whatever order; right is that of a measured number of each, ascending.
    Measured {
        expressions: Vec<Formula>,
        by: Quantity,
    },
}

/// A thing to put in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    pub text: String,
    /// Its place among the steps, from 0; things of the same step may stand in any order.
    pub step: usize,
}

impl Order {
    /// How many things there are.
    #[expect(clippy::len_without_is_empty, reason = "there are at least three")]
    pub fn len(&self) -> usize {
        match self {
            Self::Items(items) => items.len(),
            Self::Measured { expressions, .. } => expressions.len(),
        }
    }

    /// The text of thing `index` of the file's order.
    pub fn label(&self, index: usize) -> &str {
        match self {
            Self::Items(items) => items.get(index).map_or("", |item| &item.text),
            Self::Measured { expressions, .. } => {
                expressions.get(index).map_or("", |formula| &formula.text)
            }
        }
    }
}

impl Task {
    /// The word for the kind in question files.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            TaskKind::Choose { .. } => "choose",
            TaskKind::Predict { .. } => "predict",
            TaskKind::Compare { .. } => "compare",
            TaskKind::Set { .. } => "set",
            TaskKind::Which { .. } => "which",
            TaskKind::Order { .. } => "order",
            TaskKind::Explain { .. } => "explain",
        }
    }

    /// What the reveal says, where the kind has one text for all answers.
    pub fn because(&self) -> Option<&str> {
        match &self.kind {
            TaskKind::Predict { because, .. }
            | TaskKind::Compare { because, .. }
            | TaskKind::Set { because, .. }
            | TaskKind::Which { because, .. }
            | TaskKind::Order { because, .. } => Some(because),
            TaskKind::Choose { .. } | TaskKind::Explain { .. } => None,
        }
    }

    /// The points that a free answer to this task is compared with.
    pub fn points<'q>(&'q self, question: &'q Question) -> &'q [String] {
        match &self.kind {
            TaskKind::Explain { points } if !points.is_empty() => points,
            _ => &question.covers,
        }
    }

    /// How many options are right, of a choice.
    pub fn right_options(&self) -> usize {
        match &self.kind {
            TaskKind::Choose { options } => options.iter().filter(|option| option.is_right).count(),
            _ => 0,
        }
    }

    /// The order in which options or things to order are shown: indices of the file's order, the
    /// same for the same seed. Never the right order itself, where a right order stands in the
    /// file.
    pub fn shown_order(&self, seed: u32) -> Vec<usize> {
        match &self.kind {
            TaskKind::Choose { options } => shuffled(options.len(), seed),
            TaskKind::Order { order, .. } => {
                let mut shown = shuffled(order.len(), seed);
                let is_right = match order {
                    Order::Items(items) => shown.is_sorted_by_key(|&index| items[index].step),
                    Order::Measured { .. } => shown.is_sorted(),
                };
                if is_right {
                    // The first step goes behind the last one, which is another.
                    shown.rotate_left(1);
                }
                shown
            }
            _ => Vec::new(),
        }
    }
}

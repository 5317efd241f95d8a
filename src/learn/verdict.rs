//! What the program says about an answer, with what it has measured.

use super::question::Depiction;

/// What the program says about an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    pub passed: bool,
    /// How much of it is right, 0..1; 1 exactly when all is.
    pub score: f64,
    /// Why: sentences of the question's author, with what was measured in front.
    pub reason: String,
    /// What was measured.
    pub readings: Vec<Reading>,
    /// What shows live that a wrong answer is wrong.
    pub counter_examples: Vec<CounterExample>,
}

/// A measured number with its name.
#[derive(Clone, PartialEq, Debug)]
pub struct Reading {
    /// The measure or the condition, as it stands in the file.
    pub label: String,
    pub value: f64,
    /// May be empty.
    pub unit: String,
    /// Whether the condition holds, where it is one.
    pub holds: Option<bool>,
}

/// A picture to look at after a wrong answer.
#[derive(Clone, PartialEq, Debug)]
pub struct CounterExample {
    /// A model by name.
    pub model: String,
    pub depiction: Depiction,
    /// What it is, in a few words.
    pub caption: String,
}

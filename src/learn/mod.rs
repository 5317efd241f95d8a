//! Questions about generative models, each with a live scene, and what a learner makes of them.
//!
//! Nothing in here draws, waits or decodes. Question files come from teachers and from the
//! internet: reading them has bounds, and a broken one is named with its line while the rest
//! loads. A task is checked by what the program measured on the learner's own pictures: it says
//! which expressions it needs ([`Task::wanted`]), somebody who drives the engine examines them
//! ([`Measurements`]), and then the answer is judged ([`Task::check`]).
//!
//! - [`bank`]: all questions, built in and a teacher's;
//! - [`question`], [`task`], [`measure`], [`claim`], [`text`]: what a question file holds;
//! - [`read`]: a file to a question; [`check`]: whether it fits the models and the other questions;
//! - [`evidence`], [`answer`], [`verdict`]: what was measured, and what it says about an answer;
//! - [`trial`]: whether tasks can be solved and failed, and claims hold, tried with real pictures;
//! - [`glossary`]: what the field's words in the texts mean;
//! - [`figure`]: pictures, charts and diagrams in texts;
//! - [`toy`]: small models on the pages of questions;
//! - [`advice`], [`statistics`]: what can be guessed, and what can be counted over the whole bank;
//! - [`search`], [`path`], [`rubric`]: finding questions, their order, and what counts;
//! - [`progress`]: what was answered, how well, and when it is due again;
//! - [`interview`]: timed sets.

pub mod advice;
pub mod answer;
pub mod bank;
pub mod calendar;
pub mod check;
pub mod claim;
pub mod evidence;
mod fault;
pub mod figure;
pub mod glossary;
pub mod index;
pub mod interview;
pub mod measure;
pub mod models;
mod named;
pub mod path;
pub mod progress;
pub mod question;
pub mod read;
pub mod rubric;
pub mod search;
mod shuffle;
pub mod statistics;
pub mod task;
pub mod text;
pub mod toy;
pub mod trial;
pub mod verdict;

pub use answer::Answer;
pub use bank::{Bank, Filter, FolderReport, Operations};
pub use evidence::{Here, Measurements, Measurer, Wanted};
pub use fault::Fault;
pub use glossary::Glossary;
pub use measure::{Goal, Measure, Quantity};
pub use question::{Control, Depiction, Formula, Level, Preset, Question, Scene, Spot, ToolName};
pub use rubric::{Criterion, Performance};
pub use task::{Order, Side, Task, TaskKind};
pub use verdict::{CounterExample, Reading, Verdict};

//! The arguments of commands about questions.

use super::DeviceArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// The narrowest and the widest page, in columns.
const WIDTHS: std::ops::RangeInclusive<i64> = 20..=400;

/// Where questions come from besides the program.
#[derive(Debug, Args)]
pub struct BankArgs {
    /// A folder of question files that are added to the built-in ones
    #[arg(long, value_name = "DIR")]
    pub questions: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct QuestionsArgs {
    /// Only questions of this topic, such as latent-space
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
    /// Only questions of this level
    #[arg(long, value_enum)]
    pub level: Option<LevelArg>,
    /// Only questions that have all these words, the best first
    #[arg(long, value_name = "WORDS")]
    pub search: Option<String>,
    /// Only this question; may be given several times
    #[arg(long = "id", value_name = "ID")]
    pub ids: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Check question files; each fault is a line with file, line and reason
    #[arg(long, conflicts_with_all = ["search", "json"])]
    pub check: bool,
    /// With --check: every question of the list has to be there, and every model
    #[arg(long, requires = "check")]
    pub complete: bool,
    /// With --check: try every task with the pictures that it is about, and measure every claim
    #[arg(long, requires = "check")]
    pub measure: bool,
    /// With --check: print figures over the questions, such as how often the longest option is right
    #[arg(long, requires = "check")]
    pub stats: bool,
    #[command(flatten)]
    pub bank: BankArgs,
    #[command(flatten)]
    pub device: DeviceArgs,
}

#[derive(Debug, Args)]
pub struct QuestionArgs {
    /// The id of a question, from `zscape questions`
    pub id: String,
    /// Show which answers to the tasks are right
    #[arg(long)]
    pub solutions: bool,
    /// Columns of the page; as wide as the terminal where it is not given, up to 100
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(WIDTHS))]
    pub width: Option<u16>,
    #[command(flatten)]
    pub bank: BankArgs,
}

#[derive(Debug, Args)]
pub struct ProgressArgs {
    /// The file of the progress; that of the window where it is not given
    #[arg(long, value_name = "FILE.json")]
    pub file: Option<PathBuf>,
    /// The table of all answers to write
    #[arg(long, value_name = "OUT.csv")]
    pub csv: Option<PathBuf>,
    /// The page to write instead of printing it
    #[arg(long, value_name = "OUT.md")]
    pub markdown: Option<PathBuf>,
    #[command(flatten)]
    pub bank: BankArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum LevelArg {
    Beginner,
    Intermediate,
    Advanced,
    Expert,
}

impl From<LevelArg> for crate::learn::Level {
    fn from(level: LevelArg) -> Self {
        match level {
            LevelArg::Beginner => Self::Beginner,
            LevelArg::Intermediate => Self::Intermediate,
            LevelArg::Advanced => Self::Advanced,
            LevelArg::Expert => Self::Expert,
        }
    }
}

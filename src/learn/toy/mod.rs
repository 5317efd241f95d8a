//! Small models that stand on the pages of questions. Those of language are made of the texts of the
//! question bank itself; the flow learns from points of a plane, and waves on a grid learn nothing.
//!
//! They are real: everything that a panel shows is counted or computed, and nothing is made up.
//! They are also small, and each says what it is not ([`Kind::about`]). The hazards are time, for
//! they are made on first use, and settings from files and users; so what they learn is bounded,
//! and [`Play`] holds no number that is out of its range.
//!
//! - [`corpus`]: the words that they learn from;
//! - [`trigrams`], [`decoding`]: the next word, and how one is chosen;
//! - [`vectors`], [`attention`]: words as vectors, and heads of attention over a sequence;
//! - [`pieces`]: byte pair encoding;
//! - [`flow`]: a normalizing flow of two dimensions;
//! - [`aliasing`]: a wave on a grid, and what a nonlinearity makes of it;
//! - [`kind`]: which toys there are, and their numbers; [`play`]: what one is set to, as question
//!   files write it;
//! - [`probe`]: what tasks and claims measure of it; [`shown`]: what it shows, and [`terminal`]
//!   that as text.

pub mod aliasing;
pub mod attention;
pub mod corpus;
pub mod decoding;
pub mod flow;
pub mod kind;
pub mod pieces;
pub mod play;
pub mod probe;
pub mod shown;
pub mod terminal;
pub mod trigrams;
pub mod vectors;

pub use kind::{Choice, Kind, Number, NumberScale};
pub use play::Play;
pub use probe::{Probe, Subject};

/// A toy that a question opens.
#[derive(Clone, PartialEq, Debug)]
pub struct Toy {
    /// Where it starts.
    pub start: Play,
    /// What is to be seen and what to move.
    pub caption: String,
    /// The line in the file, from 1.
    pub line: usize,
}

//! What can be wrong with an expression, in sentences for the person who wrote it.

use thiserror::Error;

use super::limits::{MAX_CODE_LEN, MAX_DEPTH, MAX_NODES, MAX_TEXT_BYTES};
use crate::latent::Space;

/// A text is not an expression.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("column {column}: {message}")]
pub struct ParseError {
    /// Where, in characters from 1. One past the last character when something is missing at
    /// the end.
    pub column: usize,
    /// What was expected there.
    pub message: String,
    /// The text around the place, on one line.
    excerpt: String,
    /// How many characters of `excerpt` come before the place.
    before: usize,
}

impl ParseError {
    pub(super) fn new(column: usize, message: String, text: &str) -> Self {
        /// How many characters are shown before and after the place.
        const AROUND: usize = 36;
        let index = column.saturating_sub(1);
        let skipped = index.saturating_sub(AROUND);
        let excerpt: String = text
            .chars()
            .skip(skipped)
            .take(2 * AROUND)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let before = (index - skipped).min(excerpt.chars().count());
        Self {
            column,
            message,
            excerpt,
            before,
        }
    }

    /// Two lines: the text around the place, and a caret under the place.
    pub fn pointed(&self) -> String {
        format!("{}\n{}^", self.excerpt, " ".repeat(self.before))
    }
}

/// An expression has no meaning for a model.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum CheckError {
    #[error(
        "more than {MAX_DEPTH} operations of the expression build on one another; \
         take the average of many codes with mean(...)"
    )]
    TooDeep,
    #[error("the expression has more than {MAX_NODES} parts")]
    TooManyNodes,
    #[error("written out, the expression is longer than {MAX_TEXT_BYTES} bytes")]
    TooLong,
    #[error(
        "codes of {model} are too large for expressions, which take up to {MAX_CODE_LEN} numbers"
    )]
    CodeTooLong { model: String },
    #[error("{number} in {text} is not a finite number")]
    NumberNotFinite { number: String, text: String },
    #[error("mean(...) needs at least one code")]
    EmptyMean,
    /// The model lacks a space that a part of the expression needs.
    #[error("{model} has no {space} space{hint}")]
    NoSpace {
        model: String,
        space: Space,
        hint: String,
    },
    #[error("{what} has {}, but {space} of {model} has {expected}", numbers(*.found))]
    WrongLength {
        what: String,
        found: usize,
        space: Space,
        model: String,
        expected: String,
    },
    #[error("there is no code named {text}{hint}")]
    UnknownName { text: String, hint: String },
    #[error("{text} is not a direction of {model}{hint}")]
    UnknownDirection {
        text: String,
        model: String,
        hint: String,
    },
    #[error("{model} has no encoder, so encode(...) cannot be used")]
    NoEncoder { model: String },
    #[error(
        "{model} makes its pictures in one step, so edit(...) cannot be used: it takes a model that \
         begins with noise"
    )]
    NoEdits { model: String },
    #[error("a strength of {strength} is refused: it is a number from 0, the picture itself, to 1")]
    Strength { strength: String },
    #[error("{model} takes no conditions, so given(...) cannot be used")]
    NoConditions { model: String },
    #[error("{model} does not know the condition {word:?}, only {known}{hint}")]
    UnknownCondition {
        word: String,
        model: String,
        hint: String,
        /// Those that it does know.
        known: String,
    },
    #[error(
        "{text} was kept with a condition of {}, but {model} has {words}", words_of(*.found)
    )]
    WrongCondition {
        text: String,
        found: usize,
        words: usize,
        model: String,
    },
    /// Codes of the space are indices, and the operation takes real numbers.
    #[error(
        "codes in {space} of {model} are indices into a codebook, so they cannot be {operation}; \
         cross(...), mix(..., cells [...]) and vary(...) choose among indices"
    )]
    NotReal {
        model: String,
        space: Space,
        operation: &'static str,
    },
    #[error(
        "{number} is not an index into the codebook of {space} of {model}, which are the whole \
         numbers from 0 to {last}"
    )]
    NoIndex {
        number: String,
        model: String,
        space: Space,
        last: u32,
    },
    /// A grid of one index was asked for where codes are no such grids.
    #[error(
        "fill(...) makes a grid of indices, but codes in {space} of {model} are real numbers ({found})"
    )]
    NoGrid {
        model: String,
        space: Space,
        found: String,
    },
    /// Two codes, or a code and an operation, do not belong together; a whole sentence.
    #[error("{sentence}")]
    SpaceMismatch { sentence: String },
    #[error("{layers} is empty: the first layer must lie below the end, as in layers 4..9")]
    NoLayers { layers: String },
    #[error(
        "{word} {range} is empty: the first number must lie below the end, as in {word} [3..5]"
    )]
    EmptyRange { word: &'static str, range: String },
    #[error("{word} {range} goes beyond {space} of {model}: the largest range is 0..{count}")]
    OutOfRange {
        word: &'static str,
        range: String,
        count: usize,
        space: Space,
        model: String,
    },
    #[error(
        "{layers} goes beyond the {count} layers of {model}: the largest range is layers 0..{count}"
    )]
    LayersOutOfRange {
        layers: String,
        count: usize,
        model: String,
    },
}

/// An expression has no value.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum EvalError {
    #[error(transparent)]
    Check(#[from] CheckError),
    #[error("the mapping from {from} to {to} failed: {reason}")]
    Mapping {
        from: Space,
        to: Space,
        reason: String,
    },
    #[error("{text} found no code: {reason}")]
    Encode { text: String, reason: String },
    #[error("the value of {text} is not finite: its numbers are too large for f32")]
    NotFinite { text: String },
}

/// `1 word`, `3 words`
fn words_of(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} word{plural}")
}

/// `1 number`, `3 numbers`
fn numbers(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} number{plural}")
}

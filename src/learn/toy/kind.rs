//! Which toys there are, what they can be set to, and what people read about them.

use super::aliasing::{self, Function};
use super::flow::{self, Data};
use super::pieces::Pieces;
use super::trigrams::Trigrams;
use super::vectors::Vectors;
use std::ops::RangeInclusive;

/// Which toy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    NextWord,
    Attention,
    Pieces,
    Flow,
    Aliasing,
}

/// How far a number goes, and in which steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NumberScale {
    Fine,
    Whole,
    /// Whole numbers, small ones with as much room as large ones.
    Counts,
}

/// A number that a toy is set to.
#[derive(Debug)]
pub struct Number {
    /// The word in settings.
    pub key: &'static str,
    /// A short word that people read, and what it does.
    pub label: &'static str,
    pub about: &'static str,
    pub range: RangeInclusive<f64>,
    pub default: f64,
    pub scale: NumberScale,
}

/// The numbers of the next word.
static NEXT_WORD: [Number; 4] = [
    Number {
        key: "temperature",
        label: "Temperature",
        about: "Divides the scores before they become probabilities: below 1 the likeliest words \
                gain, above 1 the others do, and 0 is greedy",
        range: 0.0..=3.0,
        default: 1.0,
        scale: NumberScale::Fine,
    },
    Number {
        key: "top_k",
        label: "Top-k",
        about: "How many of the likeliest words may be drawn",
        range: 1.0..=10_000.0,
        default: 10_000.0,
        scale: NumberScale::Counts,
    },
    Number {
        key: "top_p",
        label: "Top-p",
        about: "The fewest words that have this share of the probability may be drawn (nucleus \
                sampling)",
        range: 0.01..=1.0,
        default: 1.0,
        scale: NumberScale::Fine,
    },
    Number {
        key: "seed",
        label: "Seed",
        about: "The numbers of chance that draw the words: the same seed draws the same",
        range: 0.0..=9999.0,
        default: 1.0,
        scale: NumberScale::Whole,
    },
];

static ATTENTION: [Number; 3] = [
    Number {
        key: "head",
        label: "Head",
        about: "1 attends to like words, 2 to the word before, 3 to what followed the word earlier",
        range: 1.0..=3.0,
        default: 1.0,
        scale: NumberScale::Whole,
    },
    Number {
        key: "causal",
        label: "Causal mask",
        about: "1 hides later words from each word, as in a model that writes from left to right",
        range: 0.0..=1.0,
        default: 1.0,
        scale: NumberScale::Whole,
    },
    Number {
        key: "scaled",
        label: "Divide by √d",
        about: "1 divides the scores by the root of the length of a query; without it the best fit \
                takes nearly all of the weight",
        range: 0.0..=1.0,
        default: 1.0,
        scale: NumberScale::Whole,
    },
];

static PIECES: [Number; 1] = [Number {
    key: "joins",
    label: "Joins",
    about: "How many of the most frequent pairs are joined: more joins give fewer and longer pieces",
    range: 0.0..=2000.0,
    default: 500.0,
    scale: NumberScale::Whole,
}];

static FLOW: [Number; 5] = [
    Number {
        key: "training",
        label: "Training",
        about: "How much of its 2,000 steps of training it has had, in percent",
        range: 0.0..=flow::PERCENT as f64,
        default: flow::PERCENT as f64,
        scale: NumberScale::Whole,
    },
    Number {
        key: "layers",
        label: "Layers",
        about: "How many of the eight layers are applied to z",
        range: 0.0..=flow::LAYERS as f64,
        default: flow::LAYERS as f64,
        scale: NumberScale::Whole,
    },
    Number {
        key: "temperature",
        label: "Temperature",
        about: "The standard deviation of the noise that samples are made of",
        range: 0.0..=2.0,
        default: 1.0,
        scale: NumberScale::Fine,
    },
    Number {
        key: "z1",
        label: "z₁",
        about: "The first number of the marked code; drag in one of the planes to move it",
        range: -flow::shown::REACH..=flow::shown::REACH,
        default: 0.0,
        scale: NumberScale::Fine,
    },
    Number {
        key: "z2",
        label: "z₂",
        about: "The second number of the marked code; drag in one of the planes to move it",
        range: -flow::shown::REACH..=flow::shown::REACH,
        default: 0.0,
        scale: NumberScale::Fine,
    },
];

static ALIASING: [Number; 4] = [
    Number {
        key: "frequency",
        label: "Frequency",
        about: "How many cycles the wave has over the 16 samples; the grid can hold up to 8",
        range: 1.0..=(aliasing::LIMIT - 1) as f64,
        default: 3.0,
        scale: NumberScale::Whole,
    },
    Number {
        key: "shift",
        label: "Shift",
        about: "How far the wave is moved, in steps of the grid; drag in one of the pictures to \
                move it",
        range: 0.0..=aliasing::WALK,
        default: 0.0,
        scale: NumberScale::Fine,
    },
    Number {
        key: "upsampling",
        label: "Upsampling",
        about: "How many times finer the grid is on which the function is applied",
        range: 1.0..=8.0,
        default: 2.0,
        scale: NumberScale::Whole,
    },
    Number {
        key: "filter",
        label: "Filter",
        about: "The length of the low-pass filters in steps of the grid: the longer, the less they \
                let through above the limit; 0 is no filter",
        range: 0.0..=24.0,
        default: 6.0,
        scale: NumberScale::Whole,
    },
];

/// A word that the text of a toy can be, where it is no text that people type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Choice {
    /// The word in question files.
    pub key: &'static str,
    /// The name that people read.
    pub title: &'static str,
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::NextWord,
        Self::Attention,
        Self::Pieces,
        Self::Flow,
        Self::Aliasing,
    ];

    /// The word in question files.
    pub fn key(self) -> &'static str {
        match self {
            Self::NextWord => "next-word",
            Self::Attention => "attention",
            Self::Pieces => "pieces",
            Self::Flow => "flow",
            Self::Aliasing => "aliasing",
        }
    }

    /// The toy of a word.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// The name that people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::NextWord => "A small language model",
            Self::Attention => "A small attention layer",
            Self::Pieces => "A small tokenizer",
            Self::Flow => "A flow in two dimensions",
            Self::Aliasing => "A nonlinearity on a grid",
        }
    }

    /// What it is and what it is not.
    pub fn about(self) -> &'static str {
        match self {
            Self::NextWord => {
                "It has counted which word follows which two words on the pages of this program, and \
                 falls back on one word or none where two were seen too rarely. A large model differs \
                 in how it gets the probabilities; what is done with them is the same."
            }
            Self::Attention => {
                "The three heads are built by hand, each like one that was found in trained models. \
                 A trained layer learns its queries and keys; the computation is the same."
            }
            Self::Pieces => {
                "Byte pair encoding, learned from the words on the pages of this program, in lower \
                 case. Large models learn tens of thousands of joins from far more text."
            }
            Self::Flow => {
                "Eight affine coupling layers (RealNVP), learned on this computer by maximum \
                 likelihood. Where a flow of images has networks, each of these layers has 17 numbers for its \
                 scale and 17 for its shift; density and inverse are computed in the same way."
            }
            Self::Aliasing => {
                "One wave on a ring of 16 samples, and one pointwise function. A layer of a generator \
                 also has learned convolutions, many channels and two dimensions; StyleGAN3 wraps \
                 its nonlinearities in filters that are designed in the same way."
            }
        }
    }

    /// Whether it has learned from the pages.
    pub fn is_ready(self) -> bool {
        match self {
            Self::NextWord => Trigrams::is_ready(),
            Self::Attention => Vectors::is_ready(),
            Self::Pieces => Pieces::is_ready(),
            Self::Flow => Data::ALL.into_iter().all(flow::Trained::is_ready),
            Self::Aliasing => true,
        }
    }

    /// The words that its text is one of; none where people type it.
    pub fn choices(self) -> Vec<Choice> {
        match self {
            Self::NextWord | Self::Attention | Self::Pieces => Vec::new(),
            Self::Flow => Data::ALL
                .map(|it| Choice {
                    key: it.key(),
                    title: it.title(),
                })
                .into(),
            Self::Aliasing => Function::ALL
                .map(|it| Choice {
                    key: it.key(),
                    title: it.title(),
                })
                .into(),
        }
    }

    /// What its choices are, after "names".
    fn chosen(self) -> &'static str {
        match self {
            Self::Aliasing => "its function",
            _ => "its data",
        }
    }

    /// What people are told while it learns.
    pub fn learning(self) -> &'static str {
        match self {
            Self::Flow => "Learning",
            _ => "Reading the pages that it learns from",
        }
    }

    /// Has it learn now, in a second or two at most, unless it has. Whatever it
    /// computes does that by itself; this is for a thread that has the time.
    pub fn make_ready(self) {
        match self {
            Self::NextWord => {
                Trigrams::built_in();
            }
            Self::Attention => {
                Vectors::built_in();
            }
            Self::Pieces => {
                Pieces::built_in();
            }
            Self::Flow => {
                for data in Data::ALL {
                    flow::Trained::built_in(data);
                }
            }
            Self::Aliasing => (),
        }
    }

    /// What it can be set to.
    pub fn numbers(self) -> &'static [Number] {
        match self {
            Self::NextWord => &NEXT_WORD,
            Self::Attention => &ATTENTION,
            Self::Pieces => &PIECES,
            Self::Flow => &FLOW,
            Self::Aliasing => &ALIASING,
        }
    }

    /// What is wrong with a text that begins it, as a sentence.
    pub fn fault_of_text(self, text: &str) -> Option<String> {
        let choices = self.choices();
        if choices.is_empty() || choices.iter().any(|it| it.key == text) {
            return None;
        }
        let known: Vec<&str> = choices.iter().map(|it| it.key).collect();
        let (key, chosen, known) = (self.key(), self.chosen(), known.join(", "));
        Some(format!(
            "the text of {key} names {chosen}, one of {known}, not {text:?}"
        ))
    }
}

impl Number {
    /// The nearest number that it can be set to; `None` for what is no number.
    pub(super) fn within(&self, value: f64) -> Option<f64> {
        let value = match self.scale {
            // As many digits as people read.
            NumberScale::Fine => (value * 1e4).round() / 1e4,
            NumberScale::Whole | NumberScale::Counts => value.round(),
        };
        let clamped = value.clamp(*self.range.start(), *self.range.end());
        (!value.is_nan()).then_some(clamped)
    }
}

//! What a toy shows as it is set: computed at once, for a panel or a terminal to lay out.

use super::aliasing::Aliasing;
use super::attention::Attention;
use super::corpus::{WordId, joined, words};
use super::decoding::{Decoding, entropy_bits};
use super::flow::Flow;
use super::kind::Kind;
use super::pieces::Pieces;
use super::play::Play;
use super::probe::candidates;
use super::trigrams::{Trigrams, Written};

/// How many words of a distribution are listed.
pub const LISTED: usize = 8;

/// What a toy shows.
#[derive(Debug)]
pub enum Shown {
    NextWord(NextWord),
    Attention(Attention),
    Pieces(Vec<String>),
    Flow(Box<Flow>),
    Aliasing(Box<Aliasing>),
}

/// The next word, and what was written so far.
#[derive(Debug)]
pub struct NextWord {
    /// The words that decide on the next one: the last two of all, or fewer.
    pub context: String,
    /// Words of the text that the pages lack.
    pub unknown: Vec<String>,
    /// The likeliest words after the text and what was written, with their probabilities.
    pub likeliest: Vec<(String, f64)>,
    /// How many words can be drawn.
    pub choices: usize,
    pub entropy_bits: f64,
    /// The perplexity of the text, or why it has none.
    pub perplexity: Result<f64, String>,
    /// The same number of words, drawn as the toy is set and greedily.
    pub sampled: Continuation,
    pub greedy: Continuation,
}

/// Words that were written after a text.
#[derive(Debug)]
pub struct Continuation {
    pub text: String,
    /// How improbable each word is on average, by the model itself.
    pub mean_bits: f64,
    /// How many of the words are different ones.
    pub variety_percent: f64,
}

impl Continuation {
    fn of(model: &Trigrams<'_>, written: &Written) -> Self {
        Self {
            text: model.text(&written.words),
            mean_bits: written.mean_bits(),
            variety_percent: written.variety_percent(),
        }
    }
}

impl Shown {
    /// What a toy shows after `written` words that it has written; toys that write none ignore
    /// that.
    pub fn of(play: &Play, written: usize) -> Self {
        match play.kind() {
            Kind::NextWord => Self::NextWord(NextWord::of(play, written)),
            Kind::Attention => Self::Attention(Attention::of(play.text(), play.attention())),
            Kind::Pieces => Self::Pieces(Pieces::built_in().cut(play.text(), play.joins())),
            Kind::Flow => Self::Flow(Box::new(Flow::of(play.flow()))),
            Kind::Aliasing => Self::Aliasing(Box::new(Aliasing::of(play.aliasing()))),
        }
    }
}

impl NextWord {
    fn of(play: &Play, written: usize) -> Self {
        let model = Trigrams::built_in();
        let write = |decoding: &Decoding| model.write(play.text(), decoding, play.seed(), written);
        let [sampled, greedy] = [play.decoding(), Decoding::GREEDY].map(|it| write(&it));
        let after = continued(play, &sampled.words);
        let found = candidates(&after);
        let word = |place: usize| {
            let id = WordId::try_from(place).unwrap_or_default();
            model.corpus().lexicon.word(id).to_owned()
        };
        let is_unknown = |it: &String| model.corpus().lexicon.id(it).is_none();
        let all = words(after.text());
        let context = all[all.len().saturating_sub(2)..].iter();
        Self {
            context: joined(context.map(String::as_str)),
            unknown: words(play.text()).into_iter().filter(is_unknown).collect(),
            likeliest: found
                .iter()
                .take(LISTED)
                .map(|&(it, p)| (word(it), p))
                .collect(),
            choices: found.len(),
            entropy_bits: entropy_bits(&found),
            perplexity: model.perplexity(play.text()),
            sampled: Continuation::of(model, &sampled),
            greedy: Continuation::of(model, &greedy),
        }
    }
}

/// A toy whose text is continued by words.
fn continued(play: &Play, words: &[WordId]) -> Play {
    let lexicon = &Trigrams::built_in().corpus().lexicon;
    let mut play = play.clone();
    for &id in words {
        play.append(lexicon.word(id));
    }
    play
}

/// The toy as it stands after it has written some words: what measures call `here`.
pub fn here(play: &Play, written: usize) -> Play {
    match play.kind() {
        Kind::NextWord if written > 0 => {
            let model = Trigrams::built_in();
            let written = model.write(play.text(), &play.decoding(), play.seed(), written);
            continued(play, &written.words)
        }
        _ => play.clone(),
    }
}

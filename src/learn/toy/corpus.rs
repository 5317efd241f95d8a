//! The texts that the toys learn from: those of the built-in questions, as words.

use crate::learn::bank;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::collections::HashMap;
use std::sync::OnceLock;

/// A word or a sign, by its place in the [`Lexicon`].
pub type WordId = u32;

/// What stands before the first word of a paragraph and after the last.
pub const PARAGRAPH: WordId = 0;
/// How [`PARAGRAPH`] is written.
const PARAGRAPH_SIGN: &str = "¶";

/// Signs that are words of their own.
const SIGNS: &str = ".,:;?!()";

/// Words and their numbers.
#[derive(Debug)]
pub struct Lexicon {
    words: Vec<String>,
    ids: HashMap<String, WordId>,
}

/// Paragraphs as words.
#[derive(Debug)]
pub struct Corpus {
    pub lexicon: Lexicon,
    pub paragraphs: Vec<Vec<WordId>>,
    /// How often each word occurs; [`PARAGRAPH`] once for each paragraph.
    pub counts: Vec<u32>,
}

/// The words of a text in lower case, and its signs of punctuation. Other signs only divide words.
pub fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut word = String::new();
    let finish = |word: &mut String, found: &mut Vec<String>| {
        let whole = word.trim_matches(['-', '\'']);
        if !whole.is_empty() {
            found.push(whole.to_owned());
        }
        word.clear();
    };
    let mut signs = text.chars().peekable();
    while let Some(c) = signs.next() {
        // A point within a number belongs to it.
        let goes_on = signs.peek().is_some_and(char::is_ascii_digit);
        let is_decimal =
            matches!(c, '.' | ',') && goes_on && word.ends_with(|c: char| c.is_ascii_digit());
        match c {
            '’' => word.push('\''),
            _ if c.is_alphanumeric() || matches!(c, '-' | '\'') || is_decimal => {
                word.extend(c.to_lowercase());
            }
            _ => {
                finish(&mut word, &mut found);
                if SIGNS.contains(c) {
                    found.push(c.to_string());
                }
                if PARAGRAPH_SIGN.starts_with(c) {
                    found.push(PARAGRAPH_SIGN.to_owned());
                }
            }
        }
    }
    finish(&mut word, &mut found);
    found
}

/// Words as a text, without blanks before signs.
pub fn joined<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let mut text = String::new();
    words.into_iter().for_each(|word| append(&mut text, word));
    text
}

/// Adds a word to a text, with a blank where one belongs.
pub fn append(text: &mut String, word: &str) {
    let clings = matches!(word, "." | "," | ":" | ";" | "?" | "!" | ")");
    if !text.is_empty() && !clings && !text.ends_with([' ', '(']) {
        text.push(' ');
    }
    text.push_str(word);
}

impl Lexicon {
    fn add(&mut self, word: &str) -> WordId {
        if let Some(&id) = self.ids.get(word) {
            return id;
        }
        let id = WordId::try_from(self.words.len()).unwrap_or(WordId::MAX);
        self.words.push(word.to_owned());
        self.ids.insert(word.to_owned(), id);
        id
    }

    /// The number of a word in lower case.
    pub fn id(&self, word: &str) -> Option<WordId> {
        self.ids.get(word).copied()
    }

    /// The word of a number; empty for none.
    pub fn word(&self, id: WordId) -> &str {
        self.words.get(id as usize).map_or("", String::as_str)
    }

    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether it has no words.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

impl Corpus {
    /// That of the built-in questions; made once, in some milliseconds. Questions of a teacher
    /// are not in it, so that what is measured is the same everywhere.
    pub fn built_in() -> &'static Self {
        static CORPUS: OnceLock<Corpus> = OnceLock::new();
        CORPUS.get_or_init(|| {
            let bodies = bank::built_in_bodies();
            Self::of(bodies.flat_map(|body| paragraphs(&body)))
        })
    }

    /// That of some paragraphs.
    pub fn of(paragraphs: impl IntoIterator<Item = String>) -> Self {
        let mut corpus = Self {
            lexicon: Lexicon {
                words: Vec::new(),
                ids: HashMap::new(),
            },
            paragraphs: Vec::new(),
            counts: Vec::new(),
        };
        corpus.lexicon.add(PARAGRAPH_SIGN);
        for text in paragraphs {
            let words: Vec<WordId> = words(&text)
                .iter()
                .map(|word| corpus.lexicon.add(word))
                .filter(|&id| id != PARAGRAPH)
                .collect();
            if !words.is_empty() {
                corpus.paragraphs.push(words);
            }
        }
        corpus.counts = vec![0; corpus.lexicon.len()];
        corpus.counts[PARAGRAPH as usize] =
            u32::try_from(corpus.paragraphs.len()).unwrap_or(u32::MAX);
        for &word in corpus.paragraphs.iter().flatten() {
            corpus.counts[word as usize] += 1;
        }
        corpus
    }

    /// How many words and signs there are, counted as often as they occur.
    pub fn len(&self) -> usize {
        self.paragraphs.iter().map(Vec::len).sum()
    }

    /// Whether it has no words.
    pub fn is_empty(&self) -> bool {
        self.paragraphs.is_empty()
    }
}

/// The running text of Markdown: paragraphs and list items, without code, tables and headings.
fn paragraphs(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut text = String::new();
    // How many blocks are open whose words are no running text.
    let mut silent = 0_usize;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_) | Tag::Table(_) | Tag::Heading { .. }) => silent += 1,
            Event::End(TagEnd::CodeBlock | TagEnd::Table | TagEnd::Heading(_)) => {
                silent = silent.saturating_sub(1);
            }
            Event::Start(Tag::Item) | Event::End(TagEnd::Paragraph | TagEnd::Item)
                if !text.trim().is_empty() =>
            {
                found.push(std::mem::take(&mut text));
            }
            Event::Text(words) if silent == 0 => text.push_str(&words),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_words_and_signs() {
        assert_eq!(
            words("A low-rank U-Net's 0.5, it’s (not) 3."),
            [
                "a", "low-rank", "u-net's", "0.5", ",", "it's", "(", "not", ")", "3", "."
            ]
        );
        assert!(words(" – σ²√ ").len() <= 1);
        assert_eq!(joined(["so", ",", "(", "yes", ")", "."]), "so, (yes).");
    }

    #[test]
    fn only_running_text_is_learned() {
        let found = paragraphs(
            "# No\n\nOne *two*\nthree `code`.\n\n```\nno\n```\n\n- four\n- five [six](question:a)\n\n| no |\n| --- |\n",
        );
        assert_eq!(found, ["One two three .", "four", "five six"]);
    }

    #[test]
    fn the_bank_has_enough_words_and_not_too_many() {
        let corpus = Corpus::built_in();
        assert!(
            (40_000..200_000).contains(&corpus.len()),
            "{}",
            corpus.len()
        );
        let types = corpus.lexicon.len();
        assert!((4_000..20_000).contains(&types), "{types}");
        let total: u64 = corpus.counts.iter().map(|&it| u64::from(it)).sum();
        assert_eq!(total as usize, corpus.len() + corpus.paragraphs.len());
    }
}

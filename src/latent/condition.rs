//! What a picture is to show, whatever its code: classes and words with weights.

use super::expr::suggest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The words that a model was trained to take beside a code.
///
/// A decoder gets one weight for each, in this order. In training a weight was 1 where the word held for the
/// picture, 0 where nothing was said, and, for attributes, -1 where it did not hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    pub kind: VocabularyKind,
    /// No word twice.
    pub words: Vec<String>,
    /// The word that holds where nothing is said, for models that were never trained without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Pairs of words that never held together for a picture of the training data, as of a face that smiles and
    /// frowns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusive: Vec<[String; 2]>,
}

/// How the words of a model go together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VocabularyKind {
    /// A picture is of one of them. Weights from 0 to 1 blend several.
    Classes,
    /// Any number of them hold. Weights from -1, that it does not hold, to 1.
    Attributes,
}

/// Whether a word stands for a label of data or of a judge: both have the same parts, in any order, as
/// "red hair" and `hair_red`.
pub fn stands_for(word: &str, label: &str) -> bool {
    let parts = |text: &str| {
        let mut parts: Vec<String> = text
            .split([' ', '_'])
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        parts.sort();
        parts
    };
    word == label || parts(word) == parts(label)
}

/// Most words of a model.
pub const MAX_WORDS: usize = 4096;

impl Vocabulary {
    pub fn index(&self, word: &str) -> Option<usize> {
        self.words.iter().position(|known| known == word)
    }

    /// The first word of a condition that is none of these, and the one that may have been meant.
    pub fn unknown<'a>(&self, condition: &'a Condition) -> Option<(&'a str, Option<&str>)> {
        let mut words = condition.iter().map(|(word, _)| word);
        let word = words.find(|word| self.index(word).is_none())?;
        let known = self.words.iter().map(String::as_str);
        Some((word, suggest(word, known)))
    }

    /// The least and the largest weight that a word had in training.
    pub fn range(&self) -> [f32; 2] {
        match self.kind {
            VocabularyKind::Classes => [0.0, 1.0],
            VocabularyKind::Attributes => [-1.0, 1.0],
        }
    }

    /// The weights of all words where nothing is said.
    pub fn unsaid(&self) -> Vec<f32> {
        let is_default = |word| f32::from(Some(word) == self.default.as_ref());
        self.words.iter().map(is_default).collect()
    }

    /// The pairs of words that a condition asks for although no picture of the data had both.
    pub fn conflicts<'a>(
        &'a self,
        condition: &'a Condition,
    ) -> impl Iterator<Item = [&'a str; 2]> + 'a {
        let pairs = self.exclusive.iter();
        let pairs = pairs.map(|pair| [pair[0].as_str(), pair[1].as_str()]);
        pairs.filter(|pair| pair.iter().all(|word| condition.weight(word) > 0.0))
    }

    /// One sentence on the words of a condition that no picture of the data had together; `None` where they go
    /// together.
    pub fn conflict_note(&self, condition: &Condition) -> Option<String> {
        let pairs: Vec<String> = self
            .conflicts(condition)
            .map(|[first, second]| format!("\u{201c}{first}\u{201d} and \u{201c}{second}\u{201d}"))
            .collect();
        let (first, rest) = pairs.split_first()?;
        let more = match rest.len() {
            0 => String::new(),
            1 => format!(", nor {}", rest[0]),
            more => format!(", nor {more} other pairs asked for"),
        };
        Some(format!(
            "{first} never go together in the data{more}: the picture shows one of them, or neither clearly"
        ))
    }

    /// Checks what a file brings.
    ///
    /// # Errors
    /// A sentence on the first word that cannot be one.
    pub fn check(&self) -> Result<(), String> {
        if self.words.is_empty() || self.words.len() > MAX_WORDS {
            let count = self.words.len();
            return Err(format!(
                "it has {count} words of conditions, not 1 to {MAX_WORDS}"
            ));
        }
        if let Some(word) = self
            .default
            .as_ref()
            .filter(|word| self.index(word).is_none())
        {
            return Err(format!(
                "{word:?}, which is to hold where nothing is said, is not a word"
            ));
        }
        for (index, word) in self.words.iter().enumerate() {
            if !Condition::is_word(word) {
                return Err(format!("{word:?} cannot be a word of its conditions"));
            }
            if self.words[..index].contains(word) {
                return Err(format!("it has the condition {word:?} twice"));
            }
        }
        let (pairs, count) = (self.exclusive.len(), self.words.len());
        if pairs > count * count {
            return Err(format!(
                "it has {pairs} pairs of words that never go together, of {count} words"
            ));
        }
        let words: BTreeSet<&String> = self.words.iter().collect();
        let mut paired = self.exclusive.iter().flatten();
        match paired.find(|word| !words.contains(word)) {
            Some(word) => Err(format!(
                "{word:?}, which is to go with no other word, is not a word"
            )),
            None => Ok(()),
        }
    }
}

/// Words with weights, no word twice: `"3"`, or `0.4*"3", 0.6*"8"`, or `"smile", -"hat"`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Condition {
    words: Vec<String>,
    /// One for each word.
    weights: Vec<f32>,
}

impl Condition {
    /// One word that holds.
    pub fn word(word: &str) -> Self {
        let mut condition = Self::default();
        condition.push(word.to_owned(), 1.0);
        condition
    }

    /// The first weights of a vocabulary's words, without those of zero.
    pub fn of_weights(vocabulary: &Vocabulary, weights: &[f32]) -> Self {
        let mut condition = Self::default();
        for (word, &weight) in vocabulary.words.iter().zip(weights) {
            if weight != 0.0 {
                condition.push(word.clone(), weight);
            }
        }
        condition
    }

    /// Reads a prompt: `smile, not hat, 0.5 glasses`. A word may be written twice; its last weight
    /// counts.
    ///
    /// # Errors
    /// A sentence on the part that is no word with a weight.
    pub fn of_prompt(text: &str) -> Result<Self, String> {
        let mut condition = Self::default();
        for part in text.split(',') {
            let part = part.trim();
            let (word, sign) = match part.strip_prefix("not ") {
                Some(word) => (word.trim(), -1.0),
                None => (part, 1.0),
            };
            let weighted = word.split_once(' ').and_then(|(number, word)| {
                let number: f32 = number
                    .parse()
                    .ok()
                    .filter(|number| f32::is_finite(*number))?;
                Some((word.trim(), number))
            });
            let (word, size) = weighted.unwrap_or((word, 1.0));
            // A negation of nothing.
            if !Self::is_word(word) || word == "not" {
                return Err(format!(
                    "{part:?} is not a word of a prompt; one is written as in \"smile, not hat, 0.5 glasses\""
                ));
            }
            condition.set(word, sign * size);
        }
        Ok(condition)
    }

    /// The words that a prompt both asks for and asks against; the last mention of each counts.
    pub fn contradicted(text: &str) -> Vec<String> {
        let parts: Vec<Self> = text
            .split(',')
            .filter_map(|part| Self::of_prompt(part).ok())
            .collect();
        let mut found: Vec<String> = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let Some((word, weight)) = part.iter().next() else {
                continue;
            };
            let is_against = |other: &Self| other.weight(word) * weight < 0.0;
            if parts[index + 1..].iter().any(is_against) && !found.iter().any(|it| it == word) {
                found.push(word.to_owned());
            }
        }
        found
    }

    /// The words that both conditions ask for, in the order of this one.
    pub fn shared(&self, other: &Self) -> Vec<&str> {
        let words = self.iter().filter(|(_, weight)| *weight > 0.0);
        let words = words.map(|(word, _)| word);
        words.filter(|word| other.weight(word) > 0.0).collect()
    }

    /// One sentence on words that are asked for and against; `None` for none.
    pub fn contradiction_note(words: &[impl AsRef<str>]) -> Option<String> {
        let words: Vec<String> = words
            .iter()
            .map(|word| format!("\u{201c}{}\u{201d}", word.as_ref()))
            .collect();
        let (is, counts) = match words.len() {
            0 => return None,
            1 => ("is", "it counts"),
            _ => ("are", "each counts"),
        };
        Some(format!(
            "{} {is} asked for and asked against: {counts} as it is named last",
            words.join(", ")
        ))
    }

    /// Whether a text can be a word: what prompts and expressions separate by commas.
    fn is_word(text: &str) -> bool {
        let is_sound = |c: char| !c.is_control() && c != ',' && c != '"' && c != '\\';
        !text.is_empty() && text.len() <= 64 && text.trim() == text && text.chars().all(is_sound)
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Words and weights, in the order in which they were written.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, f32)> {
        let words = self.words.iter().map(String::as_str);
        words.zip(self.weights.iter().copied())
    }

    /// The weights, in the order of [`Self::iter`].
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The weight of a word, 0 where it is not said.
    pub fn weight(&self, word: &str) -> f32 {
        let mut all = self.iter();
        all.find(|(known, _)| *known == word)
            .map_or(0.0, |(_, weight)| weight)
    }

    /// Adds a word, also with a weight of zero; gives back one that is there already.
    pub(super) fn add(&mut self, word: String, weight: f32) -> Result<(), String> {
        if self.words.contains(&word) {
            return Err(word);
        }
        self.push(word, weight);
        Ok(())
    }

    fn push(&mut self, word: String, weight: f32) {
        self.words.push(word);
        self.weights.push(weight);
    }

    /// Sets the weight of a word; one of zero takes it away.
    pub fn set(&mut self, word: &str, weight: f32) {
        let at = self.words.iter().position(|known| known == word);
        match (at, weight == 0.0) {
            (Some(at), true) => {
                self.words.remove(at);
                self.weights.remove(at);
            }
            (Some(at), false) => self.weights[at] = weight,
            (None, false) => self.push(word.to_owned(), weight),
            (None, true) => {}
        }
    }
}

/// As a prompt: `smile, not hat, 0.5 glasses`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (word, weight)) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            if weight < 0.0 {
                f.write_str("not ")?;
            }
            if weight.abs() != 1.0 {
                write!(f, "{} ", weight.abs())?;
            }
            f.write_str(word)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_written_as_the_prompt_that_it_was_read_from() {
        for prompt in [
            "smile",
            "smile, not red hair, 0.5 glasses",
            "not 0.25 hat",
            "3",
            "",
        ] {
            let condition = match prompt {
                "" => Condition::default(),
                _ => Condition::of_prompt(prompt).expect(prompt),
            };
            assert_eq!(condition.to_string(), prompt);
        }
    }

    #[test]
    fn a_word_stands_for_the_label_with_its_parts() {
        for (word, label) in [
            ("hat", "hat"),
            ("red hair", "hair_red"),
            ("open mouth", "open_mouth"),
            ("closed eyes", "eyes_closed"),
        ] {
            assert!(stands_for(word, label), "{word} and {label}");
        }
        for (word, label) in [
            ("hat", "hair_red"),
            ("red", "hair_red"),
            ("", "hat"),
            ("a a", "a"),
        ] {
            assert!(!stands_for(word, label), "{word} and {label}");
        }
    }

    #[test]
    fn prompts_are_words_with_weights() {
        let read = |text: &str| {
            let condition = Condition::of_prompt(text).expect(text);
            let words = condition
                .iter()
                .map(|(word, weight)| format!("{weight} {word}"));
            words.collect::<Vec<_>>().join("; ")
        };
        assert_eq!(read("smile"), "1 smile");
        assert_eq!(
            read(" smile,not hat , 0.5 red hair"),
            "1 smile; -1 hat; 0.5 red hair"
        );
        assert_eq!(read("smile, not smile"), "-1 smile");
        assert_eq!(read("not 0.5 hat"), "-0.5 hat");
        assert_eq!(read("3"), "1 3");
        assert_eq!(read("0 smile"), "");
        for fault in ["", "smile,", "not ", "a\"b"] {
            let fault = Condition::of_prompt(fault).expect_err(fault);
            assert!(fault.contains("is not a word of a prompt"), "{fault}");
        }
    }

    #[test]
    fn a_vocabulary_has_each_word_once() {
        let of = |words: &[&str]| Vocabulary {
            kind: VocabularyKind::Classes,
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            default: None,
            exclusive: Vec::new(),
        };
        assert!(of(&["a", "b"]).check().is_ok());
        let with_default = |word: &str| Vocabulary {
            default: Some(word.to_owned()),
            ..of(&["a", "b"])
        };
        assert_eq!(of(&["a", "b"]).unsaid(), [0.0, 0.0]);
        assert_eq!(with_default("b").unsaid(), [0.0, 1.0]);
        let fault = with_default("c").check().expect_err("it is no word");
        assert!(fault.contains("\"c\""), "{fault}");
        for (words, part) in [
            (&[][..], "0 words"),
            (&["a", "a"], "\"a\" twice"),
            (&["a,b"], "\"a,b\" cannot"),
            (&[" a"], "cannot"),
        ] {
            let fault = of(words).check().expect_err("unsound");
            assert!(fault.contains(part), "{fault}");
        }
    }

    #[test]
    fn words_that_never_go_together_are_named() {
        let pair = |first: &str, second: &str| [first, second].map(str::to_owned);
        let mut vocabulary = Vocabulary {
            kind: VocabularyKind::Attributes,
            words: ["smile", "frown", "bald", "hat"].map(str::to_owned).into(),
            default: None,
            exclusive: vec![
                pair("smile", "frown"),
                pair("bald", "hat"),
                pair("hat", "frown"),
            ],
        };
        assert_eq!(vocabulary.check(), Ok(()));
        let note = |prompt: &str| {
            let condition = Condition::of_prompt(prompt).expect(prompt);
            vocabulary.conflict_note(&condition)
        };
        for sound in [
            "smile",
            "smile, hat",
            "smile, not frown",
            "not smile, not frown",
        ] {
            assert_eq!(note(sound), None, "{sound}");
        }
        let found = note("0.5 smile, frown").expect("it is no face of the data");
        assert!(
            found.starts_with("“smile” and “frown” never go together"),
            "{found}"
        );
        let found = note("smile, frown, bald, hat").expect("they exclude each other");
        assert!(found.contains("nor 2 other pairs"), "{found}");
        vocabulary.exclusive.push(pair("smile", "beard"));
        let fault = vocabulary.check().expect_err("it is no word");
        assert!(fault.contains("\"beard\""), "{fault}");
    }

    #[test]
    fn words_for_and_against_are_named() {
        let of = |prompt: &str| Condition::contradicted(prompt);
        assert_eq!(of("smile, not hat, not smile"), ["smile"]);
        assert_eq!(of("not hat, 0.5 hat, not hat, hat"), ["hat"]);
        assert!(
            of("smile, 0.5 smile").is_empty(),
            "asked for twice, never against"
        );
        assert!(of("smile, not").is_empty() && of("").is_empty());
        let prompt = |text: &str| Condition::of_prompt(text).expect(text);
        let asked = prompt("smile, glasses, not hat");
        let against = prompt("hat, glasses, not smile");
        assert_eq!(asked.shared(&against), ["glasses"]);
        assert_eq!(Condition::contradiction_note(&[""; 0]), None);
        let note = Condition::contradiction_note(&["smile"]).expect("one word");
        assert!(note.starts_with("“smile” is asked for"), "{note}");
    }

    #[test]
    fn a_weight_of_zero_takes_a_word_away() {
        let mut condition = Condition::word("3");
        condition.set("8", 0.5);
        condition.set("3", 0.0);
        assert!(condition.iter().eq([("8", 0.5)]));
        assert_eq!((condition.weight("8"), condition.weight("3")), (0.5, 0.0));
    }
}

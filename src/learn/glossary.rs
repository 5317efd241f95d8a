//! The word list: what the field's words in the texts of questions mean.

use super::Fault;
use super::bank::Bank;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::OnceLock;

const SOURCE: &str = include_str!("../../assets/questions/glossary.toml");
/// The file, as faults name it.
const FILE: &str = "assets/questions/glossary.toml";
/// How long an explanation is, in characters: a sentence or two.
const MEANING_CHARS: std::ops::RangeInclusive<usize> = 20..=240;

/// A word of the field.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    pub word: String,
    /// Other forms, besides the plural with s.
    #[serde(default)]
    pub also: Vec<String>,
    /// Topics whose texts mean something else by it.
    #[serde(default)]
    except: Vec<String>,
    /// A plain sentence or two.
    pub meaning: String,
    /// The id of the built-in question that says more.
    pub question: Option<String>,
}

impl Term {
    fn forms(&self) -> impl Iterator<Item = &str> {
        let also = self.also.iter().map(String::as_str);
        std::iter::once(self.word.as_str()).chain(also)
    }
}

/// All words.
#[derive(Clone, PartialEq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Glossary {
    #[serde(default, rename = "term")]
    terms: Vec<Term>,
}

impl Glossary {
    /// The list that is built in; read once. One that is not sound, which a test prevents, is empty.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: OnceLock<Glossary> = OnceLock::new();
        BUILT_IN.get_or_init(|| Self::from_toml(SOURCE).unwrap_or_default())
    }

    /// Reads a list.
    ///
    /// # Errors
    /// A sentence on what is wrong with it.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The words in a text of a topic: where each stands, in bytes, and its place in the list. Of two that
    /// begin at the same place the longer one counts.
    pub fn find(&self, text: &str, topic: &str) -> Vec<(Range<usize>, usize)> {
        let mut found = Vec::new();
        let mut at = 0;
        let mut before = None;
        while let Some(c) = text[at..].chars().next() {
            let hit = begins_word(before, c).then(|| self.longest_at(text, at, topic));
            let len = match hit.flatten() {
                Some((len, term)) => {
                    found.push((at..at + len, term));
                    len
                }
                None => c.len_utf8(),
            };
            before = text[at..at + len].chars().next_back();
            at += len;
        }
        found
    }

    fn longest_at(&self, text: &str, at: usize, topic: &str) -> Option<(usize, usize)> {
        let is_meant = |(_, term): &(usize, &Term)| !term.except.iter().any(|it| it == topic);
        let terms = self.terms.iter().enumerate().filter(is_meant);
        let forms = terms.flat_map(|(term, it)| it.forms().map(move |form| (form, term)));
        let hits = forms.filter_map(|(form, term)| Some((matched(&text[at..], form)?, term)));
        hits.max_by_key(|(len, _)| *len)
    }

    /// What is wrong with the list beside the texts of a bank: a word that occurs nowhere or stands there
    /// twice, a question that does not exist, an explanation that is no sentence.
    pub fn faults(&self, bank: &Bank) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |reason: String| faults.push(Fault::new(FILE, 0, reason));
        let mut known = BTreeSet::new();
        for term in &self.terms {
            for form in term.forms() {
                if !known.insert(form.to_lowercase()) {
                    fault(format!("{form:?} stands there twice"));
                }
            }
            let word = &term.word;
            let topics = &bank.index().topics;
            let is_topic = |id: &&String| topics.iter().any(|topic| topic.id == **id);
            if let Some(id) = term.except.iter().find(|id| !is_topic(id)) {
                fault(format!("{word:?} excepts {id:?}, which is no topic"));
            }
            if !MEANING_CHARS.contains(&term.meaning.chars().count())
                || !term.meaning.ends_with('.')
            {
                fault(format!("what {word:?} means is no short sentence"));
            }
            if let Some(id) = &term.question
                && bank.get(id).is_none()
            {
                fault(format!("{word:?} leads to {id:?}, which is no question"));
            }
        }
        let mut seen = BTreeSet::new();
        for question in bank.questions().iter().filter(|it| it.is_built_in) {
            let asks = question.tasks.iter().map(|task| task.ask.clone());
            let texts = [question.answer.plain(), question.deeper.plain()];
            for text in texts.into_iter().chain(asks) {
                let found = self.find(&text, &question.topic);
                seen.extend(found.into_iter().map(|(_, term)| term));
            }
        }
        for (place, term) in self.terms.iter().enumerate() {
            if !seen.contains(&place) {
                fault(format!("{:?} occurs in no text", term.word));
            }
        }
        faults
    }
}

/// Whether a word can begin with `c`: parts of a joined word are no words of their own.
fn begins_word(before: Option<char>, c: char) -> bool {
    c.is_alphanumeric() && !before.is_some_and(|it| it.is_alphanumeric() || it == '-')
}

/// How much of a text is a form of a word, in bytes, where it begins with one. A form in small letters may
/// begin a sentence.
fn matched(text: &str, form: &str) -> Option<usize> {
    let head = text.get(..form.len())?;
    let is_plain = !form.chars().any(char::is_uppercase);
    let is_same = head == form || (is_plain && head.to_lowercase() == form && lowers_first(head));
    if !is_same {
        return None;
    }
    let ends = |at: usize| {
        let next = text[at..].chars().next();
        !next.is_some_and(char::is_alphanumeric)
    };
    let len = form.len();
    if ends(len) {
        return Some(len);
    }
    (text[len..].starts_with('s') && ends(len + 1)).then_some(len + 1)
}

/// Whether only the first letter is a capital.
fn lowers_first(head: &str) -> bool {
    !head.chars().skip(1).any(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glossary() -> Glossary {
        Glossary::from_toml(
            "[[term]]\nword = \"entropy\"\nmeaning = \"How much is not known yet.\"\n\
             [[term]]\nword = \"KL divergence\"\nalso = [\"KL\"]\nmeaning = \"How far two distributions differ.\"",
        )
        .expect("it is a list")
    }

    fn words(text: &str) -> Vec<&str> {
        let found = glossary().find(text, "vae");
        found.into_iter().map(|(range, _)| &text[range]).collect()
    }

    #[test]
    fn whole_words_are_found_the_longest_first() {
        assert_eq!(
            words("Entropy, the KL divergence and KL; entropies?"),
            ["Entropy", "KL divergence", "KL"]
        );
        assert_eq!(words("Two KLs, größe and entropys."), ["KLs", "entropys"]);
        assert!(words("cross-entropy, ENTROPY, kl, KLx, unentropy").is_empty());
        assert!(words("").is_empty());
        let mut list = glossary();
        list.terms[0].except.push("audio".to_owned());
        assert!(list.find("entropy", "audio").is_empty());
        assert_eq!(list.find("entropy", "vae").len(), 1);
    }

    #[test]
    fn the_list_that_is_built_in_is_sound_and_wrong_ones_are_named() {
        let list = Glossary::from_toml(SOURCE).expect("it is a list");
        assert!(list.terms().len() > 50);
        let bank = Bank::built_in();
        assert_eq!(list.faults(&bank), []);

        let mut wrong = glossary();
        wrong.terms[0].word = "frobnication".to_owned();
        wrong.terms[1].also.push("kl divergence".to_owned());
        wrong.terms[1].question = Some("no-such-question".to_owned());
        wrong.terms[0].meaning = "No sentence".to_owned();
        let faults = wrong.faults(&bank);
        for part in ["no text", "twice", "no question", "no short sentence"] {
            let named = faults.iter().filter(|it| it.to_string().contains(part));
            assert_eq!(named.count(), 1, "{part}: {faults:?}");
        }
    }
}

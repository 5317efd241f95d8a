//! Finding questions by words.

use super::question::Question;
use std::collections::BTreeMap;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A question that was found.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hit<'a> {
    pub question: &'a Arc<Question>,
    /// How well it fits; larger is better.
    pub score: f64,
}

/// The words of every question with what they count there.
#[derive(Clone, Debug, Default)]
pub struct SearchIndex {
    /// By question, in the order of the bank.
    words: Vec<BTreeMap<String, f64>>,
}

/// What a word counts by where it stands.
const TITLE: f64 = 10.0;
const COVERS: f64 = 3.0;
const ANSWER: f64 = 1.5;
const DEEPER: f64 = 0.5;

/// What a word counts that only begins as the query's, of one that is the query's.
const BEGUN: f64 = 0.5;

/// How often a word may stand in a part before it counts no more.
const MOST_TIMES: f64 = 3.0;

/// The most words of a query that are looked for.
const MAX_WORDS: usize = 16;

impl SearchIndex {
    /// Indexes questions.
    pub fn of(questions: &[Arc<Question>]) -> Self {
        let words = questions.iter().map(|question| {
            let mut all = BTreeMap::new();
            let title = format!("{} {} {}", question.question, question.id, question.topic);
            count(&title, TITLE, &mut all);
            count(&question.covers.join(" "), COVERS, &mut all);
            count(&question.answer.plain(), ANSWER, &mut all);
            count(&question.deeper.plain(), DEEPER, &mut all);
            all
        });
        Self {
            words: words.collect(),
        }
    }

    /// Places of questions that have all words, with scores, the best first.
    pub fn find(&self, query: &str) -> Vec<(usize, f64)> {
        let terms: Vec<String> = words(query).take(MAX_WORDS).collect();
        if terms.is_empty() {
            return (0..self.words.len()).map(|place| (place, 0.0)).collect();
        }
        // A word of few questions says more than one of many (Spärck Jones 1972).
        let rarity: Vec<f64> = terms
            .iter()
            .map(|term| {
                let having = self.words.iter().filter(|words| score(words, term) > 0.0);
                let (all, having) = (self.words.len() as f64, having.count() as f64);
                1.0 + (all / having.max(1.0)).ln()
            })
            .collect();
        let mut found = Vec::new();
        for (place, words) in self.words.iter().enumerate() {
            let mut sum = 0.0;
            let has_all = terms.iter().zip(&rarity).all(|(term, rarity)| {
                let score = score(words, term);
                sum += score * rarity;
                score > 0.0
            });
            if has_all {
                found.push((place, sum));
            }
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found
    }
}

/// Adds the words of a part of a question.
fn count(text: &str, weight: f64, all: &mut BTreeMap<String, f64>) {
    let mut times: BTreeMap<String, f64> = BTreeMap::new();
    for word in words(text) {
        *times.entry(word).or_default() += 1.0;
    }
    for (word, times) in times {
        *all.entry(word).or_default() += weight * (1.0 + times.min(MOST_TIMES).ln());
    }
}

/// What a word of a query counts in a question.
fn score(words: &BTreeMap<String, f64>, term: &str) -> f64 {
    let exact = words.get(term).copied().unwrap_or_default();
    // One letter begins too many words.
    if term.chars().count() < 2 {
        return exact;
    }
    let begun = words
        .range(term.to_owned()..)
        .take_while(|(word, _)| word.starts_with(term))
        .filter(|(word, _)| *word != term)
        .map(|(_, score)| *score)
        .fold(0.0, f64::max);
    exact.max(BEGUN * begun)
}

/// The words of a text, folded.
fn words(text: &str) -> impl Iterator<Item = String> {
    let folded = fold(text);
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}

/// Text without case and accents; Greek letters become their names, so that "beta" finds β.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        for c in c.to_lowercase() {
            match c {
                'ß' => folded.push_str("ss"),
                'æ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                'ø' => folded.push('o'),
                'ł' => folded.push('l'),
                'đ' => folded.push('d'),
                _ => match greek(c) {
                    Some(name) => folded.push_str(name),
                    None => folded.push(c),
                },
            }
        }
    }
    folded
}

fn greek(c: char) -> Option<&'static str> {
    const NAMES: [&str; 25] = [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
        "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma", "sigma", "tau", "upsilon",
        "phi", "chi", "psi", "omega",
    ];
    let place = u32::from(c).checked_sub(u32::from('α'))?;
    NAMES.get(place as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_do_not_matter() {
        assert_eq!(fold("Härkönen NAÏVE Šidák ﬁt"), "harkonen naive sidak fit");
        assert_eq!(fold("β-VAE, Σ, ψ = ½"), "beta-vae, sigma, psi = 1⁄2");
        assert_eq!(fold("Straße Ørsted Łukasz"), "strasse orsted lukasz");
        let found: Vec<String> = words("σ², z₀ and W+!").collect();
        assert_eq!(found, ["sigma2", "z0", "and", "w"]);
    }
}

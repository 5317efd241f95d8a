//! The next word by what followed the last two words in the texts, and where they were seen too
//! rarely by the last one, and by how often words occur at all.
//!
//! Counts are joined by Witten and Bell's interpolation (Witten and Bell 1991; Chen and Goodman
//! 1998, section 2.6): with `N` followers of a context, `T` of them different,
//! `p(w | u v) = (count(u v w) + T·p(w | v)) / (N + T)`. So every word of the texts has a
//! probability after every other one.

use super::corpus::{Corpus, PARAGRAPH, WordId, joined, words};
use super::decoding::{Decoding, chances, pick};
use std::collections::HashMap;
use std::sync::OnceLock;

/// What followed a context.
#[derive(Default, Debug)]
struct Followers {
    total: u32,
    /// By the number of the word.
    counts: Vec<(WordId, u32)>,
}

/// A model of the next word.
#[derive(Debug)]
pub struct Trigrams<'c> {
    corpus: &'c Corpus,
    /// How often each word occurs, as a share of all.
    unigrams: Vec<f64>,
    after_one: HashMap<WordId, Followers>,
    after_two: HashMap<[WordId; 2], Followers>,
}

/// The last two words of a text; `None` for one that the texts lack.
type Context = [Option<WordId>; 2];

/// Words that a model has written after a text.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Written {
    pub words: Vec<WordId>,
    /// How improbable each of them was by the model itself, whatever chose it: `-log2(p)`.
    pub bits: Vec<f64>,
}

impl Written {
    /// The mean of [`Self::bits`]; 0 of nothing.
    pub fn mean_bits(&self) -> f64 {
        self.bits.iter().sum::<f64>() / self.bits.len().max(1) as f64
    }

    /// How many of the words are different ones, in percent.
    pub fn variety_percent(&self) -> f64 {
        let different: std::collections::BTreeSet<_> = self.words.iter().collect();
        100.0 * different.len() as f64 / self.words.len().max(1) as f64
    }
}

impl<'c> Trigrams<'c> {
    /// Counts a corpus.
    pub fn of(corpus: &'c Corpus) -> Self {
        let mut after_one: HashMap<WordId, HashMap<WordId, u32>> = HashMap::new();
        let mut after_two: HashMap<[WordId; 2], HashMap<WordId, u32>> = HashMap::new();
        for paragraph in &corpus.paragraphs {
            let mut context = [PARAGRAPH; 2];
            for &word in paragraph.iter().chain([&PARAGRAPH]) {
                let [_, last] = context;
                *after_one.entry(last).or_default().entry(word).or_default() += 1;
                *after_two
                    .entry(context)
                    .or_default()
                    .entry(word)
                    .or_default() += 1;
                context = [last, word];
            }
        }
        let total: f64 = corpus.counts.iter().map(|&it| f64::from(it)).sum();
        let share = |&count: &u32| f64::from(count) / total.max(1.0);
        Self {
            corpus,
            unigrams: corpus.counts.iter().map(share).collect(),
            after_one: after_one.into_iter().map(|(k, v)| (k, v.into())).collect(),
            after_two: after_two.into_iter().map(|(k, v)| (k, v.into())).collect(),
        }
    }

    pub fn corpus(&self) -> &'c Corpus {
        self.corpus
    }

    /// The words of a text; `None` for one that the corpus lacks.
    pub fn read(&self, text: &str) -> Vec<Option<WordId>> {
        let lexicon = &self.corpus.lexicon;
        words(text).iter().map(|word| lexicon.id(word)).collect()
    }

    /// The probability of each word of the lexicon after some words. They add up to 1.
    ///
    /// A word that the corpus lacks was followed by nothing, so what is before it does not count.
    pub fn next(&self, words: &[Option<WordId>]) -> Vec<f64> {
        self.after(context_of(words))
    }

    fn after(&self, [before, last]: Context) -> Vec<f64> {
        let mut p = self.unigrams.clone();
        let Some(last) = last else {
            return p;
        };
        if let Some(followers) = self.after_one.get(&last) {
            followers.refine(&mut p);
        }
        if let Some(followers) = before.and_then(|before| self.after_two.get(&[before, last])) {
            followers.refine(&mut p);
        }
        p
    }

    /// Writes on after a text. The same seed gives the same numbers of chance to any decoding.
    pub fn write(&self, text: &str, decoding: &Decoding, seed: u32, count: usize) -> Written {
        let mut context = context_of(&self.read(text));
        let mut written = Written::default();
        for chance in chances(seed).take(count) {
            let p = self.after(context);
            let Some(word) = pick(&decoding.shape(&p), chance) else {
                break;
            };
            written.bits.push(-p[word].log2());
            let word = WordId::try_from(word).unwrap_or(PARAGRAPH);
            written.words.push(word);
            context = onward(context, Some(word));
        }
        written
    }

    /// Words as a text.
    pub fn text(&self, words: &[WordId]) -> String {
        joined(words.iter().map(|&id| self.corpus.lexicon.word(id)))
    }

    /// The perplexity of a text: 2 to the mean number of bits, `-log2(p)`, of each of its words
    /// after those before it, and of the first at the beginning of a paragraph.
    ///
    /// # Errors
    /// A sentence where there are no words, or one that the corpus lacks: its probability is 0, and
    /// the perplexity is without bound.
    pub fn perplexity(&self, text: &str) -> Result<f64, String> {
        let ids = self.read(text);
        let mut context = [Some(PARAGRAPH); 2];
        let mut bits = 0.0;
        for (id, word) in ids.iter().zip(words(text)) {
            let Some(id) = *id else {
                return Err(format!(
                    "the texts do not have the word “{word}”, so its probability is 0 and the perplexity has no bound"
                ));
            };
            bits -= self.after(context)[id as usize].log2();
            context = onward(context, Some(id));
        }
        match ids.len() {
            0 => Err("there are no words".to_owned()),
            count => Ok((bits / count as f64).exp2()),
        }
    }
}

static TRIGRAMS: OnceLock<Trigrams<'static>> = OnceLock::new();

impl Trigrams<'static> {
    /// Whether [`Self::built_in`] is counted.
    pub fn is_ready() -> bool {
        TRIGRAMS.get().is_some()
    }

    /// That of the built-in questions; counted once, in some milliseconds.
    pub fn built_in() -> &'static Self {
        TRIGRAMS.get_or_init(|| Self::of(Corpus::built_in()))
    }
}

/// The context after a word; a paragraph's end is a beginning.
fn onward([_, last]: Context, word: Option<WordId>) -> Context {
    match word {
        Some(PARAGRAPH) => [Some(PARAGRAPH); 2],
        word => [last, word],
    }
}

fn context_of(words: &[Option<WordId>]) -> Context {
    // Two words decide, but a paragraph's end stands for two.
    let from = words.len().saturating_sub(2);
    let start = match from {
        0 => [Some(PARAGRAPH); 2],
        _ => [None; 2],
    };
    words[from..]
        .iter()
        .fold(start, |context, word| onward(context, *word))
}

impl From<HashMap<WordId, u32>> for Followers {
    fn from(counts: HashMap<WordId, u32>) -> Self {
        Self {
            total: counts.values().sum(),
            counts: counts.into_iter().collect(),
        }
    }
}

impl Followers {
    /// Makes `p` of a shorter context that of this one.
    fn refine(&self, p: &mut [f64]) {
        let different = self.counts.len() as f64;
        let whole = f64::from(self.total) + different;
        let kept = different / whole;
        p.iter_mut().for_each(|p| *p *= kept);
        for &(word, count) in &self.counts {
            p[word as usize] += f64::from(count) / whole;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Corpus {
        Corpus::of(["a b a b c".to_owned(), "a b a".to_owned()])
    }

    #[test]
    fn counts_are_joined_as_witten_and_bell_say() {
        let corpus = small();
        let model = Trigrams::of(&corpus);
        let id = |word: &str| corpus.lexicon.id(word).expect("a word") as usize;
        // Unigrams of a a a b b b c and two ends, in all ten: a 4, b 3, c 1, ¶ 2.
        let p1 = |word: &str| match word {
            "a" => 0.4,
            "b" => 0.3,
            "c" => 0.1,
            _ => 0.2,
        };
        // After b came a, a and c: N = 3, T = 2.
        let p2 = |word: &str| {
            let count = match word {
                "a" => 2.0,
                "c" => 1.0,
                _ => 0.0,
            };
            (count + 2.0 * p1(word)) / 5.0
        };
        let found = model.next(&model.read("c b"));
        for word in ["a", "b", "c", "¶"] {
            assert!((found[id(word)] - p2(word)).abs() < 1e-12, "{word}");
        }
        // After a b came the same, N = 3, T = 2, once more on top.
        let found = model.next(&model.read("a b"));
        let expected = (2.0 + 2.0 * p2("a")) / 5.0;
        assert!((found[id("a")] - expected).abs() < 1e-12);
    }

    #[test]
    fn probabilities_add_up_after_anything() {
        let model = Trigrams::built_in();
        for text in [
            "",
            "the",
            "the latent",
            "xyzzy",
            "the xyzzy",
            "xyzzy the",
            "end ¶",
            "¶ ¶ ¶",
        ] {
            let p = model.next(&model.read(text));
            let sum: f64 = p.iter().sum();
            assert!((sum - 1.0).abs() < 1e-9, "{text}: {sum}");
            assert!(p.iter().all(|p| *p > 0.0), "{text}");
        }
        // What is before an unknown word does not count, and neither does what is before an end.
        let next = |text: &str| model.next(&model.read(text));
        assert_eq!(next("the xyzzy"), next("a xyzzy"));
        assert_eq!(next("the model ¶"), next(""));
        assert_ne!(next("the model"), next("model"));
    }

    #[test]
    fn writing_depends_on_the_seed_and_greedy_does_not() {
        let model = Trigrams::built_in();
        let warm = Decoding::new(1.0, usize::MAX, 1.0).expect("settings");
        let write = |decoding, seed| model.write("the latent", decoding, seed, 20);
        assert_eq!(write(&warm, 3), write(&warm, 3));
        assert_ne!(write(&warm, 3), write(&warm, 4));
        assert_eq!(write(&Decoding::GREEDY, 3), write(&Decoding::GREEDY, 4));
        assert_eq!(write(&warm, 3).words.len(), 20);
        // Ten words of one draw are the first ten of twenty.
        let short = model.write("the latent", &warm, 3, 10);
        assert_eq!(short.words, write(&warm, 3).words[..10]);
    }

    #[test]
    fn perplexity_is_that_of_the_probabilities() {
        let corpus = small();
        let model = Trigrams::of(&corpus);
        let first = model.next(&[])[1];
        let found = model.perplexity("a").expect("a number");
        assert!((found - 1.0 / first).abs() < 1e-9, "{found}");
        let fault = model.perplexity("a z").expect_err("z");
        assert!(fault.contains("“z”"), "{fault}");
        assert!(model.perplexity(" ").is_err());
        let model = Trigrams::built_in();
        let [sense, nonsense] = ["the model learns from data.", "data from learns model the."]
            .map(|text| model.perplexity(text).expect("a number"));
        assert!(sense * 5.0 < nonsense, "{sense} {nonsense}");
    }
}

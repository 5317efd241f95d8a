//! Scaled dot-product attention over a short sequence: `softmax(Q·Kᵀ / √d)`, as Vaswani et al.
//! (2017) have it.
//!
//! The three heads are built by hand, for no text of this size teaches any: what each of them
//! takes for queries and keys is a thing that heads of trained models were seen to do. All else is
//! as in a real layer, and the weights are computed, not drawn.

use super::corpus::{Corpus, words};
use super::vectors::{DIMENSIONS, Vector, Vectors, dot};
use rand_mt::Mt;
use std::f32::consts::PI;

/// The most words of a sequence.
pub const MAX_WORDS: usize = 16;

/// What a head looks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Head {
    /// Words of like meaning: queries and keys are the words' [`Vectors`].
    Meaning,
    /// The word before: queries and keys code places by waves, and the query's are turned on by
    /// one place. Such heads were found in many models (Voita et al. 2019).
    Before,
    /// What followed the same word earlier: the query is the word, the key the word before. An
    /// induction head (Olsson et al. 2022).
    Followed,
}

impl Head {
    pub const ALL: [Self; 3] = [Self::Meaning, Self::Before, Self::Followed];

    /// What people read on its button.
    pub fn title(self) -> &'static str {
        match self {
            Self::Meaning => "Like words",
            Self::Before => "Word before",
            Self::Followed => "What followed",
        }
    }

    /// What it does, in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Self::Meaning => {
                "Query and key are the word's vector, counted from its neighbours in the pages, so \
                 words of like use attend to each other."
            }
            Self::Before => {
                "Query and key code the place by waves, and the query's are turned by one place, so \
                 each word attends to the one before it."
            }
            Self::Followed => {
                "The query is the word, the key is the word before, so a word attends to what \
                 followed it earlier: an induction head."
            }
        }
    }

    /// The score of a whole fit after the division by the root of `d`, chosen by hand: the length
    /// of queries and keys is the root of it times `√d`. Like words are to be seen beside the word
    /// itself; the other heads look for one place.
    fn whole_fit(self) -> f64 {
        match self {
            Self::Meaning => 5.0,
            Self::Before | Self::Followed => 8.0,
        }
    }

    /// The head of a number in settings, from 1.
    pub fn of_number(number: usize) -> Option<Self> {
        Self::ALL.get(number.checked_sub(1)?).copied()
    }
}

/// How weights are computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    pub head: Head,
    /// Whether words see only themselves and what is before them.
    pub is_causal: bool,
    /// Whether scores are divided by the root of `d`.
    pub is_scaled: bool,
}

/// The weights of a sequence.
#[derive(Clone, PartialEq, Debug)]
pub struct Attention {
    pub words: Vec<String>,
    /// For each word as a query the weight of each as a key; each row adds up to 1.
    pub weights: Vec<Vec<f64>>,
}

impl Attention {
    /// The weights of the first [`MAX_WORDS`] words of a text.
    pub fn of(text: &str, settings: Settings) -> Self {
        let mut words = words(text);
        words.truncate(MAX_WORDS);
        let [queries, keys] = project(&words, settings.head);
        let divisor = if settings.is_scaled {
            (DIMENSIONS as f64).sqrt()
        } else {
            1.0
        };
        let length_squared = settings.head.whole_fit() * (DIMENSIONS as f64).sqrt();
        let row = |(at, query): (usize, &Vector)| {
            let score = |(place, key): (usize, &Vector)| {
                let is_hidden = settings.is_causal && place > at;
                match is_hidden {
                    true => f64::NEG_INFINITY,
                    false => length_squared * dot(query, key) / divisor,
                }
            };
            softmax(keys.iter().enumerate().map(score).collect())
        };
        let weights = queries.iter().enumerate().map(row).collect();
        Self { words, weights }
    }
}

/// Queries and keys, of length 1 or 0.
fn project(words: &[String], head: Head) -> [Vec<Vector>; 2] {
    match head {
        Head::Meaning => {
            let lexicon = &Corpus::built_in().lexicon;
            let vectors = Vectors::built_in();
            let vector = |word: &String| lexicon.id(word).and_then(|id| vectors.get(id));
            let found: Vec<Vector> = words
                .iter()
                .map(|word| vector(word).copied().unwrap_or([0.0; DIMENSIONS]))
                .collect();
            [found.clone(), found]
        }
        Head::Before => [-1.0, 0.0].map(|turn| {
            let places = (0..words.len()).map(|place| place as f32 + turn);
            places.map(waves).collect()
        }),
        Head::Followed => {
            let own: Vec<Vector> = words.iter().map(|word| name(word)).collect();
            let mut before = vec![[0.0; DIMENSIONS]];
            before.extend(own.iter().copied());
            before.truncate(own.len());
            [own, before]
        }
    }
}

/// A place as sines and cosines of sixteen waves. Two whole places that are less than 32 apart fit
/// only if they are the same.
fn waves(place: f32) -> Vector {
    let half = DIMENSIONS / 2;
    let scale = (1.0 / half as f32).sqrt();
    std::array::from_fn(|k| {
        let frequency = PI * ((k / 2) as f32 + 0.5) / half as f32;
        let angle = frequency * place;
        scale * if k % 2 == 0 { angle.cos() } else { angle.sin() }
    })
}

/// A random direction that belongs to a word; those of different words hardly fit.
fn name(word: &str) -> Vector {
    // FNV-1a, so that a word has the same direction everywhere.
    let hash = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let mut random = Mt::new(word.bytes().fold(0x811c_9dc5, hash));
    let scale = (1.0 / DIMENSIONS as f32).sqrt();
    std::array::from_fn(|_| {
        if random.next_u32() >> 31 == 0 {
            scale
        } else {
            -scale
        }
    })
}

/// Weights that add up to 1; of no score that counts, none.
fn softmax(scores: Vec<f64>) -> Vec<f64> {
    let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scores.iter().map(|score| (score - best).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(text: &str, head: Head, is_causal: bool, is_scaled: bool) -> Vec<Vec<f64>> {
        let settings = Settings {
            head,
            is_causal,
            is_scaled,
        };
        Attention::of(text, settings).weights
    }

    const TEXT: &str = "the encoder maps a picture, and the encoder is trained with the decoder";

    #[test]
    fn rows_add_up_and_a_mask_hides_what_comes_later() {
        for head in Head::ALL {
            for is_causal in [false, true] {
                let found = weights(TEXT, head, is_causal, true);
                assert_eq!(found.len(), 14);
                for (at, row) in found.iter().enumerate() {
                    assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                    let later: f64 = row[at + 1..].iter().sum();
                    assert_eq!(later == 0.0, is_causal || at == 13, "{head:?} {at}");
                }
            }
        }
        assert_eq!(weights("one", Head::Before, true, true), [[1.0]]);
        assert!(weights("", Head::Meaning, true, true).is_empty());
    }

    #[test]
    fn each_head_does_what_it_says() {
        let before = weights(TEXT, Head::Before, true, true);
        assert!((1..14).all(|at| before[at][at - 1] > 0.97), "{before:?}");
        // The encoder of place 8 attends to what followed it at place 2.
        let followed = weights(TEXT, Head::Followed, true, true);
        assert!(followed[8][2] > 0.9, "{:?}", followed[8]);
        let meaning = weights(TEXT, Head::Meaning, false, true);
        let [decoder, is] = [13, 9].map(|place| meaning[1][place]);
        assert!(decoder > 2.0 * is, "{decoder} {is}");
    }

    #[test]
    fn without_the_root_the_best_fit_takes_all() {
        let largest = |is_scaled| {
            let row = &weights("a latent code", Head::Meaning, false, is_scaled)[1];
            row.iter().copied().fold(0.0, f64::max)
        };
        assert!(largest(false) > 0.999, "{}", largest(false));
        assert!(largest(true) < largest(false));
    }

    #[test]
    fn long_and_strange_texts_are_bounded() {
        let long = "word ".repeat(1000);
        assert_eq!(weights(&long, Head::Followed, true, true).len(), MAX_WORDS);
        // Words that nobody knows fit nothing, so all places count the same.
        let found = weights("xyzzy plugh", Head::Meaning, false, true);
        assert_eq!(found[0], [0.5, 0.5]);
    }
}

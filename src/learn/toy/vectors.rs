//! Words as vectors, counted: words with like neighbours lie in like directions.
//!
//! A table says how much more often two words stand near each other than by chance: positive
//! pointwise mutual information, `max(0, log(p(a, b) / (p(a)·p(b))))`. Its leading eigenvectors,
//! scaled by the roots of their eigenvalues, are the vectors (Levy and Goldberg 2014), found by
//! orthogonal iteration from fixed random numbers. Only frequent words have one.

use super::corpus::{Corpus, WordId};
use rand_mt::Mt;
use std::collections::HashMap;
use std::sync::OnceLock;

/// How many numbers a vector has.
pub const DIMENSIONS: usize = 32;
/// How many of the most frequent words and signs have a vector.
const VOCABULARY: usize = 1500;
/// How many words to either side are neighbours.
const WINDOW: usize = 4;
/// The number of iterations: by then the directions that count have settled.
const ITERATIONS: usize = 12;

static VECTORS: OnceLock<Vectors> = OnceLock::new();

/// A vector of length 1.
pub type Vector = [f32; DIMENSIONS];

/// The vectors of frequent words.
#[derive(Debug)]
pub struct Vectors {
    by_word: HashMap<WordId, Vector>,
}

impl Vectors {
    /// Those of the built-in questions; made once.
    pub fn built_in() -> &'static Self {
        VECTORS.get_or_init(|| Self::of(Corpus::built_in()))
    }

    /// Whether [`Self::built_in`] is made.
    pub fn is_ready() -> bool {
        VECTORS.get().is_some()
    }

    /// Those of a corpus.
    pub fn of(corpus: &Corpus) -> Self {
        let mut frequent: Vec<WordId> = (0..).take(corpus.lexicon.len()).skip(1).collect();
        frequent.sort_by_key(|&id| std::cmp::Reverse(corpus.counts[id as usize]));
        frequent.truncate(VOCABULARY);
        let places: HashMap<WordId, usize> = frequent
            .iter()
            .enumerate()
            .map(|(place, &id)| (id, place))
            .collect();
        let table = table(corpus, &places);
        let rows = leading(&table, frequent.len());
        let by_word = frequent.into_iter().zip(rows).filter_map(|(id, row)| {
            let norm = row.iter().map(|it| it * it).sum::<f32>().sqrt();
            (norm > 1e-6).then(|| (id, row.map(|it| it / norm)))
        });
        Self {
            by_word: by_word.collect(),
        }
    }

    /// The vector of a word; `None` for a rare one.
    pub fn get(&self, word: WordId) -> Option<&Vector> {
        self.by_word.get(&word)
    }
}

/// A symmetric table with few entries: for each row the columns and their values.
type Sparse = Vec<Vec<(usize, f32)>>;

fn table(corpus: &Corpus, places: &HashMap<WordId, usize>) -> Sparse {
    let mut counts: HashMap<[usize; 2], f64> = HashMap::new();
    let mut sums = vec![0.0_f64; places.len()];
    for paragraph in &corpus.paragraphs {
        let found: Vec<Option<usize>> =
            paragraph.iter().map(|id| places.get(id).copied()).collect();
        for (at, a) in found.iter().enumerate() {
            let Some(a) = *a else { continue };
            for b in found[at + 1..].iter().take(WINDOW).flatten() {
                for pair in [[a, *b], [*b, a]] {
                    *counts.entry(pair).or_default() += 1.0;
                    sums[pair[0]] += 1.0;
                }
            }
        }
    }
    let total: f64 = sums.iter().sum();
    let mut table: Sparse = vec![Vec::new(); places.len()];
    for ([a, b], count) in counts {
        let information = (count * total / (sums[a] * sums[b])).ln();
        if information > 0.0 {
            table[a].push((b, information as f32));
        }
    }
    // The order of a hash map differs from run to run, and with it the last bits of sums.
    for row in &mut table {
        row.sort_by_key(|(column, _)| *column);
    }
    table
}

/// The leading eigenvectors of a table, scaled by the roots of their eigenvalues, as one row for
/// each row of the table.
fn leading(table: &Sparse, rows: usize) -> Vec<Vector> {
    let mut random = Mt::new(0);
    let mut uniform = || f64::from(random.next_u32()) as f32 / u32::MAX as f32 - 0.5;
    let mut q: Vec<Vector> = (0..rows)
        .map(|_| std::array::from_fn(|_| uniform()))
        .collect();
    orthonormalise(&mut q);
    for _ in 0..ITERATIONS {
        q = product(table, &q);
        orthonormalise(&mut q);
    }
    let image = product(table, &q);
    let scales: [f32; DIMENSIONS] = std::array::from_fn(|k| {
        let eigenvalue: f32 = q.iter().zip(&image).map(|(q, image)| q[k] * image[k]).sum();
        eigenvalue.abs().sqrt()
    });
    for row in &mut q {
        row.iter_mut()
            .zip(scales)
            .for_each(|(it, scale)| *it *= scale);
    }
    q
}

fn product(table: &Sparse, q: &[Vector]) -> Vec<Vector> {
    let row = |entries: &Vec<(usize, f32)>| {
        let mut sum = [0.0; DIMENSIONS];
        for &(column, value) in entries {
            sum.iter_mut()
                .zip(&q[column])
                .for_each(|(sum, it)| *sum += value * it);
        }
        sum
    };
    table.iter().map(row).collect()
}

/// Makes the columns orthogonal and of length 1 (Gram and Schmidt, each column against those
/// before it). A column that depends on them becomes zero.
fn orthonormalise(q: &mut [Vector]) {
    let norm = |q: &[Vector], k: usize| q.iter().map(|row| row[k] * row[k]).sum::<f32>().sqrt();
    for k in 0..DIMENSIONS {
        let before = norm(q, k);
        // Twice, since what is left of a long column after the first time is partly rounding.
        for j in (0..k).chain(0..k) {
            let along: f32 = q.iter().map(|row| row[j] * row[k]).sum();
            q.iter_mut().for_each(|row| row[k] -= along * row[j]);
        }
        let after = norm(q, k);
        let scale = if after > 1e-4 * before {
            1.0 / after
        } else {
            0.0
        };
        q.iter_mut().for_each(|row| row[k] *= scale);
    }
}

/// The dot product.
pub fn dot(a: &Vector, b: &Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a made text of two kinds of sentences, in which no two names, nor two colours, stand beside each other, so that it
    /// is their neighbours alone that make them alike. What words of the bank have in common changes with every text of it.
    #[test]
    fn words_with_like_neighbours_lie_in_like_directions() {
        let names = ["anna", "boris", "clara"];
        let colours = ["red", "green", "blue"];
        let sentences = |parts: [[&'static str; 3]; 3]| {
            (0..27).map(move |n: usize| {
                [parts[0][n / 9], parts[1][n / 3 % 3], parts[2][n % 3]].join(" ")
            })
        };
        let of_names = sentences([
            names,
            ["sings", "reads", "sleeps"],
            ["well", "often", "here"],
        ]);
        let of_colours = sentences([
            colours,
            ["paint", "walls", "glass"],
            ["fades", "shines", "dries"],
        ]);
        let corpus = Corpus::of(of_names.chain(of_colours));
        let vectors = Vectors::of(&corpus);
        let get = |word: &str| {
            let id = corpus.lexicon.id(word).expect("a word of the text");
            vectors.get(id).expect("a frequent word")
        };
        let likeness = |a: &str, b: &str| dot(get(a), get(b));
        for (words, others) in [(names, colours), (colours, names)] {
            for a in words {
                for b in words {
                    let found = likeness(a, b);
                    assert!((found - 1.0).abs() < 1e-3, "{a}, {b}: {found}");
                }
                for b in others {
                    let found = likeness(a, b);
                    assert!(found.abs() < 1e-3, "{a}, {b}: {found}");
                }
            }
        }
    }

    #[test]
    fn frequent_words_of_the_bank_have_vectors() {
        let corpus = Corpus::built_in();
        for word in [
            "encoder",
            "decoder",
            "generator",
            "discriminator",
            "picture",
        ] {
            let id = corpus.lexicon.id(word).expect("a word of the bank");
            let vector = Vectors::built_in().get(id).expect("a frequent word");
            assert!((dot(vector, vector) - 1.0).abs() < 1e-5, "{word}");
        }
    }

    #[test]
    fn a_corpus_of_nothing_has_no_vectors() {
        let vectors = Vectors::of(&Corpus::of([]));
        assert!(vectors.by_word.is_empty());
        let vectors = Vectors::of(&Corpus::of(["one".to_owned()]));
        assert!(vectors.by_word.is_empty());
    }
}

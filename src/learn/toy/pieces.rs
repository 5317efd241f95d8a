//! Byte pair encoding (Sennrich et al. 2016), trained on the words of the bank: single characters,
//! of which the most frequent neighbours are joined, again and again.
//!
//! The hazard is time: the words are counted, and each join touches only words that have its pair.

use super::corpus::{Corpus, words};
use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

/// The most joins that are learned.
pub const MAX_MERGES: usize = 2000;

/// Stands before each word, so that a piece knows whether it begins one.
const WORD_START: &str = "▁";

static PIECES: OnceLock<Pieces> = OnceLock::new();

/// A piece by its place among all.
type PieceId = u32;

/// What was learned.
#[derive(Debug)]
pub struct Pieces {
    texts: Vec<String>,
    ids: HashMap<String, PieceId>,
    /// For each pair the turn at which it was joined, and into what.
    merges: HashMap<[PieceId; 2], (usize, PieceId)>,
}

/// A word while joins are learned.
struct Counted {
    pieces: Vec<PieceId>,
    count: i64,
}

impl Pieces {
    /// Those of the built-in questions; learned once.
    pub fn built_in() -> &'static Self {
        PIECES.get_or_init(|| Self::of(Corpus::built_in(), MAX_MERGES))
    }

    /// Whether [`Self::built_in`] is learned.
    pub fn is_ready() -> bool {
        PIECES.get().is_some()
    }

    /// Learns up to some joins from a corpus.
    pub fn of(corpus: &Corpus, merges: usize) -> Self {
        let mut learned = Self {
            texts: Vec::new(),
            ids: HashMap::new(),
            merges: HashMap::new(),
        };
        let counted = corpus.counts.iter().enumerate().skip(1);
        let mut all: Vec<Counted> = counted
            .map(|(id, &count)| {
                let word = corpus.lexicon.word(u32::try_from(id).unwrap_or(0));
                let pieces = characters(word).map(|it| learned.add(it)).collect();
                Counted {
                    pieces,
                    count: i64::from(count),
                }
            })
            .collect();
        let mut pairs: HashMap<[PieceId; 2], i64> = HashMap::new();
        let mut places: HashMap<[PieceId; 2], BTreeSet<usize>> = HashMap::new();
        for (place, word) in all.iter().enumerate() {
            for pair in word.pieces.array_windows() {
                *pairs.entry(*pair).or_default() += word.count;
                places.entry(*pair).or_default().insert(place);
            }
        }
        for turn in 0..merges {
            // Of equally frequent pairs the one that was met first, so that there is one answer.
            let best = pairs
                .iter()
                .max_by_key(|(pair, count)| (**count, std::cmp::Reverse(**pair)));
            let Some((&pair, _)) = best.filter(|(_, count)| **count > 1) else {
                break;
            };
            let [left, right] = pair.map(|id| learned.text(id).to_owned());
            let joined = learned.add(left + &right);
            learned.merges.insert(pair, (turn, joined));
            for place in places.remove(&pair).unwrap_or_default() {
                let word = &mut all[place];
                for old in word.pieces.array_windows() {
                    if let Some(count) = pairs.get_mut(old) {
                        *count -= word.count;
                    }
                }
                word.pieces = join(&word.pieces, pair, joined);
                for new in word.pieces.array_windows() {
                    *pairs.entry(*new).or_default() += word.count;
                    places.entry(*new).or_default().insert(place);
                }
            }
            pairs.retain(|_, count| *count > 0);
        }
        learned
    }

    fn add(&mut self, text: String) -> PieceId {
        if let Some(&id) = self.ids.get(&text) {
            return id;
        }
        let id = PieceId::try_from(self.texts.len()).unwrap_or(PieceId::MAX);
        self.texts.push(text.clone());
        self.ids.insert(text, id);
        id
    }

    fn text(&self, id: PieceId) -> &str {
        self.texts.get(id as usize).map_or("", String::as_str)
    }

    /// Cuts a text with the first `merges` joins. Each word begins with `▁`; a character that the
    /// texts lack stays by itself.
    pub fn cut(&self, text: &str, merges: usize) -> Vec<String> {
        let mut found = Vec::new();
        for word in words(text) {
            // Runs of known characters are joined, and unknown ones divide them.
            let mut run: Vec<PieceId> = Vec::new();
            for character in characters(&word) {
                match self.ids.get(&character) {
                    Some(&id) => run.push(id),
                    None => {
                        self.finish(&mut run, merges, &mut found);
                        found.push(character);
                    }
                }
            }
            self.finish(&mut run, merges, &mut found);
        }
        found
    }

    /// Joins a run of pieces, the pair that was learned first always first.
    fn finish(&self, run: &mut Vec<PieceId>, merges: usize, found: &mut Vec<String>) {
        loop {
            let learned = run
                .array_windows()
                .filter_map(|pair| Some((*pair, *self.merges.get(pair)?)));
            let first = learned.min_by_key(|(_, (turn, _))| *turn);
            let Some((pair, (_, joined))) = first.filter(|(_, (turn, _))| *turn < merges) else {
                break;
            };
            *run = join(run, pair, joined);
        }
        found.extend(run.drain(..).map(|id| self.text(id).to_owned()));
    }
}

/// The characters of a word, the first with [`WORD_START`].
fn characters(word: &str) -> impl Iterator<Item = String> {
    word.chars().enumerate().map(|(place, c)| match place {
        0 => format!("{WORD_START}{c}"),
        _ => c.to_string(),
    })
}

fn join(pieces: &[PieceId], pair: [PieceId; 2], joined: PieceId) -> Vec<PieceId> {
    let mut found = Vec::with_capacity(pieces.len());
    let mut rest = pieces;
    while let [first, after @ ..] = rest {
        if rest.starts_with(&pair) {
            found.push(joined);
            rest = &after[1..];
        } else {
            found.push(*first);
            rest = after;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The corpus of the task in the question on tokenization.
    fn bananas() -> Corpus {
        Corpus::of(["ban ban ban banana banana nab".to_owned()])
    }

    #[test]
    fn the_most_frequent_pair_is_joined_first() {
        let pieces = Pieces::of(&bananas(), 2);
        let cut = |merges| pieces.cut("banana", merges);
        assert_eq!(cut(0), ["▁b", "a", "n", "a", "n", "a"]);
        assert_eq!(cut(1), ["▁b", "an", "an", "a"]);
        assert_eq!(cut(2), ["▁ban", "an", "a"]);
        // There is nothing to join in what occurs once.
        assert_eq!(
            Pieces::of(&Corpus::of(["abc".to_owned()]), 9).merges.len(),
            0
        );
    }

    #[test]
    fn pairs_that_overlap_are_joined_from_the_left() {
        assert_eq!(join(&[1, 1, 1, 2], [1, 1], 9), [9, 1, 2]);
        assert_eq!(join(&[1], [1, 1], 9), [1]);
        assert!(join(&[], [1, 1], 9).is_empty());
    }

    #[test]
    fn more_joins_give_fewer_pieces_and_lose_nothing() {
        let pieces = Pieces::built_in();
        assert_eq!(pieces.merges.len(), MAX_MERGES);
        let text = "The unbelievable tokenizer, Дом xyzzy!";
        let mut before = usize::MAX;
        for merges in [0, 1, 50, 500, 2000, usize::MAX] {
            let cut = pieces.cut(text, merges);
            assert!(cut.len() <= before, "{merges}: {cut:?}");
            before = cut.len();
            let whole = cut.concat().replace(WORD_START, " ");
            assert_eq!(whole.trim(), "the unbelievable tokenizer , дом xyzzy !");
        }
        assert_eq!(pieces.cut("the model", 2000), ["▁the", "▁model"]);
        assert!(pieces.cut(" ", 10).is_empty());
    }
}

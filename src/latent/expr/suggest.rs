//! "Did you mean ...?"

/// The candidate that `word` is most likely a misspelling of, if any is near enough: about one
/// wrong letter in three, letter case not counted.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer words are not typed by hand, and the distance is quadratic.
    const LONGEST: usize = 64;

    let fold = |text: &str| -> Vec<char> {
        text.chars()
            .take(LONGEST)
            .flat_map(char::to_lowercase)
            .collect()
    };
    let word = fold(word);
    let tolerated = (word.len() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, &fold(candidate)), candidate))
        // A candidate of one letter is near to everything.
        .filter(|&(d, candidate)| d <= tolerated && d < candidate.chars().count())
        .min_by_key(|&(d, _)| d)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be changed, added, left out or swapped with their neighbour to turn
/// `a` into `b` (optimal string alignment distance).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            let changed = above[j] + usize::from(x != y);
            row[j + 1] = changed.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let names = ["glasses", "smile", "age", "w"];
        for (word, expected) in [
            ("glases", Some("glasses")),
            ("Smile", Some("smile")),
            ("simle", Some("smile")),
            ("aeg", Some("age")),
            ("beard", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(suggest(word, names), expected, "{word}");
        }
    }
}

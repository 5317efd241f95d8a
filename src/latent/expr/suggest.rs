//! What to say about an unknown word: "did you mean ...?", or what is known.

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

/// What to say after an unknown word: the name that was meant, or, where none is near, some of those that there are.
/// `shown` writes a name as one would type it.
pub fn hint(word: &str, names: &[String], shown: impl Fn(&str) -> String) -> String {
    /// So many are named.
    const FEW: usize = 4;

    if let Some(near) = suggest(word, names.iter().map(String::as_str)) {
        return format!("; did you mean {}?", shown(near));
    }
    if names.is_empty() {
        return String::new();
    }
    let first: Vec<String> = names.iter().take(FEW).map(|name| shown(name)).collect();
    let more = match names.len().saturating_sub(FEW) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("; known: {}{more}", first.join(", "))
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
    fn a_hint_names_what_was_meant_or_what_there_is() {
        let names = ["z_0", "z_1", "smile", "age", "hat"].map(str::to_owned);
        let at = |name: &str| format!("@{name}");
        assert_eq!(hint("simle", &names, at), "; did you mean @smile?");
        let known = "; known: @z_0, @z_1, @smile, @age and 1 more";
        assert_eq!(hint("beard", &names, at), known);
        assert_eq!(hint("beard", &names[..1], at), "; known: @z_0");
        assert_eq!(hint("beard", &[], at), "");
    }

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

//! What sentences on the screen have in common.

/// Why nothing can be done before a model is there.
pub const NO_MODEL: &str = "Load a model first";

/// The same words with a capital first: errors of the lower layers begin in the middle of a
/// sentence, and question files name levels in small letters.
pub fn capitalised(words: &str) -> String {
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_letter_becomes_a_capital() {
        assert_eq!(capitalised("the seed is 5 of B"), "The seed is 5 of B");
        assert_eq!(capitalised("éclair"), "Éclair");
        assert_eq!(capitalised(""), "");
    }
}

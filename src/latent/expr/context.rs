//! What an expression may refer to.

use crate::latent::{Code, Direction, Space, SpaceShape};

/// The model, and the names of the session, that expressions are checked with. Nothing is
/// computed.
pub trait Context {
    /// How errors call the model.
    fn model_name(&self) -> &str;

    /// What codes of `space` look like, or `None` when the model has no such space.
    fn space(&self, space: Space) -> Option<SpaceShape>;

    /// The space that seeds and codes written out lie in: the one that the prior is defined on.
    fn start_space(&self) -> Space {
        Space::Z
    }

    /// The point that truncation pulls towards, with as many numbers as a code of `space`;
    /// `None` is the origin. Where w+ has none, that of w is taken for every layer.
    fn mean(&self, space: Space) -> Option<&[f32]>;

    /// The code that `@name` stands for.
    fn named(&self, name: &str) -> Option<&Code>;

    /// The direction that `dir("name")` stands for. Raw axes (`z0`, `w3`) need not be here:
    /// the language knows them; a direction of that name takes precedence.
    fn direction(&self, name: &str) -> Option<&Direction>;

    /// All names that [`named`](Self::named) knows; "did you mean" chooses from them.
    fn names(&self) -> Vec<String>;

    /// All names that [`direction`](Self::direction) knows; "did you mean" chooses from them.
    fn directions(&self) -> Vec<String>;

    /// Whether the model can find the code of a picture.
    fn can_encode(&self) -> bool;

    /// The space of the codes that [`encode`](Compute::encode) finds.
    fn encoded_space(&self) -> Space {
        Space::Z
    }
}

/// What evaluating an expression needs beside its context.
pub trait Compute: Context {
    /// Maps a code in z to one in w.
    ///
    /// # Errors
    ///
    /// Why the mapping network gave no code, as a sentence.
    fn w_from_z(&mut self, z: &[f32]) -> Result<Vec<f32>, String>;

    /// Finds the code of the picture in `file`.
    ///
    /// # Errors
    ///
    /// Why there is none, as a sentence: no such file, not a picture.
    fn encode(&mut self, file: &str) -> Result<Code, String>;
}

/// The space that a direction moves in, stored or a raw axis; `None` when there is none of
/// that name.
pub fn direction_space<C: Context + ?Sized>(name: &str, context: &C) -> Option<Space> {
    match context.direction(name) {
        Some(direction) => Some(direction.space),
        None => raw_axis(name).map(|(space, _)| space),
    }
}

/// The space and the index that `z3`, `w3` or `x3` stands for in `dir("z3")`; the index has no
/// leading zeros, so that every axis has one name.
pub fn raw_axis(name: &str) -> Option<(Space, usize)> {
    let mut letters = name.chars();
    let space = match letters.next()? {
        'z' => Space::Z,
        'w' => Space::W,
        'x' => Space::X,
        _ => return None,
    };
    let digits = letters.as_str();
    let canonical = digits == "0" || digits.starts_with(|c| matches!(c, '1'..='9'));
    if !canonical || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((space, digits.parse().ok()?))
}

/// The name of a raw axis: `z3`. w+ has none of its own, an axis of w moves all its layers.
pub fn raw_axis_name(space: Space, index: usize) -> String {
    let space = if space == Space::W_PLUS {
        Space::W
    } else {
        space
    };
    format!("{space}{index}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_axes_have_one_name_each() {
        assert_eq!(raw_axis("z0"), Some((Space::Z, 0)));
        assert_eq!(raw_axis("w511"), Some((Space::W, 511)));
        for other in [
            "z",
            "z01",
            "z-1",
            "z+1",
            "zoom",
            "",
            "z99999999999999999999",
        ] {
            assert_eq!(raw_axis(other), None, "{other}");
        }
        assert_eq!(raw_axis_name(Space::W, 3), "w3");
    }
}

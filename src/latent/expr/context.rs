//! What an expression may refer to.

use crate::latent::{Code, Direction, Lead, Space, SpaceShape, Vocabulary};

/// The model, and the names of the session, that expressions are checked with. Nothing is
/// computed.
pub trait Context {
    /// How errors call the model.
    fn model_name(&self) -> &str;

    /// What codes of `space` look like, or `None` when the model has no such space.
    fn space(&self, space: Space) -> Option<SpaceShape>;

    /// What `space` leads to on the way to the decoder: through a network, or by being repeated
    /// for all rows. Points are led on wherever they meet a code that lies further on.
    fn lead(&self, space: Space) -> Option<Lead>;

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

    /// All names that [`named`](Self::named) knows; errors suggest some of them.
    fn names(&self) -> Vec<String>;

    /// All names that [`direction`](Self::direction) knows; errors suggest some of them.
    fn directions(&self) -> Vec<String>;

    /// The conditions that the model takes; `None` where it takes none.
    fn vocabulary(&self) -> Option<&Vocabulary> {
        None
    }

    /// Whether what is said of a code in `space` still counts. Where a network on the way to the decoder
    /// takes it together with the code, it says nothing more behind that network.
    fn takes_condition(&self, _space: Space) -> bool {
        true
    }

    /// The space of the pictures that are redrawn where the model can begin with one in place of noise
    /// alone; `None` where it cannot.
    fn redrawn_space(&self) -> Option<Space> {
        None
    }

    /// Whether the model can find the code of a picture.
    fn can_encode(&self) -> bool;

    /// The space of the codes that [`encode`](Compute::encode) finds.
    fn encoded_space(&self) -> Space {
        Space::Z
    }
}

/// What evaluating an expression needs beside its context.
pub trait Compute: Context {
    /// Maps a code from one space to another, where [`lead`](Context::lead) says that a network
    /// does. `condition` is what is said of the code, empty for nothing; only a network that takes
    /// conditions heeds it.
    ///
    /// # Errors
    ///
    /// Why the network gave no code, as a sentence.
    fn map(
        &mut self,
        from: Space,
        to: Space,
        code: &[f32],
        condition: &[f32],
    ) -> Result<Vec<f32>, String>;

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

/// No model has longer chains of spaces, for each has a name of its own; a context that leads in a
/// circle ends here.
const LONGEST_WAY: usize = 64;

/// The ways on from a space, each with where it starts.
pub(super) fn way<C: Context + ?Sized>(
    from: Space,
    context: &C,
) -> impl Iterator<Item = (Space, Lead)> {
    let mut at = from;
    let step = move || {
        let lead = context.lead(at)?;
        let step = (at, lead);
        at = lead.to();
        Some(step)
    };
    std::iter::from_fn(step).take(LONGEST_WAY)
}

/// The ways from one space to another, none where they are the same; `None` where none lead there.
pub(super) fn way_to<C: Context + ?Sized>(
    from: Space,
    to: Space,
    context: &C,
) -> Option<Vec<(Space, Lead)>> {
    if from == to {
        return Some(Vec::new());
    }
    let mut steps = Vec::new();
    for step in way(from, context) {
        steps.push(step);
        if step.1.to() == to {
            return Some(steps);
        }
    }
    None
}

/// Where a code of a space is truncated: behind the last network that leads on from it and gives real numbers.
pub(super) fn truncation_space<C: Context + ?Sized>(from: Space, context: &C) -> Space {
    let gives_reals = |to: Space| context.space(to).is_some_and(SpaceShape::is_real);
    let maps = way(from, context)
        .take_while(|(_, lead)| matches!(lead, Lead::Map(to) if gives_reals(*to)));
    maps.last().map_or(from, |(_, lead)| lead.to())
}

/// Whether a network lies between two spaces.
pub(super) fn is_mapped_to<C: Context + ?Sized>(from: Space, to: Space, context: &C) -> bool {
    let steps = way_to(from, to, context).unwrap_or_default();
    steps.iter().any(|(_, lead)| matches!(lead, Lead::Map(_)))
}

/// The space that codes of all these spaces can be led to: one of them.
pub(super) fn meeting_space<C: Context + ?Sized>(spaces: &[Space], context: &C) -> Option<Space> {
    let is_reached = |to: &Space| {
        let mut all = spaces.iter();
        all.all(|&from| way_to(from, *to, context).is_some())
    };
    spaces.iter().copied().find(is_reached)
}

/// The first space of rows on the way of a code; styles are mixed there.
pub(super) fn rows_space<C: Context + ?Sized>(from: Space, context: &C) -> Option<Space> {
    let spaces = std::iter::once(from).chain(way(from, context).map(|(_, lead)| lead.to()));
    let is_rows = |space: &Space| matches!(context.space(*space), Some(SpaceShape::Layers { .. }));
    spaces.into_iter().find(is_rows)
}

/// The space and the index that `z3`, `w3` or `x3` stands for in `dir("z3")`, for every space
/// whose name is one letter; the index has no leading zeros, so that every axis has one name.
pub fn raw_axis(name: &str) -> Option<(Space, usize)> {
    let mut letters = name.chars();
    let letter = letters.next().filter(char::is_ascii_lowercase)?;
    let space = Space::named(letter.encode_utf8(&mut [0; 4])).ok()?;
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

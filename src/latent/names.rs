//! What a session adds to the names of a model.

use super::expr::Expr;
use super::{Code, Direction};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an encoder found for a picture, so that an expression means the same where the picture is
/// not, or another one has its name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EncodedPhoto {
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    pub code: Code,
}

/// Codes and directions named in this session, usable as `@name` and `dir("name")`. They win
/// over the model's own of the same name.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct SessionNames {
    /// Codes by name.
    pub codes: BTreeMap<String, Code>,
    /// Codes whose names were given up: not listed any more, but still known to the expressions
    /// that were made with them.
    #[serde(default)]
    pub retired: BTreeMap<String, Code>,
    /// Directions in the order in which they are listed; no name twice.
    pub directions: Vec<Direction>,
    /// What `encode("file")` stands for, by the file as it is written in expressions. Of any other
    /// file the encoder is asked.
    #[serde(default)]
    pub photos: BTreeMap<String, EncodedPhoto>,
}

impl SessionNames {
    /// The code of a name, be it one that was given up.
    pub fn code(&self, name: &str) -> Option<&Code> {
        self.codes.get(name).or_else(|| self.retired.get(name))
    }

    /// The direction of a name.
    pub fn direction(&self, name: &str) -> Option<&Direction> {
        self.directions
            .iter()
            .find(|direction| direction.name == name)
    }

    /// Those of the names that expressions use: what has to go with them into a file.
    pub fn used_by<'a>(&self, expressions: impl IntoIterator<Item = &'a Expr>) -> Self {
        let mut used = Self::default();
        let mut waiting: Vec<&Expr> = expressions.into_iter().collect();
        while let Some(expression) = waiting.pop() {
            match expression {
                Expr::Named(name) => {
                    if let Some(code) = self.code(name) {
                        used.codes.insert(name.clone(), code.clone());
                    }
                }
                Expr::Direction(name) => {
                    if let Some(direction) = self.direction(name) {
                        used.set_direction(direction.clone());
                    }
                }
                Expr::Vary(varied, vary) => {
                    let held = vary.held.iter().filter_map(|name| self.direction(name));
                    held.for_each(|direction| used.set_direction(direction.clone()));
                    waiting.push(varied);
                }
                Expr::Encode(file) => {
                    if let Some(photo) = self.photos.get(file) {
                        used.photos.insert(file.clone(), photo.clone());
                    }
                }
                _ => waiting.extend(expression.children()),
            }
        }
        used.directions.sort_by(|a, b| a.name.cmp(&b.name));
        used
    }

    /// Adds a direction, in the place of the one that had its name.
    pub fn set_direction(&mut self, direction: Direction) {
        match self
            .directions
            .iter_mut()
            .find(|known| known.name == direction.name)
        {
            Some(known) => *known = direction,
            None => self.directions.push(direction),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::Space;

    #[test]
    fn only_what_is_used_goes_along() {
        let mut names = SessionNames::default();
        for name in ["me", "you", "other"] {
            let code = Code::vector(Space::Z, vec![1.0]);
            names.codes.insert(name.to_owned(), code);
            names.set_direction(Direction {
                name: name.to_owned(),
                space: Space::Z,
                values: vec![1.0],
            });
        }
        let parse = |text| super::super::expr::parse(text).unwrap();
        let expressions = [
            parse("slerp(@me, @model + dir(\"z0\"), 0.5)"),
            parse("seed(1) + 2*dir(\"you\") - @me"),
        ];
        let used = names.used_by(&expressions);
        assert!(used.codes.keys().eq(["me"]));
        assert_eq!(used.directions, [names.directions[1].clone()]);
        assert_eq!(names.used_by([]), SessionNames::default());
    }

    #[test]
    fn a_direction_of_the_same_name_is_replaced_in_its_place() {
        let direction = |name: &str, value| Direction {
            name: name.to_owned(),
            space: Space::Z,
            values: vec![value],
        };
        let mut names = SessionNames::default();
        for (name, value) in [("a", 1.0), ("b", 2.0), ("a", 3.0)] {
            names.set_direction(direction(name, value));
        }
        assert_eq!(names.directions, [direction("a", 3.0), direction("b", 2.0)]);
        assert_eq!(names.direction("b"), Some(&direction("b", 2.0)));
        assert_eq!(names.direction("c"), None);
    }
}

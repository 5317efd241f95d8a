//! What a session adds to the names of a model.

use super::{Code, Direction};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Codes and directions named in this session, usable as `@name` and `dir("name")`. They win
/// over the model's own of the same name.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct SessionNames {
    /// Codes by name.
    pub codes: BTreeMap<String, Code>,
    /// Directions in the order in which they are listed; no name twice.
    pub directions: Vec<Direction>,
}

impl SessionNames {
    /// The direction of a name.
    pub fn direction(&self, name: &str) -> Option<&Direction> {
        self.directions
            .iter()
            .find(|direction| direction.name == name)
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

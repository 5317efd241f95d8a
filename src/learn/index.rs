//! The list of what the built-in bank holds, by topic and level.

use super::question::Level;
use crate::latent::{Lead, Space, SpaceShape};
use serde::Deserialize;
use std::collections::BTreeMap;

const SOURCE: &str = include_str!("../../assets/questions/index.toml");

/// The topics in order, and models that are not built in yet.
#[derive(Clone, PartialEq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    #[serde(default, rename = "topic")]
    pub topics: Vec<Topic>,
    #[serde(default)]
    pub announced: Vec<Announced>,
}

/// A topic of the built-in bank.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// The name of the folder.
    pub id: String,
    /// The name that people read.
    pub title: String,
    #[serde(default)]
    beginner: Vec<String>,
    #[serde(default)]
    intermediate: Vec<String>,
    #[serde(default)]
    advanced: Vec<String>,
    #[serde(default)]
    expert: Vec<String>,
}

/// A model that files may name before it is built in.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announced {
    pub model: String,
    /// The length of z.
    pub z: usize,
    /// The length of w, with the number of layers of w+.
    pub w: Option<usize>,
    pub layers: Option<usize>,
    #[serde(default)]
    pub encoder: bool,
}

impl Index {
    /// The list that is built in.
    ///
    /// # Errors
    /// When the list is not sound, which a test prevents.
    pub fn built_in() -> Result<Self, String> {
        toml::from_str(SOURCE).map_err(|error| format!("index.toml: {}", error.message()))
    }

    /// Every id of the list in its order, with topic and level.
    pub fn entries(&self) -> impl Iterator<Item = (&Topic, Level, &str)> {
        self.topics.iter().flat_map(|topic| {
            Level::ALL.into_iter().flat_map(move |level| {
                let ids = topic.ids(level).iter();
                ids.map(move |id| (topic, level, id.as_str()))
            })
        })
    }

    /// The topic of a name.
    pub fn topic(&self, id: &str) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.id == id)
    }
}

impl Topic {
    /// The ids of a level, in order.
    pub fn ids(&self, level: Level) -> &[String] {
        match level {
            Level::Beginner => &self.beginner,
            Level::Intermediate => &self.intermediate,
            Level::Advanced => &self.advanced,
            Level::Expert => &self.expert,
        }
    }
}

impl Announced {
    /// Its spaces.
    pub fn spaces(&self) -> BTreeMap<Space, SpaceShape> {
        let mut spaces = BTreeMap::from([(Space::Z, SpaceShape::Vector { dim: self.z })]);
        if let Some(dim) = self.w {
            spaces.insert(Space::W, SpaceShape::Vector { dim });
            if let Some(layers) = self.layers {
                spaces.insert(Space::W_PLUS, SpaceShape::Layers { layers, dim });
            }
        }
        spaces
    }

    /// What each of them leads to.
    pub fn leads(&self) -> BTreeMap<Space, Lead> {
        let map = self.w.map(|_| (Space::Z, Lead::Map(Space::W)));
        let rows = self.w.and(self.layers);
        let rows = rows.map(|_| (Space::W, Lead::Rows(Space::W_PLUS)));
        map.into_iter().chain(rows).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_list_holds_every_question_once() {
        let index = Index::built_in().expect("the list is sound");
        let ids: Vec<&str> = index.entries().map(|(_, _, id)| id).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!((ids.len(), unique.len()), (212, 212));
        assert_eq!(index.topics.len(), 16);
    }
}

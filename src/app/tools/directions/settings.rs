//! The directions that were found, by model: listed, renamed, hidden and taken over.

use crate::document::StoredDirection;
use crate::engine::{Evidence, FoundDirection, ModelInfo};
use crate::latent::Direction;
use crate::latent::expr::raw_axis;
use crate::model::directions::MeasuredDirection;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The longest name.
const MAX_NAME: usize = 60;

/// A direction as the list shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct Listed {
    pub direction: Direction,
    /// Root mean square change of a pixel (0..1) for a step of one sigma.
    pub picture_change: f32,
    /// What speaks for it, as a short sentence.
    pub evidence: String,
    /// Whether its file says what it does, and then whether it is one of the best there.
    pub measured: Option<Measured>,
}

/// How a direction stands in the record of its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measured {
    Best,
    Other,
}

/// What was found in one model.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct OfModel {
    /// Shared with the session, which stores the values of each once.
    #[serde(with = "stored")]
    pub found: Vec<Arc<StoredDirection>>,
    pub hidden: BTreeSet<String>,
}

#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// By the hash of the model file.
    pub by_model: BTreeMap<String, OfModel>,
}

/// As older files have them: each with its values, in the settings of the tool.
mod stored {
    use super::{Arc, StoredDirection};
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(
        found: &[Arc<StoredDirection>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(found.iter().map(|direction| &**direction))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Arc<StoredDirection>>, D::Error> {
        let found = Vec::<StoredDirection>::deserialize(deserializer)?;
        Ok(found.into_iter().map(Arc::new).collect())
    }
}

impl Settings {
    /// What was found in a model.
    pub fn of(&self, model: &ModelInfo) -> Option<&OfModel> {
        self.by_model.get(&model.id.hash)
    }

    /// The directions of a model: its own, those with the clearest measured effect first,
    /// then what was found, those that change the picture most first.
    pub fn listed(&self, model: &ModelInfo) -> Vec<Listed> {
        let record = model.manifest.directions.as_ref();
        let measured = record.map_or(&[][..], |record| &record.directions);
        // The place in the record, the best first; what is not in it comes last.
        let mut own: Vec<(usize, Listed)> = model
            .directions
            .iter()
            .map(|direction| {
                let at = measured
                    .iter()
                    .position(|one| one.space == direction.space && one.name == direction.name);
                let known = at.and_then(|at| measured.get(at));
                let listed = Listed {
                    direction: direction.clone(),
                    picture_change: known.map_or(0.0, |one| one.picture_change),
                    evidence: known.map_or_else(
                        || "part of the model file".to_owned(),
                        MeasuredDirection::line,
                    ),
                    measured: known.map(|one| {
                        if one.is_best {
                            Measured::Best
                        } else {
                            Measured::Other
                        }
                    }),
                };
                (at.unwrap_or(usize::MAX), listed)
            })
            .collect();
        own.sort_by_key(|(at, _)| *at);
        let own = own.into_iter().map(|(_, listed)| listed);
        let found = self.of(model).map_or(&[][..], |of| &of.found);
        let mut found: Vec<Listed> = found
            .iter()
            .map(|stored| Listed {
                direction: stored.direction.clone(),
                picture_change: stored.picture_change,
                evidence: stored.evidence.clone(),
                measured: None,
            })
            .collect();
        found.sort_by(|a, b| b.picture_change.total_cmp(&a.picture_change));
        own.chain(found).collect()
    }

    /// Gives a direction that was found in a model, known by its hash, another name.
    pub fn rename(&mut self, model: &str, from: &str, to: &str) {
        let of = self.by_model.entry(model.to_owned()).or_default();
        let mut found = of.found.iter_mut();
        if let Some(stored) = found.find(|it| it.direction.name == from) {
            // Older steps keep the one with the old name.
            Arc::make_mut(stored).direction.name = to.to_owned();
        }
        if of.hidden.remove(from) {
            of.hidden.insert(to.to_owned());
        }
    }

    /// Takes a direction off the lists of a model, or puts it back.
    pub fn hide(&mut self, model: &str, name: &str, is_hidden: bool) {
        let of = self.by_model.entry(model.to_owned()).or_default();
        if is_hidden {
            of.hidden.insert(name.to_owned());
        } else {
            of.hidden.remove(name);
        }
    }

    /// Forgets a direction that was found in a model.
    pub fn delete(&mut self, model: &str, name: &str) {
        let of = self.by_model.entry(model.to_owned()).or_default();
        of.found.retain(|stored| stored.direction.name != name);
        of.hidden.remove(name);
    }

    /// Adds directions whose effect was not measured. One of a known name stays as it is: what
    /// is shown was made with it. Returns the names that mean something else already.
    pub(in crate::app) fn adopt(
        &mut self,
        model: &str,
        directions: &[Direction],
        evidence: &str,
    ) -> Vec<String> {
        let of = self.by_model.entry(model.to_owned()).or_default();
        let mut taken = Vec::new();
        for direction in directions {
            let found = &mut of.found;
            match found
                .iter()
                .find(|known| known.direction.name == direction.name)
            {
                Some(known) if known.direction == *direction => {}
                Some(_) => taken.push(direction.name.clone()),
                None => found.push(Arc::new(StoredDirection {
                    direction: direction.clone(),
                    picture_change: 0.0,
                    evidence: evidence.to_owned(),
                })),
            }
        }
        taken
    }

    /// Adds what others found. One of a known name stays as it is.
    pub(in crate::app) fn take_over(&mut self, other: &Self) {
        for (model, theirs) in &other.by_model {
            let ours = self.by_model.get(model).map_or(&[][..], |of| &of.found);
            let is_new = |it: &&Arc<StoredDirection>| {
                let name = &it.direction.name;
                ours.iter().all(|known| known.direction.name != *name)
            };
            let new: Vec<_> = theirs.found.iter().filter(is_new).cloned().collect();
            // A model in which nothing was found gets no entry: the settings stay equal.
            if !new.is_empty() {
                let of = self.by_model.entry(model.clone()).or_default();
                of.found.extend(new);
            }
        }
    }

    /// Adds what was found; a direction of a known name takes its place.
    pub(super) fn add(&mut self, model: &str, found: Vec<FoundDirection>) {
        let of = self.by_model.entry(model.to_owned()).or_default();
        for new in found {
            let stored = Arc::new(StoredDirection {
                evidence: in_words(new.evidence),
                direction: new.direction,
                picture_change: new.picture_change,
            });
            let mut found = of.found.iter_mut();
            match found.find(|known| known.direction.name == stored.direction.name) {
                Some(known) => *known = stored,
                None => of.found.push(stored),
            }
        }
    }
}

pub(super) fn in_words(evidence: Evidence) -> String {
    let percent = |share: f32| share * 100.0;
    match evidence {
        Evidence::Variance { share } => {
            format!("{:.1} % of the spread of the codes", percent(share))
        }
        Evidence::PictureChange { share } => {
            format!("{:.1} % of all picture change", percent(share))
        }
        Evidence::Accuracy { accuracy, baseline } => format!(
            "separates {:.1} % of the codes (chance {:.1} %)",
            percent(accuracy),
            percent(baseline)
        ),
        Evidence::None => "a saved difference".to_owned(),
    }
}

/// Whether a direction may be called so.
///
/// # Errors
/// One sentence for the person who typed it.
pub fn check_name<'a>(name: &str, mut taken: impl Iterator<Item = &'a str>) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err("Enter a name".to_owned());
    }
    if name.chars().count() > MAX_NAME || name.chars().any(|c| c == '"' || c.is_control()) {
        return Err(format!(
            "A name has at most {MAX_NAME} letters and no quotation marks"
        ));
    }
    if raw_axis(name).is_some() {
        return Err(format!("{name} is the name of a raw dimension"));
    }
    if taken.any(|known| known == name) {
        return Err(format!("{name} is taken"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Shared, ToolSettings};
    use crate::latent::Space;

    #[test]
    fn names_are_sensible_and_unique() {
        let taken = || std::iter::once("smile");
        assert!(check_name("glasses", taken()).is_ok());
        for bad in ["", "  ", "z3", "smile", "a\"b", "a\nb", &"x".repeat(61)] {
            let sentence = check_name(bad, taken()).expect_err(bad);
            assert!(!sentence.is_empty());
        }
    }

    fn of_models(found: &[(&str, &[(&str, f32)])]) -> Settings {
        let stored = |&(name, value): &(&str, f32)| {
            Arc::new(StoredDirection {
                direction: Direction {
                    name: name.to_owned(),
                    space: Space::Z,
                    values: vec![value],
                },
                picture_change: 0.0,
                evidence: String::new(),
            })
        };
        let of = |&(model, found): &(&str, &[(&str, f32)])| {
            let found = found.iter().map(stored).collect();
            let hidden = BTreeSet::new();
            (model.to_owned(), OfModel { found, hidden })
        };
        Settings {
            by_model: found.iter().map(of).collect(),
        }
    }

    #[test]
    fn what_others_found_is_added_and_known_names_keep_their_values() {
        let mut ours = of_models(&[("faces", &[("smile", 1.0)])]);
        ours.hide("faces", "smile", true);
        let theirs = of_models(&[
            ("digits", &[("slant", 3.0)]),
            ("empty", &[]),
            ("faces", &[("glasses", 4.0), ("smile", 2.0)]),
        ]);
        let mut expected = of_models(&[
            ("digits", &[("slant", 3.0)]),
            ("faces", &[("smile", 1.0), ("glasses", 4.0)]),
        ]);
        expected.hide("faces", "smile", true);
        ours.take_over(&theirs);
        assert_eq!(ours, expected);
        ours.take_over(&theirs);
        assert_eq!(ours, expected);
    }

    #[test]
    fn all_settings_take_over_directions_and_nothing_else() {
        let mut ours = ToolSettings::default();
        let mut theirs = ToolSettings::default();
        theirs.arithmetic.strength = 0.3;
        ours.take_over_found(&theirs);
        assert_eq!(ours, ToolSettings::default());
        *theirs.directions = of_models(&[("faces", &[("smile", 1.0)])]);
        ours.take_over_found(&theirs);
        assert_eq!(ours.directions, theirs.directions);
        ours.directions = Shared::default();
        assert_eq!(ours, ToolSettings::default());
    }
}

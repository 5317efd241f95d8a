//! Directions: found in codes, measured by what they change, named by the user.
//!
//! What was found stays with the model that it was found in, as part of what undo and sessions
//! keep; the names of the loaded model's directions are usable as `dir("name")` everywhere.

use crate::app::jobs::Owner;
use crate::app::notices::Level;
use crate::app::pictures::{SetKey, Want};
use crate::app::{ByAddress, Derived, Desk};
use crate::document::StoredDirection;
use crate::engine::{DirectionSource, Evidence, FoundDirection, Job, JobId, ModelInfo};
use crate::latent::expr::{Expr, Walk, raw_axis};
use crate::latent::{Code, Direction};
use crate::model::directions::MeasuredDirection;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Seven pictures along the direction that is looked at.
pub const STRIP: SetKey = SetKey("direction strip");
/// The steps of the strip, in standard deviations.
pub const STRIP_SIGMAS: [f32; 7] = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
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

#[derive(Clone, PartialEq, Debug)]
pub enum Edit {
    Rename { from: String, to: String },
    Hide(String, bool),
    Delete(String),
}

/// A search under way and the direction that is looked at; no part of undo.
#[derive(Default, Debug)]
pub struct Live {
    running: Option<Search>,
    failure: Option<String>,
    looked_at: Option<String>,
    /// A difference whose value is being evaluated, and its name.
    saving: Option<(JobId, String)>,
    listed: Derived<(ByAddress<ModelInfo>, ByAddress<Settings>), Vec<Listed>>,
}

/// A search under way.
#[derive(Clone, Debug)]
pub struct Search {
    job: JobId,
    /// The hash of the model that is searched.
    model: String,
    done: usize,
    total: usize,
}

impl Live {
    /// How far the search has come, in steps of steps.
    pub fn progress(&self) -> Option<(usize, usize)> {
        self.running
            .as_ref()
            .map(|search| (search.done, search.total))
    }

    /// Why the last search found nothing.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// The direction whose strip is shown.
    pub fn looked_at(&self) -> Option<&str> {
        self.looked_at.as_deref()
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

    pub(super) fn apply(&mut self, edit: Edit, model: &ModelInfo) {
        let of = self.by_model.entry(model.id.hash.clone()).or_default();
        match edit {
            Edit::Rename { from, to } => {
                let mut found = of.found.iter_mut();
                if let Some(stored) = found.find(|it| it.direction.name == from) {
                    // Older steps keep the one with the old name.
                    Arc::make_mut(stored).direction.name = to.clone();
                }
                if of.hidden.remove(&from) {
                    of.hidden.insert(to);
                }
            }
            Edit::Hide(name, true) => {
                of.hidden.insert(name);
            }
            Edit::Hide(name, false) => {
                of.hidden.remove(&name);
            }
            Edit::Delete(name) => {
                of.found.retain(|stored| stored.direction.name != name);
                of.hidden.remove(&name);
            }
        }
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

    /// Adds what was found; a direction of a known name takes its place.
    fn add(&mut self, model: &str, found: Vec<FoundDirection>) {
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

fn in_words(evidence: Evidence) -> String {
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

impl Desk {
    /// The directions of the loaded model, as [`Settings::listed`] orders them.
    pub fn listed_directions(&self) -> Arc<Vec<Listed>> {
        let Some(model) = self.workspace.models.current() else {
            return Arc::default();
        };
        let settings = &self.tools.settings.directions;
        let key = (ByAddress::new(model), settings.address());
        let listed = &self.tools.directions.listed;
        listed.get(key, || settings.listed(model))
    }

    /// Searches directions in the loaded model.
    pub(in crate::app) fn find_directions(&mut self, source: DirectionSource) {
        let Some(model) = self.workspace.models.current().cloned() else {
            return;
        };
        self.stop_finding_directions();
        let search = Job::Directions {
            model: model.id.clone(),
            source,
        };
        let job = self.workspace.engine.submit(Owner::Directions, search);
        self.tools.directions.failure = None;
        self.tools.directions.running = Some(Search {
            job,
            model: model.id.hash.clone(),
            done: 0,
            total: 1,
        });
    }

    /// Makes a direction of the value of an expression, and has its effect measured.
    pub(in crate::app) fn save_direction(&mut self, name: String, expression: Expr) {
        let Some(model) = self.workspace.models.current().cloned() else {
            return;
        };
        let listed = self.listed_directions();
        let taken = listed.iter().map(|listed| listed.direction.name.as_str());
        if let Err(sentence) = check_name(&name, taken) {
            self.workspace.notices.push(Level::Error, sentence);
            return;
        }
        let evaluate = Job::Evaluate {
            shot: self.workspace.shot(&model.id, expression),
            names: Arc::clone(&self.workspace.names),
        };
        let job = self
            .workspace
            .engine
            .submit(Owner::DirectionValue, evaluate);
        self.tools.directions.saving = Some((job, name));
    }

    /// Takes the value of a direction that is to be saved.
    pub(in crate::app) fn on_direction_evaluated(&mut self, job: JobId, code: &Code) {
        let saving = &mut self.tools.directions.saving;
        let Some((_, name)) = saving.take_if(|(of, _)| *of == job) else {
            return;
        };
        if code.values.iter().all(|&value| value == 0.0) {
            let sentence = format!("The difference is zero, so {name} would have no effect");
            self.workspace.notices.push(Level::Error, sentence);
            return;
        }
        let direction = Direction {
            name,
            space: code.space,
            values: code.values.clone(),
        };
        self.find_directions(DirectionSource::Given(vec![direction]));
    }

    pub(in crate::app) fn stop_finding_directions(&mut self) {
        if let Some(search) = self.tools.directions.running.take() {
            self.workspace.engine.cancel(search.job);
        }
    }

    pub(in crate::app) fn look_at_direction(&mut self, name: String) {
        self.tools.directions.looked_at = Some(name);
    }

    pub(in crate::app) fn on_directions(&mut self, job: JobId, found: Vec<FoundDirection>) {
        let Some(search) = self
            .tools
            .directions
            .running
            .take_if(|search| search.job == job)
        else {
            return;
        };
        let first = found.first().map(|found| found.direction.name.clone());
        let count = found.len();
        self.tools
            .settings_mut()
            .directions
            .add(&search.model, found);
        self.workspace.touch();
        self.renew_names();
        if let Some(first) = first {
            let text = match count {
                1 => format!("Found the direction \"{first}\""),
                _ => format!("Found {count} directions"),
            };
            self.workspace.notices.push(Level::Done, text);
            self.tools.directions.looked_at = Some(first);
        }
    }

    pub(in crate::app) fn on_directions_progress(&mut self, job: JobId, done: usize, total: usize) {
        if let Some(search) = &mut self.tools.directions.running
            && search.job == job
        {
            (search.done, search.total) = (done, total);
        }
    }

    pub(in crate::app) fn on_directions_end(&mut self, job: JobId, failure: Option<&str>) {
        let running = &mut self.tools.directions.running;
        if running.take_if(|search| search.job == job).is_some() {
            self.tools.directions.failure = failure.map(str::to_owned);
        }
        let saving = &mut self.tools.directions.saving;
        if let Some(failure) = failure
            && let Some((_, name)) = saving.take_if(|(of, _)| *of == job)
        {
            let sentence = format!("The direction {name} was not saved: {failure}");
            self.workspace.notices.push(Level::Error, sentence);
        }
    }

    /// Renames a direction, also where the current expression names it.
    pub(super) fn rename_in_expression(&mut self, from: &str, to: Option<&str>) {
        let mut walk = Walk::from_expr(self.workspace.position.expression());
        if !walk.rename(from, to) {
            return;
        }
        self.workspace
            .edit_position(crate::app::Edit::Expression(walk.to_expr()));
    }

    /// The directions that were found in the loaded model.
    pub(in crate::app) fn found_directions(&self) -> Vec<Direction> {
        let settings = &self.tools.settings.directions;
        let of = self.workspace.model().and_then(|model| settings.of(model));
        let found = of.map_or(&[][..], |of| &of.found);
        found
            .iter()
            .map(|stored| stored.direction.clone())
            .collect()
    }

    /// The expression with a step along a direction, wherever in it that has to stand.
    pub fn stepped(&self, direction: &str, sigma: f32) -> Expr {
        self.workspace.edited(crate::app::Edit::Step {
            direction: direction.to_owned(),
            step: sigma,
        })
    }

    pub(super) fn directions_wants(&self, model: &ModelInfo) -> Vec<Want> {
        let strip = self
            .tools
            .directions
            .looked_at
            .as_ref()
            .map_or_else(Vec::new, |name| {
                STRIP_SIGMAS
                    .map(|sigma| Some(self.stepped(name, sigma)))
                    .to_vec()
            });
        vec![Want {
            key: STRIP,
            model: model.id.clone(),
            expressions: strip.into(),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sensible_and_unique() {
        let taken = || std::iter::once("smile");
        assert!(check_name("glasses", taken()).is_ok());
        for bad in ["", "  ", "z3", "smile", "a\"b", "a\nb", &"x".repeat(61)] {
            let sentence = check_name(bad, taken()).expect_err(bad);
            assert!(!sentence.is_empty());
        }
    }
}

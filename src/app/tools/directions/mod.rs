//! Directions: found in codes, measured by what they change, named by the user.
//!
//! What was found stays with the model that it was found in, as part of what undo and sessions
//! keep; the names of the loaded model's directions are usable as `dir("name")` everywhere.

pub(crate) mod panel;

use super::part::why_no_real_codes;
use super::{ToolContext, ToolInfo, ToolPart, ToolView};
use crate::app::notices::Level;
use crate::app::pictures::{PictureRequest, SetKey};
use crate::app::{ByAddress, Derived, Edit};
use crate::document::StoredDirection;
use crate::engine::{DirectionSource, Event, Evidence, FoundDirection, Job, JobId, ModelInfo};
use crate::latent::expr::{Expr, Walk, raw_axis};
use crate::latent::{Code, Direction};
use crate::learn::ToolName;
use crate::model::directions::MeasuredDirection;
use eframe::egui::Key;
use lucide_icons::Icon;
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

/// A search under way and the direction that is looked at; no part of undo.
#[derive(Default, Debug)]
pub struct Directions {
    running: Option<Search>,
    failure: Option<String>,
    looked_at: Option<String>,
    /// How often another direction was looked at.
    looks: u64,
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

impl Directions {
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

impl ToolView<'_, Directions> {
    /// The directions of the loaded model, as [`Settings::listed`] orders them.
    pub fn listed(&self) -> Arc<Vec<Listed>> {
        let Some(model) = self.workspace.models.current() else {
            return Arc::default();
        };
        let key = (ByAddress::new(model), self.settings.address());
        let listed = &self.tool.listed;
        listed.get(key, || self.settings.listed(model))
    }

    /// The directions that were found in the loaded model.
    pub fn found(&self) -> Vec<Direction> {
        let of = self
            .workspace
            .model()
            .and_then(|model| self.settings.of(model));
        let found = of.map_or(&[][..], |of| &of.found);
        found
            .iter()
            .map(|stored| stored.direction.clone())
            .collect()
    }

    /// The expression with a step along a direction, wherever in it that has to stand.
    pub fn stepped(&self, direction: &str, sigma: f32) -> Expr {
        self.workspace.edited(Edit::Step {
            direction: direction.to_owned(),
            step: sigma,
        })
    }
}

type Cx<'a> = ToolContext<'a, Directions>;

impl Directions {
    /// Searches directions in the loaded model.
    pub fn find(&mut self, cx: &mut Cx<'_>, source: DirectionSource) {
        let Some(model) = cx.workspace.model().map(|model| model.id.clone()) else {
            return;
        };
        self.stop_finding(cx);
        let job = cx.submit(Job::Directions {
            model: model.clone(),
            source,
        });
        self.failure = None;
        self.running = Some(Search {
            job,
            model: model.hash,
            done: 0,
            total: 1,
        });
    }

    pub fn stop_finding(&mut self, cx: &Cx<'_>) {
        if let Some(search) = self.running.take() {
            cx.workspace.engine.cancel(search.job);
        }
    }

    /// Makes a direction of the value of an expression, and has its effect measured.
    pub fn save(&mut self, cx: &mut Cx<'_>, name: String, expression: Expr) {
        let Some(model) = cx.workspace.models.current().cloned() else {
            return;
        };
        let listed = cx.view(self).listed();
        let taken = listed.iter().map(|listed| listed.direction.name.as_str());
        if let Err(sentence) = check_name(&name, taken) {
            cx.workspace.notices.push(Level::Error, sentence);
            return;
        }
        let job = cx.submit(Job::Evaluate {
            shot: cx.workspace.shot(&model.id, expression),
            names: Arc::clone(&cx.workspace.names),
        });
        self.saving = Some((job, name));
    }

    /// Shows seven pictures along a direction.
    pub fn look_at(&mut self, name: String) {
        self.looked_at = Some(name);
        self.looks += 1;
    }

    /// Gives a direction another name, also where the current expression names it.
    pub fn rename(cx: &mut Cx<'_>, from: &str, to: &str) {
        let Some(model) = cx.workspace.model().map(|model| model.id.hash.clone()) else {
            return;
        };
        cx.edit(|settings| settings.rename(&model, from, to));
        Self::rename_in_expression(cx, from, Some(to));
        cx.names_changed();
    }

    /// Takes a direction off the lists of the loaded model, or puts it back.
    pub fn hide(cx: &mut Cx<'_>, name: &str, is_hidden: bool) {
        let Some(model) = cx.workspace.model().map(|model| model.id.hash.clone()) else {
            return;
        };
        cx.edit(|settings| settings.hide(&model, name, is_hidden));
    }

    /// Forgets a direction, also in the current expression.
    pub fn delete(cx: &mut Cx<'_>, name: &str) {
        let Some(model) = cx.workspace.model().map(|model| model.id.hash.clone()) else {
            return;
        };
        cx.edit(|settings| settings.delete(&model, name));
        Self::rename_in_expression(cx, name, None);
        cx.names_changed();
    }

    /// Adds directions that came with a file; see [`Settings::adopt`].
    pub(in crate::app) fn adopt(
        cx: &mut Cx<'_>,
        model: &str,
        directions: &[Direction],
        evidence: &str,
    ) -> Vec<String> {
        let mut taken = Vec::new();
        cx.follow(|settings| taken = settings.adopt(model, directions, evidence));
        cx.names_changed();
        taken
    }

    fn rename_in_expression(cx: &mut Cx<'_>, from: &str, to: Option<&str>) {
        let mut walk = Walk::from_expr(cx.workspace.position.expression());
        if walk.rename(from, to) {
            let renamed = Edit::Expression(walk.to_expr());
            cx.workspace.edit_position(renamed);
        }
    }

    /// Takes the value of a direction that is to be saved.
    fn on_evaluated(&mut self, cx: &mut Cx<'_>, job: JobId, code: &Code) {
        let Some((_, name)) = self.saving.take_if(|(of, _)| *of == job) else {
            return;
        };
        if code.values.reals().iter().all(|&value| value == 0.0) {
            let sentence = format!("The difference is zero, so {name} would have no effect");
            cx.workspace.notices.push(Level::Error, sentence);
            return;
        }
        let direction = Direction {
            name,
            space: code.space,
            values: code.values.reals().to_vec(),
        };
        self.find(cx, DirectionSource::Given(vec![direction]));
    }

    fn on_found(&mut self, cx: &mut Cx<'_>, job: JobId, found: Vec<FoundDirection>) {
        let Some(search) = self.running.take_if(|search| search.job == job) else {
            return;
        };
        let first = found.first().map(|found| found.direction.name.clone());
        let count = found.len();
        cx.edit(|settings| settings.add(&search.model, found));
        cx.names_changed();
        if let Some(first) = first {
            let text = match count {
                1 => format!("Found the direction \"{first}\""),
                _ => format!("Found {count} directions"),
            };
            cx.workspace.notices.push(Level::Done, text);
            self.look_at(first);
        }
    }
}

impl ToolPart for Directions {
    const INFO: ToolInfo = ToolInfo {
        word: "Directions",
        name: "Directions",
        tooltip: "Find, measure and name directions that change one attribute",
        icon: Icon::Signpost,
        key: Some(Key::Num8),
        question_name: Some(ToolName::Directions),
    };

    fn why_not(model: &ModelInfo) -> Option<&'static str> {
        why_no_real_codes(model)
    }

    fn requests(view: ToolView<'_, Self>, model: &ModelInfo) -> Vec<PictureRequest> {
        // Undo may have taken it away.
        let listed = view.listed();
        let is_there = |name: &&String| listed.iter().any(|it| it.direction.name == **name);
        let strip = view
            .tool
            .looked_at
            .iter()
            .filter(is_there)
            .flat_map(|name| {
                let steps = STRIP_SIGMAS.into_iter();
                steps.map(move |sigma| view.stepped(name, sigma))
            });
        vec![PictureRequest::new(STRIP, model, strip)]
    }

    /// The direction whose strip is shown.
    fn revision(view: ToolView<'_, Self>) -> [u64; 2] {
        [view.tool.looks, 0]
    }

    fn on_event(&mut self, cx: &mut ToolContext<'_, Self>, event: Event) {
        match event {
            Event::Evaluated { job, code } => self.on_evaluated(cx, job, &code),
            Event::Directions { job, found } => self.on_found(cx, job, found),
            Event::Progress { job, done, total } => {
                if let Some(search) = self.running.as_mut().filter(|it| it.job == job) {
                    (search.done, search.total) = (done, total);
                }
            }
            _ => {}
        }
    }

    fn on_job_end(&mut self, cx: &mut ToolContext<'_, Self>, job: JobId, failure: Option<&str>) {
        if self.running.take_if(|search| search.job == job).is_some() {
            self.failure = failure.map(str::to_owned);
        }
        if let Some(failure) = failure
            && let Some((_, name)) = self.saving.take_if(|(of, _)| *of == job)
        {
            let sentence = format!("The direction {name} was not saved: {failure}");
            cx.workspace.notices.push(Level::Error, sentence);
        }
    }
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

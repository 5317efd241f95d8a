//! Directions: found in codes, measured by what they change, named by the user.
//!
//! What was found stays with the model that it was found in, as part of what undo and sessions
//! keep; the names of the loaded model's directions are usable as `dir("name")` everywhere.

pub(crate) mod panel;
mod settings;

pub use settings::{Listed, Measured, OfModel, Settings, check_name};

use super::part::why_no_real_codes;
use super::{ToolContext, ToolInfo, ToolPart, ToolView};
use crate::app::notices::Level;
use crate::app::pictures::{PictureRequest, SetKey};
use crate::app::{ByAddress, Derived, Edit};
use crate::document::direction_files::ReadDirections;
use crate::engine::{DirectionSource, Event, FoundDirection, Job, JobId, ModelInfo};
use crate::latent::expr::{Expr, Walk};
use crate::latent::{Code, Direction};
use crate::learn::ToolName;
use eframe::egui::Key;
use lucide_icons::Icon;
use std::path::Path;
use std::sync::Arc;

/// Seven pictures along the direction that is looked at.
pub const STRIP: SetKey = SetKey("direction strip");
/// The steps of the strip, in standard deviations.
pub const STRIP_SIGMAS: [f32; 7] = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0];

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
    first: Derived<(ByAddress<ModelInfo>, ByAddress<Settings>), Vec<Listed>>,
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

/// How many directions have sliders in Explore.
const FIRST: usize = 8;
const SMILE: &str = "smile";

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

    /// Those whose sliders Explore shows: the first that are not hidden.
    pub fn first(&self) -> Arc<Vec<Listed>> {
        let Some(model) = self.workspace.models.current() else {
            return Arc::default();
        };
        let key = (ByAddress::new(model), self.settings.address());
        self.tool.first.get(key, || {
            let hidden = self.settings.of(model).map(|of| &of.hidden);
            let is_shown = |listed: &&Listed| {
                hidden.is_none_or(|hidden| !hidden.contains(&listed.direction.name))
            };
            let listed = self.listed();
            listed
                .iter()
                .filter(is_shown)
                .take(FIRST)
                .cloned()
                .collect()
        })
    }

    /// The name of what a newcomer is told to move: a smile, which everybody understands, where it
    /// is among the first, else the first.
    pub fn to_try(&self) -> Option<String> {
        let first = self.first();
        let smile = first.iter().find(|listed| listed.direction.name == SMILE);
        let found = smile.or(first.first());
        found.map(|listed| listed.direction.name.clone())
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

    /// Has directions measured that came with a file for the model of a hash. Names that are taken get
    /// a number.
    pub(in crate::app) fn import(
        &mut self,
        cx: &mut Cx<'_>,
        path: &Path,
        read: ReadDirections,
        model: &str,
    ) {
        for note in read.notes {
            let sentence = format!("{}: {note}", path.display());
            cx.workspace.notices.push(Level::Warning, sentence);
        }
        if cx.workspace.model().is_none_or(|it| it.id.hash != model) {
            let sentence = format!("{}: another model was loaded meanwhile", path.display());
            cx.workspace.notices.push(Level::Error, sentence);
            return;
        }
        let listed = cx.view(self).listed();
        let mut taken: Vec<String> = listed.iter().map(|it| it.direction.name.clone()).collect();
        let mut directions = read.directions;
        for direction in &mut directions {
            let names = (1..).map(|number| match number {
                1 => direction.name.clone(),
                _ => format!("{} ({number})", direction.name),
            });
            let mut names = names.take(taken.len() + 2);
            let is_free =
                |name: &String| check_name(name, taken.iter().map(String::as_str)).is_ok();
            let Some(name) = names.find(is_free) else {
                let sentence = format!(
                    "{}: {:?} cannot be the name of a direction",
                    path.display(),
                    direction.name
                );
                cx.workspace.notices.push(Level::Error, sentence);
                return;
            };
            taken.push(name.clone());
            direction.name = name;
        }
        self.find(cx, DirectionSource::Given(directions));
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
        explained_by: "latent-directions",
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

//! Steps of the history: settling them, and going to them.

use super::links::{self, Visit, link_of};
use super::{KnownTools, unix_secs};
use crate::app::models::{default_source, source_title};
use crate::app::notices::Level;
use crate::app::tools::directions::OfModel;
use crate::app::{
    Action, AppState, Command, Composition, Edit, Loading, ThumbnailKey, Tool, ToolSettings,
};
use crate::document::{Change, ModelLink, NodeId, Session, StoredDirection};
use crate::engine::ModelSource;
use crate::latent::Shot;
use crate::latent::expr::{ParseError, parse};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a step remembers of the tools.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct RememberedTools {
    open: Tool,
    /// Files of the first program have the found directions in here, with all their values.
    settings: ToolSettings,
    /// The found directions by the hash of their model, as numbers of the session's list.
    #[serde(skip_serializing_if = "Option::is_none")]
    directions: Option<BTreeMap<String, NumberedDirections>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct NumberedDirections {
    found: Vec<usize>,
    hidden: BTreeSet<String>,
}

impl RememberedTools {
    /// The settings, with the directions that the numbers refer to in `stored`.
    fn into_settings(self, stored: &[Arc<StoredDirection>]) -> ToolSettings {
        let mut settings = self.settings;
        if let Some(by_model) = self.directions {
            let of_model = |numbered: NumberedDirections| OfModel {
                found: numbered
                    .found
                    .iter()
                    .filter_map(|&number| stored.get(number).cloned())
                    .collect(),
                hidden: numbered.hidden,
            };
            settings.directions.by_model = by_model
                .into_iter()
                .map(|(hash, numbered)| (hash, of_model(numbered)))
                .collect();
        }
        settings
    }
}

impl AppState {
    /// Makes the current place a step, if it is another one than the last.
    pub(in crate::app) fn settle(&mut self) {
        let is_held = self.workspace.models.is_visiting() || self.learning.holds_history();
        if !self.workspace.history.is_moving() || is_held {
            return;
        }
        let Some(place) = self.place() else { return };
        if self.workspace.history.settle(&place) {
            self.push_step();
        }
    }

    /// Makes the place of the start the first step.
    pub(in crate::app) fn begin_history(&mut self) {
        let Some(place) = self.place() else { return };
        self.workspace.history.arrive(place);
        self.push_step();
    }

    fn push_step(&mut self) {
        let Some(model) = self.workspace.models.current.clone() else {
            return;
        };
        self.remember_tools();
        self.session.is_substituted = false;
        self.change(Change::Step {
            model: link_of(&model),
            expression: self.workspace.position.expression().to_string(),
            conditions: self.workspace.position.conditions().clone(),
            sampler: self.workspace.position.sampler(),
            at_secs: unix_secs(),
        });
    }

    fn remember_tools(&mut self) {
        let now = KnownTools {
            open: self.tools.open(),
            settings: Arc::clone(self.tools.settings()),
        };
        if self.session.tools.as_ref() == Some(&now) {
            return;
        }
        let mut settings = (*now.settings).clone();
        let found = std::mem::take(&mut settings.directions);
        let remembered = RememberedTools {
            open: now.open,
            settings,
            directions: self.numbered_directions(&found.by_model),
        };
        match serde_json::to_value(&remembered) {
            Ok(value) => {
                self.change(Change::Tool(Some(value)));
                self.session.tools = Some(now);
            }
            Err(error) => log::error!("the settings of the tools cannot be kept: {error}"),
        }
    }

    /// What the settings say of found directions, with the values in the session: each of them
    /// is added once, when a step refers to it for the first time.
    fn numbered_directions(
        &mut self,
        by_model: &BTreeMap<String, OfModel>,
    ) -> Option<BTreeMap<String, NumberedDirections>> {
        let mut numbered = BTreeMap::new();
        for (hash, of) in by_model {
            let found = of
                .found
                .iter()
                .filter_map(|found| self.direction_number(found));
            let found = found.collect();
            let hidden = of.hidden.clone();
            numbered.insert(hash.clone(), NumberedDirections { found, hidden });
        }
        (!numbered.is_empty()).then_some(numbered)
    }

    fn direction_number(&mut self, found: &Arc<StoredDirection>) -> Option<usize> {
        let known = |session: &Session| {
            let stored = session.directions();
            let is_same = |it: &Arc<StoredDirection>| Arc::ptr_eq(it, found) || it == found;
            // The newest are referred to most.
            stored.iter().rposition(is_same)
        };
        known(&self.session.session).or_else(|| {
            let is_added = self.change(Change::AddDirection(Box::new((**found).clone())));
            is_added.then(|| self.session.session.directions().len() - 1)
        })
    }

    /// Shows what the tools were set to at the current step.
    fn recall_tools(&mut self, opens_tool: bool) {
        self.session.tools = None;
        let Some(value) = self.session.session.tool() else {
            return;
        };
        // Settings of another version leave the tools as they are.
        let Ok(remembered) = RememberedTools::deserialize(&**value) else {
            return;
        };
        let open = remembered.open;
        let stored = self.session.session.directions();
        let settings = Arc::new(remembered.into_settings(stored));
        self.restore_tools(Arc::clone(&settings));
        if opens_tool {
            self.tools.open = open;
        }
        self.session.tools = Some(KnownTools { open, settings });
    }

    /// Whether there is a step before, or something that would become one.
    pub(in crate::app) fn can_undo(&self) -> bool {
        self.session.session.history().undo_target().is_some()
            || self
                .place()
                .is_some_and(|place| self.workspace.history.differs(&place))
    }

    pub(in crate::app) fn can_redo(&self) -> bool {
        self.session.session.history().redo_target().is_some()
            && !self
                .place()
                .is_some_and(|place| self.workspace.history.differs(&place))
    }

    pub(in crate::app) fn undo(&mut self) {
        self.settle();
        if let Some(id) = self.session.session.history().undo_target() {
            self.go_to_step(id);
        }
    }

    pub(in crate::app) fn redo(&mut self) {
        self.settle();
        if let Some(id) = self.session.session.history().redo_target() {
            self.go_to_step(id);
        }
    }

    /// Goes to any step. What the hand has just done is settled before, so that it stays.
    pub(super) fn go_to_step(&mut self, id: NodeId) {
        self.abandon_scene();
        self.settle();
        if self.change(Change::GoTo(id)) {
            self.show_step(false);
        }
    }

    /// Shows the current step; `opens_tool` also opens the tool that was open there.
    pub(super) fn show_step(&mut self, opens_tool: bool) {
        self.workspace.player = None;
        self.session.is_substituted = false;
        let Some(state) = self.session.session.history().current_state().cloned() else {
            return;
        };
        self.recall_tools(opens_tool);
        match parse(&state.expression) {
            Ok(expression) => {
                let composition = Composition {
                    expression,
                    conditions: state.conditions,
                    sampler: state.sampler,
                };
                self.visit(state.model, composition, true);
            }
            Err(error) => {
                self.session.is_substituted = true;
                self.arrive();
                let sentence = format!(
                    "This version cannot read the expression of this step; it is kept as it is: {error}"
                );
                self.workspace.notices.push(Level::Warning, sentence);
            }
        }
    }

    /// Shows a composition under the model that it was made with. Where the history stands
    /// there already (`is_settled`), that is no step.
    pub(in crate::app) fn visit(
        &mut self,
        link: Arc<ModelLink>,
        composition: Composition,
        is_settled: bool,
    ) {
        self.workspace.player = None;
        let is_loaded = self
            .model()
            .is_some_and(|model| link_of(model).is_same_model(&link));
        if is_loaded && self.workspace.models.loading.is_none() {
            self.workspace.edit_position(Edit::Composition(composition));
            if is_settled {
                self.arrive();
            } else {
                self.workspace.touch();
            }
            return;
        }
        let file = self.session.standing.file.as_deref();
        let mut more = links::candidates(&link, file, self.workspace.models.choices());
        let Some(source) = more.pop_front() else {
            return;
        };
        self.begin_loading(Loading {
            source,
            then: Some(composition),
            visit: Some(Visit {
                link,
                more,
                is_settled,
            }),
        });
    }

    /// Whether something else is shown than the current step.
    pub(in crate::app) fn session_is_substituted(&self) -> bool {
        self.session.is_substituted
    }

    /// Takes what is shown for what was settled last.
    pub(in crate::app) fn take_for_settled(&mut self, is_substituted: bool) {
        self.session.is_substituted = is_substituted;
        self.arrive();
    }

    /// Takes what is shown for the current step.
    fn arrive(&mut self) {
        if let Some(place) = self.place() {
            self.workspace.history.arrive(place);
        }
    }

    /// After a model has come: where that puts the user in the history.
    pub(in crate::app) fn on_model_shown(&mut self, loading: &Loading, is_first: bool) {
        let visit = loading.visit.as_ref();
        if let (Some(visit), Some(model)) = (visit, self.workspace.models.current.clone())
            && !link_of(&model).is_same_model(&visit.link)
        {
            let sentence = format!(
                "{} is not the model that this was made with: its content is another, so the \
                 picture may be, too",
                source_title(&model.source)
            );
            self.workspace.notices.push(Level::Warning, sentence);
        }
        let state = self.session.session.history().current_state();
        let is_at_step = state.is_some_and(|state| {
            let model = self.workspace.models.current.as_deref();
            model.is_some_and(|model| link_of(model).is_same_model(&state.model))
        });
        let was_substituted = self.session.is_substituted;
        self.session.is_substituted &= !is_at_step;
        if self.session.session.history().is_empty() {
            self.begin_history();
        } else if visit.is_some_and(|visit| visit.is_settled)
            || (was_substituted && (is_at_step || is_first))
        {
            self.arrive();
        } else {
            self.workspace.touch();
        }
    }

    /// The composition of the current step, when something else is shown in its place.
    pub(in crate::app) fn substituted_composition(&self) -> Option<Composition> {
        if !self.session.is_substituted {
            return None;
        }
        let state = self.session.session.history().current_state()?;
        Some(Composition {
            expression: parse(&state.expression).ok()?,
            conditions: state.conditions.clone(),
            sampler: state.sampler,
        })
    }

    /// Looks elsewhere for a model that is not where a step says, or shows the step with
    /// another. Returns whether the failure is dealt with.
    pub(in crate::app) fn on_visit_failed(&mut self, loading: Loading, message: &str) -> bool {
        let Some(mut visit) = loading.visit else {
            return false;
        };
        if let Some(source) = visit.more.pop_front() {
            self.begin_loading(Loading {
                source,
                then: loading.then,
                visit: Some(visit),
            });
            return true;
        }
        let wanted = links::source_of(&visit.link);
        let substitute = self
            .model()
            .map_or_else(default_source, |model| model.source.clone());
        let kept = if visit.is_settled {
            "The step keeps its expression"
        } else {
            "The bookmark keeps its expression"
        };
        let sentence = format!(
            "{} is missing ({message}). {kept}; {} is shown meanwhile",
            where_it_was(&wanted),
            source_title(&substitute),
        );
        let find = super::offer_command("Find the model…", Command::OpenModel);
        self.workspace
            .notices
            .push_with(Level::Warning, sentence, find);
        if !visit.is_settled {
            return true;
        }
        self.session.is_substituted = true;
        if self.workspace.models.current.is_none() {
            self.begin_loading(Loading {
                source: substitute,
                then: loading.then,
                visit: None,
            });
            return true;
        }
        let understood = |it: &Composition| self.workspace.check(&it.expression).is_ok();
        if let Some(composition) = loading.then.filter(understood) {
            self.workspace.edit_position(Edit::Composition(composition));
        }
        self.arrive();
        true
    }

    /// What a thumbnail shows.
    ///
    /// # Errors
    ///
    /// When its expression cannot be read.
    pub(super) fn thumbnail_subject(&self, key: &ThumbnailKey) -> Option<Result<Shot, ParseError>> {
        let session = &self.session.session;
        match key {
            ThumbnailKey::Step(id) => {
                let state = &session.history().get(*id)?.state;
                let shot = |expression| Shot {
                    model: links::id_of(&state.model),
                    expression,
                    conditions: state.conditions.clone(),
                    sampler: state.sampler,
                };
                Some(parse(&state.expression).map(shot))
            }
            ThumbnailKey::Bookmark(name) => {
                let bookmark = session.bookmarks().get(name)?;
                let shot = |expression| Shot {
                    model: links::id_of(&bookmark.model),
                    expression,
                    conditions: bookmark.conditions.clone(),
                    sampler: bookmark.sampler,
                };
                Some(parse(&bookmark.expression).map(shot))
            }
        }
    }

    /// Whether the engine holds the model of a step or a bookmark, so that it has a picture.
    pub fn is_model_loaded(&self, link: &ModelLink) -> bool {
        self.thumbnails.is_loaded(&links::id_of(link))
    }

    /// Goes to a bookmark; that is a step of its own.
    pub(super) fn go_to_bookmark(&mut self, name: &str) {
        let Some(bookmark) = self.session.session.bookmarks().get(name) else {
            return;
        };
        match parse(&bookmark.expression) {
            Ok(expression) => {
                let link = Arc::new(bookmark.model.clone());
                let composition = Composition {
                    expression,
                    conditions: bookmark.conditions.clone(),
                    sampler: bookmark.sampler,
                };
                self.settle();
                self.visit(link, composition, false);
            }
            Err(error) => {
                let sentence = format!("@{name} has an expression that cannot be read: {error}");
                self.run(Action::Report(sentence));
            }
        }
    }
}

/// A name for people, with the path of a file.
fn where_it_was(source: &ModelSource) -> String {
    match source {
        ModelSource::Catalogue(_) => source_title(source),
        ModelSource::File(path) => path.display().to_string(),
    }
}

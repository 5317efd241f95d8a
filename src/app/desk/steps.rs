//! Steps of the history: settling them, and what they remember of the tools.

use super::Desk;
use crate::app::models::link_of;
use crate::app::notices::Until;
use crate::app::session::unix_secs;
use crate::app::tools::directions::OfModel;
use crate::app::{Tool, ToolSettings};
use crate::document::{Change, Session, StoredDirection};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the tools were set to when the session heard of it last.
#[derive(Clone, PartialEq, Debug)]
pub struct KnownTools {
    open: Tool,
    settings: Arc<ToolSettings>,
}

/// What a step remembers of the tools.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RememberedTools {
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
    /// All but the directions, which belong to the session.
    pub fn without_directions(open: Tool, mut settings: ToolSettings) -> Self {
        settings.directions = Default::default();
        Self {
            open,
            settings,
            directions: None,
        }
    }

    /// The tool that was open, and the settings with the directions that the numbers refer to in
    /// `stored`.
    pub fn into_settings(self, stored: &[Arc<StoredDirection>]) -> (Tool, ToolSettings) {
        let open = self.open;
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
        (open, settings)
    }
}

impl Desk {
    /// Makes the current place a step, if it is another one than the last.
    pub(in crate::app) fn settle(&mut self) {
        let is_step = self.is_unsettled();
        if !self.workspace.gesture.may_settle() {
            return;
        }
        let work = self.work();
        let goes_on = work.is_some() && work == self.settled_work;
        self.arrive();
        if is_step {
            self.push_step(goes_on);
        }
        self.settled_work = work;
    }

    /// Makes the place of the start the first step.
    pub(in crate::app) fn begin_history(&mut self) {
        if self.place().is_some() {
            self.arrive();
            self.push_step(false);
        }
    }

    /// Takes what is shown for the current step.
    pub(in crate::app) fn arrive(&mut self) {
        if let Some(place) = self.place() {
            self.settled = Some(place);
            self.settled_work = None;
            self.workspace.gesture.end();
        }
    }

    /// Makes what is shown a step; one that goes on with what the last one began takes its place.
    fn push_step(&mut self, goes_on: bool) {
        let Some(model) = self.workspace.model().map(link_of) else {
            return;
        };
        self.workspace.notices.end(Until::NextStep);
        self.remember_tools();
        self.session.is_substituted = false;
        let position = &self.workspace.position;
        self.change(Change::Step {
            model,
            expression: position.expression().to_string(),
            sampler: Box::new(position.sampler()),
            at_secs: unix_secs(),
            amends: goes_on,
        });
        if goes_on {
            self.session.forget_still();
        }
        let step = self.session.document().history().current();
        if let (Some(step), Some(tool)) = (step, self.opened_by_staging.take()) {
            self.tools_before.insert(step, tool);
        }
    }

    fn remember_tools(&mut self) {
        let now = KnownTools {
            open: self.tools.open(),
            settings: Arc::clone(self.tools.settings()),
        };
        if self.known_tools.as_ref() == Some(&now) {
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
                self.known_tools = Some(now);
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
        known(self.session.document()).or_else(|| {
            let is_added = self.change(Change::AddDirection(Box::new((**found).clone())));
            is_added.then(|| self.session.document().directions().len() - 1)
        })
    }

    /// Sets the tools as they were at the current step; `opens_tool` also opens the tool that was
    /// open there.
    pub(in crate::app) fn recall_tools(&mut self, opens_tool: bool) {
        self.known_tools = None;
        let Some(value) = self.session.document().tool() else {
            return;
        };
        // Settings of another version leave the tools as they are.
        let Ok(remembered) = RememberedTools::deserialize(&**value) else {
            return;
        };
        let stored = self.session.document().directions();
        let (open, settings) = remembered.into_settings(stored);
        let settings = Arc::new(settings);
        self.restore_tools(Arc::clone(&settings));
        if opens_tool {
            self.tools.open = open;
        }
        self.known_tools = Some(KnownTools { open, settings });
    }

    /// Whether settling the current place would be a step.
    fn is_unsettled(&self) -> bool {
        self.workspace.gesture.is_moving()
            && self
                .place()
                .is_some_and(|place| self.settled.as_ref() != Some(&place))
    }

    /// Forgets what was settled and what the session knows: another one is open.
    pub(in crate::app) fn forget_steps(&mut self) {
        self.settled = None;
        self.settled_work = None;
        self.known_tools = None;
        self.opened_by_staging = None;
        self.tools_before.clear();
        self.workspace.gesture.end();
    }

    /// The tool that was open before the current step, where going to a bookmark made the step and opened
    /// another.
    pub(in crate::app) fn tool_before_step(&self) -> Option<Tool> {
        let step = self.session.document().history().current()?;
        self.tools_before.get(&step).copied()
    }

    /// Whether there is a step before, or something that would become one.
    pub(in crate::app) fn can_undo(&self) -> bool {
        let has_step = self.session.document().history().undo_target().is_some();
        has_step || self.is_unsettled() || self.session.last_deleted().is_some()
    }

    pub(in crate::app) fn can_redo(&self) -> bool {
        self.session.document().history().redo_target().is_some() && !self.is_unsettled()
    }
}

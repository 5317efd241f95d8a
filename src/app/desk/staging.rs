//! How things stand on the window: what bookmarks and scene files keep beside the shot, and putting it
//! back.

use super::Desk;
use super::steps::RememberedTools;
use crate::app::{Effect, Tool, ToolSettings};
use crate::document::{Framing, NodeId, Staging};
use serde::Deserialize as _;
use serde_json::Value;
use std::sync::Arc;

/// A [`Staging`] whose settings this version understands.
#[derive(Clone, PartialEq, Debug)]
pub struct Staged {
    pub open: Tool,
    pub settings: Arc<ToolSettings>,
    pub framing: Framing,
}

impl Desk {
    /// How things stand now; `None` where the settings of the tools are too long to be kept.
    pub(in crate::app) fn staging(&self) -> Option<Staging> {
        self.staging_with((**self.tools.settings()).clone())
    }

    /// The same with other settings of the tools.
    pub(in crate::app) fn staging_with(&self, settings: ToolSettings) -> Option<Staging> {
        staging_with(self.tools.open(), settings, self.workspace.framing)
    }

    /// Asks for a name for a step of the history.
    pub(in crate::app) fn ask_for_name_of_step(&mut self, id: NodeId) {
        let step = self.session.document().history().get(id);
        let tools = step.and_then(|step| step.state.tool.clone());
        let staging = tools.and_then(|tools| staging_of(&tools));
        let (session, workspace) = (&mut self.session, &mut self.workspace);
        session.ask_for_name_of_step(workspace, id, staging);
    }

    /// What is kept as settings of today; `None` where this version does not understand it, which
    /// leaves the tools as they are.
    pub(in crate::app) fn staged(&self, staging: &Staging) -> Option<Staged> {
        let remembered = RememberedTools::deserialize(staging.value()?).ok()?;
        let (open, mut settings) = remembered.into_settings(&[]);
        // What was found in models belongs to the session.
        settings
            .directions
            .clone_from(&self.tools.settings().directions);
        Some(Staged {
            open,
            settings: Arc::new(settings),
            framing: staging.framing.bounded(),
        })
    }

    /// Puts the tools and the picture where they stood.
    pub(in crate::app) fn set_staged(&mut self, staged: Staged) {
        let before = self.tools.open();
        self.set_tools(staged.settings, staged.open);
        self.opened_by_staging = (before != staged.open).then_some(before);
        self.workspace.effects.push(Effect::Frame(staged.framing));
    }
}

fn staging_with(open: Tool, settings: ToolSettings, framing: Framing) -> Option<Staging> {
    let remembered = RememberedTools::without_directions(open, settings);
    let staging = Staging {
        tools: serde_json::to_string(&remembered).ok()?,
        framing,
    };
    staging.is_sound().then_some(staging)
}

/// From what a step remembers of the tools.
fn staging_of(tools: &Value) -> Option<Staging> {
    let remembered = RememberedTools::deserialize(tools).ok()?;
    let (open, settings) = remembered.into_settings(&[]);
    staging_with(open, settings, Framing::default())
}

//! Where the window goes: another model, a step, a bookmark, a file that was opened, a scene and
//! back.
//!
//! All of these are journeys: a model may have to be loaded, perhaps from one of several places,
//! before anything can be shown, and only then it is clear whether arriving is a step of the
//! history. The hazards are a person who loses work because something else was shown meanwhile,
//! and two journeys that get mixed up. So there is at most one journey, a newer one replaces it,
//! and what lies below a scene stays on a stack until the scene is left.

mod arrival;
mod journey;
mod places;
mod scene;
mod scene_steps;
mod sessions;

pub use scene::{OpenScene, SceneOrigin};

use super::desk::{Desk, renamed};
use super::models::link_of;
use super::{Composition, Edit, Position, Tool, ToolSettings, Workspace};
use crate::document::ModelLink;
use crate::engine::ModelSource;
use crate::latent::expr::Expr;
pub(in crate::app) use journey::Destination;
use journey::{Journey, Purpose};
use std::sync::Arc;

/// Where the window is going, and what lies below what it shows.
#[derive(Default, Debug)]
pub struct Navigation {
    journey: Option<Journey>,
    /// What comes back when what covers it is left, the oldest first. Today one: the user's own
    /// situation below a scene.
    below: Vec<Situation>,
    scene: Option<OpenScene>,
    scene_steps: scene_steps::SceneSteps,
}

/// All that is on the window at once.
#[derive(Clone, Debug)]
struct Situation {
    model: ModelSource,
    link: Arc<ModelLink>,
    position: Position,
    tools: Arc<ToolSettings>,
    open: Tool,
    is_substituted: bool,
}

impl Situation {
    /// What is on the window; `None` before the first model is there.
    fn current(desk: &Desk) -> Option<Self> {
        let model = desk.workspace.model()?;
        Some(Self {
            model: model.source.clone(),
            link: Arc::new(link_of(model)),
            position: desk.workspace.position.clone(),
            tools: Arc::clone(desk.tools.settings()),
            open: desk.tools.open(),
            is_substituted: desk.session.is_substituted,
        })
    }
}

impl Navigation {
    /// The scene that is open.
    pub fn scene(&self) -> Option<&OpenScene> {
        self.scene.as_ref()
    }

    /// Model and expression that are the user's own, also while a scene is open.
    pub fn own_place<'a>(
        &'a self,
        workspace: &'a Workspace,
    ) -> Option<(&'a ModelSource, &'a Expr)> {
        match self.below.first() {
            Some(own) => Some((&own.model, own.position.expression())),
            None => workspace
                .model()
                .map(|model| (&model.source, workspace.position.expression())),
        }
    }

    /// Renames a code in what is on its way, and in what lies below a scene.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        let journey = self.journey.as_mut();
        if let Some(destination) = journey.and_then(|journey| journey.destination.as_mut()) {
            destination.composition.expression.rename(from, to);
            if let Some(staged) = &mut destination.staged
                && let Some(settings) = renamed(&staged.settings, from, to)
            {
                staged.settings = settings;
            }
        }
        for situation in &mut self.below {
            let mut expression = situation.position.expression().clone();
            if expression.rename(from, to) {
                situation.position.edit(Edit::Expression(expression), None);
            }
            if let Some(tools) = renamed(&situation.tools, from, to) {
                situation.tools = tools;
            }
        }
    }

    /// Whether something of the session is on its way, so that what is shown is not its place yet.
    pub(super) fn is_visiting(&self) -> bool {
        let journey = self.journey.as_ref();
        let visits = journey.is_some_and(|journey| journey.purpose.visit().is_some());
        visits || self.is_leaving_scene()
    }

    /// Stays where the window is: what was on its way does not arrive any more.
    fn stay(&mut self, workspace: &mut Workspace) {
        // Without a model there is nowhere to stay: the one that is on its way is shown.
        if workspace.model().is_some() {
            self.journey = None;
            workspace.models.give_up(&workspace.engine);
        } else if let Some(journey) = &mut self.journey {
            journey.purpose = Purpose::Model;
            journey.destination = None;
        }
        self.hold_history(workspace);
    }

    /// Has another model loaded; the composition goes along, else the current one stays where
    /// the model understands it.
    pub(super) fn load(
        &mut self,
        workspace: &mut Workspace,
        source: ModelSource,
        composition: Option<Composition>,
    ) {
        let journey = Journey {
            purpose: Purpose::Model,
            source,
            destination: composition.map(Destination::from),
        };
        self.start(workspace, journey);
    }

    /// Sets out, instead of any journey that is under way.
    fn start(&mut self, workspace: &mut Workspace, journey: Journey) {
        // Who chooses something else while the way back from a scene is under way does not want
        // to go back any more.
        if self.is_leaving_scene() && !matches!(journey.purpose, Purpose::Return { .. }) {
            self.below.clear();
        }
        workspace.models.load(&workspace.engine, &journey.source);
        self.journey = Some(journey);
        self.hold_history(workspace);
    }

    /// Whether a scene was left, but its place is still to be given back.
    fn is_leaving_scene(&self) -> bool {
        self.scene.is_none() && !self.below.is_empty()
    }

    /// While a scene is on the window, and while a step or a bookmark is on its way, nothing
    /// becomes a step of the history.
    fn hold_history(&self, workspace: &mut Workspace) {
        let is_visiting = self
            .journey
            .as_ref()
            .is_some_and(|journey| journey.purpose.visit().is_some());
        workspace
            .gesture
            .hold(is_visiting || !self.below.is_empty());
    }
}

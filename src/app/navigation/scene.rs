//! Scenes: what a question or a file puts on the window, and the way back.
//!
//! The hazard here is a person who loses work: a scene moves model, expression and tools. While
//! one is open nothing becomes a step of the history, and leaving puts back everything that was
//! there before.

use super::journey::{Journey, Purpose};
use super::{Desk, Navigation, Situation};
use crate::app::notices::Level;
use crate::app::{Composition, Edit, Tool, ToolSettings};
use crate::document::ModelLink;
use crate::engine::{ModelInfo, ModelSource};
use crate::learn::{Control, Quantity};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a scene comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SceneOrigin {
    /// A question, by its id.
    Question(String),
    File(PathBuf),
}

impl Default for SceneOrigin {
    fn default() -> Self {
        Self::Question(String::new())
    }
}

/// A scene on the window.
#[derive(Clone, PartialEq, Debug)]
pub struct OpenScene {
    pub origin: SceneOrigin,
    pub title: Option<String>,
    pub caption: String,
    /// What it shows instead of the fitting demonstration.
    pub nearest: Option<String>,
    /// What is measured live of its picture.
    pub watch: Vec<Quantity>,
    pub locked: Vec<Control>,
    pub model: ModelSource,
    /// The very model that it was made with, where that is known.
    pub link: Option<Arc<ModelLink>>,
    /// Whether it is a whole scene, not only a picture that the text of a question shows.
    pub is_whole: bool,
}

impl OpenScene {
    /// Whether it is the scene of a question, or a picture of its text.
    pub fn is_of(&self, question: &str) -> bool {
        matches!(&self.origin, SceneOrigin::Question(id) if id == question)
    }
}

impl Navigation {
    /// Opens a scene, or another one in its place: the tool with what `preset` sets, and a
    /// picture of the scene's model. Returns whether it is open.
    pub(in crate::app) fn enter_scene(
        &mut self,
        desk: &mut Desk,
        scene: OpenScene,
        tool: Tool,
        composition: Composition,
        preset: impl FnOnce(&mut ToolSettings),
    ) -> bool {
        if !self.cover(desk) {
            return false;
        }
        self.scene_steps.begin(&scene.origin);
        desk.set_scene_codes(BTreeMap::new());
        desk.tools.open = tool;
        // What the caption describes, whatever the user has set; all of that comes back.
        let settings = desk.tools.settings_mut();
        *settings = ToolSettings {
            directions: settings.directions.clone(),
            ..ToolSettings::default()
        };
        preset(settings);
        self.show_in_scene(desk, scene, composition);
        true
    }

    /// Shows a picture in a scene; the tools stay as they are.
    pub(in crate::app) fn show_picture(
        &mut self,
        desk: &mut Desk,
        scene: impl FnOnce() -> OpenScene,
        question: &str,
        model: &str,
        composition: Composition,
    ) {
        if !self.cover(desk) {
            return;
        }
        let source = ModelSource::Catalogue(model.to_owned());
        let is_open = |open: &OpenScene| open.is_of(question) && open.model == source;
        self.scene_steps
            .begin(&SceneOrigin::Question(question.to_owned()));
        let open = self.scene.take().filter(is_open);
        self.show_in_scene(desk, open.unwrap_or_else(scene), composition);
    }

    /// Puts the user's own situation below what is to cover it, unless it lies there already.
    /// Returns whether it is safe.
    fn cover(&mut self, desk: &mut Desk) -> bool {
        desk.stop_playing();
        if !self.below.is_empty() {
            return true;
        }
        if desk.workspace.models.loading().is_some() {
            let sentence = "A model is being loaded; open the scene when it is ready";
            desk.workspace.notices.push(Level::Warning, sentence);
            return false;
        }
        // What the hand has just done is a step of its own.
        desk.settle();
        let Some(own) = Situation::current(desk) else {
            return false;
        };
        self.below.push(own);
        self.hold_history(&mut desk.workspace);
        true
    }

    fn show_in_scene(&mut self, desk: &mut Desk, scene: OpenScene, composition: Composition) {
        let workspace = &mut desk.workspace;
        workspace.locks.clone_from(&scene.locked);
        let source = scene.model.clone();
        self.scene = Some(scene);
        let is_here = workspace
            .model()
            .is_some_and(|model| model.source == source);
        if is_here && workspace.models.loading().is_none() {
            workspace.edit_position(Edit::Composition(composition));
            return;
        }
        let journey = Journey {
            purpose: Purpose::Scene,
            source,
            destination: Some(composition.into()),
        };
        self.start(workspace, journey);
    }

    fn uncover(&mut self, desk: &mut Desk) {
        self.scene = None;
        desk.workspace.locks.clear();
    }

    /// Leaves the scene: what was there before comes back.
    pub(in crate::app) fn leave_scene(&mut self, desk: &mut Desk) {
        let Some(own) = self.below.last().cloned() else {
            return;
        };
        self.uncover(desk);
        desk.stop_playing();
        desk.set_tools(Arc::clone(&own.tools), own.open);
        let models = &desk.workspace.models;
        if models.is_current(&own.link) && models.loading().is_none() {
            self.give_back(desk);
        } else {
            let composition = own.position.composition();
            self.visit(desk, own.link, composition, Purpose::Return);
        }
    }

    /// Gives the user's own situation back when its model has come; where somebody was quicker
    /// and has chosen another model, that one stays.
    pub(super) fn return_if_own(&mut self, desk: &mut Desk, model: &ModelInfo) {
        let link = super::link_of(model);
        let is_own = |own: &Situation| own.link.is_same_model(&link);
        if self.below.last().is_some_and(is_own) {
            self.give_back(desk);
        } else {
            self.below.clear();
            self.hold_history(&mut desk.workspace);
        }
    }

    /// Codes of a scene have names until the last picture of it is off the window.
    pub(in crate::app) fn forget_scene_codes(&self, desk: &mut Desk) {
        if self.below.is_empty() {
            desk.set_scene_codes(BTreeMap::new());
        }
    }

    fn give_back(&mut self, desk: &mut Desk) {
        let Some(own) = self.below.pop() else { return };
        desk.workspace.position = own.position;
        // While the model was on its way, tools have followed the expression of the scene.
        desk.set_tools(own.tools, own.open);
        desk.session.is_substituted = own.is_substituted;
        desk.arrive();
        self.hold_history(&mut desk.workspace);
    }

    /// Lets go of the scene because the window goes to another place of the session.
    pub(super) fn abandon_scene(&mut self, desk: &mut Desk) {
        self.uncover(desk);
        if let Some(own) = self.below.pop() {
            desk.stop_playing();
            desk.set_tools(own.tools, own.open);
            desk.workspace.gesture.end();
            self.hold_history(&mut desk.workspace);
        }
    }
}

//! Scenes: what a question puts on the window, and the way back.
//!
//! The hazard here is a person who loses work: a scene moves model, expression and tools. While
//! one is open nothing becomes a step of the history, and leaving puts back everything that was
//! there before.

use crate::app::models::CATALOGUE;
use crate::app::notices::Level;
use crate::app::session::link_of;
use crate::app::{AppState, Edit, Loading, Position, Tool, ToolSettings};
use crate::document::ModelLink;
use crate::engine::ModelSource;
use crate::latent::expr::Expr;
use crate::learn::{Control, Question, ToolName};
use std::sync::Arc;

/// A scene on the window.
#[derive(Clone, PartialEq, Debug)]
pub struct OpenScene {
    /// The id of its question.
    pub question: String,
    pub caption: String,
    /// What it shows instead of the fitting demonstration.
    pub nearest: Option<String>,
    pub locked: Vec<Control>,
    /// A built-in model by name.
    pub model: String,
    /// Whether it is the question's own scene, not only a picture that its text shows.
    pub is_whole: bool,
}

/// What was there before.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    model: ModelSource,
    link: Arc<ModelLink>,
    position: Position,
    settings: Arc<ToolSettings>,
    open: Tool,
    is_substituted: bool,
}

impl Kept {
    pub(super) fn place(&self) -> (&ModelSource, &Expr) {
        (&self.model, self.position.expression())
    }
}

/// The tool that a question speaks of.
pub fn tool_of(name: ToolName) -> Tool {
    Tool::of_question(name).unwrap_or_default()
}

/// How questions call a tool.
pub fn name_of(tool: Tool) -> ToolName {
    tool.info().question_name.unwrap_or(ToolName::Explore)
}

/// Why the scene of a question cannot be opened.
pub fn why_no_scene(question: &Question) -> Option<String> {
    let scene = question.scene.as_ref()?;
    let is_missing = |name: &str| !CATALOGUE.iter().any(|entry| entry.name == name);
    let missing = [Some(scene.model.as_str()), scene.beside.as_deref()];
    let missing = missing
        .into_iter()
        .flatten()
        .find(|name| is_missing(name))?;
    Some(format!("The model {missing} is not built in yet"))
}

impl AppState {
    /// Model and expression that are the person's own, also while a scene is open.
    pub fn own_place(&self) -> Option<(&ModelSource, &Expr)> {
        match &self.learning.kept {
            Some(kept) => Some(kept.place()),
            None => self
                .model()
                .map(|model| (&model.source, self.workspace.position.expression())),
        }
    }

    /// Opens the scene of a question, or opens it again.
    pub(super) fn enter_scene(&mut self, question: &Question) {
        let Some(scene) = &question.scene else { return };
        if let Some(why) = why_no_scene(question) {
            self.workspace.notices.push(Level::Warning, why);
            return;
        }
        if !self.keep_own_state() {
            return;
        }
        self.tools.open = tool_of(scene.tool);
        Arc::make_mut(&mut self.tools.settings).preset(scene);
        self.show_scene(OpenScene {
            question: question.id.clone(),
            caption: scene.caption.clone(),
            nearest: scene.nearest.clone(),
            locked: scene.locked.clone(),
            model: scene.model.clone(),
            is_whole: true,
        });
        self.put_on_window(&scene.model, scene.expression.expr.clone());
    }

    /// Shows a picture that a question speaks of; the open scene stays.
    pub(super) fn show_from(&mut self, question: &Question, model: &str, expression: &Expr) {
        if !CATALOGUE.iter().any(|entry| entry.name == model) {
            let why = format!("The model {model} is not built in yet");
            self.workspace.notices.push(Level::Warning, why);
            return;
        }
        if !self.keep_own_state() {
            return;
        }
        let is_open = |scene: &OpenScene| scene.question == question.id && scene.model == model;
        if !self.learning.scene.as_ref().is_some_and(is_open) {
            self.show_scene(OpenScene {
                question: question.id.clone(),
                caption: format!("Shown by: {}", question.question),
                nearest: None,
                locked: Vec::new(),
                model: model.to_owned(),
                is_whole: false,
            });
        }
        self.put_on_window(model, expression.clone());
    }

    /// Keeps what is there now, unless a scene is open already. Returns whether it is kept.
    fn keep_own_state(&mut self) -> bool {
        self.workspace.player = None;
        self.stop_way();
        if self.learning.kept.is_some() {
            return true;
        }
        let Some(model) = self.workspace.models.current.clone() else {
            return false;
        };
        if self.workspace.models.loading.is_some() {
            let sentence = "A model is being loaded; open the scene when it is ready";
            self.workspace.notices.push(Level::Warning, sentence);
            return false;
        }
        // What the hand has just done is a step of its own.
        self.settle();
        self.learning.kept = Some(Kept {
            model: model.source.clone(),
            link: Arc::new(link_of(&model)),
            position: self.workspace.position.clone(),
            settings: Arc::clone(&self.tools.settings),
            open: self.tools.open,
            is_substituted: self.session_is_substituted(),
        });
        true
    }

    fn show_scene(&mut self, scene: OpenScene) {
        self.workspace.locks.clone_from(&scene.locked);
        self.learning.scene = Some(scene);
    }

    fn hide_scene(&mut self) {
        self.workspace.locks.clear();
        self.learning.scene = None;
    }

    fn put_on_window(&mut self, model: &str, expression: Expr) {
        let source = ModelSource::Catalogue(model.to_owned());
        let is_here = self
            .workspace
            .model()
            .is_some_and(|model| model.source == source);
        if is_here && self.workspace.models.loading.is_none() {
            self.workspace
                .edit_position(Edit::Composition(expression.into()));
        } else {
            self.begin_loading(Loading {
                source,
                then: Some(expression.into()),
                visit: None,
            });
        }
    }

    /// Puts back what was there before the scene.
    pub(in crate::app) fn leave_scene(&mut self) {
        let Some(kept) = self.learning.kept.clone() else {
            return;
        };
        self.hide_scene();
        self.workspace.player = None;
        self.stop_way();
        self.tools.settings = Arc::clone(&kept.settings);
        self.tools.open = kept.open;
        self.renew_names();
        let is_here = self
            .model()
            .is_some_and(|model| link_of(model).is_same_model(&kept.link));
        if is_here && self.workspace.models.loading.is_none() {
            self.arrive_back();
        } else {
            let composition = kept.position.composition();
            self.visit(kept.link, composition, true);
        }
    }

    /// After a model has come: whether that ends the way back from a scene.
    pub(in crate::app) fn on_model_after_scene(&mut self) {
        if self.learning.scene.is_some() {
            return;
        }
        let is_own = |kept: &Kept| {
            self.workspace
                .model()
                .is_some_and(|model| link_of(model).is_same_model(&kept.link))
        };
        if self.learning.kept.as_ref().is_some_and(is_own) {
            self.arrive_back();
        } else {
            // The hand was quicker and has chosen another one.
            self.learning.kept = None;
        }
    }

    /// The own model is not there any more.
    pub(in crate::app) fn on_no_model_after_scene(&mut self) {
        if self.learning.scene.is_none() {
            self.learning.kept = None;
        }
    }

    fn arrive_back(&mut self) {
        let Some(kept) = self.learning.kept.take() else {
            return;
        };
        self.workspace.position = kept.position;
        // While the model was on its way, tools have followed the expression of the scene.
        self.tools.settings = kept.settings;
        self.take_for_settled(kept.is_substituted);
    }

    /// Lets go of the scene because the window goes to another place of the session.
    pub(in crate::app) fn abandon_scene(&mut self) {
        self.hide_scene();
        if let Some(kept) = self.learning.kept.take() {
            self.workspace.player = None;
            self.stop_way();
            self.tools.settings = kept.settings;
            self.tools.open = kept.open;
            self.workspace.history.forget_changes();
            self.renew_names();
        }
    }
}

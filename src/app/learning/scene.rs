//! The scenes of questions: which tool they open, what they set in it, and what they show.

use super::Learning;
use crate::app::models::CATALOGUE;
use crate::app::notices::Level;
use crate::app::{Composition, Desk, Navigation, OpenScene, SceneOrigin, Tool};
use crate::engine::ModelSource;
use crate::learn::{Depiction, Question, ToolName};

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

/// A picture of a question, drawn as its scene says.
fn drawn_as(question: &Question, depiction: Depiction) -> Composition {
    Composition {
        sampler: depiction.settings.on(question.sampler()),
        ..depiction.expression.into()
    }
}

impl Learning {
    /// Opens the scene of a question, or opens it again.
    pub(super) fn enter_scene(
        &mut self,
        desk: &mut Desk,
        navigation: &mut Navigation,
        question: &Question,
    ) {
        let Some(scene) = &question.scene else { return };
        if let Some(why) = why_no_scene(question) {
            desk.workspace.notices.push(Level::Warning, why);
            return;
        }
        let open = OpenScene {
            origin: SceneOrigin::Question(question.id.clone()),
            title: None,
            caption: scene.caption.clone(),
            nearest: scene.nearest.clone(),
            watch: scene.watch.clone(),
            locked: scene.locked.clone(),
            model: ModelSource::Catalogue(scene.model.clone()),
            link: None,
            is_whole: true,
        };
        let composition = drawn_as(question, scene.expression.depiction());
        navigation.enter_scene(desk, open, tool_of(scene.tool), composition, |settings| {
            settings.preset(scene);
        });
    }

    /// Shows a picture that a question speaks of; the open scene stays.
    pub(super) fn show_from(
        &mut self,
        desk: &mut Desk,
        navigation: &mut Navigation,
        question: &Question,
        model: &str,
        depiction: Depiction,
    ) {
        if !CATALOGUE.iter().any(|entry| entry.name == model) {
            let why = format!("The model {model} is not built in yet");
            desk.workspace.notices.push(Level::Warning, why);
            return;
        }
        let scene = || OpenScene {
            origin: SceneOrigin::Question(question.id.clone()),
            title: None,
            caption: format!("Shown by: {}", question.question),
            nearest: None,
            watch: Vec::new(),
            locked: Vec::new(),
            model: ModelSource::Catalogue(model.to_owned()),
            link: None,
            is_whole: false,
        };
        let composition = drawn_as(question, depiction);
        navigation.show_picture(desk, scene, &question.id, model, composition);
    }
}

//! The scenes of questions: which tool they open, what they set in it, and what they show.

use super::Learning;
use crate::app::models::CATALOGUE;
use crate::app::notices::Level;
use crate::app::tools::compare::PaneSettings;
use crate::app::tools::map::PlaneKind;
use crate::app::{Desk, Navigation, OpenScene, Tool, ToolSettings};
use crate::engine::ModelSource;
use crate::latent::expr::Expr;
use crate::latent::path::Method;
use crate::learn::question::Method as AuthorsMethod;
use crate::learn::{Formula, Preset, Question, ToolName};

/// The tool that a question speaks of.
pub fn tool_of(name: ToolName) -> Tool {
    match name {
        ToolName::Explore => Tool::Explore,
        ToolName::Interpolate => Tool::Interpolate,
        ToolName::Arithmetic => Tool::Arithmetic,
        ToolName::Styles => Tool::Styles,
        ToolName::Map => Tool::Map,
        ToolName::Encode => Tool::Encode,
        ToolName::Variations => Tool::Variations,
        ToolName::Directions => Tool::Directions,
        ToolName::Compare => Tool::Compare,
        ToolName::Where => Tool::Where,
    }
}

/// How questions call a tool.
pub fn name_of(tool: Tool) -> ToolName {
    let found = ToolName::ALL
        .into_iter()
        .find(|&name| tool_of(name) == tool);
    found.unwrap_or(ToolName::Explore)
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

fn expressions(formulas: &[Formula]) -> Vec<Expr> {
    formulas.iter().map(|it| it.expr.clone()).collect()
}

/// Puts what a scene says of its tool into the settings.
fn preset(settings: &mut ToolSettings, preset: Option<&Preset>, beside: Option<&str>) {
    if let Some(model) = beside {
        settings.compare.others = vec![PaneSettings {
            model: Some(ModelSource::Catalogue(model.to_owned())),
            ..PaneSettings::default()
        }];
    }
    match preset {
        None => {}
        Some(Preset::Interpolate {
            keyframes,
            method,
            closed,
        }) => {
            let way = &mut settings.interpolate;
            if !keyframes.is_empty() {
                way.keyframes = expressions(keyframes);
            }
            if let Some(method) = method {
                way.method = match method {
                    AuthorsMethod::Lerp => Method::Lerp,
                    AuthorsMethod::Slerp => Method::Slerp,
                };
            }
            way.closed = closed.unwrap_or(way.closed);
            way.sheet = false;
        }
        Some(Preset::Arithmetic {
            plus,
            minus,
            base,
            strength,
        }) => {
            let wells = &mut settings.arithmetic;
            wells.plus = expressions(plus);
            wells.minus = expressions(minus);
            wells.base = expressions(base);
            wells.strength = strength.map_or(1.0, |strength| strength as f32);
            wells.without = None;
        }
        Some(Preset::MapPlane(codes)) => {
            settings.map.kind = PlaneKind::Through;
            settings.map.through = codes.clone().map(|code| Some(code.expr));
        }
        Some(Preset::MapAxes(axes)) => {
            settings.map.kind = PlaneKind::Axes;
            settings.map.axes = *axes;
        }
        Some(Preset::Variations { sigma }) => {
            settings.variations.sigma = *sigma as f32;
            settings.variations.partner = None;
        }
        Some(Preset::Compare { psi }) => match settings.compare.others.first_mut() {
            Some(pane) => pane.psi = Some(*psi as f32),
            None => settings.compare.others.push(PaneSettings {
                psi: Some(*psi as f32),
                ..PaneSettings::default()
            }),
        },
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
            question: question.id.clone(),
            caption: scene.caption.clone(),
            nearest: scene.nearest.clone(),
            locked: scene.locked.clone(),
            model: scene.model.clone(),
            is_whole: true,
        };
        let composition = scene.expression.expr.clone().into();
        navigation.enter_scene(desk, open, tool_of(scene.tool), composition, |settings| {
            preset(settings, scene.preset.as_ref(), scene.beside.as_deref());
        });
    }

    /// Shows a picture that a question speaks of; the open scene stays.
    pub(super) fn show_from(
        &mut self,
        desk: &mut Desk,
        navigation: &mut Navigation,
        question: &Question,
        model: &str,
        expression: &Expr,
    ) {
        if !CATALOGUE.iter().any(|entry| entry.name == model) {
            let why = format!("The model {model} is not built in yet");
            desk.workspace.notices.push(Level::Warning, why);
            return;
        }
        let scene = || OpenScene {
            question: question.id.clone(),
            caption: format!("Shown by: {}", question.question),
            nearest: None,
            locked: Vec::new(),
            model: model.to_owned(),
            is_whole: false,
        };
        navigation.show_picture(desk, scene, &question.id, model, expression.clone().into());
    }
}

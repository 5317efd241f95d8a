//! The end of a journey: its model is there, or cannot be loaded.

use super::journey::{Journey, Purpose};
use super::{Desk, Navigation};
use crate::app::models::{default_source, link_of, source_of, source_title};
use crate::app::notices::{Level, Remedy};
use crate::app::{Command, Composition, DEFAULT_EXPRESSION, Edit};
use crate::engine::{ModelInfo, ModelSource};
use std::sync::Arc;

impl Navigation {
    /// Takes a model that has come.
    pub(in crate::app) fn on_loaded(&mut self, desk: &mut Desk, model: &Arc<ModelInfo>) {
        desk.session.thumbnails_mut().retry(Some(model.id.clone()));
        let is_first = desk.workspace.models.current().is_none();
        let workspace = &mut desk.workspace;
        // One that nobody waits for gave way to another, or stands beside the current one.
        if !workspace.models.arrive(model) {
            return;
        }
        let Some(journey) = self.journey.take() else {
            return;
        };
        workspace.preview.model_changed();
        workspace.pictures.forget(&workspace.engine);
        desk.stop_playing();
        desk.refresh_names();
        self.hold_history(&mut desk.workspace);
        let substituted = || {
            let is_substituted = desk.session.is_substituted;
            let current = desk.session.current_composition();
            current.filter(|_| is_substituted)?.ok()
        };
        let workspace = &desk.workspace;
        let understood = |it: &Composition| workspace.check(&it.expression).is_ok();
        // A model that is asked for other things may still have the code.
        let as_known = |it: &Composition| {
            let expression = workspace.arranged_for(model, &it.expression);
            Some(Composition {
                expression,
                ..it.clone()
            })
            .filter(understood)
        };
        let aim = journey.destination.clone();
        let composition = aim
            .as_ref()
            .map(|aim| aim.composition.clone())
            .or_else(substituted)
            .or_else(|| Some(workspace.position.composition()))
            .and_then(|it| {
                Some(it.clone())
                    .filter(understood)
                    .or_else(|| as_known(&it))
            })
            .unwrap_or_else(|| DEFAULT_EXPRESSION.into());
        desk.workspace.edit_position(Edit::Composition(composition));
        if let Some(staged) = aim.and_then(|aim| aim.staged) {
            desk.set_staged(staged);
        }
        arrive_in_history(desk, &journey, is_first);
        if journey.purpose == Purpose::Scene {
            self.note_other_model(desk, model);
        }
        if self.is_leaving_scene() {
            self.return_if_own(desk, model);
        }
    }

    /// Takes a failure: looks elsewhere for a model that is not where a step says, or shows the
    /// step with another.
    pub(in crate::app) fn on_load_failed(
        &mut self,
        desk: &mut Desk,
        source: &ModelSource,
        message: &str,
    ) {
        if !desk.workspace.models.fail(source, message) {
            return;
        }
        let Some(mut journey) = self.journey.take() else {
            return;
        };
        let next = journey.purpose.visit_mut().and_then(|visit| {
            visit.fault.get_or_insert_with(|| message.to_owned());
            visit.more.pop_front()
        });
        if let Some(source) = next {
            self.start(&mut desk.workspace, Journey { source, ..journey });
            return;
        }
        if journey.purpose.visit().is_some() {
            self.substitute(desk, journey);
        } else {
            let sentence = format!("{} was not loaded: {message}", source_title(source));
            desk.workspace.notices.push(Level::Error, sentence);
            if journey.purpose == Purpose::Scene {
                self.leave_scene(desk);
            }
            // Without any model the window would stay empty.
            let default = default_source();
            if desk.workspace.model().is_none() && *source != default {
                self.load(&mut desk.workspace, default, None);
            }
        }
        // The own model is not there any more.
        if self.is_leaving_scene() && self.journey.is_none() {
            self.below.clear();
        }
        self.hold_history(&mut desk.workspace);
    }

    /// Says where a scene was made with another model of the name.
    fn note_other_model(&self, desk: &mut Desk, model: &ModelInfo) {
        let link = self.scene.as_ref().and_then(|scene| scene.link.as_ref());
        if link.is_some_and(|link| !link.is_same_model(&link_of(model))) {
            let sentence = other_model(&model.source);
            desk.workspace.notices.push(Level::Warning, sentence);
        }
    }

    /// Says that the model of a step or a bookmark is missing, and shows a step with another.
    fn substitute(&mut self, desk: &mut Desk, journey: Journey) {
        let Some(visit) = journey.purpose.visit() else {
            return;
        };
        let substitute = desk
            .workspace
            .model()
            .map_or_else(default_source, |model| model.source.clone());
        let kept = if journey.purpose.is_settled() {
            "The step keeps its expression"
        } else {
            "Its expression is kept"
        };
        let fault = visit.fault.as_deref().unwrap_or("it cannot be read");
        let sentence = format!(
            "{} is missing ({fault}). {kept}; {} is shown meanwhile",
            where_it_was(&source_of(&visit.link)),
            source_title(&substitute),
        );
        let find = Remedy::Run {
            words: "Find the model…",
            command: Command::OpenModel,
        };
        desk.workspace
            .notices
            .push_with(Level::Warning, sentence, find);
        if !journey.purpose.is_settled() {
            // Without any model the window would stay empty.
            if desk.workspace.model().is_none() {
                if desk.session.document().history().is_empty() {
                    self.load(&mut desk.workspace, default_source(), None);
                } else {
                    self.show_step(desk, true);
                }
            }
            return;
        }
        desk.session.is_substituted = true;
        if desk.workspace.model().is_none() {
            let composition = journey.destination.map(|aim| aim.composition);
            self.load(&mut desk.workspace, substitute, composition);
            return;
        }
        let workspace = &mut desk.workspace;
        let understood = |it: &Composition| workspace.check(&it.expression).is_ok();
        let composition = journey.destination.map(|aim| aim.composition);
        if let Some(composition) = composition.filter(understood) {
            workspace.edit_position(Edit::Composition(composition));
        }
        desk.arrive();
    }
}

/// Says where a model that has come puts the user in the history.
fn arrive_in_history(desk: &mut Desk, journey: &Journey, is_first: bool) {
    let Some(model) = desk.workspace.models.current().cloned() else {
        return;
    };
    let link = link_of(&model);
    if let Some(visit) = journey.purpose.visit()
        && !link.is_same_model(&visit.link)
    {
        let sentence = other_model(&model.source);
        desk.workspace.notices.push(Level::Warning, sentence);
    }
    let is_at_step = desk.session.is_at_step(&link);
    let was_substituted = desk.session.is_substituted;
    desk.session.is_substituted &= !is_at_step;
    if desk.session.document().history().is_empty() {
        desk.begin_history();
    } else if journey.purpose.is_settled() || (was_substituted && (is_at_step || is_first)) {
        desk.arrive();
    } else if journey.purpose != Purpose::Scene {
        desk.workspace.touch();
    }
}

fn other_model(source: &ModelSource) -> String {
    format!(
        "{} is not the model that this was made with: its content is another, so the picture may be, too",
        source_title(source)
    )
}

/// A name for people, with the path of a file.
fn where_it_was(source: &ModelSource) -> String {
    match source {
        ModelSource::Catalogue(_) => source_title(source),
        ModelSource::File(path) => path.display().to_string(),
    }
}

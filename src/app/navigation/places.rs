//! Steps of the history, bookmarks and pictures that were opened.

use super::journey::{Destination, Journey, Purpose, Visit, candidates};
use super::{Desk, Navigation};
use crate::app::notices::Level;
use crate::app::{Composition, Edit};
use crate::document::{Change, ModelLink, NodeId};
use crate::latent::expr::parse;
use std::sync::Arc;

impl Navigation {
    pub(in crate::app) fn undo(&mut self, desk: &mut Desk) {
        if self.scene.is_some() {
            return self.step_in_scene(desk, true);
        }
        desk.settle();
        if let Some(name) = desk.session.last_deleted().map(str::to_owned) {
            desk.change(Change::RestoreBookmark(name));
            desk.refresh_names();
            return;
        }
        if let Some(id) = desk.session.document().history().undo_target() {
            self.go_to_step(desk, id);
        }
    }

    pub(in crate::app) fn redo(&mut self, desk: &mut Desk) {
        if self.scene.is_some() {
            return self.step_in_scene(desk, false);
        }
        desk.settle();
        if let Some(id) = desk.session.document().history().redo_target() {
            self.go_to_step(desk, id);
        }
    }

    /// Goes to any step. What the hand has just done is settled before, so that it stays.
    pub(in crate::app) fn go_to_step(&mut self, desk: &mut Desk, id: NodeId) {
        self.abandon_scene(desk);
        desk.settle();
        let history = desk.session.document().history();
        let parent = history
            .current()
            .and_then(|current| history.get(current)?.parent());
        let tool = desk.tool_before_step().filter(|_| parent == Some(id));
        if desk.change(Change::GoTo(id)) {
            self.show_step(desk, false);
            tool.into_iter().for_each(|tool| desk.open_tool(tool));
        }
    }

    /// Shows the current step; `opens_tool` also opens the tool that was open there.
    pub(in crate::app) fn show_step(&mut self, desk: &mut Desk, opens_tool: bool) {
        desk.stop_playing();
        desk.session.is_substituted = false;
        let Some(state) = desk.session.document().history().current_state() else {
            return;
        };
        let link = Arc::clone(&state.model);
        desk.recall_tools(opens_tool);
        match desk.session.current_composition() {
            Some(Ok(composition)) => self.visit(desk, link, composition, Purpose::Step),
            Some(Err(error)) => {
                desk.session.is_substituted = true;
                self.stay(&mut desk.workspace);
                desk.arrive();
                let sentence = format!(
                    "This version cannot read the expression of this step; it is kept as it is: {error}"
                );
                desk.workspace.notices.push(Level::Warning, sentence);
            }
            None => {}
        }
    }

    /// Goes to a bookmark; that is a step of its own.
    pub(in crate::app) fn go_to_bookmark(&mut self, desk: &mut Desk, name: &str) {
        let Some(bookmark) = desk.session.document().bookmarks().get(name) else {
            return;
        };
        match parse(&bookmark.expression) {
            Ok(expression) => {
                let link = Arc::new(bookmark.model.clone());
                let composition = Composition {
                    expression,
                    sampler: bookmark.sampler,
                };
                let staging = bookmark.staging.as_ref();
                let staged = staging.and_then(|staging| desk.staged(staging));
                desk.settle();
                let aim = Destination {
                    composition,
                    staged,
                };
                self.go_to_place(desk, link, aim);
            }
            Err(error) => {
                let sentence = format!("@{name} has an expression that cannot be read: {error}");
                desk.workspace.notices.push(Level::Error, sentence);
            }
        }
    }

    /// Goes to a composition under the model that it was made with; that is a step of its own.
    pub(in crate::app) fn go_to_place(
        &mut self,
        desk: &mut Desk,
        link: Arc<ModelLink>,
        aim: impl Into<Destination>,
    ) {
        self.visit(desk, link, aim.into(), Purpose::Place);
    }

    /// Shows a composition under the model that it was made with.
    pub(super) fn visit(
        &mut self,
        desk: &mut Desk,
        link: Arc<ModelLink>,
        aim: impl Into<Destination>,
        purpose: fn(Visit) -> Purpose,
    ) {
        desk.stop_playing();
        let aim = aim.into();
        let workspace = &mut desk.workspace;
        let models = &workspace.models;
        let found = models.found(&link);
        let mut more = candidates(&link, desk.session.file(), found, models.choices());
        let Some(source) = more.pop_front() else {
            return;
        };
        let is_loaded = workspace.models.is_current(&link) && workspace.models.loading().is_none();
        let purpose = purpose(Visit {
            link,
            more,
            fault: None,
        });
        if is_loaded {
            workspace.edit_position(Edit::Composition(aim.composition));
            if let Some(staged) = aim.staged {
                desk.set_staged(staged);
            }
            if purpose.is_settled() {
                desk.arrive();
            } else {
                desk.workspace.touch();
            }
            return;
        }
        let journey = Journey {
            purpose,
            source,
            destination: Some(aim),
        };
        self.start(workspace, journey);
    }
}

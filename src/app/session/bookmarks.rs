//! Making, naming and deleting bookmarks.

use super::links::{id_of, link_of};
use super::{SessionAction, capitalised, offer, unix_secs};
use crate::app::jobs::Owner;
use crate::app::notices::Level;
use crate::app::{Action, AppState, Composition, Edit, Overlay, ThumbnailKey, ToolSettings};
use crate::document::bookmarks::renamed_in_json;
use crate::document::{Bookmark, Change, ModelLink, NodeId};
use crate::engine::{Job, JobId};
use crate::latent::expr::{Expr, parse};
use crate::latent::{Code, Conditions, Sampler};
use serde::Deserialize as _;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a name is asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Bookmarking {
    pub composition: Composition,
    pub model: ModelLink,
    pub suggested_name: String,
    /// No two questions have the same.
    pub id: u64,
}

/// Bookmarks whose codes the engine evaluates.
#[derive(Default, Debug)]
pub(super) struct Naming {
    evaluating: BTreeMap<JobId, Bookmark>,
    next_id: u64,
}

impl AppState {
    /// Asks for a name for what is shown.
    pub(in crate::app) fn ask_for_name_here(&mut self) {
        self.ask_for_name(self.workspace.position.expression().clone());
    }

    pub(super) fn ask_for_name(&mut self, expression: Expr) {
        if let Some(model) = self.workspace.model() {
            let model = link_of(model);
            let composition = Composition {
                expression,
                ..self.workspace.position.composition()
            };
            self.ask(composition, model);
        }
    }

    pub(super) fn ask_for_name_of_step(&mut self, id: NodeId) {
        let Some(step) = self.session.session.history().get(id) else {
            return;
        };
        let model = (*step.state.model).clone();
        match parse(&step.state.expression) {
            Ok(expression) => {
                let composition = Composition {
                    expression,
                    conditions: step.state.conditions.clone(),
                    sampler: step.state.sampler,
                };
                self.ask(composition, model);
            }
            Err(error) => {
                let sentence = format!("The expression of this step cannot be read: {error}");
                self.workspace.notices.push(Level::Error, sentence);
            }
        }
    }

    fn ask(&mut self, composition: Composition, model: ModelLink) {
        self.session.naming.next_id += 1;
        self.session.bookmarking = Some(Bookmarking {
            suggested_name: self.free_name(&composition.expression),
            composition,
            model,
            id: self.session.naming.next_id,
        });
        self.workspace.modes.overlay = Overlay::Bookmark;
    }

    /// A name that nobody has: that of the seed, or a number.
    fn free_name(&self, expression: &Expr) -> String {
        match expression {
            Expr::Seed(seed) => self.free_code_name(&format!("seed{seed}")),
            _ => self.free_code_name("code"),
        }
    }

    /// A name that nobody has: `stem`, or `stem` with a number.
    pub fn free_code_name(&self, stem: &str) -> String {
        let stem = stem.to_owned();
        let count = self.session.session.bookmarks().all().len();
        std::iter::once(stem.clone())
            .chain((2..count + 3).map(|number| format!("{stem}-{number}")))
            .find(|name| self.check_bookmark_name(name).is_ok())
            .unwrap_or(stem)
    }

    /// Whether a bookmark may get this name, as far as is known at once.
    ///
    /// # Errors
    ///
    /// Why not, as a sentence.
    pub fn check_bookmark_name(&self, name: &str) -> Result<(), String> {
        let bookmarks = self.session.session.bookmarks();
        bookmarks
            .check_new_name(name)
            .map_err(|error| capitalised(&error.to_string()))?;
        match self.workspace.model() {
            Some(model) if model.named.contains_key(name) => Err(format!(
                "{} has a code of its own named @{name}",
                model.manifest.title
            )),
            _ => Ok(()),
        }
    }

    /// As [`Self::check_bookmark_name`], looking through the whole history: a name that steps
    /// use for a code of a model must not mean something else from now on.
    fn check_name_in_history(&self, name: &str) -> Result<(), String> {
        self.check_bookmark_name(name)?;
        let session = &self.session.session;
        if session.bookmarks().find(name).is_none() && session.uses_name(name) {
            return Err(format!(
                "Steps of the history use @{name} for a code of their model; choose another name"
            ));
        }
        Ok(())
    }

    /// Has the code evaluated that was asked about; it gets its name when it is there.
    pub(super) fn add_bookmark(&mut self, name: String, tags: Vec<String>, note: String) {
        let Some(subject) = self.session.bookmarking.take() else {
            return;
        };
        if let Err(sentence) = self.check_name_in_history(&name) {
            self.workspace.notices.push(Level::Error, sentence);
            self.session.bookmarking = Some(subject);
            return;
        }
        if self.workspace.modes.overlay == Overlay::Bookmark {
            self.workspace.modes.overlay = Overlay::None;
        }
        let evaluate = Job::Evaluate {
            shot: subject.composition.shot(&id_of(&subject.model)),
            names: Arc::clone(&self.workspace.names),
        };
        let job = self.workspace.engine.submit(Owner::Naming, evaluate);
        let bookmark = Bookmark {
            name,
            tags,
            note,
            expression: subject.composition.expression.to_string(),
            conditions: subject.composition.conditions,
            sampler: subject.composition.sampler,
            model: subject.model,
            created_secs: unix_secs(),
            code: Code::vector(crate::latent::Space::Z, Vec::new()),
            is_deleted: false,
        };
        self.session.naming.evaluating.insert(job, bookmark);
    }

    /// Gives a code that no expression makes a name: a bookmark whose expression is its own
    /// name. Returns whether it has the name now.
    pub(in crate::app) fn name_code(
        &mut self,
        name: &str,
        tags: &[String],
        code: Code,
        model: ModelLink,
    ) -> bool {
        if let Err(sentence) = self.check_name_in_history(name) {
            self.workspace.notices.push(Level::Error, sentence);
            return false;
        }
        let bookmark = Bookmark {
            name: name.to_owned(),
            tags: tags.to_vec(),
            note: String::new(),
            expression: Expr::Named(name.to_owned()).to_string(),
            conditions: Conditions::default(),
            sampler: Sampler::default(),
            model,
            created_secs: unix_secs(),
            code,
            is_deleted: false,
        };
        let is_named = self.change(Change::AddBookmark(Box::new(bookmark)));
        if is_named {
            self.renew_names();
        }
        is_named
    }

    /// Gives a code that was found for a picture a name, and goes there.
    pub(super) fn name_found_code(&mut self, name: &str, code: Code) {
        let Some(model) = self.workspace.model().map(link_of) else {
            return;
        };
        if self.name_code(name, &[], code, model) {
            let named = Edit::Expression(Expr::Named(name.to_owned()));
            self.workspace.edit(named);
            let sentence = format!("The code of the picture is @{name} now");
            self.workspace.notices.push(Level::Done, sentence);
        }
    }

    /// Takes the code of a bookmark.
    pub(in crate::app) fn on_evaluated(&mut self, job: JobId, code: Code) {
        let Some(mut bookmark) = self.session.naming.evaluating.remove(&job) else {
            return;
        };
        bookmark.code = code;
        let name = bookmark.name.clone();
        if self.change(Change::AddBookmark(Box::new(bookmark))) {
            self.thumbnails
                .remove(&ThumbnailKey::Bookmark(name.clone()));
            self.renew_names();
            let sentence = format!("@{name} is a bookmark now, to be used in any expression");
            self.workspace.notices.push(Level::Done, sentence);
        }
    }

    /// Notes that a code could not be evaluated.
    pub(in crate::app) fn on_evaluation_failed(&mut self, job: JobId, message: &str) {
        if let Some(bookmark) = self.session.naming.evaluating.remove(&job) {
            let sentence = format!("@{} was not made: {message}", bookmark.name);
            self.workspace.notices.push(Level::Error, sentence);
        }
    }

    /// Whether a bookmark is being made.
    pub fn is_naming(&self) -> bool {
        !self.session.naming.evaluating.is_empty()
    }

    pub(super) fn cancel_naming(&mut self) {
        for job in std::mem::take(&mut self.session.naming.evaluating).into_keys() {
            self.workspace.engine.cancel(job);
        }
    }

    /// Gives a bookmark another name, also in all that uses it.
    pub(super) fn rename_bookmark(&mut self, from: String, to: String) {
        if let Err(sentence) = self.check_name_in_history(&to) {
            self.workspace.notices.push(Level::Error, sentence);
            return;
        }
        let rename = Change::RenameBookmark {
            from: from.clone(),
            to: to.clone(),
        };
        if !self.change(rename) {
            return;
        }
        // What is shown is the same in other words: no step.
        let was_moving = self.workspace.history.is_moving();
        let mut expression = self.workspace.position.expression().clone();
        if expression.rename(&from, &to) {
            self.workspace.edit_position(Edit::Expression(expression));
        }
        self.rename_in_tools(&from, &to);
        if let (false, Some(place)) = (was_moving, self.place()) {
            self.workspace.history.arrive(place);
        }
        self.thumbnails.remove(&ThumbnailKey::Bookmark(from));
        self.renew_names();
    }

    fn rename_in_tools(&mut self, from: &str, to: &str) {
        // Directions hold no expressions, and their values are many.
        let mut settings = (**self.tools.settings()).clone();
        let directions = std::mem::take(&mut settings.directions);
        let settings = serde_json::to_value(settings);
        let renamed = settings.ok().and_then(|it| renamed_in_json(&it, from, to));
        if let Some(Ok(mut settings)) = renamed.map(ToolSettings::deserialize) {
            settings.directions = directions;
            let open = self.tools.open();
            self.restore_tools(Arc::new(settings));
            self.tools.open = open;
        }
    }

    /// Takes a bookmark off the list. Steps that use it keep its code.
    pub(super) fn delete_bookmark(&mut self, name: String) {
        if self.change(Change::DeleteBookmark(name.clone())) {
            self.renew_names();
            let sentence = format!("Deleted @{name}");
            let undo = offer(
                "Undo the deletion",
                Action::Session(SessionAction::RestoreBookmark(name)),
            );
            self.workspace
                .notices
                .push_with(Level::Done, sentence, undo);
        }
    }
}

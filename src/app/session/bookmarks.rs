//! Making, naming and deleting bookmarks.

use super::{OpenSession, ThumbnailKey, unix_secs};
use crate::app::jobs::Owner;
use crate::app::models::{id_of, link_of};
use crate::app::notices::{Level, Notices, Remedy};
use crate::app::sentences::capitalised;
use crate::app::{Composition, Overlay, Workspace};
use crate::document::{Bookmark, Change, ModelLink, NodeId, Staging};
use crate::engine::{Job, JobId};
use crate::latent::expr::{Expr, parse};
use crate::latent::{Code, Sampler};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a name is asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Bookmarking {
    pub composition: Composition,
    pub model: ModelLink,
    pub suggested_name: String,
    /// How it stands on the window, where it is what the window shows.
    pub staging: Option<Staging>,
    /// No two questions have the same.
    pub id: u64,
}

/// Bookmarks whose codes the engine evaluates.
#[derive(Default, Debug)]
pub(super) struct Naming {
    evaluating: BTreeMap<JobId, Bookmark>,
    next_id: u64,
}

impl OpenSession {
    /// Asks for a name for what is shown.
    pub(in crate::app) fn ask_for_name_here(
        &mut self,
        workspace: &mut Workspace,
        staging: Option<Staging>,
    ) {
        if let Some(model) = workspace.model() {
            let model = link_of(model);
            self.ask(workspace, workspace.position.composition(), model, staging);
        }
    }

    /// Asks for a name for another code than the one that is shown.
    pub(in crate::app) fn ask_for_name(&mut self, workspace: &mut Workspace, expression: Expr) {
        if let Some(model) = workspace.model() {
            let model = link_of(model);
            let composition = Composition {
                expression,
                ..workspace.position.composition()
            };
            self.ask(workspace, composition, model, None);
        }
    }

    pub(in crate::app) fn ask_for_name_of_step(
        &mut self,
        workspace: &mut Workspace,
        id: NodeId,
        staging: Option<Staging>,
    ) {
        let Some(step) = self.session.history().get(id) else {
            return;
        };
        let model = (*step.state.model).clone();
        match parse(&step.state.expression) {
            Ok(expression) => {
                let composition = Composition {
                    expression,
                    sampler: step.state.sampler,
                };
                self.ask(workspace, composition, model, staging);
            }
            Err(error) => {
                let sentence = format!("The expression of this step cannot be read: {error}");
                workspace.notices.push(Level::Error, sentence);
            }
        }
    }

    fn ask(
        &mut self,
        workspace: &mut Workspace,
        composition: Composition,
        model: ModelLink,
        staging: Option<Staging>,
    ) {
        self.naming.next_id += 1;
        self.bookmarking = Some(Bookmarking {
            suggested_name: self.free_name(workspace, &composition.expression),
            composition,
            model,
            staging,
            id: self.naming.next_id,
        });
        workspace.modes.overlay = Overlay::Bookmark;
    }

    /// A name that nobody has: that of the seed, or a number.
    fn free_name(&self, workspace: &Workspace, expression: &Expr) -> String {
        match expression {
            Expr::Seed(seed) => self.free_code_name(workspace, &format!("seed{seed}")),
            _ => self.free_code_name(workspace, "code"),
        }
    }

    /// A name that nobody has: `stem`, or `stem` with a number.
    pub(in crate::app) fn free_code_name(&self, workspace: &Workspace, stem: &str) -> String {
        let stem = stem.to_owned();
        let count = self.session.bookmarks().all().len();
        std::iter::once(stem.clone())
            .chain((2..count + 3).map(|number| format!("{stem}-{number}")))
            .find(|name| self.check_bookmark_name(workspace, name).is_ok())
            .unwrap_or(stem)
    }

    /// Whether a bookmark may get this name, as far as is known at once.
    ///
    /// # Errors
    ///
    /// Why not, as a sentence.
    pub fn check_bookmark_name(&self, workspace: &Workspace, name: &str) -> Result<(), String> {
        let bookmarks = self.session.bookmarks();
        bookmarks
            .check_new_name(name)
            .map_err(|error| capitalised(&error.to_string()))?;
        if workspace.names.codes.contains_key(name) {
            return Err(format!("The scene has a code of its own named @{name}"));
        }
        match workspace.model() {
            Some(model) if model.named.contains_key(name) => Err(format!(
                "{} has a code of its own named @{name}",
                model.manifest.title
            )),
            _ => Ok(()),
        }
    }

    /// As [`Self::check_bookmark_name`], looking through the whole history: a name that steps
    /// use for a code of a model must not mean something else from now on.
    fn check_name_in_history(&self, workspace: &Workspace, name: &str) -> Result<(), String> {
        self.check_bookmark_name(workspace, name)?;
        let session = &self.session;
        if session.bookmarks().find(name).is_none() && session.uses_name(name) {
            return Err(format!(
                "Steps of the history use @{name} for a code of their model; choose another name"
            ));
        }
        Ok(())
    }

    /// Has the code evaluated that was asked about; it gets its name when it is there.
    pub(in crate::app) fn add_bookmark(
        &mut self,
        workspace: &mut Workspace,
        name: String,
        tags: Vec<String>,
        note: String,
    ) {
        let Some(subject) = self.bookmarking.take() else {
            return;
        };
        if let Err(sentence) = self.check_name_in_history(workspace, &name) {
            workspace.notices.push(Level::Error, sentence);
            self.bookmarking = Some(subject);
            return;
        }
        if workspace.modes.overlay == Overlay::Bookmark {
            workspace.modes.overlay = Overlay::None;
        }
        let evaluate = Job::Evaluate {
            shot: subject.composition.shot(&id_of(&subject.model)),
            names: Arc::clone(&workspace.names),
        };
        let job = workspace.engine.submit(Owner::Naming, evaluate);
        let expression = &subject.composition.expression;
        // Codes of a scene have no names any more when it is left; what they make has its own code.
        let used = workspace.names.used_by([expression]).codes;
        let of_scene = |name: &String| self.session.bookmarks().find(name).is_none();
        let expression = match used.keys().any(of_scene) {
            true => Expr::Named(name.clone()).to_string(),
            false => expression.to_string(),
        };
        let bookmark = Bookmark {
            name,
            tags,
            note,
            expression,
            sampler: subject.composition.sampler,
            model: subject.model,
            created_secs: unix_secs(),
            code: Code::vector(crate::latent::Space::Z, Vec::new()),
            staging: subject.staging,
            is_deleted: false,
        };
        self.naming.evaluating.insert(job, bookmark);
    }

    /// Gives a code that no expression makes a name: a bookmark whose expression is its own
    /// name. Returns whether it has the name now.
    pub(in crate::app) fn name_code(
        &mut self,
        workspace: &mut Workspace,
        name: &str,
        tags: &[String],
        code: Code,
        model: ModelLink,
    ) -> bool {
        if let Err(sentence) = self.check_name_in_history(workspace, name) {
            workspace.notices.push(Level::Error, sentence);
            return false;
        }
        let bookmark = Bookmark {
            name: name.to_owned(),
            tags: tags.to_vec(),
            note: String::new(),
            expression: Expr::Named(name.to_owned()).to_string(),
            sampler: Sampler::default(),
            model,
            created_secs: unix_secs(),
            code,
            staging: None,
            is_deleted: false,
        };
        self.change(
            &mut workspace.notices,
            Change::AddBookmark(Box::new(bookmark)),
        )
    }

    /// Takes the code of a bookmark. Returns whether it is one now.
    pub(in crate::app) fn on_evaluated(
        &mut self,
        workspace: &mut Workspace,
        job: JobId,
        code: Code,
    ) -> bool {
        let Some(mut bookmark) = self.naming.evaluating.remove(&job) else {
            return false;
        };
        bookmark.code = code;
        let name = bookmark.name.clone();
        let notices = &mut workspace.notices;
        if !self.change(notices, Change::AddBookmark(Box::new(bookmark))) {
            return false;
        }
        self.thumbnails
            .remove(&ThumbnailKey::Bookmark(name.clone()));
        let sentence = format!("@{name} is a bookmark now, to be used in any expression");
        notices.push(Level::Done, sentence);
        true
    }

    /// Notes that a code could not be evaluated.
    pub(in crate::app) fn on_evaluation_failed(
        &mut self,
        workspace: &mut Workspace,
        job: JobId,
        message: &str,
    ) {
        if let Some(bookmark) = self.naming.evaluating.remove(&job) {
            let sentence = format!("@{} was not made: {message}", bookmark.name);
            workspace.notices.push(Level::Error, sentence);
        }
    }

    pub(in crate::app) fn cancel_naming(&mut self, workspace: &mut Workspace) {
        for job in std::mem::take(&mut self.naming.evaluating).into_keys() {
            workspace.engine.cancel(job);
        }
    }

    /// Gives a bookmark another name in the document. Returns whether it has it now.
    pub(in crate::app) fn rename_bookmark(
        &mut self,
        workspace: &mut Workspace,
        from: &str,
        to: &str,
    ) -> bool {
        if let Err(sentence) = self.check_name_in_history(workspace, to) {
            workspace.notices.push(Level::Error, sentence);
            return false;
        }
        let rename = Change::RenameBookmark {
            from: from.to_owned(),
            to: to.to_owned(),
        };
        self.change(&mut workspace.notices, rename)
    }

    /// The bookmark whose deletion is the last thing that was done.
    pub(in crate::app) fn last_deleted(&self) -> Option<&str> {
        let (name, step) = self.deleted.last()?;
        let is_here = *step == self.session.history().current();
        let is_gone = self.session.bookmarks().get(name).is_none();
        (is_here && is_gone).then_some(name)
    }

    /// Takes a bookmark off the list. Steps that use it keep its code.
    pub(in crate::app) fn delete_bookmark(&mut self, notices: &mut Notices, name: String) {
        if self.change(notices, Change::DeleteBookmark(name.clone())) {
            let step = self.session.history().current();
            self.deleted.push((name.clone(), step));
            let sentence = format!("Deleted @{name}");
            notices.push_with(Level::Done, sentence, Remedy::RestoreBookmark(name));
        }
    }
}

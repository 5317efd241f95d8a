//! The session that is open: its document, its file, and the thread that keeps it.

mod bookmarks;
mod filmstrip;
mod store;
mod thumbnails;

pub use bookmarks::Bookmarking;
pub use filmstrip::Filmstrip;
pub use store::Report;
pub use thumbnails::{ThumbnailKey, Thumbnails};

use super::models::id_of;
use super::notices::{Level, Notices};
use super::sentences::capitalised;
use super::{Composition, Wake, Workspace};
use crate::document::autosave::StashedSession;
use crate::document::journal::SaveState;
use crate::document::session_file::ENDING;
use crate::document::{Change, ModelLink, ModelOrigin, NodeId, Session};
use crate::latent::Shot;
use crate::latent::expr::{ParseError, parse};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use store::SessionStore;

/// How many session files the menu remembers.
pub const MAX_RECENT: usize = 8;

/// The session that is open.
pub struct OpenSession {
    session: Session,
    save_state: SaveState,
    /// Grows with every change that is worth saving.
    revision: u64,
    /// The first revision of this session: earlier ones were of another.
    first_revision: u64,
    store: SessionStore,
    bookmarking: Option<Bookmarking>,
    naming: bookmarks::Naming,
    /// The bookmarks that were deleted since the last step, with that step.
    deleted: Vec<(String, Option<NodeId>)>,
    /// Whether something else is shown than the current step, whose model is not there.
    pub(super) is_substituted: bool,
    recent: Vec<PathBuf>,
    stashed: Vec<StashedSession>,
    /// What the command line asked for; it comes after what was left behind.
    startup: StartupRequest,
    filmstrip: Filmstrip,
    thumbnails: Thumbnails,
}

/// What the command line asked for.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct StartupRequest {
    /// A model that is to be shown whatever the session before showed.
    pub model: bool,
    pub session: Option<PathBuf>,
    /// Any other file, which comes last.
    pub file: Option<PathBuf>,
}

/// A session as people read it.
pub fn session_title(file: Option<&Path>) -> String {
    match file {
        Some(file) => file.file_name().map_or_else(
            || file.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        ),
        None => "Untitled".to_owned(),
    }
}

impl OpenSession {
    /// Begins with an empty session, and has the one before looked for in `folder`.
    pub(super) fn new(
        folder: Option<PathBuf>,
        recent: Vec<PathBuf>,
        startup: StartupRequest,
        wake: Wake,
    ) -> Self {
        Self {
            session: Session::default(),
            save_state: SaveState::default(),
            revision: 0,
            first_revision: 0,
            store: SessionStore::start(folder, wake),
            bookmarking: None,
            naming: bookmarks::Naming::default(),
            deleted: Vec::new(),
            is_substituted: false,
            recent,
            stashed: Vec::new(),
            startup,
            filmstrip: Filmstrip::default(),
            thumbnails: Thumbnails::default(),
        }
    }

    /// History and bookmarks.
    pub fn document(&self) -> &Session {
        &self.session
    }

    /// The session file, if it has one.
    pub fn file(&self) -> Option<&Path> {
        self.save_state.file.as_deref()
    }

    /// Grows with every change that a file would hold.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether its file lacks something.
    pub fn has_unsaved_changes(&self) -> bool {
        !self.save_state.is_saved && !self.session.is_pristine()
    }

    /// Has the still of the current step made again, which is another one now.
    pub(super) fn forget_still(&mut self) {
        self.filmstrip.clear();
        if let Some(current) = self.session.history().current() {
            self.thumbnails.remove(&ThumbnailKey::Step(current));
        }
    }

    /// Session files that were opened or saved, the latest first.
    pub fn recent(&self) -> &[PathBuf] {
        &self.recent
    }

    /// Sessions that made room for others, the latest first.
    pub fn stashed(&self) -> &[StashedSession] {
        &self.stashed
    }

    pub(super) fn set_stashed(&mut self, stashed: Vec<StashedSession>) {
        self.stashed = stashed;
    }

    /// The steps that the filmstrip shows.
    pub fn filmstrip(&self) -> &Filmstrip {
        &self.filmstrip
    }

    /// The small pictures of steps and bookmarks.
    pub fn thumbnails(&self) -> &Thumbnails {
        &self.thumbnails
    }

    pub(super) fn thumbnails_mut(&mut self) -> &mut Thumbnails {
        &mut self.thumbnails
    }

    /// The title of the window: the session and a mark where its file lacks something.
    pub fn window_title(&self) -> String {
        if self.file().is_none() && !self.has_unsaved_changes() {
            return "zscape".to_owned();
        }
        let mark = if self.has_unsaved_changes() { "*" } else { "" };
        format!("{}{mark} – zscape", session_title(self.file()))
    }

    /// The name to offer for the session's file.
    pub(super) fn suggested_file_name(&self) -> String {
        match self.file() {
            Some(file) => session_title(Some(file)),
            None => format!("session.{ENDING}"),
        }
    }

    /// What a name is asked for.
    pub fn bookmarking(&self) -> Option<&Bookmarking> {
        self.bookmarking.as_ref()
    }

    fn remember_recent(&mut self, path: &Path) {
        self.recent.retain(|known| known != path);
        self.recent.insert(0, path.to_owned());
        self.recent.truncate(MAX_RECENT);
    }

    /// Makes a change of the session. Returns whether it made sense.
    pub(super) fn change(&mut self, notices: &mut Notices, change: Change) -> bool {
        if let Err(error) = self.session.apply(&change) {
            notices.push(Level::Error, capitalised(&error.to_string()));
            return false;
        }
        if change.is_worth_saving() {
            self.revision += 1;
            self.save_state.is_saved = false;
        }
        self.store.change(change);
        true
    }

    /// Once in a frame. Returns whether something still waits to be handed over.
    pub(super) fn tick(&mut self) -> bool {
        self.filmstrip.follow(self.session.history());
        self.store.tick(&self.session, &self.save_state)
    }

    /// The next report of the session's thread.
    pub(super) fn try_report(&self) -> Option<Report> {
        self.store.try_report()
    }

    /// Has a file read; it comes as a report.
    pub(super) fn open_file(&mut self, path: PathBuf) {
        self.store.open(path);
    }

    /// Has the session written to a file; that comes as a report.
    pub(super) fn save_to(&mut self, path: PathBuf) {
        self.store.save(self.session.clone(), path, self.revision);
    }

    /// Notes that the session was written to a file.
    pub(super) fn on_saved(&mut self, path: PathBuf, revision: u64) {
        self.remember_recent(&path);
        // Another session has taken its place meanwhile: the file is not that one's.
        if revision < self.first_revision {
            return;
        }
        self.save_state.file = Some(path);
        // The hand may have gone on meanwhile.
        self.save_state.is_saved = revision == self.revision;
    }

    /// Notes that changes are not kept on the disk any more.
    pub(super) fn on_not_kept(&mut self) {
        self.store.mark_lost();
    }

    /// Has the whole session written down instead of the changes since.
    pub(super) fn rewrite(&mut self) {
        self.store.rewrite();
    }

    /// What the command line asked for, once.
    pub(super) fn take_startup(&mut self) -> StartupRequest {
        std::mem::take(&mut self.startup)
    }

    /// Puts a session aside that makes room for another.
    pub(super) fn stash(&mut self, session: Session) {
        self.store.stash(session);
    }

    pub(super) fn stash_if_unsaved(&mut self) {
        if self.has_unsaved_changes() {
            self.store.stash(self.session.clone());
        }
    }

    /// Puts a session in the place of the one that is open.
    pub(super) fn install(
        &mut self,
        workspace: &mut Workspace,
        session: Session,
        save_state: SaveState,
    ) {
        self.deleted.clear();
        let view = session.view();
        workspace.view.controls = view.controls;
        workspace.view.filmstrip = view.filmstrip;
        workspace.view.all_dims = view.all_dims;
        workspace.view.bookmarks = view.bookmarks;
        if let Some(file) = &save_state.file {
            self.remember_recent(&file.clone());
        }
        self.session = session;
        self.save_state = save_state;
        self.revision += 1;
        self.first_revision = self.revision;
        self.bookmarking = None;
        self.is_substituted = false;
        self.store.rewrite();
        self.cancel_naming(workspace);
        self.thumbnails.clear(&workspace.engine);
        self.filmstrip.clear();
    }

    /// Writes down what the next start is to find.
    pub(super) fn close(&mut self) {
        let keep = !self.session.is_pristine();
        self.store.close(&self.session, &self.save_state, keep);
    }

    /// What the current step shows.
    ///
    /// # Errors
    ///
    /// When its expression cannot be read.
    pub(super) fn current_composition(&self) -> Option<Result<Composition, ParseError>> {
        let state = self.session.history().current_state()?;
        let composition = |expression| Composition {
            expression,
            sampler: state.sampler,
        };
        Some(parse(&state.expression).map(composition))
    }

    /// Whether the model of the current step is a file, not a part of the program.
    pub(super) fn is_at_foreign_model(&self) -> bool {
        let state = self.session.history().current_state();
        state.is_some_and(|state| matches!(state.model.origin, ModelOrigin::File(_)))
    }

    /// Whether a model is that of the current step.
    pub(super) fn is_at_step(&self, link: &ModelLink) -> bool {
        let state = self.session.history().current_state();
        state.is_some_and(|state| link.is_same_model(&state.model))
    }

    /// What a thumbnail shows.
    ///
    /// # Errors
    ///
    /// When its expression cannot be read.
    fn thumbnail_subject(&self, key: &ThumbnailKey) -> Option<Result<Shot, ParseError>> {
        let (text, model, sampler): (&str, &ModelLink, _) = match key {
            ThumbnailKey::Step(id) => {
                let state = &self.session.history().get(*id)?.state;
                (&state.expression, state.model.as_ref(), state.sampler)
            }
            ThumbnailKey::Bookmark(name) => {
                let it = self.session.bookmarks().get(name)?;
                (&it.expression, &it.model, it.sampler)
            }
        };
        let shot = |expression| Shot {
            model: id_of(model),
            expression,
            sampler,
        };
        Some(parse(text).map(shot))
    }

    /// Notes which thumbnails are on the window, and asks for those that are not there.
    pub(super) fn show_thumbnails(&mut self, workspace: &mut Workspace, keys: &[ThumbnailKey]) {
        for key in keys {
            if !self.thumbnails.show(key) {
                continue;
            }
            match self.thumbnail_subject(key) {
                Some(Ok(shot)) if self.thumbnails.is_loaded(&shot.model) => {
                    let (engine, names) = (&mut workspace.engine, &workspace.names);
                    self.thumbnails.decode(engine, key.clone(), shot, names);
                }
                Some(Err(_)) => self.thumbnails.give_up(key.clone()),
                Some(Ok(_)) | None => {}
            }
        }
    }

    /// Whether the engine holds the model of a step or a bookmark, so that it has a picture.
    pub fn is_model_loaded(&self, link: &ModelLink) -> bool {
        self.thumbnails.is_loaded(&id_of(link))
    }
}

/// Seconds since 1970, UTC.
pub(in crate::app) fn unix_secs() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

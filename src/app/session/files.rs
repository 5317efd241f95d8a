//! Session files: new, open, save, and what earlier programs left behind.

use super::{Asked, offer, offer_command};
use crate::app::DEFAULT_EXPRESSION;
use crate::app::notices::Level;
use crate::app::{Action, AppState, Command, Edit, Effect, History, SessionAction};
use crate::document::Session;
use crate::document::autosave::Parked;
use crate::document::journal::{Recovered, Standing};
use crate::document::session_file::ENDING;
use std::path::{Path, PathBuf};

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

impl AppState {
    /// The title of the window: the session and a mark where its file lacks something.
    pub fn title(&self) -> String {
        let session = self.session();
        if session.file().is_none() && !session.has_unsaved_changes() {
            return "zscape".to_owned();
        }
        let mark = if session.has_unsaved_changes() {
            "*"
        } else {
            ""
        };
        format!("{}{mark} – zscape", session_title(session.file()))
    }

    /// Begins an empty session at the current place.
    pub(in crate::app) fn new_session(&mut self) {
        self.settle();
        self.park_if_unsaved();
        self.install(Session::default(), Standing::default());
        // It may have used a bookmark of the session before.
        if self
            .workspace
            .check(self.workspace.position.expression())
            .is_err()
        {
            self.workspace
                .edit_position(Edit::Expression(DEFAULT_EXPRESSION));
        }
        self.begin_history();
    }

    /// Asks for a place, or saves to the one there is.
    pub(in crate::app) fn save_session_command(&mut self, asks: bool) {
        match &self.session.standing.file {
            Some(file) if !asks => {
                let file = file.clone();
                self.save_session(file);
            }
            file => {
                let suggested_name = file.as_deref().map_or_else(
                    || format!("session.{ENDING}"),
                    |file| session_title(Some(file)),
                );
                self.workspace
                    .effects
                    .push(Effect::AskWhereToSaveSession { suggested_name });
            }
        }
    }

    pub(super) fn save_session(&mut self, path: PathBuf) {
        self.settle();
        let session = &mut self.session;
        let document = session.session.clone();
        session.keeper.save(document, path, session.revision);
    }

    pub(super) fn on_saved(&mut self, path: PathBuf, revision: u64) {
        let sentence = format!("Saved {}", path.display());
        self.workspace.notices.push(Level::Done, sentence);
        self.session.remember_recent(&path);
        self.session.standing.file = Some(path);
        // The hand may have gone on meanwhile.
        self.session.standing.is_saved = revision == self.session.revision;
    }

    pub(super) fn on_parked(&mut self, path: PathBuf, parked: Vec<Parked>) {
        self.session.parked = parked;
        let back = offer("Open it", Action::Session(SessionAction::Open(path)));
        let sentence = "The previous session is kept under File, Recent sessions";
        self.workspace
            .notices
            .push_with(Level::Done, sentence, back);
    }

    pub(super) fn on_opened(&mut self, path: PathBuf, session: Session, is_parked: bool) {
        self.abandon_scene();
        self.settle();
        self.park_if_unsaved();
        let standing = if is_parked {
            Standing::default()
        } else {
            self.session.remember_recent(&path);
            Standing {
                file: Some(path),
                is_saved: true,
            }
        };
        self.install(session, standing);
        if self.session.session.history().is_empty() {
            self.begin_history();
        } else {
            self.show_step(true);
        }
    }

    /// Takes up what the program before left behind, or begins.
    pub(super) fn on_began(&mut self, recovered: Option<Recovered>) {
        let asked = std::mem::take(&mut self.session.asked);
        if let Some(recovered) = recovered {
            self.take_up(recovered, &asked);
        }
        self.session.keeper.begin_anew();
        if let Some(path) = asked.session {
            self.session.keeper.open(path);
        }
        if let Some(path) = asked.picture {
            self.open_picture(path);
        }
    }

    fn take_up(&mut self, recovered: Recovered, asked: &Asked) {
        let Recovered {
            session,
            standing,
            was_closed,
            damage,
        } = recovered;
        if let Some(damage) = damage {
            let sentence =
                format!("The previous session was recovered up to a damaged entry: {damage}");
            self.workspace.notices.push(Level::Warning, sentence);
        }
        if session.history().is_empty() {
            return;
        }
        // What was asked for, and what the hand was quicker to do, has its place.
        if asked.session.is_some() || !self.session.session.is_pristine() {
            if !standing.is_saved && !session.is_pristine() {
                self.session.keeper.park(session);
            }
            return;
        }
        let (steps, is_pristine) = (session.history().len(), session.is_pristine());
        self.install(session, standing);
        if asked.model {
            // The model of the command line is a step after those of the session.
            self.workspace.touch();
        } else {
            self.show_step(true);
        }
        if !was_closed && !is_pristine {
            let fresh = offer_command("Start new session", Command::NewSession);
            let plural = if steps == 1 { "" } else { "s" };
            let sentence = format!(
                "zscape ended unexpectedly. Its {steps} step{plural} and the bookmarks are back"
            );
            self.workspace
                .notices
                .push_with(Level::Done, sentence, fresh);
        }
    }

    /// Puts a session in the place of the one that is open.
    fn install(&mut self, session: Session, standing: Standing) {
        let view = session.view();
        self.workspace.view.controls = view.controls;
        self.workspace.view.filmstrip = view.filmstrip;
        self.workspace.view.all_dims = view.all_dims;
        self.workspace.view.bookmarks = view.bookmarks;
        let open = &mut self.session;
        open.session = session;
        open.standing = standing;
        open.revision += 1;
        open.tools = None;
        open.bookmarking = None;
        open.is_substituted = false;
        open.keeper.begin_anew();
        self.cancel_naming();
        self.workspace.history = History::default();
        self.thumbnails.clear(&self.workspace.engine);
        self.filmstrip.clear();
        self.renew_names();
    }

    fn park_if_unsaved(&mut self) {
        let session = &mut self.session;
        if !session.standing.is_saved && !session.session.is_pristine() {
            session.keeper.park(session.session.clone());
        }
    }
}

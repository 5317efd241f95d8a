//! Session files: new, open, save, and what earlier programs left behind.

use super::{Desk, Navigation};
use crate::app::notices::{Level, Remedy, Until};
use crate::app::session::{Report, StartupRequest};
use crate::app::{Command, DEFAULT_EXPRESSION, Edit};
use crate::document::Session;
use crate::document::journal::{Recovered, SaveState};
use std::path::PathBuf;
use std::sync::Arc;

impl Navigation {
    /// Drains reports of the session thread. Returns the file that the command line asked for,
    /// once: it comes after what was left behind.
    pub(in crate::app) fn take_session_reports(&mut self, desk: &mut Desk) -> Option<PathBuf> {
        let mut file = None;
        while let Some(report) = desk.session.try_report() {
            let notices = &mut desk.workspace.notices;
            match report {
                Report::Began {
                    recovered,
                    stashed,
                    faults,
                } => {
                    desk.session.set_stashed(stashed);
                    for fault in faults {
                        notices.push(Level::Warning, fault);
                    }
                    file = self.on_began(desk, recovered.map(|recovered| *recovered));
                }
                Report::Opened {
                    path,
                    session,
                    is_stashed,
                } => self.on_opened(desk, path, *session, is_stashed),
                Report::Saved { path, revision } => {
                    notices.push(Level::Done, format!("Saved {}", path.display()));
                    desk.session.on_saved(path, revision);
                }
                Report::StashedSession { path, stashed } => {
                    desk.session.set_stashed(stashed);
                    let sentence = "The previous session is kept under File, Recent sessions";
                    notices.push_with(Level::Done, sentence, Remedy::OpenSession(path));
                }
                Report::Failed(sentence) => notices.push(Level::Error, sentence),
                Report::NotKept(sentence) => {
                    desk.session.on_not_kept();
                    if let Some(sentence) = sentence {
                        notices.push(Level::Error, sentence);
                    }
                }
                Report::KeptAgain => {
                    notices.push(Level::Done, "The session is kept for the next start again");
                }
                Report::NeedsCompaction => desk.session.rewrite(),
            }
        }
        file
    }

    /// Begins an empty session at the current place.
    pub(in crate::app) fn new_session(&mut self, desk: &mut Desk) {
        desk.settle();
        desk.session.stash_if_unsaved();
        install(desk, Session::default(), SaveState::default());
        desk.set_tools(Arc::default(), desk.tools.open());
        // It may have used a bookmark of the session before.
        let workspace = &mut desk.workspace;
        if workspace.check(workspace.position.expression()).is_err() {
            workspace.edit_position(Edit::Expression(DEFAULT_EXPRESSION));
        }
        desk.begin_history();
    }

    /// Has a session file opened; what is shown now is left when it has been read.
    pub(in crate::app) fn open_session(&mut self, desk: &mut Desk, path: PathBuf) {
        self.leave_scene(desk);
        desk.session.open_file(path);
    }

    fn on_opened(&mut self, desk: &mut Desk, path: PathBuf, session: Session, is_stashed: bool) {
        self.abandon_scene(desk);
        desk.settle();
        desk.session.stash_if_unsaved();
        let save_state = if is_stashed {
            SaveState::default()
        } else {
            SaveState {
                file: Some(path),
                is_saved: true,
            }
        };
        install(desk, session, save_state);
        if desk.session.document().history().is_empty() {
            self.stay(&mut desk.workspace);
            desk.begin_history();
        } else {
            self.show_step(desk, true);
        }
    }

    /// Takes up what the program before left behind, or begins. Returns the file that is to be
    /// opened.
    fn on_began(&mut self, desk: &mut Desk, recovered: Option<Recovered>) -> Option<PathBuf> {
        let startup = desk.session.take_startup();
        if let Some(recovered) = recovered {
            self.take_up(desk, recovered, &startup);
        }
        desk.session.rewrite();
        if let Some(path) = startup.session {
            desk.session.open_file(path);
        }
        startup.file
    }

    fn take_up(&mut self, desk: &mut Desk, recovered: Recovered, startup: &StartupRequest) {
        let Recovered {
            session,
            save_state,
            was_closed,
            damage,
        } = recovered;
        if let Some(damage) = damage {
            let sentence = format!(
                "Something of the previous session is lost, for its file is damaged: {damage}"
            );
            desk.workspace.notices.push(Level::Warning, sentence);
        }
        if session.history().is_empty() {
            return;
        }
        // What was asked for, and what the hand was quicker to do, has its place.
        if startup.session.is_some() || !desk.session.document().is_pristine() {
            if !save_state.is_saved && !session.is_pristine() {
                desk.session.stash(session);
            }
            return;
        }
        let (steps, is_pristine) = (session.history().len(), session.is_pristine());
        install(desk, session, save_state);
        if startup.model {
            // The model of the command line is a step after those of the session.
            desk.workspace.touch();
        } else if !was_closed && desk.session.is_at_foreign_model() {
            self.hold_back(desk);
        } else {
            self.show_step(desk, true);
        }
        if !was_closed && !is_pristine {
            let fresh = Remedy::Run {
                words: "Start new session",
                command: Command::NewSession,
            };
            let plural = if steps == 1 { "" } else { "s" };
            let sentence = format!(
                "zscape ended unexpectedly. Its {steps} step{plural} and the bookmarks are back"
            );
            desk.workspace
                .notices
                .push_with(Level::Warning, sentence, fresh);
            desk.workspace.notices.last_only(Until::NextStep);
        }
    }
}

impl Navigation {
    /// Shows another model than that of the current step, which may be what ended the program
    /// before, and asks.
    fn hold_back(&mut self, desk: &mut Desk) {
        desk.recall_tools(true);
        desk.session.is_substituted = true;
        if desk.workspace.model().is_some() {
            desk.arrive();
        }
        let history = desk.session.document().history();
        let name = history
            .current_state()
            .map(|state| state.model.name.clone());
        let sentence = format!(
            "zscape ended unexpectedly with the model {}. Load it only if you trust it",
            name.unwrap_or_default()
        );
        let notices = &mut desk.workspace.notices;
        notices.push_with(Level::Warning, sentence, Remedy::ShowStep);
    }
}

/// Puts a session in the place of the one that is open.
fn install(desk: &mut Desk, session: Session, save_state: SaveState) {
    desk.session
        .install(&mut desk.workspace, session, save_state);
    desk.forget_steps();
    desk.refresh_names();
}

//! The session that is open: its document, its file, and the thread that keeps it.

mod bookmarks;
mod files;
mod keeper;
mod links;
mod steps;

pub use bookmarks::Bookmarking;
pub use files::session_title;
pub use links::{Visit, link_of, source_of};

use super::notices::{Level, Offer};
use super::{Action, AppState, Command, ThumbnailKey, Tool, ToolSettings, Wake};
use crate::document::autosave::Parked;
use crate::document::journal::Standing;
use crate::document::{Change, NodeId, Session, SessionView};
use crate::latent::SessionNames;
use crate::latent::expr::Expr;
use keeper::{Keeper, Report};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// How many session files the menu remembers.
pub const MAX_RECENT: usize = 8;

/// What panels ask of the session.
#[derive(Clone, PartialEq, Debug)]
pub enum SessionAction {
    /// Go to a step of the history.
    GoTo(NodeId),
    /// These are on the window now, and want their pictures.
    Shown(Vec<ThumbnailKey>),
    /// Ask for a name for a code of the current model.
    BookmarkExpression(Expr),
    /// Ask for a name for what a step shows.
    BookmarkStep(NodeId),
    /// Give the code that was asked about this name.
    AddBookmark {
        name: String,
        tags: Vec<String>,
        note: String,
    },
    RenameBookmark {
        from: String,
        to: String,
    },
    DescribeBookmark {
        name: String,
        tags: Vec<String>,
        note: String,
    },
    DeleteBookmark(String),
    /// Take back a deletion.
    RestoreBookmark(String),
    GoToBookmark(String),
    Open(PathBuf),
    Save(PathBuf),
}

/// What the tools were set to when the session heard of it last.
#[derive(Clone, PartialEq, Debug)]
struct KnownTools {
    open: Tool,
    settings: Arc<ToolSettings>,
}

/// The session that is open.
pub struct OpenSession {
    session: Session,
    standing: Standing,
    /// Grows with every change that is worth saving.
    revision: u64,
    keeper: Keeper,
    tools: Option<KnownTools>,
    bookmarking: Option<Bookmarking>,
    naming: bookmarks::Naming,
    /// Whether something else is shown than the current step, whose model is not there.
    is_substituted: bool,
    recent: Vec<PathBuf>,
    parked: Vec<Parked>,
    /// What the command line asked for; it comes after what was left behind.
    asked: Asked,
}

/// What the command line asked for.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Asked {
    /// A model that is to be shown whatever the session before showed.
    pub model: bool,
    pub session: Option<PathBuf>,
    /// A picture to go to where it was made.
    pub picture: Option<PathBuf>,
}

impl OpenSession {
    /// Begins with an empty session, and has the one before looked for in `folder`.
    pub(super) fn new(
        folder: Option<PathBuf>,
        recent: Vec<PathBuf>,
        asked: Asked,
        wake: Wake,
    ) -> Self {
        Self {
            session: Session::default(),
            standing: Standing::default(),
            revision: 0,
            keeper: Keeper::start(folder, wake),
            tools: None,
            bookmarking: None,
            naming: bookmarks::Naming::default(),
            is_substituted: false,
            recent,
            parked: Vec::new(),
            asked,
        }
    }

    /// History and bookmarks.
    pub fn document(&self) -> &Session {
        &self.session
    }

    /// The session file, if it has one.
    pub fn file(&self) -> Option<&Path> {
        self.standing.file.as_deref()
    }

    /// Grows with every change that a file would hold.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether its file lacks something.
    pub fn has_unsaved_changes(&self) -> bool {
        !self.standing.is_saved && !self.session.is_pristine()
    }

    /// Session files that were opened or saved, the latest first.
    pub fn recent(&self) -> &[PathBuf] {
        &self.recent
    }

    /// Sessions that made room for others, the latest first.
    pub fn parked(&self) -> &[Parked] {
        &self.parked
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
}

impl AppState {
    /// The session that is open.
    pub fn session(&self) -> &OpenSession {
        &self.session
    }

    /// Runs one request of the session's panels.
    pub(super) fn run_session(&mut self, action: SessionAction) {
        match action {
            SessionAction::GoTo(id) => self.go_to_step(id),
            SessionAction::Shown(keys) => self.show_thumbnails(&keys),
            SessionAction::BookmarkExpression(expression) => self.ask_for_name(expression),
            SessionAction::BookmarkStep(id) => self.ask_for_name_of_step(id),
            SessionAction::AddBookmark { name, tags, note } => self.add_bookmark(name, tags, note),
            SessionAction::RenameBookmark { from, to } => self.rename_bookmark(from, to),
            SessionAction::DescribeBookmark { name, tags, note } => {
                self.change(Change::DescribeBookmark { name, tags, note });
            }
            SessionAction::DeleteBookmark(name) => self.delete_bookmark(name),
            SessionAction::RestoreBookmark(name) => {
                self.change(Change::RestoreBookmark(name));
                self.renew_names();
            }
            SessionAction::GoToBookmark(name) => self.go_to_bookmark(&name),
            SessionAction::Open(path) => {
                self.leave_scene();
                self.session.keeper.open(path);
            }
            SessionAction::Save(path) => self.save_session(path),
        }
    }

    /// Drains reports of the session thread.
    pub(super) fn take_session_reports(&mut self) {
        while let Some(report) = self.session.keeper.try_report() {
            match report {
                Report::Began {
                    recovered,
                    parked,
                    faults,
                } => {
                    self.session.parked = parked;
                    for fault in faults {
                        self.workspace.notices.push(Level::Warning, fault);
                    }
                    self.on_began(recovered.map(|recovered| *recovered));
                }
                Report::Opened {
                    path,
                    session,
                    is_parked,
                } => self.on_opened(path, *session, is_parked),
                Report::Saved { path, revision } => self.on_saved(path, revision),
                Report::Parked { path, parked } => self.on_parked(path, parked),
                Report::Failed(sentence) => self.workspace.notices.push(Level::Error, sentence),
                Report::NotKept(sentence) => {
                    self.session.keeper.lose();
                    self.workspace.notices.push(Level::Error, sentence);
                }
                Report::Bulky => self.session.keeper.begin_anew(),
            }
        }
    }

    /// Last thing in a frame. Returns whether something still waits to be handed over.
    pub(super) fn keep_session(&mut self) -> bool {
        let view = SessionView {
            controls: self.workspace.view.controls,
            filmstrip: self.workspace.view.filmstrip,
            all_dims: self.workspace.view.all_dims,
            bookmarks: self.workspace.view.bookmarks,
        };
        if view != self.session.session.view() {
            self.change(Change::View(view));
        }
        self.filmstrip.follow(self.session.session.history());
        let session = &mut self.session;
        session.keeper.tick(&session.session, &session.standing)
    }

    /// Settles what the hand has done and writes down what the next start is to find.
    pub fn close(&mut self) {
        self.settle();
        self.export.close(&self.workspace.engine);
        self.close_learning();
        let session = &mut self.session;
        let keep = !session.session.is_pristine();
        session
            .keeper
            .close(&session.session, &session.standing, keep);
    }

    /// Makes a change of the session. Returns whether it made sense.
    pub(super) fn change(&mut self, change: Change) -> bool {
        if let Err(error) = self.session.session.apply(&change) {
            self.workspace
                .notices
                .push(Level::Error, capitalised(&error.to_string()));
            return false;
        }
        if change.is_worth_saving() {
            self.session.revision += 1;
            self.session.standing.is_saved = false;
        }
        self.session.keeper.change(change);
        true
    }

    /// Lets expressions know what the session names: bookmarks, and the directions that were
    /// found in the loaded model. This is the only place that does.
    pub(in crate::app) fn renew_names(&mut self) {
        let [codes, retired] = self.session.session.bookmarks().codes();
        let names = SessionNames {
            codes,
            retired,
            directions: self.found_directions(),
        };
        // Everything that is shown is asked for again when the names are others.
        if *self.workspace.names != names {
            self.workspace.names = Arc::new(names);
            self.thumbnails.retry(None);
        }
    }

    fn show_thumbnails(&mut self, keys: &[ThumbnailKey]) {
        for key in keys {
            if !self.thumbnails.show(key) {
                continue;
            }
            match self.thumbnail_subject(key) {
                Some(Ok(shot)) if self.thumbnails.is_loaded(&shot.model) => {
                    self.thumbnails.decode(
                        &mut self.workspace.engine,
                        key.clone(),
                        shot,
                        &self.workspace.names,
                    );
                }
                Some(Err(_)) => self.thumbnails.give_up(key.clone()),
                Some(Ok(_)) | None => {}
            }
        }
    }
}

/// A message with one thing that can be done about it.
fn offer(words: &'static str, action: Action) -> Vec<Offer> {
    vec![Offer {
        words,
        action: Box::new(action),
    }]
}

fn offer_command(words: &'static str, command: Command) -> Vec<Offer> {
    offer(words, Action::Run(command))
}

/// Sentences of the lower layers begin in the middle.
fn capitalised(sentence: &str) -> String {
    let mut chars = sentence.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Seconds since 1970, UTC.
pub(in crate::app) fn unix_secs() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

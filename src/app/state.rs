//! Everything that the window shows, without a word about how it is laid out.

use super::export::{Export, Wake};
use super::opening::Opening;
use super::{
    Asked, Composition, Derived, Edit, Effect, Filmstrip, Learning, Loading, Models, Modes,
    Notices, OpenSession, Overlay, Pictures, Place, Player, Position, Preview, Settling,
    Thumbnails, Tools, View, Workspace,
};
use crate::engine::{Engine, ModelInfo, ModelSource};
use crate::latent::SessionNames;
use crate::latent::expr::Expr;
use std::path::PathBuf;
use std::sync::Arc;

/// How to begin.
pub struct Start {
    pub engine: Engine,
    pub model: ModelSource,
    pub expression: Option<Expr>,
    pub view: View,
    pub wake: Wake,
    /// Where sessions are kept from start to start; `None` keeps none.
    pub autosave: Option<PathBuf>,
    /// Session files of earlier runs, the latest first.
    pub recent_sessions: Vec<PathBuf>,
    /// What goes before that which the last run left.
    pub asked: Asked,
    /// A teacher's folder of questions.
    pub questions: Option<PathBuf>,
    /// Where progress is kept; `None` keeps none.
    pub progress: Option<PathBuf>,
}

/// What the hand and the clock do in this frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Moment {
    /// Seconds since the start of the program.
    pub now_secs: f64,
    /// Seconds since the last frame.
    pub dt_secs: f32,
    /// A button or key is down, or the wheel turns.
    pub hand_is_busy: bool,
}

/// The state of the program: the workspace, and the parts that work on it.
pub struct AppState {
    pub(super) workspace: Workspace,
    pub(super) tools: Tools,
    pub(super) session: OpenSession,
    pub(super) filmstrip: Filmstrip,
    pub(super) thumbnails: Thumbnails,
    pub(super) export: Export,
    pub(super) opening: Opening,
    pub(super) learning: Learning,
    pub(super) wake: Wake,
    text: Derived<Expr, String>,
}

impl AppState {
    /// Begins, and asks the engine for the first model.
    pub fn new(start: Start) -> Self {
        let mut app = Self {
            workspace: Workspace::new(start.engine, start.view),
            tools: Tools::default(),
            session: OpenSession::new(
                start.autosave,
                start.recent_sessions,
                start.asked,
                Arc::clone(&start.wake),
            ),
            filmstrip: Filmstrip::default(),
            thumbnails: Thumbnails::default(),
            opening: Opening::new(Arc::clone(&start.wake)),
            learning: Learning::new(start.questions, start.progress, Arc::clone(&start.wake)),
            export: Export::new(Arc::clone(&start.wake)),
            wake: start.wake,
            text: Derived::default(),
        };
        app.load(start.model, start.expression.map(Composition::from));
        app
    }

    pub fn models(&self) -> &Models {
        &self.workspace.models
    }

    /// What every part of the window works on.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// What is known of the loaded model.
    pub fn model(&self) -> Option<&ModelInfo> {
        self.workspace.model()
    }

    pub fn position(&self) -> &Position {
        &self.workspace.position
    }

    /// The current expression as text.
    pub fn expression_text(&self) -> Arc<String> {
        let expression = self.workspace.position.expression();
        self.text.get_ref(expression, || expression.to_string())
    }

    pub fn preview(&self) -> &Preview {
        &self.workspace.preview
    }

    /// The pictures beside the main one.
    pub fn pictures(&self) -> &Pictures {
        &self.workspace.pictures
    }

    pub fn filmstrip(&self) -> &Filmstrip {
        &self.filmstrip
    }

    /// The small pictures of steps and bookmarks.
    pub fn thumbnails(&self) -> &Thumbnails {
        &self.thumbnails
    }

    pub fn notices(&self) -> &Notices {
        &self.workspace.notices
    }

    pub fn player(&self) -> Option<&Player> {
        self.workspace.player.as_ref()
    }

    /// Whether the picture moves by itself.
    pub fn is_playing(&self) -> bool {
        self.workspace.player.is_some() || self.tools.is_playing()
    }

    pub fn view(&self) -> &View {
        &self.workspace.view
    }

    pub fn modes(&self) -> Modes {
        self.workspace.modes
    }

    pub fn overlay(&self) -> Overlay {
        self.workspace.modes.overlay
    }

    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// Where the user is; `None` before the first model is there.
    pub fn place(&self) -> Option<Place> {
        self.workspace.model().map(|model| Place {
            model: model.source.clone(),
            composition: self.workspace.position.composition(),
            tools: Arc::clone(self.tools.settings()),
        })
    }

    /// What was named in this session.
    pub fn names(&self) -> &SessionNames {
        &self.workspace.names
    }

    /// First thing in a frame: takes what the engine sent and lets the walk go on.
    pub fn begin_frame(&mut self, moment: Moment) {
        self.workspace.now_secs = moment.now_secs;
        self.take_events();
        self.tools
            .advance(&mut self.workspace, &self.wake, moment.dt_secs);
        self.take_session_reports();
        self.take_opened();
        self.take_learning_reports();
        if self.workspace.model().is_some()
            && let Some(player) = &mut self.workspace.player
        {
            let base = player.advance(moment.dt_secs, &mut self.workspace.dice);
            if self.workspace.edit_position(Edit::Base(base)) {
                self.workspace.history.touch(moment.now_secs);
            }
        }
    }

    /// Last thing in a frame: asks for the picture and lets the hand rest.
    ///
    /// Returns after how many seconds the next frame is due when nothing else happens.
    pub fn end_frame(&mut self, moment: Moment) -> Option<f64> {
        let mut due_secs = self.workspace.notices.tick(moment.now_secs);
        let soon = |due: Option<f64>| Some(due.map_or(0.1, |due: f64| due.min(0.1)));
        if self.keep_session() {
            due_secs = soon(due_secs);
        }
        if let Some(learning_secs) = self.learning_tick() {
            due_secs = Some(due_secs.map_or(learning_secs, |due: f64| due.min(learning_secs)));
        }
        let Some(model) = self.workspace.models.current.clone() else {
            return due_secs;
        };
        let shot = self
            .workspace
            .shot(&model.id, self.workspace.position.expression().clone());
        self.workspace
            .preview
            .ask(&self.workspace.engine, shot, &self.workspace.names);
        self.tools.tick(&mut self.workspace, &self.wake, &model);
        self.after_tools();
        let requests = self.tools.requests(&self.workspace, &model);
        self.workspace.request_pictures(&requests);
        let requests = self.learning_requests();
        self.workspace.request_pictures(&requests);
        let hand_is_busy = moment.hand_is_busy || self.is_playing();
        match self.workspace.history.rest(hand_is_busy, moment.now_secs) {
            Settling::Still => {}
            // While a scene is open nothing becomes a step.
            _ if self.learning.holds_history() => {}
            Settling::Moving => due_secs = soon(due_secs),
            Settling::Settled => {
                self.settle();
                // The row of steps that the next frame paints has the new one.
                self.keep_session();
                due_secs = soon(due_secs);
            }
        }
        if self.is_playing() {
            due_secs = Some(0.0);
        }
        if let Some(tool_secs) = self.tools.due_secs(&self.workspace) {
            due_secs = Some(due_secs.map_or(tool_secs, |due: f64| due.min(tool_secs)));
        }
        due_secs
    }

    /// Asks the engine for a model.
    pub(super) fn load(&mut self, source: ModelSource, then: Option<Composition>) {
        self.begin_loading(Loading {
            source,
            then,
            visit: None,
        });
    }

    /// Asks the engine for a model, unless it is on its way already.
    pub(super) fn begin_loading(&mut self, loading: Loading) {
        let source = loading.source.clone();
        let before = self.workspace.models.loading.replace(loading);
        let is_same = before.is_some_and(|before| before.source == source);
        if is_same {
            return;
        }
        // Nobody waits for the one before any more, unless a tool does under a job of its own.
        if let Some(job) = self.workspace.models.loading_job.take() {
            self.workspace.engine.cancel(job);
        }
        if !self.workspace.models.is_needed(&source) {
            self.workspace.models.loading_job = Some(self.workspace.engine.load(source));
        }
    }

    /// What the window has to do now.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.workspace.effects)
    }
}

//! Everything that the window shows, without a word about how it is laid out.

use super::export::Export;
use super::opening::FileLoader;
use super::scenes::SceneSaver;
use super::tools::{ToolPart, ToolView};
use super::{
    Composition, Derived, Describing, Desk, Edit, EditPhase, Effect, Ends, Learning, Models, Modes,
    Navigation, Notices, OpenSession, Overlay, Pictures, Place, Player, Position, Preview,
    StartupRequest, Tools, Tour, View, Wake, Workspace,
};
use crate::document::Framing;
use crate::engine::{Engine, ModelInfo, ModelSource};
use crate::latent::SessionNames;
use crate::latent::expr::Expr;
use crate::model::foreign::Passport;
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
    /// Model files of earlier runs, the latest first.
    pub recent_models: Vec<PathBuf>,
    /// The folder of one's own models; `None` for none.
    pub models: Option<PathBuf>,
    /// What goes before that which the last run left.
    pub startup: StartupRequest,
    /// A teacher's folder of questions.
    pub questions: Option<PathBuf>,
    /// Files and folders of questions that were added in earlier runs.
    pub added_questions: Vec<PathBuf>,
    /// Where progress is kept; `None` keeps none.
    pub progress: Option<PathBuf>,
    /// Whether to begin with the tour.
    pub with_tour: bool,
}

/// What the hand and the clock do in this frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FrameInput {
    /// Seconds since the start of the program.
    pub now_secs: f64,
    /// Seconds since the last frame.
    pub dt_secs: f32,
    /// A button or key is down, or the wheel turns.
    pub hand_is_busy: bool,
    /// Which part of the picture is seen.
    pub framing: Framing,
}

/// The state of the program: the desk, and the parts that work on it.
pub struct AppState {
    pub(super) desk: Desk,
    pub(super) navigation: Navigation,
    pub(super) export: Export,
    pub(super) opening: FileLoader,
    pub(super) learning: Learning,
    pub(super) tour: Tour,
    pub(super) ends: Ends,
    pub(super) scene_saver: SceneSaver,
    /// The bookmark that was gone to last while presenting.
    pub(super) slide: Option<String>,
    text: Derived<Expr, String>,
}

impl AppState {
    /// Begins, and asks the engine for the first model.
    pub fn new(start: Start) -> Self {
        let session = OpenSession::new(
            start.autosave,
            start.recent_sessions,
            start.startup,
            Arc::clone(&start.wake),
        );
        let mut models = Models::new(start.recent_models, start.models);
        models.folder_mut().look(0.0, &start.wake);
        let workspace = Workspace::new(start.engine, models, start.view, Arc::clone(&start.wake));
        let mut app = Self {
            desk: Desk::new(workspace, session),
            navigation: Navigation::default(),
            opening: FileLoader::new(Arc::clone(&start.wake)),
            learning: Learning::new(
                start.questions,
                start.added_questions,
                start.progress,
                Arc::clone(&start.wake),
            ),
            export: Export::new(start.wake),
            tour: Tour::default(),
            ends: Ends::default(),
            scene_saver: SceneSaver::default(),
            slide: None,
            text: Derived::default(),
        };
        let composition = start.expression.map(Composition::from);
        app.navigation
            .load(&mut app.desk.workspace, start.model, composition);
        if start.with_tour {
            app.begin_tour();
        }
        app
    }

    /// The workspace with its tools and its session.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// What every part of the window works on.
    pub fn workspace(&self) -> &Workspace {
        &self.desk.workspace
    }

    pub fn tools(&self) -> &Tools {
        &self.desk.tools
    }

    /// What a tool and its panel read.
    pub fn tool<T: ToolPart>(&self) -> ToolView<'_, T> {
        self.desk.tool()
    }

    /// The session that is open.
    pub fn session(&self) -> &OpenSession {
        &self.desk.session
    }

    /// Where the window goes, and the scene that is open.
    pub fn navigation(&self) -> &Navigation {
        &self.navigation
    }

    /// How far the tour is.
    pub fn tour(&self) -> &Tour {
        &self.tour
    }

    pub fn learning(&self) -> &Learning {
        &self.learning
    }

    /// The model of another program that is shown before it is loaded.
    pub fn passport(&self) -> Option<&Passport> {
        self.opening.passport()
    }

    /// The model of another program of which nobody knows how it is built, and what is said of it.
    pub fn describing(&self) -> Option<&Describing> {
        self.opening.describing()
    }

    /// Files on their way, and what the next one is to be.
    pub fn export(&self) -> &Export {
        &self.export
    }

    /// The pictures at the ends of sliders.
    pub fn ends(&self) -> &Ends {
        &self.ends
    }

    /// Why the file that is set up cannot be made now.
    ///
    /// # Errors
    ///
    /// A sentence.
    pub fn check_export(&self) -> Result<(), String> {
        self.export.check(&self.desk).map(drop)
    }

    /// Width and height of the file that is set up, in pixels, where it can be made and is a picture.
    pub fn export_size(&self) -> Option<[u32; 2]> {
        self.export.check(&self.desk).ok().flatten()
    }

    /// Whether the window may close now. While files are being written it asks instead.
    pub fn may_close(&mut self) -> bool {
        self.export.may_close(&mut self.desk.workspace)
    }

    /// Whether the window has to close now; `true` once.
    pub fn take_close(&mut self) -> bool {
        let effects = &mut self.desk.workspace.effects;
        let before = effects.len();
        effects.retain(|effect| *effect != Effect::Close);
        effects.len() < before
    }

    /// What is known of the loaded model.
    pub fn model(&self) -> Option<&ModelInfo> {
        self.workspace().model()
    }

    pub fn models(&self) -> &Models {
        &self.workspace().models
    }

    pub fn position(&self) -> &Position {
        &self.workspace().position
    }

    /// The current expression as text.
    pub fn expression_text(&self) -> Arc<String> {
        let expression = self.position().expression();
        self.text.get_ref(expression, || expression.to_string())
    }

    pub fn preview(&self) -> &Preview {
        &self.workspace().preview
    }

    /// The pictures beside the main one.
    pub fn pictures(&self) -> &Pictures {
        &self.workspace().pictures
    }

    pub fn notices(&self) -> &Notices {
        &self.workspace().notices
    }

    pub fn player(&self) -> Option<&Player> {
        self.workspace().player.as_ref()
    }

    /// Whether the picture moves by itself.
    pub fn is_playing(&self) -> bool {
        self.desk.is_playing()
    }

    pub fn view(&self) -> &View {
        &self.workspace().view
    }

    /// The factor of the text on the window, larger before a room.
    pub fn text_scale(&self) -> f32 {
        match self.modes().presents {
            true => self.view().text_scale_for_a_room(),
            false => self.view().text_scale(),
        }
    }

    pub fn modes(&self) -> Modes {
        self.workspace().modes
    }

    pub fn overlay(&self) -> Overlay {
        self.modes().overlay
    }

    /// Where the user is; `None` before the first model is there.
    pub fn place(&self) -> Option<Place> {
        self.desk.place()
    }

    /// What was named in this session.
    pub fn names(&self) -> &SessionNames {
        &self.workspace().names
    }

    /// First thing in a frame: takes what the engine sent and lets the walk go on.
    pub fn begin_frame(&mut self, input: FrameInput) {
        self.desk.workspace.now_secs = input.now_secs;
        self.desk.workspace.framing = input.framing;
        self.take_events();
        self.desk.use_tools(|tools, workspace| {
            tools.advance(workspace, input.dt_secs);
        });
        if let Some(file) = self.navigation.take_session_reports(&mut self.desk) {
            self.opening.open(file);
        }
        let opened = &mut self.opening;
        for action in opened.take_opened(&mut self.desk, &mut self.navigation) {
            self.run(action);
        }
        self.learning.take_reports(&mut self.desk.workspace);
        self.desk.workspace.models.folder_mut().take_list();
        let workspace = &mut self.desk.workspace;
        if workspace.model().is_some()
            && let Some(player) = &mut workspace.player
        {
            let base = player.advance(input.dt_secs, &mut workspace.seeds);
            if workspace.edit_position(Edit::Base(base)) {
                workspace.touch();
            }
        }
    }

    /// Last thing in a frame: asks for the pictures and lets the hand rest.
    ///
    /// Returns after how many seconds the next frame is due when nothing else happens.
    pub fn end_frame(&mut self, input: FrameInput) -> Option<f64> {
        let mut due = Due::default();
        due.after(self.desk.workspace.notices.tick(input.now_secs));
        due.soon_if(self.desk.keep_session());
        due.after(self.learning.tick(&mut self.desk, &mut self.navigation));
        due.soon_if(self.keep_up_tour(input.hand_is_busy));
        self.navigation.forget_scene_codes(&mut self.desk);
        let Some(model) = self.desk.workspace.models.current().cloned() else {
            return due.secs;
        };
        self.ask_for_pictures(&model);
        let hand_is_busy = input.hand_is_busy || self.is_playing();
        let gesture = &self.desk.workspace.gesture;
        match gesture.rest(hand_is_busy, input.now_secs) {
            EditPhase::Still => {}
            EditPhase::Moving => due.soon_if(true),
            EditPhase::Settled => {
                self.desk.settle();
                // The row of steps that the next frame paints has the new one.
                self.desk.keep_session();
                due.soon_if(true);
            }
        }
        let gesture = &self.desk.workspace.gesture;
        let rests = gesture.rests(hand_is_busy, input.now_secs);
        // What waits for that is painted in the next frame.
        due.soon_if(rests != self.desk.workspace.hand_rests);
        self.desk.workspace.hand_rests = rests;
        due.soon_if(self.navigation.note_scene_step(&self.desk, rests));
        due.after(self.is_playing().then_some(0.0));
        due.after(self.desk.tools.due_secs(&self.desk.workspace));
        due.secs
    }

    /// Asks for all that is to be seen.
    fn ask_for_pictures(&mut self, model: &Arc<ModelInfo>) {
        let workspace = &mut self.desk.workspace;
        let shot = workspace.shot(&model.id, workspace.position.expression().clone());
        workspace
            .preview
            .ask(&workspace.engine, shot, &workspace.names);
        self.desk.use_tools(|tools, workspace| {
            tools.tick(workspace, model);
        });
        let requests = self.desk.tools.requests(&self.desk.workspace, model);
        self.desk.workspace.request_pictures(&requests);
        self.ends.ask(&mut self.desk.workspace);
        let requests = self.learning.requests(&mut self.desk.workspace);
        self.desk.workspace.request_pictures(&requests);
    }

    /// What the window has to do now.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.desk.workspace.effects)
    }

    /// Settles what the hand has done and writes down what the next start is to find.
    pub fn close(&mut self) {
        self.desk.settle();
        self.export.close(&self.desk.workspace.engine);
        self.learning.close();
        self.desk.session.close();
    }
}

/// When the next frame is due: the earliest of what was asked for.
#[derive(Default)]
struct Due {
    secs: Option<f64>,
}

impl Due {
    /// How often to look at what may be finished at any moment.
    const SOON_SECS: f64 = 0.1;

    fn after(&mut self, secs: Option<f64>) {
        let Some(secs) = secs else { return };
        self.secs = Some(self.secs.map_or(secs, |due| due.min(secs)));
    }

    fn soon_if(&mut self, waits: bool) {
        self.after(waits.then_some(Self::SOON_SECS));
    }
}

//! Everything that the window shows, without a word about how it is laid out.

use super::export::{Export, Wake};
use super::{
    Dice, Effect, Filmstrip, History, Loading, Models, Modes, Notices, Overlay, Pictures, Place,
    Player, Position, Preview, Settling, Tools, View,
};
use crate::engine::{Engine, ModelInfo, ModelSource};
use crate::latent::SessionNames;
use crate::latent::expr::Expr;
use std::sync::Arc;

/// The expression of the first start, and where a model goes that cannot show the current one.
pub const DEFAULT_EXPRESSION: Expr = Expr::Seed(42);

/// How to begin.
pub struct Start {
    pub engine: Engine,
    pub model: ModelSource,
    pub expression: Option<Expr>,
    pub view: View,
    pub wake: Wake,
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

/// The state of the program.
pub struct AppState {
    pub(super) engine: Engine,
    pub(super) models: Models,
    pub(super) position: Position,
    pub(super) history: History,
    pub(super) preview: Preview,
    pub(super) pictures: Pictures,
    pub(super) tools: Tools,
    pub(super) filmstrip: Filmstrip,
    pub(super) notices: Notices,
    pub(super) player: Option<Player>,
    pub(super) export: Export,
    pub(super) view: View,
    pub(super) modes: Modes,
    pub(super) names: Arc<SessionNames>,
    pub(super) dice: Dice,
    pub(super) now_secs: f64,
    pub(super) effects: Vec<Effect>,
}

impl AppState {
    /// Begins, and asks the engine for the first model.
    pub fn new(start: Start) -> Self {
        let mut app = Self {
            engine: start.engine,
            models: Models::default(),
            position: Position::new(DEFAULT_EXPRESSION),
            history: History::default(),
            preview: Preview::default(),
            pictures: Pictures::default(),
            tools: Tools::default(),
            filmstrip: Filmstrip::default(),
            notices: Notices::default(),
            player: None,
            export: Export::new(start.wake),
            view: start.view,
            modes: Modes::default(),
            names: Arc::default(),
            dice: Dice::new(),
            now_secs: 0.0,
            effects: Vec::new(),
        };
        app.load(start.model, start.expression);
        app
    }

    pub fn models(&self) -> &Models {
        &self.models
    }

    /// What is known of the loaded model.
    pub fn model(&self) -> Option<&ModelInfo> {
        self.models.current.as_deref()
    }

    pub fn position(&self) -> &Position {
        &self.position
    }

    pub fn preview(&self) -> &Preview {
        &self.preview
    }

    /// The pictures beside the main one.
    pub fn pictures(&self) -> &Pictures {
        &self.pictures
    }

    pub fn filmstrip(&self) -> &Filmstrip {
        &self.filmstrip
    }

    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    pub fn player(&self) -> Option<&Player> {
        self.player.as_ref()
    }

    /// Whether the picture moves by itself.
    pub fn is_playing(&self) -> bool {
        self.player.is_some() || self.tools.interpolate().is_playing()
    }

    pub fn view(&self) -> &View {
        &self.view
    }

    pub fn modes(&self) -> Modes {
        self.modes
    }

    pub fn overlay(&self) -> Overlay {
        self.modes.overlay
    }

    /// Where the user is; `None` before the first model is there.
    pub fn place(&self) -> Option<Place> {
        self.model().map(|model| Place {
            model: model.source.clone(),
            expression: self.position.expression().clone(),
            tools: Arc::clone(self.tools.settings()),
        })
    }

    /// What was named in this session.
    pub fn names(&self) -> &SessionNames {
        &self.names
    }

    /// Whether there is anything to undo.
    pub(super) fn can_undo(&self) -> bool {
        self.place()
            .is_some_and(|place| self.history.can_undo(&place))
    }

    /// First thing in a frame: takes what the engine sent and lets the walk go on.
    pub fn begin_frame(&mut self, moment: Moment) {
        self.now_secs = moment.now_secs;
        self.take_events();
        self.advance_way(moment.dt_secs);
        if self.model().is_some()
            && let Some(player) = &mut self.player
        {
            let base = player.advance(moment.dt_secs, &mut self.dice);
            if self.position.set_base(base) {
                self.history.touch(moment.now_secs);
            }
        }
    }

    /// Last thing in a frame: asks for the picture and lets the hand rest.
    ///
    /// Returns after how many seconds the next frame is due when nothing else happens.
    pub fn end_frame(&mut self, moment: Moment) -> Option<f64> {
        let mut due_secs = self.notices.tick(moment.now_secs);
        let Some(model) = self.models.current.clone() else {
            return due_secs;
        };
        self.preview.ask(
            &self.engine,
            &model.id,
            self.position.expression(),
            &self.names,
        );
        self.tools_tick(&model);
        let wants = self.tool_wants(&model);
        self.pictures.ask(&self.engine, wants, &self.names);
        let place = Place {
            model: model.source.clone(),
            expression: self.position.expression().clone(),
            tools: Arc::clone(self.tools.settings()),
        };
        let hand_is_busy = moment.hand_is_busy || self.is_playing();
        // An expression that makes no picture is nowhere to go back to.
        let settling = self.history.rest(&place, hand_is_busy, moment.now_secs);
        match settling {
            Settling::Still => {}
            Settling::Moving => due_secs = Some(due_secs.map_or(0.1, |due: f64| due.min(0.1))),
            Settling::Settled => {
                self.filmstrip
                    .add(&self.engine, &model.id, &place, &self.names);
            }
        }
        if self.is_playing() {
            due_secs = Some(0.0);
        }
        due_secs
    }

    /// Asks the engine for a model.
    pub(super) fn load(&mut self, source: ModelSource, then: Option<Expr>) {
        self.models.loading = Some(Loading {
            source: source.clone(),
            then,
        });
        self.engine.load(source);
    }

    /// What the window has to do now.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }
}

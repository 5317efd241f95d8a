//! What every part of the window works on: the model, the code in hand and what becomes of it.
//!
//! The hazard here is a part that reaches into another. Tools, sessions, questions and files know
//! the workspace and not each other; what concerns several of them is decided above, in
//! [`AppState`](super::AppState).

use super::jobs::Jobs;
use super::notices::Level;
use super::pictures::PictureRequest;
use super::{
    Edit, Effect, Gesture, Models, Modes, Notices, Pictures, Player, Position, Preview, SeedRng,
    View, Wake,
};
use crate::document::Framing;
use crate::engine::{Engine, ModelId, ModelInfo, ModelSource};
use crate::latent::expr::{CheckError, Context, Expr, Walk, check, parse};
use crate::latent::{
    Code, Condition, Direction, Lead, Sampler, SessionNames, Shot, Space, SpaceShape, Vocabulary,
};
use crate::learn::Control;
use std::sync::Arc;

/// The expression of the first start, and where a model goes that cannot show the current one.
pub const DEFAULT_EXPRESSION: Expr = Expr::Seed(42);

/// The model, the position in its latent space, the pictures, and what the user hears of it.
pub struct Workspace {
    pub(super) engine: Jobs,
    pub(super) models: Models,
    pub(super) position: Position,
    pub(super) gesture: Gesture,
    pub(super) preview: Preview,
    pub(super) pictures: Pictures,
    pub(super) notices: Notices,
    pub(super) player: Option<Player>,
    pub(super) view: View,
    pub(super) modes: Modes,
    /// What was named in this session.
    pub(super) names: Arc<SessionNames>,
    pub(super) seeds: SeedRng,
    /// Controls that stay as they are while a scene is open.
    pub(super) locks: Vec<Control>,
    pub(super) now_secs: f64,
    /// Whether the hand rested in the last frame.
    pub(super) hand_rests: bool,
    /// Which part of the picture is seen, as of the last frame.
    pub(super) framing: Framing,
    pub(super) effects: Vec<Effect>,
    /// Makes the window paint a frame, from any thread.
    pub(super) wake: Wake,
}

impl Workspace {
    pub(super) fn new(engine: Engine, models: Models, view: View, wake: Wake) -> Self {
        Self {
            engine: Jobs::new(engine),
            models,
            position: Position::new(DEFAULT_EXPRESSION),
            gesture: Gesture::default(),
            preview: Preview::default(),
            pictures: Pictures::default(),
            notices: Notices::default(),
            player: None,
            view,
            modes: Modes::default(),
            names: Arc::default(),
            seeds: SeedRng::new(),
            locks: Vec::new(),
            now_secs: 0.0,
            hand_rests: false,
            framing: Framing::default(),
            effects: Vec::new(),
            wake,
        }
    }

    /// Seconds since the start of the program.
    pub fn now_secs(&self) -> f64 {
        self.now_secs
    }

    /// Which part of the picture was seen in the last frame.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Whether the hand rested, and nothing played, in the last frame.
    pub fn hand_rests(&self) -> bool {
        self.hand_rests
    }

    /// What is known of the loaded model.
    pub fn model(&self) -> Option<&ModelInfo> {
        self.models.current().map(|model| &**model)
    }

    /// Reads a text as an expression that the loaded model understands.
    ///
    /// # Errors
    ///
    /// When it is not an expression, or one that has no meaning for the model.
    pub fn read(&self, text: &str) -> Result<Expr, ReadError> {
        let expression = parse(text).map_err(|err| ReadError {
            message: err.message,
            column: Some(err.column),
        })?;
        self.check(&expression).map_err(|err| ReadError {
            message: err.to_string(),
            column: None,
        })?;
        Ok(expression)
    }

    /// Whether the loaded model understands an expression; without a model all are.
    pub(in crate::app) fn check(&self, expression: &Expr) -> Result<(), CheckError> {
        match self.model() {
            Some(model) => self.check_for(model, expression),
            None => Ok(()),
        }
    }

    /// Why the loaded model has no picture of an expression, as a sentence.
    pub fn fault_of(&self, expression: &Expr) -> Option<String> {
        self.check(expression).err().map(|fault| fault.to_string())
    }

    /// The space that the value of an expression lies in; `None` without a model, or where the
    /// expression means nothing.
    pub(in crate::app) fn space_of(&self, expression: &Expr) -> Option<Space> {
        self.shape_of(expression).map(|(space, _)| space)
    }

    /// The space of an expression's value and what codes of it look like; `None` as above.
    pub(in crate::app) fn shape_of(&self, expression: &Expr) -> Option<(Space, SpaceShape)> {
        let (model, session) = (self.model()?, &self.names);
        check(expression, &Names { model, session }).ok()
    }

    /// The names and spaces of the loaded model, to arrange expressions by.
    pub(in crate::app) fn with_context<T>(&self, run: impl FnOnce(Option<&dyn Context>) -> T) -> T {
        let session = &self.names;
        match self.model() {
            Some(model) => run(Some(&Names { model, session })),
            None => run(None),
        }
    }

    /// Changes the expression; says whether anything is different now.
    pub(in crate::app) fn edit_position(&mut self, edit: Edit) -> bool {
        let mut position = self.position.clone();
        let changed = self.with_context(|context| position.edit(edit, context));
        self.position = position;
        changed
    }

    /// The current expression with other steps or another truncation, as a slider would make it.
    pub fn edited(&self, edit: Edit) -> Expr {
        self.edited_by([edit])
    }

    /// The current expression as several edits after one another would make it.
    pub fn edited_by(&self, edits: impl IntoIterator<Item = Edit>) -> Expr {
        let mut position = self.position.clone();
        for edit in edits {
            self.with_context(|context| position.edit(edit, context));
        }
        position.expression().clone()
    }

    /// An expression with every step where a model can take it, without what the model cannot be asked
    /// for.
    pub(in crate::app) fn arranged_for(&self, model: &ModelInfo, expression: &Expr) -> Expr {
        let session = &self.names;
        let mut walk = Walk::from_expr(expression);
        let vocabulary = model.manifest.conditions.as_ref();
        let is_known =
            |(word, _): (&str, f32)| vocabulary.is_some_and(|it| it.index(word).is_some());
        if !walk.given.iter().all(is_known) {
            walk.given = Condition::default();
        }
        // A model that makes pictures in one step has none to redraw, and a picture of another size fits
        // no other model.
        if let Some((picture, redraw)) = walk.edited.take() {
            let noise = Box::new(Expr::Seed(0));
            let alone = Expr::Edit(noise, picture.clone().into(), redraw.clone());
            walk.edited = self
                .check_for(model, &alone)
                .is_ok()
                .then_some((picture, redraw));
        }
        walk.arrange(&Names { model, session });
        walk.to_expr()
    }

    /// The space of the code that the walk starts from; `None` without a model, or where it means
    /// nothing.
    pub fn base_space(&self) -> Option<Space> {
        self.space_of(self.position.base())
    }

    /// Whether a model understands an expression, with the names of this session.
    pub(in crate::app) fn check_for(
        &self,
        model: &ModelInfo,
        expression: &Expr,
    ) -> Result<(), CheckError> {
        let session = &self.names;
        check(expression, &Names { model, session }).map(|_| ())
    }
    /// Why a control stays as it is, if the open scene says so.
    pub fn locked(&self, control: Control) -> Option<&'static str> {
        self.locks
            .contains(&control)
            .then_some("The scene keeps this as it is; leave it to change it")
    }

    /// Whether the open scene lets a change happen.
    pub(in crate::app) fn admits(&self, edit: &Edit) -> bool {
        let control = match edit {
            Edit::Seed(_) => Control::Seed,
            Edit::Psi(_) => Control::Psi,
            Edit::Axis { .. }
            | Edit::Step { .. }
            | Edit::Vector(_)
            | Edit::Given(_)
            | Edit::Weight { .. } => Control::Sliders,
            Edit::Sampler(_) | Edit::Redraw(_) | Edit::Strength(_) => Control::Sampler,
            Edit::Base(_) | Edit::Expression(_) | Edit::Composition(_) => {
                return true;
            }
        };
        self.locked(control).is_none()
    }

    /// Changes the expression as the user asks, unless a scene keeps it as it is. A new start
    /// stops the walk.
    pub(in crate::app) fn edit(&mut self, edit: Edit) {
        if !self.admits(&edit) {
            return;
        }
        // No picture could be made with it: the last good one stays.
        if let Edit::Sampler(sampler) = &edit
            && let Err(fault) = sampler.check()
        {
            self.notices.push(Level::Warning, fault.to_string());
            return;
        }
        if let Edit::Strength(strength) = edit
            && !(0.0..=1.0).contains(&strength)
        {
            let strength = strength.to_string();
            let fault = CheckError::Strength { strength };
            self.notices.push(Level::Warning, fault.to_string());
            return;
        }
        // The walk would overwrite a new start in the next frame.
        if edit.is_new_start() {
            self.player = None;
        }
        if self.edit_position(edit) {
            self.touch();
        }
    }

    /// Says that something has changed that is to become a step of the history.
    pub(in crate::app) fn touch(&mut self) {
        self.gesture.touch(self.now_secs);
    }

    /// Asks for pictures beside the main one, as it is drawn now.
    pub(in crate::app) fn request_pictures(&mut self, requests: &[PictureRequest]) {
        let sampler = self.sampler();
        self.pictures
            .ask(&mut self.engine, requests, &self.names, sampler);
    }

    /// The settings with which pictures are drawn now.
    pub(in crate::app) fn sampler(&self) -> Sampler {
        self.position.sampler()
    }

    /// The picture of an expression as it is drawn now.
    pub(in crate::app) fn shot(&self, model: &ModelId, expression: Expr) -> Shot {
        Shot {
            model: model.clone(),
            expression,
            sampler: self.sampler(),
        }
    }

    /// A model besides the current one; `None` while it is on its way. The current one stays.
    ///
    /// # Errors
    ///
    /// One sentence on why it cannot be loaded.
    pub(in crate::app) fn need_model(
        &mut self,
        source: &ModelSource,
    ) -> Result<Option<Arc<ModelInfo>>, String> {
        if let Some(model) = self.models.known(source) {
            return Ok(Some(Arc::clone(model)));
        }
        if let Some(why) = self.models.why_unavailable(source) {
            return Err(why.to_owned());
        }
        if self.models.need(source) {
            self.engine.load(source.clone());
        }
        Ok(None)
    }

    /// Width and height of the model's pictures, in pixels; 0 without a model.
    pub(in crate::app) fn picture_size(&self) -> [usize; 2] {
        self.model().map_or([0, 0], |model| {
            [model.manifest.image.width, model.manifest.image.height]
        })
    }

    /// The model's name in letters that every file system takes.
    pub(in crate::app) fn clean_model_name(&self) -> String {
        let model = self
            .model()
            .map_or("zscape", |model| model.id.name.as_str());
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let plain = model.chars().map(|c| if is_plain(c) { c } else { '-' });
        plain.collect()
    }

    /// `digits-vae2-seed0042.png`: the four digits that other tools write, too.
    pub(in crate::app) fn suggested_file_name(&self, ending: &str) -> String {
        let clean = self.clean_model_name();
        match self.position.seed() {
            Some(seed) if !self.position.is_moved() => format!("{clean}-seed{seed:04}.{ending}"),
            _ => format!("{clean}.{ending}"),
        }
    }
}

/// What is wrong with a typed expression.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ReadError {
    /// A sentence for the person who typed it.
    pub message: String,
    /// Where, in characters from 1; `None` when the text is well formed but means nothing here.
    pub column: Option<usize>,
}

/// The names of a model and of the session, for checking only: nothing is computed.
struct Names<'a> {
    model: &'a ModelInfo,
    session: &'a SessionNames,
}

impl Context for Names<'_> {
    fn model_name(&self) -> &str {
        &self.model.id.name
    }

    fn space(&self, space: Space) -> Option<SpaceShape> {
        self.model.manifest.spaces.get(&space).copied()
    }

    fn lead(&self, space: Space) -> Option<Lead> {
        self.model.manifest.lead(space)
    }

    fn start_space(&self) -> Space {
        self.model.start
    }

    fn encoded_space(&self) -> Space {
        self.model.manifest.encoded_space()
    }

    fn mean(&self, space: Space) -> Option<&[f32]> {
        self.model.means.get(&space).map(Vec::as_slice)
    }

    fn named(&self, name: &str) -> Option<&Code> {
        self.session
            .code(name)
            .or_else(|| self.model.named.get(name))
    }

    fn direction(&self, name: &str) -> Option<&Direction> {
        self.session.direction(name).or_else(|| {
            let own = &self.model.directions;
            own.iter().find(|direction| direction.name == name)
        })
    }

    fn names(&self) -> Vec<String> {
        self.session
            .codes
            .keys()
            .chain(self.model.named.keys())
            .cloned()
            .collect()
    }

    fn directions(&self) -> Vec<String> {
        let own = &self.model.directions;
        let all = self.session.directions.iter().chain(own);
        all.map(|direction| direction.name.clone()).collect()
    }

    fn vocabulary(&self) -> Option<&Vocabulary> {
        self.model.manifest.conditions.as_ref()
    }

    fn takes_condition(&self, space: Space) -> bool {
        self.model.manifest.takes_condition(space)
    }

    fn can_encode(&self) -> bool {
        self.model.takes_pictures()
    }

    fn redrawn_space(&self) -> Option<Space> {
        self.model.manifest.redrawn_space()
    }
}

//! Reading typed expressions and judging them by what the loaded model knows.

use super::{AppState, Edit};
use crate::engine::ModelInfo;
use crate::latent::expr::{CheckError, Context, Expr, Walk, check, parse};
use crate::latent::{Code, Direction, Lead, SessionNames, Space, SpaceShape};
use crate::model::manifest::Role;

/// What is wrong with a typed expression.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ReadError {
    /// A sentence for the person who typed it.
    pub message: String,
    /// Where, in characters from 1; `None` when the text is well formed but means nothing here.
    pub column: Option<usize>,
}

impl AppState {
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
    pub(super) fn check(&self, expression: &Expr) -> Result<(), CheckError> {
        match self.model() {
            Some(model) => self.check_for(model, expression),
            None => Ok(()),
        }
    }

    /// The space that the value of an expression lies in; `None` without a model, or where the
    /// expression means nothing.
    pub(super) fn space_of(&self, expression: &Expr) -> Option<Space> {
        self.shape_of(expression).map(|(space, _)| space)
    }

    /// The space of an expression's value and what codes of it look like; `None` as above.
    pub(super) fn shape_of(&self, expression: &Expr) -> Option<(Space, SpaceShape)> {
        let (model, session) = (self.model()?, &self.names);
        check(expression, &Names { model, session }).ok()
    }

    /// The names and spaces of the loaded model, to arrange expressions by.
    pub(super) fn with_context<T>(&self, run: impl FnOnce(Option<&dyn Context>) -> T) -> T {
        let session = &self.names;
        match self.model() {
            Some(model) => run(Some(&Names { model, session })),
            None => run(None),
        }
    }

    /// Changes the expression; says whether anything is different now.
    pub(super) fn edit_position(&mut self, edit: Edit) -> bool {
        let mut position = self.position.clone();
        let changed = self.with_context(|context| position.edit(edit, context));
        self.position = position;
        changed
    }

    /// The current expression with other steps or another truncation, as a slider would make it.
    pub fn edited(&self, edit: Edit) -> Expr {
        let mut position = self.position.clone();
        self.with_context(|context| position.edit(edit, context));
        position.expression().clone()
    }

    /// An expression with every step where a model can take it.
    pub(super) fn arranged_for(&self, model: &ModelInfo, expression: &Expr) -> Expr {
        let session = &self.names;
        let mut walk = Walk::from_expr(expression);
        walk.arrange(&Names { model, session });
        walk.to_expr()
    }

    /// The space of the code that the walk starts from; `None` without a model, or where it means
    /// nothing.
    pub fn base_space(&self) -> Option<Space> {
        self.space_of(self.position.base())
    }

    /// Whether a model understands an expression, with the names of this session.
    pub(super) fn check_for(&self, model: &ModelInfo, expression: &Expr) -> Result<(), CheckError> {
        let session = &self.names;
        check(expression, &Names { model, session }).map(|_| ())
    }
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

    fn lead(&self, space: Space) -> Option<Lead> {
        self.model.manifest.lead(space)
    }

    fn start_space(&self) -> Space {
        self.model.start
    }

    fn encoded_space(&self) -> Space {
        self.model.manifest.encoded_space()
    }

    fn can_encode(&self) -> bool {
        self.model.manifest.networks.contains_key(&Role::Encoder)
    }
}

//! Where the user is: the expression, taken apart for the controls.
//!
//! The expression is the one source of truth. Every control reads it through a [`Walk`] and
//! writes it back the same way, so the equation bar, the sliders and the pad cannot disagree.

use crate::latent::expr::{Context, Expr, Redraw, Walk, raw_axis_name};
use crate::latent::{Condition, ModelId, Sampler, Shot, Space};

/// Everything of a shot but its model: what goes along when another model is loaded.
#[derive(Clone, PartialEq, Debug)]
pub struct Composition {
    pub expression: Expr,
    pub sampler: Sampler,
}

impl Composition {
    /// The picture of this composition by a model.
    pub fn shot(&self, model: &ModelId) -> Shot {
        Shot {
            model: model.clone(),
            expression: self.expression.clone(),
            sampler: self.sampler,
        }
    }
}

/// An expression on its own is drawn with the default settings.
impl From<Expr> for Composition {
    fn from(expression: Expr) -> Self {
        Self {
            expression,
            sampler: Sampler::default(),
        }
    }
}

/// A raw axis of a space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Axis {
    pub space: Space,
    pub index: usize,
}

impl Axis {
    /// The name in the language: `z3`.
    pub fn name(self) -> String {
        raw_axis_name(self.space, self.index)
    }
}

/// One change of the expression.
#[derive(Clone, PartialEq, Debug)]
pub enum Edit {
    /// Start from this seed.
    Seed(u32),
    /// Truncation psi.
    Psi(f32),
    /// The coefficient of a raw axis, in the units of its space.
    Axis { axis: Axis, step: f32 },
    /// The step along a direction, in standard deviations.
    Step { direction: String, step: f32 },
    /// A code written out, for planes.
    Vector(Vec<f32>),
    /// Where the walk starts; truncation and offsets stay.
    Base(Expr),
    /// What the picture is to show besides its code.
    Given(Condition),
    /// How much one word of that counts.
    Weight { word: String, weight: f32 },
    /// Which picture is redrawn, and where; `None` for one that is made of noise.
    Redraw(Option<(Expr, Redraw)>),
    /// How far towards pure noise a picture is redrawn.
    Strength(f32),
    /// The whole expression.
    Expression(Expr),
    /// The settings of the decode beside the code.
    Sampler(Sampler),
    /// All that makes the picture besides the model.
    Composition(Composition),
}

impl Edit {
    /// Whether it puts the code somewhere else instead of moving it from where it is.
    pub fn is_new_start(&self) -> bool {
        match self {
            Self::Seed(_)
            | Self::Vector(_)
            | Self::Base(_)
            | Self::Expression(_)
            | Self::Composition(_) => true,
            Self::Psi(_)
            | Self::Axis { .. }
            | Self::Step { .. }
            | Self::Given(_)
            | Self::Weight { .. }
            | Self::Redraw(_)
            | Self::Strength(_)
            | Self::Sampler(_) => false,
        }
    }

    /// The step of `sigma` standard deviations along a raw axis, of which one is `unit` in the
    /// units of the space; written with few digits, so that expressions stay short.
    pub fn along(axis: Axis, sigma: f32, unit: f32) -> Self {
        let step = sigma * unit;
        let step = if unit == 1.0 {
            step
        } else {
            (step * 10_000.0).round() / 10_000.0
        };
        Self::Axis { axis, step }
    }
}

/// What is drawn now, with its expression taken apart.
#[derive(Clone, Debug)]
pub struct Position {
    expression: Expr,
    sampler: Sampler,
    walk: Walk,
    /// The last plain seed, to step on from where the base is something else.
    last_seed: u32,
}

impl Position {
    pub fn new(expression: Expr) -> Self {
        let mut position = Self {
            walk: Walk::from_expr(&expression),
            expression,
            sampler: Sampler::default(),
            last_seed: 0,
        };
        position.remember_seed();
        position
    }

    pub fn expression(&self) -> &Expr {
        &self.expression
    }

    /// The settings of the decode beside the code.
    pub fn sampler(&self) -> Sampler {
        self.sampler
    }

    /// All that makes the picture besides the model.
    pub fn composition(&self) -> Composition {
        Composition {
            expression: self.expression.clone(),
            sampler: self.sampler,
        }
    }

    /// The expression, taken apart.
    pub fn walk(&self) -> &Walk {
        &self.walk
    }

    /// The expression without truncation and steps: where the walk starts.
    pub fn base(&self) -> &Expr {
        &self.walk.base
    }

    /// The seed that the walk starts from, when it starts from one.
    pub fn seed(&self) -> Option<u32> {
        match self.walk.base {
            Expr::Seed(seed) => Some(seed),
            _ => None,
        }
    }

    /// The seed, or the one that was last used.
    pub fn last_seed(&self) -> u32 {
        self.last_seed
    }

    /// What the picture is to show besides its code.
    pub fn given(&self) -> &Condition {
        &self.walk.given
    }

    /// The picture that is redrawn, and how; `None` for one that is made of noise.
    pub fn edited(&self) -> Option<&(Expr, Redraw)> {
        self.walk.edited.as_ref()
    }

    pub fn psi(&self) -> f32 {
        self.walk.psi
    }

    /// The coefficient of a raw axis, in the units of its space.
    pub fn offset(&self, axis: Axis) -> f32 {
        self.walk.offset(&axis.name())
    }

    /// How far the walk goes along a direction, in standard deviations.
    pub fn step(&self, direction: &str) -> f32 {
        self.walk.offset(direction)
    }

    /// Whether the expression names a raw axis, also with a step of zero: a slider that is
    /// dragged over zero stays where it is.
    pub fn names_axis(&self, axis: Axis) -> bool {
        self.walk.names(&axis.name())
    }

    /// Whether any slider or setting stands off its default.
    pub fn is_moved(&self) -> bool {
        self.walk.is_moved() || self.sampler != Sampler::default()
    }

    /// Whether a reset would change anything: a code that was put on the map goes back to its seed.
    pub fn can_reset(&self) -> bool {
        self.is_moved() || self.literal().is_some()
    }

    /// The code itself, where the expression is one written out.
    pub fn literal(&self) -> Option<&[f32]> {
        // What is said beside the code leaves it where it is.
        let mut code = &self.expression;
        while let Expr::Given(inner, _) | Expr::Edit(inner, ..) = code {
            code = inner;
        }
        match code {
            Expr::Vector(values) => Some(values),
            _ => None,
        }
    }

    /// Applies one change and says whether anything is different now. `context` knows the spaces
    /// of the loaded model, so that each step is taken where it can be; without a model steps
    /// stay where they are put.
    pub fn edit(&mut self, edit: Edit, context: Option<&dyn Context>) -> bool {
        match edit {
            Edit::Seed(seed) => self.walk.base = Expr::Seed(seed),
            Edit::Base(base) => self.walk.set_base(&base),
            Edit::Given(given) => self.walk.given = given,
            Edit::Weight { word, weight } => self.walk.given.set(&word, weight),
            Edit::Redraw(edited) => self.walk.edited = edited,
            Edit::Strength(strength) => {
                if let Some((_, redraw)) = &mut self.walk.edited {
                    redraw.strength = strength;
                }
            }
            Edit::Psi(psi) => self.walk.psi = psi,
            Edit::Axis { axis, step } => self.walk.set_offset(&axis.name(), step),
            Edit::Step { direction, step } => self.walk.set_offset(&direction, step),
            // What a hand puts on the map is the final code: truncating or shifting it again
            // would put the picture elsewhere than the hand.
            Edit::Vector(values) => {
                let walk = Walk::from_expr(&Expr::Vector(values));
                self.walk = Walk {
                    given: std::mem::take(&mut self.walk.given),
                    edited: self.walk.edited.take(),
                    ..walk
                };
            }
            Edit::Expression(expression) => return self.set_expression(expression),
            Edit::Sampler(sampler) => {
                let changed = self.sampler != sampler;
                self.sampler = sampler;
                return changed;
            }
            Edit::Composition(composition) => {
                let Composition {
                    expression,
                    sampler,
                } = composition;
                let changed = self.sampler != sampler;
                self.sampler = sampler;
                return self.set_expression(expression) || changed;
            }
        }
        self.rebuild(context)
    }

    /// Takes back truncation, steps and settings of the decode; the start stays, but for a code that
    /// was written out, as by a drag on the map: that goes back to the last seed.
    pub fn reset(&mut self) -> bool {
        if self.literal().is_some() {
            self.walk.base = Expr::Seed(self.last_seed);
        }
        self.walk.psi = 1.0;
        self.walk.inner.clear();
        self.walk.offsets.clear();
        let sampler = std::mem::take(&mut self.sampler);
        self.rebuild(None) || sampler != self.sampler
    }

    fn set_expression(&mut self, expression: Expr) -> bool {
        let changed = self.expression != expression;
        self.walk = Walk::from_expr(&expression);
        self.expression = expression;
        self.remember_seed();
        changed
    }

    fn rebuild(&mut self, context: Option<&dyn Context>) -> bool {
        if let Some(context) = context {
            self.walk.arrange(context);
        }
        let expression = self.walk.to_expr();
        let changed = self.expression != expression;
        self.expression = expression;
        self.remember_seed();
        changed
    }

    fn remember_seed(&mut self) {
        if let Expr::Seed(seed) = self.walk.base {
            self.last_seed = seed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_after(position: &mut Position, edit: Edit) -> String {
        position.edit(edit, None);
        position.expression().to_string()
    }

    #[test]
    fn controls_write_the_expression() {
        let mut position = Position::new(Expr::Seed(42));
        let axis = |index| Axis {
            space: Space::Z,
            index,
        };
        let edit = Edit::Axis {
            axis: axis(3),
            step: 1.5,
        };
        let text = text_after(&mut position, edit);
        assert_eq!(text, "seed(42) + 1.5*dir(\"z3\")");
        assert_eq!(position.offset(axis(3)), 1.5);
        assert_eq!(position.offset(axis(4)), 0.0);
        let text = text_after(&mut position, Edit::Seed(7));
        assert_eq!(text, "seed(7) + 1.5*dir(\"z3\")");
        assert!(position.is_moved());
        assert!(position.reset());
        assert_eq!(position.expression(), &Expr::Seed(7));
        assert!(!position.is_moved());
    }

    #[test]
    fn a_point_on_the_map_is_final() {
        let mut position = Position::new(Expr::Seed(42));
        position.edit(Edit::Psi(0.5), None);
        let text = text_after(&mut position, Edit::Vector(vec![0.5, -1.25]));
        assert_eq!(text, "[0.5, -1.25]");
        assert_eq!(position.psi(), 1.0);
        assert_eq!(position.seed(), None);
        assert_eq!(
            position.last_seed(),
            42,
            "stepping goes on from the last seed"
        );
    }

    #[test]
    fn what_is_given_stays_when_the_code_changes() {
        let mut position = Position::new(Expr::Seed(42));
        let text = text_after(&mut position, Edit::Given(Condition::word("3")));
        assert_eq!(text, "given(seed(42), \"3\")");
        assert_eq!(position.seed(), Some(42));
        let text = text_after(&mut position, Edit::Seed(7));
        assert_eq!(text, "given(seed(7), \"3\")");
        let weight = |word: &str, weight| Edit::Weight {
            word: word.to_owned(),
            weight,
        };
        text_after(&mut position, weight("8", 0.5));
        let text = text_after(&mut position, weight("3", 0.0));
        assert_eq!(text, "given(seed(7), 0.5*\"8\")");
        let text = text_after(&mut position, Edit::Vector(vec![0.5, 1.0]));
        assert_eq!(text, "given([0.5, 1], 0.5*\"8\")");
        assert_eq!(position.literal(), Some(&[0.5, 1.0][..]));
        let text = text_after(&mut position, Edit::Given(Condition::default()));
        assert_eq!(text, "[0.5, 1]");
    }

    #[test]
    fn what_is_redrawn_stays_when_the_noise_changes() {
        let mut position = Position::new(Expr::Seed(42));
        // Nothing is redrawn yet.
        assert!(!position.edit(Edit::Strength(0.5), None));
        let redraw = Redraw {
            strength: 0.6,
            cells: vec![2..5],
        };
        let picture = Expr::Named("me".to_owned());
        let text = text_after(&mut position, Edit::Redraw(Some((picture, redraw))));
        assert_eq!(text, "edit(seed(42), @me, 0.6, cells [2..5])");
        text_after(&mut position, Edit::Given(Condition::word("3")));
        text_after(&mut position, Edit::Strength(1.0));
        let text = text_after(&mut position, Edit::Seed(7));
        assert_eq!(text, "given(edit(seed(7), @me, 1, cells [2..5]), \"3\")");
        let text = text_after(&mut position, Edit::Redraw(None));
        assert_eq!(text, "given(seed(7), \"3\")");
    }

    #[test]
    fn an_edit_to_the_same_value_is_no_change() {
        let mut position = Position::new(Expr::Seed(42));
        assert!(!position.edit(Edit::Seed(42), None));
        assert!(!position.edit(Edit::Psi(1.0), None));
        assert!(!position.edit(Edit::Expression(Expr::Seed(42)), None));
    }
}

//! Where the user is: the expression, taken apart for the controls.
//!
//! The expression is the one source of truth. Every control reads it through a [`Walk`] and
//! writes it back the same way, so the equation bar, the sliders and the pad cannot disagree.

use super::{Edit, ToolSettings};
use crate::engine::ModelSource;
use crate::latent::Space;
use crate::latent::expr::{Expr, Walk, raw_axis_name};
use std::sync::Arc;

/// A model, an expression and what is set in the tools: what undo and the filmstrip go back to.
#[derive(Clone, PartialEq, Debug)]
pub struct Place {
    pub model: ModelSource,
    pub expression: Expr,
    pub tools: Arc<ToolSettings>,
}

/// The current expression.
#[derive(Clone, Debug)]
pub struct Position {
    expression: Expr,
    walk: Walk,
    /// The last plain seed, to step on from where the base is something else.
    last_seed: u32,
}

impl Position {
    pub fn new(expression: Expr) -> Self {
        let mut position = Self {
            walk: Walk::from_expr(&expression),
            expression,
            last_seed: 0,
        };
        position.remember_seed();
        position
    }

    pub fn expression(&self) -> &Expr {
        &self.expression
    }

    /// The expression without truncation and offsets: where the walk starts.
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

    pub fn psi(&self) -> f32 {
        self.walk.psi
    }

    /// The coefficient of a raw axis, in standard deviations.
    pub fn offset(&self, dim: usize) -> f32 {
        self.walk.offset(&raw_axis_name(Space::Z, dim))
    }

    /// How far the walk goes along a direction, in standard deviations.
    pub fn step(&self, direction: &str) -> f32 {
        self.walk.offset_in_any_space(direction)
    }

    /// Whether the expression names a raw axis, be it with a step of zero: a slider that is
    /// drawn over zero stays where it is.
    pub fn names_axis(&self, dim: usize) -> bool {
        let name = raw_axis_name(Space::Z, dim);
        self.walk.offsets.iter().any(|(known, _)| *known == name)
    }

    /// Whether any slider stands off its default.
    pub fn is_moved(&self) -> bool {
        self.walk.psi != 1.0 || self.walk.offsets.iter().any(|(_, sigma)| *sigma != 0.0)
    }

    /// The code itself, where the expression is one written out.
    pub fn literal(&self) -> Option<&[f32]> {
        match &self.expression {
            Expr::Vector(values) => Some(values),
            _ => None,
        }
    }

    /// Applies one change and says whether anything is different now.
    pub fn edit(&mut self, edit: Edit) -> bool {
        match edit {
            Edit::Seed(seed) => self.walk.base = Expr::Seed(seed),
            Edit::Base(base) => self.walk.base = base,
            Edit::Psi(psi) => self.walk.psi = psi,
            Edit::Offset { dim, sigma } => {
                self.walk.set_offset(&raw_axis_name(Space::Z, dim), sigma)
            }
            // What a hand puts on the map is the final code: truncating or shifting it again
            // would put the picture elsewhere than the hand.
            Edit::Vector(values) => self.walk = Walk::from_expr(&Expr::Vector(values)),
            Edit::Expression(expression) => {
                let changed = self.expression != expression;
                self.walk = Walk::from_expr(&expression);
                self.expression = expression;
                self.remember_seed();
                return changed;
            }
        }
        self.rebuild()
    }

    /// Starts from elsewhere, with the same truncation and offsets.
    pub fn set_base(&mut self, base: Expr) -> bool {
        self.walk.base = base;
        self.rebuild()
    }

    /// Takes back truncation and offsets; the start stays.
    pub fn reset(&mut self) -> bool {
        self.walk.psi = 1.0;
        self.walk.offsets.clear();
        self.rebuild()
    }

    fn rebuild(&mut self) -> bool {
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
        position.edit(edit);
        position.expression().to_string()
    }

    #[test]
    fn controls_write_the_expression() {
        let mut position = Position::new(Expr::Seed(42));
        let text = text_after(&mut position, Edit::Offset { dim: 3, sigma: 1.5 });
        assert_eq!(text, "seed(42) + 1.5*dir(\"z3\")");
        assert_eq!(position.offset(3), 1.5);
        assert_eq!(position.offset(4), 0.0);
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
        position.edit(Edit::Psi(0.5));
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
    fn an_edit_to_the_same_value_is_no_change() {
        let mut position = Position::new(Expr::Seed(42));
        assert!(!position.edit(Edit::Seed(42)));
        assert!(!position.edit(Edit::Psi(1.0)));
        assert!(!position.edit(Edit::Expression(Expr::Seed(42))));
    }
}

//! From expressions to shots: the one place that says how pictures are drawn besides their codes.

use super::AppState;
use crate::engine::ModelId;
use crate::latent::expr::Expr;
use crate::latent::{Sampler, Shot};

impl AppState {
    /// The settings with which pictures are drawn now.
    pub(super) fn sampler(&self) -> Sampler {
        self.position.sampler()
    }

    /// The picture of an expression as it is drawn now.
    pub(super) fn shot(&self, model: &ModelId, expression: Expr) -> Shot {
        Shot {
            model: model.clone(),
            expression,
            conditions: self.position.conditions().clone(),
            sampler: self.sampler(),
        }
    }
}

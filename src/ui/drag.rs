//! Codes on their way under the pointer: from stills and tiles into the wells of tools.

use crate::engine::ModelSource;
use crate::latent::expr::Expr;

/// What is dragged.
#[derive(Clone, PartialEq, Debug)]
pub struct DraggedCode {
    pub expression: Expr,
    /// The model that the expression was made for; another may not know its names.
    pub model: ModelSource,
}

//! One expression to its code, without a picture.

use super::{JobContext, Slice, Work};
use crate::engine::Event;
use crate::latent::SessionNames;
use crate::latent::expr::Expr;
use crate::model::Fault;
use std::sync::Arc;

pub struct Evaluate {
    pub expression: Expr,
    pub names: Arc<SessionNames>,
}

impl Work for Evaluate {
    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        let code = cx.evaluate(&self.expression, &self.names)?;
        let job = cx.job;
        Ok(Slice::Done(vec![Event::Evaluated { job, code }]))
    }
}

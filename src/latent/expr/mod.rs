//! The language of latent codes: text, tree, checks and values.
//!
//! Expressions come from keyboards, session files and pictures found on the internet. Nothing
//! in here may panic, overflow the stack or compute without end, whatever the text or the tree:
//! the [limits] bound every tree, and reading, printing, checking and evaluating do not recurse.
//!
//! ```
//! use zscape::latent::expr::{Expr, parse};
//!
//! let expr = parse("slerp(seed(3), seed(9), 0.4) + 1.5*dir(\"glasses\")")?;
//! assert!(matches!(expr, Expr::Add(..)));
//! assert_eq!(parse(&expr.to_string())?, expr);
//! # Ok::<(), zscape::latent::expr::ParseError>(())
//! ```

mod ast;
mod check;
mod context;
mod earlier;
mod error;
mod eval;
mod lexer;
pub mod limits;
mod names;
mod parse;
mod print;
mod suggest;
mod text;
mod walk;
mod weight;

pub use ast::{Cross, Expr, LayerRange, Redraw, Vary};
pub use check::check;
pub use context::{Compute, Context, direction_space, raw_axis, raw_axis_name};
pub use earlier::from_earlier;
pub use error::{CheckError, EvalError, ParseError};
pub use eval::evaluate;
pub use parse::parse;
pub use suggest::suggest;
pub use walk::Walk;

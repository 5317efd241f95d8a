//! ONNX: any graph whose input is a latent code and whose output is a picture, and graphs that find
//! codes of pictures (`docs/onnx.md`).
//!
//! Shapes are followed with a batch of one, so that what exporters compute of shapes is known when the
//! file is opened; what is left are operations of ours. The batch itself is never written, so nothing may
//! mix or move the first axis.

mod blueprint;
mod container;
mod fold;
mod item;
mod lower;
mod operators;
mod program;
mod wire;

pub use blueprint::blueprint;
pub use container::open;
pub use program::Program;

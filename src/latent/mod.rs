//! Latent codes and what can be said about them: pure functions on `f32`, no tensors, no files.

mod code;
pub mod expr;
pub mod interpolate;
pub mod seed;

pub use code::{Code, Direction, Space, SpaceShape};

//! Latent codes and what can be said about them: pure functions on `f32`, no tensors, no files.
//!
//! - [`seed`]: the code of a seed, equal to NumPy's bit for bit;
//! - [`interpolate`]: the ways between two codes;
//! - [`expr`]: the language in which every picture is written;
//! - [`path`]: ways through codes, for animations, strips and sheets.

mod code;
pub mod expr;
pub mod geometry;
pub mod interpolate;
mod names;
pub mod neighbours;
pub mod path;
pub mod pca;
pub mod prior;
mod sampler;
pub mod seed;
mod special;

pub use code::{Code, Direction, Space, SpaceShape};
pub use geometry::Plane;
pub use names::SessionNames;
pub use sampler::{NoiseMode, Sampler};

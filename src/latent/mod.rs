//! Latent codes and what can be said about them: pure functions on `f32`, no tensors, no files.
//!
//! - [`seed`]: the code of a seed, equal to NumPy's bit for bit;
//! - [`Shot`]: everything that makes one picture;
//! - [`Original`], [`Mask`]: pictures that are redrawn, and where;
//! - [`interpolate`]: the ways between two codes;
//! - [`expr`]: the language in which every picture is written;
//! - [`geometry`]: lengths, angles, planes;
//! - [`prior`]: where a code stands among those that the prior gives;
//! - [`neighbours`]: the codes nearest to a code;
//! - [`painting`]: grids of indices under a brush;
//! - [`path`]: ways through keyframes, and sheets between four corners;
//! - [`sampling`]: from noise to data in steps;
//! - [`pca`], [`probe`]: directions found in codes; [`sefa`]: those in weights;
//! - [`variations`]: children of a code, and which of many pictures differ most.

mod code;
mod code_values;
mod condition;
pub mod expr;
pub mod geometry;
pub mod interpolate;
pub mod likeness;
mod mask;
mod names;
pub mod neighbours;
mod original;
pub mod painting;
pub mod path;
pub mod pca;
pub mod prior;
pub mod probe;
mod sampler;
pub mod sampling;
pub mod seed;
pub mod sefa;
mod shot;
mod special;
pub mod variations;

pub use code::{Code, Direction, Lead, MAX_LEVELS, Space, SpaceNameError, SpaceShape};
pub use code_values::{Values, ValuesError};
pub use condition::{Condition, MAX_WORDS, Vocabulary, VocabularyKind, stands_for};
pub use geometry::Plane;
pub use mask::Mask;
pub use names::{EncodedPhoto, SessionNames};
pub use original::{Original, StoredOriginal};
pub use sampler::{
    MAX_TURNS, NoiseMode, Sampler, SamplerChange, SamplerPart, Turn, TurnError, Turns,
};
pub use shot::{ModelId, Shot};

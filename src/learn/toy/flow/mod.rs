//! A normalizing flow of two dimensions, small enough to be seen as a whole: how it warps the
//! plane of noise into that of its data, after any share of its training and any of its layers.
//!
//! It learns from three shapes of points on first use, half a second each on a CPU.

pub mod chain;
pub mod data;
pub mod shown;
mod training;

pub use chain::LAYERS;
pub use data::{Data, Point};
pub use shown::{Flow, Settings};
pub use training::{PERCENT, Trained};

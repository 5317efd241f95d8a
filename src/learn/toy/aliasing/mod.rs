//! A wave on a grid that is shifted by parts of a step, and a pointwise function of it: applied to
//! the samples as they are, or on a finer grid between low-pass filters (Karras et al. 2021,
//! "Alias-Free Generative Adversarial Networks").
//!
//! All is exact: the grid is a ring, so that whole numbers of cycles are periodic on it, and
//! samples of waves below its limit are shifted without loss by way of their spectrum.

pub mod grid;
pub mod layer;
pub mod shown;

pub use grid::{GRID, LIMIT, Samples, Spectrum, wave};
pub use layer::{Filter, Function, Layer};
pub use shown::{Aliasing, Settings, WALK};

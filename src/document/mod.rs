//! What the program writes and reads besides models: recipes, pictures, arrays.
//!
//! Everything here is plain data. Files are written beside their place and renamed, so that
//! neither a full disk nor a killed program leaves half a file under a name that somebody asked
//! for.

pub mod npy;
pub mod png;
pub mod raster;
pub mod recipe;
pub mod save;

pub use raster::Raster;
pub use recipe::{ModelRef, Recipe, Subject};
pub use save::SaveError;

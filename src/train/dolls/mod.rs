//! Paper dolls: pictures put together from layers, any number of them, each with its labels known.
//!
//! A folder says with a `doll.toml` what its dolls are made of (`docs/paper-dolls.md`); the heroes
//! have a reader of their own, because their labels follow from the colours of the layers. What
//! such folders hold is not trusted: names lead nowhere else, and the number, the size and the
//! sum of the layers are bounded before they are kept.

mod described;
mod heroes;
mod layer;
mod layout;
mod rules;
mod table;

pub use described::Described;
pub use heroes::Heroes;

use super::dataset::{DataForm, Part};
use super::layout::LayoutSettings;

/// One picture of a doll.
pub struct Character {
    /// `[channels, height, width]`, 0 to 255.
    pub pixels: Vec<u8>,
    /// 0 or 1 for each label of [`Doll::form`].
    pub labels: Vec<u8>,
    /// The label map, `[side, side]`, once [`Doll::lay_out`] has said of what; else nothing.
    pub layout: Vec<u8>,
}

/// What draws pictures from layers.
pub trait Doll: Send + Sync {
    /// The size of the pictures, and what they are labelled with.
    fn form(&self) -> DataForm;

    /// Makes characters have label maps from now on.
    ///
    /// # Errors
    /// When the labels do not fit the layers, or nothing is known of these.
    fn lay_out(&mut self, _layout: &LayoutSettings) -> Result<(), String> {
        Err("has a layout, but its data is not described by a doll.toml".to_owned())
    }

    /// Picture `index` of a part of the data; the same at every call. Both parts go on without
    /// end, and have no picture in common but by a chance that the implementation states.
    fn character(&self, part: Part, index: u64) -> Character;
}

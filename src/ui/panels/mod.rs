//! The parts of the window.

pub mod bookmarks;
mod branches;
pub mod canvas;
pub mod classes;
pub mod equation;
pub mod filmstrip;
pub mod learning;
pub mod menu_bar;
pub mod parameter_row;
pub mod plane;
mod recent;
pub mod status;
pub mod tools;

use super::theme::{space, tokens};
use eframe::egui::{Frame, Margin, Ui};

/// Fills the ground of a panel at a side and gives it its inner distance.
pub fn side_frame(ui: &Ui) -> Frame {
    Frame::new()
        .fill(tokens(ui).panel)
        .inner_margin(Margin::symmetric(space::M as i8, space::S as i8))
}

//! The parts of the window.

pub mod bookmarks;
mod branches;
pub mod canvas;
pub mod classes;
pub mod conditions;
pub mod ends;
pub mod equation;
pub mod filmstrip;
pub mod learning;
pub mod menu_bar;
pub mod noise;
pub mod parameter_row;
pub mod plane;
pub mod prompt;
mod recent;
pub mod sampler;
pub mod seed;
pub mod status;
pub mod tools;

use super::theme::{space, tokens};
use crate::app::AppState;
use crate::learn::Control;
use eframe::egui::{Frame, Margin, Ui};

/// Fills the ground of a panel at a side and gives it its inner distance.
pub fn side_frame(ui: &Ui) -> Frame {
    Frame::new()
        .fill(tokens(ui).panel)
        .inner_margin(Margin::symmetric(space::M as i8, space::S as i8))
}

/// Paints controls, greyed with the reason while the open scene keeps them as they are.
pub fn unlocked_ui(ui: &mut Ui, app: &AppState, control: Control, add: impl FnOnce(&mut Ui)) {
    let lock = app.workspace().locked(control);
    let painted = ui.add_enabled_ui(lock.is_none(), add);
    if let Some(why) = lock {
        painted.response.on_disabled_hover_text(why);
    }
}

//! Small building blocks that every panel uses.

mod command_button;
mod context_menu;
mod explained;
mod fields;
mod keys;
mod labels;
mod quiet_plot;
mod slider_row;
pub mod tile;

pub use command_button::{
    accented_button, command_button, icon_button, menu_button, menu_entry, primary_button,
    tooltip_text,
};
pub use context_menu::context_menu;
pub use explained::explained_heading;
pub use fields::{add_number, number_field, text_field};
pub use keys::keep_arrow_keys;
pub use labels::{
    caption, code, empty_state, heading, icon, invitation_ui, on_hover_text_from, section,
    section_with,
};
pub use quiet_plot::quiet_plot;
pub use slider_row::{
    EndPicture, SliderRow, name_width, named_slider_row, reset_button, slider_row,
};

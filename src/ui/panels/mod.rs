//! The parts of the window.

pub mod bookmarks;
mod branches;
pub mod canvas;
mod classes;
pub mod controls;
pub mod equation;
pub mod filmstrip;
pub mod learning;
pub mod menu_bar;
pub mod parameter_row;
pub mod plane;
mod recent;
pub mod status;
pub mod tools;

//! The parts of the window.

pub mod canvas;
pub mod controls;
pub mod equation;
pub mod filmstrip;
pub mod menu_bar;
pub mod plane;
pub mod status;
pub mod tools;

//! Explore: sliders, the pad, one picture.

pub(crate) mod panel;

use super::{ToolInfo, ToolPart};
use crate::learn::ToolName;
use eframe::egui::Key;
use lucide_icons::Icon;

/// Everything that is set here is in the expression.
pub type Settings = ();

#[derive(Default, Debug)]
pub struct Explore;

impl ToolPart for Explore {
    const INFO: ToolInfo = ToolInfo {
        word: "Explore",
        name: "Explore",
        tooltip: "Walk with sliders and by dragging the picture",
        icon: Icon::Compass,
        key: Some(Key::Num1),
        question_name: Some(ToolName::Explore),
    };
    const SHOWS_SOURCES: bool = false;
}

//! Sample: how noise becomes a picture in steps.

pub(crate) mod panel;

use super::{ToolInfo, ToolPart};
use crate::learn::ToolName;
use eframe::egui::Key;
use lucide_icons::Icon;

/// The sampler is a part of the shot.
pub type Settings = ();

#[derive(Default, Debug)]
pub struct Sample;

impl ToolPart for Sample {
    const INFO: ToolInfo = ToolInfo {
        word: "Sample",
        name: "Sample",
        tooltip: "See how a diffusion model or a flow makes a picture out of noise, step by step, and change how it does",
        icon: Icon::Footprints,
        key: Some(Key::S),
        question_name: Some(ToolName::Sample),
        explained_by: "diffusion-samplers",
    };
    const SHOWS_SOURCES: bool = false;
}

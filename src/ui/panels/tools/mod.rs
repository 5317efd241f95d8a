//! The tools: a rail to choose from, controls at the left, a stage in the middle.
//!
//! What each tool paints is in its own folder, as a [`ToolPanel`]; here is what they share.

pub mod brush;
pub mod neighbours;
mod other_models;
pub mod panes;
pub mod rail;
pub mod sources;
pub mod swatch;

pub use other_models::other_models_ui;

use super::canvas;
use crate::app::sentences::NO_MODEL;
use crate::app::tools::with_every_tool;
use crate::app::{Actions, AppState, Tool};
use crate::engine::ModelInfo;
use crate::ui::parts;
use crate::ui::picture::Shown;
use crate::ui::textures::PictureTextures;
use crate::ui::theme::space;
use crate::ui::widgets::{caption, empty_state, explained_heading};
use canvas::CanvasView;
use eframe::egui::{CentralPanel, Panel, ScrollArea, Ui};
use lucide_icons::Icon;

/// What a tool paints. The value is what its panel keeps between frames besides the state.
pub trait ToolPanel: Default {
    /// Paints the controls below the name of the tool.
    fn controls_ui(&mut self, _ui: &mut Ui, _controls: &mut Controls<'_>) {}

    /// Paints the middle of the window.
    fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
        picture_ui(ui, stage);
    }

    /// Paints all at the left: what the tool is for, its controls, and codes to take from.
    fn left_ui(&mut self, ui: &mut Ui, left: Left<'_>) {
        let Left {
            app,
            actions,
            textures,
        } = left;
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let tool = app.tools().open();
            let info = tool.info();
            ui.add_space(space::S);
            explained_heading(ui, actions, info.name, info.name, info.explained_by);
            if !app.modes().presents {
                caption(ui, info.tooltip);
            }
            let Some(model) = app.model() else {
                empty_state(ui, Icon::Box, "No model", NO_MODEL);
                return;
            };
            let mut controls = Controls {
                app,
                actions,
                model,
                textures,
            };
            self.controls_ui(ui, &mut controls);
            if tool.shows_sources() {
                sources::ui(ui, app, actions, model, textures);
            }
            parts::follow_focus(ui);
        });
    }
}

/// What the left of the window paints with.
pub struct Left<'a> {
    pub app: &'a AppState,
    pub actions: &'a mut Actions,
    pub textures: &'a mut PictureTextures,
}

/// What the controls of a tool paint with.
pub struct Controls<'a> {
    pub app: &'a AppState,
    pub actions: &'a mut Actions,
    pub model: &'a ModelInfo,
    pub textures: &'a mut PictureTextures,
}

/// Everything that a stage paints with.
pub struct Stage<'a> {
    pub app: &'a AppState,
    pub actions: &'a mut Actions,
    pub canvas: &'a mut CanvasView,
    pub textures: &'a mut PictureTextures,
    /// The main picture.
    pub shown: Option<Shown>,
}

/// Collects the panels of all tools.
macro_rules! panels {
    ($($variant:ident: $module:ident,)*) => {
        /// The panels of all tools.
        #[derive(Default)]
        pub struct ToolPanels {
            $($module: crate::app::tools::$module::panel::View,)*
        }

        impl ToolPanels {
            /// Paints the left of the window for the open tool.
            pub fn left_ui(&mut self, ui: &mut Ui, left: Left<'_>) {
                match left.app.tools().open() {
                    $(Tool::$variant => self.$module.left_ui(ui, left),)*
                }
            }

            /// Paints the middle of the window for the open tool.
            pub fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
                match stage.app.tools().open() {
                    $(Tool::$variant => self.$module.stage_ui(ui, stage),)*
                }
            }
        }
    };
}

with_every_tool!(panels);

/// The main picture in what is left of the stage.
pub fn picture_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    CentralPanel::no_frame().show(ui, |ui| {
        canvas::ui(ui, stage.app, stage.actions, stage.canvas, stage.shown);
    });
}

/// A part of the stage below the picture, as high as its content.
pub fn below_picture<R>(
    ui: &mut Ui,
    id: &'static str,
    max_height: f32,
    add: impl FnOnce(&mut Ui) -> R,
) -> R {
    below(ui, id).max_size(max_height).show(ui, add).inner
}

/// As [`below_picture`], with a height of its own for content that scrolls.
pub fn scrolling_below_picture<R>(
    ui: &mut Ui,
    id: &'static str,
    height: f32,
    add: impl FnOnce(&mut Ui) -> R,
) -> R {
    below(ui, id).exact_size(height).show(ui, add).inner
}

fn below(ui: &Ui, id: &'static str) -> Panel {
    let margin = eframe::egui::Margin::symmetric(space::M as i8, space::S as i8);
    let frame = eframe::egui::Frame::new()
        .fill(crate::ui::theme::tokens(ui).panel)
        .inner_margin(margin);
    Panel::bottom(id)
        .resizable(false)
        .show_separator_line(true)
        .frame(frame)
}

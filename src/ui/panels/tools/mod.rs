//! The tools: a rail to choose from, controls at the left, a stage in the middle.

pub mod arithmetic;
pub mod compare;
pub mod directions;
pub mod encode;
pub mod interpolate;
mod layer_plot;
pub mod map;
pub mod rail;
pub mod sources;
pub mod styles;
pub mod variations;
pub mod where_am_i;

use super::{canvas, controls};
use crate::app::{Actions, AppState, Tool};
use crate::ui::picture::Shown;
use crate::ui::textures::PictureTextures;
use crate::ui::theme::space;
use crate::ui::widgets::{caption, empty_state, heading};
use canvas::CanvasView;
use eframe::egui::{CentralPanel, Panel, ScrollArea, Ui};
use lucide_icons::Icon;

/// What the tools' panels keep between frames besides the state.
#[derive(Default)]
pub struct ToolViews {
    pub textures: PictureTextures,
    arithmetic: arithmetic::ArithmeticView,
    map: map::MapView,
    compare: compare::CompareView,
    directions: directions::DirectionsView,
    encode: encode::EncodeView,
    variations: variations::VariationsView,
}

/// Everything that a stage paints with.
pub struct Stage<'a> {
    pub app: &'a AppState,
    pub actions: &'a mut Actions,
    pub canvas: &'a mut CanvasView,
    pub views: &'a mut ToolViews,
    /// The main picture.
    pub shown: Option<Shown>,
}

/// Paints the controls of the open tool.
pub fn controls_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, views: &mut ToolViews) {
    if app.tools().open() == Tool::Explore {
        controls::ui(ui, app, actions);
        return;
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let info = app.tools().open().command().info();
        ui.add_space(space::S);
        heading(ui, info.name);
        caption(ui, info.tooltip);
        let Some(model) = app.model() else {
            empty_state(ui, Icon::Box, "No model", "Load a model first");
            return;
        };
        match app.tools().open() {
            Tool::Explore => {}
            Tool::Arithmetic => arithmetic::controls_ui(ui, app, actions, &mut views.arithmetic),
            Tool::Styles => styles::controls_ui(ui, app, actions, model, views),
            Tool::Variations => variations::controls_ui(ui, app, actions, views),
            Tool::Directions => directions::controls_ui(ui, app, actions, model, views),
            Tool::Compare => compare::controls_ui(ui, app, actions, views),
            Tool::Interpolate => interpolate::controls_ui(ui, app, actions),
            Tool::Encode => encode::controls_ui(ui, app, actions, model, views),
            Tool::Map => map::controls_ui(ui, app, actions, model, views),
            Tool::Where => where_am_i::controls_ui(ui, app),
        }
        sources::ui(ui, app, actions, model, &mut views.textures);
    });
}

/// Paints the middle of the window.
pub fn stage_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    match stage.app.tools().open() {
        Tool::Explore => picture_ui(ui, stage),
        Tool::Arithmetic => arithmetic::stage_ui(ui, stage),
        Tool::Styles => styles::stage_ui(ui, stage),
        Tool::Map => map::stage_ui(ui, stage),
        Tool::Encode => encode::stage_ui(ui, stage),
        Tool::Interpolate => interpolate::stage_ui(ui, stage),
        Tool::Directions => directions::stage_ui(ui, stage),
        Tool::Compare => compare::stage_ui(ui, stage),
        Tool::Variations => variations::stage_ui(ui, stage),
        Tool::Where => where_am_i::stage_ui(ui, stage),
    }
}

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

//! Compare: which panes at the left, the panes or two of them laid over each other in the middle.

mod controls;
mod overlay;
mod panes;

use super::Mode;
use crate::app::AppState;
use crate::app::models::source_title;
use crate::engine::ModelSource;
use crate::ui::panels::tools::{Controls, Stage, ToolPanel};
use crate::ui::theme::{TextRole, space, tokens};
use crate::ui::widgets::icon;
use eframe::egui::{
    CentralPanel, Color32, Frame, Margin, Panel, TextureHandle, TextureOptions, Ui,
};
use lucide_icons::Icon;

/// How the pictures are looked at; nothing of it changes them.
pub struct View {
    /// Where the divider of the wipe stands: 0 at the left, 1 at the right.
    wipe: f32,
    /// The difference that was painted last.
    difference: Option<DifferencePicture>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            wipe: 0.5,
            difference: None,
        }
    }
}

/// A difference on the GPU, with what it was made of.
struct DifferencePicture {
    /// The pictures, the gain, and how it is enlarged.
    shows: ([u64; 2], f32, TextureOptions),
    texture: TextureHandle,
}

impl ToolPanel for View {
    fn controls_ui(&mut self, ui: &mut Ui, controls: &mut Controls<'_>) {
        controls::ui(ui, controls, self);
    }

    fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
        stage_ui(ui, stage, self);
    }
}

fn stage_ui(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut View) {
    let mode = stage.app.tools().settings().compare.mode;
    let laid_over = stage.app.tools().compare().laid_over();
    let frame = Frame::new().inner_margin(Margin::same(space::M as i8));
    match (mode, laid_over) {
        (Mode::SideBySide, _) => {}
        (_, Err(why)) => why_not_ui(ui, why),
        (_, Ok(laid_over)) => {
            let laid_over = laid_over.clone();
            CentralPanel::no_frame().frame(frame).show(ui, |ui| {
                overlay::ui(ui, stage, view, &laid_over);
            });
            return;
        }
    }
    CentralPanel::no_frame()
        .frame(frame)
        .show(ui, |ui| panes::ui(ui, stage));
}

/// Why two pictures do not lie over each other; the panes stand beside each other below.
fn why_not_ui(ui: &mut Ui, why: &str) {
    let tokens = tokens(ui);
    let frame = Frame::new()
        .fill(tokens.panel)
        .inner_margin(Margin::symmetric(space::M as i8, space::S as i8));
    Panel::top("why not laid over")
        .resizable(false)
        .frame(frame)
        .show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(icon(Icon::Info).color(tokens.text_muted));
                ui.label(why);
            });
        });
}

/// The words for a mode, its icon, and what it does.
fn mode_words(mode: Mode) -> (&'static str, Icon, &'static str) {
    match mode {
        Mode::SideBySide => (
            "Side by side",
            Icon::Columns2,
            "All panes beside each other",
        ),
        Mode::Wipe => (
            "Wipe",
            Icon::SquareSplitHorizontal,
            "Two pictures over each other, with a divider to be dragged",
        ),
        Mode::Blink => ("Blink", Icon::Zap, "Two pictures in turn at the same place"),
        Mode::Difference => (
            "Difference",
            Icon::Diff,
            "How far each pixel of one picture is from that of the other",
        ),
    }
}

/// What a pane is called: its number, its model and what it changes.
fn pane_title(app: &AppState, index: usize) -> String {
    title_with(app, index, source_title)
}

/// The title of a pane in a line of this width: with the short name of its model where the long one
/// would be cut, so that two panes can be told apart.
fn fitting_title(ui: &Ui, app: &AppState, index: usize, width: f32) -> String {
    let title = pane_title(app, index);
    let font = TextRole::Body.font();
    let galley = ui
        .painter()
        .layout_no_wrap(title.clone(), font, Color32::PLACEHOLDER);
    if galley.size().x <= width {
        return title;
    }
    title_with(app, index, |source| match source {
        ModelSource::Catalogue(name) => name.clone(),
        ModelSource::File(_) => source_title(source),
    })
}

fn title_with(app: &AppState, index: usize, name: impl Fn(&ModelSource) -> String) -> String {
    let pane = app.tools().settings().compare.pane(index);
    let shown = app.tools().compare().panes().get(index);
    let current = || app.model().map(|model| &model.source);
    let source = shown.map(|pane| &pane.source).or_else(current);
    let mut title = source.map_or_else(String::new, name);
    if index == 0 {
        return title;
    }
    if let Some(psi) = pane.psi {
        title += &format!(" · ψ {psi}");
    }
    if let Some(method) = pane.method {
        title += &format!(" · {}", method.name());
    }
    title
}

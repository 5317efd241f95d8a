//! Paint: the brush and the codebook at the left, the picture under the brush in the middle.

mod codebook;
mod expected;
mod stage;

use super::{BRUSH_SIZE, ENTRY, ERASE, FROM_PICTURE, Mode, OTHER, PICK, Paint, REMOVE};
use crate::app::sentences::capitalised;
use crate::app::{Actions, AppState, Command, ParamId, Tool};
use crate::engine::ModelInfo;
use crate::latent::Mask;
use crate::latent::expr::Expr;
use crate::model::IndexGrid;
use crate::ui::drag::DraggedCode;
use crate::ui::panels::parameter_row;
use crate::ui::panels::tools::brush::Pen;
use crate::ui::panels::tools::swatch::Swatches;
use crate::ui::panels::tools::{Controls, Stage, ToolPanel, other_models_ui, picture_ui};
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::tile::Tile;
use crate::ui::widgets::{caption, icon_button, number_field, section};
use codebook::Codebook;
use eframe::egui::{
    Align, Button, DragValue, Layout, Rect, RichText, Stroke, StrokeKind, Ui, vec2,
};
use lucide_icons::Icon;
use stage::Overlay;

/// Side of the picture that cells are copied from.
const OTHER_SIDE: f32 = 112.0;
/// Side of the entry that the brush paints.
const ENTRY_SIDE: f32 = size::CONTROL;
const SEED_WIDTH: f32 = 84.0;

/// The hand, and how the codebook is looked at.
#[derive(Default)]
pub struct View {
    pen: Pen,
    codebook: Codebook,
    /// The cells under the brush.
    under: Mask,
}

impl ToolPanel for View {
    fn controls_ui(&mut self, ui: &mut Ui, controls: &mut Controls<'_>) {
        let Controls {
            app,
            actions,
            model,
            textures,
        } = controls;
        let Some(grid) = model.manifest.grid() else {
            no_grid_ui(ui, app, actions, model);
            return;
        };
        self.codebook.begin_frame();
        section(ui, "Brush", |ui| {
            brush_ui(ui, app, actions, (model, grid), textures, &self.under);
        });
        if app.tools().settings().paint.mode == Mode::Picture {
            // The codes to copy from follow at once.
            return;
        }
        self.codebook.ui(ui, app, actions, (model, grid), textures);
        if model.manifest.writes() {
            section(ui, "Expected here", |ui| {
                expected::ui(
                    ui,
                    app,
                    actions,
                    &mut Swatches::new(app, model, grid, textures),
                );
            });
        }
    }

    fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
        let model = stage.app.model();
        match model.and_then(|model| model.manifest.grid()) {
            None => {
                self.pen.lift();
                picture_ui(ui, stage);
            }
            Some(grid) => stage::ui(ui, stage, grid, self),
        }
    }
}

fn of_tool(key: &'static str) -> Command {
    Command::OfTool(Tool::Paint, key)
}

fn brush_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    (model, grid): (&ModelInfo, IndexGrid),
    textures: &mut PictureTextures,
    under: &Mask,
) {
    let view = app.tool::<Paint>();
    let mode = view.settings.mode;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for wanted in Mode::ALL {
            let (words, tip) = mode_words(wanted, view.nouns().one);
            let button = Button::new(words)
                .selected(mode == wanted)
                .min_size(vec2(0.0, size::CONTROL));
            if ui.add(button).on_hover_text(tip).clicked() {
                actions.edit_tool::<Paint>(move |settings| settings.mode = wanted);
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            icon_button(ui, app, actions, of_tool(REMOVE));
            icon_button(ui, app, actions, of_tool(PICK));
        });
    });
    parameter_row::ui(ui, app, actions, &ParamId::Tool(BRUSH_SIZE));
    match mode {
        Mode::Entry => {
            let entry = view.entry();
            parameter_row::ui(ui, app, actions, &ParamId::Tool(ENTRY));
            ui.horizontal(|ui| {
                let mut swatches = Swatches::new(app, model, grid, textures);
                let (rect, response) = ui.allocate_exact_size(
                    vec2(ENTRY_SIDE, ENTRY_SIDE),
                    eframe::egui::Sense::hover(),
                );
                swatches.paint(ui, rect, entry);
                response.on_hover_text("What the brush paints");
                ui.label(capitalised(&view.name_of(entry)));
            });
        }
        Mode::Picture => other_ui(ui, app, actions, textures, (grid, under)),
        Mode::Erase => {
            caption(ui, "The brush brings back what was there before painting");
        }
    }
    if view.begins_with_grid() {
        caption(
            ui,
            "Painting begins with this grid written out: the sampler's settings are no part of a code",
        );
    }
    if let Some(why) = view.failure() {
        ui.label(RichText::new(why).color(tokens(ui).error));
    }
}

fn mode_words(mode: Mode, entry: &str) -> (String, String) {
    let shortcut = |key| {
        let info = of_tool(key).info();
        let shortcut = info
            .shortcut
            .map(|shortcut| shortcut.logical_key.symbol_or_name());
        shortcut.map_or_else(String::new, |key| format!(" ({key})"))
    };
    match mode {
        Mode::Entry => (
            capitalised(entry),
            format!("Paint cells with the {entry} that is chosen below"),
        ),
        Mode::Picture => (
            "From a picture".to_owned(),
            format!(
                "Copy the cells of another picture at the same places{}",
                shortcut(FROM_PICTURE)
            ),
        ),
        Mode::Erase => (
            "Erase".to_owned(),
            format!("Bring back what was there before{}", shortcut(ERASE)),
        ),
    }
}

/// The picture that cells are copied from.
fn other_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    textures: &mut PictureTextures,
    (grid, under): (IndexGrid, &Mask),
) {
    let view = app.tool::<Paint>();
    let other = view.other();
    ui.horizontal(|ui| {
        let tile = Tile {
            picture: app.pictures().set(OTHER).get(0),
            expression: &other,
            name: "Picture to copy from",
            side: OTHER_SIDE,
            selected: false,
        };
        let response = tile.ui(ui, app, textures);
        let image = app.model().map(|model| model.manifest.image);
        let size = image.map_or(vec2(1.0, 1.0), |image| {
            vec2(image.width as f32, image.height as f32)
        });
        let size = size * (OTHER_SIDE / size.max_elem().max(1.0));
        let overlay = Overlay {
            painter: ui.painter().clone(),
            place: Rect::from_center_size(response.rect.center(), size),
            grid,
        };
        overlay.brush(under);
        if response.dnd_hover_payload::<DraggedCode>().is_some() {
            let stroke = Stroke::new(2.0, tokens(ui).accent);
            let frame = response.rect;
            ui.painter()
                .rect_stroke(frame, size::RADIUS_SMALL, stroke, StrokeKind::Outside);
        }
        if let Some(dragged) = response.dnd_release_payload::<DraggedCode>() {
            let code = dragged.expression.clone();
            actions.edit_tool::<Paint>(move |settings| settings.from = code);
        }
        ui.vertical(|ui| {
            let from = &view.settings.from;
            let mut seed = match from {
                Expr::Seed(seed) => *seed,
                _ => 0,
            };
            let field = DragValue::new(&mut seed).speed(0.1).prefix("seed ");
            let response = number_field(ui, SEED_WIDTH, field)
                .on_hover_text("Copy from the picture of this seed")
                .accessible_name("Seed to copy from");
            if response.changed() {
                actions.edit_tool::<Paint>(move |settings| settings.from = Expr::Seed(seed));
            }
            if !matches!(from, Expr::Seed(_)) {
                ui.label(crate::ui::widgets::code(from.to_string()));
            }
            caption(ui, "or click one of the codes below, or drop one here");
        });
    });
}

/// What is shown for a model without such codes: which ones have them.
fn no_grid_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, model: &ModelInfo) {
    let why = format!(
        "{} decodes codes of real numbers. A brush paints grids: entries of a codebook, or a label map",
        model.manifest.title
    );
    other_models_ui(
        ui,
        actions,
        (Icon::Brush, "No grid to paint on", &why),
        app.models().with_grids(),
        "Open a VQ model from a file, such as one made by zscape train",
    );
}

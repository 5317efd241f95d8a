//! Codes to take from: named ones, and seeds to leaf through. Click to go there, or drag.

use crate::app::tools::sources::{PICTURES, SEEDS};
use crate::app::{Actions, AppState};
use crate::engine::ModelInfo;
use crate::latent::expr::Expr;
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{size, space};
use crate::ui::widgets::tile::{Tile, code_menu};
use crate::ui::widgets::{caption, icon, section, section_with};
use eframe::egui::{Button, DragValue, Ui, vec2};
use lucide_icons::Icon;

/// Paints the sources.
pub fn ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    model: &ModelInfo,
    textures: &mut PictureTextures,
) {
    let settings = &app.tools().settings().sources;
    let all = settings.expressions(model, &app.names().codes);
    let names = all
        .iter()
        .take_while(|expression| matches!(expression, Expr::Named(_)))
        .count();
    if names > 0 {
        section(ui, "Named codes", |ui| {
            tiles_ui(ui, app, actions, textures, &all[..names], 0);
        });
    }
    let (turned, ()) = section_with(
        ui,
        "Seeds",
        |ui| leaf_ui(ui, settings.first_seed),
        |ui| tiles_ui(ui, app, actions, textures, &all[names..], names),
    );
    if let Some(seed) = turned {
        actions.edit_tools(move |settings| settings.sources.show_from(seed));
    }
    caption(
        ui,
        "Drag a picture into a place of the tool, or click it to go there",
    );
}

fn tiles_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    textures: &mut PictureTextures,
    expressions: &[Expr],
    first: usize,
) {
    let set = app.pictures().set(PICTURES);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
        for (index, expression) in expressions.iter().enumerate() {
            let name = expression.to_string();
            let tile = Tile {
                picture: set.get(first + index),
                expression,
                name: &name,
                side: size::THUMBNAIL,
                selected: app.position().expression() == expression,
            };
            let response = tile.ui(ui, app, textures);
            code_menu(&response, actions, expression);
            if response.clicked() {
                actions.edit(crate::app::Edit::Expression(expression.clone()));
            }
        }
    });
}

/// The first seed that is to be shown from now on.
fn leaf_ui(ui: &mut Ui, first: u32) -> Option<u32> {
    let mut turned = None;
    let arrow = |ui: &mut Ui, glyph, name: &str| {
        ui.add(Button::new(icon(glyph)).min_size(vec2(size::CONTROL, size::CONTROL)))
            .on_hover_text(name)
            .accessible_name(name)
            .clicked()
    };
    // From right to left, as the end of the line is laid out.
    if arrow(ui, Icon::ChevronRight, "More seeds") {
        turned = Some(first.saturating_add(SEEDS));
    }
    let mut from = first;
    let field = ui
        .add(DragValue::new(&mut from).speed(0.2))
        .on_hover_text("First seed shown")
        .accessible_name("First seed of the sources");
    if field.changed() {
        turned = Some(from);
    }
    if arrow(ui, Icon::ChevronLeft, "Previous seeds") {
        turned = Some(first.saturating_sub(SEEDS));
    }
    turned
}

//! The encoded data nearest to the current code, as the map and "Where am I" show them.

use crate::app::tools::neighbours::NEIGHBOURS;
use crate::app::{Actions, AppState, Edit};
use crate::engine::ModelInfo;
use crate::latent::expr::Expr;
use crate::latent::geometry::distance;
use crate::ui::panels::classes::class_name;
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{size, space};
use crate::ui::widgets::caption;
use crate::ui::widgets::tile::{Tile, code_menu};
use eframe::egui::Ui;

/// Paints them with their distances.
pub fn ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    model: &ModelInfo,
    textures: &mut PictureTextures,
) {
    let code = app.preview().frame().map(|frame| &frame.code);
    let code = code.filter(|code| code.space == model.start);
    let set = app.pictures().set(NEIGHBOURS);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        for picture in set.iter().flatten() {
            let Expr::Vector(values) = &picture.expression else {
                continue;
            };
            let class = model
                .encoded
                .iter()
                .find(|(row, _)| row == values)
                .map(|(_, class)| class_name(model, *class))
                .unwrap_or_default();
            let far = code.map_or(0.0, |code| distance(code.values.reals(), values));
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = space::XS;
                let name = format!("Nearest datum: {class}, {far:.2} away");
                let tile = Tile {
                    picture: Some(picture),
                    expression: &picture.expression,
                    name: &name,
                    side: size::THUMBNAIL,
                    selected: false,
                };
                let response = tile.ui(ui, app, textures);
                code_menu(&response, actions, &picture.expression);
                if response.clicked() {
                    actions.edit(Edit::Expression(picture.expression.clone()));
                }
                caption(ui, format!("{class} {far:.2}"));
            });
        }
    });
    caption(
        ui,
        "Reconstructions of test pictures, with their distance in z",
    );
}

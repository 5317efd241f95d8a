//! Codes to take from: named ones, favourites, and seeds to leaf through. A click goes there or into
//! the place of the tool that waits for a code; a drag goes into any.

use crate::app::tools::sources::{PICTURES, SEEDS};
use crate::app::tools::variations::Variations;
use crate::app::{Action, Actions, AppState};
use crate::engine::ModelInfo;
use crate::latent::expr::Expr;
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{size, space};
use crate::ui::widgets::tile::{Tile, code_menu, remove_button};
use crate::ui::widgets::{add_number, caption, icon, section, section_with};
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
    let tools = app.tools().settings();
    let favourites = &tools.variations.favourites;
    let offered = tools.sources.offered(model, &app.names().codes, favourites);
    let mut first = 0;
    let mut row = Row {
        app,
        actions,
        textures,
    };
    if !offered.named.is_empty() {
        section(ui, "Named codes", |ui| {
            row.ui(ui, &offered.named, first, None);
        });
        first += offered.named.len();
    }
    if !offered.favourites.is_empty() {
        section(ui, "Favourites", |ui| {
            row.ui(ui, &offered.favourites, first, Some("Favourite"));
        });
        first += offered.favourites.len();
    }
    let (turned, ()) = section_with(
        ui,
        "Seeds",
        |ui| leaf_ui(ui, tools.sources.first_seed),
        |ui| row.ui(ui, &offered.seeds, first, None),
    );
    if let Some(seed) = turned {
        actions.edit_tools(move |settings| settings.sources.show_from(seed));
    }
    caption(
        ui,
        "Drag a picture into a place of the tool, or click it: it goes to the place that is marked, \
         else you go there",
    );
}

/// What a row of codes paints with.
struct Row<'a> {
    app: &'a AppState,
    actions: &'a mut Actions,
    textures: &'a mut PictureTextures,
}

impl Row<'_> {
    /// Paints codes, the pictures of which begin with number `first`; those that were kept in a list
    /// are called by its `word`, and can be taken out.
    fn ui(&mut self, ui: &mut Ui, expressions: &[Expr], first: usize, word: Option<&str>) {
        let set = self.app.pictures().set(PICTURES);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(space::S, space::S);
            for (index, expression) in expressions.iter().enumerate() {
                let number = index + 1;
                let name = match word {
                    Some(word) => format!("{word} {number}"),
                    None => expression.to_string(),
                };
                let tile = Tile {
                    picture: set.get(first + index),
                    expression,
                    name: &name,
                    side: size::THUMBNAIL,
                    selected: self.app.position().expression() == expression,
                };
                let response = tile.ui(ui, self.app, self.textures);
                code_menu(&response, self.actions, expression);
                if response.clicked() {
                    self.actions.push(Action::Choose(expression.clone()));
                }
                let Some(word) = word else { continue };
                let take_out = format!("Remove {} {number}", word.to_lowercase());
                if remove_button(ui, response.rect, &take_out).clicked() {
                    let code = expression.clone();
                    self.actions
                        .edit_tool::<Variations>(|settings| settings.favour(code, false));
                }
            }
        });
    }
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
    let field = add_number(ui, DragValue::new(&mut from).speed(0.2))
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

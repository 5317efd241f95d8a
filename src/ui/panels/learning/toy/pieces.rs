//! A text as pieces, each in a box of its own.

use super::Stage;
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::caption;
use eframe::egui::{Role, Sense, Ui, WidgetInfo, vec2};

pub fn ui(ui: &mut Ui, stage: &Stage<'_>, cut: &[String]) {
    let characters = stage.bench.play().text().chars();
    let characters = characters.filter(|c| !c.is_whitespace()).count();
    caption(
        ui,
        match cut.len() {
            0 => "There is nothing to cut".to_owned(),
            1 => format!("1 piece for {characters} characters"),
            count => format!("{count} pieces for {characters} characters; ▁ begins a word"),
        },
    );
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(2.0, space::XS);
        for (place, piece) in cut.iter().enumerate() {
            // Words stand apart; the pieces of one touch.
            if place > 0 && piece.starts_with('▁') {
                ui.add_space(space::XS);
            }
            piece_ui(ui, piece);
        }
    });
}

fn piece_ui(ui: &mut Ui, piece: &str) {
    let colours = tokens(ui);
    let (font, colour) = (TextRole::Code.font(), colours.text_strong);
    let galley = ui.painter().layout_no_wrap(piece.to_owned(), font, colour);
    let padding = vec2(space::XS, 2.0);
    let (rect, response) = ui.allocate_exact_size(galley.size() + 2.0 * padding, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, piece));
    ui.painter()
        .rect_filled(rect, size::RADIUS_SMALL, colours.control);
    ui.painter().galley(rect.min + padding, galley, colour);
}

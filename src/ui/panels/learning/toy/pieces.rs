//! A text as pieces, each in a box of its own.

use super::Stage;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{caption, code};
use eframe::egui::{Frame, Margin, Ui};

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
    let colours = tokens(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = eframe::egui::vec2(2.0, space::XS);
        for (place, piece) in cut.iter().enumerate() {
            // Words stand apart; the pieces of one touch.
            if place > 0 && piece.starts_with('▁') {
                ui.add_space(space::XS);
            }
            Frame::new()
                .fill(colours.control)
                .corner_radius(size::RADIUS_SMALL)
                .inner_margin(Margin::symmetric(4, 2))
                .show(ui, |ui| {
                    ui.label(code(piece.as_str()).color(colours.text_strong))
                });
        }
    });
}

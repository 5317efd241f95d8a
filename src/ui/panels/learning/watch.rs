//! What a scene measures live, under its picture.

use crate::app::{AppState, OpenScene};
use crate::learn::evidence::live_with_unit;
use crate::ui::theme::{TextRole, space, text, tokens};
use crate::ui::widgets::{caption, code, icon};
use eframe::egui::{Color32, FontId, Role, Ui, WidgetInfo};
use lucide_icons::Icon;

/// Paints the numbers, or that they are hidden while one of them may be what a task asks for.
pub fn ui(ui: &mut Ui, app: &AppState, scene: &OpenScene) {
    let learning = app.learning();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        if learning.is_predicting(app.view()) {
            ui.label(icon(Icon::EyeOff).color(tokens(ui).text_muted));
            caption(ui, "Numbers are hidden until you have answered");
            return;
        }
        ui.label(icon(Icon::Gauge).color(tokens(ui).text_muted));
        for (place, watched) in scene.watch.iter().enumerate() {
            let title = watched.title();
            let value = learning.live_number(watched);
            let number = match value {
                Some(Ok(value)) => live_with_unit(value, watched.measure.unit()),
                Some(Err(_)) | None => "–".to_owned(),
            };
            if place > 0 {
                begin(ui, &title, &number);
            }
            let line = ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::XS;
                caption(ui, title.as_str());
                let strong = tokens(ui).text_strong;
                ui.label(code(number.as_str()).color(strong));
            });
            let name = format!("{title}: {number}");
            line.response
                .widget_info(|| WidgetInfo::labeled(Role::Status, true, name.as_str()));
            if let Some(Err(why)) = value {
                line.response.on_hover_text(why);
            }
        }
    });
}

/// Leaves a gap before the next number, or begins a line where it has no room.
fn begin(ui: &mut Ui, title: &str, number: &str) {
    let width = |words: &str, font: FontId| {
        let galley = ui
            .painter()
            .layout_no_wrap(words.to_owned(), font, Color32::PLACEHOLDER);
        galley.size().x
    };
    let needed = width(title, FontId::proportional(text::SMALL))
        + width(number, TextRole::Code.font())
        + space::XS
        + 2.0 * space::S;
    if ui.available_size_before_wrap().x < needed {
        ui.end_row();
    } else {
        ui.add_space(space::S);
    }
}

//! Notifications, shortcuts, and what this program is.

use super::card;
use crate::app::{Actions, AppState, Level};
use crate::model::quality;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{caption, empty_state, icon};
use eframe::egui;
use eframe::egui::{Context, Grid, RichText, Ui};
use lucide_icons::Icon;

/// The icon and the colour of a message; the word stands beside them.
pub fn level_icon(ui: &Ui, level: Level) -> RichText {
    let tokens = tokens(ui);
    let (glyph, colour) = match level {
        Level::Hint => (Icon::Lightbulb, tokens.text_muted),
        Level::Done => (Icon::CircleCheck, tokens.done),
        Level::Warning => (Icon::TriangleAlert, tokens.warning),
        Level::Error => (Icon::CircleX, tokens.error),
    };
    icon(glyph).color(colour)
}

/// Every message since the start, newest first.
pub fn notifications(ctx: &Context, app: &AppState, actions: &mut Actions) {
    card(ctx, "Notifications", actions, |ui, _| {
        let notices = app.notices().all();
        if notices.is_empty() {
            empty_state(
                ui,
                Icon::Bell,
                "No notifications",
                "Messages are listed here",
            );
            ui.add_space(space::M);
            return;
        }
        for notice in notices.iter().rev() {
            ui.horizontal_top(|ui| {
                let mark = level_icon(ui, notice.level);
                ui.label(mark);
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    ui.add(egui::Label::new(&notice.text).wrap().selectable(true));
                    let ago_secs = ui.input(|input| input.time) - notice.since_secs;
                    caption(ui, format!("{}, {}", notice.level.word(), ago(ago_secs)));
                });
            });
            ui.add_space(space::S);
        }
    });
}

fn ago(secs: f64) -> String {
    match secs {
        secs if secs < 60.0 => "a moment ago".to_owned(),
        secs if secs < 3600.0 => format!("{:.0} min ago", secs / 60.0),
        secs => format!("{:.0} h ago", secs / 3600.0),
    }
}

/// What this program and its model are.
pub fn about(ctx: &Context, app: &AppState, actions: &mut Actions) {
    card(ctx, "About zscape", actions, |ui, _| {
        ui.label(format!(
            "zscape {} explores the latent spaces of generative models",
            env!("CARGO_PKG_VERSION")
        ));
        caption(ui, format!("Licence {}", env!("CARGO_PKG_LICENSE")));
        let Some(model) = app.model() else { return };
        ui.add_space(space::S);
        ui.separator();
        ui.label(RichText::new(&model.manifest.title).color(tokens(ui).text_strong));
        ui.label(&model.manifest.summary);
        Grid::new("model facts")
            .num_columns(2)
            .spacing([space::L, space::XS])
            .show(ui, |ui| {
                let data = &model.manifest.data;
                let training = &model.manifest.training;
                let mut fact = |name: &str, value: String| {
                    if !value.is_empty() {
                        caption(ui, name);
                        ui.label(value);
                        ui.end_row();
                    }
                };
                fact("Name", model.id.name.clone());
                fact("Hash", model.id.hash.chars().take(16).collect());
                fact("Data", data.name.clone());
                fact("Licence of the data", data.licence.clone());
                if training.images_seen > 0 {
                    fact("Trained on", format!("{} pictures", training.images_seen));
                }
                // What was measured of single labels comes last: there may be many.
                let (of_labels, of_all): (Vec<_>, Vec<_>) = model
                    .manifest
                    .quality
                    .iter()
                    .partition(|(measure, _)| quality::is_of_label(measure));
                for (measure, value) in of_all.into_iter().chain(of_labels) {
                    fact(&measure.replace('_', " "), quality::shown(*value));
                }
                if let Some(record) = &model.manifest.directions {
                    let count = record.directions.len();
                    fact("Directions", format!("{count}, judged by {}", record.judge));
                }
            });
    });
}

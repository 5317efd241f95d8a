//! What is shown where the open tool can do nothing with the model.

use crate::app::models::source_title;
use crate::app::{Action, Actions};
use crate::engine::ModelSource;
use crate::ui::theme::space;
use crate::ui::widgets::{caption, empty_state};
use eframe::egui::{Button, Ui};
use lucide_icons::Icon;

/// Says why, with a button for each model that the tool works with; `otherwise` is said where none is known.
pub fn other_models_ui(
    ui: &mut Ui,
    actions: &mut Actions,
    (icon, title, why): (Icon, &str, &str),
    known: impl Iterator<Item = ModelSource>,
    otherwise: &str,
) {
    ui.add_space(space::XL);
    empty_state(ui, icon, title, why);
    ui.add_space(space::M);
    let mut known = known.peekable();
    if known.peek().is_none() {
        caption(ui, otherwise);
    }
    for source in known {
        let words = format!("Open {}", source_title(&source));
        if ui.add(Button::new(&words)).clicked() {
            actions.push(Action::LoadModel(source));
        }
    }
}

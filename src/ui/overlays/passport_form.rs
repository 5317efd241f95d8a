//! What is known of a model of another program, with the question whether to load it.

use super::card_with_head;
use crate::app::{Action, Actions, AppState, Command};
use crate::ui::theme::{size, space};
use crate::ui::widgets::{accented_button, caption, icon};
use eframe::egui::{Button, Context, Grid, Label, Ui, vec2};
use lucide_icons::Icon;

/// Wide enough for sentences beside their names.
const WIDTH: f32 = 640.0;

/// Paints the card; Esc leaves the model where it is.
pub fn passport_form(ctx: &Context, app: &AppState, actions: &mut Actions) {
    let Some(passport) = app.passport() else {
        actions.run(Command::Leave);
        return;
    };
    let head = |ui: &mut Ui, actions: &mut Actions| {
        caption(
            ui,
            "No code in the file is run. The current model stays until this one is loaded",
        );
        ui.add_space(space::S);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            buttons_ui(ui, actions);
        });
    };
    let rows = passport.rows();
    card_with_head(ctx, "Open model", WIDTH, actions, head, |ui, _, ()| {
        let grid = Grid::new("passport").num_columns(2).min_col_width(80.0);
        grid.spacing(vec2(space::M, space::S)).show(ui, |ui| {
            let mut before = "";
            for (name, value) in &rows {
                // Several lines of one kind have its name once.
                caption(ui, if before == *name { "" } else { name });
                ui.add(Label::new(value).wrap());
                ui.end_row();
                before = name;
            }
        });
    });
}

fn buttons_ui(ui: &mut Ui, actions: &mut Actions) {
    let open = ui
        .add(accented_button(ui, Icon::FolderOpen, "Open"))
        .accessible_name("Load this model");
    if open.clicked() {
        actions.push(Action::OpenForeign);
    }
    let cancel = Button::new((icon(Icon::X), "Cancel")).min_size(vec2(0.0, size::CONTROL));
    if ui.add(cancel).accessible_name("Cancel").clicked() {
        actions.run(Command::Leave);
    }
    if ui.memory(|memory| memory.focused().is_none()) {
        open.request_focus();
    }
}

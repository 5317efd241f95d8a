//! What is known of a model of another program, with the question whether to load it.

use super::card_with_head;
use crate::app::{Action, Actions, AppState, Command, DescribeAction};
use crate::ui::theme::{size, space};
use crate::ui::widgets::{accented_button, caption, icon};
use eframe::egui::{Button, Context, Grid, Label, Ui, vec2};
use lucide_icons::Icon;

/// Wide enough for sentences beside their names.
const WIDTH: f32 = 640.0;

/// Paints the card; Esc leaves the model where it is.
pub fn passport_form(ctx: &Context, app: &AppState, actions: &mut Actions) {
    let (rows, is_known) = match (app.passport(), app.describing()) {
        (Some(passport), _) => (passport.rows(), true),
        (None, Some(describing)) => (describing.file().rows(), false),
        (None, None) => {
            actions.run(Command::Leave);
            return;
        }
    };
    let head = |ui: &mut Ui, actions: &mut Actions| {
        caption(
            ui,
            match is_known {
                true => {
                    "No code in the file is run. The current model stays until this one is loaded"
                }
                false => {
                    "Say how it is built, layer by layer, and it opens. No code in the file is run"
                }
            },
        );
        ui.add_space(space::S);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            buttons_ui(ui, actions, is_known);
        });
    };
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

fn buttons_ui(ui: &mut Ui, actions: &mut Actions, is_known: bool) {
    let (icon_of_it, words, name) = match is_known {
        true => (Icon::FolderOpen, "Open", "Load this model"),
        false => (Icon::PencilRuler, "Describe it…", "Describe this model"),
    };
    let open = ui
        .add(accented_button(ui, icon_of_it, words))
        .accessible_name(name);
    if open.clicked() {
        actions.push(match is_known {
            true => Action::OpenForeign,
            false => Action::Describe(DescribeAction::Begin),
        });
    }
    let cancel = Button::new((icon(Icon::X), "Cancel")).min_size(vec2(0.0, size::CONTROL));
    if ui.add(cancel).accessible_name("Cancel").clicked() {
        actions.run(Command::Leave);
    }
    if ui.memory(|memory| memory.focused().is_none()) {
        open.request_focus();
    }
}

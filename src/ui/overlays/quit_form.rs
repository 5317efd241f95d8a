//! What is asked when the window is to close while files are being written.

use super::card;
use crate::app::export::{Quit, Run};
use crate::app::{Action, Actions, AppState, Command};
use crate::ui::theme::{size, space};
use crate::ui::widgets::{accented_button, caption, icon};
use eframe::egui::{Button, Context, Label, ProgressBar, Ui, vec2};
use lucide_icons::Icon;

/// So many files are listed by name.
const MAX_LISTED: usize = 6;

/// Paints the question; Esc leaves the window open.
pub fn quit_form(ctx: &Context, app: &AppState, actions: &mut Actions, waits: bool) {
    let runs = app.export().runs();
    card(ctx, "Quit zscape", actions, |ui, actions| {
        let words = match runs.len() {
            0 => "All files are written".to_owned(),
            1 => "1 file is still being written".to_owned(),
            count => format!("{count} files are still being written"),
        };
        ui.label(words);
        ui.add_space(space::S);
        for run in runs.iter().take(MAX_LISTED) {
            run_ui(ui, run);
        }
        if runs.len() > MAX_LISTED {
            caption(ui, format!("and {} more", runs.len() - MAX_LISTED));
        }
        ui.add_space(space::S);
        if waits {
            caption(ui, "The window closes when they are written");
        }
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            buttons_ui(ui, actions, waits, runs.is_empty());
        });
    });
}

fn run_ui(ui: &mut Ui, run: &Run) {
    ui.add(Label::new(run.title()).truncate());
    let (part, words) = match run.progress() {
        Some((done, total)) => (
            done as f32 / total.max(1) as f32,
            format!("{done} of {total}"),
        ),
        None => (0.0, "Measuring the path".to_owned()),
    };
    ui.add(ProgressBar::new(part).text(words));
}

fn buttons_ui(ui: &mut Ui, actions: &mut Actions, waits: bool, is_done: bool) {
    let place = vec2(0.0, size::CONTROL);
    let plain = |glyph, words: &'static str| Button::new((icon(glyph), words)).min_size(place);
    let mut first = None;
    if !waits {
        let words = if is_done { "Quit" } else { "Wait, then quit" };
        let wait = ui
            .add(accented_button(ui, Icon::Hourglass, words))
            .accessible_name(words);
        if wait.clicked() {
            actions.push(Action::Quit(Quit::WhenWritten));
        }
        first = Some(wait);
    }
    if !is_done {
        let now = ui
            .add(plain(Icon::Power, "Quit anyway"))
            .on_hover_text("Unfinished files are discarded")
            .accessible_name("Quit anyway");
        if now.clicked() {
            actions.push(Action::Quit(Quit::Now));
        }
        first.get_or_insert(now);
    }
    let cancel = ui
        .add(plain(Icon::X, "Cancel"))
        .on_hover_text("Keep the window open; writing goes on")
        .accessible_name("Cancel");
    if cancel.clicked() {
        actions.run(Command::Leave);
    }
    // Enter does the harmless thing, and Tab goes on from it.
    let harmless = if waits {
        cancel
    } else {
        first.unwrap_or(cancel)
    };
    if ui.memory(|memory| memory.focused().is_none()) {
        harmless.request_focus();
    }
}

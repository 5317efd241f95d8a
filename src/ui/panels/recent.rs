//! The entries of the File menu that come and go: sessions of before.

use crate::app::session::session_title;
use crate::app::{Action, Actions, AppState, SessionAction};
use crate::ui::widgets::{caption, icon};
use eframe::egui::{Button, Ui};
use lucide_icons::Icon;
use std::time::{SystemTime, UNIX_EPOCH};

/// How many sessions that made room are listed.
const STASHED: usize = 8;

/// Paints the submenu of sessions.
pub fn menu_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let session = app.session();
    ui.menu_button((icon(Icon::History), "Recent sessions"), |ui| {
        ui.set_min_width(240.0);
        if session.recent().is_empty() && session.stashed().is_empty() {
            caption(ui, "Sessions that you open, save or leave are listed here");
        }
        for path in session.recent() {
            let entry = Button::new((icon(Icon::FileClock), session_title(Some(path))));
            if ui
                .add(entry)
                .on_hover_text(path.display().to_string())
                .clicked()
            {
                actions.push(Action::Session(SessionAction::Open(path.clone())));
                ui.close();
            }
        }
        if !session.recent().is_empty() && !session.stashed().is_empty() {
            ui.separator();
        }
        for stashed in session.stashed().iter().take(STASHED) {
            let plural = if stashed.steps == 1 { "" } else { "s" };
            let words = format!("{} step{plural}, {}", stashed.steps, ago(stashed.at_millis));
            let entry = ui
                .add(Button::new((icon(Icon::History), words)))
                .on_hover_text("A session that was replaced before it was saved");
            if entry.clicked() {
                actions.push(Action::Session(SessionAction::Open(stashed.path.clone())));
                ui.close();
            }
        }
    });
}

fn ago(at_millis: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_millis = now.map_or(at_millis, |now| now.as_millis() as u64);
    match now_millis.saturating_sub(at_millis) / 60_000 {
        0 => "a moment ago".to_owned(),
        minutes if minutes < 60 => format!("{minutes} min ago"),
        minutes if minutes < 48 * 60 => format!("{} h ago", minutes / 60),
        minutes => format!("{} days ago", minutes / (24 * 60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_words() {
        assert_eq!(ago(u64::MAX), "a moment ago");
        assert!(ago(0).ends_with("days ago"));
    }
}

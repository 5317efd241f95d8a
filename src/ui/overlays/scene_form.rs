//! The question for the title and the caption of a scene that is to be saved.

use super::card;
use crate::app::{Action, Actions, AppState};
use crate::document::scene_file::{MAX_CAPTION_CHARS, MAX_TITLE_CHARS, SceneText};
use crate::ui::widgets::{caption, icon, text_field};
use eframe::egui::{Button, Context, TextEdit};
use lucide_icons::Icon;

/// What is typed.
#[derive(Default)]
pub struct SceneForm {
    text: SceneText,
    is_open: bool,
}

impl SceneForm {
    /// Notes that it is not on the window; what was typed stays for the next scene of the run.
    pub fn close(&mut self) {
        self.is_open = false;
    }

    /// Paints the card.
    pub fn ui(&mut self, ctx: &Context, app: &AppState, actions: &mut Actions) {
        let is_new = !std::mem::replace(&mut self.is_open, true);
        card(ctx, "Save as scene", actions, |ui, actions| {
            caption(
                ui,
                "Model, picture and tool as they are on the window, without your history and your \
                 progress. Who opens the file sees the caption over the picture, and Esc leads back",
            );
            caption(ui, "Title");
            let title = TextEdit::singleline(&mut self.text.title)
                .char_limit(MAX_TITLE_CHARS)
                .desired_width(f32::INFINITY);
            let title = text_field(ui, title).accessible_name("Title of the scene");
            if is_new {
                title.request_focus();
            }
            caption(ui, "Caption");
            let words = TextEdit::multiline(&mut self.text.caption)
                .char_limit(MAX_CAPTION_CHARS)
                .hint_text("What to see, and what to try")
                .desired_rows(3)
                .desired_width(f32::INFINITY);
            text_field(ui, words).accessible_name("Caption of the scene");
            let why_not = if app.preview().frame().is_none() {
                Some("No picture yet")
            } else if self.text.title.trim().is_empty() {
                Some("Give it a title")
            } else {
                None
            };
            let save = Button::new((icon(Icon::Clapperboard), "Save…"));
            let save = ui
                .add_enabled(why_not.is_none(), save)
                .on_disabled_hover_text(why_not.unwrap_or_default())
                .accessible_name("Save the scene");
            if save.clicked() {
                actions.push(Action::SetScene(self.text.clone()));
                actions.push(Action::AskWhereToSaveScene);
            }
        });
    }
}

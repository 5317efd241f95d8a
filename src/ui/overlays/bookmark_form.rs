//! The question for the name of a bookmark.

use super::card;
use crate::app::{Action, Actions, AppState, Command, SessionAction};
use crate::document::bookmarks::{MAX_NOTE_CHARS, name_from_text, tags_from_text};
use crate::ui::panels::filmstrip::shortened;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{caption, code, icon, text_field};
use eframe::egui::{Button, Context, Key, RichText, TextEdit, Ui};
use lucide_icons::Icon;

/// What is typed.
#[derive(Default)]
pub struct BookmarkForm {
    /// Which question it answers; another one starts empty.
    id: u64,
    name: String,
    tags: String,
    note: String,
}

impl BookmarkForm {
    /// Paints the card; Enter gives the name.
    pub fn ui(&mut self, ctx: &Context, app: &AppState, actions: &mut Actions) {
        let Some(subject) = app.session().bookmarking() else {
            actions.run(Command::Leave);
            return;
        };
        let is_new = self.id != subject.id;
        if is_new {
            *self = Self {
                id: subject.id,
                name: subject.suggested_name.clone(),
                ..Self::default()
            };
        }
        let text = subject.composition.expression.to_string();
        card(ctx, "Bookmark this", actions, |ui, actions| {
            ui.label(code(shortened(&text)));
            ui.add_space(space::S);
            self.fields_ui(ui, app, actions, is_new);
        });
    }

    fn fields_ui(&mut self, ui: &mut Ui, app: &AppState, actions: &mut Actions, is_new: bool) {
        let mut enters = false;
        let mut field = |ui: &mut Ui, label: &str, name: &str, text: &mut String, hint: &str| {
            caption(ui, label);
            let field = TextEdit::singleline(text)
                .hint_text(hint)
                .desired_width(f32::INFINITY);
            let response = text_field(ui, field).accessible_name(name);
            enters |= response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            response
        };
        let name = field(
            ui,
            "Name",
            "Name of the bookmark",
            &mut self.name,
            "smiling",
        );
        field(
            ui,
            "Tags, separated by commas",
            "Tags of the bookmark",
            &mut self.tags,
            "faces, favourites",
        );
        field(ui, "Note", "Note of the bookmark", &mut self.note, "");
        if is_new {
            name.request_focus();
        }
        let name = name_from_text(&self.name);
        let problem = app.desk().check_bookmark_name(&name).err();
        ui.add_space(space::XS);
        match &problem {
            Some(problem) => {
                let error = tokens(ui).error;
                ui.horizontal(|ui| {
                    ui.label(icon(Icon::CircleAlert).color(error));
                    ui.label(RichText::new(problem).color(error));
                });
            }
            None => {
                caption(ui, format!("Use it as @{name} in any expression"));
            }
        }
        ui.add_space(space::S);
        let button = Button::new((icon(Icon::BookmarkPlus), "Bookmark"));
        let button = ui
            .add_enabled(problem.is_none(), button)
            .accessible_name("Add bookmark");
        if problem.is_none() && (button.clicked() || enters) {
            actions.push(Action::Session(SessionAction::AddBookmark {
                name,
                tags: tags_from_text(&self.tags),
                note: self.note.trim().chars().take(MAX_NOTE_CHARS).collect(),
            }));
        }
    }
}

//! The palette: any command, model, seed or expression by typing.

use crate::app::models::source_title;
use crate::app::{Action, Actions, AppState, Command, Edit, LearningAction, Param, ParamId};
use crate::engine::ModelSource;
use crate::latent::expr::Expr;
use crate::learn::{Filter, Question};
use crate::ui::theme::{TextRole, size, space, tokens, tokens_of};
use crate::ui::widgets::{caption, icon, text_field};
use eframe::egui;
use eframe::egui::{
    Align2, Area, Button, Context, Id, Key, Modal, Modifiers, Order, ScrollArea, TextEdit, Ui, vec2,
};
use lucide_icons::Icon;
use std::sync::Arc;

/// How many questions are offered, and from how many letters on.
const MAX_QUESTIONS: usize = 4;
const MIN_FOR_QUESTIONS: usize = 3;
/// How many parameters are offered for a number.
const MAX_SETTINGS: usize = 6;

/// What is typed, and which line is chosen.
#[derive(Default, Debug)]
pub struct Palette {
    query: String,
    chosen: usize,
    was_open: bool,
}

/// One line of the palette.
#[derive(Clone, PartialEq, Debug)]
enum Entry {
    Command(Command),
    Model(ModelSource),
    Seed(u32),
    Expression(Expr),
    /// Read a question of the bank.
    Question(Arc<Question>),
    /// Move a parameter, by its name.
    Set(ParamId, String, f32),
}

impl Entry {
    fn icon(&self) -> Icon {
        match self {
            Self::Command(command) => command.info().icon,
            Self::Model(_) => Icon::Box,
            Self::Seed(_) => Icon::Hash,
            Self::Expression(_) => Icon::SquareFunction,
            Self::Question(_) => Icon::GraduationCap,
            Self::Set(..) => Icon::SlidersHorizontal,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Command(command) => command.info().name.to_owned(),
            Self::Model(source) => format!("Model {}", source_title(source)),
            Self::Seed(seed) => format!("Go to seed {seed}"),
            Self::Expression(expression) => format!("Go to {expression}"),
            Self::Question(question) => question.question.clone(),
            Self::Set(_, name, value) => format!("Set {name} to {value}"),
        }
    }

    fn action(self) -> Action {
        match self {
            Self::Command(command) => Action::Run(command),
            Self::Model(source) => Action::ChooseModel(source),
            Self::Seed(seed) => Action::Edit(Edit::Seed(seed)),
            Self::Expression(expression) => Action::Edit(Edit::Expression(expression)),
            Self::Question(question) => Action::Learn(LearningAction::Explain(question.id.clone())),
            Self::Set(id, _, value) => Action::Set(id, value),
        }
    }
}

impl Palette {
    /// Forgets the last search; called while the palette is closed.
    pub fn close(&mut self) {
        if self.was_open {
            *self = Self::default();
        }
    }

    /// Paints the palette and runs what is chosen.
    pub fn ui(&mut self, ctx: &Context, app: &AppState, actions: &mut Actions) {
        let is_new = !self.was_open;
        self.was_open = true;
        let id = Id::unique("palette");
        let area = Area::new(id)
            .kind(egui::UiKind::Modal)
            .sense(egui::Sense::hover())
            .anchor(Align2::CENTER_TOP, vec2(0.0, 72.0))
            .order(Order::Foreground);
        let modal = Modal::new(id)
            .area(area)
            .backdrop_color(tokens_of(ctx).veil);
        let response = modal.show(ctx, |ui| {
            ui.set_width(size::PALETTE.min(ctx.content_rect().width() - 2.0 * space::XL));
            self.contents_ui(ui, app, actions, is_new);
        });
        if response.backdrop_response.clicked() {
            actions.push(Action::ShowPalette(false));
        }
    }

    fn contents_ui(&mut self, ui: &mut Ui, app: &AppState, actions: &mut Actions, is_new: bool) {
        // Before the text field sees them: there they would move the cursor.
        let (up, down) = ui.input_mut(|input| {
            (
                input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp),
                input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown),
            )
        });
        if is_new {
            // The field has the keyboard from the next frame on.
            ui.input_mut(|input| {
                input.events.retain(|event| match event {
                    egui::Event::Text(text) => {
                        self.query.push_str(text);
                        false
                    }
                    _ => true,
                });
            });
        }
        let field = TextEdit::singleline(&mut self.query)
            .font(TextRole::Heading.font())
            .hint_text("Type a command, a model, a seed, an expression, or a slider and a number")
            .desired_width(f32::INFINITY)
            .margin(egui::Margin::same(space::S as i8));
        let field = text_field(ui, field).accessible_name("Search");
        if is_new {
            field.request_focus();
        }
        if field.changed() {
            self.chosen = 0;
        }
        let entries = entries(app, &self.query);
        self.chosen = (self.chosen + down)
            .saturating_sub(up)
            .min(entries.len().saturating_sub(1));
        let (enter, escape) = ui.input(|input| {
            (
                input.key_pressed(Key::Enter),
                input.key_pressed(Key::Escape),
            )
        });
        if escape {
            actions.push(Action::ShowPalette(false));
        }
        if enter && let Some(entry) = entries.get(self.chosen) {
            run(app, actions, entry.clone());
        }
        // Enter takes the focus away; where nothing ran, typing goes on.
        if field.lost_focus() && !escape {
            field.request_focus();
        }
        ui.add_space(space::XS);
        self.list_ui(ui, app, actions, &entries, up + down > 0);
    }

    fn list_ui(
        &mut self,
        ui: &mut Ui,
        app: &AppState,
        actions: &mut Actions,
        entries: &[Entry],
        moved: bool,
    ) {
        if entries.is_empty() {
            ui.add_space(space::S);
            caption(
                ui,
                "No matches, and it is not a valid expression for this model",
            );
            ui.add_space(space::S);
            return;
        }
        let height = (ui.ctx().content_rect().height() - 200.0).clamp(120.0, 400.0);
        ScrollArea::vertical()
            .max_height(height)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                for (index, entry) in entries.iter().enumerate() {
                    let response = entry_ui(ui, app, entry, index == self.chosen);
                    if response.clicked() {
                        run(app, actions, entry.clone());
                    }
                    if moved && index == self.chosen {
                        response.scroll_to_me(None);
                    }
                }
            });
    }
}

fn entry_ui(ui: &mut Ui, app: &AppState, entry: &Entry, is_chosen: bool) -> egui::Response {
    let muted = tokens(ui).text_muted;
    let mut button = Button::new((icon(entry.icon()).color(muted), entry.name()))
        .selected(is_chosen)
        .frame_when_inactive(is_chosen)
        .truncate()
        .min_size(vec2(ui.available_width(), size::CONTROL));
    let mut available = Ok(());
    let mut tip = None;
    if let Entry::Command(command) = entry {
        available = app.availability(*command);
        tip = Some(command.info().tooltip);
        if let Some(shortcut) = &command.info().shortcut {
            button = button.shortcut_text(ui.ctx().format_shortcut(shortcut));
        } else {
            button = button.right_text("");
        }
    } else {
        button = button.right_text("");
    }
    let response = ui
        .add_enabled(available.is_ok(), button)
        .accessible_name(entry.name());
    let response = match tip {
        Some(tip) => response.on_hover_text(tip),
        None => response,
    };
    match available {
        Ok(()) => response,
        Err(reason) => response.on_disabled_hover_text(reason),
    }
}

fn run(app: &AppState, actions: &mut Actions, entry: Entry) {
    if let Entry::Command(command) = &entry
        && app.availability(*command).is_err()
    {
        return;
    }
    actions.push(Action::ShowPalette(false));
    actions.push(entry.action());
}

/// What fits the query, best first.
fn entries(app: &AppState, query: &str) -> Vec<Entry> {
    let query = query.trim();
    let mut entries = Vec::new();
    if let Ok(seed) = query.parse::<u32>() {
        entries.push(Entry::Seed(seed));
    } else if !query.is_empty()
        && let Ok(expression) = app.workspace().read(query)
    {
        entries.push(Entry::Expression(expression));
    }
    entries.extend(settings(app, query));
    let commands = Command::all()
        .filter(|command| !matches!(command, Command::Palette | Command::Leave))
        .map(Entry::Command);
    let models = app.models().choices().map(Entry::Model);
    let mut found: Vec<(u32, Entry)> = commands
        .chain(models)
        .filter_map(|entry| {
            let more = match &entry {
                Entry::Command(command) => {
                    format!("{} {}", command.info().tooltip, also_called(*command))
                }
                // The name in expressions and on the command line.
                Entry::Model(ModelSource::Catalogue(name)) => name.clone(),
                _ => String::new(),
            };
            rank(query, &entry.name(), &more).map(|rank| (rank, entry))
        })
        .collect();
    // A stable sort: what is equally good stays in the order of the menus.
    found.sort_by_key(|(rank, _)| *rank);
    entries.extend(found.into_iter().map(|(_, entry)| entry));
    entries.extend(questions(app, query));
    entries
}

/// Questions that a longer query finds, once they were read.
fn questions(app: &AppState, query: &str) -> Vec<Entry> {
    let Some(bank) = app
        .learning()
        .bank()
        .filter(|_| query.len() >= MIN_FOR_QUESTIONS)
    else {
        return Vec::new();
    };
    let hits = bank.search(query, &Filter::default()).into_iter();
    let hits = hits.take(MAX_QUESTIONS);
    hits.map(|hit| Entry::Question(Arc::clone(hit.question)))
        .collect()
}

/// Other words that people look for a command with.
fn also_called(command: Command) -> &'static str {
    match command {
        Command::Export => "gif apng webp mp4 movie video film contact sheet print npz numpy share",
        Command::SavePicture => "screenshot image share",
        Command::SaveSessionAs => "share lesson",
        Command::CopyExpression => "share clipboard",
        Command::Present | Command::PictureOnly | Command::FullScreen => {
            "present presentation projector slide show lecture"
        }
        Command::SaveScene => "share lesson slide colleague",
        Command::LargerText => "zoom font size",
        Command::TakeTour | Command::Explain | Command::Shortcuts => "help tutorial guide",
        Command::ToggleLearning => "help learn exercises quiz course",
        Command::AddBookmark => "favourite favorite keep name",
        Command::ToggleTheme => "dark light colours",
        Command::Play => "animation walk loop",
        _ => "",
    }
}

/// Parameters to be set, for a query such as `psi 0.7`; the best fit first.
fn settings(app: &AppState, query: &str) -> Vec<Entry> {
    let Some((words, number)) = query.rsplit_once(char::is_whitespace) else {
        return Vec::new();
    };
    let Some(value) = number.parse::<f32>().ok().filter(|value| !value.is_nan()) else {
        return Vec::new();
    };
    let params = app.params();
    let mut found: Vec<(u32, &Param)> = params
        .iter()
        .filter(|param| param.lock.is_none())
        // Settings of a tool that is not open would change nothing that is seen.
        .filter(|param| match &param.id {
            ParamId::Tool(param) => param.tool == app.tools().open(),
            ParamId::Psi
            | ParamId::Condition(_)
            | ParamId::Step(_)
            | ParamId::Axis(_)
            | ParamId::Strength
            | ParamId::Sampler(_)
            | ParamId::Toy(_) => true,
        })
        .filter_map(|param| rank(words.trim(), &param.name, &param.label).map(|rank| (rank, param)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    let found = found.into_iter().take(MAX_SETTINGS);
    // As far as the slider goes, so that no number, however large, breaks the picture.
    let within = |param: &Param| value.clamp(*param.range.start(), *param.range.end());
    found
        .map(|(_, param)| Entry::Set(param.id.clone(), param.name.clone(), within(param)))
        .collect()
}

/// How well a name fits what was typed, smaller is better; `None` when it does not.
pub(super) fn rank(query: &str, name: &str, more: &str) -> Option<u32> {
    let (query, name, more) = (
        query.to_lowercase(),
        name.to_lowercase(),
        more.to_lowercase(),
    );
    if name.starts_with(&query) {
        return Some(0);
    }
    let words: Vec<&str> = query.split_whitespace().collect();
    let begins = |word: &&str| name.split_whitespace().any(|part| part.starts_with(*word));
    if words.iter().all(begins) {
        Some(1)
    } else if words.iter().all(|word| name.contains(word)) {
        Some(2)
    } else if words
        .iter()
        .all(|word| name.contains(word) || more.contains(word))
    {
        Some(3)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_before_explanations() {
        assert_eq!(rank("", "Undo", ""), Some(0));
        assert_eq!(rank("rand", "Random seed", ""), Some(0));
        assert_eq!(rank("seed", "Random seed", ""), Some(1));
        assert_eq!(rank("dark", "Toggle light and dark theme", ""), Some(1));
        assert_eq!(rank("projector", "Larger text", "for a projector"), Some(3));
        assert_eq!(rank("xyzzy", "Larger text", "for a projector"), None);
    }
}

//! The top line: menus, the model, and the search.

use super::recent;
use crate::app::models::source_title;
use crate::app::{Action, Actions, AppState, Command, Tool, TourStep};
use crate::engine::ModelSource;
use crate::learn::Control;
use crate::ui::overlays::tour;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{icon, icon_button, menu_entry, tooltip_text};
use eframe::egui;
use eframe::egui::{Align, AtomExt as _, Button, ComboBox, Label, Layout, RichText, Ui, vec2};
use lucide_icons::Icon;
use std::time::Duration;

/// The model's name has this much, where there is room; a longer one has more, within reason.
const MODEL_PICKER_WIDTH: f32 = 232.0;
const MAX_MODEL_PICKER_WIDTH: f32 = 320.0;
/// As much of the height of the window as the choices have, before they scroll.
const CHOICES_HEIGHT: f32 = 0.75;
/// How often the folder of one's own models is looked at while the choices are shown.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// With less room beside the menus the search is an icon, so that the model keeps its name.
const ROOM_FOR_WORDS: f32 = 620.0;
/// With still less room undo and redo make place for it.
const ROOM_FOR_UNDO: f32 = 360.0;
/// Both buttons with what is between them and the model.
const UNDO_AND_REDO_WIDTH: f32 = 2.0 * (size::CONTROL + 2.0 * space::S) + space::L;

const FILE: &[&[Command]] = &[
    &[Command::OpenFile, Command::OpenModel, Command::OpenPicture],
    &[Command::SavePicture, Command::Export],
    &[
        Command::NewSession,
        Command::OpenSession,
        Command::SaveSession,
        Command::SaveSessionAs,
        Command::SaveScene,
    ],
    &[Command::Quit],
];
const EDIT: &[&[Command]] = &[
    &[Command::Undo, Command::Redo],
    &[Command::EditExpression, Command::CopyExpression],
    &[Command::AddBookmark],
    &[Command::ResetAll],
];
const VIEW: &[&[Command]] = &[
    &[
        Command::FullScreen,
        Command::Present,
        Command::PictureOnly,
        Command::ResetView,
    ],
    &[
        Command::ToggleControls,
        Command::ToggleFilmstrip,
        Command::ToggleBookmarks,
        Command::ToggleLearning,
    ],
    &[
        Command::LargerText,
        Command::SmallerText,
        Command::NormalText,
    ],
    &[Command::ToggleSmooth, Command::ToggleTheme],
];
const MODEL: &[&[Command]] = &[
    &[
        Command::RandomSeed,
        Command::NextSeed,
        Command::PreviousSeed,
    ],
    &[Command::SeedUp, Command::SeedDown],
    &[Command::Play],
];
const HELP: &[&[Command]] = &[
    &[
        Command::ToggleLearning,
        Command::NextQuestion,
        Command::PreviousQuestion,
        Command::LeaveScene,
    ],
    &[Command::Explain, Command::TakeTour],
    &[Command::Shortcuts, Command::Palette],
    &[Command::Notifications],
    &[Command::About],
];

/// The menus that are made of commands alone, in the order of the line; that of the tools stands
/// before the last.
pub const MENUS: [(&str, &[&[Command]]); 5] = [
    ("File", FILE),
    ("Edit", EDIT),
    ("View", VIEW),
    ("Model", MODEL),
    ("Help", HELP),
];

/// Paints the line.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    egui::MenuBar::new().ui(ui, |ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (title, groups) in MENUS {
            if title == "Help" {
                ui.menu_button("Tools", |ui| {
                    let tools = Tool::ALL.iter();
                    let open: Vec<Command> = tools.clone().map(|tool| tool.command()).collect();
                    let own: Vec<Command> = tools.flat_map(|tool| tool.commands()).collect();
                    menu_ui(ui, app, actions, &[&open, &own]);
                });
            }
            ui.menu_button(title, |ui| menu_ui(ui, app, actions, groups));
        }
        // What the menus have left: large text in a small window leaves little.
        let room = ui.available_width();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            // Menus have no frames; what stands at the right are ordinary controls.
            ui.reset_style();
            icon_button(ui, app, actions, Command::ToggleTheme);
            let questions = icon_button(ui, app, actions, Command::ToggleLearning);
            if !app.view().learning {
                tour::mark(ui, app, TourStep::Question, questions.rect, "");
            }
            search_ui(ui, app, actions, room < ROOM_FOR_WORDS);
            // The menu Edit has both, too.
            let has_undo = room >= ROOM_FOR_UNDO;
            let undo_and_redo = if has_undo { UNDO_AND_REDO_WIDTH } else { 0.0 };
            let width = ui.available_width() - undo_and_redo;
            model_picker_ui(ui, app, actions, width.clamp(0.0, MAX_MODEL_PICKER_WIDTH));
            if has_undo {
                ui.add_space(space::S);
                icon_button(ui, app, actions, Command::Redo);
                icon_button(ui, app, actions, Command::Undo);
            }
        });
    });
}

fn menu_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, groups: &[&[Command]]) {
    ui.set_min_width(240.0);
    ui.spacing_mut().item_spacing.y = 2.0;
    for (index, group) in groups.iter().enumerate() {
        if index > 0 {
            ui.separator();
        }
        for &command in *group {
            menu_entry(ui, app, actions, command);
            if command == Command::OpenSession {
                recent::menu_ui(ui, app, actions);
            }
        }
    }
}

fn search_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, is_narrow: bool) {
    let command = Command::Palette;
    if is_narrow {
        icon_button(ui, app, actions, command);
        return;
    }
    let tokens = tokens(ui);
    let mut button = Button::new((
        icon(Icon::Search).color(tokens.text_muted),
        RichText::new("Search").color(tokens.text_muted),
    ))
    .min_size(vec2(160.0, size::CONTROL));
    if let Some(shortcut) = &command.info().shortcut {
        button = button.shortcut_text(ui.ctx().format_shortcut(shortcut));
    }
    let response = ui
        .add(button)
        .on_hover_text(tooltip_text(ui, app, command))
        .accessible_name(command.info().name);
    if response.clicked() {
        actions.run(command);
    }
}

/// What can be chosen. While it is open, the folder of one's own models is looked at again and again.
fn choices_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, shown: Option<&ModelSource>) {
    ui.spacing_mut().item_spacing.y = 2.0;
    // First, where no length of the list hides it.
    menu_entry(ui, app, actions, Command::OpenModel);
    ui.separator();
    for source in app.models().choices() {
        let is_current = shown == Some(&source);
        let entry = ui.selectable_label(is_current, source_title(&source));
        let entry = match &source {
            ModelSource::File(path) => entry.on_hover_text(path.display().to_string()),
            ModelSource::Catalogue(_) => entry,
        };
        if entry.clicked() && !is_current {
            actions.push(Action::ChooseModel(source));
        }
    }
    let folder = app.models().folder();
    if let Some(path) = folder.path() {
        ui.separator();
        let text = format!("Files in {} are listed here", path.display());
        let text = RichText::new(text).small().color(tokens(ui).text_muted);
        ui.add(Label::new(text).wrap());
        if folder.is_stale(app.workspace().now_secs()) {
            actions.push(Action::LookForModels);
        }
        ui.ctx().request_repaint_after(LOOK_AGAIN);
    }
}

fn model_picker_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, width: f32) {
    let current = app.model().map(|model| &model.source);
    let shown = app.models().loading().or(current);
    let title = shown.map_or_else(|| "No model".to_owned(), source_title);
    let lock = app.workspace().locked(Control::Model);
    // A name that is too long is cut off at what the ui has, not at the width of the box.
    let place = vec2(width, size::CONTROL);
    let layout = Layout::right_to_left(Align::Center);
    let picker = ui.allocate_ui_with_layout(place, layout, |ui| {
        if lock.is_some() {
            ui.disable();
        }
        ComboBox::from_id_salt("model picker")
            .selected_text((icon(Icon::Box), title.as_str().atom_shrink(true)))
            .width(width.min(MODEL_PICKER_WIDTH))
            .height(CHOICES_HEIGHT * ui.ctx().content_rect().height())
            .truncate()
            .show_ui(ui, |ui| {
                choices_ui(ui, app, actions, shown);
            })
    });
    picker
        .inner
        .response
        .on_disabled_hover_text(lock.unwrap_or_default())
        .on_hover_text("Choose the model whose latent space you explore")
        .accessible_name("Model");
}

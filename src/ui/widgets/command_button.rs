//! Buttons and menu entries made from the command table.

use super::icon;
use crate::app::{Actions, AppState, Command};
use crate::ui::theme::{size, tokens};
use eframe::egui;
use eframe::egui::{Button, Response, Ui, vec2};
use lucide_icons::Icon;

/// The tooltip of a command with its shortcut, and why it cannot be used now.
pub fn tooltip_text(ui: &Ui, app: &AppState, command: Command) -> String {
    let info = command.info();
    let mut text = info.tooltip.to_owned();
    if let Some(shortcut) = &info.shortcut {
        text += &format!(" ({})", ui.ctx().format_shortcut(shortcut));
    }
    if let Err(reason) = app.availability(command) {
        text += &format!("\n{reason}");
    }
    text
}

/// The icon that shows what the command would do now.
fn glyph(app: &AppState, command: Command) -> Icon {
    match command {
        Command::Play if app.is_playing() => Icon::Pause,
        Command::FullScreen if app.modes().full_screen => Icon::Minimize,
        _ => command.info().icon,
    }
}

/// A button with the icon of a command only; the name is in the tooltip and for screen readers.
pub fn icon_button(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    command: Command,
) -> Response {
    let button = Button::new(icon(glyph(app, command)))
        .selected(app.is_on(command).unwrap_or(false))
        .min_size(vec2(size::CONTROL, size::CONTROL));
    add(ui, app, actions, command, button)
}

/// A button with the icon and the name of a command.
pub fn command_button(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    command: Command,
) -> Response {
    named_button(ui, app, actions, command, command.info().name)
}

/// As [`command_button`], with shorter words where the place makes the meaning clear.
fn named_button(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    command: Command,
    words: &str,
) -> Response {
    let button = Button::new((icon(glyph(app, command)), words))
        .selected(app.is_on(command).unwrap_or(false))
        .min_size(vec2(0.0, size::CONTROL));
    add(ui, app, actions, command, button)
}

/// The one button of a place that is pressed most.
pub fn primary_button(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    command: Command,
    words: &str,
) -> Response {
    let button = accented_button(ui, glyph(app, command), words);
    add(ui, app, actions, command, button)
}

/// A button as [`primary_button`] paints it, for what is no command.
pub fn accented_button<'a>(ui: &Ui, glyph: Icon, words: &str) -> Button<'a> {
    let tokens = tokens(ui);
    let text = |text: egui::RichText| text.color(tokens.on_accent);
    Button::new((text(icon(glyph)), text(words.into())))
        .fill(tokens.accent)
        .min_size(vec2(0.0, size::CONTROL))
}

/// A line of a menu: icon, name, shortcut.
pub fn menu_entry(ui: &mut Ui, app: &AppState, actions: &mut Actions, command: Command) {
    let info = command.info();
    // In a menu, what is on has a check mark: it is a list of states as much as of actions.
    let glyph = match app.is_on(command) {
        Some(true) => Icon::Check,
        _ => info.icon,
    };
    let mut button = Button::new((icon(glyph), info.name));
    if let Some(shortcut) = &info.shortcut {
        button = button.shortcut_text(ui.ctx().format_shortcut(shortcut));
    }
    if add(ui, app, actions, command, button).clicked() {
        ui.close();
    }
}

/// A line of a menu that is no command, with an icon. Returns whether it was chosen; the menu
/// closes then.
pub fn menu_button(ui: &mut Ui, glyph: Icon, words: &str) -> bool {
    let entry = ui.add(Button::new((icon(glyph), words)));
    let chosen = entry.accessible_name(words).clicked();
    if chosen {
        ui.close();
    }
    chosen
}

fn add(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    command: Command,
    button: Button<'_>,
) -> Response {
    let available = app.availability(command).is_ok();
    let tip = tooltip_text(ui, app, command);
    let response = ui
        .add_enabled(available, button)
        .on_hover_text(&tip)
        .on_disabled_hover_text(&tip)
        .accessible_name(command.info().name);
    if response.clicked() {
        actions.run(command);
    }
    response
}

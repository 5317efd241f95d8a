//! Keys to commands, unless something else has the keyboard.

use crate::app::{Actions, AppState, Command, Overlay};
use eframe::egui::{Context, Key, KeyboardShortcut, Popup};
use std::sync::LazyLock;

/// Takes the shortcuts of this frame out of the input and queues their commands.
///
/// `was_typing` says that a text field had the keyboard at the end of the last frame. Escape
/// takes the focus away before anybody sees it, so the present focus alone would not tell
/// that this Escape belongs to the text field.
pub fn take(ctx: &Context, app: &AppState, was_typing: bool, actions: &mut Actions) {
    // The palette's field has the keyboard from its first frame on, before it is painted.
    let searching = app.overlay() == Overlay::Palette;
    let typing = was_typing || ctx.text_edit_focused() || searching;
    let focused = ctx.egui_wants_keyboard_input();
    let reading = !matches!(app.overlay(), Overlay::None | Overlay::Palette);
    let popup_open = Popup::is_any_open(ctx);
    for &(shortcut, command) in BY_SPECIFICITY.iter() {
        let is_escape = command == Command::Leave;
        // With Shift it opens the menu of what has the keyboard.
        let is_for_menu =
            shortcut.logical_key == Key::F10 && ctx.input(|input| input.modifiers.shift);
        if is_for_menu {
            continue;
        }
        let blocked = (typing && !command.works_while_typing())
            || (focused && !command.works_while_focused())
            || (reading && !is_escape && !command.works_while_typing())
            || (popup_open && !command.works_while_typing());
        if !blocked && ctx.input_mut(|input| input.consume_shortcut(&shortcut)) {
            actions.run(command);
        }
    }
}

/// Every shortcut, those with more modifiers first: egui lets Ctrl+Z match Ctrl+Shift+Z as well.
static BY_SPECIFICITY: LazyLock<Vec<(KeyboardShortcut, Command)>> = LazyLock::new(by_specificity);

fn by_specificity() -> Vec<(KeyboardShortcut, Command)> {
    let mut all: Vec<(KeyboardShortcut, Command)> = Command::all()
        .flat_map(|command| command.shortcuts().map(move |shortcut| (shortcut, command)))
        .collect();
    all.sort_by_key(|(shortcut, _)| {
        let modifiers = shortcut.modifiers;
        std::cmp::Reverse(
            [modifiers.shift, modifiers.alt, modifiers.command]
                .map(u8::from)
                .iter()
                .sum::<u8>(),
        )
    });
    all
}

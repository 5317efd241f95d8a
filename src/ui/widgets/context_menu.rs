//! Menus of what can be done with one thing: on the right mouse button, and on the menu key or Shift+F10
//! where the thing has the keyboard.

use eframe::egui::{Id, Key, Modifiers, Popup, Response, SetOpenCommand, Ui};

/// Shows the menu while it is open.
pub fn context_menu(response: &Response, add: impl FnOnce(&mut Ui)) {
    let ctx = &response.ctx;
    let by_key = Id::unique(("the menu was opened by a key", response.id));
    let is_asked = response.has_focus()
        && ctx.input_mut(|input| {
            input.consume_key(Modifiers::SHIFT, Key::F10)
                || input.consume_key(Modifiers::NONE, Key::Menu)
        });
    if is_asked {
        ctx.data_mut(|data| data.insert_temp(by_key, true));
    }
    if !ctx.data(|data| data.get_temp::<bool>(by_key).unwrap_or_default()) {
        response.context_menu(add);
        return;
    }
    // There is no pointer to show it at; the arrow keys lead from the thing into it.
    let set = match response.clicked() || response.secondary_clicked() {
        true => Some(SetOpenCommand::Bool(false)),
        false => is_asked.then_some(SetOpenCommand::Bool(true)),
    };
    let shown = Popup::menu(response).open_memory(set).show(add);
    if shown.is_none() || shown.is_some_and(|shown| shown.response.should_close()) {
        ctx.data_mut(|data| data.remove::<bool>(by_key));
        response.request_focus();
    }
}

//! Keys within a control.

use eframe::egui::{EventFilter, Id, Ui};

/// Leaves the arrow keys to a control that has the keyboard; else they would take it to the next one.
pub fn keep_arrow_keys(ui: &Ui, id: Id) {
    let filter = EventFilter {
        horizontal_arrows: true,
        vertical_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
}

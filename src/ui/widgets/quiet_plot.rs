//! A plot that only shows.

use eframe::egui::{Ui, vec2};
use egui_plot::Plot;

/// A plot over the width that is left: no zoom, no drag, as quiet as the rest of the window.
pub fn quiet_plot(ui: &Ui, name: &'static str, height: f32) -> Plot<'static> {
    Plot::new(name)
        .width(ui.available_width())
        .height(height)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_grid([false, true])
        .show_background(false)
        .set_margin_fraction(vec2(0.02, 0.08))
}

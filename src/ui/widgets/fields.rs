//! Places where numbers and text are typed.

use crate::ui::theme::{size, tokens};
use eframe::egui::{
    Align, DragValue, Layout, Response, Sense, Stroke, TextEdit, Ui, UiBuilder, vec2,
};

/// A number in a place of this width: a long one is cut off at its right instead of making the
/// panel wider. The arrow keys step it by one.
pub fn number_field(ui: &mut Ui, width: f32, field: DragValue<'_>) -> Response {
    number_field_by(ui, width, Some(1.0), field)
}

/// The same with another step, or with that of the field.
pub fn number_field_by(
    ui: &mut Ui,
    width: f32,
    step: Option<f64>,
    field: DragValue<'_>,
) -> Response {
    let place = vec2(width, size::CONTROL);
    let (rect, _) = ui.allocate_exact_size(place, Sense::hover());
    let mut ui = ui.new_child(
        UiBuilder::new()
            .max_rect(rect)
            .layout(Layout::left_to_right(Align::Center)),
    );
    ui.shrink_clip_rect(rect);
    ui.spacing_mut().interact_size = place;
    match step {
        Some(step) => add_stepping(&mut ui, step, field),
        None => ui.add(field),
    }
}

/// A whole number as wide as it is, which the arrow keys step by one.
pub fn add_number(ui: &mut Ui, field: DragValue<'_>) -> Response {
    add_stepping(ui, 1.0, field)
}

/// egui takes the speed of a drag for the step of the arrow keys as well, and a step of a tenth rounds to none
/// in whole numbers. While a field has the keyboard nobody drags it, so that its speed is free for the keys.
fn add_stepping(ui: &mut Ui, step: f64, field: DragValue<'_>) -> Response {
    let id = ui.next_auto_id();
    let field = match ui.memory(|memory| memory.has_focus(id)) {
        true => field.speed(step),
        false => field,
    };
    ui.add(field)
}

/// A field for text with an edge: what it is filled with is that of cards in the light theme.
pub fn text_field(ui: &mut Ui, field: TextEdit<'_>) -> Response {
    let edge = Stroke::new(1.0, tokens(ui).outline);
    let before = ui.visuals().widgets.clone();
    let widgets = &mut ui.visuals_mut().widgets;
    for state in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
    ] {
        state.bg_stroke = edge;
    }
    let response = ui.add(field);
    ui.visuals_mut().widgets = before;
    response
}

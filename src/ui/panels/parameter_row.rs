//! A row of the parameter table as a slider.

use crate::app::{Action, Actions, AppState, Param, ParamId};
use crate::ui::panels::ends::EndPictures;
use crate::ui::widgets::{EndPicture, SliderRow, named_slider_row, slider_row};
use eframe::egui::Ui;

/// Paints the slider of a parameter, greyed with the reason where it cannot be moved; paints
/// nothing for one that the model lacks. Returns whether it was moved.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, id: &ParamId) -> bool {
    app.param(id)
        .is_some_and(|param| param_ui(ui, actions, &param, None, None))
}

/// The same with pictures of the slider's ends, where there are such, and room for longer names.
pub fn with_ends_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    id: &ParamId,
    label: Option<f32>,
    ends: Option<&mut EndPictures<'_>>,
) -> bool {
    let ends = ends.map(|ends| ends.of_param(ui.ctx(), id));
    app.param(id)
        .is_some_and(|param| param_ui(ui, actions, &param, label, ends))
}

/// The same with room for longer names, as [`name_width`](crate::ui::widgets::name_width) gives
/// it, or with none.
pub fn named_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    id: &ParamId,
    label: Option<f32>,
) -> bool {
    app.param(id).is_some_and(|mut param| {
        if label.is_none() {
            // The name stands elsewhere.
            param.label.clear();
        }
        param_ui(ui, actions, &param, label, None)
    })
}

fn param_ui(
    ui: &mut Ui,
    actions: &mut Actions,
    param: &Param,
    name_width: Option<f32>,
    ends: Option<[Option<EndPicture>; 2]>,
) -> bool {
    let row = SliderRow {
        name: &param.label,
        accessible_name: &param.name,
        tooltip: &param.tooltip,
        value: param.value,
        range: param.range.clone(),
        scale: param.scale,
        default: param.default,
        ends,
    };
    let painted = ui.add_enabled_ui(param.lock.is_none(), |ui| match name_width {
        Some(width) => named_slider_row(ui, &row, width),
        None => slider_row(ui, &row),
    });
    if let Some(why) = &param.lock {
        painted.response.on_disabled_hover_text(why);
        return false;
    }
    if let Some(value) = painted.inner {
        actions.push(Action::Set(param.id.clone(), value));
    }
    painted.inner.is_some()
}

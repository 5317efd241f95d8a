//! The controls of the brush that retouches a picture.

use crate::app::tools::encode::{BRUSH_RADIUS, Encode, INK, Settings};
use crate::app::{Actions, AppState, ParamId};
use crate::engine::ModelInfo;
use crate::ui::panels::parameter_row;
use crate::ui::widgets::{caption, icon};
use eframe::egui::{Button, Ui};
use lucide_icons::Icon;

/// The button that takes back the last stroke of a drawing or of a retouched picture.
pub fn take_back_ui(ui: &mut Ui, actions: &mut Actions, has_strokes: bool, tip: &str) {
    let back = Button::new((icon(Icon::Eraser), "Take back a stroke"));
    let back = ui
        .add_enabled(has_strokes, back)
        .on_hover_text(tip)
        .on_disabled_hover_text("Nothing is drawn yet")
        .accessible_name("Take back a stroke");
    if back.clicked() {
        actions.ask_tool(|tool: &mut Encode, cx| {
            tool.draw(cx, Settings::take_back_stroke);
        });
    }
}

/// The brush over the picture as the model sees it.
pub fn retouch_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    model: &ModelInfo,
    settings: &Settings,
) {
    parameter_row::ui(ui, app, actions, &ParamId::Tool(BRUSH_RADIUS));
    if model.manifest.image.channels == 1 {
        parameter_row::ui(ui, app, actions, &ParamId::Tool(INK));
    } else {
        ui.horizontal(|ui| {
            ui.label("Ink");
            let mut ink = settings.ink;
            let button = ui
                .color_edit_button_srgb(&mut ink)
                .on_hover_text("The color that the brush paints")
                .accessible_name("Color of the ink");
            if button.changed() {
                actions.edit_tool::<Encode>(move |settings| settings.ink = ink);
            }
        });
    }
    let tip = "Take back the last stroke; undo takes back all of them";
    take_back_ui(ui, actions, !settings.retouches.is_empty(), tip);
    caption(
        ui,
        match settings.retouches.is_empty() {
            true => "Paint on the picture as the model sees it: its code follows",
            false => "What the model makes of the retouched picture is the current one",
        },
    );
}

//! The rail at the far left: one button for each tool, an icon over a word.

use crate::app::{Actions, AppState, Tool};
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::tooltip_text;
use eframe::egui::{Align2, FontId, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

/// Width of the rail, in points.
pub const WIDTH: f32 = 72.0;
const ROOMY: f32 = 56.0;
/// Below this there is room for the icon alone.
const WITH_WORD: f32 = 38.0;
const TIGHT: f32 = 24.0;

/// Paints the rail.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let count = Tool::ALL.len() as f32;
    let height = (ui.available_height() / count).clamp(TIGHT, ROOMY);
    ui.spacing_mut().item_spacing.y = 0.0;
    for &tool in Tool::ALL {
        tool_ui(ui, app, actions, tool, height);
    }
}

fn tool_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, tool: Tool, height: f32) {
    let tokens = tokens(ui);
    let command = tool.command();
    let info = tool.info();
    let is_open = app.tools().open() == tool;
    let (rect, response) = ui.allocate_exact_size(vec2(WIDTH, height), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_open, info.name));
    let inner = rect.shrink2(vec2(space::XS, 2.0));
    let painter = ui.painter();
    let fill = if is_open {
        Some(tokens.accent_soft)
    } else if response.hovered() {
        Some(tokens.control)
    } else {
        None
    };
    if let Some(fill) = fill {
        painter.rect_filled(inner, size::RADIUS, fill);
    }
    if response.has_focus() {
        let stroke = Stroke::new(1.0, tokens.accent);
        painter.rect_stroke(inner, size::RADIUS, stroke, StrokeKind::Inside);
    }
    let colour = if is_open {
        tokens.text_strong
    } else {
        tokens.text
    };
    let has_word = height >= WITH_WORD && !app.modes().presents;
    let middle = inner.center();
    let glyph_at = pos2(middle.x, if has_word { middle.y - 8.0 } else { middle.y });
    let glyph = char::from(info.icon);
    painter.text(
        glyph_at,
        Align2::CENTER_CENTER,
        glyph,
        TextRole::Icon.font(),
        colour,
    );
    if has_word {
        let font = FontId::proportional(crate::ui::theme::text::SMALL);
        let at = pos2(middle.x, middle.y + 11.0);
        painter.text(at, Align2::CENTER_CENTER, info.word, font, colour);
    }
    let response =
        response.on_hover_text(format!("{}\n{}", info.name, tooltip_text(ui, app, command)));
    if response.clicked() {
        actions.run(command);
    }
}

//! The history as a row of stills, newest at the right; a click goes to one.
//!
//! The row is the branch that the user is on. Where a step has others beside it, a mark opens
//! them. Only what is on the window is painted, however long the history is.

use super::branches;
use crate::app::models::source_of;
use crate::app::models::source_title;
use crate::app::{Action, Actions, AppState, Command, SessionAction, ThumbnailKey, TourStep};
use crate::document::NodeId;
use crate::latent::expr::parse;
use crate::ui::drag::DraggedCode;
use crate::ui::overlays::tour;
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{PLAIN_TINT, TextRole, size, space, tokens};
use crate::ui::widgets::tile::code_entries;
use crate::ui::widgets::{
    caption, context_menu, icon, icon_button, menu_button, on_hover_text_from,
};
use eframe::egui::scroll_area::ScrollSource;
use eframe::egui::{
    Align, Align2, CursorIcon, Rect, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    Vec2, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;

/// From one still to the next, in points.
const STEP: f32 = size::THUMBNAIL + space::S;
/// How much of an expression a name or a tooltip shows.
const SHOWN_CHARS: usize = 240;

/// What the strip keeps between frames besides the state.
#[derive(Default)]
pub struct FilmstripView {
    /// The stills of steps and bookmarks that are on the GPU.
    pub textures: PictureTextures,
    /// The step that the strip has scrolled to, and how wide it was then.
    scrolled_to: Option<(NodeId, f32)>,
}

/// Paints the strip.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, view: &mut FilmstripView) {
    ui.with_layout(eframe::egui::Layout::right_to_left(Align::Center), |ui| {
        let keep = icon_button(ui, app, actions, Command::AddBookmark);
        tour::mark(ui, app, TourStep::Keep, keep.rect, "");
        icon_button(ui, app, actions, Command::ToggleBookmarks);
        ui.with_layout(eframe::egui::Layout::left_to_right(Align::Center), |ui| {
            row_ui(ui, app, actions, view);
        });
    });
}

fn row_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, view: &mut FilmstripView) {
    let filmstrip = app.session().filmstrip();
    let row = filmstrip.stills();
    if row.is_empty() {
        let muted = tokens(ui).text_muted;
        ui.label(icon(Icon::Film).color(muted));
        caption(
            ui,
            "Pictures that you pause on appear here, so that you can go back to them",
        );
        return;
    }
    let current = app.session().document().history().current();
    let room = ui.available_width();
    let moved = current.map(|id| (id, room)) != view.scrolled_to;
    let place_of_current = current.and_then(|id| filmstrip.still_of(id));
    let width = row.len() as f32 * STEP;
    let mut shown = Vec::new();
    ScrollArea::horizontal()
        .auto_shrink([false, true])
        // A still is dragged into a tool; the wheel and the bar scroll.
        .scroll_source(ScrollSource::SCROLL_BAR | ScrollSource::MOUSE_WHEEL)
        .show_viewport(ui, |ui, viewport| {
            let (area, _) = ui.allocate_exact_size(vec2(width, size::THUMBNAIL), Sense::hover());
            let place = |index: usize| {
                let corner = area.min + vec2(index as f32 * STEP, 0.0);
                Rect::from_min_size(corner, Vec2::splat(size::THUMBNAIL))
            };
            let first = (viewport.min.x / STEP).floor().max(0.0) as usize;
            let last = (viewport.max.x / STEP).ceil().max(0.0) as usize;
            for (index, &id) in row.iter().enumerate().take(last).skip(first) {
                still_ui(ui, app, actions, &mut view.textures, id, place(index));
                shown.push(ThumbnailKey::Step(id));
                if app.session().document().history().sibling_count(id) > 0 {
                    branches::mark_ui(ui, app, actions, &mut view.textures, id, place(index));
                }
            }
            if moved && let Some(index) = place_of_current {
                ui.scroll_to_rect(place(index).expand2(vec2(STEP, 0.0)), None);
                // Only now: the row of an earlier frame may not have had it yet.
                view.scrolled_to = current.map(|id| (id, room));
            }
        });
    actions.push(Action::Session(SessionAction::Shown(shown)));
}

/// One step: its picture, its name, and what can be done with it.
pub fn still_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    textures: &mut PictureTextures,
    id: NodeId,
    rect: Rect,
) -> Option<Response> {
    let history = app.session().document().history();
    let state = &history.get(id)?.state;
    let filmstrip = app.session().filmstrip();
    let place = history.current().and_then(|id| filmstrip.still_of(id));
    let is_here = place.is_some_and(|place| filmstrip.stills().get(place) == Some(&id));
    let text = shortened(&state.expression);
    let response = ui.interact(
        rect,
        ui.scope_id().with(("step", id)),
        Sense::click_and_drag(),
    );
    let here = if is_here { ", current" } else { "" };
    response.widget_info(|| {
        let name = format!("History {id}: {text}{here}");
        WidgetInfo::selected(Role::Button, true, is_here, name)
    });
    let key = ThumbnailKey::Step(id);
    let waits_for_model = !app.session().is_model_loaded(&state.model);
    thumbnail_ui(ui, app, textures, &key, rect, waits_for_model);
    outline_ui(ui, &response, rect, is_here);
    if response.drag_started()
        && let Ok(expression) = parse(&state.expression)
    {
        response.dnd_set_drag_payload(DraggedCode {
            expression,
            model: source_of(&state.model),
        });
    }
    if response.clicked() && !is_here {
        actions.push(Action::Session(SessionAction::GoTo(id)));
    }
    context_menu(&response, |ui| menu_ui(ui, app, actions, id));
    let tip = || {
        let mut tip = format!("{text}\n{}", source_title(&source_of(&state.model)));
        if waits_for_model {
            tip += "\nIts picture appears when the model is loaded";
        }
        tip
    };
    Some(on_hover_text_from(response, tip).on_hover_cursor(CursorIcon::PointingHand))
}

fn menu_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, id: NodeId) {
    let history = app.session().document().history();
    let Some(step) = history.get(id) else { return };
    ui.set_min_width(200.0);
    if menu_button(ui, Icon::LocateFixed, "Go there") {
        actions.push(Action::Session(SessionAction::GoTo(id)));
    }
    if menu_button(ui, Icon::BookmarkPlus, "Bookmark this step…") {
        actions.push(Action::Session(SessionAction::BookmarkStep(id)));
    }
    if menu_button(ui, Icon::Copy, "Copy expression") {
        ui.ctx().copy_text(step.state.expression.to_string());
    }
    if let Ok(expression) = parse(&step.state.expression) {
        ui.separator();
        code_entries(ui, actions, &expression);
    }
}

/// Paints the picture of a step or a bookmark as large as it fits, or a sign that it is to come.
pub fn thumbnail_ui(
    ui: &Ui,
    app: &AppState,
    textures: &mut PictureTextures,
    key: &ThumbnailKey,
    rect: Rect,
    waits_for_model: bool,
) {
    let tokens = tokens(ui);
    let painter = ui.painter();
    painter.rect_filled(rect, size::RADIUS_SMALL, tokens.field);
    let texture = app
        .session()
        .thumbnails()
        .get(key)
        .and_then(|(id, thumbnail)| textures.of_thumbnail(ui.ctx(), id, thumbnail));
    match texture {
        Some((texture, pixels)) => {
            let scale = (rect.width() / pixels.x.max(1.0)).min(rect.height() / pixels.y.max(1.0));
            let inner = Rect::from_center_size(rect.center(), pixels * scale);
            let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture, inner, uv, PLAIN_TINT);
        }
        None => {
            let glyph = if waits_for_model {
                Icon::Box
            } else {
                Icon::Ellipsis
            };
            painter.text(
                rect.center(),
                Align2::CENTER_CENTER,
                char::from(glyph),
                TextRole::Icon.font(),
                tokens.text_muted,
            );
        }
    }
}

/// The frame around a still: where one is, what is under the pointer, what has the keyboard.
pub fn outline_ui(ui: &Ui, response: &Response, rect: Rect, is_here: bool) {
    let tokens = tokens(ui);
    let stroke = if is_here {
        Stroke::new(2.0, tokens.accent)
    } else if response.hovered() || response.has_focus() {
        Stroke::new(2.0, tokens.outline)
    } else {
        Stroke::new(1.0, tokens.line)
    };
    ui.painter()
        .rect_stroke(rect, size::RADIUS_SMALL, stroke, StrokeKind::Outside);
}

/// So much of an expression as anybody reads.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = "ä".repeat(1000);
        let short = shortened(&long);
        assert_eq!(short.chars().count(), SHOWN_CHARS + 1);
        assert_eq!(shortened("seed(42)"), "seed(42)");
    }
}

//! The branches of the history: a mark on a step that has others beside it, and what it opens.

use super::filmstrip::still_ui;
use crate::app::{Action, Actions, AppState, SessionAction, ThumbnailKey};
use crate::document::NodeId;
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::caption;
use eframe::egui::{
    Align2, FontId, Popup, Rect, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, vec2,
};
use lucide_icons::Icon;

/// Stills in one line of what the mark opens.
const COLUMNS: usize = 6;
const MAX_HEIGHT: f32 = 240.0;
const MARK: Vec2 = vec2(16.0, 16.0);

/// Paints the mark of a step with branches beside it, and the branches while they are open.
pub fn mark_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    textures: &mut PictureTextures,
    id: NodeId,
    still: Rect,
) {
    let history = app.session().document().history();
    let count = history.sibling_count(id);
    let plural = if count == 1 { "way" } else { "ways" };
    let name = format!("{count} other {plural} beside history {id}");
    let rect = Rect::from_min_size(still.right_top() - vec2(MARK.x, 0.0), MARK);
    let response = ui.interact(rect, ui.scope_id().with(("branches", id)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let tokens = tokens(ui);
    let strong = response.hovered() || response.has_focus();
    let (fill, colour) = if strong {
        (tokens.accent, tokens.on_accent)
    } else {
        (tokens.control, tokens.text)
    };
    ui.painter().rect_filled(rect, size::RADIUS_SMALL, fill);
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        char::from(Icon::GitBranch),
        FontId::new(11.0, TextRole::Icon.font().family),
        colour,
    );
    let response = response.on_hover_text(&name);
    Popup::menu(&response).show(|ui| {
        caption(ui, format!("{count} other {plural} from the same place"));
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
        let lines = count.div_ceil(COLUMNS);
        ScrollArea::vertical()
            .max_height(MAX_HEIGHT)
            .auto_shrink([true, true])
            .show_rows(ui, size::THUMBNAIL, lines, |ui, lines| {
                lines_ui(ui, app, actions, textures, id, lines);
            });
    });
}

fn lines_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    textures: &mut PictureTextures,
    id: NodeId,
    lines: std::ops::Range<usize>,
) {
    let history = app.session().document().history();
    let mut shown = Vec::new();
    let mut siblings = history.siblings(id).skip(lines.start * COLUMNS);
    for _ in lines {
        ui.horizontal(|ui| {
            for sibling in siblings.by_ref().take(COLUMNS) {
                let (rect, _) =
                    ui.allocate_exact_size(Vec2::splat(size::THUMBNAIL), Sense::hover());
                let still = still_ui(ui, app, actions, textures, sibling, rect);
                shown.push(ThumbnailKey::Step(sibling));
                if still.is_some_and(|still| still.clicked()) {
                    ui.close();
                }
            }
        });
    }
    actions.push(Action::Session(SessionAction::Shown(shown)));
}

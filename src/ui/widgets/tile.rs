//! One small picture of a code: to look at, to click, to drag into a well.

use crate::app::tools::arithmetic::{Arithmetic, Slot};
use crate::app::tools::interpolate::Interpolate;
use crate::app::tools::variations::Variations;
use crate::app::{Action, Actions, AppState, DecodedPicture, Edit, SessionAction};
use crate::latent::expr::Expr;
use crate::ui::drag::DraggedCode;
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{PLAIN_TINT, TextRole, size, tokens};
use crate::ui::widgets::{context_menu, menu_button, on_hover_text_from};
use eframe::egui::{
    Align2, CursorIcon, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
    pos2, vec2,
};
use lucide_icons::Icon;
use std::sync::Arc;

/// What a tile shows.
pub struct Tile<'a> {
    pub picture: Option<&'a Arc<DecodedPicture>>,
    /// What is dragged and copied.
    pub expression: &'a Expr,
    /// For screen readers and tests; also the first line of the tooltip.
    pub name: &'a str,
    /// Side of the square, in points.
    pub side: f32,
    pub selected: bool,
}

impl Tile<'_> {
    /// Paints the tile; what a click does is up to the caller.
    pub fn ui(&self, ui: &mut Ui, app: &AppState, textures: &mut PictureTextures) -> Response {
        let tokens = tokens(ui);
        let (rect, response) =
            ui.allocate_exact_size(Vec2::splat(self.side), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, self.selected, self.name));
        if !ui.is_rect_visible(rect) {
            return response;
        }
        // One that the model cannot draw will not come.
        let fault = match self.picture {
            None => app.workspace().fault_of(self.expression),
            Some(_) => None,
        };
        let painter = ui.painter();
        painter.rect_filled(rect, size::RADIUS_SMALL, tokens.field);
        match self.picture {
            Some(picture) => {
                // While a newer picture is on its way, the old one is quieter.
                let is_newest = picture.expression == *self.expression;
                picture_ui(
                    ui,
                    textures,
                    picture,
                    rect,
                    if is_newest { 1.0 } else { 0.5 },
                );
            }
            None => {
                let glyph = match fault {
                    Some(_) => Icon::ImageOff,
                    None => Icon::Ellipsis,
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
        let stroke = if self.selected {
            Stroke::new(2.0, tokens.accent)
        } else if response.hovered() || response.has_focus() {
            Stroke::new(2.0, tokens.outline)
        } else {
            Stroke::new(1.0, tokens.line)
        };
        painter.rect_stroke(rect, size::RADIUS_SMALL, stroke, StrokeKind::Outside);
        if response.drag_started()
            && let Some(model) = app.model()
        {
            response.dnd_set_drag_payload(DraggedCode {
                expression: self.expression.clone(),
                model: model.source.clone(),
            });
        }
        let tip = || {
            let mut text = self.expression.to_string();
            if text != self.name {
                text = format!("{}\n{text}", self.name);
            }
            match &fault {
                Some(fault) => format!("{text}\nNo picture: {fault}"),
                None => text,
            }
        };
        on_hover_text_from(response, tip).on_hover_cursor(CursorIcon::PointingHand)
    }
}

/// Paints a picture as large as it fits into `rect`, with crisp pixels.
pub fn picture_ui(
    ui: &Ui,
    textures: &mut PictureTextures,
    picture: &DecodedPicture,
    rect: Rect,
    opacity: f32,
) {
    let side = rect.width().min(rect.height()) * ui.pixels_per_point();
    let Some((texture, pixels)) = textures.filling(ui.ctx(), picture, side) else {
        return;
    };
    let scale = (rect.width() / pixels.x.max(1.0)).min(rect.height() / pixels.y.max(1.0));
    let inner = Rect::from_center_size(rect.center(), pixels * scale);
    let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let tint = PLAIN_TINT.gamma_multiply(opacity);
    ui.painter().image(texture, inner, uv, tint);
}

/// What can be done with any code, as a menu of a tile.
pub fn code_menu(response: &Response, actions: &mut Actions, expression: &Expr) {
    context_menu(response, |ui| {
        ui.set_min_width(200.0);
        if menu_button(ui, Icon::LocateFixed, "Go there") {
            actions.edit(Edit::Expression(expression.clone()));
        }
        if menu_button(ui, Icon::BookmarkPlus, "Bookmark this code…") {
            let ask = SessionAction::BookmarkExpression(expression.clone());
            actions.push(Action::Session(ask));
        }
        if menu_button(ui, Icon::Copy, "Copy expression") {
            ui.ctx().copy_text(expression.to_string());
        }
        code_entries(ui, actions, expression);
    });
}

/// What the tools can do with any code, as entries of a menu.
pub fn code_entries(ui: &mut Ui, actions: &mut Actions, expression: &Expr) {
    if menu_button(ui, Icon::Spline, "Add as the last keyframe") {
        let code = expression.clone();
        actions.edit_tool::<Interpolate>(move |settings| settings.add(code));
    }
    if menu_button(ui, Icon::Sprout, "Take as the second parent") {
        let code = expression.clone();
        actions.edit_tool::<Variations>(move |settings| settings.partner = Some(code));
    }
    for well in Slot::ALL {
        let words = format!("Add to {} of the arithmetic", well.letter());
        if menu_button(ui, Icon::Calculator, &words) {
            let code = expression.clone();
            actions.edit_tool::<Arithmetic>(move |settings| settings.put(well, code));
        }
    }
}

/// A place that codes can be dropped into. Returns what was dropped now; `framed` paints what
/// lies in it.
pub fn drop_well<R>(
    ui: &mut Ui,
    name: &str,
    min_size: Vec2,
    framed: impl FnOnce(&mut Ui) -> R,
) -> (Option<Expr>, R) {
    let tokens = tokens(ui);
    let frame = eframe::egui::Frame::new()
        .fill(tokens.field)
        .corner_radius(size::RADIUS)
        .inner_margin(crate::ui::theme::space::S)
        .stroke(Stroke::new(1.0, tokens.line));
    let mut prepared = frame.begin(ui);
    prepared.content_ui.set_min_size(min_size);
    // What is centred in an empty well must not stretch it.
    prepared.content_ui.set_max_size(min_size);
    let inner = framed(&mut prepared.content_ui);
    let response = prepared.allocate_space(ui);
    let hovering = response.dnd_hover_payload::<DraggedCode>().is_some();
    let dragging = eframe::egui::DragAndDrop::has_payload_of_type::<DraggedCode>(ui.ctx());
    if hovering {
        prepared.frame = prepared
            .frame
            .stroke(Stroke::new(2.0, tokens.accent))
            .fill(tokens.accent_soft);
    } else if dragging {
        prepared.frame = prepared.frame.stroke(Stroke::new(1.0, tokens.accent));
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Group, true, name));
    let dropped = response
        .dnd_release_payload::<DraggedCode>()
        .map(|dragged| dragged.expression.clone());
    prepared.paint(ui);
    (dropped, inner)
}

/// The small cross at the corner of something that can be taken away.
pub fn remove_button(ui: &mut Ui, corner_of: Rect, name: &str) -> Response {
    let rect = Rect::from_center_size(corner_of.right_top() + vec2(-4.0, 4.0), Vec2::splat(16.0));
    let response = ui.interact(rect, ui.scope_id().with(("remove", name)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let tokens = tokens(ui);
    let strong = response.hovered() || response.has_focus();
    let fill = if strong {
        tokens.accent
    } else {
        tokens.control
    };
    let colour = if strong {
        tokens.on_accent
    } else {
        tokens.text
    };
    ui.painter().circle_filled(rect.center(), 8.0, fill);
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        char::from(Icon::X),
        eframe::egui::FontId::new(10.0, TextRole::Icon.font().family),
        colour,
    );
    response.on_hover_text(name)
}

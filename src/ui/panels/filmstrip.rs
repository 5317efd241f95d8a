//! The pictures that were rested on, newest at the right; a click goes back to one.

use crate::app::{Action, Actions, AppState, Still};
use crate::ui::picture::{PICTURE_OPTIONS, rgba_image};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{caption, icon};
use eframe::egui;
use eframe::egui::{
    Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, TextureHandle, Ui, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The thumbnails that are on the GPU.
#[derive(Default)]
pub struct FilmstripView {
    textures: BTreeMap<u64, TextureHandle>,
    newest: Option<u64>,
}

/// Paints the strip.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, view: &mut FilmstripView) {
    let stills = app.filmstrip().stills();
    view.textures
        .retain(|id, _| stills.iter().any(|still| still.id == *id));
    if stills.is_empty() {
        ui.horizontal_centered(|ui| {
            let muted = tokens(ui).text_muted;
            ui.label(icon(Icon::Film).color(muted));
            caption(ui, "Pictures that you rest on appear here, to go back to");
        });
        return;
    }
    let newest = stills.last().map(|still| still.id);
    let is_new = newest != view.newest;
    view.newest = newest;
    let place = app.place();
    ScrollArea::horizontal()
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::S;
                for still in stills {
                    let is_here = place.as_ref() == Some(&still.place);
                    let response = still_ui(ui, view, still, is_here);
                    if response.clicked() {
                        actions.push(Action::GoTo(still.place.clone()));
                    }
                    if is_new && newest == Some(still.id) {
                        response.scroll_to_me(Some(egui::Align::Max));
                    }
                }
            });
        });
}

fn still_ui(ui: &mut Ui, view: &mut FilmstripView, still: &Still, is_here: bool) -> egui::Response {
    let tokens = tokens(ui);
    let (rect, response) =
        ui.allocate_exact_size(vec2(size::THUMBNAIL, size::THUMBNAIL), Sense::click());
    let expression = still.place.expression.to_string();
    response.widget_info(|| {
        WidgetInfo::selected(Role::Button, true, is_here, format!("Go to {expression}"))
    });
    ui.painter()
        .rect_filled(rect, size::RADIUS_SMALL, tokens.field);
    if let Some(texture) = texture(ui, view, still) {
        let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let inner = fitted(texture.size_vec2(), rect);
        ui.painter()
            .image(texture.id(), inner, uv, crate::ui::theme::PLAIN_TINT);
    }
    let stroke = if is_here {
        Stroke::new(2.0, tokens.accent)
    } else if response.hovered() || response.has_focus() {
        Stroke::new(2.0, tokens.outline)
    } else {
        Stroke::new(1.0, tokens.line)
    };
    ui.painter()
        .rect_stroke(rect, size::RADIUS_SMALL, stroke, StrokeKind::Outside);
    response.on_hover_text(expression)
}

fn texture<'a>(ui: &Ui, view: &'a mut FilmstripView, still: &Still) -> Option<&'a TextureHandle> {
    let thumbnail = still.thumbnail.as_ref()?;
    match view.textures.entry(still.id) {
        Entry::Occupied(known) => Some(known.into_mut()),
        Entry::Vacant(place) => {
            let pixels = rgba_image([thumbnail.width, thumbnail.height], &thumbnail.rgba)?;
            let name = format!("still {}", still.id);
            Some(place.insert(ui.ctx().load_texture(name, pixels, PICTURE_OPTIONS)))
        }
    }
}

/// The largest rectangle of the picture's shape within a square.
fn fitted(picture: egui::Vec2, square: Rect) -> Rect {
    let scale = (square.width() / picture.x.max(1.0)).min(square.height() / picture.y.max(1.0));
    Rect::from_center_size(square.center(), picture * scale)
}

//! Files dropped on the window.

use crate::app::{Action, Actions};
use crate::ui::theme::{TextRole, tokens_of};
use eframe::egui;
use eframe::egui::{Align2, Context, Id, LayerId, Order, Stroke, StrokeKind};
use lucide_icons::Icon;

/// Says what may be dropped while a file hovers over the window.
pub fn drop_zone(ctx: &Context) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let tokens = tokens_of(ctx);
    let painter = ctx.layer_painter(LayerId::new(Order::Tooltip, Id::unique("drop zone")));
    let window = ctx.content_rect();
    painter.rect_filled(window, 0.0, tokens.veil);
    let frame = window.shrink(24.0);
    painter.rect_stroke(
        frame,
        12.0,
        Stroke::new(2.0, tokens.accent),
        StrokeKind::Inside,
    );
    let words = "Drop a .safetensors model, picture, file of codes (.npz, .npy), .zscape session, \
        question file (.md) or folder of them"
        .to_owned();
    let galley = painter.layout(
        words,
        TextRole::Heading.font(),
        tokens.text_strong,
        window.width() - 96.0,
    );
    let width = (galley.size().x + 48.0).max(360.0);
    let card =
        egui::Rect::from_center_size(window.center(), egui::vec2(width, 104.0 + galley.size().y));
    painter.rect_filled(card, 12.0, tokens.raised);
    painter.text(
        card.center() - egui::vec2(0.0, 24.0),
        Align2::CENTER_CENTER,
        char::from(Icon::FileInput),
        TextRole::IconLarge.font(),
        tokens.accent,
    );
    let at = Align2::CENTER_CENTER
        .anchor_size(card.center() + egui::vec2(0.0, 24.0), galley.size())
        .min;
    painter.galley(at, galley, tokens.text_strong);
}

/// Has dropped files opened; of several the last one stays.
pub fn take_dropped_files(ctx: &Context, actions: &mut Actions) {
    let files = ctx.input(|input| input.raw.dropped_files.clone());
    for file in &files {
        actions.push(Action::OpenFile(file.path().to_owned()));
    }
}

//! Messages on the window: they come, are read, and go.

use super::lists::level_icon;
use crate::app::{Action, Actions, AppState, Command, Notice};
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::icon;
use eframe::egui;
use eframe::egui::{
    Align, Align2, Area, Button, Context, Frame, Id, Layout, Order, Rect, RichText, Ui, vec2,
};
use lucide_icons::Icon;

/// More would cover the picture; the rest is in the list.
const AT_ONCE: usize = 3;

/// Paints the newest messages into the lower right corner of `canvas`.
pub fn toasts(ctx: &Context, app: &AppState, actions: &mut Actions, canvas: Rect) {
    if app.notices().visible().next().is_none() || !canvas.is_positive() {
        return;
    }
    let distance =
        ctx.content_rect().right_bottom() - canvas.right_bottom() + vec2(space::M, space::M);
    Area::new(Id::unique("toasts"))
        .order(Order::Foreground)
        .anchor(Align2::RIGHT_BOTTOM, -distance)
        .show(ctx, |ui| {
            ui.set_width(size::TOAST.min(canvas.width() - 2.0 * space::M).max(200.0));
            let hidden = app.notices().visible().count().saturating_sub(AT_ONCE);
            for notice in app.notices().visible().skip(hidden) {
                toast_ui(ui, notice, actions);
            }
            if hidden > 0 {
                let more = ui
                    .add(Button::new(format!("{hidden} more…")))
                    .on_hover_text(Command::Notifications.info().tooltip);
                if more.clicked() {
                    actions.run(Command::Notifications);
                }
            }
        });
}

fn toast_ui(ui: &mut Ui, notice: &Notice, actions: &mut Actions) {
    let tokens = tokens(ui);
    Frame::popup(ui.style())
        .inner_margin(space::M)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.with_layout(Layout::right_to_left(Align::TOP), |ui| {
                let close = Button::new(icon(Icon::X)).frame_when_inactive(false);
                let close = ui
                    .add(close)
                    .on_hover_text("Dismiss")
                    .accessible_name("Dismiss message");
                if close.clicked() {
                    actions.push(Action::DismissNotice(notice.id));
                }
                ui.with_layout(Layout::left_to_right(Align::TOP), |ui| {
                    let mark = level_icon(ui, notice.level);
                    ui.label(mark);
                    ui.vertical(|ui| {
                        ui.spacing_mut().item_spacing.y = 2.0;
                        let word = RichText::new(notice.level.word())
                            .font(TextRole::Small.font())
                            .color(tokens.text_muted);
                        ui.label(word);
                        ui.add(egui::Label::new(&notice.text).wrap());
                        if let Some(remedy) = &notice.remedy {
                            ui.add_space(space::XS);
                            if ui.button(remedy.words()).clicked() {
                                actions.push(Action::Remedy(remedy.clone()));
                                actions.push(Action::DismissNotice(notice.id));
                            }
                        }
                    });
                });
            });
        });
}

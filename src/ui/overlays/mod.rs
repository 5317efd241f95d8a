//! What lies over the window for a while.

use eframe::egui;
mod bookmark_form;
mod describe_form;
mod drop_zone;
mod export_form;
mod lists;
pub mod palette;
mod passport_form;
mod quit_form;
mod scene_form;
mod shortcuts_page;
mod toasts;
pub mod tour;

pub use bookmark_form::BookmarkForm;
pub use describe_form::describe_form;
pub use drop_zone::{drop_zone, take_dropped_files};
pub use export_form::export_form;
pub use lists::{about, notifications};
pub use palette::Palette;
pub use passport_form::passport_form;
pub use quit_form::quit_form;
pub use scene_form::SceneForm;
pub use shortcuts_page::ShortcutsPage;
pub use toasts::Toasts;
pub use tour::tour;

use super::theme::{space, tokens_of};
use super::widgets::icon;
use crate::app::{Actions, Command};
use eframe::egui::{Align, Context, Id, Layout, Modal, ScrollArea, Ui};
use lucide_icons::Icon;

const CARD_WIDTH: f32 = 480.0;
/// Of what scrolls in a card.
const MIN_HEIGHT: f32 = 120.0;
/// Of a card with two columns.
const WIDE_CARD_WIDTH: f32 = 800.0;

/// A card in the middle of the window with a title and a way to close it.
fn card(
    ctx: &Context,
    title: &str,
    actions: &mut Actions,
    add: impl FnOnce(&mut Ui, &mut Actions),
) {
    let add = |ui: &mut Ui, actions: &mut Actions, ()| add(ui, actions);
    card_with_head(ctx, title, CARD_WIDTH, actions, |_, _| {}, add);
}

/// A card of another width, with something under its title that does not scroll.
fn card_with_head<T>(
    ctx: &Context,
    title: &str,
    width: f32,
    actions: &mut Actions,
    head: impl FnOnce(&mut Ui, &mut Actions) -> T,
    add: impl FnOnce(&mut Ui, &mut Actions, T),
) {
    let modal = Modal::new(Id::unique(("card", title))).backdrop_color(tokens_of(ctx).veil);
    let response = modal.show(ctx, |ui| {
        ui.set_width(width.min(ctx.content_rect().width() - 2.0 * space::XL));
        ui.horizontal(|ui| {
            super::widgets::heading(ui, title);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let close = egui::Button::new(icon(Icon::X)).frame_when_inactive(false);
                let close = ui
                    .add(close)
                    .on_hover_text("Close (Esc)")
                    .accessible_name("Close");
                if close.clicked() {
                    actions.run(Command::Leave);
                }
            });
        });
        let head = head(ui, actions);
        ui.add_space(space::S);
        // What stands above does not scroll; the card ends within the window.
        let above = ui.min_rect().height();
        let height = (ctx.content_rect().height() - above - 2.0 * space::XL).max(MIN_HEIGHT);
        ScrollArea::vertical()
            .max_height(height)
            // The card is as small as what it showed last; what is shown now may need more.
            .min_scrolled_height(height)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                add(ui, actions, head);
            });
    });
    if response.backdrop_response.clicked() {
        actions.run(Command::Leave);
    }
}

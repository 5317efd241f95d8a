//! Messages on the window: they come, are read, and go.
//!
//! The hazard here is a message over what one is about to click on. [`place`] looks for room between
//! the controls of the stage; where there is none, the messages get a strip of their own below it.

use super::lists::level_icon;
use crate::app::{Action, Actions, AppState, Command, Notice};
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::icon;
use eframe::egui;
use eframe::egui::{
    Align, Area, Button, Context, Frame, Id, Layout, Margin, Order, Panel, Rect, RichText, Role,
    Sense, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;

/// More would cover the picture; the rest is in the list.
const AT_ONCE: usize = 3;
/// The name of all messages together, for screen readers and tests.
const NAME: &str = "Messages";
/// From one place that is tried to the next, in points.
const RASTER: f32 = 8.0;
/// What takes more than this part of the stage is a picture, of which a corner may be covered.
const SURFACE_PART: f32 = 1.0 / 6.0;
/// In a strip they take room from the picture.
const AT_ONCE_IN_STRIP: usize = 1;

/// Where the messages stand: they stay there while they are on the window.
#[derive(Default)]
pub struct Toasts {
    last: Option<Rect>,
    is_docked: bool,
}

impl Toasts {
    /// Paints the messages in a strip, where the stage has no room for them.
    pub fn strip_ui(&mut self, ui: &mut Ui, app: &AppState, actions: &mut Actions) {
        if app.notices().visible().next().is_none() {
            *self = Self::default();
        }
        if !self.is_docked {
            return;
        }
        let margin = Margin::symmetric(space::M as i8, space::S as i8);
        Panel::bottom("messages")
            .resizable(false)
            .frame(Frame::new().fill(tokens(ui).panel).inner_margin(margin))
            .show(ui, |ui| messages_ui(ui, app, actions, AT_ONCE_IN_STRIP));
    }

    /// Paints the messages over the stage, which has just been painted, where they cover no control.
    pub fn ui(&mut self, ctx: &Context, app: &AppState, actions: &mut Actions, stage: Rect) {
        if self.is_docked || app.notices().visible().next().is_none() || !stage.is_positive() {
            return;
        }
        let id = Id::unique("toasts");
        let stage = stage.shrink(space::M);
        let width = size::TOAST.min(stage.width()).max(200.0);
        let known = ctx.memory(|memory| memory.area_rect(id));
        let height = known.map_or(size::CONTROL * 2.0, |rect| rect.height());
        let controls = controls(ctx, id);
        let found = place(stage, vec2(width, height), &controls, self.last);
        let Some(rect) = found else {
            self.is_docked = true;
            ctx.request_repaint();
            return;
        };
        self.last = Some(rect);
        Area::new(id)
            .order(Order::Foreground)
            .fixed_pos(rect.min)
            .constrain(false)
            .show(ctx, |ui| {
                ui.set_width(width);
                messages_ui(ui, app, actions, AT_ONCE);
            });
    }
}

/// Where everything is that can be operated, but for what is in the area `own`.
fn controls(ctx: &Context, own: Id) -> Vec<Rect> {
    ctx.viewport(|viewport| {
        let layers = viewport.this_pass.widgets.layers();
        let others = layers.filter(|(layer, _)| layer.id != own);
        let widgets = others.flat_map(|(_, widgets)| widgets);
        widgets
            .filter(|widget| widget.sense.contains(Sense::FOCUSABLE))
            .map(|widget| widget.interact_rect)
            .filter(Rect::is_positive)
            .collect()
    })
}

/// Where messages of this size cover no control: as before if they may stay there, else as near to
/// the lower right corner of the stage as there is room. `None` where there is none.
fn place(stage: Rect, size: Vec2, controls: &[Rect], last: Option<Rect>) -> Option<Rect> {
    let room = stage.size() - size;
    if room.x < 0.0 || room.y < 0.0 {
        return None;
    }
    let is_surface = |control: &&Rect| control.area() > SURFACE_PART * stage.area();
    let is_free = |rect: &Rect| {
        let mut small = controls.iter().filter(|control| !is_surface(control));
        !small.any(|control| control.intersects(*rect))
    };
    let last = last.map(|last| Rect::from_min_size(last.min, size));
    let may_stay = |rect: &Rect| stage.contains_rect(*rect) && is_free(rect);
    if let Some(stays) = last.filter(may_stay) {
        return Some(stays);
    }
    let steps = |room: f32| (0..=(room / RASTER) as usize).map(|step| step as f32 * RASTER);
    let places = steps(room.y).flat_map(|up| steps(room.x).map(move |left| vec2(left, up)));
    let mut places: Vec<Vec2> = places.collect();
    places.sort_by(|a, b| a.length_sq().total_cmp(&b.length_sq()));
    let at = |away: Vec2| {
        let corner = stage.max - away - size;
        Rect::from_min_size(pos2(corner.x, corner.y), size)
    };
    places.into_iter().map(at).find(is_free)
}

fn messages_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, at_once: usize) {
    let hidden = app.notices().visible().count().saturating_sub(at_once);
    let shown = ui.scope(|ui| {
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
    shown
        .response
        .widget_info(|| WidgetInfo::labeled(Role::Group, true, NAME));
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

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::Pos2;

    const TOAST: Vec2 = vec2(360.0, 80.0);

    fn stage() -> Rect {
        Rect::from_min_size(pos2(300.0, 40.0), vec2(900.0, 500.0))
    }

    fn tiles(across: f32, stage: Rect) -> Vec<Rect> {
        let step = stage.width() / across;
        let count = |length: f32| (length / step) as usize;
        let rows = (0..count(stage.height())).map(move |row| row as f32 * step);
        let corners =
            rows.flat_map(|y| (0..across as usize).map(move |x| vec2(x as f32 * step, y)));
        corners
            .map(|corner| Rect::from_min_size(stage.min + corner, Vec2::splat(step - 8.0)))
            .collect()
    }

    #[test]
    fn messages_lie_in_the_lower_right_corner_or_beside_what_is_there() {
        let corner = place(stage(), TOAST, &[], None).expect("there is room");
        assert_eq!(corner.max, stage().max);
        let whole = place(stage(), TOAST, &[stage()], None);
        assert_eq!(whole, Some(corner), "a picture is no control");
        let button = Rect::from_center_size(corner.center(), vec2(80.0, 28.0));
        let beside = place(stage(), TOAST, &[stage(), button], None).expect("there is room");
        assert!(!beside.intersects(button), "{beside:?}");
        assert!(stage().contains_rect(beside), "{beside:?}");
        let stays = place(stage(), TOAST, &[stage()], Some(beside));
        assert_eq!(stays, Some(beside), "it does not wander while one reads");
        let over_it = Rect::from_center_size(beside.center(), vec2(80.0, 28.0));
        let moved = place(stage(), TOAST, &[over_it], Some(beside)).expect("there is room");
        assert!(!moved.intersects(over_it), "{moved:?}");
    }

    #[test]
    fn among_tiles_there_is_no_room() {
        assert_eq!(place(stage(), TOAST, &tiles(9.0, stage()), None), None);
        let low = Rect::from_min_size(Pos2::ZERO, vec2(900.0, 60.0));
        assert_eq!(place(low, TOAST, &[], None), None);
    }
}

//! The bubble of the tour: what to do, with an arrow to the control that does it.
//!
//! The hazard here is a bubble over what it is about. Controls say where they are ([`mark`]), and
//! [`place`] puts the bubble beside the one that the step is about.

use crate::app::{Action, Actions, AppState, Overlay, TourAction, TourStep};
use crate::ui::theme::{TextRole, size, space, tokens, tokens_of};
use crate::ui::widgets::caption;
use eframe::egui;
use eframe::egui::{
    Align, Area, Button, Context, Frame, Id, LayerId, Layout, Order, Painter, Pos2, Rect, RichText,
    Role, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

/// From the bubble to the control, in points; the arrow lies in it.
const GAP: f32 = 14.0;
/// Half of the arrow's foot.
const ARROW: f32 = 8.0;
/// Of the ring around the control.
const RING: f32 = 3.0;

/// Where the control is that a step is about.
#[derive(Clone, PartialEq, Debug)]
struct Mark {
    step: TourStep,
    rect: Rect,
    name: String,
    pass: u64,
}

fn mark_id() -> Id {
    Id::unique("the control of the tour")
}

/// Says that a control is what a step of the tour is about; of several in a frame the first. One
/// that is out of sight when its step begins is scrolled into sight.
pub fn mark(ui: &Ui, app: &AppState, step: TourStep, rect: Rect, name: &str) {
    if app.tour().step() != Some(step) {
        return;
    }
    let (ctx, pass) = (ui.ctx(), ui.ctx().cumulative_pass_nr());
    let last = ctx.data(|data| data.get_temp::<Mark>(mark_id()));
    if last.as_ref().is_some_and(|last| last.pass == pass) {
        return;
    }
    let is_new = last.is_none_or(|last| last.step != step || last.name != name);
    if is_new && !ui.clip_rect().contains_rect(rect) {
        ui.scroll_to_rect(rect, Some(Align::Center));
        ctx.request_repaint();
    }
    let mark = Mark {
        step,
        rect: rect.intersect(ui.clip_rect()),
        name: name.to_owned(),
        pass,
    };
    ctx.data_mut(|data| data.insert_temp(mark_id(), mark));
}

/// Paints the bubble of the present step. Returns where it is, for the keyboard.
pub fn tour(ctx: &Context, app: &AppState, actions: &mut Actions) -> Option<(LayerId, Rect)> {
    let Some(step) = app.tour().step() else {
        // The next tour scrolls to its controls again.
        ctx.data_mut(|data| data.remove::<Mark>(mark_id()));
        return None;
    };
    let modes = app.modes();
    if modes.overlay != Overlay::None || modes.picture_only || app.preview().frame().is_none() {
        return None;
    }
    let pass = ctx.cumulative_pass_nr();
    let mark = ctx.data(|data| data.get_temp::<Mark>(mark_id()));
    let mark =
        mark.filter(|mark| mark.step == step && mark.pass == pass && mark.rect.is_positive());
    let name = mark.as_ref().map_or("", |mark| mark.name.as_str());
    let is_shown = mark.is_some();
    let id = Id::unique("tour").with((step, is_shown));
    let window = ctx.content_rect();
    let width = size::BUBBLE.min(window.width() - 2.0 * space::S);
    let known = ctx.memory(|memory| memory.area_rect(id));
    let bubble = known.map_or(vec2(width, 128.0), |rect| rect.size());
    let (rect, side) = match &mark {
        Some(mark) => place(mark.rect, bubble, window.shrink(space::XS)),
        None => (at_the_foot(bubble, window), None),
    };
    let painter = ctx.layer_painter(LayerId::new(Order::Middle, id));
    // The picture needs no ring: nobody misses it.
    let has_ring = step != TourStep::Drag && known.is_some();
    if let (Some(mark), true) = (&mark, has_ring) {
        let accent = Stroke::new(2.0, tokens_of(ctx).accent);
        let ring = mark.rect.expand(RING);
        painter.rect_stroke(ring, size::RADIUS, accent, StrokeKind::Outside);
    }
    let shown = Area::new(id)
        .order(Order::Middle)
        .fixed_pos(rect.min)
        .constrain(false)
        .show(ctx, |ui| {
            let colours = tokens(ui);
            Frame::popup(ui.style())
                .inner_margin(space::M)
                .stroke(Stroke::new(1.0, colours.accent))
                .show(ui, |ui| {
                    ui.set_width(width - 2.0 * space::M - 2.0);
                    contents_ui(ui, actions, step, name, is_shown);
                });
        });
    let words = format!(
        "Tour, step {} of {}: {}",
        step.number(),
        TourStep::ALL.len(),
        title(step, name)
    );
    // As a status it is read out when it changes.
    shown
        .response
        .widget_info(|| WidgetInfo::labeled(Role::Status, true, &words));
    if let (Some(mark), Some(side), true) = (&mark, side, known.is_some()) {
        arrow_ui(
            &painter,
            tokens_of(ctx),
            shown.response.rect,
            mark.rect,
            side,
        );
    }
    Some((shown.response.layer_id, shown.response.rect))
}

fn contents_ui(ui: &mut Ui, actions: &mut Actions, step: TourStep, name: &str, is_shown: bool) {
    let colours = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::XS;
    let strong = RichText::new(title(step, name)).color(colours.text_strong);
    ui.add(egui::Label::new(strong.font(TextRole::Body.font())).wrap());
    let words = if is_shown {
        advice(step)
    } else {
        "What this step is about is not on the window now"
    };
    ui.add(egui::Label::new(words).wrap());
    ui.add_space(space::XS);
    ui.horizontal(|ui| {
        let count = format!("{} of {}", step.number(), TourStep::ALL.len());
        caption(ui, count);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut button = |words: &str, name: &str, tip: &str, action| {
                let button = Button::new(words).min_size(vec2(0.0, size::CONTROL));
                let response = ui.add(button).on_hover_text(tip).accessible_name(name);
                if response.clicked() {
                    actions.push(Action::Tour(action));
                }
            };
            if is_shown {
                let tip = "Go on without trying this";
                button("Next", "Next step of the tour", tip, TourAction::Next);
            } else {
                let tip = "Bring it back on the window";
                button(
                    "Show it",
                    "Show what the step is about",
                    tip,
                    TourAction::Show,
                );
            }
            let tip = "End the tour (Esc); Help has it again";
            button("Skip", "Skip the tour", tip, TourAction::End);
        });
    });
}

fn title(step: TourStep, name: &str) -> String {
    match step {
        TourStep::Drag => "Drag on the picture".to_owned(),
        TourStep::Slider if name.is_empty() => "Move a slider".to_owned(),
        TourStep::Slider => format!("Move the slider “{name}”"),
        TourStep::Seed => "Go to the next seed".to_owned(),
        TourStep::Keep => "Keep a picture that you like".to_owned(),
        TourStep::Question if name.is_empty() => "Open the questions".to_owned(),
        TourStep::Question => "Open one of the questions".to_owned(),
    }
}

fn advice(step: TourStep) -> &'static str {
    match step {
        TourStep::Drag => "It follows your hand: you move its code through the latent space",
        TourStep::Slider => "One direction of the latent space, with a name for what it changes",
        TourStep::Seed => "Each seed is another code, so another picture; the key → does it, too",
        TourStep::Keep => "A bookmark has a name that you can use in every tool",
        TourStep::Question => "Each has a live scene, and tasks that are measured on the model",
    }
}

/// A side of the control.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Below,
    Above,
    Right,
    Left,
}

impl Side {
    /// Below and above a slider there are others; beside it there is the picture.
    const ALL: [Self; 4] = [Self::Below, Self::Above, Self::Right, Self::Left];
}

/// Where a bubble of this size lies beside `control`, within `window`; and on which side, where
/// there is room on one.
fn place(control: Rect, bubble: Vec2, window: Rect) -> (Rect, Option<Side>) {
    let keep_off = control.expand(GAP - 1.0);
    let at = |side: Side| {
        let middle = control.center() - bubble / 2.0;
        let corner = match side {
            Side::Below => pos2(middle.x, control.bottom() + GAP),
            Side::Above => pos2(middle.x, control.top() - GAP - bubble.y),
            Side::Right => pos2(control.right() + GAP, middle.y),
            Side::Left => pos2(control.left() - GAP - bubble.x, middle.y),
        };
        within(Rect::from_min_size(corner, bubble), window)
    };
    let covered = |rect: Rect| {
        let shared = rect.intersect(keep_off);
        shared.is_positive().then(|| shared.area()).unwrap_or(0.0)
    };
    for side in Side::ALL {
        let rect = at(side);
        if covered(rect) == 0.0 {
            return (rect, Some(side));
        }
    }
    let least = |a: &Rect, b: &Rect| covered(*a).total_cmp(&covered(*b));
    let rect = Side::ALL.map(at).into_iter().min_by(least);
    (rect.unwrap_or(window), None)
}

fn at_the_foot(bubble: Vec2, window: Rect) -> Rect {
    let middle = window.center_bottom() - vec2(bubble.x / 2.0, bubble.y + 3.0 * space::XL);
    within(Rect::from_min_size(middle, bubble), window)
}

/// Moves a rectangle into the window; where it is larger, its left and top are in sight.
fn within(rect: Rect, window: Rect) -> Rect {
    let corner = |at: f32, length: f32, from: f32, to: f32| at.min(to - length).max(from);
    let min = pos2(
        corner(rect.min.x, rect.width(), window.left(), window.right()),
        corner(rect.min.y, rect.height(), window.top(), window.bottom()),
    );
    Rect::from_min_size(min, rect.size())
}

/// Paints the arrow from the bubble to the control.
fn arrow_ui(
    painter: &Painter,
    colours: &crate::ui::theme::Tokens,
    bubble: Rect,
    control: Rect,
    side: Side,
) {
    let room = f32::from(size::RADIUS) + ARROW;
    let along = |at: f32, from: f32, to: f32| at.max(from + room).min(to - room);
    let x = along(control.center().x, bubble.left(), bubble.right());
    let y = along(control.center().y, bubble.top(), bubble.bottom());
    let length = GAP - 2.0 * RING;
    let (foot, tip, half) = match side {
        Side::Below => (pos2(x, bubble.top()), vec2(0.0, -length), vec2(ARROW, 0.0)),
        Side::Above => (
            pos2(x, bubble.bottom()),
            vec2(0.0, length),
            vec2(ARROW, 0.0),
        ),
        Side::Right => (pos2(bubble.left(), y), vec2(-length, 0.0), vec2(0.0, ARROW)),
        Side::Left => (pos2(bubble.right(), y), vec2(length, 0.0), vec2(0.0, ARROW)),
    };
    let corners: [Pos2; 3] = [foot - half, foot + tip, foot + half];
    // The foot covers the line of the bubble.
    let inwards = -tip.normalized() * 1.5;
    let fill = [corners[0] + inwards, corners[1], corners[2] + inwards];
    painter.add(Shape::convex_polygon(
        fill.to_vec(),
        colours.raised,
        Stroke::NONE,
    ));
    let line = Stroke::new(1.0, colours.accent);
    painter.add(Shape::line(corners.to_vec(), line));
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUBBLE: Vec2 = vec2(288.0, 128.0);

    #[test]
    fn the_bubble_is_beside_its_control_wherever_there_is_room() {
        let window = Rect::from_min_size(Pos2::ZERO, vec2(1024.0, 640.0));
        let corners = [
            ("the middle", pos2(400.0, 250.0), Side::Below),
            ("the lower right corner", pos2(990.0, 600.0), Side::Above),
            ("the upper right corner", pos2(990.0, 8.0), Side::Below),
            ("the left edge", pos2(0.0, 300.0), Side::Below),
        ];
        for (place_name, corner, expected) in corners {
            let control = Rect::from_min_size(corner, vec2(28.0, 28.0));
            let (rect, side) = place(control, BUBBLE, window);
            assert_eq!(side, Some(expected), "{place_name}");
            assert!(window.contains_rect(rect), "{place_name}: {rect:?}");
            assert!(!rect.intersects(control), "{place_name}: {rect:?}");
        }
        // A picture as high as the window leaves room at a side only.
        let picture = Rect::from_min_size(pos2(400.0, 0.0), vec2(600.0, 640.0));
        let (rect, side) = place(picture, BUBBLE, window);
        assert_eq!(side, Some(Side::Left));
        assert!(!rect.intersects(picture), "{rect:?}");
    }

    #[test]
    fn without_room_it_covers_as_little_as_it_can() {
        let window = Rect::from_min_size(Pos2::ZERO, vec2(320.0, 200.0));
        let control = Rect::from_min_size(pos2(10.0, 60.0), vec2(300.0, 70.0));
        let (rect, side) = place(control, BUBBLE, window);
        assert_eq!(side, None);
        assert!(window.contains_rect(rect), "{rect:?}");
        assert!(rect.intersect(control).height() < 64.0, "{rect:?}");
    }
}

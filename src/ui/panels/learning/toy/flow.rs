//! The flow of two dimensions: the plane of noise beside that of the data, each with the grid, the
//! samples and the marked code. Dragging in either moves the code. The sliders stand below, so that
//! the planes are in sight where the toy begins.

use super::board::Board;
use super::{Mark, Stage, legend_ui, numbers_ui};
use crate::app::{Action, ParamId};
use crate::learn::toy::flow::shown::{Plane, REACH};
use crate::learn::toy::flow::{Flow, Point};
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::caption;
use eframe::egui::{Pos2, Rect, Shape, Stroke, Ui, Vec2, pos2};

/// The largest side of a plane.
const SIDE: f32 = 320.0;
/// How far an arrow key moves the marked code.
const NUDGE: f64 = 0.1;

pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>, flow: &Flow) {
    ui.add_space(space::XS);
    let side = ((ui.available_width() - space::S) / 2.0).min(SIDE);
    let moved = ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let noise = column_ui(ui, side, "Noise z", &flow.noise, &[]);
        let made = column_ui(ui, side, "Data x", &flow.made, &flow.data);
        noise.or_else(|| made.map(|x| flow.settings.code_of(x)))
    });
    if let Some(z) = moved.inner {
        for (key, value) in [("z1", z[0]), ("z2", z[1])] {
            let set = Action::Set(ParamId::Toy(key), value as f32);
            stage.actions.push(set);
        }
    }
    let colours = tokens(ui);
    let [data, samples] = [colours.text_muted, colours.accent].map(Mark::Dot);
    legend_ui(ui, &[(data, "Data"), (samples, "Samples")]);
    numbers_ui(ui, stage);
    ui.add_space(space::XS);
    for line in flow.lines() {
        caption(ui, line);
    }
}

/// Paints a plane below its name. Returns where it is dragged to.
fn column_ui(ui: &mut Ui, side: f32, name: &str, plane: &Plane, data: &[Point]) -> Option<Point> {
    ui.vertical(|ui| {
        caption(ui, name);
        plane_ui(ui, side, name, plane, data)
    })
    .inner
}

fn plane_ui(ui: &mut Ui, side: f32, name: &str, plane: &Plane, data: &[Point]) -> Option<Point> {
    let colours = tokens(ui);
    let board = Board::new(ui, Vec2::splat(side), name);
    let rect = board.rect;
    let at = |point: &Point| place(rect, *point);
    let painter = &board.painter;
    for point in data {
        painter.circle_filled(at(point), 1.0, colours.text_muted);
    }
    let thin = Stroke::new(1.0, colours.outline);
    for line in &plane.grid {
        painter.line(line.iter().map(at).collect(), thin);
    }
    for point in &plane.samples {
        painter.circle_filled(at(point), 1.0, colours.accent);
    }
    let strong = Stroke::new(1.5, colours.text_strong);
    painter.add(Shape::closed_line(
        plane.patch.iter().map(at).collect(),
        strong,
    ));
    painter.circle(at(&plane.point), 3.5, colours.accent, strong);
    let keys = board.keys(ui);
    let by_keys = (keys != Vec2::ZERO).then(|| {
        let [x, y] = plane.point;
        [x + NUDGE * f64::from(keys.x), y - NUDGE * f64::from(keys.y)]
    });
    let dragged = board.pointer().map(|it| point_of(rect, it));
    board.finish("Drag to move the marked code, or use the arrow keys");
    dragged.or(by_keys)
}

/// Where a point of a plane lies; the second axis points up.
fn place(rect: Rect, [x, y]: Point) -> Pos2 {
    // Far outside all is one to a painter, and infinity is no place.
    let share = |value: f64| ((value / REACH).clamp(-9.0, 9.0) as f32 + 1.0) / 2.0;
    pos2(
        rect.left() + rect.width() * share(x),
        rect.bottom() - rect.height() * share(y),
    )
}

fn point_of(rect: Rect, at: Pos2) -> Point {
    let share = |value: f32, from: f32, to: f32| f64::from((value - from) / (to - from));
    let x = share(at.x, rect.left(), rect.right());
    let y = share(at.y, rect.bottom(), rect.top());
    [x, y].map(|it| (2.0 * it - 1.0).clamp(-1.0, 1.0) * REACH)
}

//! The map of a model whose latent space is a plane: every picture is a point on it.

use crate::app::{Actions, AppState, Edit, Scale, TourStep};
use crate::engine::ModelInfo;
use crate::latent::SpaceShape;
use crate::latent::expr::Expr;
use crate::ui::overlays::tour;
use crate::ui::panels::classes::{ClassMeans, class_color, labels_ui, round_step};
use crate::ui::panels::ends::EndPictures;
use crate::ui::theme::{Tokens, size, space, text, tokens};
use crate::ui::widgets::{SliderRow, caption, slider_row};
use eframe::egui;
use eframe::egui::{
    Align2, CursorIcon, FontId, Painter, Pos2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2,
    remap, vec2,
};
use std::ops::RangeInclusive;

/// How far the map reaches from the mean, in standard deviations: nearly all codes lie within.
const REACH_SIGMA: f32 = 3.2;
/// Room for the numbers at the axes.
const AXIS_WIDTH: f32 = 24.0;
/// About so many lines along each axis.
const LINES: f64 = 5.0;

/// Whether the latent space of a model is a plane, with no other behind it.
pub fn is_plane(model: &ModelInfo) -> bool {
    let spaces = &model.manifest.spaces;
    let is_flat = |shape: &SpaceShape| shape.checked_len() == Some(2);
    spaces.len() == 1 && spaces.get(&model.start).is_some_and(is_flat)
}

/// One standard deviation along each axis of the plane.
pub fn sigma(model: &ModelInfo) -> [f32; 2] {
    let of = |dim: usize| {
        model
            .start_sigma
            .get(dim)
            .copied()
            .filter(|sigma| sigma.is_finite() && *sigma > 0.0)
    };
    [of(0).unwrap_or(1.0), of(1).unwrap_or(1.0)]
}

/// Codes on the plane are written with three decimals: finer than a screen can show.
pub fn rounded(value: f32) -> f32 {
    (value * 1000.0).round() / 1000.0
}

/// Where the picture is on the plane: what the expression says, else what it was evaluated to.
pub fn current_code(app: &AppState) -> Option<[f32; 2]> {
    let evaluated = || app.preview().frame().map(|frame| frame.code.values.reals());
    let values = app.position().literal().or_else(evaluated)?;
    match values {
        &[x, y] => Some([x, y]),
        _ => None,
    }
}

/// Paints the map and two sliders, and goes where the hand goes.
pub fn ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    model: &ModelInfo,
    mut ends: Option<&mut EndPictures<'_>>,
) {
    let Some(code) = current_code(app) else {
        caption(ui, "The map appears with the first picture");
        return;
    };
    let ranges = ranges(model);
    if let Some(values) = map_ui(ui, model, &ranges, code) {
        actions.edit(Edit::Vector(values.map(rounded).to_vec()));
    }
    if !app.modes().presents {
        caption(ui, "The code itself: where the point lies");
    }
    for (dim, range) in ranges.into_iter().enumerate() {
        let name = format!("z{dim}");
        let default = rounded(mean(model)[dim]);
        let row = SliderRow {
            name: &name,
            accessible_name: &name,
            tooltip: [
                "Moves the point to the left and right: one number of the code",
                "Moves the point up and down: the other number of the code",
            ][dim],
            value: code[dim],
            range: range.clone(),
            scale: Scale::Open,
            default,
            ends: ends.as_deref_mut().map(|ends| {
                let at = |value: f32| {
                    let mut values = code.map(rounded);
                    values[dim] = rounded(value);
                    Expr::Vector(values.to_vec())
                };
                let both = [at(*range.start()), at(*range.end())];
                ends.of_coordinate(ui.ctx(), dim, both)
            }),
        };
        let moved = ui.scope(|ui| slider_row(ui, &row));
        tour::mark(ui, app, TourStep::Slider, moved.response.rect, &name);
        if let Some(value) = moved.inner {
            let mut values = code.map(rounded);
            values[dim] = value;
            actions.edit(Edit::Vector(values.to_vec()));
        }
    }
}

fn mean(model: &ModelInfo) -> [f32; 2] {
    match model.means.get(&model.start).map(Vec::as_slice) {
        Some(&[x, y]) => [x, y],
        _ => [0.0, 0.0],
    }
}

fn ranges(model: &ModelInfo) -> [RangeInclusive<f32>; 2] {
    let (mean, sigma) = (mean(model), sigma(model));
    [0, 1].map(|dim| {
        let reach = REACH_SIGMA * sigma[dim];
        mean[dim] - reach..=mean[dim] + reach
    })
}

/// Where codes are on the map.
struct Map<'a> {
    rect: Rect,
    ranges: &'a [RangeInclusive<f32>; 2],
}

impl Map<'_> {
    fn screen_from_code(&self, code: [f32; 2]) -> Pos2 {
        pos2(
            remap(code[0], self.ranges[0].clone(), self.rect.x_range()),
            // Up is more: the vertical axis of the screen runs the other way.
            remap(
                code[1],
                self.ranges[1].clone(),
                self.rect.bottom()..=self.rect.top(),
            ),
        )
    }

    fn code_from_screen(&self, at: Pos2) -> [f32; 2] {
        let at = at.clamp(self.rect.min, self.rect.max);
        [
            remap(at.x, self.rect.x_range(), self.ranges[0].clone()),
            remap(
                at.y,
                self.rect.bottom()..=self.rect.top(),
                self.ranges[1].clone(),
            ),
        ]
    }
}

fn map_ui(
    ui: &mut Ui,
    model: &ModelInfo,
    ranges: &[RangeInclusive<f32>; 2],
    code: [f32; 2],
) -> Option<[f32; 2]> {
    let side = ui.available_width();
    let (outer, response) = ui.allocate_exact_size(vec2(side, side), Sense::click_and_drag());
    let rect = Rect::from_min_max(
        outer.min + vec2(AXIS_WIDTH, 0.0),
        outer.max - vec2(0.0, AXIS_WIDTH),
    );
    let map = Map { rect, ranges };
    let tokens = tokens(ui);
    let painter = ui.painter().clone();
    painter.rect_filled(rect, size::RADIUS_SMALL, tokens.field);
    grid_ui(&painter, &map, tokens);
    let inside = painter.with_clip_rect(rect);
    points_ui(&inside, &map, model, tokens);
    marker_ui(&inside, &map, code, tokens);
    let outline = if response.has_focus() {
        tokens.accent
    } else {
        tokens.outline
    };
    painter.rect_stroke(
        rect,
        size::RADIUS_SMALL,
        Stroke::new(1.0, outline),
        egui::StrokeKind::Inside,
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Map of the latent plane"));

    let grabbed = response.dragged() || response.clicked();
    let at = response.interact_pointer_pos().filter(|_| grabbed);
    response.on_hover_and_drag_cursor(CursorIcon::Crosshair);
    at.map(|at| map.code_from_screen(at))
}

/// Lines at round numbers, with the numbers at the rim.
fn grid_ui(painter: &Painter, map: &Map<'_>, tokens: &Tokens) {
    let font = FontId::proportional(text::SMALL);
    for (dim, range) in map.ranges.iter().enumerate() {
        let length = f64::from(range.end() - range.start());
        let step = round_step(length, LINES) as f32;
        let mut tick = (range.start() / step).ceil() * step;
        while tick <= *range.end() {
            let number = format!("{}", (tick / step).round() * step);
            let colour = if tick.abs() < step / 2.0 {
                tokens.outline
            } else {
                tokens.line
            };
            let stroke = Stroke::new(1.0, colour);
            if dim == 0 {
                let x = map.screen_from_code([tick, 0.0]).x;
                painter.vline(x, map.rect.y_range(), stroke);
                let at = pos2(x, map.rect.bottom() + space::XS);
                painter.text(
                    at,
                    Align2::CENTER_TOP,
                    number,
                    font.clone(),
                    tokens.text_muted,
                );
            } else {
                let y = map.screen_from_code([0.0, tick]).y;
                painter.hline(map.rect.x_range(), y, stroke);
                let at = pos2(map.rect.left() - space::XS, y);
                painter.text(
                    at,
                    Align2::RIGHT_CENTER,
                    number,
                    font.clone(),
                    tokens.text_muted,
                );
            }
            tick += step;
        }
    }
}

/// Encoded test pictures, coloured by class, and the name of each class where it is at home.
fn points_ui(painter: &Painter, map: &Map<'_>, model: &ModelInfo, tokens: &Tokens) {
    let mut means = ClassMeans::default();
    for (code, class) in &model.encoded {
        let &[x, y] = code.as_slice() else { continue };
        let colour = class_color(tokens, *class).gamma_multiply(0.6);
        painter.circle_filled(map.screen_from_code([x, y]), 1.5, colour);
        means.add(*class, [x, y].map(f64::from));
    }
    let places = means.iter().map(|(class, mean)| {
        let mean = mean.map(|value| value as f32);
        (class, map.screen_from_code(mean))
    });
    labels_ui(painter, tokens, model, places);
}

/// Where the picture is; at the rim when it lies outside.
fn marker_ui(painter: &Painter, map: &Map<'_>, code: [f32; 2], tokens: &Tokens) {
    let at = map.screen_from_code(code).clamp(map.rect.min, map.rect.max);
    let hair = Stroke::new(1.0, tokens.accent.gamma_multiply(0.5));
    painter.vline(at.x, map.rect.y_range(), hair);
    painter.hline(map.rect.x_range(), at.y, hair);
    painter.circle(at, 6.0, tokens.accent, Stroke::new(2.0, tokens.field));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screen_and_code_are_inverse() {
        let ranges = [-3.0..=3.0, -1.0..=5.0];
        let rect = Rect::from_min_size(pos2(10.0, 20.0), vec2(200.0, 200.0));
        let map = Map {
            rect,
            ranges: &ranges,
        };
        let [x, y] = map.code_from_screen(map.screen_from_code([1.5, 4.0]));
        assert!((x - 1.5).abs() < 1e-4 && (y - 4.0).abs() < 1e-4);
        assert_eq!(map.code_from_screen(pos2(-500.0, -500.0)), [-3.0, 5.0]);
    }
}

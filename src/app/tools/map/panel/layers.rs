//! What lies over the map's pictures: axes, density, data, the way, the place.

use super::stage::Projection;
use crate::app::AppState;
use crate::app::tools::map::{MapPlane, Settings};
use crate::app::tools::neighbours::current_code_in;
use crate::engine::ModelInfo;
use crate::ui::panels::classes::{ClassMeans, class_color, labels_ui, round_step};
use crate::ui::theme::tokens::DARK;
use crate::ui::theme::{Tokens, space, text, tokens};
use eframe::egui::{Align2, Color32, FontId, Painter, Pos2, Shape, Stroke, Ui, pos2, vec2};

/// Radii of the prior's rings, in standard deviations.
const RINGS: [f64; 3] = [1.0, 2.0, 3.0];
/// About so many lines along each axis.
const LINES: f64 = 6.0;

/// Numbers at the rim, and lines where there are no pictures.
pub fn axes_ui(
    ui: &Ui,
    painter: &Painter,
    plane: &MapPlane,
    projection: Projection,
    over_pictures: bool,
) {
    let tokens = tokens(ui);
    let rect = projection.rect;
    let font = FontId::proportional(text::SMALL);
    let [left, bottom] = projection.plane(rect.left_bottom());
    let [right, top] = projection.plane(rect.right_top());
    for (axis, (from, to)) in [(left, right), (bottom, top)].into_iter().enumerate() {
        let step = round_step(to - from, LINES);
        let first = (from / step).ceil() as i64;
        let last = (to / step).floor() as i64;
        for tick in (first..=last).take(64) {
            let value = tick as f64 * step;
            let at = projection.screen(if axis == 0 {
                [value, bottom]
            } else {
                [left, value]
            });
            if !over_pictures {
                let stroke = Stroke::new(
                    1.0,
                    if tick == 0 {
                        tokens.outline
                    } else {
                        tokens.line
                    },
                );
                if axis == 0 {
                    painter.vline(at.x, rect.y_range(), stroke);
                } else {
                    painter.hline(rect.x_range(), at.y, stroke);
                }
            }
            let (at, anchor) = if axis == 0 {
                (at - vec2(0.0, space::XS), Align2::CENTER_BOTTOM)
            } else {
                (at + vec2(space::XS, 0.0), Align2::LEFT_CENTER)
            };
            plate_text(
                painter,
                tokens,
                at,
                anchor,
                &short(value, step),
                &font,
                tokens.text,
            );
        }
    }
    let [across, up] = plane.names();
    let corner = rect.right_bottom() - vec2(space::S, space::L);
    plate_text(
        painter,
        tokens,
        corner,
        Align2::RIGHT_BOTTOM,
        across,
        &font,
        tokens.text_strong,
    );
    let corner = rect.left_top() + vec2(space::L, space::S);
    plate_text(
        painter,
        tokens,
        corner,
        Align2::LEFT_TOP,
        up,
        &font,
        tokens.text_strong,
    );
}

/// Text on a plate that keeps it readable over any picture.
pub fn plate_text(
    painter: &Painter,
    tokens: &crate::ui::theme::Tokens,
    at: Pos2,
    anchor: Align2,
    words: &str,
    font: &FontId,
    colour: Color32,
) {
    let galley = painter.layout_no_wrap(words.to_owned(), font.clone(), colour);
    let rect = anchor.anchor_size(at, galley.size());
    painter.rect_filled(
        rect.expand2(vec2(3.0, 1.0)),
        3.0,
        tokens.panel.gamma_multiply(0.8),
    );
    painter.galley(rect.min, galley, colour);
}

/// A number with as many decimals as its step needs.
fn short(value: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{value:.decimals$}")
}

/// The colors of what lies on the map. Over pictures they are those of the dark theme, light with a dark
/// rim, which is seen on any picture.
fn colors_over(ui: &Ui, pictures: bool) -> &'static Tokens {
    match pictures {
        true => &DARK,
        false => tokens(ui),
    }
}

/// Where codes of the standard normal prior lie: rings of equal density. In a plane, all are
/// circles round the point nearest to the origin of the space; beyond two dimensions the one
/// ring that matters is where the shell of typical norms cuts the plane.
pub fn density_ui(
    ui: &Ui,
    painter: &Painter,
    plane: &MapPlane,
    model: &ModelInfo,
    projection: Projection,
    over_pictures: bool,
) {
    // The prior is that of seeds.
    if !model.manifest.family.traits().has_prior || plane.space() != model.start {
        return;
    }
    let colors = colors_over(ui, over_pictures);
    let tokens = tokens(ui);
    let geometry = plane.geometry();
    let dim = geometry.dim();
    let zeros = vec![0.0; dim];
    let middle = projection.screen(geometry.coordinates(&zeros));
    let off_plane = geometry.distance(&zeros);
    let font = FontId::proportional(text::SMALL);
    let ring = |radius: f64, words: String| {
        let points = (radius * projection.points_per_unit) as f32;
        if !(2.0..20_000.0).contains(&points) {
            return;
        }
        // Dark under light, so that the ring is seen on black and on white.
        painter.circle_stroke(
            middle,
            points,
            Stroke::new(3.0, colors.canvas.gamma_multiply(0.6)),
        );
        painter.circle_stroke(middle, points, Stroke::new(1.5, colors.accent));
        // Up and to the right, where names of classes are rarest.
        let diagonal = std::f32::consts::FRAC_1_SQRT_2 * points;
        let at = middle + vec2(diagonal, -diagonal);
        plate_text(
            painter,
            tokens,
            at,
            Align2::LEFT_BOTTOM,
            &words,
            &font,
            tokens.text_strong,
        );
    };
    if dim == 2 {
        for sigma in RINGS {
            ring(sigma, format!("{sigma} σ"));
        }
        return;
    }
    let shell = dim as f64 - off_plane * off_plane;
    if shell > 0.0 {
        ring(shell.sqrt(), format!("|z| = √{dim}"));
    }
}

/// The encoded data by class; returns the one under the pointer.
#[expect(
    clippy::too_many_arguments,
    reason = "a layer needs all that the map is made of"
)]
pub fn data_ui(
    ui: &Ui,
    painter: &Painter,
    plane: &MapPlane,
    model: &ModelInfo,
    settings: &Settings,
    projection: Projection,
    pointer: Option<Pos2>,
    pick_points: f32,
) -> Option<usize> {
    // Data are encoded to the space of seeds.
    if plane.space() != model.start {
        return None;
    }
    let colors = colors_over(ui, settings.pictures);
    let tokens = tokens(ui);
    let mut nearest: Option<(f32, usize, Pos2)> = None;
    let mut dots = Vec::with_capacity(2 * model.encoded.len());
    let mut means = ClassMeans::default();
    for (row, (code, class)) in model.encoded.iter().enumerate() {
        if settings.hidden_classes.contains(class) || code.len() != plane.geometry().dim() {
            continue;
        }
        let [x, y] = plane.geometry().coordinates(code);
        means.add(*class, [x, y]);
        let at = projection.screen([x, y]);
        if !projection.rect.contains(at) {
            continue;
        }
        let colour = class_color(colors, *class);
        dots.push(Shape::circle_filled(
            at,
            2.5,
            colors.canvas.gamma_multiply(0.5),
        ));
        dots.push(Shape::circle_filled(at, 1.75, colour));
        if let Some(pointer) = pointer {
            let far = pointer.distance(at);
            if far < pick_points && nearest.is_none_or(|(best, ..)| far < best) {
                nearest = Some((far, row, at));
            }
        }
    }
    painter.extend(dots);
    let places = means
        .iter()
        .map(|(class, mean)| (class, projection.screen(mean)));
    labels_ui(painter, tokens, model, places);
    let (_, row, at) = nearest?;
    painter.circle_stroke(at, 5.0, Stroke::new(2.0, colors.text_strong));
    Some(row)
}

/// Where the code has been, fading into the past.
pub fn trail_ui(
    ui: &Ui,
    painter: &Painter,
    plane: &MapPlane,
    trail: &[Vec<f32>],
    projection: Projection,
    over_pictures: bool,
) {
    let tokens = colors_over(ui, over_pictures);
    let points: Vec<Pos2> = trail
        .iter()
        .filter(|code| code.len() == plane.geometry().dim())
        .map(|code| projection.screen(plane.geometry().coordinates(code)))
        .collect();
    let count = points.len().max(1) as f32;
    for (index, pair) in points.windows(2).enumerate() {
        let strength = 0.15 + 0.85 * (index as f32 / count);
        let colour = tokens.accent.gamma_multiply(strength);
        painter.line_segment([pair[0], pair[1]], Stroke::new(2.0, colour));
    }
}

/// The current code: a disc when it lies on the plane, a ring when it lies before or behind.
pub fn here_ui(
    ui: &Ui,
    painter: &Painter,
    app: &AppState,
    plane: &MapPlane,
    projection: Projection,
    over_pictures: bool,
) -> Option<Pos2> {
    let code = &current_code_in(app.workspace(), plane.space())?;
    if code.len() != plane.geometry().dim() {
        return None;
    }
    let colors = colors_over(ui, over_pictures);
    let tokens = tokens(ui);
    let rect = projection.rect;
    let at = projection.screen(plane.geometry().coordinates(code));
    let at = pos2(
        at.x.clamp(rect.left() + 8.0, rect.right() - 8.0),
        at.y.clamp(rect.top() + 8.0, rect.bottom() - 8.0),
    );
    let off_plane = plane.geometry().distance(code);
    painter.circle_stroke(at, 8.0, Stroke::new(4.0, colors.canvas));
    if off_plane < 1e-2 {
        painter.circle_filled(at, 7.0, colors.accent);
    }
    painter.circle_stroke(
        at,
        7.0,
        Stroke::new(
            2.0,
            if off_plane < 1e-2 {
                colors.on_accent
            } else {
                colors.accent
            },
        ),
    );
    if off_plane >= 1e-2 {
        let words = format!("{off_plane:.1} off the plane");
        let font = FontId::proportional(text::SMALL);
        let below = at + vec2(0.0, 12.0);
        plate_text(
            painter,
            tokens,
            below,
            Align2::CENTER_TOP,
            &words,
            &font,
            tokens.text,
        );
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_at_the_rim_are_short() {
        for (length, step, shown) in [
            (6.4, 2.0, "2"),
            (0.03, 0.005, "0.005"),
            (600.0, 100.0, "100"),
        ] {
            assert!((round_step(length, LINES) - step).abs() < 1e-9, "{length}");
            assert_eq!(short(step, step), shown);
        }
    }
}

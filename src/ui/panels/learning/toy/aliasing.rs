//! A nonlinearity on a grid: the wave and its samples above, and below them two columns, the layer
//! on the grid as it is and between filters. Dragging moves the wave.

use super::board::Board;
use super::{Mark, Stage, legend_ui, numbers_ui};
use crate::app::{Action, ParamId};
use crate::learn::toy::aliasing::grid::wave_at;
use crate::learn::toy::aliasing::shown::{Curve, FREQUENCIES, MAX_DB, START, Side, places};
use crate::learn::toy::aliasing::{Aliasing, GRID, LIMIT, WALK};
use crate::ui::theme::{TextRole, space, tokens};
use crate::ui::widgets::caption;
use eframe::egui::epaint::{Mesh, Vertex, WHITE_UV};
use eframe::egui::{
    Align2, Color32, Painter, Rect, RichText, Shape, Stroke, StrokeKind, Ui, Vec2, pos2, vec2,
};

/// The heights of the pictures.
const INPUT: f32 = 72.0;
const OUTPUT: f32 = 88.0;
const WALKED: f32 = 96.0;
const SPECTRUM: f32 = 88.0;
/// The largest width of a column.
const COLUMN: f32 = 320.0;
/// How far an arrow key moves the wave, in steps.
const NUDGE: f64 = 0.05;

/// Which of the two layers.
const NAMES: [&str; 2] = ["On the grid", "Filtered"];

pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>, found: &Aliasing) {
    ui.add_space(space::XS);
    let column = ((ui.available_width() - space::S) / 2.0).min(COLUMN);
    let sides = [&found.plain, &found.filtered];
    let mut moved = None;
    caption(ui, "The wave, and its 16 samples");
    let whole = 2.0 * column + space::S;
    moved = moved.or(input_ui(ui, whole, found));
    columns_ui(ui, |ui, place| {
        ui.allocate_ui(vec2(column, 0.0), |ui| {
            ui.set_width(column);
            heading_ui(ui, NAMES[place], sides[place]);
        });
    });
    let colours = tokens(ui);
    legend_ui(
        ui,
        &[
            (Mark::Dot(colours.accent), "Layer after the shift"),
            (Mark::Dot(colours.text_muted), "Shift after the layer"),
        ],
    );
    columns_ui(ui, |ui, place| {
        let size = vec2(column, OUTPUT);
        moved = moved.or(output_ui(ui, size, NAMES[place], found, sides[place]));
    });
    caption(ui, "Layer after every shift, from 0 above to 4 steps below");
    columns_ui(ui, |ui, place| {
        let size = vec2(column, WALKED);
        moved = moved.or(walk_ui(ui, size, NAMES[place], found, sides[place]));
    });
    caption(ui, "Waves in it, by cycles; the grid holds up to 8");
    columns_ui(ui, |ui, place| {
        let size = vec2(column, SPECTRUM);
        spectrum_ui(ui, size, NAMES[place], found, sides[place]);
    });
    legend_ui(
        ui,
        &[
            (Mark::Dot(colours.accent), "Content"),
            (Mark::Dot(colours.warning), "Alias"),
            (Mark::Hollow(colours.text_muted), "Without a grid"),
        ],
    );
    if let Some(shift) = moved {
        let set = Action::Set(ParamId::Toy("shift"), shift.clamp(0.0, WALK) as f32);
        stage.actions.push(set);
    }
    ui.add_space(space::XS);
    numbers_ui(ui, stage);
    ui.add_space(space::XS);
    caption(
        ui,
        "EQ-T = 10·log₁₀(2² / mean squared difference of the two orders) over all shifts, in dB: \
         larger is better",
    );
}

fn columns_ui(ui: &mut Ui, mut add: impl FnMut(&mut Ui, usize)) {
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        for place in 0..NAMES.len() {
            add(ui, place);
        }
    });
}

/// The name of a layer, and how well it commutes with shifts.
fn heading_ui(ui: &mut Ui, name: &str, side: &Side) {
    let worth = match side.equivariance {
        MAX_DB.. => "EQ-T over 119 dB".to_owned(),
        db => format!("EQ-T {db:.1} dB"),
    };
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.label(RichText::new(name).color(tokens(ui).text_strong));
        ui.label(RichText::new(worth).color(tokens(ui).text_strong));
        caption(ui, format!("Off by {:.1} % here", side.error_percent));
    });
}

/// Where a number stands between two others that have some room around them.
fn height(rect: Rect, value: f64, [low, high]: [f64; 2]) -> f32 {
    let room = 0.35 * (high - low);
    let share = (value - low + room) / (high - low + 2.0 * room);
    rect.bottom() - rect.height() * share as f32
}

/// Where a place of the ring stands, in steps.
fn across(rect: Rect, steps: f64) -> f32 {
    rect.left() + rect.width() * ((steps - START) / GRID as f64) as f32
}

/// A line through the points of a curve.
fn line(painter: &Painter, rect: Rect, points: &[f64], range: [f64; 2], stroke: Stroke) {
    let at = |(steps, value): (f64, &f64)| pos2(across(rect, steps), height(rect, *value, range));
    painter.line(places().zip(points).map(at).collect(), stroke);
}

fn dots(painter: &Painter, rect: Rect, curve: &Curve, range: [f64; 2], colour: Color32) {
    for (place, sample) in curve.samples.iter().enumerate() {
        let at = pos2(across(rect, place as f64), height(rect, *sample, range));
        painter.circle_filled(at, 2.5, colour);
    }
}

/// Paints the places of the samples.
fn grid(ui: &Ui, board: &Board) {
    let thin = Stroke::new(1.0, tokens(ui).line);
    for place in 0..GRID {
        let x = across(board.rect, place as f64);
        board.painter.vline(x, board.rect.y_range(), thin);
    }
}

/// The shift to which a picture of the wave is moved sideways.
fn moved_across(ui: &Ui, board: &Board, found: &Aliasing) -> Option<f64> {
    let step = board.rect.width() / GRID as f32;
    let steps = f64::from(board.dragged().x / step) + NUDGE * f64::from(board.keys(ui).x);
    (steps != 0.0).then_some(found.settings.shift + steps)
}

fn input_ui(ui: &mut Ui, width: f32, found: &Aliasing) -> Option<f64> {
    let colours = tokens(ui);
    let board = Board::new(ui, vec2(width, INPUT), "The wave and its samples");
    grid(ui, &board);
    let range = [-1.0, 1.0];
    let settings = &found.settings;
    let wave: Vec<f64> = places()
        .map(|it| wave_at(settings.frequency, it - settings.shift))
        .collect();
    let stroke = Stroke::new(1.5, colours.text_muted);
    line(&board.painter, board.rect, &wave, range, stroke);
    dots(
        &board.painter,
        board.rect,
        &found.input,
        range,
        colours.accent,
    );
    let moved = moved_across(ui, &board, found);
    board.finish("Drag to move the wave over the grid, or use the arrow keys");
    moved
}

fn output_ui(ui: &mut Ui, size: Vec2, name: &str, found: &Aliasing, side: &Side) -> Option<f64> {
    let colours = tokens(ui);
    let name = format!("{name}: both orders");
    let board = Board::new(ui, size, &name);
    grid(ui, &board);
    let range = found.settings.function.range();
    for (curve, colour, thick) in [
        (&side.wanted, colours.text_muted, 3.0),
        (&side.found, colours.accent, 1.5),
    ] {
        let stroke = Stroke::new(thick, colour);
        line(&board.painter, board.rect, &curve.points, range, stroke);
    }
    dots(
        &board.painter,
        board.rect,
        &side.found,
        range,
        colours.accent,
    );
    let moved = moved_across(ui, &board, found);
    board.finish("Where both lines are one, the layer moves with the wave");
    moved
}

/// A row for every shift, strong where the number is large.
fn walk_ui(ui: &mut Ui, size: Vec2, name: &str, found: &Aliasing, side: &Side) -> Option<f64> {
    let colours = tokens(ui);
    let name = format!("{name}: walk");
    let board = Board::new(ui, size, &name);
    // Within the round corners.
    let rect = board.rect.shrink(2.0);
    let [low, high] = found.settings.function.range();
    let mut mesh = Mesh::default();
    let last_row = side.walk.len().saturating_sub(1).max(1) as f32;
    for (row, values) in side.walk.iter().enumerate() {
        let y = rect.top() + rect.height() * row as f32 / last_row;
        let last = values.len().saturating_sub(1).max(1) as f32;
        for (column, value) in values.iter().enumerate() {
            let share = ((value - low) / (high - low)).clamp(0.0, 1.0) as f32;
            mesh.vertices.push(Vertex {
                pos: pos2(rect.left() + rect.width() * column as f32 / last, y),
                uv: WHITE_UV,
                color: colours.field.lerp_to_gamma(colours.text_strong, share),
            });
        }
        let width = values.len() as u32;
        let above = row as u32 * width;
        if row + 1 < side.walk.len() {
            for corner in above..above + width.saturating_sub(1) {
                mesh.add_triangle(corner, corner + 1, corner + width);
                mesh.add_triangle(corner + 1, corner + width, corner + width + 1);
            }
        }
    }
    board.painter.add(Shape::mesh(mesh));
    let now = rect.top() + rect.height() * (found.settings.shift / WALK) as f32;
    let stroke = Stroke::new(1.5, colours.accent);
    board.painter.hline(rect.x_range(), now, stroke);
    let keys = NUDGE * f64::from(board.keys(ui).y);
    let dragged = board.pointer().map(|it| {
        let share = (it.y - rect.top()) / rect.height();
        f64::from(share) * WALK
    });
    let by_keys = (keys != 0.0).then_some(found.settings.shift + keys);
    board.finish(
        "What moves with the wave gives straight slanted stripes; what sticks to the grid breaks \
         them into beads. Drag up and down to shift",
    );
    dragged.or(by_keys)
}

fn spectrum_ui(ui: &mut Ui, size: Vec2, name: &str, found: &Aliasing, side: &Side) {
    let colours = tokens(ui);
    let parts = side.amplitudes.iter().enumerate();
    let parts: Vec<String> = parts
        .filter(|(_, amplitude)| **amplitude >= 0.005)
        .map(|(cycles, amplitude)| {
            let alias = if found.is_content(cycles) {
                ""
            } else {
                " (alias)"
            };
            format!("{amplitude:.2} at {cycles}{alias}")
        })
        .collect();
    let name = format!("{name}: waves {}", parts.join(", "));
    let board = Board::still(ui, size, &name);
    let font = TextRole::Small.font();
    let line = ui.fonts_mut(|fonts| fonts.row_height(&font));
    let plot = board.rect.shrink2(vec2(space::XS, 0.0));
    let plot = plot.with_max_y(plot.bottom() - line - 2.0);
    let slot = plot.width() / FREQUENCIES as f32;
    let middle = |cycles: usize| plot.left() + slot * (cycles as f32 + 0.5);
    // What the grid cannot hold.
    let limit = middle(LIMIT) + slot / 2.0;
    let beyond = board.rect.with_min_x(limit);
    board.painter.rect_filled(beyond, 0.0, colours.panel);
    let thin = Stroke::new(1.0, colours.outline);
    board.painter.vline(limit, board.rect.y_range(), thin);
    board
        .painter
        .hline(board.rect.x_range(), plot.bottom(), thin);
    let all = [&found.plain, &found.filtered];
    let largest = all.iter().flat_map(|it| it.amplitudes);
    let largest = largest.chain(found.continuous).fold(0.0, f64::max);
    let bar = |cycles: usize, amplitude: f64, width: f32| {
        let room = plot.height() - space::S;
        let high = room * (amplitude / largest.max(f64::MIN_POSITIVE)) as f32;
        let left = middle(cycles) - width / 2.0;
        Rect::from_min_max(
            pos2(left, plot.bottom() - high),
            pos2(left + width, plot.bottom()),
        )
    };
    for (cycles, amplitude) in side.amplitudes.iter().enumerate() {
        let colour = match found.is_content(cycles) {
            true => colours.accent,
            false => colours.warning,
        };
        let rect = bar(cycles, *amplitude, slot * 0.7);
        board.painter.rect_filled(rect, 0.0, colour);
    }
    let outline = Stroke::new(1.0, colours.text_muted);
    for (cycles, amplitude) in found.continuous.into_iter().enumerate() {
        let rect = bar(cycles, amplitude, slot * 0.7);
        if amplitude > 0.002 {
            board
                .painter
                .rect_stroke(rect, 0.0, outline, StrokeKind::Inside);
        }
    }
    for cycles in [0, 4, 8, 12, 16] {
        board.painter.text(
            pos2(middle(cycles), plot.bottom() + 1.0),
            Align2::CENTER_TOP,
            cycles.to_string(),
            font.clone(),
            colours.text_muted,
        );
    }
    board.finish(
        "Outlines are what the function makes of the wave itself. Right of the line is what the grid \
         cannot hold: f cycles fold back to 16 − f",
    );
}

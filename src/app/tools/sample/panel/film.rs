//! The film: the noisy picture and the x0 prediction of the shown step, large, and all steps below as a
//! strip that is scrubbed.

use super::levels::Way;
use super::{View, choices};
use crate::app::tools::sample::{
    FilmStep, GO_ON, NEXT_STEP, PLACE, PREVIOUS_STEP, STEP, Sample, Still,
};
use crate::app::{Command, ParamId, Tool};
use crate::ui::panels::tools::{Stage, below_picture};
use crate::ui::panels::{canvas, parameter_row};
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{PLAIN_TINT, TextRole, size, space, tokens};
use crate::ui::widgets::{caption, command_button, icon_button, primary_button};
use eframe::egui::{
    Align, Align2, CentralPanel, Label, Layout, Rect, Response, RichText, Role, Sense, Stroke,
    StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, lerp, pos2, vec2,
};

/// Two pictures lie beside each other where each has as much room as a single one needs.
const MIN_PICTURE: f32 = 320.0;
/// Height of the words below a large picture, as on the canvas.
const WORDS_HEIGHT: f32 = 32.0;
/// Sides of the small pictures, and the gap between them.
const MIN_SIDE: f32 = 24.0;
const MAX_SIDE: f32 = 52.0;
const GAP: f32 = 2.0;
/// Width of the words before the strip.
const LABEL_WIDTH: f32 = 28.0;
const MAX_HEIGHT: f32 = 240.0;
/// How strong what is of an earlier picture is painted.
const QUIET: f32 = 0.4;

const WHOLE: Rect = Rect {
    min: pos2(0.0, 0.0),
    max: pos2(1.0, 1.0),
};

/// Paints the stage.
pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut View) {
    if !stage.app.modes().picture_only {
        below_picture(ui, "film", MAX_HEIGHT, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            buttons_ui(ui, stage);
            parameter_row::ui(ui, stage.app, stage.actions, &ParamId::Tool(STEP));
            // Models that write have this one, too.
            parameter_row::ui(ui, stage.app, stage.actions, &ParamId::Tool(PLACE));
            strip_ui(ui, stage, &mut view.textures);
        });
    }
    CentralPanel::no_frame().show(ui, |ui| pictures_ui(ui, stage, view));
}

fn buttons_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let (app, actions) = (stage.app, &mut *stage.actions);
    let of_tool = |key| Command::OfTool(Tool::Sample, key);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let words = if app.tools().sample().reel().is_playing() {
            "Pause"
        } else {
            "Play"
        };
        primary_button(ui, app, actions, Command::Play, words);
        icon_button(ui, app, actions, of_tool(PREVIOUS_STEP));
        icon_button(ui, app, actions, of_tool(NEXT_STEP));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            command_button(ui, app, actions, of_tool(GO_ON));
        });
    });
}

/// The pictures of all steps, or of as many as there is room for: `x_t` above the x0 prediction. A click
/// or a drag goes to a step.
fn strip_ui(ui: &mut Ui, stage: &mut Stage<'_>, textures: &mut PictureTextures) {
    let tool = stage.app.tools().sample();
    let film = tool.film();
    if let Some(why) = film.failure() {
        caption(ui, format!("There is no film: {why}"));
        return;
    }
    let width = ui.available_width();
    let columns = Columns::new(width - LABEL_WIDTH, film.of());
    // A model that writes place by place begins with nothing that could be seen.
    let denoises = stage.app.workspace().denoises();
    let words: &[&str] = if denoises { &["x_t", "x0"] } else { &["grid"] };
    let rows = words.len() as f32;
    let place = vec2(width, rows * (columns.side + GAP) - GAP);
    let (rect, response) = ui.allocate_exact_size(place, Sense::click_and_drag());
    response.widget_info(|| {
        let of = film.of();
        WidgetInfo::labeled(Role::Image, true, format!("Film of {of} steps"))
    });
    let tokens = tokens(ui);
    let row_top = |row: usize| rect.top() + row as f32 * (columns.side + GAP);
    for (row, &word) in words.iter().enumerate() {
        let at = pos2(rect.left(), row_top(row) + columns.side / 2.0);
        let font = TextRole::Small.font();
        ui.painter()
            .text(at, Align2::LEFT_CENTER, word, font, tokens.text_muted);
    }
    if film.steps().is_empty() {
        let font = TextRole::Small.font();
        let words = "The steps are on their way";
        let (at, muted) = (rect.center(), tokens.text_muted);
        ui.painter()
            .text(at, Align2::CENTER_CENTER, words, font, muted);
    }
    let left = |column: usize| rect.left() + LABEL_WIDTH + columns.left(column);
    // The kept step of each column; those of a film that has just begun are still to come.
    let steps = film.steps();
    let shown: Vec<(usize, &FilmStep)> = (0..columns.count)
        .filter_map(|column| {
            let index = columns.kept(column, film.kept());
            steps.get(index).map(|step| (index, step))
        })
        .collect();
    let nearest = (0..shown.len()).min_by_key(|&column| shown[column].1.step.abs_diff(tool.step()));
    for (column, &(index, step)) in shown.iter().enumerate() {
        let opacity = if index < film.come() { 1.0 } else { QUIET };
        let stills = [step.noisy.as_ref(), Some(&step.data)];
        let seen = stills.into_iter().skip(usize::from(!denoises));
        for (row, still) in seen.enumerate() {
            let corner = pos2(left(column), row_top(row));
            let tile = Rect::from_min_size(corner, Vec2::splat(columns.side));
            ui.painter().rect_filled(tile, 0.0, tokens.field);
            if let Some(still) = still {
                small_ui(ui, textures, still, tile, opacity);
            }
        }
        if nearest == Some(column) {
            let corner = pos2(left(column), rect.top());
            let both = Rect::from_min_size(corner, vec2(columns.side, place.y));
            let stroke = Stroke::new(2.0, tokens.accent);
            ui.painter()
                .rect_stroke(both, size::RADIUS_SMALL, stroke, StrokeKind::Outside);
        }
    }
    if let Some(step) = hit(&response, rect, &columns)
        .and_then(|column| shown.get(column))
        .map(|(_, step)| step.step)
    {
        stage
            .actions
            .ask_tool(move |tool: &mut Sample, _| tool.scrub(step));
    }
    response.on_hover_text(match denoises {
        true => {
            "Above, the noisy picture with which each step begins; below, what the network sees \
             behind the noise. Click or drag to go to a step"
        }
        false => {
            "The picture as far as it is written after each step. Click or drag to go to a step"
        }
    });
}

/// The column that the hand points at.
fn hit(response: &Response, rect: Rect, columns: &Columns) -> Option<usize> {
    if !response.clicked() && !response.dragged() {
        return None;
    }
    let pointer = response.interact_pointer_pos()?;
    let across = (pointer.x - rect.left() - LABEL_WIDTH) / (columns.side + GAP);
    let last = columns.count.checked_sub(1)?;
    Some((across.max(0.0) as usize).min(last))
}

/// How the steps lie beside each other.
struct Columns {
    count: usize,
    side: f32,
}

impl Columns {
    /// As many columns as there are steps, where each has room.
    fn new(width: f32, steps: usize) -> Self {
        let most = ((width + GAP) / (MIN_SIDE + GAP)).floor().max(1.0) as usize;
        let count = steps.min(most);
        let side = (width + GAP) / count.max(1) as f32 - GAP;
        Self {
            count,
            side: side.clamp(MIN_SIDE, MAX_SIDE).floor(),
        }
    }

    fn left(&self, column: usize) -> f32 {
        column as f32 * (self.side + GAP)
    }

    /// Which of the kept steps a column shows: the first and the last one are always there.
    fn kept(&self, column: usize, kept: usize) -> usize {
        let last = (self.count.max(2) - 1) as f32;
        let share = column as f32 / last;
        lerp(0.0..=kept.saturating_sub(1) as f32, share).round() as usize
    }
}

fn small_ui(ui: &Ui, textures: &mut PictureTextures, still: &Still, tile: Rect, opacity: f32) {
    let found = textures.of_thumbnail(ui.ctx(), still.id, &still.thumbnail);
    let Some((texture, pixels)) = found else {
        return;
    };
    let scale = (tile.width() / pixels.x.max(1.0)).min(tile.height() / pixels.y.max(1.0));
    let inner = Rect::from_center_size(tile.center(), pixels * scale);
    let tint = PLAIN_TINT.gamma_multiply(opacity);
    ui.painter().image(texture, inner, WHOLE, tint);
}

/// The pictures of the shown step, large; at the end the canvas, on which one can walk. Beside a picture that is
/// written lies what was likely at a place of it.
fn pictures_ui(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut View) {
    let app = stage.app;
    let tool = app.tools().sample();
    let area = choices::ui(ui, stage, view);
    let step = tool.film().nearest(tool.step());
    let is_wide = area.width() >= 2.0 * (MIN_PICTURE + space::M);
    let noisy = step
        .and_then(|step| step.noisy.as_ref())
        .filter(|_| is_wide);
    let mut rest = area;
    if let (Some(step), Some(noisy)) = (step, noisy) {
        let (left, right) = area.split_left_right_at_x(area.center().x);
        rest = right;
        let words = noisy_words(stage, view, step);
        large_ui(ui, stage, view, noisy, (left, "Noisy picture"), &words);
    }
    match step.filter(|_| !tool.is_at_end() || tool.place().is_some()) {
        Some(step) => {
            let of = tool.film().of();
            let (words, name) = match app.workspace().denoises() {
                true => ("x0 prediction in", "x0 prediction"),
                false => ("Written after", "Picture so far"),
            };
            let words = format!("{words} step {} of {of}", step.step);
            large_ui(ui, stage, view, &step.data, (rest, name), &words);
            choices::over_ui(ui, stage, view, step, rest);
        }
        None => {
            ui.scope_builder(UiBuilder::new().max_rect(rest), |ui| {
                canvas::ui(ui, app, stage.actions, stage.canvas, stage.shown);
            });
        }
    }
}

/// What a step begins with, in words: how much of the picture is in it.
fn noisy_words(stage: &Stage<'_>, view: &mut View, step: &FilmStep) -> String {
    let words = format!("x_t at the beginning of step {}", step.step);
    let way = Way::of(stage.app);
    let level = way.and_then(|way| view.levels.at(way, step.step));
    match level {
        Some(level) => format!("{words}, alpha-bar {:.3}", level.alpha_bar()),
        None => words,
    }
}

/// Paints one picture as large as it fits, with words below.
fn large_ui(
    ui: &mut Ui,
    stage: &mut Stage<'_>,
    view: &mut View,
    still: &Still,
    (place, name): (Rect, &str),
    words: &str,
) {
    let mut area = place;
    if !stage.app.modes().picture_only {
        area.max.y -= WORDS_HEIGHT;
        area = area.shrink2(vec2(space::M, 0.0));
        area.min.y += space::M;
    }
    let id = ui.scope_id().with(name);
    let response = ui.interact(area, id, Sense::click_and_drag());
    canvas::zoom_and_pan(ui, stage.canvas, &response, area);
    let rect = stage.canvas.place(ui, area, still.image);
    let size = [still.image.width, still.image.height];
    let (ctx, textures) = (ui.ctx(), &mut view.textures);
    let texture = match [still.thumbnail.width, still.thumbnail.height] == size {
        true => textures
            .of_thumbnail(ctx, still.id, &still.thumbnail)
            .map(|(texture, _)| texture),
        false => textures.of_values(ctx, still.id, still.image, &still.values),
    };
    if let Some(texture) = texture {
        let painter = ui.painter().with_clip_rect(area);
        painter.image(texture, rect, WHOLE, PLAIN_TINT);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    if stage.app.modes().picture_only {
        return;
    }
    let line = Rect::from_min_max(pos2(place.left(), area.bottom()), place.max);
    let builder = UiBuilder::new()
        .max_rect(line.shrink2(vec2(space::M, space::XS)))
        .layout(Layout::top_down(Align::Center));
    ui.scope_builder(builder, |ui| {
        let small = RichText::new(words).font(TextRole::Small.font());
        ui.add(Label::new(small.color(tokens(ui).text_muted)).truncate());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strip_shows_first_and_last_whatever_its_width() {
        for (width, of) in [
            (600.0, 20),
            (600.0, 1000),
            (100.0, 50),
            (600.0, 2),
            (10.0, 7),
        ] {
            let columns = Columns::new(width, of);
            assert!(columns.count >= 1 && columns.count <= of, "{width} {of}");
            let strip = columns.left(columns.count) - GAP;
            assert!(strip <= width.max(MIN_SIDE) + 0.1, "{width} {of}: {strip}");
            assert_eq!(columns.kept(0, of), 0);
            if columns.count > 1 {
                assert_eq!(columns.kept(columns.count - 1, of), of - 1);
            }
        }
        assert_eq!(Columns::new(600.0, 20).count, 20, "all where there is room");
        assert_eq!(Columns::new(600.0, 0).count, 0);
    }
}

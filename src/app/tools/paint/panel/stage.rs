//! The picture under the brush.

use super::View;
use crate::app::tools::paint::{Mode, Paint};
use crate::latent::Mask;
use crate::model::IndexGrid;
use crate::ui::panels::canvas;
use crate::ui::panels::tools::brush::{Line, part_of};
use crate::ui::panels::tools::{Stage, picture_ui};
use crate::ui::theme::{PAPER, PLAIN_TINT, TextRole, space, tokens};
use eframe::egui::{
    Align2, CentralPanel, CursorIcon, Painter, Rect, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use std::time::Duration;

/// Height of the words below the picture, as on the canvas.
const WORDS_HEIGHT: f32 = 32.0;
/// How long the pointer rests on a cell before it is looked at: on its way elsewhere it passes over others.
const REST_SECS: f32 = 0.2;

/// Paints the stage.
pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>, grid: IndexGrid, view: &mut View) {
    let Some(shown) = stage.shown else {
        view.pen.lift();
        picture_ui(ui, stage);
        return;
    };
    CentralPanel::no_frame().show(ui, |ui| {
        let mut area = ui.max_rect();
        let has_words = !stage.app.modes().hides_small_print();
        if has_words {
            area.max.y -= WORDS_HEIGHT;
            area = area.shrink2(vec2(space::M, 0.0));
            area.min.y += space::M;
        }
        let id = ui.scope_id().with("grid");
        let response = ui.interact(area, id, Sense::click_and_drag());
        response
            .widget_info(|| WidgetInfo::labeled(Role::Image, true, "Picture to paint codes on"));
        canvas::zoom_and_pan(ui, stage.canvas, &response, area);
        let place = stage.canvas.place(ui, area, shown.image);
        let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let painter = ui.painter().with_clip_rect(area);
        painter.image(shown.texture, place, uv, PLAIN_TINT);

        let tool = stage.app.tool::<Paint>();
        let side = tool.settings.size();
        let picks = tool.tool.picks() || ui.input(|input| input.modifiers.alt);
        let pointed = response.hover_pos().or(response.interact_pointer_pos());
        let pointed = pointed.map(|at| part_of(place, at)).filter(is_inside);
        let cell = pointed.map(|[x, y]| place_at(grid, [x, y]));
        hand(stage, view, &response, (place, grid), picks);
        let typed = view.pen.follow_keys(ui, &response, grid.size);
        if let Some(middle) = typed {
            let ends = [middle; 2];
            paint(
                stage,
                grid,
                picks,
                &Line {
                    ends,
                    is_over: true,
                },
            );
        }
        rest_on(ui, stage, &response, cell);

        let overlay = Overlay {
            painter,
            place,
            grid,
        };
        if let Some(hovered) = view.codebook.hovered() {
            let indices = stage.app.tool::<Paint>().indices().cloned();
            overlay.entry(ui, indices.as_deref().unwrap_or_default(), hovered);
        }
        view.under = Mask::empty(grid.size);
        if let Some(at) = pointed {
            overlay.lines(ui);
            view.under.stamp([at; 2], if picks { 1 } else { side });
            overlay.brush(&view.under);
        }
        if response.has_focus() {
            let ring = place.intersect(area);
            let accent = Stroke::new(2.0, tokens(ui).accent);
            ui.painter()
                .rect_stroke(ring, 0.0, accent, StrokeKind::Outside);
            let [x, y] = view.pen.cursor();
            let middle = [x, y].map(|at| at as f32 + 0.5);
            let middle = [0, 1].map(|axis| middle[axis] / grid.size[axis].max(1) as f32);
            let mut under = Mask::empty(grid.size);
            under.stamp([middle; 2], side);
            overlay.brush(&under);
        }
        if has_words {
            words_ui(ui, stage, (grid, cell), picks);
        }
        if pointed.is_some() {
            response.on_hover_and_drag_cursor(CursorIcon::Crosshair);
        }
    });
}

fn is_inside(at: &[f32; 2]) -> bool {
    at.iter().all(|part| (0.0..1.0).contains(part))
}

/// The number of the cell that a place in parts of the sides lies in.
fn place_at(grid: IndexGrid, at: [f32; 2]) -> usize {
    let [x, y] = [0, 1].map(|axis| {
        let side = grid.size[axis];
        ((at[axis] * side as f32) as usize).min(side.saturating_sub(1))
    });
    y * grid.size[0] + x
}

/// Takes what the pointer does.
fn hand(
    stage: &mut Stage<'_>,
    view: &mut View,
    response: &eframe::egui::Response,
    (place, grid): (Rect, IndexGrid),
    picks: bool,
) {
    if let Some(line) = view.pen.follow(response, place) {
        paint(stage, grid, picks, &line);
    }
}

/// Paints along a line, or takes the entry at its end.
fn paint(stage: &mut Stage<'_>, grid: IndexGrid, picks: bool, line: &Line) {
    let end = line.ends[1];
    if picks {
        if is_inside(&end) && line.is_over {
            let place = place_at(grid, end);
            stage
                .actions
                .ask_tool(move |tool: &mut Paint, cx| tool.pick(cx, place));
        }
        return;
    }
    let side = stage.app.tool::<Paint>().settings.size();
    let mut cells = Mask::empty(grid.size);
    cells.stamp(line.ends, side);
    if cells.is_empty() {
        return;
    }
    stage.actions.ask_tool(move |tool: &mut Paint, cx| {
        tool.paint(cx, &cells);
        if is_inside(&end) {
            tool.look_at(place_at(grid, end));
        }
    });
}

/// Looks at the cell that the pointer rests on.
fn rest_on(ui: &Ui, stage: &mut Stage<'_>, response: &eframe::egui::Response, cell: Option<usize>) {
    let Some(cell) = cell.filter(|_| response.hovered()) else {
        return;
    };
    if stage.app.tool::<Paint>().place() == Some(cell) {
        return;
    }
    let rested = ui.input(|input| input.pointer.time_since_last_movement());
    if rested >= REST_SECS {
        stage
            .actions
            .ask_tool(move |tool: &mut Paint, _| tool.look_at(cell));
    } else {
        let left = Duration::from_secs_f32(REST_SECS - rested);
        ui.ctx().request_repaint_after(left);
    }
}

/// What lies over the picture.
pub struct Overlay {
    pub painter: Painter,
    pub place: Rect,
    pub grid: IndexGrid,
}

impl Overlay {
    fn at(&self, x: usize, y: usize) -> eframe::egui::Pos2 {
        let [width, height] = self.grid.size.map(|side| side.max(1) as f32);
        self.place.min + self.place.size() * vec2(x as f32 / width, y as f32 / height)
    }

    fn run(&self, (y, run): (usize, std::ops::Range<usize>)) -> Rect {
        Rect::from_min_max(self.at(run.start, y), self.at(run.end, y + 1))
    }

    /// Thin lines between the cells, light and dark, so that they are seen on any picture.
    fn lines(&self, ui: &Ui) {
        let [width, height] = self.grid.size;
        if self.place.width() < 8.0 * width as f32 {
            return;
        }
        let colour = tokens(ui).outline.gamma_multiply(0.35);
        let stroke = Stroke::new(1.0, colour);
        for x in 1..width {
            self.painter
                .vline(self.at(x, 0).x, self.place.y_range(), stroke);
        }
        for y in 1..height {
            self.painter
                .hline(self.place.x_range(), self.at(0, y).y, stroke);
        }
    }

    /// The cells under the brush.
    pub fn brush(&self, under: &Mask) {
        let runs = under.runs().map(|run| self.run(run));
        let Some(all) = runs.reduce(|a, b| a.union(b)) else {
            return;
        };
        let outer = Stroke::new(3.0, PAPER.gamma_multiply(0.6));
        let inner = Stroke::new(1.5, PLAIN_TINT);
        self.painter
            .rect_stroke(all, 0.0, outer, StrokeKind::Middle);
        self.painter
            .rect_stroke(all, 0.0, inner, StrokeKind::Middle);
    }

    /// The cells that an entry stands in.
    fn entry(&self, ui: &Ui, indices: &[u32], entry: u32) {
        let width = self.grid.size[0].max(1);
        let colour = tokens(ui).accent;
        for (place, _) in indices
            .iter()
            .enumerate()
            .filter(|(_, index)| **index == entry)
        {
            let (x, y) = (place % width, place / width);
            let cell = self.run((y, x..x + 1));
            self.painter
                .rect_filled(cell, 0.0, colour.gamma_multiply(0.3));
            let stroke = Stroke::new(2.0, colour);
            self.painter
                .rect_stroke(cell, 0.0, stroke, StrokeKind::Inside);
        }
    }
}

/// What stands under the pointer, or what to try.
fn words_ui(ui: &Ui, stage: &Stage<'_>, (grid, cell): (IndexGrid, Option<usize>), picks: bool) {
    let tool = stage.app.tool::<Paint>();
    let index = cell.and_then(|cell| tool.indices()?.get(cell).copied());
    let words = match (cell, index) {
        (Some(cell), Some(index)) => {
            let width = grid.size[0].max(1);
            let (row, column) = (cell / width + 1, cell % width + 1);
            let name = tool.name_of(index);
            format!("Row {row}, column {column}: {name}")
        }
        _ if picks => "Click a cell to take its entry".to_owned(),
        _ => match tool.settings.mode {
            Mode::Entry => {
                let name = tool.name_of(tool.entry());
                format!("The brush paints {name}; Alt+click takes the entry of a cell")
            }
            Mode::Picture => "Paint to copy cells of the other picture".to_owned(),
            Mode::Erase => "Paint to bring back what was there before".to_owned(),
        },
    };
    let area = ui.max_rect();
    let middle = pos2(area.center().x, area.max.y - WORDS_HEIGHT / 2.0);
    let font = TextRole::Small.font();
    let muted = tokens(ui).text_muted;
    let galley = ui
        .painter()
        .layout(words.clone(), font, muted, area.width() - 2.0 * space::M);
    let rect = Align2::CENTER_CENTER.anchor_size(middle, galley.size());
    let response = ui.interact(rect, ui.scope_id().with("words"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    ui.painter().galley(rect.min, galley, muted);
}

//! How likely each index was at a place of a picture that is written, when it was chosen.

use super::View;
use crate::app::AppState;
use crate::app::tools::sample::{FilmStep, Sample};
use crate::engine::ModelInfo;
use crate::model::IndexGrid;
use crate::model::written::Choice;
use crate::ui::panels::tools::Stage;
use crate::ui::panels::tools::swatch::Swatches;
use crate::ui::theme::{PAPER, PLAIN_TINT, TextRole, size, space, tokens};
use crate::ui::widgets::{caption, heading};
use eframe::egui::{
    Align2, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};

/// Width of the list, and the least that is left for the picture beside it.
const WIDTH: f32 = 208.0;
const MIN_PICTURE: f32 = 200.0;
const ROW: f32 = 18.0;
const SWATCH: f32 = 14.0;
/// Widths of an index and of a percentage.
const NAME: f32 = 52.0;
const PERCENT: f32 = 48.0;

const WHOLE: Rect = Rect {
    min: pos2(0.0, 0.0),
    max: pos2(1.0, 1.0),
};

/// Paints the list at the right of the stage, for models that write. Returns what is left for the picture.
pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut View) -> Rect {
    let area = ui.max_rect();
    let app = stage.app;
    let Some((model, grid)) = written(app) else {
        return area;
    };
    if app.modes().picture_only || area.width() < WIDTH + MIN_PICTURE {
        view.pointed = None;
        return area;
    }
    let (picture, list) = area.split_left_right_at_x(area.right() - WIDTH);
    // Where the picture lay in the last frame.
    let lies = stage.canvas.painted().intersect(picture);
    let pointer = ui.input(|input| input.pointer.hover_pos());
    let pointer = pointer.filter(|at| lies.contains(*at) && ui.rect_contains_pointer(lies));
    view.pointed = pointer.map(|at| {
        let part = (at - stage.canvas.painted().min) / stage.canvas.painted().size();
        let cell = |part: f32, side: usize| {
            ((part.max(0.0) * side as f32) as usize).min(side.saturating_sub(1))
        };
        cell(part.y, grid.size[1]) * grid.size[0] + cell(part.x, grid.size[0])
    });
    let builder = UiBuilder::new().max_rect(list.shrink2(vec2(space::S, space::M)));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        heading(ui, "Likely here");
        let tool = app.tools().sample();
        let place = view.pointed.or_else(|| tool.place());
        let swatches = &mut Swatches::new(app, model, grid, stage.textures);
        ScrollArea::vertical()
            .id_salt("likely")
            .show(ui, |ui| list_ui(ui, tool, place, swatches));
    });
    picture
}

/// The model and its grid, where it writes place by place.
fn written(app: &AppState) -> Option<(&ModelInfo, IndexGrid)> {
    let model = app.model().filter(|model| model.manifest.writes())?;
    Some((model, model.manifest.grid()?))
}

fn list_ui(ui: &mut Ui, tool: &Sample, place: Option<usize>, swatches: &mut Swatches<'_>) {
    let Some(place) = place else {
        caption(
            ui,
            "Play the film, or rest the pointer on the picture: here is how likely each index was at a place when \
             it was chosen",
        );
        return;
    };
    let width = swatches.grid.size[0].max(1);
    let (row, column) = (place / width + 1, place % width + 1);
    let Some((_, choice)) = tool.film().choice(place) else {
        let words = match tool.film().is_settled() {
            true => "nothing was chosen there",
            false => "on its way",
        };
        caption(ui, format!("Row {row}, column {column}: {words}"));
        return;
    };
    let what = match choice.is_given {
        true => "given, not chosen",
        false => "after what stands above and to the left",
    };
    caption(ui, format!("Row {row}, column {column}, {what}"));
    let most = choice.likely.iter().map(|(_, share)| *share);
    let most = most.fold(f32::MIN_POSITIVE, f32::max);
    ui.spacing_mut().item_spacing.y = 0.0;
    for &(index, share) in &choice.likely {
        row_ui(ui, swatches, choice, (index, share), most);
    }
}

fn row_ui(
    ui: &mut Ui,
    swatches: &mut Swatches<'_>,
    choice: &Choice,
    (index, share): (u32, f32),
    most: f32,
) {
    let entries = &swatches.model.manifest.entries;
    let name = match entries.get(index as usize) {
        Some(entry) => entry.name.clone(),
        None => index.to_string(),
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let is_chosen = choice.index == index;
    let percent = percentage(share);
    response.widget_info(|| {
        let chosen = if is_chosen { ", chosen" } else { "" };
        WidgetInfo::labeled(
            Role::Label,
            true,
            format!("Index {name}: {percent}{chosen}"),
        )
    });
    let tokens = tokens(ui);
    let middle = pos2(rect.left() + space::XS + SWATCH / 2.0, rect.center().y);
    let swatch = Rect::from_center_size(middle, vec2(SWATCH, SWATCH));
    swatches.paint(ui, swatch, index);
    let painter = ui.painter();
    painter.rect_stroke(
        swatch,
        size::RADIUS_SMALL,
        Stroke::new(1.0, tokens.outline),
        StrokeKind::Outside,
    );
    let font = TextRole::Small.font();
    let left = swatch.right() + space::XS;
    let bars = left + NAME.min(rect.width() / 4.0);
    let name_rect = Rect::from_min_max(pos2(left, rect.top()), pos2(bars, rect.bottom()));
    let color = if is_chosen {
        tokens.text_strong
    } else {
        tokens.text
    };
    painter
        .with_clip_rect(name_rect.intersect(ui.clip_rect()))
        .text(
            pos2(left, rect.center().y),
            Align2::LEFT_CENTER,
            name,
            font.clone(),
            color,
        );
    let room = (rect.right() - PERCENT - bars).max(0.0);
    let bar = Rect::from_min_size(
        pos2(bars, rect.center().y - 4.0),
        vec2((room * share / most).max(1.0), 8.0),
    );
    let fill = if is_chosen {
        tokens.accent
    } else {
        tokens.text_muted
    };
    painter.rect_filled(bar, 2, fill);
    let at = pos2(rect.right() - space::XS, rect.center().y);
    painter.text(at, Align2::RIGHT_CENTER, percent, font, color);
    if is_chosen {
        let stroke = Stroke::new(1.0, tokens.accent);
        painter.rect_stroke(rect, size::RADIUS_SMALL, stroke, StrokeKind::Inside);
        response.on_hover_text("This was chosen");
    }
}

fn percentage(share: f32) -> String {
    match share * 100.0 {
        share if share >= 9.95 => format!("{share:.0} %"),
        share if share >= 0.1 || share == 0.0 => format!("{share:.1} %"),
        _ => "< 0.1 %".to_owned(),
    }
}

/// Paints over the large picture of a step: what follows the place that the film has come to is still to come,
/// and a frame lies around the place.
pub fn over_ui(ui: &Ui, stage: &mut Stage<'_>, view: &mut View, step: &FilmStep, area: Rect) {
    let Some((_, grid)) = written(stage.app) else {
        return;
    };
    let tool = stage.app.tools().sample();
    let lies = stage.canvas.painted();
    let painter = ui.painter().with_clip_rect(area);
    let [width, height] = grid.size.map(|side| side.max(1));
    let part = |x: usize, y: usize| vec2(x as f32 / width as f32, y as f32 / height as f32);
    let cells = |x: std::ops::Range<usize>, y: usize| [part(x.start, y), part(x.end, y + 1)];
    let on_window = |[from, to]: [eframe::egui::Vec2; 2]| {
        Rect::from_min_max(lies.min + from * lies.size(), lies.min + to * lies.size())
    };
    let reached = tool.place();
    let last = step.choices.last().map(|choice| choice.place);
    if let (Some(reached), Some(last)) = (reached, last)
        && reached < last
    {
        let before = step.step.checked_sub(1).filter(|before| *before > 0);
        let before = before.and_then(|before| tool.film().nearest(before));
        let before = before.filter(|before| before.step < step.step);
        for y in (reached + 1) / width..=last / width {
            let from = (reached + 1).max(y * width) - y * width;
            let to = (last + 1).min((y + 1) * width) - y * width;
            let run = cells(from..to, y);
            let texture = before.and_then(|before| {
                view.textures
                    .of_thumbnail(ui.ctx(), before.data.id, &before.data.thumbnail)
            });
            let uv = Rect::from_min_max(WHOLE.min + run[0], WHOLE.min + run[1]);
            match texture {
                Some((texture, _)) => {
                    painter.image(texture, on_window(run), uv, PLAIN_TINT);
                }
                None => {
                    painter.rect_filled(on_window(run), 0.0, tokens(ui).field);
                }
            }
        }
    }
    if let Some(place) = view.pointed.or(reached) {
        let (x, y) = (place % width, place / width);
        let cell = on_window(cells(x..x + 1, y));
        let outer = Stroke::new(3.0, PAPER.gamma_multiply(0.6));
        let inner = Stroke::new(1.5, PLAIN_TINT);
        painter.rect_stroke(cell, 0.0, outer, StrokeKind::Middle);
        painter.rect_stroke(cell, 0.0, inner, StrokeKind::Middle);
    }
}

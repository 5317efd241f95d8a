//! What goes in, what comes out, and where they differ, beside each other.

use super::{View, error_words};
use crate::app::tools::encode::{Encode, Found, How, Reading, Source};
use crate::gpu::display::rgba_from_planes;
use crate::model::measurement::Judgement;
use crate::ui::panels::tools::Stage;
use crate::ui::theme::{PAPER, PLAIN_TINT, TextRole, size, space, tokens};
use crate::ui::widgets::empty_state;
use eframe::egui::{
    Align, CursorIcon, Label, Layout, Pos2, Rect, Response, RichText, Role, Sense, Stroke,
    StrokeKind, TextureId, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;

const TITLE_HEIGHT: f32 = 24.0;
const NOTE_HEIGHT: f32 = 20.0;

/// Paints the three pictures; before there is one, what to do.
pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut View) {
    let settings = &stage.app.tools().settings().encode;
    if settings.source == Source::None {
        let height = ui.available_height();
        ui.add_space((height / 2.0 - 64.0).max(0.0));
        empty_state(
            ui,
            Icon::ImagePlus,
            "No picture yet",
            "Drop a picture on the window, open one at the left, or draw one",
        );
        return;
    }
    let draws = matches!(settings.source, Source::Drawing(_));
    let area = ui.max_rect().shrink(space::M);
    let panes: Vec<(Pane, Rect)> = if draws {
        let all: [Pane; 4] = [drawing_ui, reconstruction_ui, input_ui, difference_ui];
        all.into_iter().zip(two_large_two_small(area)).collect()
    } else {
        let all: [Pane; 3] = [input_ui, reconstruction_ui, difference_ui];
        all.into_iter().zip(in_a_row(area)).collect()
    };
    for (index, (pane, rect)) in panes.into_iter().enumerate() {
        let builder = UiBuilder::new()
            .id_salt(("encode pane", index))
            .max_rect(rect)
            .layout(Layout::top_down(Align::Min));
        ui.scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            pane(ui, stage, view, rect.width());
        });
    }
}

/// Paints a picture of this side with its title and a note.
type Pane = fn(&mut Ui, &mut Stage<'_>, &mut View, f32);

/// What a pane needs besides its picture.
const WORDS_HEIGHT: f32 = TITLE_HEIGHT + NOTE_HEIGHT;
const MIN_SIDE: f32 = 48.0;
/// Labels that are less probable are not listed.
const LEAST_QUOTED: f32 = 0.01;

/// Three panes of one size beside each other.
fn in_a_row(area: Rect) -> [Rect; 3] {
    let side = ((area.width() - 2.0 * space::M) / 3.0)
        .min(area.height() - WORDS_HEIGHT)
        .max(MIN_SIDE);
    let corner = corner_of(area, vec2(3.0 * side + 2.0 * space::M, side + WORDS_HEIGHT));
    [0.0, 1.0, 2.0].map(|index| {
        let left = corner.x + index * (side + space::M);
        Rect::from_min_size(pos2(left, corner.y), vec2(side, side + WORDS_HEIGHT))
    })
}

/// The drawing and what the model makes of it as large as they can be; the other two share the height
/// beside them.
fn two_large_two_small(area: Rect) -> [Rect; 4] {
    // Two small panes are as high as a large one: of a side of (large - words - gap) / 2.
    let rest = WORDS_HEIGHT + space::M;
    let side = ((area.width() - 2.0 * space::M + rest / 2.0) / 2.5)
        .min(area.height() - WORDS_HEIGHT)
        .max(2.0 * MIN_SIDE + rest);
    let small = (side - rest) / 2.0;
    let all = vec2(2.0 * (side + space::M) + small, side + WORDS_HEIGHT);
    let corner = corner_of(area, all);
    let pane = |left: f32, top: f32, side: f32| {
        let size = vec2(side, side + WORDS_HEIGHT);
        Rect::from_min_size(corner + vec2(left, top), size)
    };
    let beside = 2.0 * (side + space::M);
    [
        pane(0.0, 0.0, side),
        pane(side + space::M, 0.0, side),
        pane(beside, 0.0, small),
        pane(beside, small + WORDS_HEIGHT + space::M, small),
    ]
}

/// The corner of something of this size in the middle of `area`.
fn corner_of(area: Rect, size: Vec2) -> Pos2 {
    pos2(
        area.center().x - size.x / 2.0,
        (area.center().y - size.y / 2.0).max(area.top()),
    )
}

fn title_ui(ui: &mut Ui, words: &str) {
    let strong = tokens(ui).text_strong;
    let size = vec2(ui.available_width(), TITLE_HEIGHT);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Min), |ui| {
        ui.set_min_size(size);
        let title = Label::new(RichText::new(words).color(strong)).truncate();
        ui.add(title).on_hover_text(words);
    });
}

/// A square with a picture as large as it fits.
fn picture_ui(
    ui: &mut Ui,
    side: f32,
    texture: Option<TextureId>,
    pixels: [usize; 2],
    name: &str,
    sense: Sense,
) -> (Rect, Response) {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    let tokens = tokens(ui);
    let pixels = vec2(pixels[0] as f32, pixels[1] as f32).max(Vec2::splat(1.0));
    let inner = Rect::from_center_size(rect.center(), pixels * (side / pixels.max_elem()));
    let painter = ui.painter();
    painter.rect_filled(rect, size::RADIUS_SMALL, tokens.field);
    if let Some(texture) = texture {
        let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(texture, inner, uv, PLAIN_TINT);
    }
    let stroke = Stroke::new(1.0, tokens.line);
    painter.rect_stroke(inner, 0.0, stroke, StrokeKind::Outside);
    (inner, response)
}

/// Paper for the hand.
fn drawing_ui(ui: &mut Ui, stage: &mut Stage<'_>, _: &mut View, side: f32) {
    if let Source::Drawing(strokes) = &stage.app.tools().settings().encode.source {
        title_ui(ui, "Draw here");
        let (rect, response) =
            picture_ui(ui, side, None, [1, 1], "Drawing", Sense::click_and_drag());
        ui.painter().rect_filled(rect, 0.0, PAPER);
        let ink = PLAIN_TINT;
        let painter = ui.painter_at(rect);
        let place = |[x, y]: [f32; 2]| rect.min + vec2(x, y) * rect.width();
        for stroke in strokes {
            let radius = stroke.radius * rect.width();
            let points: Vec<_> = stroke.points.iter().copied().map(place).collect();
            for end in &points {
                painter.circle_filled(*end, radius, ink);
            }
            painter.line(points, Stroke::new(2.0 * radius, ink));
        }
        let part = |at: eframe::egui::Pos2| {
            let at = (at - rect.min) / rect.width();
            [at.x.clamp(0.0, 1.0), at.y.clamp(0.0, 1.0)]
        };
        let at = response.interact_pointer_pos().map(part);
        if let Some(at) = at {
            let origin = ui.input(|input| input.pointer.press_origin());
            if response.drag_started() || response.clicked() {
                let from = origin.map_or(at, part);
                stage.actions.ask_tool(move |tool: &mut Encode, cx| {
                    tool.draw(cx, |settings| settings.begin_stroke(from));
                });
            }
            if response.dragged() {
                stage.actions.ask_tool(move |tool: &mut Encode, cx| {
                    tool.draw(cx, |settings| settings.draw_to(at));
                });
            }
        }
        response.on_hover_cursor(CursorIcon::Crosshair);
        if !reading_ui(ui, stage, |reading| &reading.picture) {
            note_ui(ui, "The current picture, as you draw it", "");
        }
    }
}

/// The picture as the model takes it.
fn input_ui(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut View, side: f32) {
    title_ui(ui, "As the model sees it");
    let Some(prepared) = stage.app.tools().encode().prepared() else {
        picture_ui(ui, side, None, [1, 1], "No picture", Sense::hover());
        return;
    };
    let image = prepared.wanted.image;
    let size = [image.width, image.height];
    let texture = view.input.show(ui.ctx(), prepared.id, size, || {
        rgba_from_planes(&prepared.picture, image)
    });
    let name = "The picture as the model sees it";
    let is_drawn = matches!(
        stage.app.tools().settings().encode.source,
        Source::Drawing(_)
    );
    let sense = match is_drawn {
        true => Sense::hover(),
        false => Sense::click_and_drag(),
    };
    let (rect, response) = picture_ui(ui, side, texture, size, name, sense);
    if !is_drawn {
        retouch_ui(ui, stage, view, rect, &response, size);
    }
    // That of a drawing stands below the drawing.
    if is_drawn || !reading_ui(ui, stage, |reading| &reading.picture) {
        note_ui(ui, &format!("{}×{} pixels", image.width, image.height), "");
    }
}

/// The brush over the picture as the model sees it.
fn retouch_ui(
    ui: &Ui,
    stage: &mut Stage<'_>,
    view: &mut View,
    place: Rect,
    response: &Response,
    size: [usize; 2],
) {
    if let Some(line) = view.pen.follow(response, place) {
        let ends = line.ends.map(|end| end.map(|part| part.clamp(0.0, 1.0)));
        let begins = response.drag_started() || response.clicked();
        retouch(stage, ends, begins);
    }
    if let Some(middle) = view.pen.follow_keys(ui, response, size) {
        retouch(stage, [middle; 2], true);
    }
    let painter = ui.painter().with_clip_rect(place.expand(2.0));
    let tokens = tokens(ui);
    let radius = stage.app.tools().settings().encode.brush * place.size().max_elem();
    if let Some(pointer) = response.hover_pos() {
        let outer = Stroke::new(3.0, PAPER.gamma_multiply(0.6));
        let inner = Stroke::new(1.5, PLAIN_TINT);
        painter.circle_stroke(pointer, radius, outer);
        painter.circle_stroke(pointer, radius, inner);
    }
    if response.has_focus() {
        let accent = Stroke::new(2.0, tokens.accent);
        painter.rect_stroke(place, 0.0, accent, StrokeKind::Outside);
        let [width, height] = size.map(|side| side.max(1) as f32);
        let cell = place.size() / vec2(width, height);
        let [x, y] = view.pen.cursor().map(|at| at as f32);
        let corner = place.min + vec2(x, y) * cell;
        let cursor = Rect::from_min_size(corner, cell);
        painter.rect_stroke(cursor, 0.0, accent, StrokeKind::Outside);
    }
    response
        .clone()
        .on_hover_and_drag_cursor(CursorIcon::Crosshair)
        .on_hover_text("Paint on it: its code and what the model makes of that follow. Arrows and Enter paint too");
}

/// Paints along a line on the picture, as a stroke of its own or on with the last one.
fn retouch(stage: &mut Stage<'_>, [from, to]: [[f32; 2]; 2], begins: bool) {
    stage.actions.ask_tool(move |tool: &mut Encode, cx| {
        tool.draw(cx, |settings| {
            if begins {
                settings.begin_retouch(from);
            }
            settings.retouch_to(to);
        });
    });
}

/// What the judge sees in one of the two pictures, on a line. Returns whether there is something to
/// say; nothing is where a task asks for a number.
fn reading_ui(ui: &mut Ui, stage: &Stage<'_>, of: fn(&Reading) -> &Judgement) -> bool {
    let app = stage.app;
    let reading = app.tools().encode().reading();
    let Some(reading) = reading.filter(|_| !app.learning().is_predicting(app.view())) else {
        return false;
    };
    let (words, all) = reading_words(of(reading));
    note_ui(ui, &words, &all);
    true
}

/// What a judge sees, and the same with all probabilities.
fn reading_words(judgement: &Judgement) -> (String, String) {
    let seen = judgement.seen();
    let percent = |probability: f32| format!("{:.0} %", 100.0 * probability);
    let words = match (judgement.class(), seen.as_slice()) {
        (Some(_), [(label, probability), ..]) => {
            format!("The judge reads {label} ({})", percent(*probability))
        }
        (_, []) => "The judge is sure of nothing".to_owned(),
        (_, seen) => {
            let labels: Vec<_> = seen.iter().map(|(it, _)| it.replace('_', " ")).collect();
            format!("The judge sees {}", labels.join(", "))
        }
    };
    let mut all: Vec<(&String, f32)> = judgement
        .labels
        .iter()
        .zip(judgement.probabilities.iter().copied())
        .filter(|(_, probability)| *probability >= LEAST_QUOTED)
        .collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    let line = |(label, probability): &(&String, f32)| {
        format!("{}: {}", label.replace('_', " "), percent(*probability))
    };
    let all: Vec<String> = all.iter().map(line).collect();
    (words, all.join("\n"))
}

/// One quiet line below a picture, cut off where it is too long; all of it is in the tooltip.
fn note_ui(ui: &mut Ui, words: &str, more: &str) {
    let muted = tokens(ui).text_muted;
    let text = RichText::new(words)
        .font(TextRole::Small.font())
        .color(muted);
    let label = ui.add(Label::new(text).truncate());
    if !more.is_empty() {
        label.on_hover_text(format!("{words}\n{more}"));
    }
}

fn reconstruction_ui(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut View, side: f32) {
    let live = stage.app.tools().encode();
    let words = match live.found().map(|found| &found.how) {
        Some(How::Descent { .. }) if live.is_descending() => "Best so far",
        Some(How::Descent { .. }) => "Best found",
        Some(How::Ddim { .. }) => "Sampled again",
        _ => "Reconstruction",
    };
    title_ui(ui, words);
    let Some(found) = live.found() else {
        picture_ui(ui, side, None, [1, 1], "No reconstruction", Sense::hover());
        if !live.is_settled() {
            ui.spinner();
        }
        return;
    };
    let size = [found.image.width, found.image.height];
    let texture = view.reconstruction.show(ui.ctx(), found.id, size, || {
        rgba_from_planes(&found.reconstruction, found.image)
    });
    picture_ui(ui, side, texture, size, "Reconstruction", Sense::hover());
    let error = format!("Mean squared error {}", error_words(found.mse));
    if !reading_ui(ui, stage, |reading| &reading.reconstruction) {
        note_ui(ui, &error, "");
    }
}

/// Where the two differ, as strong as the largest difference.
fn difference_ui(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut View, side: f32) {
    title_ui(ui, "Difference");
    let Some(found) = stage.app.tools().encode().found() else {
        picture_ui(ui, side, None, [1, 1], "No difference", Sense::hover());
        return;
    };
    let size = [found.image.width, found.image.height];
    let difference = found.difference();
    let largest = difference.iter().copied().fold(0.0_f32, f32::max);
    let texture = view.difference.show(ui.ctx(), found.id, size, || {
        difference_rgba(&difference, largest)
    });
    let name = "Difference of the pictures";
    let (rect, response) = picture_ui(ui, side, texture, size, name, Sense::hover());
    if let Some(at) = response.hover_pos() {
        let part = (at - rect.min) / rect.size();
        let x = (part.x * size[0] as f32).max(0.0) as usize;
        let y = (part.y * size[1] as f32).max(0.0) as usize;
        if let Some(words) = pixel_words(found, x, y) {
            response.on_hover_text(words);
        }
    }
    note_ui(ui, &format!("White is {} of 1", error_words(largest)), "");
}

fn difference_rgba(difference: &[f32], largest: f32) -> Vec<u8> {
    let gain = if largest > 0.0 { 255.0 / largest } else { 0.0 };
    let level = |value: &f32| (value * gain).clamp(0.0, 255.0).round() as u8;
    difference
        .iter()
        .map(level)
        .flat_map(|level| [level, level, level, 255])
        .collect()
}

/// What is at a pixel, before and after.
fn pixel_words(found: &Found, x: usize, y: usize) -> Option<String> {
    let image = found.image;
    if x >= image.width || y >= image.height {
        return None;
    }
    let plane = image.width * image.height;
    let levels = |values: &[f32]| {
        let at = |channel| values.get(channel * plane + y * image.width + x);
        let levels: Option<Vec<String>> = (0..image.channels)
            .map(|channel| Some(format!("{:.2}", at(channel)?)))
            .collect();
        levels.map(|levels| levels.join(" "))
    };
    let (input, output) = (
        levels(&found.prepared.picture)?,
        levels(&found.reconstruction)?,
    );
    Some(format!("Pixel {x}, {y}: {input} became {output}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_is_large_and_nothing_overlaps() {
        for (width, height) in [(930.0, 330.0), (700.0, 560.0), (560.0, 220.0)] {
            let area = Rect::from_min_size(pos2(300.0, 40.0), vec2(width, height));
            let panes = two_large_two_small(area);
            let equal = in_a_row(area)[0]
                .width()
                .min((width - 3.0 * space::M) / 4.0);
            assert!(panes[0].width() > equal, "{panes:?}");
            for (index, pane) in panes.iter().enumerate() {
                assert!(
                    area.expand(0.5).contains_rect(*pane),
                    "{pane:?} of {area:?}"
                );
                for other in &panes[index + 1..] {
                    assert!(!pane.intersects(*other), "{pane:?} and {other:?}");
                }
            }
        }
    }
}

//! What goes in, what comes out, and where they differ, beside each other.

use super::View;
use crate::app::tools::encode::{Encode, Found, How, Source};
use crate::gpu::display::rgba_from_planes;
use crate::ui::panels::tools::Stage;
use crate::ui::theme::{PAPER, PLAIN_TINT, size, space, tokens};
use crate::ui::widgets::{caption, empty_state};
use eframe::egui::{
    Align, CursorIcon, Label, Layout, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind,
    TextureId, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
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
    let panes: &[fn(&mut Ui, &mut Stage<'_>, &mut View, f32)] = if draws {
        &[drawing_ui, input_ui, reconstruction_ui, difference_ui]
    } else {
        &[input_ui, reconstruction_ui, difference_ui]
    };
    let area = ui.max_rect().shrink(space::M);
    let gap = space::M;
    let count = panes.len() as f32;
    let side = ((area.width() - (count - 1.0) * gap) / count)
        .min(area.height() - TITLE_HEIGHT - NOTE_HEIGHT)
        .max(48.0);
    let all = count * side + (count - 1.0) * gap;
    let height = TITLE_HEIGHT + side + NOTE_HEIGHT;
    let corner = pos2(
        area.center().x - all / 2.0,
        (area.center().y - height / 2.0).max(area.top()),
    );
    for (index, pane) in panes.iter().enumerate() {
        let left = corner.x + index as f32 * (side + gap);
        let rect = Rect::from_min_size(pos2(left, corner.y), vec2(side, height));
        let builder = UiBuilder::new()
            .id_salt(("encode pane", index))
            .max_rect(rect)
            .layout(Layout::top_down(Align::Min));
        ui.scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            pane(ui, stage, view, side);
        });
    }
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
                stage
                    .actions
                    .edit_tool::<Encode>(move |settings| settings.begin_stroke(from));
            }
            if response.dragged() {
                stage
                    .actions
                    .edit_tool::<Encode>(move |settings| settings.draw_to(at));
            }
        }
        response.on_hover_cursor(CursorIcon::Crosshair);
        caption(ui, "Undo takes back a stroke");
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
    picture_ui(ui, side, texture, size, name, Sense::hover());
    caption(ui, format!("{}×{} pixels", image.width, image.height));
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
    caption(ui, format!("Mean squared error {:.4}", found.mse));
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
    caption(ui, format!("White is {largest:.2} of 1"));
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

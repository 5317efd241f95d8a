//! Two pictures over each other: wiped, blinked, subtracted.

use super::{DifferencePicture, View, pane_title};
use crate::app::tools::compare::{Compare, Mode, OverlaidPair, difference_pixels};
use crate::ui::panels::canvas;
use crate::ui::panels::tools::Stage;
use crate::ui::picture::{rgba_image, texture_options};
use crate::ui::theme::{PLAIN_TINT, TextRole, size, space, tokens};
use eframe::egui::{
    Align2, CursorIcon, EventFilter, Id, Key, Modifiers, Rect, Role, Sense, Stroke, TextureId, Ui,
    WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;

/// How near to the divider the hand has to be, on either side.
const GRIP: f32 = 10.0;
/// How far an arrow key moves the divider.
const KEY_STEP: f32 = 0.02;
const CAPTION_HEIGHT: f32 = 20.0;

/// Paints the two pictures.
pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut View, laid_over: &OverlaidPair) {
    let mut area = ui.max_rect();
    area.max.y -= CAPTION_HEIGHT;
    let response = ui.interact(
        area,
        ui.scope_id().with("laid over"),
        Sense::click_and_drag(),
    );
    canvas::zoom_and_pan(ui, stage.canvas, &response, area);
    let rect = stage.canvas.place(ui, area, laid_over.pictures[0].image);
    canvas::walk(stage.app, stage.actions, stage.canvas, &response, rect);
    let visible = rect.intersect(area);
    let settings = &stage.app.tools().settings().compare;
    let caption = match settings.mode {
        Mode::Wipe => {
            wipe_ui(ui, stage, view, laid_over, [rect, visible]);
            "Drag the divider, or focus it and use the arrow keys".to_owned()
        }
        Mode::Blink => {
            let which = stage.app.tool::<Compare>().blinked();
            if let Some(texture) = whole(ui, stage, laid_over, which) {
                paint(ui, texture, rect, visible);
            }
            tag_ui(ui, stage, visible, which, Align2::LEFT_TOP);
            let state = if stage.app.tools().compare().is_blinking() {
                "B stops here, X shows the other one and stops"
            } else {
                "B blinks, X shows the other one"
            };
            state.to_owned()
        }
        Mode::SideBySide | Mode::Difference => {
            if let Some(texture) = difference(ui, view, laid_over, settings.gain) {
                paint(ui, texture, rect, visible);
            }
            let difference = laid_over.difference;
            let mut words = format!(
                "Mean {:.4}, maximum {:.4}, of 1",
                difference.mean, difference.max
            );
            if settings.gain != 1.0 {
                words += &format!("; shown {} times as strong", settings.gain);
            }
            words
        }
    };
    let (words, which) = match settings.mode {
        Mode::Blink => (
            "Blinked picture",
            Some(stage.app.tool::<Compare>().blinked()),
        ),
        Mode::Wipe => ("Wiped pictures", None),
        Mode::SideBySide | Mode::Difference => ("Difference of the pictures", None),
    };
    let shown = which.map_or_else(String::new, |which| {
        format!(": pane {}", settings.laid_over()[which] + 1)
    });
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{words}{shown}")));
    response.on_hover_and_drag_cursor(stage.canvas.cursor());
    let at = pos2(area.center().x, area.bottom() + CAPTION_HEIGHT);
    let muted = tokens(ui).text_muted;
    let font = TextRole::Small.font();
    ui.painter()
        .text(at, Align2::CENTER_BOTTOM, caption, font, muted);
}

fn whole(
    ui: &Ui,
    stage: &mut Stage<'_>,
    laid_over: &OverlaidPair,
    which: usize,
) -> Option<TextureId> {
    let picture = laid_over.pictures.get(which)?;
    stage.textures.whole(ui.ctx(), picture)
}

/// Paints what of a picture at `rect` is within `clip`.
fn paint(ui: &Ui, texture: TextureId, rect: Rect, clip: Rect) {
    let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let painter = ui.painter().with_clip_rect(clip);
    painter.image(texture, rect, uv, PLAIN_TINT);
}

fn wipe_ui(
    ui: &Ui,
    stage: &mut Stage<'_>,
    view: &mut View,
    laid_over: &OverlaidPair,
    [rect, visible]: [Rect; 2],
) {
    let id = ui.scope_id().with("wipe divider");
    let divider = |wipe: f32| visible.left() + wipe * visible.width();
    let grip = Rect::from_x_y_ranges(
        divider(view.wipe) - GRIP..=divider(view.wipe) + GRIP,
        visible.y_range(),
    );
    let response = ui.interact(grip, id, Sense::click_and_drag());
    if response.clicked() || response.drag_started() {
        response.request_focus();
    }
    if let Some(at) = response
        .interact_pointer_pos()
        .filter(|_| response.dragged())
    {
        view.wipe = ((at.x - visible.left()) / visible.width().max(1.0)).clamp(0.0, 1.0);
    }
    if response.has_focus() {
        view.wipe = (view.wipe + key_step(ui, id)).clamp(0.0, 1.0);
    }
    let wipe = view.wipe;
    response.widget_info(|| WidgetInfo::slider(true, f64::from(wipe), "Divider"));

    let x = divider(wipe);
    let halves = [
        Rect::from_x_y_ranges(visible.left()..=x, visible.y_range()),
        Rect::from_x_y_ranges(x..=visible.right(), visible.y_range()),
    ];
    for (which, half) in halves.into_iter().enumerate() {
        if let Some(texture) = whole(ui, stage, laid_over, which) {
            paint(ui, texture, rect, half);
        }
    }
    let tokens = tokens(ui);
    let strong = response.hovered() || response.dragged() || response.has_focus();
    let colour = if strong {
        tokens.accent
    } else {
        tokens.outline
    };
    let painter = ui.painter();
    // Dark and light beside each other are seen on any picture.
    painter.vline(x, visible.y_range(), Stroke::new(4.0, tokens.canvas));
    painter.vline(x, visible.y_range(), Stroke::new(2.0, colour));
    let knob = pos2(x, visible.center().y);
    painter.circle(knob, 12.0, tokens.panel, Stroke::new(2.0, colour));
    painter.text(
        knob,
        Align2::CENTER_CENTER,
        char::from(Icon::ChevronsLeftRight),
        TextRole::Icon.font(),
        tokens.text,
    );
    tag_ui(ui, stage, visible, 0, Align2::LEFT_TOP);
    tag_ui(ui, stage, visible, 1, Align2::RIGHT_TOP);
    response.on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal);
}

/// How far the keys move the divider in this frame.
fn key_step(ui: &Ui, id: Id) -> f32 {
    let filter = EventFilter {
        horizontal_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let pressed = |key| {
        ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key)) as f32 * KEY_STEP
    };
    let ends = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let to_end = if ends(Key::Home) {
        -1.0
    } else if ends(Key::End) {
        1.0
    } else {
        0.0
    };
    pressed(Key::ArrowRight) - pressed(Key::ArrowLeft) + to_end
}

/// Which pane a picture is of, at a corner of it.
fn tag_ui(ui: &Ui, stage: &Stage<'_>, visible: Rect, which: usize, corner: Align2) {
    let index = stage.app.tools().settings().compare.laid_over()[which];
    let words = format!("{}  {}", index + 1, pane_title(stage.app, index));
    let tokens = tokens(ui);
    let room = visible.width() / 2.0 - 4.0 * space::S;
    let mut job = eframe::egui::text::LayoutJob::simple_singleline(
        words,
        TextRole::Small.font(),
        tokens.text_strong,
    );
    job.wrap = eframe::egui::text::TextWrapping::truncate_at_width(room.max(24.0));
    let galley = ui.painter().layout_job(job);
    let padding = vec2(space::S, space::XS);
    let inner = visible.shrink(space::S);
    let ground = corner.align_size_within_rect(galley.size() + 2.0 * padding, inner);
    let painter = ui.painter();
    painter.rect_filled(
        ground,
        size::RADIUS_SMALL,
        tokens.panel.gamma_multiply(0.85),
    );
    painter.galley(ground.min + padding, galley, tokens.text_strong);
}

/// The difference as a texture, made again when the pictures or the gain are others.
fn difference(ui: &Ui, view: &mut View, laid_over: &OverlaidPair, gain: f32) -> Option<TextureId> {
    let of = laid_over.ids();
    let [a, b] = &laid_over.pictures;
    let options = texture_options(ui.ctx(), [a.image.width, a.image.height]);
    let wanted = (of, gain, options);
    let known = view.difference.as_ref();
    if !known.is_some_and(|known| known.shows == wanted) {
        let rgba = difference_pixels(a, b, gain)?;
        let pixels = rgba_image([a.image.width, a.image.height], &rgba)?;
        match &mut view.difference {
            Some(painted) => {
                painted.texture.set(pixels, options);
                painted.shows = wanted;
            }
            None => {
                let texture = ui.ctx().load_texture("difference", pixels, options);
                view.difference = Some(DifferencePicture {
                    shows: wanted,
                    texture,
                });
            }
        }
    }
    view.difference.as_ref().map(|painted| painted.texture.id())
}

//! Redraw: the picture that is redrawn with the brush at the left of the stage, what becomes of it at the right.

use crate::app::tools::sample::edit::{
    FILLINGS, MAX_FILLINGS, ORIGINAL, filling, mask, masked, seed_of,
};
use crate::app::tools::sample::{
    BRUSH_RADIUS, CLEAR_MASK, ERASE, EditSettings, INVERT_MASK, Sample,
};
use crate::app::{
    Action, Actions, AppState, Command, DecodedPicture, Edit, ParamId, SessionAction, Tool,
};
use crate::latent::Mask;
use crate::ui::panels::tools::brush::Pen;
use crate::ui::panels::tools::panes::{self, PaneContent, PaneView};
use crate::ui::panels::tools::{Stage, picture_ui};
use crate::ui::panels::{canvas, parameter_row};
use crate::ui::theme::{PLAIN_TINT, size, space, tokens};
use crate::ui::widgets::{caption, command_button, icon, section, section_with};
use eframe::egui::{
    Align2, Button, CentralPanel, Frame, Margin, Rect, Response, Role, Sense, Stroke, StrokeKind,
    Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;
use std::sync::Arc;

/// How strong the mask lies over the picture.
const OVER: f32 = 0.45;
/// Height of the words above the brush's picture, as above the others.
const TITLE_HEIGHT: f32 = 40.0;
const BELOW_HEIGHT: f32 = 20.0;

/// The hand, and the mask that a stroke under way has made.
#[derive(Default)]
pub struct Brush {
    pen: Pen,
    stroke: Option<Mask>,
}

/// Paints what is redrawn, how much of it, and where.
pub fn controls_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let edited = app.position().edited();
    section(ui, "Picture", |ui| match edited {
        None => begin_ui(ui, app, actions),
        Some((picture, _)) => {
            caption(ui, format!("{picture} is noised and denoised again"));
            let stop =
                Button::new((icon(Icon::X), "Stop redrawing")).min_size(vec2(0.0, size::CONTROL));
            let stop = ui
                .add(stop)
                .on_hover_text("Make the picture of noise alone again; the code keeps its name")
                .accessible_name("Stop redrawing");
            if stop.clicked() {
                actions.edit(Edit::Redraw(None));
            }
            parameter_row::ui(ui, app, actions, &ParamId::Strength);
        }
    });
    if edited.is_none() {
        return;
    }
    section(ui, "Mask", |ui| mask_ui(ui, app, actions));
    let settings = app.tools().settings().sample.edit;
    let (count, ()) = section_with(
        ui,
        "Fillings",
        |ui| count_ui(ui, settings),
        |ui| {
            caption(
                ui,
                "The same picture with several noises; Next seed goes on to others",
            );
        },
    );
    if let Some(count) = count {
        actions.edit_tool::<Sample>(move |settings| settings.edit.set_fillings(count));
    }
}

/// Which picture may be redrawn.
fn begin_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    caption(
        ui,
        match app.workspace().denoises() {
            true => {
                "Begin with a picture in place of noise: noise it a little and denoise it as something else, or \
                 paint over what is to be drawn again"
            }
            false => {
                "Keep part of a picture and resample the rest: the last part of it, as much as the strength says, \
                 or what you paint over"
            }
        },
    );
    let position = app.position();
    let is_current = |picture: &Arc<DecodedPicture>| {
        picture.expression == *position.expression() && picture.sampler == position.sampler()
    };
    let current = app.workspace().pictures.set(FILLINGS[0]).get(0).cloned();
    let current = current.filter(is_current);
    let can = app.model().is_some_and(|model| model.takes_pictures());
    let redraw = Button::new((icon(Icon::ImageUp), "Redraw this picture"))
        .min_size(vec2(0.0, size::CONTROL));
    let redraw = ui
        .add_enabled(can && current.is_some(), redraw)
        .on_hover_text("Keep the current picture as a code with a name, and begin with it")
        .on_disabled_hover_text(match can {
            true => "The picture is on its way",
            false => "The model has no encoder, so it cannot begin with a picture",
        })
        .accessible_name("Redraw this picture");
    if redraw.clicked()
        && let Some(picture) = current
    {
        let (stem, picture) = ("picture".to_owned(), Arc::clone(&picture.values));
        actions.push(Action::Session(SessionAction::Redraw { stem, picture }));
    }
    command_button(ui, app, actions, Command::OpenPicture);
    caption(
        ui,
        "A file opens in Encode, which brings it into the model's size; Redraw leads back from there",
    );
}

fn mask_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let of_tool = |key| Command::OfTool(Tool::Sample, key);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for key in [ERASE, INVERT_MASK, CLEAR_MASK] {
            command_button(ui, app, actions, of_tool(key));
        }
    });
    parameter_row::ui(ui, app, actions, &ParamId::Tool(BRUSH_RADIUS));
    if let Some(mask) = mask(app.workspace()) {
        let [width, height] = mask.size();
        let words = match mask.count() {
            0 => "All of the picture is redrawn; paint over a part to hold the rest".to_owned(),
            count => format!("{count} of {} cells are redrawn", width * height),
        };
        caption(ui, words);
    }
}

fn count_ui(ui: &mut Ui, settings: EditSettings) -> Option<usize> {
    ui.spacing_mut().item_spacing.x = space::XS;
    let mut chosen = None;
    // From right to left, as the end of the line is laid out.
    for count in (1..=MAX_FILLINGS).rev() {
        let button = Button::new(count.to_string())
            .selected(count == settings.fillings())
            .min_size(vec2(size::CONTROL, size::CONTROL));
        let plural = if count == 1 { "" } else { "s" };
        let response = ui
            .add(button)
            .on_hover_text(format!("Show {count} filling{plural}"))
            .accessible_name(format!("{count} filling{plural}"));
        if response.clicked() {
            chosen = Some(count);
        }
    }
    chosen
}

/// Paints the stage.
pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>, brush: &mut Brush) {
    if stage.app.position().edited().is_none() {
        brush.stroke = None;
        picture_ui(ui, stage);
        return;
    }
    let frame = Frame::new().inner_margin(Margin::same(space::M as i8));
    CentralPanel::no_frame().frame(frame).show(ui, |ui| {
        let area = ui.max_rect();
        // The longer side is shared.
        let (first, second) = if area.width() >= area.height() {
            let (left, right) = area.split_left_right_at_fraction(0.5);
            (
                left.with_max_x(left.right() - space::S),
                right.with_min_x(right.left() + space::S),
            )
        } else {
            let (top, bottom) = area.split_top_bottom_at_fraction(0.5);
            (
                top.with_max_y(top.bottom() - space::S),
                bottom.with_min_y(bottom.top() + space::S),
            )
        };
        ui.scope_builder(UiBuilder::new().id_salt("original").max_rect(first), |ui| {
            original_ui(ui, stage, brush);
        });
        ui.scope_builder(
            UiBuilder::new().id_salt("fillings").max_rect(second),
            |ui| {
                let count = stage.app.tools().settings().sample.edit.fillings();
                panes::ui(ui, stage, count, |_, stage, index, _| {
                    Some(pane(stage.app, index))
                });
            },
        );
    });
}

/// What becomes of the picture with one noise.
fn pane(app: &AppState, index: usize) -> PaneView {
    let workspace = app.workspace();
    let set = workspace
        .pictures
        .set(FILLINGS[index.min(MAX_FILLINGS - 1)]);
    let seed = seed_of(workspace, index);
    let content = match (set.failure(), set.get(0)) {
        (Some(why), _) => PaneContent::Cannot(why.to_owned()),
        (None, Some(picture)) => PaneContent::Picture(Arc::clone(picture)),
        (None, None) => PaneContent::Waiting("Sampling".to_owned()),
    };
    PaneView {
        title: match seed {
            None => "Current".to_owned(),
            Some(seed) => format!("Seed {seed}"),
        },
        text: filling(workspace, index).to_string(),
        content,
        numbers: None,
        take: seed.map(Edit::Seed),
    }
}

/// The picture that is redrawn, under the brush.
fn original_ui(ui: &mut Ui, stage: &mut Stage<'_>, brush: &mut Brush) {
    let tokens = tokens(ui);
    let rect = ui.max_rect();
    ui.painter().text(
        rect.min,
        Align2::LEFT_TOP,
        "Original",
        crate::ui::theme::TextRole::Body.font(),
        tokens.text_strong,
    );
    let area = Rect::from_min_max(
        pos2(rect.left(), rect.top() + TITLE_HEIGHT),
        pos2(rect.right(), rect.bottom() - BELOW_HEIGHT),
    );
    let response = ui.interact(area, ui.scope_id().with("brush"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Picture to paint the mask on"));
    canvas::zoom_and_pan(ui, stage.canvas, &response, area);
    let original = stage.app.workspace().pictures.set(ORIGINAL).get(0).cloned();
    let (Some(picture), Some(mask)) = (original, mask(stage.app.workspace())) else {
        ui.put(area, eframe::egui::Spinner::new());
        return;
    };
    let place = shown_ui(ui, stage, &picture, area);
    let settings = stage.app.tools().settings().sample.edit;
    let changed = paint(&response, place, &mask, settings, brush)
        .or_else(|| paint_by_keys(ui, &response, &mask, settings, brush));
    let painter = ui.painter().with_clip_rect(area);
    let shown = brush.stroke.as_ref().unwrap_or(&mask);
    let cell = place.size() / vec2(mask.size()[0] as f32, mask.size()[1] as f32);
    let at = |x: usize, y: usize| place.min + vec2(x as f32, y as f32) * cell;
    let tint = tokens.accent.gamma_multiply(OVER);
    for (y, run) in shown.runs() {
        let run = Rect::from_min_max(at(run.start, y), at(run.end, y + 1));
        painter.rect_filled(run, 0.0, tint);
    }
    if response.has_focus() {
        let stroke = Stroke::new(2.0, tokens.accent);
        painter.rect_stroke(place.intersect(area), 0.0, stroke, StrokeKind::Inside);
        let [x, y] = brush.pen.cursor();
        let cursor = Rect::from_min_max(at(x, y), at(x + 1, y + 1));
        painter.rect_stroke(cursor, 0.0, stroke, StrokeKind::Outside);
    }
    if let Some(pointer) = response.hover_pos() {
        let radius = settings.brush * place.size().max_elem();
        painter.circle_stroke(pointer, radius, Stroke::new(1.0, tokens.text_strong));
    }
    let below = Rect::from_min_max(pos2(rect.left(), area.bottom()), rect.max);
    ui.scope_builder(UiBuilder::new().max_rect(below), |ui| {
        caption(ui, "Paint what to redraw; arrows and Enter paint too");
    });
    if let Some(edit) = changed.and_then(|mask| masked(stage.app.workspace(), &mask)) {
        stage.actions.edit(edit);
    }
}

/// Paints the picture and returns where it lies.
fn shown_ui(ui: &Ui, stage: &mut Stage<'_>, picture: &DecodedPicture, area: Rect) -> Rect {
    let place = stage.canvas.place(ui, area, picture.image);
    if let Some(texture) = stage.textures.whole(ui.ctx(), picture) {
        let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let painter = ui.painter().with_clip_rect(area);
        painter.image(texture, place, uv, PLAIN_TINT);
    }
    place
}

/// Takes what the hand does. Returns the mask when a stroke has ended: each is one step of undo.
fn paint(
    response: &Response,
    place: Rect,
    mask: &Mask,
    settings: EditSettings,
    brush: &mut Brush,
) -> Option<Mask> {
    let line = brush.pen.follow(response, place)?;
    let stroke = brush.stroke.get_or_insert_with(|| mask.clone());
    stroke.stroke(line.ends, settings.brush, !settings.erases);
    match line.is_over {
        true => brush.stroke.take(),
        false => None,
    }
}

/// Paints where the cursor of the keyboard is.
fn paint_by_keys(
    ui: &Ui,
    response: &Response,
    mask: &Mask,
    settings: EditSettings,
    brush: &mut Brush,
) -> Option<Mask> {
    let middle = brush.pen.follow_keys(ui, response, mask.size())?;
    let mut mask = mask.clone();
    mask.stroke([middle; 2], settings.brush, !settings.erases);
    Some(mask)
}

//! The picture in the middle: as large as it can be, to be dragged on.

use crate::app::models::source_title;
use crate::app::tools::directions::Directions;
use crate::app::tools::where_am_i::Where;
use crate::app::{Action, Actions, AppState, Axis, Edit, Tool, TourAction, TourStep};
use crate::document::{Framing, MAX_ZOOM};
use crate::engine::ModelInfo;
use crate::model::manifest::ImageSpec;
use crate::ui::overlays::tour;
use crate::ui::panels::plane;
use crate::ui::picture::{self, Shown};
use crate::ui::theme::{PLAIN_TINT, space, tokens};
use crate::ui::widgets::{empty_state, keep_arrow_keys};
use eframe::egui::{
    CursorIcon, FontId, Key, PointerButton, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind,
    Ui, Vec2, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;

/// Standard deviations from one side of the picture to the other.
const SIGMAS_ACROSS: f32 = 4.0;
/// Standard deviations for each press of an arrow key.
const KEY_SIGMA: f32 = 0.1;
/// How far a drag walks off the middle at most; beyond, there is nothing that a model learned.
const MAX_DRAG_SIGMA: f32 = 3.0;
const CAPTION_HEIGHT: f32 = 32.0;

/// How the picture is looked at; nothing of it changes the picture.
#[derive(Debug)]
pub struct CanvasView {
    /// 1 shows the whole picture.
    zoom: f32,
    /// Of the picture's middle off the middle of the canvas, in points.
    pan: Vec2,
    drag: Option<DragStart>,
    shown: Option<(ImageSpec, f32)>,
    /// The size of the picture on the window, in points, as it was last painted.
    size: Vec2,
    /// What is to lie in the middle when it is painted next.
    middle: Option<[f32; 2]>,
    /// Where the picture was last painted.
    painted: Rect,
}

/// Where a drag on the picture began, in the latent space.
#[derive(Clone, PartialEq, Debug)]
enum DragStart {
    /// Steps along two raw axes in standard deviations, and what one of these is.
    Axes {
        axes: [Axis; 2],
        sigmas: [f32; 2],
        units: [f32; 2],
    },
    /// A point of the plane and one standard deviation along each side.
    Plane { code: [f32; 2], sigma: [f32; 2] },
}

impl Default for CanvasView {
    fn default() -> Self {
        Self {
            zoom: 1.0,
            pan: Vec2::ZERO,
            drag: None,
            shown: None,
            size: Vec2::ZERO,
            middle: None,
            painted: Rect::NOTHING,
        }
    }
}

impl CanvasView {
    /// Shows the whole picture again.
    pub fn fit(&mut self) {
        self.set_framing(Framing::default());
    }

    /// Which part of the picture is seen.
    pub fn framing(&self) -> Framing {
        let part = self.pan / self.size.max(Vec2::splat(1.0));
        Framing {
            zoom: self.zoom,
            middle: self.middle.unwrap_or([0.5 - part.x, 0.5 - part.y]),
        }
    }

    /// Shows this part of the picture.
    pub fn set_framing(&mut self, framing: Framing) {
        let Framing { zoom, middle } = framing.bounded();
        self.zoom = zoom;
        self.middle = Some(middle);
    }

    /// The size of the picture, and screen pixels for each of its pixels.
    pub fn scale(&self) -> Option<(ImageSpec, f32)> {
        self.shown
    }

    /// Begins a frame: a tool that paints no picture has no scale.
    pub fn forget_scale(&mut self) {
        self.shown = None;
    }

    /// Where a picture lies around `area`, by zoom and pan, as large as it can be with pixels
    /// of the same size.
    pub fn place(&mut self, ui: &Ui, area: Rect, image: ImageSpec) -> Rect {
        let pixels_per_point = ui.ctx().pixels_per_point();
        let is_smooth = picture::is_smooth(ui.ctx(), [image.width, image.height]);
        let pixels = scale_to_fit(area.size() * pixels_per_point, image, is_smooth) * self.zoom;
        let size = vec2(image.width as f32, image.height as f32) * pixels / pixels_per_point;
        self.shown = Some((image, pixels));
        self.size = size;
        if let Some([x, y]) = self.middle.take() {
            self.pan = vec2(0.5 - x, 0.5 - y) * size;
        }
        self.pan = clamped_pan(self.pan, size, area.size());
        let corner = (area.center() + self.pan - size / 2.0) * pixels_per_point;
        // On whole screen pixels, so that every pixel of the picture is equally large.
        let corner = pos2(corner.x.round(), corner.y.round()) / pixels_per_point;
        self.painted = Rect::from_min_size(corner, size);
        self.painted
    }

    /// Where the picture was last painted.
    pub fn painted(&self) -> Rect {
        self.painted
    }

    /// The shape of the pointer over a picture that can be dragged on.
    pub fn cursor(&self) -> CursorIcon {
        if self.drag.is_some() {
            CursorIcon::Grabbing
        } else {
            CursorIcon::Grab
        }
    }
}

/// Paints the picture and walks where it is dragged.
pub fn ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    view: &mut CanvasView,
    shown: Option<Shown>,
) {
    let Some(shown) = shown else {
        view.shown = None;
        waiting_ui(ui, app);
        return;
    };
    let mut area = ui.max_rect();
    if !app.modes().hides_small_print() {
        area.max.y -= CAPTION_HEIGHT;
        area = area.shrink2(vec2(space::M, 0.0));
        area.min.y += space::M;
    }
    let response = ui.interact(area, ui.scope_id().with("picture"), Sense::click_and_drag());
    zoom_and_pan(ui, view, &response, area);
    let rect = view.place(ui, area, shown.image);
    let uv = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
    ui.painter()
        .with_clip_rect(area)
        .image(shown.texture, rect, uv, PLAIN_TINT);

    walk(app, actions, view, &response, rect);
    walk_by_keys(ui, app, actions, &response);
    if response.has_focus() {
        let accent = Stroke::new(2.0, tokens(ui).accent);
        let ring = rect.intersect(area);
        ui.painter()
            .rect_stroke(ring, 0.0, accent, StrokeKind::Outside);
    }
    tour::mark(ui, app, TourStep::Drag, rect.intersect(area), "");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Picture"));
    if app.model().is_some() {
        response.on_hover_and_drag_cursor(view.cursor());
    }
    if !app.modes().hides_small_print() {
        caption_ui(ui, app);
    }
}

/// Screen pixels for each pixel of the picture: the largest whole number that fits, so that all
/// are equally large; a fraction where the picture is larger than its place, or has no pixels to be
/// seen.
fn scale_to_fit(area: Vec2, image: ImageSpec, is_smooth: bool) -> f32 {
    let fit = (area.x / image.width.max(1) as f32).min(area.y / image.height.max(1) as f32);
    if fit >= 1.0 && !is_smooth {
        fit.floor()
    } else {
        fit.max(0.01)
    }
}

/// A picture that is smaller than its place stays in the middle; a larger one covers it.
fn clamped_pan(pan: Vec2, size: Vec2, area: Vec2) -> Vec2 {
    let limit = ((size - area) / 2.0).max(Vec2::ZERO);
    pan.clamp(-limit, limit)
}

/// Zooms and pans by what the hand does in `area`.
pub fn zoom_and_pan(ui: &Ui, view: &mut CanvasView, response: &Response, area: Rect) {
    if response.dragged_by(PointerButton::Secondary) || response.dragged_by(PointerButton::Middle) {
        view.pan += response.drag_delta();
    }
    let Some(pointer) = response.hover_pos() else {
        return;
    };
    let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
    let factor = pinch * (scroll / 300.0).exp();
    if factor == 1.0 {
        return;
    }
    let before = view.zoom;
    view.zoom = (view.zoom * factor).clamp(1.0, MAX_ZOOM);
    // What lies under the pointer stays there.
    let from_middle = pointer - area.center();
    view.pan = from_middle - (from_middle - view.pan) * (view.zoom / before);
}

/// Walks by what the hand does on a picture that lies at `rect`.
pub fn walk(
    app: &AppState,
    actions: &mut Actions,
    view: &mut CanvasView,
    response: &Response,
    rect: Rect,
) {
    if response.drag_started_by(PointerButton::Primary) {
        view.drag = app.model().and_then(|model| drag_start(app, model));
    }
    if response.dragged_by(PointerButton::Primary)
        && let Some(start) = &view.drag
        && let Some(delta) = response.total_drag_delta()
    {
        // Up is more: the vertical axis of the screen runs the other way.
        let sigmas = vec2(delta.x, -delta.y) * (SIGMAS_ACROSS / rect.width().max(1.0));
        for edit in edits(start, sigmas) {
            actions.edit(edit);
        }
        actions.push(Action::Tour(TourAction::Dragged));
    }
    if response.drag_stopped() {
        view.drag = None;
    }
}

/// Walks as a drag does by the arrow keys, while the picture has the keyboard.
pub fn walk_by_keys(ui: &Ui, app: &AppState, actions: &mut Actions, response: &Response) {
    if !response.has_focus() {
        return;
    }
    keep_arrow_keys(ui, response.id);
    let pressed = ui.input(|input| {
        let count = |key| input.num_presses(key) as f32;
        vec2(
            count(Key::ArrowRight) - count(Key::ArrowLeft),
            count(Key::ArrowUp) - count(Key::ArrowDown),
        )
    });
    let start = app.model().and_then(|model| drag_start(app, model));
    if pressed != Vec2::ZERO
        && let Some(start) = start
    {
        for edit in edits(&start, pressed * KEY_SIGMA) {
            actions.edit(edit);
        }
        actions.push(Action::Tour(TourAction::Dragged));
    }
}

fn drag_start(app: &AppState, model: &ModelInfo) -> Option<DragStart> {
    if plane::is_plane(model) {
        let code = plane::current_code(app)?;
        return Some(DragStart::Plane {
            code,
            sigma: plane::sigma(model),
        });
    }
    let space = model.editing_space();
    let mut ranked = model.ranked_axes(space).iter().map(|(index, _)| *index);
    let axes = [ranked.next()?, ranked.next()?].map(|index| Axis { space, index });
    let units = axes.map(|axis| model.axis_unit(axis.space, axis.index));
    let sigma = |which: usize| app.position().offset(axes[which]) / units[which];
    Some(DragStart::Axes {
        axes,
        sigmas: [sigma(0), sigma(1)],
        units,
    })
}

fn edits(start: &DragStart, moved: Vec2) -> Vec<Edit> {
    match start {
        DragStart::Axes {
            axes,
            sigmas,
            units,
        } => [moved.x, moved.y]
            .into_iter()
            .zip(axes.iter().zip(sigmas.iter().zip(units)))
            .map(|(moved, (&axis, (&from, &unit)))| {
                // One that stands further out already is not pulled in by a touch.
                let limit = MAX_DRAG_SIGMA.max(from.abs());
                let sigma = (from + moved).clamp(-limit, limit);
                Edit::along(axis, (sigma * 100.0).round() / 100.0, unit)
            })
            .collect(),
        DragStart::Plane { code, sigma } => {
            let values = [code[0] + moved.x * sigma[0], code[1] + moved.y * sigma[1]];
            vec![Edit::Vector(values.map(plane::rounded).to_vec())]
        }
    }
}

/// One sentence on what to try next.
fn caption_ui(ui: &Ui, app: &AppState) {
    let Some(model) = app.model() else { return };
    if app.tour().step().is_some() {
        return;
    }
    let first = app.tool::<Directions>().to_try();
    let text = if app.player().is_some() {
        "Drifting from seed to seed: press Space to stop where you like it".to_owned()
    } else if let Some(first) = first.filter(|_| app.tools().open() == Tool::Explore) {
        format!("Move the slider “{first}”, drag on the picture, or press R for another seed")
    } else if plane::is_plane(model) {
        "Drag on the picture or on the map to walk through the latent space, or press Space to \
         let it drift"
            .to_owned()
    } else {
        "Drag on the picture or move a slider to walk through the latent space, or press Space \
         to let it drift"
            .to_owned()
    };
    let area = ui.max_rect();
    let mut line = Rect::from_min_max(pos2(area.min.x, area.max.y - CAPTION_HEIGHT), area.max);
    line = line.shrink2(vec2(space::M, 0.0));
    let font = FontId::proportional(crate::ui::theme::text::SMALL);
    let tokens = tokens(ui);
    let laid_out = |text: &str, color| {
        let painter = ui.painter();
        painter.layout(text.to_owned(), font.clone(), color, line.width())
    };
    let likelihood = likelihood(app, model);
    let strong = likelihood
        .as_ref()
        .map(|(words, _)| laid_out(words, tokens.text_strong));
    let sentence = laid_out(&text, tokens.text_muted);
    let gap = if strong.is_some() { space::M } else { 0.0 };
    let likelihood_width = strong.as_ref().map_or(0.0, |galley| galley.size().x + gap);
    // Beside a tool's sheet there may be no room for a sentence.
    let has_room = sentence.rows.len() == 1 && likelihood_width + sentence.size().x <= line.width();
    let width = match has_room {
        true => likelihood_width + sentence.size().x,
        false => likelihood_width - gap,
    };
    let left = line.center().x - width / 2.0;
    let place = |left: f32, size: Vec2| {
        Rect::from_min_size(pos2(left, line.center().y - size.y / 2.0), size)
    };
    if let (Some(galley), Some((words, tip))) = (strong, likelihood) {
        let rect = place(left, galley.size());
        let response = ui.interact(rect, ui.scope_id().with("likelihood"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &words));
        ui.painter().galley(rect.min, galley, tokens.text_strong);
        response.on_hover_text(tip);
    }
    if has_room {
        let rect = place(left + likelihood_width, sentence.size());
        let response = ui.interact(rect, ui.scope_id().with("caption"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
        ui.painter().galley(rect.min, sentence, tokens.text_muted);
    }
}

/// How likely the picture is by the model's own density, and what that means; `None` where the model has none.
fn likelihood(app: &AppState, model: &ModelInfo) -> Option<(String, String)> {
    // In Where am I it stands among the other numbers.
    let is_elsewhere = app.tools().open() == Tool::Where;
    if is_elsewhere || !model.manifest.capabilities().has_likelihood {
        return None;
    }
    if app.learning().is_predicting(app.view()) {
        let tip = "Shown when the open task is answered";
        return Some(("Likelihood hidden".to_owned(), tip.to_owned()));
    }
    let words = match app.tool::<Where>().bits_per_dimension() {
        Some(bits) => format!("{bits:.3} bits/dim"),
        None => "– bits/dim".to_owned(),
    };
    let mut tip = "Likelihood of the picture: the bits that each number of it takes under the model's own density. \
                   The fewer, the likelier"
        .to_owned();
    if let Some(of_test) = model.manifest.quality.get("bits_per_dimension") {
        tip += &format!("; test pictures take {of_test:.3} on average");
    }
    Some((words, tip))
}

/// What stands in the place of the first picture.
fn waiting_ui(ui: &mut Ui, app: &AppState) {
    ui.add_space((ui.available_height() / 2.0 - 48.0).max(0.0));
    match app.models().loading() {
        Some(loading) => {
            ui.vertical_centered(|ui| ui.spinner());
            let title = format!("Loading {}", source_title(loading));
            ui.vertical_centered(|ui| ui.label(title));
        }
        None if app.model().is_some() => {
            ui.vertical_centered(|ui| ui.spinner());
            ui.vertical_centered(|ui| ui.label("Decoding the first picture"));
        }
        None => empty_state(
            ui,
            Icon::Box,
            "No model",
            "Choose one at the top, or drop a .safetensors file here",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::Space;

    const SMALL: ImageSpec = ImageSpec {
        channels: 1,
        height: 28,
        width: 28,
    };
    const LARGE: ImageSpec = ImageSpec {
        channels: 3,
        height: 1024,
        width: 1024,
    };

    #[test]
    fn small_pictures_are_enlarged_by_whole_numbers() {
        assert_eq!(scale_to_fit(vec2(700.0, 600.0), SMALL, false), 21.0);
        assert_eq!(scale_to_fit(vec2(70.0, 70.0), SMALL, true), 2.5);
        assert_eq!(scale_to_fit(vec2(512.0, 2000.0), LARGE, false), 0.5);
        assert!(scale_to_fit(vec2(0.0, 0.0), SMALL, true) > 0.0);
    }

    #[test]
    fn dragging_moves_along_both_axes_and_stops_at_the_rim() {
        let axes = [4, 1].map(|index| Axis {
            space: Space::W,
            index,
        });
        let start = DragStart::Axes {
            axes,
            sigmas: [0.0, 2.5],
            units: [1.0, 0.5],
        };
        let edit = |which: usize, step| Edit::Axis {
            axis: axes[which],
            step,
        };
        assert_eq!(
            edits(&start, vec2(0.456, 2.0)),
            [edit(0, 0.46), edit(1, 1.5)]
        );
        let start = DragStart::Plane {
            code: [1.0, -1.0],
            sigma: [2.0, 1.0],
        };
        assert_eq!(
            edits(&start, vec2(0.5, 0.25)),
            [Edit::Vector(vec![2.0, -0.75])]
        );
    }
}

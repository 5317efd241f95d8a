//! The map in the middle of the window: tiles, layers, the hand.

use super::layers;
use crate::app::sentences::NO_MODEL;
use crate::app::tools::map::{HOVERED, Home, Map, MapPlane, MapTiles, POINT, Viewport};
use crate::app::{Actions, AppState, Edit};
use crate::engine::ModelInfo;
use crate::ui::panels::classes::class_name;
use crate::ui::panels::tools::Stage;
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{PLAIN_TINT, TextRole, size, space, tokens};
use crate::ui::widgets::{caption, empty_state, icon, tile};
use eframe::egui::{
    Align2, Button, CursorIcon, Key, PointerButton, Pos2, Rect, Response, Role, Sense, Stroke,
    StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;

/// One press of a key or button zooms by this factor.
const ZOOM_STEP: f64 = 1.5;
/// One press of an arrow key moves the view by this part of its half width.
const PAN_STEP: f64 = 0.25;
/// Side of the picture of the point, as a part of the map's, and its bounds in points.
const INSET_PART: f32 = 0.3;
const MIN_INSET: f32 = 72.0;
const MAX_INSET: f32 = 200.0;
/// How near the pointer must be to a datum to pick it, in points.
const PICK_POINTS: f32 = 8.0;

/// Plane to screen and back.
#[derive(Clone, Copy)]
pub struct Projection {
    pub rect: Rect,
    pub centre: [f64; 2],
    /// Points for one unit of the plane.
    pub points_per_unit: f64,
}

impl Projection {
    pub fn screen(&self, [x, y]: [f64; 2]) -> Pos2 {
        let right = ((x - self.centre[0]) * self.points_per_unit) as f32;
        // Up is more: the vertical axis of the screen runs the other way.
        let down = ((self.centre[1] - y) * self.points_per_unit) as f32;
        self.rect.center() + vec2(right, down)
    }

    pub fn plane(&self, at: Pos2) -> [f64; 2] {
        let from_centre = at - self.rect.center();
        [
            self.centre[0] + f64::from(from_centre.x) / self.points_per_unit,
            self.centre[1] - f64::from(from_centre.y) / self.points_per_unit,
        ]
    }
}

/// One of the maps beside each other.
struct Chart<'a> {
    model: &'a ModelInfo,
    plane: &'a MapPlane,
    tiles: &'a MapTiles,
    /// For screen readers and tests.
    name: &'static str,
    rect: Rect,
}

/// Paints the map, or two of them; each has its own textures.
pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>, textures: [&mut PictureTextures; 2]) {
    let app = stage.app;
    let live = app.tools().map();
    let (Some(model), Some(plane), Some(home)) = (app.model(), live.plane(), live.home()) else {
        let reason = match app.model() {
            None => NO_MODEL,
            Some(_) => live.why_not().unwrap_or("Its codes are being computed"),
        };
        ui.add_space(ui.available_height() / 3.0);
        empty_state(ui, Icon::Map, "No map yet", reason);
        return;
    };
    let area = ui.available_rect_before_wrap().shrink(space::M);
    let beside = live.beside().laid();
    let [first, second] = places(area, beside.is_some());
    let known = live.look();
    let mut look = known.unwrap_or(Viewport {
        centre: home.centre,
        half_span: home.half_span,
        size_px: [1.0; 2],
        hovered: None,
    });
    look.hovered = None;
    let [chunks, chunks_beside] = textures;
    let chart = Chart {
        model,
        plane,
        tiles: live.tiles(),
        name: "Map of the latent plane",
        rect: first,
    };
    let painted = chart.ui(ui, stage, chunks, &mut look, home);
    chunks.end_frame();
    inset_ui(ui, first, painted.here, stage);
    if let Some((model, plane)) = beside {
        let chart = Chart {
            model,
            plane,
            tiles: live.beside().tiles(),
            name: "Map of the second model",
            rect: second,
        };
        let hovered = look.hovered;
        let painted = chart.ui(ui, stage, chunks_beside, &mut look, home);
        look.hovered = hovered;
        point_ui(ui, second, painted.here, stage);
        title_ui(ui, first, app.model().map_or("", |model| &model.id.name));
        title_ui(ui, second, &model.id.name);
    }
    chunks_beside.end_frame();
    buttons_ui(ui, first.union(second), &mut look, home);
    if known != Some(look) {
        stage
            .actions
            .ask_tool(move |map: &mut Map, _| map.look_at(look));
    }
    let response = painted.response;
    if let Some(row) = look.hovered {
        hovered_ui(response, app, model, row, stage.textures);
    }
}

/// Where one map lies, or two of the same size.
fn places(area: Rect, has_two: bool) -> [Rect; 2] {
    if !has_two {
        return [area, area];
    }
    let gap = space::M / 2.0;
    let (mut first, mut second) = if area.width() >= area.height() {
        area.split_left_right_at_fraction(0.5)
    } else {
        area.split_top_bottom_at_fraction(0.5)
    };
    if area.width() >= area.height() {
        first.max.x -= gap;
        second.min.x += gap;
    } else {
        first.max.y -= gap;
        second.min.y += gap;
    }
    [first, second]
}

/// What was painted of a map.
struct Painted {
    response: Response,
    /// Where the current code is on it.
    here: Option<Pos2>,
}

impl Chart<'_> {
    /// Paints the map and goes where the hand is. What the hand looks at is looked at in both maps.
    fn ui(
        &self,
        ui: &mut Ui,
        stage: &mut Stage<'_>,
        textures: &mut PictureTextures,
        look: &mut Viewport,
        home: Home,
    ) -> Painted {
        let (app, plane, rect) = (stage.app, self.plane, self.rect);
        let id = ui.scope_id().with(("map", self.name));
        let response = ui.interact(rect, id, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, self.name));
        let pixels_per_point = ui.ctx().pixels_per_point();
        look.size_px = [
            rect.width() * pixels_per_point,
            rect.height() * pixels_per_point,
        ];
        *look = moved(ui, &response, rect, *look, home);
        let projection = Projection {
            rect,
            centre: look.centre,
            points_per_unit: look.pixels_per_unit() / f64::from(pixels_per_point),
        };
        let live = app.tools().map();
        let settings = &app.tools().settings().map;
        let painter = ui.painter().with_clip_rect(rect);
        painter.rect_filled(rect, 0.0, tokens(ui).field);
        if settings.pictures {
            tiles_ui(ui, &painter, textures, self.tiles, projection);
        }
        layers::axes_ui(ui, &painter, plane, projection, settings.pictures);
        if settings.density {
            layers::density_ui(
                ui,
                &painter,
                plane,
                self.model,
                projection,
                settings.pictures,
            );
        }
        if settings.data {
            let pointer = response.hover_pos();
            look.hovered = layers::data_ui(
                ui,
                &painter,
                plane,
                self.model,
                settings,
                projection,
                pointer,
                PICK_POINTS,
            );
        }
        if settings.trail {
            layers::trail_ui(
                ui,
                &painter,
                plane,
                live.trail(),
                projection,
                settings.pictures,
            );
        }
        let here = layers::here_ui(ui, &painter, app, plane, projection, settings.pictures);
        walk(stage.actions, &response, plane, projection);
        status_ui(ui, rect, self.tiles);
        let response = response.on_hover_and_drag_cursor(CursorIcon::Crosshair);
        Painted { response, here }
    }
}

/// Which model a map is of, where there are two.
fn title_ui(ui: &Ui, rect: Rect, words: &str) {
    let at = rect.center_top() + vec2(0.0, space::S);
    let tokens = tokens(ui);
    let font = TextRole::Body.font();
    layers::plate_text(
        ui.painter(),
        tokens,
        at,
        Align2::CENTER_TOP,
        words,
        &font,
        tokens.text_strong,
    );
}

/// Zooms and pans by wheel, mouse and keys.
fn moved(ui: &Ui, response: &Response, rect: Rect, mut look: Viewport, home: Home) -> Viewport {
    let per_point = look.pixels_per_unit() / f64::from(ui.ctx().pixels_per_point());
    if response.dragged_by(PointerButton::Secondary) || response.dragged_by(PointerButton::Middle) {
        let delta = response.drag_delta();
        look.centre[0] -= f64::from(delta.x) / per_point;
        look.centre[1] += f64::from(delta.y) / per_point;
    }
    if let Some(pointer) = response.hover_pos() {
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
        let factor = f64::from(pinch * (scroll / 300.0).exp());
        if factor != 1.0 {
            look = zoomed(look, factor, pointer - rect.center(), per_point, home);
        }
    }
    if response.has_focus() {
        let pressed = |key| ui.input(|input| input.key_pressed(key));
        let step = look.half_span * PAN_STEP;
        for (key, [x, y]) in [
            (Key::ArrowLeft, [-step, 0.0]),
            (Key::ArrowRight, [step, 0.0]),
            (Key::ArrowUp, [0.0, step]),
            (Key::ArrowDown, [0.0, -step]),
        ] {
            if pressed(key) {
                look.centre[0] += x;
                look.centre[1] += y;
            }
        }
        if pressed(Key::Plus) || pressed(Key::Equals) {
            look = zoomed(look, ZOOM_STEP, Vec2::ZERO, per_point, home);
        }
        if pressed(Key::Minus) {
            look = zoomed(look, 1.0 / ZOOM_STEP, Vec2::ZERO, per_point, home);
        }
    }
    look
}

/// Zooms so that what lies `from_centre` of the view stays there.
fn zoomed(
    mut look: Viewport,
    factor: f64,
    from_centre: Vec2,
    per_point: f64,
    home: Home,
) -> Viewport {
    let home = home.half_span;
    let before = look.half_span;
    look.half_span = (before / factor).clamp(home / 4096.0, home * 8.0);
    let kept = 1.0 - look.half_span / before;
    look.centre[0] += f64::from(from_centre.x) / per_point * kept;
    look.centre[1] -= f64::from(from_centre.y) / per_point * kept;
    look
}

fn tiles_ui(
    ui: &Ui,
    painter: &eframe::egui::Painter,
    textures: &mut PictureTextures,
    tiles: &MapTiles,
    projection: Projection,
) {
    let uv = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
    for (key, chunk) in tiles.painted() {
        let [left, bottom, right, top] = key.bounds();
        let rect = Rect::from_min_max(
            projection.screen([left, top]),
            projection.screen([right, bottom]),
        );
        if let Some((texture, _)) = textures.of_thumbnail(ui.ctx(), chunk.id, &chunk.picture) {
            painter.image(texture, rect, uv, PLAIN_TINT);
        }
    }
}

/// Goes where the hand is.
fn walk(actions: &mut Actions, response: &Response, plane: &MapPlane, projection: Projection) {
    let grabbed = response.dragged_by(PointerButton::Primary) || response.clicked();
    if let Some(at) = response.interact_pointer_pos().filter(|_| grabbed) {
        let at = at.clamp(projection.rect.min, projection.rect.max);
        actions.edit(Edit::Expression(plane.expression(projection.plane(at))));
    }
    if response.clicked() {
        response.request_focus();
    }
}

/// Something that lies over the map, with an identity of its own: one that is counted would change when
/// another comes or goes, and a click that had begun on it would be lost.
fn overlay(ui: &Ui, name: &str) -> UiBuilder {
    UiBuilder::new().scope_id(ui.scope_id().with(("map overlay", name)))
}

/// Zoom and fit, for those without a wheel.
fn buttons_ui(ui: &mut Ui, rect: Rect, look: &mut Viewport, home: Home) {
    let place = Rect::from_min_size(
        rect.right_top() + vec2(-(size::CONTROL + space::S), space::S),
        vec2(size::CONTROL, 4.0 * size::CONTROL),
    );
    let mut column = ui.new_child(overlay(ui, "zoom").max_rect(place));
    column.spacing_mut().item_spacing.y = space::XS;
    let mut button = |glyph, name: &str, tip: &str| {
        column
            .add(Button::new(icon(glyph)).min_size(vec2(size::CONTROL, size::CONTROL)))
            .on_hover_text(tip)
            .accessible_name(name)
            .clicked()
    };
    if button(
        Icon::Plus,
        "Zoom in",
        "Look closer (scroll, or + with the map in focus)",
    ) {
        *look = zoomed(*look, ZOOM_STEP, Vec2::ZERO, 1.0, home);
    }
    if button(
        Icon::Minus,
        "Zoom out",
        "Look from further away (scroll, or - with the map in focus)",
    ) {
        *look = zoomed(*look, 1.0 / ZOOM_STEP, Vec2::ZERO, 1.0, home);
    }
    if button(
        Icon::Expand,
        "Whole map",
        "Show the region of nearly all codes",
    ) {
        look.centre = home.centre;
        look.half_span = home.half_span;
    }
}

/// The picture of the point, large, in a corner at the foot that the point is not in.
fn inset_ui(ui: &mut Ui, rect: Rect, here: Option<Pos2>, stage: &Stage<'_>) {
    let Some(shown) = stage.shown else { return };
    let size = vec2(shown.image.width as f32, shown.image.height as f32);
    let place = inset_place(rect, size, here);
    let uv = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
    let painter = ui.painter();
    painter.image(shown.texture, place, uv, PLAIN_TINT);
    inset_frame(ui, place, "Picture of the point");
}

/// The same of the second model.
fn point_ui(ui: &mut Ui, rect: Rect, here: Option<Pos2>, stage: &mut Stage<'_>) {
    let set = stage.app.pictures().set(POINT);
    let Some(picture) = set.get(0) else { return };
    let size = vec2(picture.image.width as f32, picture.image.height as f32);
    let place = inset_place(rect, size, here);
    tile::picture_ui(ui, stage.textures, picture, place, 1.0);
    inset_frame(ui, place, "Picture of the point by the second model");
}

fn inset_place(rect: Rect, image: Vec2, here: Option<Pos2>) -> Rect {
    let side = (INSET_PART * rect.size().min_elem()).clamp(MIN_INSET, MAX_INSET);
    let image = image.max(Vec2::splat(1.0));
    let picture = image * (side / image.max_elem());
    let right = Rect::from_min_size(rect.max - picture - Vec2::splat(space::S), picture);
    let is_near = here.is_some_and(|at| right.expand(space::L).contains(at));
    if is_near {
        let left = rect.left_bottom() + vec2(space::S, -space::S - picture.y);
        Rect::from_min_size(left, picture)
    } else {
        right
    }
}

fn inset_frame(ui: &mut Ui, place: Rect, name: &str) {
    let response = ui.interact(place, ui.scope_id().with(name), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    let stroke = Stroke::new(2.0, tokens(ui).accent);
    ui.painter()
        .rect_stroke(place, 0.0, stroke, StrokeKind::Outside);
}

fn status_ui(ui: &mut Ui, rect: Rect, tiles: &MapTiles) {
    let text = match (tiles.failure(), tiles.progress()) {
        (Some(failure), _) => failure.to_owned(),
        (None, (there, all)) if there < all => format!("Decoding {there} of {all}"),
        _ => return,
    };
    let place = Rect::from_min_size(
        // Above the numbers of the axis.
        rect.left_bottom() + vec2(space::XL + space::S, -44.0),
        vec2(rect.width(), 20.0),
    );
    let mut line = ui.new_child(overlay(ui, "status").max_rect(place));
    caption(&mut line, text);
}

/// The datum under the pointer, as the model draws it.
fn hovered_ui(
    response: Response,
    app: &AppState,
    model: &ModelInfo,
    row: usize,
    textures: &mut PictureTextures,
) {
    let Some((code, class)) = model.encoded.get(row) else {
        return;
    };
    response.on_hover_ui_at_pointer(|ui| {
        let set = app.pictures().set(HOVERED);
        let picture = set
            .get(0)
            .filter(|picture| picture.code.values.reals() == *code);
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(96.0), Sense::hover());
        if let Some(picture) = picture {
            tile::picture_ui(ui, textures, picture, rect, 1.0);
        }
        ui.label(format!("Test picture {row}: {}", class_name(model, *class)));
        caption(ui, "Its reconstruction by this model");
    });
}

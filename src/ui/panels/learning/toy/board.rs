//! A picture of a toy that is dragged, or moved by the arrow keys.

use crate::ui::theme::{size, tokens};
use crate::ui::widgets::keep_arrow_keys;
use eframe::egui::{
    Key, Painter, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2,
};

/// A picture before what is painted on it.
pub struct Board {
    pub rect: Rect,
    pub painter: Painter,
    response: Response,
    frame: Stroke,
}

impl Board {
    /// One that is moved.
    pub fn new(ui: &mut Ui, size: Vec2, name: &str) -> Self {
        Self::of(ui, size, name, Sense::click_and_drag())
    }

    /// One that is only looked at.
    pub fn still(ui: &mut Ui, size: Vec2, name: &str) -> Self {
        Self::of(ui, size, name, Sense::hover())
    }

    fn of(ui: &mut Ui, wanted: Vec2, name: &str, sense: Sense) -> Self {
        let colours = tokens(ui);
        let (rect, response) = ui.allocate_exact_size(wanted, sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        painter.rect_filled(rect, size::RADIUS_SMALL, colours.field);
        // The field has the colour of the panel in a light window.
        let frame = match response.has_focus() {
            true => colours.accent,
            false => colours.line,
        };
        Self {
            rect,
            painter,
            response,
            frame: Stroke::new(1.0, frame),
        }
    }

    /// Where it is dragged or clicked to.
    pub fn pointer(&self) -> Option<Pos2> {
        let is_moved = self.response.dragged() || self.response.clicked();
        let pointer = self.response.interact_pointer_pos();
        pointer.filter(|_| is_moved)
    }

    /// How far it was dragged since the last frame.
    pub fn dragged(&self) -> Vec2 {
        self.response.drag_delta()
    }

    /// How often the arrow keys were pressed to the right and down, while it has the keyboard.
    pub fn keys(&self, ui: &Ui) -> Vec2 {
        if !self.response.has_focus() {
            return Vec2::ZERO;
        }
        keep_arrow_keys(ui, self.response.id);
        let [right, left, down, up] = [
            Key::ArrowRight,
            Key::ArrowLeft,
            Key::ArrowDown,
            Key::ArrowUp,
        ]
        .map(|key| ui.input(|input| input.num_presses(key)) as f32);
        vec2(right - left, down - up)
    }

    /// Paints the frame, over all else.
    pub fn finish(self, about: &str) {
        self.painter.rect_stroke(
            self.rect,
            size::RADIUS_SMALL,
            self.frame,
            StrokeKind::Inside,
        );
        self.response.on_hover_text(about);
    }
}

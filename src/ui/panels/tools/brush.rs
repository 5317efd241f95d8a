//! A hand that paints on a picture: with the pointer, or with a cursor that arrow keys move.

use crate::ui::widgets::keep_arrow_keys;
use eframe::egui::{Key, PointerButton, Pos2, Rect, Response, Ui, vec2};

/// Where a stroke under way is, and where the keyboard would paint.
#[derive(Default)]
pub struct Pen {
    at: Option<[f32; 2]>,
    cursor: [usize; 2],
}

/// What was painted in a frame.
pub struct Line {
    /// In parts of the sides of the picture, from the top left corner.
    pub ends: [[f32; 2]; 2],
    /// Whether the stroke ends with it.
    pub is_over: bool,
}

/// A place on the window in parts of the sides of a picture that lies at `place`.
pub fn part_of(place: Rect, at: Pos2) -> [f32; 2] {
    let part = (at - place.min) / place.size().max(vec2(1.0, 1.0));
    [part.x, part.y]
}

impl Pen {
    /// Follows the pointer, with the primary button down, over a picture that lies at `place`.
    pub fn follow(&mut self, response: &Response, place: Rect) -> Option<Line> {
        let is_over = response.drag_stopped_by(PointerButton::Primary) || response.clicked();
        let at = response.interact_pointer_pos();
        if at.is_none() || !(response.dragged_by(PointerButton::Primary) || is_over) {
            return None;
        }
        let to = part_of(place, at?);
        // A drag is known as one only when the hand has moved.
        let origin = response.ctx.input(|input| input.pointer.press_origin());
        let from = self.at.take();
        let from = from.unwrap_or_else(|| origin.map_or(to, |origin| part_of(place, origin)));
        self.at = (!is_over).then_some(to);
        Some(Line {
            ends: [from, to],
            is_over,
        })
    }

    /// Lets go of a stroke.
    pub fn lift(&mut self) {
        self.at = None;
    }

    /// The cell that the keyboard would paint.
    pub fn cursor(&self) -> [usize; 2] {
        self.cursor
    }

    /// Moves the cursor by the arrow keys while the picture has the keyboard. Returns the middle of its
    /// cell, in parts of the sides, where Enter paints it.
    pub fn follow_keys(
        &mut self,
        ui: &Ui,
        response: &Response,
        [width, height]: [usize; 2],
    ) -> Option<[f32; 2]> {
        if !response.has_focus() {
            return None;
        }
        keep_arrow_keys(ui, response.id);
        let pressed = |key| ui.input(|input| input.num_presses(key));
        let moved = |at: usize, less: Key, more: Key, count: usize| {
            (at + pressed(more))
                .saturating_sub(pressed(less))
                .min(count.saturating_sub(1))
        };
        let [x, y] = self.cursor;
        self.cursor = [
            moved(x, Key::ArrowLeft, Key::ArrowRight, width),
            moved(y, Key::ArrowUp, Key::ArrowDown, height),
        ];
        if pressed(Key::Enter) == 0 || width == 0 || height == 0 {
            return None;
        }
        let [x, y] = self.cursor;
        Some([
            (x as f32 + 0.5) / width as f32,
            (y as f32 + 0.5) / height as f32,
        ])
    }
}

//! The pictures that a task and its verdict show.

use crate::app::AppState;
use crate::app::learning::{TaskPicture, picture_key};
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::caption;
use crate::ui::widgets::tile::picture_ui;
use eframe::egui::{Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

/// Side of a picture, in points.
const PICTURE: f32 = 112.0;
const SMALL_PICTURE: f32 = 64.0;

/// The pictures of the open task: its own, then those of its verdict.
pub struct TaskPictures<'a> {
    app: &'a AppState,
    textures: &'a mut PictureTextures,
    wanted: Vec<TaskPicture>,
}

impl<'a> TaskPictures<'a> {
    pub fn new(app: &'a AppState, textures: &'a mut PictureTextures) -> Self {
        Self {
            app,
            textures,
            wanted: app.learning().task_pictures(),
        }
    }

    /// Paints the first pictures side by side, each over its name.
    pub fn row_ui(&mut self, ui: &mut Ui, names: &[&str]) {
        ui.horizontal(|ui| {
            for (index, name) in names.iter().enumerate() {
                ui.vertical(|ui| {
                    self.still_ui(ui, index, PICTURE, name);
                    caption(ui, *name);
                });
            }
        });
    }

    /// Paints a small picture.
    pub fn small_ui(&mut self, ui: &mut Ui, index: usize, name: &str) {
        self.still_ui(ui, index, SMALL_PICTURE, name);
    }

    /// Paints a picture; an empty place while it is on its way.
    fn still_ui(&mut self, ui: &mut Ui, index: usize, side: f32, name: &str) {
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
        ui.painter()
            .rect_filled(rect, size::RADIUS_SMALL, tokens(ui).field);
        self.paint(ui, index, rect);
    }

    /// A picture to choose. Returns whether it was chosen now.
    pub fn choice_ui(&mut self, ui: &mut Ui, index: usize, name: &str, is_chosen: bool) -> bool {
        let colours = tokens(ui);
        let place = Vec2::splat(PICTURE + space::S);
        let (rect, response) = ui.allocate_exact_size(place, Sense::click());
        let is_enabled = ui.is_enabled();
        response
            .widget_info(|| WidgetInfo::selected(Role::RadioButton, is_enabled, is_chosen, name));
        ui.painter()
            .rect_filled(rect, size::RADIUS_SMALL, colours.field);
        self.paint(ui, index, rect.shrink(space::XS));
        let stroke = if is_chosen {
            Stroke::new(2.0, colours.accent)
        } else if response.hovered() || response.has_focus() {
            Stroke::new(2.0, colours.outline)
        } else {
            Stroke::new(1.0, colours.line)
        };
        ui.painter()
            .rect_stroke(rect, size::RADIUS_SMALL, stroke, StrokeKind::Inside);
        response.on_hover_text(name).clicked()
    }

    fn paint(&mut self, ui: &Ui, index: usize, rect: Rect) {
        let Some(wanted) = self.wanted.get(index) else {
            return;
        };
        // What the task before has left in the set is another picture.
        let come = self
            .app
            .pictures()
            .set(picture_key(index))
            .get(0)
            .filter(|it| it.expression == wanted.expression && it.sampler == wanted.sampler)
            .filter(|it| it.model.name == wanted.model);
        if let Some(picture) = come {
            picture_ui(ui, self.textures, picture, rect, 1.0);
        }
    }
}

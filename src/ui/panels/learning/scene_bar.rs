//! The line over the picture while a scene is open: what is to be seen, and the way out.

use super::ask;
use crate::app::{Action, Actions, AppState, Command, LearningAction};
use crate::app::{OpenScene, SceneOrigin};
use crate::ui::theme::{TextRole, space, tokens};
use crate::ui::widgets::{caption, command_button, icon};
use eframe::egui::{Align, Button, Label, Layout, RichText, ScrollArea, Ui};
use lucide_icons::Icon;

/// Narrower than this, the words stand above the buttons, not beside them.
const BESIDE: f32 = 440.0;
/// How high the words may then be, so that they leave the picture its place.
const WORDS_HEIGHT: f32 = 84.0;

/// Paints the line.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, scene: &OpenScene) {
    if ui.available_width() < BESIDE {
        ScrollArea::vertical()
            .id_salt("what the scene says")
            .max_height(WORDS_HEIGHT)
            .show(ui, |ui| words_ui(ui, scene));
        ui.horizontal(|ui| buttons_ui(ui, app, actions, scene));
        return;
    }
    ui.horizontal_top(|ui| {
        let glyph = match scene.origin {
            SceneOrigin::Question(_) => Icon::GraduationCap,
            SceneOrigin::File(_) => Icon::Clapperboard,
        };
        ui.label(icon(glyph).color(tokens(ui).accent));
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            buttons_ui(ui, app, actions, scene);
            ui.with_layout(Layout::top_down(Align::Min), |ui| words_ui(ui, scene));
        });
    });
}

fn buttons_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, scene: &OpenScene) {
    command_button(ui, app, actions, Command::LeaveScene);
    if scene.is_whole {
        let again = ui
            .add(Button::new(icon(Icon::RotateCcw)))
            .on_hover_text("Reset the scene to its start")
            .accessible_name("Start the scene again");
        if again.clicked() {
            match &scene.origin {
                SceneOrigin::Question(id) => ask(actions, LearningAction::EnterScene(id.clone())),
                SceneOrigin::File(path) => actions.push(Action::OpenFile(path.clone())),
            }
        }
    }
}

fn words_ui(ui: &mut Ui, scene: &OpenScene) {
    ui.spacing_mut().item_spacing.y = space::XS;
    let strong = tokens(ui).text_strong;
    if let Some(title) = &scene.title {
        let title = RichText::new(title).font(TextRole::Heading.font());
        ui.add(Label::new(title.color(strong)).wrap());
    }
    ui.add(Label::new(RichText::new(&scene.caption).color(strong)).wrap());
    if let Some(nearest) = &scene.nearest {
        caption(ui, nearest.as_str());
    }
}

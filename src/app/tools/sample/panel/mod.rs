//! Sample: the sampler and its levels at the left, the picture in the middle.

mod levels;

use crate::app::models::source_title;
use crate::app::{Action, Actions, AppState};
use crate::engine::{ModelInfo, ModelSource};
use crate::learn::Control;
use crate::ui::panels::tools::{Controls, ToolPanel};
use crate::ui::panels::{conditions, noise, sampler, unlocked_ui};
use crate::ui::theme::space;
use crate::ui::widgets::{caption, empty_state, section};
use eframe::egui::{Button, Ui};
use levels::Levels;
use lucide_icons::Icon;

/// How the levels are looked at.
#[derive(Default)]
pub struct View {
    levels: Levels,
}

impl ToolPanel for View {
    fn controls_ui(&mut self, ui: &mut Ui, controls: &mut Controls<'_>) {
        let Controls {
            app,
            actions,
            model,
            ..
        } = controls;
        let Some(diffusion) = model.manifest.diffusion else {
            one_step_ui(ui, app, actions, model);
            return;
        };
        unlocked_ui(ui, app, Control::Sliders, |ui| {
            conditions::ui(ui, app, actions, model);
        });
        sampler::ui(ui, app, actions, model);
        noise::ui(ui, app, actions, model);
        section(ui, "Noise levels", |ui| {
            self.levels
                .ui(ui, diffusion.noising, &app.position().sampler());
        });
    }
}

/// What is shown for a model that takes no steps: which ones do.
fn one_step_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, model: &ModelInfo) {
    ui.add_space(space::XL);
    empty_state(
        ui,
        Icon::Footprints,
        "One step",
        &format!(
            "{} makes a picture of its code at once. Models that begin with noise take steps",
            model.manifest.title
        ),
    );
    ui.add_space(space::M);
    let known: Vec<ModelSource> = app.models().in_steps().collect();
    if known.is_empty() {
        caption(
            ui,
            "Open a diffusion model or a flow from a file, such as one made by zscape train",
        );
    }
    for source in known {
        let words = format!("Open {}", source_title(&source));
        if ui.add(Button::new(&words)).clicked() {
            actions.push(Action::LoadModel(source));
        }
    }
}

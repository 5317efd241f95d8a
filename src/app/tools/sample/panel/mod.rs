//! Sample: the sampler and its levels at the left, the picture with its film in the middle.

mod choices;
mod edit;
mod film;
mod levels;
mod quality;
mod side;

use crate::app::tools::sample::{FILM_SECONDS, Mode, Sample};
use crate::app::{Actions, AppState, ParamId};
use crate::engine::ModelInfo;
use crate::learn::Control;
use crate::ui::panels::tools::{Controls, Stage, ToolPanel, other_models_ui, picture_ui};
use crate::ui::panels::{conditions, noise, parameter_row, sampler, unlocked_ui};
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{size, space};
use crate::ui::widgets::section;
use eframe::egui::{Button, Ui, vec2};
use levels::{Levels, Way};
use lucide_icons::Icon;

/// How the levels are looked at.
#[derive(Default)]
pub struct View {
    levels: Levels,
    /// Those of the film, which have numbers of their own.
    textures: PictureTextures,
    /// What is seen of the curves.
    quality: quality::Looks,
    brush: edit::Brush,
    /// The place of a written picture under the pointer.
    pointed: Option<usize>,
}

impl ToolPanel for View {
    fn controls_ui(&mut self, ui: &mut Ui, controls: &mut Controls<'_>) {
        let Controls {
            app,
            actions,
            model,
            ..
        } = controls;
        if !model.manifest.takes_steps() {
            one_step_ui(ui, app, actions, model);
            return;
        }
        modes_ui(ui, app, actions);
        let noising = model.manifest.diffusion.map(|diffusion| diffusion.noising);
        match app.tools().settings().sample.mode {
            Mode::Film => parameter_row::ui(ui, app, actions, &ParamId::Tool(FILM_SECONDS)),
            Mode::SideBySide => side::controls_ui(ui, app, actions, noising),
            Mode::Quality => quality::controls_ui(ui, app, actions, &mut self.quality),
            Mode::Edit => {
                edit::controls_ui(ui, app, actions);
                false
            }
        };
        unlocked_ui(ui, app, Control::Sliders, |ui| {
            conditions::ui(ui, app, actions, model);
        });
        sampler::ui(ui, app, actions, model);
        noise::ui(ui, app, actions, model);
        let Some(way) = Way::of(app) else { return };
        section(ui, "Noise levels", |ui| {
            // At the end of the film no step stands out.
            let tool = app.tools().sample();
            let is_within = tool.film().is_shown() && !tool.is_at_end();
            let shown = if is_within { tool.step() } else { 0 };
            self.levels.ui(ui, way, shown);
        });
    }

    fn stage_ui(&mut self, ui: &mut Ui, stage: &mut Stage<'_>) {
        if !stage.app.workspace().takes_steps() {
            picture_ui(ui, stage);
            return;
        }
        match stage.app.tools().settings().sample.mode {
            Mode::Film => film::ui(ui, stage, self),
            Mode::SideBySide => side::ui(ui, stage),
            Mode::Quality => quality::ui(ui, stage, &self.quality),
            Mode::Edit => edit::ui(ui, stage, &mut self.brush),
        }
        self.textures.end_frame();
    }
}

/// Chooses what is looked at.
fn modes_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let mode = app.tools().settings().sample.mode;
    ui.add_space(space::S);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for wanted in Mode::ALL {
            let (words, tip) = mode_words(wanted);
            let button = Button::new(words)
                .selected(mode == wanted)
                .min_size(vec2(0.0, size::CONTROL));
            let tip = format!("{tip} (V goes on to the next)");
            if ui.add(button).on_hover_text(tip).clicked() {
                actions.edit_tool::<Sample>(move |settings| settings.mode = wanted);
            }
        }
    });
}

fn mode_words(mode: Mode) -> (&'static str, &'static str) {
    match mode {
        Mode::Film => ("Film", "From the noise to the picture, step by step"),
        Mode::SideBySide => (
            "Side by side",
            "The same noise under two to four samplers, and how far their pictures are apart",
        ),
        Mode::Quality => (
            "Quality",
            "How alike many pictures are to real ones, against steps or guidance",
        ),
        Mode::Edit => (
            "Redraw",
            "Begin with a picture (SDEdit), or redraw the part of it that a brush paints (inpainting)",
        ),
    }
}

/// What is shown for a model that takes no steps: which ones do.
fn one_step_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, model: &ModelInfo) {
    let why = format!(
        "{} makes a picture of its code at once. Models that remove noise, or write place by place, take steps",
        model.manifest.title
    );
    other_models_ui(
        ui,
        actions,
        (Icon::Footprints, "One step", &why),
        app.models().in_steps(),
        "Open a diffusion model from a file, such as one made by zscape train",
    );
}

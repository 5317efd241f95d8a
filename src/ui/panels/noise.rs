//! The noise that goes into a picture besides its code: that of the layers of a style-based generator,
//! or that which a sampler adds on the way.

use super::unlocked_ui;
use crate::app::{Actions, AppState, Edit};
use crate::engine::ModelInfo;
use crate::latent::{NoiseMode, Sampler};
use crate::learn::Control;
use crate::ui::theme::{size, space};
use crate::ui::widgets::{caption, number_field, reset_button, section};
use eframe::egui::{DragValue, Ui};

/// Width of the seed of the noise in points: the largest seed has ten digits.
const SEED_WIDTH: f32 = 84.0;

/// Paints the choice of the noise, where it matters or is not the usual one.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, model: &ModelInfo) {
    let sampler = app.position().sampler();
    if model.manifest.takes_noise_with(&sampler) || sampler.noise != NoiseMode::default() {
        unlocked_ui(ui, app, Control::Sampler, |ui| {
            section(ui, "Noise", |ui| choices_ui(ui, app, actions, model));
        });
    }
}

/// The noise that a style-based generator adds in each layer.
fn choices_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, model: &ModelInfo) {
    let sampler = app.position().sampler();
    let noise = sampler.noise;
    let choose =
        |actions: &mut Actions, noise| actions.edit(Edit::Sampler(Sampler { noise, ..sampler }));
    let of_sampler = model.manifest.diffusion.is_some();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (mode, word, tip) in [
            (
                NoiseMode::Const,
                "const",
                match of_sampler {
                    true => "New noise is that of the picture, put in another order in each step",
                    false => "The noise that goes with the model, the same in every picture",
                },
            ),
            (
                NoiseMode::Random {
                    seed: app.position().last_seed(),
                },
                "random",
                "The noise of a seed",
            ),
            (NoiseMode::None, "none", "No noise"),
        ] {
            let is_chosen = std::mem::discriminant(&noise) == std::mem::discriminant(&mode);
            let chosen = ui
                .selectable_label(is_chosen, word)
                .on_hover_text(tip)
                .accessible_name(format!("Noise {word}"));
            if chosen.clicked() && !is_chosen {
                choose(actions, mode);
            }
        }
        if let NoiseMode::Random { mut seed } = noise {
            let field = DragValue::new(&mut seed).speed(0.1);
            let room = ui.available_width() - size::CONTROL - space::XS;
            let response = number_field(ui, room.clamp(0.0, SEED_WIDTH), field)
                .on_hover_text("The seed of the noise: drag, or click to type a number")
                .accessible_name("Noise seed");
            if response.changed() {
                choose(actions, NoiseMode::Random { seed });
            }
        }
        let reset = reset_button(ui, noise != NoiseMode::default())
            .on_hover_text("Reset to const")
            .on_disabled_hover_text("Already at its default")
            .accessible_name("Reset noise");
        if reset.clicked() {
            choose(actions, NoiseMode::default());
        }
    });
    if !model.manifest.takes_noise_with(&sampler) {
        caption(
            ui,
            "This model adds no noise, so all settings give the same picture",
        );
    }
}

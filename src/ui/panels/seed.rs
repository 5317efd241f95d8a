//! Where the walk starts: the seed, with ways to the others.

use super::unlocked_ui;
use crate::app::{Actions, AppState, Command, Edit, TourStep};
use crate::learn::Control;
use crate::ui::overlays::tour;
use crate::ui::theme::space;
use crate::ui::widgets::{icon_button, number_field, primary_button, reset_button, section_with};
use eframe::egui::{DragValue, Ui};

/// Width of the seed field in points: the largest seed has ten digits.
const SEED_WIDTH: f32 = 84.0;

/// Paints the section.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let (back_to_seed, ()) = section_with(
        ui,
        "Seed",
        |ui| back_to_seed_ui(ui, app),
        |ui| {
            unlocked_ui(ui, app, Control::Seed, |ui| seed_ui(ui, app, actions));
        },
    );
    if back_to_seed {
        actions.edit(Edit::Seed(app.position().last_seed()));
    }
}

fn seed_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        icon_button(ui, app, actions, Command::PreviousSeed);
        let position = app.position();
        let (mut seed, prefix, tip) = match app.player() {
            Some(player) => (player.to_seed(), "to ", "The seed that the walk goes to"),
            None if position.seed().is_none() => (
                position.last_seed(),
                "was ",
                "The picture is not that of a seed now; this was the last one",
            ),
            None => (
                position.last_seed(),
                "",
                "Seed of the base code: drag, or click to type a number",
            ),
        };
        let field = DragValue::new(&mut seed).speed(0.1).prefix(prefix);
        let response = number_field(ui, SEED_WIDTH, field)
            .on_hover_text(tip)
            .accessible_name("Seed");
        if response.changed() {
            actions.edit(Edit::Seed(seed));
        }
        let next = icon_button(ui, app, actions, Command::NextSeed);
        tour::mark(ui, app, TourStep::Seed, next.rect, "");
        icon_button(ui, app, actions, Command::RandomSeed);
        ui.add_space(space::XS);
        let words = if app.player().is_some() {
            "Stop"
        } else {
            "Play"
        };
        primary_button(ui, app, actions, Command::Play, words);
    });
}

/// Whether the way back was chosen.
fn back_to_seed_ui(ui: &mut Ui, app: &AppState) -> bool {
    let left_the_seed = app.position().seed().is_none() && app.player().is_none();
    reset_button(ui, left_the_seed)
        .on_hover_text("Back to the seed: the base is another code now")
        .on_disabled_hover_text("The base is this seed")
        .accessible_name("Back to the seed")
        .clicked()
}

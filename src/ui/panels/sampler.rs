//! How a model that makes pictures in steps goes from the noise to the picture: method, steps, schedule,
//! eta and guidance, for each part of the way.

use super::{parameter_row, unlocked_ui};
use crate::app::sampling::{by_method, title};
use crate::app::{Actions, AppState, Edit, ParamId, SamplerNumber, SamplerParam};
use crate::engine::ModelInfo;
use crate::latent::sampling::{Method, Name as _, Noising, Schedule};
use crate::latent::{Sampler, SamplerPart};
use crate::learn::Control;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{caption, icon, name_width, reset_button, section_with};
use eframe::egui::{Align, Button, ComboBox, Label, Layout, RichText, Ui, vec2};
use lucide_icons::Icon;

/// Paints the sampler of the current picture; nothing for a model that leaves no choice.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, model: &ModelInfo) {
    if model.manifest.writes() {
        written_ui(ui, app, actions);
    }
    let Some(diffusion) = model.manifest.diffusion else {
        return;
    };
    let sampler = app.position().sampler();
    unlocked_ui(ui, app, Control::Sampler, |ui| {
        let usual = Sampler::with_noise(sampler.noise);
        let (reset, ()) = section_with(
            ui,
            "Sampler",
            |ui| {
                reset_button(ui, sampler != usual)
                    .on_hover_text(format!(
                        "Reset to {} steps of {}",
                        usual.steps,
                        title(usual.method)
                    ))
                    .on_disabled_hover_text("Everything is at its default")
                    .accessible_name("Reset the sampler")
                    .clicked()
            },
            |ui| {
                for (index, part) in sampler.parts().enumerate() {
                    if let Some(turn) = index.checked_sub(1) {
                        turn_ui(ui, actions, &sampler, turn);
                    }
                    let new = part_ui(ui, app, actions, (index, part), diffusion.noising);
                    if new != part {
                        actions.edit(Edit::Sampler(sampler.with_part(index, new)));
                    }
                }
                costs_ui(ui, app, model, &sampler);
                heun_ui(ui, &sampler.first_part(), diffusion.noising);
            },
        );
        if reset {
            actions.edit(Edit::Sampler(usual));
        }
    });
}

/// How a model that writes place by place chooses what comes next.
fn written_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let sampler = app.position().sampler();
    unlocked_ui(ui, app, Control::Sampler, |ui| {
        let usual = Sampler::with_noise(sampler.noise);
        let (reset, ()) = section_with(
            ui,
            "Sampler",
            |ui| {
                reset_button(ui, sampler != usual)
                    .on_hover_text("Choose each index as often as the model says")
                    .on_disabled_hover_text("Everything is at its default")
                    .accessible_name("Reset the sampler")
                    .clicked()
            },
            |ui| {
                let width = name_width(ui, ["Temperature", "Guidance"].into_iter());
                for number in [SamplerNumber::Temperature, SamplerNumber::Guidance] {
                    number_ui(ui, app, actions, SamplerParam::new(0, number), width);
                }
            },
        );
        if reset {
            actions.edit(Edit::Sampler(usual));
        }
    });
}

/// Where the way goes on with other settings, and the button that takes that back.
fn turn_ui(ui: &mut Ui, actions: &mut Actions, sampler: &Sampler, turn: usize) {
    let done: usize = sampler
        .turns
        .iter()
        .take(turn + 1)
        .map(|turn| turn.after)
        .sum();
    ui.add_space(space::XS);
    ui.horizontal(|ui| {
        ui.label(RichText::new(format!("From step {} on", done + 1)).color(tokens(ui).text_strong));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let remove = Button::new(icon(Icon::X))
                .frame_when_inactive(false)
                .min_size(vec2(size::CONTROL, size::CONTROL));
            let remove = ui
                .add(remove)
                .on_hover_text("Go on with the settings before, to the end")
                .accessible_name(format!("Remove the change after step {done}"));
            if remove.clicked() {
                let mut shorter = *sampler;
                shorter.turns.truncate(turn);
                actions.edit(Edit::Sampler(shorter));
            }
        });
    });
}

/// Paints one part and returns it as it was chosen now; its numbers go by the table of parameters.
fn part_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    (index, part): (usize, SamplerPart),
    noising: Noising,
) -> SamplerPart {
    let width = name_width(ui, ["Method", "Schedule", "Guidance"].into_iter());
    let mut new = part;
    let named = |name: &str| match index {
        0 => name.to_owned(),
        index => format!("{name}, part {}", index + 1),
    };
    choice_ui(
        ui,
        "Method",
        width,
        &named("Sampler method"),
        title(part.method),
        |ui| {
            for &method in Method::ALL {
                let chosen = ui
                    .selectable_label(part.method == method, title(method))
                    .on_hover_text(explained(method));
                if chosen.clicked() {
                    new = by_method(part, method);
                }
            }
        },
    )
    .on_hover_text(explained(part.method));
    number_ui(
        ui,
        app,
        actions,
        SamplerParam::new(index, SamplerNumber::Steps),
        width,
    );
    let used = part.schedule_for(noising);
    let of_model = format!("as trained ({})", Schedule::from(noising));
    let shown = part.schedule.map_or(of_model.clone(), |it| it.to_string());
    choice_ui(
        ui,
        "Schedule",
        width,
        &named("Noise schedule"),
        &shown,
        |ui| {
            let chosen = ui
                .selectable_label(part.schedule.is_none(), of_model)
                .on_hover_text(
                    "At the levels that the model was trained with, at equal distances of time",
                );
            if chosen.clicked() {
                new.schedule = None;
            }
            for &schedule in Schedule::ALL {
                let chosen = ui
                    .selectable_label(part.schedule == Some(schedule), schedule.name())
                    .on_hover_text(spaced(schedule));
                if chosen.clicked() {
                    new.schedule = Some(schedule);
                }
            }
        },
    )
    .on_hover_text(spaced(used));
    for number in [
        SamplerNumber::Eta,
        SamplerNumber::Guidance,
        SamplerNumber::Judge,
    ] {
        number_ui(ui, app, actions, SamplerParam::new(index, number), width);
    }
    new
}

fn number_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, id: SamplerParam, width: f32) {
    parameter_row::named_ui(ui, app, actions, &ParamId::Sampler(id), Some(width));
}

/// A choice as wide as the sliders above and below it.
pub fn choice_ui(
    ui: &mut Ui,
    word: &str,
    width: f32,
    name: &str,
    shown: &str,
    add: impl FnOnce(&mut Ui),
) -> eframe::egui::Response {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let place = vec2(width, size::CONTROL);
        ui.allocate_ui_with_layout(place, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(place);
            ui.add(Label::new(word).truncate());
        });
        let combo = ComboBox::from_id_salt(name)
            .selected_text(shown)
            .width(ui.available_width())
            .truncate()
            .show_ui(ui, add);
        combo.response.accessible_name(name)
    })
    .inner
}

/// How much work a picture is, and what has no effect.
fn costs_ui(ui: &mut Ui, app: &AppState, model: &ModelInfo, sampler: &Sampler) {
    let is_asked = !app.position().given().is_empty();
    let is_guided = sampler.parts().any(|part| part.guidance != 1.0);
    let evaluations = sampler.evaluations();
    let twice = match is_asked && is_guided {
        true => ", of two pictures each where guidance is not 1",
        false => "",
    };
    let by_judge = match is_asked && sampler.parts().any(|part| part.judge > 0.0) {
        true => ", each with a gradient of the judge",
        false => "",
    };
    let plural = if evaluations == 1 { "" } else { "s" };
    caption(
        ui,
        format!("{evaluations} evaluation{plural} of the network{twice}{by_judge}"),
    );
    let usual = SamplerPart::default();
    let is_set = sampler
        .parts()
        .any(|part| (part.guidance, part.judge) != (usual.guidance, usual.judge));
    if is_set && !is_asked && model.manifest.conditions.is_some() {
        caption(ui, "Nothing is asked for, so guidance changes nothing");
    }
}

/// The most that Heun's first step can bridge: by the mean of two slopes it goes as far as `sigma / alpha`
/// falls, so what these differ by is multiplied as often.
const MOST_FALL: f64 = 20.0;

/// Warns of a schedule whose first step is too long for Heun's method. Of digits-ddpm, 16 % of the digits are
/// right after 10 steps by the cosine schedule, whose first step falls by 3,000.
fn heun_ui(ui: &mut Ui, part: &SamplerPart, noising: Noising) {
    if part.method != Method::Heun {
        return;
    }
    let Some(fall) = part
        .first_fall(noising)
        .filter(|fall| fall.is_finite() && *fall > MOST_FALL)
    else {
        return;
    };
    let schedule = part.schedule_for(noising);
    caption(
        ui,
        format!(
            "In the first step of {schedule}, sigma / alpha falls {fall:.0} times, too far for Heun's method: \
             pictures break. Choose karras or log-snr, or DPM-Solver++"
        ),
    );
}

/// What a method does, in one sentence.
pub fn explained(method: Method) -> &'static str {
    match method {
        Method::Ddpm => {
            "New noise in every step, as the model was derived: needs many steps (Ho et al. 2020)"
        }
        Method::Ddim => {
            "The same noise always gives the same picture, unless eta adds some (Song et al. 2020)"
        }
        Method::DpmSolver => {
            "Second order, remembers the step before: good pictures in 10 to 20 steps (Lu et al. 2022)"
        }
        Method::UniPc => {
            "A predictor and a corrector at no further cost: good with very few steps (Zhao et al. 2023)"
        }
        Method::Euler => "Straight on along the probability flow (Karras et al. 2022)",
        Method::Heun => "Second order with two evaluations a step (Karras et al. 2022)",
        Method::EulerAncestral => {
            "Euler to less noise than wanted, then new noise: never settles (Crowson 2022)"
        }
        Method::Flow => {
            "Straight on along the line between data and noise (Liu et al. 2022, Lipman et al. 2022)"
        }
    }
}

/// Where the steps of a schedule lie, in one sentence.
pub fn spaced(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::Linear => "The levels of the linear schedule at equal distances of time",
        Schedule::Cosine => "The levels of the cosine schedule at equal distances of time",
        Schedule::Karras => "Close together where there is little noise, with rho 7",
        Schedule::LogSnr => "At equal distances of the logarithm of the signal-to-noise ratio",
        Schedule::Line => "At equal distances on the straight line from noise to data",
    }
}

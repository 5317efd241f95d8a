//! Side by side: the panes in the middle, and what each changes at the left.

use crate::app::sampling::{by_method, in_words, title};
use crate::app::tools::sample::{
    AMPLIFICATION, MAX_PANES, PaneSettings, Sample, SidePane, number_of_pane,
};
use crate::app::{Actions, AppState, ParamId, SamplerNumber};
use crate::latent::SamplerPart;
use crate::latent::sampling::{Method, Name as _, Noising, Schedule};
use crate::ui::panels::parameter_row;
use crate::ui::panels::sampler::{choice_ui, explained, spaced};
use crate::ui::panels::tools::Stage;
use crate::ui::panels::tools::panes::{self, PaneContent, PaneView};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{caption, name_width, reset_button, section_with};
use eframe::egui::{Align, CentralPanel, Checkbox, Frame, Layout, Margin, RichText, Stroke, Ui};
use std::sync::Arc;

/// Paints how each pane differs from the first. Returns nothing that was moved.
pub fn controls_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    noising: Option<Noising>,
) -> bool {
    let side = &app.tools().settings().sample.side;
    let (count, ()) = section_with(
        ui,
        "Panes",
        |ui| panes::count_ui(ui, side.panes(), MAX_PANES),
        |ui| {
            caption(ui, "The same noise in all; pane 1 is the current picture");
            for index in 1..side.panes() {
                pane_ui(ui, app, actions, index, noising);
            }
        },
    );
    if let Some(count) = count {
        actions.edit_tool::<Sample>(move |settings| settings.side.set_panes(count));
    }
    let mut shows_difference = side.shows_difference;
    let shows = ui
        .add(Checkbox::new(&mut shows_difference, "Show the difference"))
        .on_hover_text("Show how far each pixel of the other panes is from that of pane 1");
    if shows.changed() {
        actions
            .edit_tool::<Sample>(move |settings| settings.side.shows_difference = shows_difference);
    }
    side.shows_difference && parameter_row::ui(ui, app, actions, &ParamId::Tool(AMPLIFICATION))
}

fn pane_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    index: usize,
    noising: Option<Noising>,
) {
    let before = app.tools().settings().sample.side.pane(index);
    let current = app.position().sampler().first_part();
    let part = before.part(&current);
    let number = index + 1;
    let tokens = tokens(ui);
    let mut pane = before;
    Frame::new()
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(size::RADIUS)
        .inner_margin(Margin::same(space::S as i8))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            ui.horizontal(|ui| {
                ui.label(RichText::new(format!("Pane {number}")).color(tokens.text_strong));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let reset = reset_button(ui, pane != PaneSettings::default())
                        .on_hover_text("Draw it as the current picture")
                        .on_disabled_hover_text("Drawn as the current picture")
                        .accessible_name(format!("Reset pane {number}"));
                    if reset.clicked() {
                        pane = PaneSettings::default();
                    }
                });
            });
            let width = name_width(ui, ["Method", "Schedule", "Guidance"].into_iter());
            if noising.is_some() {
                method_ui(ui, &mut pane, (&current, &part), (width, number));
            }
            let row = |ui: &mut Ui, actions: &mut Actions, which| {
                let id = ParamId::Tool(number_of_pane(which, index));
                parameter_row::named_ui(ui, app, actions, &id, Some(width));
            };
            row(ui, actions, SamplerNumber::Steps);
            if let Some(noising) = noising {
                schedule_ui(ui, &mut pane, (&part, noising), (width, number));
            }
            row(ui, actions, SamplerNumber::Eta);
            row(ui, actions, SamplerNumber::Guidance);
            row(ui, actions, SamplerNumber::Judge);
            row(ui, actions, SamplerNumber::Temperature);
        });
    if pane != before {
        actions.edit_tool::<Sample>(move |settings| {
            if let Some(place) = settings.side.pane_mut(index) {
                *place = pane;
            }
        });
    }
}

fn method_ui(
    ui: &mut Ui,
    pane: &mut PaneSettings,
    (current, part): (&SamplerPart, &SamplerPart),
    (width, number): (f32, usize),
) {
    let name = format!("Method of pane {number}");
    choice_ui(ui, "Method", width, &name, title(part.method), |ui| {
        for &method in Method::ALL {
            let chosen = ui
                .selectable_label(part.method == method, title(method))
                .on_hover_text(explained(method));
            if chosen.clicked() {
                pane.method = (method != current.method).then_some(method);
                pane.eta = by_method(*part, method).eta.filter(|_| pane.eta.is_some());
            }
        }
    })
    .on_hover_text(explained(part.method));
}

fn schedule_ui(
    ui: &mut Ui,
    pane: &mut PaneSettings,
    (part, noising): (&SamplerPart, Noising),
    (width, number): (f32, usize),
) {
    let used = part.schedule_for(noising);
    let name = format!("Schedule of pane {number}");
    choice_ui(ui, "Schedule", width, &name, used.name(), |ui| {
        if ui
            .selectable_label(pane.schedule.is_none(), "as pane 1")
            .clicked()
        {
            pane.schedule = None;
        }
        for &schedule in Schedule::ALL {
            let chosen = ui
                .selectable_label(pane.schedule == Some(schedule), schedule.name())
                .on_hover_text(spaced(schedule));
            if chosen.clicked() {
                pane.schedule = Some(schedule);
            }
        }
    })
    .on_hover_text(spaced(used));
}

/// Paints the panes.
pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let frame = Frame::new().inner_margin(Margin::same(space::M as i8));
    CentralPanel::no_frame().frame(frame).show(ui, |ui| {
        let count = stage.app.tools().sample().side().panes().len();
        panes::ui(ui, stage, count, |_, stage, index, _| {
            let app = stage.app;
            let pane = app.tools().sample().side().panes().get(index)?;
            let is_asked = !app.position().given().is_empty();
            let parts = pane.sampler.parts().map(|part| in_words(&part, is_asked));
            Some(PaneView {
                title: parts.collect::<Vec<_>>().join(", then "),
                text: app.expression_text().to_string(),
                content: content(pane),
                numbers: numbers(pane),
                take: None,
            })
        });
    });
}

fn content(pane: &SidePane) -> PaneContent {
    match (&pane.failure, pane.apart.as_ref().or(pane.picture.as_ref())) {
        (Some(why), _) => PaneContent::Cannot(why.clone()),
        (None, Some(picture)) => PaneContent::Picture(Arc::clone(picture)),
        (None, None) => PaneContent::Waiting("Sampling".to_owned()),
    }
}

/// How far a pane is from the first.
fn numbers(pane: &SidePane) -> Option<String> {
    let (difference, distance) = (pane.difference?, pane.distance?);
    Some(format!(
        "From 1: {:.4} on average, {:.4} at most, root mean square {distance:.4}",
        difference.mean, difference.max
    ))
}

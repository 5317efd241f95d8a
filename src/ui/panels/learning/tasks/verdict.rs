//! What the program says about an answer.

use super::OpenTask;
use crate::app::LearningAction;
use crate::learn::evidence::with_unit;
use crate::learn::{Answer, TaskKind, Verdict};
use crate::ui::panels::learning::list::sign_ui;
use crate::ui::panels::learning::{ask, button_ui};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{code, icon};
use eframe::egui::{Frame, Label, RichText, Stroke, Ui};
use lucide_icons::Icon;

/// Paints the verdict on the answer that was handed in.
pub fn ui(ui: &mut Ui, this: &mut OpenTask<'_>, answer: &Answer, verdict: &Verdict) {
    let colours = tokens(ui);
    let (glyph, colour) = if verdict.passed {
        (Icon::CircleCheck, colours.done)
    } else {
        (Icon::CircleX, colours.error)
    };
    Frame::new()
        .fill(colours.raised)
        .corner_radius(size::RADIUS)
        .inner_margin(space::S)
        .stroke(Stroke::new(1.0, colours.line))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.label(icon(glyph).color(colour));
                ui.label(RichText::new(summary(verdict)).color(colours.text_strong));
            });
            if let Some(reason) = reason(this, answer, verdict) {
                ui.add(Label::new(reason).wrap());
            }
            let is_set = matches!(this.task.kind, TaskKind::Set { .. });
            // Conditions that do not hold yet stay live above.
            let is_live = is_set && !verdict.passed;
            for reading in verdict.readings.iter().filter(|_| !is_live) {
                let number = with_unit(reading.value, &reading.unit);
                let words = format!("{}: {number}", reading.label);
                match reading.holds {
                    Some(holds) => sign_ui(ui, holds, &words),
                    None => {
                        ui.add(Label::new(code(words)).wrap());
                    }
                }
            }
            counter_examples_ui(ui, this, verdict);
            if is_live && button_ui(ui, Icon::Lightbulb, "Show a solution") {
                ask(this.actions, LearningAction::Solution);
            }
        });
}

/// How much of it is right, in a few words.
fn summary(verdict: &Verdict) -> String {
    let conditions = verdict.readings.iter().filter_map(|reading| reading.holds);
    let (held, count) = conditions.fold((0, 0), |(held, count), holds| {
        (held + usize::from(holds), count + 1)
    });
    match verdict {
        _ if verdict.passed => "Right".to_owned(),
        _ if count > 1 => format!("{held} of {count} conditions hold"),
        _ if verdict.score > 0.0 => format!("Not all of it: {:.0} %", 100.0 * verdict.score),
        _ => "Not right".to_owned(),
    }
}

/// The reason, unless it stands elsewhere: under each option, or beside each condition.
fn reason<'v>(this: &OpenTask<'_>, answer: &Answer, verdict: &'v Verdict) -> Option<&'v str> {
    match (&this.task.kind, answer) {
        (TaskKind::Choose { options }, Answer::Choose { chosen }) => {
            let is_right = |&index: &usize| options.get(index).is_some_and(|it| it.is_right);
            let is_short = !verdict.passed && chosen.iter().all(is_right);
            is_short.then_some("This is right, but not all that is right.")
        }
        (TaskKind::Set { .. }, _) if !verdict.passed => None,
        _ => Some(&verdict.reason),
    }
}

fn counter_examples_ui(ui: &mut Ui, this: &mut OpenTask<'_>, verdict: &Verdict) {
    let first = this.app.learning().own_picture_count();
    for (index, example) in verdict.counter_examples.iter().enumerate() {
        ui.horizontal(|ui| {
            let name = example.caption.as_str();
            this.pictures.small_ui(ui, first + index, name);
            ui.vertical(|ui| {
                ui.add(Label::new(name).wrap());
                if button_ui(ui, Icon::LocateFixed, "Show it") {
                    let (model, depiction) = (&example.model, &example.depiction);
                    let show = LearningAction::ShowPicture(model.clone(), depiction.clone());
                    ask(this.actions, show);
                }
            });
        });
    }
}

//! Where an answer is entered, for each kind of task.

use super::OpenTask;
use super::draft::{Draft, measures_here};
use crate::app::LearningAction;
use crate::learn::answer::Larger;
use crate::learn::evidence::live_with_unit;
use crate::learn::task::{Choice, Order};
use crate::learn::{Answer, Goal, Side, TaskKind};
use crate::ui::panels::learning::{ask, button_ui, button_unless_ui};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{caption, code, icon, text_field};
use eframe::egui::{
    Button, Checkbox, Key, Label, RadioButton, RichText, Role, TextEdit, Ui, Vec2, WidgetInfo,
};
use lucide_icons::Icon;

/// The longest free answer, in characters.
const MAX_TEXT: usize = 8000;

/// Paints the fields of the open task. Returns whether the learner has finished with the last of
/// them, as with Enter after a number.
pub fn ui(ui: &mut Ui, this: &mut OpenTask<'_>, draft: &mut Draft) -> bool {
    if let TaskKind::Set { goals, hint, .. } = &this.task.kind {
        set_ui(ui, this, goals, hint.as_deref());
        return false;
    }
    let is_answered = this.is_answered();
    // What was answered stays readable beside the verdict.
    let alpha = std::mem::replace(&mut ui.visuals_mut().disabled_alpha, 0.8);
    let entered = ui.add_enabled_ui(!is_answered, |ui| match &this.task.kind {
        TaskKind::Choose { options } => {
            choose_ui(ui, this, options, draft);
            false
        }
        TaskKind::Predict { unit, .. } => predict_ui(ui, unit, draft),
        TaskKind::Compare { .. } => {
            compare_ui(ui, this, draft);
            false
        }
        TaskKind::Which { .. } => {
            which_ui(ui, this, draft);
            false
        }
        TaskKind::Order { order, .. } => {
            order_ui(ui, this, order, draft);
            false
        }
        TaskKind::Explain { .. } => {
            explain_ui(ui, this.task.points(this.question), draft);
            false
        }
        TaskKind::Set { .. } => false,
    });
    ui.visuals_mut().disabled_alpha = alpha;
    entered.inner
}

fn choose_ui(ui: &mut Ui, this: &OpenTask<'_>, options: &[Choice], draft: &mut Draft) {
    let several = this.task.right_options() > 1;
    if several {
        caption(ui, "Several are right");
    }
    let judged = match &this.open.judged {
        Some((Answer::Choose { chosen }, Ok(_))) if !this.app.learning().is_timed() => {
            chosen.as_slice()
        }
        _ => &[],
    };
    for &index in &draft.order.clone() {
        let Some(option) = options.get(index) else {
            continue;
        };
        let is_chosen = draft.chosen.contains(&index);
        if several {
            let mut checked = is_chosen;
            let check = Checkbox::new(&mut checked, option.text.as_str());
            if ui.add(check).changed() {
                draft.chosen.retain(|known| *known != index);
                if checked {
                    draft.chosen.push(index);
                    draft.chosen.sort_unstable();
                }
            }
        } else if ui
            .add(RadioButton::new(is_chosen, option.text.as_str()))
            .clicked()
        {
            draft.chosen = vec![index];
        }
        if judged.contains(&index) {
            mark_ui(ui, option);
        }
    }
}

/// Says under an option that was chosen whether it is right, and why.
fn mark_ui(ui: &mut Ui, option: &Choice) {
    let colours = tokens(ui);
    let (glyph, colour, word) = if option.is_right {
        (Icon::Check, colours.done, "Right.")
    } else {
        (Icon::X, colours.error, "Not right.")
    };
    ui.horizontal_top(|ui| {
        ui.add_space(space::L);
        ui.label(icon(glyph).color(colour));
        let words = format!("{word} {}", option.because);
        ui.add(Label::new(RichText::new(words).color(colours.text_strong)).wrap());
    });
}

fn predict_ui(ui: &mut Ui, unit: &str, draft: &mut Draft) -> bool {
    let field = ui.horizontal(|ui| {
        let field = TextEdit::singleline(&mut draft.number)
            .hint_text("number")
            .char_limit(24)
            .desired_width(96.0);
        let field = text_field(ui, field).accessible_name("Your prediction");
        ui.label(unit);
        field
    });
    field.inner.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

fn compare_ui(ui: &mut Ui, this: &mut OpenTask<'_>, draft: &mut Draft) {
    if this.app.learning().own_picture_count() > 0 {
        this.pictures.row_ui(ui, &["Left", "Right"]);
    }
    ui.horizontal_wrapped(|ui| {
        for (said, words) in [
            (Larger::Left, "Left is larger"),
            (Larger::Equal, "Equal"),
            (Larger::Right, "Right is larger"),
        ] {
            let radio = RadioButton::new(draft.said == Some(said), words);
            if ui.add(radio).clicked() {
                draft.said = Some(said);
            }
        }
    });
}

fn which_ui(ui: &mut Ui, this: &mut OpenTask<'_>, draft: &mut Draft) {
    ui.horizontal(|ui| {
        for (index, side, name) in [
            (0, Side::Left, "Left picture"),
            (1, Side::Right, "Right picture"),
        ] {
            let is_chosen = draft.side == Some(side);
            if this.pictures.choice_ui(ui, index, name, is_chosen) {
                draft.side = Some(side);
            }
        }
    });
}

fn order_ui(ui: &mut Ui, this: &mut OpenTask<'_>, order: &Order, draft: &mut Draft) {
    if let Order::Measured { by, .. } = order {
        caption(ui, format!("The smallest {} stands first", by.text));
    }
    let mut swap = None;
    let last = draft.order.len().saturating_sub(1);
    for (place, &item) in draft.order.iter().enumerate() {
        let label = order.label(item);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            ui.label(format!("{}.", place + 1));
            for (glyph, words, other, is_end) in [
                (Icon::ChevronUp, "up", place.saturating_sub(1), place == 0),
                (Icon::ChevronDown, "down", place + 1, place == last),
            ] {
                let button = Button::new(icon(glyph)).min_size(Vec2::splat(size::CONTROL));
                let response = ui
                    .add_enabled(!is_end, button)
                    .accessible_name(format!("Move {label} {words}"));
                if response.clicked() {
                    swap = Some((place, other));
                }
            }
            if matches!(order, Order::Measured { .. }) {
                this.pictures.small_ui(ui, item, label);
                ui.add(Label::new(code(label)).wrap());
            } else {
                ui.add(Label::new(label).wrap());
            }
        });
    }
    if let Some((a, b)) = swap {
        draft.order.swap(a, b);
    }
}

fn explain_ui(ui: &mut Ui, points: &[String], draft: &mut Draft) {
    let field = TextEdit::multiline(&mut draft.text)
        .hint_text("Explain it in your own words")
        .char_limit(MAX_TEXT)
        .desired_rows(4)
        .desired_width(f32::INFINITY);
    ui.add_enabled_ui(!draft.is_comparing, |ui| text_field(ui, field))
        .inner
        .accessible_name("Your explanation");
    if !draft.is_comparing {
        let is_empty = draft.text.trim().is_empty();
        let why_not = is_empty.then_some("Write your explanation first");
        if button_unless_ui(ui, Icon::ListChecks, "Compare with the points", why_not) {
            draft.is_comparing = true;
        }
        return;
    }
    caption(ui, "Tick the points that your text covers");
    for (point, ticked) in points.iter().zip(&mut draft.ticked) {
        ui.add(Checkbox::new(ticked, point.as_str()));
    }
}

/// The conditions with what is measured now, and help, which stays after a wrong answer.
fn set_ui(ui: &mut Ui, this: &mut OpenTask<'_>, goals: &[Goal], hint: Option<&str>) {
    // The verdict on a right answer lists them.
    if !this.open.has_passed() {
        ui.scope(|ui| {
            // Conditions are one thing, closer together than controls.
            ui.spacing_mut().interact_size.y = 0.0;
            for goal in goals {
                goal_ui(ui, this, goal);
            }
        });
    }
    if let Some(hint) = hint {
        ui.collapsing("Hint", |ui| ui.add(Label::new(hint).wrap()));
    }
    if button_ui(ui, Icon::LocateFixed, "Go to the start") {
        if this.open.judged.is_some() {
            ask(this.actions, LearningAction::TryAgain);
        }
        ask(this.actions, LearningAction::StartOfTask);
    }
}

/// Whether the picture on the window meets all conditions of a task that has some.
pub fn all_hold(this: &OpenTask<'_>) -> bool {
    let TaskKind::Set { goals, .. } = &this.task.kind else {
        return false;
    };
    let holds = |goal: &Goal| {
        let live = this.app.learning().live_number(&goal.quantity);
        matches!(live, Some(Ok(value)) if goal.holds(value))
    };
    goals
        .iter()
        .all(|goal| measures_here(this.app, this.question, goal) && holds(goal))
}

/// A condition with the number of the picture on the window, and whether it holds there.
fn goal_ui(ui: &mut Ui, this: &OpenTask<'_>, goal: &Goal) {
    let colours = tokens(ui);
    let live = this.app.learning().live_number(&goal.quantity);
    let live = live.filter(|_| measures_here(this.app, this.question, goal));
    let holds = matches!(live, Some(Ok(value)) if goal.holds(value));
    let words = match live {
        Some(Ok(value)) => {
            let number = live_with_unit(value, goal.quantity.measure.unit());
            format!("now {number}")
        }
        Some(Err(why)) => why.to_owned(),
        None => String::new(),
    };
    let (glyph, colour) = match live {
        Some(Err(_)) => (Icon::CircleAlert, colours.warning),
        _ if holds => (Icon::CircleCheck, colours.done),
        _ => (Icon::Circle, colours.text_muted),
    };
    let line = ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        ui.label(icon(glyph).color(colour));
        ui.label(code(goal.text.as_str()));
        if !words.is_empty() {
            caption(ui, words.as_str());
        }
    });
    let name = match (words.as_str(), holds) {
        ("", _) => goal.text.clone(),
        (words, true) => format!("{}, {words}, holds", goal.text),
        (words, false) => format!("{}, {words}", goal.text),
    };
    line.response
        .widget_info(|| WidgetInfo::labeled(Role::Status, true, name.as_str()));
}

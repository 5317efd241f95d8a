//! Tasks: what the learner does, and what the program has measured about it.

use super::list::sign_ui;
use super::{LearningView, ask, button_ui, button_unless_ui, main_button_ui};
use crate::app::learning::{OpenQuestion, TaskPicture, picture_key};
use crate::app::{Actions, AppState, LearningAction};
use crate::learn::answer::Larger;
use crate::learn::evidence::shown;
use crate::learn::task::Order;
use crate::learn::{Answer, Question, Side, Task, TaskKind, Verdict};
use crate::ui::textures::PictureTextures;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::tile::picture_ui;
use crate::ui::widgets::{caption, code, icon};
use eframe::egui::{
    Button, Checkbox, Frame, Label, RadioButton, RichText, Role, Sense, Stroke, StrokeKind,
    TextEdit, Ui, Vec2, WidgetInfo, vec2,
};
use lucide_icons::Icon;

/// Side of a picture, in points.
const PICTURE: f32 = 112.0;
const SMALL_PICTURE: f32 = 64.0;
/// The longest free answer, in characters.
const MAX_TEXT: usize = 8000;

/// What was entered and not handed in yet.
#[derive(Default)]
pub struct Draft {
    /// The question and the task that it belongs to.
    of: Option<(String, usize)>,
    /// The order in which options and items stand.
    order: Vec<usize>,
    chosen: Vec<usize>,
    number: String,
    said: Option<Larger>,
    side: Option<Side>,
    text: String,
    ticked: Vec<bool>,
    is_comparing: bool,
}

impl Draft {
    fn follow(&mut self, app: &AppState, question: &Question, task: usize) {
        let of = Some((question.id.clone(), task));
        if self.of == of {
            return;
        }
        let attempts = app.learning().progress().attempts_at(&question.id, task);
        let seed = u32::try_from(attempts.count()).unwrap_or(0);
        let task = question.tasks.get(task);
        let order = task.map(|task| task.shown_order(seed));
        let points = task.map_or(0, |task| task.points(question).len());
        *self = Self {
            of,
            order: order.unwrap_or_default(),
            ticked: vec![false; points],
            ..Self::default()
        };
    }

    /// The answer as far as it can be handed in, or what is missing.
    fn answer(&self, app: &AppState, question: &Question, task: &Task) -> Result<Answer, String> {
        match &task.kind {
            TaskKind::Choose { .. } if self.chosen.is_empty() => Err("Choose first".to_owned()),
            TaskKind::Choose { .. } => Ok(Answer::Choose {
                chosen: self.chosen.clone(),
            }),
            TaskKind::Predict { .. } => number(&self.number)
                .map(|value| Answer::Predict { value })
                .ok_or_else(|| "Type a number first".to_owned()),
            TaskKind::Compare { .. } => self
                .said
                .map(|said| Answer::Compare { said })
                .ok_or_else(|| "Choose first".to_owned()),
            TaskKind::Which { .. } => self
                .side
                .map(|side| Answer::Which { side })
                .ok_or_else(|| "Choose a picture first".to_owned()),
            TaskKind::Order { .. } => Ok(Answer::Order {
                order: self.order.clone(),
            }),
            TaskKind::Set { .. } => {
                let is_here = app.navigation().scene().is_some()
                    && app.models().loading().is_none()
                    && app.model().map(|model| model.id.name.as_str()) == question.model();
                if !is_here {
                    return Err("Go to the start first: it is measured in the scene".to_owned());
                }
                Ok(Answer::Set {
                    expression: app.position().expression().to_string(),
                })
            }
            TaskKind::Explain { .. } if self.text.trim().is_empty() => {
                Err("Write first".to_owned())
            }
            TaskKind::Explain { .. } => Ok(Answer::Explain {
                text: self.text.trim().to_owned(),
                ticked: self.ticked.clone(),
            }),
        }
    }
}

/// Reads a number with a decimal point or comma and any kind of minus sign.
fn number(text: &str) -> Option<f64> {
    let text = text.trim().replace(',', ".").replace('−', "-");
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Leads from task to task.
pub fn chooser_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    question: &Question,
    open: &OpenQuestion,
) {
    let progress = app.learning().progress();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for index in 0..question.tasks.len() {
            let has_passed = progress
                .attempts_at(&question.id, index)
                .any(|attempt| attempt.passed);
            let words = format!("Task {}", index + 1);
            let button = if has_passed {
                Button::selectable(index == open.task, (words.as_str(), icon(Icon::Check)))
            } else {
                Button::selectable(index == open.task, words.as_str())
            };
            let name = if has_passed {
                format!("{words}, passed")
            } else {
                words.clone()
            };
            if ui.add(button).accessible_name(name).clicked() {
                ask(actions, LearningAction::GoToTask(index));
            }
        }
    });
}

/// Paints the task that is worked on.
pub fn ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    question: &Question,
    open: &OpenQuestion,
    view: &mut LearningView,
) {
    let Some(task) = question.tasks.get(open.task) else {
        return;
    };
    let is_timed = app.learning().is_timed();
    let (draft, textures) = (&mut view.draft, &mut view.textures);
    draft.follow(app, question, open.task);
    let strong = tokens(ui).text_strong;
    ui.add(Label::new(RichText::new(&task.ask).color(strong)).wrap());
    let criteria = task.criteria.iter().map(|it| it.title().to_lowercase());
    let criteria: Vec<String> = criteria.collect();
    caption(ui, format!("Counts for {}", criteria.join(" and ")));
    let is_judged = open.judged.is_some() || open.is_checking();
    let pictures = app.learning().task_pictures();
    ui.push_id((&question.id, open.task), |ui| {
        // What was answered stays readable beside the verdict.
        ui.visuals_mut().disabled_alpha = 0.8;
        ui.add_enabled_ui(!is_judged, |ui| {
            fields_ui(ui, app, actions, question, task, draft, textures, &pictures);
        });
    });
    ui.add_space(space::XS);
    match &open.judged {
        None if open.is_checking() => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Measuring");
            });
        }
        None => check_ui(ui, app, actions, question, task, draft),
        Some((_, Ok(_))) if is_timed => {
            sign_ui(ui, true, "Recorded; see the report at the end");
        }
        Some((answer, Ok(verdict))) => {
            verdict_ui(ui, app, actions, task, answer, verdict, textures, &pictures);
        }
        Some((_, Err(why))) => sign_ui(ui, false, why),
    }
    if open.judged.is_some() && !is_timed {
        ui.horizontal(|ui| {
            if button_ui(ui, Icon::RotateCcw, "Try again") {
                draft.of = None;
                ask(actions, LearningAction::TryAgain);
            }
            if open.task + 1 < question.tasks.len() && button_ui(ui, Icon::ArrowRight, "Next task")
            {
                ask(actions, LearningAction::GoToTask(open.task + 1));
            }
        });
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "one painter for all kinds of task"
)]
fn fields_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    question: &Question,
    task: &Task,
    draft: &mut Draft,
    textures: &mut PictureTextures,
    pictures: &[TaskPicture],
) {
    match &task.kind {
        TaskKind::Choose { options } => {
            let several = task.right_options() > 1;
            if several {
                caption(ui, "Several are right");
            }
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
            }
        }
        TaskKind::Predict { unit, .. } => {
            ui.horizontal(|ui| {
                let field = TextEdit::singleline(&mut draft.number)
                    .hint_text("number")
                    .char_limit(24)
                    .desired_width(96.0);
                ui.add(field).accessible_name("Your prediction");
                ui.label(unit.as_str());
            });
        }
        TaskKind::Compare { .. } => {
            row_of_pictures_ui(ui, app, textures, pictures, &["Left", "Right"]);
            ui.horizontal(|ui| {
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
        TaskKind::Which { .. } => {
            ui.horizontal(|ui| {
                for (index, side, name) in [
                    (0, Side::Left, "Left picture"),
                    (1, Side::Right, "Right picture"),
                ] {
                    let is_chosen = draft.side == Some(side);
                    if choice_of_picture_ui(ui, app, textures, pictures, index, name, is_chosen) {
                        draft.side = Some(side);
                    }
                }
            });
        }
        TaskKind::Order { order, .. } => order_ui(ui, app, draft, order, textures, pictures),
        TaskKind::Set { hint, goals, .. } => {
            let words = goals.iter().map(|goal| goal.text.as_str());
            let words: Vec<&str> = words.collect();
            ui.add(Label::new(code(words.join("\n"))).wrap());
            if let Some(hint) = hint {
                ui.collapsing("Hint", |ui| ui.add(Label::new(hint.as_str()).wrap()));
            }
            ui.horizontal_wrapped(|ui| {
                if button_ui(ui, Icon::LocateFixed, "Go to the start") {
                    ask(actions, LearningAction::StartOfTask);
                }
            });
        }
        TaskKind::Explain { .. } => explain_ui(ui, task.points(question), draft),
    }
}

fn order_ui(
    ui: &mut Ui,
    app: &AppState,
    draft: &mut Draft,
    order: &Order,
    textures: &mut PictureTextures,
    pictures: &[TaskPicture],
) {
    if let Order::Measured { by, .. } = order {
        caption(ui, format!("From small to large by {}", by.text));
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
                small_picture_ui(ui, app, textures, pictures, item, SMALL_PICTURE, label);
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
    ui.add_enabled(!draft.is_comparing, field)
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

fn check_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    question: &Question,
    task: &Task,
    draft: &Draft,
) {
    if matches!(task.kind, TaskKind::Explain { .. }) && !draft.is_comparing {
        return;
    }
    let answer = draft.answer(app, question, task);
    let why_not = answer.as_ref().err().map(String::as_str);
    if main_button_ui(ui, Icon::Check, "Check now", why_not)
        && let Ok(answer) = answer
    {
        ask(actions, LearningAction::Answer(answer));
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "what a verdict shows is in many places"
)]
fn verdict_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    task: &Task,
    answer: &Answer,
    verdict: &Verdict,
    textures: &mut PictureTextures,
    pictures: &[TaskPicture],
) {
    let colours = tokens(ui);
    let (glyph, colour, words) = if verdict.passed {
        (Icon::CircleCheck, colours.done, "Right".to_owned())
    } else if verdict.score > 0.0 {
        let words = format!("Not all of it: {:.0} %", 100.0 * verdict.score);
        (Icon::CircleX, colours.error, words)
    } else {
        (Icon::CircleX, colours.error, "Not right".to_owned())
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
                ui.label(RichText::new(words).color(colours.text_strong));
            });
            ui.add(Label::new(verdict.reason.as_str()).wrap());
            for reading in &verdict.readings {
                let words = format!(
                    "{}: {} {}",
                    reading.label,
                    shown(reading.value),
                    reading.unit
                );
                match reading.holds {
                    Some(holds) => sign_ui(ui, holds, words.trim_end()),
                    None => {
                        ui.add(Label::new(code(words.trim_end())).wrap());
                    }
                }
            }
            let first = app.learning().own_picture_count();
            for (index, example) in verdict.counter_examples.iter().enumerate() {
                ui.horizontal(|ui| {
                    let at = first + index;
                    let name = example.caption.as_str();
                    small_picture_ui(ui, app, textures, pictures, at, SMALL_PICTURE, name);
                    ui.vertical(|ui| {
                        ui.add(Label::new(name).wrap());
                        if button_ui(ui, Icon::LocateFixed, "Show it") {
                            let (model, expression) = (&example.model, &example.expression);
                            let show =
                                LearningAction::ShowPicture(model.clone(), expression.clone());
                            ask(actions, show);
                        }
                    });
                });
            }
            let is_set = matches!(task.kind, TaskKind::Set { .. });
            if is_set
                && !verdict.passed
                && matches!(answer, Answer::Set { .. })
                && button_ui(ui, Icon::Lightbulb, "Show a solution")
            {
                ask(actions, LearningAction::Solution);
            }
        });
}

fn row_of_pictures_ui(
    ui: &mut Ui,
    app: &AppState,
    textures: &mut PictureTextures,
    pictures: &[TaskPicture],
    names: &[&str],
) {
    ui.horizontal(|ui| {
        for (index, name) in names.iter().enumerate() {
            ui.vertical(|ui| {
                small_picture_ui(ui, app, textures, pictures, index, PICTURE, name);
                caption(ui, *name);
            });
        }
    });
}

/// Paints a picture of the task; an empty place while it is on its way.
fn small_picture_ui(
    ui: &mut Ui,
    app: &AppState,
    textures: &mut PictureTextures,
    pictures: &[TaskPicture],
    index: usize,
    side: f32,
    name: &str,
) {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    ui.painter()
        .rect_filled(rect, size::RADIUS_SMALL, tokens(ui).field);
    paint(ui, app, textures, pictures, index, rect);
}

/// A picture to choose. Returns whether it was chosen now.
fn choice_of_picture_ui(
    ui: &mut Ui,
    app: &AppState,
    textures: &mut PictureTextures,
    pictures: &[TaskPicture],
    index: usize,
    name: &str,
    is_chosen: bool,
) -> bool {
    let colours = tokens(ui);
    let place = vec2(PICTURE + space::S, PICTURE + space::S);
    let (rect, response) = ui.allocate_exact_size(place, Sense::click());
    let is_enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, is_enabled, is_chosen, name));
    ui.painter()
        .rect_filled(rect, size::RADIUS_SMALL, colours.field);
    paint(ui, app, textures, pictures, index, rect.shrink(space::XS));
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

fn paint(
    ui: &Ui,
    app: &AppState,
    textures: &mut PictureTextures,
    pictures: &[TaskPicture],
    index: usize,
    rect: eframe::egui::Rect,
) {
    let Some(wanted) = pictures.get(index) else {
        return;
    };
    // What the task before has left in the set is another picture.
    let come = app
        .pictures()
        .set(picture_key(index))
        .get(0)
        .filter(|it| it.expression == wanted.expression && it.model.name == wanted.model);
    if let Some(picture) = come {
        picture_ui(ui, textures, picture, rect, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        assert_eq!(number(" 5,6 "), Some(5.6));
        assert_eq!(number("−2"), Some(-2.0));
        for nonsense in ["", "nan", "inf", "five"] {
            assert_eq!(number(nonsense), None, "{nonsense}");
        }
    }
}

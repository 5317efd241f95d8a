//! Tasks: what the learner does, and what the program has measured about it.

mod draft;
mod fields;
mod pictures;
mod verdict;

use draft::Draft;
pub use draft::Drafts;

use super::list::sign_ui;
use super::{LearningView, ask, button_ui, main_button_ui, markdown, question};
use crate::app::learning::OpenQuestion;
use crate::app::{Actions, AppState, ByAddress, LearningAction};
use crate::learn::{Question, Task, TaskKind};
use crate::ui::theme::{TextRole, space, tokens};
use crate::ui::widgets::{caption, icon};
use eframe::egui::{Button, Label, RichText, Ui};
use lucide_icons::Icon;
use pictures::TaskPictures;
use std::sync::Arc;

/// The task that is worked on, and what its painters read and ask for.
struct OpenTask<'a> {
    app: &'a AppState,
    actions: &'a mut Actions,
    question: &'a Question,
    task: &'a Task,
    open: &'a OpenQuestion,
    pictures: TaskPictures<'a>,
}

impl OpenTask<'_> {
    /// Whether an answer is being measured or was judged.
    fn is_answered(&self) -> bool {
        self.open.judged.is_some() || self.open.is_checking()
    }
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
    question: &Arc<Question>,
    open: &OpenQuestion,
    view: &mut LearningView,
) {
    let Some(task) = question.tasks.get(open.task) else {
        return;
    };
    let draft = view.drafts.of(app, question, open.task);
    let line = view.ask.get((ByAddress::new(question), open.task), || {
        markdown::line(&task.ask, &question.topic)
    });
    if let Some(target) = markdown::ui(ui, "ask", &line, |_, _| {}) {
        ask(actions, LearningAction::Follow(target));
    }
    let criteria = task.criteria.iter().map(|it| it.title().to_lowercase());
    let criteria: Vec<String> = criteria.collect();
    caption(ui, format!("Counts for {}", criteria.join(" and ")));
    let mut this = OpenTask {
        app,
        actions,
        question,
        task,
        open,
        pictures: TaskPictures::new(app, &mut view.textures),
    };
    let is_finished = ui
        .push_id((&question.id, open.task), |ui| {
            fields::ui(ui, &mut this, draft)
        })
        .inner;
    ui.add_space(space::XS);
    let is_timed = app.learning().is_timed();
    match &open.judged {
        None if open.is_checking() => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Measuring");
            });
        }
        None => check_ui(ui, &mut this, draft, is_finished),
        // What was wrong is right by now.
        Some((_, Ok(verdict))) if !verdict.passed && !is_timed && fields::all_hold(&this) => {
            again_ui(ui, &mut this, draft);
        }
        Some((_, Ok(_))) if is_timed => {
            sign_ui(ui, true, "Recorded; see the report at the end");
        }
        Some((answer, Ok(verdict))) => verdict::ui(ui, &mut this, answer, verdict),
        Some((_, Err(why))) => sign_ui(ui, false, why),
    }
    if open.judged.is_some() && !is_timed {
        onward_ui(ui, &mut this, draft);
    }
}

/// Hands the answer in, by the button or because the learner has finished a field.
fn check_ui(ui: &mut Ui, this: &mut OpenTask<'_>, draft: &Draft, is_finished: bool) {
    if matches!(this.task.kind, TaskKind::Explain { .. }) && !draft.is_comparing {
        return;
    }
    let answer = draft.answer(this.app, this.question, this.task);
    let why_not = answer.as_ref().err().map(String::as_str);
    let line = ui.horizontal(|ui| {
        let is_pressed = main_button_ui(ui, Icon::Check, "Check now", why_not);
        if let Some(why_not) = why_not {
            let muted = tokens(ui).text_muted;
            let reason = RichText::new(why_not).font(TextRole::Small.font());
            ui.add(Label::new(reason.color(muted)).wrap());
        }
        is_pressed
    });
    let is_pressed = line.inner;
    if (is_pressed || is_finished)
        && let Ok(answer) = answer
    {
        ask(this.actions, LearningAction::Answer(answer));
    }
}

/// Offers to hand in a picture that meets all conditions, after one that did not.
fn again_ui(ui: &mut Ui, this: &mut OpenTask<'_>, draft: &Draft) {
    sign_ui(ui, true, "All conditions hold now");
    if main_button_ui(ui, Icon::Check, "Check again", None)
        && let Ok(answer) = draft.answer(this.app, this.question, this.task)
    {
        ask(this.actions, LearningAction::TryAgain);
        ask(this.actions, LearningAction::Answer(answer));
    }
}

/// What to do after a verdict.
fn onward_ui(ui: &mut Ui, this: &mut OpenTask<'_>, draft: &mut Draft) {
    let is_last = this.open.task + 1 == this.question.tasks.len();
    ui.horizontal_wrapped(|ui| {
        if button_ui(ui, Icon::RotateCcw, "Try again") {
            draft.try_again();
            ask(this.actions, LearningAction::TryAgain);
        }
        if !is_last && main_button_ui(ui, Icon::ArrowRight, "Next task", None) {
            let next = LearningAction::GoToTask(this.open.task + 1);
            ask(this.actions, next);
        }
    });
    // After a rating it stands below that.
    if is_last && !question::is_rated(this.app, this.question, this.open) {
        question::next_ui(ui, this.app, this.actions);
    }
}

//! One question: its scene, its tasks, its answer once the learner has committed to one.

use super::list::topic_title;
use super::{
    LearningView, ask, button_ui, button_unless_ui, figure, main_button_ui, markdown, now_unix,
    tasks, toy,
};
use crate::app::learning::{OpenQuestion, tool_of, why_no_scene};
use crate::app::models::source_title;
use crate::app::sentences::capitalised;
use crate::app::{Actions, AppState, ByAddress, Command, LearningAction};
use crate::engine::ModelSource;
use crate::learn::progress::Rating;
use crate::learn::{Bank, Question, calendar};
use crate::ui::parts;
use crate::ui::theme::{TextRole, space, tokens};
use crate::ui::widgets::{caption, section, text_field};
use eframe::egui::{Button, CollapsingHeader, Label, Link, RichText, ScrollArea, TextEdit, Ui};
use lucide_icons::Icon;
use std::sync::Arc;

/// Paints the question that is open.
pub fn ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    bank: &Bank,
    view: &mut LearningView,
) {
    let Some((question, open)) = app.learning().open_question() else {
        return;
    };
    if button_ui(ui, Icon::ArrowLeft, "Back") {
        ask(actions, LearningAction::Back);
    }
    ScrollArea::vertical()
        .id_salt(("question", &question.id))
        .auto_shrink(false)
        .show(ui, |ui| {
            title_ui(ui, bank, question);
            scene_ui(ui, app, actions, question);
            toy::ui(ui, app, actions, question);
            if !question.tasks.is_empty() {
                section(ui, "Try it", |ui| {
                    tasks::chooser_ui(ui, app, actions, question, open);
                    tasks::ui(ui, app, actions, question, open, view);
                });
            }
            section(ui, "Answer", |ui| {
                answer_ui(ui, app, actions, question, open, view);
            });
            if open.is_revealed {
                section(ui, "How well did you know it?", |ui| {
                    rating_ui(ui, app, actions, question, open);
                });
            }
            related_ui(ui, actions, bank, question);
            parts::follow_focus(ui);
        });
}

/// Wording, level, topic.
pub fn title_ui(ui: &mut Ui, bank: &Bank, question: &Question) {
    let strong = tokens(ui).text_strong;
    let title = RichText::new(&question.question)
        .font(TextRole::Heading.font())
        .color(strong);
    ui.add(Label::new(title).wrap());
    let mut facts = format!(
        "{} · {}",
        capitalised(question.level.key()),
        topic_title(bank, &question.topic)
    );
    if let Some(month) = question.as_of {
        facts += &format!(" · As of {month}");
    }
    if !question.is_built_in {
        let file = std::path::Path::new(&question.file);
        let name = file.file_name().unwrap_or(file.as_os_str());
        facts += &format!(" · {}", name.to_string_lossy());
    }
    caption(ui, facts);
    if !question.tools.is_empty() {
        let tools = question.tools.iter();
        let words: Vec<&str> = tools.map(|&it| tool_of(it).command().info().name).collect();
        caption(ui, format!("Tools: {}", words.join(", ")));
    }
    if !question.models.is_empty() {
        let title = |name: &String| source_title(&ModelSource::Catalogue(name.clone()));
        let words: Vec<String> = question.models.iter().map(title).collect();
        caption(ui, format!("Models: {}", words.join("; ")));
    }
}

/// The way into the scene and out of it.
pub fn scene_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, question: &Question) {
    if question.scene.is_none() {
        return;
    }
    ui.add_space(space::XS);
    let is_open = app
        .navigation()
        .scene()
        .is_some_and(|scene| scene.is_whole && scene.is_of(&question.id));
    if is_open {
        caption(ui, "The scene is open; Esc closes it");
        return;
    }
    let why_not = why_no_scene(question);
    if main_button_ui(ui, Icon::Play, "Open the scene", why_not.as_deref()) {
        ask(actions, LearningAction::EnterScene(question.id.clone()));
    }
    if let Some(why) = why_not {
        caption(ui, why);
    }
}

fn answer_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    question: &Arc<Question>,
    open: &OpenQuestion,
    view: &mut LearningView,
) {
    if !open.is_revealed {
        let prediction = view.predictions.entry(question.id.clone()).or_default();
        let field = TextEdit::multiline(prediction)
            .hint_text("What do you think? Write it down before you look")
            .desired_rows(2)
            .desired_width(f32::INFINITY);
        text_field(ui, field).accessible_name("Your answer");
        ui.horizontal_wrapped(|ui| {
            let is_empty = prediction.trim().is_empty();
            let why_not = is_empty.then_some("Write your own answer first");
            if button_unless_ui(ui, Icon::Check, "Compare with the answer", why_not) {
                let words = prediction.trim().to_owned();
                ask(actions, LearningAction::Reveal(words));
            }
            if button_ui(ui, Icon::Eye, "Show the answer") {
                ask(actions, LearningAction::Reveal(String::new()));
            }
        });
        return;
    }
    if !open.prediction.is_empty() {
        caption(ui, "You wrote");
        ui.add(Label::new(RichText::new(&open.prediction).italics()).wrap());
        ui.add_space(space::S);
    }
    let blocks = view.answer.get(ByAddress::new(question), || {
        markdown::with_terms(markdown::blocks(&question.answer.markdown), &question.topic)
    });
    let textures = &mut view.textures;
    let mut followed = markdown::ui(ui, "answer", &blocks, |ui, number| {
        if let Some(shown) = question.answer.figures.get(number) {
            figure::ui(ui, app, textures, shown, number);
        }
    });
    if !question.covers.is_empty() {
        CollapsingHeader::new("Points of a full answer")
            .id_salt(("covers", &question.id))
            .default_open(!open.prediction.is_empty())
            .show(ui, |ui| {
                for point in &question.covers {
                    ui.add(Label::new(format!("• {point}")).wrap());
                }
            });
    }
    if !question.deeper.markdown.is_empty() {
        let deeper = CollapsingHeader::new("Deeper").id_salt(("deeper", &question.id));
        let shown = deeper.show(ui, |ui| {
            let blocks = view.deeper.get(ByAddress::new(question), || {
                markdown::with_terms(markdown::blocks(&question.deeper.markdown), &question.topic)
            });
            let before = question.answer.figures.len();
            markdown::ui(ui, "deeper", &blocks, |ui, number| {
                if let Some(shown) = question.deeper.figures.get(number) {
                    figure::ui(ui, app, textures, shown, before + number);
                }
            })
        });
        followed = followed.or(shown.body_returned.flatten());
    }
    if let Some(target) = followed {
        ask(actions, LearningAction::Follow(target));
    }
}

fn rating_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    question: &Question,
    open: &OpenQuestion,
) {
    let progress = app.learning().progress();
    let memory = progress.memory(&question.id);
    let is_rated = is_rated(app, question, open);
    let suggested = progress.suggested_rating(&question.id, open.opened_at());
    let given = open.rated.map(|rated| rated.rating);
    // A rating of before cannot be changed: what was remembered until then is not known any more.
    let can_rate = !is_rated || given.is_some();
    ui.horizontal(|ui| {
        for rating in Rating::ALL {
            let words = capitalised(rating.title());
            let is_chosen = given.or(suggested.filter(|_| !is_rated)) == Some(rating);
            let button = Button::new(&words).selected(is_chosen);
            let response = ui
                .add_enabled(can_rate, button)
                .on_disabled_hover_text("Already rated; it returns when it is due")
                .accessible_name(&words);
            let response = match given {
                Some(_) if !is_chosen => response.on_hover_text("Takes the place of your rating"),
                _ => response,
            };
            if response.clicked() && given != Some(rating) {
                ask(actions, LearningAction::Rate(rating));
            }
        }
    });
    match memory {
        Some(memory) if memory.is_due(now_unix()) => caption(ui, "It is due now"),
        Some(memory) => caption(ui, format!("Next due on {}", calendar::date(memory.due))),
        None => caption(ui, "Your rating decides when it returns"),
    };
    if is_rated {
        next_ui(ui, app, actions);
    }
}

/// Whether the question was rated since it was opened.
pub fn is_rated(app: &AppState, question: &Question, open: &OpenQuestion) -> bool {
    let memory = app.learning().progress().memory(&question.id);
    memory.is_some_and(|memory| memory.reviewed >= open.opened_at() && !memory.is_due(now_unix()))
}

/// Leads on to the next question.
pub fn next_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let Some(next) = app.learning().next_question() else {
        caption(ui, "Every question is done or not due yet");
        return;
    };
    ui.add_space(space::XS);
    let command = Command::NextQuestion;
    if main_button_ui(ui, Icon::ArrowRight, command.info().name, None) {
        actions.run(command);
    }
    caption(ui, next.question.as_str());
}

fn related_ui(ui: &mut Ui, actions: &mut Actions, bank: &Bank, question: &Question) {
    let related = question.related.iter().filter_map(|id| bank.get(id));
    let related: Vec<&Arc<Question>> = related.collect();
    if related.is_empty() {
        return;
    }
    section(ui, "Related", |ui| {
        for other in related {
            if ui.add(Link::new(&other.question)).clicked() {
                ask(actions, LearningAction::Read(other.id.clone()));
            }
        }
    });
}

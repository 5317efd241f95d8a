//! Lists of questions: what fits, search, the study path, what is due.

use super::{ask, bar_ui, now_unix};
use crate::app::learning::{name_of, why_no_scene};
use crate::app::sentences::capitalised;
use crate::app::{Actions, AppState, ByAddress, Derived, LearningAction, Tool, TourStep};
use crate::learn::progress::QuestionStatus;
use crate::learn::{Bank, Filter, Level, Operations, Question, calendar};
use crate::ui::overlays::tour;
use crate::ui::parts;
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::{caption, empty_state, icon, text_field};
use eframe::egui::{
    Align, Align2, CollapsingHeader, ComboBox, CursorIcon, Layout, Rect, RichText, Role,
    ScrollArea, Sense, Stroke, StrokeKind, TextEdit, Ui, WidgetInfo, pos2, text::LayoutJob, vec2,
};
use lucide_icons::Icon;
use std::sync::Arc;

/// Height of a question in a list: two lines of its wording and one of facts.
const ROW: f32 = 64.0;
/// The most lines of a wording.
const WORDING_LINES: usize = 2;
/// The most questions under "Fits here".
const MAX_FITTING: usize = 40;

/// What the list of all keeps.
#[derive(Default)]
pub struct ListView {
    query: String,
    filter: Filter,
    /// What was found.
    found: Derived<(ByAddress<Bank>, String, Filter), Vec<Arc<Question>>>,
    /// What fits the open tool, the model and the operations of the expression.
    fitting: Derived<Fitting, Vec<Arc<Question>>>,
}

/// Bank, tool, name of the model, operations.
type Fitting = (ByAddress<Bank>, Tool, String, Operations);

/// What fits the open tool and model, the best first.
pub fn fitting_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    bank: &Arc<Bank>,
    view: &ListView,
) {
    welcome_ui(ui, app, actions);
    let tool = app.tools().open();
    let model = app.model().map_or("", |model| model.id.name.as_str());
    let operations = Operations::of(app.position().expression());
    let key = (
        ByAddress::new(bank),
        tool,
        model.to_owned(),
        operations.clone(),
    );
    let fitting = view.fitting.get(key, || {
        let fitting = bank.fitting(name_of(tool), model, &operations);
        fitting.into_iter().take(MAX_FITTING).cloned().collect()
    });
    caption(
        ui,
        format!(
            "What {} and {model} can show, the closest first",
            tool.command().info().name
        ),
    );
    if fitting.is_empty() {
        ui.add_space(space::L);
        let advice = "Look through all questions, or open another tool";
        empty_state(ui, Icon::GraduationCap, "No matches", advice);
        return;
    }
    rows_ui(ui, app, actions, bank, &fitting);
}

/// Where somebody who comes back goes on.
fn welcome_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions) {
    let Some(welcome) = app.learning().welcome() else {
        return;
    };
    let begun = match welcome.begun {
        1 => "1 question begun".to_owned(),
        begun => format!("{begun} questions begun"),
    };
    ui.horizontal(|ui| {
        ui.label(format!("Welcome back: {begun}, {} due", welcome.due));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let go_on = ui
                .button("Go on")
                .on_hover_text(&welcome.next.question)
                .accessible_name("Go on with the questions");
            if go_on.clicked() {
                ask(actions, LearningAction::Read(welcome.next.id.clone()));
            }
        });
    });
    ui.separator();
}

/// Search with filters.
pub fn all_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    bank: &Arc<Bank>,
    view: &mut ListView,
) {
    let search = TextEdit::singleline(&mut view.query)
        .hint_text("Search questions and answers")
        .desired_width(f32::INFINITY);
    text_field(ui, search).accessible_name("Search questions");
    ui.horizontal(|ui| {
        topic_ui(ui, bank, &mut view.filter.topic, "Topic");
        level_ui(ui, &mut view.filter.level, "Level");
    });
    let key = (
        ByAddress::new(bank),
        view.query.clone(),
        view.filter.clone(),
    );
    let shown = view.found.get(key, || {
        let hits = bank.search(&view.query, &view.filter);
        hits.iter().map(|hit| Arc::clone(hit.question)).collect()
    });
    let plural = if shown.len() == 1 { "" } else { "s" };
    caption(ui, format!("{} question{plural}", shown.len()));
    faults_ui(ui, bank);
    if shown.is_empty() {
        ui.add_space(space::L);
        empty_state(ui, Icon::SearchX, "No matches", "Try fewer words");
        return;
    }
    rows_ui(ui, app, actions, bank, &shown);
}

/// Chooses a topic, or none.
pub fn topic_ui(ui: &mut Ui, bank: &Bank, topic: &mut Option<String>, name: &str) {
    let topics = bank.topics();
    let title = topic.as_deref().map_or("All topics", |id| {
        let known = topics.iter().find(|(known, _)| *known == id);
        known.map_or(id, |(_, title)| title)
    });
    let combo = ComboBox::from_id_salt(("topic", name))
        .selected_text(title)
        .width(152.0)
        .truncate()
        .show_ui(ui, |ui| {
            ui.selectable_value(topic, None, "All topics");
            for (id, title) in &topics {
                ui.selectable_value(topic, Some((*id).to_owned()), *title);
            }
        });
    combo.response.accessible_name(name);
}

/// Chooses a level, or none.
pub fn level_ui(ui: &mut Ui, level: &mut Option<Level>, name: &str) {
    let title = level.map_or("All levels".to_owned(), |level| capitalised(level.key()));
    let combo = ComboBox::from_id_salt(("level", name))
        .selected_text(title)
        .width(112.0)
        .show_ui(ui, |ui| {
            ui.selectable_value(level, None, "All levels");
            for known in Level::ALL {
                ui.selectable_value(level, Some(known), capitalised(known.key()));
            }
        });
    combo.response.accessible_name(name);
}

/// Files that were left out, each with line and reason.
fn faults_ui(ui: &mut Ui, bank: &Bank) {
    let faults = bank.faults();
    if faults.is_empty() {
        return;
    }
    let plural = if faults.len() == 1 { "" } else { "s" };
    let title = format!("{} fault{plural} in question files", faults.len());
    let title = RichText::new(title).color(tokens(ui).warning);
    CollapsingHeader::new(title)
        .id_salt("faults")
        .default_open(true)
        .show(ui, |ui| {
            for fault in faults.iter().take(50) {
                ui.label(fault.to_string());
            }
        });
}

/// The weeks of the path.
pub fn path_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, bank: &Bank) {
    let (path, progress) = (app.learning().path(), app.learning().progress());
    let has_status = |id: &str, status| {
        let question = bank.get(id);
        question.is_some_and(|question| progress.status(question) == status)
    };
    let is_done = |id: &str| has_status(id, QuestionStatus::Done);
    let total = path.ids().count();
    let done = path.ids().filter(|id| is_done(id)).count();
    let begun = path
        .ids()
        .filter(|id| has_status(id, QuestionStatus::Begun));
    let words = match begun.count() {
        0 => format!("{done} of {total} questions done"),
        begun => format!("{done} of {total} questions done, {begun} begun"),
    };
    caption(ui, words.as_str());
    bar_ui(ui, done as f32 / total.max(1) as f32, &words);
    ui.add_space(space::XS);
    let now = now_unix();
    let is_settled = |id: &str| {
        let question = bank.get(id);
        question.is_none_or(|question| app.learning().is_settled(question, now))
    };
    if let Some(id) = path.next_open(is_settled) {
        let week = path.week_of(id).map_or(1, |week| week.number);
        let words = format!("Go on in week {week}");
        if super::main_button_ui(ui, Icon::ArrowRight, &words, None) {
            ask(actions, LearningAction::Read(id.to_owned()));
        }
        if let Some(question) = bank.get(id) {
            caption(ui, question.question.as_str());
        }
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let mut stage = None;
        for week in &path.weeks {
            let done = week.questions.iter().filter(|id| is_done(id)).count();
            let count = week.questions.len();
            if stage != Some(week.stage) {
                stage = Some(week.stage);
                ui.add_space(space::S);
                caption(ui, week.stage.title());
            }
            let title = format!("Week {}: {}", week.number, week.title);
            let shown = CollapsingHeader::new(title)
                .id_salt(("week", week.number))
                .show(ui, |ui| {
                    for id in &week.questions {
                        if let Some(question) = bank.get(id) {
                            row_ui(ui, app, actions, bank, question);
                        }
                    }
                });
            let header = shown.header_response.rect;
            ui.painter().text(
                pos2(ui.max_rect().right() - space::S, header.center().y),
                Align2::RIGHT_CENTER,
                format!("{done}/{count}"),
                TextRole::Small.font(),
                tokens(ui).text_muted,
            );
            shown
                .header_response
                .on_hover_text(format!("{done} of {count} questions done"));
        }
    });
}

/// What is to be reviewed.
pub fn due_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, bank: &Bank) {
    let progress = app.learning().progress();
    let now = now_unix();
    let due: Vec<Arc<Question>> = progress
        .due(now)
        .into_iter()
        .filter_map(|id| bank.get(id).cloned())
        .collect();
    if due.is_empty() {
        ui.add_space(space::L);
        let advice = match progress.next_due(now) {
            Some(next) => format!("The next question is due on {}", calendar::date(next)),
            None => "Rate how well you knew an answer, and it is scheduled for review".to_owned(),
        };
        empty_state(ui, Icon::CalendarCheck, "Nothing is due", &advice);
        return;
    }
    caption(ui, "The most overdue first");
    rows_ui(ui, app, actions, bank, &due);
}

fn rows_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    bank: &Bank,
    questions: &[Arc<Question>],
) {
    ScrollArea::vertical()
        .auto_shrink(false)
        .show_rows(ui, ROW, questions.len(), |ui, rows| {
            for question in &questions[rows] {
                row_ui(ui, app, actions, bank, question);
            }
            parts::follow_focus(ui);
        });
}

/// One question: its wording over what is known of it.
pub fn row_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    bank: &Bank,
    question: &Question,
) {
    let colours = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let name = question.question.as_str();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    tour::mark(ui, app, TourStep::Question, rect, "one of the list");
    if !ui.is_rect_visible(rect) {
        return;
    }
    let painter = ui.painter();
    if response.hovered() {
        painter.rect_filled(rect, size::RADIUS, colours.control);
    }
    if response.has_focus() {
        let stroke = Stroke::new(1.0, colours.accent);
        painter.rect_stroke(rect, size::RADIUS, stroke, StrokeKind::Inside);
    }
    let status = app.learning().progress().status(question);
    let (glyph, glyph_colour) = match status {
        QuestionStatus::Done => (Icon::CircleCheck, colours.done),
        QuestionStatus::Begun => (Icon::CircleDot, colours.accent),
        QuestionStatus::New => (Icon::Circle, colours.text_muted),
    };
    painter.text(
        pos2(rect.left() + space::M, rect.center().y),
        Align2::CENTER_CENTER,
        char::from(glyph),
        TextRole::Icon.font(),
        glyph_colour,
    );
    let left = rect.left() + space::XL;
    let place = Rect::from_min_max(pos2(left, rect.top()), rect.max);
    let galley = |text: String, role: TextRole, colour, lines| {
        let width = place.width() - space::S;
        let mut job = LayoutJob::simple(text, role.font(), colour, width);
        job.wrap.max_rows = lines;
        painter.layout_job(job)
    };
    let wording = galley(
        name.to_owned(),
        TextRole::Body,
        colours.text_strong,
        WORDING_LINES,
    );
    let facts = facts(bank, question, status);
    let facts = galley(facts, TextRole::Small, colours.text_muted, 1);
    // Both stand in the middle of the row, however many lines the wording has.
    let height = wording.size().y + space::XS + facts.size().y;
    let top = rect.center().y - height / 2.0;
    let below = top + wording.size().y + space::XS;
    painter.galley(pos2(left, top), wording, colours.text_strong);
    painter.galley(pos2(left, below), facts, colours.text_muted);
    let response = response
        .on_hover_text(name)
        .on_hover_cursor(CursorIcon::PointingHand);
    if response.clicked() {
        ask(actions, LearningAction::Read(question.id.clone()));
    }
}

/// Level, topic, what it has, and how far the learner is.
fn facts(bank: &Bank, question: &Question, status: QuestionStatus) -> String {
    let mut facts = vec![
        capitalised(question.level.key()),
        topic_title(bank, &question.topic).to_owned(),
    ];
    if question.scene.is_some() && why_no_scene(question).is_none() {
        facts.push("live scene".to_owned());
    }
    match status {
        QuestionStatus::Done => facts.push("done".to_owned()),
        QuestionStatus::Begun => facts.push("begun".to_owned()),
        QuestionStatus::New => {}
    }
    facts.join(" · ")
}

/// The name of a topic as people read it.
pub fn topic_title<'a>(bank: &'a Bank, id: &'a str) -> &'a str {
    bank.index().topic(id).map_or(id, |topic| &topic.title)
}

/// A sign and a word for a thing that holds or does not.
pub fn sign_ui(ui: &mut Ui, holds: bool, words: &str) {
    let colours = tokens(ui);
    let (glyph, colour) = if holds {
        (Icon::Check, colours.done)
    } else {
        (Icon::X, colours.error)
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        ui.label(icon(glyph).color(colour));
        ui.label(words);
    });
}

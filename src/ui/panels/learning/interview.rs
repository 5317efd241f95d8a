//! Interviews and case studies: a timed set, and its report.

use super::list::{level_ui, topic_ui};
use super::{
    LearningView, ask, bar_ui, button_ui, button_unless_ui, main_button_ui, markdown, question,
    tasks, toy,
};
use crate::app::LearningFile;
use crate::app::learning::RunningInterview;
use crate::app::{Actions, AppState, ByAddress, LearningAction};
use crate::learn::interview::{MAX_SIZE, Options, Style};
use crate::learn::{Bank, Level};
use crate::ui::theme::{TextRole, space, tokens};
use crate::ui::widgets::{add_number, caption, heading};
use eframe::egui::{DragValue, RadioButton, RichText, ScrollArea, Ui};
use lucide_icons::Icon;
use std::time::Duration;

/// How the next set is drawn.
pub struct Setup {
    style: Style,
    size: usize,
    minutes: u64,
    level: Option<Level>,
    topic: Option<String>,
}

impl Default for Setup {
    fn default() -> Self {
        let options = Options::default();
        Self {
            style: options.style,
            size: options.size,
            minutes: options.limit.as_secs() / 60,
            level: None,
            topic: None,
        }
    }
}

impl Setup {
    fn options(&self) -> Options {
        Options {
            levels: self.level.into_iter().collect(),
            topics: self.topic.clone().into_iter().collect(),
            style: self.style,
            size: self.size,
            // A set of its own at every moment; the report names it.
            seed: super::now_unix() as u32,
            limit: Duration::from_secs(60 * self.minutes),
        }
    }
}

/// Paints the page.
pub fn ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    bank: &Bank,
    view: &mut LearningView,
) {
    if let Some(running) = app.learning().interview() {
        running_ui(ui, app, actions, bank, view, running);
        return;
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        setup_ui(ui, actions, bank, &mut view.setup);
        let Some(report) = app.learning().report() else {
            return;
        };
        ui.separator();
        if button_ui(ui, Icon::Download, "Export the report…") {
            let ask_where = LearningAction::AskWhereToExport(LearningFile::InterviewReport);
            ask(actions, ask_where);
        }
        let blocks = view
            .report
            .get(ByAddress::new(report), || markdown::blocks(report));
        markdown::ui(ui, "report", &blocks, |_, _| {});
    });
}

fn setup_ui(ui: &mut Ui, actions: &mut Actions, bank: &Bank, setup: &mut Setup) {
    heading(ui, "A timed set");
    caption(
        ui,
        "Tasks against the clock; first answers count, and a report \
         follows at the end",
    );
    ui.horizontal(|ui| {
        for (style, words) in [
            (Style::Interview, "Interview"),
            (Style::CaseStudy, "Case study"),
        ] {
            let radio = RadioButton::new(setup.style == style, words);
            if ui.add(radio).clicked() {
                setup.style = style;
            }
        }
    });
    ui.horizontal(|ui| {
        topic_ui(ui, bank, &mut setup.topic, "Topic of the set");
        level_ui(ui, &mut setup.level, "Level of the set");
    });
    ui.horizontal(|ui| {
        let size = DragValue::new(&mut setup.size).range(1..=MAX_SIZE);
        add_number(ui, size).accessible_name("Questions of the set");
        ui.label("questions in");
        let minutes = DragValue::new(&mut setup.minutes).range(1..=240);
        add_number(ui, minutes).accessible_name("Minutes of the set");
        ui.label("minutes");
    });
    ui.add_space(space::XS);
    if main_button_ui(ui, Icon::Timer, "Begin", None) {
        ask(actions, LearningAction::BeginInterview(setup.options()));
    }
}

fn running_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    bank: &Bank,
    view: &mut LearningView,
    running: &RunningInterview,
) {
    let (done, total) = running.interview.done();
    let left = app
        .learning()
        .interview_left(app.workspace().now_secs())
        .unwrap_or_default()
        .as_secs();
    let colours = tokens(ui);
    ui.horizontal(|ui| {
        let clock = format!("{}:{:02}", left / 60, left % 60);
        let colour = if left < 60 {
            colours.warning
        } else {
            colours.text_strong
        };
        ui.label(
            RichText::new(clock)
                .font(TextRole::Display.font())
                .color(colour),
        )
        .on_hover_text("Time that is left");
        if button_ui(ui, Icon::Flag, "End and report") {
            ask(actions, LearningAction::EndInterview);
        }
    });
    let words = format!("{done} of {total} tasks");
    caption(ui, words.as_str());
    bar_ui(ui, done as f32 / total.max(1) as f32, &words);
    ui.add_space(space::S);
    let Some((question, open)) = app.learning().open_question() else {
        return;
    };
    ScrollArea::vertical()
        .id_salt(("interview", &question.id, open.task))
        .auto_shrink(false)
        .show(ui, |ui| {
            question::title_ui(ui, bank, question);
            question::scene_ui(ui, app, actions, question);
            toy::ui(ui, app, actions, question);
            ui.add_space(space::S);
            tasks::ui(ui, app, actions, question, open, view);
            ui.add_space(space::S);
            let why_not = open.judged.is_none().then_some("Check your answer first");
            ui.horizontal(|ui| {
                if button_unless_ui(ui, Icon::ArrowRight, "Next", why_not) {
                    ask(actions, LearningAction::NextOfInterview);
                }
                if button_ui(ui, Icon::SkipForward, "Skip this question") {
                    ask(actions, LearningAction::SkipInInterview);
                }
            });
            caption(ui, "What is skipped counts as not seen");
        });
}

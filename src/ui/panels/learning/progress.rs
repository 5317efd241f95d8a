//! What was learned: results by criterion and topic, over time, to be written out.

use super::list::topic_title;
use super::{ask, bar_ui, button_ui};
use crate::app::LearningFile;
use crate::app::{Actions, AppState, LearningAction};
use crate::learn::progress::{Progress, Series, Summary};
use crate::learn::{Bank, Criterion, Performance};
use crate::ui::theme::{TextRole, space, tokens};
use crate::ui::widgets::{caption, empty_state, quiet_plot, section};
use eframe::egui::{Align, Layout, RichText, Role, ScrollArea, Ui, WidgetInfo};
use egui_plot::{Line, PlotPoints, Points};
use lucide_icons::Icon;

const CHART_HEIGHT: f32 = 140.0;
/// With fewer answers a result says little of a person.
const ANSWERS_FOR_A_LEVEL: usize = 20;

/// What was computed of the answers, for as many as there were.
#[derive(Default)]
pub struct Scores {
    answers: Option<usize>,
    overall: Option<(f64, Performance)>,
    criteria: Vec<(Criterion, Summary)>,
    topics: Vec<(String, Summary)>,
    series: Option<Series>,
}

impl Scores {
    fn follow(&mut self, progress: &Progress) {
        let answers = progress.attempts().len();
        if self.answers == Some(answers) {
            return;
        }
        *self = Self {
            answers: Some(answers),
            overall: progress.overall_percent().zip(progress.performance()),
            criteria: progress.by_criterion(),
            topics: progress.by_topic(),
            series: Some(progress.overall_over_time()),
        };
    }
}

/// Paints the page.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, bank: &Bank, scores: &mut Scores) {
    scores.follow(app.learning().progress());
    let Some((percent, performance)) = scores.overall else {
        ui.add_space(space::L);
        let advice = "Answer a task of any question to see results here";
        empty_state(ui, Icon::ChartLine, "No answers yet", advice);
        return;
    };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let strong = tokens(ui).text_strong;
        let answers = scores.answers.unwrap_or_default();
        let title = if answers < ANSWERS_FOR_A_LEVEL {
            format!("{percent:.0} %")
        } else {
            format!("{percent:.0} %, {}", performance.title().to_lowercase())
        };
        let title = RichText::new(title).font(TextRole::Display.font());
        ui.label(title.color(strong));
        let plural = if answers == 1 { "" } else { "s" };
        caption(
            ui,
            format!("The last answer to each task, weighted; {answers} answer{plural}"),
        );
        if let Some(series) = &scores.series {
            section(ui, "Over time", |ui| chart_ui(ui, series));
        }
        section(ui, "By criterion", |ui| {
            let rows = scores.criteria.iter().map(|(criterion, summary)| {
                let words = format!("{} ({} %)", criterion.title(), criterion.weight());
                (words, *summary)
            });
            table_ui(ui, "criteria", rows);
        });
        section(ui, "By topic", |ui| {
            let rows = scores.topics.iter();
            let rows = rows.map(|(id, summary)| (topic_title(bank, id).to_owned(), *summary));
            table_ui(ui, "topics", rows);
        });
        ui.horizontal_wrapped(|ui| {
            for (file, words) in [
                (LearningFile::ProgressCsv, "Export as CSV…"),
                (LearningFile::ProgressMarkdown, "Export as Markdown…"),
            ] {
                if button_ui(ui, Icon::Download, words) {
                    ask(actions, LearningAction::AskWhereToExport(file));
                }
            }
        });
    });
}

fn table_ui(ui: &mut Ui, id: &str, rows: impl Iterator<Item = (String, Summary)>) {
    ui.push_id(id, |ui| {
        for (words, summary) in rows {
            let result = format!(
                "{:.0} %, {} of {} right",
                summary.percent, summary.passed, summary.tasks
            );
            ui.horizontal(|ui| {
                ui.spacing_mut().interact_size.y = 0.0;
                ui.label(words.as_str());
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    caption(ui, result.as_str());
                });
            });
            bar_ui(ui, (summary.percent / 100.0) as f32, &words);
            ui.add_space(space::S);
        }
    });
}

fn chart_ui(ui: &mut Ui, series: &Series) {
    let accent = tokens(ui).accent;
    let points = series.points.iter();
    let points: Vec<[f64; 2]> = points.map(|it| [it.day as f64, it.percent]).collect();
    let dates: Vec<(u64, String)> = series
        .points
        .iter()
        .map(|point| (point.day, point.date.clone()))
        .collect();
    let shown = quiet_plot(ui, "progress over time", CHART_HEIGHT)
        .include_y(0.0)
        .include_y(100.0)
        .x_axis_formatter(move |mark, _| {
            let day = dates.iter().find(|(day, _)| *day as f64 == mark.value);
            day.map_or_else(String::new, |(_, date)| date.clone())
        })
        .show(ui, |plot| {
            let line = Line::new("result", PlotPoints::from(points.clone()));
            plot.line(line.color(accent).width(2.0));
            let marks = Points::new("days", PlotPoints::from(points));
            plot.points(marks.color(accent).radius(3.0));
        });
    shown
        .response
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, "Result in percent, day by day"));
}

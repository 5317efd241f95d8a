//! The toy of a question: a small model to play with, above the tasks about it.

mod aliasing;
mod attention;
mod board;
mod flow;
mod next_word;
mod pieces;

use super::ask;
use crate::app::learning::{ToyAction, ToyBench};
use crate::app::{Actions, AppState, LearningAction, ParamId};
use crate::learn::Question;
use crate::learn::toy::Choice;
use crate::learn::toy::play::MAX_TEXT;
use crate::learn::toy::shown::Shown;
use crate::ui::panels::parameter_row;
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::{caption, icon, name_width, reset_button, section_with, text_field};
use eframe::egui::{
    Align2, Button, CollapsingHeader, Color32, Label, Rect, Response, RichText, Role, Sense,
    Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;

/// Height of a word with its bar.
const BAR_ROW: f32 = 24.0;
/// Width of the percentage at its end.
const PERCENT: f32 = 56.0;

/// A toy and what its painters ask for.
struct Stage<'a> {
    app: &'a AppState,
    actions: &'a mut Actions,
    bench: &'a ToyBench,
}

impl Stage<'_> {
    fn ask(&mut self, action: ToyAction) {
        ask(self.actions, LearningAction::Toy(action));
    }

    /// The slider of a setting, its name in a place of this width.
    fn number_ui(&mut self, ui: &mut Ui, key: &'static str, width: f32) {
        let id = ParamId::Toy(key);
        parameter_row::named_ui(ui, self.app, self.actions, &id, Some(width));
    }
}

/// Paints the toy of a question that has one.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, question: &Question) {
    let learning = app.learning();
    let (Some(toy), Some(bench)) = (&question.toy, learning.toy()) else {
        return;
    };
    let kind = bench.play().kind();
    let stage = &mut Stage {
        app,
        actions,
        bench,
    };
    ui.add_space(space::S);
    let (is_reset, ()) = section_with(
        ui,
        kind.title(),
        |ui| {
            reset_button(ui, !bench.is_at_start())
                .on_hover_text("Start over as the question has it")
                .on_disabled_hover_text("It is as the question has it")
                .accessible_name("Start over")
                .clicked()
        },
        |ui| {
            ui.add(Label::new(&toy.caption).wrap());
            if !bench.is_ready() {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.label(kind.learning());
                });
                return;
            }
            let choices = kind.choices();
            let is_of_text = choices.is_empty();
            match is_of_text {
                true => text_ui(ui, stage),
                false => choices_ui(ui, stage, &choices),
            }
            let shown = &*bench.shown();
            let is_hidden = learning.hides_toy(app.view());
            // Below pictures that are dragged, so that these are in sight where the toy begins.
            if is_hidden || is_of_text {
                settings_ui(ui, stage, shown);
            }
            if is_hidden {
                // Only settings, for what they do is asked.
                ui.horizontal(|ui| {
                    ui.label(icon(Icon::EyeOff).color(tokens(ui).text_muted));
                    caption(ui, "Hidden until you have answered");
                });
            } else {
                shown_ui(ui, stage, shown);
            }
            CollapsingHeader::new("What this is, and is not")
                .id_salt("about the toy")
                .show(ui, |ui| ui.add(Label::new(kind.about()).wrap()));
        },
    );
    if is_reset {
        stage.ask(ToyAction::StartOver);
    }
}

fn text_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let mut text = stage.bench.play().text().to_owned();
    let field = TextEdit::multiline(&mut text)
        .hint_text("Type some words")
        .char_limit(MAX_TEXT)
        .desired_rows(2)
        .desired_width(f32::INFINITY);
    if text_field(ui, field)
        .accessible_name("Text of the toy")
        .changed()
    {
        stage.ask(ToyAction::SetText(text));
    }
}

/// Which of the words its text is.
fn choices_ui(ui: &mut Ui, stage: &mut Stage<'_>, choices: &[Choice]) {
    ui.horizontal_wrapped(|ui| {
        for choice in choices {
            let is_chosen = stage.bench.play().text() == choice.key;
            let button = Button::selectable(is_chosen, choice.title);
            if ui.add(button.min_size(vec2(0.0, size::CONTROL))).clicked() {
                stage.ask(ToyAction::SetText(choice.key.to_owned()));
            }
        }
    });
}

fn settings_ui(ui: &mut Ui, stage: &mut Stage<'_>, shown: &Shown) {
    match shown {
        Shown::Attention(_) => attention::settings_ui(ui, stage),
        _ => numbers_ui(ui, stage),
    }
}

/// What is painted in which way.
#[derive(Clone, Copy)]
enum Mark {
    Dot(Color32),
    /// The outline of a bar.
    Hollow(Color32),
}

fn legend_ui(ui: &mut Ui, marks: &[(Mark, &str)]) {
    ui.horizontal_wrapped(|ui| {
        for (mark, name) in marks {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(size::ICON), Sense::hover());
            match *mark {
                Mark::Dot(colour) => {
                    ui.painter().circle_filled(rect.center(), 3.0, colour);
                }
                Mark::Hollow(colour) => {
                    let square = Rect::from_center_size(rect.center(), Vec2::splat(8.0));
                    let stroke = Stroke::new(1.0, colour);
                    ui.painter()
                        .rect_stroke(square, 0.0, stroke, StrokeKind::Inside);
                }
            }
            caption(ui, *name);
        }
    });
}

/// The sliders of all numbers.
fn numbers_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let numbers = stage.bench.play().kind().numbers();
    let width = name_width(ui, numbers.iter().map(|it| it.label));
    for number in numbers {
        stage.number_ui(ui, number.key, width);
    }
}

fn shown_ui(ui: &mut Ui, stage: &mut Stage<'_>, shown: &Shown) {
    match shown {
        Shown::NextWord(next) => next_word::ui(ui, stage, next),
        Shown::Attention(found) => attention::ui(ui, stage, found),
        Shown::Pieces(cut) => pieces::ui(ui, stage, cut),
        Shown::Flow(found) => flow::ui(ui, stage, found),
        Shown::Aliasing(found) => aliasing::ui(ui, stage, found),
    }
}

/// Paints a word, its share as a bar and in percent. One that can be clicked says so by `about`.
fn bar_row_ui(ui: &mut Ui, word: &str, share: f64, about: Option<&str>) -> Response {
    let colours = tokens(ui);
    let sense = match about {
        Some(_) => Sense::click(),
        None => Sense::hover(),
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BAR_ROW), sense);
    let percent = percent(share);
    let role = match about {
        Some(_) => Role::Button,
        None => Role::ProgressIndicator,
    };
    response.widget_info(|| WidgetInfo::labeled(role, true, format!("{word}: {percent}")));
    if about.is_some() && (response.hovered() || response.has_focus()) {
        ui.painter()
            .rect_filled(rect, size::RADIUS_SMALL, colours.control_hovered);
    }
    if response.has_focus() {
        let stroke = Stroke::new(1.0, colours.accent);
        ui.painter()
            .rect_stroke(rect, size::RADIUS_SMALL, stroke, StrokeKind::Inside);
    }
    let name_width = (rect.width() * 0.32).min(128.0);
    let middle = rect.center().y;
    let names = Rect::from_min_max(rect.min, pos2(rect.left() + name_width, rect.bottom()));
    ui.painter().with_clip_rect(names).text(
        pos2(rect.left() + space::XS, middle),
        Align2::LEFT_CENTER,
        word,
        TextRole::Body.font(),
        colours.text_strong,
    );
    let rail = Rect::from_min_max(
        pos2(names.right() + space::S, middle - space::XS),
        pos2(rect.right() - PERCENT - space::S, middle + space::XS),
    );
    ui.painter().rect_filled(rail, 2.0, colours.control);
    let bar = Rect::from_min_size(rail.min, vec2(rail.width() * share as f32, rail.height()));
    ui.painter().rect_filled(bar, 2.0, colours.accent);
    ui.painter().text(
        pos2(rect.right() - space::XS, middle),
        Align2::RIGHT_CENTER,
        percent,
        TextRole::Small.font(),
        colours.text,
    );
    match about {
        Some(about) => response.on_hover_text(about),
        None => response,
    }
}

/// A share as people read it.
fn percent(share: f64) -> String {
    match 100.0 * share {
        0.0 => "0 %".to_owned(),
        percent if percent < 0.1 => "< 0.1 %".to_owned(),
        percent => format!("{percent:.1} %"),
    }
}

/// Words with a quiet name before them.
fn named_text_ui(ui: &mut Ui, name: &str, words: &str) {
    caption(ui, name);
    ui.add(Label::new(RichText::new(words).color(tokens(ui).text_strong)).wrap());
}

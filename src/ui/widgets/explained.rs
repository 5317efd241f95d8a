//! The title of a panel with the way to the question that explains it.

use super::{heading, icon};
use crate::app::{Action, Actions, LearningAction};
use crate::ui::theme::{size, tokens};
use eframe::egui::{Align, Button, Layout, Ui, vec2};
use lucide_icons::Icon;

/// Paints a title, and at the end of its line a button that opens a built-in question. `subject`
/// names what is explained, for those who do not see where the button stands.
pub fn explained_heading(
    ui: &mut Ui,
    actions: &mut Actions,
    title: &str,
    subject: &str,
    question: &str,
) {
    ui.horizontal_top(|ui| {
        // The line is as high as the title, not as a control.
        ui.spacing_mut().interact_size.y = 0.0;
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            explain_ui(ui, actions, subject, question);
            ui.with_layout(Layout::top_down(Align::Min), |ui| heading(ui, title));
        });
    });
}

fn explain_ui(ui: &mut Ui, actions: &mut Actions, subject: &str, question: &str) {
    let muted = tokens(ui).text_muted;
    let button = Button::new(icon(Icon::CircleQuestionMark).color(muted))
        .frame_when_inactive(false)
        .min_size(vec2(size::CONTROL, 0.0));
    let response = ui
        .add(button)
        .on_hover_text("What is this? Opens the question that explains it")
        .accessible_name(format!("What is this? {subject}"));
    if response.clicked() {
        let explain = LearningAction::Explain(question.to_owned());
        actions.push(Action::Learn(explain));
    }
}

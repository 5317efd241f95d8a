//! Text by its role.

use crate::ui::theme::{TextRole, space, tokens};
use eframe::egui::{Align, Label, Layout, Response, RichText, Ui};
use lucide_icons::Icon;

/// A lucide icon as text, in the size of a line.
pub fn icon(icon: Icon) -> RichText {
    RichText::new(char::from(icon).to_string()).font(TextRole::Icon.font())
}

/// The title of a panel or a card.
pub fn heading(ui: &mut Ui, text: &str) -> Response {
    let colour = tokens(ui).text_strong;
    ui.label(
        RichText::new(text)
            .font(TextRole::Heading.font())
            .color(colour),
    )
}

/// Small and quiet: what explains, but need not be read.
pub fn caption(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = tokens(ui).text_muted;
    ui.label(
        RichText::new(text)
            .font(TextRole::Small.font())
            .color(colour),
    )
}

/// As [`Response::on_hover_text`], with a text that is made only when somebody reads it.
pub fn on_hover_text_from(response: Response, text: impl Fn() -> String) -> Response {
    // A screen reader reads it without hovering; without one nothing is described.
    response.ctx.accesskit_node_builder(response.id, |node| {
        if node.description().is_none() {
            node.set_description(text());
        }
    });
    response.on_hover_ui(|ui| {
        ui.set_max_width(ui.spacing().tooltip_width);
        ui.label(text());
    })
}

/// Numbers and expressions.
pub fn code(text: impl Into<String>) -> RichText {
    RichText::new(text).font(TextRole::Code.font())
}

/// A group of controls under a small title.
pub fn section<R>(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui) -> R) -> R {
    ui.add_space(space::S);
    title_ui(ui, title);
    let inner = add(ui);
    ui.add_space(space::S);
    inner
}

/// A section with something at the right end of the title's line.
pub fn section_with<T, R>(
    ui: &mut Ui,
    title: &str,
    add_at_end: impl FnOnce(&mut Ui) -> T,
    add: impl FnOnce(&mut Ui) -> R,
) -> (T, R) {
    let line = ui.horizontal(|ui| {
        title_ui(ui, title);
        ui.with_layout(Layout::right_to_left(Align::Center), add_at_end)
    });
    let inner = add(ui);
    ui.add_space(space::S);
    (line.inner.inner, inner)
}

fn title_ui(ui: &mut Ui, title: &str) {
    let strong = tokens(ui).text_strong;
    ui.label(
        RichText::new(title)
            .font(TextRole::Body.font())
            .color(strong),
    );
}

/// A few quiet words in the middle of a place where something can be put.
pub fn invitation_ui(ui: &mut Ui, words: &str) {
    ui.centered_and_justified(|ui| {
        let muted = tokens(ui).text_muted;
        let words = RichText::new(words).font(TextRole::Small.font());
        // Not justified letter by letter where the words take several lines.
        ui.add(Label::new(words.color(muted)).wrap().halign(Align::Center));
    });
}

/// What is shown where there is nothing yet: an icon, what is missing, and what to do.
pub fn empty_state(ui: &mut Ui, glyph: Icon, title: &str, advice: &str) {
    let tokens = tokens(ui);
    ui.vertical_centered(|ui| {
        ui.label(
            RichText::new(char::from(glyph).to_string())
                .font(TextRole::IconLarge.font())
                .color(tokens.text_muted),
        );
        ui.label(
            RichText::new(title)
                .font(TextRole::Display.font())
                .color(tokens.text_strong),
        );
        ui.label(RichText::new(advice).color(tokens.text_muted));
    });
}

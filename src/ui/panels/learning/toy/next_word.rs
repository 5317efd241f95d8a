//! The next word: its distribution, and what is written when words are drawn from it.

use super::{Stage, bar_row_ui, named_text_ui};
use crate::app::learning::ToyAction;
use crate::learn::evidence::shown;
use crate::learn::toy::probe::WRITTEN;
use crate::learn::toy::shown::{Continuation, NextWord};
use crate::ui::panels::learning::{button_ui, button_unless_ui, main_button_ui};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::caption;
use eframe::egui::{Frame, Ui};
use lucide_icons::Icon;

pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>, next: &NextWord) {
    if let Some(word) = next.unknown.first() {
        let words = format!("The pages do not have “{word}”, so what is before it does not count");
        caption(ui, words);
    }
    ui.add_space(space::XS);
    caption(
        ui,
        match next.context.as_str() {
            "" => "The first word of a paragraph".to_owned(),
            context => format!("The next word after “{context}”"),
        },
    );
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (word, share) in &next.likeliest {
            if bar_row_ui(ui, word, *share, Some("Go on with this word")).clicked() {
                stage.ask(ToyAction::Take(word.clone()));
            }
        }
    });
    let choices = match next.choices {
        1 => "1 word can be drawn".to_owned(),
        count => format!("{count} words can be drawn"),
    };
    let mut facts = format!("{choices} · entropy {:.2} bits", next.entropy_bits);
    if let Ok(perplexity) = next.perplexity {
        facts += &format!(" · perplexity of the text {}", shown(perplexity));
    }
    caption(ui, facts);
    ui.horizontal_wrapped(|ui| {
        if main_button_ui(ui, Icon::ChevronRight, "Next word", None) {
            stage.ask(ToyAction::Write(1));
        }
        if button_ui(ui, Icon::PenLine, "Write 20 words") {
            stage.ask(ToyAction::Write(WRITTEN));
        }
        let why_not = (stage.bench.written() == 0).then_some("Nothing is written yet");
        if button_unless_ui(ui, Icon::Undo2, "Take back", why_not) {
            stage.ask(ToyAction::TakeBack);
        }
    });
    if stage.bench.written() == 0 {
        return;
    }
    let seed = stage.bench.play().seed();
    continuation_ui(ui, &format!("Drawn, seed {seed}"), &next.sampled);
    continuation_ui(ui, "Greedy, from the same text", &next.greedy);
}

fn continuation_ui(ui: &mut Ui, name: &str, found: &Continuation) {
    let colours = tokens(ui);
    Frame::new()
        .fill(colours.raised)
        .corner_radius(size::RADIUS)
        .inner_margin(space::S)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            named_text_ui(ui, name, &found.text);
            let (bits, different) = (found.mean_bits, found.variety_percent);
            let facts = format!("{bits:.1} bits per word · {different:.0} % different words");
            caption(ui, facts);
        });
}

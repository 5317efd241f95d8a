//! A prompt: words that the picture is to show, and words that it is not to show, typed or clicked.

use crate::app::{Actions, Edit};
use crate::latent::{Condition, Vocabulary};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{caption, icon, text_field};
use eframe::egui::{Id, Label, RichText, TextEdit, Ui, vec2};
use lucide_icons::Icon;

/// What is being typed, as long as it is not what is asked for.
#[derive(Clone, Default)]
struct Draft {
    text: String,
    /// What was asked for when it was typed; when that changes otherwise, the draft is out of date.
    over: Option<String>,
}

/// Paints the prompt with all words that a model knows.
pub fn ui(ui: &mut Ui, actions: &mut Actions, vocabulary: &Vocabulary, given: &Condition) {
    let text = field_ui(ui, actions, vocabulary, given);
    notes_ui(ui, vocabulary, given, &text);
    words_ui(ui, actions, vocabulary, given);
}

/// The prompt as text, which is returned. What is typed counts as soon as it is made of known words.
fn field_ui(
    ui: &mut Ui,
    actions: &mut Actions,
    vocabulary: &Vocabulary,
    given: &Condition,
) -> String {
    let id = ui.scope_id().with("prompt");
    let draft_id = Id::unique("prompt draft");
    let current = given.to_string();
    let draft: Draft = ui.data(|data| data.get_temp(draft_id)).unwrap_or_default();
    let is_typed = draft.over.as_ref() == Some(&current);
    let mut text = match is_typed {
        true => draft.text,
        false => current.clone(),
    };
    let field = TextEdit::singleline(&mut text)
        .id(id)
        .desired_width(f32::INFINITY)
        .min_size(vec2(0.0, size::CONTROL))
        .hint_text("smile, not hat, 0.5 glasses");
    let response = text_field(ui, field)
        .on_hover_text("Words that the picture is to show, with commas between them; \"not\" before a word that it is not to show")
        .accessible_name("Prompt");
    let read = read(vocabulary, &text);
    if response.changed() {
        let over = match &read {
            Ok(condition) => {
                actions.edit(Edit::Given(condition.clone()));
                condition.to_string()
            }
            Err(_) => current,
        };
        let over = Some(over);
        let draft = Draft {
            text: text.clone(),
            over,
        };
        ui.data_mut(|data| data.insert_temp(draft_id, draft));
    } else if !response.has_focus() && is_typed && read.is_ok() {
        ui.data_mut(|data| data.remove_temp::<Draft>(draft_id));
    }
    // A word that is half typed is no mistake.
    if let Err(fault) = read
        && !(response.has_focus() && fault.may_be_unfinished)
    {
        let colour = tokens(ui).error;
        ui.label(RichText::new(fault.sentence).color(colour).small());
    }
    text
}

/// Words that exclude each other. The picture is drawn all the same.
fn notes_ui(ui: &mut Ui, vocabulary: &Vocabulary, given: &Condition, text: &str) {
    let contradiction = Condition::contradiction_note(&Condition::contradicted(text));
    let notes = [vocabulary.conflict_note(given), contradiction];
    for note in notes.into_iter().flatten() {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            let muted = tokens(ui).text_muted;
            ui.label(icon(Icon::Info).color(muted));
            let words = RichText::new(note).color(muted).small();
            ui.add(Label::new(words).wrap());
        });
    }
}

struct Unread {
    sentence: String,
    may_be_unfinished: bool,
}

/// What a text asks for; nothing, if it is blank.
fn read(vocabulary: &Vocabulary, text: &str) -> Result<Condition, Unread> {
    let text = text.trim().trim_end_matches(',').trim_end();
    if text.is_empty() {
        return Ok(Condition::default());
    }
    let condition = Condition::of_prompt(text).map_err(|sentence| Unread {
        sentence,
        may_be_unfinished: text.ends_with("not") || text.ends_with(|c: char| c.is_numeric()),
    })?;
    match vocabulary.unknown(&condition) {
        None => Ok(condition),
        Some((word, near)) => Err(Unread {
            sentence: match near {
                Some(near) => {
                    format!("{word:?} is not a word of this model; did you mean {near:?}?")
                }
                None => format!("{word:?} is not a word of this model"),
            },
            may_be_unfinished: vocabulary.words.iter().any(|known| known.starts_with(word)),
        }),
    }
}

/// A button for each word, which asks for it, against it, and for nothing again in turn.
fn words_ui(ui: &mut Ui, actions: &mut Actions, vocabulary: &Vocabulary, given: &Condition) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
        ui.spacing_mut().button_padding.x = space::S - 1.0;
        for word in &vocabulary.words {
            let weight = given.weight(word);
            let (label, next, tip) = if weight > 0.0 {
                (word.clone(), -1.0, format!("Ask for no {word}"))
            } else if weight < 0.0 {
                (format!("not {word}"), 0.0, format!("Say nothing of {word}"))
            } else {
                (word.clone(), 1.0, format!("Ask for {word}"))
            };
            let text = match weight < 0.0 {
                true => RichText::new(label).strikethrough(),
                false => RichText::new(label),
            };
            let button = ui
                .selectable_label(weight != 0.0, text)
                .on_hover_text(tip)
                .accessible_name(format!("Word {word}"));
            if button.clicked() {
                let mut next_given = given.clone();
                next_given.set(word, next);
                actions.edit(Edit::Given(next_given));
            }
        }
    });
    if given.is_empty() {
        caption(
            ui,
            "Type a prompt or click words; a second click asks for the opposite.",
        );
    }
}

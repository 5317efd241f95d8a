//! What the picture is asked to show: a class, a blend of classes, or attributes.

use crate::app::{Action, Actions, AppState, Edit, ParamId};
use crate::engine::ModelInfo;
use crate::latent::{Condition, Vocabulary, VocabularyKind};
use crate::ui::panels::{parameter_row, prompt};
use crate::ui::theme::space;
use crate::ui::widgets::{icon, name_width, reset_button, section_with};
use eframe::egui::{Button, Ui};
use lucide_icons::Icon;

/// Paints what a model can be asked for; nothing where it takes no conditions.
pub fn ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, model: &ModelInfo) {
    let Some(vocabulary) = &model.manifest.conditions else {
        return;
    };
    let given = app.position().given();
    let title = match vocabulary.kind {
        VocabularyKind::Classes => "Class",
        VocabularyKind::Attributes => "Prompt",
    };
    let (reset, ()) = section_with(
        ui,
        title,
        |ui| {
            reset_button(ui, !given.is_empty())
                .on_hover_text("Ask for nothing")
                .on_disabled_hover_text("Nothing is asked for")
                .accessible_name("Reset what is asked for")
                .clicked()
        },
        |ui| match vocabulary.kind {
            VocabularyKind::Classes => {
                classes_ui(ui, actions, vocabulary, given);
                weights_ui(ui, app, actions, vocabulary, given, "Blend");
            }
            VocabularyKind::Attributes => {
                prompt::ui(ui, actions, vocabulary, given);
                weights_ui(ui, app, actions, vocabulary, given, "Weights");
            }
        },
    );
    if reset {
        actions.edit(Edit::Given(Condition::default()));
    }
}

/// A button for each class, and one for none.
fn classes_ui(ui: &mut Ui, actions: &mut Actions, vocabulary: &Vocabulary, given: &Condition) {
    ui.horizontal_wrapped(|ui| {
        // Ten classes stand in one row.
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.spacing_mut().button_padding.x = space::S - 1.0;
        // A model that was always told a class draws its default where nothing is said.
        let default = vocabulary.default.as_deref();
        if default.is_none() {
            let any = ui
                .selectable_label(given.is_empty(), "any")
                .on_hover_text("Ask for no class: the model draws whatever the code gives")
                .accessible_name("Any class");
            if any.clicked() {
                actions.edit(Edit::Given(Condition::default()));
            }
        }
        for word in &vocabulary.words {
            let only = Condition::word(word);
            let chosen = ui
                .selectable_label(
                    *given == only || (given.is_empty() && default == Some(word)),
                    word,
                )
                .on_hover_text(format!("Draw this code as {word}"))
                .accessible_name(format!("Draw as {word}"));
            if chosen.clicked() {
                actions.edit(Edit::Given(only));
            }
        }
    });
}

/// Sliders of all words where asked for, and where a weight is not one that a button sets.
fn weights_ui(
    ui: &mut Ui,
    app: &AppState,
    actions: &mut Actions,
    vocabulary: &Vocabulary,
    given: &Condition,
    title: &str,
) {
    let open = app.view().blends_classes;
    let glyph = if open {
        Icon::ChevronDown
    } else {
        Icon::ChevronRight
    };
    let (of, name) = match vocabulary.kind {
        VocabularyKind::Classes => ("class", "Blend classes"),
        VocabularyKind::Attributes => ("word", "Weights of words"),
    };
    let more = ui
        .add(Button::new((icon(glyph), title)).frame_when_inactive(false))
        .on_hover_text(format!("Show or hide a weight for each {of}"))
        .accessible_name(name);
    if more.clicked() {
        actions.push(Action::ShowBlend(!open));
    }
    let are_whole = given.weights().iter().all(|weight| weight.abs() == 1.0);
    let is_pure = match vocabulary.kind {
        VocabularyKind::Classes => given.iter().all(|(_, it)| it == 1.0) && given.iter().len() <= 1,
        VocabularyKind::Attributes => are_whole,
    };
    if open || !is_pure {
        sliders_ui(ui, app, actions, vocabulary);
    }
}

fn sliders_ui(ui: &mut Ui, app: &AppState, actions: &mut Actions, vocabulary: &Vocabulary) {
    let width = name_width(ui, vocabulary.words.iter().map(String::as_str));
    for word in &vocabulary.words {
        let id = ParamId::Condition(word.clone());
        parameter_row::named_ui(ui, app, actions, &id, Some(width));
    }
}

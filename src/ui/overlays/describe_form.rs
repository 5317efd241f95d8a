//! How a model of another program is built, said layer by layer: the file of hints as a form.

mod layers;

use super::card_with_head;
use crate::app::{Action, Actions, AppState, Command, DescribeAction, Describing};
use crate::model::foreign::{Hints, Range};
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::{accented_button, caption, code, heading, icon, number_field, text_field};
use eframe::egui::{
    Button, ComboBox, Context, DragValue, Key, Label, Modifiers, Response, RichText, TextEdit, Ui,
    vec2,
};
use lucide_icons::Icon;

/// Wide enough for the layers of the file beside those of the decoder.
const WIDTH: f32 = 900.0;
/// The part of the width that the layers of the file have.
const FILE_SHARE: f32 = 0.34;
/// The largest number that a layer may be set to.
const MAX_NUMBER: usize = 1 << 20;
/// Width of a number, in points.
const NUMBER_WIDTH: f32 = 48.0;

/// Paints the card; Esc leaves the model where it is.
pub fn describe_form(ctx: &Context, app: &AppState, actions: &mut Actions) {
    let Some(describing) = app.describing() else {
        actions.run(Command::Leave);
        return;
    };
    let mut draft = describing.draft().clone();
    // In a field it takes back what was typed there.
    let is_typing = ctx.text_edit_focused();
    if !is_typing && ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Z)) {
        actions.push(Action::Describe(DescribeAction::Undo));
    }
    let head = |ui: &mut Ui, actions: &mut Actions| head_ui(ui, describing, actions);
    card_with_head(
        ctx,
        "Describe the model",
        WIDTH,
        actions,
        head,
        |ui, actions, ()| {
            about_ui(ui, describing, &mut draft);
            ui.add_space(space::S);
            let room = ui.available_width();
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = space::M;
                ui.vertical(|ui| {
                    ui.set_width(room * FILE_SHARE);
                    file_ui(ui, describing, &mut draft);
                });
                ui.vertical(|ui| {
                    ui.set_width(ui.available_width());
                    layers::ui(ui, describing, &mut draft);
                });
            });
            if draft != *describing.draft() {
                actions.push(Action::Describe(DescribeAction::Edit(Box::new(draft))));
            }
        },
    );
}

/// The buttons, and what the description comes to now.
fn head_ui(ui: &mut Ui, describing: &Describing, actions: &mut Actions) {
    if let Some(path) = describing.file().hints_file() {
        let name = path.file_name().unwrap_or_default().display();
        caption(
            ui,
            format!("Saved as {name} beside the model, which then opens"),
        );
    }
    ui.add_space(space::S);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let problem = describing.check().err();
        let save = accented_button(ui, Icon::FolderOpen, "Save and open");
        let save = ui
            .add_enabled(problem.is_none(), save)
            .on_disabled_hover_text(problem.unwrap_or_default())
            .accessible_name("Save the description and open the model");
        if save.clicked() {
            actions.push(Action::Describe(DescribeAction::Save));
        }
        let undo = Button::new((icon(Icon::Undo2), "Undo")).min_size(vec2(0.0, size::CONTROL));
        let undo = ui
            .add_enabled(describing.can_undo(), undo)
            .on_hover_text("Take the last change back (Ctrl+Z)")
            .on_disabled_hover_text("Nothing was changed yet")
            .accessible_name("Take the last change back");
        if undo.clicked() {
            actions.push(Action::Describe(DescribeAction::Undo));
        }
        let cancel = Button::new((icon(Icon::X), "Cancel")).min_size(vec2(0.0, size::CONTROL));
        let cancel = ui
            .add(cancel)
            .on_hover_text(
                "Close; where the file is opened again, the description goes on from here",
            )
            .accessible_name("Cancel");
        if cancel.clicked() {
            actions.run(Command::Leave);
        }
    });
    ui.add_space(space::S);
    let fault = describing.not_saved.as_ref();
    let (sentence, is_sound) = match (&describing.outline().outcome, fault) {
        (_, Some(fault)) => (fault, false),
        (Ok(sentence), None) => (sentence, true),
        (Err(fault), None) => (fault, false),
    };
    let tokens = tokens(ui);
    let (sign, color) = match is_sound {
        true => (Icon::CircleCheck, tokens.text),
        false => (Icon::CircleAlert, tokens.error),
    };
    ui.horizontal(|ui| {
        ui.label(icon(sign).color(color));
        // Cut off, so that the layers below stay where they are under the hand.
        let prefix = describing.file().prefix();
        let shown = match prefix.is_empty() {
            true => sentence.clone(),
            false => sentence.replace(prefix, ""),
        };
        ui.add(Label::new(RichText::new(shown).color(color)).truncate())
            .on_hover_text(sentence);
    });
}

/// What the model is called and what it makes.
fn about_ui(ui: &mut Ui, describing: &Describing, draft: &mut Hints) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::S, space::XS);
        caption(ui, "Title");
        let mut title = draft.title.clone().unwrap_or_default();
        let stem = describing.file().path().file_stem();
        let stem = stem.unwrap_or_default().to_string_lossy();
        let field = TextEdit::singleline(&mut title)
            .hint_text(stem)
            .desired_width(200.0);
        let field = text_field(ui, field).accessible_name("Title of the model");
        if field.changed() {
            draft.title = (!title.is_empty()).then_some(title);
        }
        ui.add_space(space::S);
        caption(ui, "Picture");
        ui.spacing_mut().item_spacing.x = space::XS;
        let image = draft.image.get_or_insert([3, 64, 64]);
        for (index, (value, name)) in image
            .iter_mut()
            .zip(["channels", "height", "width"])
            .enumerate()
        {
            if index > 0 {
                caption(ui, "×");
            }
            number_ui(ui, value, name, &format!("Picture {name}"));
        }
        if let Some(end) = describing.other_picture() {
            let words = format!("Set to {}", sides(&end));
            let fit = ui
                .button(words)
                .on_hover_text("The layers end in a picture of this size");
            if fit.clicked() {
                *image = end;
            }
        }
        ui.add_space(space::M);
        caption(ui, "Black to white");
        let range = draft.range.get_or_insert(Range::Unit);
        ComboBox::from_id_salt("range")
            .selected_text(range.name())
            .width(72.0)
            .show_ui(ui, |ui| {
                for other in Range::ALL {
                    ui.selectable_value(range, other, other.name());
                }
            })
            .response
            .on_hover_text(
                "The numbers that the last layer gives for black and for white: 0..1 after sigmoid, -1..1 after tanh",
            )
            .accessible_name("Range of the decoder's numbers");
    });
}

/// The layers of the file; a click adds one to the decoder.
fn file_ui(ui: &mut Ui, describing: &Describing, draft: &mut Hints) {
    heading(ui, "In the file");
    let file = describing.file();
    let prefix = file.prefix();
    caption(
        ui,
        match prefix.is_empty() {
            true => "A click adds a layer at the end of the decoder".to_owned(),
            false => format!("All names begin with {prefix}"),
        },
    );
    let layers = &mut draft.decoder.get_or_insert_default().layers;
    for (name, part) in &file.modules {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            let is_used = layers.iter().any(|layer| layer.module() == Some(name));
            let glyph = if is_used { Icon::Check } else { Icon::Plus };
            let add = ui
                .add(icon_button(glyph))
                .on_hover_text(match is_used {
                    true => "It is in the decoder; a click adds it once more",
                    false => "Add it at the end of the decoder",
                })
                .accessible_name(format!("Add {name}"));
            if add.clicked()
                && let Some(layer) = file.layer(name)
            {
                layers.push(layer);
            }
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                name_ui(ui, name, prefix);
                caption(ui, &part.shape);
            });
        });
    }
}

/// The name of a module, in what is left of a line: of a long one its end, which tells it from others.
fn name_ui(ui: &mut Ui, name: &str, prefix: &str) -> Response {
    let short = name.strip_prefix(prefix).unwrap_or(name);
    let (font, color) = (TextRole::Code.font(), tokens(ui).text);
    let galley = ui.painter().layout_no_wrap(short.to_owned(), font, color);
    let (room, width) = (ui.available_width(), galley.size().x);
    let label = if width <= room {
        code(short)
    } else {
        // All letters of this font are equally wide.
        let count = short.chars().count();
        let kept = (count as f32 * (room / width)) as usize;
        let tail = short
            .chars()
            .skip(count - kept.saturating_sub(1).min(count));
        code(format!("…{}", tail.collect::<String>()))
    };
    ui.add(Label::new(label).truncate()).on_hover_text(name)
}

/// Sides as people write them.
fn sides(shape: &[usize]) -> String {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    sides.join("×")
}

fn number_ui(ui: &mut Ui, value: &mut usize, hint: &str, name: &str) {
    let field = DragValue::new(value).speed(0.1).range(0..=MAX_NUMBER);
    number_field(ui, NUMBER_WIDTH, field)
        .on_hover_text(hint)
        .accessible_name(name);
}

fn icon_button(glyph: Icon) -> Button<'static> {
    Button::new(icon(glyph))
        .frame_when_inactive(false)
        .min_size(vec2(size::CONTROL, size::CONTROL))
}

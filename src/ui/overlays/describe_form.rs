//! How a model of another program is built, said layer by layer: the file of hints as a form.

use super::card_with_head;
use crate::app::{Action, Actions, AppState, Command, DescribeAction, Describing};
use crate::model::foreign::{Activation, Hints, Layer, Range};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{accented_button, caption, code, heading, icon};
use eframe::egui::{Button, ComboBox, Context, DragValue, Label, RichText, TextEdit, Ui, vec2};
use lucide_icons::Icon;

/// Wide enough for the layers of the file beside those of the decoder.
const WIDTH: f32 = 900.0;
/// The part of the width that the layers of the file have.
const FILE_SHARE: f32 = 0.34;
/// The largest number that a layer may be set to.
const MAX_NUMBER: usize = 1 << 20;

/// Paints the card; Esc leaves the model where it is.
pub fn describe_form(ctx: &Context, app: &AppState, actions: &mut Actions) {
    let Some(describing) = app.describing() else {
        actions.run(Command::Leave);
        return;
    };
    let mut draft = describing.draft().clone();
    let head = |ui: &mut Ui, actions: &mut Actions| head_ui(ui, describing, actions);
    card_with_head(
        ctx,
        "Describe the model",
        WIDTH,
        actions,
        head,
        |ui, actions, ()| {
            about_ui(ui, &mut draft);
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
                    layers_ui(ui, describing, &mut draft);
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
            .accessible_name("Save the description and open the model");
        if save.clicked() {
            actions.push(Action::Describe(DescribeAction::Save));
        }
        let undo = Button::new((icon(Icon::Undo2), "Undo")).min_size(vec2(0.0, size::CONTROL));
        let undo = ui
            .add_enabled(describing.can_undo(), undo)
            .accessible_name("Take the last change back");
        if undo.clicked() {
            actions.push(Action::Describe(DescribeAction::Undo));
        }
        let cancel = Button::new((icon(Icon::X), "Cancel")).min_size(vec2(0.0, size::CONTROL));
        if ui.add(cancel).accessible_name("Cancel").clicked() {
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
        ui.add(Label::new(RichText::new(sentence).color(color)).truncate())
            .on_hover_text(sentence);
    });
}

/// What the model is called and what it makes.
fn about_ui(ui: &mut Ui, draft: &mut Hints) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        caption(ui, "Title");
        let mut title = draft.title.clone().unwrap_or_default();
        let field = TextEdit::singleline(&mut title).desired_width(160.0);
        if ui
            .add(field)
            .accessible_name("Title of the model")
            .changed()
        {
            draft.title = (!title.is_empty()).then_some(title);
        }
        caption(ui, "Picture");
        let image = draft.image.get_or_insert([3, 64, 64]);
        for (value, name) in image.iter_mut().zip(["channels", "height", "width"]) {
            number_ui(ui, value, name, &format!("Picture {name}"));
        }
        caption(ui, "Black to white");
        let range = draft.range.get_or_insert(Range::Unit);
        ComboBox::from_id_salt("range")
            .selected_text(range.name())
            .width(64.0)
            .show_ui(ui, |ui| {
                for other in Range::ALL {
                    ui.selectable_value(range, other, other.name());
                }
            })
            .response
            .accessible_name("Range of the decoder's numbers");
    });
}

/// The layers of the file; a click adds one to the decoder.
fn file_ui(ui: &mut Ui, describing: &Describing, draft: &mut Hints) {
    heading(ui, "In the file");
    let layers = &mut draft.decoder.get_or_insert_default().layers;
    for (name, part) in &describing.file().modules {
        ui.horizontal(|ui| {
            let is_used = layers.iter().any(|layer| layer.module() == Some(name));
            let glyph = if is_used { Icon::Check } else { Icon::Plus };
            let add = ui
                .add(icon_button(glyph))
                .on_hover_text("Add to the decoder")
                .accessible_name(format!("Add {name}"));
            if add.clicked()
                && let Some(layer) = describing.file().layer(name)
            {
                layers.push(layer);
            }
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.add(Label::new(code(name.as_str())).truncate());
                caption(ui, &part.shape);
            });
        });
    }
}

/// The layers of the decoder, each with what it makes.
fn layers_ui(ui: &mut Ui, describing: &Describing, draft: &mut Hints) {
    heading(ui, "Decoder, from the code to the picture");
    let shapes = &describing.outline().shapes;
    let layers = &mut draft.decoder.get_or_insert_default().layers;
    let count = layers.len();
    let mut change = None;
    for (index, layer) in layers.iter_mut().enumerate() {
        ui.push_id(index, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = space::XS;
                let number = index + 1;
                for (glyph, words, moved) in [
                    (Icon::ArrowUp, "up", Move::Up(index)),
                    (Icon::ArrowDown, "down", Move::Down(index)),
                    (Icon::Trash2, "away", Move::Away(index)),
                ] {
                    let is_possible = match moved {
                        Move::Up(_) => index > 0,
                        Move::Down(_) => number < count,
                        Move::Away(_) => true,
                    };
                    let name = match moved {
                        Move::Away(_) => format!("Remove layer {number}"),
                        _ => format!("Move layer {number} {words}"),
                    };
                    let button = ui
                        .add_enabled(is_possible, icon_button(glyph))
                        .on_hover_text(&name)
                        .accessible_name(&name);
                    if button.clicked() {
                        change = Some(moved);
                    }
                }
                caption(ui, format!("{number}"));
                layer_ui(ui, layer, number);
                if let Some(shape) = shapes.get(index) {
                    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
                    caption(ui, format!("→ {}", sides.join("×")));
                }
            });
        });
    }
    match change {
        Some(Move::Up(index)) => layers.swap(index - 1, index),
        Some(Move::Down(index)) => layers.swap(index, index + 1),
        Some(Move::Away(index)) => drop(layers.remove(index)),
        None => {}
    }
    ui.add_space(space::S);
    let addition = ComboBox::from_id_salt("addition")
        .selected_text("Add what has no weights")
        .width(220.0)
        .show_ui(ui, |ui| {
            for layer in without_weights() {
                if ui.selectable_label(false, layer.kind()).clicked() {
                    layers.push(layer);
                }
            }
        });
    addition.response.accessible_name("Add what has no weights");
}

/// What happens to a layer.
#[derive(Clone, Copy)]
enum Move {
    Up(usize),
    Down(usize),
    Away(usize),
}

/// One layer with its settings.
fn layer_ui(ui: &mut Ui, layer: &mut Layer, number: usize) {
    if let Layer::Function(activation) = layer {
        ComboBox::from_id_salt("function")
            .selected_text(activation.name())
            .show_ui(ui, |ui| {
                for other in Activation::ALL {
                    ui.selectable_value(activation, other, other.name());
                }
            })
            .response
            .accessible_name(format!("Function of layer {number}"));
        return;
    }
    let kind = layer.kind();
    if matches!(layer, Layer::Conv { .. } | Layer::ConvTranspose { .. }) {
        let turn = ui
            .button(kind)
            .on_hover_text("A click makes it transposed, or no longer so")
            .accessible_name(format!("Kind of layer {number}"));
        if turn.clicked() {
            layer.turn();
        }
    } else {
        ui.label(kind);
    }
    if let Some(module) = layer.module() {
        ui.label(code(module));
    }
    for (name, value) in layer.numbers_mut() {
        caption(ui, name);
        number_ui(ui, value, name, &format!("Layer {number} {name}"));
    }
    if let Layer::Scale { scale, offset } = layer {
        for (value, name) in [(scale, "factor"), (offset, "offset")] {
            caption(ui, name);
            ui.add(DragValue::new(value).speed(0.05))
                .accessible_name(format!("Layer {number} {name}"));
        }
    }
}

fn number_ui(ui: &mut Ui, value: &mut usize, hint: &str, name: &str) {
    let field = DragValue::new(value).speed(0.1).range(0..=MAX_NUMBER);
    ui.add(field).on_hover_text(hint).accessible_name(name);
}

fn icon_button(glyph: Icon) -> Button<'static> {
    Button::new(icon(glyph))
        .frame_when_inactive(false)
        .min_size(vec2(size::CONTROL, size::CONTROL))
}

/// What can lie between layers of the file.
fn without_weights() -> [Layer; 7] {
    [
        Layer::Function(Activation::Relu),
        Layer::Reshape {
            reshape: vec![1, 1, 1],
        },
        Layer::Upsample { upsample: [2, 2] },
        Layer::MaxPool { max_pool: 2 },
        Layer::AveragePool { average_pool: 2 },
        Layer::PixelShuffle { pixel_shuffle: 2 },
        Layer::Scale {
            scale: 1.0,
            offset: 0.0,
        },
    ]
}

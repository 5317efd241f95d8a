//! The layers of the decoder: in their order, with settings and with what each makes.

use super::{icon_button, name_ui, number_ui, sides};
use crate::app::Describing;
use crate::model::foreign::{Activation, Hints, Layer};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{caption, heading, icon, menu_button};
use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{
    Align, ComboBox, DragValue, Id, Label, Layout, Response, RichText, Role, ScrollArea, Ui,
    WidgetInfo, vec2,
};
use lucide_icons::Icon;

/// Width of the number of a layer, so that what follows stands below one another.
const INDEX_WIDTH: f32 = 28.0;
/// Width of a button of an icon.
const BUTTON_WIDTH: f32 = 32.0;
/// Height of a long list of what can be added.
const MENU_HEIGHT: f32 = 360.0;

/// What happens to a layer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Move {
    Up,
    Down,
    Away,
}

/// What a person asked for in this frame.
enum Change {
    Move(usize, Move),
    Insert(usize, Layer),
}

/// Paints the list; what is added goes below the layer whose button was pressed, or to the end.
pub fn ui(ui: &mut Ui, describing: &Describing, draft: &mut Hints) {
    heading(ui, "Decoder, from the code to the picture");
    let misfit = describing.misfit();
    let layers = &mut draft.decoder.get_or_insert_default().layers;
    caption(
        ui,
        match layers.is_empty() {
            true => "Begin with the layer of the file that a code goes into",
            false => "What each layer makes stands at its right",
        },
    );
    let count = layers.len();
    let mut change = None;
    for (index, layer) in layers.iter_mut().enumerate() {
        ui.push_id(index, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                buttons_ui(ui, describing, (index, count), &mut change);
                index_ui(ui, index + 1, misfit == Some(index));
                ui.spacing_mut().item_spacing.x = space::XS;
                // The shape first: the name of a module has what is left.
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if let Some(shape) = describing.outline().shapes.get(index) {
                        caption(ui, format!("→ {}", sides(shape)));
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        layer_ui(ui, layer, index + 1, describing.file().prefix());
                    });
                });
            });
            if layer.module().is_some() && !layer.numbers_mut().is_empty() {
                ui.horizontal(|ui| {
                    ui.add_space(4.0 * BUTTON_WIDTH + INDEX_WIDTH);
                    numbers_ui(ui, layer, index + 1);
                });
            }
        });
    }
    ui.add_space(space::S);
    let addition = ComboBox::from_id_salt("addition")
        .selected_text("Add what has no weights")
        .width(220.0)
        .show_ui(ui, |ui| {
            for (kind, words) in KINDS.iter().enumerate() {
                if ui.selectable_label(false, *words).clicked() {
                    change = Some(Change::Insert(
                        count,
                        without_weights(describing, kind, count),
                    ));
                }
            }
        });
    addition
        .response
        .on_hover_text("At the end; the button + of a layer adds below it")
        .accessible_name("Add what has no weights");
    match change {
        Some(Change::Insert(at, layer)) => layers.insert(at.min(count), layer),
        Some(Change::Move(index, Move::Up)) => layers.swap(index - 1, index),
        Some(Change::Move(index, Move::Down)) => layers.swap(index, index + 1),
        Some(Change::Move(index, Move::Away)) => drop(layers.remove(index)),
        None => {}
    }
}

/// The number of a layer, marked where the layer does not fit.
fn index_ui(ui: &mut Ui, number: usize, is_misfit: bool) {
    let tokens = tokens(ui);
    let place = vec2(INDEX_WIDTH, size::CONTROL);
    ui.allocate_ui_with_layout(place, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(place);
        ui.add_space(space::XS);
        if is_misfit {
            let name = format!("Layer {number} does not fit");
            let sign = ui.label(icon(Icon::CircleAlert).color(tokens.error));
            sign.widget_info(|| WidgetInfo::labeled(Role::Image, true, name.as_str()));
            sign.on_hover_text(&name);
        } else {
            caption(ui, number.to_string());
        }
    });
}

/// What moves a layer, adds below it and takes it away.
fn buttons_ui(
    ui: &mut Ui,
    describing: &Describing,
    (index, count): (usize, usize),
    change: &mut Option<Change>,
) {
    let number = index + 1;
    for (glyph, words, moved) in [
        (Icon::ArrowUp, "up", Move::Up),
        (Icon::ArrowDown, "down", Move::Down),
        (Icon::Trash2, "away", Move::Away),
    ] {
        let is_possible = match moved {
            Move::Up => index > 0,
            Move::Down => number < count,
            Move::Away => true,
        };
        let name = match moved {
            Move::Away => format!("Remove layer {number}"),
            _ => format!("Move layer {number} {words}"),
        };
        let button = ui
            .add_enabled(is_possible, icon_button(glyph))
            .on_hover_text(&name)
            .accessible_name(&name);
        follow(ui, &button, (index, moved));
        if button.clicked() {
            *change = Some(Change::Move(index, moved));
            let to = match moved {
                Move::Up => index - 1,
                Move::Down => index + 1,
                Move::Away => index.min(count.saturating_sub(2)),
            };
            lead(ui, &button, (to, moved));
        }
    }
    let (add, _) = MenuButton::from_button(icon_button(Icon::Plus)).ui(ui, |ui| {
        ui.set_min_width(200.0);
        ScrollArea::vertical()
            .max_height(MENU_HEIGHT)
            .show(ui, |ui| {
                for (kind, words) in KINDS.iter().enumerate() {
                    if menu_button(ui, Icon::Plus, words) {
                        let layer = without_weights(describing, kind, number);
                        *change = Some(Change::Insert(number, layer));
                    }
                }
                ui.separator();
                let file = describing.file();
                for (name, _) in &file.modules {
                    let short = name.strip_prefix(file.prefix()).unwrap_or(name);
                    if menu_button(ui, Icon::Layers, short)
                        && let Some(layer) = file.layer(name)
                    {
                        *change = Some(Change::Insert(number, layer));
                    }
                }
            });
    });
    let name = format!("Add below layer {number}");
    add.on_hover_text(&name).accessible_name(name);
}

fn followed() -> Id {
    Id::unique("the layer that the keyboard follows")
}

/// Has the keyboard go along with a layer that moves, where it has moved it.
fn lead(ui: &Ui, button: &Response, to: (usize, Move)) {
    if button.has_focus() {
        ui.data_mut(|data| data.insert_temp(followed(), to));
    }
}

/// Takes the keyboard where it was led to.
fn follow(ui: &Ui, button: &Response, here: (usize, Move)) {
    let is_led = ui.data(|data| data.get_temp::<(usize, Move)>(followed())) == Some(here);
    if is_led {
        ui.data_mut(|data| data.remove::<(usize, Move)>(followed()));
        button.request_focus();
    }
}

/// What a layer does, with the settings of one without weights.
fn layer_ui(ui: &mut Ui, layer: &mut Layer, number: usize, prefix: &str) {
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
        ui.add(Label::new(RichText::new(kind)));
    }
    match layer.module() {
        Some(module) => drop(name_ui(ui, module, prefix)),
        None => numbers_ui(ui, layer, number),
    }
}

/// The settings of a layer.
fn numbers_ui(ui: &mut Ui, layer: &mut Layer, number: usize) {
    ui.spacing_mut().item_spacing.x = space::XS;
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

/// What can lie between layers of the file, by the names of the file of hints; the first is any function.
const KINDS: [&str; 7] = [
    "relu",
    "reshape",
    "upsample",
    "max_pool",
    "average_pool",
    "pixel_shuffle",
    "scale",
];

/// One of [`KINDS`] before the layer `at`, with settings that suit what it gets.
fn without_weights(describing: &Describing, kind: usize, at: usize) -> Layer {
    let shapes = &describing.outline().shapes;
    let gets = at.checked_sub(1).and_then(|before| shapes.get(before));
    match KINDS.get(kind) {
        Some(&"reshape") => {
            let decoder = describing.draft().decoder.as_ref();
            let next = decoder.and_then(|decoder| decoder.layers.get(at));
            describing
                .file()
                .reshape(gets.map_or(&[1], Vec::as_slice), next)
        }
        Some(&"upsample") => Layer::Upsample {
            upsample: match gets.map(Vec::as_slice) {
                Some(&[_, height, width]) => [height, width].map(|side| side.saturating_mul(2)),
                _ => [2, 2],
            },
        },
        Some(&"max_pool") => Layer::MaxPool { max_pool: 2 },
        Some(&"average_pool") => Layer::AveragePool { average_pool: 2 },
        Some(&"pixel_shuffle") => Layer::PixelShuffle { pixel_shuffle: 2 },
        Some(&"scale") => Layer::Scale {
            scale: 1.0,
            offset: 0.0,
        },
        _ => Layer::Function(Activation::Relu),
    }
}

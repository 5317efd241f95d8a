//! Weights of attention as a matrix: a row for each word as a query, a column for each as a key.

use super::{Stage, bar_row_ui};
use crate::app::learning::ToyAction;
use crate::app::{Action, ParamId};
use crate::learn::toy::attention::{Attention, Head};
use crate::ui::theme::{TextRole, size, space, tokens};
use crate::ui::widgets::caption;
use eframe::egui::epaint::TextShape;
use eframe::egui::{
    Align2, Button, Checkbox, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use std::f32::consts::FRAC_PI_2;

/// The largest side of a cell.
const CELL: f32 = 20.0;
/// The most room that words have at the left and above.
const WORDS: f32 = 88.0;
/// How many weights of a row are listed.
const LISTED: usize = 5;

/// Which head, and the two switches.
pub fn settings_ui(ui: &mut Ui, stage: &mut Stage<'_>) {
    let settings = stage.bench.play().attention();
    let mut set = |key: &'static str, value: f32| {
        stage.actions.push(Action::Set(ParamId::Toy(key), value));
    };
    ui.horizontal_wrapped(|ui| {
        for (place, head) in Head::ALL.into_iter().enumerate() {
            let button = Button::selectable(settings.head == head, head.title());
            let button = ui.add(button.min_size(vec2(0.0, size::CONTROL)));
            if button.on_hover_text(head.about()).clicked() {
                set("head", place as f32 + 1.0);
            }
        }
    });
    let numbers = stage.bench.play().kind().numbers();
    ui.horizontal_wrapped(|ui| {
        for (key, is_on) in [
            ("causal", settings.is_causal),
            ("scaled", settings.is_scaled),
        ] {
            let Some(number) = numbers.iter().find(|it| it.key == key) else {
                continue;
            };
            let mut checked = is_on;
            let check = ui.add(Checkbox::new(&mut checked, number.label));
            if check.on_hover_text(number.about).changed() {
                set(key, f32::from(u8::from(checked)));
            }
        }
    });
    caption(ui, settings.head.about());
}

pub fn ui(ui: &mut Ui, stage: &mut Stage<'_>, found: &Attention) {
    if found.words.is_empty() {
        caption(ui, "There are no words to attend to");
        return;
    }
    let query = stage.bench.query(found.words.len());
    ui.add_space(space::XS);
    if let Some(looked) = matrix_ui(ui, found, query) {
        stage.ask(ToyAction::Look(looked));
    }
    let (Some(word), Some(row)) = (found.words.get(query), found.weights.get(query)) else {
        return;
    };
    caption(ui, format!("“{word}”, word {}, attends to", query + 1));
    let mut heaviest: Vec<(usize, f64)> = row.iter().copied().enumerate().collect();
    heaviest.sort_by(|a, b| b.1.total_cmp(&a.1));
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let heaviest = heaviest.into_iter().filter(|(_, weight)| *weight > 0.0);
        for (key, weight) in heaviest.take(LISTED) {
            let name = found.words.get(key).map_or("", String::as_str);
            bar_row_ui(ui, &format!("{} {name}", key + 1), weight, None);
        }
    });
}

/// Paints the matrix. Returns the row that was chosen now.
fn matrix_ui(ui: &mut Ui, found: &Attention, query: usize) -> Option<usize> {
    let colours = tokens(ui);
    let font = TextRole::Small.font();
    let labels: Vec<_> = found
        .words
        .iter()
        .map(|word| {
            ui.painter()
                .layout_no_wrap(word.clone(), font.clone(), colours.text)
        })
        .collect();
    let widest = labels.iter().map(|label| label.size().x);
    let room = (widest.fold(0.0, f32::max) + space::S).min(WORDS);
    let count = found.words.len() as f32;
    let cell = ((ui.available_width() - room) / count).min(CELL);
    let (head, _) = ui.allocate_exact_size(vec2(room + cell * count, room), Sense::hover());
    let painter = ui.painter().with_clip_rect(head.intersect(ui.clip_rect()));
    for (column, label) in labels.iter().enumerate() {
        // Read from below, so that its end stands over its column.
        let centre = head.left() + room + (column as f32 + 0.5) * cell;
        let at = pos2(centre - label.size().y / 2.0, head.bottom() - space::XS);
        painter.add(TextShape::new(at, label.clone(), colours.text_muted).with_angle(-FRAC_PI_2));
    }
    let mut chosen = None;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (row, (word, weights)) in found.words.iter().zip(&found.weights).enumerate() {
            let place = vec2(room + cell * count, cell);
            let (rect, response) = ui.allocate_exact_size(place, Sense::click());
            let is_chosen = row == query;
            let name = format!("Query {}, {word}", row + 1);
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_chosen, &name));
            let names = Rect::from_min_size(rect.min, vec2(room - space::XS, cell));
            ui.painter().with_clip_rect(names).text(
                pos2(names.left() + space::XS, rect.center().y),
                Align2::LEFT_CENTER,
                word,
                font.clone(),
                if is_chosen {
                    colours.text_strong
                } else {
                    colours.text
                },
            );
            for (column, weight) in weights.iter().enumerate() {
                let corner = rect.min + vec2(room + column as f32 * cell, 0.0);
                let square = Rect::from_min_size(corner, vec2(cell, cell)).shrink(0.5);
                let colour = colours
                    .control
                    .lerp_to_gamma(colours.accent, *weight as f32);
                ui.painter().rect_filled(square, 2.0, colour);
            }
            if is_chosen || response.hovered() || response.has_focus() {
                let colour = if is_chosen {
                    colours.accent
                } else {
                    colours.outline
                };
                let stroke = Stroke::new(1.5, colour);
                ui.painter()
                    .rect_stroke(rect, size::RADIUS_SMALL, stroke, StrokeKind::Inside);
            }
            let about = "What this word attends to, as bars below";
            if response.on_hover_text(about).clicked() {
                chosen = Some(row);
            }
        }
    });
    chosen
}

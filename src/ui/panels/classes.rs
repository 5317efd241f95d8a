//! What the two maps share: the classes of encoded data, their colours and labels, round steps.

use crate::engine::ModelInfo;
use crate::ui::theme::{Tokens, size, space, text};
use eframe::egui::{Color32, FontId, Painter, Pos2, Rect, Stroke, StrokeKind, Vec2, vec2};
use std::collections::BTreeMap;

/// The name of a class, or its number where the model has no name for it.
pub fn class_name(model: &ModelInfo, class: u8) -> String {
    let name = model.manifest.classes.get(usize::from(class));
    name.cloned().unwrap_or_else(|| class.to_string())
}

/// The color of a class. There are ten; further classes share them, but not their labels.
pub fn class_color(tokens: &Tokens, class: u8) -> Color32 {
    tokens.classes[usize::from(class) % tokens.classes.len()]
}

/// The mean place of each class, for any number of classes.
#[derive(Default, Debug)]
pub struct ClassMeans(BTreeMap<u8, [f64; 3]>);

impl ClassMeans {
    pub fn add(&mut self, class: u8, [x, y]: [f64; 2]) {
        let [sum_x, sum_y, count] = self.0.entry(class).or_default();
        *sum_x += x;
        *sum_y += y;
        *count += 1.0;
    }

    /// Class and mean place of its points, by class.
    pub fn iter(&self) -> impl Iterator<Item = (u8, [f64; 2])> {
        let means = self.0.iter();
        means.map(|(class, [x, y, count])| (*class, [x / count, y / count]))
    }
}

/// Paints the name of each class where it is at home; classes overlap, names do not.
pub fn labels_ui(
    painter: &Painter,
    tokens: &Tokens,
    model: &ModelInfo,
    places: impl Iterator<Item = (u8, Pos2)>,
) {
    let font = FontId::proportional(text::SMALL);
    let mut taken: Vec<Rect> = Vec::new();
    for (class, at) in places {
        let name = class_name(model, class);
        let galley = painter.layout_no_wrap(name, font.clone(), tokens.text_strong);
        let plate = Rect::from_center_size(at, galley.size()).expand2(vec2(space::XS, 1.0));
        let plate = free_place(plate, &taken);
        taken.push(plate);
        painter.rect_filled(plate, size::RADIUS_SMALL, tokens.panel.gamma_multiply(0.85));
        let stroke = Stroke::new(1.0, class_color(tokens, class));
        painter.rect_stroke(plate, size::RADIUS_SMALL, stroke, StrokeKind::Inside);
        let corner = plate.min + vec2(space::XS, 1.0);
        painter.galley(corner, galley, tokens.text_strong);
    }
}

/// The place nearest to `wanted` that covers none of `taken`.
fn free_place(wanted: Rect, taken: &[Rect]) -> Rect {
    let rings = (0..8_u8).map(|ring| f32::from(ring) * wanted.height() / 2.0);
    let turns = (0..8_u8).map(|turn| f32::from(turn) * std::f32::consts::FRAC_PI_4);
    rings
        .flat_map(|radius| turns.clone().map(move |turn| radius * Vec2::angled(turn)))
        .map(|offset| wanted.translate(offset))
        .find(|place| !taken.iter().any(|other| other.intersects(*place)))
        .unwrap_or(wanted)
}

/// A step of 1, 2 or 5 times a power of ten that gives about `lines` lines.
pub fn round_step(length: f64, lines: f64) -> f64 {
    let rough = (length / lines).max(1e-9);
    let power = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| factor * power >= rough);
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::pos2;

    #[test]
    fn classes_that_share_a_color_keep_means_of_their_own() {
        let mut means = ClassMeans::default();
        means.add(3, [1.0, 0.0]);
        means.add(13, [5.0, 2.0]);
        means.add(3, [3.0, 0.0]);
        let all: Vec<_> = means.iter().collect();
        assert_eq!(all, [(3, [2.0, 0.0]), (13, [5.0, 2.0])]);
    }

    #[test]
    fn names_give_way_to_each_other() {
        let wanted = Rect::from_center_size(pos2(50.0, 50.0), vec2(16.0, 12.0));
        let mut taken = vec![wanted];
        for _ in 0..4 {
            let place = free_place(wanted, &taken);
            assert!(
                !taken.iter().any(|other| other.intersects(place)),
                "{place:?} covers a name"
            );
            taken.push(place);
        }
        assert_eq!(free_place(wanted, &[]), wanted);
    }

    #[test]
    fn steps_are_round() {
        for (length, lines, step) in [
            (6.4, 5.0, 2.0),
            (4.0, 5.0, 1.0),
            (40.0, 5.0, 10.0),
            (0.03, 6.0, 0.005),
            (600.0, 6.0, 100.0),
        ] {
            assert!((round_step(length, lines) - step).abs() < 1e-9, "{length}");
        }
        assert!(round_step(0.0, 5.0) > 0.0);
    }
}

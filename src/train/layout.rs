//! Label maps of pictures that are put together from layers: which part stands where, as a recipe
//! names the parts.

use serde::{Deserialize, Serialize};

/// More labels than anybody tells apart in a palette.
const MAX_LABELS: usize = 256;
const MAX_SIDE: usize = 256;

/// What a label map of a doll is made of: the section `layout` of a recipe.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutSettings {
    /// Height and width of the map; those of the pictures are a multiple.
    pub side: usize,
    /// The first that names a layer, or the hue of the background, is its label.
    pub labels: Vec<LabelSettings>,
}

/// A label, and what has it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelSettings {
    pub name: String,
    /// Names of layers, `folder/file` without the ending; `*` stands for any characters.
    #[serde(default)]
    pub layers: Vec<String>,
    /// From which hue to which a background has the label, in turns; the second may be the smaller one.
    #[serde(default)]
    pub hue: Option<[f64; 2]>,
}

impl LayoutSettings {
    pub fn is_sound(&self) -> bool {
        let is_turn = |hue: f64| (0.0..=1.0).contains(&hue);
        (1..=MAX_SIDE).contains(&self.side)
            && (2..=MAX_LABELS).contains(&self.labels.len())
            && self.labels.iter().all(|label| {
                !label.name.trim().is_empty()
                    && label.hue.is_some() == label.layers.is_empty()
                    && label
                        .hue
                        .is_none_or(|hues| hues.iter().all(|&hue| is_turn(hue)))
            })
    }

    /// The label of a layer.
    pub fn of_layer(&self, name: &str) -> Option<usize> {
        let named = |label: &LabelSettings| label.layers.iter().any(|it| matches(it, name));
        self.labels.iter().position(named)
    }

    /// The label of a background.
    pub fn of_hue(&self, hue: f64) -> Option<usize> {
        let hue = hue.rem_euclid(1.0);
        let covers = |[from, to]: [f64; 2]| match from <= to {
            true => (from..to).contains(&hue),
            false => hue >= from || hue < to,
        };
        self.labels
            .iter()
            .position(|label| label.hue.is_some_and(covers))
    }
}

/// Whether a name is as a pattern says, in which `*` stands for any characters.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(start) else {
        return false;
    };
    let mut ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
    ends.any(|at| matches(rest, &name[at..]))
}

/// A label map of half, a quarter and so on of the sides of one: what most of the pixels of each square
/// have, and of labels that are as frequent the one that lies on top, which is the larger of `heights`.
pub fn reduced(labels: &[u8], heights: &[u8], side: usize, to: usize) -> Vec<u8> {
    let square = (side / to.max(1)).max(1);
    let mut map = Vec::with_capacity(to * to);
    let mut counts: Vec<(u8, usize, u8)> = Vec::new();
    for place in 0..to * to {
        let (row, column) = (place / to * square, place % to * square);
        counts.clear();
        for pixel in 0..square * square {
            let at = (row + pixel / square) * side + column + pixel % square;
            let (label, height) = (labels[at], heights[at]);
            match counts.iter_mut().find(|(known, ..)| *known == label) {
                Some((_, count, top)) => {
                    *count += 1;
                    *top = (*top).max(height);
                }
                None => counts.push((label, 1, height)),
            }
        }
        let best = counts.iter().max_by_key(|&&(_, count, top)| (count, top));
        map.push(best.map_or(0, |&(label, ..)| label));
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, matching) in [
            ("hair/*-red", "hair/mohawk-red", true),
            ("hair/*-red", "hair/mohawk-red-2", false),
            ("hair/*", "hair/", true),
            ("*-red", "hair/é-red", true),
            ("hair/cap", "hair/cap", true),
            ("hair/cap", "hair/cape", false),
            ("a*b*c", "axxbyybzc", true),
            ("a*b*c", "axxbyybz", false),
        ] {
            assert_eq!(matches(pattern, name), matching, "{pattern}, {name}");
        }
    }

    #[test]
    fn hues_go_round() {
        let label = |name: &str, from, to| LabelSettings {
            name: name.to_owned(),
            layers: Vec::new(),
            hue: Some([from, to]),
        };
        let layout = LayoutSettings {
            side: 8,
            labels: vec![label("red", 0.9, 0.1), label("green", 0.1, 0.9)],
        };
        assert!(layout.is_sound());
        let found = [0.0, 0.05, 0.1, 0.5, 0.9, 1.0].map(|hue| layout.of_hue(hue));
        assert_eq!(found, [0, 0, 1, 1, 0, 0].map(Some));
    }

    #[test]
    fn a_square_has_the_label_of_most_of_its_pixels_or_of_what_lies_on_top() {
        #[rustfmt::skip]
        let labels = [
            1, 1, 0, 2,
            1, 0, 2, 0,
            0, 0, 3, 2,
            0, 0, 0, 1,
        ];
        let heights = labels.map(|label| 10 - label);
        assert_eq!(reduced(&labels, &heights, 4, 2), [1, 0, 0, 0]);
        assert_eq!(reduced(&labels, &labels, 4, 2), [1, 2, 0, 3]);
        assert_eq!(reduced(&labels, &labels, 4, 4), labels);
    }
}

//! Which part of a doll stands where, as the labels of a recipe.

use super::layer::Layer;
use crate::model::manifest::Entry;
use crate::train::layout::{LayoutSettings, reduced};

/// Hues of the background that are tried, to see that each has a label.
const HUES: usize = 360;

/// The labels of all layers of a doll, and of its backgrounds.
pub struct Layout {
    settings: LayoutSettings,
    pub entries: Vec<Entry>,
}

/// A label map that grows from the bottom.
pub struct LabelCanvas {
    labels: Vec<u8>,
    /// How many layers lie below, by pixel.
    heights: Vec<u8>,
    side: usize,
}

impl Layout {
    /// The labels of the layers of a doll with pictures of `side` pixels, whose background has one of the
    /// hues between two, in colours that `colour` knows.
    ///
    /// # Errors
    /// When a layer or a hue has no label, or a label has nothing.
    pub fn new<'a>(
        settings: &LayoutSettings,
        side: usize,
        layers: impl Iterator<Item = (&'a str, &'a Layer)>,
        [from, to]: [f64; 2],
        colour: impl Fn(f64) -> [u8; 3],
    ) -> Result<Self, String> {
        if !side.is_multiple_of(settings.side) {
            return Err(format!(
                "has a layout whose side does not divide the {side} pixels of the pictures"
            ));
        }
        // Sums of the colours of what has each label, and how much that is.
        let mut sums = vec![([0.0_f64; 3], 0.0_f64); settings.labels.len()];
        let mut add = |label: usize, colour: [u8; 3], weight: f64| {
            for (sum, value) in sums[label].0.iter_mut().zip(colour) {
                *sum += f64::from(value) * weight;
            }
            sums[label].1 += weight;
        };
        for (name, layer) in layers {
            let label = settings.of_layer(name);
            // What has nothing to be seen, such as hair that is not there, needs no label.
            for (_, colour) in layer.covered() {
                let label = label
                    .ok_or_else(|| format!("has no label in its layout for the layer {name}"))?;
                add(label, colour, 1.0);
            }
        }
        for step in 0..HUES {
            let hue = from + (to - from) * (step as f64 + 0.5) / HUES as f64;
            let label = settings.of_hue(hue).ok_or_else(|| {
                format!("has no label in its layout for backgrounds of hue {hue:.3}")
            })?;
            add(label, colour(hue), 1.0);
        }
        let entries = settings
            .labels
            .iter()
            .zip(sums)
            .map(|(label, (sum, weight))| {
                if weight == 0.0 {
                    return Err(format!(
                        "has a label {:?} in its layout that matches no layer and no background",
                        label.name
                    ));
                }
                let mean = |sum: f64| (sum / weight).round() as u8;
                Ok(Entry {
                    name: label.name.clone(),
                    colour: sum.map(mean),
                })
            });
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
            settings: settings.clone(),
        })
    }

    /// The label map of a background alone.
    pub fn canvas(&self, side: usize, hue: f64) -> LabelCanvas {
        let label = self.settings.of_hue(hue).unwrap_or(0);
        LabelCanvas {
            labels: vec![u8::try_from(label).unwrap_or(0); side * side],
            heights: vec![0; side * side],
            side,
        }
    }

    pub fn lay(&self, canvas: &mut LabelCanvas, name: &str, layer: &Layer) {
        // `new` has seen that all layers have a label where they show anything.
        let label = self.settings.of_layer(name).unwrap_or(0);
        for (place, _) in layer.covered() {
            canvas.labels[place as usize] = u8::try_from(label).unwrap_or(0);
            canvas.heights[place as usize] += 1;
        }
    }

    /// `[side, side]` of the layout.
    pub fn finish(&self, canvas: &LabelCanvas) -> Vec<u8> {
        reduced(
            &canvas.labels,
            &canvas.heights,
            canvas.side,
            self.settings.side,
        )
    }
}

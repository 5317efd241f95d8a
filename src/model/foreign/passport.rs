//! What is said of a foreign model before it is loaded.

use super::Foreign;
use crate::model::graph::GraphPlan;
use crate::model::wiring::Wiring;
use std::collections::BTreeMap;

/// What a foreign file is, and what it will need. No weight was read for it.
#[derive(Clone, PartialEq, Debug)]
pub struct Passport {
    pub title: String,
    /// Such as `PyTorch` or `safetensors`.
    pub container: String,
    /// What people call the architecture.
    pub architecture: &'static str,
    /// By what it was recognised.
    pub why: String,
    /// `[channels, height, width]`
    pub image: [usize; 3],
    /// Each space with its layout.
    pub spaces: Vec<String>,
    /// Words that pictures can be asked for.
    pub conditions: Vec<String>,
    pub parameters: usize,
    /// Bytes of all files.
    pub file_bytes: u64,
    /// Bytes of weights and of what is alive while one picture is made.
    pub memory_bytes: u64,
    /// Multiplications for one picture.
    pub multiply_adds: usize,
    /// How the numbers are stored, and how many tensors are.
    pub stored_as: Vec<String>,
    pub encodes: bool,
    /// What works, as sentences.
    pub works: Vec<String>,
    /// What does not work, or was assumed.
    pub notes: Vec<String>,
    /// What is odd about the file.
    pub suspicious: Vec<String>,
}

impl Passport {
    pub(super) fn of(foreign: &Foreign) -> Self {
        let Foreign {
            container,
            manifest,
            weights,
            ..
        } = foreign;
        let image = manifest.image;
        let can = manifest.capabilities();
        let numbers = weights
            .values()
            .map(|(_, shape)| shape.iter().product::<usize>());
        let parameters: usize = numbers.sum();
        // It was checked when it was opened.
        let wiring = Wiring::of(manifest).ok();
        let plans: Vec<&GraphPlan> = wiring
            .iter()
            .flat_map(|wiring| wiring.graphs().map(|graph| &*graph.plan))
            .collect();
        let peak = plans
            .iter()
            .map(|plan| plan.peak_numbers)
            .max()
            .unwrap_or(0);
        let decoder = wiring.as_ref().and_then(|wiring| wiring.decoder.as_ref());
        let mut stored: BTreeMap<String, usize> = BTreeMap::new();
        for info in container.tensors.values() {
            *stored.entry(info.dtype.to_string()).or_default() += 1;
        }
        let spaces = manifest.spaces.iter();
        let mut works = vec!["pictures of seeds, interpolation, arithmetic, maps".to_owned()];
        works.push(match can.encodes {
            true => "encoding pictures".to_owned(),
            false => "finding codes of pictures by search; it has no encoder".to_owned(),
        });
        if can.conditions.is_some() {
            works.push("asking for one of its classes".to_owned());
        }
        Self {
            title: manifest.title.clone(),
            container: container.form.to_string(),
            architecture: foreign.architecture,
            why: foreign.why.clone(),
            image: [image.channels, image.height, image.width],
            spaces: spaces
                .map(|(space, shape)| format!("{space} of {shape}"))
                .collect(),
            conditions: can
                .conditions
                .map_or(Vec::new(), |vocabulary| vocabulary.words),
            parameters,
            file_bytes: container.file_bytes(),
            memory_bytes: 4 * (2 * parameters as u64 + peak as u64),
            multiply_adds: decoder.map_or(0, |decoder| decoder.graph.plan.multiply_adds),
            stored_as: stored
                .into_iter()
                .map(|(kind, count)| format!("{count} of {kind}"))
                .collect(),
            encodes: can.encodes,
            works,
            notes: foreign.notes.clone(),
            suspicious: container.notes.clone(),
        }
    }

    /// Its rows for people, each with a name.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let [channels, height, width] = self.image;
        let color = if channels == 1 { "grey" } else { "RGB" };
        let mut rows = vec![
            ("title", self.title.clone()),
            (
                "container",
                format!("{}, {}", self.container, bytes(self.file_bytes)),
            ),
            ("tensors", self.stored_as.join(", ")),
            ("kind", self.architecture.to_owned()),
            ("because", self.why.clone()),
            ("pictures", format!("{width}x{height} {color}")),
        ];
        rows.extend(self.spaces.iter().map(|space| ("space", space.clone())));
        if !self.conditions.is_empty() {
            let shown: Vec<&str> = self
                .conditions
                .iter()
                .take(20)
                .map(String::as_str)
                .collect();
            rows.push(("condition", format!("one of {}", shown.join(", "))));
        }
        rows.push(("size", format!("{} parameters", grouped(self.parameters))));
        rows.push((
            "needs",
            format!(
                "{} of memory, {} multiplications for a picture",
                bytes(self.memory_bytes),
                millions(self.multiply_adds)
            ),
        ));
        rows.extend(self.works.iter().map(|line| ("works", line.clone())));
        rows.extend(self.notes.iter().map(|line| ("note", line.clone())));
        rows.extend(
            self.suspicious
                .iter()
                .map(|line| ("suspicious", line.clone())),
        );
        rows
    }
}

/// A number of bytes as people read it.
fn bytes(bytes: u64) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} bytes"),
        10_000..=9_999_999 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// A number in millions or billions.
fn millions(number: usize) -> String {
    match number {
        0..=999_999_999 => format!("{:.1} million", number as f64 / 1e6),
        _ => format!("{:.1} billion", number as f64 / 1e9),
    }
}

/// A number with its thousands apart.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

//! Style mixing: the styles of one code in some layers, those of another in the rest.
//!
//! Rows are what is kept, columns are whose styles are taken (Karras et al. 2019, figure 3). One
//! picture at a time can also be put together layer by layer.

pub(crate) mod panel;

use super::{ToolContext, ToolInfo, ToolNumber, ToolPart, ToolView};
use crate::app::pictures::{PictureRequest, SetKey};
use crate::app::{Edit, Param, Tool, ToolParam};
use crate::engine::{Event, Job, JobId, ModelInfo};
use crate::latent::expr::{Expr, LayerRange};
use crate::latent::{Space, SpaceShape};
use crate::learn::ToolName;
use crate::model::layer_change::LayerChange;
use crate::model::style_scales;
use eframe::egui::Key;
use lucide_icons::Icon;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The rows' pictures.
pub const TARGETS: SetKey = SetKey("style targets");
/// The columns' pictures.
pub const SOURCES: SetKey = SetKey("style sources");
/// The mixtures, row after row.
pub const MATRIX: SetKey = SetKey("style matrix");

/// The fewest and the most pairs of seeds over which the change by layer is measured.
const CHANGE_PAIRS: RangeInclusive<u64> = 2..=32;
/// Pixels that are drawn to measure it, about: some seconds of work, however large the pictures are.
const CHANGE_PIXELS: u64 = 1 << 22;
/// Pairs of one job: pictures that a hand asks for wait for one job at most.
const PAIRS_AT_ONCE: u32 = 2;

/// How much of a layer's style is replaced; beyond 1 it goes past the source.
pub const STRENGTH: RangeInclusive<f32> = 0.0..=1.5;
/// More layers than any generator has: two for each doubling of a side up to 4096.
pub const MAX_LAYERS: usize = 24;
/// Rows and columns at most.
pub const MAX_CODES: usize = 6;

/// How much of a layer's style comes from its source, layer by layer.
pub fn layer_strength(layer: usize) -> ToolParam {
    ToolParam::numbered(Tool::Styles, STRENGTH_NAME, layer)
}

const STRENGTH_NAME: &str = "strength";

/// How many style layers a model has, or `None` when it has no styles.
pub fn layer_count(model: &ModelInfo) -> Option<usize> {
    match model.manifest.spaces.get(&Space::W_PLUS)? {
        SpaceShape::Layers { layers, .. } => Some(*layers),
        _ => None,
    }
}

/// Over how many pairs of seeds the change by layer is measured: the larger the pictures, the fewer.
pub fn change_pairs(model: &ModelInfo) -> u32 {
    let image = model.manifest.image;
    let layers = layer_count(model).unwrap_or(0);
    pairs_within(layers, image.width as u64 * image.height as u64)
}

fn pairs_within(layers: usize, pixels: u64) -> u32 {
    // One picture for each layer and each scale, and the one before.
    let pictures = (layers + style_scales::SCALES + 1) as u64;
    let of_pair = pictures.saturating_mul(pixels).max(1);
    let pairs = (CHANGE_PIXELS / of_pair).clamp(*CHANGE_PAIRS.start(), *CHANGE_PAIRS.end());
    pairs as u32
}

/// The layers that a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scale {
    Coarse,
    Middle,
    Fine,
}

impl Scale {
    pub const ALL: [Self; 3] = [Self::Coarse, Self::Middle, Self::Fine];

    pub fn name(self) -> &'static str {
        match self {
            Self::Coarse => "Coarse",
            Self::Middle => "Middle",
            Self::Fine => "Fine",
        }
    }

    /// Its layers in a model.
    pub fn layers(self, model: &ModelInfo) -> LayerRange {
        let scales = model.style_scales;
        scales.map_or_else(
            || LayerRange::third(self as usize, 0),
            |it| it[self as usize],
        )
    }
}

/// Whose style a layer has.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct LayerChoice {
    /// The number of a source, or `None` for the target's own.
    pub source: Option<usize>,
    /// 0 is the target's style, 1 the source's.
    pub strength: f32,
}

impl Default for LayerChoice {
    fn default() -> Self {
        Self {
            source: None,
            strength: 1.0,
        }
    }
}

/// What lies at the edges of the matrix, and how one picture is put together.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub targets: Vec<Expr>,
    pub sources: Vec<Expr>,
    /// First layer of the matrix' range, and the one after its last.
    pub range: [usize; 2],
    /// Which row the picture is put together from.
    pub target: usize,
    pub layers: Vec<LayerChoice>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            targets: [1, 2, 3].map(Expr::Seed).to_vec(),
            sources: [11, 12, 13, 14].map(Expr::Seed).to_vec(),
            range: [0, 2],
            target: 0,
            layers: Vec::new(),
        }
    }
}

/// Rows or columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Targets,
    Sources,
}

impl Settings {
    pub fn side_mut(&mut self, side: Side) -> &mut Vec<Expr> {
        match side {
            Side::Targets => &mut self.targets,
            Side::Sources => &mut self.sources,
        }
    }

    /// Whose style a layer has; one that was never chosen has its own.
    pub fn choice(&self, layer: usize) -> LayerChoice {
        self.layers.get(layer).copied().unwrap_or_default()
    }

    pub fn add(&mut self, side: Side, code: Expr) {
        let codes = self.side_mut(side);
        if codes.len() < MAX_CODES {
            codes.push(code);
        }
    }

    pub fn replace(&mut self, side: Side, index: usize, code: Expr) {
        if let Some(place) = self.side_mut(side).get_mut(index) {
            *place = code;
        }
    }

    /// The first of the matrix' layers, and the one after the last.
    pub fn set_range(&mut self, [start, end]: [usize; 2]) {
        self.range = [start.min(end), start.max(end)];
    }

    /// Puts the picture together as the mixture of a row and a column, in a model of `count`
    /// layers.
    pub fn pick(&mut self, target: usize, source: usize, count: usize) {
        self.target = target;
        let [start, end] = self.range;
        let choice = |layer| LayerChoice {
            source: (start..end).contains(&layer).then_some(source),
            strength: 1.0,
        };
        self.layers = (0..count).map(choice).collect();
    }

    /// Chooses whose style a layer has, in a model of `count` layers.
    pub fn set_layer(&mut self, layer: usize, choice: LayerChoice, count: usize) {
        self.layers.resize(count, LayerChoice::default());
        if let Some(place) = self.layers.get_mut(layer) {
            *place = choice;
        }
    }

    /// Gives every layer the target's own style again.
    pub fn clear_layers(&mut self) {
        self.layers.fill(LayerChoice::default());
    }

    /// Takes away a row or a column.
    pub fn remove(&mut self, side: Side, index: usize) {
        let codes = self.side_mut(side);
        if index >= codes.len() {
            return;
        }
        codes.remove(index);
        match side {
            Side::Targets if self.target >= index => self.target = self.target.saturating_sub(1),
            Side::Targets => {}
            Side::Sources => {
                for choice in &mut self.layers {
                    choice.source = match choice.source {
                        Some(source) if source == index => None,
                        Some(source) if source > index => Some(source - 1),
                        other => other,
                    };
                }
            }
        }
    }

    /// The matrix' layers within a model of `count`.
    pub fn layers_in_matrix(&self, count: usize) -> LayerRange {
        let end = self.range[1].min(count);
        LayerRange {
            start: self.range[0].min(end),
            end,
        }
    }

    /// One field of the matrix.
    pub fn mixture(&self, target: usize, source: usize, count: usize) -> Option<Expr> {
        let (target, source) = (self.targets.get(target)?, self.sources.get(source)?);
        let layers = self.layers_in_matrix(count);
        if layers.start == layers.end {
            return Some(target.clone());
        }
        Some(Expr::Mix(
            target.clone().into(),
            source.clone().into(),
            layers,
        ))
    }

    /// The picture put together layer by layer; neighbouring layers of one source are one `mix`.
    pub fn to_expr(&self) -> Option<Expr> {
        let target = self.targets.get(self.target)?;
        let mut made = target.clone();
        let mut layer = 0;
        while let Some(choice) = self.layers.get(layer) {
            let run = self.layers[layer..]
                .iter()
                .take_while(|other| *other == choice);
            let end = layer + run.count();
            let source = choice.source.and_then(|source| self.sources.get(source));
            if let Some(source) = source.filter(|_| choice.strength != 0.0) {
                let styles = if choice.strength == 1.0 {
                    source.clone()
                } else {
                    let [from, to] = [target, source].map(in_w);
                    Expr::Lerp(from.into(), to.into(), choice.strength)
                };
                let layers = LayerRange { start: layer, end };
                made = Expr::Mix(made.into(), styles.into(), layers);
            }
            layer = end;
        }
        Some(made)
    }
}

/// What each layer changes, by model; no part of undo.
#[derive(Default, Debug)]
pub struct Styles {
    /// By the hash of the model file; complete once all pairs are in.
    measured: BTreeMap<String, LayerChange>,
    running: Option<(JobId, String)>,
    /// The hash of a model that could not be measured, and why.
    failure: Option<(String, String)>,
}

impl Styles {
    /// What was measured of a model until now.
    pub fn change(&self, model: &ModelInfo) -> Option<&LayerChange> {
        self.measured.get(&model.id.hash)
    }

    /// Why a model could not be measured.
    pub fn failure(&self, model: &ModelInfo) -> Option<&str> {
        let failure = self.failure.as_ref();
        let (_, why) = failure.filter(|(hash, _)| *hash == model.id.hash)?;
        Some(why)
    }

    /// Whether a model is measured completely.
    pub fn is_measured(&self, model: &ModelInfo) -> bool {
        let pairs = self.change(model).map_or(0, LayerChange::pairs);
        pairs >= change_pairs(model) as usize
    }
}

impl Styles {
    /// Changes the settings and shows the picture that they put together.
    pub fn put_together(cx: &mut ToolContext<'_, Self>, edit: impl FnOnce(&mut Settings)) {
        cx.edit(edit);
        if let Some(made) = cx.settings().to_expr() {
            cx.show(Edit::Base(made));
        }
    }
}

impl ToolPart for Styles {
    const INFO: ToolInfo = ToolInfo {
        word: "Styles",
        name: "Style mixing",
        tooltip: "Take the styles of one picture in some layers and of another in the rest",
        icon: Icon::Layers,
        key: Some(Key::Num4),
        question_name: Some(ToolName::Styles),
        explained_by: "style-mixing",
    };
    const NUMBERS: &'static [ToolNumber<Self>] = &[ToolNumber {
        name: STRENGTH_NAME,
        numbers: Some(0..MAX_LAYERS),
        row: |view, id| {
            let layer = id.number?;
            let count = layer_count(view.workspace.model()?)?;
            let choice = view.settings.choice(layer);
            let lock = match choice.source {
                Some(_) => None,
                None => Some("The layer has its own style".to_owned()),
            };
            let tooltip = format!(
                "{:.2} of the row's style replaced by the column's",
                choice.strength
            );
            let row = Param::new(
                id.into(),
                [
                    &layer.to_string(),
                    &format!("Strength of layer {layer}"),
                    &tooltip,
                ],
                STRENGTH,
                LayerChoice::default().strength,
                choice.strength,
            );
            (layer < count).then(|| row.locked(lock))
        },
        set: |_, cx, layer, value| {
            let count = cx.workspace.model().and_then(layer_count).unwrap_or(0);
            let strength = (value * 100.0).round() / 100.0;
            Self::put_together(cx, |settings| {
                let choice = settings.choice(layer);
                settings.set_layer(layer, LayerChoice { strength, ..choice }, count);
            });
        },
    }];

    fn requests(view: ToolView<'_, Self>, model: &ModelInfo) -> Vec<PictureRequest> {
        let settings = view.settings;
        let Some(count) = layer_count(model) else {
            return Vec::new();
        };
        let matrix = (0..settings.targets.len()).flat_map(|target| {
            let sources = 0..settings.sources.len();
            sources.map(move |source| settings.mixture(target, source, count))
        });
        vec![
            PictureRequest::new(TARGETS, model, settings.targets.iter().cloned()),
            PictureRequest::new(SOURCES, model, settings.sources.iter().cloned()),
            PictureRequest::with_gaps(MATRIX, model, matrix),
        ]
    }

    /// Measures the open model, once, while the tool is open and its pictures are there. What is
    /// measured of another model is given up.
    fn tick(&mut self, cx: &mut ToolContext<'_, Self>, model: &Arc<ModelInfo>) {
        if let Some((job, hash)) = &self.running {
            if cx.is_open() && *hash == model.id.hash {
                return;
            }
            cx.workspace.engine.cancel(*job);
            self.running = None;
        }
        let can_begin =
            cx.is_open() && layer_count(model).is_some() && cx.workspace.pictures.is_settled();
        if !can_begin || self.is_measured(model) || self.failure(model).is_some() {
            return;
        }
        let done = self.change(model).map_or(0, |change| change.pairs() as u32);
        let job = cx.submit(Job::LayerChange {
            model: model.id.clone(),
            pairs: done..(done + PAIRS_AT_ONCE).min(change_pairs(model)),
        });
        self.running = Some((job, model.id.hash.clone()));
    }

    fn on_event(&mut self, _: &mut ToolContext<'_, Self>, event: Event) {
        let Event::LayerChange { job, change } = event else {
            return;
        };
        let Some((_, hash)) = self.running.take_if(|(of, _)| *of == job) else {
            return;
        };
        match self.measured.get_mut(&hash) {
            Some(measured) => measured.join(&change),
            None => {
                self.measured.insert(hash, change);
            }
        }
    }

    fn on_job_end(&mut self, _: &mut ToolContext<'_, Self>, job: JobId, failure: Option<&str>) {
        let ended = self.running.take_if(|(of, _)| *of == job);
        if let (Some((_, hash)), Some(why)) = (ended, failure) {
            self.failure = Some((hash, why.to_owned()));
        }
    }
}

/// A code in w, for mixing two by a share; what is a mixture already stays as it is.
fn in_w(code: &Expr) -> Expr {
    match code {
        Expr::Seed(_) | Expr::Vector(_) => Expr::w(code.clone()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: usize = 7;

    #[test]
    fn a_picked_field_is_put_together_as_the_matrix_shows_it() {
        let mut settings = Settings::default();
        settings.set_range([4, 2]);
        settings.pick(1, 2, COUNT);
        let picked = settings.to_expr().expect("there are targets");
        assert_eq!(Some(&picked), settings.mixture(1, 2, COUNT).as_ref());
        assert_eq!(picked.to_string(), "mix(seed(2), seed(13), layers 2..4)");
    }

    #[test]
    fn fewer_pairs_are_measured_of_larger_pictures() {
        let pairs = |layers, side: u64| pairs_within(layers, side * side);
        assert_eq!(pairs(5, 64), 32);
        assert_eq!(pairs(14, 256), 3);
        assert_eq!(pairs(18, 1024), 2);
    }

    #[test]
    fn layers_have_sources_and_strengths_of_their_own() {
        let mut settings = Settings::default();
        let choice = |source, strength| LayerChoice {
            source: Some(source),
            strength,
        };
        settings.set_layer(0, choice(0, 1.0), COUNT);
        settings.set_layer(1, choice(0, 1.0), COUNT);
        settings.set_layer(6, choice(3, 0.5), COUNT);
        settings.set_layer(99, choice(3, 0.5), COUNT);
        let made = settings.to_expr().expect("there are targets").to_string();
        assert_eq!(
            made,
            "mix(mix(seed(1), seed(11), layers 0..2), lerp(w(seed(1)), w(seed(14)), 0.5), layers 6)"
        );
        settings.remove(Side::Sources, 0);
        assert_eq!(settings.layers[0].source, None, "its source is gone");
        assert_eq!(settings.layers[6].source, Some(2), "the others moved up");
        settings.clear_layers();
        assert_eq!(settings.to_expr(), Some(Expr::Seed(1)));
    }
}

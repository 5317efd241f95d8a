//! Style mixing: the styles of one code in some layers, those of another in the rest.
//!
//! Rows are what is kept, columns are whose styles are taken (Karras et al. 2019, figure 3). One
//! picture at a time can also be put together layer by layer.

use crate::app::Desk;
use crate::app::jobs::Owner;
use crate::app::pictures::{SetKey, Want};
use crate::engine::{Job, JobId, ModelInfo};
use crate::latent::expr::{Expr, LayerRange};
use crate::latent::{Space, SpaceShape};
use crate::model::layer_change::LayerChange;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The rows' pictures.
pub const TARGETS: SetKey = SetKey("style targets");
/// The columns' pictures.
pub const SOURCES: SetKey = SetKey("style sources");
/// The mixtures, row after row.
pub const MATRIX: SetKey = SetKey("style matrix");

/// Pairs of seeds over which the change by layer is measured.
pub const CHANGE_PAIRS: u32 = 32;
/// Pairs of one job: pictures that a hand asks for wait for one job at most.
const PAIRS_AT_ONCE: u32 = 2;

/// How much of a layer's style is replaced; beyond 1 it goes past the source.
pub const STRENGTH: RangeInclusive<f32> = 0.0..=1.5;
/// More layers than any generator has: two for each doubling of a side up to 4096.
pub const MAX_LAYERS: usize = 24;
/// Rows and columns at most.
pub const MAX_CODES: usize = 6;

/// How many style layers a model has, or `None` when it has no styles.
pub fn layer_count(model: &ModelInfo) -> Option<usize> {
    match model.manifest.spaces.get(&Space::W_PLUS)? {
        SpaceShape::Layers { layers, .. } => Some(*layers),
        _ => None,
    }
}

/// The third of the layers that a name stands for.
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

    /// The first, second or last third, rounded so that none is empty from three layers on.
    pub fn layers(self, count: usize) -> LayerRange {
        LayerRange::third(self as usize, count)
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

#[derive(Clone, PartialEq, Debug)]
pub enum Edit {
    Add(Side, Expr),
    Replace(Side, usize, Expr),
    Remove(Side, usize),
    /// The matrix' layers, first and one after the last.
    Range([usize; 2]),
    /// Take the mixture of a row and a column as the picture.
    Pick {
        target: usize,
        source: usize,
    },
    Target(usize),
    Layer(usize, LayerChoice),
    /// Every layer has the target's own style again.
    ClearLayers,
    Reset,
}

impl Edit {
    /// Whether the picture is another one after it.
    pub(super) fn makes_a_picture(&self) -> bool {
        matches!(
            self,
            Self::Pick { .. } | Self::Target(_) | Self::Layer(..) | Self::ClearLayers
        )
    }
}

impl Settings {
    fn side_mut(&mut self, side: Side) -> &mut Vec<Expr> {
        match side {
            Side::Targets => &mut self.targets,
            Side::Sources => &mut self.sources,
        }
    }

    /// Whose style a layer has; one that was never chosen has its own.
    pub fn choice(&self, layer: usize) -> LayerChoice {
        self.layers.get(layer).copied().unwrap_or_default()
    }

    pub(super) fn apply(&mut self, edit: Edit, layer_count: usize) {
        self.layers.resize(layer_count, LayerChoice::default());
        match edit {
            Edit::Add(side, code) => {
                let codes = self.side_mut(side);
                if codes.len() < MAX_CODES {
                    codes.push(code);
                }
            }
            Edit::Replace(side, index, code) => {
                if let Some(place) = self.side_mut(side).get_mut(index) {
                    *place = code;
                }
            }
            Edit::Remove(side, index) => self.remove(side, index),
            Edit::Range([start, end]) => self.range = [start.min(end), start.max(end)],
            Edit::Pick { target, source } => {
                self.target = target;
                let [start, end] = self.range;
                for (layer, choice) in self.layers.iter_mut().enumerate() {
                    let is_in = (start..end).contains(&layer);
                    *choice = LayerChoice {
                        source: is_in.then_some(source),
                        strength: 1.0,
                    };
                }
            }
            Edit::Target(target) => self.target = target,
            Edit::Layer(layer, choice) => {
                if let Some(place) = self.layers.get_mut(layer) {
                    *place = choice;
                }
            }
            Edit::ClearLayers => self.layers.fill(LayerChoice::default()),
            Edit::Reset => *self = Self::default(),
        }
    }

    fn remove(&mut self, side: Side, index: usize) {
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

    pub(super) fn wants(&self, model: &ModelInfo) -> Vec<Want> {
        let Some(count) = layer_count(model) else {
            return Vec::new();
        };
        let want = |key, expressions: Vec<Option<Expr>>| Want {
            key,
            model: model.id.clone(),
            expressions: expressions.into(),
        };
        let all = |codes: &[Expr]| codes.iter().cloned().map(Some).collect();
        let matrix = (0..self.targets.len()).flat_map(|target| {
            (0..self.sources.len()).map(move |source| self.mixture(target, source, count))
        });
        vec![
            want(TARGETS, all(&self.targets)),
            want(SOURCES, all(&self.sources)),
            want(MATRIX, matrix.collect()),
        ]
    }
}

/// What each layer changes, by model; no part of undo.
#[derive(Default, Debug)]
pub struct Live {
    /// By the hash of the model file; complete once all pairs are in.
    measured: BTreeMap<String, LayerChange>,
    running: Option<(JobId, String)>,
    /// The hash of a model that could not be measured, and why.
    failure: Option<(String, String)>,
}

impl Live {
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
        pairs >= CHANGE_PAIRS as usize
    }
}

impl Desk {
    /// Measures the open model, once, while the tool is open and its pictures are there. What is
    /// measured of another model is given up.
    pub(super) fn follow_layer_change(&mut self, model: &ModelInfo, is_open: bool) {
        let live = &mut self.tools.styles;
        if let Some((job, hash)) = &live.running {
            if is_open && *hash == model.id.hash {
                return;
            }
            self.workspace.engine.cancel(*job);
            live.running = None;
        }
        let can_begin =
            is_open && layer_count(model).is_some() && self.workspace.pictures.is_settled();
        if !can_begin || live.is_measured(model) || live.failure(model).is_some() {
            return;
        }
        let done = live.change(model).map_or(0, |change| change.pairs() as u32);
        let measure = Job::LayerChange {
            model: model.id.clone(),
            pairs: done..(done + PAIRS_AT_ONCE).min(CHANGE_PAIRS),
        };
        let job = self.workspace.engine.submit(Owner::LayerChange, measure);
        live.running = Some((job, model.id.hash.clone()));
    }

    pub(in crate::app) fn on_layer_change(&mut self, job: JobId, change: LayerChange) {
        let live = &mut self.tools.styles;
        let Some((_, hash)) = live.running.take_if(|(of, _)| *of == job) else {
            return;
        };
        match live.measured.get_mut(&hash) {
            Some(measured) => measured.join(&change),
            None => {
                live.measured.insert(hash, change);
            }
        }
    }

    pub(in crate::app) fn on_layer_change_end(&mut self, job: JobId, failure: Option<&str>) {
        let live = &mut self.tools.styles;
        let ended = live.running.take_if(|(of, _)| *of == job);
        if let (Some((_, hash)), Some(why)) = (ended, failure) {
            live.failure = Some((hash, why.to_owned()));
        }
    }
}

/// A code in w, for mixing two by a share; what is a mixture already stays as it is.
fn in_w(code: &Expr) -> Expr {
    match code {
        Expr::Seed(_) | Expr::Vector(_) => Expr::W(code.clone().into()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: usize = 7;

    #[test]
    fn thirds_cover_all_layers_once() {
        for count in 3..20 {
            let ranges = Scale::ALL.map(|scale| scale.layers(count));
            assert_eq!((ranges[0].start, ranges[2].end), (0, count));
            assert_eq!(ranges[0].end, ranges[1].start);
            assert_eq!(ranges[1].end, ranges[2].start);
            assert!(
                ranges.iter().all(|range| range.start < range.end),
                "{ranges:?}"
            );
        }
    }

    #[test]
    fn a_picked_field_is_put_together_as_the_matrix_shows_it() {
        let mut settings = Settings::default();
        settings.apply(Edit::Range([2, 4]), COUNT);
        settings.apply(
            Edit::Pick {
                target: 1,
                source: 2,
            },
            COUNT,
        );
        let picked = settings.to_expr().expect("there are targets");
        assert_eq!(Some(&picked), settings.mixture(1, 2, COUNT).as_ref());
        assert_eq!(picked.to_string(), "mix(seed(2), seed(13), layers 2..4)");
    }

    #[test]
    fn layers_have_sources_and_strengths_of_their_own() {
        let mut settings = Settings::default();
        let choice = |source, strength| LayerChoice {
            source: Some(source),
            strength,
        };
        settings.apply(Edit::Layer(0, choice(0, 1.0)), COUNT);
        settings.apply(Edit::Layer(1, choice(0, 1.0)), COUNT);
        settings.apply(Edit::Layer(6, choice(3, 0.5)), COUNT);
        settings.apply(Edit::Layer(99, choice(3, 0.5)), COUNT);
        let made = settings.to_expr().expect("there are targets").to_string();
        assert_eq!(
            made,
            "mix(mix(seed(1), seed(11), layers 0..2), lerp(w(seed(1)), w(seed(14)), 0.5), layers 6)"
        );
        settings.apply(Edit::Remove(Side::Sources, 0), COUNT);
        assert_eq!(settings.layers[0].source, None, "its source is gone");
        assert_eq!(settings.layers[6].source, Some(2), "the others moved up");
        settings.apply(Edit::ClearLayers, COUNT);
        assert_eq!(settings.to_expr(), Some(Expr::Seed(1)));
    }
}

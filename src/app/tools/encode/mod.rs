//! Encode: from a picture to a code, by the model's encoder or by descending to it.
//!
//! A picture comes from a file or from the hand. It is brought into the model's size on a thread
//! of its own, then the engine encodes it; where there is no encoder, it searches the code. What
//! is found becomes a named code, which expressions use like any other.

pub mod drawing;
mod preparer;
mod run;

pub use drawing::Stroke;
pub use preparer::{Original, Prepared};
pub(in crate::app) use run::name_of;
pub use run::{Found, How, Live};

use crate::document::photo::{Crop, Fit, Ground};
use crate::engine::{InvertOptions, ModelInfo};
use crate::model::manifest::ImageSpec;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Radius of the brush, as a part of the side.
pub const BRUSH: RangeInclusive<f32> = 0.01..=0.12;
/// Steps of a descent.
pub const STEPS: RangeInclusive<usize> = 10..=2000;
/// How strongly a descent may be held near the prior.
pub const PRIOR_WEIGHT: RangeInclusive<f32> = 0.0..=0.1;

/// Where the picture comes from.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    #[default]
    None,
    Drawing(Vec<Stroke>),
    File(PathBuf),
}

/// What is set in the tool.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub source: Source,
    /// Grows when the same file is opened again: it may be another one by now.
    pub round: u64,
    /// `None` exchanges light and dark where the picture looks drawn dark on light and the model
    /// knows digits.
    pub invert: Option<bool>,
    /// `None` centres for models of digits.
    pub centre_of_mass: Option<bool>,
    pub fit: Fit,
    pub ground: Ground,
    /// A part of the original; `None` is all of it.
    pub crop: Option<Crop>,
    pub brush: f32,
    pub steps: usize,
    pub prior_weight: f32,
}

impl Default for Settings {
    fn default() -> Self {
        let search = InvertOptions::default();
        Self {
            source: Source::None,
            round: 0,
            invert: None,
            centre_of_mass: None,
            fit: Fit::default(),
            ground: Ground::default(),
            crop: None,
            brush: 0.045,
            steps: search.steps,
            prior_weight: search.prior_weight,
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Edit {
    /// Take the picture of a file.
    Open(PathBuf),
    /// Begin with an empty drawing.
    Draw,
    /// Put the brush down; the place in parts of the side.
    BeginStroke([f32; 2]),
    /// Draw on to here.
    Stroke([f32; 2]),
    /// Remove the picture.
    Close,
    Invert(bool),
    CentreOfMass(bool),
    Fit(Fit),
    Ground(Ground),
    Crop(Option<Crop>),
    Brush(f32),
    Steps(usize),
    PriorWeight(f32),
    /// Put every option back.
    Reset,
}

/// Everything that a prepared picture depends on.
#[derive(Clone, PartialEq, Debug)]
pub struct Wanted {
    pub source: Source,
    pub round: u64,
    pub image: ImageSpec,
    pub invert: Option<bool>,
    /// Whether it may be inverted where nobody said so.
    pub may_invert: bool,
    pub centre_of_mass: bool,
    pub fit: Fit,
    pub ground: Ground,
    pub crop: Option<Crop>,
}

/// Whether a model draws digits as MNIST has them: light on dark, centred.
pub fn knows_digits(model: &ModelInfo) -> bool {
    let classes = &model.manifest.classes;
    model.manifest.image.channels == 1
        && classes.len() == 10
        && classes.iter().all(|name| name.parse::<u8>().is_ok())
}

impl Settings {
    /// Whether there is something to encode.
    pub fn has_picture(&self) -> bool {
        match &self.source {
            Source::None => false,
            Source::Drawing(strokes) => !strokes.is_empty(),
            Source::File(_) => true,
        }
    }

    /// Whether what is drawn is centred as the digits of MNIST are.
    pub fn centres(&self, model: &ModelInfo) -> bool {
        self.centre_of_mass.unwrap_or_else(|| knows_digits(model))
    }

    /// What a model is to be given; `None` without a picture.
    pub fn wanted(&self, model: &ModelInfo) -> Option<Wanted> {
        let is_drawn = matches!(self.source, Source::Drawing(_));
        self.has_picture().then(|| Wanted {
            source: self.source.clone(),
            round: self.round,
            image: model.manifest.image,
            invert: self.invert,
            may_invert: !is_drawn && knows_digits(model),
            centre_of_mass: self.centres(model),
            fit: self.fit,
            ground: self.ground,
            crop: self.crop.filter(|_| !is_drawn),
        })
    }

    /// How a descent searches.
    pub fn search(&self) -> InvertOptions {
        InvertOptions {
            steps: self.steps.clamp(*STEPS.start(), *STEPS.end()),
            prior_weight: self.prior_weight.max(0.0),
            ..InvertOptions::default()
        }
    }

    pub(super) fn apply(&mut self, edit: Edit) {
        match edit {
            Edit::Open(path) => {
                self.source = Source::File(path);
                self.crop = None;
                self.invert = None;
                self.round += 1;
            }
            Edit::Draw => {
                self.source = Source::Drawing(Vec::new());
                self.crop = None;
                self.invert = None;
            }
            Edit::BeginStroke(at) => {
                let radius = self.brush;
                if let Source::Drawing(strokes) = &mut self.source
                    && drawing::points(strokes) < drawing::MAX_POINTS
                {
                    let points = vec![at];
                    strokes.push(Stroke { radius, points });
                }
            }
            Edit::Stroke(at) => {
                if let Source::Drawing(strokes) = &mut self.source
                    && drawing::points(strokes) < drawing::MAX_POINTS
                    && let Some(stroke) = strokes.last_mut()
                    && stroke.points.last() != Some(&at)
                {
                    stroke.points.push(at);
                }
            }
            Edit::Close => {
                self.source = Source::None;
                self.crop = None;
            }
            Edit::Invert(invert) => self.invert = Some(invert),
            Edit::CentreOfMass(centre) => self.centre_of_mass = Some(centre),
            Edit::Fit(fit) => self.fit = fit,
            Edit::Ground(ground) => self.ground = ground,
            Edit::Crop(crop) => self.crop = crop,
            Edit::Brush(radius) => self.brush = radius.clamp(*BRUSH.start(), *BRUSH.end()),
            Edit::Steps(steps) => self.steps = steps.clamp(*STEPS.start(), *STEPS.end()),
            Edit::PriorWeight(weight) => {
                self.prior_weight = weight.clamp(*PRIOR_WEIGHT.start(), *PRIOR_WEIGHT.end());
            }
            Edit::Reset => {
                *self = Self {
                    source: std::mem::take(&mut self.source),
                    round: self.round,
                    ..Self::default()
                };
            }
        }
    }

    /// Whether an option stands elsewhere than at its default.
    pub fn is_changed(&self) -> bool {
        let mut options = Self::default();
        options.source.clone_from(&self.source);
        options.round = self.round;
        options != *self
    }
}

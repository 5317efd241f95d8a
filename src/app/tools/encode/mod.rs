//! Encode: from a picture to a code, by the model's encoder or by descending to it.
//!
//! A picture comes from a file or from the hand. It is brought into the model's size on a thread
//! of its own, then the engine encodes it; where there is no encoder, it searches the code. What
//! is found for a drawing is shown at once; that of a file becomes a named code, which expressions use
//! like any other.

pub mod drawing;
mod hand;
pub(crate) mod panel;
mod preprocessor;
mod reading;
mod retouch;
mod run;

pub use drawing::Stroke;
pub use preprocessor::{Original, PreprocessedImage, Taken};
pub use reading::Reading;
pub use retouch::TAKEN;
pub(in crate::app) use run::name_of;
pub use run::{Encode, Found, How};

use super::part::why_no_real_codes;
use super::{ToolContext, ToolInfo, ToolNumber, ToolPart, ToolView};
use crate::app::pictures::PictureRequest;
use crate::app::{Param, Tool, ToolParam};
use crate::document::photo::{self, Background, Crop, Fit, Placing};
use crate::engine::{Event, InvertOptions, JobId, ModelInfo};
use crate::latent::expr::Expr;
use crate::latent::sampling::MAX_STEPS;
use crate::learn::ToolName;
use crate::model::manifest::ImageSpec;
use eframe::egui::Key;
use lucide_icons::Icon;
use serde::{Deserialize, Deserializer, Serialize};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Radius of the brush, as a part of the side.
pub const BRUSH: RangeInclusive<f32> = 0.01..=0.12;
/// Steps of a descent.
pub const STEPS: RangeInclusive<usize> = 10..=2000;
/// Steps of DDIM, backwards and forwards.
pub const DDIM_STEPS: RangeInclusive<usize> = 1..=MAX_STEPS;
/// How strongly a descent may be held near the prior.
pub const PRIOR_WEIGHT: RangeInclusive<f32> = 0.0..=0.1;

/// Radius of the brush, in hundredths of the side.
pub const BRUSH_RADIUS: ToolParam = ToolParam::new(Tool::Encode, "brush");
/// The brightness that the brush gives to pixels of a grayscale picture, 0 to 255.
pub const INK: ToolParam = ToolParam::new(Tool::Encode, "ink");
/// How strongly a descent is held near the prior, in thousandths.
pub const PRIOR: ToolParam = ToolParam::new(Tool::Encode, "prior");

/// Where the picture comes from.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    #[default]
    None,
    Drawing(Vec<Stroke>),
    File(PathBuf),
    /// The picture that the model draws of an expression.
    Shot(Expr),
}

/// What is set in the tool.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub source: Source,
    /// Grows with every file and drawing: the same file may be another one by now.
    pub round: u64,
    /// `None` exchanges light and dark where the picture looks drawn dark on light and the model
    /// knows digits.
    pub invert: Option<bool>,
    /// `None` places what is seen as the model learned it. Earlier versions knew only whether
    /// digits are centred.
    #[serde(alias = "centre_of_mass", deserialize_with = "placing_or_centred")]
    pub placing: Option<Placing>,
    pub fit: Fit,
    pub ground: Background,
    /// A part of the original; `None` is all of it.
    pub crop: Option<Crop>,
    pub brush: f32,
    /// What is painted over the picture as the model sees it; a drawing is all strokes.
    pub retouches: Vec<Stroke>,
    /// What a retouching brush paints: red, green and blue.
    pub ink: [u8; 3],
    pub steps: usize,
    /// Those of DDIM, for models that make pictures in steps.
    pub ddim_steps: usize,
    pub prior_weight: f32,
    /// Whether a descent keeps to one code for all layers, where a model takes one for each.
    pub one_for_all_layers: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let search = InvertOptions::default();
        Self {
            source: Source::None,
            round: 0,
            invert: None,
            placing: None,
            fit: Fit::default(),
            ground: Background::default(),
            crop: None,
            brush: 0.045,
            retouches: Vec::new(),
            ink: drawing::LIGHT,
            steps: search.steps,
            ddim_steps: 50,
            prior_weight: search.prior_weight,
            one_for_all_layers: false,
        }
    }
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
    pub placing: Option<Placing>,
    /// Where nobody said so.
    pub natural_placing: Placing,
    pub fit: Fit,
    pub ground: Background,
    pub crop: Option<Crop>,
    pub retouches: Vec<Stroke>,
    /// The picture of an expression, where that is the source.
    pub taken: Option<Taken>,
}

/// Whether a model draws digits as MNIST has them: light on dark, centred.
pub fn knows_digits(model: &ModelInfo) -> bool {
    let classes = &model.manifest.classes;
    model.manifest.image.channels == 1
        && classes.len() == 10
        && classes.iter().all(|name| name.parse::<u8>().is_ok())
}

/// Whether a model draws faces: its data is labelled by what faces have.
pub fn knows_faces(model: &ModelInfo) -> bool {
    let classes = &model.manifest.classes;
    let has = |label: &str| classes.iter().any(|name| name == label);
    model.manifest.image.channels == 3 && has("smile") && has("glasses")
}

/// How a model learned to see things placed.
fn natural_placing(model: &ModelInfo) -> Placing {
    if knows_digits(model) {
        Placing::Digit
    } else if knows_faces(model) {
        Placing::Portrait
    } else {
        Placing::AsItIs
    }
}

fn placing_or_centred<'de, D>(deserializer: D) -> Result<Option<Placing>, D::Error>
where
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Placing(Placing),
        Centred(bool),
    }
    let stored = Option::<Stored>::deserialize(deserializer)?;
    Ok(stored.map(|stored| match stored {
        Stored::Placing(placing) => placing,
        Stored::Centred(true) => Placing::Digit,
        Stored::Centred(false) => Placing::AsItIs,
    }))
}

impl Wanted {
    /// How a picture of this width and height, in pixels, is placed.
    fn placing_of(&self, [width, height]: [u32; 2]) -> Placing {
        // A picture in the model's own size has everything in its place already.
        let is_own = [self.image.width, self.image.height] == [width as usize, height as usize];
        let natural = match self.natural_placing {
            Placing::Portrait if is_own => Placing::AsItIs,
            natural => natural,
        };
        self.placing.unwrap_or(natural)
    }
}

impl Settings {
    /// Whether there is something to encode.
    pub fn has_picture(&self) -> bool {
        match &self.source {
            Source::None => false,
            Source::Drawing(strokes) => !strokes.is_empty(),
            Source::File(_) | Source::Shot(_) => true,
        }
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
            placing: self.placing,
            natural_placing: natural_placing(model),
            fit: self.fit,
            ground: self.ground,
            crop: self.crop.filter(|_| !is_drawn),
            retouches: self.retouches.clone(),
            taken: None,
        })
    }

    /// How a descent searches for codes of a model.
    pub fn search(&self, model: &ModelInfo) -> InvertOptions {
        let rows = model.manifest.searched_rows();
        InvertOptions {
            space: rows.filter(|_| !self.one_for_all_layers),
            steps: match model.manifest.diffusion {
                Some(_) => self
                    .ddim_steps
                    .clamp(*DDIM_STEPS.start(), *DDIM_STEPS.end()),
                None => self.steps.clamp(*STEPS.start(), *STEPS.end()),
            },
            prior_weight: self.prior_weight.max(0.0),
            ..InvertOptions::default()
        }
    }

    /// Takes the picture of a file.
    pub fn open_file(&mut self, path: PathBuf) {
        self.take(Source::File(path));
        self.round += 1;
    }

    /// Begins with an empty drawing.
    pub fn begin_drawing(&mut self) {
        self.take(Source::Drawing(Vec::new()));
        self.round += 1;
    }

    fn take(&mut self, source: Source) {
        self.source = source;
        self.crop = None;
        self.invert = None;
        self.retouches.clear();
    }

    /// Removes the picture.
    pub fn close(&mut self) {
        self.source = Source::None;
        self.crop = None;
        self.retouches.clear();
    }

    /// Puts the brush down; the place in parts of the side.
    pub fn begin_stroke(&mut self, at: [f32; 2]) {
        let radius = self.brush;
        if let Source::Drawing(strokes) = &mut self.source
            && drawing::points(strokes) < drawing::MAX_POINTS
        {
            let points = vec![at];
            let ink = drawing::LIGHT;
            strokes.push(Stroke {
                radius,
                points,
                ink,
            });
        }
    }

    /// Draws on to here.
    pub fn draw_to(&mut self, at: [f32; 2]) {
        if let Source::Drawing(strokes) = &mut self.source
            && drawing::points(strokes) < drawing::MAX_POINTS
            && let Some(stroke) = strokes.last_mut()
            && stroke.points.last() != Some(&at)
        {
            stroke.points.push(at);
        }
    }

    /// Takes the last stroke back.
    pub fn take_back_stroke(&mut self) {
        match &mut self.source {
            Source::Drawing(strokes) => strokes.pop(),
            _ => self.retouches.pop(),
        };
    }

    pub fn set_ddim_steps(&mut self, steps: usize) {
        self.ddim_steps = steps.clamp(*DDIM_STEPS.start(), *DDIM_STEPS.end());
    }

    pub fn set_steps(&mut self, steps: usize) {
        self.steps = steps.clamp(*STEPS.start(), *STEPS.end());
    }

    /// Puts every option back; the picture stays.
    pub fn reset(&mut self) {
        *self = Self {
            source: std::mem::take(&mut self.source),
            round: self.round,
            retouches: std::mem::take(&mut self.retouches),
            ..Self::default()
        };
    }

    /// Whether an option stands elsewhere than at its default.
    pub fn is_changed(&self) -> bool {
        let mut options = Self::default();
        options.source.clone_from(&self.source);
        options.retouches.clone_from(&self.retouches);
        options.round = self.round;
        options != *self
    }
}

impl ToolPart for Encode {
    const INFO: ToolInfo = ToolInfo {
        word: "Encode",
        name: "Encode",
        tooltip: "Find the code of a picture: open one, drop one, or draw one",
        icon: Icon::ImagePlus,
        key: Some(Key::Num6),
        question_name: Some(ToolName::Encode),
        explained_by: "what-is-a-vae",
    };
    const NUMBERS: &'static [ToolNumber<Self>] = &[
        ToolNumber {
            name: BRUSH_RADIUS.name,
            numbers: None,
            row: |view, id| {
                Some(Param::new(
                    id.into(),
                    [
                        "Brush",
                        "Brush",
                        "Radius of the brush, in hundredths of the side",
                    ],
                    BRUSH.start() * 100.0..=BRUSH.end() * 100.0,
                    Settings::default().brush * 100.0,
                    view.settings.brush * 100.0,
                ))
            },
            set: |_, cx, _, value| {
                let radius = (value / 100.0).clamp(*BRUSH.start(), *BRUSH.end());
                cx.edit(|settings| settings.brush = radius);
            },
        },
        retouch::INK_NUMBER,
        ToolNumber {
            name: PRIOR.name,
            numbers: None,
            row: |view, id| {
                Some(Param::new(
                    id.into(),
                    [
                        "Prior",
                        "Weight of the prior",
                        "How strongly the code is held near the prior, in thousandths: more keeps \
                         it among codes that the model knows, less draws the picture better",
                    ],
                    PRIOR_WEIGHT.start() * 1000.0..=PRIOR_WEIGHT.end() * 1000.0,
                    Settings::default().prior_weight * 1000.0,
                    view.settings.prior_weight * 1000.0,
                ))
            },
            set: |_, cx, _, value| {
                let weight = (value / 1000.0).clamp(*PRIOR_WEIGHT.start(), *PRIOR_WEIGHT.end());
                cx.edit(|settings| settings.prior_weight = weight);
            },
        },
    ];

    fn why_not(model: &ModelInfo) -> Option<&'static str> {
        why_no_real_codes(model)
    }

    fn requests(view: ToolView<'_, Self>, model: &ModelInfo) -> Vec<PictureRequest> {
        retouch::request(view, model).into_iter().collect()
    }

    /// Brings the picture into the model's size and finds its code, as soon as either is another.
    fn tick(&mut self, cx: &mut ToolContext<'_, Self>, model: &Arc<ModelInfo>) {
        if cx.is_open() {
            self.follow(cx, model);
            self.read(cx);
        }
    }

    fn leave_out_local(settings: &mut Settings) {
        let is_built_in =
            |path: &PathBuf| photo::sample_names().any(|name| Path::new(name) == path);
        if matches!(&settings.source, Source::File(path) if !is_built_in(path)) {
            settings.close();
        }
    }

    fn due_secs(view: ToolView<'_, Self>) -> Option<f64> {
        view.tool.waits_for_rest().then_some(0.1)
    }

    fn work(view: ToolView<'_, Self>) -> Option<u64> {
        Self::drawing_of(view)
    }

    fn on_event(&mut self, cx: &mut ToolContext<'_, Self>, event: Event) {
        match event {
            Event::Encoded { job, encoding } => {
                self.on_encoded(job, encoding);
                self.show_drawing(cx, true);
            }
            Event::InvertStep { job, found } => {
                self.on_invert_step(job, found);
                self.show_drawing(cx, false);
            }
            Event::Progress { job, done, total } => self.on_progress(job, [done, total]),
            Event::Judged { job, judgements } => self.on_judged(job, judgements),
            _ => {}
        }
    }

    fn on_job_end(&mut self, cx: &mut ToolContext<'_, Self>, job: JobId, failure: Option<&str>) {
        self.on_end(job, failure);
        self.on_reading_end(job);
        self.show_drawing(cx, true);
    }
}

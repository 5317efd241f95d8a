//! What a file shows: the expressions of a recipe's subject, and how large their pictures are.

use super::RenderError;
use crate::document::animation::MAX_FRAMES;
use crate::document::raster::{Layout, Pixels, RasterError, Resampling, scaled_size};
use crate::document::recipe::Animation;
use crate::document::seeds::SeedList;
use crate::document::{Recipe, Subject};
use crate::engine::{ModelInfo, ModelSource};
use crate::latent::expr::{self, Expr};
use crate::latent::path::Path as Way;
use crate::latent::{EncodedPhoto, ModelId, Sampler, SessionNames, Shot};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// The longest side of a picture, the largest enlargement and the widest gap that can be asked for.
pub const MAX_SIDE: u32 = 16_384;
pub const MAX_SCALE: u32 = 64;
pub const MAX_GAP: u32 = 1024;
/// The most pictures of one sheet.
const MAX_TILES: usize = 1_000_000;

/// How large pictures are drawn, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    /// How many times as large as the model's.
    pub scale: u32,
    /// Pixels on the longer side, in place of `scale`.
    pub longer_side: Option<u32>,
    pub smooth: bool,
    /// Dots per inch at which it is to be printed; `None` says nothing of it.
    pub dpi: Option<u32>,
}

/// What the pictures of a plan are made with besides their expressions.
#[derive(Clone, Default, Debug)]
pub struct Setup {
    /// What expressions may use besides the model.
    pub names: Arc<SessionNames>,
    /// The files that these came from, which no output may replace.
    pub files: Vec<PathBuf>,
    pub sampler: Sampler,
}

/// Everything that is known of a file before its first picture.
#[derive(Clone, Debug)]
pub struct Plan {
    /// With the size of the file, if that can be written.
    recipe: Recipe,
    size: Result<[u32; 2], RasterError>,
    pub(super) drawing: Drawing,
    pub(super) names: Arc<SessionNames>,
    model: ModelId,
    /// Files that the pictures are made from, which no output may replace.
    inputs: Vec<PathBuf>,
    /// Channels, height and width of the model's pictures.
    pub(super) sides: [usize; 3],
    /// Width and height of a picture in the file, in pixels.
    pub(super) picture: [usize; 2],
    /// Whether the model writes its pictures place by place.
    pub(super) is_written: bool,
}

/// What is drawn, read and ready.
#[derive(Clone, Debug)]
pub(super) enum Drawing {
    /// Pictures side by side; a single one is a sheet, too.
    Sheet {
        expressions: Vec<Expr>,
        layout: Layout,
    },
    Walk {
        way: Way,
        animation: Animation,
    },
}

impl Plan {
    /// Plans a file that is made for the first time.
    ///
    /// # Errors
    /// When an expression of the subject is none, or a number is out of bounds.
    pub fn new(
        subject: Subject,
        look: Look,
        setup: &Setup,
        model: &ModelInfo,
    ) -> Result<Self, RenderError> {
        let drawing = Drawing::of(&subject, model)?;
        let mut recipe = Recipe::new(model.id.clone(), subject, [0, 0]);
        recipe.scale = look.scale;
        recipe.smooth = look.smooth;
        recipe.dpi = look.dpi;
        recipe.sampler = setup.sampler;
        recipe.set_names(setup.names.used_by(drawing.written()));
        let native = native_size(model);
        let picture = match look.longer_side {
            Some(side) => scaled_size(native, side as usize),
            None => enlarged(native, look.scale),
        };
        let names = Arc::clone(&setup.names);
        let mut plan = Self::of(recipe, drawing, names, model, picture);
        plan.inputs.extend_from_slice(&setup.files);
        Ok(plan)
    }

    /// Plans what a recipe makes, with the model that is there.
    ///
    /// # Errors
    /// As for [`Self::new`], and when the recipe makes a picture of another size than it says.
    pub fn again(recipe: &Recipe, model: &ModelInfo) -> Result<Self, RenderError> {
        check_bounds(recipe)?;
        let drawing = Drawing::of(&recipe.subject, model)?;
        let [width, height] = recipe.size;
        let native = native_size(model);
        let picture = match recipe.subject {
            Subject::Expression(_) => scaled_size(native, width.max(height) as usize),
            Subject::Animation(_) => [width, height].map(|side| side as usize),
            Subject::Grid { .. } | Subject::Sheet { .. } => enlarged(native, recipe.scale),
        };
        // Made by this program and with this model from now on.
        let mut again = Recipe::new(model.id.clone(), recipe.subject.clone(), recipe.size);
        again.scale = recipe.scale;
        again.smooth = recipe.smooth;
        again.dpi = recipe.dpi;
        again.sampler = recipe.sampler;
        again.set_names(recipe.names());
        let names = Arc::new(recipe.names());
        let plan = Self::of(again, drawing, names, model, picture);
        let [x, y] = plan.size()?;
        if [x, y] != recipe.size {
            return Err(RenderError::Request(format!(
                "the recipe makes a picture of {x}x{y} pixels, not of {width}x{height} as it says"
            )));
        }
        Ok(plan)
    }

    fn of(
        mut recipe: Recipe,
        drawing: Drawing,
        names: Arc<SessionNames>,
        model: &ModelInfo,
        picture: [usize; 2],
    ) -> Self {
        let image = model.manifest.image;
        let sides = [image.channels, image.height, image.width];
        let size = match &drawing {
            Drawing::Sheet {
                expressions,
                layout,
            } => layout.size(pixels_of(sides), picture, expressions.len()),
            Drawing::Walk { .. } => Layout::columns(1).size(pixels_of(sides), picture, 1),
        };
        // Checked, so both sides have less than 31 bits.
        let size = size.map(|size| size.map(|side| side as u32));
        if let Ok(size) = size {
            recipe.size = size;
        }
        let model_file = match &model.source {
            ModelSource::File(path) => Some(path.clone()),
            ModelSource::Catalogue(_) => None,
        };
        let written = drawing.written().iter();
        let photos = written.flat_map(Expr::photos).map(PathBuf::from);
        let photos: BTreeSet<PathBuf> = photos.collect();
        Self {
            inputs: model_file.into_iter().chain(photos).collect(),
            recipe,
            size,
            drawing,
            names,
            model: model.id.clone(),
            sides,
            picture,
            is_written: model.manifest.writes(),
        }
    }

    /// Width and height of the file's picture in pixels.
    ///
    /// # Errors
    /// When no picture can be so large.
    pub fn size(&self) -> Result<[u32; 2], RenderError> {
        self.size.clone().map_err(RenderError::TooLarge)
    }

    /// How many pictures are in the file.
    pub fn count(&self) -> usize {
        match &self.drawing {
            Drawing::Sheet { expressions, .. } => expressions.len(),
            Drawing::Walk { animation, .. } => animation.frames,
        }
    }

    /// Whether the pictures follow each other in time.
    pub fn is_animation(&self) -> bool {
        matches!(self.drawing, Drawing::Walk { .. })
    }

    /// Whether the file shows one expression.
    pub(super) fn is_single(&self) -> bool {
        matches!(self.recipe.subject, Subject::Expression(_))
    }

    /// Files that the pictures are made from.
    pub fn inputs(&self) -> &[PathBuf] {
        &self.inputs
    }

    /// The pictures that are encoded for it, and whose codes are not known yet.
    pub(super) fn unknown_photos(&self) -> Vec<String> {
        let photos = self.drawing.written().iter().flat_map(Expr::photos);
        let unknown = photos.filter(|file| !self.names.photos.contains_key(*file));
        let unknown: BTreeSet<&str> = unknown.collect();
        unknown.into_iter().map(str::to_owned).collect()
    }

    /// Notes what was encoded; it goes into the recipe.
    pub(super) fn set_photo(&mut self, file: String, photo: EncodedPhoto) {
        let names = Arc::make_mut(&mut self.names);
        names.photos.insert(file, photo);
        let used = names.used_by(self.drawing.written());
        self.recipe.set_names(used);
    }

    /// What makes the file again.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The kind of pixels of the model's pictures.
    pub(super) fn pixels(&self) -> Pixels {
        pixels_of(self.sides)
    }

    pub(super) fn resampling(&self) -> Resampling {
        if self.recipe.smooth {
            Resampling::Smooth
        } else {
            Resampling::Nearest
        }
    }

    /// The pictures of expressions as this plan draws them.
    pub(super) fn shots(&self, expressions: Vec<Expr>) -> Vec<Shot> {
        expressions.into_iter().map(|it| self.shot(it)).collect()
    }

    pub(super) fn shot(&self, expression: Expr) -> Shot {
        Shot {
            model: self.model.clone(),
            expression,
            sampler: self.recipe.sampler,
        }
    }
}

impl Drawing {
    /// Reads the expressions of a subject for a model.
    fn of(subject: &Subject, model: &ModelInfo) -> Result<Self, RenderError> {
        match subject {
            Subject::Expression(text) => {
                let expressions = expressions(std::slice::from_ref(text))?;
                Self::sheet(expressions, Layout::columns(1))
            }
            Subject::Grid {
                seeds,
                truncation,
                columns,
            } => {
                let seeds: SeedList = seeds
                    .parse()
                    .map_err(|fault| RenderError::request("the seeds", fault))?;
                let seeds = seeds.iter().map(Expr::Seed);
                let expressions = seeds.map(|seed| model.truncated(seed, *truncation));
                Self::sheet(expressions.collect(), Layout::columns(*columns))
            }
            Subject::Sheet {
                expressions: texts,
                columns,
                gap,
                background,
            } => {
                let layout = Layout {
                    columns: *columns,
                    gap: *gap as usize,
                    background: *background,
                };
                Self::sheet(expressions(texts)?, layout)
            }
            Subject::Animation(animation) => {
                if !(1..=MAX_FRAMES).contains(&animation.frames) {
                    let fault = format!("an animation has 1 to {MAX_FRAMES} frames");
                    return Err(RenderError::Request(fault));
                }
                Ok(Self::Walk {
                    way: path_of(animation)?,
                    animation: animation.clone(),
                })
            }
        }
    }

    fn sheet(expressions: Vec<Expr>, layout: Layout) -> Result<Self, RenderError> {
        if !(1..=MAX_TILES).contains(&expressions.len()) {
            let fault = format!("a sheet has 1 to {MAX_TILES} pictures");
            return Err(RenderError::Request(fault));
        }
        Ok(Self::Sheet {
            expressions,
            layout,
        })
    }

    /// The expressions that stand in a recipe, from which the others follow.
    fn written(&self) -> &[Expr] {
        match self {
            Self::Sheet { expressions, .. } => expressions,
            Self::Walk { way, .. } => way.keyframes(),
        }
    }
}

/// Checks the numbers of a recipe from anywhere against those that this program writes.
fn check_bounds(recipe: &Recipe) -> Result<(), RenderError> {
    let [width, height] = recipe.size;
    let is_one = matches!(
        recipe.subject,
        Subject::Expression(_) | Subject::Animation(_)
    );
    let gap = match recipe.subject {
        Subject::Sheet { gap, .. } => gap,
        _ => 0,
    };
    let fault = if is_one && width.max(height) > MAX_SIDE {
        format!("a picture of {width}x{height} pixels; {MAX_SIDE} a side are possible")
    } else if recipe.scale > MAX_SCALE {
        format!(
            "pictures {} times as large; {MAX_SCALE} times is possible",
            recipe.scale
        )
    } else if gap > MAX_GAP {
        format!("gaps of {gap} pixels; {MAX_GAP} are possible")
    } else {
        return Ok(());
    };
    Err(RenderError::Request(format!("the recipe asks for {fault}")))
}

/// Reads many expressions; the message says which one is none.
///
/// # Errors
/// When one of them is none.
pub fn expressions(texts: &[String]) -> Result<Vec<Expr>, RenderError> {
    let which = |index| match texts.len() {
        1 => "the expression".to_owned(),
        _ => format!("expression {}", index + 1),
    };
    let read = |(index, text): (usize, &String)| {
        expr::parse(text).map_err(|fault| RenderError::request(which(index), fault))
    };
    texts.iter().enumerate().map(read).collect()
}

/// The way of an animation.
///
/// # Errors
/// When a keyframe is no expression, or there are too few or too many of them.
pub fn path_of(animation: &Animation) -> Result<Way, RenderError> {
    let keyframes = expressions(&animation.keyframes)?;
    let way = if animation.closed {
        Way::closed(keyframes, animation.method)
    } else {
        Way::open(keyframes, animation.method)
    };
    way.map_err(|fault| RenderError::Request(fault.to_string()))
}

/// Width and height of the model's pictures.
fn native_size(model: &ModelInfo) -> [usize; 2] {
    let image = model.manifest.image;
    [image.width, image.height]
}

fn enlarged(native: [usize; 2], scale: u32) -> [usize; 2] {
    native.map(|side| side.saturating_mul(scale as usize))
}

fn pixels_of([channels, ..]: [usize; 3]) -> Pixels {
    match channels {
        1 => Pixels::Grey,
        _ => Pixels::Rgb,
    }
}

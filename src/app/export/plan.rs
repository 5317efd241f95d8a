//! What a file is to hold, and all that follows from it before a picture is decoded.

use super::writer::{File, Look};
use crate::app::AppState;
use crate::document::animation::AnimationFormat;
use crate::document::codes::{CodeArray, array_name};
use crate::document::raster::{Layout, Resampling};
use crate::document::recipe::Animation;
use crate::document::{Recipe, Subject};
use crate::engine::ModelId;
use crate::latent::SessionNames;
use crate::latent::expr::Expr;
use crate::latent::path::{self, Path as Way};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// What kind of file.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Kind {
    #[default]
    Picture,
    /// Pictures along the path of Interpolate, side by side.
    Strip,
    /// Pictures between the first four keyframes of Interpolate.
    Sheet,
    /// Pictures of seeds.
    Grid,
    /// The way of Interpolate, frame by frame.
    Animation,
    /// The numbers of codes.
    Codes,
}

impl Kind {
    pub const ALL: [Self; 6] = [
        Self::Picture,
        Self::Strip,
        Self::Sheet,
        Self::Grid,
        Self::Animation,
        Self::Codes,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Picture => "Picture",
            Self::Strip => "Strip",
            Self::Sheet => "Sheet",
            Self::Grid => "Grid",
            Self::Animation => "Animation",
            Self::Codes => "Codes",
        }
    }

    /// As it stands in the names of files.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Strip => "strip",
            Self::Sheet => "sheet",
            Self::Grid => "grid",
            Self::Animation => "walk",
            Self::Codes => "codes",
        }
    }

    /// What it shows, as one sentence.
    pub fn explained(self) -> &'static str {
        match self {
            Self::Picture => "The current picture",
            Self::Strip => "Pictures along the path of Interpolate, side by side",
            Self::Sheet => "Pictures between the first four keyframes of Interpolate",
            Self::Grid => "The pictures of seeds one after the other, with the current truncation",
            Self::Animation => "The path of Interpolate at its speed, frame by frame",
            Self::Codes => "Arrays for NumPy: the current code, or the codes of all bookmarks",
        }
    }
}

/// What the next file is to be.
#[derive(Clone, PartialEq, Debug)]
pub struct Settings {
    pub kind: Kind,
    /// How many times as large as the model's the pictures are.
    pub scale: u32,
    /// Whether enlarging is smooth; else every pixel is a square.
    pub smooth: bool,
    /// Pictures of a strip.
    pub count: usize,
    /// Pictures along each side of a sheet.
    pub side: usize,
    pub first_seed: u32,
    /// Seeds of a grid.
    pub seeds: u32,
    pub format: AnimationFormat,
    pub fps: f32,
    /// Whether an animation is shown once, rather than again and again.
    pub once: bool,
    /// The codes of all bookmarks, rather than the current one.
    pub bookmarks: bool,
}

/// How many times as large pictures may be written.
pub const SCALE: RangeInclusive<u32> = 1..=16;
pub const COUNT: RangeInclusive<usize> = 2..=256;
pub const SIDE: RangeInclusive<usize> = 2..=64;
pub const SEEDS: RangeInclusive<u32> = 1..=10_000;
pub const FPS: RangeInclusive<f32> = 1.0..=60.0;
/// The most frames of an animation: as many as the command line writes.
const MAX_FRAMES: usize = 10_000;

impl Default for Settings {
    fn default() -> Self {
        Self {
            kind: Kind::Picture,
            scale: 8,
            smooth: false,
            count: 16,
            side: 8,
            first_seed: 0,
            seeds: 64,
            format: AnimationFormat::Gif,
            fps: 25.0,
            once: false,
            bookmarks: false,
        }
    }
}

impl Settings {
    pub(super) fn bounded(mut self) -> Self {
        self.scale = self.scale.clamp(*SCALE.start(), *SCALE.end());
        self.count = self.count.clamp(*COUNT.start(), *COUNT.end());
        self.side = self.side.clamp(*SIDE.start(), *SIDE.end());
        self.seeds = self.seeds.clamp(*SEEDS.start(), *SEEDS.end());
        self.fps = self.fps.clamp(*FPS.start(), *FPS.end());
        self
    }

    /// The file's kind as dialogs name it, and its ending.
    pub fn file_kind(&self) -> (&'static str, &'static str) {
        match self.kind {
            Kind::Animation => (self.format.name(), ending_of(self.format)),
            Kind::Codes => ("NumPy archive", "npz"),
            _ => ("PNG picture", "png"),
        }
    }

    /// How many frames an animation of `secs` has.
    pub fn frames(&self, secs: f32) -> usize {
        ((f64::from(secs) * f64::from(self.fps)).round() as usize).clamp(2, MAX_FRAMES)
    }
}

/// The usual ending of an animation's file.
pub fn ending_of(format: AnimationFormat) -> &'static str {
    match format {
        AnimationFormat::Gif => "gif",
        AnimationFormat::Apng => "apng",
        AnimationFormat::WebP => "webp",
        AnimationFormat::Mp4 => "mp4",
        AnimationFormat::PngSequence => "png",
    }
}

/// A path that says the format: the files of a sequence get a place for their number.
pub fn completed(format: AnimationFormat, path: PathBuf) -> PathBuf {
    if format != AnimationFormat::PngSequence
        || AnimationFormat::of_path(&path) == Some(AnimationFormat::PngSequence)
    {
        return path;
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}_####.png"))
}

/// What is to be decoded.
#[derive(Debug)]
pub enum Work {
    /// Nothing: the codes are known.
    Codes,
    Pictures(Vec<Expr>),
    Walk {
        way: Way,
        animation: Animation,
    },
}

impl Work {
    pub fn count(&self) -> usize {
        match self {
            Self::Codes => 0,
            Self::Pictures(expressions) => expressions.len(),
            Self::Walk { animation, .. } => animation.frames,
        }
    }
}

/// Everything that is known of a file before its first picture.
pub struct Plan {
    pub model: ModelId,
    pub work: Work,
    sides: [usize; 3],
    layout: Layout,
    look: Look,
    format: AnimationFormat,
    recipe: Recipe,
    codes: Vec<CodeArray>,
}

impl Plan {
    /// Plans a file of what the window shows now.
    ///
    /// # Errors
    ///
    /// A sentence on what is missing.
    pub fn new(app: &AppState, settings: &Settings) -> Result<Self, String> {
        let model = app.model().ok_or("Load a model first")?;
        let current = app.position().expression();
        let interpolate = &app.tools().settings().interpolate;
        let way = || interpolate.path(interpolate.method);
        let texts = |list: &[Expr]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut layout = Layout::columns(1);
        let mut codes = Vec::new();
        let sheet = |expressions: &[Expr], layout: Layout| Subject::Sheet {
            expressions: texts(expressions),
            columns: layout.columns,
            gap: 0,
            background: layout.background,
        };
        let (subject, work) = match settings.kind {
            Kind::Picture => (
                Subject::Expression(current.to_string()),
                Work::Pictures(vec![current.clone()]),
            ),
            Kind::Strip => {
                let way = way()?;
                let positions = way.frame_positions(
                    settings.count,
                    interpolate.easing,
                    app.tools().interpolate().lengths(),
                );
                let pictures = way.expressions(&positions);
                layout = Layout::columns(pictures.len());
                (sheet(&pictures, layout), Work::Pictures(pictures))
            }
            Kind::Sheet => {
                let corners = interpolate
                    .corners()
                    .ok_or("A sheet needs four keyframes in Interpolate: its corners")?;
                let side = settings.side;
                let pictures = path::sheet(&corners, interpolate.method, side, side);
                layout = Layout::columns(side);
                (sheet(&pictures, layout), Work::Pictures(pictures))
            }
            Kind::Grid => {
                let first = settings.first_seed;
                let last = first.saturating_add(settings.seeds - 1);
                let psi = app.position().psi();
                let truncation = (psi != 1.0).then_some(psi);
                let seeds = (first..=last).map(Expr::Seed);
                let pictures: Vec<Expr> = seeds
                    .map(|seed| model.truncated(seed, truncation))
                    .collect();
                layout = Layout::square(pictures.len());
                let subject = Subject::Grid {
                    seeds: format!("{first}-{last}"),
                    truncation,
                    columns: layout.columns,
                };
                (subject, Work::Pictures(pictures))
            }
            Kind::Animation => {
                let way = way()?;
                let frames = settings.frames(interpolate.secs);
                let micros = (f64::from(interpolate.secs) * 1e6).round() as u64;
                // The last frame of a closed way is followed by its first.
                let animation = Animation {
                    keyframes: texts(&interpolate.keyframes),
                    method: interpolate.method,
                    easing: interpolate.easing,
                    even: interpolate.even,
                    closed: interpolate.closed,
                    frames,
                    duration_us: micros,
                    once: settings.once,
                };
                let subject = Subject::Animation(animation.clone());
                (subject, Work::Walk { way, animation })
            }
            Kind::Codes => {
                codes = codes_of(app, settings)?;
                (Subject::Expression(current.to_string()), Work::Codes)
            }
        };
        let used = match &work {
            Work::Codes => SessionNames::default(),
            Work::Pictures(expressions) => app.names().used_by(expressions),
            Work::Walk { way, .. } => app.names().used_by(way.keyframes()),
        };
        let image = model.manifest.image;
        let reference = ModelId {
            name: model.id.name.clone(),
            hash: model.id.hash.clone(),
        };
        let mut recipe = Recipe::new(reference, subject, [0, 0]);
        recipe.conditions = app.position().conditions().clone();
        recipe.sampler = app.position().sampler();
        recipe.set_names(used);
        recipe.scale = settings.scale;
        recipe.smooth = settings.smooth;
        let resampling = if settings.smooth {
            Resampling::Smooth
        } else {
            Resampling::Nearest
        };
        let look = Look {
            scale: settings.scale as usize,
            resampling,
        };
        let too_large = work.count().saturating_mul(image.width * image.height)
            > (1 << 28) / (look.scale * look.scale).max(1);
        if too_large && settings.kind != Kind::Animation {
            return Err(
                "It would have more than 268 million pixels: choose fewer or smaller pictures"
                    .to_owned(),
            );
        }
        Ok(Self {
            model: model.id.clone(),
            work,
            sides: [image.channels, image.height, image.width],
            layout,
            look,
            format: settings.format,
            recipe,
            codes,
        })
    }

    /// What the writer is given.
    pub fn file(&self, path: &Path) -> File {
        let path = path.to_owned();
        match &self.work {
            Work::Codes => File::Codes {
                path,
                arrays: self.codes.clone(),
            },
            Work::Pictures(expressions) => File::Sheet {
                path,
                sides: self.sides,
                count: expressions.len(),
                layout: self.layout,
                look: self.look,
                recipe: self.recipe.clone(),
            },
            Work::Walk { animation, .. } => File::Animation {
                path,
                format: self.format,
                sides: self.sides,
                look: self.look,
                animation: animation.clone(),
                recipe: self.recipe.clone(),
            },
        }
    }
}

fn codes_of(app: &AppState, settings: &Settings) -> Result<Vec<CodeArray>, String> {
    if !settings.bookmarks {
        let frame = app.preview().frame().ok_or("No code yet")?;
        return Ok(vec![CodeArray {
            name: array_name(frame.code.space).to_owned(),
            codes: vec![frame.code.clone()],
        }]);
    }
    let model = app.model().ok_or("Load a model first")?;
    let bookmarks = app.session().document().bookmarks();
    let of_model = bookmarks
        .iter()
        .filter(|it| it.model.hash == model.id.hash && it.model.name == model.id.name);
    let arrays: Vec<CodeArray> = of_model
        .map(|bookmark| CodeArray {
            name: bookmark.name.clone(),
            codes: vec![bookmark.code.clone()],
        })
        .collect();
    if arrays.is_empty() {
        return Err("No bookmark was made with this model".to_owned());
    }
    Ok(arrays)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_sequence_have_a_place_for_their_number() {
        let of = |format, path: &str| completed(format, path.into());
        assert_eq!(
            of(AnimationFormat::PngSequence, "a/walk.png"),
            PathBuf::from("a/walk_####.png")
        );
        for kept in ["a/w_##.png", "a/folder"] {
            assert_eq!(of(AnimationFormat::PngSequence, kept), PathBuf::from(kept));
        }
        assert_eq!(
            of(AnimationFormat::Gif, "walk.gif"),
            PathBuf::from("walk.gif")
        );
    }

    #[test]
    fn absurd_numbers_come_into_bounds() {
        let wild = Settings {
            scale: 0,
            count: usize::MAX,
            seeds: 0,
            fps: f32::INFINITY,
            ..Settings::default()
        };
        let bounded = wild.bounded();
        assert_eq!((bounded.scale, bounded.seeds), (1, 1));
        assert_eq!(bounded.count, *COUNT.end());
        assert_eq!(bounded.fps, *FPS.end());
        assert_eq!(Settings::default().frames(1e9), MAX_FRAMES);
    }
}

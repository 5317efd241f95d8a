//! What the next file is to be.

use crate::app::FileKind;
use crate::document::animation::{AnimationFormat, MAX_FRAMES};
use crate::model::Manifest;
use crate::render::{MAX_GAP, MAX_SCALE, StepsShown};
use std::ops::RangeInclusive;
use std::path::PathBuf;

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
    /// Chosen pictures, for print.
    Contact,
    /// The way of Interpolate, frame by frame.
    Animation,
    /// The steps of a sampler to the current picture.
    Film,
    /// The numbers of codes.
    Codes,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Picture,
        Self::Strip,
        Self::Sheet,
        Self::Grid,
        Self::Contact,
        Self::Animation,
        Self::Film,
        Self::Codes,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Picture => "Picture",
            Self::Strip => "Strip",
            Self::Sheet => "Sheet",
            Self::Grid => "Grid",
            Self::Contact => "Contact sheet",
            Self::Animation => "Animation",
            Self::Film => "Film",
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
            Self::Contact => "contact-sheet",
            Self::Animation => "walk",
            Self::Film => "film",
            Self::Codes => "codes",
        }
    }

    /// The command of `zscape` that writes such files.
    fn command(self) -> &'static str {
        match self {
            Self::Picture | Self::Film => "render",
            Self::Strip => "strip",
            Self::Sheet | Self::Contact => "sheet",
            Self::Grid => "grid",
            Self::Animation => "animate",
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
            Self::Contact => "Pictures that you have kept, in rows, for the screen or for print",
            Self::Animation => "The path of Interpolate at its speed, frame by frame",
            Self::Film => {
                "The steps that lead to the current picture, side by side or one after the other"
            }
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
    pub contact: Contact,
    pub format: AnimationFormat,
    pub fps: f32,
    /// Whether an animation is shown once, rather than again and again.
    pub once: bool,
    pub film: Film,
    /// The codes of all bookmarks, rather than the current one.
    pub bookmarks: bool,
}

/// What is written of the steps of a sampler.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Film {
    /// What is shown of each step.
    pub shown: StepsShown,
    /// `None` for a strip of all steps.
    pub format: Option<AnimationFormat>,
}

impl Film {
    /// The same with what there is to show of a model.
    pub fn of_model(self, model: &Manifest) -> Self {
        match self.shown.fits(model.writes()) {
            true => self,
            false => Self {
                shown: StepsShown::default(),
                ..self
            },
        }
    }
}

/// Where the pictures of a contact sheet come from.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum ContactSource {
    /// The bookmarks of the model, the oldest first.
    #[default]
    Bookmarks,
    /// The favourites of Variations.
    Favourites,
    /// The steps of the filmstrip with this model, each picture once.
    Filmstrip,
    /// The wall of the tool Seeds.
    Wall,
}

impl ContactSource {
    pub const ALL: [Self; 4] = [
        Self::Bookmarks,
        Self::Favourites,
        Self::Filmstrip,
        Self::Wall,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Bookmarks => "Bookmarks",
            Self::Favourites => "Favourites",
            Self::Filmstrip => "Filmstrip",
            Self::Wall => "Wall of seeds",
        }
    }
}

/// How a contact sheet is laid out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Contact {
    pub source: ContactSource,
    pub columns: usize,
    /// Pixels between neighbours.
    pub gap: u32,
    /// Whether the ground is white, as paper; else it is black.
    pub is_white: bool,
    /// How wide it is to be printed, in centimetres.
    pub width_cm: f32,
    pub dpi: u32,
}

/// Centimetres of an inch.
pub const CM_PER_INCH: f32 = 2.54;
pub const COLUMNS: RangeInclusive<usize> = 1..=64;
pub const GAP: RangeInclusive<u32> = 0..=MAX_GAP;
pub const WIDTH_CM: RangeInclusive<f32> = 1.0..=120.0;
pub const DPI: RangeInclusive<u32> = 36..=1200;

impl Default for Contact {
    fn default() -> Self {
        Self {
            source: ContactSource::default(),
            columns: 4,
            gap: 24,
            is_white: true,
            // A page of A4 without its margins.
            width_cm: 18.0,
            dpi: 300,
        }
    }
}

impl Contact {
    fn bounded(self) -> Self {
        Self {
            columns: self.columns.clamp(*COLUMNS.start(), *COLUMNS.end()),
            gap: self.gap.clamp(*GAP.start(), *GAP.end()),
            width_cm: self.width_cm.clamp(*WIDTH_CM.start(), *WIDTH_CM.end()),
            dpi: self.dpi.clamp(*DPI.start(), *DPI.end()),
            ..self
        }
    }

    /// The largest scale at which a row of pictures that are `picture_px` wide is not wider than the
    /// print; every pixel of a picture takes the same number of dots.
    pub fn fitting_scale(&self, picture_px: usize) -> u32 {
        let width_px = f64::from(self.width_cm / CM_PER_INCH) * f64::from(self.dpi);
        let gaps_px = f64::from(self.gap) * (self.columns.saturating_sub(1)) as f64;
        let each_px = (width_px - gaps_px) / (self.columns.max(1) * picture_px.max(1)) as f64;
        (each_px.floor() as u32).clamp(*SCALE.start(), *SCALE.end())
    }

    /// A length of the print in centimetres.
    pub fn cm(&self, pixels: u32) -> f32 {
        pixels as f32 / self.dpi as f32 * CM_PER_INCH
    }
}

/// How many times as large pictures may be written.
pub const SCALE: RangeInclusive<u32> = 1..=MAX_SCALE;
pub const COUNT: RangeInclusive<usize> = 2..=256;
pub const SIDE: RangeInclusive<usize> = 2..=64;
pub const SEEDS: RangeInclusive<u32> = 1..=10_000;
pub const FPS: RangeInclusive<f32> = 1.0..=60.0;

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
            contact: Contact::default(),
            format: AnimationFormat::Gif,
            fps: 25.0,
            once: false,
            film: Film::default(),
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
        self.contact = self.contact.bounded();
        self.fps = self.fps.clamp(*FPS.start(), *FPS.end());
        self
    }

    /// The kind of file that these make.
    pub fn file_kind(&self) -> FileKind {
        let (words, ending) = match self.kind {
            Kind::Animation => (self.format.name(), ending_of(self.format)),
            Kind::Codes => ("NumPy archive", "npz"),
            Kind::Film => match self.film.format {
                Some(format) => (format.name(), ending_of(format)),
                None => ("PNG picture", "png"),
            },
            _ => ("PNG picture", "png"),
        };
        FileKind {
            words,
            ending,
            command: self.kind.command(),
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
    fn a_row_of_a_contact_sheet_fits_the_print_as_large_as_it_can() {
        let contact = Contact {
            columns: 4,
            gap: 20,
            width_cm: 21.0,
            dpi: 300,
            ..Contact::default()
        };
        // 21 cm at 300 dpi are 2480 dots.
        let scale = contact.fitting_scale(64);
        let width = |scale: u32| 4 * 64 * scale + 3 * 20;
        assert!(width(scale) <= 2480 && width(scale + 1) > 2480, "{scale}");
        assert!((contact.cm(2480) - 21.0).abs() < 0.01);
        let wild = Contact {
            columns: 0,
            dpi: 0,
            width_cm: f32::NAN,
            ..contact
        };
        assert!(SCALE.contains(&wild.fitting_scale(0)));
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

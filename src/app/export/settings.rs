//! What the next file is to be.

use crate::app::FileKind;
use crate::document::animation::{AnimationFormat, MAX_FRAMES};
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

    /// The command of `zscape` that writes such files.
    fn command(self) -> &'static str {
        match self {
            Self::Picture => "render",
            Self::Strip => "strip",
            Self::Sheet => "sheet",
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

    /// The kind of file that these make.
    pub fn file_kind(&self) -> FileKind {
        let (words, ending) = match self.kind {
            Kind::Animation => (self.format.name(), ending_of(self.format)),
            Kind::Codes => ("NumPy archive", "npz"),
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

//! What is shown of the window, apart from the picture.

use serde::{Deserialize, Serialize};

/// The text sizes that can be chosen, as factors; 1 is the usual size.
pub const TEXT_SCALES: [f32; 7] = [0.8, 0.9, 1.0, 1.15, 1.35, 1.6, 2.0];
const NORMAL_SCALE: usize = 2;

/// Light on dark or dark on light.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Theme {
    /// Pictures stand out best on it.
    #[default]
    Dark,
    Light,
}

/// Pictures whose sides are at least this long, in pixels, are enlarged smoothly unless the user
/// says otherwise: smaller ones are pixel art or digits, of which one wants to see each pixel.
const SMOOTH_FROM: usize = 64;

/// How the pixels of pictures are painted that stand larger on the window than they are.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Enlarging {
    /// Small pictures sharp, others smooth.
    #[default]
    BySize,
    /// Every pixel is a square.
    Sharp,
    /// Colors run from one pixel to the next.
    Smooth,
}

impl Enlarging {
    /// Whether pictures of this width and height, in pixels, are smoothed.
    pub fn is_smooth(self, size: [usize; 2]) -> bool {
        match self {
            Self::BySize => size.iter().all(|&side| side >= SMOOTH_FROM),
            Self::Sharp => false,
            Self::Smooth => true,
        }
    }

    /// The one that paints pictures of this size the other way.
    pub(super) fn toggled(self, size: [usize; 2]) -> Self {
        let smooth = !self.is_smooth(size);
        match (smooth == Self::BySize.is_smooth(size), smooth) {
            (true, _) => Self::BySize,
            (false, true) => Self::Smooth,
            (false, false) => Self::Sharp,
        }
    }
}

/// What is kept between runs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    pub theme: Theme,
    pub enlarging: Enlarging,
    pub controls: bool,
    pub filmstrip: bool,
    /// Index into [`TEXT_SCALES`].
    pub(crate) text_scale: usize,
    /// Whether the list of all raw dimensions is open.
    pub all_dims: bool,
    /// Whether each class of a conditional model has a slider.
    pub blends_classes: bool,
    /// Whether the raw dimensions of z are listed where those of w could be.
    pub dims_of_z: bool,
    pub bookmarks: bool,
    /// Whether the questions are shown.
    pub learning: bool,
    /// Whether the tour was shown; files from before it are of people who know the window.
    #[serde(default = "known")]
    pub has_seen_tour: bool,
}

fn known() -> bool {
    true
}

impl Default for View {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            enlarging: Enlarging::default(),
            controls: true,
            filmstrip: true,
            text_scale: NORMAL_SCALE,
            all_dims: false,
            blends_classes: false,
            dims_of_z: false,
            bookmarks: false,
            learning: false,
            has_seen_tour: false,
        }
    }
}

impl View {
    pub fn text_scale(&self) -> f32 {
        TEXT_SCALES[self.text_scale.min(TEXT_SCALES.len() - 1)]
    }

    /// The size of text for a room: two steps larger.
    pub fn text_scale_for_a_room(&self) -> f32 {
        TEXT_SCALES[(self.text_scale + 2).min(TEXT_SCALES.len() - 1)]
    }

    pub(super) fn can_enlarge(&self) -> bool {
        self.text_scale + 1 < TEXT_SCALES.len()
    }

    pub(super) fn can_shrink(&self) -> bool {
        self.text_scale > 0
    }

    pub(super) fn enlarge(&mut self) {
        self.text_scale = (self.text_scale + 1).min(TEXT_SCALES.len() - 1);
    }

    pub(super) fn shrink(&mut self) {
        self.text_scale = self.text_scale.saturating_sub(1);
    }

    pub(super) fn normal_size(&mut self) {
        self.text_scale = NORMAL_SCALE;
    }
}

/// What lies over the window for a while.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Overlay {
    #[default]
    None,
    Palette,
    Notifications,
    Shortcuts,
    About,
    /// Asks for the name of a bookmark.
    Bookmark,
    /// Asks for title and caption of a scene.
    Scene,
    /// Sets up the next file.
    Export,
    /// What is known of a model of another program, before it is loaded.
    Passport,
    /// Asks how a model of another program is built.
    Describe,
    /// Files are still being written: asks before the window closes.
    Quit {
        /// Whether it closes by itself when they are written.
        waits: bool,
    },
}

/// Modes that Esc leaves, one at a time.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Modes {
    pub overlay: Overlay,
    pub picture_only: bool,
    /// A room looks on.
    pub presents: bool,
    pub full_screen: bool,
}

impl Modes {
    /// Whether what need not be read is off the window.
    pub fn hides_small_print(&self) -> bool {
        self.picture_only || self.presents
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toggling_twice_paints_as_before() {
        for size in [[28, 28], [64, 64], [256, 40]] {
            for first in [Enlarging::BySize, Enlarging::Sharp, Enlarging::Smooth] {
                let other = first.toggled(size);
                assert_ne!(
                    other.is_smooth(size),
                    first.is_smooth(size),
                    "{first:?} {size:?}"
                );
                assert_eq!(other.toggled(size).is_smooth(size), first.is_smooth(size));
            }
        }
        assert!(Enlarging::BySize.is_smooth([64, 64]));
        assert!(!Enlarging::BySize.is_smooth([32, 32]));
    }
}

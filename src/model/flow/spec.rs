//! The sizes of a flow.

use crate::model::manifest::ImageSpec;
use serde::{Deserialize, Serialize};

/// More levels than any sensible picture has.
const MAX_LEVELS: usize = 8;
/// More steps than any sensible level has.
const MAX_STEPS: usize = 64;
const MAX_HIDDEN: usize = 4096;
const MAX_FOLD: usize = 16;
/// More, and single precision runs out.
const MAX_STRETCH: f32 = 8.0;
/// The most channels that are mixed: the inverse of their matrix takes the cube of this.
const MAX_CHANNELS: usize = 512;

/// What a flow is built of: the section `flow` of a manifest and of a recipe.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowSpec {
    /// How far pixels in 0..1 are kept from both ends before the logit.
    pub margin: f32,
    /// Channels of the networks between the halves.
    pub hidden: usize,
    /// How many steps each level has.
    pub steps: Vec<usize>,
    /// The side of the squares of pixels whose pixels become channels of the first level; every later
    /// one takes squares of 2.
    #[serde(default = "usual_fold", skip_serializing_if = "is_usual_fold")]
    pub fold: usize,
    /// How far the logarithm of a scale goes, either way. Where most pixels are background, a flow has to
    /// stretch them far.
    #[serde(default = "usual_stretch", skip_serializing_if = "is_usual_stretch")]
    pub stretch: f32,
}

const fn usual_fold() -> usize {
    2
}

fn is_usual_fold(fold: &usize) -> bool {
    *fold == usual_fold()
}

pub(super) const fn usual_stretch() -> f32 {
    1.0
}

fn is_usual_stretch(stretch: &f32) -> bool {
    *stretch == usual_stretch()
}

/// One level of a flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level {
    /// The side of the squares of pixels that became its channels.
    pub fold: usize,
    /// Channels that are mixed, an even number.
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub steps: usize,
    /// Whether it is the last one, so that all of its channels are finished.
    pub is_last: bool,
}

impl Level {
    /// Channels that are finished on this level.
    pub fn finished(&self) -> usize {
        match self.is_last {
            true => self.channels,
            false => self.channels / 2,
        }
    }

    /// Numbers of the code that are finished on this level.
    pub fn finished_len(&self) -> usize {
        self.finished() * self.height * self.width
    }
}

impl FlowSpec {
    /// The levels for pictures of `image`, from the picture on.
    ///
    /// # Errors
    /// A sentence when a size is zero or absurd, or does not fit the picture.
    pub fn levels(&self, image: ImageSpec) -> Result<Vec<Level>, String> {
        if !(0.0001..0.5).contains(&self.margin) {
            return Err(format!(
                "the margin is {}; it must be 0.0001 to 0.5",
                self.margin
            ));
        }
        if !(1..=MAX_LEVELS).contains(&self.steps.len()) {
            return Err(format!("a flow has 1 to {MAX_LEVELS} levels"));
        }
        if !(1..=MAX_HIDDEN).contains(&self.hidden) {
            return Err(format!("hidden must be 1 to {MAX_HIDDEN}"));
        }
        if !(2..=MAX_FOLD).contains(&self.fold) {
            return Err(format!("fold must be 2 to {MAX_FOLD}"));
        }
        if !(0.1..=MAX_STRETCH).contains(&self.stretch) {
            return Err(format!("stretch must be 0.1 to {MAX_STRETCH}"));
        }
        let (mut channels, mut height, mut width) = (image.channels, image.height, image.width);
        let mut levels = Vec::with_capacity(self.steps.len());
        for (index, &steps) in self.steps.iter().enumerate() {
            if !(1..=MAX_STEPS).contains(&steps) {
                return Err(format!("level {index} must have 1 to {MAX_STEPS} steps"));
            }
            let fold = if index == 0 { self.fold } else { usual_fold() };
            if !height.is_multiple_of(fold) || !width.is_multiple_of(fold) || height * width == 0 {
                return Err(format!(
                    "{width}x{height} pixels cannot be divided by {fold} for level {index}"
                ));
            }
            channels = channels.saturating_mul(fold * fold);
            (height, width) = (height / fold, width / fold);
            if channels > MAX_CHANNELS {
                return Err(format!(
                    "level {index} has {channels} channels; {MAX_CHANNELS} are allowed"
                ));
            }
            let level = Level {
                fold,
                channels,
                height,
                width,
                steps,
                is_last: index + 1 == self.steps.len(),
            };
            channels -= level.finished();
            levels.push(level);
        }
        Ok(levels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_halve_the_sides_and_finish_every_number_once() {
        let spec = FlowSpec {
            margin: 0.05,
            hidden: 8,
            steps: vec![2, 3],
            fold: 2,
            stretch: 1.0,
        };
        let image = ImageSpec {
            channels: 1,
            height: 28,
            width: 28,
        };
        let levels = spec.levels(image).expect("it fits");
        let sizes: Vec<_> = levels.iter().map(|it| (it.channels, it.height)).collect();
        assert_eq!(sizes, [(4, 14), (8, 7)]);
        let finished: usize = levels.iter().map(Level::finished_len).sum();
        assert_eq!(finished, image.len());
        for (change, part) in [
            (
                FlowSpec {
                    steps: vec![1; 3],
                    ..spec.clone()
                },
                "7x7",
            ),
            (
                FlowSpec {
                    steps: vec![0],
                    ..spec.clone()
                },
                "steps",
            ),
            (
                FlowSpec {
                    steps: vec![],
                    ..spec.clone()
                },
                "levels",
            ),
            (
                FlowSpec {
                    margin: f32::NAN,
                    ..spec.clone()
                },
                "margin",
            ),
            (
                FlowSpec {
                    fold: 1,
                    ..spec.clone()
                },
                "fold",
            ),
            (
                FlowSpec {
                    stretch: 100.0,
                    ..spec.clone()
                },
                "stretch",
            ),
            (FlowSpec { hidden: 0, ..spec }, "hidden"),
        ] {
            let fault = change.levels(image).expect_err(part);
            assert!(fault.contains(part), "{fault}");
        }
    }
}

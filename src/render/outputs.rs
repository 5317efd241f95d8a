//! Where the pictures of a plan go.

use super::plan::Drawing;
use super::sinks::{AnimationSink, ArraySink, Clock, Sink, StillSink, create_png};
use super::steps::{StepsForm, StepsShown, StepsSink};
use super::{Plan, RenderError};
use crate::document::animation::AnimationFormat;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the pictures of a plan go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// The still, as [`Made::still`](super::Made::still).
    Memory,
    /// A PNG with its recipe.
    Still(PathBuf),
    Animation {
        path: PathBuf,
        format: AnimationFormat,
    },
    /// An `.npy` array of f32 in 0..1: `[C, H, W]` of one expression, else `[n, C, H, W]`.
    Array(PathBuf),
    /// The pictures on the way to that of one expression; see [`Output::steps`].
    Steps(PathBuf, StepsShown),
}

impl Output {
    /// The file of a name: a still, or an animation in the format that the name asks for.
    ///
    /// # Errors
    /// When the name asks for no format of animations.
    pub fn of(path: &Path, plan: &Plan) -> Result<Self, RenderError> {
        let path = path.to_owned();
        if !plan.is_animation() {
            return Ok(Self::Still(path));
        }
        match AnimationFormat::of_path(&path) {
            Some(format) => Ok(Self::Animation { path, format }),
            None => Err(RenderError::unfit(
                &path,
                "animations are .gif, .png, .apng, .webp and .mp4 files, folders, and names with \
                 a number such as walk_####.png",
            )),
        }
    }

    /// The pictures of the steps: a strip in a PNG, an animation, or a file for each, as the name
    /// asks.
    ///
    /// # Errors
    /// When the name is that of no form that steps can have.
    pub fn steps(path: &Path, shown: StepsShown) -> Result<Self, RenderError> {
        StepsForm::of(path)?;
        Ok(Self::Steps(path.to_owned(), shown))
    }

    /// Whether the file says how it was made.
    pub(super) fn carries_recipe(&self) -> bool {
        matches!(self, Self::Still(_) | Self::Animation { .. })
    }

    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::Still(path)
            | Self::Animation { path, .. }
            | Self::Array(path)
            | Self::Steps(path, _) => Some(path),
        }
    }

    /// Opens the file, so that a bad path is known before the work begins.
    pub(super) fn open(&self, plan: &Plan) -> Result<Box<dyn Sink>, RenderError> {
        Ok(match self {
            Self::Memory => Box::new(StillSink::new(plan, None)?),
            Self::Still(path) => Box::new(StillSink::new(plan, Some(create_png(path)?))?),
            Self::Animation { path, format } => {
                let Drawing::Walk { animation, .. } = &plan.drawing else {
                    return Err(RenderError::program("a still is not an animation"));
                };
                let clock = Clock {
                    frames: animation.frames,
                    duration: Duration::from_micros(animation.duration_us),
                    once: animation.once,
                };
                let size = plan.size()?;
                Box::new(AnimationSink::create(path, *format, &clock, size, plan)?)
            }
            Self::Array(path) => Box::new(ArraySink::create(path, plan)?),
            Self::Steps(path, shown) => Box::new(StepsSink::new(path, *shown, plan)?),
        })
    }
}

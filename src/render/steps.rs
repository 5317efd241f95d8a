//! The pictures on the way to one, side by side or one after the other.

use super::sinks::{AnimationSink, Clock, Picture, Sink, StillSink, create_png};
use super::{Plan, RenderError};
use crate::document::Raster;
use crate::document::animation::AnimationFormat;
use crate::document::raster::Layout;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long each step of an animation is shown.
const STEP: Duration = Duration::from_millis(100);

/// The form that the steps have in files.
#[derive(Clone, Copy)]
pub(super) enum StepsForm {
    /// All steps in one row.
    Strip,
    Animation(AnimationFormat),
}

impl StepsForm {
    /// A `.png` is a strip: an animated one ends in `.apng`, and a number in the name asks for
    /// files of their own.
    pub fn of(path: &Path) -> Result<Self, RenderError> {
        let is_png = path
            .extension()
            .and_then(OsStr::to_str)
            .is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
        match AnimationFormat::of_path(path) {
            Some(AnimationFormat::PngSequence) if is_png => {
                Ok(Self::Animation(AnimationFormat::PngSequence))
            }
            _ if is_png => Ok(Self::Strip),
            Some(format) => Ok(Self::Animation(format)),
            None => Err(RenderError::unfit(
                path,
                "steps are written to a strip .png, to an animation .gif, .apng, .webp or .mp4, \
                 to a folder, and to names with a number such as step_###.png",
            )),
        }
    }
}

/// Begins its file with the first step, when it is known how many there are.
pub(super) struct StepsSink {
    path: PathBuf,
    form: StepsForm,
    file: Option<Box<dyn Sink>>,
}

impl StepsSink {
    pub fn new(path: &Path) -> Result<Self, RenderError> {
        Ok(Self {
            path: path.to_owned(),
            form: StepsForm::of(path)?,
            file: None,
        })
    }

    fn begin(&self, of: usize, plan: &Plan) -> Result<Box<dyn Sink>, RenderError> {
        Ok(match self.form {
            StepsForm::Strip => {
                let file = Some(create_png(&self.path)?);
                Box::new(StillSink::blank(plan, of, Layout::columns(of), file)?)
            }
            StepsForm::Animation(format) => {
                let clock = Clock {
                    frames: of,
                    duration: STEP.saturating_mul(u32::try_from(of).unwrap_or(u32::MAX)),
                    once: true,
                };
                Box::new(AnimationSink::create(&self.path, format, &clock, plan)?)
            }
        })
    }
}

impl Sink for StepsSink {
    fn add(&mut self, _picture: &Picture<'_>, _plan: &Plan) -> Result<(), RenderError> {
        Ok(())
    }

    fn add_step(
        &mut self,
        picture: &Picture<'_>,
        of: usize,
        plan: &Plan,
    ) -> Result<(), RenderError> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.begin(of, plan)?,
        };
        file.add(picture, plan)?;
        self.file = Some(file);
        Ok(())
    }

    fn seal(&mut self) -> Result<(), RenderError> {
        match &mut self.file {
            Some(file) => file.seal(),
            None => Err(RenderError::program("there were no steps")),
        }
    }

    fn finish(self: Box<Self>) -> Result<Option<Raster>, RenderError> {
        match self.file {
            Some(file) => file.finish(),
            None => Ok(None),
        }
    }
}

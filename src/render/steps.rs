//! The pictures on the way to one, side by side or one after the other.

use super::sinks::{AnimationSink, Clock, Picture, Sink, StepPictures, StillSink, create_png};
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

/// Which pictures of each step.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum StepsShown {
    /// The picture so far: the x0 prediction of a sampler.
    #[default]
    Data,
    /// The noisy picture that the step began with, `x_t`.
    Noisy,
    /// The noisy pictures in a row above the others.
    Both,
}

impl StepsForm {
    /// A `.png` is a strip: an animated one ends in `.apng`, and a number in the name asks for
    /// files of their own.
    pub fn of(path: &Path, shown: StepsShown) -> Result<Self, RenderError> {
        let form = Self::of_name(path)?;
        match (form, shown) {
            (Self::Animation(_), StepsShown::Both) => Err(RenderError::unfit(
                path,
                "both pictures of each step are written to a strip, a .png without a number",
            )),
            _ => Ok(form),
        }
    }

    fn of_name(path: &Path) -> Result<Self, RenderError> {
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
    shown: StepsShown,
    file: Option<Box<dyn Sink>>,
    /// The second row, until the first is whole.
    below: Vec<Vec<f32>>,
}

impl StepsSink {
    pub fn new(path: &Path, shown: StepsShown) -> Result<Self, RenderError> {
        Ok(Self {
            path: path.to_owned(),
            form: StepsForm::of(path, shown)?,
            shown,
            file: None,
            below: Vec::new(),
        })
    }

    fn begin(&self, of: usize, plan: &Plan) -> Result<Box<dyn Sink>, RenderError> {
        Ok(match self.form {
            StepsForm::Strip => {
                let file = Some(create_png(&self.path)?);
                let rows = if self.shown == StepsShown::Both { 2 } else { 1 };
                Box::new(StillSink::blank(
                    plan,
                    rows * of,
                    Layout::columns(of),
                    file,
                )?)
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
        step: &StepPictures<'_>,
        of: usize,
        plan: &Plan,
    ) -> Result<(), RenderError> {
        let noisy = || {
            let fault =
                "a model that makes its picture at once removes no noise that could be shown";
            step.noisy
                .as_ref()
                .ok_or_else(|| RenderError::Request(fault.to_owned()))
        };
        let first = match self.shown {
            StepsShown::Data => &step.data,
            StepsShown::Noisy | StepsShown::Both => noisy()?,
        };
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.begin(of, plan)?,
        };
        file.add(first, plan)?;
        if self.shown == StepsShown::Both {
            self.below.push(step.data.values.to_vec());
            if self.below.len() == of {
                for values in std::mem::take(&mut self.below) {
                    file.add(&Picture::new(&values, plan), plan)?;
                }
            }
        }
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

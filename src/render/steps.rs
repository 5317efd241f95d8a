//! The pictures on the way to one, side by side or one after the other.

use super::sinks::{AnimationSink, Clock, Picture, Sink, StepPictures, StillSink, create_png};
use super::{Plan, RenderError, likelihoods};
use crate::document::Raster;
use crate::document::animation::AnimationFormat;
use crate::document::raster::{Layout, Sheet};
use std::borrow::Cow;
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

/// What is shown of each step. Two pictures stand one above the other in a strip, and side by side in an animation.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum StepsShown {
    /// The picture so far: the x0 prediction of a sampler.
    #[default]
    Data,
    /// The noisy picture that the step began with, `x_t`.
    Noisy,
    /// The noisy picture, then the picture so far.
    Both,
    /// The picture so far, then how likely each index was at the places that the step wrote.
    Likelihoods,
}

impl StepsShown {
    /// Whether there is such a thing in a model that takes steps: pictures are written place by place, or noise is removed.
    pub fn fits(self, is_written: bool) -> bool {
        match self {
            Self::Data => true,
            Self::Noisy | Self::Both => !is_written,
            Self::Likelihoods => is_written,
        }
    }

    /// How many pictures a step has.
    fn pictures(self) -> usize {
        match self {
            Self::Data | Self::Noisy => 1,
            Self::Both | Self::Likelihoods => 2,
        }
    }
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

/// The file of steps, once it is begun.
enum StepsFile {
    Strip(Box<StillSink>),
    Animation(AnimationSink),
}

/// Begins its file with the first step, when it is known how many there are.
pub(super) struct StepsSink {
    path: PathBuf,
    form: StepsForm,
    shown: StepsShown,
    file: Option<StepsFile>,
    /// Steps that have come.
    come: usize,
}

impl StepsSink {
    pub fn new(path: &Path, shown: StepsShown, plan: &Plan) -> Result<Self, RenderError> {
        if shown == StepsShown::Likelihoods && !plan.is_written {
            let fault = "only a model that writes its picture place by place has likelihoods that could be shown";
            return Err(RenderError::Request(fault.to_owned()));
        }
        Ok(Self {
            path: path.to_owned(),
            form: StepsForm::of(path)?,
            shown,
            file: None,
            come: 0,
        })
    }

    fn begin(&self, of: usize, plan: &Plan) -> Result<StepsFile, RenderError> {
        let pictures = self.shown.pictures();
        Ok(match self.form {
            StepsForm::Strip => {
                let file = Some(create_png(&self.path)?);
                let (count, layout) = (pictures * of, Layout::columns(of));
                StepsFile::Strip(Box::new(StillSink::blank(plan, count, layout, file)?))
            }
            StepsForm::Animation(format) => {
                let clock = Clock {
                    frames: of,
                    duration: STEP.saturating_mul(u32::try_from(of).unwrap_or(u32::MAX)),
                    once: true,
                };
                let size = Layout::columns(pictures).size(plan.pixels(), plan.picture, pictures);
                // Checked, so both sides have less than 31 bits.
                let size = size.map_err(RenderError::TooLarge)?.map(|side| side as u32);
                let sink = AnimationSink::create(&self.path, format, &clock, size, plan)?;
                StepsFile::Animation(sink)
            }
        })
    }

    /// What a step shows, in order.
    fn rasters<'a>(
        &self,
        step: &'a StepPictures<'_>,
        plan: &Plan,
    ) -> Result<Vec<Cow<'a, Raster>>, RenderError> {
        let noisy = || match &step.noisy {
            Some(noisy) => noisy.raster(),
            None => {
                let fault = "a model that makes its picture at once, or writes it place by place, removes no noise that could be shown";
                Err(RenderError::Request(fault.to_owned()))
            }
        };
        let data = step.data.raster()?;
        Ok(match self.shown {
            StepsShown::Data => vec![Cow::Borrowed(data)],
            StepsShown::Noisy => vec![Cow::Borrowed(noisy()?)],
            StepsShown::Both => vec![Cow::Borrowed(noisy()?), Cow::Borrowed(data)],
            StepsShown::Likelihoods => {
                let drawn = likelihoods::drawn(step.choices, plan.pixels(), plan.picture);
                vec![
                    Cow::Borrowed(data),
                    Cow::Owned(drawn.map_err(RenderError::program)?),
                ]
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
        let rasters = self.rasters(step, plan)?;
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.begin(of, plan)?,
        };
        match &mut file {
            StepsFile::Strip(strip) => {
                for (row, raster) in rasters.iter().enumerate() {
                    strip.put(row * of + self.come, raster)?;
                }
            }
            StepsFile::Animation(animation) => match rasters.as_slice() {
                [single] => animation.push(single)?,
                several => animation.push(&side_by_side(several, plan)?)?,
            },
        }
        self.come += 1;
        self.file = Some(file);
        Ok(())
    }

    fn seal(&mut self) -> Result<(), RenderError> {
        match &mut self.file {
            Some(StepsFile::Strip(strip)) => strip.seal(),
            Some(StepsFile::Animation(animation)) => animation.seal(),
            None => Err(RenderError::program("there were no steps")),
        }
    }

    fn finish(self: Box<Self>) -> Result<Option<Raster>, RenderError> {
        match self.file {
            Some(StepsFile::Strip(strip)) => strip.finish(),
            Some(StepsFile::Animation(animation)) => Box::new(animation).finish(),
            None => Ok(None),
        }
    }
}

/// Pictures of one step as one.
fn side_by_side(rasters: &[Cow<'_, Raster>], plan: &Plan) -> Result<Raster, RenderError> {
    let layout = Layout::columns(rasters.len());
    let sheet = Sheet::new(plan.pixels(), plan.picture, rasters.len(), layout);
    let mut sheet = sheet.map_err(RenderError::TooLarge)?;
    let mut rasters = rasters.iter();
    let laid = rasters.try_for_each(|raster| sheet.add(raster));
    laid.map_err(RenderError::program)?;
    Ok(sheet.finish())
}

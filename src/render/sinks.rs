//! What takes the pictures of a production: files that appear when they are whole.

use super::plan::Drawing;
use super::{Plan, RenderError};
use crate::document::animation::{
    AnimationFormat, AnimationSpec, AnimationWriter, Repeat, even_durations,
};
use crate::document::npy::NpyWriter;
use crate::document::raster::{Layout, Resampling, Sheet};
use crate::document::{Raster, Recipe, png};
use crate::files::save::PendingFile;
use crate::model::written::Choice;
use std::cell::OnceCell;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

/// Endings of pictures, documents and arrays that are no PNG; stills are.
const OTHER_FORMATS: [&str; 40] = [
    "apng",
    "avif",
    "bmp",
    "csv",
    "dng",
    "eps",
    "exr",
    "gif",
    "hdr",
    "heic",
    "heif",
    "ico",
    "jfif",
    "jp2",
    "jpe",
    "jpeg",
    "jpg",
    "json",
    "jxl",
    "mkv",
    "mov",
    "mp4",
    "npy",
    "npz",
    "pam",
    "pbm",
    "pdf",
    "pgm",
    "pnm",
    "ppm",
    "psd",
    "qoi",
    "safetensors",
    "svg",
    "tga",
    "tif",
    "tiff",
    "webm",
    "webp",
    "zscape",
];

/// A picture on its way into files.
pub(super) struct Picture<'a> {
    /// f32 `[C, H, W]` in 0..1.
    pub values: &'a [f32],
    sides: [usize; 3],
    size: [usize; 2],
    resampling: Resampling,
    raster: OnceCell<Raster>,
}

impl<'a> Picture<'a> {
    pub fn new(values: &'a [f32], plan: &Plan) -> Self {
        Self {
            values,
            sides: plan.sides,
            size: plan.picture,
            resampling: plan.resampling(),
            raster: OnceCell::new(),
        }
    }

    /// Its pixels in the size that it has in files.
    pub fn raster(&self) -> Result<&Raster, RenderError> {
        if let Some(raster) = self.raster.get() {
            return Ok(raster);
        }
        let [width, height] = self.size;
        let raster = Raster::from_planes(self.sides, self.values)
            .and_then(|native| native.resized(width, height, self.resampling))
            .map_err(RenderError::program)?;
        Ok(self.raster.get_or_init(|| raster))
    }
}

/// What a step shows.
pub(super) struct StepPictures<'a> {
    /// The picture so far.
    pub data: Picture<'a>,
    /// The noisy one that the step began with, where there is one.
    pub noisy: Option<Picture<'a>>,
    /// How the places that the step wrote were chosen.
    pub choices: &'a [Choice],
}

/// What takes pictures in order.
pub(super) trait Sink: Send {
    /// Takes one of the pictures of the plan.
    fn add(&mut self, picture: &Picture<'_>, plan: &Plan) -> Result<(), RenderError>;

    /// Takes what a step towards the picture of the plan shows, of as many as there will be.
    /// The last one is [added](Self::add), too.
    fn add_step(
        &mut self,
        _step: &StepPictures<'_>,
        _of: usize,
        _plan: &Plan,
    ) -> Result<(), RenderError> {
        Ok(())
    }

    /// Does what is left besides giving the file its name.
    fn seal(&mut self) -> Result<(), RenderError> {
        Ok(())
    }

    /// Gives the file its name; returns what has none.
    fn finish(self: Box<Self>) -> Result<Option<Raster>, RenderError>;
}

/// Pictures side by side, in a PNG or in memory.
pub(super) struct StillSink {
    sheet: Option<Sheet>,
    file: Option<PendingFile>,
    /// Without one the file says nothing of how it was made.
    recipe: Option<Recipe>,
}

impl StillSink {
    pub fn new(plan: &Plan, file: Option<PendingFile>) -> Result<Self, RenderError> {
        let Drawing::Sheet {
            expressions,
            layout,
        } = &plan.drawing
        else {
            return Err(RenderError::program("an animation is not a still"));
        };
        let mut still = Self::blank(plan, expressions.len(), *layout, file)?;
        still.recipe = Some(plan.recipe().clone());
        Ok(still)
    }

    /// A sheet that no recipe makes again.
    pub fn blank(
        plan: &Plan,
        count: usize,
        layout: Layout,
        file: Option<PendingFile>,
    ) -> Result<Self, RenderError> {
        let sheet = Sheet::new(plan.pixels(), plan.picture, count, layout);
        Ok(Self {
            sheet: Some(sheet.map_err(RenderError::TooLarge)?),
            file,
            recipe: None,
        })
    }

    /// Lays a picture into a place of the sheet, counted row after row.
    pub fn put(&mut self, place: usize, picture: &Raster) -> Result<(), RenderError> {
        let put = self.sheet()?.put(place, picture);
        put.map_err(RenderError::program)
    }

    fn sheet(&mut self) -> Result<&mut Sheet, RenderError> {
        let fault = || RenderError::program("the sheet is written already");
        self.sheet.as_mut().ok_or_else(fault)
    }
}

impl Sink for StillSink {
    fn add(&mut self, picture: &Picture<'_>, _plan: &Plan) -> Result<(), RenderError> {
        let raster = picture.raster()?;
        self.sheet()?.add(raster).map_err(RenderError::program)
    }

    fn seal(&mut self) -> Result<(), RenderError> {
        if let Some(file) = &mut self.file
            && let Some(sheet) = self.sheet.take()
        {
            let raster = sheet.finish();
            let bytes = match &self.recipe {
                Some(recipe) => png::encode(&raster, recipe),
                None => png::encode_plain(&raster),
            };
            let bytes = bytes.map_err(RenderError::program)?;
            let written = file.write_all(&bytes);
            written.map_err(|error| file.write_fault(error))?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Option<Raster>, RenderError> {
        if let Some(file) = self.file {
            file.commit()?;
        }
        Ok(self.sheet.map(Sheet::finish))
    }
}

/// How long frames are shown.
pub(super) struct Clock {
    pub frames: usize,
    /// Of all frames together.
    pub duration: Duration,
    pub once: bool,
}

/// Pictures one after the other.
pub(super) struct AnimationSink(AnimationWriter);

impl AnimationSink {
    /// Frames of `size`, width and height in pixels.
    pub fn create(
        path: &Path,
        format: AnimationFormat,
        clock: &Clock,
        size: [u32; 2],
        plan: &Plan,
    ) -> Result<Self, RenderError> {
        let recipe = plan.recipe().clone();
        let spec = AnimationSpec {
            pixels: plan.pixels(),
            size,
            durations: even_durations(clock.frames, clock.duration),
            repeat: if clock.once {
                Repeat::Once
            } else {
                Repeat::Forever
            },
            recipe,
        };
        Ok(Self(AnimationWriter::create(path, format, &spec)?))
    }

    /// Takes the next frame.
    pub fn push(&mut self, frame: &Raster) -> Result<(), RenderError> {
        Ok(self.0.push(frame)?)
    }
}

impl Sink for AnimationSink {
    fn add(&mut self, picture: &Picture<'_>, _plan: &Plan) -> Result<(), RenderError> {
        self.push(picture.raster()?)
    }

    fn finish(self: Box<Self>) -> Result<Option<Raster>, RenderError> {
        self.0.finish()?;
        Ok(None)
    }
}

/// The numbers of pictures.
pub(super) struct ArraySink(NpyWriter);

impl ArraySink {
    pub fn create(path: &Path, plan: &Plan) -> Result<Self, RenderError> {
        let count = (!plan.is_single()).then_some(plan.count());
        let shape: Vec<u64> = count
            .into_iter()
            .chain(plan.sides)
            .map(|side| side as u64)
            .collect();
        Ok(Self(NpyWriter::create(path, &shape)?))
    }
}

impl Sink for ArraySink {
    fn add(&mut self, picture: &Picture<'_>, _plan: &Plan) -> Result<(), RenderError> {
        Ok(self.0.push(picture.values)?)
    }

    fn finish(self: Box<Self>) -> Result<Option<Raster>, RenderError> {
        self.0.finish()?;
        Ok(None)
    }
}

/// Opens a still picture for writing.
pub(super) fn create_png(path: &Path) -> Result<PendingFile, RenderError> {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    if OTHER_FORMATS.iter().any(|other| extension == *other) {
        let fault = "stills are written as PNG; give the file a name that ends in .png";
        return Err(RenderError::unfit(path, fault));
    }
    Ok(PendingFile::create(path)?)
}

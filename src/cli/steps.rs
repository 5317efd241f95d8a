//! `render --steps-out`: the pictures on the way to one, side by side or one after the other.

use super::complain;
use super::drawing::{create_animation, failed, pixels_of};
use super::error::CliError;
use super::export::create_png;
use super::session::Session;
use crate::document::animation::{AnimationFormat, AnimationWriter};
use crate::document::raster::{Layout, Pixels, Sheet};
use crate::document::recipe::Animation;
use crate::document::save::PendingFile;
use crate::document::{Raster, Recipe, png};
use crate::latent::expr::Expr;
use crate::latent::path::{Easing, Method};
use std::ffi::OsStr;
use std::path::Path;

/// How long each step of an animation is shown, in microseconds.
const STEP_US: u64 = 100_000;

/// Where the pictures of the steps go.
pub struct StepsFile<'a> {
    path: &'a Path,
    /// That of the finished picture.
    recipe: Recipe,
    pixels: Pixels,
    writer: Option<Writer>,
}

enum Writer {
    /// All steps in one row of a PNG.
    Strip { sheet: Sheet, file: PendingFile },
    /// An animation, or a file for each.
    Frames(Box<AnimationWriter>),
}

impl<'a> StepsFile<'a> {
    /// Checks the name before anything is computed.
    ///
    /// # Errors
    /// When the name is that of no form that steps can have.
    pub fn check(path: &Path) -> Result<(), CliError> {
        if is_strip(path) || AnimationFormat::of_path(path).is_some() {
            return Ok(());
        }
        Err(CliError::bad_input(
            path.display(),
            "steps are written to a strip .png, to an animation .gif, .apng, .webp or .mp4, to a \
             folder, and to names with a number such as step_###.png",
        ))
    }

    pub fn new(path: &'a Path, recipe: Recipe, session: &Session) -> Self {
        Self {
            path,
            recipe,
            pixels: pixels_of(session),
            writer: None,
        }
    }

    /// Adds the picture after a step, of as many as there will be.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn push(&mut self, picture: &Raster, of: usize) -> Result<(), CliError> {
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.begin(picture, of)?,
        };
        match &mut writer {
            Writer::Strip { sheet, .. } => sheet.add(picture).map_err(failed)?,
            Writer::Frames(writer) => writer.push(picture)?,
        }
        self.writer = Some(writer);
        Ok(())
    }

    fn begin(&self, picture: &Raster, of: usize) -> Result<Writer, CliError> {
        if is_strip(self.path) {
            let file = create_png(self.path)?;
            let tile = [picture.width(), picture.height()];
            let sheet = Sheet::new(self.pixels, tile, of, Layout::columns(of));
            let sheet = sheet.map_err(|fault| CliError::BadInput(fault.to_string()))?;
            return Ok(Writer::Strip { sheet, file });
        }
        let animation = Animation {
            keyframes: Vec::new(),
            method: Method::default(),
            easing: Easing::default(),
            even: false,
            closed: false,
            frames: of,
            duration_us: STEP_US.saturating_mul(of as u64),
            once: true,
        };
        let recipe = self.recipe.clone();
        let writer = create_animation(self.path, &animation, self.pixels, recipe)?;
        Ok(Writer::Frames(Box::new(writer)))
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(self) -> Result<(), CliError> {
        match self.writer {
            None => Ok(()),
            // No recipe makes a strip of steps again.
            Some(Writer::Strip { sheet, file }) => {
                let bytes = png::encode_plain(&sheet.finish())
                    .map_err(|fault| CliError::Failed(fault.to_string()))?;
                Ok(file.finish(&bytes)?)
            }
            Some(Writer::Frames(writer)) => Ok(writer.finish()?),
        }
    }
}

/// Draws one expression and hands the picture after every step, made larger, to `file`. Returns
/// the numbers of the last one, f32 `[C, H, W]` in 0..1.
///
/// # Errors
/// When the expression has no value, decoding fails, or a picture cannot be written.
pub fn single(
    session: &mut Session,
    expression: &Expr,
    file: &mut StepsFile<'_>,
    enlarged: impl Fn(&[f32]) -> Result<Raster, CliError>,
) -> Result<Vec<f32>, CliError> {
    let mut last = Vec::new();
    let mut count = 0;
    session.steps(expression, |of, values| {
        count = of;
        file.push(&enlarged(&values)?, of)?;
        last = values;
        Ok(())
    })?;
    if count == 1 {
        let name = &session.model().id.name;
        complain(&format!(
            "note: {name} makes a picture in one step, so there is only that picture"
        ));
    }
    Ok(last)
}

/// A still PNG: a strip. An animated one ends in `.apng`, and a number in the name asks for files
/// of their own.
fn is_strip(path: &Path) -> bool {
    let is_png = path
        .extension()
        .and_then(OsStr::to_str)
        .is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    is_png && AnimationFormat::of_path(path) != Some(AnimationFormat::PngSequence)
}

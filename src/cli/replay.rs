//! `render --from`: what a file shows, drawn again from the recipe in it.

use super::error::CliError;
use super::production::write;
use super::session::Session;
use super::{complain, say, source};
use crate::document::embedded::{self, RecipeFileError};
use crate::document::{Raster, Recipe, Subject, photo};
use crate::engine::{DeviceChoice, ModelSource};
use crate::latent::expr::Expr;
use crate::model::catalogue;
use crate::render::{Output, Plan, expressions};
use std::collections::BTreeSet;
use std::path::Path;

/// The arguments of a replay.
pub struct Replay<'a> {
    pub file: &'a Path,
    /// The model to draw with, where the recipe's is not built in.
    pub model: Option<&'a Path>,
    /// Whether another model of the same name will do.
    pub any_model: bool,
    /// Without it a still is drawn only to be compared with the file.
    pub output: Option<&'a Path>,
    pub device: DeviceChoice,
}

/// The recipe in a file.
///
/// # Errors
/// When there is none; the message names the file.
pub fn recipe_in(file: &Path) -> Result<Recipe, CliError> {
    embedded::recipe_in_file(file)
        .map_err(|error: RecipeFileError| CliError::BadInput(error.to_string()))
}

impl Replay<'_> {
    /// Draws the file's recipe.
    ///
    /// # Errors
    /// When there is no recipe, its model is not here, or it cannot be drawn.
    pub fn run(&self) -> Result<(), CliError> {
        source::check_apart(&[Some(self.file), self.model], &[self.output])?;
        let recipe = recipe_in(self.file)?;
        if self.output.is_none() {
            // Before anything is drawn that could not be compared.
            self.check_size(&recipe)?;
        }
        self.note_photos(&recipe)?;
        let source = self.source(&recipe)?;
        let mut session = Session::open(source, self.device)?;
        self.check_model(&session, &recipe)?;
        session.set_context(recipe.names(), recipe.sampler);
        let plan = Plan::again(&recipe, session.model()).map_err(|fault| self.about(&fault))?;
        let output = match self.output {
            Some(path) => Output::of(path, &plan)?,
            None if plan.is_animation() => {
                return Err(self
                    .about(&"it holds the recipe of an animation; say with -o where to write it"));
            }
            None => Output::Memory,
        };
        let made = write(&mut session, plan, &[output])?;
        made.still.map_or(Ok(()), |still| self.compare(&still))
    }

    /// Where the recipe's model is.
    fn source(&self, recipe: &Recipe) -> Result<ModelSource, CliError> {
        if let Some(model) = self.model {
            return source::find(model);
        }
        let name = &recipe.model.name;
        if catalogue::find(name).is_some() {
            return Ok(ModelSource::Catalogue(name.clone()));
        }
        Err(self.about(&format_args!(
            "its model {name} (hash {}) is not built in; name its file, as in \
             `zscape render FILE.safetensors --from …`",
            short(&recipe.model.hash)
        )))
    }

    /// Checks that the model that was loaded is the recipe's.
    fn check_model(&self, session: &Session, recipe: &Recipe) -> Result<(), CliError> {
        let (id, wanted) = (&session.model().id, &recipe.model);
        if id.hash == wanted.hash || (self.any_model && id.name == wanted.name) {
            return Ok(());
        }
        let hint = match id.name == wanted.name {
            true => "; --any-model draws with this one",
            false => "",
        };
        Err(self.about(&format_args!(
            "it was made with {} of hash {}, and this is {} of hash {}{hint}",
            wanted.name,
            short(&wanted.hash),
            id.name,
            short(&id.hash)
        )))
    }

    /// Checks that the picture in the file has the size that its recipe says.
    fn check_size(&self, recipe: &Recipe) -> Result<(), CliError> {
        if matches!(recipe.subject, Subject::Animation(_)) {
            return Ok(());
        }
        let found =
            photo::size(self.file).map_err(|error| CliError::BadInput(error.to_string()))?;
        if found == recipe.size {
            return Ok(());
        }
        let ([x, y], [width, height]) = (found, recipe.size);
        Err(CliError::Failed(format!(
            "{}: the picture has {x}x{y} pixels, and its recipe makes {width}x{height}",
            self.file.display()
        )))
    }

    /// Says so where a photo is read again whose code the recipe does not keep: recipes of earlier
    /// versions have the name of its file only.
    fn note_photos(&self, recipe: &Recipe) -> Result<(), CliError> {
        let expressions =
            expressions(recipe.subject.expressions()).map_err(|fault| self.about(&fault))?;
        let photos: BTreeSet<&str> = expressions.iter().flat_map(Expr::photos).collect();
        for photo in photos {
            if !recipe.photos.contains_key(photo) {
                complain(&format!(
                    "note: the recipe keeps no code of {photo}, so the file of that name is encoded again"
                ));
            }
        }
        Ok(())
    }

    /// Says whether the picture in the file is the one that was drawn.
    fn compare(&self, drawn: &Raster) -> Result<(), CliError> {
        let shown =
            photo::read_exact(self.file).map_err(|error| CliError::BadInput(error.to_string()))?;
        let drawn_rgb = drawn.to_rgb([0; 3]);
        let shown_rgba = shown.to_rgba();
        let pairs = shown_rgba
            .chunks_exact(4)
            .zip(drawn_rgb.bytes().chunks_exact(3));
        let differences = pairs.map(|(a, b)| {
            let channels = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
            channels.max().unwrap_or(0)
        });
        let (mut differ, mut most) = (0, 0);
        for difference in differences {
            differ += usize::from(difference > 0);
            most = most.max(difference);
        }
        let pixels = drawn.width() * drawn.height();
        match most {
            0 => say("the same picture, pixel for pixel"),
            // Another program or another CPU may add up in another order.
            1 => say(&format!(
                "the same picture; {differ} of {pixels} pixels were rounded otherwise, by 1 of 255"
            )),
            _ => Err(CliError::Failed(format!(
                "{}: {differ} of {pixels} pixels differ from what its recipe makes here",
                self.file.display()
            ))),
        }
    }

    fn about(&self, fault: &dyn std::fmt::Display) -> CliError {
        CliError::bad_input(self.file.display(), fault)
    }
}

/// The beginning of a hash, enough to tell models apart.
fn short(hash: &str) -> String {
    let short: String = hash.chars().take(12).collect();
    if hash.chars().nth(12).is_some() {
        format!("{short}…")
    } else {
        short
    }
}

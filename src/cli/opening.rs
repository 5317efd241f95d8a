//! Without a command: the window, and what it opens first.

use super::args::Cli;
use super::error::CliError;
use super::source;
use crate::document::embedded::{EmbeddedError, RecipeFileError, recipe_in_file};
use crate::document::session_file;
use crate::engine::ModelSource;
use crate::model::catalogue;
use crate::ui::{PICTURE_ENDINGS, WindowOptions};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What a name on the command line means.
enum Opened {
    Model(ModelSource),
    Session(PathBuf),
    /// A picture or an animation that carries a recipe.
    Picture(PathBuf),
}

/// `zscape`
pub fn window(cli: Cli, started: Instant) -> Result<(), CliError> {
    let opened = cli.model.as_deref().map(opened).transpose()?;
    if let Some(folder) = &cli.questions
        && !folder.is_dir()
    {
        return Err(CliError::bad_input(
            folder.display(),
            "there is no such folder",
        ));
    }
    let mut options = WindowOptions {
        model: None,
        session: None,
        picture: None,
        autosave: None,
        questions: cli.questions,
        progress: None,
        device: cli.device.into(),
        smoke: cli.smoke,
        started,
    };
    match opened {
        None => {}
        // Sessions remember where files are, whatever folder the next start is made in.
        Some(Opened::Model(ModelSource::File(path))) => {
            options.model = Some(ModelSource::File(whole(path)));
        }
        Some(Opened::Model(model)) => options.model = Some(model),
        Some(Opened::Session(path)) => options.session = Some(whole(path)),
        Some(Opened::Picture(path)) => options.picture = Some(whole(path)),
    }
    crate::ui::run(options).map_err(CliError::from)
}

/// The path from the root; as it is where the folder of now is not known.
fn whole(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// A file that is neither a session nor a picture is a model that says what is wrong with it.
fn opened(name: &str) -> Result<Opened, CliError> {
    let path = Path::new(name);
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    if ending == session_file::ENDING {
        source::check_ordinary(path)?;
        return Ok(Opened::Session(path.to_owned()));
    }
    let is_picture = PICTURE_ENDINGS.iter().any(|it| ending == *it)
        || (catalogue::find(name).is_none() && path.exists() && source::is_picture(path)?);
    if is_picture {
        check_picture(path)?;
        return Ok(Opened::Picture(path.to_owned()));
    }
    Ok(Opened::Model(source::find(name)?))
}

/// Checks that a picture leads somewhere.
fn check_picture(path: &Path) -> Result<(), CliError> {
    match recipe_in_file(path) {
        Ok(_) => Ok(()),
        Err(RecipeFileError::Embedded {
            error: error @ (EmbeddedError::NoRecipe | EmbeddedError::Unknown),
            ..
        }) => {
            let fault = format!("{error}; to encode it, drop it on the window");
            Err(CliError::bad_input(path.display(), fault))
        }
        Err(error) => Err(CliError::BadInput(error.to_string())),
    }
}

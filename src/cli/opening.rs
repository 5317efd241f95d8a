//! Without a command: the window, and what it opens first.

use super::args::Cli;
use super::error::CliError;
use super::source;
use crate::document::embedded::{EmbeddedError, RecipeFileError, recipe_in_file};
use crate::document::scene_file::{self, SceneFileError};
use crate::document::{photo, session_file};
use crate::engine::ModelSource;
use crate::files::FileKind;
use crate::model::ModelFile;
use crate::model::foreign::{Foreign, Undescribed};
use crate::ui::WindowOptions;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What a name on the command line means.
enum Opened {
    Model(ModelSource),
    Session(PathBuf),
    /// Anything else that can be dropped on the window.
    File(PathBuf),
}

/// `zscape`
pub fn window(cli: Cli, started: Instant) -> Result<(), CliError> {
    let opened = cli.model.as_deref().map(opened).transpose()?;
    for folder in [&cli.questions, &cli.models].into_iter().flatten() {
        if !folder.is_dir() {
            return Err(CliError::bad_input(
                folder.display(),
                "there is no such folder",
            ));
        }
    }
    let mut options = WindowOptions {
        model: None,
        session: None,
        file: None,
        autosave: None,
        models: cli.models.map(whole),
        questions: cli.questions,
        progress: None,
        memory: None,
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
        Some(Opened::File(path)) => options.file = Some(whole(path)),
    }
    crate::ui::run(options).map_err(CliError::from)
}

/// The path from the root; as it is where the folder of now is not known.
fn whole(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// What a name means: files by their content, as when they are dropped on the window. What the
/// window could not open says so here, before there is one.
fn opened(name: &Path) -> Result<Opened, CliError> {
    if source::in_catalogue(name).is_some() || !name.exists() {
        return Ok(Opened::Model(source::find(name)?));
    }
    if name.is_dir() {
        return Ok(Opened::File(name.to_owned()));
    }
    let ending = name.extension().unwrap_or_default().to_ascii_lowercase();
    let kind = source::kind_of(name)?;
    match kind {
        FileKind::Npz => Ok(Opened::File(name.to_owned())),
        // What it is comes first on the window, and the question whether to load it.
        FileKind::Safetensors if ModelFile::is_ours(name).unwrap_or(true) => {
            Ok(Opened::Model(ModelSource::File(name.to_owned())))
        }
        kind if kind.holds_weights() => {
            check_weights(name)?;
            Ok(Opened::File(name.to_owned()))
        }
        FileKind::Session => Ok(Opened::Session(name.to_owned())),
        FileKind::Scene => {
            let bad_input = |error: SceneFileError| CliError::BadInput(error.to_string());
            scene_file::read(name).map_err(bad_input)?;
            Ok(Opened::File(name.to_owned()))
        }
        // It says what is wrong with it.
        _ if ending == session_file::ENDING => Ok(Opened::Session(name.to_owned())),
        FileKind::Text if ending == "md" => Ok(Opened::File(name.to_owned())),
        FileKind::Zip => Ok(Opened::File(name.to_owned())),
        _ if kind.is_readable_picture() => {
            check_picture(name, kind)?;
            Ok(Opened::File(name.to_owned()))
        }
        _ if kind.is_arrays() => Ok(Opened::File(name.to_owned())),
        other => Err(source::foreign(name, other, "which zscape does not open")),
    }
}

/// Checks that weights of another program are of a known architecture, or of one that can be described in the window.
fn check_weights(path: &Path) -> Result<(), CliError> {
    let Err(fault) = Foreign::open(path, None) else {
        return Ok(());
    };
    match Undescribed::open(path, fault.to_string()) {
        Some(_) => Ok(()),
        None => Err(CliError::bad_input(path.display(), fault)),
    }
}

/// Checks that a picture leads to where it was made, or can be encoded.
fn check_picture(path: &Path, kind: FileKind) -> Result<(), CliError> {
    let bad_input = |error: &dyn std::fmt::Display| CliError::BadInput(error.to_string());
    if kind.can_carry_recipe() {
        match recipe_in_file(path) {
            Ok(_) => return Ok(()),
            Err(RecipeFileError::Embedded {
                error: EmbeddedError::NoRecipe,
                ..
            }) => {}
            Err(error) => return Err(bad_input(&error)),
        }
    }
    photo::size(path)
        .map(drop)
        .map_err(|error| bad_input(&error))
}

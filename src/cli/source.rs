//! What MODEL means: a name of the catalogue, or a file.

use super::error::CliError;
use crate::document::embedded::Container;
use crate::engine::ModelSource;
use crate::model::catalogue;
use crate::model::file::ModelFile;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// The model that a person named.
///
/// # Errors
/// When it is neither in the catalogue nor a file.
pub fn find(name: &str) -> Result<ModelSource, CliError> {
    if catalogue::entries().iter().any(|entry| entry.name == name) {
        return Ok(ModelSource::Catalogue(name.to_owned()));
    }
    let path = Path::new(name);
    if path.exists() {
        check_ordinary(path)?;
        return Ok(ModelSource::File(path.to_owned()));
    }
    let names: Vec<&str> = catalogue::entries()
        .iter()
        .map(|entry| entry.name)
        .collect();
    Err(CliError::BadInput(format!(
        "there is no model {name:?}: no file has that name, and built in are {}",
        names.join(", ")
    )))
}

/// Checks that a file has an end: reading a device or a pipe might never come to one.
///
/// # Errors
/// When `path` is no ordinary file.
pub fn check_ordinary(path: &Path) -> Result<(), CliError> {
    let fault = |fault: &str| {
        let fault = format_args!("the file cannot be read: {fault}");
        CliError::bad_input(path.display(), fault)
    };
    match path.metadata() {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(fault("it is not an ordinary file")),
        Err(error) => Err(fault(&error.to_string())),
    }
}

/// Whether a file begins like a picture that may carry a recipe.
///
/// # Errors
/// When it is no ordinary file or cannot be read.
pub fn is_picture(path: &Path) -> Result<bool, CliError> {
    check_ordinary(path)?;
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| {
            let most = Container::HEAD_BYTES as u64;
            file.take(most).read_to_end(&mut start)
        })
        .map_err(|fault| {
            let fault = format_args!("the file cannot be read: {fault}");
            CliError::bad_input(path.display(), fault)
        })?;
    Ok(Container::of(&start).is_some())
}

/// Reads a model without a device.
///
/// # Errors
/// When it is not there, or not sound.
pub fn read(source: &ModelSource) -> Result<ModelFile, CliError> {
    match source {
        ModelSource::Catalogue(name) => {
            let entry = catalogue::entries()
                .iter()
                .find(|entry| entry.name == *name);
            let entry = entry.ok_or_else(|| {
                CliError::BadInput(format!("there is no model {name:?} in the catalogue"))
            })?;
            // A built-in model that cannot be read is a fault of this program.
            ModelFile::from_bytes(entry.bytes)
                .map_err(|fault| CliError::Failed(format!("{name}: {fault}")))
        }
        ModelSource::File(path) => {
            ModelFile::read(path).map_err(|fault| CliError::bad_input(path.display(), fault))
        }
    }
}

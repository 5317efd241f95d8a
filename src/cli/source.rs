//! What MODEL means: a name of the catalogue, or a file.

use super::error::CliError;
use crate::engine::ModelSource;
use crate::model::catalogue;
use crate::model::file::ModelFile;
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

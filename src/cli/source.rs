//! What MODEL means: a name of the catalogue, or a file.

use super::error::CliError;
use crate::engine::ModelSource;
use crate::files::{FileKind, place};
use crate::latent::expr::suggest;
use crate::model::catalogue::{self, Entry};
use crate::model::file::ModelFile;
use std::path::Path;

/// The model that a person named.
///
/// # Errors
/// When it is neither in the catalogue nor a model file.
pub fn find(name: &Path) -> Result<ModelSource, CliError> {
    if let Some(entry) = in_catalogue(name) {
        return Ok(ModelSource::Catalogue(entry.name.to_owned()));
    }
    if name.exists() {
        // What is no model says so; what might be one is read.
        return match kind_of(name)? {
            kind if kind.holds_weights() || kind == FileKind::Unknown => {
                Ok(ModelSource::File(name.to_owned()))
            }
            other => Err(foreign(name, other, "not a model file")),
        };
    }
    let name = name.to_string_lossy();
    let names = catalogue::entries().iter().map(|entry| entry.name);
    let hint =
        suggest(&name, names).map_or_else(String::new, |close| format!("; did you mean {close}?"));
    Err(CliError::BadInput(format!(
        "there is no model {name:?}: no file has that name, and {}{hint}",
        catalogue::absence(&name)
    )))
}

/// The built-in model of a name.
pub fn in_catalogue(name: &Path) -> Option<&'static Entry> {
    let mut entries = catalogue::entries().iter();
    entries.find(|entry| name == Path::new(entry.name))
}

/// What a file is, by what it begins with.
///
/// # Errors
/// When it is no ordinary file or cannot be read.
pub fn kind_of(path: &Path) -> Result<FileKind, CliError> {
    FileKind::of_file(path).map_err(|error| CliError::BadInput(error.to_string()))
}

/// The sentence about a file that is of no use here.
pub fn foreign(path: &Path, kind: FileKind, unlike: &str) -> CliError {
    let advice = kind.advice();
    let advice = advice.map_or_else(String::new, |advice| format!(": {advice}"));
    CliError::bad_input(
        path.display(),
        format_args!("it is {kind}, {unlike}{advice}"),
    )
}

/// Checks that nothing that a command reads would be replaced by what it writes.
///
/// # Errors
/// A sentence that names both files.
pub fn check_apart(inputs: &[Option<&Path>], outputs: &[Option<&Path>]) -> Result<(), CliError> {
    let [inputs, outputs] = [inputs, outputs].map(|paths| {
        let paths = paths.iter().flatten().copied();
        paths.collect::<Vec<&Path>>()
    });
    place::check_apart(&inputs, &outputs).map_err(CliError::BadInput)
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
                let why = catalogue::absence(name);
                CliError::BadInput(format!("there is no model {name:?}: {why}"))
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

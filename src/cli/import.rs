//! `import`: a model of another program, written as one of ours.

use super::args::{ImportArgs, PrecisionArg};
use super::error::CliError;
use super::{complain, say, source};
use crate::files::save;
use crate::model::ModelFile;
use crate::model::file::Precision;
use crate::model::foreign::{Foreign, Import};
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// `zscape import`
pub fn import(args: &ImportArgs) -> Result<(), CliError> {
    let path = args.file.as_path();
    let output = match &args.output {
        Some(output) => output.clone(),
        None => beside(path),
    };
    source::check_apart(&[Some(path), args.encoder.as_deref()], &[Some(&output)])?;
    let bad_input = |fault: &dyn Display| CliError::bad_input(path.display(), fault);
    let foreign =
        Foreign::open(path, args.encoder.as_deref()).map_err(|fault| bad_input(&fault))?;
    let passport = foreign.passport();
    for note in &passport.notes {
        complain(&format!("note: {note}"));
    }
    let import = Import::new(foreign).map_err(|fault| bad_input(&fault))?;
    let file = import.finish().map_err(|fault| bad_input(&fault))?;
    let precision = match args.precision {
        PrecisionArg::F16 => Precision::F16,
        PrecisionArg::F32 => Precision::F32,
    };
    let bytes = ModelFile::to_bytes_of(precision, &file.manifest, &file.tensors)
        .map_err(|fault| bad_input(&fault))?;
    save::save(&output, &bytes)?;
    say(&format!(
        "{}: {}, {} parameters",
        output.display(),
        passport.architecture,
        passport.parameters
    ))
}

/// Where a model goes when nobody says.
fn beside(path: &Path) -> PathBuf {
    let output = path.with_extension("safetensors");
    if output != path {
        return output;
    }
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    path.with_file_name(format!("{stem}-zscape.safetensors"))
}

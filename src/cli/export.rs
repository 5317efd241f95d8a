//! `render` and `code`: one expression, one picture or one code.

use super::args::{CodeArgs, OutputArgs, RenderArgs};
use super::error::CliError;
use super::session::{self, Session};
use super::source;
use crate::document::npy::{self, NpyWriter};
use crate::document::raster::Resampling;
use crate::document::save::PendingFile;
use crate::document::{ModelRef, Raster, Recipe, Subject, png};
use crate::engine::ModelInfo;
use crate::latent::{Space, SpaceShape};

/// The files of a command, opened before the work begins so that a bad path is known at once.
pub struct Outputs {
    pub png: Option<PendingFile>,
    pub npy: Option<NpyWriter>,
}

impl Outputs {
    /// Opens what `args` name; the array will have `shape`.
    ///
    /// # Errors
    /// When a file cannot be created.
    pub fn create(args: &OutputArgs, shape: &[u64]) -> Result<Self, CliError> {
        if args.png.is_some() && args.png == args.npy {
            return Err(CliError::BadInput(
                "the PNG and the array cannot be the same file".to_owned(),
            ));
        }
        let png = args.png.as_deref().map(PendingFile::create).transpose()?;
        let npy = match &args.npy {
            Some(path) => Some(NpyWriter::create(path, shape)?),
            None => None,
        };
        Ok(Self { png, npy })
    }
}

/// Writes a picture with its recipe.
///
/// # Errors
/// When the disk is full.
pub fn finish_png(
    file: PendingFile,
    raster: &Raster,
    model: &ModelInfo,
    subject: Subject,
) -> Result<(), CliError> {
    let model = ModelRef {
        name: model.id.name.clone(),
        hash: model.id.hash.clone(),
    };
    let recipe = Recipe::new(model, subject, raster.size());
    let bytes =
        png::encode(raster, &recipe).map_err(|fault| CliError::Failed(fault.to_string()))?;
    Ok(file.finish(&bytes)?)
}

/// `zscape render`
pub fn render(args: &RenderArgs) -> Result<(), CliError> {
    let source = source::find(&args.subject.model)?;
    let expression = session::parse(&args.subject.expression)?;
    let mut session = Session::open(source, args.device.into())?;
    let image = session.model().manifest.image;
    let sides = [image.channels, image.height, image.width];
    let outputs = Outputs::create(&args.output, &sides.map(|side| side as u64))?;
    session.evaluate(&expression)?;
    let text = expression.to_string();
    let mut values = Vec::with_capacity(image.len());
    session.decode(vec![expression], |tile, _| {
        values.extend_from_slice(tile);
        Ok(())
    })?;
    if let Some(file) = outputs.png {
        let native = Raster::from_planes(sides, &values).map_err(failed)?;
        let raster = match args.size {
            Some(size) => native
                .scaled(size as usize, Resampling::Nearest)
                .map_err(failed)?,
            None => native,
        };
        finish_png(file, &raster, session.model(), Subject::Expression(text))?;
    }
    if let Some(mut file) = outputs.npy {
        file.push(&values)?;
        file.finish()?;
    }
    Ok(())
}

/// `zscape code`
pub fn code(args: &CodeArgs) -> Result<(), CliError> {
    let source = source::find(&args.subject.model)?;
    let expression = session::parse(&args.subject.expression)?;
    let mut session = Session::open(source, args.device.into())?;
    let code = session.evaluate(&expression)?;
    // The names and the leading 1 that other tools of the field write and read.
    let name = match code.space {
        Space::Z => "z",
        Space::W => "w",
        Space::WPlus => "w_plus",
    };
    let shape = match code.shape {
        SpaceShape::Vector { dim } => vec![1, dim as u64],
        SpaceShape::Layers { layers, dim } => vec![1, layers as u64, dim as u64],
    };
    Ok(npy::save_npz(&args.npz, name, &shape, &code.values)?)
}

/// An error that no other argument would have avoided.
fn failed(fault: crate::document::raster::RasterError) -> CliError {
    CliError::Failed(fault.to_string())
}

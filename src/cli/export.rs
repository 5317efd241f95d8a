//! `render` and `code`: one expression, one picture or one code.

use super::args::{CodeArgs, OutputArgs, RenderArgs};
use super::drawing::{self, Look, failed};
use super::error::CliError;
use super::replay;
use super::session::{self, Session};
use super::source;
use super::steps::{self, StepsFile};
use crate::document::npy::{self, NpyWriter};
use crate::document::save::PendingFile;
use crate::document::{Raster, Recipe, Subject, codes, png};
use std::path::Path;

/// Extensions of pictures that are no PNG; stills are.
const OTHER_PICTURES: [&str; 8] = ["apng", "gif", "webp", "mp4", "jpg", "jpeg", "bmp", "svg"];

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
    pub fn create(args: &OutputArgs, shape: &[usize]) -> Result<Self, CliError> {
        if args.png.is_some() && args.png == args.npy {
            return Err(CliError::BadInput(
                "the PNG and the array cannot be the same file".to_owned(),
            ));
        }
        let png = args.png.as_deref().map(create_png).transpose()?;
        let shape: Vec<u64> = shape.iter().map(|&side| side as u64).collect();
        let npy = match &args.npy {
            Some(path) => Some(NpyWriter::create(path, &shape)?),
            None => None,
        };
        Ok(Self { png, npy })
    }
}

/// Opens a still picture for writing.
///
/// # Errors
/// When nothing can be created there, or the name promises another format.
pub fn create_png(path: &Path) -> Result<PendingFile, CliError> {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    if OTHER_PICTURES.iter().any(|other| extension == *other) {
        let fault = "stills are written as PNG; give the file a name that ends in .png";
        return Err(CliError::bad_input(path.display(), fault));
    }
    Ok(PendingFile::create(path)?)
}

/// Writes a picture with its recipe.
///
/// # Errors
/// When the disk is full.
pub fn finish_png(file: PendingFile, raster: &Raster, recipe: &Recipe) -> Result<(), CliError> {
    let bytes = png::encode(raster, recipe).map_err(|fault| CliError::Failed(fault.to_string()))?;
    Ok(file.finish(&bytes)?)
}

/// `zscape render`
pub fn render(args: &RenderArgs) -> Result<(), CliError> {
    match (&args.from, &args.model, &args.expression) {
        (Some(file), model, _) => {
            let replay = replay::Replay {
                file,
                model: model.as_deref(),
                any_model: args.any_model,
                output: args.png.as_deref(),
                device: args.device.into(),
            };
            replay.run()
        }
        // clap does not ask for --from where an expression rules it out.
        (None, ..) if args.any_model => Err(CliError::BadInput(
            "--any-model says how to draw a file --from which a recipe comes".to_owned(),
        )),
        (None, Some(model), Some(expression)) => render_expression(args, model, expression),
        (None, ..) => Err(CliError::BadInput(
            "a model and an expression are missing".to_owned(),
        )),
    }
}

fn render_expression(args: &RenderArgs, model: &str, expression: &str) -> Result<(), CliError> {
    let source = source::find(model)?;
    let expression = session::parse(expression)?;
    if let Some(path) = &args.steps_out {
        StepsFile::check(path)?;
    }
    let mut session = Session::open(source, args.device.into())?;
    session.name_codes(&args.names.codes, args.names.sampler())?;
    let sides = drawing::sides(&session);
    let output = OutputArgs {
        png: args.png.clone(),
        npy: args.npy.clone(),
    };
    let outputs = Outputs::create(&output, &sides)?;
    let look = Look::from(args.look);
    let enlarged = |values: &[f32]| {
        let native = Raster::from_planes(sides, values).map_err(failed)?;
        let raster = match args.size {
            Some(size) => native.scaled(size as usize, look.resampling()),
            None => native.enlarged(look.scale as usize, look.resampling()),
        };
        raster.map_err(|fault| CliError::BadInput(fault.to_string()))
    };
    // The size of the PNG, known before the picture is.
    let size = enlarged(&vec![0.0; sides.iter().product()])?.size();
    let subject = Subject::Expression(expression.to_string());
    let mut recipe = session.recipe(subject, std::slice::from_ref(&expression), size);
    look.note(&mut recipe);
    let values = match &args.steps_out {
        Some(path) => {
            let mut file = StepsFile::new(path, recipe.clone(), &session);
            let values = steps::single(&mut session, &expression, &mut file, enlarged)?;
            file.finish()?;
            values
        }
        None => drawing::single(&mut session, &expression)?,
    };
    if let Some(file) = outputs.png {
        finish_png(file, &enlarged(&values)?, &recipe)?;
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
    // The leading 1 that other tools of the field write and read.
    let shape = codes::array_shape(code.shape, 1);
    let name = codes::array_name(code.space);
    Ok(npy::save_npz(
        &args.npz,
        &name,
        &shape,
        &code.values.numbers(),
    )?)
}

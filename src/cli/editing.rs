//! Pictures that are redrawn, and `invert`: the code of a picture.

use super::args::{EditArgs, InvertArgs};
use super::error::CliError;
use super::session::Session;
use super::{progress, say, source};
use crate::document::codes::{self, CodeArray};
use crate::document::mask;
use crate::document::photo::{self, PrepareOptions, prepare};
use crate::engine::{Event, InvertOptions, Job, ModelInfo};
use crate::latent::Condition;
use crate::latent::expr::{Expr, Redraw};
use serde_json::json;

/// How much a picture is redrawn where nothing is said and there is no mask.
const STRENGTH: f32 = 0.6;
/// Steps of DDIM where nothing is said.
const STEPS: usize = 50;

/// What a picture is redrawn by.
pub struct Editing {
    file: String,
    redraw: Redraw,
}

impl EditArgs {
    /// What was asked for; `None` where nothing was.
    ///
    /// # Errors
    /// When the mask is none of the model's pictures.
    pub fn read(&self, model: &ModelInfo) -> Result<Option<Editing>, CliError> {
        let Some(input) = &self.input else {
            return Ok(None);
        };
        if !model.manifest.takes_steps() {
            let name = &model.id.name;
            return Err(CliError::BadInput(format!(
                "{name} makes its pictures in one step, so it cannot redraw an --input"
            )));
        }
        // A path that is no text cannot stand in an expression.
        let file = input.to_str().ok_or_else(|| {
            let fault = "its name is no text, so no recipe can hold it";
            CliError::bad_input(input.display(), fault)
        })?;
        let cells = match &self.mask {
            None => Vec::new(),
            Some(path) => {
                let image = model.manifest.image;
                let picture = [image.width, image.height];
                let mask = mask::read(path, picture, model.cells().unwrap_or(picture));
                mask.map_err(|fault| CliError::BadInput(fault.to_string()))?
                    .ranges()
            }
        };
        let usual = if cells.is_empty() { STRENGTH } else { 1.0 };
        Ok(Some(Editing {
            file: file.to_owned(),
            redraw: Redraw {
                strength: self.strength.unwrap_or(usual),
                cells,
            },
        }))
    }
}

impl Editing {
    /// The picture, redrawn with the noise of an expression.
    ///
    /// # Errors
    /// When the expression redraws a picture itself.
    pub fn by(&self, noise: Expr) -> Result<Expr, CliError> {
        if matches!(noise, Expr::Edit(..)) {
            let fault = "it redraws a picture itself, so no --input can be redrawn by it";
            return Err(CliError::bad_input("the expression", fault));
        }
        let picture = Expr::Encode(self.file.clone());
        Ok(Expr::Edit(
            noise.into(),
            picture.into(),
            self.redraw.clone(),
        ))
    }
}

/// `zscape invert`
pub fn invert(args: &InvertArgs) -> Result<(), CliError> {
    let about = |fault: &str| Err(CliError::bad_input(args.output.display(), fault));
    let extension = args.output.extension().unwrap_or_default();
    if !extension.eq_ignore_ascii_case("npz") {
        return about("codes with names are written to .npz files");
    }
    if args.name.is_empty() || args.name.len() > codes::MAX_NAME {
        return Err(CliError::BadInput(format!(
            "{:?} cannot name a code",
            args.name
        )));
    }
    let found = source::find(&args.model)?;
    let inputs = [Some(args.model.as_path()), Some(args.picture.as_path())];
    source::check_apart(&inputs, &[Some(&args.output)])?;
    let photo = photo::read(&args.picture).map_err(|it| CliError::BadInput(it.to_string()))?;
    let mut session = Session::open(found, args.device.into())?;
    let model = session.model();
    let image = model.manifest.image;
    let is_in_steps = model.manifest.diffusion.is_some();
    let sides = [image.channels, image.height, image.width];
    let picture = prepare(&photo, sides, &PrepareOptions::default());
    let picture = picture.map_err(|it| CliError::bad_input(args.picture.display(), it))?;
    let usual = match is_in_steps {
        true => STEPS,
        false => InvertOptions::default().steps,
    };
    let options = InvertOptions {
        steps: args.steps.unwrap_or(usual),
        ..InvertOptions::default()
    };
    let steps = options.steps;
    let job = Job::Invert {
        model: model.id.clone(),
        picture: picture.into(),
        options,
    };
    let vocabulary = model.manifest.conditions.clone();
    let bar = progress::bar(1, "steps");
    let mut best = None;
    session.run(job, |event| {
        match event {
            Event::InvertStep { found, .. } => best = Some(found),
            Event::Progress { done, total, .. } => {
                bar.set_length(total as u64);
                bar.set_position(done as u64);
            }
            _ => {}
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    let nothing = || CliError::Failed("the inversion ended without a code".to_owned());
    let best = best.ok_or_else(nothing)?;
    // A file of codes holds numbers alone, so what the picture is drawn as is said here.
    let given = vocabulary
        .map(|words| Condition::of_weights(&words, &best.best_code.condition))
        .filter(|given| !given.is_empty());
    let name = Expr::Named(args.name.clone());
    let expression = match given {
        Some(given) => Expr::Given(name.into(), given),
        None => name,
    };
    let array = CodeArray {
        name: args.name.clone(),
        codes: vec![best.best_code],
    };
    codes::save_npz(&args.output, &[array])?;
    let mse = best.best_mse;
    let again = match is_in_steps {
        true => format!("--method ddim --steps {steps} --guidance 1 "),
        false => String::new(),
    };
    say(&match args.json {
        true => json!({
            "mse": mse,
            "steps": steps,
            "expression": expression.to_string(),
        })
        .to_string(),
        false => format!(
            "mean squared error {mse:.5}; drawn again by --codes {} {again}'{expression}'",
            args.output.display()
        ),
    })
}

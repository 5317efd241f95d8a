//! `render` and `code`: one expression, one picture or one code.

use super::args::{CodeArgs, OutputArgs, RenderArgs};
use super::error::CliError;
use super::production::write;
use super::session::{self, Session};
use super::{complain, replay, source};
use crate::document::Subject;
use crate::document::codes::{self, CodeArray};
use crate::render::{Look, Output, Plan};
use std::path::Path;

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

fn render_expression(args: &RenderArgs, model: &Path, expression: &str) -> Result<(), CliError> {
    let source = source::find(model)?;
    let expression = session::parse(expression)?;
    // Before the model is loaded, which takes longer.
    let steps = args
        .steps_out
        .as_deref()
        .map(|path| Output::steps(path, args.steps_show.into()))
        .transpose()?;
    let mut session = Session::open(source, args.device.into())?;
    session.name_codes(&args.names.codes, args.names.sampler(args.sampler.method)?)?;
    let expression = match args.edit.read(session.model())? {
        Some(editing) => editing.by(expression)?,
        None => expression,
    };
    session.note_words(&args.condition);
    session.note_files(args.edit.mask.as_slice());
    let expression = args.condition.asked(expression);
    let subject = Subject::Expression(expression.to_string());
    let look = Look {
        longer_side: args.size,
        ..Look::from(args.look)
    };
    let plan = Plan::new(subject, look, session.setup(), session.model())?;
    let stills = OutputArgs {
        png: args.png.clone(),
        npy: args.npy.clone(),
    };
    let outputs: Vec<Output> = stills.outputs().into_iter().chain(steps).collect();
    let made = write(&mut session, plan, &outputs)?;
    if args.steps_out.is_some() && made.steps == 1 {
        let name = &session.model().id.name;
        complain(&format!(
            "note: {name} makes a picture in one step, so there is only that picture"
        ));
    }
    Ok(())
}

/// `zscape code`
pub fn code(args: &CodeArgs) -> Result<(), CliError> {
    let source = source::find(&args.subject.model)?;
    let expression = session::parse(&args.subject.expression)?;
    let photos = expression.photos().map(|file| Some(Path::new(file)));
    let inputs: Vec<_> = photos.chain([Some(args.subject.model.as_path())]).collect();
    source::check_apart(&inputs, &[Some(&args.npz)])?;
    let mut session = Session::open(source, args.device.into())?;
    let code = session.evaluate(&expression)?;
    // Of one code, with the leading 1 that other tools of the field write and read.
    let array = CodeArray {
        name: codes::array_name(code.space),
        codes: vec![code],
    };
    Ok(codes::save_npz(&args.npz, &[array])?)
}

//! `strip`, `sheet` and `animate`: ways between codes, side by side or one after the other.

use super::args::{AnimateArgs, ConditionArgs, SheetArgs, StripArgs};
use super::error::CliError;
use super::production::{write, write_sheet};
use super::session::Session;
use super::source;
use crate::document::Subject;
use crate::document::recipe::{Animation, texts};
use crate::latent::expr::Expr;
use crate::latent::path::{Easing, Path as Way, sheet as between_corners};
use crate::render::{Output, Plan, expressions, path_of};

/// The fewest and the most frames a second that make sense.
const FPS: (f64, f64) = (0.02, 1000.0);

/// The expressions of texts, with what all of them are asked to show.
fn asked(texts: &[String], condition: &ConditionArgs) -> Result<Vec<Expr>, CliError> {
    let expressions = expressions(texts)?.into_iter();
    Ok(expressions
        .map(|expression| condition.asked(expression))
        .collect())
}

/// `zscape strip`
pub fn strip(args: &StripArgs) -> Result<(), CliError> {
    let source = source::find(&args.model)?;
    let keyframes = asked(&args.keyframes, &args.condition)?;
    let way = Way::open(keyframes, args.way.method)
        .map_err(|fault| CliError::BadInput(fault.to_string()))?;
    let mut session = Session::open(source, args.device.into())?;
    session.name_codes(&args.names.codes, args.names.sampler(args.sampler.sampler)?)?;
    session.note_words(&args.condition);
    let count = args.count as usize;
    let positions = way.frame_positions(count, Easing::Linear, None);
    let subject = args.layout.sheet(&way.expressions(&positions), count);
    write_sheet(&mut session, subject, args.look.into(), &args.output)
}

/// `zscape sheet`
pub fn sheet(args: &SheetArgs) -> Result<(), CliError> {
    let source = source::find(&args.model)?;
    let corners = asked(&args.corners, &args.condition)?;
    let corners: [Expr; 4] = corners
        .try_into()
        .map_err(|_| CliError::BadInput("a sheet has four corners".to_owned()))?;
    let mut session = Session::open(source, args.device.into())?;
    session.name_codes(&args.names.codes, args.names.sampler(args.sampler.sampler)?)?;
    session.note_words(&args.condition);
    let (columns, rows) = (args.columns as usize, args.rows as usize);
    let pictures = between_corners(&corners, args.way.method, columns, rows);
    let subject = args.layout.sheet(&pictures, columns);
    write_sheet(&mut session, subject, args.look.into(), &args.output)
}

/// `zscape animate`
pub fn animate(args: &AnimateArgs) -> Result<(), CliError> {
    let source = source::find(&args.model)?;
    let keyframes = asked(&args.keyframes, &args.condition)?;
    let frames = args.frames as usize;
    let seconds = args.seconds.unwrap_or(frames as f64 / args.fps);
    let fps = frames as f64 / seconds;
    if !(FPS.0..=FPS.1).contains(&fps) {
        let (fewest, most) = FPS;
        let fault = format!("{fps} frames a second are not between {fewest} and {most}");
        return Err(CliError::BadInput(fault));
    }
    let animation = Animation {
        keyframes: texts(&keyframes),
        method: args.way.method,
        easing: args.easing,
        even: args.even,
        closed: args.closed,
        frames,
        duration_us: (seconds * 1e6).round() as u64,
        once: args.once,
    };
    // Before the model is loaded, which takes longer.
    path_of(&animation)?;
    let mut session = Session::open(source, args.device.into())?;
    session.name_codes(&args.names.codes, args.names.sampler(args.sampler.sampler)?)?;
    session.note_words(&args.condition);
    let subject = Subject::Animation(animation);
    let plan = Plan::new(subject, args.look.into(), session.setup(), session.model())?;
    let output = Output::of(&args.output, &plan)?;
    write(&mut session, plan, &[output]).map(drop)
}

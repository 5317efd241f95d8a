//! `strip`, `sheet` and `animate`: ways between codes, side by side or one after the other.

use super::args::{AnimateArgs, SheetArgs, StripArgs};
use super::drawing::{self, Drawing, Look, failed, parse_all};
use super::error::CliError;
use super::grid::tiles;
use super::session::Session;
use super::source;
use crate::document::Subject;
use crate::document::recipe::Animation;
use crate::latent::expr::Expr;
use crate::latent::path::{Easing, Path as Way, sheet as between_corners};

/// The fewest and the most frames a second that make sense.
const FPS: (f64, f64) = (0.02, 1000.0);

/// `zscape strip`
pub fn strip(args: &StripArgs) -> Result<(), CliError> {
    let source = source::find(&args.model)?;
    let keyframes = parse_all(&args.keyframes)?;
    let way = Way::open(keyframes, args.way.method).map_err(bad_way)?;
    let mut session = Session::open(source, args.device.into())?;
    session.name_codes(&args.names.codes, args.names.sampler())?;
    let count = args.count as usize;
    let positions = way.frame_positions(count, Easing::Linear, None);
    let subject = args
        .layout
        .subject(texts(&way.expressions(&positions)), count);
    tiles(&mut session, subject, args.look.into(), &args.output)
}

/// `zscape sheet`
pub fn sheet(args: &SheetArgs) -> Result<(), CliError> {
    let source = source::find(&args.model)?;
    let corners = parse_all(&args.corners)?;
    let corners: [Expr; 4] = corners
        .try_into()
        .map_err(|_| CliError::BadInput("a sheet has four corners".to_owned()))?;
    let mut session = Session::open(source, args.device.into())?;
    session.name_codes(&args.names.codes, args.names.sampler())?;
    let (columns, rows) = (args.columns as usize, args.rows as usize);
    let expressions = between_corners(&corners, args.way.method, columns, rows);
    let subject = args.layout.subject(texts(&expressions), columns);
    tiles(&mut session, subject, args.look.into(), &args.output)
}

/// `zscape animate`
pub fn animate(args: &AnimateArgs) -> Result<(), CliError> {
    let source = source::find(&args.model)?;
    let keyframes = parse_all(&args.keyframes)?;
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
    if args.closed {
        Way::closed(keyframes, args.way.method).map_err(bad_way)?;
    } else {
        Way::open(keyframes, args.way.method).map_err(bad_way)?;
    }
    let mut session = Session::open(source, args.device.into())?;
    session.name_codes(&args.names.codes, args.names.sampler())?;
    let subject = Subject::Animation(animation);
    let look = Look::from(args.look);
    let size = drawing::enlarged_size(&session, look)?;
    write_animation(&mut session, subject, look, size, &args.output)
}

/// Draws an animation of frames of `size`, and writes it with its recipe.
///
/// # Errors
/// When an expression has no value, decoding fails, or the file cannot be written.
pub fn write_animation(
    session: &mut Session,
    subject: Subject,
    look: Look,
    size: [u32; 2],
    output: &std::path::Path,
) -> Result<(), CliError> {
    let drawing = Drawing::of(&subject, session.model())?;
    let Drawing::Walk { way, animation } = drawing else {
        return Err(CliError::Failed("a still is no animation".to_owned()));
    };
    let mut recipe = session.recipe(subject, way.keyframes(), size);
    look.note(&mut recipe);
    let pixels = drawing::pixels_of(session);
    let mut writer = drawing::create_animation(output, &animation, pixels, recipe)?;
    let [width, height] = size.map(|side| side as usize);
    drawing::walk(session, &way, &animation, |native| {
        let frame = native.resized(width, height, look.resampling());
        Ok(writer.push(&frame.map_err(failed)?)?)
    })?;
    Ok(writer.finish()?)
}

fn texts(expressions: &[Expr]) -> Vec<String> {
    expressions.iter().map(ToString::to_string).collect()
}

fn bad_way(fault: crate::latent::path::PathError) -> CliError {
    CliError::BadInput(fault.to_string())
}

//! `grid`: the pictures of many seeds or codes, as a sheet or as an array.

use super::args::{GridArgs, OutputArgs};
use super::drawing::{self, Drawing, Look};
use super::error::CliError;
use super::export::{Outputs, finish_png};
use super::session::Session;
use super::source;
use crate::document::Subject;
use crate::document::raster::Layout;
use crate::latent::expr::Expr;

/// `zscape grid`
pub fn grid(args: &GridArgs) -> Result<(), CliError> {
    if let Some(psi) = args.truncation.filter(|psi| !psi.is_finite()) {
        return Err(CliError::BadInput(format!(
            "a truncation of {psi} is no number"
        )));
    }
    let source = source::find(&args.model)?;
    let mut session = Session::open(source, args.device.into())?;
    let names = session.name_codes(&args.names.codes, args.names.sampler())?;
    let subject = match &args.seeds {
        Some(seeds) if names.is_empty() && args.layout.is_plain() => Subject::Grid {
            seeds: seeds.to_string(),
            truncation: args.truncation,
            columns: Layout::square(seeds.count()).columns,
        },
        seeds => {
            let seeds = seeds.iter().flat_map(|seeds| seeds.iter()).map(Expr::Seed);
            let codes = names.into_iter().map(Expr::Named);
            let expressions: Vec<String> = seeds
                .chain(codes)
                .map(|code| session.model().truncated(code, args.truncation).to_string())
                .collect();
            let columns = Layout::square(expressions.len()).columns;
            args.layout.subject(expressions, columns)
        }
    };
    tiles(&mut session, subject, args.look.into(), &args.output)
}

/// Draws the pictures of a subject side by side, and writes them with their recipe.
///
/// # Errors
/// When an expression has no value, decoding fails, or a file cannot be written.
pub fn tiles(
    session: &mut Session,
    subject: Subject,
    look: Look,
    output: &OutputArgs,
) -> Result<(), CliError> {
    let (expressions, layout) = match Drawing::of(&subject, session.model())? {
        Drawing::Tiles {
            expressions,
            layout,
        } => (expressions, layout),
        Drawing::Single(expression) => (vec![expression], Layout::columns(1)),
        Drawing::Walk { .. } => {
            return Err(CliError::Failed("an animation is no sheet".to_owned()));
        }
    };
    let shape = [&[expressions.len()], drawing::sides(session).as_slice()].concat();
    let mut outputs = Outputs::create(output, &shape)?;
    let mut sheet = match outputs.png {
        Some(_) => Some(drawing::empty_sheet(
            session,
            expressions.len(),
            layout,
            look,
        )?),
        None => None,
    };
    drawing::tiles(
        session,
        expressions.clone(),
        look,
        sheet.as_mut(),
        outputs.npy.as_mut(),
    )?;
    if let (Some(file), Some(sheet)) = (outputs.png, sheet) {
        let mut recipe = session.recipe(subject, &expressions, sheet.size());
        look.note(&mut recipe);
        finish_png(file, &sheet.finish(), &recipe)?;
    }
    if let Some(file) = outputs.npy {
        file.finish()?;
    }
    Ok(())
}

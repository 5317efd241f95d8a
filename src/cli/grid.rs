//! `grid`: the pictures of many seeds or codes, as a sheet or as an array.

use super::args::GridArgs;
use super::error::CliError;
use super::production::write_sheet;
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
    let names = session.name_codes(&args.names.codes, args.names.sampler(args.sampler.method)?)?;
    let editing = args.edit.read(session.model())?;
    let subject = match &args.seeds {
        Some(seeds) if names.is_empty() && is_plain(args) => Subject::Grid {
            seeds: seeds.to_string(),
            truncation: args.truncation,
            columns: Layout::square(seeds.count()).columns,
        },
        seeds => {
            let seeds = seeds.iter().flat_map(|seeds| seeds.iter()).map(Expr::Seed);
            let codes = names.into_iter().map(Expr::Named);
            let pictures: Vec<Expr> = seeds
                .chain(codes)
                .map(|code| session.model().truncated(code, args.truncation))
                .map(|code| {
                    let picture = match &editing {
                        Some(editing) => editing.by(code)?,
                        None => code,
                    };
                    Ok(args.condition.asked(picture))
                })
                .collect::<Result<_, CliError>>()?;
            let columns = Layout::square(pictures.len()).columns;
            args.layout.sheet(&pictures, columns)
        }
    };
    session.note_words(&args.condition);
    session.note_files(args.edit.mask.as_slice());
    write_sheet(&mut session, subject, args.look.into(), &args.output)
}

/// Whether a recipe of seeds says everything.
fn is_plain(args: &GridArgs) -> bool {
    args.layout.is_plain() && args.condition.is_empty() && args.edit.input.is_none()
}

//! `codes`: the codes of many expressions in a NumPy file.

use super::args::CodesArgs;
use super::error::CliError;
use super::session::Session;
use super::{interrupt, progress, source};
use crate::document::codes::{self, CodeArray, Spaces};
use crate::latent::expr::{Expr, LayerRange};
use crate::latent::{Code, Lead, Space};
use crate::render::expressions;
use std::path::Path;

/// What the name of the output asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Npy,
    Npz,
}

/// `zscape codes`
pub fn codes(args: &CodesArgs) -> Result<(), CliError> {
    let form = form(args)?;
    let source = source::find(&args.model)?;
    let wanted = expressions(&args.expressions)?;
    check_apart(args, &wanted)?;
    let mut session = Session::open(source, args.device.into())?;
    session.name_codes(&args.known.codes, args.known.sampler(None)?)?;
    let bar = progress::bar(wanted.len(), "codes");
    let mut found = Vec::with_capacity(wanted.len());
    for expression in wanted {
        if interrupt::asked() {
            return Err(CliError::Interrupted);
        }
        let mut code = session.evaluate(&expression)?;
        if let Some(wanted) = args.space
            && wanted != code.space
        {
            let model = session.model();
            let manifest = &model.manifest;
            let lead = |space| manifest.lead(space);
            let led = led_to(expression, code.space, wanted, &manifest.spaces, lead)
                .map_err(|fault| CliError::bad_input(&model.id.name, fault))?;
            code = session.evaluate(&led)?;
        }
        found.push(code);
        bar.inc(1);
    }
    bar.finish_and_clear();
    match form {
        Form::Npy => save_npy(args, &found),
        Form::Npz => Ok(codes::save_npz(&args.output, &arrays(args, found))?),
    }
}

/// Checks that the output is none of the files that the codes come from.
fn check_apart(args: &CodesArgs, wanted: &[Expr]) -> Result<(), CliError> {
    let mut inputs: Vec<Option<&Path>> = vec![Some(&args.model)];
    inputs.extend(args.known.codes.iter().map(|path| Some(path.as_path())));
    inputs.extend(
        wanted
            .iter()
            .flat_map(Expr::photos)
            .map(|file| Some(Path::new(file))),
    );
    source::check_apart(&inputs, &[Some(&args.output)])
}

/// Checks what can be checked before anything is computed.
fn form(args: &CodesArgs) -> Result<Form, CliError> {
    let about = |fault: &str| Err(CliError::bad_input(args.output.display(), fault));
    let extension = args.output.extension().unwrap_or_default();
    let form = match extension.to_ascii_lowercase().to_str() {
        Some("npz") => Form::Npz,
        Some("npy") if args.names.is_empty() => Form::Npy,
        Some("npy") => return about("only .npz files hold names"),
        _ => return about("codes are written to .npz and .npy files"),
    };
    if args.names.is_empty() {
        return Ok(form);
    }
    if args.names.len() != args.expressions.len() {
        return Err(CliError::BadInput(format!(
            "{} names do not fit {} expressions",
            args.names.len(),
            args.expressions.len()
        )));
    }
    for (index, name) in args.names.iter().enumerate() {
        let is_text = !name.is_empty() && !name.chars().any(char::is_control);
        if !is_text || name.len() > codes::MAX_NAME {
            return Err(CliError::BadInput(format!("{name:?} cannot name a code")));
        }
        if args.names[..index].contains(name) {
            return Err(CliError::BadInput(format!("two codes are named {name:?}")));
        }
    }
    Ok(form)
}

/// The expression whose value is that of `expression`, in another space, to which `lead` shows the
/// way.
fn led_to(
    expression: Expr,
    from: Space,
    to: Space,
    spaces: &Spaces,
    lead: impl Fn(Space) -> Option<Lead>,
) -> Result<Expr, String> {
    let Some(shape) = spaces.get(&to) else {
        return Err(format!("it has no {to} space"));
    };
    let mut at = from;
    let mut ways = Vec::new();
    // Each space leads on once, so no way is longer than there are spaces.
    while at != to && ways.len() < spaces.len() {
        let Some(next) = lead(at) else { break };
        ways.push(next);
        at = next.to();
    }
    match ways.last() {
        Some(_) if at != to => {}
        // Mixing leads codes to the rows by itself.
        Some(Lead::Rows(_)) => {
            let all = LayerRange {
                start: 0,
                end: shape.row_count(),
            };
            let code = Box::new(expression);
            return Ok(Expr::Mix(code.clone(), code, all));
        }
        Some(Lead::Map(_)) => {
            let ways = ways.into_iter();
            return Ok(ways.fold(expression, |code, way| Expr::Map(code.into(), way.to())));
        }
        None => {}
    }
    Err(format!(
        "nothing leads from a code in {from} to one in {to}"
    ))
}

fn save_npy(args: &CodesArgs, found: &[Code]) -> Result<(), CliError> {
    let first = found.first().map(|code| code.space);
    if found.iter().any(|code| Some(code.space) != first) {
        return Err(CliError::bad_input(
            args.output.display(),
            "codes of several spaces do not fit one array; write .npz, or choose a --space",
        ));
    }
    Ok(codes::save_npy(&args.output, found)?)
}

/// An array for each name, or without names one for each space.
fn arrays(args: &CodesArgs, found: Vec<Code>) -> Vec<CodeArray> {
    if !args.names.is_empty() {
        let named = args.names.iter().zip(found);
        return named
            .map(|(name, code)| CodeArray {
                name: name.clone(),
                codes: vec![code],
            })
            .collect();
    }
    let mut arrays: Vec<CodeArray> = Vec::new();
    for code in found {
        let name = codes::array_name(code.space);
        match arrays.iter_mut().find(|array| array.name == name) {
            Some(array) => array.codes.push(code),
            None => arrays.push(CodeArray {
                name: name.to_owned(),
                codes: vec![code],
            }),
        }
    }
    arrays
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::SpaceShape;

    #[test]
    fn codes_lead_from_z_to_w_and_from_there_to_all_layers() {
        let spaces = Spaces::from([
            (Space::Z, SpaceShape::Vector { dim: 4 }),
            (Space::W, SpaceShape::Vector { dim: 3 }),
            (Space::W_PLUS, SpaceShape::Layers { layers: 6, dim: 3 }),
        ]);
        let led = |from, to, spaces: &Spaces| {
            let lead = |space| match space {
                Space::Z => Some(Lead::Map(Space::W)),
                Space::W => Some(Lead::Rows(Space::W_PLUS)),
                _ => None,
            };
            led_to(Expr::Seed(1), from, to, spaces, lead).map(|expression| expression.to_string())
        };
        let mixed = "mix(seed(1), seed(1), layers 0..6)";
        assert_eq!(
            led(Space::Z, Space::W, &spaces).as_deref(),
            Ok("w(seed(1))")
        );
        assert_eq!(led(Space::Z, Space::W_PLUS, &spaces).as_deref(), Ok(mixed));
        assert_eq!(led(Space::W, Space::W_PLUS, &spaces).as_deref(), Ok(mixed));
        for (from, to) in [
            (Space::W, Space::Z),
            (Space::W_PLUS, Space::Z),
            (Space::W_PLUS, Space::W),
        ] {
            assert!(led(from, to, &spaces).is_err(), "{from} to {to}");
        }
        assert!(led(Space::Z, Space::W, &Spaces::new()).is_err());
    }
}

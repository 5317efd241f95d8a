//! Expressions of earlier versions of the language.
//!
//! Until recipes of version 2 and sessions of version 1, `truncate(a, psi)` of a code in z scaled
//! it towards the origin, also in models with a mapping network, where it now acts in w. Such a
//! truncation is `psi*a`, bit for bit, so that what was drawn once is drawn again.

use super::ast::Expr;
use super::context::raw_axis;
use crate::latent::{SessionNames, Space};

/// `expr`, written for a model with a mapping network by an earlier version, in today's language.
/// `names` are the named codes and directions that came with it; names of the model itself count
/// as codes in z, as all that earlier versions stored were.
pub fn from_earlier(expr: &Expr, names: &SessionNames) -> Expr {
    let mut expr = expr.clone();
    rewrite(&mut expr, names);
    expr
}

/// Recurses no deeper than [`MAX_DEPTH`](super::limits::MAX_DEPTH), which every parsed tree keeps.
fn rewrite(expr: &mut Expr, names: &SessionNames) {
    for child in expr.children_mut() {
        rewrite(child, names);
    }
    if let Expr::Truncate(inner, psi) = expr
        && is_in_z(inner, names)
    {
        let inner = std::mem::replace(inner.as_mut(), Expr::Seed(0));
        *expr = if *psi == 1.0 {
            inner
        } else {
            Expr::Scale(*psi, inner.into())
        };
    }
}

/// Whether a code lies in z: earlier versions joined no code in z with one in w, so any part that
/// is in w or w+ says that all of it is.
fn is_in_z(expr: &Expr, names: &SessionNames) -> bool {
    let mut waiting = vec![expr];
    while let Some(part) = waiting.pop() {
        let space = match part {
            Expr::Map(_, space) | Expr::At(space, _) | Expr::Fill(space, _) => Some(*space),
            Expr::Mix(..) | Expr::TruncateLayers(..) => Some(Space::W),
            Expr::Named(name) => names.code(name).map(|code| code.space),
            Expr::Direction(name) => match names.direction(name) {
                Some(direction) => Some(direction.space),
                None => raw_axis(name).map(|(space, _)| space),
            },
            _ => None,
        };
        if space.is_some_and(|space| space != Space::Z) {
            return false;
        }
        // What stands inside of w(...) or mix(...) is in z without saying anything of the whole.
        waiting.extend(part.children());
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::latent::Code;

    #[test]
    fn truncation_in_z_becomes_a_factor_and_others_stay() {
        let mut names = SessionNames::default();
        let code = Code::vector(Space::W, vec![0.0; 2]);
        names.codes.insert("in_w".to_owned(), code);
        for (before, after) in [
            ("truncate(seed(5), 0.7)", "0.7*seed(5)"),
            (
                "truncate(seed(5), 0.7) + 1.5*dir(\"z3\")",
                "0.7*seed(5) + 1.5*dir(\"z3\")",
            ),
            ("w(truncate(seed(5), 0.7))", "w(0.7*seed(5))"),
            ("truncate(seed(5), 1)", "seed(5)"),
            (
                "mix(truncate(seed(1), 0.5), truncate(w(seed(2)), 0.5), layers 0..2)",
                "mix(0.5*seed(1), truncate(w(seed(2)), 0.5), layers 0..2)",
            ),
            ("truncate(w(seed(5)), 0.7)", "truncate(w(seed(5)), 0.7)"),
            ("truncate(@in_w, 0.7)", "truncate(@in_w, 0.7)"),
            (
                "truncate(dir(\"w1\") + w(@a), 0.7)",
                "truncate(dir(\"w1\") + w(@a), 0.7)",
            ),
            (
                "truncate(seed(1), 0.5, layers 0..2)",
                "truncate(seed(1), 0.5, layers 0..2)",
            ),
            ("truncate(truncate(@a, 0.5), 0.5)", "0.5*0.5*@a"),
        ] {
            let expr = parse(before).expect(before);
            assert_eq!(from_earlier(&expr, &names).to_string(), after, "{before}");
        }
    }
}

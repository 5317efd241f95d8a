//! Points and steps: what may be mapped from z to w.
//!
//! A mapping network takes points, not differences between points: `w(seed(1))` is a code, but
//! `w(dir("z3"))` would be the image of a point near the origin, which is no step in w. The
//! weights of the points in a sum tell the two apart, as in affine geometry: `seed(1)` has weight
//! 1, a direction 0, `@me - @you` 0, and `@me - @you + seed(1)` again 1.

use super::ast::Expr;

/// Below this a weight counts as zero: sums of `f32` factors such as 0.1 are not exact.
const NEGLIGIBLE: f64 = 1e-6;

/// The sum of the weights of the points that a code is made of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Weight(f64);

impl Weight {
    /// A code on its own.
    const POINT: Self = Self(1.0);

    /// Whether the code is a step from one point to another rather than a point.
    pub fn is_step(self) -> bool {
        self.0.abs() < NEGLIGIBLE
    }

    /// The weight of `expr`, from those of its children.
    pub fn of(expr: &Expr, below: &[Self]) -> Self {
        match (expr, below) {
            (Expr::Direction(_), _) => Self(0.0),
            (Expr::Neg(_), [a]) => Self(-a.0),
            (Expr::Scale(factor, _), [a]) => Self(f64::from(*factor) * a.0),
            (Expr::Add(..), [a, b]) => Self(a.0 + b.0),
            (Expr::Sub(..), [a, b]) => Self(a.0 - b.0),
            (Expr::Mean(_), all) => {
                let sum: f64 = all.iter().map(|weight| weight.0).sum();
                Self(sum / all.len().max(1) as f64)
            }
            (Expr::Lerp(_, _, t) | Expr::Slerp(_, _, t), [a, b]) => {
                let t = f64::from(*t);
                Self((1.0 - t) * a.0 + t * b.0)
            }
            (
                Expr::Truncate(..)
                | Expr::ProjectOut(..)
                | Expr::Vary(..)
                | Expr::Given(..)
                | Expr::Edit(..),
                [a, ..],
            ) => *a,
            // Each number is from one of the two, so one point makes the child a point.
            (Expr::Cross(..) | Expr::MixCells(..), [a, b]) => {
                if a.is_step() {
                    *b
                } else {
                    *a
                }
            }
            _ => Self::POINT,
        }
    }
}

/// Whether the value of `expr` is a step from one point to another rather than a point.
pub fn is_step(expr: &Expr) -> bool {
    let weight = expr
        .fold(|node, below: &[Weight]| Ok::<_, std::convert::Infallible>(Weight::of(node, below)));
    match weight {
        Ok(weight) => weight.is_step(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn differences_of_points_are_steps() {
        for (text, expected) in [
            ("seed(1)", false),
            ("[1, 2]", false),
            ("dir(\"a\")", true),
            ("-0.5*dir(\"a\") + 3*dir(\"b\")", true),
            ("seed(1) + 2*dir(\"a\")", false),
            ("seed(1) - seed(2)", true),
            ("seed(1) - 0.5*seed(2)", false),
            ("mean(@a, @b) - mean(@c, @d)", true),
            ("mean(@a, @b) - mean(@c, @d) + seed(1)", false),
            ("0.1*seed(1) + 0.2*seed(2) - 0.3*seed(3)", true),
            ("lerp(seed(1), seed(2), 0.3)", false),
            ("lerp(dir(\"a\"), dir(\"b\"), 0.3)", true),
            ("slerp(seed(1), dir(\"b\"), 0.3)", false),
            ("w(seed(1)) - w(seed(2))", true),
            ("mix(seed(1), seed(2), layers 0..2)", false),
            ("vary(dir(\"a\"), 1, 0.5)", true),
            ("cross(dir(\"a\"), seed(1), 7)", false),
            ("project_out(seed(1), dir(\"a\"))", false),
            ("given(seed(1), \"3\")", false),
            ("given(dir(\"a\"), \"3\")", true),
            ("edit(seed(1), @a, 0.5)", false),
        ] {
            let expr = parse(text).unwrap();
            assert_eq!(is_step(&expr), expected, "{text}");
        }
    }
}

//! The ways between codes that stand within an expression.

use super::Method;
use crate::latent::expr::Expr;

/// Whether a way between two codes stands in an expression.
pub fn interpolates(expr: &Expr) -> bool {
    let mut waiting = vec![expr];
    while let Some(expr) = waiting.pop() {
        if matches!(expr, Expr::Lerp(..) | Expr::Slerp(..)) {
            return true;
        }
        waiting.extend(expr.children());
    }
    false
}

impl Method {
    /// The expression with every way between two codes gone by this method, as for seeing what
    /// the other one would have given.
    pub fn everywhere(self, expr: &Expr) -> Expr {
        let mut changed = expr.clone();
        let mut waiting = vec![&mut changed];
        while let Some(node) = waiting.pop() {
            *node = match (self, std::mem::replace(node, Expr::Seed(0))) {
                (Self::Lerp, Expr::Slerp(a, b, t)) => Expr::Lerp(a, b, t),
                (Self::Slerp, Expr::Lerp(a, b, t)) => Expr::Slerp(a, b, t),
                (_, other) => other,
            };
            waiting.extend(node.children_mut());
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::expr::parse;

    #[test]
    fn every_way_is_exchanged_and_nothing_else() {
        let text = "truncate(mean(slerp(seed(1), lerp(@a, seed(2), 0.5), 0.25), -w(seed(3))), 0.7) \
                    + vary(slerp(seed(4), seed(5), 0.1), 6, 0.5)";
        let expr = parse(text).unwrap();
        assert_eq!(
            Method::Lerp.everywhere(&expr).to_string(),
            text.replace("slerp", "lerp")
        );
        assert_eq!(
            Method::Slerp.everywhere(&expr).to_string(),
            text.replace("slerp", "lerp").replace("lerp", "slerp")
        );
        assert!(interpolates(&expr));
        assert!(!interpolates(&parse("truncate(seed(1), 0.7)").unwrap()));
    }
}

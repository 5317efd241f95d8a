//! The form of an expression that sliders edit.

use super::ast::Expr;

/// A start, a truncation, and steps along directions:
/// `truncate(base, psi) + 1.2*dir("a") - 0.5*dir("b")`.
///
/// Every expression can be read as a walk, and going to a walk and back keeps its value to
/// rounding: the steps are added in another order where a direction stood on the left or more
/// than once. Steps of zero are dropped; if they are the only part in w+, what remains is the
/// same vector in w.
#[derive(Clone, PartialEq, Debug)]
pub struct Walk {
    /// Where the walk starts.
    pub base: Expr,
    /// Truncation psi of the base; 1 is none.
    pub psi: f32,
    /// Directions and how far to go along each, in standard deviations; no name twice.
    pub offsets: Vec<(String, f32)>,
}

impl Walk {
    /// Takes the steps and the truncation off `expr`. What has not that form becomes the base.
    pub fn from_expr(expr: &Expr) -> Self {
        let mut offsets: Vec<(String, f32)> = Vec::new();
        let mut rest = expr;
        while let Some((left, name, step)) = last_step(rest) {
            match offsets.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) if (*sum + step).is_finite() => *sum += step,
                // Numbers this large would get lost in the sum.
                Some(_) => break,
                None => offsets.push((name.to_owned(), step)),
            }
            rest = left;
        }
        // They were found from right to left.
        offsets.reverse();
        let (base, psi) = match rest {
            Expr::Truncate(base, psi) => (base.as_ref(), *psi),
            base => (base, 1.0),
        };
        Self {
            base: base.clone(),
            psi,
            offsets,
        }
    }

    /// The expression of the walk, without steps of zero and without a truncation of 1.
    pub fn to_expr(&self) -> Expr {
        let mut expr = self.base.clone();
        if self.psi != 1.0 {
            expr = Expr::Truncate(expr.into(), self.psi);
        }
        for (name, step) in &self.offsets {
            let direction = Expr::Direction(name.clone());
            let scaled = match step.abs() {
                0.0 => continue,
                1.0 => direction,
                size => Expr::Scale(size, direction.into()),
            };
            let join = if *step < 0.0 { Expr::Sub } else { Expr::Add };
            expr = join(expr.into(), scaled.into());
        }
        expr
    }

    /// How far the walk goes along the direction `name`, in standard deviations.
    pub fn offset(&self, name: &str) -> f32 {
        let found = self.offsets.iter().find(|(known, _)| known == name);
        found.map_or(0.0, |&(_, step)| step)
    }

    /// Sets how far the walk goes along the direction `name`, in standard deviations. A step
    /// keeps its place among the others, also at 0.
    pub fn set_offset(&mut self, name: &str, step: f32) {
        match self.offsets.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = step,
            None if step == 0.0 => {}
            None => self.offsets.push((name.to_owned(), step)),
        }
    }

    /// As [`Self::offset`], also of a step that was made in z before the base went to w, as in
    /// `w(seed(1) + dir("a"))`.
    pub fn offset_in_any_space(&self, name: &str) -> f32 {
        let is_here = self.offsets.iter().any(|(known, _)| known == name);
        match &self.base {
            Expr::W(inner) if !is_here => Self::from_expr(inner).offset(name),
            _ => self.offset(name),
        }
    }

    /// Puts a walk in z through the mapping network, so that steps in w can follow: the start and
    /// all steps stay in z, the truncation acts in w, where it is customary.
    pub fn map_to_w(&mut self) {
        let in_z = Self {
            base: self.base.clone(),
            psi: 1.0,
            offsets: std::mem::take(&mut self.offsets),
        };
        self.base = Expr::W(in_z.to_expr().into());
    }

    /// Sets a step in z of a walk whose base comes from z by `w(…)`. Returns whether it does.
    pub fn set_offset_before_w(&mut self, name: &str, step: f32) -> bool {
        let Expr::W(inner) = &mut self.base else {
            return false;
        };
        let mut in_z = Self::from_expr(inner);
        in_z.set_offset(name, step);
        **inner = in_z.to_expr();
        true
    }

    /// Gives a direction another name, or with `None` takes its step away, in whatever space it
    /// was made. Returns whether there was such a step.
    pub fn rename(&mut self, from: &str, to: Option<&str>) -> bool {
        if let Some(at) = self.offsets.iter().position(|(name, _)| name == from) {
            match to {
                Some(to) => to.clone_into(&mut self.offsets[at].0),
                None => {
                    self.offsets.remove(at);
                }
            }
            return true;
        }
        let Expr::W(inner) = &mut self.base else {
            return false;
        };
        let mut in_z = Self::from_expr(inner);
        let found = in_z.offsets.iter().any(|(name, _)| name == from) && in_z.rename(from, to);
        if found {
            **inner = in_z.to_expr();
        }
        found
    }

    /// The numbers of the base, when it is a vector written out and not truncated: then the
    /// sliders of raw axes edit them in place.
    pub fn vector_mut(&mut self) -> Option<&mut Vec<f32>> {
        match &mut self.base {
            Expr::Vector(values) if self.psi == 1.0 => Some(values),
            _ => None,
        }
    }
}

/// Splits a sum into all but one step, and the direction and the length of that step: the
/// right-hand one, or else a left-hand one, as in `1.5*dir("a") + seed(7)`.
fn last_step(expr: &Expr) -> Option<(&Expr, &str, f32)> {
    let (a, b, sign) = match expr {
        Expr::Add(a, b) => (a, b, 1.0),
        Expr::Sub(a, b) => (a, b, -1.0),
        _ => return None,
    };
    if let Some((name, step)) = step(b) {
        return Some((a, name, sign * step));
    }
    let (name, step) = step(a).filter(|_| sign > 0.0)?;
    Some((b, name, step))
}

/// Reads `dir("a")` times any numbers.
fn step(mut expr: &Expr) -> Option<(&str, f32)> {
    let mut length = 1.0;
    loop {
        match expr {
            Expr::Direction(name) if f32::is_finite(length) => return Some((name, length)),
            Expr::Neg(inner) => (expr, length) = (inner, -length),
            Expr::Scale(number, inner) => (expr, length) = (inner, number * length),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn walk(text: &str) -> Walk {
        Walk::from_expr(&parse(text).unwrap())
    }

    #[test]
    fn steps_and_truncation_are_taken_off() {
        let text = "truncate(w(seed(5)), 0.7) + 1.2*dir(\"a\") - 0.5*dir(\"b\") + dir(\"c\")";
        let mut walk = walk(text);
        assert_eq!(walk.base.to_string(), "w(seed(5))");
        assert_eq!(walk.psi, 0.7);
        assert_eq!(
            ["a", "b", "c", "d"].map(|name| walk.offset(name)),
            [1.2, -0.5, 1.0, 0.0]
        );
        assert_eq!(walk.to_expr().to_string(), text);

        walk.set_offset("b", 0.0);
        walk.set_offset("c", -2.0);
        walk.set_offset("d", 0.25);
        walk.set_offset("e", 0.0);
        walk.psi = 1.0;
        assert_eq!(
            walk.to_expr().to_string(),
            "w(seed(5)) + 1.2*dir(\"a\") - 2*dir(\"c\") + 0.25*dir(\"d\")"
        );
    }

    #[test]
    fn other_forms() {
        for (text, base, offsets) in [
            ("seed(1)", "seed(1)", &[][..]),
            ("dir(\"a\")", "dir(\"a\")", &[]),
            ("2*dir(\"a\") - dir(\"b\")", "2*dir(\"a\")", &[("b", -1.0)]),
            ("1.5*dir(\"a\") + seed(7)", "seed(7)", &[("a", 1.5)]),
            ("dir(\"a\") - seed(7)", "dir(\"a\") - seed(7)", &[]),
            (
                "seed(1) - -dir(\"a\") + 2*-3*dir(\"b\") + 2*dir(\"a\")",
                "seed(1)",
                &[("b", -6.0), ("a", 3.0)],
            ),
            ("2*(seed(1) + dir(\"a\"))", "2*(seed(1) + dir(\"a\"))", &[]),
        ] {
            let walk = walk(text);
            assert_eq!(walk.base.to_string(), base, "{text}");
            let found: Vec<_> = walk.offsets.iter().map(|(n, s)| (n.as_str(), *s)).collect();
            assert_eq!(found, offsets, "{text}");
        }
    }

    #[test]
    fn a_vector_can_be_edited_in_place() {
        let mut walk = walk("[1, 2] + dir(\"a\")");
        walk.vector_mut().unwrap()[1] = 5.0;
        assert_eq!(walk.to_expr().to_string(), "[1, 5] + dir(\"a\")");
        walk.psi = 0.5;
        assert!(walk.vector_mut().is_none());
        assert!(self::walk("seed(1)").vector_mut().is_none());
    }

    #[test]
    fn steps_in_z_stay_before_the_mapping() {
        let mut mixed = walk("truncate(seed(3), 0.7) + 2*dir(\"a\")");
        mixed.map_to_w();
        mixed.set_offset("b", -1.0);
        let text = "truncate(w(seed(3) + 2*dir(\"a\")), 0.7) - dir(\"b\")";
        assert_eq!(mixed.to_expr().to_string(), text);
        let mut again = walk(text);
        assert_eq!(again, mixed);
        assert_eq!(
            ["a", "b", "c"].map(|n| again.offset_in_any_space(n)),
            [2.0, -1.0, 0.0]
        );
        assert!(again.set_offset_before_w("c", 0.5));
        assert!(again.rename("a", Some("new")) && again.rename("b", None));
        assert!(!again.rename("b", None));
        assert_eq!(
            again.to_expr().to_string(),
            "truncate(w(seed(3) + 2*dir(\"new\") + 0.5*dir(\"c\")), 0.7)"
        );
        let mut plain = walk("mix(seed(1), seed(2), layers 0..2)");
        assert!(!plain.set_offset_before_w("a", 1.0));
    }
}

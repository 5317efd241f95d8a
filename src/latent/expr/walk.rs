//! The form of an expression that sliders edit.

use super::ast::{Expr, Redraw};
use super::check::check;
use super::context::{Context, direction_space, is_mapped_to, way};
use super::weight::is_step;
use crate::latent::{Condition, Lead, Space};

/// A start, steps before a truncation, the truncation, and steps after it:
/// `truncate(base + 2*dir("c"), psi) + 1.2*dir("a") - 0.5*dir("b")`; the picture that it is an edit of,
/// `edit(..., @me, 0.6)`; and what it is given, `given(..., "3")`.
///
/// A model with a mapping network takes steps in z before the truncation, which acts in w, and
/// steps in w after it; [`Self::arrange`] puts each where it belongs. Other models take all steps
/// after the truncation.
///
/// Every expression can be read as a walk, and going to a walk and back keeps its value to
/// rounding: the steps are added in another order where a direction stood on the left or more
/// than once. Steps of zero are dropped; if they are the only part in w+, what remains is the
/// same vector in w.
#[derive(Clone, PartialEq, Debug)]
pub struct Walk {
    /// Where the walk starts.
    pub base: Expr,
    /// Steps before the mapping and the truncation, as in `offsets`.
    pub inner: Vec<(String, f32)>,
    /// The space that the base and the steps before the truncation are mapped to, where `w(...)` or
    /// `map(...)` is written around them. It need not be: a point is mapped where that is called
    /// for.
    pub mapped: Option<Space>,
    /// Truncation psi; 1 is none.
    pub psi: f32,
    /// Directions and how far to go along each, in standard deviations; no name twice.
    pub offsets: Vec<(String, f32)>,
    /// What the picture is to show besides; empty where nothing is said.
    pub given: Condition,
    /// The picture that is redrawn, and how; `None` where the picture is made of noise, or in one step.
    pub edited: Option<(Expr, Redraw)>,
}

impl Walk {
    /// Takes the steps and the truncation off `expr`. What has not that form becomes the base.
    pub fn from_expr(expr: &Expr) -> Self {
        let (expr, outer) = Said::of(expr);
        let (rest, offsets) = steps_of(expr);
        let (rest, psi) = match rest {
            Expr::Truncate(base, psi) => (base.as_ref(), *psi),
            base => (base, 1.0),
        };
        let (rest, mapped) = match rest {
            Expr::Map(base, to) => (base.as_ref(), Some(*to)),
            base => (base, None),
        };
        // With nothing between them, all steps are of one kind.
        let (base, inner) = if mapped.is_some() || psi != 1.0 {
            steps_of(rest)
        } else {
            (rest, Vec::new())
        };
        // Steps and truncation leave what was said further in as it is.
        let (base, innermost) = Said::of(base);
        let said = outer.or(innermost);
        Self {
            base: base.clone(),
            inner,
            mapped,
            psi,
            offsets,
            given: said.given.cloned().unwrap_or_default(),
            edited: said
                .edited
                .map(|(picture, redraw)| (picture.clone(), redraw.clone())),
        }
    }

    /// The expression of the walk, without steps of zero and without a truncation of 1.
    pub fn to_expr(&self) -> Expr {
        let mut expr = with_steps(self.base.clone(), &self.inner);
        if let Some(to) = self.mapped {
            expr = Expr::Map(expr.into(), to);
        }
        if self.psi != 1.0 {
            expr = Expr::Truncate(expr.into(), self.psi);
        }
        expr = with_steps(expr, &self.offsets);
        if let Some((picture, redraw)) = self.edited.clone() {
            expr = Expr::Edit(expr.into(), picture.into(), redraw);
        }
        if !self.given.is_empty() {
            expr = Expr::Given(expr.into(), self.given.clone());
        }
        expr
    }

    /// Puts every step where the model of `context` can take it: steps in a space that a network
    /// leads on from, such as z, before the mapping and the truncation, steps in w after them. Where
    /// the base lies behind the network, there are no steps before it to take, and they are dropped
    /// with the `w(...)` around it.
    ///
    /// Does nothing for models without such a network, and where the base means nothing to the
    /// model or is no point.
    pub fn arrange<C: Context + ?Sized>(&mut self, context: &C) {
        let mut ways = way(context.start_space(), context);
        if !ways.any(|(_, lead)| matches!(lead, Lead::Map(_))) || is_step(&self.base) {
            return;
        }
        let Ok((base, _)) = check(&self.base, context) else {
            return;
        };
        if !matches!(context.lead(base), Some(Lead::Map(_))) {
            let is_lost = |name: &str| {
                let space = direction_space(name, context);
                space.is_some_and(|space| is_mapped_to(space, base, context))
            };
            self.mapped = None;
            self.inner.retain(|(name, _)| !is_lost(name));
            self.offsets.retain(|(name, _)| !is_lost(name));
            return;
        }
        let is_before = |name: &str| direction_space(name, context) == Some(base);
        let (before, after): (Vec<_>, Vec<_>) = std::mem::take(&mut self.offsets)
            .into_iter()
            .partition(|(name, _)| is_before(name));
        self.offsets = after;
        for (name, step) in before {
            match self.inner.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += step,
                None => self.inner.push((name, step)),
            }
        }
    }

    /// Begins at another code. What is said around that one is said of the walk.
    pub fn set_base(&mut self, base: &Expr) {
        let (base, said) = Said::of(base);
        self.base = base.clone();
        if let Some(given) = said.given {
            self.given = given.clone();
        }
        if let Some((picture, redraw)) = said.edited {
            self.edited = Some((picture.clone(), redraw.clone()));
        }
    }

    /// How far the walk goes along the direction `name`, in standard deviations.
    pub fn offset(&self, name: &str) -> f32 {
        let steps = self.offsets.iter().chain(&self.inner);
        let along = steps.filter(|(known, _)| known == name);
        // A sum of nothing is -0.0.
        along.fold(0.0, |sum, &(_, step)| sum + step)
    }

    /// Whether the walk names a direction, also with a step of 0.
    pub fn names(&self, name: &str) -> bool {
        let mut steps = self.offsets.iter().chain(&self.inner);
        steps.any(|(known, _)| known == name)
    }

    /// Sets how far the walk goes along the direction `name`, in standard deviations. A step
    /// keeps its place among the others, also at 0. A new one comes after the truncation;
    /// [`Self::arrange`] moves it where it has to stand.
    pub fn set_offset(&mut self, name: &str, step: f32) {
        let mut steps = self.offsets.iter_mut().chain(&mut self.inner);
        match steps.find(|(known, _)| known == name) {
            Some((_, known)) => *known = step,
            None if step == 0.0 => {}
            None => self.offsets.push((name.to_owned(), step)),
        }
    }

    /// Takes the steps along the directions `names` off the walk.
    pub fn without(mut self, names: &[String]) -> Self {
        self.inner.retain(|(known, _)| !names.contains(known));
        self.offsets.retain(|(known, _)| !names.contains(known));
        self
    }

    /// Whether any step or the truncation changes the base.
    pub fn is_moved(&self) -> bool {
        let mut steps = self.offsets.iter().chain(&self.inner);
        self.psi != 1.0 || steps.any(|(_, step)| *step != 0.0)
    }

    /// Gives a direction another name, or with `None` takes its step away. Returns whether there
    /// was such a step.
    pub fn rename(&mut self, from: &str, to: Option<&str>) -> bool {
        for steps in [&mut self.offsets, &mut self.inner] {
            if let Some(at) = steps.iter().position(|(name, _)| name == from) {
                match to {
                    Some(to) => to.clone_into(&mut steps[at].0),
                    None => {
                        steps.remove(at);
                    }
                }
                return true;
            }
        }
        false
    }
}

/// What is said around a code: what the picture is given, and what it is an edit of.
#[derive(Clone, Copy, Default)]
struct Said<'a> {
    given: Option<&'a Condition>,
    edited: Option<(&'a Expr, &'a Redraw)>,
}

impl<'a> Said<'a> {
    /// Takes what is said off an expression, the outermost of several.
    fn of(mut expr: &'a Expr) -> (&'a Expr, Self) {
        let mut said = Self::default();
        loop {
            expr = match expr {
                Expr::Given(inner, condition) => {
                    said.given = said.given.or(Some(condition));
                    inner
                }
                Expr::Edit(inner, picture, redraw) => {
                    said.edited = said.edited.or(Some((picture, redraw)));
                    inner
                }
                _ => return (expr, said),
            };
        }
    }

    fn or(self, inner: Self) -> Self {
        Self {
            given: self.given.or(inner.given),
            edited: self.edited.or(inner.edited),
        }
    }
}

/// Takes steps along directions off a sum, as long as there are any; each name once, in the
/// order of the text.
fn steps_of(expr: &Expr) -> (&Expr, Vec<(String, f32)>) {
    let mut steps: Vec<(String, f32)> = Vec::new();
    let mut rest = expr;
    while let Some((left, name, step)) = last_step(rest) {
        match steps.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) if (*sum + step).is_finite() => *sum += step,
            // Numbers this large would get lost in the sum.
            Some(_) => break,
            None => steps.push((name.to_owned(), step)),
        }
        rest = left;
    }
    // They were found from right to left.
    steps.reverse();
    (rest, steps)
}

/// `expr` and steps along directions, without those of zero.
fn with_steps(mut expr: Expr, steps: &[(String, f32)]) -> Expr {
    for (name, step) in steps {
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
        assert_eq!(walk.base.to_string(), "seed(5)");
        assert!(walk.mapped == Some(Space::W) && walk.inner.is_empty());
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
    fn what_is_given_stands_around_everything() {
        for (text, written) in [
            (
                "given(seed(1) + dir(\"a\"), \"3\")",
                "given(seed(1) + dir(\"a\"), \"3\")",
            ),
            (
                "given(seed(1), \"3\") + dir(\"a\")",
                "given(seed(1) + dir(\"a\"), \"3\")",
            ),
            (
                "truncate(given(seed(1), \"3\"), 0.5) - dir(\"a\")",
                "given(truncate(seed(1), 0.5) - dir(\"a\"), \"3\")",
            ),
            (
                "given(given(seed(1), \"3\") + dir(\"a\"), \"8\")",
                "given(seed(1) + dir(\"a\"), \"8\")",
            ),
            (
                "lerp(given(seed(1), \"3\"), seed(2), 0.5)",
                "lerp(given(seed(1), \"3\"), seed(2), 0.5)",
            ),
        ] {
            assert_eq!(walk(text).to_expr().to_string(), written, "{text}");
        }
        let mut walk = walk("given(seed(1), 0.4*\"3\", 0.6*\"8\")");
        assert_eq!(walk.base, Expr::Seed(1));
        walk.given.set("3", 0.0);
        walk.set_offset("a", 1.0);
        assert_eq!(
            walk.to_expr().to_string(),
            "given(seed(1) + dir(\"a\"), 0.6*\"8\")"
        );
    }

    #[test]
    fn an_edit_stands_around_the_steps() {
        for (text, written) in [
            (
                "edit(seed(1), @me, 0.5) + dir(\"a\")",
                "edit(seed(1) + dir(\"a\"), @me, 0.5)",
            ),
            (
                "edit(given(seed(1), \"3\"), @me, 1, cells [2])",
                "given(edit(seed(1), @me, 1, cells [2]), \"3\")",
            ),
            (
                "edit(edit(seed(1), @you, 0.1), @me, 0.5)",
                "edit(seed(1), @me, 0.5)",
            ),
        ] {
            assert_eq!(walk(text).to_expr().to_string(), written, "{text}");
        }
        let mut walk = walk("edit(seed(1), @me, 0.5)");
        walk.set_base(&Expr::Seed(2));
        assert_eq!(walk.to_expr().to_string(), "edit(seed(2), @me, 0.5)");
        walk.set_base(&parse("given(edit(seed(3), @you, 0.1), \"8\")").unwrap());
        let text = "given(edit(seed(3), @you, 0.1), \"8\")";
        assert_eq!(walk.to_expr().to_string(), text);
    }

    #[test]
    fn steps_stand_before_the_truncation_or_after_it() {
        let text = "truncate(w(seed(3) + 2*dir(\"a\")), 0.7) - dir(\"b\")";
        let mut walk = walk(text);
        assert_eq!(walk.base, Expr::Seed(3));
        assert_eq!(["a", "b", "c"].map(|n| walk.offset(n)), [2.0, -1.0, 0.0]);
        assert!(
            walk.offset("c").is_sign_positive(),
            "sliders show it as 0.00"
        );
        assert_eq!(walk.to_expr().to_string(), text);
        walk.set_offset("a", 0.5);
        assert!(walk.names("a") && walk.is_moved());
        assert!(walk.rename("a", Some("new")) && walk.rename("b", None));
        assert!(!walk.rename("b", None));
        assert_eq!(
            walk.to_expr().to_string(),
            "truncate(w(seed(3) + 0.5*dir(\"new\")), 0.7)"
        );
        let rest = walk.without(&["new".to_owned()]);
        assert_eq!(rest.to_expr().to_string(), "truncate(w(seed(3)), 0.7)");
    }
}

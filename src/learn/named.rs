//! Named codes that a question shows, compared with what the judge sees in their pictures.
//!
//! `@digit-9` is the mean of the codes of nines. Whether its picture is a nine, the name cannot
//! know.

use super::evidence::{Measurements, Measurer, Wanted};
use super::measure::{Measure, Quantity};
use super::question::{Formula, Preset, Question, Spot};
use super::task::{Order, TaskKind};
use super::text::Target;
use crate::latent::expr::Expr;
use std::collections::BTreeSet;

/// What the names of class means of digits begin with.
const STEM: &str = "digit-";

/// A named code of a digit as a question shows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Shown<'q> {
    model: &'q str,
    name: &'q str,
    line: usize,
}

/// The named codes whose pictures show another digit than their names say, each with a line and
/// a reason. What the question itself measures as a digit, in a claim or a task, it knows.
///
/// # Errors
/// Why the measurer could not examine something, as a sentence.
pub fn misread(
    question: &Question,
    measurements: &mut Measurements,
    measurer: &mut (impl Measurer + ?Sized),
) -> Result<Vec<(usize, String)>, String> {
    let known = known(question);
    let mut found: Vec<Shown<'_>> = shown(question).into_iter().collect();
    found.retain(|it| !known.contains(it.name));
    let wanted = |it: &Shown<'_>| Wanted {
        model: it.model.to_owned(),
        depiction: Expr::Named(it.name.to_owned()).into(),
    };
    let wanted: Vec<Wanted> = found.iter().map(wanted).collect();
    measurements.gather(&wanted, measurer)?;
    let mut faults = Vec::new();
    for (it, wanted) in found.iter().zip(&wanted) {
        let measured = measurements.get(&wanted.model, &wanted.depiction);
        let judged = measured.and_then(|measured| measured.judged.as_ref());
        let class = judged.and_then(|judged| judged.class());
        if let (Some((class, _)), Some(named)) = (class, digit(it.name))
            && class != usize::from(named)
        {
            let (name, model) = (it.name, it.model);
            faults.push((
                it.line,
                format!(
                    "the judge sees a {class} in @{name} of {model}; say so with a claim about \
                     digit(@{name}), or show another code"
                ),
            ));
        }
    }
    Ok(faults)
}

/// The digit that a name speaks of.
fn digit(name: &str) -> Option<u8> {
    name.strip_prefix(STEM)?.parse().ok().filter(|it| *it < 10)
}

fn named(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Named(name) if digit(name).is_some() => Some(name),
        _ => None,
    }
}

/// The names that the question itself measures as digits.
fn known(question: &Question) -> BTreeSet<&str> {
    let of_tasks = question.tasks.iter().flat_map(|task| match &task.kind {
        TaskKind::Predict { quantity, .. } => vec![quantity],
        TaskKind::Compare { left, right, .. } => vec![left, right],
        _ => Vec::new(),
    });
    let of_claims = question.claims.iter().flat_map(|claim| claim.samples());
    let digits = of_tasks
        .chain(of_claims)
        .filter(|it| it.measure == Measure::Digit);
    digits
        .flat_map(|it| &it.arguments)
        .filter_map(|argument| named(&argument.expr))
        .collect()
}

/// The named codes of digits whose pictures a question shows or measures. Where only codes are
/// measured, or where a name is a part of an expression, no picture of it is seen.
fn shown(question: &Question) -> BTreeSet<Shown<'_>> {
    let pictures = pictures(question).into_iter();
    let named = pictures.filter_map(|(model, expr, line)| {
        Some(Shown {
            model: model?,
            name: named(expr)?,
            line,
        })
    });
    named.collect()
}

/// The pictures of a question, each with its model and its line.
fn pictures(question: &Question) -> Vec<(Option<&str>, &Expr, usize)> {
    let model = question.model();
    let mut formulas: Vec<&Formula> = Vec::new();
    let mut panes = Vec::new();
    if let Some(scene) = &question.scene {
        formulas.push(&scene.expression);
        formulas.extend(scene.preset.iter().flat_map(Preset::formulas));
    }
    for task in &question.tasks {
        match &task.kind {
            TaskKind::Choose { options } => {
                formulas.extend(options.iter().filter_map(|option| option.show.as_ref()));
            }
            TaskKind::Predict { quantity, .. } => formulas.extend(seen(quantity)),
            TaskKind::Compare { left, right, .. } => {
                formulas.extend(seen(left).chain(seen(right)));
            }
            TaskKind::Set {
                start, solution, ..
            } => {
                let spots = start.iter().chain([solution]);
                formulas.extend(spots.filter_map(Spot::formula));
            }
            TaskKind::Which { left, right, .. } => panes.extend([left, right]),
            TaskKind::Order {
                order: Order::Measured { expressions, .. },
                ..
            } => formulas.extend(expressions),
            TaskKind::Order { .. } | TaskKind::Explain { .. } => {}
        }
    }
    for link in question.answer.links.iter().chain(&question.deeper.links) {
        if let Target::Show(formula) = &link.target {
            formulas.push(formula);
        }
    }
    let of_model = formulas.into_iter().map(|it| (model, &it.expr, it.line));
    let of_panes = panes.into_iter().map(|pane| {
        let formula = &pane.expression;
        (Some(pane.model.as_str()), &formula.expr, formula.line)
    });
    of_model.chain(of_panes).collect()
}

/// What a measure sees of pictures.
fn seen(quantity: &Quantity) -> impl Iterator<Item = &Formula> {
    let sees = quantity.measure.is_of_pictures();
    quantity.arguments.iter().filter(move |_| sees)
}

//! What is not wrong with a question and still teaches badly: answers that can be guessed, and
//! answers that are on the screen.

use super::Fault;
use super::evidence::{Measurements, shown};
use super::measure::{Measure, Quantity};
use super::question::Question;
use super::statistics::longest;
use super::task::{Task, TaskKind};

/// How much longer than every wrong option a right one may be.
const LENGTH_RATIO: f64 = 1.2;
/// And by how many characters, for short options differ by little.
const LENGTH_MARGIN: usize = 12;

/// The most words of a longer explanation.
pub(super) const MAX_DEEPER_WORDS: usize = 350;

/// What a writer should look at again, on paper; with what was measured for the tasks, also what
/// only numbers show.
pub fn warnings(question: &Question, measurements: Option<&Measurements>) -> Vec<Fault> {
    let mut warnings = Vec::new();
    let words = question.deeper.prose_words();
    if words > MAX_DEEPER_WORDS {
        let reason = format!(
            "the part after \"## Deeper\" has {words} words besides code, tables and figures, and \
             {MAX_DEEPER_WORDS} are enough"
        );
        warnings.push(Fault::new(&question.file, question.deeper.line, reason));
    }
    for task in &question.tasks {
        let mut warn = |reason: String| {
            warnings.push(Fault::new(&question.file, task.line, reason));
        };
        if let Some(reason) = length(task) {
            warn(reason);
        }
        if let Some(reason) = shown_by_scene(task, question) {
            warn(reason);
        }
        if let Some(reason) = measurements.and_then(|it| printed(task, question, it)) {
            warn(reason);
        }
    }
    warnings
}

/// A right option that stands out by its length.
fn length(task: &Task) -> Option<String> {
    let TaskKind::Choose { options } = &task.kind else {
        return None;
    };
    let [right, wrong] = longest(options);
    let is_long = right as f64 > LENGTH_RATIO * wrong as f64 && right >= wrong + LENGTH_MARGIN;
    is_long.then(|| {
        format!(
            "the longest option is right: {right} characters, the longest wrong one has {wrong}"
        )
    })
}

/// The norm of the code at which the scene opens, which the window may have shown already.
fn shown_by_scene(task: &Task, question: &Question) -> Option<String> {
    let scene = question.scene.as_ref()?;
    let asked: Vec<&Quantity> = match &task.kind {
        TaskKind::Predict { quantity, .. } => vec![quantity],
        TaskKind::Compare { left, right, .. } => vec![left, right],
        _ => Vec::new(),
    };
    let is_shown = |it: &&Quantity| {
        let of_scene = |argument: &super::Formula| argument.expr == scene.expression.expr;
        it.measure == Measure::Norm && it.arguments.iter().any(of_scene)
    };
    let asked = asked.into_iter().find(is_shown)?;
    let text = &asked.text;
    Some(format!(
        "{text} is asked for, and the scene opens on that code"
    ))
}

/// A predicted number that stands in what is read before, or that is 0.
fn printed(task: &Task, question: &Question, measurements: &Measurements) -> Option<String> {
    let TaskKind::Predict {
        quantity, within, ..
    } = &task.kind
    else {
        return None;
    };
    let model = question.model().unwrap_or_default();
    let value = quantity.value(model, None, measurements).ok()?;
    if value.abs() < 1e-6 {
        return Some(format!("{} is 0, which is guessed", quantity.text));
    }
    let scene = question.scene.as_ref().map(|scene| scene.caption.as_str());
    let toy = question.toy.as_ref().map(|toy| toy.caption.as_str());
    let places = [
        ("the task", Some(task.ask.as_str())),
        ("the caption", scene),
        ("the caption", toy),
    ];
    places.into_iter().find_map(|(place, text)| {
        let number = numbers(text?)
            .into_iter()
            .find(|it| it.says(value, *within))?;
        let (value, number) = (shown(value), number.text);
        Some(format!(
            "the answer {value} is printed in {place}: {number}"
        ))
    })
}

/// A number in a text.
struct Printed<'t> {
    text: &'t str,
    value: f64,
    /// Half a unit of its last digit.
    half_unit: f64,
}

impl Printed<'_> {
    /// Whether somebody who reads it knows a value well enough.
    fn says(&self, value: f64, within: f64) -> bool {
        let off = (self.value - value).abs();
        off <= self.half_unit + 1e-9 && off <= within + 1e-9
    }
}

/// The numbers of a text that stand by themselves: not the 7 of `seed(7)`, `z7` or `@digit-7`.
fn numbers(text: &str) -> Vec<Printed<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..]
        .find(|c: char| c.is_ascii_digit())
        .map(|it| at + it)
    {
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let len = text[start..]
            .find(|c| !is_part(c))
            .unwrap_or(text.len() - start);
        let number = text[start..start + len].trim_end_matches('.');
        at = start + len;
        let mut before = text[..start].chars().rev();
        let (sign, before) = match before.next() {
            Some('-' | '−') => (-1.0, before.next()),
            other => (1.0, other),
        };
        let is_free = before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '(' | '[' | '@'));
        let after = text[at..].chars().next();
        let is_free = is_free && after.is_none_or(|c| !c.is_alphanumeric() && c != '(');
        if let Ok(value) = number.parse::<f64>()
            && is_free
        {
            let decimals = number.split_once('.').map_or(0, |(_, digits)| digits.len());
            let half_unit = 0.5 * 10_f64.powi(-i32::try_from(decimals).unwrap_or(0));
            found.push(Printed {
                text: number,
                value: sign * value,
                half_unit,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_stand_by_themselves_are_found() {
        let values = |text: &str| -> Vec<f64> { numbers(text).iter().map(|it| it.value).collect() };
        assert_eq!(values("seed(7) has a norm of about 8.6."), [8.6]);
        assert_eq!(
            values("z7, [3, -4] and @digit-9: −2 or 12%"),
            [-4.0, -2.0, 12.0]
        );
        assert_eq!(values("1.2.3 is none, 5"), [5.0]);
        let says = |text: &str, value, within| numbers(text)[0].says(value, within);
        assert!(says("about 8.6", 8.62, 0.3) && !says("about 8.6", 8.68, 0.3));
        assert!(says("8 or so", 8.02, 0.5) && !says("8 or so", 8.4, 0.3));
    }
}

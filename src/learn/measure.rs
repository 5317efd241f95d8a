//! What the program measures on pictures and codes, as question files write it.

mod names;

use super::question::Formula;
use super::toy::{Play, Probe, Subject};
use crate::latent::expr::{Expr, parse};
pub use names::Measure;

/// The name that stands for the picture on the window inside the expressions of a measure.
pub const HERE: &str = "here";

/// A measure of expressions: `distance(here, seed(7))`.
#[derive(Clone, PartialEq, Debug)]
pub struct Quantity {
    pub measure: Measure,
    /// The expressions that it is of; none of a measure of a toy.
    pub arguments: Vec<Formula>,
    pub detail: Detail,
    /// As it stands in the file.
    pub text: String,
}

/// What a measure is of besides expressions.
#[derive(Clone, PartialEq, Debug)]
pub enum Detail {
    None,
    /// Which number of the code, from 0; of `coordinate`.
    Coordinate(usize),
    /// Which label; of `probability`.
    Label(String),
    /// A toy and what is asked of it.
    Toy(Probe),
}

impl Quantity {
    /// The number of a measure of a toy; `here` is the toy on the window.
    ///
    /// # Errors
    /// A sentence where there is none.
    pub fn of_toy(&self, here: Option<&Play>) -> Result<f64, String> {
        let fault = |why: String| format!("{} cannot be measured: {why}", self.text);
        match &self.detail {
            Detail::Toy(probe) => probe.value(self.measure, here).map_err(fault),
            _ => Err(fault("it is no measure of a toy".to_owned())),
        }
    }

    /// Whether it is of what is on the window.
    pub fn is_of_here(&self) -> bool {
        let of_toy = matches!(&self.detail, Detail::Toy(probe) if probe.subject == Subject::Here);
        of_toy || self.arguments.iter().any(|it| speaks_of_here(&it.expr))
    }

    /// What people read beside its number while it is measured of the picture on the window:
    /// "Distance to seed(7)".
    pub fn title(&self) -> String {
        let title = self.measure.title();
        let others = self.arguments.iter().filter(|it| !is_here(&it.expr));
        let others: Vec<&str> = others.map(|it| it.text.as_str()).collect();
        match (others.as_slice(), &self.detail) {
            ([], Detail::Coordinate(index)) => format!("{title} {index}"),
            ([], Detail::Label(label)) => format!("{title} of {}", label.replace('_', " ")),
            ([], Detail::None) => title.to_owned(),
            ([other], Detail::None) if self.arguments.len() == 2 => format!("{title} to {other}"),
            _ => self.text.clone(),
        }
    }
}

/// How a measured number and a bound compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    Below,
    Above,
    Equal,
}

/// A condition on a measured number: `norm(here) < 4`.
#[derive(Clone, PartialEq, Debug)]
pub struct Goal {
    pub quantity: Quantity,
    pub relation: Relation,
    pub bound: f64,
    /// As it stands in the file.
    pub text: String,
}

impl Relation {
    /// Whether two numbers stand in it.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Below => left < right,
            Self::Above => left > right,
            // Only whole numbers are compared so.
            Self::Equal => (left - right).abs() < 0.5,
        }
    }
}

impl Goal {
    /// Whether a measured number fulfils it.
    pub fn holds(&self, value: f64) -> bool {
        self.relation.holds(value, self.bound)
    }
}

/// Reads a measure; `line` is where it stands.
///
/// # Errors
/// A sentence about what it lacks.
pub fn parse_quantity(text: &str, line: usize) -> Result<Quantity, String> {
    let text = text.trim();
    let fault = |reason: String| format!("{text:?} is no measure: {reason}");
    let (name, rest) = text
        .split_once('(')
        .ok_or_else(|| fault("it has no arguments in parentheses".to_owned()))?;
    let measure = Measure::of_key(name.trim()).ok_or_else(|| {
        let known: Vec<&str> = Measure::ALL.iter().map(|m| m.key()).collect();
        let name = name.trim();
        fault(format!("there is no {name:?}, only {}", known.join(", ")))
    })?;
    let (parts, after) = arguments(rest).ok_or_else(|| fault("it has no end".to_owned()))?;
    if !after.trim().is_empty() {
        return Err(fault(format!("nothing may follow it, but {after:?} does")));
    }
    if let Some(kind) = measure.toy() {
        let probe = Probe::read(measure, kind, &parts).map_err(&fault)?;
        return Ok(Quantity {
            measure,
            arguments: Vec::new(),
            detail: Detail::Toy(probe),
            text: text.to_owned(),
        });
    }
    let has_last = matches!(measure, Measure::Coordinate | Measure::Probability);
    let wanted = measure.argument_count() + usize::from(has_last);
    if parts.len() != wanted {
        let plural = if wanted == 1 { "" } else { "s" };
        return Err(fault(format!(
            "it takes {wanted} argument{plural} and has {}",
            parts.len()
        )));
    }
    let (expressions, last) = parts.split_at(measure.argument_count());
    let detail = match last.first().map(|last| last.trim()) {
        Some(number) if measure == Measure::Coordinate => {
            let index = number.parse();
            let none = |_| fault(format!("{number:?} is no number of a coordinate"));
            Detail::Coordinate(index.map_err(none)?)
        }
        Some(quoted) => {
            let inner = quoted
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            let none = || fault(format!("{quoted} is no label in quotation marks"));
            Detail::Label(inner.map(str::to_owned).ok_or_else(none)?)
        }
        None => Detail::None,
    };
    let arguments = expressions
        .iter()
        .map(|part| argument(part.trim(), line).map_err(&fault))
        .collect::<Result<_, String>>()?;
    Ok(Quantity {
        measure,
        arguments,
        detail,
        text: text.to_owned(),
    })
}

/// The two sides of a comparison that is written with `<`, `>` or `=`.
///
/// # Errors
/// What the text lacks, as a part of a sentence.
pub(super) fn split_comparison(text: &str) -> Result<(&str, Relation, &str), &'static str> {
    let place = outside(text)
        .filter(|(_, depth, c)| *depth == 0 && matches!(c, '<' | '>' | '='))
        .map(|(place, ..)| place)
        .next()
        .ok_or("it has none of <, > and =")?;
    let (left, right) = text.split_at(place);
    let relation = match right.as_bytes().first() {
        Some(b'<') => Relation::Below,
        Some(b'>') => Relation::Above,
        _ => Relation::Equal,
    };
    let right = right.get(1..).unwrap_or_default().trim();
    if right.starts_with('=') {
        return Err("write < or >, measured numbers are never exactly equal");
    }
    Ok((left.trim(), relation, right))
}

/// Reads a condition; `line` is where it stands.
///
/// # Errors
/// A sentence about what it lacks.
pub fn parse_goal(text: &str, line: usize) -> Result<Goal, String> {
    let fault = |reason: &str| format!("{text:?} is no goal: {reason}");
    let (left, relation, number) = split_comparison(text).map_err(fault)?;
    let bound: f64 = number
        .parse()
        .ok()
        .filter(|bound: &f64| bound.is_finite())
        .ok_or_else(|| fault("a number has to follow the sign"))?;
    let quantity = parse_quantity(left, line)?;
    if relation == Relation::Equal && !(quantity.measure.is_whole() && bound.fract() == 0.0) {
        let whole = "only digit, choices and tokens can equal a number; write < or >";
        return Err(fault(whole));
    }
    Ok(Goal {
        quantity,
        relation,
        bound,
        text: text.trim().to_owned(),
    })
}

/// An expression in which the word `here` stands for the picture on the window.
fn argument(text: &str, line: usize) -> Result<Formula, String> {
    if text.is_empty() {
        return Err("an argument is empty".to_owned());
    }
    let found = Formula::read_as(text, line, with_here_named);
    found.map_err(|error| format!("{text:?} {error}"))
}

/// `expr` with `here` in the places that stand for it.
///
/// # Errors
/// When `expr` speaks of the picture on the window and there is none, or when together they are
/// longer than an expression may be.
pub fn put_here(expr: &Expr, here: Option<&Expr>) -> Result<Expr, String> {
    if !speaks_of_here(expr) {
        return Ok(expr.clone());
    }
    let here = here.ok_or("there is no picture on the window to measure")?;
    if is_here(expr) {
        return Ok(here.clone());
    }
    // What is printed reads back as the same tree, so a text can be put into a text.
    let (text, inner) = (expr.to_string(), format!("({here})"));
    let mark = format!("@{HERE}");
    let mut joined = String::with_capacity(text.len() + inner.len());
    let mut rest = text.as_str();
    while let Some(place) = rest.find(&mark) {
        let (before, found) = rest.split_at(place);
        let after = &found[mark.len()..];
        joined.push_str(before);
        joined.push_str(if after.starts_with(is_name_char) {
            &mark
        } else {
            &inner
        });
        rest = after;
    }
    joined.push_str(rest);
    parse(&joined).map_err(|error| format!("the picture on the window cannot be measured: {error}"))
}

fn is_here(expr: &Expr) -> bool {
    matches!(expr, Expr::Named(name) if name == HERE)
}

/// Whether the picture on the window is in an expression of a measure.
pub fn speaks_of_here(expr: &Expr) -> bool {
    let mut waiting = vec![expr];
    while let Some(expr) = waiting.pop() {
        if is_here(expr) {
            return true;
        }
        waiting.extend(expr.children());
    }
    false
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

/// `text` with `@here` for each word `here` that is neither a name nor in quotes.
fn with_here_named(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    let mut rest = text;
    let mut quoted = false;
    while let Some(c) = rest.chars().next() {
        let len = match c {
            '"' => {
                quoted = !quoted;
                1
            }
            '\\' if quoted => rest.chars().take(2).map(char::len_utf8).sum(),
            '@' if !quoted => {
                1 + rest[1..]
                    .find(|c| !is_name_char(c))
                    .unwrap_or(rest.len() - 1)
            }
            _ if !quoted && (c.is_alphanumeric() || c == '_') => {
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                let len = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                if &rest[..len] == HERE {
                    out.push('@');
                }
                len
            }
            _ => c.len_utf8(),
        };
        out.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    out
}

/// The characters of `text` outside quotes, with their places and how many parentheses and
/// brackets are open around each.
fn outside(text: &str) -> impl Iterator<Item = (usize, i32, char)> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    text.char_indices().filter_map(move |(place, c)| {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            return None;
        }
        match c {
            '"' => quoted = true,
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        Some((place, depth, c))
    })
}

/// The arguments up to the closing parenthesis, and what follows it.
fn arguments(text: &str) -> Option<(Vec<&str>, &str)> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for (place, depth, c) in outside(text) {
        match (depth, c) {
            (0, ',') => {
                parts.push(&text[start..place]);
                start = place + 1;
            }
            (-1, ')') => {
                parts.push(&text[start..place]);
                return Some((parts, &text[place + 1..]));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(text: &str) -> Quantity {
        parse_quantity(text, 1).expect("a measure")
    }

    #[test]
    fn measures_are_read() {
        let found = quantity("distance(slerp(seed(1), seed(2), 0.5), [1, 2])");
        assert_eq!(found.measure, Measure::Distance);
        let texts: Vec<&str> = found.arguments.iter().map(|a| a.text.as_str()).collect();
        assert_eq!(texts, ["slerp(seed(1), seed(2), 0.5)", "[1, 2]"]);
        let found = quantity("change(here, seed(1) + dir(\"a, (here)\"))");
        assert_eq!(found.arguments[0].expr, Expr::Named("here".to_owned()));
        assert!(!speaks_of_here(&found.arguments[1].expr));
        assert_eq!(
            quantity("coordinate(here, 3)").detail,
            Detail::Coordinate(3)
        );
        let found = quantity("probability(here + dir(\"a, b\"), \"open_mouth\")");
        assert_eq!(found.detail, Detail::Label("open_mouth".to_owned()));
        assert_eq!(found.arguments.len(), 1);
        for measure in Measure::ALL {
            assert_eq!(Measure::of_key(measure.key()), Some(measure));
        }
    }

    #[test]
    fn what_is_no_measure_says_why() {
        for (text, part) in [
            ("norm", "parentheses"),
            ("nrm(here)", "there is no \"nrm\""),
            ("norm(here", "no end"),
            ("norm(here) + 1", "nothing may follow"),
            ("norm(here, here)", "takes 1 argument and has 2"),
            ("distance(here)", "takes 2 arguments and has 1"),
            ("norm()", "empty"),
            ("norm(seed(x))", "column"),
            ("coordinate(here, -1)", "no number of a coordinate"),
            ("probability(here)", "takes 2 arguments and has 1"),
            ("probability(here, smile)", "no label in quotation marks"),
            ("norm(\"here)", "no end"),
        ] {
            let fault = parse_quantity(text, 1).expect_err(text);
            assert!(fault.contains(part), "{fault}");
        }
    }

    #[test]
    fn goals_are_read() {
        let goal = parse_goal("change(here, dir(\"a > b\")) > 2.5", 1).expect("a goal");
        assert_eq!((goal.relation, goal.bound), (Relation::Above, 2.5));
        assert!(goal.holds(2.6) && !goal.holds(2.5));
        let goal = parse_goal("digit(here) = 7", 1).expect("a goal");
        assert!(goal.holds(7.0) && !goal.holds(8.0));
        for (text, part) in [
            ("norm(here)", "none of"),
            ("norm(here) < ", "a number"),
            ("norm(here) < inf", "a number"),
            ("norm(here) <= 3", "never exactly equal"),
            ("norm(here) = 3", "only digit"),
            ("digit(here) = 3.5", "only digit"),
        ] {
            let fault = parse_goal(text, 1).expect_err(text);
            assert!(fault.contains(part), "{fault}");
        }
    }

    #[test]
    fn the_picture_on_the_window_is_put_in() {
        let here = parse("seed(1) - seed(2)").expect("an expression");
        let put = |text: &str| {
            let found = quantity(&format!("norm({text})"));
            put_here(&found.arguments[0].expr, Some(&here)).expect("it fits")
        };
        assert_eq!(put("here"), here);
        assert_eq!(put("2*here"), parse("2*(seed(1) - seed(2))").unwrap());
        assert_eq!(
            put("seed(3)-here"),
            parse("seed(3) - (seed(1) - seed(2))").unwrap()
        );
        assert_eq!(
            put("@hereafter + @over-here"),
            parse("@hereafter + @over-here").unwrap()
        );
        let alone = quantity("norm(here)");
        assert!(put_here(&alone.arguments[0].expr, None).is_err());
    }
}

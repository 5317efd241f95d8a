//! Claims: what the text of a question says about a model, to be measured over many seeds.
//!
//! One picture shows what one code does. A sentence about "the model" is about all codes, so it
//! is measured on at least [`FEWEST_SEEDS`] of them.

use super::evidence::{Measurements, Measurer, Wanted, shown};
use super::measure::{Quantity, Relation, parse_quantity, split_comparison};
use super::question::Question;
use std::ops::RangeInclusive;

/// The fewest seeds that a claim is measured on.
pub const FEWEST_SEEDS: usize = 100;
/// The most.
pub const MOST_SEEDS: usize = 2000;
/// How many seeds are measured at once: their pictures are in memory together.
const BATCH: usize = 50;

/// The word that stands for the running seed in the measures of a claim.
pub const RUNNING: &str = "n";

/// A sentence about a model, and how it is measured.
#[derive(Clone, PartialEq, Debug)]
pub struct Claim {
    /// What is claimed.
    pub says: String,
    /// A model by name, if not that of the question.
    pub model: Option<String>,
    /// What `n` runs over; none where the claim is about fixed pictures.
    pub seeds: Option<RangeInclusive<u32>>,
    pub statement: Statement,
    /// The line in the file, from 1.
    pub line: usize,
}

/// What has to be true.
#[derive(Clone, PartialEq, Debug)]
pub enum Statement {
    /// A condition holds for a share of the seeds, in percent.
    Holds {
        condition: Condition,
        share: Interval,
    },
    /// The middle of a measure over the seeds, in its unit.
    Middle {
        measure: OfSeeds,
        by: Average,
        within: Interval,
    },
}

/// `ink(seed(n)) > 20`, or with a second measure at the right.
#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    pub left: OfSeeds,
    pub relation: Relation,
    pub right: Operand,
    /// As it stands in the file.
    pub text: String,
}

/// What a measure is compared with.
#[derive(Clone, PartialEq, Debug)]
pub enum Operand {
    Number(f64),
    Measure(OfSeeds),
}

/// How the values of many seeds become one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Average {
    Mean,
    Median,
}

/// From one number to another, both included.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// A measure in which `n` is the running seed.
#[derive(Clone, PartialEq, Debug)]
pub struct OfSeeds {
    /// As it stands in the file.
    pub text: String,
    /// The measure at the first seed.
    pub first: Quantity,
    line: usize,
}

impl Interval {
    fn holds(self, value: f64) -> bool {
        // What is written with few digits has to count as within.
        let slack = 1e-9 * value.abs().max(1.0);
        self.low - slack <= value && value <= self.high + slack
    }
}

impl Average {
    /// The word in question files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Median => "median",
        }
    }

    fn of(self, mut values: Vec<f64>) -> f64 {
        let count = values.len().max(1);
        match self {
            Self::Mean => values.iter().sum::<f64>() / count as f64,
            Self::Median => {
                values.sort_by(f64::total_cmp);
                let at = |place: usize| values.get(place).copied().unwrap_or_default();
                (at((count - 1) / 2) + at(count / 2)) / 2.0
            }
        }
    }
}

impl OfSeeds {
    /// Reads a measure; `seed` is the first that `n` stands for.
    ///
    /// # Errors
    /// A sentence about what it lacks.
    pub fn parse(text: &str, line: usize, seed: Option<u32>) -> Result<Self, String> {
        Ok(Self {
            text: text.trim().to_owned(),
            first: quantity_at(text, line, seed)?,
            line,
        })
    }

    /// The measure at a seed.
    ///
    /// # Errors
    /// When the seed makes it another text than the first did, such as one that is too long.
    fn at(&self, seed: Option<u32>) -> Result<Quantity, String> {
        quantity_at(&self.text, self.line, seed)
    }

    fn names_seed(&self) -> bool {
        with_seed(&self.text, 0).1
    }
}

impl Condition {
    /// Reads a condition; `seed` is the first that `n` stands for.
    ///
    /// # Errors
    /// A sentence about what it lacks.
    pub fn parse(text: &str, line: usize, seed: Option<u32>) -> Result<Self, String> {
        let fault = |reason: &str| format!("{text:?} is no condition: {reason}");
        let (left, relation, right) = split_comparison(text).map_err(fault)?;
        let left = OfSeeds::parse(left, line, seed)?;
        let right = match right.parse::<f64>() {
            Ok(number) if number.is_finite() => Operand::Number(number),
            Ok(_) => return Err(fault("the number is not finite")),
            Err(_) if right.contains('(') => Operand::Measure(OfSeeds::parse(right, line, seed)?),
            Err(_) => return Err(fault("a measure or a number has to follow the sign")),
        };
        let is_whole = left.first.measure.is_whole()
            && match &right {
                Operand::Number(number) => number.fract() == 0.0,
                Operand::Measure(measure) => measure.first.measure.is_whole(),
            };
        if relation == Relation::Equal && !is_whole {
            let whole = "only digit, choices and tokens can equal something; write < or >";
            return Err(fault(whole));
        }
        Ok(Self {
            left,
            relation,
            right,
            text: text.trim().to_owned(),
        })
    }
}

impl Claim {
    /// The model that it is about.
    pub fn model<'q>(&'q self, question: &'q Question) -> Option<&'q str> {
        self.model.as_deref().or_else(|| question.model())
    }

    /// Its measures at the first seed, for the check against models.
    pub fn samples(&self) -> impl Iterator<Item = &Quantity> {
        self.measures().into_iter().map(|measure| &measure.first)
    }

    /// Whether it is of pictures or codes, and not of toys alone.
    pub fn needs_model(&self) -> bool {
        self.samples().any(|it| it.measure.toy().is_none())
    }

    /// Whether `n` is in it.
    pub fn names_seed(&self) -> bool {
        self.measures().into_iter().any(OfSeeds::names_seed)
    }

    fn measures(&self) -> Vec<&OfSeeds> {
        match &self.statement {
            Statement::Holds { condition, .. } => match &condition.right {
                Operand::Number(_) => vec![&condition.left],
                Operand::Measure(right) => vec![&condition.left, right],
            },
            Statement::Middle { measure, .. } => vec![measure],
        }
    }

    /// Measures it; gives what is wrong with it, if something is.
    ///
    /// # Errors
    /// Why the measurer could not examine something, as a sentence.
    pub fn fault(
        &self,
        question: &Question,
        measurer: &mut (impl Measurer + ?Sized),
    ) -> Result<Option<String>, String> {
        let model = match self.model(question) {
            Some(model) => model,
            None if self.needs_model() => {
                return Ok(Some("this claim names no model".to_owned()));
            }
            None => "",
        };
        let seeds: Vec<Option<u32>> = match &self.seeds {
            Some(seeds) => seeds.clone().map(Some).collect(),
            None => vec![None],
        };
        let mut rows = Vec::with_capacity(seeds.len());
        for batch in seeds.chunks(BATCH) {
            match self.values(model, question, batch, measurer)? {
                Ok(found) => rows.extend(found),
                Err(reason) => return Ok(Some(reason)),
            }
        }
        Ok(self.judge(&seeds, &rows))
    }

    /// The numbers of its measures at some seeds, one row for each; or why there is none, which is
    /// the question's fault.
    fn values(
        &self,
        model: &str,
        question: &Question,
        seeds: &[Option<u32>],
        measurer: &mut (impl Measurer + ?Sized),
    ) -> Result<Result<Vec<Vec<f64>>, String>, String> {
        let mut measurements = Measurements::drawn_with(question.sampler());
        let (mut wanted, mut rows) = (Vec::new(), Vec::new());
        for &seed in seeds {
            let row: Result<Vec<Quantity>, String> =
                self.measures().into_iter().map(|it| it.at(seed)).collect();
            let row = match row {
                Ok(row) => row,
                Err(reason) => return Ok(Err(reason)),
            };
            for quantity in &row {
                match quantity.depictions(None) {
                    Ok(depictions) => {
                        wanted.extend(depictions.into_iter().map(|depiction| Wanted {
                            model: model.to_owned(),
                            depiction,
                        }))
                    }
                    Err(reason) => return Ok(Err(reason)),
                }
            }
            rows.push(row);
        }
        measurements.gather(&wanted, measurer)?;
        let values = |row: &Vec<Quantity>| {
            let row = row.iter();
            row.map(|it| it.value(model, None, &measurements)).collect()
        };
        Ok(rows.iter().map(values).collect())
    }

    /// What the numbers say against it.
    fn judge(&self, seeds: &[Option<u32>], rows: &[Vec<f64>]) -> Option<String> {
        let over = match seeds.len() {
            1 => String::new(),
            count => format!(" over {count} seeds"),
        };
        match &self.statement {
            Statement::Holds { condition, share } => {
                let holds = |row: &Vec<f64>| {
                    let left = row.first().copied().unwrap_or(f64::NAN);
                    let right = match &condition.right {
                        Operand::Number(number) => *number,
                        Operand::Measure(_) => row.get(1).copied().unwrap_or(f64::NAN),
                    };
                    condition.relation.holds(left, right)
                };
                let held = rows.iter().filter(|row| holds(row)).count();
                let percent = 100.0 * held as f64 / rows.len().max(1) as f64;
                if share.holds(percent) {
                    return None;
                }
                let exception = rows.iter().position(|row| !holds(row));
                let example = match exception
                    .and_then(|place| Some((seeds.get(place)?, &rows[place])))
                {
                    Some((seed, row)) => {
                        let values: Vec<String> = row.iter().map(|&value| shown(value)).collect();
                        let values = values.join(" and ");
                        match seed {
                            Some(seed) => format!("; at n = {seed} it measures {values}"),
                            None => format!("; it measures {values}"),
                        }
                    }
                    None => String::new(),
                };
                Some(format!(
                    "the claim {:?} is not so: {} holds in {percent:.1} %{over}, not in {} to {} %{example}",
                    self.says,
                    condition.text,
                    shown(share.low),
                    shown(share.high),
                ))
            }
            Statement::Middle {
                measure,
                by,
                within,
            } => {
                let values = rows.iter().filter_map(|row| row.first().copied());
                let found = by.of(values.collect());
                if within.holds(found) {
                    return None;
                }
                let what = match seeds.len() {
                    1 => String::new(),
                    _ => format!("the {} of ", by.key()),
                };
                Some(format!(
                    "the claim {:?} is not so: {what}{}{over} is {}, not {} to {}",
                    self.says,
                    measure.text,
                    shown(found),
                    shown(within.low),
                    shown(within.high),
                ))
            }
        }
    }
}

fn quantity_at(text: &str, line: usize, seed: Option<u32>) -> Result<Quantity, String> {
    match seed {
        Some(seed) => parse_quantity(&with_seed(text, seed).0, line),
        None if with_seed(text, 0).1 => Err(format!(
            "{text:?} is about {RUNNING}, and the claim has no seeds for it"
        )),
        None => parse_quantity(text, line),
    }
}

/// `text` with `seed` for each word `n` that is neither a name nor in quotes, and whether there
/// is one. A whole number that is added to it is added here, for expressions do not calculate
/// with seeds: `seed(n + 1000)`.
fn with_seed(text: &str, seed: u32) -> (String, bool) {
    let mut out = String::with_capacity(text.len() + 8);
    let (mut rest, mut is_quoted, mut is_there) = (text, false, false);
    while let Some(c) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let mut len = c.len_utf8();
        match c {
            '"' => is_quoted = !is_quoted,
            '@' if !is_quoted => {
                len += rest[1..].find(|c| !is_word(c)).unwrap_or(rest.len() - 1);
            }
            _ if !is_quoted && (c.is_alphanumeric() || c == '_') => {
                let ends = |c: char| !(c.is_alphanumeric() || c == '_');
                len = rest.find(ends).unwrap_or(rest.len());
                if &rest[..len] == RUNNING {
                    is_there = true;
                    let (added, taken) = addend(&rest[len..]);
                    out.push_str(&(u64::from(seed) + added).to_string());
                    rest = &rest[len + taken..];
                    continue;
                }
            }
            _ => {}
        }
        out.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    (out, is_there)
}

/// The whole number that a text adds, and how long that is: `+ 1000` of `+ 1000)`.
fn addend(text: &str) -> (u64, usize) {
    let signed = text.trim_start();
    let Some(number) = signed.strip_prefix('+') else {
        return (0, 0);
    };
    let number = number.trim_start();
    let end = number
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(number.len());
    let (digits, after) = number.split_at(end);
    match (digits.parse::<u32>(), after.trim_start().chars().next()) {
        (Ok(added), None | Some(')' | ',')) => (added.into(), text.len() - after.len()),
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_seed_is_put_in() {
        for (text, expected) in [
            ("ink(seed(n))", "ink(seed(7))"),
            (
                "distance(seed(n), seed(n + 1000))",
                "distance(seed(7), seed(1007))",
            ),
            ("ink(vary(@n, n, 0.5))", "ink(vary(@n, 7, 0.5))"),
            ("ink(seed(1) + dir(\"n\"))", "ink(seed(1) + dir(\"n\"))"),
            ("ink(mean(seed(n), @one-n))", "ink(mean(seed(7), @one-n))"),
            ("norm(seed(n)+2*seed(3))", "norm(seed(7)+2*seed(3))"),
        ] {
            let (found, is_there) = with_seed(text, 7);
            assert_eq!(found, expected);
            assert_eq!(is_there, found != text, "{text}");
        }
    }

    #[test]
    fn the_middle_of_numbers() {
        let values = || vec![4.0, 1.0, 10.0, 2.0];
        assert_eq!(Average::Mean.of(values()), 4.25);
        assert_eq!(Average::Median.of(values()), 3.0);
        assert_eq!(Average::Median.of(vec![5.0]), 5.0);
    }

    #[test]
    fn conditions_are_read() {
        let found = Condition::parse("ink(seed(n)) > ink(0.5*seed(n))", 1, Some(3));
        let found = found.expect("a condition");
        assert_eq!(found.left.first.arguments[0].text, "seed(3)");
        assert!(matches!(found.right, Operand::Measure(_)));
        let found = Condition::parse("digit(@digit-4) = 4", 1, None).expect("a condition");
        assert_eq!(found.right, Operand::Number(4.0));
        for (text, part) in [
            ("ink(seed(n))", "none of"),
            ("ink(seed(n)) > x", "a measure or a number"),
            ("ink(seed(n)) = 4", "only digit"),
            ("digit(seed(n)) = norm(seed(n))", "only digit"),
            ("ink(seed(n)) >= 4", "never exactly equal"),
            ("ink(seed(n)) > inf", "not finite"),
            ("inc(seed(n)) > 1", "there is no \"inc\""),
        ] {
            let fault = Condition::parse(text, 1, Some(3)).expect_err(text);
            assert!(fault.contains(part), "{fault}");
        }
    }
}

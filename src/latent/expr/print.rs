//! The text of an expression: the fewest parentheses that parse back to the same tree.

use std::fmt::{self, Display, Formatter, Write};
use std::ops::Range;

use super::ast::{Expr, LayerRange};
use super::lexer::plain_name_len;
use crate::latent::{Condition, Space};

/// What is still to be written. Printing keeps this list itself, because a tree built by a
/// program may be deeper than the stack.
enum Item<'a> {
    Expr(&'a Expr),
    Text(&'static str),
    Number(f32),
    Layers(LayerRange),
    Seed(u32),
    Space(Space),
    Locks(&'a [Range<usize>], &'a [String]),
    Cells(&'a [Range<usize>]),
    Condition(&'a Condition),
}

/// The parser gives back the same tree for every tree of finite numbers within the
/// [limits](super::limits) in which no `mean`, no vector, no list of cells that are mixed and no
/// condition is empty.
impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut waiting = vec![Item::Expr(self)];
        while let Some(item) = waiting.pop() {
            match item {
                Item::Text(text) => f.write_str(text)?,
                Item::Number(number) => write_number(f, number)?,
                Item::Layers(layers) => write!(f, "{layers}")?,
                Item::Seed(seed) => write!(f, "{seed}")?,
                Item::Space(space) => write!(f, "{space}")?,
                Item::Locks([], []) => {}
                Item::Locks(locked, held) => write_ranges(f, "lock", locked, held)?,
                Item::Cells([]) => {}
                Item::Cells(cells) => write_ranges(f, "cells", cells, &[])?,
                Item::Condition(condition) => write_condition(f, condition)?,
                Item::Expr(expr) => {
                    let first = waiting.len();
                    write_node(f, expr, &mut waiting)?;
                    waiting[first..].reverse();
                }
            }
        }
        Ok(())
    }
}

impl Display for LayerRange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("layers ")?;
        write_range(f, &(self.start..self.end))
    }
}

/// `4..9`, or `4` for a range of one.
pub(super) fn write_range(f: &mut impl Write, range: &Range<usize>) -> fmt::Result {
    if range.start.checked_add(1) == Some(range.end) {
        write!(f, "{}", range.start)
    } else {
        write!(f, "{}..{}", range.start, range.end)
    }
}

/// `, lock [0, 3..5, "smile"]`
fn write_ranges(
    f: &mut Formatter<'_>,
    word: &str,
    ranges: &[Range<usize>],
    names: &[String],
) -> fmt::Result {
    write!(f, ", {word} [")?;
    let mut comma = "";
    for range in ranges {
        f.write_str(std::mem::replace(&mut comma, ", "))?;
        write_range(f, range)?;
    }
    for name in names {
        f.write_str(std::mem::replace(&mut comma, ", "))?;
        write_quoted(f, name)?;
    }
    f.write_char(']')
}

/// `, 0.4*"3", 0.6*"8"`
fn write_condition(f: &mut Formatter<'_>, condition: &Condition) -> fmt::Result {
    for (word, weight) in condition.iter() {
        f.write_str(", ")?;
        match weight {
            1.0 => {}
            -1.0 => f.write_char('-')?,
            _ => {
                write_number(f, weight)?;
                f.write_char('*')?;
            }
        }
        write_quoted(f, word)?;
    }
    Ok(())
}

/// Writes how `expr` begins and appends the rest to `after`, in the order of the text.
fn write_node<'a>(f: &mut Formatter<'_>, expr: &'a Expr, after: &mut Vec<Item<'a>>) -> fmt::Result {
    use Item::{Layers, Locks, Number, Seed, Text};
    match expr {
        Expr::Seed(seed) => write!(f, "seed({seed})")?,
        Expr::Vector(values) => write_vector(f, values)?,
        Expr::At(space, values) => {
            write!(f, "at(\"{space}\", ")?;
            write_vector(f, values)?;
            f.write_char(')')?;
        }
        Expr::Fill(space, index) => write!(f, "fill(\"{space}\", {index})")?,
        Expr::Named(name) => {
            f.write_char('@')?;
            if !name.is_empty() && plain_name_len(name) == name.len() {
                f.write_str(name)?;
            } else {
                write_quoted(f, name)?;
            }
        }
        Expr::Direction(name) => {
            f.write_str("dir(")?;
            write_quoted(f, name)?;
            f.write_char(')')?;
        }
        Expr::Encode(file) => {
            f.write_str("encode(")?;
            write_quoted(f, file)?;
            f.write_char(')')?;
        }
        Expr::Neg(a) => {
            f.write_char('-')?;
            push_operand(after, expr, 0, a);
        }
        Expr::Add(a, b) | Expr::Sub(a, b) => {
            push_operand(after, expr, 0, a);
            after.push(Text(if matches!(expr, Expr::Add(..)) {
                " + "
            } else {
                " - "
            }));
            push_operand(after, expr, 1, b);
        }
        Expr::Scale(number, a) => {
            write_number(f, *number)?;
            f.write_char('*')?;
            push_operand(after, expr, 0, a);
        }
        Expr::Mean(all) => {
            f.write_str("mean(")?;
            for (index, a) in all.iter().enumerate() {
                if index > 0 {
                    after.push(Text(", "));
                }
                after.push(Item::Expr(a));
            }
            after.push(Text(")"));
        }
        Expr::Lerp(a, b, number) | Expr::Slerp(a, b, number) => {
            f.write_str(if matches!(expr, Expr::Lerp(..)) {
                "lerp("
            } else {
                "slerp("
            })?;
            after.extend([Item::Expr(a), Text(", "), Item::Expr(b), Text(", ")]);
            after.extend([Number(*number), Text(")")]);
        }
        Expr::Truncate(a, psi) => {
            f.write_str("truncate(")?;
            after.extend([Item::Expr(a), Text(", "), Number(*psi), Text(")")]);
        }
        Expr::TruncateLayers(a, psi, layers) => {
            f.write_str("truncate(")?;
            after.extend([Item::Expr(a), Text(", "), Number(*psi), Text(", ")]);
            after.extend([Layers(*layers), Text(")")]);
        }
        Expr::Map(a, Space::W) => {
            f.write_str("w(")?;
            after.extend([Item::Expr(a), Text(")")]);
        }
        Expr::Map(a, space) => {
            f.write_str("map(")?;
            after.extend([
                Item::Expr(a),
                Text(", \""),
                Item::Space(*space),
                Text("\")"),
            ]);
        }
        Expr::Mix(a, b, layers) => {
            f.write_str("mix(")?;
            after.extend([Item::Expr(a), Text(", "), Item::Expr(b), Text(", ")]);
            after.extend([Layers(*layers), Text(")")]);
        }
        Expr::MixCells(a, b, cells) => {
            f.write_str("mix(")?;
            after.extend([Item::Expr(a), Text(", "), Item::Expr(b)]);
            after.extend([Item::Cells(cells), Text(")")]);
        }
        Expr::ProjectOut(a, b) => {
            f.write_str("project_out(")?;
            after.extend([Item::Expr(a), Text(", "), Item::Expr(b), Text(")")]);
        }
        Expr::Vary(a, vary) => {
            f.write_str("vary(")?;
            after.extend([Item::Expr(a), Text(", "), Seed(vary.seed), Text(", ")]);
            after.extend([
                Number(vary.sigma),
                Locks(&vary.locked, &vary.held),
                Text(")"),
            ]);
        }
        Expr::Cross(a, b, cross) => {
            f.write_str("cross(")?;
            after.extend([Item::Expr(a), Text(", "), Item::Expr(b), Text(", ")]);
            after.extend([Seed(cross.seed), Locks(&cross.locked, &[]), Text(")")]);
        }
        Expr::Edit(a, b, redraw) => {
            f.write_str("edit(")?;
            after.extend([Item::Expr(a), Text(", "), Item::Expr(b), Text(", ")]);
            after.extend([
                Number(redraw.strength),
                Item::Cells(&redraw.cells),
                Text(")"),
            ]);
        }
        Expr::Given(a, condition) => {
            f.write_str("given(")?;
            after.extend([Item::Expr(a), Item::Condition(condition), Text(")")]);
        }
    }
    Ok(())
}

fn write_vector(f: &mut Formatter<'_>, values: &[f32]) -> fmt::Result {
    f.write_char('[')?;
    for (index, &value) in values.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write_number(f, value)?;
    }
    f.write_char(']')
}

fn push_operand<'a>(after: &mut Vec<Item<'a>>, parent: &Expr, index: usize, child: &'a Expr) {
    if needs_parentheses(parent, index, child) {
        after.extend([Item::Text("("), Item::Expr(child), Item::Text(")")]);
    } else {
        after.push(Item::Expr(child));
    }
}

/// Whether child number `index` of an operator stands in parentheses.
fn needs_parentheses(parent: &Expr, index: usize, child: &Expr) -> bool {
    let is_sum = matches!(child, Expr::Add(..) | Expr::Sub(..));
    match parent {
        Expr::Add(..) | Expr::Sub(..) => index == 1 && is_sum,
        Expr::Scale(..) => is_sum,
        // Without parentheses the minus would become the sign of the number.
        Expr::Neg(_) => is_sum || matches!(child, Expr::Scale(..)),
        _ => false,
    }
}

/// The shortest decimal number that is read back as the same `f32`; with an exponent only
/// where the digits would be mostly zeros.
fn write_number(f: &mut Formatter<'_>, number: f32) -> fmt::Result {
    let size = number.abs();
    if size == 0.0 || (1e-5..1e9).contains(&size) || !size.is_finite() {
        write!(f, "{number}")
    } else {
        write!(f, "{number:e}")
    }
}

fn write_quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}

/// The text of `expr`, cut with an ellipsis where it gets longer than a sentence bears.
pub(super) fn excerpt(expr: &Expr) -> String {
    struct Cut(String, usize);

    impl Write for Cut {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for c in text.chars() {
                self.1 = self.1.checked_sub(1).ok_or(fmt::Error)?;
                self.0.push(c);
            }
            Ok(())
        }
    }

    let mut cut = Cut(String::new(), 40);
    if write!(cut, "{expr}").is_err() {
        cut.0.push('…');
    }
    cut.0
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn seed(n: u32) -> Box<Expr> {
        Box::new(Expr::Seed(n))
    }

    #[test]
    fn parentheses_only_where_the_tree_needs_them() {
        let scaled = |k| Box::new(Expr::Scale(k, seed(1)));
        let sum = || Box::new(Expr::Add(seed(1), seed(2)));
        let cases = [
            (Expr::Sub(seed(0), sum()), "seed(0) - (seed(1) + seed(2))"),
            (Expr::Sub(sum(), seed(0)), "seed(1) + seed(2) - seed(0)"),
            (Expr::Add(seed(0), sum()), "seed(0) + (seed(1) + seed(2))"),
            (Expr::Scale(2.0, scaled(-3.0)), "2*-3*seed(1)"),
            (Expr::Scale(2.0, sum()), "2*(seed(1) + seed(2))"),
            (Expr::Neg(scaled(1.5)), "-(1.5*seed(1))"),
            (*scaled(-1.5), "-1.5*seed(1)"),
            (Expr::Scale(2.0, Box::new(Expr::Neg(seed(1)))), "2*-seed(1)"),
            (Expr::Sub(seed(0), scaled(-1.5)), "seed(0) - -1.5*seed(1)"),
            (Expr::Named("a-b.c_1".into()), "@a-b.c_1"),
            (Expr::Named("a-".into()), "@\"a-\""),
            (
                Expr::Encode("C:\\\"x\".png".into()),
                r#"encode("C:\\\"x\".png")"#,
            ),
        ];
        for (expr, text) in cases {
            assert_eq!(expr.to_string(), text);
            assert_eq!(parse(text).unwrap(), expr, "{text}");
        }
    }

    #[test]
    fn numbers_are_short_and_exact() {
        for (number, text) in [
            (0.1, "0.1"),
            (1e8, "100000000"),
            (1e20, "1e20"),
            (-1.5e-7, "-1.5e-7"),
            (16_777_217.0, "16777216"),
        ] {
            let expr = Expr::Vector(vec![number]);
            assert_eq!(expr.to_string(), format!("[{text}]"));
        }
    }

    #[test]
    fn excerpts_are_short() {
        let text = excerpt(&Expr::Vector(vec![0.5; 100_000]));
        assert_eq!(text.chars().count(), 41);
        assert_eq!(excerpt(&Expr::Seed(5)), "seed(5)");
    }
}

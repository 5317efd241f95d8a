//! From text to tree.
//!
//! ```text
//! sum     = product { ("+" | "-") product }
//! product = unary { "*" number }
//! unary   = "-" unary | ["-"] NUMBER "*" unary | primary
//! primary = "(" sum ")" | "[" number { "," number } "]" | "@" NAME
//!         | "seed" "(" NUMBER ")" | ("dir" | "encode") "(" TEXT ")"
//!         | "at" "(" TEXT "," "[" number { "," number } "]" ")"
//!         | "fill" "(" TEXT "," NUMBER ")"
//!         | "mean" "(" sum { "," sum } ")" | "w" "(" sum ")" | "map" "(" sum "," TEXT ")"
//!         | "truncate" "(" sum "," number [ "," layers ] ")"
//!         | ("lerp" | "slerp") "(" sum "," sum "," number ")"
//!         | "mix" "(" sum "," sum "," ( layers | cells ) ")" | "project_out" "(" sum "," sum ")"
//!         | "vary" "(" sum "," NUMBER "," number [ "," holds ] ")"
//!         | "cross" "(" sum "," sum "," NUMBER [ "," locks ] ")"
//!         | "given" "(" sum "," word { "," word } ")"
//!         | "edit" "(" sum "," sum "," number [ "," cells ] ")"
//! number  = ["-"] NUMBER
//! layers  = "layers" range
//! range   = NUMBER [ ".." NUMBER ]
//! cells   = "cells" "[" range { "," range } "]"
//! word    = [ "-" | number "*" ] TEXT
//! locks   = "lock" "[" range { "," range } "]"
//! holds   = "lock" "[" ( range | TEXT ) { "," ( range | TEXT ) } "]"
//! ```
//!
//! Precedence climbing with a stack of its own instead of recursion: what stands around the
//! place that is being read is a list of [`Frame`]s, so no text is too deep for it.

mod arguments;

use std::str::FromStr;

use super::ast::{Cross, Expr, Vary};
use super::error::ParseError;
use super::lexer::{Fault, Kind, Lexer, Token, unknown_call, usage};
use super::limits::{MAX_DEPTH, MAX_NODES, MAX_TEXT_BYTES, text_fits};

/// Reads an expression.
///
/// # Errors
///
/// The first thing that is wrong with `text`, with its column; also when the text breaks one of
/// the [limits](super::limits).
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    let parsed = if text.len() > MAX_TEXT_BYTES {
        Err(Fault::new(
            1,
            format!(
                "the expression is {} bytes long, and {MAX_TEXT_BYTES} are allowed",
                text.len()
            ),
        ))
    } else {
        Parser::new(text)
            .and_then(Parser::whole)
            .and_then(|expr| storable(expr, text))
    };
    parsed.map_err(|fault| ParseError::new(fault.column, fault.message, text))
}

impl FromStr for Expr {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse(text)
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The token that comes next.
    token: Token<'a>,
    /// How many nodes were made.
    nodes: usize,
}

/// A finished part of the tree and its depth.
struct Part {
    expr: Expr,
    depth: usize,
}

/// A sum that is being read, and what it stands in.
struct Frame {
    place: Place,
    /// Where the place begins.
    column: usize,
    /// How errors describe the call.
    usage: &'static str,
    /// The terms so far, and the operator that waits for the next one.
    left: Option<(Part, usize, Join)>,
    /// What stands before the next code, from left to right.
    prefixes: Vec<(usize, Prefix)>,
}

type Join = fn(Box<Expr>, Box<Expr>) -> Expr;

enum Place {
    /// The whole text.
    Text,
    /// Parentheses.
    Group,
    /// `mean(` and the codes before this one.
    Mean(Vec<Expr>, usize),
    W,
    Map,
    Truncate,
    Vary,
    Given,
    /// The first code of a call of two.
    First(Pair),
    /// The second code of a call of two.
    Second(Pair, Part),
}

/// A call of two codes.
#[derive(Clone, Copy)]
enum Pair {
    Lerp,
    Slerp,
    Mix,
    ProjectOut,
    Cross,
    Edit,
}

/// What may stand before a code.
enum Prefix {
    Minus,
    Factor(f32),
}

/// The beginning of a code.
enum Start {
    /// The code is complete.
    Done(Part),
    /// The code begins with another sum.
    Open(Frame),
}

impl Frame {
    fn new(place: Place, column: usize, usage: &'static str) -> Self {
        Self {
            place,
            column,
            usage,
            left: None,
            prefixes: Vec::new(),
        }
    }
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, Fault> {
        let mut lexer = Lexer::new(text);
        let token = lexer.next()?;
        Ok(Self {
            lexer,
            token,
            nodes: 0,
        })
    }

    fn whole(mut self) -> Result<Expr, Fault> {
        if self.token.kind == Kind::End {
            return Err(Fault::new(1, "the expression is empty; try seed(42)"));
        }
        let mut outer = Vec::new();
        let mut frame = Frame::new(Place::Text, 1, "");
        loop {
            self.prefixes(&mut frame)?;
            let mut part = match self.start()? {
                Start::Done(part) => part,
                Start::Open(inner) => {
                    if outer.len() >= MAX_DEPTH {
                        return Err(too_deep(inner.column));
                    }
                    outer.push(std::mem::replace(&mut frame, inner));
                    continue;
                }
            };
            // A code was read; it may be the last of several places at once.
            while let Some(sum) = self.term(&mut frame, part)? {
                let Some(closed) = self.close(&mut frame, sum)? else {
                    break;
                };
                let Some(around) = outer.pop() else {
                    return Ok(closed.expr);
                };
                frame = around;
                part = closed;
            }
        }
    }

    /// Reads what stands before a code.
    fn prefixes(&mut self, frame: &mut Frame) -> Result<(), Fault> {
        loop {
            let column = self.token.column;
            let negative = self.token.is('-');
            if negative {
                self.advance()?;
            }
            if self.token.kind == Kind::Number {
                let number = self.number()?;
                if !self.token.is('*') {
                    let message = "a number alone is not a code; \
                        multiply a code with it, as in 2*seed(1)";
                    return Err(Fault::new(column, message));
                }
                self.advance()?;
                let number = if negative { -number } else { number };
                frame.prefixes.push((column, Prefix::Factor(number)));
            } else if negative {
                frame.prefixes.push((column, Prefix::Minus));
            } else {
                return Ok(());
            }
            if frame.prefixes.len() > MAX_DEPTH {
                return Err(too_deep(column));
            }
        }
    }

    /// Reads a code without operators, or the beginning of one.
    fn start(&mut self) -> Result<Start, Fault> {
        match &self.token.kind {
            Kind::Symbol('(') => {
                let column = self.advance()?.column;
                Ok(Start::Open(Frame::new(Place::Group, column, "")))
            }
            Kind::Symbol('[') => self.vector().map(Start::Done),
            Kind::Name(name) => {
                let expr = Expr::Named(name.clone());
                let column = self.advance()?.column;
                self.node(column, 0, expr).map(Start::Done)
            }
            Kind::Word => self.call(),
            Kind::Text(_) => Err(self.fault(
                "a text in quotes stands only after @ and in dir(...), encode(...), map(...), \
                 at(...), fill(...) or given(...)",
            )),
            _ => Err(self.expected("a code such as seed(42)")),
        }
    }

    /// Takes `part` into the sum of `frame`, with the factors around it. Gives the sum if it
    /// ends here, and nothing if an operator follows.
    fn term(&mut self, frame: &mut Frame, mut part: Part) -> Result<Option<Part>, Fault> {
        for (column, prefix) in frame.prefixes.drain(..).rev() {
            let inner = part.expr.into();
            let expr = match prefix {
                Prefix::Minus => Expr::Neg(inner),
                Prefix::Factor(number) => Expr::Scale(number, inner),
            };
            part = self.node(column, part.depth, expr)?;
        }
        while self.token.is('*') {
            let column = self.advance()?.column;
            if !matches!(self.token.kind, Kind::Number | Kind::Symbol('-' | '+')) {
                let mut message =
                    "two codes cannot be multiplied; one side of `*` must be a number".to_owned();
                if let Expr::Named(name) = &part.expr
                    && name.contains('-')
                {
                    let hint = "is one name; to subtract, put a space before the minus";
                    message += &format!(" (@{name} {hint})");
                }
                return Err(Fault::new(column, message));
            }
            let number = self.number()?;
            part = self.node(column, part.depth, Expr::Scale(number, part.expr.into()))?;
        }
        if let Some((left, column, join)) = frame.left.take() {
            let depth = left.depth.max(part.depth);
            part = self.node(column, depth, join(left.expr.into(), part.expr.into()))?;
        }
        let join = match self.token.kind {
            Kind::Symbol('+') => Expr::Add,
            Kind::Symbol('-') => Expr::Sub,
            _ => return Ok(Some(part)),
        };
        let column = self.advance()?.column;
        frame.left = Some((part, column, join));
        Ok(None)
    }

    /// Reads what follows the complete sum `part` in its place. Gives the code that the place
    /// is worth, and nothing if the place takes another code.
    fn close(&mut self, frame: &mut Frame, part: Part) -> Result<Option<Part>, Fault> {
        let usage = frame.usage;
        let Part { expr, mut depth } = part;
        let expr = match std::mem::replace(&mut frame.place, Place::Group) {
            Place::Text => {
                return match self.token.kind {
                    Kind::End => Ok(Some(Part { expr, depth })),
                    Kind::Symbol(')') => {
                        Err(self.fault("this closing parenthesis was never opened"))
                    }
                    _ => Err(self.expected("an operator or the end")),
                };
            }
            Place::Group => {
                self.symbol(')', "a closing parenthesis", "")?;
                return Ok(Some(Part { expr, depth }));
            }
            Place::Mean(mut codes, deepest) => {
                codes.push(expr);
                depth = depth.max(deepest);
                if self.token.is(',') {
                    self.advance()?;
                    frame.place = Place::Mean(codes, depth);
                    return Ok(None);
                }
                if !self.token.is(')') {
                    let missing = "a comma or a closing parenthesis";
                    return Err(self.expected_for(missing, usage));
                }
                Expr::Mean(codes)
            }
            Place::W => Expr::w(expr),
            Place::Map => {
                self.symbol(',', "a comma", usage)?;
                Expr::Map(expr.into(), self.space(usage)?)
            }
            Place::Truncate => {
                self.symbol(',', "a comma", usage)?;
                let psi = self.number()?;
                if self.token.is(',') {
                    self.advance()?;
                    Expr::TruncateLayers(expr.into(), psi, self.layers(usage)?)
                } else {
                    Expr::Truncate(expr.into(), psi)
                }
            }
            Place::Vary => {
                self.symbol(',', "a comma", usage)?;
                let seed = self.seed()?;
                self.symbol(',', "a comma", usage)?;
                let sigma = self.number()?;
                let (locked, held) = self.holds(usage)?;
                let vary = Vary {
                    seed,
                    sigma,
                    locked,
                    held,
                };
                Expr::Vary(expr.into(), vary)
            }
            Place::Given => {
                self.symbol(',', "a comma", usage)?;
                Expr::Given(expr.into(), self.condition(usage)?)
            }
            Place::First(pair) => {
                self.symbol(',', "a comma", usage)?;
                frame.place = Place::Second(pair, Part { expr, depth });
                return Ok(None);
            }
            Place::Second(pair, first) => {
                if !matches!(pair, Pair::ProjectOut) {
                    self.symbol(',', "a comma", usage)?;
                }
                depth = depth.max(first.depth);
                let (a, b) = (first.expr, expr);
                match pair {
                    Pair::Mix => self.mixed(a, b, usage)?,
                    Pair::ProjectOut => Expr::ProjectOut(a.into(), b.into()),
                    Pair::Cross => {
                        let seed = self.seed()?;
                        let locked = self.locks(usage)?;
                        Expr::Cross(a.into(), b.into(), Cross { seed, locked })
                    }
                    Pair::Edit => Expr::Edit(a.into(), b.into(), self.redraw(usage)?),
                    Pair::Lerp => Expr::Lerp(a.into(), b.into(), self.number()?),
                    Pair::Slerp => Expr::Slerp(a.into(), b.into(), self.number()?),
                }
            }
        };
        self.symbol(')', "a closing parenthesis", usage)?;
        self.node(frame.column, depth, expr).map(Some)
    }

    /// Reads a call that takes no codes, or the beginning of one that does.
    fn call(&mut self) -> Result<Start, Fault> {
        let word = self.advance()?;
        let (name, column) = (word.text, word.column);
        let Some(usage) = usage(name) else {
            let mut message = unknown_call(name);
            if !self.token.is('(') {
                message += &format!(" (a named code is written @{name})");
            }
            return Err(Fault::new(column, message));
        };
        self.symbol('(', "an opening parenthesis", usage)?;
        let place = match name {
            "seed" | "dir" | "encode" => {
                let expr = match name {
                    "seed" => Expr::Seed(self.seed()?),
                    "dir" => Expr::Direction(self.text(usage)?),
                    _ => Expr::Encode(self.text(usage)?),
                };
                self.symbol(')', "a closing parenthesis", usage)?;
                return self.node(column, 0, expr).map(Start::Done);
            }
            "at" => {
                let space = self.space(usage)?;
                self.symbol(',', "a comma", usage)?;
                if !self.token.is('[') {
                    return Err(self.expected_for("an opening bracket", usage));
                }
                let expr = Expr::At(space, self.numbers()?);
                self.symbol(')', "a closing parenthesis", usage)?;
                return self.node(column, 0, expr).map(Start::Done);
            }
            "fill" => {
                let space = self.space(usage)?;
                self.symbol(',', "a comma", usage)?;
                let expr = Expr::Fill(space, self.entry(usage)?);
                self.symbol(')', "a closing parenthesis", usage)?;
                return self.node(column, 0, expr).map(Start::Done);
            }
            "mean" if self.token.is(')') => {
                return Err(self.fault("mean needs at least one code"));
            }
            "mean" => Place::Mean(Vec::new(), 0),
            "w" => Place::W,
            "map" => Place::Map,
            "truncate" => Place::Truncate,
            "vary" => Place::Vary,
            "given" => Place::Given,
            "project_out" => Place::First(Pair::ProjectOut),
            "cross" => Place::First(Pair::Cross),
            "edit" => Place::First(Pair::Edit),
            "lerp" => Place::First(Pair::Lerp),
            "slerp" => Place::First(Pair::Slerp),
            _ => Place::First(Pair::Mix),
        };
        Ok(Start::Open(Frame::new(place, column, usage)))
    }

    /// Moves on to the next token and gives the one that was next until now.
    fn advance(&mut self) -> Result<Token<'a>, Fault> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn symbol(&mut self, symbol: char, called: &str, usage: &str) -> Result<(), Fault> {
        if !self.token.is(symbol) {
            return Err(self.expected_for(called, usage));
        }
        self.advance().map(drop)
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(self.token.column, message)
    }

    fn expected(&self, what: &str) -> Fault {
        self.expected_for(what, "")
    }

    fn expected_for(&self, what: &str, usage: &str) -> Fault {
        let separator = if usage.is_empty() { "" } else { "; " };
        let found = self.token.found();
        self.fault(format!("expected {what}, {found}{separator}{usage}"))
    }

    /// Counts a new node and gives the part of the tree that it is the root of.
    fn node(&mut self, column: usize, depth_below: usize, expr: Expr) -> Result<Part, Fault> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = format!("the expression has more than {MAX_NODES} parts");
            return Err(Fault::new(column, message));
        }
        if depth_below >= MAX_DEPTH {
            return Err(too_deep(column));
        }
        let depth = depth_below + 1;
        Ok(Part { expr, depth })
    }
}

/// Refuses what would not parse again once it is printed, with the spaces that printing adds
/// and with numbers such as `1e8` written out. That makes a text at most three times as long.
fn storable(expr: Expr, text: &str) -> Result<Expr, Fault> {
    if text.len() > MAX_TEXT_BYTES / 3 && !text_fits(&expr) {
        let message = format!("written out, the expression is longer than {MAX_TEXT_BYTES} bytes");
        return Err(Fault::new(1, message));
    }
    Ok(expr)
}

fn too_deep(column: usize) -> Fault {
    let message = format!(
        "more than {MAX_DEPTH} operations build on one another here; \
         take the average of many codes with mean(...)"
    );
    Fault::new(column, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_design() {
        for text in [
            "seed(42)",
            "slerp(seed(3), seed(9), 0.4)",
            "mean(@smiling) - mean(@neutral) + @me",
            "seed(7) + 1.5*dir(\"glasses\")",
            "mix(seed(1), seed(2), layers 4..9)",
            "truncate(w(seed(5)), 0.7)",
            "encode(\"photo.png\")",
            "project_out(@me, dir(\"glasses\"))",
            "vary(seed(1), 7, 0.3)",
            "vary(w(seed(1)), 7, 0.3, lock [0, 3..5])",
            "vary(map(seed(1), \"w+\"), 7, 0.3, lock [0..2, \"smile\"])",
            "cross(seed(1), @me, 7)",
            "cross(seed(1), @me, 7, lock [2])",
            "mix(seed(1), seed(2), cells [0, 3..5])",
            "at(\"w+\", [1, -0.5])",
            "fill(\"codes\", 17)",
            "mix(seed(1), fill(\"codes\", 0), cells [0, 3..5])",
            "map(w(seed(1)), \"h-2\")",
            "given(seed(7), \"3\")",
            "given(seed(7), 0.4*\"3\", 0.6*\"8\")",
            "given(seed(7), \"smile\", -\"hat\", -0.5*\"red hair\")",
            "edit(seed(7), encode(\"photo.png\"), 0.6)",
            "given(edit(seed(7), @me, 1, cells [0, 3..5]), \"3\")",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_spellings_of_the_same_tree() {
        for (text, printed) in [
            ("seed(1)*2", "2*seed(1)"),
            ("2 * seed(1) * -3", "-3*2*seed(1)"),
            (" ( ( seed( 1 ) ) ) ", "seed(1)"),
            ("@me-@you", "@me - @you"),
            ("@me-you", "@me-you"),
            ("@\"me\"", "@me"),
            ("[.5, 5., +1e2, -2E-1]", "[0.5, 5, 100, -0.2]"),
            ("mix(@a,@b,layers 4..5)", "mix(@a, @b, layers 4)"),
            ("- 2*seed(1)", "-2*seed(1)"),
            ("-seed(1)*2", "2*-seed(1)"),
            ("map( seed(1),\"w\" )", "w(seed(1))"),
            ("at(\"w\",[1,2])", "at(\"w\", [1, 2])"),
            ("seed(1)-2*seed(2)", "seed(1) - 2*seed(2)"),
            (
                "given(@a,-1*\"a\", 1*\"b\",+2*\"c\")",
                "given(@a, -\"a\", \"b\", 2*\"c\")",
            ),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), printed, "{text}");
        }
    }
}

//! What stands in calls and vectors beside codes: seeds, numbers, layers, locks, texts.

use super::super::ast::{Expr, LayerRange, Redraw};
use super::super::lexer::{Fault, Kind};
use super::{Parser, Part};
use crate::latent::{Condition, Space};
use std::ops::Range;

impl Parser<'_> {
    /// A code written out, from its opening bracket on.
    pub(super) fn vector(&mut self) -> Result<Part, Fault> {
        let column = self.token.column;
        let values = self.numbers()?;
        self.node(column, 0, Expr::Vector(values))
    }

    /// The numbers of a code written out, from the opening bracket on.
    pub(super) fn numbers(&mut self) -> Result<Vec<f32>, Fault> {
        self.advance()?;
        if self.token.is(']') {
            return Err(self.fault("a vector needs at least one number, as in [0.5, -1.2]"));
        }
        let mut values = vec![self.number()?];
        while self.token.is(',') {
            self.advance()?;
            values.push(self.number()?);
        }
        self.symbol(']', "a comma or a closing bracket", "")?;
        Ok(values)
    }

    /// The name of a space in quotes.
    pub(super) fn space(&mut self, usage: &str) -> Result<Space, Fault> {
        let column = self.token.column;
        let name = self.text(usage)?;
        Space::named(&name).map_err(|error| Fault::new(column, error.to_string()))
    }

    pub(super) fn seed(&mut self) -> Result<u32, Fault> {
        let column = self.token.column;
        let negative = self.token.is('-');
        if negative {
            self.advance()?;
        }
        if self.token.kind != Kind::Number {
            return Err(self.expected("a seed, a whole number from 0 to 4294967295"));
        }
        match self.token.text.parse() {
            Ok(seed) if !negative => {
                self.advance()?;
                Ok(seed)
            }
            _ => Err(Fault::new(
                column,
                "a seed is a whole number from 0 to 4294967295",
            )),
        }
    }

    /// The number of an entry of a codebook.
    pub(super) fn entry(&mut self, usage: &str) -> Result<u32, Fault> {
        let column = self.token.column;
        let negative = self.token.is('-');
        if negative {
            self.advance()?;
        }
        if self.token.kind != Kind::Number {
            return Err(self.expected_for("an index, a whole number from 0 on", usage));
        }
        match self.token.text.parse() {
            Ok(index) if !negative => {
                self.advance()?;
                Ok(index)
            }
            _ => Err(Fault::new(column, "an index is a whole number from 0 on")),
        }
    }

    /// `layers 4..9`, or `layers 4` for one layer.
    pub(super) fn layers(&mut self, usage: &str) -> Result<LayerRange, Fault> {
        if self.token.kind != Kind::Word || self.token.text != "layers" {
            return Err(self.expected_for("the word `layers`", usage));
        }
        self.advance()?;
        let range = self.range("a layer number, as in layers 4..9")?;
        Ok(LayerRange {
            start: range.start,
            end: range.end,
        })
    }

    /// `, lock [0, 3..5]`, or nothing.
    pub(super) fn locks(&mut self, usage: &str) -> Result<Vec<Range<usize>>, Fault> {
        match self.lock(usage)? {
            true => self.ranges("a number to lock, as in lock [0, 3..5]", usage),
            false => Ok(Vec::new()),
        }
    }

    /// `, lock [0, 3..5, "smile"]`, or nothing: what is locked, and the directions that are held.
    pub(super) fn holds(&mut self, usage: &str) -> Result<(Vec<Range<usize>>, Vec<String>), Fault> {
        let (mut locked, mut held) = (Vec::new(), Vec::new());
        if !self.lock(usage)? {
            return Ok((locked, held));
        }
        self.symbol('[', "an opening bracket", usage)?;
        loop {
            if matches!(self.token.kind, Kind::Text(_)) {
                held.push(self.text(usage)?);
            } else {
                let called = "a number to lock, as in lock [0, 3..5], or a direction in quotes";
                locked.push(self.range(called)?);
            }
            if !self.token.is(',') {
                break;
            }
            self.advance()?;
        }
        self.symbol(']', "a comma or a closing bracket", "")?;
        Ok((locked, held))
    }

    /// `, lock`. Returns whether it stands there.
    fn lock(&mut self, usage: &str) -> Result<bool, Fault> {
        if !self.token.is(',') {
            return Ok(false);
        }
        self.advance()?;
        if self.token.kind != Kind::Word || self.token.text != "lock" {
            return Err(self.expected_for("the word `lock`", usage));
        }
        self.advance()?;
        Ok(true)
    }

    /// `layers 4..9`, or `cells [0, 3..5]`, of two codes that are mixed.
    pub(super) fn mixed(&mut self, a: Expr, b: Expr, usage: &str) -> Result<Expr, Fault> {
        let (a, b) = (a.into(), b.into());
        if let Some(cells) = self.cells(usage)? {
            return Ok(Expr::MixCells(a, b, cells));
        }
        if self.token.kind != Kind::Word || self.token.text != "layers" {
            return Err(self.expected_for("the word `layers` or `cells`", usage));
        }
        Ok(Expr::Mix(a, b, self.layers(usage)?))
    }

    /// `cells [0, 3..5]`; `None` where the word is another.
    fn cells(&mut self, usage: &str) -> Result<Option<Vec<Range<usize>>>, Fault> {
        if self.token.kind != Kind::Word || self.token.text != "cells" {
            return Ok(None);
        }
        self.advance()?;
        let cells = self.ranges("the number of a cell, as in cells [0, 3..5]", usage);
        cells.map(Some)
    }

    /// `0.6`, or `0.6, cells [0, 3..5]`.
    pub(super) fn redraw(&mut self, usage: &str) -> Result<Redraw, Fault> {
        let strength = self.number()?;
        let mut cells = Vec::new();
        if self.token.is(',') {
            self.advance()?;
            let found = self.cells(usage)?;
            cells = found.ok_or_else(|| self.expected_for("the word `cells`", usage))?;
        }
        Ok(Redraw { strength, cells })
    }

    /// `[0, 3..5]`
    fn ranges(&mut self, called: &str, usage: &str) -> Result<Vec<Range<usize>>, Fault> {
        self.symbol('[', "an opening bracket", usage)?;
        let mut ranges = Vec::new();
        loop {
            ranges.push(self.range(called)?);
            if !self.token.is(',') {
                break;
            }
            self.advance()?;
        }
        self.symbol(']', "a comma or a closing bracket", "")?;
        Ok(ranges)
    }

    /// `4..9`, or `4` for a range of one.
    fn range(&mut self, called: &str) -> Result<Range<usize>, Fault> {
        let column = self.token.column;
        let start = self.index(called)?;
        let end = if self.token.kind == Kind::DotDot {
            self.advance()?;
            self.index(called)?
        } else {
            start
                .checked_add(1)
                .ok_or_else(|| Fault::new(column, "this number is too large"))?
        };
        Ok(start..end)
    }

    fn index(&mut self, called: &str) -> Result<usize, Fault> {
        match (&self.token.kind, self.token.text.parse()) {
            (Kind::Number, Ok(index)) => {
                self.advance()?;
                Ok(index)
            }
            _ => Err(self.expected(called)),
        }
    }

    /// The words of a condition with their weights: `"a", -"b", 0.5*"c"`.
    pub(super) fn condition(&mut self, usage: &str) -> Result<Condition, Fault> {
        let mut condition = Condition::default();
        loop {
            let is_negative = self.token.is('-');
            let weight = if is_negative {
                self.advance()?;
                // A minus may stand before a number or before the word itself.
                match self.token.kind {
                    Kind::Number => -self.factor(usage)?,
                    _ => -1.0,
                }
            } else if matches!(self.token.kind, Kind::Number | Kind::Symbol('+')) {
                self.factor(usage)?
            } else {
                1.0
            };
            let column = self.token.column;
            let word = self.text(usage)?;
            condition
                .add(word, weight)
                .map_err(|word| Fault::new(column, format!("{word:?} is given twice")))?;
            if !self.token.is(',') {
                return Ok(condition);
            }
            self.advance()?;
        }
    }

    /// `0.5*`
    fn factor(&mut self, usage: &str) -> Result<f32, Fault> {
        let number = self.number()?;
        self.symbol('*', "`*` and a word", usage)?;
        Ok(number)
    }

    /// A text in quotes.
    pub(super) fn text(&mut self, usage: &str) -> Result<String, Fault> {
        match &self.token.kind {
            Kind::Text(text) => {
                let text = text.clone();
                self.advance()?;
                Ok(text)
            }
            _ => Err(self.expected_for("a text in quotes", usage)),
        }
    }

    /// A number with or without a sign.
    pub(super) fn number(&mut self) -> Result<f32, Fault> {
        let column = self.token.column;
        let negative = self.token.is('-');
        if negative || self.token.is('+') {
            self.advance()?;
        }
        if self.token.kind != Kind::Number {
            return Err(self.expected("a number"));
        }
        match self.token.text.parse::<f32>() {
            Ok(number) if number.is_finite() => {
                self.advance()?;
                Ok(if negative { -number } else { number })
            }
            _ => Err(Fault::new(
                column,
                "this number is too large; numbers go up to 3.4e38",
            )),
        }
    }
}

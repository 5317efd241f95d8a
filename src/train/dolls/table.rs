//! A table of TOML read value by value, with faults that name their line.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// More letters than any name has; longer ones are cut short in faults.
pub const MAX_NAME: usize = 64;

/// A fault with the line of its place.
pub fn fault(text: &str, at: usize, fault: impl Display) -> String {
    let before = text.as_bytes().iter().take(at);
    let line = 1 + before.filter(|&&byte| byte == b'\n').count();
    format!("is wrong in line {line}: {fault}")
}

/// A table with what is needed to say what is wrong with it. Every method that can fail gives a
/// predicate with the line, such as "is wrong in line 7: …".
pub struct Table<'a> {
    pub text: &'a str,
    /// What it is called in faults.
    pub name: String,
    /// Where it begins in the text, in bytes.
    pub at: usize,
    pub entries: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    /// The value of a key that must be there, and its place.
    pub fn value(&self, key: &str) -> Result<(usize, &'a DeValue<'a>), String> {
        let value = self.entries.get(key).ok_or_else(|| {
            let message = format!("{} must have `{key}`", self.name);
            fault(self.text, self.at, message)
        })?;
        Ok((value.span().start, value.get_ref()))
    }

    /// The table under a key that must be there.
    pub fn table(&self, key: &str) -> Result<Table<'a>, String> {
        self.value(key)?;
        self.inner(key, &self.entries[key])
    }

    /// A value of this table that must be a table itself.
    pub fn inner(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Result<Table<'a>, String> {
        let Range { start, .. } = value.span();
        match value.get_ref() {
            DeValue::Table(entries) => Ok(Table {
                text: self.text,
                name: key.to_owned(),
                at: start,
                entries,
            }),
            _ => Err(fault(
                self.text,
                start,
                format!("`{key}` must be a table of names and values"),
            )),
        }
    }

    /// The text under a key that must be there.
    pub fn string(&self, key: &str) -> Result<String, String> {
        match self.value(key)? {
            (_, DeValue::String(text)) => Ok(text.to_string()),
            (at, _) => Err(fault(
                self.text,
                at,
                format!("`{key}` must be a text in quotes"),
            )),
        }
    }

    /// The number under a key that must be there, within a range.
    pub fn number(&self, key: &str, range: RangeInclusive<f64>) -> Result<f64, String> {
        self.value(key)?;
        self.value_number(key, &self.entries[key], range)
    }

    /// A value as a number within a range; `key` is what faults call it.
    pub fn value_number(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        range: RangeInclusive<f64>,
    ) -> Result<f64, String> {
        let found = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
            _ => None,
        };
        found.filter(|found| range.contains(found)).ok_or_else(|| {
            let (from, to) = (range.start(), range.end());
            let message = format!("`{key}` must be a number from {from} to {to}");
            fault(self.text, value.span().start, message)
        })
    }

    /// Checks that there is no other key.
    pub fn only(&self, known: &[&str]) -> Result<(), String> {
        let unknown = self.entries.iter();
        let mut unknown = unknown.filter(|(key, _)| !known.contains(&key.get_ref().as_ref()));
        match unknown.next() {
            None => Ok(()),
            Some((key, _)) => {
                let name: String = key.get_ref().chars().take(MAX_NAME).collect();
                let message = format!("{} has no `{name}`", self.name);
                Err(fault(self.text, key.span().start, message))
            }
        }
    }

    /// A fault of the value of a key.
    pub fn fault_at(&self, key: &str, message: impl Display) -> String {
        let at = self.entries.get(key).map_or(self.at, |v| v.span().start);
        let key: String = key.chars().take(MAX_NAME).collect();
        fault(self.text, at, format!("`{key}` {message}"))
    }
}

//! JSON as this program writes it and as far as it believes it.

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::Serialize;
use serde_json::{Map, Number, Value, ser::Formatter};
use std::cell::Cell;
use std::fmt;
use std::io::{self, Write};
use std::marker::PhantomData;

/// Whether a field need not be written.
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How deep the lines of a written file are indented; what lies deeper stays on one line.
const LINES_DEPTH: usize = 3;

/// The JSON of `value` with one line for every entry of its lists, for people and for `diff`.
///
/// # Errors
///
/// When something in `value` has no JSON, such as a map with keys that are not texts.
pub fn to_lines<T: Serialize>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Lines::default());
    value.serialize(&mut serializer)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Breaks lines down to [`LINES_DEPTH`].
#[derive(Default)]
struct Lines {
    depth: usize,
    has_entries: bool,
}

impl Lines {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.has_entries = false;
        out.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        let breaks = self.depth <= LINES_DEPTH && self.has_entries;
        self.depth -= 1;
        self.has_entries = true;
        if breaks {
            self.new_line(out)?;
        }
        out.write_all(bracket)
    }

    fn entry<W: ?Sized + Write>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        if !is_first {
            out.write_all(b",")?;
        }
        if self.depth <= LINES_DEPTH {
            self.new_line(out)
        } else if is_first {
            Ok(())
        } else {
            out.write_all(b" ")
        }
    }

    fn new_line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.entry(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _out: &mut W) -> io::Result<()> {
        self.has_entries = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.entry(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _out: &mut W) -> io::Result<()> {
        self.has_entries = true;
        Ok(())
    }
}

/// Reads a list of at most `MAX` entries.
///
/// # Errors
///
/// When it is no list, or a longer one.
pub fn list<'de, const MAX: usize, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: de::Deserialize<'de>,
{
    struct List<T, const MAX: usize>(PhantomData<T>);
    impl<'de, T: de::Deserialize<'de>, const MAX: usize> Visitor<'de> for List<T, MAX> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = seq.next_element()? {
                if entries.len() == MAX {
                    let message = format!("a list has more than {MAX} entries");
                    return Err(de::Error::custom(message));
                }
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    deserializer.deserialize_seq(List::<T, MAX>(PhantomData))
}

/// How many values a list of free JSON may hold, all its entries together: each takes far more
/// memory than text, and the text may be hostile.
pub const MAX_FREE_VALUES: usize = 1_000_000;

/// Reads a list of free JSON values, as many as [`MAX_FREE_VALUES`] in all.
///
/// # Errors
///
/// When it is no list, or has more values.
pub fn free_values<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    struct List;
    impl<'de> Visitor<'de> for List {
        type Value = Vec<Value>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Value>, A::Error> {
            let left = Cell::new(MAX_FREE_VALUES);
            let mut values = Vec::new();
            while let Some(value) = seq.next_element_seed(Bounded(&left))? {
                values.push(value);
            }
            Ok(values)
        }
    }
    deserializer.deserialize_seq(List)
}

/// Reads one free JSON value, or `null` for none.
///
/// # Errors
///
/// When it has more than [`MAX_FREE_VALUES`] values.
pub fn free_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    let left = Cell::new(MAX_FREE_VALUES);
    let value = Bounded(&left).deserialize(deserializer)?;
    Ok((!value.is_null()).then_some(value))
}

/// Reads a value and counts down.
#[derive(Clone, Copy)]
struct Bounded<'a>(&'a Cell<usize>);

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let Some(left) = self.0.get().checked_sub(1) else {
            return Err(de::Error::custom(format!(
                "it has more than {MAX_FREE_VALUES} settings of tools"
            )));
        };
        self.0.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            map.insert(key, entries.next_value_seed(self)?);
        }
        Ok(Value::Object(map))
    }
}

/// Lists of `f32` that come back bit for bit, in as few digits as that takes.
///
/// JSON numbers are read as `f64` and only then as `f32`. The shortest text of an `f32` may lie
/// so close to the middle between two of them that the detour leads to the wrong one.
pub mod exact {
    use crate::latent::expr::limits::MAX_CODE_LEN;
    use serde::de::{Deserialize, Deserializer};
    use serde::ser::{SerializeSeq, Serializer};

    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(values.len()))?;
        for &value in values {
            list.serialize_element(&short(value))?;
        }
        list.end()
    }

    /// # Errors
    ///
    /// When it is no list of numbers, or one of more than a code may have.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
        struct Narrowed(f32);
        impl<'de> Deserialize<'de> for Narrowed {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                f64::deserialize(deserializer).map(|value| Self(value as f32))
            }
        }
        let values = super::list::<MAX_CODE_LEN, _, Narrowed>(deserializer)?;
        Ok(values.into_iter().map(|value| value.0).collect())
    }

    /// The `f64` with the digits of the shortest text, where even a careless reader finds the
    /// way back from it.
    fn short(value: f32) -> f64 {
        let exact = f64::from(value);
        let short: f64 = value.to_string().parse().unwrap_or(exact);
        // serde_json reads within a few units of the last place.
        let slack = short.abs() * 1e-15;
        let is_safe = [short - slack, short, short + slack].map(|near| near as f32) == [value; 3];
        if is_safe { short } else { exact }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(serde::Serialize, Deserialize, PartialEq, Debug)]
    struct Numbers(#[serde(with = "exact")] Vec<f32>);

    #[test]
    fn numbers_come_back_bit_for_bit() {
        // A walk over all magnitudes with an odd step.
        let all: Vec<f32> = (0..f32::MAX.to_bits())
            .step_by(65_521)
            .flat_map(|bits| [f32::from_bits(bits), -f32::from_bits(bits)])
            .filter(|value| value.is_finite())
            .chain([f32::MAX, f32::MIN_POSITIVE, 1e-45])
            .collect();
        let text = serde_json::to_string(&Numbers(all.clone())).expect("numbers are JSON");
        let read: Numbers = serde_json::from_str(&text).expect("it was just written");
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&read.0), bits(&all));
        let text = serde_json::to_string(&Numbers(vec![0.1, -2.5])).expect("numbers are JSON");
        assert_eq!(text, "[0.1,-2.5]");
    }

    #[test]
    fn lists_have_a_line_for_every_entry() {
        let value = serde_json::json!({"a": [{"b": [1, 2]}, {}], "c": []});
        let bytes = to_lines(&value).expect("it is JSON");
        let text = String::from_utf8(bytes).expect("JSON is text");
        assert_eq!(
            text,
            "{\n  \"a\": [\n    {\n      \"b\": [1, 2]\n    },\n    {}\n  ],\n  \"c\": []\n}\n"
        );
    }

    #[test]
    fn free_json_is_bounded() {
        #[derive(Deserialize, Debug)]
        struct Free {
            #[serde(deserialize_with = "free_values")]
            list: Vec<Value>,
        }
        let text = r#"{"list": [{"a": [1, -2, 0.5, null, true, "x"]}, []]}"#;
        let read: Free = serde_json::from_str(text).expect("it is small");
        let value: Value = serde_json::from_str(text).expect("it is JSON");
        assert_eq!(Value::Array(read.list), value["list"]);
        let text = format!(r#"{{"list": [[{}0]]}}"#, "0,".repeat(MAX_FREE_VALUES));
        let error = serde_json::from_str::<Free>(&text).expect_err("it is too much");
        assert!(error.to_string().contains("more than"), "{error}");
    }
}

//! What a toy is set to, and how question files write it: `"the latent" with "temperature 0.5"`.

use super::aliasing::{self, Function};
use super::attention::{Head, Settings};
use super::corpus::append;
use super::decoding::Decoding;
use super::flow::{self, Data};
use super::kind::Kind;
use std::fmt;

/// The longest text of a toy, in characters.
pub const MAX_TEXT: usize = 400;

/// A toy with all that it is set to.
#[derive(Clone, PartialEq, Debug)]
pub struct Play {
    kind: Kind,
    text: String,
    /// In the order of [`Kind::numbers`].
    values: Vec<f64>,
}

impl Play {
    /// A text with usual settings. Quotation marks and line ends in it become blanks, and what is
    /// longer than [`MAX_TEXT`] loses its beginning.
    pub fn new(kind: Kind, text: &str) -> Self {
        let mut play = Self {
            kind,
            text: String::new(),
            values: kind.numbers().iter().map(|it| it.default).collect(),
        };
        play.set_text(text);
        play
    }

    /// Reads `"the latent" with "temperature 0.5, top_k 3"`; what follows `with` may be missing.
    ///
    /// # Errors
    /// A sentence about what is wrong.
    pub fn read(kind: Kind, source: &str) -> Result<Self, String> {
        let form =
            || format!("{source} is no text in quotation marks, with settings after it or not");
        let rest = source.trim().strip_prefix('"').ok_or_else(form)?;
        let (text, rest) = rest.split_once('"').ok_or_else(form)?;
        if text.chars().count() > MAX_TEXT {
            return Err(format!("a text of a toy has up to {MAX_TEXT} characters"));
        }
        if let Some(fault) = kind.fault_of_text(text) {
            return Err(fault);
        }
        let mut play = Self::new(kind, text);
        let rest = rest.trim();
        if rest.is_empty() {
            return Ok(play);
        }
        let settings = rest.strip_prefix("with").map(str::trim);
        let settings = settings.and_then(|it| it.strip_prefix('"')?.strip_suffix('"'));
        play.adjust(settings.ok_or_else(form)?)?;
        Ok(play)
    }

    /// Takes settings such as `temperature 0.5, top_k 3`.
    ///
    /// # Errors
    /// A sentence about the first that cannot be.
    pub fn adjust(&mut self, settings: &str) -> Result<(), String> {
        for setting in settings.split(',').map(str::trim) {
            let (key, value) = setting
                .split_once(char::is_whitespace)
                .unwrap_or((setting, ""));
            let numbers = self.kind.numbers();
            let Some(place) = numbers.iter().position(|it| it.key == key) else {
                let known: Vec<&str> = numbers.iter().map(|it| it.key).collect();
                let (kind, known) = (self.kind.key(), known.join(", "));
                return Err(format!("{key:?} is no setting of {kind}, only {known}"));
            };
            let number = &numbers[place];
            let (low, high) = (number.range.start(), number.range.end());
            let value = value.trim();
            let read = value.parse().ok().filter(|it| number.range.contains(it));
            let read =
                read.and_then(|it: f64| number.within(it).filter(|near| (near - it).abs() < 1e-9));
            self.values[place] = read
                .ok_or_else(|| format!("{key} is a number from {low} to {high}, not {value:?}"))?;
        }
        Ok(())
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes another text, as [`Self::new`] does.
    pub fn set_text(&mut self, text: &str) {
        let clean = text.chars().map(|c| match c {
            '"' => ' ',
            c if c.is_control() => ' ',
            c => c,
        });
        let clean: Vec<char> = clean.collect();
        self.text = clean[clean.len().saturating_sub(MAX_TEXT)..]
            .iter()
            .collect();
    }

    /// Adds a word to the text.
    pub fn append(&mut self, word: &str) {
        let mut text = self.text.clone();
        append(&mut text, word);
        self.set_text(&text);
    }

    /// What a number is set to; `None` for one that this toy lacks.
    pub fn get(&self, key: &str) -> Option<f64> {
        let place = self.kind.numbers().iter().position(|it| it.key == key)?;
        self.values.get(place).copied()
    }

    /// Sets a number, as far as its range goes. What is no number, or no setting of this toy,
    /// changes nothing.
    pub fn set(&mut self, key: &str, value: f64) {
        let numbers = self.kind.numbers().iter().zip(&mut self.values);
        for (number, kept) in numbers.filter(|(number, _)| number.key == key) {
            *kept = number.within(value).unwrap_or(*kept);
        }
    }

    fn whole(&self, key: &str) -> usize {
        // Ranges begin at 0 or above and end far below the largest whole number.
        self.get(key).map_or(0, |value| value as usize)
    }

    /// How the next word is chosen; greedy for a toy that chooses none.
    pub fn decoding(&self) -> Decoding {
        let temperature = self.get("temperature").unwrap_or_default();
        let top_p = self.get("top_p").unwrap_or(1.0);
        Decoding::new(temperature, self.whole("top_k"), top_p).unwrap_or(Decoding::GREEDY)
    }

    pub fn seed(&self) -> u32 {
        u32::try_from(self.whole("seed")).unwrap_or(0)
    }

    /// How weights of attention are computed.
    pub fn attention(&self) -> Settings {
        Settings {
            head: Head::of_number(self.whole("head")).unwrap_or(Head::Meaning),
            is_causal: self.whole("causal") == 1,
            is_scaled: self.whole("scaled") == 1,
        }
    }

    /// What a flow is set to; the first data where the text names none.
    pub fn flow(&self) -> flow::Settings {
        let number = |key| self.get(key).unwrap_or_default();
        flow::Settings {
            data: Data::of_key(&self.text).unwrap_or(Data::Moons),
            percent: self.whole("training"),
            layers: self.whole("layers"),
            temperature: number("temperature"),
            z: [number("z1"), number("z2")],
        }
    }

    /// What a nonlinearity on a grid is set to; a leaky ReLU where the text names none.
    pub fn aliasing(&self) -> aliasing::Settings {
        aliasing::Settings {
            function: Function::of_key(&self.text).unwrap_or(Function::Leaky),
            frequency: self.whole("frequency"),
            shift: self.get("shift").unwrap_or_default(),
            upsampling: self.whole("upsampling").max(1),
            filter: self.whole("filter"),
        }
    }

    /// How many pairs are joined.
    pub fn joins(&self) -> usize {
        self.whole("joins")
    }
}

/// As [`Play::read`] takes it; usual settings are left out.
impl fmt::Display for Play {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.text)?;
        let numbers = self.kind.numbers().iter().zip(&self.values);
        let changed = numbers.filter(|(number, value)| number.default != **value);
        let words: Vec<String> = changed
            .map(|(it, value)| format!("{} {value}", it.key))
            .collect();
        match words.is_empty() {
            true => Ok(()),
            false => write!(f, " with \"{}\"", words.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for (kind, text) in [
            (
                Kind::NextWord,
                "\"the latent\" with \"temperature 0.5, top_k 3, top_p 0.9, seed 12\"",
            ),
            (Kind::NextWord, "\"\""),
            (Kind::Attention, "\"a b\" with \"head 2, causal 0\""),
            (Kind::Pieces, "\"strawberry\" with \"joins 0\""),
            (
                Kind::Flow,
                "\"ring\" with \"training 50, layers 3, z1 -0.5\"",
            ),
            (
                Kind::Aliasing,
                "\"relu\" with \"frequency 5, shift 0.25, upsampling 4, filter 0\"",
            ),
        ] {
            let play = Play::read(kind, text).expect("a play");
            assert_eq!(play.to_string(), text);
            assert_eq!(Play::read(kind, &play.to_string()), Ok(play));
        }
        let usual = Play::read(Kind::NextWord, "\"a\" with \"temperature 1\"").expect("a play");
        assert_eq!(usual.to_string(), "\"a\"");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, part) in [
            ("the latent", "quotation marks"),
            ("\"the latent", "quotation marks"),
            ("\"a\" \"temperature 1\"", "quotation marks"),
            ("\"a\" with temperature 1", "quotation marks"),
            (
                "\"a\" with \"temperature NaN\"",
                "temperature is a number from 0 to 3",
            ),
            ("\"a\" with \"temperature -1\"", "temperature is a number"),
            ("\"a\" with \"temperature\"", "temperature is a number"),
            (
                "\"a\" with \"top_k 0\"",
                "top_k is a number from 1 to 10000",
            ),
            ("\"a\" with \"top_k 2.5\"", "top_k is a number"),
            ("\"a\" with \"top_p 0\"", "top_p is a number"),
            ("\"a\" with \"head 2\"", "no setting of next-word"),
            ("\"a\" with \"\"", "no setting"),
        ] {
            let fault = Play::read(Kind::NextWord, text).expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
        for (kind, text, part) in [
            (Kind::Flow, "\"squares\"", "moons, islands, ring"),
            (
                Kind::Flow,
                "\"moons\" with \"layers 9\"",
                "layers is a number from 0 to 8",
            ),
            (
                Kind::Flow,
                "\"moons\" with \"z1 3.5\"",
                "z1 is a number from -3 to 3",
            ),
            (
                Kind::Aliasing,
                "\"moons\"",
                "names its function, one of linear, square, relu, leaky, silu",
            ),
            (
                Kind::Aliasing,
                "\"relu\" with \"frequency 8\"",
                "frequency is a number from 1 to 7",
            ),
            (
                Kind::Aliasing,
                "\"relu\" with \"upsampling 0\"",
                "upsampling is a number from 1 to 8",
            ),
        ] {
            let fault = Play::read(kind, text).expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
        let long = format!("\"{}\"", "a".repeat(MAX_TEXT + 1));
        assert!(Play::read(Kind::Pieces, &long).is_err());
    }

    #[test]
    fn no_control_sets_it_to_nonsense() {
        let mut play = Play::new(Kind::NextWord, "one\n\"two\"");
        assert_eq!(play.text(), "one  two ");
        play.set("temperature", f64::NAN);
        assert_eq!(play.get("temperature"), Some(1.0));
        play.set("temperature", f64::INFINITY);
        assert_eq!(play.get("temperature"), Some(3.0));
        play.set("top_k", -4.0);
        play.set("head", 2.0);
        assert_eq!(
            play.to_string(),
            "\"one  two \" with \"temperature 3, top_k 1\""
        );
        assert_eq!(play.get("head"), None);
        play.set("temperature", 0.800_000_011_9);
        assert_eq!(play.get("temperature"), Some(0.8));
        play.set_text(&"é".repeat(1000));
        assert_eq!(play.text().chars().count(), MAX_TEXT);
    }
}

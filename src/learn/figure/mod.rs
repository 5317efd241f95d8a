//! Figures in the texts of questions: pictures that models draw, charts and block diagrams.
//!
//! A figure is a code block named `figure` with TOML in it. What it shows is data here; windows and
//! terminals draw it in their own ways.

mod chart;
mod diagram;
mod terminal;

pub use chart::{Axis, Bars, Chart, Lines, Marks, Series, ticks};
pub use diagram::{Arrow, Diagram, Node};

use super::question::Formula;
use serde::Deserialize;

/// The word after the fence of a code block that is a figure.
pub const FENCE_WORD: &str = "figure";

/// Most pictures of a figure, and most characters of a word in one.
const MAX_PICTURES: usize = 48;
const MAX_TEXT: usize = 2000;

/// A figure of a text.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// The sentence below it.
    pub caption: String,
    /// What somebody who does not see it should know.
    pub alt: String,
    pub content: Content,
    /// The line of the file on which it begins, from 1.
    pub line: usize,
}

/// What a figure shows.
#[derive(Clone, PartialEq, Debug)]
pub enum Content {
    Pictures(Pictures),
    Chart(Chart),
    Diagram(Diagram),
}

/// Pictures that a model draws, row after row.
#[derive(Clone, PartialEq, Debug)]
pub struct Pictures {
    /// The name of the model.
    pub model: String,
    pub expressions: Vec<Formula>,
    /// A word below each picture, or none at all.
    pub labels: Vec<String>,
    pub columns: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    caption: String,
    alt: Option<String>,
    pictures: Option<RawPictures>,
    lines: Option<chart::RawLines>,
    bars: Option<chart::RawBars>,
    diagram: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPictures {
    model: String,
    show: Vec<String>,
    #[serde(default)]
    labels: Vec<String>,
    columns: Option<usize>,
}

impl Figure {
    /// Reads the text of a code block; `line` is where it begins in its file.
    ///
    /// # Errors
    /// A sentence about what is wrong with it.
    pub fn read(source: &str, line: usize) -> Result<Self, String> {
        let raw: Raw = toml::from_str(source).map_err(|error| error.message().to_owned())?;
        let caption = raw.caption.trim().to_owned();
        if caption.is_empty() || caption.len() > MAX_TEXT {
            return Err(format!("its caption needs 1 to {MAX_TEXT} letters"));
        }
        let content = match (raw.pictures, raw.lines, raw.bars, raw.diagram) {
            (Some(raw), None, None, None) => Content::Pictures(Pictures::read(raw, line)?),
            (None, Some(raw), None, None) => Content::Chart(Chart::of_lines(raw)?),
            (None, None, Some(raw), None) => Content::Chart(Chart::of_bars(raw)?),
            (None, None, None, Some(text)) => Content::Diagram(Diagram::read(&text)?),
            _ => {
                return Err("it has to have one of pictures, lines, bars and diagram".to_owned());
            }
        };
        let alt = match raw.alt {
            Some(alt) => alt.trim().to_owned(),
            None => content.described(),
        };
        Ok(Self {
            caption,
            alt,
            content,
            line,
        })
    }
}

impl Content {
    /// What can be said of it without seeing it.
    fn described(&self) -> String {
        match self {
            Self::Pictures(pictures) => pictures.described(),
            Self::Chart(chart) => chart.described(),
            Self::Diagram(diagram) => diagram.described(),
        }
    }
}

impl Pictures {
    fn read(raw: RawPictures, line: usize) -> Result<Self, String> {
        let count = raw.show.len();
        if !(1..=MAX_PICTURES).contains(&count) {
            return Err(format!(
                "it shows {count} pictures, not 1 to {MAX_PICTURES}"
            ));
        }
        if !raw.labels.is_empty() && raw.labels.len() != count {
            let labels = raw.labels.len();
            return Err(format!("it has {labels} labels for {count} pictures"));
        }
        let columns = raw.columns.unwrap_or(count.min(6));
        if !(1..=12).contains(&columns) {
            return Err(format!("{columns} columns are not 1 to 12"));
        }
        let formula = |text: String| {
            let found = Formula::read(&text, line);
            found.map_err(|error| format!("it shows {text:?}, which {error}"))
        };
        Ok(Self {
            model: raw.model,
            expressions: raw
                .show
                .into_iter()
                .map(formula)
                .collect::<Result<_, _>>()?,
            labels: raw.labels,
            columns,
        })
    }

    fn described(&self) -> String {
        let shown = if self.labels.is_empty() {
            let texts = self.expressions.iter().map(|formula| formula.text.as_str());
            texts.collect::<Vec<_>>()
        } else {
            self.labels.iter().map(String::as_str).collect()
        };
        let plural = if shown.len() == 1 { "" } else { "s" };
        format!(
            "{} picture{plural} by {}: {}",
            shown.len(),
            self.model,
            shown.join("; ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_figure_is_read() {
        let pictures = "caption = \"Two codes\"\n[pictures]\nmodel = \"digits-vae2\"\n\
                        show = [\"[0, 0]\", \"seed(1)\"]\nlabels = [\"middle\", \"seed 1\"]";
        let figure = Figure::read(pictures, 7).expect("it is one");
        assert_eq!(figure.alt, "2 pictures by digits-vae2: middle; seed 1");
        let Content::Pictures(found) = &figure.content else {
            panic!("{figure:?}");
        };
        assert_eq!((found.columns, found.expressions[1].line), (2, 7));

        let lines = "caption = \"c\"\nalt = \"said\"\n[lines]\nx = \"t\"\nfrom = 0\nto = 1\n\
                     [[lines.series]]\nname = \"a\"\nformula = \"x^2\"";
        let figure = Figure::read(lines, 1).expect("it is one");
        assert_eq!(figure.alt, "said");
        assert!(matches!(figure.content, Content::Chart(_)));

        let diagram = "caption = \"c\"\ndiagram = \"\"\"\nx -> encoder -> z\n\"\"\"";
        let figure = Figure::read(diagram, 1).expect("it is one");
        assert_eq!(figure.alt, "x leads to encoder; encoder leads to z");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, part) in [
            ("", "caption"),
            ("caption = \" \"\ndiagram = \"a -> b\"", "caption needs"),
            (
                "caption = \"c\"",
                "one of pictures, lines, bars and diagram",
            ),
            (
                "caption = \"c\"\ndiagram = \"a -> b\"\n[bars]\nvalues = [[\"a\", 1]]",
                "one of",
            ),
            (
                "caption = \"c\"\n[pictures]\nmodel = \"m\"\nshow = []",
                "shows 0 pictures",
            ),
            (
                "caption = \"c\"\n[pictures]\nmodel = \"m\"\nshow = [\"seed(\"]",
                "wrong at",
            ),
            (
                "caption = \"c\"\n[pictures]\nmodel = \"m\"\nshow = [\"seed(1)\"]\nlabels = [\"a\", \"b\"]",
                "2 labels for 1",
            ),
            ("caption = \"c\"\ngoose = 1", "goose"),
        ] {
            let fault = Figure::read(text, 1).expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }
}

//! A question with its answer, its scene and its tasks.

use super::calendar::Month;
use super::claim::Claim;
use super::evidence::Here;
use super::measure::Quantity;
use super::task::Task;
use super::text::Text;
use super::toy::{Play, Toy};
use crate::latent::expr::{Expr, parse};
use crate::latent::{Sampler, SamplerChange};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a question asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Beginner,
    Intermediate,
    Advanced,
    Expert,
}

impl Level {
    /// All of them, the easiest first.
    pub const ALL: [Self; 4] = [
        Self::Beginner,
        Self::Intermediate,
        Self::Advanced,
        Self::Expert,
    ];

    /// The word in question files, which people read too.
    pub fn key(self) -> &'static str {
        match self {
            Self::Beginner => "beginner",
            Self::Intermediate => "intermediate",
            Self::Advanced => "advanced",
            Self::Expert => "expert",
        }
    }

    /// The level of a word.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.key() == key)
    }
}

/// A tool of the window, by its name in question files. Files may name tools that the window
/// will only have later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolName {
    Explore,
    Interpolate,
    Arithmetic,
    Styles,
    Map,
    Encode,
    Variations,
    Directions,
    Compare,
    Where,
    Sample,
    Seeds,
    Paint,
}

impl ToolName {
    pub const ALL: [Self; 13] = [
        Self::Explore,
        Self::Interpolate,
        Self::Arithmetic,
        Self::Styles,
        Self::Map,
        Self::Encode,
        Self::Variations,
        Self::Directions,
        Self::Compare,
        Self::Where,
        Self::Sample,
        Self::Seeds,
        Self::Paint,
    ];

    /// The word in question files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Explore => "explore",
            Self::Interpolate => "interpolate",
            Self::Arithmetic => "arithmetic",
            Self::Styles => "styles",
            Self::Map => "map",
            Self::Encode => "encode",
            Self::Variations => "variations",
            Self::Directions => "directions",
            Self::Compare => "compare",
            Self::Where => "where",
            Self::Sample => "sample",
            Self::Seeds => "seeds",
            Self::Paint => "paint",
        }
    }

    /// The tool of a word.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.key() == key)
    }
}

/// A control that a scene leaves as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Control {
    Model,
    Seed,
    Psi,
    Sliders,
    /// Method, steps and whatever else a sampler is set to, with its noise.
    Sampler,
}

impl Control {
    pub const ALL: [Self; 5] = [
        Self::Model,
        Self::Seed,
        Self::Psi,
        Self::Sliders,
        Self::Sampler,
    ];

    /// The word in question files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Seed => "seed",
            Self::Psi => "psi",
            Self::Sliders => "sliders",
            Self::Sampler => "sampler",
        }
    }

    /// The control of a word.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|control| control.key() == key)
    }
}

/// What a picture is drawn of.
#[derive(Clone, PartialEq, Debug)]
pub struct Depiction {
    pub expression: Expr,
    /// The settings of the sampler that differ from those of the question.
    pub settings: SamplerChange,
}

/// Drawn as the question says.
impl From<Expr> for Depiction {
    fn from(expression: Expr) -> Self {
        Self {
            expression,
            settings: SamplerChange::default(),
        }
    }
}

/// As [`Formula::read`] takes it.
impl fmt::Display for Depiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(f)?;
        match self.settings.is_none() {
            true => Ok(()),
            false => write!(f, " with \"{}\"", self.settings),
        }
    }
}

/// An expression in a file: `seed(7)`, or `seed(7) with "steps 5, guidance 2"`.
#[derive(Clone, PartialEq, Debug)]
pub struct Formula {
    /// As it stands in the file.
    pub text: String,
    /// Where a measure speaks of the picture on the window, `here` is the code named
    /// [`HERE`](super::measure::HERE).
    pub expr: Expr,
    /// The settings of the sampler that differ from those of the question.
    pub settings: SamplerChange,
    /// The line in the file, from 1.
    pub line: usize,
}

impl Formula {
    /// Reads an expression that stands at `line`, with the settings that follow it.
    ///
    /// # Errors
    /// Where the expression is wrong, or which setting, as the end of a sentence about `text`.
    pub fn read(text: &str, line: usize) -> Result<Self, String> {
        Self::read_as(text, line, str::to_owned)
    }

    /// As [`Self::read`], the expression written as `rewritten` makes of its text.
    pub(super) fn read_as(
        text: &str,
        line: usize,
        rewritten: impl Fn(&str) -> String,
    ) -> Result<Self, String> {
        let text = text.trim();
        let (expression, settings) = match split_settings(text) {
            Some((expression, settings)) => (
                expression,
                settings
                    .parse()
                    .map_err(|fault| format!("has settings that are wrong: {fault}"))?,
            ),
            None => (text, SamplerChange::default()),
        };
        let expr = parse(&rewritten(expression)).map_err(|error| format!("is wrong at {error}"))?;
        Ok(Self {
            text: text.to_owned(),
            expr,
            settings,
            line,
        })
    }

    /// What its picture is drawn of.
    pub fn depiction(&self) -> Depiction {
        Depiction {
            expression: self.expr.clone(),
            settings: self.settings,
        }
    }
}

/// Where a task begins or is solved.
#[derive(Clone, PartialEq, Debug)]
pub enum Spot {
    Picture(Formula),
    Toy(Play),
}

impl Spot {
    /// As [`Here`] has it.
    pub fn here(&self) -> Here {
        match self {
            Self::Picture(formula) => Here::Picture(formula.depiction()),
            Self::Toy(play) => Here::Toy(play.clone()),
        }
    }

    /// Its expression, where it is a picture.
    pub fn formula(&self) -> Option<&Formula> {
        match self {
            Self::Picture(formula) => Some(formula),
            Self::Toy(_) => None,
        }
    }
}

/// As question files have it.
impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Picture(formula) => formula.depiction().fmt(f),
            Self::Toy(play) => play.fmt(f),
        }
    }
}

/// An expression and the settings after it, without `with` and the quotation marks.
fn split_settings(text: &str) -> Option<(&str, &str)> {
    let (before, settings) = text.strip_suffix('"')?.rsplit_once('"')?;
    let expression = before.trim_end().strip_suffix("with")?;
    expression
        .ends_with(char::is_whitespace)
        .then(|| (expression.trim_end(), settings))
}

/// How keyframes are joined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    Lerp,
    Slerp,
}

/// Settings of the tool that a scene opens.
#[derive(Clone, PartialEq, Debug)]
pub enum Preset {
    Interpolate {
        /// Two to twelve, or none: then the tool takes what it has.
        keyframes: Vec<Formula>,
        method: Option<Method>,
        closed: Option<bool>,
    },
    Arithmetic {
        plus: Vec<Formula>,
        minus: Vec<Formula>,
        base: Vec<Formula>,
        strength: Option<f64>,
    },
    /// The plane through three codes.
    MapPlane(Box<[Formula; 3]>),
    /// The plane of two raw axes of z, from 0.
    MapAxes([usize; 2]),
    Variations {
        sigma: f64,
    },
    /// The truncation of the second pane.
    Compare {
        psi: f64,
    },
}

impl Preset {
    /// The tool whose settings these are.
    pub fn tool(&self) -> ToolName {
        match self {
            Self::Interpolate { .. } => ToolName::Interpolate,
            Self::Arithmetic { .. } => ToolName::Arithmetic,
            Self::MapPlane(_) | Self::MapAxes(_) => ToolName::Map,
            Self::Variations { .. } => ToolName::Variations,
            Self::Compare { .. } => ToolName::Compare,
        }
    }

    /// Every expression in it.
    pub fn formulas(&self) -> Vec<&Formula> {
        match self {
            Self::Interpolate { keyframes, .. } => keyframes.iter().collect(),
            Self::Arithmetic {
                plus, minus, base, ..
            } => plus.iter().chain(minus).chain(base).collect(),
            Self::MapPlane(codes) => codes.iter().collect(),
            Self::MapAxes(_) | Self::Variations { .. } | Self::Compare { .. } => Vec::new(),
        }
    }
}

/// What a question opens.
#[derive(Clone, PartialEq, Debug)]
pub struct Scene {
    /// A built-in model.
    pub model: String,
    /// Where the scene starts.
    pub expression: Formula,
    /// How its pictures, and those of the question's tasks, are drawn besides their codes.
    pub sampler: Sampler,
    pub tool: ToolName,
    pub preset: Option<Preset>,
    /// A second model, for the tool `compare`.
    pub beside: Option<String>,
    pub locked: Vec<Control>,
    /// What is to be seen and what to move.
    pub caption: String,
    /// What this scene shows instead of the fitting demonstration, which does not exist.
    pub nearest: Option<String>,
    /// What is shown live under the picture: up to four measures of it.
    pub watch: Vec<Quantity>,
    /// The line in the file, from 1.
    pub line: usize,
}

/// One question.
#[derive(Clone, PartialEq, Debug)]
pub struct Question {
    pub id: String,
    /// The wording.
    pub question: String,
    pub level: Level,
    pub topic: String,
    /// Tools that it concerns.
    pub tools: Vec<ToolName>,
    /// Models that it concerns.
    pub models: Vec<String>,
    /// Ids of other questions.
    pub related: Vec<String>,
    /// What a right answer must say: the rubric of free answers.
    pub covers: Vec<String>,
    /// When its facts were last checked, where they age.
    pub as_of: Option<Month>,
    pub scene: Option<Scene>,
    pub toy: Option<Toy>,
    pub tasks: Vec<Task>,
    /// What the text says about models, to be measured.
    pub claims: Vec<Claim>,
    /// The short answer.
    pub answer: Text,
    /// The longer explanation.
    pub deeper: Text,
    /// The file that it came from, as people would name it.
    pub file: String,
    /// Whether it came with the program.
    pub is_built_in: bool,
    /// Lines of `models` and `related` in the file, from 1.
    pub(super) lines: HeadLines,
}

/// Where things of the head stand, for the check against models and other questions.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct HeadLines {
    pub models: usize,
    pub related: usize,
}

impl Question {
    /// The model in which measures and links of this question have a meaning: that of the
    /// scene, else the first that it concerns.
    pub fn model(&self) -> Option<&str> {
        match &self.scene {
            Some(scene) => Some(&scene.model),
            None => self.models.first().map(String::as_str),
        }
    }

    /// What a text says that is on the window: a toy's settings where it begins with a quotation
    /// mark and the question has a toy, else an expression.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence.
    pub fn here_of(&self, text: &str) -> Result<Here, String> {
        match &self.toy {
            Some(toy) if text.trim_start().starts_with('"') => {
                Ok(Here::Toy(Play::read(toy.start.kind(), text)?))
            }
            _ => {
                let formula = Formula::read(text, 1);
                let formula = formula.map_err(|it| format!("the expression of the answer {it}"))?;
                Ok(Here::Picture(formula.depiction()))
            }
        }
    }

    /// How the pictures of this question are drawn besides their codes.
    pub fn sampler(&self) -> Sampler {
        self.scene
            .as_ref()
            .map_or_else(Sampler::default, |scene| scene.sampler)
    }
}

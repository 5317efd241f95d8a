//! One thing that can be moved: what it is called, how far it goes, where it rests and what it is now.

use super::{Axis, Tool};
use crate::latent::MAX_TURNS;
use crate::latent::expr::raw_axis_name;
use std::fmt;
use std::ops::RangeInclusive;

/// How far a step along a direction or a raw axis goes: 99.7 % of a normal distribution lies
/// within three standard deviations.
pub const STEP_SIGMA: RangeInclusive<f32> = -3.0..=3.0;
/// From the mean of the space to half again as far as the code is.
pub const PSI: RangeInclusive<f32> = 0.0..=1.5;

/// A row of the table, by its path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ParamId {
    /// `psi`: the truncation of the current code.
    Psi,
    /// `strength`: how far towards pure noise a picture is redrawn.
    Strength,
    /// `step/smile`: along a named direction, in standard deviations.
    Step(String),
    /// `axis/w3`: along a raw axis, in standard deviations.
    Axis(Axis),
    /// `condition/smile`: how much a word counts that the picture is given.
    Condition(String),
    /// `sampler/steps`, and `sampler/2/steps` after the first turn: a setting of the sampler.
    Sampler(SamplerParam),
    /// `tool/interpolate/seconds`: a setting of a tool.
    Tool(ToolParam),
    /// `toy/temperature`: a setting of the toy of the question that is read.
    Toy(&'static str),
}

/// A number that is set in the sampler, for a part of the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SamplerParam {
    /// The part from 0: one more than there are turns before it.
    pub part: usize,
    pub number: SamplerNumber,
}

/// Which of the numbers of a sampler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SamplerNumber {
    Steps,
    Eta,
    Guidance,
    Judge,
    Temperature,
}

impl SamplerNumber {
    pub const ALL: [Self; 5] = [
        Self::Steps,
        Self::Eta,
        Self::Guidance,
        Self::Judge,
        Self::Temperature,
    ];

    /// The last part of its path.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::Eta => "eta",
            Self::Guidance => "guidance",
            Self::Judge => "judge",
            Self::Temperature => "temperature",
        }
    }
}

impl SamplerParam {
    pub const fn new(part: usize, number: SamplerNumber) -> Self {
        Self { part, number }
    }

    /// All that there can be.
    pub fn all() -> impl Iterator<Item = Self> {
        let numbers = |part| SamplerNumber::ALL.map(|number| Self::new(part, number));
        (0..=MAX_TURNS).flat_map(numbers)
    }
}

/// A number that is set in a tool, which has its row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ToolParam {
    pub tool: Tool,
    pub name: &'static str,
    /// Of one that there are several of, as the psi of each pane.
    pub number: Option<usize>,
}

impl ToolParam {
    pub const fn new(tool: Tool, name: &'static str) -> Self {
        Self {
            tool,
            name,
            number: None,
        }
    }

    pub const fn numbered(tool: Tool, name: &'static str, number: usize) -> Self {
        Self {
            tool,
            name,
            number: Some(number),
        }
    }
}

impl From<SamplerParam> for ParamId {
    fn from(param: SamplerParam) -> Self {
        Self::Sampler(param)
    }
}

impl From<ToolParam> for ParamId {
    fn from(param: ToolParam) -> Self {
        Self::Tool(param)
    }
}

impl fmt::Display for ParamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Psi => f.write_str("psi"),
            Self::Strength => f.write_str("strength"),
            Self::Step(name) => write!(f, "step/{name}"),
            Self::Condition(word) => write!(f, "condition/{word}"),
            Self::Axis(axis) => write!(f, "axis/{}", raw_axis_name(axis.space, axis.index)),
            Self::Toy(key) => write!(f, "toy/{key}"),
            Self::Sampler(SamplerParam { part, number }) => {
                f.write_str("sampler/")?;
                if *part > 0 {
                    write!(f, "{}/", part + 1)?;
                }
                f.write_str(number.name())
            }
            Self::Tool(ToolParam { tool, name, number }) => {
                write!(f, "tool/{}/{name}", tool.folder())?;
                match number {
                    Some(number) => write!(f, "/{number}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// A text is the path of no parameter.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no parameter {0:?}")]
pub struct NoParam(pub String);

/// How the numbers of a row go.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Scale {
    /// A typed number may go further than the slider.
    #[default]
    Open,
    /// There is nothing beyond the range.
    Closed,
    /// Whole numbers, and nothing beyond the range.
    Whole,
    /// The same, on a slider that gives small ones as much room as large ones.
    Counts,
}

/// One thing that can be moved.
#[derive(Clone, PartialEq, Debug)]
pub struct Param {
    pub id: ParamId,
    /// A short word, for the left of a row.
    pub label: String,
    /// The whole name, unlike that of any other row on the window.
    pub name: String,
    pub tooltip: String,
    /// How far a slider goes.
    pub range: RangeInclusive<f32>,
    pub scale: Scale,
    pub default: f32,
    pub value: f32,
    /// Why it cannot be moved now.
    pub lock: Option<String>,
}

impl Param {
    /// A row with its label, its name and its tooltip, that can be moved.
    pub fn new(
        id: ParamId,
        [label, name, tooltip]: [&str; 3],
        range: RangeInclusive<f32>,
        default: f32,
        value: f32,
    ) -> Self {
        Self {
            id,
            label: label.to_owned(),
            name: name.to_owned(),
            tooltip: tooltip.to_owned(),
            range,
            scale: Scale::default(),
            default,
            value,
            lock: None,
        }
    }

    /// The same with numbers that go otherwise.
    pub fn scaled(self, scale: Scale) -> Self {
        Self { scale, ..self }
    }

    /// The same that cannot be moved where there is a reason.
    pub fn locked(self, lock: Option<String>) -> Self {
        Self { lock, ..self }
    }
}

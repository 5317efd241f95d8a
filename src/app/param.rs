//! One thing that can be moved: what it is called, how far it goes, where it rests and what it is now.

use super::{Axis, Tool};
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
    /// `step/smile`: along a named direction, in standard deviations.
    Step(String),
    /// `axis/w3`: along a raw axis, in standard deviations.
    Axis(Axis),
    /// `condition/smile`: how much a word counts that the picture is given.
    Condition(String),
    /// `tool/interpolate/seconds`: a setting of a tool.
    Tool(ToolParam),
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

impl From<ToolParam> for ParamId {
    fn from(param: ToolParam) -> Self {
        Self::Tool(param)
    }
}

impl fmt::Display for ParamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Psi => f.write_str("psi"),
            Self::Step(name) => write!(f, "step/{name}"),
            Self::Condition(word) => write!(f, "condition/{word}"),
            Self::Axis(axis) => write!(f, "axis/{}", raw_axis_name(axis.space, axis.index)),
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

/// One thing that can be moved.
#[derive(Clone, PartialEq, Debug)]
pub struct Param {
    pub id: ParamId,
    /// A short word, for the left of a row.
    pub label: String,
    /// The whole name, unlike that of any other row on the window.
    pub name: String,
    pub tooltip: String,
    /// How far a slider goes; a typed number may go further.
    pub range: RangeInclusive<f32>,
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
            default,
            value,
            lock: None,
        }
    }

    /// The same that cannot be moved where there is a reason.
    pub fn locked(self, lock: Option<String>) -> Self {
        Self { lock, ..self }
    }
}

//! Everything that can be moved, as rows of one table.
//!
//! A [`Param`] says what it is called, how far it goes, where it rests and what it is now;
//! [`Action::Set`](super::Action) moves it by its [`ParamId`]. Sliders, resets, locks of scenes and
//! the palette read this table, so that a range stands in one place and whatever is added (a
//! knob of a controller, a script) can move all of them.

use super::tools::directions::Directions;
use super::{Axis, Desk, Edit, Tool};
use crate::engine::ModelInfo;
use crate::latent::Space;
use crate::latent::expr::{raw_axis, raw_axis_name};
use crate::learn::Control;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

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

    /// All of them; of numbered ones those that there can be.
    pub fn all() -> impl Iterator<Item = Self> {
        Tool::ALL.iter().flat_map(|tool| tool.params())
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

impl FromStr for ParamId {
    type Err = NoParam;

    fn from_str(path: &str) -> Result<Self, NoParam> {
        if let Some(name) = path.strip_prefix("step/").filter(|name| !name.is_empty()) {
            return Ok(Self::Step(name.to_owned()));
        }
        if let Some((space, index)) = path.strip_prefix("axis/").and_then(raw_axis) {
            return Ok(Self::Axis(Axis { space, index }));
        }
        let plain = std::iter::once(Self::Psi).chain(ToolParam::all().map(Self::Tool));
        let mut plain = plain.filter(|id| id.to_string() == path);
        plain.next().ok_or_else(|| NoParam(path.to_owned()))
    }
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

impl Desk {
    /// A row of the table; `None` without a model, or for a direction or an axis that it lacks.
    pub fn param(&self, id: &ParamId) -> Option<Param> {
        let model = self.workspace.model()?;
        match id {
            ParamId::Psi => Some(Param {
                id: id.clone(),
                label: "psi ψ".to_owned(),
                name: "Truncation psi".to_owned(),
                tooltip: "Below 1 the code moves towards the mean of its space, in w where there \
                          is one: fewer surprises, less variety"
                    .to_owned(),
                range: PSI,
                default: 1.0,
                value: self.workspace.position.psi(),
                lock: self.workspace.locked(Control::Psi).map(str::to_owned),
            }),
            ParamId::Step(name) => self.step_param(name),
            ParamId::Axis(axis) => self.axis_param(model, *axis),
            ParamId::Tool(param) => self.tools.param(&self.workspace, *param),
        }
    }

    /// All rows: psi, the listed directions, the raw axes of every space, the tools.
    pub fn params(&self) -> Vec<Param> {
        let Some(model) = self.workspace.model() else {
            return Vec::new();
        };
        let listed = self.tool::<Directions>().listed();
        let steps = listed
            .iter()
            .map(|listed| ParamId::Step(listed.direction.name.clone()));
        let axes = model.axis_spaces().iter().flat_map(|&space| {
            let ranked = model.ranked_axes(space).iter();
            ranked.map(move |&(index, _)| ParamId::Axis(Axis { space, index }))
        });
        std::iter::once(ParamId::Psi)
            .chain(steps)
            .chain(axes)
            .chain(ToolParam::all().map(ParamId::Tool))
            .filter_map(|id| self.param(&id))
            .collect()
    }

    fn step_param(&self, name: &str) -> Option<Param> {
        let listed = self.tool::<Directions>().listed();
        let listed = listed.iter().find(|listed| listed.direction.name == name)?;
        Some(Param {
            id: ParamId::Step(name.to_owned()),
            label: name.to_owned(),
            name: name.to_owned(),
            tooltip: format!("{name}: {}", listed.evidence),
            range: STEP_SIGMA,
            default: 0.0,
            value: self.workspace.position.step(name),
            lock: self
                .workspace
                .locked(Control::Sliders)
                .map(str::to_owned)
                .or_else(|| self.why_no_step_in(listed.direction.space)),
        })
    }

    fn axis_param(&self, model: &ModelInfo, axis: Axis) -> Option<Param> {
        let ranked = model.ranked_axes(axis.space);
        let (_, change) = ranked.iter().find(|(index, _)| *index == axis.index)?;
        let name = axis.name();
        let unit = model.axis_unit(axis.space, axis.index);
        Some(Param {
            id: ParamId::Axis(axis),
            tooltip: format!(
                "Steps of one standard deviation along dimension {} of {}. One step changes a \
                 pixel by {:.1} % on average",
                axis.index,
                axis.space,
                change * 100.0
            ),
            range: STEP_SIGMA,
            default: 0.0,
            value: self.workspace.position.offset(axis) / unit,
            lock: self
                .workspace
                .locked(Control::Sliders)
                .map(str::to_owned)
                .or_else(|| self.why_no_step_in(axis.space)),
            label: name.clone(),
            name,
        })
    }

    /// Why no step of a space can be taken from where the walk starts.
    fn why_no_step_in(&self, space: Space) -> Option<String> {
        let has_others = self.workspace.model()?.axis_spaces().len() > 1;
        if space != Space::Z || !has_others {
            return None;
        }
        let base = self.workspace.base_space()?;
        (base != Space::Z)
            .then(|| format!("The code starts in {base}, so there are no steps in z to take"))
    }

    /// Moves a parameter. One that is locked, unknown to the model or set to no number stays as it
    /// is.
    pub(super) fn set_param(&mut self, id: &ParamId, value: f32) {
        let Some(param) = self.param(id) else { return };
        if param.lock.is_some() || !value.is_finite() {
            return;
        }
        match id {
            ParamId::Psi => self.workspace.edit(Edit::Psi(value)),
            ParamId::Step(name) => self.workspace.edit(Edit::Step {
                direction: name.clone(),
                step: value,
            }),
            ParamId::Axis(axis) => {
                let unit = self
                    .workspace
                    .model()
                    .map_or(1.0, |model| model.axis_unit(axis.space, axis.index));
                self.workspace.edit(Edit::along(*axis, value, unit));
            }
            ParamId::Tool(param) => self.use_tools(|tools, workspace| {
                tools.set_param(workspace, *param, value);
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_back_to_its_parameter() {
        let axis = |space, index| ParamId::Axis(Axis { space, index });
        let named = [
            ParamId::Psi,
            ParamId::Step("red hair".to_owned()),
            ParamId::Step("a/b".to_owned()),
            axis(Space::Z, 0),
            axis(Space::W, 47),
        ];
        for id in named.into_iter().chain(ToolParam::all().map(ParamId::Tool)) {
            assert_eq!(id.to_string().parse(), Ok(id.clone()), "{id}");
        }
        for bad in [
            "",
            "step/",
            "axis/q3",
            "axis/z01",
            "tool/interpolate",
            "Psi",
        ] {
            let error = bad.parse::<ParamId>().expect_err(bad);
            assert!(error.to_string().contains(bad), "{error}");
        }
    }
}

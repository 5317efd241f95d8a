//! Everything that can be moved, as rows of one table.
//!
//! A [`Param`] says what it is called, how far it goes, where it rests and what it is now;
//! [`Action::Set`](super::Action) moves it by its [`ParamId`]. Sliders, resets, locks of scenes and
//! the palette read this table, so that a range stands in one place and whatever is added (a
//! knob of a controller, a script) can move all of them.

use super::tools::{arithmetic, compare, encode, interpolate, styles, variations};
use super::{Axis, Desk, Edit, Tool, ToolEdit};
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

/// A number that is set in a tool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ToolParam {
    /// Where on the path the picture is, 0 to 1.
    InterpolatePosition,
    InterpolateSeconds,
    ArithmeticStrength,
    VariationsStep,
    CompareSeconds,
    CompareGain,
    /// Truncation of a pane after the first, counted from 1.
    ComparePsi(usize),
    EncodeBrush,
    EncodePrior,
    /// How much of a layer's style comes from its source, in Style mixing layer by layer.
    StyleStrength(usize),
}

impl ToolParam {
    /// The tool in which it is set.
    pub fn tool(self) -> Tool {
        match self {
            Self::InterpolatePosition | Self::InterpolateSeconds => Tool::Interpolate,
            Self::ArithmeticStrength => Tool::Arithmetic,
            Self::VariationsStep => Tool::Variations,
            Self::CompareSeconds | Self::CompareGain | Self::ComparePsi(_) => Tool::Compare,
            Self::EncodeBrush | Self::EncodePrior => Tool::Encode,
            Self::StyleStrength(_) => Tool::Styles,
        }
    }

    /// All of them; of panes and layers those that there can be.
    pub fn all() -> impl Iterator<Item = Self> {
        let layers = (0..styles::MAX_LAYERS).map(Self::StyleStrength);
        let panes = (1..compare::MAX_PANES).map(Self::ComparePsi);
        [
            Self::InterpolatePosition,
            Self::InterpolateSeconds,
            Self::ArithmeticStrength,
            Self::VariationsStep,
            Self::CompareSeconds,
            Self::CompareGain,
            Self::EncodeBrush,
            Self::EncodePrior,
        ]
        .into_iter()
        .chain(panes)
        .chain(layers)
    }
}

impl fmt::Display for ParamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Psi => f.write_str("psi"),
            Self::Step(name) => write!(f, "step/{name}"),
            Self::Axis(axis) => write!(f, "axis/{}", raw_axis_name(axis.space, axis.index)),
            Self::Tool(ToolParam::InterpolatePosition) => f.write_str("tool/interpolate/t"),
            Self::Tool(ToolParam::InterpolateSeconds) => f.write_str("tool/interpolate/seconds"),
            Self::Tool(ToolParam::ArithmeticStrength) => f.write_str("tool/arithmetic/strength"),
            Self::Tool(ToolParam::VariationsStep) => f.write_str("tool/variations/step"),
            Self::Tool(ToolParam::CompareSeconds) => f.write_str("tool/compare/seconds"),
            Self::Tool(ToolParam::CompareGain) => f.write_str("tool/compare/gain"),
            Self::Tool(ToolParam::ComparePsi(pane)) => write!(f, "tool/compare/psi/{pane}"),
            Self::Tool(ToolParam::EncodeBrush) => f.write_str("tool/encode/brush"),
            Self::Tool(ToolParam::EncodePrior) => f.write_str("tool/encode/prior"),
            Self::Tool(ToolParam::StyleStrength(layer)) => {
                write!(f, "tool/styles/strength/{layer}")
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
            // Of a pane that is not there.
            ParamId::Tool(ToolParam::ComparePsi(pane))
                if *pane >= self.tools.settings.compare.panes() =>
            {
                None
            }
            ParamId::Tool(ToolParam::StyleStrength(layer)) => self.strength_param(model, *layer),
            ParamId::Tool(tool) => Some(self.tool_param(*tool)),
        }
    }

    /// All rows: psi, the listed directions, the raw axes of every space, the tools.
    pub fn params(&self) -> Vec<Param> {
        let Some(model) = self.workspace.model() else {
            return Vec::new();
        };
        let listed = self.listed_directions();
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
        let listed = self.listed_directions();
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

    fn strength_param(&self, model: &ModelInfo, layer: usize) -> Option<Param> {
        let is_there = styles::layer_count(model).is_some_and(|count| layer < count);
        let choice = self.tools.settings.styles.choice(layer);
        is_there.then(|| Param {
            id: ParamId::Tool(ToolParam::StyleStrength(layer)),
            label: layer.to_string(),
            name: format!("Strength of layer {layer}"),
            tooltip: format!(
                "{:.2} of the row's style replaced by the column's",
                choice.strength
            ),
            range: styles::STRENGTH,
            default: styles::LayerChoice::default().strength,
            value: choice.strength,
            lock: choice
                .source
                .is_none()
                .then(|| "The layer has its own style".to_owned()),
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

    fn tool_param(&self, tool: ToolParam) -> Param {
        let settings = &self.tools.settings;
        let row = |label: &str, name: &str, tooltip: &str, range, default, value| Param {
            id: ParamId::Tool(tool),
            label: label.to_owned(),
            name: name.to_owned(),
            tooltip: tooltip.to_owned(),
            range,
            default,
            value,
            lock: None,
        };
        match tool {
            ToolParam::InterpolatePosition => Param {
                lock: settings.interpolate.path(settings.interpolate.method).err(),
                ..row(
                    "Position",
                    "Position on the path",
                    "Where on the path through the keyframes the picture is",
                    0.0..=1.0,
                    0.0,
                    self.tools.interpolate.time() as f32,
                )
            },
            ToolParam::InterpolateSeconds => row(
                "Seconds",
                "Seconds of the path",
                "Duration of the whole path when it is played",
                interpolate::SLIDER_SECS,
                interpolate::Settings::default().secs,
                settings.interpolate.secs,
            ),
            ToolParam::ArithmeticStrength => row(
                "A - B",
                "Strength",
                "Factor of the difference that is added to C",
                arithmetic::STRENGTH,
                1.0,
                settings.arithmetic.strength,
            ),
            ToolParam::VariationsStep => Param {
                lock: settings.variations.partner.as_ref().map(|_| {
                    "With a second parent, children are crossed instead of varied".to_owned()
                }),
                ..row(
                    "Step σ",
                    "Step size",
                    "Length of the random step to a child, in standard deviations",
                    variations::SIGMA,
                    variations::Settings::default().sigma,
                    settings.variations.sigma,
                )
            },
            ToolParam::CompareSeconds => row(
                "Seconds",
                "Seconds of each picture",
                "How long each of the two is shown",
                compare::BLINK_SECS,
                compare::Settings::default().blink_secs,
                settings.compare.blink_secs,
            ),
            ToolParam::CompareGain => row(
                "Gain",
                "Gain of the difference",
                "Factor by which the shown difference is amplified; the measured values do not \
                 change",
                compare::GAIN,
                1.0,
                settings.compare.gain,
            ),
            ToolParam::ComparePsi(pane) => {
                let current = self.workspace.position.psi();
                let others = &settings.compare.others;
                let psi = pane.checked_sub(1).and_then(|index| others.get(index)?.psi);
                Param {
                    label: "psi ψ".to_owned(),
                    ..row(
                        "",
                        &format!("Psi of pane {}", pane + 1),
                        "Truncation of this pane; at its default that of the current picture",
                        PSI,
                        current,
                        psi.unwrap_or(current),
                    )
                }
            }
            ToolParam::EncodeBrush => row(
                "Brush",
                "Brush",
                "Radius of the brush, in hundredths of the side",
                encode::BRUSH.start() * 100.0..=encode::BRUSH.end() * 100.0,
                encode::Settings::default().brush * 100.0,
                settings.encode.brush * 100.0,
            ),
            ToolParam::StyleStrength(_) => row("", "", "", styles::STRENGTH, 1.0, 1.0),
            ToolParam::EncodePrior => row(
                "Prior",
                "Weight of the prior",
                "How strongly the code is held near the prior, in thousandths: more keeps it \
                 among codes that the model knows, less draws the picture better",
                encode::PRIOR_WEIGHT.start() * 1000.0..=encode::PRIOR_WEIGHT.end() * 1000.0,
                encode::Settings::default().prior_weight * 1000.0,
                settings.encode.prior_weight * 1000.0,
            ),
        }
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
            ParamId::Tool(ToolParam::InterpolatePosition) => {
                self.scrub_to(f64::from(value));
            }
            ParamId::Tool(tool) => {
                if let Some(edit) = self.tool_edit(*tool, value) {
                    self.edit_tool(edit);
                }
            }
        }
    }

    fn tool_edit(&self, tool: ToolParam, value: f32) -> Option<ToolEdit> {
        Some(match tool {
            // How one looks, not what is set.
            ToolParam::InterpolatePosition => return None,
            ToolParam::InterpolateSeconds => ToolEdit::Interpolate(interpolate::Edit::Secs(value)),
            ToolParam::ArithmeticStrength => {
                ToolEdit::Arithmetic(arithmetic::Edit::Strength(value))
            }
            ToolParam::VariationsStep => ToolEdit::Variations(variations::Edit::Sigma(value)),
            ToolParam::CompareSeconds => ToolEdit::Compare(compare::Edit::BlinkSecs(value)),
            ToolParam::CompareGain => ToolEdit::Compare(compare::Edit::Gain(value)),
            ToolParam::ComparePsi(pane) => {
                let others = &self.tools.settings.compare.others;
                let mut settings = others.get(pane.checked_sub(1)?)?.clone();
                settings.psi = (value != self.workspace.position.psi()).then_some(value);
                ToolEdit::Compare(compare::Edit::Pane(pane, settings))
            }
            ToolParam::StyleStrength(layer) => {
                let choice = self.tools.settings.styles.choice(layer);
                let strength = (value * 100.0).round() / 100.0;
                let choice = styles::LayerChoice { strength, ..choice };
                ToolEdit::Styles(styles::Edit::Layer(layer, choice))
            }
            ToolParam::EncodeBrush => ToolEdit::Encode(encode::Edit::Brush(value / 100.0)),
            ToolParam::EncodePrior => ToolEdit::Encode(encode::Edit::PriorWeight(value / 1000.0)),
        })
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

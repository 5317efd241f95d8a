//! Everything that can be moved, as rows of one table.
//!
//! [`Action::Set`](super::Action) moves a [`Param`] by its [`ParamId`]. Sliders, resets, locks of
//! scenes and the palette read this table, so that a range stands in one place and whatever is added
//! (a knob of a controller, a script) can move all of them.

use super::param::{PSI, STEP_SIGMA, Scale};
use super::tools::directions::Directions;
use super::{AppState, Axis, Desk, Edit, NoParam, Param, ParamId, SamplerParam, Tool, ToolParam};
use crate::engine::ModelInfo;
use crate::latent::expr::raw_axis;
use crate::latent::{Space, VocabularyKind};
use crate::learn::{Control, toy};
use std::str::FromStr;

impl ToolParam {
    /// All of them; of numbered ones those that there can be.
    pub fn all() -> impl Iterator<Item = Self> {
        Tool::ALL.iter().flat_map(|tool| tool.params())
    }
}

impl FromStr for ParamId {
    type Err = NoParam;

    fn from_str(path: &str) -> Result<Self, NoParam> {
        if let Some(name) = path.strip_prefix("step/").filter(|name| !name.is_empty()) {
            return Ok(Self::Step(name.to_owned()));
        }
        if let Some(word) = path
            .strip_prefix("condition/")
            .filter(|word| !word.is_empty())
        {
            return Ok(Self::Condition(word.to_owned()));
        }
        if let Some((space, index)) = path.strip_prefix("axis/").and_then(raw_axis) {
            return Ok(Self::Axis(Axis { space, index }));
        }
        let plain = [Self::Psi, Self::Strength]
            .into_iter()
            .chain(SamplerParam::all().map(Self::Sampler))
            .chain(ToolParam::all().map(Self::Tool))
            .chain(toy_params());
        let mut plain = plain.filter(|id| id.to_string() == path);
        plain.next().ok_or_else(|| NoParam(path.to_owned()))
    }
}

/// The rows of all toys.
fn toy_params() -> impl Iterator<Item = ParamId> {
    let numbers = toy::Kind::ALL.into_iter().flat_map(toy::Kind::numbers);
    numbers.map(|number| ParamId::Toy(number.key))
}

impl AppState {
    /// A row of the table, of the desk or of the toy of the question that is read; `None` for one
    /// that there is not.
    pub fn param(&self, id: &ParamId) -> Option<Param> {
        match id {
            ParamId::Toy(key) => self.learning().toy_param(key),
            id => self.desk().param(id),
        }
    }

    /// All rows.
    pub fn params(&self) -> Vec<Param> {
        let mut params = self.desk().params();
        let toy = self.learning().toy().map(|toy| toy.play().kind());
        let numbers = toy.into_iter().flat_map(toy::Kind::numbers);
        params.extend(numbers.filter_map(|it| self.param(&ParamId::Toy(it.key))));
        params
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
                scale: Scale::Open,
                default: 1.0,
                value: self.workspace.position.psi(),
                lock: self
                    .workspace
                    .locked(Control::Psi)
                    .map(str::to_owned)
                    .or_else(|| why_no_psi(model)),
            }),
            ParamId::Strength => self.workspace.strength_param(),
            ParamId::Step(name) => self.step_param(name),
            ParamId::Condition(word) => self.condition_param(model, word),
            ParamId::Axis(axis) => self.axis_param(model, *axis),
            ParamId::Sampler(param) => self.workspace.sampler_param(*param),
            ParamId::Tool(param) => self.tools.param(&self.workspace, *param),
            ParamId::Toy(_) => None,
        }
    }

    /// All rows: psi, the sampler, the listed directions, the raw axes of every space, the tools.
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
        let vocabulary = model.manifest.conditions.as_ref();
        let words = vocabulary.into_iter().flat_map(|it| &it.words);
        [ParamId::Psi, ParamId::Strength]
            .into_iter()
            .chain(words.cloned().map(ParamId::Condition))
            .chain(steps)
            .chain(axes)
            .chain(SamplerParam::all().map(ParamId::Sampler))
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
            scale: Scale::Open,
            default: 0.0,
            value: self.workspace.position.step(name),
            lock: self
                .workspace
                .locked(Control::Sliders)
                .map(str::to_owned)
                .or_else(|| self.why_no_step_in(listed.direction.space)),
        })
    }

    fn condition_param(&self, model: &ModelInfo, word: &str) -> Option<Param> {
        let vocabulary = model.manifest.conditions.as_ref()?;
        vocabulary.index(word)?;
        let [least, most] = vocabulary.range();
        let is_guided = model.manifest.takes_steps();
        // What guidance leads away from: the negative prompt.
        let least = if is_guided { -1.0 } else { least };
        let (name, tooltip) = match vocabulary.kind {
            VocabularyKind::Classes if is_guided => (
                format!("Class {word}"),
                "How much of this class the picture is asked to be; below 0 it is led away from it, \
                 where guidance is above 1",
            ),
            VocabularyKind::Classes => (
                format!("Class {word}"),
                "How much of this class the picture is asked to be; several blend",
            ),
            VocabularyKind::Attributes => (
                format!("Asked for {word}"),
                "1 asks for it, -1 asks that it is not there, 0 leaves it open",
            ),
        };
        let lock = self.workspace.locked(Control::Sliders);
        let value = self.workspace.position.given().weight(word);
        let id = ParamId::Condition(word.to_owned());
        let row = Param::new(id, [word, &name, tooltip], least..=most, 0.0, value);
        Some(row.locked(lock.map(str::to_owned)))
    }

    fn axis_param(&self, model: &ModelInfo, axis: Axis) -> Option<Param> {
        let ranked = model.ranked_axes(axis.space);
        let (_, change) = ranked.iter().find(|(index, _)| *index == axis.index)?;
        let name = axis.name();
        let unit = model.axis_unit(axis.space, axis.index);
        let frame = self.workspace.preview.frame();
        let code = frame.map(|frame| &frame.code);
        let now = code
            .filter(|code| code.space == axis.space)
            .and_then(|code| code.values.reals().get(axis.index));
        let now = now.map_or_else(String::new, |now| {
            format!(" ({name} itself is {now:.2} now)")
        });
        let mut tooltip = format!(
            "Steps of one standard deviation away from where the code is without them{now}"
        );
        if model.has_measured_axes(axis.space) {
            let percent = change * 100.0;
            tooltip += &format!(". One step changes a pixel by {percent:.1} % on average");
        }
        Some(Param {
            id: ParamId::Axis(axis),
            tooltip,
            range: STEP_SIGMA,
            scale: Scale::Open,
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
        let model = self.workspace.model()?;
        if space != model.start || model.axis_spaces().len() < 2 {
            return None;
        }
        let base = self.workspace.base_space()?;
        (base != space)
            .then(|| format!("The code starts in {base}, so there are no steps in {space} to take"))
    }

    /// Moves a parameter. One that is locked, unknown to the model or set to no number stays as it
    /// is.
    pub(super) fn set_param(&mut self, id: &ParamId, value: f32) {
        let Some(param) = self.param(id) else { return };
        if param.lock.is_some() {
            return;
        }
        // What a sampler refuses, it refuses in a sentence.
        if let ParamId::Sampler(param) = id {
            return self.workspace.set_sampler_param(*param, value);
        }
        // It refuses what is no number itself.
        if !value.is_finite() && *id != ParamId::Strength {
            return;
        }
        if let ParamId::Tool(param) = id {
            self.use_tools(|tools, workspace| tools.set_param(workspace, *param, value));
        } else if let Some(edit) = self.edit_of(id, value) {
            self.workspace.edit(edit);
        }
    }

    /// The change of the expression that setting a parameter is; `None` for one that sets something else.
    pub fn edit_of(&self, id: &ParamId, value: f32) -> Option<Edit> {
        Some(match id {
            ParamId::Psi => Edit::Psi(value),
            ParamId::Condition(word) => Edit::Weight {
                word: word.clone(),
                weight: value,
            },
            ParamId::Step(name) => Edit::Step {
                direction: name.clone(),
                step: value,
            },
            ParamId::Axis(axis) => {
                let model = self.workspace.model();
                let unit = model.map_or(1.0, |model| model.axis_unit(axis.space, axis.index));
                Edit::along(*axis, value, unit)
            }
            ParamId::Strength => Edit::Strength(value),
            ParamId::Sampler(_) | ParamId::Toy(_) | ParamId::Tool(_) => return None,
        })
    }
}

/// Why a model has no truncation: it moves real numbers towards their mean.
fn why_no_psi(model: &ModelInfo) -> Option<String> {
    (!model.has_real_seeds())
        .then(|| "Codes of this model are indices, which have no mean".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_sampler_have_paths() {
        let paths: Vec<String> = SamplerParam::all()
            .map(|it| ParamId::Sampler(it).to_string())
            .collect();
        assert_eq!(
            paths[..5],
            [
                "sampler/steps",
                "sampler/eta",
                "sampler/guidance",
                "sampler/judge",
                "sampler/temperature"
            ]
        );
        assert_eq!(paths[5], "sampler/2/steps");
        assert_eq!(paths.len(), 20);
    }

    /// Scripts and controllers know them.
    #[test]
    fn paths_of_tools_stay_as_they_are() {
        let paths: Vec<String> = ToolParam::all()
            .map(|it| ParamId::Tool(it).to_string())
            .collect();
        for path in [
            "tool/interpolate/t",
            "tool/interpolate/seconds",
            "tool/arithmetic/strength",
            "tool/styles/strength/0",
            "tool/styles/strength/23",
            "tool/encode/brush",
            "tool/encode/ink",
            "tool/encode/prior",
            "tool/variations/step",
            "tool/compare/seconds",
            "tool/compare/gain",
            "tool/compare/psi/1",
            "tool/compare/psi/3",
            "tool/sample/step",
            "tool/sample/place",
            "tool/sample/pictures",
            "tool/sample/brush",
            "tool/sample/steps/1",
            "tool/sample/guidance/3",
            "tool/sample/judge/1",
            "tool/sample/temperature/3",
            "tool/seeds/across",
            "tool/seeds/psi",
            "tool/paint/brush",
            "tool/paint/entry",
        ] {
            assert!(paths.iter().any(|known| known == path), "{path}");
        }
        assert_eq!(paths.len(), 8 + 3 + 24 + 5 + 3 * 5 + 2 + 2 + 2);
    }

    #[test]
    fn a_path_leads_back_to_its_parameter() {
        let axis = |space, index| ParamId::Axis(Axis { space, index });
        let named = [
            ParamId::Psi,
            ParamId::Strength,
            ParamId::Step("red hair".to_owned()),
            ParamId::Step("a/b".to_owned()),
            ParamId::Condition("red hair".to_owned()),
            axis(Space::Z, 0),
            axis(Space::W, 47),
        ];
        let sampler = SamplerParam::all().map(ParamId::Sampler);
        let all = named.into_iter().chain(sampler);
        let all = all.chain(ToolParam::all().map(ParamId::Tool));
        for id in all.chain(toy_params()) {
            assert_eq!(id.to_string().parse(), Ok(id.clone()), "{id}");
        }
        for bad in [
            "",
            "step/",
            "condition/",
            "axis/Q3",
            "axis/z01",
            "tool/interpolate",
            "Psi",
        ] {
            let error = bad.parse::<ParamId>().expect_err(bad);
            assert!(error.to_string().contains(bad), "{error}");
        }
    }
}

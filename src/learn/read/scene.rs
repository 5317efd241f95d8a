//! The scene of a head.

use super::raw::{RawScene, RawSettings};
use super::{Reader, keys};
use crate::latent::Sampler;
use crate::learn::measure::Quantity;
use crate::learn::question::{Control, Formula, Method, Preset, Scene, ToolName};
use toml::Spanned;

/// The most measures that a scene shows.
const MAX_WATCHED: usize = 4;

impl Reader<'_> {
    pub(super) fn scene(&mut self, found: &Spanned<RawScene>) -> Option<Scene> {
        let raw = found.get_ref();
        let expression = self.formula(&raw.expression);
        let tool = self.tool(&raw.tool);
        let known = keys(&Control::ALL, |control| control.key());
        let locked = raw
            .locked
            .iter()
            .filter_map(|word| self.word(word, "a locked control", Control::of_key, &known))
            .collect();
        let caption = self.words(&raw.caption, "the caption");
        let nearest = raw.nearest.as_ref().map(|text| self.words(text, "nearest"));
        let watch = raw.watch.as_ref().map(|list| self.watch(list));
        let tool = tool?;
        if let Some(beside) = &raw.beside
            && tool != ToolName::Compare
        {
            let line = self.line_of(beside);
            self.fault(line, "beside is for the tool compare alone");
        }
        let preset = match &raw.settings {
            None => None,
            Some(settings) => {
                let line = self.line_of(settings);
                let preset = self.preset(tool, settings.get_ref());
                match preset {
                    Ok(preset) => Some(preset),
                    Err(reason) => {
                        self.fault(line, reason);
                        None
                    }
                }
            }
        };
        // What the scene is drawn with is usual for all pictures of the question.
        let mut expression = expression?;
        let sampler = std::mem::take(&mut expression.settings).on(Sampler::default());
        Some(Scene {
            model: raw.model.get_ref().clone(),
            expression,
            sampler,
            tool,
            preset,
            beside: raw.beside.as_ref().map(|name| name.get_ref().clone()),
            locked,
            caption,
            nearest,
            watch: watch.unwrap_or_default(),
            line: self.line_of(found),
        })
    }

    /// What is read off the picture while the scene is open.
    fn watch(&mut self, found: &Spanned<Vec<Spanned<String>>>) -> Vec<Quantity> {
        let count = found.get_ref().len();
        if !(1..=MAX_WATCHED).contains(&count) {
            let line = self.line_of(found);
            self.fault(
                line,
                format!("watch has {count} measures, not 1 to {MAX_WATCHED}"),
            );
        }
        let measures = found.get_ref().iter();
        let measures: Vec<_> = measures
            .filter_map(|text| self.quantity(text, true))
            .collect();
        for measure in measures.iter().filter(|it| it.measure.toy().is_some()) {
            let line = self.line_of(found);
            self.fault(
                line,
                format!("watch is of the picture, and {:?} is not", measure.text),
            );
        }
        if let Some(place) = (1..measures.len()).find(|&it| measures[..it].contains(&measures[it]))
        {
            let line = self.line_of(found);
            self.fault(line, format!("watch has {:?} twice", measures[place].text));
        }
        measures
    }

    /// Settings of a tool; those of another are a fault.
    fn preset(&mut self, tool: ToolName, raw: &RawSettings) -> Result<Preset, String> {
        let given = [
            ("keyframes", raw.keyframes.is_some(), ToolName::Interpolate),
            ("method", raw.method.is_some(), ToolName::Interpolate),
            ("closed", raw.closed.is_some(), ToolName::Interpolate),
            ("plus", raw.plus.is_some(), ToolName::Arithmetic),
            ("minus", raw.minus.is_some(), ToolName::Arithmetic),
            ("base", raw.base.is_some(), ToolName::Arithmetic),
            ("strength", raw.strength.is_some(), ToolName::Arithmetic),
            ("plane", raw.plane.is_some(), ToolName::Map),
            ("axes", raw.axes.is_some(), ToolName::Map),
            ("sigma", raw.sigma.is_some(), ToolName::Variations),
            ("psi", raw.psi.is_some(), ToolName::Compare),
        ];
        for (name, is_given, owner) in given {
            if is_given && owner != tool {
                let (owner, tool) = (owner.key(), tool.key());
                return Err(format!("{name} is a setting of {owner}, not of {tool}"));
            }
        }
        let number = |name: &str, value: Option<f64>, most: f64| match value {
            Some(value) if value.is_finite() && value.abs() <= most => Ok(value),
            Some(value) => Err(format!("{name} is {value}, not within {most}")),
            None => Err(format!("the settings lack {name}")),
        };
        match tool {
            ToolName::Interpolate => {
                let keyframes = self.formulas(raw.keyframes.as_deref().unwrap_or_default());
                if raw
                    .keyframes
                    .as_ref()
                    .is_some_and(|all| !(2..=12).contains(&all.len()))
                {
                    return Err("a way has 2 to 12 keyframes".to_owned());
                }
                let method = match raw.method.as_ref().map(|word| word.get_ref().as_str()) {
                    None => None,
                    Some("lerp") => Some(Method::Lerp),
                    Some("slerp") => Some(Method::Slerp),
                    Some(other) => {
                        return Err(format!("the method is {other:?}, not lerp or slerp"));
                    }
                };
                Ok(Preset::Interpolate {
                    keyframes,
                    method,
                    closed: raw.closed,
                })
            }
            ToolName::Arithmetic => {
                let mut part = |part: &Option<Vec<Spanned<String>>>| {
                    self.formulas(part.as_deref().unwrap_or_default())
                };
                let (plus, minus, base) = (part(&raw.plus), part(&raw.minus), part(&raw.base));
                let strength = raw
                    .strength
                    .map(|_| number("strength", raw.strength, 100.0));
                Ok(Preset::Arithmetic {
                    plus,
                    minus,
                    base,
                    strength: strength.transpose()?,
                })
            }
            ToolName::Map => match (&raw.plane, &raw.axes) {
                (Some(plane), None) => {
                    let codes = self.formulas(plane);
                    if plane.len() != 3 {
                        return Err(format!("a plane has 3 codes, not {}", plane.len()));
                    }
                    let codes: Result<[Formula; 3], _> = codes.try_into();
                    // Those that are no expressions have been named.
                    codes
                        .map(|codes| Preset::MapPlane(Box::new(codes)))
                        .map_err(|_| "the plane has no three codes".to_owned())
                }
                (None, Some(axes)) => {
                    let numbers: Vec<usize> = axes
                        .iter()
                        .filter_map(|&a| usize::try_from(a).ok())
                        .collect();
                    match *numbers.as_slice() {
                        [a, b] if a != b && axes.len() == 2 => Ok(Preset::MapAxes([a, b])),
                        _ => Err("axes are two different numbers from 0".to_owned()),
                    }
                }
                _ => Err("the settings of map are plane or axes".to_owned()),
            },
            ToolName::Variations => Ok(Preset::Variations {
                sigma: number("sigma", raw.sigma, 100.0)?,
            }),
            ToolName::Compare => Ok(Preset::Compare {
                psi: number("psi", raw.psi, 10.0)?,
            }),
            _ => Err(format!("the tool {} has no settings", tool.key())),
        }
    }
}

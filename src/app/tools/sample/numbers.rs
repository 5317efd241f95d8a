//! What is set by number in Sample: its rows of the table of parameters.

use super::edit::{BRUSH, EditSettings};
use super::quality::COUNT as COUNTS;
use super::side::GAIN;
use super::{MAX_PANES, PaneSettings, Sample, Settings};
use crate::app::notices::Level;
use crate::app::sampling::{ETA, GUIDED, HEAT, JUDGED, STEPS};
use crate::app::tools::{ToolContext, ToolNumber, ToolView};
use crate::app::{Param, SamplerNumber, Scale, Tool, ToolParam};
use crate::latent::SamplerPart;
use std::ops::RangeInclusive;

/// How long the film may take.
const SECONDS: RangeInclusive<f32> = 1.0..=20.0;

/// Which step of the film is shown.
pub const STEP: ToolParam = ToolParam::new(Tool::Sample, "step");
/// Which place of a written picture the film has come to.
pub const PLACE: ToolParam = ToolParam::new(Tool::Sample, "place");
/// How long the whole film takes.
pub const FILM_SECONDS: ToolParam = ToolParam::new(Tool::Sample, "seconds");
/// How many times as strong the difference is shown.
pub const AMPLIFICATION: ToolParam = ToolParam::new(Tool::Sample, "gain");
/// How many pictures each point of a curve is measured on.
pub const COUNT: ToolParam = ToolParam::new(Tool::Sample, "pictures");

/// Radius of the brush, in hundredths of the longer side.
pub const BRUSH_RADIUS: ToolParam = ToolParam::new(Tool::Sample, "brush");

/// A number of the sampler in a pane after the first, which is pane 0.
pub fn number_of_pane(number: SamplerNumber, pane: usize) -> ToolParam {
    ToolParam::numbered(Tool::Sample, number.name(), pane)
}

/// All rows.
pub(super) const ALL: &[ToolNumber<Sample>] = &[
    ToolNumber {
        name: STEP.name,
        numbers: None,
        row: |view, id| {
            let of = view.tool.film().of();
            let words = [
                "Step",
                "Step of the film",
                "The step that is shown; Space plays the film",
            ];
            let shown = view.tool.step() as f32;
            let row = Param::new(id.into(), words, 1.0..=of as f32, of as f32, shown);
            (of > 1).then(|| row.scaled(Scale::Whole))
        },
        set: |tool, _, _, step| tool.scrub(step.round().max(1.0) as usize),
    },
    ToolNumber {
        name: PLACE.name,
        numbers: None,
        row: |view, id| {
            let model = view.workspace.model()?;
            let places = model.manifest.grid().filter(|_| model.manifest.writes())?;
            let of = places.places() as f32;
            let words = [
                "Place",
                "Place of the film",
                "The place that is written, row after row; Space plays the film",
            ];
            let shown = view.tool.place().map_or(of, |place| place as f32 + 1.0);
            let row = Param::new(id.into(), words, 1.0..=of, of, shown);
            (of > 1.0).then(|| row.scaled(Scale::Whole))
        },
        set: |tool, _, _, place| tool.look_at((place.round().max(1.0) as usize).saturating_sub(1)),
    },
    ToolNumber {
        name: FILM_SECONDS.name,
        numbers: None,
        row: |view, id| {
            let words = [
                "Seconds",
                "Seconds of the film",
                "Duration of the whole film when it is played",
            ];
            let usual = Settings::default().secs;
            Some(Param::new(
                id.into(),
                words,
                SECONDS,
                usual,
                view.settings.secs,
            ))
        },
        set: |_, cx, _, secs| {
            cx.edit(|settings| settings.secs = secs.clamp(*SECONDS.start(), *SECONDS.end()));
        },
    },
    ToolNumber {
        name: AMPLIFICATION.name,
        numbers: None,
        row: |view, id| {
            let words = [
                "Gain",
                "Gain of the difference between samplers",
                "Factor by which the shown difference is amplified; the measured values do not change",
            ];
            Some(Param::new(
                id.into(),
                words,
                GAIN,
                1.0,
                view.settings.side.gain,
            ))
        },
        set: |_, cx, _, gain| cx.edit(|settings| settings.side.set_gain(gain)),
    },
    ToolNumber {
        name: COUNT.name,
        numbers: None,
        row: |view, id| {
            let words = [
                "Pictures",
                "Pictures of each point",
                "On how many pictures each point of a curve is measured: more take longer and vary less",
            ];
            let usual = Settings::default().quality.count as f32;
            let count = view.settings.quality.count as f32;
            let row = Param::new(id.into(), words, COUNTS, usual, count);
            Some(row.scaled(Scale::Counts))
        },
        set: |_, cx, _, count| cx.edit(|settings| settings.quality.set_count(count)),
    },
    ToolNumber {
        name: BRUSH_RADIUS.name,
        numbers: None,
        row: |view, id| {
            let words = [
                "Brush",
                "Brush of the mask",
                "Radius of the brush, in hundredths of the longer side",
            ];
            let range = BRUSH.start() * 100.0..=BRUSH.end() * 100.0;
            let usual = EditSettings::default().brush * 100.0;
            let radius = view.settings.edit.brush * 100.0;
            Some(Param::new(id.into(), words, range, usual, radius).scaled(Scale::Closed))
        },
        set: |_, cx, _, radius| cx.edit(|settings| settings.edit.set_brush(radius / 100.0)),
    },
    of_panes(SamplerNumber::Steps),
    of_panes(SamplerNumber::Eta),
    of_panes(SamplerNumber::Guidance),
    of_panes(SamplerNumber::Judge),
    of_panes(SamplerNumber::Temperature),
];

/// The rows of one number of the sampler in all panes.
const fn of_panes(number: SamplerNumber) -> ToolNumber<Sample> {
    ToolNumber {
        name: number.name(),
        numbers: Some(1..MAX_PANES),
        row: match number {
            SamplerNumber::Steps => |view, id| pane_row(view, id, SamplerNumber::Steps),
            SamplerNumber::Eta => |view, id| pane_row(view, id, SamplerNumber::Eta),
            SamplerNumber::Guidance => |view, id| pane_row(view, id, SamplerNumber::Guidance),
            SamplerNumber::Judge => |view, id| pane_row(view, id, SamplerNumber::Judge),
            SamplerNumber::Temperature => |view, id| pane_row(view, id, SamplerNumber::Temperature),
        },
        set: match number {
            SamplerNumber::Steps => |_, cx, pane, to| set_pane(cx, pane, SamplerNumber::Steps, to),
            SamplerNumber::Eta => |_, cx, pane, to| set_pane(cx, pane, SamplerNumber::Eta, to),
            SamplerNumber::Guidance => {
                |_, cx, pane, to| set_pane(cx, pane, SamplerNumber::Guidance, to)
            }
            SamplerNumber::Judge => |_, cx, pane, to| set_pane(cx, pane, SamplerNumber::Judge, to),
            SamplerNumber::Temperature => {
                |_, cx, pane, to| set_pane(cx, pane, SamplerNumber::Temperature, to)
            }
        },
    }
}

/// A row of a pane; `None` for one that is not there, and for a number that does nothing.
fn pane_row(view: ToolView<'_, Sample>, id: ToolParam, number: SamplerNumber) -> Option<Param> {
    let pane = id.number?;
    let side = &view.settings.side;
    let has_conditions = view.workspace.model()?.manifest.conditions.is_some();
    let is_known = view.workspace.knows_number(number);
    if pane >= side.panes() || !is_known {
        return None;
    }
    let current = view.workspace.position.sampler().first_part();
    let part = side.pane(pane).part(&current);
    let left_open = PaneSettings {
        method: side.pane(pane).method,
        ..PaneSettings::default()
    };
    let default = left_open.part(&current);
    let title = pane + 1;
    let tip = "At its default that of pane 1";
    let row = |label: &str, name: &str, range, value: fn(&SamplerPart) -> f32| {
        let name = format!("{name} of pane {title}");
        Param::new(
            id.into(),
            [label, &name, tip],
            range,
            value(&default),
            value(&part),
        )
    };
    match number {
        SamplerNumber::Steps => {
            Some(row("Steps", "Steps", STEPS, |part| part.steps as f32).scaled(Scale::Counts))
        }
        SamplerNumber::Eta => part
            .method
            .takes_eta()
            .then(|| row("eta η", "Eta", ETA, SamplerPart::used_eta).scaled(Scale::Closed)),
        SamplerNumber::Guidance => {
            has_conditions.then(|| row("Guidance", "Guidance", GUIDED, |part| part.guidance))
        }
        SamplerNumber::Judge => view
            .workspace
            .is_guided_by_judge()
            .then(|| row("Judge", "Guidance by the judge", JUDGED, |part| part.judge)),
        SamplerNumber::Temperature => Some(row("Temperature", "Temperature", HEAT, |part| {
            part.temperature
        })),
    }
}

/// Sets a number of a pane; one that a sampler refuses leaves the pane as it is.
fn set_pane(cx: &mut ToolContext<'_, Sample>, pane: usize, number: SamplerNumber, value: f32) {
    let current = cx.workspace.sampler().first_part();
    let mut new = cx.settings().side.pane(pane);
    match number {
        SamplerNumber::Steps => {
            let steps = value.round() as usize;
            new.steps = (steps != current.steps).then_some(steps);
        }
        SamplerNumber::Eta => {
            new.eta = None;
            let is_open = new.part(&current).used_eta() == value;
            new.eta = (!is_open).then_some(value);
        }
        SamplerNumber::Guidance => {
            new.guidance = (value != current.guidance).then_some(value);
        }
        SamplerNumber::Judge => {
            new.judge = (value != current.judge).then_some(value);
        }
        SamplerNumber::Temperature => {
            new.temperature = (value != current.temperature).then_some(value);
        }
    }
    if let Err(fault) = new.part(&current).check() {
        cx.workspace.notices.push(Level::Warning, fault.to_string());
        return;
    }
    cx.edit(|settings| {
        if let Some(pane) = settings.side.pane_mut(pane) {
            *pane = new;
        }
    });
}

//! Curves of quality: how alike the pictures of a sampler are to real ones, against its steps or its
//! guidance. Point after point is measured while one looks.

use super::Sample;
use crate::app::SamplerNumber;
use crate::app::tools::ToolContext;
use crate::engine::{Job, JobId, ModelId, ModelInfo};
use crate::latent::expr::Expr;
use crate::latent::likeness::Likeness;
use crate::latent::{Condition, NoiseMode, Sampler, SamplerPart, Shot};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

/// How many pictures each point may be measured on.
pub const COUNT: RangeInclusive<f32> = 50.0..=2000.0;
/// The most curves beside each other.
pub const MAX_CURVES: usize = 4;

/// What grows along a curve.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Along {
    #[default]
    Steps,
    Guidance,
    Judge,
    Temperature,
}

impl Along {
    pub const ALL: [Self; 4] = [Self::Steps, Self::Guidance, Self::Judge, Self::Temperature];

    /// Where points lie: those that say most come first.
    pub fn points(self) -> &'static [f32] {
        match self {
            Self::Steps => &[5.0, 20.0, 2.0, 10.0, 50.0, 3.0, 1.0, 100.0],
            Self::Guidance => &[1.0, 3.0, 6.0, 0.0, 2.0, 10.0, 1.5, 4.0],
            Self::Judge => &[0.0, 2.0, 5.0, 1.0, 10.0, 3.0, 7.0],
            Self::Temperature => &[1.0, 0.5, 0.8, 0.0, 1.2, 0.9, 0.25],
        }
    }

    /// The number of the sampler that grows.
    pub fn number(self) -> SamplerNumber {
        match self {
            Self::Steps => SamplerNumber::Steps,
            Self::Guidance => SamplerNumber::Guidance,
            Self::Judge => SamplerNumber::Judge,
            Self::Temperature => SamplerNumber::Temperature,
        }
    }

    /// The least and the largest point.
    pub fn ends(self) -> [f64; 2] {
        let points = || self.points().iter().map(|&at| f64::from(at));
        [
            points().fold(f64::INFINITY, f64::min),
            points().fold(f64::NEG_INFINITY, f64::max),
        ]
    }

    /// The settings at a point.
    fn part(self, base: &SamplerPart, at: f32) -> SamplerPart {
        match self {
            Self::Steps => SamplerPart {
                steps: at as usize,
                ..*base
            },
            Self::Guidance => SamplerPart {
                guidance: at,
                ..*base
            },
            Self::Judge => SamplerPart { judge: at, ..*base },
            Self::Temperature => SamplerPart {
                temperature: at,
                ..*base
            },
        }
    }
}

/// What is set for the curves.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct QualitySettings {
    pub along: Along,
    /// How many pictures each point is measured on.
    pub count: usize,
}

impl Default for QualitySettings {
    fn default() -> Self {
        Self {
            along: Along::default(),
            count: 200,
        }
    }
}

impl QualitySettings {
    pub(super) fn set_count(&mut self, count: f32) {
        self.count = count.clamp(*COUNT.start(), *COUNT.end()).round() as usize;
    }
}

/// One curve, as far as it is measured.
#[derive(Clone, PartialEq, Debug)]
pub struct Curve {
    pub model: ModelId,
    pub along: Along,
    /// Whether the model removes noise; else it writes its pictures place by place.
    pub denoises: bool,
    /// The settings that stay the same.
    pub base: SamplerPart,
    pub noise: NoiseMode,
    /// How many pictures each point is measured on.
    pub count: usize,
    /// What was measured, by what grows.
    pub points: Vec<(f32, Likeness)>,
}

impl Curve {
    /// Whether another curve measures the same.
    fn is_like(&self, other: &Self) -> bool {
        let bare = |curve: &Self| Self {
            points: Vec::new(),
            base: curve.along.part(&curve.base, 1.0),
            ..curve.clone()
        };
        bare(self) == bare(other)
    }

    fn has(&self, at: f32) -> bool {
        self.points.iter().any(|(known, _)| *known == at)
    }

    fn add(&mut self, at: f32, likeness: Likeness) {
        let place = self.points.partition_point(|(known, _)| *known < at);
        self.points.insert(place, (at, likeness));
    }

    /// The pictures of a point: seeds from 0, of all classes or attributes in turn where there are some.
    fn shots(&self, model: &ModelInfo, at: f32) -> Vec<Shot> {
        let sampler = Sampler::of_part(self.noise, self.along.part(&self.base, at));
        let words = model.manifest.conditions.as_ref().map(|it| &it.words);
        let shot = |seed: usize| {
            let code = Expr::Seed(seed as u32);
            let word = words.and_then(|words| words.get(seed % words.len().max(1)));
            let code = match word {
                Some(word) => Expr::Given(Box::new(code), Condition::word(word)),
                None => code,
            };
            Shot::new(model.id.clone(), code).with_sampler(sampler)
        };
        (0..self.count).map(shot).collect()
    }
}

/// A point that is being measured.
#[derive(Debug)]
struct Running {
    job: JobId,
    at: f32,
    /// Pictures done, and how many there are.
    progress: [usize; 2],
}

/// The curves of this run of the program; no part of undo.
#[derive(Default, Debug)]
pub struct Quality {
    curves: Vec<Curve>,
    /// Points of the last curve that are to be measured.
    waiting: VecDeque<f32>,
    running: Option<Running>,
    failure: Option<String>,
}

impl Quality {
    /// The curves, the oldest first.
    pub fn curves(&self) -> &[Curve] {
        &self.curves
    }

    /// Why the last point could not be measured; a sentence.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    pub fn is_measuring(&self) -> bool {
        self.running.is_some() || !self.waiting.is_empty()
    }

    /// The point that is being measured with its pictures done and how many there are, and how many
    /// points wait.
    pub fn progress(&self) -> Option<(f32, [usize; 2], usize)> {
        let running = self.running.as_ref()?;
        Some((running.at, running.progress, self.waiting.len()))
    }

    /// Begins a curve with the current settings, or goes on with one that was left.
    pub(super) fn measure(&mut self, cx: &ToolContext<'_, Sample>, model: &ModelInfo) {
        let settings = &cx.settings().quality;
        let sampler = cx.workspace.sampler();
        let wanted = Curve {
            model: model.id.clone(),
            along: settings.along,
            denoises: cx.workspace.denoises(),
            base: sampler.first_part(),
            noise: sampler.noise,
            count: settings.count,
            points: Vec::new(),
        };
        self.cancel(cx);
        let known = self.curves.iter().position(|curve| curve.is_like(&wanted));
        let curve = match known {
            Some(index) => self.curves.remove(index),
            None => wanted,
        };
        let missing = curve.along.points().iter().copied();
        self.waiting = missing.filter(|at| !curve.has(*at)).collect();
        if self.curves.len() >= MAX_CURVES {
            self.curves.remove(0);
        }
        self.curves.push(curve);
        self.failure = None;
    }

    /// Stops; what was measured stays.
    pub(super) fn cancel(&mut self, cx: &ToolContext<'_, Sample>) {
        self.waiting.clear();
        if let Some(running) = self.running.take() {
            cx.workspace.engine.cancel(running.job);
        }
    }

    /// Forgets a curve.
    pub fn remove(&mut self, cx: &ToolContext<'_, Sample>, index: usize) {
        if index + 1 == self.curves.len() {
            self.cancel(cx);
        }
        if index < self.curves.len() {
            self.curves.remove(index);
        }
    }

    /// Goes on with the next point, for the model that the curve is of.
    pub(super) fn follow(&mut self, cx: &mut ToolContext<'_, Sample>, model: &ModelInfo) {
        let Some(curve) = self.curves.last() else {
            return;
        };
        if self.running.is_some() || curve.model != model.id {
            return;
        }
        let Some(at) = self.waiting.pop_front() else {
            return;
        };
        let job = cx.submit(Job::Assess {
            shots: curve.shots(model, at),
            names: std::sync::Arc::clone(&cx.workspace.names),
        });
        let progress = [0, curve.count];
        self.running = Some(Running { job, at, progress });
    }

    pub(super) fn on_progress(&mut self, job: JobId, progress: [usize; 2]) {
        if let Some(running) = self.running.as_mut().filter(|running| running.job == job) {
            running.progress = progress;
        }
    }

    pub(super) fn on_assessed(&mut self, job: JobId, likeness: Likeness) {
        let running = self.running.as_ref().filter(|running| running.job == job);
        if let (Some(at), Some(curve)) = (running.map(|it| it.at), self.curves.last_mut()) {
            curve.add(at, likeness);
        }
    }

    pub(super) fn on_end(&mut self, job: JobId, failure: Option<&str>) {
        let is_own = self.running.take_if(|running| running.job == job).is_some();
        if let (true, Some(failure)) = (is_own, failure) {
            // The next point would fail alike.
            self.waiting.clear();
            self.failure = Some(failure.to_owned());
        }
    }

    /// All points as a table, a line each.
    pub fn csv(&self) -> String {
        let mut text = String::from(
            "model,method,steps,schedule,eta,guidance,judge,pictures,frechet_distance,precision,recall,confidence,\
             as_asked,clipped\n",
        );
        let optional = |value: Option<f64>| value.map_or_else(String::new, |it| it.to_string());
        for curve in &self.curves {
            for (at, found) in &curve.points {
                let part = curve.along.part(&curve.base, *at);
                let schedule = part
                    .schedule
                    .map_or("as trained", |it| crate::latent::sampling::Name::name(it));
                // Names of models have no line breaks; a quote is doubled, as RFC 4180 has it.
                let model = curve.model.name.replace('"', "\"\"");
                // Writing into a string cannot fail.
                let _ = writeln!(
                    text,
                    "\"{model}\",{},{},{schedule},{},{},{},{},{},{},{},{},{},{}",
                    part.method,
                    part.steps,
                    part.used_eta(),
                    part.guidance,
                    part.judge,
                    found.count,
                    found.frechet,
                    found.precision,
                    found.recall,
                    optional(found.confidence),
                    optional(found.obeyed),
                    found.clipped
                );
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::sampling::Method;

    fn curve(along: Along, steps: usize, guidance: f32) -> Curve {
        Curve {
            model: ModelId {
                name: "digits \"x\"".to_owned(),
                hash: "ab".to_owned(),
            },
            along,
            denoises: true,
            base: SamplerPart {
                method: Method::Ddim,
                steps,
                guidance,
                ..SamplerPart::default()
            },
            noise: NoiseMode::default(),
            count: 200,
            points: Vec::new(),
        }
    }

    fn likeness(frechet: f64) -> Likeness {
        Likeness {
            count: 200,
            frechet,
            precision: 0.5,
            recall: 0.25,
            confidence: Some(0.75),
            obeyed: None,
            clipped: 0.125,
        }
    }

    #[test]
    fn what_grows_along_a_curve_makes_no_other_curve() {
        let steps = curve(Along::Steps, 20, 1.0);
        assert!(steps.is_like(&curve(Along::Steps, 50, 1.0)));
        assert!(!steps.is_like(&curve(Along::Steps, 20, 2.0)));
        let guided = curve(Along::Guidance, 20, 1.0);
        assert!(guided.is_like(&curve(Along::Guidance, 20, 3.0)));
        assert!(!guided.is_like(&curve(Along::Guidance, 10, 3.0)));
        assert!(!guided.is_like(&steps));
    }

    #[test]
    fn points_lie_in_order_and_fill_a_table() {
        let mut filled = curve(Along::Steps, 20, 2.0);
        for at in [20.0, 5.0, 50.0] {
            filled.add(at, likeness(f64::from(at)));
        }
        let order: Vec<f32> = filled.points.iter().map(|(at, _)| *at).collect();
        assert_eq!(order, [5.0, 20.0, 50.0]);
        assert!(filled.has(20.0) && !filled.has(10.0));
        let quality = Quality {
            curves: vec![filled],
            ..Quality::default()
        };
        let csv = quality.csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(
            lines[1],
            "\"digits \"\"x\"\"\",ddim,5,as trained,0,2,0,200,5,0.5,0.25,0.75,,0.125"
        );
        assert_eq!(lines[0].split(',').count(), 14);
    }

    #[test]
    fn a_failure_ends_the_curve_and_keeps_its_points() {
        let mut quality = Quality {
            curves: vec![curve(Along::Steps, 20, 1.0)],
            waiting: [5.0, 10.0].into(),
            running: Some(Running {
                job: JobId(3),
                at: 2.0,
                progress: [0, 200],
            }),
            failure: None,
        };
        quality.on_progress(JobId(3), [32, 200]);
        assert_eq!(quality.progress(), Some((2.0, [32, 200], 2)));
        quality.on_assessed(JobId(9), likeness(1.0));
        assert!(quality.curves[0].points.is_empty(), "of another job");
        quality.on_assessed(JobId(3), likeness(1.0));
        quality.on_end(JobId(3), Some("lost"));
        assert_eq!(quality.curves[0].points.len(), 1);
        assert!(!quality.is_measuring());
        assert_eq!(quality.failure(), Some("lost"));
    }
}

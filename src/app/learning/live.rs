//! Numbers of the picture on the window, measured while the hand moves it.
//!
//! The hazard here is a queue: the hand moves faster than pictures are measured. So one
//! measurement runs at a time, of what was on the window when it began, and the next begins when
//! it has come. Until then the numbers of the last picture stay.

use super::{Learning, Page};
use crate::app::jobs::Owner;
use crate::app::{ByAddress, Navigation, View, Workspace};
use crate::engine::{Job, JobId};
use crate::latent::expr::Expr;
use crate::latent::{ModelId, Sampler, SessionNames};
use crate::learn::measure::Quantity;
use crate::learn::{Depiction, Goal, Here, Measurements, TaskKind};
use crate::model::measurement::Measurement;
use std::sync::Arc;

/// What is measured, and the newest numbers.
#[derive(Debug, Default)]
pub(super) struct LiveNumbers {
    quantities: Vec<Quantity>,
    /// A number for each measure, or why there is none; `None` until it is measured.
    values: Vec<Option<Result<f64, String>>>,
    /// The picture that was measured last, or is being measured.
    subject: Option<Subject>,
    /// The measurement under way, with the expressions in its order.
    job: Option<(JobId, Vec<Depiction>)>,
}

/// A picture on the window.
#[derive(Debug)]
struct Subject {
    model: ModelId,
    expression: Expr,
    sampler: Sampler,
    names: ByAddress<SessionNames>,
}

impl Subject {
    fn of(workspace: &Workspace) -> Option<Self> {
        Some(Self {
            model: workspace.model()?.id.clone(),
            expression: workspace.position.expression().clone(),
            sampler: workspace.sampler(),
            names: ByAddress::new(&workspace.names),
        })
    }

    /// Whether it is still on the window.
    fn is_current(&self, workspace: &Workspace) -> bool {
        workspace.model().is_some_and(|it| it.id == self.model)
            && *workspace.position.expression() == self.expression
            && workspace.sampler() == self.sampler
            && ByAddress::new(&workspace.names) == self.names
    }
}

impl LiveNumbers {
    /// The newest number of a measure, or why it has none; `None` until it is measured.
    pub fn get(&self, quantity: &Quantity) -> Option<Result<f64, &str>> {
        let place = self.quantities.iter().position(|known| known == quantity)?;
        let value = self.values.get(place)?.as_ref()?;
        Some(value.as_ref().copied().map_err(String::as_str))
    }

    /// Has the picture on the window measured where it is another, or other measures are asked
    /// for.
    pub fn tick<'q>(
        &mut self,
        workspace: &mut Workspace,
        quantities: impl Iterator<Item = &'q Quantity> + Clone,
    ) {
        if !quantities.clone().eq(&self.quantities) {
            self.ask_for(quantities.cloned().collect(), workspace);
        }
        let is_busy = self.job.is_some() || workspace.models.loading().is_some();
        if self.quantities.is_empty() || is_busy {
            return;
        }
        if self
            .subject
            .as_ref()
            .is_some_and(|it| it.is_current(workspace))
        {
            return;
        }
        let Some(subject) = Subject::of(workspace) else {
            return;
        };
        let here = Here::Picture(subject.expression.clone().into());
        let mut depictions: Vec<Depiction> = Vec::new();
        for quantity in &self.quantities {
            // What cannot be put in has its reason when the value is asked for.
            for depiction in quantity.depictions(Some(&here)).unwrap_or_default() {
                if !depictions.contains(&depiction) {
                    depictions.push(depiction);
                }
            }
        }
        let shot = |it: &Depiction| {
            let shot = workspace.shot(&subject.model, it.expression.clone());
            shot.with_sampler(it.settings.on(subject.sampler))
        };
        let examine = Job::Examine {
            shots: depictions.iter().map(shot).collect(),
            names: Arc::clone(&workspace.names),
        };
        let job = workspace.engine.submit(Owner::Examination, examine);
        self.job = Some((job, depictions));
        self.subject = Some(subject);
    }

    /// Begins with other measures; what is known of those that stay is shown until it is measured
    /// again.
    fn ask_for(&mut self, quantities: Vec<Quantity>, workspace: &mut Workspace) {
        if let Some((job, _)) = self.job.take() {
            workspace.engine.cancel(job);
        }
        let known = |it: &Quantity| Some(self.get(it)?.map_err(str::to_owned));
        let values = quantities.iter().map(known).collect();
        *self = Self {
            quantities,
            values,
            ..Self::default()
        };
    }

    /// Takes what was measured. Returns whether it was asked for here.
    pub fn accept(&mut self, job: JobId, measured: &[Measurement]) -> bool {
        let Some(subject) = &self.subject else {
            return false;
        };
        let Some((_, depictions)) = self.job.take_if(|(known, _)| *known == job) else {
            return false;
        };
        let mut measurements = Measurements::drawn_with(subject.sampler);
        let model = &subject.model.name;
        for (depiction, measurement) in depictions.iter().zip(measured) {
            measurements.insert(model, depiction, measurement.clone());
        }
        let here = Here::Picture(subject.expression.clone().into());
        let value = |it: &Quantity| Some(it.value(model, Some(&here), &measurements));
        self.values = self.quantities.iter().map(value).collect();
        true
    }

    /// Notes that a measurement has ended. One that has brought nothing is begun again.
    pub fn end(&mut self, job: JobId) {
        if self.job.take_if(|(known, _)| *known == job).is_some() {
            self.subject = None;
        }
    }

    /// Notes that the picture cannot be measured. Returns whether that was asked for here.
    pub fn fail(&mut self, job: JobId, why: &str) -> bool {
        let is_own = self.job.take_if(|(known, _)| *known == job).is_some();
        if is_own {
            let failed = || Some(Err(why.to_owned()));
            self.values = self.quantities.iter().map(|_| failed()).collect();
        }
        is_own
    }
}

impl Learning {
    /// Whether the window waits for a prediction, so that it must not show the number.
    pub fn is_predicting(&self, view: &View) -> bool {
        self.predicted(view).is_some()
    }

    /// Whether the toy of the page would show what is to be predicted. One beside a scene stays
    /// in sight while a number of the scene's picture is asked for.
    pub fn hides_toy(&self, view: &View) -> bool {
        let is_of_toy = |quantity: &Quantity| quantity.measure.toy().is_some();
        match self.predicted(view) {
            Some(TaskKind::Predict { quantity, .. }) => is_of_toy(quantity),
            Some(TaskKind::Compare { left, right, .. }) => is_of_toy(left) || is_of_toy(right),
            _ => false,
        }
    }

    /// The task that waits for a prediction.
    fn predicted(&self, view: &View) -> Option<&TaskKind> {
        let is_shown = match self.page {
            Page::Question => view.learning,
            Page::Interview => view.learning && self.is_timed(),
            _ => false,
        };
        let (question, open) = self.open_question().filter(|_| is_shown)?;
        let kind = &question.tasks.get(open.task)?.kind;
        let is_number = matches!(kind, TaskKind::Predict { .. } | TaskKind::Compare { .. });
        (is_number && open.judged.is_none()).then_some(kind)
    }

    /// The newest number of a measure of the picture on the window, or why it has none; `None`
    /// while it is not measured. What the scene watches and the conditions of the open task are.
    pub fn live_number(&self, quantity: &Quantity) -> Option<Result<f64, &str>> {
        match quantity.measure.toy() {
            Some(_) => self.toy()?.number(quantity),
            None => self.live.get(quantity),
        }
    }

    /// The conditions of the open task, until they are met.
    fn open_goals(&self) -> &[Goal] {
        let Some((question, open)) = self.open_question() else {
            return &[];
        };
        match question.tasks.get(open.task).map(|task| &task.kind) {
            Some(TaskKind::Set { goals, .. }) if !open.has_passed() => goals,
            _ => &[],
        }
    }

    /// Those of them that are about pictures of a model.
    fn open_goals_of(&self, model: &str) -> impl Iterator<Item = &Quantity> + Clone {
        let question = self.open_question().map(|(question, _)| question);
        let is_of_it = question.is_some_and(|question| question.model() == Some(model));
        let goals = self.open_goals().iter().map(|goal| &goal.quantity);
        goals.filter(move |it| is_of_it && it.measure.toy().is_none())
    }

    pub(super) fn live_tick(&mut self, workspace: &mut Workspace, navigation: &Navigation) {
        let mut live = std::mem::take(&mut self.live);
        let model = workspace.models.current().cloned();
        let scene = navigation.scene();
        match (scene, model) {
            (Some(scene), Some(model)) => {
                let name = model.id.name.as_str();
                let watched = if scene.model == model.source {
                    scene.watch.as_slice()
                } else {
                    &[]
                };
                live.tick(workspace, watched.iter().chain(self.open_goals_of(name)));
            }
            _ => live.tick(workspace, std::iter::empty()),
        }
        self.live = live;
        let goals = self.open_goals().iter().map(|goal| &goal.quantity);
        let goals: Vec<Quantity> = goals
            .filter(|it| it.measure.toy().is_some())
            .cloned()
            .collect();
        if let Some(bench) = self.toy_mut() {
            bench.measure(goals);
        }
    }
}

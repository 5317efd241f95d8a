//! Answers: measured by the engine on the learner's own pictures, judged, and kept.

use super::Learning;
use crate::app::Workspace;
use crate::app::jobs::Owner;
use crate::app::pictures::{PictureRequest, SetKey};
use crate::app::session::unix_secs;
use crate::engine::{Job, JobId, ModelSource};
use crate::latent::SessionNames;
use crate::latent::expr::Expr;
use crate::learn::figure::Content;
use crate::learn::progress::Attempt;
use crate::learn::task::Order;
use crate::learn::{Answer, Measurements, Question, TaskKind, Verdict, Wanted};
use crate::model::measurement::Measurement;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most pictures that a task and its verdict show.
pub const MAX_PICTURES: usize = 8;

/// The places of the pictures.
const PICTURES: [SetKey; MAX_PICTURES] = [
    SetKey("task 1"),
    SetKey("task 2"),
    SetKey("task 3"),
    SetKey("task 4"),
    SetKey("task 5"),
    SetKey("task 6"),
    SetKey("task 7"),
    SetKey("task 8"),
];

/// A picture that a task shows.
#[derive(Clone, PartialEq, Debug)]
pub struct TaskPicture {
    /// A built-in model by name.
    pub model: String,
    pub expression: Expr,
}

/// The set in which picture `index` of the open task comes.
pub fn picture_key(index: usize) -> SetKey {
    PICTURES[index.min(MAX_PICTURES - 1)]
}

/// The sets in which the pictures of figures come.
const FIGURES: [SetKey; 6] = [
    SetKey("figure 1"),
    SetKey("figure 2"),
    SetKey("figure 3"),
    SetKey("figure 4"),
    SetKey("figure 5"),
    SetKey("figure 6"),
];

/// The set in which the pictures of a figure of the open question come.
pub fn figure_key(number: usize) -> SetKey {
    FIGURES[number.min(FIGURES.len() - 1)]
}

/// The question that is read.
#[derive(Debug)]
pub struct OpenQuestion {
    pub id: String,
    /// The task that is worked on, from 0.
    pub task: usize,
    /// Whether the short answer is shown.
    pub is_revealed: bool,
    /// What the learner wrote before the answer was shown.
    pub prediction: String,
    /// The answer that was judged, with what came of it.
    pub judged: Option<(Answer, Result<Verdict, String>)>,
    pub(super) since_secs: f64,
    pub(super) opened_at: u64,
    pub(super) checking: Option<Checking>,
}

impl OpenQuestion {
    pub(super) fn new(id: String, now_secs: f64) -> Self {
        Self {
            id,
            task: 0,
            is_revealed: false,
            prediction: String::new(),
            judged: None,
            since_secs: now_secs,
            opened_at: unix_secs(),
            checking: None,
        }
    }

    /// Whether an answer is being measured.
    pub fn is_checking(&self) -> bool {
        self.checking.is_some()
    }

    /// Whether the open task was answered rightly.
    pub fn has_passed(&self) -> bool {
        let verdict = self.judged.as_ref().map(|(_, verdict)| verdict);
        matches!(verdict, Some(Ok(verdict)) if verdict.passed)
    }

    /// Seconds since 1970 at which it was opened.
    pub fn opened_at(&self) -> u64 {
        self.opened_at
    }

    pub(super) fn go_to_task(&mut self, task: usize, now_secs: f64) {
        self.task = task;
        self.judged = None;
        self.checking = None;
        self.since_secs = now_secs;
    }
}

/// An answer whose pictures are being measured.
#[derive(Debug)]
pub(super) struct Checking {
    answer: Answer,
    wanted: Vec<Wanted>,
    measurements: Measurements,
    asked: BTreeSet<String>,
    jobs: Vec<(JobId, String, Vec<Expr>)>,
    names: Arc<SessionNames>,
}

impl Learning {
    /// The pictures of the open task: first its own, then what its verdict shows.
    pub fn task_pictures(&self) -> Vec<TaskPicture> {
        let Some((question, open)) = self.open_question() else {
            return Vec::new();
        };
        let mut pictures = own_pictures(question, open.task);
        if let Some((_, Ok(verdict))) = &open.judged
            && !self.is_timed()
        {
            let shown = verdict.counter_examples.iter();
            pictures.extend(shown.map(|it| TaskPicture {
                model: it.model.clone(),
                expression: it.expression.clone(),
            }));
        }
        pictures.truncate(MAX_PICTURES);
        pictures
    }

    /// How many of the pictures belong to the task itself.
    pub fn own_picture_count(&self) -> usize {
        self.open_question().map_or(0, |(question, open)| {
            own_pictures(question, open.task).len().min(MAX_PICTURES)
        })
    }
}

/// What a task shows before it is answered.
fn own_pictures(question: &Question, task: usize) -> Vec<TaskPicture> {
    let of = |model: &str, expression: &Expr| TaskPicture {
        model: model.to_owned(),
        expression: expression.clone(),
    };
    let Some(task) = question.tasks.get(task) else {
        return Vec::new();
    };
    match (&task.kind, question.model()) {
        (TaskKind::Which { left, right, .. }, _) => [left, right]
            .map(|pane| of(&pane.model, &pane.expression.expr))
            .to_vec(),
        (TaskKind::Compare { left, right, .. }, Some(model)) => {
            // A side of two pictures, such as a change, is shown by its second one.
            let side = |quantity: &crate::learn::Quantity| {
                let last = quantity.expressions(None).ok()?.pop()?;
                Some(of(model, &last))
            };
            match (side(left), side(right)) {
                (Some(left), Some(right)) => vec![left, right],
                _ => Vec::new(),
            }
        }
        (
            TaskKind::Order {
                order: Order::Measured { expressions, .. },
                ..
            },
            Some(model),
        ) => expressions.iter().map(|it| of(model, &it.expr)).collect(),
        _ => Vec::new(),
    }
}

impl Learning {
    /// Has the engine measure what an answer needs.
    pub(super) fn answer(&mut self, workspace: &mut Workspace, answer: Answer) {
        let names = Arc::clone(&workspace.names);
        let Some((question, open)) = self.open_question_mut() else {
            return;
        };
        let Some(task) = question.tasks.get(open.task) else {
            return;
        };
        if open.checking.is_some() || open.judged.is_some() {
            return;
        }
        match task.wanted(&question, &answer) {
            Ok(wanted) => {
                // Only the learner's own expression may speak of names of the session, and only
                // it is drawn as the window draws now.
                let is_own = matches!(answer, Answer::Set { .. });
                let sampler = if is_own {
                    workspace.sampler()
                } else {
                    question.sampler()
                };
                open.checking = Some(Checking {
                    answer,
                    wanted,
                    measurements: Measurements::drawn_with(sampler),
                    asked: BTreeSet::new(),
                    jobs: Vec::new(),
                    names: if is_own { names } else { Arc::default() },
                });
                self.check_tick(workspace);
            }
            Err(why) => open.judged = Some((answer, Err(why))),
        }
    }

    /// Asks for what is still to be measured, and judges when all is there.
    pub(super) fn check_tick(&mut self, workspace: &mut Workspace) {
        if self.checking_mut().is_none() {
            // The user has gone on to something else, so nobody waits for the answer.
            for job in self.examining.drain(..) {
                workspace.engine.cancel(job);
            }
            return;
        }
        let Some((question, open)) = self.open_question_mut() else {
            return;
        };
        let task = open.task;
        let Some(mut checking) = open.checking.take() else {
            return;
        };
        let missing: Vec<Wanted> = checking
            .measurements
            .missing(&checking.wanted)
            .into_iter()
            .cloned()
            .collect();
        if missing.is_empty() {
            let verdict = match question.tasks.get(task) {
                Some(task) => task.check(&question, &checking.answer, &checking.measurements),
                None => Err("The task is gone".to_owned()),
            };
            self.on_verdict(workspace, &question, task, checking.answer, verdict);
            return;
        }
        let models: BTreeSet<&str> = missing.iter().map(|it| it.model.as_str()).collect();
        for model in models {
            if checking.asked.contains(model) {
                continue;
            }
            let source = ModelSource::Catalogue(model.to_owned());
            match workspace.need_model(&source) {
                Ok(None) => {}
                Ok(Some(info)) => {
                    let mut expressions: Vec<Expr> = Vec::new();
                    for wanted in missing.iter().filter(|it| it.model == model) {
                        if !expressions.contains(&wanted.expression) {
                            expressions.push(wanted.expression.clone());
                        }
                    }
                    let sampler = checking.measurements.sampler();
                    let shot = |expression: &Expr| {
                        workspace
                            .shot(&info.id, expression.clone())
                            .with_sampler(sampler)
                    };
                    let examine = Job::Examine {
                        shots: expressions.iter().map(shot).collect(),
                        names: Arc::clone(&checking.names),
                    };
                    let job = workspace.engine.submit(Owner::Examination, examine);
                    checking.asked.insert(model.to_owned());
                    checking.jobs.push((job, model.to_owned(), expressions));
                    self.examining.push(job);
                }
                Err(why) => {
                    self.on_verdict(workspace, &question, task, checking.answer, Err(why));
                    return;
                }
            }
        }
        if let Some((_, open)) = self.open_question_mut() {
            open.checking = Some(checking);
        }
    }

    /// Takes what was measured.
    pub(in crate::app) fn on_examined(
        &mut self,
        workspace: &mut Workspace,
        job: JobId,
        measurements: Vec<Measurement>,
    ) {
        if self.live.accept(job, &measurements) {
            return;
        }
        self.examining.retain(|running| *running != job);
        let Some(checking) = self.checking_mut() else {
            return;
        };
        let place = checking.jobs.iter().position(|(known, ..)| *known == job);
        let Some(place) = place else { return };
        let (_, model, expressions) = checking.jobs.swap_remove(place);
        for (expression, measurement) in expressions.iter().zip(measurements) {
            checking
                .measurements
                .insert(&model, expression, measurement);
        }
        self.check_tick(workspace);
    }

    /// Notes that a measurement has ended.
    pub(in crate::app) fn on_examination_end(&mut self, job: JobId) {
        self.live.end(job);
    }

    /// Notes that something cannot be measured.
    pub(in crate::app) fn on_examination_failed(&mut self, job: JobId, message: &str) {
        if self.live.fail(job, message) {
            return;
        }
        self.examining.retain(|running| *running != job);
        let Some(checking) = self.checking_mut() else {
            return;
        };
        if !checking.jobs.iter().any(|(known, ..)| *known == job) {
            return;
        }
        if let Some((_, open)) = self.open_question_mut()
            && let Some(checking) = open.checking.take()
        {
            open.judged = Some((checking.answer, Err(message.to_owned())));
        }
    }

    fn on_verdict(
        &mut self,
        workspace: &mut Workspace,
        question: &Question,
        task: usize,
        answer: Answer,
        verdict: Result<Verdict, String>,
    ) {
        let now_secs = workspace.now_secs;
        let Some((_, open)) = self.open_question_mut() else {
            return;
        };
        let seconds = (now_secs - open.since_secs).max(0.0);
        open.judged = Some((answer.clone(), verdict.clone()));
        let Ok(verdict) = verdict else { return };
        open.is_revealed = true;
        let is_timed = self.is_timed();
        if let Some(running) = self.interview.as_mut().filter(|_| is_timed) {
            let elapsed = running.elapsed(now_secs);
            if let Some(at) = running.at {
                running
                    .interview
                    .record(at, answer, &verdict, elapsed, seconds);
            }
            return;
        }
        let attempt = Attempt::new(question, task, answer, &verdict, unix_secs(), seconds);
        if let Some(attempt) = attempt {
            self.progress.record(attempt);
            self.keep_progress();
        }
    }

    /// The pictures in the figures of the open question, once its answer is shown.
    fn figure_requests(&self, workspace: &mut Workspace) -> Vec<PictureRequest> {
        let Some((question, open)) = self.open_question() else {
            return Vec::new();
        };
        if !open.is_revealed {
            return Vec::new();
        }
        let figures = question
            .answer
            .figures
            .iter()
            .chain(&question.deeper.figures);
        let mut requests = Vec::new();
        for (number, figure) in figures.take(FIGURES.len()).enumerate() {
            let Content::Pictures(pictures) = &figure.content else {
                continue;
            };
            let source = ModelSource::Catalogue(pictures.model.clone());
            // What cannot be loaded leaves its place empty.
            if let Ok(Some(model)) = workspace.need_model(&source) {
                let shown = pictures
                    .expressions
                    .iter()
                    .map(|formula| formula.expr.clone());
                requests.push(PictureRequest::new(figure_key(number), &model, shown));
            }
        }
        requests
    }

    /// The pictures that the open task shows.
    pub(in crate::app) fn requests(&mut self, workspace: &mut Workspace) -> Vec<PictureRequest> {
        if !workspace.view.learning {
            return Vec::new();
        }
        let mut requests = self.figure_requests(workspace);
        for (index, picture) in self.task_pictures().into_iter().enumerate() {
            let source = ModelSource::Catalogue(picture.model);
            // What cannot be loaded leaves its place empty; the check says why.
            if let Ok(Some(model)) = workspace.need_model(&source) {
                let (key, expression) = (picture_key(index), picture.expression);
                requests.push(PictureRequest::new(key, &model, [expression]));
            }
        }
        requests
    }
}

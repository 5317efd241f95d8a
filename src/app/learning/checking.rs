//! Answers: measured by the engine on the learner's own pictures, judged, and kept.

use super::{Learning, ToyBench};
use crate::app::Workspace;
use crate::app::jobs::Owner;
use crate::app::session::unix_secs;
use crate::engine::{Job, JobId, ModelSource};
use crate::latent::SessionNames;
use crate::learn::progress::{Attempt, Memory, Rating};
use crate::learn::{Answer, Depiction, Measurements, Question, Verdict, Wanted};
use crate::model::measurement::Measurement;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A rating that can be taken back by another.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rated {
    pub rating: Rating,
    /// What was remembered before it.
    pub(super) before: Option<Memory>,
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
    /// The question's toy, where it has one.
    pub toy: Option<ToyBench>,
    /// The rating that was given since it was opened.
    pub rated: Option<Rated>,
    pub(super) since_secs: f64,
    pub(super) opened_at: u64,
    pub(super) checking: Option<Checking>,
}

impl OpenQuestion {
    pub(super) fn new(id: String, toy: Option<ToyBench>, now_secs: f64) -> Self {
        Self {
            id,
            toy,
            task: 0,
            is_revealed: false,
            prediction: String::new(),
            judged: None,
            rated: None,
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
    jobs: Vec<(JobId, String, Vec<Depiction>)>,
    names: Arc<SessionNames>,
}

impl Learning {
    /// Notes how well the open question was known; another rating takes the place of the last one.
    pub(super) fn rate(&mut self, rating: Rating) {
        let Some(open) = &mut self.open else { return };
        let before = match open.rated {
            Some(rated) => rated.before,
            None => self.progress.memory(&open.id).copied(),
        };
        open.rated = Some(Rated { rating, before });
        let progress = &mut self.progress;
        progress.review_again(&open.id, before, rating, unix_secs());
        self.keep_progress();
    }

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
                    let mut depictions: Vec<Depiction> = Vec::new();
                    for wanted in missing.iter().filter(|it| it.model == model) {
                        if !depictions.contains(&wanted.depiction) {
                            depictions.push(wanted.depiction.clone());
                        }
                    }
                    let shot = |depiction: &Depiction| {
                        let sampler = checking.measurements.sampler_of(depiction);
                        workspace
                            .shot(&info.id, depiction.expression.clone())
                            .with_sampler(sampler)
                    };
                    let examine = Job::Examine {
                        shots: depictions.iter().map(shot).collect(),
                        names: Arc::clone(&checking.names),
                    };
                    let job = workspace.engine.submit(Owner::Examination, examine);
                    checking.asked.insert(model.to_owned());
                    checking.jobs.push((job, model.to_owned(), depictions));
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
        let (_, model, depictions) = checking.jobs.swap_remove(place);
        for (depiction, measurement) in depictions.iter().zip(measurements) {
            checking.measurements.insert(&model, depiction, measurement);
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
}

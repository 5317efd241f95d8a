//! The timed set of questions that is under way.

use super::{Learning, Page};
use crate::app::notices::Level;
use crate::app::session::unix_secs;
use crate::app::{Desk, Navigation, Workspace};
use crate::learn::interview::{Interview, Options};
use std::time::Duration;

/// A timed set under way.
#[derive(Debug)]
pub struct RunningInterview {
    pub interview: Interview,
    pub(super) began_secs: f64,
    /// Item and task that are worked on.
    pub(super) at: Option<(usize, usize)>,
}

impl RunningInterview {
    pub(super) fn elapsed(&self, now_secs: f64) -> Duration {
        Duration::from_secs_f64((now_secs - self.began_secs).max(0.0))
    }
}

impl Learning {
    /// Whether the open task is the one that the timed set waits for.
    pub fn is_timed(&self) -> bool {
        let (Some(running), Some(open)) = (&self.interview, &self.open) else {
            return false;
        };
        let item = |(item, _): (usize, usize)| running.interview.items().get(item);
        running.at.is_some_and(|at| {
            at.1 == open.task && item(at).is_some_and(|item| item.question == open.id)
        })
    }

    /// What is left of the timed set.
    pub fn interview_left(&self, now_secs: f64) -> Option<Duration> {
        let running = self.interview.as_ref()?;
        Some(running.interview.remaining(running.elapsed(now_secs)))
    }

    pub(super) fn begin_interview(&mut self, workspace: &mut Workspace, options: Options) {
        let Some(bank) = self.bank.clone() else {
            return;
        };
        match Interview::draw(&bank, options, unix_secs()) {
            Ok(interview) => {
                self.report = None;
                self.open = None;
                self.interview = Some(RunningInterview {
                    interview,
                    began_secs: workspace.now_secs,
                    at: None,
                });
                self.next_of_interview(workspace);
            }
            Err(why) => {
                let sentence = format!("The set cannot be drawn: {why}");
                workspace.notices.push(Level::Warning, sentence);
            }
        }
    }

    pub(super) fn next_of_interview(&mut self, workspace: &mut Workspace) {
        let now_secs = workspace.now_secs;
        let Some(running) = &mut self.interview else {
            return;
        };
        running.at = running.interview.next_open();
        let Some((item, task)) = running.at else {
            return;
        };
        let Some(id) = running.interview.items().get(item) else {
            return;
        };
        let id = id.question.clone();
        let mut open = self.opened(id, now_secs);
        open.task = task;
        self.open = Some(open);
        self.page = Page::Interview;
    }

    pub(super) fn end_interview(&mut self, desk: &mut Desk, navigation: &mut Navigation) {
        let Some(running) = self.interview.take() else {
            return;
        };
        let elapsed = running.elapsed(desk.workspace.now_secs);
        navigation.leave_scene(desk);
        let learning = &mut *self;
        learning.open = None;
        learning.page = Page::Interview;
        if let Some(bank) = &learning.bank {
            for attempt in running.interview.attempts(bank) {
                learning.progress.record(attempt);
            }
            learning.report = Some(running.interview.report(bank, elapsed).into());
            learning.keep_progress();
        }
    }
}

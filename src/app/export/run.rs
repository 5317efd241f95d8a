//! A file on its way, and the thread that makes it.
//!
//! The window's thread submits the jobs that the file needs and passes on what comes of them; the
//! thread enlarges, encodes and writes.

use super::task::Task;
use crate::document::codes::save_npz;
use crate::engine::{Event, Job, JobId};
use crate::files::save::save;
use crate::render::{Production, Progress, RenderError, Stage};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// What the thread of a file reports.
pub enum Report {
    /// The file needs this job.
    Needs(Box<Job>),
    Progress(Progress),
    Saved(PathBuf),
    /// A sentence that names the file.
    Failed(String),
}

/// A file on its way.
#[derive(Debug)]
pub struct Run {
    pub(super) id: u64,
    pub(super) path: PathBuf,
    /// The job that it waits for.
    pub(super) job: Option<JobId>,
    pub(super) progress: Option<Progress>,
    events: SyncSender<Event>,
    /// Set when nothing of the file is to stay, even if all of it went to the thread.
    is_cancelled: Arc<AtomicBool>,
}

impl Run {
    /// Begins a file; `report` is called from its thread.
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread.
    pub fn start(
        id: u64,
        task: Task,
        path: PathBuf,
        mut report: impl FnMut(Report) + Send + 'static,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (sender, events) = sync_channel(task.room());
        let is_cancelled = Arc::new(AtomicBool::new(false));
        let run = Self {
            id,
            path: path.clone(),
            job: None,
            progress: None,
            events: sender,
            is_cancelled: Arc::clone(&is_cancelled),
        };
        let thread = std::thread::Builder::new().name("zscape-export".to_owned());
        let thread = thread.spawn(move || {
            let ended = end(&path, || {
                make(task, &path, &events, &is_cancelled, &mut report)
            });
            if let Some(ended) = ended {
                report(ended);
            }
        })?;
        Ok((run, thread))
    }

    /// The name of the file.
    pub fn title(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Pictures that are in the file, and how many there will be; `None` while the way is
    /// measured.
    pub fn progress(&self) -> Option<(usize, usize)> {
        let drawn = self.progress.filter(|it| it.stage == Stage::Drawing);
        drawn.map(|progress| (progress.done, progress.total))
    }

    /// Hands on what came of the job. The channel has room for all that the engine sends ahead;
    /// where the thread is gone, it has reported why.
    pub(super) fn take(&mut self, event: Event) {
        if event.ends_job() {
            self.job = None;
        }
        if matches!(event, Event::Progress { .. }) {
            return;
        }
        if let Err(error) = self.events.try_send(event) {
            log::debug!("{}: {error}", self.path.display());
        }
    }

    /// Has nothing of the file stay.
    pub(super) fn cancel(&self) {
        // The thread may have all pictures already; else it sees that no more come.
        self.is_cancelled.store(true, Ordering::Relaxed);
    }
}

/// Runs what makes a file, and says what became of it; `None` when it was cancelled, which the
/// window knows. A panic is a failure: otherwise the file would never be done.
fn end(path: &Path, make: impl FnOnce() -> Result<(), RenderError>) -> Option<Report> {
    match catch_unwind(AssertUnwindSafe(make)) {
        Ok(Ok(())) => Some(Report::Saved(path.to_owned())),
        Ok(Err(RenderError::Cancelled)) => None,
        Ok(Err(error)) => Some(Report::Failed(sentence(path, &error))),
        Err(_) => {
            let path = path.display();
            let sentence = format!("{path} was not saved: the program failed");
            Some(Report::Failed(sentence))
        }
    }
}

/// Makes a file. When events stop before its end it counts as cancelled.
fn make(
    task: Task,
    path: &Path,
    events: &Receiver<Event>,
    is_cancelled: &AtomicBool,
    report: &mut impl FnMut(Report),
) -> Result<(), RenderError> {
    let mut goes_on = |_| !is_cancelled.load(Ordering::Relaxed);
    let (plan, form) = match task {
        Task::Pictures { plan, form } => (*plan, form),
        Task::Text(text) => return Ok(save(path, text.as_bytes())?),
        Task::Codes(arrays) => return Ok(save_npz(path, &arrays)?),
    };
    let output = form.output(path.to_owned())?;
    let mut production = Production::begin(plan, &[output])?;
    while let Some(job) = production.next_job() {
        report(Report::Needs(Box::new(job)));
        let mut is_done = false;
        while !is_done {
            let event = events.recv().map_err(|_| RenderError::Cancelled)?;
            is_done = event.ends_job();
            production.take(event, &mut goes_on)?;
            report(Report::Progress(production.progress()));
        }
    }
    production.finish(&mut goes_on).map(drop)
}

/// Says that a file is not there; errors of writing name it already.
fn sentence(path: &Path, error: &RenderError) -> String {
    match error {
        RenderError::Save(_) | RenderError::Animation(_) | RenderError::Unfit { .. } => {
            format!("The file was not saved: {error}")
        }
        error => format!("{} was not saved: {error}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_but_a_cancelled_one_is_reported() {
        let path = Path::new("a.png");
        let saved = end(path, || Ok(()));
        assert!(matches!(saved, Some(Report::Saved(at)) if at == path));
        assert!(end(path, || Err(RenderError::Cancelled)).is_none());
        let Some(Report::Failed(sentence)) = end(path, || panic!("as a test")) else {
            panic!("a panic is not reported");
        };
        assert_eq!(sentence, "a.png was not saved: the program failed");
    }
}

//! The thread that reads questions and keeps progress.
//!
//! The hazard here is a disk that lets the window wait, and an answer that is lost with the
//! window: what is to be kept goes to a thread in the order of asking, and closing waits for it.

use crate::app::Wake;
use crate::app::service::{Reports, Service};
use crate::files::save::save;
use crate::learn::Bank;
use crate::learn::path::StudyPath;
use crate::learn::progress::{Progress, ProgressFile};
use crate::learn::toy;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// Requests that may wait between the window and the thread; further ones wait in the window.
const QUEUE: usize = 16;

/// What the thread is asked for.
enum Request {
    /// Read the built-in questions, a teacher's folder and what was learned.
    Open {
        folder: Option<PathBuf>,
        progress: Option<PathBuf>,
    },
    /// Read more question files, or folders of them.
    Add {
        path: PathBuf,
        quietly: bool,
    },
    Keep(Box<Progress>),
    /// Have a toy learn, which takes too long for a frame.
    Prepare(toy::Kind),
    Write {
        path: PathBuf,
        text: String,
    },
}

/// What the thread reports.
pub enum Report {
    Questions {
        bank: Arc<Bank>,
        path: Arc<StudyPath>,
        /// What a folder brought, in a sentence, and whether something of it is wrong.
        brought: Option<(String, bool)>,
    },
    Progress(Box<Progress>),
    /// A toy has learned.
    Prepared,
    Warning(String),
    Failed(String),
    Written(PathBuf),
}

/// The window's end of the thread.
pub struct ProgressStore(Service<Request, Report>);

impl ProgressStore {
    /// Starts the thread and has everything read.
    ///
    /// # Errors
    /// When the operating system gives no thread; a sentence.
    pub fn start(
        folder: Option<PathBuf>,
        progress: Option<PathBuf>,
        wake: Wake,
    ) -> Result<Self, String> {
        let serve = |inbox: &Receiver<Request>, reports: Reports<Report>| {
            let mut worker = Worker::default();
            while let Ok(request) = inbox.recv() {
                for report in worker.handle(request) {
                    reports.send(report);
                }
            }
        };
        let service = Service::start("zscape-learning", QUEUE, wake, serve);
        let mut service =
            service.map_err(|error| format!("No thread to read questions: {error}"))?;
        service.send(Request::Open { folder, progress });
        Ok(Self(service))
    }

    /// Adds a file or a folder; `quietly` says nothing of it unless there are faults.
    pub fn add(&mut self, path: PathBuf, quietly: bool) {
        self.0.send(Request::Add { path, quietly });
    }

    pub fn keep(&mut self, progress: &Progress) {
        // The newest holds all of the older ones.
        let waiting = self.0.waiting_mut();
        if matches!(waiting.back(), Some(Request::Keep(_))) {
            waiting.pop_back();
        }
        self.0.send(Request::Keep(Box::new(progress.clone())));
    }

    pub fn prepare(&mut self, toy: toy::Kind) {
        self.0.send(Request::Prepare(toy));
    }

    pub fn write(&mut self, path: PathBuf, text: String) {
        self.0.send(Request::Write { path, text });
    }

    pub fn try_report(&self) -> Option<Report> {
        self.0.try_report()
    }

    /// Once in a frame: hands over what waits. Returns whether something still does.
    pub fn tick(&mut self) -> bool {
        self.0.flush()
    }

    /// Waits until everything is written down.
    pub fn close(&mut self) {
        self.0.close();
    }
}

impl Drop for ProgressStore {
    fn drop(&mut self) {
        // Answers are kept however the window ends.
        self.close();
    }
}

#[derive(Default)]
struct Worker {
    bank: Arc<Bank>,
    file: Option<ProgressFile>,
}

impl Worker {
    fn handle(&mut self, request: Request) -> Vec<Report> {
        match request {
            Request::Open { folder, progress } => self.open(folder, progress),
            Request::Add { path, quietly } => {
                let mut bank = (*self.bank).clone();
                let report = if path.is_dir() {
                    bank.add_folder(&path)
                } else {
                    bank.add_files(&[path])
                };
                self.bank = Arc::new(bank);
                let has_faults = !report.faults.is_empty();
                let is_said = has_faults || !quietly;
                vec![self.questions(is_said.then(|| (report.sentence(), has_faults)))]
            }
            Request::Keep(progress) => {
                let Some(file) = &mut self.file else {
                    return Vec::new();
                };
                *file.progress_mut() = *progress;
                let saved = match file.save() {
                    Ok(saved) => saved,
                    Err(error) => {
                        return vec![Report::Failed(format!("Progress is not kept: {error}"))];
                    }
                };
                let moved = saved.moved.map(|moved| {
                    Report::Warning(format!(
                        "The progress file that could not be read is kept as {}",
                        moved.display()
                    ))
                });
                let news = || Report::Progress(Box::new(file.progress().clone()));
                moved.into_iter().chain(saved.has_news.then(news)).collect()
            }
            Request::Prepare(toy) => {
                toy.make_ready();
                vec![Report::Prepared]
            }
            Request::Write { path, text } => vec![match save(&path, text.as_bytes()) {
                Ok(()) => Report::Written(path),
                Err(error) => Report::Failed(error.to_string()),
            }],
        }
    }

    fn open(&mut self, folder: Option<PathBuf>, progress: Option<PathBuf>) -> Vec<Report> {
        let mut reports = Vec::new();
        if let Some(path) = progress {
            let file = ProgressFile::open(&path);
            reports.extend(file.notice().map(Report::Warning));
            reports.push(Report::Progress(Box::new(file.progress().clone())));
            self.file = Some(file);
        }
        let (bank, brought) = match folder {
            None => (Bank::built_in(), None),
            Some(folder) => {
                let (bank, report) = Bank::with_folder(&folder);
                (bank, Some((report.sentence(), !report.faults.is_empty())))
            }
        };
        self.bank = Arc::new(bank);
        reports.push(self.questions(brought));
        reports
    }

    fn questions(&self, brought: Option<(String, bool)>) -> Report {
        Report::Questions {
            bank: Arc::clone(&self.bank),
            path: Arc::new(self.bank.path()),
            brought,
        }
    }
}

//! The thread that reads questions and keeps progress.
//!
//! The hazard here is a disk that lets the window wait, and an answer that is lost with the
//! window: what is to be kept goes to a thread in the order of asking, and closing waits for it.

use crate::app::Wake;
use crate::document::save::save;
use crate::learn::Bank;
use crate::learn::path::StudyPath;
use crate::learn::progress::{Progress, ProgressFile};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// What the thread is asked for.
enum Wish {
    /// Read the built-in questions, a teacher's folder and what was learned.
    Open {
        folder: Option<PathBuf>,
        progress: Option<PathBuf>,
    },
    /// Read more question files, or folders of them.
    Add(PathBuf),
    Keep(Box<Progress>),
    Write {
        path: PathBuf,
        text: String,
    },
}

/// What the thread tells.
pub enum Report {
    Questions {
        bank: Arc<Bank>,
        path: Arc<StudyPath>,
        /// What a folder brought, in a sentence, and whether something of it is wrong.
        brought: Option<(String, bool)>,
    },
    Progress(Box<Progress>),
    Warning(String),
    Failed(String),
    Written(PathBuf),
}

/// The window's end of the thread.
pub struct Keeper {
    wishes: Option<Sender<Wish>>,
    reports: Receiver<Report>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread and has everything read.
    ///
    /// # Errors
    /// When the operating system gives no thread; a sentence.
    pub fn start(
        folder: Option<PathBuf>,
        progress: Option<PathBuf>,
        wake: Wake,
    ) -> Result<Self, String> {
        let (wishes, receiver) = channel();
        let (sender, reports) = channel();
        let thread = std::thread::Builder::new().name("zscape-learning".to_owned());
        let thread = thread.spawn(move || {
            let mut worker = Worker::default();
            while let Ok(wish) = receiver.recv() {
                for report in worker.fulfil(wish) {
                    // The window is gone when nobody listens; what is asked for is done anyway.
                    sender.send(report).ok();
                }
                wake();
            }
        });
        let thread = thread.map_err(|error| format!("No thread to read questions: {error}"))?;
        let keeper = Self {
            wishes: Some(wishes),
            reports,
            thread: Some(thread),
        };
        keeper.send(Wish::Open { folder, progress });
        Ok(keeper)
    }

    pub fn add(&self, path: PathBuf) {
        self.send(Wish::Add(path));
    }

    pub fn keep(&self, progress: &Progress) {
        self.send(Wish::Keep(Box::new(progress.clone())));
    }

    pub fn write(&self, path: PathBuf, text: String) {
        self.send(Wish::Write { path, text });
    }

    pub fn try_report(&self) -> Option<Report> {
        self.reports.try_recv().ok()
    }

    /// Waits until everything is written down.
    pub fn close(&mut self) {
        self.wishes = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so.
            thread.join().ok();
        }
    }

    fn send(&self, wish: Wish) {
        if let Some(wishes) = &self.wishes
            && wishes.send(wish).is_err()
        {
            log::error!("the thread of the questions has ended");
        }
    }
}

#[derive(Default)]
struct Worker {
    bank: Arc<Bank>,
    file: Option<ProgressFile>,
}

impl Worker {
    fn fulfil(&mut self, wish: Wish) -> Vec<Report> {
        match wish {
            Wish::Open { folder, progress } => self.open(folder, progress),
            Wish::Add(path) => {
                let mut bank = (*self.bank).clone();
                let report = if path.is_dir() {
                    bank.add_folder(&path)
                } else {
                    bank.add_files(&[path])
                };
                self.bank = Arc::new(bank);
                vec![self.questions(Some((report.sentence(), !report.faults.is_empty())))]
            }
            Wish::Keep(progress) => {
                let Some(file) = &mut self.file else {
                    return Vec::new();
                };
                *file.progress_mut() = *progress;
                match file.save() {
                    Ok(None) => Vec::new(),
                    Ok(Some(moved)) => vec![Report::Warning(format!(
                        "The progress file that could not be read is kept as {}",
                        moved.display()
                    ))],
                    Err(error) => vec![Report::Failed(format!("Progress is not kept: {error}"))],
                }
            }
            Wish::Write { path, text } => vec![match save(&path, text.as_bytes()) {
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

//! Files made of what the window shows: stills, strips, sheets, grids, animations, and codes.
//!
//! What a file is made of is read here (`task`); how it is made is in [`render`](crate::render),
//! as on the command line. A thread for each file drives its production (`run`), and the window
//! only carries jobs to the engine and events back.

mod run;
mod settings;
mod task;

pub use run::Run;
pub use settings::{ContactSource, Film, Kind, SCALE, Settings, ending_of};

use super::jobs::{Jobs, Owner};
use super::notices::Level;
use super::{ByAddress, Derived, Desk, Effect, Overlay, ToolSettings, Wake, Workspace};
use crate::engine::{Event, ModelInfo};
use run::Report;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use task::Task;

/// The longer side of a picture that is saved by one key, in pixels, or a little less: each pixel of the
/// model's becomes a whole number of them. Larger ones stay as they are.
const SAVED_SIDE: u32 = 512;
/// Reports that wait for a frame of the window; a thread with one more waits, too.
const REPORTS: usize = 64;
/// How long the end of the program waits for writers that were stopped. Each of them ends with
/// the frame that it encodes; only a disk that does not answer holds one longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Files on their way, and what the next one is to be.
pub struct Export {
    wake: Wake,
    settings: Settings,
    runs: Vec<Run>,
    next_id: u64,
    /// With the number of the run.
    reports: Receiver<(u64, Report)>,
    report: SyncSender<(u64, Report)>,
    /// The threads that write, also those of cancelled files until they have ended.
    writers: Vec<JoinHandle<()>>,
    checked: Derived<CheckKey, Result<Option<[u32; 2]>, String>>,
}

/// Everything that decides whether a file can be made.
#[derive(PartialEq, Debug)]
struct CheckKey {
    settings: Settings,
    model: Option<ByAddress<ModelInfo>>,
    tools: ByAddress<ToolSettings>,
    has_code: bool,
    /// Bookmarks are written, too.
    session: u64,
}

impl Export {
    pub fn new(wake: Wake) -> Self {
        let (report, reports) = sync_channel(REPORTS);
        Self {
            wake,
            settings: Settings::default(),
            runs: Vec::new(),
            next_id: 0,
            reports,
            report,
            writers: Vec::new(),
            checked: Derived::default(),
        }
    }

    /// What the next file is to be.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Files on their way, the oldest first.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Begins a file.
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread; a sentence.
    fn start(&mut self, task: Task, path: PathBuf) -> Result<(), String> {
        self.next_id += 1;
        let id = self.next_id;
        let (wake, report) = (Arc::clone(&self.wake), self.report.clone());
        let tell = move |said| {
            // The window is gone when nobody listens.
            report.send((id, said)).ok();
            wake();
        };
        let path = task.place(path);
        let (run, thread) = Run::start(id, task, path, tell)
            .map_err(|error| format!("No thread to write the file: {error}"))?;
        self.runs.push(run);
        self.writers.push(thread);
        Ok(())
    }

    /// Hands what came of a job to the file that waits for it.
    pub(super) fn take_event(&mut self, event: Event) {
        let mut runs = self.runs.iter_mut();
        if let Some(job) = event.job()
            && let Some(run) = runs.find(|run| run.job == Some(job))
        {
            run.take(event);
        }
    }

    /// Does what the threads ask for, and says what became of their files.
    pub(super) fn take_reports(&mut self, workspace: &mut Workspace) {
        while let Ok((id, report)) = self.reports.try_recv() {
            let Some(at) = self.runs.iter().position(|run| run.id == id) else {
                // It was cancelled; only that it came too late is of interest.
                if let Report::Saved(path) = report {
                    let path = path.display();
                    let sentence = format!("{path} was whole before it was cancelled; it is there");
                    workspace.notices.push(Level::Warning, sentence);
                }
                continue;
            };
            match report {
                Report::Needs(job) => {
                    self.runs[at].job = Some(workspace.engine.submit(Owner::Export, *job));
                }
                Report::Progress(progress) => self.runs[at].progress = Some(progress),
                Report::Saved(path) => {
                    self.runs.remove(at);
                    let sentence = format!("Saved {}", path.display());
                    workspace.notices.push(Level::Done, sentence);
                }
                Report::Failed(sentence) => {
                    self.stop(at, &workspace.engine);
                    workspace.notices.push(Level::Error, sentence);
                    // It is to be heard of: the window stays open.
                    if matches!(workspace.modes.overlay, Overlay::Quit { .. }) {
                        workspace.modes.overlay = Overlay::None;
                    }
                }
            }
        }
        for thread in self.writers.extract_if(.., |thread| thread.is_finished()) {
            join(thread);
        }
        self.quit_when_written(workspace);
    }

    /// Stops one file.
    fn stop(&mut self, at: usize, engine: &Jobs) -> Run {
        let run = self.runs.remove(at);
        if let Some(job) = run.job {
            engine.cancel(job);
        }
        run.cancel();
        run
    }

    /// Stops every file on its way; nothing of them stays.
    pub(super) fn cancel(&mut self, workspace: &mut Workspace) {
        while !self.runs.is_empty() {
            let title = self.stop(0, &workspace.engine).title();
            let sentence = format!("{title} was cancelled; nothing was written");
            workspace.notices.push(Level::Warning, sentence);
        }
    }

    fn stop_all(&mut self, engine: &Jobs) {
        while !self.runs.is_empty() {
            self.stop(0, engine);
        }
    }

    /// Whether the window may close now. While files are being written it asks instead.
    pub(super) fn may_close(&self, workspace: &mut Workspace) -> bool {
        if self.runs.is_empty() {
            return true;
        }
        if !matches!(workspace.modes.overlay, Overlay::Quit { .. }) {
            workspace.modes.overlay = Overlay::Quit { waits: false };
        }
        false
    }

    /// Does what was chosen when the window was to close while files are written.
    pub(super) fn quit(&mut self, choice: Quit, workspace: &mut Workspace) {
        match choice {
            Quit::WhenWritten => {
                workspace.modes.overlay = Overlay::Quit { waits: true };
                self.quit_when_written(workspace);
            }
            Quit::Now => {
                self.stop_all(&workspace.engine);
                workspace.modes.overlay = Overlay::None;
                workspace.effects.push(Effect::Close);
            }
        }
    }

    fn quit_when_written(&self, workspace: &mut Workspace) {
        if workspace.modes.overlay == (Overlay::Quit { waits: true }) && self.runs.is_empty() {
            workspace.modes.overlay = Overlay::None;
            workspace.effects.push(Effect::Close);
        }
    }

    /// Stops what is being written and waits for its threads, so that neither parts of files nor
    /// an encoder of another program are left.
    pub(super) fn close(&mut self, engine: &Jobs) {
        self.stop_all(engine);
        // A writer that waits for the window to take its report goes on.
        (self.report, self.reports) = sync_channel(REPORTS);
        let deadline = Instant::now() + PATIENCE;
        for thread in std::mem::take(&mut self.writers) {
            while !thread.is_finished() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(2));
            }
            if thread.is_finished() {
                join(thread);
            } else {
                // Left deliberately: the end of the program ends it.
                log::warn!("a file is still being written; it is left unfinished");
            }
        }
    }
}

impl Export {
    pub(super) fn set_up(&mut self, settings: Settings) {
        self.settings = settings.bounded();
    }

    /// Why the file that is set up cannot be made now.
    ///
    /// # Errors
    ///
    /// A sentence.
    pub(super) fn check(&self, desk: &Desk) -> Result<Option<[u32; 2]>, String> {
        // A plan may hold 10,000 expressions; the form asks in every frame.
        let key = CheckKey {
            settings: self.settings.clone(),
            model: desk.workspace.models.current().map(ByAddress::new),
            tools: ByAddress::new(desk.tools.settings()),
            has_code: desk.workspace.preview.frame().is_some(),
            session: desk.session.revision(),
        };
        let check = || Task::new(desk, &self.settings).map(|task| task.size());
        (*self.checked.get(key, check)).clone()
    }

    /// Asks where the file is to be.
    pub(super) fn ask_where(&self, desk: &mut Desk) {
        let checked = self.check(desk);
        let workspace = &mut desk.workspace;
        if let Err(sentence) = checked {
            workspace.notices.push(Level::Error, sentence);
            return;
        }
        let kind = self.settings.file_kind();
        let suggested_name = match self.settings.kind {
            Kind::Picture => workspace.suggested_file_name(kind.ending),
            // `digits-vae2-strip.png`
            other => {
                let model = workspace.clean_model_name();
                format!("{model}-{}.{}", other.noun(), kind.ending)
            }
        };
        workspace.effects.push(Effect::AskWhereToExport {
            suggested_name,
            kind,
        });
    }

    /// Makes the file that is set up.
    pub(super) fn write(&mut self, desk: &mut Desk, path: PathBuf) {
        let task = Task::new(desk, &self.settings);
        self.begin(&mut desk.workspace, task, path);
    }

    /// Writes a text.
    pub(super) fn write_text(&mut self, workspace: &mut Workspace, text: String, path: PathBuf) {
        self.begin(workspace, Ok(Task::Text(text)), path);
    }

    /// Writes the picture, a small one enlarged as it is on the window.
    pub(super) fn save_picture(&mut self, desk: &mut Desk, path: PathBuf) {
        let size = desk.workspace.picture_size();
        let longer = size.into_iter().max().unwrap_or_default().max(1);
        let settings = Settings {
            kind: Kind::Picture,
            scale: (SAVED_SIDE / longer as u32).clamp(*SCALE.start(), *SCALE.end()),
            smooth: desk.workspace.view.enlarging.is_smooth(size),
            ..Settings::default()
        };
        let task = Task::new(desk, &settings);
        self.begin(&mut desk.workspace, task, path);
    }

    fn begin(&mut self, workspace: &mut Workspace, task: Result<Task, String>, path: PathBuf) {
        let begun = task.and_then(|task| self.start(task, path));
        if let Err(sentence) = begun {
            workspace.notices.push(Level::Error, sentence);
        }
    }
}

/// What to do about files that are being written when the window is to close.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quit {
    WhenWritten,
    Now,
}

/// Takes a thread that has ended; one that panicked has said so.
fn join(thread: JoinHandle<()>) {
    if thread.join().is_err() {
        log::error!("a thread that writes files has ended with a panic");
    }
}

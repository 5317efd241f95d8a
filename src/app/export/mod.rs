//! Files made of pictures: stills, strips, sheets, grids, animations, and codes.
//!
//! The engine decodes what a file needs in pieces; a thread for each file enlarges, encodes and
//! writes them. The hazards here are a memory full of pictures that wait for a slow encoder, and
//! half a file after a cancel: the next piece is asked for when the last one is written, and
//! files appear under their names only when they are whole.

mod plan;
mod writer;

pub use plan::{Kind, Settings, ending_of};

use super::notices::Level;
use super::{AppState, ByAddress, Derived, Effect, Overlay, ToolSettings};
use crate::app::jobs::Owner;
use crate::engine::{Class, Job, JobId, ModelId, ModelInfo};
use crate::latent::expr::Expr;
use crate::latent::path::{ArcLength, step_length};
use crate::latent::{Sampler, SessionNames, Shot};
use plan::{Plan, Work};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use writer::Piece;

/// Called from another thread to have the window look at what came.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Pictures of one piece: whole batches of the engine, so that the bytes are those that the
/// command line makes.
const PIECE: usize = 256;

/// Reports that wait for a frame of the window; a writer with one more waits, too.
const REPORTS: usize = 64;
/// How long the end of the program waits for writers that were stopped. Each of them ends with
/// the frame that it encodes; only a disk that does not answer holds one longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a writer reports.
enum Report {
    /// So many more pictures are in the file.
    Written {
        id: u64,
        count: usize,
    },
    Done {
        id: u64,
    },
    Failed {
        id: u64,
        sentence: String,
    },
}

/// What of a file is still to be decoded.
#[derive(Debug)]
enum Stage {
    /// Pictures on the way are measured, so that frames can be spread evenly.
    Survey {
        steps: Vec<f64>,
        before: Option<Vec<f32>>,
    },
    Pictures,
}

/// A file on its way.
#[derive(Debug)]
pub struct Run {
    id: u64,
    path: PathBuf,
    work: Work,
    model: ModelId,
    names: Arc<SessionNames>,
    sampler: Sampler,
    stage: Stage,
    waiting: VecDeque<Vec<Expr>>,
    job: Option<JobId>,
    /// Pictures that went to the writer and are not written yet.
    unwritten: usize,
    writer: Option<SyncSender<Piece>>,
    /// Set when nothing of the file is to stay, even if all of it went to the writer.
    is_cancelled: Arc<AtomicBool>,
    done: usize,
    total: usize,
}

impl Run {
    /// The name of the file.
    pub fn title(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Pictures that are in the file, and how many there will be; `None` while the way is
    /// measured.
    pub fn progress(&self) -> Option<(usize, usize)> {
        matches!(self.stage, Stage::Pictures).then_some((self.done, self.total))
    }

    /// Hands a piece to the writer. The channel has room for all pieces of a job and the end;
    /// where the writer is gone, it has reported why.
    fn write(&self, piece: Piece) {
        if let Some(writer) = &self.writer
            && let Err(error) = writer.try_send(piece)
        {
            log::debug!("{}: {error}", self.path.display());
        }
    }

    fn fill(&mut self, expressions: &[Expr]) {
        self.waiting = expressions.chunks(PIECE).map(<[Expr]>::to_vec).collect();
    }
}

/// Files on their way, and what the next one is to be.
pub struct Export {
    wake: Wake,
    settings: Settings,
    runs: Vec<Run>,
    next_id: u64,
    reports: Receiver<Report>,
    report: SyncSender<Report>,
    /// The threads that write, also those of cancelled files until they have ended.
    writers: Vec<JoinHandle<()>>,
    checked: Derived<PlanKey, Result<(), String>>,
}

/// Everything that decides whether a file can be made.
#[derive(PartialEq, Debug)]
struct PlanKey {
    settings: Settings,
    model: Option<ByAddress<ModelInfo>>,
    tools: ByAddress<ToolSettings>,
    names: ByAddress<SessionNames>,
    expression: Expr,
    path_lengths: Option<u64>,
    picture: Option<u64>,
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
}

impl AppState {
    pub(super) fn set_export(&mut self, settings: Settings) {
        self.export.settings = settings.bounded();
    }

    /// Why the file that is set up cannot be made now.
    ///
    /// # Errors
    ///
    /// A sentence.
    pub fn check_export(&self) -> Result<(), String> {
        // A plan may hold 10,000 expressions; the form asks in every frame.
        let key = PlanKey {
            settings: self.export.settings.clone(),
            model: self.desk.workspace.models.current().map(ByAddress::new),
            tools: ByAddress::new(self.desk.tools.settings()),
            names: ByAddress::new(&self.desk.workspace.names),
            expression: self.desk.workspace.position.expression().clone(),
            path_lengths: self.desk.tools.interpolate().measured_on(),
            picture: self
                .desk
                .workspace
                .preview
                .frame()
                .map(|frame| frame.generation),
            session: self.desk.session.revision(),
        };
        let plan = || Plan::new(self, &self.export.settings).map(|_| ());
        (*self.export.checked.get(key, plan)).clone()
    }

    /// Asks where the file is to be.
    pub(super) fn ask_where_to_export(&mut self) {
        if let Err(sentence) = self.check_export() {
            self.desk.workspace.notices.push(Level::Error, sentence);
            return;
        }
        let settings = &self.export.settings;
        let (words, ending) = settings.file_kind();
        let suggested_name = match settings.kind {
            Kind::Picture => self.desk.workspace.suggested_file_name(ending),
            kind => self.suggested_name(kind.noun(), ending),
        };
        self.desk.workspace.effects.push(Effect::AskWhereToExport {
            suggested_name,
            words,
            ending,
        });
    }

    /// Makes the file that is set up.
    pub(super) fn export_to(&mut self, path: PathBuf) {
        let settings = self.export.settings.clone();
        self.start_export(&settings, path);
    }

    /// Writes the picture in the model's own size.
    pub(super) fn save_picture(&mut self, path: PathBuf) {
        let settings = Settings {
            kind: Kind::Picture,
            scale: 1,
            ..Settings::default()
        };
        self.start_export(&settings, path);
    }

    fn start_export(&mut self, settings: &Settings, path: PathBuf) {
        let path = match settings.kind {
            Kind::Animation => plan::completed(settings.format, path),
            _ => path,
        };
        let plan = match Plan::new(self, settings) {
            Ok(plan) => plan,
            Err(sentence) => {
                self.desk.workspace.notices.push(Level::Error, sentence);
                return;
            }
        };
        self.export.next_id += 1;
        let id = self.export.next_id;
        let wake = Arc::clone(&self.export.wake);
        let report = self.export.report.clone();
        let file = plan.file(&path);
        let (sender, pieces) = sync_channel(PIECE + 1);
        let is_cancelled = Arc::new(AtomicBool::new(false));
        let cancelled = Arc::clone(&is_cancelled);
        let started = std::thread::Builder::new()
            .name("zscape-export".to_owned())
            .spawn(move || {
                let tell = |said: Report| {
                    // The window is gone when nobody listens.
                    report.send(said).ok();
                    wake();
                };
                let written = |count| tell(Report::Written { id, count });
                match writer::write(file, &pieces, &cancelled, written) {
                    Ok(true) => tell(Report::Done { id }),
                    // It was cancelled, which the window knows.
                    Ok(false) => {}
                    Err(sentence) => tell(Report::Failed { id, sentence }),
                }
            });
        match started {
            Ok(thread) => self.export.writers.push(thread),
            Err(error) => {
                let sentence = format!("No thread to write the file: {error}");
                self.desk.workspace.notices.push(Level::Error, sentence);
                return;
            }
        }
        let total = plan.work.count();
        let mut run = Run {
            id,
            path,
            model: plan.model,
            names: Arc::clone(&self.desk.workspace.names),
            sampler: self.desk.workspace.sampler(),
            stage: Stage::Pictures,
            waiting: VecDeque::new(),
            job: None,
            unwritten: 0,
            writer: Some(sender),
            is_cancelled,
            done: 0,
            total,
            work: plan.work,
        };
        match &run.work {
            Work::Codes => {}
            Work::Pictures(expressions) => {
                let expressions = expressions.clone();
                run.fill(&expressions);
            }
            Work::Walk { way, animation } if animation.even => {
                run.stage = Stage::Survey {
                    steps: Vec::new(),
                    before: None,
                };
                let survey = way.expressions(&way.survey_positions(animation.frames));
                run.fill(&survey);
            }
            Work::Walk { way, animation } => {
                let positions = way.frame_positions(animation.frames, animation.easing, None);
                let frames = way.expressions(&positions);
                run.fill(&frames);
            }
        }
        self.export.runs.push(run);
        self.go_on(id);
    }

    /// Asks for the next piece of a file, or says that there are no more.
    fn go_on(&mut self, id: u64) {
        let Some(run) = self.export.runs.iter_mut().find(|run| run.id == id) else {
            return;
        };
        if run.job.is_some() || run.unwritten > 0 {
            return;
        }
        if run.waiting.is_empty()
            && let Stage::Survey { steps, .. } = &run.stage
            && let Work::Walk { way, animation } = &run.work
        {
            let lengths = ArcLength::from_steps(steps);
            let frames = animation.frames;
            let positions = way.frame_positions(frames, animation.easing, lengths.as_ref());
            let frames = way.expressions(&positions);
            run.stage = Stage::Pictures;
            run.fill(&frames);
        }
        match run.waiting.pop_front() {
            Some(expressions) => {
                let shot =
                    |expression| Shot::new(run.model.clone(), expression).with_sampler(run.sampler);
                let decode = Job::Decode {
                    shots: expressions.into_iter().map(shot).collect(),
                    names: Arc::clone(&run.names),
                };
                // Nobody watches a file picture by picture.
                let class = Class::Background;
                run.job = Some(
                    self.desk
                        .workspace
                        .engine
                        .submit_as(Owner::Export, class, decode),
                );
            }
            // Without its end the writer keeps nothing.
            None => {
                run.write(Piece::End);
                run.writer = None;
            }
        }
    }

    /// Takes pictures of a job that a file waits for.
    pub(super) fn on_exported(&mut self, job: JobId, picture_len: usize, values: &[f32]) {
        let mut runs = self.export.runs.iter_mut();
        let Some(run) = runs.find(|run| run.job == Some(job)) else {
            return;
        };
        let len = picture_len.max(1);
        match &mut run.stage {
            Stage::Survey { steps, before } => {
                for picture in values.chunks_exact(len) {
                    if let Some(before) = before {
                        steps.push(step_length(before, picture));
                    }
                    *before = Some(picture.to_vec());
                }
            }
            Stage::Pictures => {
                run.unwritten += values.len() / len;
                run.write(Piece::Pictures(values.to_vec()));
            }
        }
    }

    /// Notes that a job of a file came to its end.
    pub(super) fn on_export_end(&mut self, job: JobId, failure: Option<&str>) {
        let runs = &mut self.export.runs;
        let Some(at) = runs.iter().position(|run| run.job == Some(job)) else {
            return;
        };
        match failure {
            None => {
                runs[at].job = None;
                let id = runs[at].id;
                self.go_on(id);
            }
            Some(failure) => {
                let run = runs.remove(at);
                self.stay_after_failure();
                let sentence = format!("{} was not saved: {failure}", run.path.display());
                self.desk.workspace.notices.push(Level::Error, sentence);
            }
        }
    }

    /// Drains reports of the writers.
    pub(super) fn take_export_reports(&mut self) {
        while let Ok(report) = self.export.reports.try_recv() {
            match report {
                Report::Written { id, count } => {
                    if let Some(run) = self.export.runs.iter_mut().find(|run| run.id == id) {
                        run.done += count;
                        run.unwritten = run.unwritten.saturating_sub(count);
                    }
                    self.go_on(id);
                }
                Report::Done { id } => {
                    if let Some(run) = self.take_run(id) {
                        let sentence = format!("Saved {}", run.path.display());
                        self.desk.workspace.notices.push(Level::Done, sentence);
                    }
                }
                Report::Failed { id, sentence } => {
                    self.stay_after_failure();
                    if let Some(run) = self.take_run(id)
                        && let Some(job) = run.job
                    {
                        self.desk.workspace.engine.cancel(job);
                    }
                    self.desk.workspace.notices.push(Level::Error, sentence);
                }
            }
        }
        let (ended, at_work) = std::mem::take(&mut self.export.writers)
            .into_iter()
            .partition(JoinHandle::is_finished);
        self.export.writers = at_work;
        for thread in ended {
            join(thread);
        }
        self.quit_when_written();
    }

    fn take_run(&mut self, id: u64) -> Option<Run> {
        let at = self.export.runs.iter().position(|run| run.id == id)?;
        Some(self.export.runs.remove(at))
    }

    /// Stops every file on its way; nothing of them stays.
    pub(super) fn cancel_exports(&mut self) {
        for title in self.stop_exports() {
            let sentence = format!("{title} was cancelled; nothing was written");
            self.desk.workspace.notices.push(Level::Warning, sentence);
        }
    }

    /// Stops every file on its way. Returns their names.
    fn stop_exports(&mut self) -> Vec<String> {
        let runs = std::mem::take(&mut self.export.runs);
        let stopped = runs.into_iter().map(|run| {
            if let Some(job) = run.job {
                self.desk.workspace.engine.cancel(job);
            }
            // The writer may have all pictures already; else it sees that no more come.
            run.is_cancelled.store(true, Ordering::Relaxed);
            run.title()
        });
        stopped.collect()
    }

    /// Whether the window may close now. While files are being written it asks instead.
    pub fn may_close(&mut self) -> bool {
        if self.export.runs.is_empty() {
            return true;
        }
        if !matches!(self.desk.workspace.modes.overlay, Overlay::Quit { .. }) {
            self.desk.workspace.modes.overlay = Overlay::Quit { waits: false };
        }
        false
    }

    /// Whether the window has to close now; `true` once.
    pub fn take_close(&mut self) -> bool {
        let before = self.desk.workspace.effects.len();
        self.desk
            .workspace
            .effects
            .retain(|effect| *effect != Effect::Close);
        self.desk.workspace.effects.len() < before
    }

    /// Does what was chosen when the window was to close while files are written.
    pub(super) fn quit(&mut self, choice: Quit) {
        match choice {
            Quit::WhenWritten => {
                self.desk.workspace.modes.overlay = Overlay::Quit { waits: true };
                self.quit_when_written();
            }
            Quit::Now => {
                self.stop_exports();
                self.desk.workspace.modes.overlay = Overlay::None;
                self.desk.workspace.effects.push(Effect::Close);
            }
        }
    }

    fn quit_when_written(&mut self) {
        if self.desk.workspace.modes.overlay == (Overlay::Quit { waits: true })
            && self.export.runs.is_empty()
        {
            self.desk.workspace.modes.overlay = Overlay::None;
            self.desk.workspace.effects.push(Effect::Close);
        }
    }

    /// A file that was not written is to be heard of: the window stays open.
    fn stay_after_failure(&mut self) {
        if matches!(self.desk.workspace.modes.overlay, Overlay::Quit { .. }) {
            self.desk.workspace.modes.overlay = Overlay::None;
        }
    }

    /// Stops what is being written and waits for its threads, so that neither parts of files nor
    /// an encoder of another program are left.
    pub(super) fn close_exports(&mut self) {
        self.stop_exports();
        // A writer that waits for the window to take its report goes on.
        let (report, reports) = sync_channel(REPORTS);
        (self.export.report, self.export.reports) = (report, reports);
        let deadline = Instant::now() + PATIENCE;
        for thread in std::mem::take(&mut self.export.writers) {
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

    /// `digits-vae2-strip.png`
    fn suggested_name(&self, noun: &str, ending: &str) -> String {
        format!("{}-{noun}.{ending}", self.desk.workspace.clean_model_name())
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

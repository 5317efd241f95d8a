//! Learning: the questions, the one that is read, its scene, its tasks, and what was learned.
//!
//! The hazard here is a verdict that rests on a text: every verdict comes from what the engine has
//! just measured (`checking`). Files are read and written on a thread of their own (`store`).

mod checking;
mod interview;
mod live;
mod pictures;
mod scene;
mod store;
mod toy;

pub use checking::{OpenQuestion, Rated};
pub use interview::RunningInterview;
pub use pictures::{MAX_PICTURES, TaskPicture, figure_key, picture_key};
pub use scene::{name_of, tool_of, why_no_scene};
pub use toy::{ToyAction, ToyBench};

use super::notices::Level;
use super::session::unix_secs;
use super::{Desk, Edit, Effect, LearningFile, Navigation, Overlay, Wake, Workspace};
use crate::engine::JobId;
use crate::learn::interview::Options;
use crate::learn::path::StudyPath;
use crate::learn::progress::QuestionStatus;
use crate::learn::progress::{Progress, Rating};
use crate::learn::text::Target;
use crate::learn::{Answer, Bank, Depiction, Question, Spot, TaskKind};
use live::LiveNumbers;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use store::{ProgressStore, Report};

/// The most questions that "back" leads through.
const MAX_WAY_BACK: usize = 50;
/// The most files and folders of questions that are remembered.
const MAX_ADDED: usize = 32;
/// The longest prediction that is kept, in bytes.
const MAX_PREDICTION: usize = 4000;

/// What the panel shows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub enum Page {
    /// What fits the open tool and model.
    #[default]
    Fitting,
    /// Search and filters.
    All,
    Path,
    Due,
    Progress,
    Interview,
    /// The question that is read.
    Question,
}

/// What the panel asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum LearningAction {
    Open(Page),
    /// Read a question.
    Read(String),
    /// Show the panel and read a question of the built-in bank, as soon as that is there.
    Explain(String),
    Back,
    /// Show the short answer; what was written before is kept beside it.
    Reveal(String),
    /// Open the scene of a question, or open it again.
    EnterScene(String),
    LeaveScene,
    /// Do what a link of the open question says.
    Follow(Target),
    /// Show a picture of the open question's task.
    ShowPicture(String, Depiction),
    GoToTask(usize),
    /// Go where the open task begins.
    StartOfTask,
    /// Go where the open task is solved.
    Solution,
    Answer(Answer),
    /// Try the open task once more.
    TryAgain,
    /// Read what comes next.
    NextQuestion,
    Rate(Rating),
    BeginInterview(Options),
    /// Use the toy of the open question.
    Toy(ToyAction),
    /// Go to the next task of the set.
    NextOfInterview,
    /// Skip the question of the set that is worked on.
    SkipInInterview,
    EndInterview,
    /// Question files or folders of them.
    AddQuestions(PathBuf),
    AskWhereToExport(LearningFile),
    Export(LearningFile, PathBuf),
}

/// Everything about learning.
pub struct Learning {
    wake: Wake,
    folder: Option<PathBuf>,
    /// Files and folders that were dropped, also by earlier runs; read again at every start.
    added: Vec<PathBuf>,
    progress_file: Option<PathBuf>,
    store: Option<ProgressStore>,
    bank: Option<Arc<Bank>>,
    path: Arc<StudyPath>,
    progress: Progress,
    page: Page,
    /// Where the list was left for a question.
    list: Page,
    open: Option<OpenQuestion>,
    /// Questions that were read and left, as they were left.
    set_aside: BTreeMap<String, OpenQuestion>,
    way_back: Vec<String>,
    /// What is to be read when the questions are there.
    wanted: Option<String>,
    /// Jobs that measure for an answer.
    examining: Vec<JobId>,
    live: LiveNumbers,
    interview: Option<RunningInterview>,
    report: Option<Arc<str>>,
}

/// See [`Learning::welcome`].
#[derive(Clone, Copy, Debug)]
pub struct Welcome<'a> {
    pub begun: usize,
    pub due: usize,
    pub next: &'a Arc<Question>,
}

impl Learning {
    pub(super) fn new(
        folder: Option<PathBuf>,
        added: Vec<PathBuf>,
        progress_file: Option<PathBuf>,
        wake: Wake,
    ) -> Self {
        Self {
            wake,
            folder,
            added,
            progress_file,
            store: None,
            bank: None,
            path: Arc::default(),
            progress: Progress::default(),
            page: Page::default(),
            list: Page::default(),
            open: None,
            set_aside: BTreeMap::new(),
            way_back: Vec::new(),
            wanted: None,
            examining: Vec::new(),
            live: LiveNumbers::default(),
            interview: None,
            report: None,
        }
    }

    /// The questions; `None` until they are read.
    pub fn bank(&self) -> Option<&Arc<Bank>> {
        self.bank.as_ref()
    }

    /// Files and folders of questions that were added by hand.
    pub fn added(&self) -> &[PathBuf] {
        &self.added
    }

    pub fn path(&self) -> &StudyPath {
        &self.path
    }

    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    pub fn page(&self) -> Page {
        self.page
    }

    pub fn interview(&self) -> Option<&RunningInterview> {
        self.interview.as_ref()
    }

    /// The report of the last timed set, as Markdown.
    pub fn report(&self) -> Option<&Arc<str>> {
        self.report.as_ref()
    }

    /// The question that is read, and how far.
    pub fn open_question(&self) -> Option<(&Arc<Question>, &OpenQuestion)> {
        let open = self.open.as_ref()?;
        Some((self.bank.as_ref()?.get(&open.id)?, open))
    }

    fn open_question_mut(&mut self) -> Option<(Arc<Question>, &mut OpenQuestion)> {
        let open = self.open.as_mut()?;
        let question = Arc::clone(self.bank.as_ref()?.get(&open.id)?);
        Some((question, open))
    }

    fn checking_mut(&mut self) -> Option<&mut checking::Checking> {
        self.open.as_mut()?.checking.as_mut()
    }

    fn keep_progress(&mut self) {
        if let Some(store) = &mut self.store {
            store.keep(&self.progress);
        }
    }
}

impl Learning {
    /// Has questions and progress read, if nobody has yet.
    pub(super) fn begin(&mut self, workspace: &mut Workspace) {
        if self.store.is_some() {
            return;
        }
        let learning = &mut *self;
        let started = ProgressStore::start(
            learning.folder.clone(),
            learning.progress_file.clone(),
            Arc::clone(&learning.wake),
        );
        match started {
            Ok(mut store) => {
                for path in learning.added.iter().filter(|path| path.exists()) {
                    store.add(path.clone(), true);
                }
                learning.store = Some(store);
            }
            Err(sentence) => workspace.notices.push(Level::Error, sentence),
        }
    }

    /// Drains reports of the questions thread.
    pub(super) fn take_reports(&mut self, workspace: &mut Workspace) {
        while let Some(report) = self.store.as_ref().and_then(ProgressStore::try_report) {
            match report {
                Report::Questions {
                    bank,
                    path,
                    brought,
                } => {
                    self.bank = Some(bank);
                    self.path = path;
                    self.read_wanted(workspace);
                    if let Some((sentence, has_faults)) = brought {
                        let level = if has_faults {
                            Level::Warning
                        } else {
                            Level::Done
                        };
                        workspace.notices.push(level, sentence);
                    }
                }
                // The hand may have gone on meanwhile.
                Report::Progress(progress) => drop(self.progress.merge(&progress)),
                // The window was woken, and looks by itself whether the toy is ready.
                Report::Prepared => {}
                Report::Warning(sentence) => workspace.notices.push(Level::Warning, sentence),
                Report::Failed(sentence) => workspace.notices.push(Level::Error, sentence),
                Report::Written(path) => {
                    let sentence = format!("Saved {}", path.display());
                    workspace.notices.push(Level::Done, sentence);
                }
            }
        }
    }

    /// What learning does in every frame. Returns when the next frame is due.
    pub(super) fn tick(&mut self, desk: &mut Desk, navigation: &mut Navigation) -> Option<f64> {
        let workspace = &mut desk.workspace;
        let is_searched = workspace.modes.overlay == Overlay::Palette;
        if workspace.view.learning || is_searched || self.folder.is_some() {
            self.begin(workspace);
        }
        self.check_tick(workspace);
        self.live_tick(workspace, navigation);
        // The thread wakes the window when it has done something; this is for what waits for room.
        let store = self.store.as_mut();
        let waits = store.is_some_and(ProgressStore::tick).then_some(0.1);
        let Some(running) = self.interview.as_ref() else {
            return waits;
        };
        if running
            .interview
            .is_over(running.elapsed(workspace.now_secs))
        {
            self.end_interview(desk, navigation);
            return waits;
        }
        Some(waits.unwrap_or(0.5))
    }

    pub(super) fn close(&mut self) {
        if let Some(store) = &mut self.store {
            store.close();
        }
    }

    pub(super) fn run(
        &mut self,
        desk: &mut Desk,
        navigation: &mut Navigation,
        action: LearningAction,
    ) {
        let workspace = &mut desk.workspace;
        match action {
            LearningAction::Open(page) => {
                self.page = page;
                if page == Page::Interview && !self.is_timed() {
                    // Another question was read meanwhile.
                    self.next_of_interview(workspace);
                }
            }
            LearningAction::Read(id) => self.read_question(workspace, id),
            LearningAction::Explain(id) => {
                workspace.view.learning = true;
                self.begin(workspace);
                self.wanted = Some(id);
                self.read_wanted(workspace);
            }
            LearningAction::Back => self.back(workspace),
            LearningAction::Reveal(mut prediction) => {
                if let Some(open) = &mut self.open {
                    let end = prediction.floor_char_boundary(MAX_PREDICTION);
                    prediction.truncate(end);
                    open.prediction = prediction;
                    open.is_revealed = true;
                }
            }
            LearningAction::EnterScene(id) => {
                if let Some(question) = self.question(&id) {
                    self.enter_scene(desk, navigation, &question);
                }
            }
            LearningAction::LeaveScene => navigation.leave_scene(desk),
            LearningAction::Follow(target) => self.follow(desk, navigation, target),
            LearningAction::ShowPicture(model, depiction) => {
                if let Some((question, _)) = self.open_question_mut() {
                    self.show_from(desk, navigation, &question, &model, depiction);
                }
            }
            LearningAction::GoToTask(task) => {
                let now_secs = workspace.now_secs;
                if let Some(open) = &mut self.open {
                    open.go_to_task(task, now_secs);
                }
            }
            LearningAction::StartOfTask => self.go_within_task(desk, navigation, false),
            LearningAction::Solution => self.go_within_task(desk, navigation, true),
            LearningAction::Answer(answer) => self.answer(workspace, answer),
            LearningAction::TryAgain => {
                let now_secs = workspace.now_secs;
                if let Some(open) = &mut self.open {
                    open.go_to_task(open.task, now_secs);
                }
            }
            LearningAction::NextQuestion => {
                if let Some(next) = self.next_question().map(|next| next.id.clone()) {
                    self.read_question(workspace, next);
                }
            }
            LearningAction::Rate(rating) => {
                self.rate(rating);
            }
            LearningAction::BeginInterview(options) => self.begin_interview(workspace, options),
            LearningAction::Toy(action) => {
                if let Some(bench) = self.toy_mut() {
                    bench.run(action);
                }
            }
            LearningAction::NextOfInterview => self.next_of_interview(workspace),
            LearningAction::SkipInInterview => {
                if let Some(running) = &mut self.interview
                    && let Some((item, _)) = running.at
                {
                    running.interview.skip(item);
                    self.next_of_interview(workspace);
                }
            }
            LearningAction::EndInterview => self.end_interview(desk, navigation),
            LearningAction::AddQuestions(path) => {
                self.begin(workspace);
                workspace.view.learning = true;
                self.page = Page::All;
                if let Some(store) = &mut self.store {
                    store.add(path.clone(), false);
                }
                if !self.added.contains(&path) {
                    self.added.push(path);
                    let surplus = self.added.len().saturating_sub(MAX_ADDED);
                    self.added.drain(..surplus);
                }
            }
            LearningAction::AskWhereToExport(file) => {
                workspace.effects.push(Effect::AskForLearningFile(file));
            }
            LearningAction::Export(file, path) => self.export(file, path),
        }
    }

    /// Whether there is nothing to do about a question of the path now: it is done, or its next
    /// review is not due yet.
    pub fn is_settled(&self, question: &Question, now_unix: u64) -> bool {
        let memory = self.progress.memory(&question.id);
        self.progress.status(question) == QuestionStatus::Done
            || memory.is_some_and(|memory| memory.due > now_unix)
    }

    /// What to read after the open question: the next that is due where those are worked through,
    /// else the next of the path that is not settled.
    pub fn next_question(&self) -> Option<&Arc<Question>> {
        let bank = self.bank.as_ref()?;
        let open = self.open.as_ref().map(|open| open.id.as_str());
        let now = unix_secs();
        if self.list == Page::Due {
            let due = self.progress.due(now).into_iter();
            let mut due = due.filter(|id| Some(*id) != open);
            if let Some(question) = due.find_map(|id| bank.get(id)) {
                return Some(question);
            }
        }
        let is_settled = |id: &str| {
            let question = bank.get(id);
            question.is_none_or(|question| self.is_settled(question, now))
        };
        bank.get(self.path.next_open_after(open, is_settled)?)
    }

    /// What somebody finds who comes back: how many questions were begun and how many are due, and the
    /// one to go on with. `None` once a question is read, and where none ever was answered.
    pub fn welcome(&self) -> Option<Welcome<'_>> {
        let bank = self.bank.as_ref().filter(|_| self.open.is_none())?;
        let now = unix_secs();
        let due = self.progress.due(now);
        let is_begun =
            |question: &&Arc<Question>| self.progress.status(question) == QuestionStatus::Begun;
        let begun = bank.questions().iter().filter(is_begun).count();
        let first_due = due.iter().find_map(|id| bank.get(id));
        let mut latest = self.progress.attempts().iter().rev();
        let last_begun = || latest.find_map(|it| bank.get(&it.question).filter(is_begun));
        let next = first_due
            .or_else(last_begun)
            .or_else(|| self.next_question())?;
        (!self.progress.is_empty()).then_some(Welcome {
            begun,
            due: due.len(),
            next,
        })
    }

    /// Leaves the question that is read for the list that it was found in.
    pub(super) fn show_list(&mut self) {
        if self.page == Page::Question {
            self.page = self.list;
        }
    }

    fn question(&self, id: &str) -> Option<Arc<Question>> {
        self.bank.as_ref()?.get(id).cloned()
    }

    fn read_question(&mut self, workspace: &mut Workspace, id: String) {
        if self.question(&id).is_none() {
            let sentence = format!("No question {id:?}");
            workspace.notices.push(Level::Warning, sentence);
            return;
        }
        let learning = &mut *self;
        if learning.page != Page::Question {
            learning.list = learning.page;
            learning.way_back.clear();
        } else if let Some(open) = &learning.open
            && open.id != id
        {
            learning.way_back.push(open.id.clone());
            let surplus = learning.way_back.len().saturating_sub(MAX_WAY_BACK);
            learning.way_back.drain(..surplus);
        }
        learning.page = Page::Question;
        self.take_up(id, workspace.now_secs);
    }

    fn read_wanted(&mut self, workspace: &mut Workspace) {
        if self.bank.is_some()
            && let Some(id) = self.wanted.take()
        {
            self.read_question(workspace, id);
        }
    }

    /// Opens a question as it was left, and sets the one aside that was open. One that was rated
    /// begins again.
    fn take_up(&mut self, id: String, now_secs: f64) {
        if self.open.as_ref().is_some_and(|open| open.id == id) {
            return;
        }
        let known = self.set_aside.remove(&id).filter(|left| {
            let memory = self.progress.memory(&id);
            memory.is_none_or(|memory| memory.reviewed < left.opened_at)
        });
        let open = known.unwrap_or_else(|| self.opened(id, now_secs));
        if let Some(mut left) = self.open.replace(open) {
            left.checking = None;
            self.set_aside.insert(left.id.clone(), left);
        }
    }

    /// A question that nobody has worked on. Its toy begins to learn.
    fn opened(&mut self, id: String, now_secs: f64) -> OpenQuestion {
        let question = self.question(&id);
        let toy = question.and_then(|question| Some(ToyBench::new(question.toy.as_ref()?)));
        if let (Some(toy), Some(store)) = (&toy, &mut self.store)
            && !toy.is_ready()
        {
            store.prepare(toy.play().kind());
        }
        OpenQuestion::new(id, toy, now_secs)
    }

    /// Whether a question was read before the open one.
    pub fn has_way_back(&self) -> bool {
        !self.way_back.is_empty()
    }

    fn back(&mut self, workspace: &mut Workspace) {
        let learning = &mut *self;
        match learning.way_back.pop() {
            Some(id) => learning.take_up(id, workspace.now_secs),
            None => learning.page = learning.list,
        }
    }

    fn follow(&mut self, desk: &mut Desk, navigation: &mut Navigation, target: Target) {
        match target {
            Target::Question(id) => self.read_question(&mut desk.workspace, id),
            Target::Tool(name) => desk.open_tool(tool_of(name)),
            Target::Show(formula) => {
                if let Some((question, _)) = self.open_question_mut() {
                    match question.model() {
                        Some(model) => {
                            self.show_from(desk, navigation, &question, model, formula.depiction())
                        }
                        None => desk.workspace.edit(Edit::Expression(formula.expr)),
                    }
                }
            }
            // The panel opens pages itself.
            Target::Web(_) => {}
        }
    }

    fn go_within_task(&mut self, desk: &mut Desk, navigation: &mut Navigation, to_solution: bool) {
        let Some((question, open)) = self.open_question_mut() else {
            return;
        };
        let Some(task) = question.tasks.get(open.task) else {
            return;
        };
        let place = match &task.kind {
            TaskKind::Set { solution, .. } if to_solution => Some(solution.clone()),
            _ => task.start(&question),
        };
        match (place, question.model()) {
            (Some(Spot::Picture(place)), Some(model)) => {
                self.show_from(desk, navigation, &question, model, place.depiction());
            }
            (Some(Spot::Toy(play)), _) => {
                if let Some(bench) = self.toy_mut() {
                    bench.go_to(play);
                }
            }
            _ => {}
        }
    }

    fn export(&mut self, file: LearningFile, path: PathBuf) {
        let learning = &mut *self;
        let (Some(bank), Some(store)) = (&learning.bank, &mut learning.store) else {
            return;
        };
        let text = match file {
            LearningFile::ProgressCsv => learning.progress.csv(),
            LearningFile::ProgressMarkdown => learning.progress.markdown(bank, unix_secs()),
            LearningFile::InterviewReport => {
                learning.report.as_deref().unwrap_or_default().to_owned()
            }
        };
        store.write(path, text);
    }
}

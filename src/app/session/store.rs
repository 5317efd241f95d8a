//! The thread that keeps the session on the disk, and reads and writes session files.
//!
//! The hazards here are a window that waits for a disk and a disk that cannot follow. The window
//! only hands over; where too much waits, all of it gives way to the session as a whole.

use crate::app::Wake;
use crate::app::service::{Reports, Service};
use crate::document::Session;
use crate::document::autosave::{Folder, StashedSession, UncleanSession};
use crate::document::journal::{self, Entry, Journal, Recovered, SaveState};
use crate::document::{Change, session_file};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

/// Requests that may wait between the window and the thread.
const QUEUE: usize = 64;
/// Requests that may wait in the window before they give way to the whole session.
const OUTBOX: usize = 256;
/// How much work the end of the machine, not of the program, may take away.
const SYNC_AFTER: Duration = Duration::from_secs(2);

/// What the thread is asked for.
enum Request {
    Change(Box<Change>),
    /// The session as it is now; what was written before is void.
    Whole(Box<(Session, SaveState)>),
    Save {
        session: Box<Session>,
        path: PathBuf,
        revision: u64,
    },
    Open(PathBuf),
    Stash(Box<Session>),
    /// The window ends with this session; there is something to keep for the next start, or not.
    Close {
        whole: Box<(Session, SaveState)>,
        keep: bool,
    },
}

/// What the thread reports.
pub enum Report {
    /// What earlier programs left behind.
    Began {
        recovered: Option<Box<Recovered>>,
        stashed: Vec<StashedSession>,
        /// What is wrong, as sentences.
        faults: Vec<String>,
    },
    Opened {
        path: PathBuf,
        session: Box<Session>,
        /// It is a parked one, which is nobody's to save into.
        is_stashed: bool,
    },
    Saved {
        path: PathBuf,
        revision: u64,
    },
    StashedSession {
        path: PathBuf,
        stashed: Vec<StashedSession>,
    },
    /// A file was not read or not written; a sentence.
    Failed(String),
    /// The changes are not kept any more; a sentence, the first time.
    NotKept(Option<String>),
    /// They are kept again after a time in which they were not.
    KeptAgain,
    /// A new beginning would save room.
    NeedsCompaction,
}

/// The window's end of the thread.
pub struct SessionStore {
    /// `None` where the operating system gave no thread: then nothing is kept.
    service: Option<Service<Request, Report>>,
    /// Whether the thread knows the session, so that changes mean something to it.
    is_keeping: bool,
    /// Changes were dropped; the whole session has to go instead.
    is_behind: bool,
    /// Nothing could be written; the next change tries again.
    is_lost: bool,
}

impl SessionStore {
    /// Starts the thread. Without a folder nothing is kept, but files are read and written.
    pub fn start(folder: Option<PathBuf>, wake: Wake) -> Self {
        let serve = move |inbox: &Receiver<Request>, reports| {
            Worker::begin(folder, reports).run(inbox);
        };
        let service = Service::start("zscape-session", QUEUE, wake, serve);
        if let Err(error) = &service {
            log::error!("no thread to keep the session: {error}");
        }
        Self {
            service: service.ok(),
            is_keeping: false,
            is_behind: false,
            is_lost: false,
        }
    }

    /// The next report of the thread.
    pub fn try_report(&self) -> Option<Report> {
        self.service.as_ref()?.try_report()
    }

    /// Hands over a change that was made.
    pub fn change(&mut self, change: Change) {
        self.is_behind |= std::mem::take(&mut self.is_lost);
        if self.is_keeping && !self.is_behind {
            self.send(Request::Change(Box::new(change)));
        }
    }

    /// Hands over the session as a whole at the next [`tick`](Self::tick); changes follow it.
    pub fn rewrite(&mut self) {
        self.is_keeping = true;
        self.is_behind = true;
    }

    /// Notes that the thread has lost what it had, until the next change.
    pub fn mark_lost(&mut self) {
        self.is_lost = true;
    }

    pub fn save(&mut self, session: Session, path: PathBuf, revision: u64) {
        self.send(Request::Save {
            session: Box::new(session),
            path,
            revision,
        });
    }

    pub fn open(&mut self, path: PathBuf) {
        self.send(Request::Open(path));
    }

    pub fn stash(&mut self, session: Session) {
        self.send(Request::Stash(Box::new(session)));
    }

    fn send(&mut self, request: Request) {
        if let Some(service) = &mut self.service {
            service.send(request);
        }
    }

    /// Once in a frame: hands over what waits. Returns whether something still does.
    pub fn tick(&mut self, session: &Session, save_state: &SaveState) -> bool {
        let Some(service) = &mut self.service else {
            return false;
        };
        let waiting = service.waiting_mut();
        if waiting.len() > OUTBOX {
            waiting.retain(|request| !matches!(request, Request::Change(_) | Request::Whole(_)));
            self.is_behind = true;
        }
        if self.is_behind && self.is_keeping {
            let whole = Box::new((session.clone(), save_state.clone()));
            service.send(Request::Whole(whole));
            self.is_behind = false;
        }
        service.flush()
    }

    /// Hands over what is left, and ends the thread when it has written it.
    pub fn close(&mut self, session: &Session, save_state: &SaveState, keep: bool) {
        self.tick(session, save_state);
        if let Some(service) = &mut self.service {
            let whole = Box::new((session.clone(), save_state.clone()));
            service.send(Request::Close { whole, keep });
            service.close();
        }
    }
}

/// What an earlier program left behind, until its content is safe elsewhere.
struct Left {
    unclean: UncleanSession,
    /// Something in it could not be read, so it stays for a person to look at.
    is_damaged: bool,
}

/// The thread.
struct Worker {
    folder: Option<Folder>,
    journal: Option<Journal>,
    /// What the session of this program came from.
    unclean: Option<Left>,
    synced_at: Instant,
    /// So that a full disk is reported once, not for every change.
    has_failed: bool,
    reports: Reports<Report>,
}

impl Left {
    /// Its content is safe elsewhere, as far as it could be read.
    fn let_go(self) {
        if self.is_damaged {
            self.unclean.set_aside();
        } else {
            self.unclean.remove();
        }
    }
}

impl Worker {
    /// Takes a place in the folder and reads what was left behind there.
    fn begin(path: Option<PathBuf>, reports: Reports<Report>) -> Self {
        let mut worker = Self {
            folder: None,
            journal: None,
            unclean: None,
            synced_at: Instant::now(),
            has_failed: false,
            reports,
        };
        let mut faults = Vec::new();
        let mut recovered = None;
        match path.as_deref().map(Folder::open) {
            Some(Ok(folder)) => {
                recovered = worker.take_over(&folder, &mut faults);
                worker.folder = Some(folder);
            }
            Some(Err(error)) => faults.push(format!("The session cannot be kept: {error}")),
            None => {}
        }
        worker.reports.send(Report::Began {
            recovered: recovered.map(Box::new),
            stashed: worker.stashed(),
            faults,
        });
        worker
    }

    /// Reads the latest that was left behind, and parks the others.
    fn take_over(&mut self, folder: &Folder, faults: &mut Vec<String>) -> Option<Recovered> {
        let mut latest = None;
        for unclean in folder.unclean_sessions() {
            match unclean.read() {
                Ok(mut recovered) if latest.is_none() => {
                    let is_damaged = recovered.damage.is_some();
                    if let Some(damage) = &mut recovered.damage {
                        let aside = unclean.aside();
                        *damage = format!("{damage}; all of it is kept as {}", aside.display());
                    }
                    latest = Some(recovered);
                    self.unclean = Some(Left {
                        unclean,
                        is_damaged,
                    });
                }
                Ok(other) => {
                    let is_damaged = other.damage.is_some();
                    let is_kept = (other.save_state.is_saved && !is_damaged)
                        || other.session.is_pristine()
                        || folder.stash(&other.session).is_ok();
                    if is_kept {
                        Left {
                            unclean,
                            is_damaged,
                        }
                        .let_go();
                    }
                }
                Err(error) => {
                    let aside = unclean.set_aside();
                    faults.push(format!(
                        "A session that was kept cannot be read and is now {}: {error}",
                        aside.display()
                    ));
                }
            }
        }
        latest
    }

    fn run(mut self, inbox: &Receiver<Request>) {
        while let Some(request) = self.next(inbox) {
            match request {
                Request::Change(first) => self.write_changes(*first, inbox),
                other => {
                    if self.carry_out(other) {
                        break;
                    }
                }
            }
        }
    }

    /// The next request; what was written goes to the disk while there is none.
    fn next(&mut self, inbox: &Receiver<Request>) -> Option<Request> {
        loop {
            let is_synced = self.journal.as_ref().is_none_or(Journal::is_synced);
            if is_synced {
                return inbox.recv().ok();
            }
            match inbox.recv_timeout(SYNC_AFTER.saturating_sub(self.synced_at.elapsed())) {
                Ok(request) => return Some(request),
                Err(RecvTimeoutError::Timeout) => self.sync(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn sync(&mut self) {
        self.synced_at = Instant::now();
        let result = self.journal.as_mut().map_or(Ok(()), Journal::sync);
        self.note(result);
    }

    /// Writes a change and those that wait behind it in one go.
    fn write_changes(&mut self, first: Change, inbox: &Receiver<Request>) {
        let mut entries = vec![Entry::Change(Box::new(first))];
        let mut other = None;
        while entries.len() < QUEUE {
            match inbox.try_recv() {
                Ok(Request::Change(change)) => entries.push(Entry::Change(change)),
                Ok(request) => {
                    other = Some(request);
                    break;
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        self.append(&entries);
        if let Some(request) = other {
            // A request to end is followed by no other, so the loop ends by itself.
            self.carry_out(request);
        }
    }

    fn append(&mut self, entries: &[Entry]) {
        let Some(journal) = &mut self.journal else {
            return;
        };
        if journal.is_synced() {
            self.synced_at = Instant::now();
        }
        let result = journal.append(entries);
        let is_bulky = journal.is_bulky();
        if result.is_err() {
            // What came after a gap could not be read.
            self.journal = None;
        }
        self.note(result);
        if is_bulky {
            self.reports.send(Report::NeedsCompaction);
        } else if self.synced_at.elapsed() > SYNC_AFTER {
            self.sync();
        }
    }

    /// Reports that something failed, each time, so that the next change tries again; only the
    /// first time in words.
    fn note(&mut self, result: Result<(), journal::JournalError>) {
        if let Err(error) = result {
            let is_first = !std::mem::replace(&mut self.has_failed, true);
            let sentence = is_first
                .then(|| format!("The session is not kept for the next start any more: {error}"));
            self.reports.send(Report::NotKept(sentence));
        }
    }

    /// Carries out all but changes. Returns whether it was the last request.
    fn carry_out(&mut self, request: Request) -> bool {
        match request {
            Request::Change(change) => self.append(&[Entry::Change(change)]),
            Request::Whole(whole) => self.begin_journal(&whole.0, &whole.1),
            Request::Save {
                session,
                path,
                revision,
            } => match session_file::write(&path, &session) {
                Ok(()) => {
                    self.append(&[Entry::Saved(journal::text_of(&path))]);
                    self.reports.send(Report::Saved { path, revision });
                }
                Err(error) => {
                    let sentence = format!("The session was not saved: {error}");
                    self.reports.send(Report::Failed(sentence));
                }
            },
            Request::Open(path) => match session_file::read(&path) {
                Ok(session) => {
                    let folder = self.folder.as_ref();
                    self.reports.send(Report::Opened {
                        is_stashed: folder.is_some_and(|folder| folder.is_stashed(&path)),
                        path,
                        session: Box::new(session),
                    });
                }
                Err(error) => {
                    let sentence = format!("The session was not opened: {error}");
                    self.reports.send(Report::Failed(sentence));
                }
            },
            Request::Stash(session) => self.stash(&session),
            Request::Close { whole, keep } => {
                if keep && self.journal.is_none() {
                    self.begin_journal(&whole.0, &whole.1);
                }
                self.append(&[Entry::Closed]);
                self.sync();
                if let (false, Some(_), Some(folder)) = (keep, self.journal.take(), &self.folder) {
                    std::fs::remove_file(folder.journal_path()).ok();
                }
                return true;
            }
        }
        false
    }

    fn begin_journal(&mut self, session: &Session, save_state: &SaveState) {
        let Some(folder) = &self.folder else { return };
        match Journal::create(&folder.journal_path(), session, save_state) {
            Ok(journal) => {
                self.journal = Some(journal);
                if std::mem::take(&mut self.has_failed) {
                    self.reports.send(Report::KeptAgain);
                }
                if let Some(left) = self.unclean.take() {
                    left.let_go();
                }
            }
            Err(error) => {
                // What it holds is void, so nothing may follow it.
                self.journal = None;
                self.note(Err(error));
            }
        }
    }

    fn stash(&mut self, session: &Session) {
        let Some(folder) = &self.folder else { return };
        match folder.stash(session) {
            Ok(path) => {
                let stashed = self.stashed();
                self.reports.send(Report::StashedSession { path, stashed });
            }
            Err(error) => {
                let sentence = format!("The previous session was not kept: {error}");
                self.reports.send(Report::Failed(sentence));
            }
        }
    }

    fn stashed(&self) -> Vec<StashedSession> {
        self.folder.as_ref().map_or_else(Vec::new, Folder::stashed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::SessionView;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::mpsc::sync_channel;

    /// A store with a way to wait for its reports.
    struct Kept {
        store: SessionStore,
        woken: Receiver<()>,
    }

    impl Kept {
        fn start(folder: &Path) -> Self {
            let (sender, woken) = sync_channel(64);
            let wake: Wake = Arc::new(move || sender.send(()).expect("the test listens"));
            let store = SessionStore::start(Some(folder.to_owned()), wake);
            let mut kept = Self { store, woken };
            assert!(matches!(kept.report(), Report::Began { .. }));
            kept
        }

        fn report(&mut self) -> Report {
            self.woken.recv().expect("the thread reports");
            self.store.try_report().expect("it has just come")
        }

        /// Hands over a change as the window does.
        fn change(&mut self) {
            self.store.change(Change::View(SessionView::default()));
            self.store.tick(&Session::default(), &SaveState::default());
        }
    }

    #[test]
    fn a_full_disk_is_told_once_and_tried_again_with_every_change() {
        let base = tempfile::tempdir().expect("a folder");
        let folder = base.path().join("autosave");
        let journals = || {
            let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let paths = entries.map(|entry| entry.path());
            paths.filter(|path| path.extension().is_some_and(|it| it == "journal"))
        };
        // As good as a full disk: nothing can be created in what is no folder.
        let fill = || {
            std::fs::remove_dir_all(&folder).expect("it is there");
            crate::files::save::save(&folder, b"no folder").expect("its place is free");
        };
        let free = || {
            std::fs::remove_file(&folder).expect("it is there");
            std::fs::create_dir(&folder).expect("its place is free");
        };
        let mut kept = Kept::start(&folder);
        fill();
        kept.store.rewrite();
        kept.change();
        assert!(matches!(kept.report(), Report::NotKept(Some(_))));
        for _ in 0..2 {
            kept.store.mark_lost();
            kept.change();
            assert!(matches!(kept.report(), Report::NotKept(None)));
        }
        free();
        kept.store.mark_lost();
        kept.change();
        assert!(matches!(kept.report(), Report::KeptAgain));
        let journal = journals().next().expect("it is written again");
        assert!(journal::read(&journal).is_ok());

        // At the end all of it is written, without any change.
        fill();
        kept.store.rewrite();
        kept.change();
        assert!(matches!(kept.report(), Report::NotKept(Some(_))));
        free();
        kept.store
            .close(&Session::default(), &SaveState::default(), true);
        let journal = journals().next().expect("it is written at the end");
        assert!(journal::read(&journal).expect("it is sound").was_closed);
    }
}

//! The thread that keeps the session on the disk, and reads and writes session files.
//!
//! The hazards here are a window that waits for a disk and a disk that cannot follow. The window
//! only hands over; where too much waits, all of it gives way to the session as a whole.

use crate::app::Wake;
use crate::document::Session;
use crate::document::autosave::{Folder, Orphan, Parked};
use crate::document::journal::{self, Entry, Journal, Recovered, Standing};
use crate::document::{Change, session_file};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel,
};
use std::thread::JoinHandle;
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
    Whole(Box<(Session, Standing)>),
    Save {
        session: Box<Session>,
        path: PathBuf,
        revision: u64,
    },
    Open(PathBuf),
    Park(Box<Session>),
    /// The window ends; there is something to keep for the next start, or not.
    Close {
        keep: bool,
    },
}

/// What the thread reports.
pub enum Report {
    /// What earlier programs left behind.
    Began {
        recovered: Option<Box<Recovered>>,
        parked: Vec<Parked>,
        /// What is wrong, as sentences.
        faults: Vec<String>,
    },
    Opened {
        path: PathBuf,
        session: Box<Session>,
        /// It is a parked one, which is nobody's to save into.
        is_parked: bool,
    },
    Saved {
        path: PathBuf,
        revision: u64,
    },
    Parked {
        path: PathBuf,
        parked: Vec<Parked>,
    },
    /// A file was not read or not written; a sentence.
    Failed(String),
    /// The changes are not kept any more; a sentence.
    NotKept(String),
    /// A new beginning would save room.
    Bulky,
}

/// The window's end of the thread.
pub struct SessionStore {
    requests: Option<SyncSender<Request>>,
    reports: Option<Receiver<Report>>,
    thread: Option<JoinHandle<()>>,
    outbox: VecDeque<Request>,
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
        let (requests, inbox) = sync_channel(QUEUE);
        let (sender, reports) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("zscape-session".to_owned())
            .spawn(move || {
                let out = Out { sender, wake };
                Worker::begin(folder, out).run(&inbox);
            });
        if let Err(error) = &thread {
            log::error!("no thread to keep the session: {error}");
        }
        Self {
            requests: Some(requests),
            reports: Some(reports),
            thread: thread.ok(),
            outbox: VecDeque::new(),
            is_keeping: false,
            is_behind: false,
            is_lost: false,
        }
    }

    /// The next report of the thread.
    pub fn try_report(&self) -> Option<Report> {
        self.reports.as_ref()?.try_recv().ok()
    }

    /// Hands over a change that was made.
    pub fn change(&mut self, change: Change) {
        self.is_behind |= std::mem::take(&mut self.is_lost);
        if self.is_keeping && !self.is_behind {
            self.outbox.push_back(Request::Change(Box::new(change)));
            self.flush();
        }
    }

    /// Hands over the session as a whole at the next [`tick`](Self::tick); changes follow it.
    pub fn begin_anew(&mut self) {
        self.is_keeping = true;
        self.is_behind = true;
    }

    /// Notes that the thread has lost what it had, until the next change.
    pub fn lose(&mut self) {
        self.is_lost = true;
    }

    pub fn save(&mut self, session: Session, path: PathBuf, revision: u64) {
        self.outbox.push_back(Request::Save {
            session: Box::new(session),
            path,
            revision,
        });
        self.flush();
    }

    pub fn open(&mut self, path: PathBuf) {
        self.outbox.push_back(Request::Open(path));
        self.flush();
    }

    pub fn park(&mut self, session: Session) {
        self.outbox.push_back(Request::Park(Box::new(session)));
        self.flush();
    }

    /// Once in a frame: hands over what waits. Returns whether something still does.
    pub fn tick(&mut self, session: &Session, standing: &Standing) -> bool {
        if self.outbox.len() > OUTBOX {
            self.outbox
                .retain(|request| !matches!(request, Request::Change(_) | Request::Whole(_)));
            self.is_behind = true;
        }
        if self.is_behind && self.is_keeping {
            let whole = Box::new((session.clone(), standing.clone()));
            self.outbox.push_back(Request::Whole(whole));
            self.is_behind = false;
        }
        self.flush();
        !self.outbox.is_empty()
    }

    /// Hands over what is left, and ends the thread when it has written it.
    pub fn close(&mut self, session: &Session, standing: &Standing, keep: bool) {
        self.tick(session, standing);
        self.outbox.push_back(Request::Close { keep });
        // A thread that waits to report goes on, instead of both waiting for each other.
        self.reports = None;
        if let Some(requests) = self.requests.take() {
            for request in self.outbox.drain(..) {
                // Here the window waits: it is the last thing that it does.
                if requests.send(request).is_err() {
                    break;
                }
            }
        }
        self.join();
    }

    fn flush(&mut self) {
        let Some(requests) = &self.requests else {
            return;
        };
        while let Some(request) = self.outbox.pop_front() {
            match requests.try_send(request) {
                Ok(()) => {}
                Err(TrySendError::Full(request)) => {
                    self.outbox.push_front(request);
                    return;
                }
                Err(TrySendError::Disconnected(_)) => self.outbox.clear(),
            }
        }
    }

    fn join(&mut self) {
        self.requests = None;
        self.reports = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the thread that keeps the session ended in a panic");
        }
    }
}

impl Drop for SessionStore {
    fn drop(&mut self) {
        self.join();
    }
}

/// Where reports go.
struct Out {
    /// When it is full the thread waits for a frame of the window; the window waits for the
    /// thread only at the end, when it takes no more reports.
    sender: SyncSender<Report>,
    wake: Wake,
}

impl Out {
    fn tell(&self, report: Report) {
        if self.sender.send(report).is_ok() {
            (self.wake)();
        }
    }
}

/// The thread.
struct Worker {
    folder: Option<Folder>,
    journal: Option<Journal>,
    /// What the session of this program came from; it goes when its content is safe elsewhere.
    orphan: Option<Orphan>,
    synced_at: Instant,
    /// So that a full disk is reported once, not for every change.
    has_failed: bool,
    out: Out,
}

impl Worker {
    /// Takes a place in the folder and reads what was left behind there.
    fn begin(path: Option<PathBuf>, out: Out) -> Self {
        let mut worker = Self {
            folder: None,
            journal: None,
            orphan: None,
            synced_at: Instant::now(),
            has_failed: false,
            out,
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
        worker.out.tell(Report::Began {
            recovered: recovered.map(Box::new),
            parked: worker.parked(),
            faults,
        });
        worker
    }

    /// Reads the latest that was left behind, and parks the others.
    fn take_over(&mut self, folder: &Folder, faults: &mut Vec<String>) -> Option<Recovered> {
        let mut latest = None;
        for orphan in folder.orphans() {
            match orphan.read() {
                Ok(recovered) if latest.is_none() => {
                    latest = Some(recovered);
                    self.orphan = Some(orphan);
                }
                Ok(other) => {
                    let is_kept = other.standing.is_saved
                        || other.session.is_pristine()
                        || folder.park(&other.session).is_ok();
                    if is_kept {
                        orphan.remove();
                    }
                }
                Err(error) => {
                    let aside = orphan.set_aside();
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
            self.out.tell(Report::Bulky);
        } else if self.synced_at.elapsed() > SYNC_AFTER {
            self.sync();
        }
    }

    /// Reports once that something failed.
    fn note(&mut self, result: Result<(), journal::JournalError>) {
        if let Err(error) = result
            && !std::mem::replace(&mut self.has_failed, true)
        {
            let sentence = format!("The session is not kept for the next start any more: {error}");
            self.out.tell(Report::NotKept(sentence));
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
                    self.out.tell(Report::Saved { path, revision });
                }
                Err(error) => {
                    let sentence = format!("The session was not saved: {error}");
                    self.out.tell(Report::Failed(sentence));
                }
            },
            Request::Open(path) => match session_file::read(&path) {
                Ok(session) => {
                    let folder = self.folder.as_ref();
                    self.out.tell(Report::Opened {
                        is_parked: folder.is_some_and(|folder| folder.is_parked(&path)),
                        path,
                        session: Box::new(session),
                    });
                }
                Err(error) => {
                    let sentence = format!("The session was not opened: {error}");
                    self.out.tell(Report::Failed(sentence));
                }
            },
            Request::Park(session) => self.park(&session),
            Request::Close { keep } => {
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

    fn begin_journal(&mut self, session: &Session, standing: &Standing) {
        let Some(folder) = &self.folder else { return };
        match Journal::create(&folder.journal_path(), session, standing) {
            Ok(journal) => {
                self.journal = Some(journal);
                self.has_failed = false;
                if let Some(orphan) = self.orphan.take() {
                    orphan.remove();
                }
            }
            Err(error) => self.note(Err(error)),
        }
    }

    fn park(&mut self, session: &Session) {
        let Some(folder) = &self.folder else { return };
        match folder.park(session) {
            Ok(path) => {
                let parked = self.parked();
                self.out.tell(Report::Parked { path, parked });
            }
            Err(error) => {
                let sentence = format!("The previous session was not kept: {error}");
                self.out.tell(Report::Failed(sentence));
            }
        }
    }

    fn parked(&self) -> Vec<Parked> {
        self.folder.as_ref().map_or_else(Vec::new, Folder::parked)
    }
}

//! A window that is killed, again and again, and what the next start finds.

use crate::support::Folder;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use zscape::document::{Session, journal};

/// Long enough for a machine that compiles other tests meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);

/// A screen, and the program on it with data of its own.
struct Screen {
    folder: Folder,
    xvfb: Option<Child>,
    display: String,
}

impl Screen {
    /// The screen that there is, or one of its own. The program is started on it directly, so
    /// that killing it kills the program and nothing else.
    fn new() -> Self {
        let folder = Folder::new();
        if let Ok(display) = std::env::var("DISPLAY") {
            return Self {
                folder,
                xvfb: None,
                display,
            };
        }
        let mut xvfb = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is no screen and no Xvfb; ./dev test installs it");
        let mut number = String::new();
        let out = xvfb.stdout.take().expect("it is piped");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut number)
            .expect("the number of the screen");
        Self {
            folder,
            display: format!(":{}", number.trim()),
            xvfb: Some(xvfb),
        }
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let path = self.folder.path();
        Command::new(env!("CARGO_BIN_EXE_zscape"))
            .args(arguments)
            .args(["--device", "cpu"])
            .env("DISPLAY", &self.display)
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("RUST_LOG")
            .env("HOME", path)
            .env("XDG_DATA_HOME", path)
            .env("XDG_CONFIG_HOME", path)
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    }

    fn autosave(&self) -> PathBuf {
        self.folder.path().join("zscape/autosave")
    }

    /// Waits until a journal holds what `done` asks for; then kills the program.
    fn kill_when(&self, mut program: Child, done: impl Fn(&Session) -> bool) -> Session {
        let deadline = Instant::now() + PATIENCE;
        let found = loop {
            let found = newest_session(&self.autosave()).filter(&done);
            if found.is_some() || Instant::now() > deadline {
                break found;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        // SIGKILL: the program is not asked.
        program.kill().expect("it runs");
        let status = program.wait().expect("it ends");
        assert!(!status.success(), "it did not end by itself");
        let found = found.expect("the journal never had it");
        // What was there before the kill is there after it.
        let after = newest_session(&self.autosave()).expect("the journal is there");
        assert!(after.history().len() >= found.history().len());
        after
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Some(xvfb) = &mut self.xvfb {
            xvfb.kill().ok();
            xvfb.wait().ok();
        }
    }
}

/// What the latest journal of a folder leads to.
fn newest_session(folder: &Path) -> Option<Session> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let journals = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "journal"));
    let newest = journals.max_by_key(|path| path.metadata().and_then(|it| it.modified()).ok())?;
    journal::read(&newest)
        .ok()
        .map(|recovered| recovered.session)
}

fn models(session: &Session) -> Vec<String> {
    let steps = session.history().iter();
    steps
        .map(|(_, step)| step.state.model.name.clone())
        .collect()
}

#[test]
fn nothing_settled_is_lost_when_the_program_is_killed() {
    let screen = Screen::new();
    let len = |count: usize| move |session: &Session| session.history().len() == count;
    // Each start goes on with the session before and adds a step for its model.
    let all = [crate::support::VAE, crate::support::GAN, "fashion-vae"];
    let mut session = Session::default();
    for (index, name) in all.iter().enumerate() {
        session = screen.kill_when(screen.start(&[name]), len(index + 1));
        assert_eq!(models(&session), all[..=index]);
    }
    // Without a model the session goes on where it was.
    let last = screen.kill_when(screen.start(&[]), len(all.len()));
    assert_eq!(last, session);
    let left = std::fs::read_dir(screen.autosave()).expect("the folder is there");
    let journals = left.flatten().filter(|entry| {
        entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "journal")
    });
    assert_eq!(journals.count(), 1, "what was taken over is gone");
}

#[test]
fn a_session_file_is_opened_by_its_name() {
    use zscape::document::{Change, ModelLink, ModelOrigin, session_file};
    let screen = Screen::new();
    let path = screen.folder.file("mine.zscape");
    let mut session = Session::default();
    for seed in 0..12 {
        let step = Change::Step {
            model: ModelLink {
                name: crate::support::GAN.to_owned(),
                hash: String::new(),
                origin: ModelOrigin::Catalogue(crate::support::GAN.to_owned()),
            },
            expression: format!("seed({seed})"),
            sampler: Default::default(),
            at_secs: seed,
            amends: false,
        };
        session.apply(&step).expect("it makes sense");
    }
    session_file::write(Path::new(&path), &session).expect("it can be written");
    let kept = screen.kill_when(screen.start(&[&path]), |it| it.history().len() == 12);
    assert_eq!(kept.history(), session.history());
    let again = screen.kill_when(screen.start(&[]), |it| it.history().len() == 12);
    assert_eq!(again.history(), session.history());
    crate::support::run(&["absent.zscape"]).refused("absent.zscape");
}

//! Programs that write all that is kept, killed at random moments: nothing that was settled is lost.
//!
//! Two at a time on one home. Each is this test binary again, which says a line when something is
//! settled: when the call that writes it has returned.

#![cfg(unix)]

use crate::support::Folder;
use rand_mt::Mt;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use zscape::app::Memory;
use zscape::document::autosave;
use zscape::document::journal::{self, Entry, Journal, SaveState};
use zscape::document::{Change, ModelLink, ModelOrigin, Session};
use zscape::files::save::save;
use zscape::learn::progress::{Attempt, ProgressFile};
use zscape::learn::{Answer, Criterion, Level};

/// Says to a test of this binary that it is the program to kill: the home, and a name.
const HOME: &str = "ZSCAPE_TEST_HOME";
const NAME: &str = "ZSCAPE_TEST_NAME";

fn step(number: u64) -> Change {
    Change::Step {
        model: ModelLink {
            name: "digits-gan".to_owned(),
            hash: String::new(),
            origin: ModelOrigin::Catalogue("digits-gan".to_owned()),
        },
        expression: format!("seed({number})"),
        sampler: Default::default(),
        at_secs: number,
        amends: false,
    }
}

fn answer(name: &str, number: u64) -> Attempt {
    Attempt {
        at: number,
        question: name.to_owned(),
        topic: "vae".to_owned(),
        level: Level::Beginner,
        task: 0,
        kind: "predict".to_owned(),
        criteria: vec![Criterion::Understanding],
        answer: Answer::Predict {
            value: number as f64,
        },
        passed: true,
        score: 1.0,
        seconds: 1.0,
        timed: false,
    }
}

/// A file whose every byte says which writing it is of.
fn picture(number: u64) -> Vec<u8> {
    number.to_le_bytes().repeat(3000)
}

/// Not a test: the program that is killed. It goes on with what it finds.
#[test]
#[ignore = "the tests below start it"]
fn program() {
    let (Some(home), Ok(name)) = (std::env::var_os(HOME), std::env::var(NAME)) else {
        return;
    };
    let home = Path::new(&home);
    let settled = |what: &str, number: u64| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "settled {what} {number}").expect("the test listens");
        out.flush().expect("the test listens");
    };
    let folder = autosave::Folder::open(&home.join("autosave")).expect("a place");
    let mut unclean = folder.unclean_sessions();
    // The one of its own name, as the window takes the latest.
    let mine = |session: &Session| session.bookmarks().iter().any(|it| it.name == name);
    let mut session = Session::default();
    session
        .apply(&Change::AddBookmark(Box::new(named(&name))))
        .expect("the name is free");
    unclean.retain(|left| match left.read() {
        Ok(recovered) if mine(&recovered.session) => {
            session = recovered.session;
            true
        }
        _ => false,
    });
    let mut journal = Journal::create(&folder.journal_path(), &session, &SaveState::default())
        .expect("a journal");
    for left in unclean {
        left.remove();
    }
    let mut progress = ProgressFile::open(&home.join("progress.json"));
    let mut memory = Memory::open(Some(home.join(format!("{name}.json"))));
    let first = session.history().len() as u64;
    settled("steps", first);
    for number in first.. {
        let entry = Entry::Change(Box::new(step(number)));
        journal.append(&[entry]).expect("there is room");
        settled("steps", number + 1);
        if number % 3 == 0 {
            progress.progress_mut().record(answer(&name, number));
            progress.save().expect("there is room");
            settled("answers", number);
        }
        if number % 5 == 0 {
            save(&home.join(format!("{name}.png")), &picture(number)).expect("there is room");
            settled("picture", number);
        }
        if number % 7 == 0 {
            memory.set("number", number.to_string());
            memory.flush();
        }
    }
}

fn named(name: &str) -> zscape::document::Bookmark {
    zscape::document::Bookmark {
        name: name.to_owned(),
        tags: Vec::new(),
        note: String::new(),
        expression: "seed(1)".to_owned(),
        sampler: Default::default(),
        model: ModelLink {
            name: "digits-gan".to_owned(),
            hash: String::new(),
            origin: ModelOrigin::Catalogue("digits-gan".to_owned()),
        },
        created_secs: 0,
        code: zscape::latent::Code::vector(zscape::latent::Space::Z, vec![0.0]),
        staging: None,
        is_deleted: false,
    }
}

fn start(home: &Path, name: &str) -> Child {
    Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "kills::program", "--ignored", "--nocapture"])
        .env(HOME, home)
        .env(NAME, name)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

/// Lets a program run until it has settled something and a little longer, and kills it. Gives the
/// latest number of each thing that it had settled.
fn kill(mut program: Child, after: Duration) -> BTreeMap<String, u64> {
    let mut said = BufReader::new(program.stdout.take().expect("it is piped"));
    let mut text = String::new();
    while !text.contains("settled") {
        let len = said.read_line(&mut text).expect("it talks");
        assert!(len > 0, "it ended by itself: {text}");
    }
    std::thread::sleep(after);
    // SIGKILL: the program is not asked.
    program.kill().expect("it runs");
    program.wait().expect("it ends");
    let mut rest = Vec::new();
    said.read_to_end(&mut rest).expect("it talks");
    text.push_str(&String::from_utf8_lossy(&rest));
    let mut settled = BTreeMap::new();
    // A line without an end was not said yet.
    for line in text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [.., "settled", what, number] = words[..] {
            let number = number.parse().expect("a number");
            settled.insert(what.to_owned(), number);
        }
    }
    settled
}

/// Asserts that all is there that a program had settled.
fn check(home: &Path, name: &str, settled: &BTreeMap<String, u64>) {
    let steps = steps_of(home, name);
    let wanted = settled["steps"];
    assert!(steps >= wanted, "{name}: {steps} of {wanted} steps");
    let progress = ProgressFile::open(&home.join("progress.json"));
    assert_eq!(progress.fault(), None);
    if let Some(last) = settled.get("answers") {
        let attempts = progress.progress().attempts();
        let is_it = |it: &&Attempt| it.question == name && it.at == *last;
        assert!(
            attempts.iter().any(|it| is_it(&it)),
            "{name}: answer {last}"
        );
    }
    if let Some(last) = settled.get("picture") {
        let bytes = fs::read(home.join(format!("{name}.png"))).expect("it was written");
        let number = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes"));
        assert!(number >= *last, "{name}: picture {number} for {last}");
        assert!(bytes == picture(number), "{name}: half a picture");
    }
    let memory = home.join(format!("{name}.json"));
    if let Ok(text) = fs::read_to_string(memory) {
        serde_json::from_str::<serde_json::Value>(&text).expect("whole JSON");
    }
}

/// The steps of the latest session of a name, read as the next start reads it.
fn steps_of(home: &Path, name: &str) -> u64 {
    let entries = fs::read_dir(home.join("autosave"))
        .expect("it is there")
        .flatten();
    let journals = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "journal"));
    let steps = journals.filter_map(|path| {
        let session = journal::read(&path).expect("it is whole").session;
        let is_mine = session.bookmarks().iter().any(|it| it.name == name);
        is_mine.then(|| session.history().len() as u64)
    });
    steps.max().unwrap_or_default()
}

fn kill_again_and_again(times: usize, seed: u32) {
    let home = Folder::new();
    let mut random = Mt::new(seed);
    let mut most = 0;
    for _ in 0..times.div_ceil(2) {
        let programs = ["one", "two"].map(|name| (name, start(home.path(), name)));
        for (name, program) in programs {
            let after = Duration::from_micros(u64::from(random.next_u32() % 60_000));
            let settled = kill(program, after);
            check(home.path(), name, &settled);
            most = most.max(settled["steps"]);
        }
    }
    // Files that a kill left between their writing and their naming; they go when they are a day old.
    let names = home.names();
    let left = names.iter().filter(|name| name.starts_with('.')).count();
    assert!(left <= times, "{left} files left over after {times} kills");
    assert!(most > 0, "no step was settled before a kill");
}

#[test]
fn nothing_that_was_settled_is_lost_in_ten_kills() {
    kill_again_and_again(10, 1);
}

/// As many as `ZSCAPE_KILLS` says.
#[test]
#[ignore = "it takes minutes; ./dev kill runs it"]
fn at_length() {
    let times = std::env::var("ZSCAPE_KILLS").unwrap_or_default();
    kill_again_and_again(times.parse().unwrap_or(200), 2);
}

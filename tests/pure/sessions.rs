//! Sessions: random documents to files and back, journals cut off anywhere, hostile files.
#![expect(
    clippy::disallowed_methods,
    reason = "tests write the broken files that the program has to survive"
)]

use crate::support::{bookmark, change, model, sessions};
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use zscape::document::autosave::{Folder, MAX_STASHED};
use zscape::document::bookmarks::BookmarkError;
use zscape::document::directions::MAX_DIRECTIONS;
use zscape::document::history::MAX_NODES;
use zscape::document::journal::{self, Entry, Journal, SaveState};
use zscape::document::session_file::{self, MAX_FILE_BYTES};
use zscape::document::{Change, ChangeError, NodeId, Session, StoredDirection};
use zscape::files::save::save;
use zscape::latent::expr::{Expr, parse};
use zscape::latent::{Direction, Space};

fn step(expression: &str) -> Change {
    Change::Step {
        model: model(0),
        expression: expression.to_owned(),
        sampler: Default::default(),
        at_secs: 1_700_000_000,
        amends: false,
    }
}

fn with(changes: impl IntoIterator<Item = Change>) -> Session {
    let mut session = Session::default();
    for change in changes {
        session.apply(&change).expect("it makes sense");
    }
    session
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_session_comes_back_from_its_file(changes in sessions()) {
        let mut session = Session::default();
        for change in &changes {
            // Some of them make no sense, and then change nothing.
            let before = session.clone();
            if session.apply(change).is_err() {
                prop_assert_eq!(&session, &before);
            }
        }
        let bytes = session_file::to_bytes(&session).expect("it is small");
        let read = session_file::from_bytes(&bytes).expect("it was just written");
        prop_assert_eq!(&read, &session);
        // And the same text again: what is read is what was written.
        prop_assert_eq!(session_file::to_bytes(&read).expect("it is small"), bytes);
    }

    #[test]
    fn a_journal_leads_to_the_same_session_wherever_it_begins(changes in sessions(), base in 0_usize..40) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.journal");
        let mut session = Session::default();
        let base = base.min(changes.len());
        changes[..base].iter().for_each(|change| { session.apply(change).ok(); });
        let mut journal = Journal::create(&path, &session, &SaveState::default()).expect("it can be written");
        for change in &changes[base..] {
            if session.apply(change).is_ok() {
                journal.append(&[Entry::Change(Box::new(change.clone()))]).expect("there is room");
            }
        }
        journal.sync().expect("the disk works");
        let recovered = journal::read(&path).expect("it was just written");
        prop_assert_eq!(recovered.damage, None);
        prop_assert!(!recovered.was_closed);
        prop_assert_eq!(recovered.session, session);
    }

    #[test]
    fn a_journal_that_is_cut_off_has_everything_before_the_cut(changes in sessions(), cut in 0.0..1.0_f64) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.journal");
        let mut session = Session::default();
        let mut journal = Journal::create(&path, &session, &SaveState::default()).expect("it can be written");
        // After how many bytes the session looked how.
        let mut states = vec![(journal.bytes(), session.clone())];
        for change in &changes {
            if session.apply(change).is_ok() {
                journal.append(&[Entry::Change(Box::new(change.clone()))]).expect("there is room");
                states.push((journal.bytes(), session.clone()));
            }
        }
        let begin = states[0].0;
        let keep = begin + ((journal.bytes() - begin) as f64 * cut) as u64;
        let bytes = fs::read(&path).expect("it is there");
        fs::write(&path, &bytes[..keep as usize]).expect("it can be written");
        let recovered = journal::read(&path).expect("its beginning is whole");
        let (_, expected) = states.iter().rev().find(|(bytes, _)| *bytes <= keep).expect("the first");
        // The end of a line alone is not worth a state.
        let next = states.iter().find(|(bytes, _)| *bytes == keep + 1).map(|(_, state)| state);
        prop_assert!(recovered.session == *expected || Some(&recovered.session) == next);
        prop_assert_eq!(recovered.damage, None);
    }

    #[test]
    fn a_mutated_file_is_read_or_refused(changes in sessions(), flips in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6), cut: usize) {
        let mut session = Session::default();
        changes.iter().for_each(|change| { session.apply(change).ok(); });
        let mut bytes = session_file::to_bytes(&session).expect("it is small");
        for (place, value) in flips {
            let place = place % bytes.len();
            bytes[place] = value;
        }
        if cut % 3 == 0 {
            bytes.truncate(cut % (bytes.len() + 1));
        }
        if let Err(error) = session_file::from_bytes(&bytes) {
            prop_assert!(!error.to_string().contains('\n'));
        }
    }

    #[test]
    fn one_change_is_one_line_and_comes_back(change in change()) {
        let line = serde_json::to_string(&change).expect("it is JSON");
        prop_assert!(!line.contains('\n'));
        let read: Change = serde_json::from_str(&line).expect("it was just written");
        prop_assert_eq!(read, change);
    }
}

fn direction(values: Vec<f32>) -> StoredDirection {
    StoredDirection {
        direction: Direction {
            name: "smile".to_owned(),
            space: Space::Z,
            values,
        },
        picture_change: 0.25,
        evidence: "12.5 % of all picture change".to_owned(),
    }
}

#[test]
fn directions_stand_in_a_file_once() {
    let refers = |text: &str| Change::Tool(Some(serde_json::json!({"directions": text})));
    let mut changes = vec![step("seed(1)")];
    changes.push(Change::AddDirection(Box::new(direction(vec![0.1, -2.5]))));
    for number in 0..3 {
        changes.extend([refers(&format!("{number}")), step("seed(2)")]);
    }
    let session = with(changes);
    let text = session_file::to_bytes(&session).expect("it is small");
    let text = String::from_utf8(text).expect("JSON is text");
    assert!(text.contains("\"zscape_session\": 2,"), "{text}");
    assert_eq!(text.matches("smile").count(), 1, "{text}");
    assert!(text.contains("\"values\": [0.1, -2.5]"), "{text}");
    let read = session_file::from_bytes(text.as_bytes()).expect("it was just written");
    assert_eq!(read, session);
    assert_eq!(*read.directions()[0], direction(vec![0.1, -2.5]));
}

#[test]
fn a_session_file_can_be_read_by_people() {
    let session = with([
        step("seed(42)"),
        step("@me + seed(1)"),
        Change::AddBookmark(Box::new(bookmark("me", vec![0.1, -2.5]))),
    ]);
    let text = String::from_utf8(session_file::to_bytes(&session).expect("it is small"));
    let text = text.expect("JSON is text");
    for part in [
        "\"zscape_session\": 2,",
        "      {\"model\": 0, \"expression\": \"seed(42)\", \"at_secs\": 1700000000, \"redo\": 1},\n",
        "\"values\": [0.1, -2.5]",
        "\"current\": 1",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

/// Until version 1, truncation of a code in z scaled it, also in models with a mapping network.
#[test]
fn truncation_of_version_1_draws_what_it_drew() {
    let text = r#"{
        "zscape_session": 1,
        "models": [
            {"name": "heroes-stylegan", "hash": "", "catalogue": "heroes-stylegan"},
            {"name": "digits-gan", "hash": "", "catalogue": "digits-gan"}
        ],
        "bookmarks": [
            {"name": "me", "expression": "truncate(seed(3), 0.5)",
             "model": {"name": "heroes-stylegan", "hash": "", "catalogue": "heroes-stylegan"},
             "created_secs": 0, "code": {"space": "w", "dim": 1, "values": [1]}}
        ],
        "history": {"current": 3, "steps": [
            {"model": 0, "expression": "truncate(seed(7), 0.5) + dir(\"z1\")"},
            {"model": 0, "expression": "truncate(@me, 0.5)", "parent": 0},
            {"model": 1, "expression": "truncate(seed(7), 0.5)", "parent": 1},
            {"model": 0, "expression": "truncate(w(seed(7)), 0.5)", "parent": 2}
        ]}
    }"#;
    let texts = |session: &Session| -> Vec<String> {
        let steps = session.history().iter();
        steps
            .map(|(_, step)| step.state.expression.to_string())
            .collect()
    };
    let session = session_file::from_bytes(text.as_bytes()).expect("it is sound");
    let today = [
        "0.5*seed(7) + dir(\"z1\")",
        "truncate(@me, 0.5)",
        "truncate(seed(7), 0.5)",
        "truncate(w(seed(7)), 0.5)",
    ];
    assert_eq!(texts(&session), today);
    assert_eq!(session.bookmarks().all()[0].expression, "0.5*seed(3)");
    // Written again it has today's version and stays as it is.
    let bytes = session_file::to_bytes(&session).expect("it is small");
    let again = session_file::from_bytes(&bytes).expect("it was just written");
    assert_eq!(again, session);
    let newer = text.replace("\"zscape_session\": 1", "\"zscape_session\": 2");
    let newer = session_file::from_bytes(newer.as_bytes()).expect("it is sound");
    assert_eq!(texts(&newer)[0], "truncate(seed(7), 0.5) + dir(\"z1\")");

    // A journal of that version goes on in its language.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("old.journal");
    let header = format!(
        "{{\"zscape_journal\": 1, \"session\": {}}}\n",
        text.replace('\n', " ")
    );
    let step = r#"{"change":{"step":{"model":{"name":"heroes-stylegan","hash":"","catalogue":"heroes-stylegan"},"expression":"truncate(seed(9), 0.25)","at_secs":5}}}"#;
    save(&path, format!("{header}{step}\n").as_bytes()).expect("it can be written");
    let recovered = journal::read(&path).expect("it is sound");
    assert_eq!(recovered.damage, None);
    let state = recovered.session.history().current_state().expect("a step");
    assert_eq!(&*state.expression, "0.25*seed(9)");
}

#[test]
fn a_session_written_by_hand_needs_a_scene_only() {
    let text = r#"{
        "zscape_session": 1,
        "models": [{"name": "digits-gan", "hash": "", "catalogue": "digits-gan"}],
        "scene": {"model": 0, "expression": "seed(7)"},
        "anything": [{"else": 1}]
    }"#;
    let session = session_file::from_bytes(text.as_bytes()).expect("it says enough");
    let state = session.history().current_state().expect("the scene");
    assert_eq!(
        (&*state.expression, &*state.model.name),
        ("seed(7)", "digits-gan")
    );
    let empty = session_file::from_bytes(b"{\"zscape_session\": 1}").expect("nothing is enough");
    assert_eq!(empty, Session::default());
}

#[test]
fn hostile_files_end_in_a_sentence() {
    let deep = format!(
        "{{\"zscape_session\": 1, \"tools\": [{}",
        "[".repeat(1 << 20)
    );
    let models = r#""models": [{"name": "a", "hash": "b", "catalogue": "a"}]"#;
    let history =
        |history: &str| format!(r#"{{"zscape_session": 1, {models}, "history": {history}}}"#);
    let many = "{\"model\": 0, \"expression\": \"\"},".repeat(MAX_NODES);
    let tools = format!(
        "{{\"zscape_session\": 1, \"tools\": [{}1]}}",
        "[],".repeat(1_000_000)
    );
    let directions = |values: &str| {
        format!(
            r#"{{"zscape_session": 2, "directions": [{{"direction":
            {{"name": "smile", "space": "z", "values": {values}}}}}]}}"#
        )
    };
    let shape = r#"{"zscape_session": 1, "bookmarks": [{"name": "a", "expression": "seed(1)",
        "model": {"name": "a", "hash": "b", "catalogue": "a"}, "created_secs": 0,
        "code": {"space": "z", "layers": 4000000000, "dim": 4000000000, "values": [1.0]}}]}"#;
    for (text, part) in [
        (String::new(), "not a zscape session"),
        ("PNG".to_owned(), "not a zscape session"),
        ("[1, 2]".to_owned(), "not a zscape session"),
        ("{}".to_owned(), "not a zscape session"),
        ("{\"zscape_session\": 1".to_owned(), "damaged"),
        ("{\"zscape_session\": \"one\"}".to_owned(), "damaged"),
        ("{\"zscape_session\": 3}".to_owned(), "newer"),
        (
            "{\"zscape_session\": 1, \"models\": 7}".to_owned(),
            "damaged",
        ),
        (deep, "damaged"),
        (tools, "more than"),
        (directions("[]"), "no values"),
        (directions("[1e300]"), "not finite"),
        (directions("[1e999]"), "damaged"),
        (
            directions("[1.0]").replace("smile", &"x".repeat(300)),
            "too long",
        ),
        (
            format!(
                "{{\"zscape_session\": 2, \"directions\": [{}]}}",
                vec![
                    r#"{"direction": {"name": "a", "space": "z", "values": [1.0]}}"#;
                    MAX_DIRECTIONS + 1
                ]
                .join(",")
            ),
            "more than 4096",
        ),
        (shape.to_owned(), "shape"),
        (
            shape.replace("4000000000", "1").replace("[1.0]", "[1e999]"),
            "damaged",
        ),
        (
            shape.replace("4000000000", "1").replace("[1.0]", "[1e300]"),
            "finite",
        ),
        (
            shape
                .replace("4000000000", "1")
                .replace("\"a\", \"exp", "\"a b\", \"exp"),
            "not a name",
        ),
        (
            history(r#"{"steps": [{"model": 7, "expression": ""}]}"#),
            "model 7",
        ),
        (
            history(r#"{"steps": [{"model": 0, "expression": "", "tool": 3}]}"#),
            "tool settings 3",
        ),
        (
            history(r#"{"steps": [{"model": 0, "expression": "", "parent": 0}]}"#),
            "not one before",
        ),
        (
            history(r#"{"steps": [{"model": -1, "expression": ""}]}"#),
            "damaged",
        ),
        (
            history(
                r#"{"first": 18446744073709551615, "steps": [{"model": 0, "expression": ""}]}"#,
            ),
            "too large",
        ),
        (
            history(r#"{"current": 5, "steps": [{"model": 0, "expression": ""}]}"#),
            "step 6",
        ),
        (
            history(&format!(
                r#"{{"steps": [{many}{{"model": 0, "expression": ""}}]}}"#
            )),
            "more than 100000",
        ),
        (
            history(&format!(
                r#"{{"steps": [{{"model": 0, "expression": "{}"}}]}}"#,
                "a".repeat(2_000_000)
            )),
            "longer than",
        ),
    ] {
        let error = session_file::from_bytes(text.as_bytes()).expect_err(part);
        let error = error.to_string();
        let start: String = text.chars().take(80).collect();
        assert!(
            error.contains(part) && !error.contains('\n'),
            "{start}: {error}"
        );
    }
}

#[test]
fn sizes_are_known_before_a_file_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.zscape");
    let file = fs::File::create(&path).expect("it can be written");
    file.set_len(MAX_FILE_BYTES + 1)
        .expect("a hole takes no room");
    let error = session_file::read(&path)
        .expect_err("it is too large")
        .to_string();
    assert!(
        error.contains("large.zscape") && error.contains("larger than"),
        "{error}"
    );
    let error = session_file::read(folder.path())
        .expect_err("a folder")
        .to_string();
    assert!(error.contains("ordinary file"), "{error}");
    let error = session_file::read(Path::new("/absent.zscape"))
        .expect_err("absent")
        .to_string();
    assert!(error.contains("absent.zscape"), "{error}");
}

#[test]
fn a_new_name_is_written_into_everything_that_used_the_old_one() {
    let tool = serde_json::json!({"wells": ["@me", "seed(1) - @me", "@mean"], "n": 1});
    let mut session = with([
        Change::AddBookmark(Box::new(bookmark("me", vec![1.0]))),
        Change::AddBookmark(Box::new(bookmark("mean", vec![2.0]))),
        Change::Tool(Some(tool)),
        step("0.5*@me + @mean"),
        step("encode(\"@me\")"),
    ]);
    let rename = Change::RenameBookmark {
        from: "me".to_owned(),
        to: "you".to_owned(),
    };
    session.apply(&rename).expect("the name is free");
    let texts: Vec<&str> = session
        .history()
        .iter()
        .map(|(_, it)| &*it.state.expression)
        .collect();
    assert_eq!(texts, ["0.5*@you + @mean", "encode(\"@me\")"]);
    let tool = session.tool().expect("it was set");
    assert_eq!(
        tool["wells"],
        serde_json::json!(["@you", "seed(1) - @you", "@mean"])
    );
    assert!(session.bookmarks().get("you").is_some() && session.bookmarks().get("me").is_none());
    let taken = Change::RenameBookmark {
        from: "you".to_owned(),
        to: "mean".to_owned(),
    };
    let error = session.apply(&taken).expect_err("the name is taken");
    assert_eq!(
        error,
        ChangeError::Bookmark(BookmarkError::Taken("mean".to_owned()))
    );
}

#[test]
fn bookmarks_are_put_in_order() {
    let add = |name: &str| Change::AddBookmark(Box::new(bookmark(name, vec![1.0])));
    let mut session = with([add("a"), add("b"), add("c"), add("d")]);
    let mut order = |name: &str, before: Option<&str>| {
        let moved = Change::MoveBookmark {
            name: name.to_owned(),
            before: before.map(str::to_owned),
        };
        session.apply(&moved).map(|()| {
            let names = session.bookmarks().iter().map(|it| it.name.as_str());
            names.collect::<String>()
        })
    };
    assert_eq!(order("d", Some("b")).as_deref(), Ok("adbc"));
    assert_eq!(order("a", Some("c")).as_deref(), Ok("dbac"));
    assert_eq!(order("d", None).as_deref(), Ok("bacd"));
    assert_eq!(order("b", Some("b")).as_deref(), Ok("bacd"));
    for (name, before) in [("x", None), ("a", Some("x"))] {
        let unknown = Err(BookmarkError::Unknown("x".to_owned()).into());
        assert_eq!(order(name, before), unknown);
    }
}

#[test]
fn a_deleted_bookmark_stays_known_to_what_uses_it() {
    let mut session = with([
        Change::AddBookmark(Box::new(bookmark("me", vec![1.0]))),
        step("@me"),
        Change::DeleteBookmark("me".to_owned()),
    ]);
    let [listed, retired] = session.bookmarks().codes();
    assert!(listed.is_empty() && retired.contains_key("me"));
    // Another code takes the name; the step means what it meant.
    let again = Change::AddBookmark(Box::new(bookmark("me", vec![9.0])));
    session.apply(&again).expect("the name is free again");
    let text = session
        .history()
        .current_state()
        .expect("the step")
        .expression
        .clone();
    let Ok(Expr::Named(name)) = parse(&text) else {
        panic!("{text} is a name");
    };
    let [listed, retired] = session.bookmarks().codes();
    assert_eq!(retired[&name].values.reals(), [1.0]);
    assert_eq!(listed["me"].values.reals(), [9.0]);
}

#[test]
fn a_damaged_line_in_the_middle_loses_itself_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.journal");
    let mut journal =
        Journal::create(&path, &Session::default(), &SaveState::default()).expect("a file");
    let change = |change: Change| Entry::Change(Box::new(change));
    let entries: Vec<Entry> = (0..3)
        .map(|seed| change(step(&format!("seed({seed})"))))
        .collect();
    journal.append(&entries).expect("there is room");
    let root = with([step("seed(0)")]).history().current().expect("a step");
    let bookmark = Change::AddBookmark(Box::new(bookmark("me", vec![1.0])));
    journal
        .append(&[change(Change::GoTo(root)), change(bookmark)])
        .expect("there is room");
    journal
        .append(&[Entry::Saved("/a.zscape".to_owned()), Entry::Closed])
        .expect("there is room");
    let recovered = journal::read(&path).expect("it is whole");
    assert!(recovered.was_closed && recovered.save_state.is_saved);
    assert_eq!(
        recovered.save_state.file.as_deref(),
        Some(Path::new("/a.zscape"))
    );

    let text = fs::read_to_string(&path).expect("it is text");
    fs::write(&path, text.replacen("seed(1)\"", "seed(1)", 1)).expect("it can be written");
    let recovered = journal::read(&path).expect("its beginning is whole");
    let history = recovered.session.history();
    assert_eq!(history.len(), 2);
    // Its number may be of another step by now, so the jump is left out.
    let shown = history.current_state().map(|state| &*state.expression);
    assert_eq!(shown, Some("seed(2)"));
    assert!(recovered.session.bookmarks().get("me").is_some());
    assert!(recovered.was_closed && !recovered.save_state.is_saved);
    assert!(
        recovered
            .damage
            .is_some_and(|damage| damage.contains("line 3"))
    );
    for beginning in ["", "nonsense\n", "{\"zscape_journal\": 9}\n", "{}\n"] {
        fs::write(&path, beginning).expect("it can be written");
        assert!(journal::read(&path).is_err(), "{beginning}");
    }
}

#[test]
fn a_step_costs_a_line_and_not_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.journal");
    let mut journal =
        Journal::create(&path, &Session::default(), &SaveState::default()).expect("a file");
    let mut bytes = journal.bytes();
    for seed in 0..10_000 {
        journal
            .append(&[Entry::Change(Box::new(step(&format!("seed({seed})"))))])
            .expect("there is room");
        assert!(
            journal.bytes() - bytes < 400,
            "a step takes {} bytes",
            journal.bytes() - bytes
        );
        bytes = journal.bytes();
    }
    let recovered = journal::read(&path).expect("it was just written");
    assert_eq!(recovered.session.history().len(), 10_000);
    assert!(recovered.session.history().bytes() < 4 << 20);
    let bytes = session_file::to_bytes(&recovered.session).expect("it fits");
    assert!(bytes.len() < 2 << 20, "{} bytes", bytes.len());
}

#[test]
fn running_programs_leave_each_other_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Folder::open(folder.path()).expect("a place");
    let session = with([step("seed(1)"), step("seed(2)")]);
    let journal = |place: &Folder, session: &Session| {
        Journal::create(&place.journal_path(), session, &SaveState::default()).expect("a file")
    };
    journal(&first, &session);
    let second = Folder::open(folder.path()).expect("another place");
    assert_ne!(first.journal_path(), second.journal_path());
    assert!(second.unclean_sessions().is_empty(), "the first one runs");
    journal(&second, &Session::default());
    drop(first);

    let mut orphans = second.unclean_sessions();
    assert_eq!(orphans.len(), 1);
    let third = Folder::open(folder.path()).expect("a third place");
    assert!(
        third.unclean_sessions().is_empty(),
        "the second one holds what the first one left"
    );
    let orphan = orphans.pop().expect("there is one");
    assert_eq!(orphan.read().expect("it is whole").session, session);
    orphan.remove();
    assert!(third.unclean_sessions().is_empty());
    drop((second, third));
    let fourth = Folder::open(folder.path()).expect("a place");
    assert_eq!(fourth.unclean_sessions().len(), 1, "that of the second");
}

#[test]
fn parked_sessions_are_kept_for_a_while() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = Folder::open(folder.path()).expect("a place");
    for count in 1..=MAX_STASHED + 3 {
        let session = with((0..count).map(|seed| step(&format!("seed({seed})"))));
        let path = place.stash(&session).expect("there is room");
        assert!(place.is_stashed(&path));
        assert_eq!(
            session_file::read(&path).expect("it was just written"),
            session
        );
    }
    let stashed = place.stashed();
    assert_eq!(stashed.len(), MAX_STASHED);
    assert_eq!(stashed[0].steps, MAX_STASHED + 3, "the latest comes first");

    // The clock was set back by a day: the file that was written last is of tomorrow.
    let tomorrow = stashed[0].at_millis + 24 * 60 * 60 * 1000;
    let name = stashed[0]
        .path
        .with_file_name(format!("{tomorrow}-1.zscape"));
    std::fs::rename(&stashed[0].path, name).expect("it can be renamed");
    for count in 1..=3 {
        let session = with((0..count).map(|seed| step(&format!("seed({seed})"))));
        place.stash(&session).expect("there is room");
    }
    let steps: Vec<usize> = place.stashed().iter().map(|it| it.steps).take(4).collect();
    assert_eq!(
        steps,
        [3, 2, 1, 1],
        "in the order in which they were put away"
    );
}

#[test]
fn changes_that_make_no_sense_are_refused() {
    let mut session = with([step("seed(1)")]);
    let before = session.clone();
    for change in [
        Change::GoTo(NodeId::new(1)),
        Change::DeleteBookmark("nobody".to_owned()),
        Change::RestoreBookmark("nobody".to_owned()),
        Change::AddBookmark(Box::new(bookmark("not a name", vec![1.0]))),
        Change::AddBookmark(Box::new(bookmark("a", vec![f32::NAN]))),
        Change::AddDirection(Box::new(direction(vec![f32::NAN]))),
        step(&"a".repeat(2_000_000)),
    ] {
        assert!(session.apply(&change).is_err());
        assert_eq!(session, before);
    }
}

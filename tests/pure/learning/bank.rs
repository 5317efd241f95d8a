//! The bank: what is built in, a teacher's folder, search, fitting, the path.

use super::{WHOLE, file_with};
use std::collections::BTreeSet;
use std::fs;
use zscape::app::Tool;
use zscape::latent::expr::{Expr, parse};
use zscape::learn::models::Models;
use zscape::learn::path::Stage;
use zscape::learn::{Bank, Filter, Level, Operations, ToolName, check};

/// The schema check over everything that is built in.
#[test]
fn the_built_in_questions_are_sound() {
    let bank = Bank::built_in();
    assert_eq!(bank.questions().len(), 212);
    let models = Models::built_in().expect("built-in models are sound");
    let faults = check::bank(&bank, &models, false);
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
}

#[test]
fn tools_have_one_name_in_sessions_and_in_question_files() {
    for tool in Tool::ALL {
        let name = serde_json::to_value(tool).expect("a word");
        let name = name.as_str().expect("a word");
        assert_eq!(ToolName::of_key(name), tool.info().question_name, "{name}");
    }
    let names: BTreeSet<&str> = ToolName::ALL.iter().map(|tool| tool.key()).collect();
    assert_eq!(names.len(), ToolName::ALL.len());
}

#[test]
fn the_document_names_all_words() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/questions.md");
    let text = fs::read_to_string(path).expect("the document is there");
    let words = ToolName::ALL
        .iter()
        .map(|tool| tool.key())
        .chain(zscape::learn::Measure::ALL.iter().map(|m| m.key()))
        .chain(zscape::learn::Criterion::ALL.iter().map(|c| c.key()))
        .chain(Level::ALL.iter().map(|level| level.key()));
    for word in words {
        let is_named = text.contains(&format!("`{word}`")) || text.contains(&format!("`{word}("));
        assert!(is_named, "{word} is not in docs/questions.md");
    }
}

#[test]
fn the_example_of_the_document_is_sound() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/questions.md");
    let document = fs::read_to_string(path).expect("the document is there");
    let (_, example) = document.split_once("````markdown\n").expect("an example");
    let (example, _) = example.split_once("````").expect("its end");
    let folder = tempfile::tempdir().expect("a folder");
    let topic = folder.path().join("latent-space");
    fs::create_dir(&topic).expect("a folder");
    fs::write(topic.join("halving-a-code.md"), example).expect("written");
    let (bank, report) = Bank::with_folder(folder.path());
    assert_eq!(report.faults, []);
    let models = Models::built_in().expect("sound");
    let faults = check::bank(&bank, &models, false);
    assert_eq!(faults, []);
}

#[test]
fn a_teachers_folder_is_added() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("own");
    let vae = folder.path().join("vae");
    for path in [&own, &vae] {
        fs::create_dir(path).expect("a folder");
    }
    let write = |path: &std::path::Path, text: &str| fs::write(path, text).expect("written");
    write(&own.join("whole.md"), WHOLE);
    write(
        &own.join("broken.md"),
        &WHOLE
            .replace("\"whole\"", "\"broken\"")
            .replace("seed(4)", "seed("),
    );
    write(&own.join("notes.txt"), "not a question");
    write(&own.join(".hidden.md"), "not a question");
    fs::write(own.join("bad.md"), b"+++\n\xff").expect("written");
    write(&folder.path().join("README.md"), "about this folder");
    let flat = file_with("flat", "expert", "anything", task());
    write(&folder.path().join("flat.md"), &flat);
    let kl = file_with("kl-term", "beginner", "vae", task());
    write(
        &vae.join("kl-term.md"),
        &kl.replace("[\"kl-term\", ", "[\"what-is-a-vae\", "),
    );
    let before = Bank::built_in();
    let (bank, report) = Bank::with_folder(folder.path());
    assert_eq!(report.added, ["flat", "whole"]);
    assert_eq!(report.replaced, ["kl-term"]);
    let faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(
        faults[0].ends_with("bad.md:2: it is not UTF-8 text"),
        "{faults:?}"
    );
    assert!(
        faults[1].contains("broken.md:25: the expression"),
        "{faults:?}"
    );
    let sentence = report.sentence();
    assert!(
        sentence.contains("2 questions added, 1 question replaced (kl-term), 2 files left out")
    );
    assert_eq!(bank.questions().len(), before.questions().len() + 2);
    let kl = bank.get("kl-term").expect("it is there");
    assert!(!kl.is_built_in && kl.level == Level::Beginner);
    assert!(bank.topics().iter().any(|(id, _)| *id == "own"));
    assert!(bank.path().ids().any(|id| id == "flat"));
    let models = Models::built_in().expect("sound");
    assert_eq!(check::bank(&bank, &models, false), bank.faults());
}

fn task() -> &'static str {
    "[[task]]\nkind = \"order\"\nask = \"?\"\nitems = [\"a\", \"b\", \"c\"]\nbecause = \"So.\"\n\
     criteria = [\"understanding\"]"
}

#[test]
fn a_folder_that_is_none_is_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let count = Bank::built_in().questions().len();
    for path in [folder.path().to_owned(), folder.path().join("absent")] {
        let (bank, report) = Bank::with_folder(&path);
        assert_eq!(bank.questions().len(), count);
        assert_eq!(report.faults.len(), 1);
    }
}

#[test]
fn dropped_files_are_added() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("whole.md");
    fs::write(&path, WHOLE).expect("written");
    let mut bank = Bank::built_in();
    let report = bank.add_files(&[path.clone(), path.clone(), folder.path().join("absent.md")]);
    assert_eq!(report.added, ["whole"]);
    assert_eq!(report.faults.len(), 2, "{:?}", report.faults);
    assert_eq!(bank.add_files(&[path]).replaced, ["whole"]);
}

/// What the files alone cannot show.
#[test]
fn the_check_finds_what_does_not_fit() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("whole.md");
    let models = Models::built_in().expect("sound");
    for (from, to, line, part) in [
        (
            "[\"kl-term\", ",
            "[\"kl-trm\", ",
            8,
            "did you mean kl-term?",
        ),
        (
            "models = [\"digits-vae2\"]",
            "models = [\"digits-vae3\"]",
            7,
            "no model",
        ),
        (
            "expression = \"seed(3)\"",
            "expression = \"w(seed(3))\"",
            13,
            "no w space",
        ),
        (
            "expression = \"seed(3)\"",
            "expression = \"[1, 2, 3]\"",
            13,
            "3 numbers",
        ),
        (
            "expression = \"seed(3)\"",
            "expression = \"encode(\\\"a\\\")\"",
            13,
            "reads the picture file",
        ),
        ("\"@digit-3\"]", "\"@digit-33\"]", 15, "@digit-3"),
        ("show = \"seed(4)\"", "show = \"@coat\"", 25, "@coat"),
        ("norm([3, 4])", "norm([3, 4, 5])", 33, "3 numbers"),
        ("norm(here) < 1", "coordinate(here, 2) < 1", 43, "2 numbers"),
        (
            "solution = \"[0.5, 0]\"",
            "solution = \"[0.5]\"",
            46,
            "1 number",
        ),
        (
            "question:kl-term",
            "question:kl-terms",
            55,
            "a link leads to",
        ),
        ("slerp(seed(1)", "slerp(@bag", 59, "@bag"),
    ] {
        assert!(WHOLE.contains(from), "{from}");
        fs::write(&path, WHOLE.replacen(from, to, 1)).expect("written");
        let (bank, report) = Bank::with_folder(folder.path());
        assert_eq!(report.faults, [], "{to}");
        let faults = check::bank(&bank, &models, false);
        let found = faults
            .iter()
            .any(|fault| fault.line == line && fault.reason.contains(part));
        assert!(found, "{to}: no {part:?} at line {line} in {faults:?}");
    }
    let gan = WHOLE.replace("model = \"digits-vae2\"", "model = \"digits-gan\"");
    let gan = gan
        .replace("norm(here) < 1", "nearest(here) < 1")
        .replace("solution = \"[0.5, 0]\"", "solution = \"seed(1)\"");
    fs::write(&path, gan).expect("written");
    let faults = check::bank(&Bank::with_folder(folder.path()).0, &models, false);
    assert!(
        faults.iter().any(|f| f.reason.contains("no encoded data")),
        "{faults:?}"
    );
}

/// Of pictures only those that are built in, and only for models that take pictures; what is redrawn is
/// checked as elsewhere.
#[test]
fn scenes_redraw_pictures_that_are_built_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("whole.md");
    let models = Models::built_in().expect("sound");
    let task = r#"
[[task]]
kind = "choose"
ask = "Which one?"
options = [
  { text = "This", right = true, because = "It is." },
  { text = "That", because = "It is not." },
]
criteria = ["understanding"]
"#;
    let faults_of = |model: &str, expression: &str| {
        let text = file_with("whole", "intermediate", "own", task)
            .replace("digits-vae2", model)
            .replace("@digit-3", "seed(2)")
            .replace("\"seed(3)\"", &format!("'{expression}'"));
        fs::write(&path, text).expect("written");
        let (bank, report) = Bank::with_folder(folder.path());
        assert!(report.faults.is_empty(), "{:?}", report.faults);
        let faults = check::bank(&bank, &models, false);
        let own = faults.iter().filter(|f| f.file.ends_with("whole.md"));
        own.map(|f| f.reason.clone()).collect::<Vec<_>>()
    };
    let three = r#"edit(seed(1), encode("sample:three"), 0.5)"#;
    for (model, expression) in [
        ("digits-ddpm", three),
        ("faces-ldm", three),
        (
            "digits-ddpm",
            r#"edit(seed(1), encode("sample:three"), 1, cells [0..784])"#,
        ),
        ("faces-ldm", r#"encode("sample:face")"#),
    ] {
        assert_eq!(
            faults_of(model, expression),
            [""; 0],
            "{model}, {expression}"
        );
    }
    for (model, expression, part) in [
        ("digits-ddpm", r#"encode("three.png")"#, "sample:three"),
        ("digits-ddpm", r#"encode("sample:cat")"#, "sample:cat"),
        ("digits-gan", r#"encode("sample:three")"#, "encoder"),
        ("digits-vae2", three, "in one step"),
        (
            "faces-ldm",
            r#"edit(seed(1), encode("sample:face"), 1, cells [0..65])"#,
            "64",
        ),
    ] {
        let faults = faults_of(model, expression);
        let named = faults.iter().any(|fault| fault.contains(part));
        assert!(named, "{model}, {expression}: {faults:?}");
    }
}

#[test]
fn a_growing_bank_is_complete_when_all_is_there() {
    let bank = Bank::built_in();
    let models = Models::built_in().expect("sound");
    let missing = bank
        .index()
        .entries()
        .filter(|(_, _, id)| bank.get(id).is_none())
        .count();
    let faults = check::bank(&bank, &models, true);
    let named = faults.iter().filter(|f| f.reason == "the file is missing");
    assert_eq!(named.count(), missing);
}

#[test]
fn questions_are_found_by_words() {
    let bank = Bank::built_in();
    let all = Filter::default();
    let ids = |query: &str| -> Vec<&str> {
        let hits = bank.search(query, &all);
        hits.iter().map(|hit| hit.question.id.as_str()).collect()
    };
    assert_eq!(ids("KL term")[0], "kl-term");
    assert_eq!(ids("kl TÉRM")[0], "kl-term");
    assert_eq!(ids("β-VAE")[0], "beta-vae");
    assert_eq!(ids("beta vae")[0], "beta-vae");
    assert_eq!(ids("reparam")[0], "reparameterization-trick");
    assert!(ids("posterior collapse").starts_with(&["posterior-collapse"]));
    assert!(ids("zzzyx").is_empty());
    assert!(ids("vae zzzyx").is_empty(), "all words have to be there");
    assert_eq!(ids("").len(), bank.questions().len());
    assert_eq!(ids(&"word ".repeat(100_000)).len(), ids("word").len());
    let filter = Filter {
        topic: Some("vae".to_owned()),
        level: Some(Level::Intermediate),
    };
    let hits = bank.search("the", &filter);
    assert!(!hits.is_empty());
    assert!(hits.iter().all(|hit| filter.admits(hit.question)));
    assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
}

#[test]
fn what_fits_the_window_comes_first() {
    let bank = Bank::built_in();
    let fitting = bank.fitting(
        ToolName::Map,
        "digits-vae2",
        &Operations::of(&Expr::Seed(1)),
    );
    let first = fitting
        .first()
        .and_then(|q| q.scene.as_ref())
        .expect("a scene");
    assert_eq!(
        (first.tool, first.model.as_str()),
        (ToolName::Map, "digits-vae2")
    );
    let full = |q: &zscape::learn::Question| {
        let scene = q.scene.as_ref();
        scene.is_some_and(|s| {
            s.tool == ToolName::Map && s.model == "digits-vae2" && s.nearest.is_none()
        })
    };
    assert!(fitting.is_sorted_by(|a, b| full(a) >= full(b)));
    let concerned = |q: &&std::sync::Arc<zscape::learn::Question>| {
        q.tools.contains(&ToolName::Map)
            || q.models.iter().any(|name| name == "digits-vae2")
            || full(q)
            || q.scene.as_ref().is_some_and(|s| {
                s.nearest.is_none() && (s.tool == ToolName::Map || s.model == "digits-vae2")
            })
    };
    assert_eq!(
        fitting.len(),
        bank.questions().iter().filter(concerned).count()
    );
}

#[test]
fn what_uses_the_same_operation_comes_before_its_equals() {
    let bank = Bank::built_in();
    let uses_slerp = |question: &zscape::learn::Question| {
        let scene = question.scene.as_ref();
        scene.is_some_and(|scene| scene.expression.text.contains("slerp("))
    };
    let scenes = bank.questions().iter().filter(|it| uses_slerp(it));
    let scenes = scenes.filter_map(|question| question.scene.as_ref());
    let model = scenes
        .filter(|scene| scene.tool == ToolName::Interpolate && scene.nearest.is_none())
        .map(|scene| scene.model.clone())
        .next()
        .expect("a scene with slerp in Interpolate");
    let place = |current: &str| {
        let current = parse(current).expect("an expression");
        let fitting = bank.fitting(ToolName::Interpolate, &model, &Operations::of(&current));
        let place = fitting.iter().position(|question| uses_slerp(question));
        (place.expect("a scene with slerp"), fitting.len())
    };
    let (plain, with_slerp) = (place("seed(1)"), place("slerp(seed(1), seed(2), 0.5)"));
    assert_eq!(with_slerp.0, 0, "slerp is asked about, and comes first");
    assert!(plain.0 >= with_slerp.0);
    // Which questions fit does not depend on it.
    assert_eq!(plain.1, with_slerp.1);
}

#[test]
fn the_path_takes_every_question_once_from_easy_to_hard() {
    let bank = Bank::built_in();
    let path = bank.path();
    assert_eq!(path.weeks.len(), 10);
    let stages: Vec<Stage> = path.weeks.iter().map(|week| week.stage).collect();
    assert!(stages.is_sorted());
    let unique: BTreeSet<Stage> = stages.iter().copied().collect();
    assert_eq!(unique.len(), 5);
    let ids: Vec<&str> = path.ids().collect();
    let once: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(
        (ids.len(), once.len()),
        (bank.questions().len(), bank.questions().len())
    );
    assert_eq!(path.after(None), Some(ids[0]));
    assert_eq!(path.after(Some(ids[0])), Some(ids[1]));
    assert_eq!(path.after(Some(ids[ids.len() - 1])), None);
    assert_eq!(path.after(Some("no-such")), None);
    assert_eq!(path.next_open(|id| id == ids[0]), Some(ids[1]));
    let last = ids[ids.len() - 1];
    assert_eq!(path.next_open_after(Some(ids[3]), |_| false), Some(ids[4]));
    assert_eq!(path.next_open_after(Some(last), |_| false), Some(ids[0]));
    assert_eq!(
        path.next_open_after(Some(ids[3]), |id| id != ids[1]),
        Some(ids[1])
    );
    assert_eq!(path.next_open_after(Some(ids[3]), |_| true), None);
    assert_eq!(path.next_open_after(None, |id| id == ids[0]), Some(ids[1]));
    assert_eq!(path.week_of(ids[0]).map(|week| week.number), Some(1));
    for question in bank.questions() {
        let week = path.week_of(&question.id).expect("it has one").number;
        let weeks = match question.level {
            Level::Beginner => 1..=2,
            Level::Intermediate => 1..=6,
            Level::Advanced => 7..=9,
            Level::Expert => 10..=10,
        };
        assert!(weeks.contains(&week), "{} in week {week}", question.id);
    }
}

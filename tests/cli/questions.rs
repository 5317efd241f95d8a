//! Questions in a terminal, their check, and what was learned.

use crate::support::{Folder, run};
use std::fs;

const FILE: &str = r#"+++
id = "mine"
question = "Why is a test a good teacher?"
level = "expert"
topic = "own"
tools = ["explore"]
models = ["digits-vae2"]
related = ["kl-term", "beta-vae"]
covers = ["It fails when it should."]

[scene]
model = "digits-vae2"
expression = "seed(3)"
tool = "explore"
caption = "Look."

[[task]]
kind = "set"
ask = "Make it a long code."
goal = ["norm(here) > 3"]
because = "It is long."
solution = "[4, 0]"
criteria = ["problem-solving"]

[[task]]
kind = "choose"
ask = "Which?"
options = [{ text = "a", right = true, because = "A." }, { text = "b", because = "B." }]
criteria = ["understanding"]
+++

Because it says no. See [the term](question:kl-term).

## Deeper

It has `code`.
"#;

/// A folder with one question file of the topic `own`.
fn folder_with(text: &str) -> Folder {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("own")).expect("a folder");
    folder.write("own/mine.md", text);
    folder
}

/// The lines of a check that are no warnings.
fn faults(stdout: &str) -> Vec<&str> {
    let lines = stdout.lines();
    lines
        .filter(|line| !line.starts_with("warning: "))
        .collect()
}

#[test]
fn questions_are_listed_and_filtered() {
    let all = run(&["questions"]).succeeded().stdout;
    assert!(all.lines().count() >= 40);
    assert!(all.lines().any(|line| line.starts_with("kl-term ")));
    let some = run(&["questions", "--topic", "vae", "--level", "advanced"])
        .succeeded()
        .stdout;
    for line in some.lines() {
        let words: Vec<&str> = line.split_whitespace().take(3).collect();
        assert_eq!(words[1..], ["advanced", "vae"], "{line}");
    }
    let found = run(&["questions", "--search", "posterior collapse"])
        .succeeded()
        .stdout;
    assert!(found.starts_with("posterior-collapse "), "{found}");
    run(&["questions", "--topic", "cooking"]).refused("latent-space");
    run(&["questions", "--level", "wizard"]).refused("wizard");
    run(&["questions", "--complete"]).refused("--check");
}

#[test]
fn questions_are_json_too() {
    let json = run(&["questions", "--topic", "vae", "--json"])
        .succeeded()
        .stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let all = json.as_array().expect("a list");
    let kl = all
        .iter()
        .find(|q| q["id"] == "kl-term")
        .expect("it is there");
    assert_eq!(kl["level"], "intermediate");
    assert_eq!(kl["built_in"], true);
    assert_eq!(kl["scene"]["model"], "digits-vae2");
    assert!(
        kl["tasks"]
            .as_array()
            .is_some_and(|tasks| !tasks.is_empty())
    );
    assert!(kl["answer"].as_str().is_some_and(|text| !text.is_empty()));
}

#[test]
fn a_question_is_set_at_a_width() {
    let page = run(&["question", "kl-term", "--width", "50"])
        .succeeded()
        .stdout;
    let question = page.lines().next().expect("a line");
    assert!(
        question.starts_with("What does the KL term do"),
        "{question}"
    );
    for part in [
        "\nDeeper\n------\n",
        "\nScene\n-----\n",
        "\nTasks\n-----\n",
        "\nSee also\n",
    ] {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
    for raw in ["+++", "](", "## ", "```", "[[task]]"] {
        assert!(!page.contains(raw), "{raw:?} is in {page}");
    }
    let too_wide: Vec<&str> = page
        .lines()
        .filter(|line| line.chars().count() > 50 && !line.starts_with("    "))
        .collect();
    assert!(too_wide.is_empty(), "{too_wide:?}");
    assert!(!page.contains("[x]"));
    let solved = run(&["question", "kl-term", "--solutions"])
        .succeeded()
        .stdout;
    assert!(solved.contains("[x]") && solved.contains("solution"));
    run(&["question", "kl-trm"]).refused("did you mean kl-term?");
    run(&["question", "kl-term", "--width", "3"]).refused("3");
}

#[test]
fn built_in_questions_pass_the_check() {
    // With every task tried on its pictures.
    let check = [
        "questions",
        "--check",
        "--complete",
        "--measure",
        "--device",
        "cpu",
    ];
    let said = run(&check).succeeded().stdout;
    assert!(said.contains("212 questions are sound"), "{said}");
}

#[test]
fn faults_are_lines_with_file_line_and_reason() {
    let folder = folder_with(&FILE.replace("level = \"expert\"", "level = \"wizard\""));
    let dir = folder.path().display().to_string();
    folder.write("own/bytes.md", [0xff, 0xfe]);
    folder.write("own/huge.md", vec![b'x'; 300 << 10]);
    let run = run(&["questions", "--check", "--questions", &dir]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(run.stderr, "zscape: 3 faults in the question files\n");
    let lines = faults(&run.stdout);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[0].contains("bytes.md:1: it is not UTF-8 text"),
        "{lines:?}"
    );
    assert!(lines[1].contains("huge.md: the file cannot be read: it is larger than 256 KiB"));
    assert!(
        lines[2].contains("mine.md:4: level is \"wizard\""),
        "{lines:?}"
    );
}

#[test]
fn a_teachers_questions_come_along() {
    let folder = folder_with(FILE);
    let dir = folder.path().display().to_string();
    let said = run(&["questions", "--topic", "own", "--questions", &dir])
        .succeeded()
        .stdout;
    assert!(said.starts_with("mine  expert"), "{said}");
    let page = run(&["question", "mine", "--questions", &dir])
        .succeeded()
        .stdout;
    assert!(page.contains("See the term [kl-term]."), "{page}");
    run(&["questions", "--check", "--questions", &dir]).succeeded();
    // A broken file is a note, and the rest is shown.
    folder.write("own/broken.md", "no head");
    let noted = run(&["question", "mine", "--questions", &dir]);
    assert_eq!(noted.code, Some(0));
    assert!(
        noted.stderr.contains("broken.md:1: a head between"),
        "{}",
        noted.stderr
    );
    run(&["questions", "--questions", "/no/such/folder"]).refused("no such folder");
}

#[test]
fn tasks_are_tried_with_their_pictures() {
    let tried = |text: &str| {
        let folder = folder_with(text);
        let dir = folder.path().display().to_string();
        let run = run(&[
            "questions",
            "--check",
            "--measure",
            "--device",
            "cpu",
            "--questions",
            &dir,
        ]);
        let lines = run.stdout.lines().filter(|line| line.contains("mine.md"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(tried(FILE), Vec::<String>::new());
    let unsolved = tried(&FILE.replace("solution = \"[4, 0]\"", "solution = \"[2, 0]\""));
    assert_eq!(unsolved.len(), 1, "{unsolved:?}");
    assert!(
        unsolved[0].contains("mine.md:18: the right answer does not pass"),
        "{unsolved:?}"
    );
    let solved = tried(&FILE.replace("norm(here) > 3", "norm(here) > 0.1"));
    assert!(
        solved[0].contains("the start fulfils the goal already"),
        "{solved:?}"
    );
}

#[test]
fn claims_are_measured_with_real_pictures() {
    let claims = "criteria = [\"understanding\"]\n\n[[claim]]\nsays = \"Codes are two numbers long.\"\n\
                  seeds = \"0-149\"\nmeasure = \"norm(seed(n))\"\nmean = [1.1, 1.4]\n\n\
                  [[claim]]\nsays = \"Digits have ink.\"\nmodel = \"digits-gan\"\nseeds = \"0-99\"\n\
                  holds = \"ink(seed(n)) > INK\"\nshare = [95, 100]\n+++";
    let tried = |ink: &str| {
        let text = FILE.replace(
            "criteria = [\"understanding\"]\n+++",
            &claims.replace("INK", ink),
        );
        assert_ne!(text, FILE);
        let folder = folder_with(&text);
        let dir = folder.path().display().to_string();
        run(&[
            "questions",
            "--check",
            "--measure",
            "--device",
            "cpu",
            "--id",
            "mine",
            "--questions",
            &dir,
        ])
    };
    let sound = tried("1").succeeded().stdout;
    assert_eq!(
        sound,
        "1 question is sound, with 1 scene, 2 tasks and 2 claims\n"
    );
    let wrong = tried("60");
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
    let lines = faults(&wrong.stdout);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("mine.md:38: the claim \"Digits have ink.\" is not so"),
        "{lines:?}"
    );
    run(&["questions", "--check", "--id", "minne"]).refused("no such question");
}

#[test]
fn warnings_and_figures_are_printed_and_nothing_is_wrong() {
    let long = "text = \"a, because it is so much longer than the other\"";
    let folder = folder_with(&FILE.replace("text = \"a\"", long));
    let dir = folder.path().display().to_string();
    let check = [
        "questions",
        "--check",
        "--stats",
        "--id",
        "mine",
        "--questions",
        &dir,
    ];
    let said = run(&check).succeeded().stdout;
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("warning: "), "{said}");
    assert!(
        lines[0].contains("mine.md:26: the longest option is right"),
        "{said}"
    );
    assert!(said.contains("choose: the longest is right"), "{said}");
    assert!(said.contains("1  of 1 (100 %)"), "{said}");
    assert!(
        said.ends_with("1 scene, 2 tasks and 0 claims; 1 warning\n"),
        "{said}"
    );
    // Figures are of what is chosen.
    let topic = run(&["questions", "--check", "--stats", "--topic", "vae"])
        .succeeded()
        .stdout;
    assert!(!topic.contains("latent-space/"), "{topic}");
    run(&["questions", "--stats"]).refused("--check");
}

#[test]
fn progress_is_printed_and_exported() {
    let folder = Folder::new();
    let file = folder.write(
        "progress.json",
        r#"{"zscape_progress":1,"attempts":[{"at":1000000000,"question":"kl-term","topic":"vae",
        "level":"intermediate","task":0,"kind":"set","criteria":["understanding"],
        "answer":{"kind":"set","expression":"[1, 2]"},"passed":true,"score":1.0,"seconds":9.5}],
        "memories":{}}"#,
    );
    let page = run(&["progress", "--file", &file]).succeeded().stdout;
    assert!(page.contains("100 % (Expert), after 1 answer."), "{page}");
    let (csv, markdown) = (folder.file("p.csv"), folder.file("p.md"));
    run(&[
        "progress",
        "--file",
        &file,
        "--csv",
        &csv,
        "--markdown",
        &markdown,
    ])
    .succeeded();
    let table = String::from_utf8(folder.read("p.csv")).expect("text");
    assert!(
        table.contains("2001-09-09T01:46:40Z,kl-term,vae,intermediate,1,set,"),
        "{table}"
    );
    let written = String::from_utf8(folder.read("p.md")).expect("text");
    assert_eq!(written.trim_end(), page.trim_end());
    folder.write("broken.json", "{");
    run(&["progress", "--file", &folder.file("broken.json")]).refused("no progress file");
    run(&["progress", "--file", &folder.file("absent.json")]).refused("no such file");
    run(&[
        "progress",
        "--file",
        &file,
        "--csv",
        &folder.file("no/p.csv"),
    ])
    .refused("no/p.csv");
    assert_eq!(folder.read("broken.json"), b"{");
}

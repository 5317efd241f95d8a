//! Question files: sound ones are read, broken ones are named with line and reason.

use super::{WHOLE, read_file};
use crate::mutation::{Form, mutated};
use proptest::prelude::*;
use rand_mt::Mt;
use zscape::learn::question::Method;
use zscape::learn::text::Target;
use zscape::learn::{Bank, Control, Criterion, Level, Preset, TaskKind, ToolName, read};

#[test]
fn a_whole_file_is_read() {
    let question = read_file(WHOLE).expect("it is sound");
    assert_eq!(question.id, "whole");
    assert_eq!(question.level, Level::Intermediate);
    assert_eq!(question.tools, [ToolName::Interpolate, ToolName::Explore]);
    assert_eq!(question.covers.len(), 3);
    let scene = question.scene.as_ref().expect("there is one");
    assert_eq!(scene.expression.text, "seed(3)");
    assert_eq!(scene.locked, [Control::Model, Control::Psi]);
    assert_eq!(scene.line, 11);
    match &scene.preset {
        Some(Preset::Interpolate {
            keyframes,
            method: Some(Method::Slerp),
            closed: Some(true),
        }) => assert_eq!(keyframes[1].text, "@digit-3"),
        other => panic!("{other:?}"),
    }
    let kinds: Vec<&str> = question.tasks.iter().map(|task| task.kind_name()).collect();
    assert_eq!(kinds, ["choose", "predict", "set", "explain"]);
    let lines: Vec<usize> = question.tasks.iter().map(|task| task.line).collect();
    assert_eq!(lines, [21, 31, 40, 50]);
    assert_eq!(question.tasks[2].criteria, [Criterion::ProblemSolving]);
    assert!(question.answer.markdown.starts_with("The short answer."));
    assert_eq!(question.answer.links[0].line, 55);
    assert!(matches!(&question.deeper.links[0].target, Target::Show(_)));
    assert_eq!(question.deeper.links[0].line, 59);
}

#[test]
fn line_ends_and_marks_of_other_systems_do_no_harm() {
    let text = format!("\u{feff}{}", WHOLE.replace('\n', "\r\n"));
    let question = read_file(&text).expect("it is sound");
    assert_eq!(Some(question), read_file(WHOLE).ok());
}

/// Each change breaks the file at a known line.
#[test]
fn what_is_wrong_is_named_with_its_line() {
    for (from, to, line, part) in [
        (
            "id = \"whole\"",
            "id = \"hole\"",
            2,
            "not the name of the file",
        ),
        ("id = \"whole\"", "id = \"Whole\"", 2, "lower-case"),
        ("question = \"What", "questoin = \"What", 3, "unknown field"),
        ("\"intermediate\"", "\"middling\"", 4, "not one of beginner"),
        ("topic = \"own\"", "topic = \"other\"", 5, "not the folder"),
        ("\"explore\"]", "\"fly\"]", 6, "a tool is \"fly\""),
        (", \"beta-vae\"]", "]", 8, "not 2 to 5"),
        ("\"beta-vae\"]", "\"whole\"]", 8, "the question itself"),
        ("covers = [", "covers = [\" \", ", 9, "is empty"),
        (
            "expression = \"seed(3)\"",
            "expression = \"seed(\"",
            13,
            "seed(",
        ),
        (
            "method = \"slerp\"",
            "method = \"slirp\"",
            15,
            "not lerp or slerp",
        ),
        (
            "closed = true",
            "sigma = 0.5",
            15,
            "a setting of variations",
        ),
        ("\"psi\"]", "\"phi\"]", 16, "a locked control"),
        ("right = true", "right = false", 21, "no option is right"),
        (
            "because = \"It is not.\", ",
            "",
            25,
            "missing field `because`",
        ),
        (
            "criteria = [\"understanding\"]",
            "criteria = [\"wit\"]",
            28,
            "\"wit\"",
        ),
        ("\"norm([3, 4])\"", "\"norm(here)\"", 33, "does not have"),
        (
            "\"norm([3, 4])\"",
            "\"size([3, 4])\"",
            33,
            "there is no \"size\"",
        ),
        ("within = 0.5", "within = -0.5", 35, "no tolerance"),
        ("within = 0.5", "", 31, "lacks within"),
        (
            "norm(here) < 1",
            "norm(here) <",
            43,
            "a number has to follow",
        ),
        (
            "norm(here) < 1",
            "norm(seed(1)) < 1",
            43,
            "does not depend on here",
        ),
        ("solution = \"[0.5, 0]\"", "", 40, "lacks solution"),
        (
            "kind = \"explain\"",
            "kind = \"explian\"",
            50,
            "not one of choose",
        ),
        (
            "kind = \"explain\"",
            "kind = \"explain\"\nhint = \"no\"",
            50,
            "has no hint",
        ),
        ("question:kl-term", "question:KL term", 55, "no id"),
        ("## Deeper", "## Further", 54, "missing"),
        ("0.5)).", "0.5).", 59, "no end"),
        ("+++\nid", "id", 1, "has to come first"),
        ("+++\n\nThe", "\n\nThe", 63, "the line +++ after the head"),
    ] {
        assert!(WHOLE.contains(from), "{from}");
        let faults = read_file(&WHOLE.replacen(from, to, 1)).expect_err(to);
        let found = faults
            .iter()
            .any(|fault| fault.line == line && fault.reason.contains(part));
        assert!(found, "{to}: no {part:?} at line {line} in {faults:?}");
    }
}

/// The file with lines after another one.
fn with_lines(after: &str, lines: &str) -> String {
    assert!(WHOLE.contains(after), "{after}");
    WHOLE.replacen(after, &format!("{after}\n{lines}"), 1)
}

/// The end of the last task, behind which claims stand.
const LAST_TASK: &str = "ask = \"Explain it.\"\ncriteria = [\"communication\"]";

#[test]
fn what_ages_what_is_watched_and_what_is_claimed_is_read() {
    let text = with_lines(
        LAST_TASK,
        "[[claim]]\nsays = \"Halves are shorter.\"\nmodel = \"digits-gan\"\nseeds = \"0-199\"\n\
         holds = \"norm(0.5*seed(n)) < norm(seed(n))\"\nshare = [95, 100]\n\
         [[claim]]\nsays = \"It is a four.\"\nmeasure = \"digit(@digit-4)\"\nmean = [4, 4]",
    );
    let text = text.replace(
        "caption = \"Move",
        "watch = [\"digit(here)\", \"change(here, seed(1))\"]\ncaption = \"Move",
    );
    let text = text.replace("topic =", "as_of = \"2026-11\"\ntopic =");
    let question = read_file(&text).expect("it is sound");
    assert_eq!(
        question.as_of.map(|it| it.to_string()).as_deref(),
        Some("November 2026")
    );
    let watched = question.scene.expect("there is one").watch;
    let watched: Vec<&str> = watched.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(watched, ["digit(here)", "change(here, seed(1))"]);
    let [shorter, four] = question.claims.as_slice() else {
        panic!("{:?}", question.claims);
    };
    assert_eq!((shorter.seeds.clone(), shorter.line), (Some(0..=199), 56));
    assert_eq!(shorter.model.as_deref(), Some("digits-gan"));
    assert_eq!(
        (four.seeds.clone(), four.says.as_str()),
        (None, "It is a four.")
    );
    let plain = read_file(WHOLE).expect("it is sound");
    assert!(plain.claims.is_empty() && plain.as_of.is_none());
}

#[test]
fn what_is_wrong_with_new_keys_is_named_with_its_line() {
    let claim = |lines: &str| with_lines(LAST_TASK, &format!("[[claim]]\nsays = \"So.\"\n{lines}"));
    let scene = |line: &str| with_lines("caption = \"Move the slider.\"", line);
    let order = |items: &str| {
        let task = format!(
            "kind = \"order\"\nask = \"?\"\nitems = {items}\nbecause = \"So.\"\n\
             criteria = [\"understanding\"]\n[[task]]"
        );
        WHOLE.replacen(
            "kind = \"choose\"",
            &format!("{task}\nkind = \"choose\""),
            1,
        )
    };
    for (text, line, part) in [
        (
            with_lines("topic = \"own\"", "as_of = \"11/2026\""),
            6,
            "is no month",
        ),
        (
            with_lines("topic = \"own\"", "as_of = \"2026-13\""),
            6,
            "is no month",
        ),
        (scene("watch = []"), 18, "0 measures, not 1 to 4"),
        (
            scene("watch = [\"norm(seed(1))\"]"),
            18,
            "does not measure here",
        ),
        (
            scene("watch = [\"size(here)\"]"),
            18,
            "there is no \"size\"",
        ),
        (scene("watch = [\"ink(here)\", \"ink(here)\"]"), 18, "twice"),
        (
            with_lines("ask = \"Explain it.\"", "points = []"),
            52,
            "0 points, not 1 to 8",
        ),
        (
            with_lines("ask = \"Explain it.\"", "points = [\"\"]"),
            52,
            "is empty",
        ),
        (
            with_lines("ask = \"Which one?\"", "points = [\"a\"]"),
            21,
            "has no points",
        ),
        (order("[\"a\", [\"b\"], \"c\"]"), 23, "at least 2 of them"),
        (order("[[\"a\", \"b\", \"c\"]]"), 23, "every order is right"),
        (order("[\"a\", [\"b\", \"a\"]]"), 23, "twice"),
        (order("[\"a\", [\"b\", 3]]"), 23, "an item is a text"),
        (order("[\"a\", [\"b\", [\"c\"]]]"), 23, "an item is a text"),
        (order("[\"a\", \"b\"]"), 23, "3 to 7 things"),
        (
            claim("holds = \"ink(seed(n)) > 3\"\nshare = [1, 2]"),
            55,
            "has no seeds",
        ),
        (
            claim("seeds = \"0-99\"\nholds = \"ink(seed(n)) > 3\""),
            54,
            "lacks share",
        ),
        (
            claim("seeds = \"0-98\"\nholds = \"ink(seed(n)) > 3\"\nshare = [1, 2]"),
            55,
            "not 99",
        ),
        (
            claim("seeds = \"0-2000\"\nmeasure = \"ink(seed(n))\"\nmean = [1, 2]"),
            55,
            "not 2001",
        ),
        (
            claim("seeds = \"0-4294967295\"\nmeasure = \"ink(seed(n))\"\nmean = [1, 2]"),
            55,
            "to 2000 seeds",
        ),
        (
            claim("seeds = \"9-1\"\nmeasure = \"ink(seed(n))\"\nmean = [1, 2]"),
            55,
            "are written",
        ),
        (
            claim("seeds = \"0-99\"\nmeasure = \"ink(seed(1))\"\nmean = [1, 2]"),
            54,
            "not in its measures",
        ),
        (
            claim("measure = \"ink(here)\"\nmean = [1, 2]"),
            54,
            "no here",
        ),
        (claim("measure = \"ink(seed(1))\""), 54, "either holds"),
        (
            claim("measure = \"ink(seed(1))\"\nmean = [1, 2]\nmedian = [1, 2]"),
            54,
            "either holds",
        ),
        (
            claim("measure = \"ink(seed(1))\"\nmean = [2, 1]"),
            56,
            "is an interval",
        ),
        (
            claim("measure = \"ink(seed(1))\"\nmean = [2]"),
            56,
            "is an interval",
        ),
        (
            claim("measure = \"ink(seed(1))\"\nmean = [2, nan]"),
            56,
            "is an interval",
        ),
        (
            claim("measure = \"ink(seed(1))\"\nmean = [1, 2]\nshare = [1, 2]"),
            57,
            "belongs to holds",
        ),
        (
            claim("holds = \"ink(seed(1)) > 3\"\nshare = [0, 100]"),
            56,
            "always holds",
        ),
        (
            claim("holds = \"ink(seed(1)) > 3\"\nshare = [50, 120]"),
            56,
            "in percent",
        ),
        (claim("holds = \"ink(seed(1)) = 3\""), 55, "only digit"),
        (claim("hold = \"ink(seed(1)) > 3\""), 55, "unknown field"),
        (
            claim("seeds = \"0-99\"\nholds = \"ink(seed(n - 1)) > 3\"\nshare = [1, 2]"),
            56,
            "seed(0 - 1)",
        ),
    ] {
        let faults = read_file(&text).expect_err(part);
        let found = faults
            .iter()
            .any(|fault| fault.line == line && fault.reason.contains(part));
        assert!(found, "no {part:?} at line {line} in {faults:?}");
    }
}

#[test]
fn several_faults_are_named_at_once() {
    let text = WHOLE
        .replace("\"intermediate\"", "\"middling\"")
        .replace("seed(4)", "seed(x)")
        .replace("show:slerp", "show:slurp");
    let faults = read_file(&text).expect_err("three faults");
    let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [4, 25, 59], "{faults:?}");
    let shown = faults[0].to_string();
    assert!(shown.starts_with("own/whole.md:4: "), "{shown}");
}

#[test]
fn hostile_files_are_refused_in_a_sentence() {
    let deep = format!("+++\nid = {}\n+++\n", "[".repeat(100_000));
    let tables = format!("+++\n{}\n+++\n", "[a.".repeat(50_000));
    let many = format!("+++\n{}+++\n", "[[task]]\n".repeat(20_000));
    let huge = "x".repeat(read::MAX_FILE_BYTES + 1);
    let words = WHOLE.replace("Which one?", &"word ".repeat(30_000));
    for text in [
        "",
        "+++",
        "+++\n+++",
        "no head",
        "+++\n\0\n+++\n",
        &deep,
        &tables,
        &many,
        &huge,
    ] {
        let faults = read_file(text).expect_err("it is broken");
        assert!(!faults.is_empty());
        for fault in faults {
            assert!(fault.reason.len() < 2000 && !fault.reason.contains('\n'));
        }
    }
    assert!(read_file(&words).is_ok(), "long texts are no fault");
    let faults = read::question("a.md", "a.md", b"+++\n\n\xff\n+++\n").expect_err("not text");
    assert_eq!(faults[0].to_string(), "a.md:3: it is not UTF-8 text");
}

/// Tasks that a question may not have.
#[test]
fn tasks_suit_their_question() {
    let without_scene = |task: &str| {
        let text = super::file_with("whole", "beginner", "own", task);
        let start = text.find("[scene]").expect("there is one");
        let end = text.find("[[task]]").expect("there is one");
        format!("{}{}", &text[..start], &text[end..])
    };
    let order = "[[task]]\nkind = \"order\"\nask = \"?\"\nitems = [\"a\", \"b\", \"c\"]\n\
                 because = \"So.\"\ncriteria = [\"understanding\"]";
    assert!(read_file(&without_scene(order)).is_ok());
    let predict = "[[task]]\nkind = \"predict\"\nask = \"?\"\nmeasure = \"norm([1, 2])\"\n\
                   within = 1\nbecause = \"So.\"\ncriteria = [\"understanding\"]";
    let faults = read_file(&without_scene(predict)).expect_err("it has no scene");
    assert!(faults[0].reason.contains("needs a scene"), "{faults:?}");
    let explain = "[[task]]\nkind = \"explain\"\nask = \"?\"\ncriteria = [\"communication\"]";
    let text = super::file_with("whole", "beginner", "own", explain);
    let faults = read_file(&text).expect_err("only words");
    assert!(faults[0].reason.contains("another kind"), "{faults:?}");
    let five = format!("{order}\n").repeat(5);
    let faults = read_file(&without_scene(&five)).expect_err("too many");
    assert!(faults[0].reason.contains("5 tasks"), "{faults:?}");
}

/// Thousands of changes to the built-in files and the whole one: never a panic, and whatever is
/// read can be shown and searched.
#[test]
fn changed_files_never_panic() {
    let bank = Bank::built_in();
    let mut originals = vec![("own/whole.md".to_owned(), WHOLE.to_owned())];
    for question in bank.questions().iter().step_by(17) {
        let path = format!("{}/{}", env!("CARGO_MANIFEST_DIR"), question.file);
        let text = std::fs::read_to_string(path).expect("a built-in file");
        originals.push((format!("{}/{}.md", question.topic, question.id), text));
    }
    let mut random = Mt::new(7);
    let (mut read_count, mut broken) = (0, 0);
    for round in 0..6000 {
        let (name, original) = &originals[round % originals.len()];
        let bytes = mutated(original.as_bytes(), Form::Text, &mut random);
        match read::question(name, name, &bytes) {
            Ok(question) => {
                read_count += 1;
                assert!(!question.deeper.plain().is_empty());
            }
            Err(faults) => {
                broken += 1;
                assert!(!faults.is_empty());
            }
        }
    }
    assert!(
        read_count > 100 && broken > 1000,
        "{read_count} and {broken}"
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(\\+\\+\\+\n)?[a-z\\[\\]\"=\\(\\)`:<> \n{}+#@]{0,200}") {
        let _ = read_file(&text);
        let _ = zscape::learn::text::Text::read(&text, 1);
        let _ = zscape::learn::measure::parse_goal(&text, 1);
        let _ = zscape::learn::measure::parse_quantity(&text, 1);
    }

    #[test]
    fn markdown_of_a_text_reads_back_the_same(
        words in "[a-z ]{0,10}", a in 0..9u32, b in 0..9u32, t in 0.0..1.0f32
    ) {
        let source = format!("x {words} [l](show:lerp(seed({a}), seed({b}), {t})) `]({a}` y");
        let (first, faults) = zscape::learn::text::Text::read(&source, 1);
        prop_assert_eq!(faults, vec![]);
        let (second, faults) = zscape::learn::text::Text::read(&first.markdown, 1);
        prop_assert_eq!(faults, vec![]);
        prop_assert_eq!(&second.markdown, &first.markdown);
        prop_assert_eq!(second.links.len(), 1);
        let is_show = matches!(&second.links[0].target, Target::Show(_));
        prop_assert!(is_show);
    }
}

#[test]
fn a_map_has_a_plane_or_axes() {
    let with = |settings: &str| {
        let start = WHOLE.find("tool = \"interpolate\"").expect("the scene's");
        let (head, tail) = WHOLE.split_at(start);
        let tail = tail.replacen("tool = \"interpolate\"", "tool = \"map\"", 1).replacen(
            "settings = { keyframes = [\"seed(1)\", \"@digit-3\"], method = \"slerp\", closed = true }",
            settings,
            1,
        );
        read_file(&format!("{head}{tail}"))
    };
    let preset = |settings| with(settings).expect("sound").scene.and_then(|s| s.preset);
    assert_eq!(preset(""), None);
    let axes = preset("settings = { axes = [1, 0] }");
    assert_eq!(axes, Some(Preset::MapAxes([1, 0])));
    let plane = preset("settings = { plane = [\"seed(1)\", \"seed(2)\", \"seed(3)\"] }");
    assert!(matches!(plane, Some(Preset::MapPlane(_))));
    for wrong in [
        "settings = { axes = [1, 1] }",
        "settings = { axes = [-1, 0] }",
        "settings = { plane = [\"seed(1)\", \"seed(2)\"] }",
        "settings = { }",
    ] {
        assert!(with(wrong).is_err(), "{wrong}");
    }
    let kinds = read_file(WHOLE).expect("sound").tasks;
    assert!(matches!(kinds[3].kind, TaskKind::Explain { .. }));
}

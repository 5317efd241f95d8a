//! Toys of language: how files open them, and how tasks and claims about them are judged.

use super::tasks::Fake;
use super::{WHOLE, read_file};
use zscape::learn::models::Models;
use zscape::learn::toy::{Kind, Play};
use zscape::learn::trial::Trial;
use zscape::learn::{Answer, Bank, Here, Measurements, Question, advice, check};

/// A question without a model.
const TOY: &str = r#"+++
id = "whole"
question = "What comes next?"
level = "beginner"
topic = "own"
related = ["kl-term", "beta-vae"]
covers = ["The first point."]

[toy]
kind = "next-word"
text = "the latent"
settings = "temperature 0.8"
caption = "Move the temperature."

[[task]]
kind = "set"
ask = "Make it sure."
goal = ["likeliest(here) > 90", "choices(here) > 1"]
because = "It is cold."
solution = '"the latent" with "temperature 0.3"'
criteria = ["understanding"]

[[task]]
kind = "predict"
ask = "How many are left?"
measure = 'choices("the latent" with "top_k 7")'
within = 1
because = "It is k."
criteria = ["understanding"]

[[task]]
kind = "compare"
ask = "Which is less certain?"
left = 'entropy("the latent" with "temperature 0")'
right = 'entropy("the latent")'
because = "Greedy choice is certain."
criteria = ["understanding"]

[[claim]]
says = "It is never surprised by more than is possible."
seeds = "0-99"
holds = 'surprise("the latent", n) < 30'
share = [100, 100]
+++

Short.

## Deeper

Long.
"#;

fn sound(text: &str) -> Question {
    read_file(text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// All that is wrong with a file.
fn faults(text: &str) -> String {
    let faults = read_file(text).expect_err("it is broken");
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn a_file_opens_a_toy_as_it_is_set() {
    let question = sound(TOY);
    let toy = question.toy.as_ref().expect("a toy");
    assert_eq!(
        toy.start.to_string(),
        "\"the latent\" with \"temperature 0.8\""
    );
    assert_eq!((toy.start.kind(), toy.line), (Kind::NextWord, 9));
    assert_eq!(toy.caption, "Move the temperature.");
    // An answer that begins with a quotation mark is about it.
    let here = question.here_of("\"a\" with \"top_k 2\"").expect("a place");
    assert!(matches!(here, Here::Toy(play) if play.text() == "a"));
    assert!(matches!(question.here_of("seed(1)"), Ok(Here::Picture(_))));
}

#[test]
fn broken_toys_are_named_with_their_line() {
    for (from, to, expected) in [
        (
            "\"next-word\"",
            "\"next\"",
            "own/whole.md:10: the kind of a toy is \"next\"",
        ),
        (
            "text = \"the latent\"",
            "text = \"a\\nb\"",
            "own/whole.md:11: the text of a toy is one line",
        ),
        (
            "temperature 0.8",
            "temperature nan",
            "own/whole.md:12: temperature is a number from 0 to 3",
        ),
        (
            "temperature 0.8",
            "head 1",
            "own/whole.md:12: \"head\" is no setting of next-word",
        ),
        (
            "\"Move the temperature.\"",
            "\" \"",
            "own/whole.md:13: the caption of a toy is empty",
        ),
        (
            "likeliest(here) > 90",
            "likeliest(\\\"a\\\") > 90",
            "does not depend on here",
        ),
        ("top_k 7", "top_k 0", "own/whole.md:26: "),
    ] {
        let text = TOY.replacen(from, to, 1);
        assert_ne!(text, TOY, "{from}");
        let found = faults(&text);
        assert!(found.contains(expected), "{found}");
    }
    // Without the toy its tasks have nothing to measure; each says so.
    let start = TOY.find("[toy]").expect("a toy");
    let end = TOY.find("[[task]]").expect("a task");
    let without = format!("{}{}", &TOY[..start], &TOY[end..]);
    let faults = read_file(&without).expect_err("it has no toy");
    let needing = faults
        .iter()
        .filter(|it| it.reason.contains("which needs one"));
    assert!(needing.count() >= 2, "{faults:?}");
}

#[test]
fn tasks_and_claims_of_a_toy_are_tried_without_any_picture() {
    let question = sound(TOY);
    let mut fake = Fake::default();
    let found = Trial::of(&question)
        .faults(&mut fake)
        .expect("it can be tried");
    assert_eq!(found, []);
    assert!(fake.asked.is_empty());
    for (from, to, part) in [
        // The start of the toy meets the goal already.
        (
            "temperature 0.8",
            "temperature 0.2",
            "the start fulfils the goal already",
        ),
        (
            "with \"temperature 0.3\"'",
            "with \"temperature 2\"'",
            "does not pass",
        ),
        ("n) < 30", "n) < 1", "is not so"),
    ] {
        let broken = sound(&TOY.replacen(from, to, 1));
        let found = Trial::of(&broken)
            .faults(&mut fake)
            .expect("it can be tried");
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(
            found.iter().any(|it| it.contains(part)),
            "{part}: {found:?}"
        );
    }
}

#[test]
fn what_a_toy_cannot_give_is_a_fault_on_paper() {
    let models = Models::built_in().expect("models");
    let bank = Bank::built_in();
    let faults = |text: &str| -> Vec<String> {
        let faults = check::question_faults(&sound(text), &bank, &models, false);
        faults.iter().map(ToString::to_string).collect()
    };
    assert_eq!(faults(TOY), Vec::<String>::new());
    let attention = TOY.replace("likeliest(here) > 90", "weight(here, 1, 1) > 90");
    assert!(faults(&attention)[0].contains("weight is no measure of next-word"));
    let unknown = TOY.replace(
        "choices(\"the latent\" with \"top_k 7\")",
        "chance(\"a\", \"xyzzy\")",
    );
    assert!(faults(&unknown)[0].contains("do not have the word"));
}

#[test]
fn the_learners_own_setting_is_judged() {
    let question = sound(TOY);
    let verdict = |text: &str| {
        let answer = Answer::Set {
            expression: text.to_owned(),
        };
        question.tasks[0].check(&question, &answer, &Measurements::default())
    };
    assert!(
        verdict("\"the latent\" with \"temperature 0.3\"")
            .expect("a verdict")
            .passed
    );
    let cold = verdict("\"the latent\" with \"temperature 0\"").expect("a verdict");
    assert!(
        !cold.passed
            && cold
                .reason
                .contains("choices(here) > 1 does not hold: it is 1."),
        "{cold:?}"
    );
    assert!(cold.counter_examples.is_empty());
    assert!(verdict("seed(1)").is_err());
    assert!(verdict("\"the latent").is_err());
}

/// All toys of the bank can be shown as they open.
#[test]
fn toys_of_the_bank_show_something() {
    let bank = Bank::built_in();
    let toys = bank.questions().iter().filter_map(|it| it.toy.as_ref());
    let starts: Vec<&Play> = toys.map(|toy| &toy.start).collect();
    assert!(starts.len() >= 10, "{}", starts.len());
    for start in starts {
        let page = zscape::learn::toy::terminal::page(start);
        assert!(
            page.lines.len() + page.paragraphs.len() >= 2,
            "{start}: {page:?}"
        );
    }
}

#[test]
fn long_explanations_are_warned_of() {
    let words = "word ".repeat(351);
    let code = format!("```\n{words}\n```\n\n| a |\n| --- |\n| {words} |\n");
    let with = |text: &str| {
        let question = sound(&WHOLE.replace("The longer one, with", &format!("{text}\n\nwith")));
        advice::warnings(&question, None).len()
    };
    assert_eq!([with(&words), with(&code)], [1, 0]);
}

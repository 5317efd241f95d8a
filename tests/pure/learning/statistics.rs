//! How well the bank teaches, as far as it can be counted.

use super::{WHOLE, file_with, read_file};
use zscape::learn::statistics::Statistics;
use zscape::learn::{Bank, Level, Measurements, advice};

// What the built-in bank has reached. A change of texts may better a figure, and then its bound
// is set to the new value; no change may make one worse.

/// Choices whose right option is the longest, in percent; by chance it would be about 33.
const LONGEST_PERCENT: f64 = 23.0;
/// Scenes that show something else than what is asked.
const NEAREST: usize = 6;
/// Longer explanations of more than 350 words.
const WORDY: usize = 0;
/// Small models on their pages.
const TOYS: usize = 21;
/// Texts with "Often said".
const REFRAINS: usize = 2;
/// Free answers with points of their own.
const WITH_POINTS: usize = 59;
/// Scenes that show no number live.
const WITHOUT_NUMBERS: usize = 0;
/// Sentences that are measured over many seeds.
const CLAIMS: usize = 399;
/// Questions that say when their facts were checked.
const DATED: usize = 44;
/// Questions with a figure.
const WITH_FIGURES: usize = 207;

#[test]
fn the_bank_keeps_what_it_has_reached() {
    let bank = Bank::built_in();
    let figures = Statistics::of(bank.questions().iter().map(|question| &**question));
    let mut worse = Vec::new();
    if figures.percent_longest() > LONGEST_PERCENT {
        worse.push("the longest option is right more often");
    }
    for (what, found, most) in [
        ("more scenes are only near", figures.nearest, NEAREST),
        ("more texts have the refrain", figures.refrains, REFRAINS),
        ("more texts are long", figures.wordy, WORDY),
        (
            "more scenes show no number",
            figures.scenes - figures.watching,
            WITHOUT_NUMBERS,
        ),
    ] {
        if found > most {
            worse.push(what);
        }
    }
    for (what, found, least) in [
        (
            "fewer free answers have points",
            figures.with_points,
            WITH_POINTS,
        ),
        ("fewer toys", figures.toys, TOYS),
        ("fewer claims", figures.claims, CLAIMS),
        ("fewer texts are dated", figures.dated, DATED),
        (
            "fewer texts have figures",
            figures.with_figures,
            WITH_FIGURES,
        ),
    ] {
        if found < least {
            worse.push(what);
        }
    }
    assert!(worse.is_empty(), "{}\n{figures}", worse.join(", "));
}

#[test]
fn figures_are_counted() {
    let text = WHOLE
        .replace("caption =", "watch = [\"norm(here)\"]\ncaption =")
        .replace("topic =", "as_of = \"2026-11\"\ntopic =")
        .replace(
            "ask = \"Explain it.\"",
            "ask = \"Explain it.\"\npoints = [\"One.\"]",
        )
        .replace(
            "The longer one",
            "Often said: no. ```` ` ````\n\n```figure strip\ncaption = \"c\"\ndiagram = \"a -> b\"\n```\n\nThe longer one",
        );
    let first = read_file(&text).expect("sound");
    let second = read_file(WHOLE).expect("sound");
    let figures = Statistics::of([&first, &second]);
    assert_eq!(
        (figures.questions, figures.scenes, figures.nearest),
        (2, 2, 2)
    );
    assert_eq!(
        (figures.watching, figures.dated, figures.refrains),
        (1, 1, 1)
    );
    assert_eq!((figures.explains, figures.with_points), (2, 1));
    assert_eq!((figures.figures, figures.with_figures), (1, 1));
    // "Neither" is longer than the right option.
    assert_eq!((figures.choices, figures.longest_is_right), (2, 0));
    let intermediate = Level::Intermediate as usize;
    assert_eq!(figures.tasks["predict"][intermediate], 2);
    let shown = figures.to_string();
    for part in ["explain: with points of its own", "of 2 (50 %)", "beginner"] {
        assert!(shown.contains(part), "{part:?} is not in {shown}");
    }
}

#[test]
fn a_right_option_that_is_the_longest_is_counted() {
    let with = |text: &str| {
        let text = WHOLE.replace("{ text = \"This\"", &format!("{{ text = \"{text}\""));
        Statistics::of([&read_file(&text).expect("sound")]).longest_is_right
    };
    assert_eq!(with("Neither, or"), 1);
    assert_eq!(
        with("NEITHER"),
        0,
        "as long as a wrong one gives nothing away"
    );
}

fn warnings(text: &str) -> Vec<String> {
    let question = read_file(text).unwrap_or_else(|faults| panic!("{faults:?}"));
    let found = advice::warnings(&question, Some(&Measurements::default()));
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn what_can_be_guessed_is_warned_of() {
    assert_eq!(warnings(WHOLE), Vec::<String>::new());
    let long = "This one, because it says much more than all of the others do";
    let found = warnings(&WHOLE.replace("{ text = \"This\"", &format!("{{ text = \"{long}\"")));
    assert_eq!(
        found,
        [
            "own/whole.md:21: the longest option is right: 61 characters, the longest wrong one has 7"
        ]
    );
    let found = warnings(&WHOLE.replace("norm([3, 4])", "norm(seed(3))"));
    assert_eq!(
        found,
        ["own/whole.md:31: norm(seed(3)) is asked for, and the scene opens on that code"]
    );
    let compare = file_with(
        "whole",
        "beginner",
        "own",
        "[[task]]\nkind = \"compare\"\nask = \"?\"\nleft = \"norm([3, 4])\"\n\
         right = \"norm(seed(3))\"\nbecause = \"So.\"\ncriteria = [\"understanding\"]",
    );
    assert_eq!(warnings(&compare).len(), 1, "{:?}", warnings(&compare));
}

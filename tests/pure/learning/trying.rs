//! What trying a question with pictures finds: tasks, named codes, printed answers, claims.

use super::tasks::{Fake, check, task};
use super::{WHOLE, read_file};
use zscape::learn::trial::Trial;
use zscape::learn::{Answer, Measurements, Question, advice};

#[test]
fn every_task_has_an_answer_that_passes_and_one_that_fails() {
    let kinds = [
        task(
            "compare",
            "left = \"norm([3, 4])\"\nright = \"norm([1, 1])\"\nbecause = \"So.\"",
        ),
        task("order", "items = [\"a\", \"b\", \"c\"]\nbecause = \"So.\""),
        task(
            "order",
            "expressions = [\"[5, 0]\", \"[1, 0]\", \"[3, 0]\"]\nby = \"norm(here)\"\nbecause = \"So.\"",
        ),
        task(
            "set",
            "goal = [\"norm(here) > 8\"]\nbecause = \"So.\"\nsolution = \"[9, 1]\"",
        ),
    ];
    for question in kinds {
        let faults = Trial::of(&question).faults(&mut Fake::default());
        assert_eq!(faults, Ok(vec![]));
        let answer = Answer::Explain {
            text: String::new(),
            ticked: vec![true],
        };
        assert!(check(&question, 0, &answer).is_err());
    }
}

#[test]
fn trying_finds_what_no_check_on_paper_can() {
    let reasons = |question: &Question| -> Vec<String> {
        let faults = Trial::of(question)
            .faults(&mut Fake::default())
            .expect("it can be measured");
        faults.into_iter().map(|fault| fault.reason).collect()
    };
    for (question, part) in [
        (
            task(
                "set",
                "goal = [\"norm(here) > 8\"]\nbecause = \"So.\"\nsolution = \"[7, 1]\"",
            ),
            "the right answer does not pass: norm(here) > 8 does not hold: it is 7.07.",
        ),
        (
            task(
                "set",
                "goal = [\"norm(here) > 2\"]\nbecause = \"So.\"\nsolution = \"[7, 1]\"",
            ),
            "the start fulfils the goal already",
        ),
        (
            task(
                "compare",
                "left = \"norm([3, 4])\"\nright = \"norm([0, 5])\"\nbecause = \"So.\"",
            ),
            "this needs equal_within",
        ),
        (
            task(
                "which",
                "left = { model = \"digits-vae2\", expression = \"[3, 0]\" }\n\
                 right = { model = \"digits-vae2\", expression = \"[3, 0.1]\" }\nanswer = \"left\"\n\
                 because = \"So.\"",
            ),
            "left and right differ by",
        ),
        (
            task(
                "order",
                "expressions = [\"[5, 0]\", \"[1, 0]\", \"[-1, 0]\"]\nby = \"norm(here)\"\n\
                 because = \"So.\"",
            ),
            "the same number, 1",
        ),
    ] {
        let found = reasons(&question);
        assert!(
            found.iter().any(|reason| reason.contains(part)),
            "{part}: {found:?}"
        );
    }
}

/// Warnings of a prediction of the norm of [3, 4], as it is measured.
fn printed(ask: &str, caption: &str, measure: &str) -> Vec<String> {
    let text = WHOLE
        .replace("How long is it?", ask)
        .replace("Move the slider.", caption)
        .replace("norm([3, 4])", measure);
    let question = read_file(&text).unwrap_or_else(|faults| panic!("{faults:?}"));
    let mut measurements = Measurements::default();
    let wanted = question.tasks[1].wanted_to_solve(&question).expect("sound");
    measurements
        .gather(&wanted, &mut Fake::default())
        .expect("vectors");
    let found = advice::warnings(&question, Some(&measurements));
    found.into_iter().map(|warning| warning.reason).collect()
}

#[test]
fn an_answer_that_is_printed_is_warned_of() {
    let norm = "norm([3, 4])";
    assert_eq!(
        printed("How long?", "Look at 7.", norm),
        Vec::<String>::new()
    );
    assert_eq!(
        printed("Longer than seed(5)?", "z5", norm),
        Vec::<String>::new()
    );
    assert_eq!(
        printed("It is 5, how long is it?", "Look.", norm),
        ["the answer 5 is printed in the task: 5"]
    );
    assert_eq!(
        printed("How long?", "A code of norm 5.0.", norm),
        ["the answer 5 is printed in the caption: 5.0"]
    );
    assert_eq!(
        printed("How long?", "Look.", "norm([0, 0])"),
        ["norm([0, 0]) is 0, which is guessed"]
    );
}

#[test]
fn a_named_code_that_shows_another_digit_is_a_fault() {
    let reasons = |text: &str| -> Vec<String> {
        let question = read_file(text).unwrap_or_else(|faults| panic!("{faults:?}"));
        let faults = Trial::of(&question).faults(&mut Fake::default());
        let faults = faults.expect("it can be measured").into_iter();
        faults.map(|fault| fault.reason).collect()
    };
    let with = |shown: &str| {
        let tasks = "[[task]]\nkind = \"order\"\nask = \"?\"\nitems = [\"a\", \"b\", \"c\"]\n\
                     because = \"So.\"\ncriteria = [\"understanding\"]";
        let text = super::file_with("whole", "intermediate", "own", tasks);
        let text = text.replace("\"@digit-3\"]", "\"seed(2)\"]");
        text.replace("show:slerp(seed(1), seed(2), 0.5)", shown)
    };
    assert_eq!(reasons(&with("show:@digit-4")), Vec::<String>::new());
    let found = reasons(&with("show:@digit-9"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("the judge sees a 4 in @digit-9 of digits-vae2"),
        "{found:?}"
    );
    // A part of an expression shows another picture, and a claim says that it is known.
    assert_eq!(
        reasons(&with("show:mean(@digit-9, seed(1))")),
        Vec::<String>::new()
    );
    let claim =
        "[[claim]]\nsays = \"A four.\"\nmeasure = \"digit(@digit-9)\"\nmean = [4, 4]\n+++\n\nThe";
    let known = with("show:@digit-9").replace("+++\n\nThe", claim);
    assert_eq!(reasons(&known), Vec::<String>::new());
}

/// What is wrong with a claim, measured.
fn claimed(lines: &str) -> Vec<String> {
    let body = WHOLE.rfind("+++").expect("there is a body");
    let claim = format!("\n[[claim]]\nsays = \"So.\"\n{lines}\n");
    let text = format!("{}{claim}{}", &WHOLE[..body], &WHOLE[body..]);
    let question = read_file(&text).unwrap_or_else(|faults| panic!("{faults:?}"));
    let fault = question.claims[0].fault(&question, &mut Fake::default());
    fault.expect("it can be measured").into_iter().collect()
}

/// The first number of a seed's code is the seed, and the second is 0.
#[test]
fn claims_are_measured_over_their_seeds() {
    for sound in [
        "seeds = \"1-200\"\nholds = \"norm(seed(n)) < norm(seed(n + 1))\"\nshare = [100, 100]",
        "seeds = \"0-99\"\nholds = \"norm(seed(n)) > 24.5\"\nshare = [75, 75]",
        "seeds = \"0-100\"\nmeasure = \"norm(seed(n))\"\nmean = [50, 50]",
        "seeds = \"0-199\"\nmeasure = \"digit(seed(n))\"\nmedian = [9, 9]",
        "measure = \"norm([3, 4])\"\nmean = [4.9, 5.1]",
        "holds = \"digit([4, 1]) = digit([4, 2])\"",
    ] {
        assert_eq!(claimed(sound), Vec::<String>::new(), "{sound}");
    }
    for (wrong, part) in [
        (
            "seeds = \"0-99\"\nholds = \"norm(seed(n)) > 24.5\"\nshare = [80, 100]",
            "holds in 75.0 % over 100 seeds, not in 80 to 100 %; at n = 0 it measures 0",
        ),
        (
            "seeds = \"0-100\"\nmeasure = \"norm(seed(n))\"\nmedian = [51, 60]",
            "the median of norm(seed(n)) over 101 seeds is 50, not 51 to 60",
        ),
        (
            "measure = \"norm([3, 4])\"\nmean = [6, 7]",
            "norm([3, 4]) is 5, not 6 to 7",
        ),
        (
            "holds = \"digit([4, 1]) = digit([5, 2])\"",
            "holds in 0.0 %, not in 100 to 100 %; it measures 4 and 5",
        ),
        (
            "measure = \"nearest([3, 4])\"\nmean = [6, 7]",
            "no encoded data",
        ),
    ] {
        let faults = claimed(wrong);
        assert!(
            faults.iter().any(|fault| fault.contains(part)),
            "{part}: {faults:?}"
        );
    }
}

#[test]
fn claims_are_measured_a_few_seeds_at_a_time() {
    let text = "[[claim]]\nsays = \"So.\"\nseeds = \"0-199\"\n\
                holds = \"norm(seed(n)) < norm(seed(n + 1))\"\nshare = [100, 100]";
    let body = WHOLE.rfind("+++").expect("there is a body");
    let text = format!("{}\n{text}\n{}", &WHOLE[..body], &WHOLE[body..]);
    let question = read_file(&text).expect("sound");
    let mut fake = Fake::default();
    assert_eq!(question.claims[0].fault(&question, &mut fake), Ok(None));
    assert_eq!(fake.samplers.len(), 4, "batches of 50 seeds");
    assert_eq!(fake.asked.len(), 201);
}

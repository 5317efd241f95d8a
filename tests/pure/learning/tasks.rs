//! Answers of every kind are judged by measured numbers.

use super::{WHOLE, question_with, read_file};
use std::collections::BTreeMap;
use zscape::latent::expr::{Expr, parse};
use zscape::latent::{Code, NoiseMode, Sampler, Space};
use zscape::learn::answer::Larger;
use zscape::learn::trial::Trial;
use zscape::learn::{Answer, Measurements, Measurer, Question, Side, Task, Verdict, advice};
use zscape::model::manifest::{ImageSpec, LabelKind};
use zscape::model::measurement::{Judgement, Measurement};

/// Examines vectors written out: the picture is the code, and the judge sees the first number.
#[derive(Default)]
struct Fake {
    asked: BTreeMap<String, usize>,
    samplers: Vec<Sampler>,
}

impl Measurer for Fake {
    fn examine(
        &mut self,
        model: &str,
        sampler: Sampler,
        expressions: &[Expr],
    ) -> Result<Vec<Measurement>, String> {
        self.samplers.push(sampler);
        assert_eq!(model, "digits-vae2");
        let mut found = Vec::new();
        for expression in expressions {
            *self.asked.entry(expression.to_string()).or_default() += 1;
            let values = match expression {
                Expr::Vector(values) => values.clone(),
                Expr::Seed(seed) => vec![*seed as f32, 0.0],
                // The nine looks like a four, as in digits-vae2.
                Expr::Named(name) if name == "digit-9" => vec![4.0, 0.0],
                Expr::Named(name) => {
                    let digit = name.trim_start_matches("digit-").parse();
                    vec![digit.map_err(|_| "no digit")?, 0.0]
                }
                Expr::Mean(_) => vec![1.0, 0.0],
                other => return Err(format!("{other} is no vector")),
            };
            found.push(Measurement {
                image: ImageSpec {
                    channels: 1,
                    height: 1,
                    width: 2,
                },
                picture: values.iter().map(|v| v / 10.0).collect(),
                judged: Some(judgement(values[0].clamp(0.0, 9.0) as usize)),
                reconstruction_mse: None,
                nearest: None,
                code: Code::vector(Space::Z, values),
            });
        }
        Ok(found)
    }
}

/// What a judge says that is half sure of a digit.
fn judgement(digit: usize) -> Judgement {
    let mut probabilities = vec![0.5 / 9.0; 10];
    probabilities[digit] = 0.5;
    Judgement {
        kind: LabelKind::Classes,
        labels: (0..10).map(|digit| digit.to_string()).collect(),
        probabilities,
    }
}

/// The verdict, with everything examined that it needs.
fn check(question: &Question, task: usize, answer: &Answer) -> Result<Verdict, String> {
    let task: &Task = &question.tasks[task];
    let mut measurements = Measurements::default();
    measurements.gather(&task.wanted(question, answer)?, &mut Fake::default())?;
    task.check(question, answer, &measurements)
}

#[track_caller]
fn passed(question: &Question, task: usize, answer: &Answer) -> Verdict {
    let verdict = check(question, task, answer).expect("it can be judged");
    assert!(verdict.passed, "{verdict:?}");
    assert_eq!(verdict.score, 1.0);
    assert!(verdict.counter_examples.is_empty());
    verdict
}

#[track_caller]
fn failed(question: &Question, task: usize, answer: &Answer) -> Verdict {
    let verdict = check(question, task, answer).expect("it can be judged");
    assert!(!verdict.passed && verdict.score < 1.0, "{verdict:?}");
    verdict
}

fn task(kind: &str, rest: &str) -> Question {
    question_with(&format!(
        "[[task]]\nkind = \"{kind}\"\nask = \"?\"\ncriteria = [\"understanding\"]\n{rest}"
    ))
}

#[test]
fn a_choice_gives_the_reason_of_what_was_chosen() {
    let question = read_file(WHOLE).expect("sound");
    let choose = |chosen: &[usize]| Answer::Choose {
        chosen: chosen.to_vec(),
    };
    assert_eq!(passed(&question, 0, &choose(&[0])).reason, "It is.");
    let verdict = failed(&question, 0, &choose(&[1]));
    assert_eq!(verdict.reason, "It is not.");
    assert_eq!(verdict.counter_examples.len(), 1);
    assert_eq!(
        verdict.counter_examples[0].expression,
        parse("seed(4)").unwrap()
    );
    assert!(
        failed(&question, 0, &choose(&[2]))
            .counter_examples
            .is_empty()
    );
    failed(&question, 0, &choose(&[0, 1]));
    for wrong in [vec![], vec![7], vec![0, usize::MAX]] {
        assert!(check(&question, 0, &choose(&wrong)).is_err());
    }
}

#[test]
fn of_several_right_options_all_have_to_be_chosen() {
    let question = task(
        "choose",
        "options = [{ text = \"a\", right = true, because = \"A.\" }, \
         { text = \"b\", right = true, because = \"B.\" }, { text = \"c\", because = \"C.\" }]",
    );
    let choose = |chosen: &[usize]| Answer::Choose {
        chosen: chosen.to_vec(),
    };
    assert_eq!(question.tasks[0].right_options(), 2);
    passed(&question, 0, &choose(&[1, 0]));
    let half = failed(&question, 0, &choose(&[0]));
    assert_eq!(half.score, 0.5);
    assert!(half.reason.contains("not all"), "{}", half.reason);
    assert_eq!(failed(&question, 0, &choose(&[0, 1, 2])).score, 0.5);
    assert_eq!(failed(&question, 0, &choose(&[2])).score, 0.0);
}

#[test]
fn a_prediction_is_compared_with_the_measured_number() {
    let question = read_file(WHOLE).expect("sound");
    let predict = |value| Answer::Predict { value };
    passed(&question, 1, &predict(5.0));
    passed(&question, 1, &predict(5.5));
    let verdict = failed(&question, 1, &predict(5.51));
    assert!(
        verdict.reason.contains("Measured: 5 units"),
        "{}",
        verdict.reason
    );
    assert!(
        verdict.reason.contains("off by 0.510"),
        "{}",
        verdict.reason
    );
    assert!(verdict.reason.ends_with("Pythagoras."));
    assert_eq!(verdict.readings[0].value, 5.0);
    assert_eq!(verdict.counter_examples.len(), 1);
    assert!(check(&question, 1, &predict(f64::NAN)).is_err());
}

#[test]
fn a_comparison_knows_equal() {
    let question = task(
        "compare",
        "left = \"norm([3, 4])\"\nright = \"norm([0, 4.9])\"\nbecause = \"So.\"",
    );
    let say = |said| Answer::Compare { said };
    passed(&question, 0, &say(Larger::Left));
    let verdict = failed(&question, 0, &say(Larger::Right));
    assert_eq!(verdict.reason, "Measured: left 5, right 4.90. So.");
    assert_eq!(verdict.counter_examples.len(), 2);
    failed(&question, 0, &say(Larger::Equal));
    let question = task(
        "compare",
        "left = \"norm([3, 4])\"\nright = \"norm([0, 4.9])\"\nequal_within = 0.2\nbecause = \"So.\"",
    );
    passed(&question, 0, &say(Larger::Equal));
    failed(&question, 0, &say(Larger::Left));
}

#[test]
fn a_control_is_set_where_all_goals_hold() {
    let question = read_file(WHOLE).expect("sound");
    let set = |expression: &str| Answer::Set {
        expression: expression.to_owned(),
    };
    let verdict = failed(&question, 2, &set("[7, 0]"));
    assert_eq!(verdict.score, 0.25, "one goal of two is half of a half");
    assert_eq!(verdict.reason, "norm(here) < 1 does not hold: it is 7.");
    assert_eq!(verdict.readings[1].holds, Some(true));
    assert_eq!(
        verdict.counter_examples[0].expression,
        parse("[7, 0]").unwrap()
    );
    let both = task(
        "set",
        "goal = [\"norm(here) < 8\", \"digit(here) = 7\"]\nbecause = \"So.\"\nsolution = \"[7, 1]\"",
    );
    assert_eq!(passed(&both, 0, &set("[7, 0]")).reason, "So.");
    failed(&both, 0, &set("[6, 0]"));
    failed(&both, 0, &set("seed(8)"));
    assert!(check(&both, 0, &set("seed(")).is_err());
    assert_eq!(
        both.tasks[0].start(&both).map(|f| f.text.as_str()),
        Some("seed(3)")
    );
    assert_eq!(
        question.tasks[2].start(&question).map(|f| f.text.as_str()),
        Some("[3, 4]")
    );
}

#[test]
fn which_names_the_side() {
    let question = task(
        "which",
        "left = { model = \"digits-vae2\", expression = \"[1, 0]\" }\n\
         right = { model = \"digits-gan\", expression = \"seed(1)\" }\nanswer = \"right\"\n\
         because = \"So.\"",
    );
    passed(&question, 0, &Answer::Which { side: Side::Right });
    let verdict = failed(&question, 0, &Answer::Which { side: Side::Left });
    assert_eq!(verdict.reason, "It is the right one. So.");
    assert_eq!(verdict.counter_examples[1].model, "digits-gan");
}

#[test]
fn an_order_of_words_is_that_of_the_file() {
    let question = task(
        "order",
        "items = [\"a\", \"b\", \"c\", \"d\"]\nbecause = \"So.\"",
    );
    let order = |order: &[usize]| Answer::Order {
        order: order.to_vec(),
    };
    passed(&question, 0, &order(&[0, 1, 2, 3]));
    let verdict = failed(&question, 0, &order(&[0, 2, 1, 3]));
    assert_eq!(verdict.reason, "“b” comes before “c”. So.");
    assert!((verdict.score - 5.0 / 6.0).abs() < 1e-9);
    assert_eq!(failed(&question, 0, &order(&[3, 2, 1, 0])).score, 0.0);
    for wrong in [vec![0, 1, 2], vec![0, 1, 2, 2], vec![0, 1, 2, 9]] {
        assert!(check(&question, 0, &order(&wrong)).is_err());
    }
    for seed in 0..100 {
        let shown = question.tasks[0].shown_order(seed);
        assert_ne!(shown, [0, 1, 2, 3]);
        assert_eq!(shown, question.tasks[0].shown_order(seed));
    }
}

#[test]
fn steps_of_an_inner_list_stand_in_any_order() {
    let question = task(
        "order",
        "items = [\"a\", [\"b\", \"c\"], \"d\"]\nbecause = \"So.\"",
    );
    let order = |order: &[usize]| Answer::Order {
        order: order.to_vec(),
    };
    passed(&question, 0, &order(&[0, 1, 2, 3]));
    passed(&question, 0, &order(&[0, 2, 1, 3]));
    let verdict = failed(&question, 0, &order(&[2, 0, 1, 3]));
    assert_eq!(verdict.reason, "“a” comes before “c”. So.");
    assert!((verdict.score - 5.0 / 6.0).abs() < 1e-9);
    // What is shown is never right, whichever of the right orders it would be.
    for seed in 0..200 {
        let shown = question.tasks[0].shown_order(seed);
        failed(&question, 0, &order(&shown));
    }
    assert_eq!(
        Trial::of(&question).faults(&mut Fake::default()),
        Ok(vec![])
    );
}

#[test]
fn an_order_of_pictures_is_measured() {
    let question = task(
        "order",
        "expressions = [\"[5, 0]\", \"[1, 0]\", \"[3, 0]\", \"[-1, 0]\"]\nby = \"norm(here)\"\n\
         because = \"So.\"",
    );
    let order = |order: &[usize]| Answer::Order {
        order: order.to_vec(),
    };
    passed(&question, 0, &order(&[1, 3, 2, 0]));
    passed(&question, 0, &order(&[3, 1, 2, 0]));
    let verdict = failed(&question, 0, &order(&[1, 2, 3, 0]));
    assert_eq!(verdict.reason, "“[-1, 0]” comes before “[3, 0]”. So.");
    assert_eq!(verdict.counter_examples.len(), 2);
    assert_eq!(verdict.readings.last().map(|r| r.value), Some(5.0));
}

#[test]
fn a_free_answer_has_points() {
    let question = read_file(WHOLE).expect("sound");
    let explain = |ticked: &[bool]| Answer::Explain {
        text: "It is.".to_owned(),
        ticked: ticked.to_vec(),
    };
    passed(&question, 3, &explain(&[true; 3]));
    let verdict = failed(&question, 3, &explain(&[true, false, true]));
    assert_eq!(verdict.reason, "Your answer has 2 of 3 points.");
    assert!(check(&question, 3, &explain(&[true; 4])).is_err());
}

#[test]
fn a_free_answer_is_compared_with_the_points_of_its_task() {
    let own = "ask = \"Explain it.\"\npoints = [\"One.\", \"Two.\"]";
    let question = read_file(&WHOLE.replace("ask = \"Explain it.\"", own)).expect("sound");
    assert_eq!(question.tasks[3].points(&question), ["One.", "Two."]);
    let explain = |ticked: &[bool]| Answer::Explain {
        text: "It is.".to_owned(),
        ticked: ticked.to_vec(),
    };
    passed(&question, 3, &explain(&[true; 2]));
    assert_eq!(failed(&question, 3, &explain(&[true, false])).score, 0.5);
    assert!(check(&question, 3, &explain(&[true; 3])).is_err());
    let all = read_file(WHOLE).expect("sound");
    assert_eq!(all.tasks[3].points(&all), all.covers);
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

#[test]
fn an_answer_to_another_task_is_refused() {
    let question = read_file(WHOLE).expect("sound");
    let answer = Answer::Predict { value: 1.0 };
    for task in [0, 2, 3] {
        assert!(check(&question, task, &answer).is_err());
    }
    // Nothing was measured.
    let task = &question.tasks[1];
    assert!(
        task.check(&question, &answer, &Measurements::default())
            .is_err()
    );
}

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

#[test]
fn nothing_is_examined_twice() {
    let question = task(
        "compare",
        "left = \"distance([3, 4], [1, 1])\"\nright = \"norm([1, 1])\"\nbecause = \"So.\"",
    );
    let task = &question.tasks[0];
    let wanted = task.wanted_to_solve(&question).expect("sound");
    assert_eq!(wanted.len(), 3);
    let (mut measurements, mut fake) = (Measurements::default(), Fake::default());
    assert_eq!(measurements.missing(&wanted).len(), 3);
    for _ in 0..2 {
        measurements.gather(&wanted, &mut fake).expect("vectors");
    }
    assert!(measurements.missing(&wanted).is_empty());
    assert!(
        fake.asked.values().all(|&times| times == 1),
        "{:?}",
        fake.asked
    );
    assert_eq!(fake.asked.len(), 2);
}

#[test]
fn the_pictures_of_a_question_are_drawn_with_the_noise_of_its_scene() {
    let question = read_file(&WHOLE.replace("tool = ", "noise = \"random:3\"\ntool = "));
    let question = question.expect("sound");
    let random = Sampler {
        noise: NoiseMode::Random { seed: 3 },
    };
    assert_eq!(question.sampler(), random);
    let mut fake = Fake::default();
    // Some pictures of this question are no vectors; those that were asked for are enough.
    Trial::of(&question).faults(&mut fake).ok();
    assert!(!fake.samplers.is_empty(), "nothing was examined");
    assert!(fake.samplers.iter().all(|&sampler| sampler == random));

    let faults = read_file(&WHOLE.replace("tool = ", "noise = \"loud\"\ntool = "));
    let faults = faults.expect_err("loud is no noise");
    let text = format!("{faults:?}");
    assert!(
        text.contains("loud") && text.contains("const, none, or a seed"),
        "{text}"
    );
}

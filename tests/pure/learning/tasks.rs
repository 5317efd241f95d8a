//! Answers of every kind are judged by measured numbers.

use super::{WHOLE, question_with, read_file};
use std::collections::BTreeMap;
use zscape::latent::expr::{Expr, parse};
use zscape::latent::{Code, NoiseMode, Sampler, Space};
use zscape::learn::answer::Larger;
use zscape::learn::trial::Trial;
use zscape::learn::{
    Answer, Depiction, Formula, Measurements, Measurer, Question, Side, Task, Verdict,
};
use zscape::model::manifest::{ImageSpec, LabelKind};
use zscape::model::measurement::{Judgement, Measurement};

/// Examines vectors written out: the picture is the code, and the judge sees the first number.
#[derive(Default)]
pub struct Fake {
    pub asked: BTreeMap<String, usize>,
    pub samplers: Vec<Sampler>,
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
                bits_per_dimension: None,
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
pub fn check(question: &Question, task: usize, answer: &Answer) -> Result<Verdict, String> {
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

pub fn task(kind: &str, rest: &str) -> Question {
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
        verdict.counter_examples[0].depiction.expression,
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
        verdict.counter_examples[0].depiction.expression,
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
        both.tasks[0].start(&both).map(|it| it.to_string()),
        Some("seed(3)".to_owned())
    );
    assert_eq!(
        question.tasks[2].start(&question).map(|it| it.to_string()),
        Some("[3, 4]".to_owned())
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
fn pictures_of_one_expression_with_other_settings_are_other_pictures() {
    let tasks = r#"
[[task]]
kind = "compare"
ask = "Which is larger?"
left = 'norm(seed(3) with "steps 5, guidance 3")'
right = "norm(seed(4))"
because = "Four is more than three."
criteria = ["understanding"]

[[task]]
kind = "order"
ask = "In which order?"
expressions = ['seed(5) with "steps 5"', "seed(4)", "seed(6)"]
by = "norm(here)"
because = "By number."
criteria = ["understanding"]
"#;
    let question = question_with(tasks);
    let mut fake = Fake::default();
    let mut trial = Trial::of(&question);
    trial
        .faults(&mut fake)
        .expect("the fake examines all of it");
    let usual = question.sampler();
    let few = Sampler { steps: 5, ..usual };
    let guided = Sampler {
        guidance: 3.0,
        ..few
    };
    for sampler in [usual, few, guided] {
        assert!(fake.samplers.contains(&sampler), "{:?}", fake.samplers);
    }
    let found = trial.measurements();
    let five = Depiction::from(Expr::Seed(5));
    assert!(found.get("digits-vae2", &five).is_none(), "drawn as usual");
    let text = five.to_string() + " with \"steps 5\"";
    let five = Formula::read(&text, 1).expect("sound").depiction();
    assert_eq!(five.to_string(), text);
    assert!(found.get("digits-vae2", &five).is_some());
    assert_eq!(found.sampler_of(&five), few);
}

#[test]
fn the_pictures_of_a_question_are_drawn_with_the_settings_of_its_scene() {
    let scene = "expression = \"seed(3)\"";
    assert!(WHOLE.contains(scene));
    let drawn_with = |settings: &str| {
        let text = format!("expression = 'seed(3) with \"{settings}\"'");
        read_file(&WHOLE.replace(scene, &text))
    };
    let question = drawn_with("noise random:3").expect("sound");
    let random = Sampler::with_noise(NoiseMode::Random { seed: 3 });
    assert_eq!(question.sampler(), random);
    let mut fake = Fake::default();
    // Some pictures of this question are no vectors; those that were asked for are enough.
    Trial::of(&question).faults(&mut fake).ok();
    assert!(!fake.samplers.is_empty(), "nothing was examined");
    assert!(fake.samplers.iter().all(|&sampler| sampler == random));

    let faults = drawn_with("noise loud").expect_err("loud is no noise");
    let text = format!("{faults:?}");
    assert!(
        text.contains("loud") && text.contains("const, none, or a seed"),
        "{text}"
    );
}

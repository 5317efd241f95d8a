//! Text to tree and back: identity, columns, limits, hostile input.

use super::toy::{Toy, ordinary_expr, printable_expr, wild_expr};
use proptest::prelude::*;
use zscape::latent::expr::limits::{MAX_DEPTH, MAX_NODES, MAX_TEXT_BYTES};
use zscape::latent::expr::{CheckError, Expr, Vary, check, evaluate, parse};

/// A test thread has 2 MiB; half of that leaves room for whoever calls.
fn on_a_small_stack(f: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(f);
    let thread = thread.expect("a thread starts");
    thread.join().expect("the thread does not panic");
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn printing_then_parsing_is_the_identity(expr in printable_expr()) {
        let text = expr.to_string();
        let parsed = parse(&text);
        prop_assert_eq!(parsed.as_ref(), Ok(&expr), "{}", text);
        // Unlike ==, this tells -0 from 0.
        prop_assert_eq!(format!("{:?}", parsed.unwrap()), format!("{expr:?}"));
    }

    #[test]
    fn any_tree_prints(expr in wild_expr()) {
        prop_assert!(!expr.to_string().is_empty());
    }

    #[test]
    fn any_text_parses_or_is_refused(text in ".{0,60}") {
        parses_or_is_refused(&text);
    }

    #[test]
    fn any_tokens_parse_or_are_refused(
        tokens in proptest::collection::vec(proptest::sample::select(TOKENS), 0..25)
    ) {
        parses_or_is_refused(&tokens.concat());
    }

    #[test]
    fn mutated_expressions_parse_or_are_refused(
        expr in ordinary_expr(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..4, any::<char>()), 1..6),
    ) {
        let mut chars: Vec<char> = expr.to_string().chars().collect();
        for (place, edit, new) in edits {
            let place = place.index(chars.len() + 1);
            match edit {
                0 => chars.truncate(place.max(1)),
                1 => chars.insert(place, new),
                2 => chars.insert(place, chars.get(place / 2).copied().unwrap_or('(')),
                _ if place < chars.len() => drop(chars.remove(place)),
                _ => {}
            }
        }
        parses_or_is_refused(&chars.into_iter().collect::<String>());
    }
}

const TOKENS: &[&str] = &[
    "seed",
    "mean",
    "lerp",
    "slerp",
    "truncate",
    "dir",
    "w",
    "mix",
    "encode",
    "layers",
    "vary",
    "cross",
    "project_out",
    "fill",
    "lock",
    "(",
    "(",
    ")",
    ")",
    ",",
    "[",
    "]",
    "+",
    "-",
    "*",
    "..",
    ".",
    "1",
    "4",
    "0.5",
    "1e9",
    "1e99",
    "@me",
    "@",
    "\"a\"",
    "\"",
    "\\",
    " ",
    "\n",
    "é",
    "seed(1)",
    "[1, 2]",
];

fn parses_or_is_refused(text: &str) {
    match parse(text) {
        Ok(expr) => assert_eq!(parse(&expr.to_string()), Ok(expr), "{text:?}"),
        Err(error) => {
            let columns = 1..=text.chars().count() + 1;
            assert!(columns.contains(&error.column), "{text:?}: {error}");
            assert!(error.to_string().starts_with("column "), "{error}");
            let pointed = error.pointed();
            let (line, caret) = pointed.split_once('\n').expect("two lines");
            assert!(caret.chars().count() <= line.chars().count() + 1);
        }
    }
}

#[test]
fn errors_point_at_the_place_and_say_what_to_do() {
    for (text, column, message) in [
        ("", 1, "the expression is empty; try seed(42)"),
        ("   ", 1, "the expression is empty"),
        (
            "mean(@a @b)",
            9,
            "expected a comma or a closing parenthesis, found `@b`",
        ),
        ("slrp(seed(1), seed(2), 0.5)", 1, "did you mean `slerp`?"),
        ("seed(1) + sede(2)", 11, "did you mean `seed`?"),
        ("smiling", 1, "a named code is written @smiling"),
        ("zoom(seed(1))", 1, "there are seed, mean, lerp,"),
        (
            "seed(-1)",
            6,
            "a seed is a whole number from 0 to 4294967295",
        ),
        ("seed(4294967296)", 6, "from 0 to 4294967295"),
        ("seed(1.5)", 6, "whole number"),
        ("seed()", 6, "expected a seed"),
        (
            "seed 4",
            6,
            "expected an opening parenthesis, found `4`; seed takes",
        ),
        ("seed(1", 7, "expected a closing parenthesis, found the end"),
        (
            "(seed(1)",
            9,
            "expected a closing parenthesis, found the end",
        ),
        ("seed(1))", 8, "never opened"),
        (
            "seed(1) seed(2)",
            9,
            "expected an operator or the end, found `seed`",
        ),
        (
            "seed(1) +",
            10,
            "expected a code such as seed(42), found the end",
        ),
        ("seed(1) + 2", 11, "a number alone is not a code"),
        ("2", 1, "a number alone is not a code"),
        ("-2", 1, "a number alone is not a code"),
        ("seed(1)*seed(2)", 8, "two codes cannot be multiplied"),
        (
            "@me-2*seed(1)",
            6,
            "@me-2 is one name; to subtract, put a space before the minus",
        ),
        ("seed(1)/2", 8, "0.5*seed(1)"),
        ("seed(1) − seed(2)", 9, "write `-`"),
        (
            "dir(glasses)",
            5,
            "expected a text in quotes, found `glasses`; dir takes",
        ),
        ("dir(“a”)", 5, "write `\"`"),
        ("dir(\"a)", 5, "no closing quote"),
        (
            "encode(\"C:\\photo.png\")",
            11,
            "write \\\\ for a backslash",
        ),
        ("@é + @\"b", 7, "no closing quote"),
        ("@ a", 1, "a name must follow the @"),
        ("\"a\"", 1, "a text in quotes stands only"),
        (
            "lerp(seed(1), seed(2))",
            22,
            "expected a comma, found `)`; lerp takes",
        ),
        (
            "truncate(seed(1), psi)",
            19,
            "expected a number, found `psi`",
        ),
        (
            "truncate(seed(1), 0.7, 4)",
            24,
            "expected the word `layers`, found `4`; truncate takes",
        ),
        ("mean()", 6, "mean needs at least one code"),
        ("[]", 2, "at least one number"),
        (
            "[1, 2",
            6,
            "expected a comma or a closing bracket, found the end",
        ),
        ("[1, 1e39]", 5, "too large"),
        ("[1, -1e39]", 5, "too large"),
        ("[nan]", 2, "expected a number, found `nan`"),
        (
            "mix(@a, @b, 4..9)",
            13,
            "expected the word `layers` or `cells`, found `4`; mix takes",
        ),
        ("vary(@a)", 8, "expected a comma, found `)`; vary takes"),
        ("vary(@a, 1.5, 2)", 10, "a seed is a whole number"),
        (
            "fill(\"codes\", 1.5)",
            15,
            "an index is a whole number from 0 on",
        ),
        (
            "fill(\"codes\", -1)",
            15,
            "an index is a whole number from 0 on",
        ),
        (
            "fill(\"codes\", 4294967296)",
            15,
            "an index is a whole number from 0 on",
        ),
        (
            "fill(\"codes\")",
            13,
            "expected a comma, found `)`; fill takes a space of indices",
        ),
        ("fill(17)", 6, "fill takes a space of indices in quotes"),
        (
            "fill(\"codes\", @me)",
            15,
            "expected an index, a whole number from 0 on, found",
        ),
        (
            "vary(@a, 1, 2, 3)",
            16,
            "expected the word `lock`, found `3`",
        ),
        ("vary(@a, 1, 2, lock)", 20, "expected an opening bracket"),
        ("vary(@a, 1, 2, lock [])", 22, "expected a number to lock"),
        (
            "vary(@a, 1, 2, lock [1..])",
            25,
            "expected a number to lock",
        ),
        (
            "vary(@a, 1, 2, lock [1)",
            23,
            "expected a comma or a closing bracket",
        ),
        ("cross(@a, 1)", 11, "a number alone is not a code"),
        (
            "cross(@a, @b)",
            13,
            "expected a comma, found `)`; cross takes",
        ),
        ("cross(@a, @b, -1)", 15, "a seed is a whole number"),
        (
            "project_out(@a)",
            15,
            "expected a comma, found `)`; project_out takes",
        ),
        (
            "project_out(@a, @b, 1)",
            19,
            "expected a closing parenthesis",
        ),
        ("mix(@a, @b, layers 4.5)", 20, "expected a layer number"),
        ("mix(@a, @b, layers -1)", 20, "expected a layer number"),
        ("mix(@a, @b, layers 18446744073709551615)", 20, "too large"),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
    let error = parse("mean(@ä\n@b)").unwrap_err();
    assert_eq!(error.pointed(), "mean(@ä @b)\n        ^");
}

#[test]
fn absurd_texts_are_refused_without_harm() {
    on_a_small_stack(|| {
        let many = 200_000;
        for text in [
            "(",
            "-",
            "mean(",
            "w(",
            "2*",
            "[",
            "slerp(seed(1), ",
            "@\"",
            "-(",
            "2*-(",
        ] {
            assert!(parse(&text.repeat(many)).is_err(), "{text}");
        }
        let sum = "seed(1)+".repeat(many) + "seed(1)";
        assert!(parse(&sum).unwrap_err().message.contains("bytes long"));
        for (text, message) in [
            ("-".repeat(2000) + "seed(1)", "build on one another"),
            ("@a+".repeat(2000) + "@a", "build on one another"),
            ("@a".to_owned() + &"*2".repeat(2000), "build on one another"),
            (format!("mean(@a{})", ",@a".repeat(MAX_NODES)), "parts"),
            ("(".repeat(2000), "build on one another"),
            (format!("[{}0]", "0,".repeat(400_000)), "written out"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.message.contains(message), "{error}");
        }
    });
}

#[test]
fn the_largest_trees_are_handled_without_harm() {
    on_a_small_stack(|| {
        let call = |open: &str, close: &str, count: usize| {
            format!("{}@me{}", open.repeat(count), close.repeat(count))
        };
        for text in [
            "@me+".repeat(MAX_DEPTH - 1) + "@me",
            "-".repeat(MAX_DEPTH - 1) + "@me",
            "2*".repeat(MAX_DEPTH - 1) + "@me",
            call("(", ")", MAX_DEPTH),
            call("@me-(", ")", MAX_DEPTH - 1),
            call("-(2*-2*", ")", MAX_DEPTH / 3),
            call("slerp(@me, 1*@me + -2*", ", 0.5)", MAX_DEPTH / 3),
            call("vary(", ", 1, 0.1, lock [0, 2])", MAX_DEPTH - 1),
            call("cross(@me, ", ", 4294967295)", MAX_DEPTH - 1),
            call("project_out(@me, ", ")", MAX_DEPTH - 1),
            format!("vary(@me, 1, 1, lock [0{}])", ", 0..3".repeat(150_000)),
            format!("mean({}@me)", "@me,".repeat(MAX_NODES - 2)),
            format!("[{}0]", "0, ".repeat(MAX_TEXT_BYTES / 3 - 2)),
        ] {
            let expr = parse(&text).expect(&text[..40]);
            let copy = expr.clone();
            assert!(parse(&expr.to_string()) == Ok(copy));
            assert!(!format!("{expr:?}").is_empty());
            drop(evaluate(&expr, &mut Toy::styled()));
        }
    });
}

#[test]
fn a_random_step_leaves_out_the_directions_that_are_locked() {
    let mut toy = Toy::styled();
    let values = |toy: &mut Toy, text: &str| {
        let expression = parse(text).expect(text);
        let code = evaluate(&expression, toy).expect(text);
        (code.space.to_string(), code.values.reals().to_vec())
    };
    let (space, parent) = values(&mut toy, "map(seed(1), \"w+\")");
    let mixed = values(&mut toy, "mix(seed(1), seed(1), layers 0..2)");
    assert_eq!(
        (space, parent.clone()),
        mixed,
        "every layer has the same style"
    );
    let (_, child) = values(
        &mut toy,
        "vary(map(seed(1), \"w+\"), 7, 0.5, lock [1, \"smile\"])",
    );
    // That of the toy is [0.25, 0.5] in each of its layers of two.
    let steps: Vec<f32> = child
        .iter()
        .zip(&parent)
        .map(|(to, from)| to - from)
        .collect();
    for (layer, step) in steps.chunks(2).enumerate() {
        let along = 0.25 * step[0] + 0.5 * step[1];
        assert!(along.abs() < 1e-5, "{steps:?}");
        assert_eq!(step == [0.0; 2], layer == 1, "{steps:?}");
    }
    for (text, fault) in [
        (
            "vary(seed(1), 7, 0.5, lock [\"smile\"])",
            "dir(\"smile\") is a step in w, so it cannot be locked in a code in z",
        ),
        (
            "vary(seed(1), 7, 0.5, lock [\"smil\"])",
            "did you mean \"smile\"?",
        ),
    ] {
        let error = check(&parse(text).expect(text), &toy).expect_err(text);
        assert!(error.to_string().contains(fault), "{error}");
    }
}

#[test]
fn what_a_program_built_too_large_is_refused_by_the_check() {
    type Grow = fn(Expr) -> Expr;
    let grow: [(Grow, usize); 4] = [
        (|e| Expr::Neg(e.into()), 50_000),
        (|e| Expr::Add(e.into(), Expr::Seed(1).into()), MAX_DEPTH),
        (|e| Expr::Add(Expr::Seed(1).into(), e.into()), MAX_DEPTH),
        (Expr::w, MAX_DEPTH),
    ];
    for (grow, count) in grow {
        let mut expr = Expr::Seed(1);
        for _ in 0..count {
            expr = grow(expr);
        }
        assert_eq!(check(&expr, &Toy::styled()), Err(CheckError::TooDeep));
        assert!(evaluate(&expr, &mut Toy::styled()).is_err());
        assert!(expr.to_string().len() > count);
        // Dropping recurses, and this one may be deeper than the stack.
        std::mem::forget(expr);
    }
    let long = Expr::Mean(vec![Expr::Named("n".repeat(1000)); 1001]);
    assert_eq!(check(&long, &Toy::styled()), Err(CheckError::TooLong));
    let ranges = Vary {
        seed: 1,
        sigma: 1.0,
        locked: vec![0..usize::MAX; 100_000],
        held: Vec::new(),
    };
    let locked = Expr::Vary(Box::new(Expr::Seed(1)), ranges);
    assert_eq!(check(&locked, &Toy::styled()), Err(CheckError::TooLong));
    let wide = Expr::Mean(vec![Expr::Seed(1); MAX_NODES]);
    assert_eq!(check(&wide, &Toy::styled()), Err(CheckError::TooManyNodes));
}

proptest! {
    #![proptest_config(config(500))]

    /// What passes the check prints to a text that parses.
    #[test]
    fn deep_trees_pass_the_check_and_the_parser_alike(
        spine in proptest::collection::vec((0..6_u8, 1..9_usize), 1..400)
    ) {
        let mut expr = Expr::Seed(1);
        for (kind, count) in spine {
            for _ in 0..count {
                let a = Box::new(expr);
                let b = Box::new(Expr::Seed(2));
                expr = match kind {
                    0 => Expr::Neg(a),
                    1 => Expr::Add(a, b),
                    2 => Expr::Sub(b, a),
                    3 => Expr::Scale(-1.5, a),
                    4 => Expr::Scale(1.5, a),
                    _ => Expr::Truncate(a, 0.5),
                };
            }
        }
        let parsed = parse(&expr.to_string());
        match check(&expr, &Toy::plain()) {
            Ok(_) => prop_assert_eq!(parsed, Ok(expr)),
            Err(_) => prop_assert!(parsed.is_err()),
        }
    }
}

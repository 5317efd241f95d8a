//! What expressions are worth, and what is said about those that are worth nothing.

use super::toy::{Toy, ordinary_expr, wild_expr};
use proptest::prelude::*;
use zscape::latent::expr::{Expr, Walk, check, evaluate, parse};
use zscape::latent::interpolate::{lerp, slerp};
use zscape::latent::seed::{NormalStream, seed_code};
use zscape::latent::{Code, Space};

fn value(text: &str) -> Code {
    let expr = parse(text).expect(text);
    match evaluate(&expr, &mut Toy::styled()) {
        Ok(code) => code,
        Err(error) => panic!("{text}: {error}"),
    }
}

fn norm(values: &[f32]) -> f64 {
    values
        .iter()
        .map(|&v| f64::from(v).powi(2))
        .sum::<f64>()
        .sqrt()
}

#[test]
fn seeds_are_those_of_numpy_bit_for_bit() {
    let data: serde_json::Value =
        serde_json::from_str(include_str!("../../data/numpy_randn.json")).unwrap();
    let number = |case: &serde_json::Value, key: &str| case[key].as_u64().unwrap();
    let bits = |case: &serde_json::Value, key: &str| -> Vec<u64> {
        let digits = case[key].as_str().unwrap().as_bytes().chunks(16);
        digits
            .map(|d| u64::from_str_radix(std::str::from_utf8(d).unwrap(), 16).unwrap())
            .collect()
    };
    let mut checked = 0;
    for case in data["cases"].as_array().unwrap() {
        let seed = u32::try_from(number(case, "seed")).unwrap();
        let dim = number(case, "dim") as usize;
        let expected = bits(case, "bits");
        let drawn: Vec<u64> = NormalStream::new(seed)
            .take(dim)
            .map(f64::to_bits)
            .collect();
        assert_eq!(drawn, expected, "seed {seed}, dim {dim}");
        let rounded: Vec<f32> = expected.iter().map(|&b| f64::from_bits(b) as f32).collect();
        assert_eq!(seed_code(seed, dim), rounded);
        checked += dim;
    }
    for tail in data["tails"].as_array().unwrap() {
        let seed = u32::try_from(number(tail, "seed")).unwrap();
        let last = bits(tail, "last");
        let skipped = number(tail, "drawn") as usize - last.len();
        let stream = NormalStream::new(seed).skip(skipped).take(last.len());
        assert_eq!(
            stream.map(f64::to_bits).collect::<Vec<_>>(),
            last,
            "seed {seed}"
        );
        checked += last.len();
    }
    assert_eq!(checked, 6 * (1 + 2 + 3 + 64 + 512 + 5));
}

#[test]
fn operations() {
    const Z: Space = Space::Z;
    const W: Space = Space::W;
    const W_PLUS: Space = Space::W_PLUS;
    for (text, space, values) in [
        ("[1, 2, 3] + 2*@me", Z, &[3.0, 6.0, 9.0][..]),
        ("[1, 2, 3] - -@me", Z, &[2.0, 4.0, 6.0]),
        ("mean([1, 2, 3], [3, 2, 1], [2, 2, 2])", Z, &[2.0; 3]),
        ("lerp([0, 0, 0], [4, 8, -4], 0.25)", Z, &[1.0, 2.0, -1.0]),
        ("slerp([1, 0, 0], [0, 2, 0], 1)", Z, &[0.0, 2.0, 0.0]),
        ("truncate(@me, 0.5)", W, &[2.5, 1.5]),
        ("truncate(dir(\"age\"), 0.5)", Z, &[0.5, 0.0, -0.25]),
        ("[0, 0, 0] + 2*dir(\"glasses\")", Z, &[0.0, 2.0, 1.0]),
        ("dir(\"z1\")", Z, &[0.0, 1.0, 0.0]),
        ("dir(\"z2\")", Z, &[0.0, 0.0, 10.0]),
        ("dir(\"w1\")", W, &[0.0, 1.0]),
        ("encode(\"photo.png\")", Z, &[0.1, 0.2, 0.3]),
        ("project_out(@me, [0, 2, 0])", Z, &[1.0, 0.0, 3.0]),
        ("project_out(@me, [0, 0, 0])", Z, &[1.0, 2.0, 3.0]),
        ("project_out(@inverted, dir(\"w1\"))", W, &[1.0, 0.0]),
        (
            "project_out(@styles, dir(\"w0\"))",
            W_PLUS,
            &[0.0, 2.0, 0.0, 4.0, 0.0, 6.0, 0.0, 8.0],
        ),
        ("vary(@me, 7, 0)", Z, &[1.0, 2.0, 3.0]),
        ("vary(@me, 7, 5, lock [0..3])", Z, &[1.0, 2.0, 3.0]),
        // RandomState(7).randn(3) is 1.69, -0.466, 0.0328 rounded.
        (
            "vary([0, 0, 0], 7, 1, lock [0, 2])",
            Z,
            &[0.0, -0.465_937_38, 0.0],
        ),
        (
            "vary(@styles, 3, 2, lock [0..4])",
            W_PLUS,
            &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
        ),
        // RandomState(0).random_sample(4) is 0.549, 0.715, 0.603, 0.545; of 42 0.375, 0.951,
        // 0.732, 0.599.
        ("cross(@me, [9, 9, 9], 0)", Z, &[1.0, 2.0, 3.0]),
        ("cross(@me, [9, 9, 9], 42)", Z, &[9.0, 2.0, 3.0]),
        ("cross(@me, [9, 9, 9], 42, lock [0])", Z, &[1.0, 2.0, 3.0]),
        (
            "cross(@styles, @inverted, 42)",
            W_PLUS,
            &[1.0, -1.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
        ),
        ("w(@me)", W, &[3.0, -1.0]),
        ("@me + dir(\"smile\")", W, &[3.25, -0.5]),
        ("2*dir(\"smile\") + @me", W, &[3.5, 0.0]),
        ("@me + dir(\"z0\") - dir(\"w1\")", W, &[4.0, -2.0]),
        ("truncate(@me, 0.5) + dir(\"smile\")", W, &[2.75, 2.0]),
        ("@me - @inverted", W, &[2.0, 0.0]),
        ("lerp(@inverted, @me, 0.5)", W, &[2.0, -1.0]),
        ("mean(@inverted, @me, @inverted, @me)", W, &[2.0, -1.0]),
        ("@inverted + (@inverted - @me)", W, &[-1.0, -1.0]),
        ("cross(@me, @inverted, 0)", W, &[3.0, -1.0]),
        (
            "@me + dir(\"hair\")",
            W_PLUS,
            &[3.0, -1.0, 4.0, 0.0, 3.0, -1.0, 3.0, -1.0],
        ),
        (
            "mean(@me, @styles)",
            W_PLUS,
            &[2.0, 0.5, 3.0, 1.5, 4.0, 2.5, 5.0, 3.5],
        ),
        ("truncate(w(@me), 0.5)", W, &[2.5, 1.5]),
        (
            "truncate(@styles, 0)",
            W_PLUS,
            &[2.0, 4.0, 2.0, 4.0, 2.0, 4.0, 2.0, 4.0],
        ),
        (
            "@inverted + @styles",
            W_PLUS,
            &[2.0, 1.0, 4.0, 3.0, 6.0, 5.0, 8.0, 7.0],
        ),
        (
            "@styles - @inverted",
            W_PLUS,
            &[0.0, 3.0, 2.0, 5.0, 4.0, 7.0, 6.0, 9.0],
        ),
        (
            "mean(@inverted, @styles)",
            W_PLUS,
            &[1.0, 0.5, 2.0, 1.5, 3.0, 2.5, 4.0, 3.5],
        ),
        (
            "truncate(@styles, 0, layers 1..3)",
            W_PLUS,
            &[1.0, 2.0, 2.0, 4.0, 2.0, 4.0, 7.0, 8.0],
        ),
        (
            "truncate(@me, 0.5, layers 0..2)",
            W_PLUS,
            &[2.5, 1.5, 2.5, 1.5, 3.0, -1.0, 3.0, -1.0],
        ),
        (
            "mix(w(@me), @styles, layers 1..3)",
            W_PLUS,
            &[3.0, -1.0, 3.0, 4.0, 5.0, 6.0, 3.0, -1.0],
        ),
        (
            "mix(@me, @inverted, layers 3)",
            W_PLUS,
            &[3.0, -1.0, 3.0, -1.0, 3.0, -1.0, 1.0, -1.0],
        ),
        (
            "slerp(2*dir(\"w0\"), @styles*0 + 2*dir(\"w1\"), 1)",
            W_PLUS,
            &[0.0, 2.0, 0.0, 2.0, 0.0, 2.0, 0.0, 2.0],
        ),
    ] {
        let code = value(text);
        assert_eq!((code.space, code.values.reals()), (space, values), "{text}");
        assert_eq!(code.shape.checked_len(), Some(values.len()));
    }
    assert_eq!(value("seed(42)").values.reals(), seed_code(42, 3));
}

/// Where there is no w, truncation acts in z.
#[test]
fn truncation_without_a_mapping_network_acts_in_z() {
    let expr = parse("truncate(@me, 0.5)").expect("it is an expression");
    let code = evaluate(&expr, &mut Toy::plain()).expect("it has a value");
    assert_eq!(code, Code::vector(Space::Z, vec![0.5, 1.0, 1.5]));
}

#[test]
fn a_walk_takes_each_step_where_its_space_is() {
    for (text, arranged) in [
        ("seed(1) + dir(\"age\")", "seed(1) + dir(\"age\")"),
        (
            "truncate(seed(1), 0.5) + dir(\"age\") + dir(\"smile\")",
            "truncate(seed(1) + dir(\"age\"), 0.5) + dir(\"smile\")",
        ),
        (
            "seed(1) + dir(\"smile\") + 2*dir(\"z0\")",
            "seed(1) + 2*dir(\"z0\") + dir(\"smile\")",
        ),
        (
            "truncate(w(seed(1) + dir(\"age\")), 0.5) + dir(\"age\") - dir(\"w0\")",
            "truncate(w(seed(1) + 2*dir(\"age\")), 0.5) - dir(\"w0\")",
        ),
        // Nothing of z can be moved where the base is not in z.
        (
            "truncate(@styles, 0.5) + dir(\"age\") + dir(\"hair\")",
            "truncate(@styles, 0.5) + dir(\"hair\")",
        ),
    ] {
        let mut walk = Walk::from_expr(&parse(text).expect(text));
        walk.arrange(&Toy::styled());
        assert_eq!(walk.to_expr().to_string(), arranged, "{text}");
        assert!(check(&walk.to_expr(), &Toy::styled()).is_ok(), "{text}");
    }
    let text = "truncate(seed(1), 0.5) + dir(\"age\")";
    let mut walk = Walk::from_expr(&parse(text).expect(text));
    walk.arrange(&Toy::plain());
    assert_eq!(walk.to_expr().to_string(), text);
}

#[test]
fn refusals_are_helpful_sentences() {
    for (toy, text, expected) in [
        (
            Toy::plain(),
            "w(seed(5))",
            "toy-gan has no w space: use seed(5) without w(...)",
        ),
        (
            Toy::plain(),
            "encode(\"a\")",
            "toy-gan has no encoder, so encode(...) cannot be used",
        ),
        (
            Toy::plain(),
            "mix(@me, @me, layers 0..2)",
            "toy-gan has no w+ space, so mix(...) cannot be used",
        ),
        (
            Toy::plain(),
            "truncate(@me, 0.5, layers 0)",
            "toy-gan has no w+ space, so single layers cannot be truncated",
        ),
        (Toy::plain(), "dir(\"w1\")", "toy-gan has no w space"),
        (
            Toy::styled(),
            "seed(1) + dir(\"glases\")",
            "dir(\"glases\") is not a direction of toy-stylegan; did you mean \"glasses\"?",
        ),
        (
            Toy::plain(),
            "seed(1) + dir(\"beard\")",
            "dir(\"beard\") is not a direction of toy-gan; known: \"glasses\", \"age\", \"z2\"",
        ),
        (
            Toy::styled(),
            "dir(\"z3\")",
            "dir(\"z3\") is not a direction of toy-stylegan: the axes of z are z0 to z2",
        ),
        (
            Toy::styled(),
            "@smilling",
            "there is no code named @smilling; did you mean @smiling?",
        ),
        (
            Toy::styled(),
            "@me-2",
            "there is no code named @me-2; to subtract from @me, put a space before the minus",
        ),
        (
            Toy::styled(),
            "@nothing-like-it",
            "there is no code named @nothing-like-it; known: @me, @smiling, @inverted, @styles and 1 more",
        ),
        (
            Toy::styled(),
            "[1, 2]",
            "[1, 2] has 2 numbers, but z of toy-stylegan has 3",
        ),
        (
            Toy::styled(),
            "[1]",
            "[1] has 1 number, but z of toy-stylegan has 3",
        ),
        (
            Toy::styled(),
            "@broken",
            "@broken has 7 numbers, but z of toy-stylegan has 3",
        ),
        (
            Toy::styled(),
            "seed(1) - seed(3) + w(seed(2))",
            "seed(1) - seed(3) is a step in z, which cannot be added to a code in w: take the \
             step in z, before what leads to w",
        ),
        (
            Toy::styled(),
            "slerp(@styles, seed(1) - @me, 0.5)",
            "seed(1) - @me is a step in z, which cannot be interpolated with a code in w+: take \
             the step in z, before what leads to w+",
        ),
        (
            Toy::styled(),
            "mean(seed(1), w(seed(2)), dir(\"age\"))",
            "dir(\"age\") moves in z, and w(seed(2)) is in w: write it next to the code in z, before what leads to w",
        ),
        (
            Toy::styled(),
            "dir(\"age\") + 2*dir(\"smile\")",
            "dir(\"age\") moves in z, and 2*dir(\"smile\") is in w: write it next to the code in z, \
             before what leads to w",
        ),
        (
            Toy::styled(),
            "w(seed(5)) - dir(\"age\")",
            "dir(\"age\") moves in z, and w(seed(5)) is in w: write it next to the code in z, before what leads to w",
        ),
        (
            Toy::styled(),
            "w(w(seed(1)))",
            "w(seed(1)) is in w already, and w(...) takes a code in z: leave out this w(...)",
        ),
        (
            Toy::styled(),
            "mix(@me, @me, layers 2..9)",
            "layers 2..9 goes beyond the 4 layers of toy-stylegan: the largest range is layers 0..4",
        ),
        (
            Toy::styled(),
            "truncate(@me, 0.5, layers 0..5)",
            "layers 0..5 goes beyond the 4 layers of toy-stylegan: the largest range is layers 0..4",
        ),
        (
            Toy::styled(),
            "mix(@me, @me, layers 3..3)",
            "layers 3..3 is empty: the first layer must lie below the end, as in layers 4..9",
        ),
        (
            Toy::styled(),
            "vary(@me, 1, 0.5, lock [0, 2..7])",
            "lock 2..7 goes beyond z of toy-stylegan: the largest range is 0..3",
        ),
        (
            Toy::styled(),
            "cross(@styles, @styles, 1, lock [4])",
            "lock 4 goes beyond w+ of toy-stylegan: the largest range is 0..4",
        ),
        (
            Toy::styled(),
            "vary(@me, 1, 0.5, lock [2..2])",
            "lock 2..2 is empty: the first number must lie below the end, as in lock [3..5]",
        ),
        (
            Toy::styled(),
            "cross(@me - @smiling, w(@me), 1)",
            "@me - @smiling is a step in z, which cannot be crossed with a code in w: take the \
             step in z, before what leads to w",
        ),
        (
            Toy::styled(),
            "project_out(w(@me), dir(\"age\"))",
            "dir(\"age\") moves in z, and w(@me) is in w: write it next to the code in z, before what leads to w",
        ),
        (
            Toy::styled(),
            "encode(\"a.png\")",
            "encode(\"a.png\") found no code: there is no such file",
        ),
        (
            Toy::styled(),
            "1e30*1e30*@me",
            "the value of 1e30*1e30*@me is not finite: its numbers are too large for f32",
        ),
    ] {
        let mut toy = toy;
        let expr = parse(text).expect(text);
        let error = evaluate(&expr, &mut toy).expect_err(text);
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

#[test]
fn trees_that_no_text_gives_are_refused() {
    for (expr, expected) in [
        (Expr::Mean(vec![]), "mean(...) needs at least one code"),
        (
            Expr::Vector(vec![]),
            "[] has 0 numbers, but z of toy-stylegan has 3",
        ),
        (
            Expr::Scale(f32::NAN, Expr::Seed(1).into()),
            "NaN in NaN*seed(1) is not a finite number",
        ),
        (
            Expr::Named(String::new()),
            "there is no code named @\"\"; known: @me, @smiling, @inverted, @styles and 1 more",
        ),
    ] {
        let error = evaluate(&expr, &mut Toy::styled()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

fn codes(dim: usize) -> impl Strategy<Value = (Vec<f32>, Vec<f32>)> {
    let code = || proptest::collection::vec(-4.0_f32..4.0, dim);
    (code(), code())
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn slerp_keeps_the_norm_between_equal_norms((a, b) in codes(16), t in 0.0_f32..=1.0) {
        let (norm_a, norm_b) = (norm(&a), norm(&b));
        prop_assume!(norm_a > 0.1 && norm_b > 0.1);
        let b: Vec<f32> = b.iter().map(|&v| (f64::from(v) * norm_a / norm_b) as f32).collect();
        let between = norm(&slerp(&a, &b, t));
        prop_assert!((between / norm_a - 1.0).abs() < 1e-5, "{} and {}", norm_a, between);
    }

    #[test]
    fn interpolation_begins_and_ends_at_the_codes(
        a in proptest::collection::vec(proptest::num::f32::NORMAL, 6),
        b in proptest::collection::vec(proptest::num::f32::NORMAL, 6),
    ) {
        for way in [lerp, slerp] {
            prop_assert_eq!(&way(&a, &b, 0.0), &a);
            prop_assert_eq!(&way(&a, &b, 1.0), &b);
            prop_assert!(way(&a, &b, 0.5).iter().all(|v| !v.is_nan()));
        }
    }

    /// Also where an angle is tiny or nearly 180 degrees.
    #[test]
    fn slerp_is_finite_and_bounded((a, noise) in codes(8), size in -20..1, flip: bool, t in 0.0_f32..=1.0) {
        let sign = if flip { -1.0 } else { 1.0 };
        let size = 10.0_f32.powi(size);
        let b: Vec<f32> = a.iter().zip(&noise).map(|(a, n)| sign * a + size * n).collect();
        let between = norm(&slerp(&a, &b, t));
        // The formula stretches different norms by up to 1 / sin(omega).
        prop_assert!(between <= (norm(&a) + norm(&b)) * 32.0, "{}", between);
    }

    #[test]
    fn no_tree_makes_the_evaluator_panic(expr in wild_expr()) {
        for mut toy in [Toy::styled(), Toy::plain(), Toy::sampler(), Toy::with_grid()] {
            let checked = check(&expr, &toy);
            match evaluate(&expr, &mut toy) {
                Ok(code) => {
                    prop_assert_eq!(checked, Ok((code.space, code.shape)));
                    prop_assert_eq!(code.shape.checked_len(), Some(code.values.len()));
                    prop_assert!(code.values.is_finite());
                }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }

    #[test]
    fn a_walk_keeps_the_value_of_any_expression(expr in ordinary_expr()) {
        same_value(&expr)?;
    }

    #[test]
    fn a_walk_keeps_the_value_of_sums_of_steps(
        base in "(seed\\([1-9]\\)|w\\(seed\\(1\\)\\)|truncate\\(@me, 0\\.5\\)|dir\\(\"age\"\\)|@styles)",
        steps in proptest::collection::vec(
            "( [+-] (|-|-?[0-2]\\*)dir\\(\"(age|glasses|z0|smile|w1|hair)\"\\)| \\+ seed\\(1\\))",
            0..6,
        ),
    ) {
        same_value(&parse(&(base + &steps.concat())).unwrap())?;
    }
}

/// Taking `expr` apart into a walk and together again gives the same code.
fn same_value(expr: &Expr) -> Result<(), TestCaseError> {
    let mut toy = Toy::styled();
    let Ok(before) = evaluate(expr, &mut toy) else {
        return Ok(());
    };
    let mut walk = Walk::from_expr(expr);
    same_code(expr, &before, &walk.to_expr())?;
    walk.arrange(&toy);
    same_code(expr, &before, &walk.to_expr())
}

/// `again` gives the code that `expr` gave, or the one in z that is mapped to it.
fn same_code(expr: &Expr, before: &Code, again: &Expr) -> Result<(), TestCaseError> {
    let mut toy = Toy::styled();
    let mut again = again.clone();
    let is_in_z = check(&again, &toy).is_ok_and(|(space, _)| space == Space::Z);
    if is_in_z && before.space != Space::Z {
        again = Expr::w(again);
    }
    let after = evaluate(&again, &mut toy);
    let after = after.map_err(|error| TestCaseError::fail(format!("{again}: {error}")))?;
    // Dropping steps of zero may leave the same vector in w.
    prop_assert!(before.space == after.space || before.space == Space::W_PLUS);
    let scale = f64::from(
        before
            .values
            .reals()
            .iter()
            .fold(1.0_f32, |m, v| m.max(v.abs())),
    );
    for (before, after) in before
        .values
        .reals()
        .iter()
        .zip(after.values.reals().iter().cycle())
    {
        let difference = (f64::from(*before) - f64::from(*after)).abs();
        prop_assert!(difference <= 1e-4 * scale, "{} became {}", expr, again);
    }
    Ok(())
}

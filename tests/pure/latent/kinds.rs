//! Codes of every kind of space, and what the language makes of them.

use super::toy::Toy;
use zscape::latent::expr::{evaluate, parse};
use zscape::latent::seed::seed_code;
use zscape::latent::variations::mix_cells;
use zscape::latent::{Space, SpaceShape};

/// A code may be a picture of noise, as samplers start from.
#[test]
fn seeds_lie_in_the_space_of_the_prior() {
    let x = Space::named("x").expect("a name");
    for (text, values) in [
        ("seed(7)", seed_code(7, 4)),
        ("[1, 2, 3, 4] + 2*dir(\"x3\")", vec![1.0, 2.0, 3.0, 6.0]),
        ("vary([1, 2, 3, 4], 7, 0)", vec![1.0, 2.0, 3.0, 4.0]),
        ("truncate([2, 4, 6, 8], 0.5)", vec![1.0, 2.0, 3.0, 4.0]),
    ] {
        let code = evaluate(&parse(text).expect(text), &mut Toy::sampler()).expect(text);
        assert_eq!(
            (code.space, code.values.reals()),
            (x, &values[..]),
            "{text}"
        );
        assert_eq!(code.shape.to_string(), "1x2x2");
    }
    let refused = evaluate(
        &parse("w(seed(1))").expect("it is one"),
        &mut Toy::sampler(),
    );
    assert_eq!(
        refused.expect_err("it has no w").to_string(),
        "toy-sampler has no w space: use seed(1) without w(...)"
    );
}

/// What a picture is to show goes with its code, and is computed with as the code is.
#[test]
fn conditions_go_with_their_codes() {
    let value = |text: &str| evaluate(&parse(text).expect(text), &mut Toy::conditional());
    for (text, condition) in [
        ("seed(1)", &[][..]),
        ("given(seed(1), \"3\")", &[1.0, 0.0, 0.0]),
        (
            "given(seed(1), 0.25*\"8\", -\"red hair\")",
            &[0.0, 0.25, -1.0],
        ),
        ("given(given(seed(1), \"3\"), \"8\")", &[0.0, 1.0, 0.0]),
        ("@eight", &[0.0, 1.0, 0.0]),
        (
            "truncate(vary(@eight, 7, 0.5), 0.5) + 2*dir(\"age\")",
            &[0.0, 1.0, 0.0],
        ),
        (
            "lerp(given(seed(1), \"3\"), @eight, 0.25)",
            &[0.75, 0.25, 0.0],
        ),
        ("slerp(seed(1), @eight, 0.5)", &[0.0, 0.5, 0.0]),
        (
            "mean(@eight, given(@me, \"3\"), seed(1), seed(2))",
            &[0.25, 0.25, 0.0],
        ),
        (
            "given(@me, \"3\") - @eight + given(@me, \"red hair\")",
            &[1.0, -1.0, 1.0],
        ),
        ("cross(@eight, given(seed(1), \"3\"), 7)", &[0.0, 1.0, 0.0]),
    ] {
        let code = value(text).expect(text);
        assert_eq!(code.condition, condition, "{text}");
        let plain = text.replace("given(seed(1), \"3\")", "seed(1)");
        let values = value(&plain).expect(text).values;
        assert_eq!(
            code.values, values,
            "{text}: what is said leaves the code as it is"
        );
    }
    for (text, fault) in [
        (
            "given(seed(1), \"red\")",
            "toy-cvae does not know the condition \"red\", only 3, 8, red hair",
        ),
        (
            "given(seed(1), \"red hari\")",
            "toy-cvae does not know the condition \"red hari\", only 3, 8, red hair; did you mean \"red hair\"?",
        ),
    ] {
        assert_eq!(value(text).expect_err(text).to_string(), fault);
    }
    let plain = evaluate(
        &parse("given(seed(1), \"3\")").expect("it is one"),
        &mut Toy::plain(),
    );
    assert_eq!(
        plain.expect_err("it takes none").to_string(),
        "toy-gan takes no conditions, so given(...) cannot be used"
    );
    let huge = value("given(seed(1), 3e38*\"3\") + given(seed(1), 3e38*\"3\")");
    assert!(
        huge.expect_err("too large")
            .to_string()
            .contains("not finite")
    );
}

/// A network may take what a picture is to show together with the code. Behind it nothing is said any more.
#[test]
fn a_condition_may_end_at_a_network() {
    // @me is (1, 2, 3) in z and (3, -1) in w, to which a class adds 100, 200 or 300.
    for (text, w) in [
        ("w(@me)", [3.0, -1.0]),
        ("w(given(@me, \"3\"))", [103.0, -1.0]),
        ("given(w(@me), \"3\")", [103.0, -1.0]),
        ("w(@eight)", [203.0, -1.0]),
        ("given(w(@eight), \"3\")", [103.0, -1.0]),
        ("given(w(given(@me, \"8\")), \"3\")", [103.0, -1.0]),
        // The mean of w is (2, 4).
        ("given(truncate(@me, 0.5), \"3\")", [52.5, 1.5]),
        (
            "given(truncate(@me, 0.5) + dir(\"smile\"), \"3\")",
            [52.75, 2.0],
        ),
        ("lerp(w(given(@me, \"3\")), @eight, 0.5)", [153.0, -1.0]),
        ("w(lerp(given(@me, \"3\"), @eight, 0.5))", [153.0, -1.0]),
        ("given(@inverted + @me, \"3\")", [104.0, -2.0]),
        ("given(@inverted, \"3\")", [1.0, -1.0]),
    ] {
        let mut toy = Toy::conditional_styles();
        let code = evaluate(&parse(text).expect(text), &mut toy).expect(text);
        assert_eq!(
            (code.space, code.values.reals()),
            (Space::W, &w[..]),
            "{text}"
        );
        assert!(code.condition.is_empty(), "{text}");
    }
    let text = "given(@me, \"3\")";
    let code = evaluate(&parse(text).expect(text), &mut Toy::conditional_styles());
    let code = code.expect("it is a code in z");
    assert_eq!(
        (code.space, &code.condition[..]),
        (Space::Z, &[1.0, 0.0, 0.0][..])
    );
}

/// A code may be a grid of indices, which can be crossed but not computed with.
#[test]
fn indices_are_not_numbers() {
    let value = |text: &str| evaluate(&parse(text).expect(text), &mut Toy::with_grid());
    let crossed = value("cross(@cat, @dog, 42)").expect("each index is from one of the two");
    assert_eq!(crossed.values.indices(), [9, 2, 3, 4]);
    for (text, expected) in [
        ("cross(@cat, @dog, 42, lock [0])", [1, 2, 3, 4]),
        ("mix(@cat, @dog, cells [1, 2..4])", [1, 8, 7, 6]),
        // floor(16 * RandomState(42).random_sample(8)), where the draw before is below the share.
        ("vary(@cat, 42, 0)", [1, 2, 3, 4]),
        ("vary(@cat, 42, 0.5)", [15, 2, 2, 13]),
        ("vary(@cat, 42, 0.5, lock [0, 3])", [1, 2, 2, 4]),
        ("vary(@cat, 42, 1)", [15, 9, 2, 13]),
        ("at(\"codes\", [15, 0, 1, 2])", [15, 0, 1, 2]),
        ("fill(\"codes\", 15)", [15, 15, 15, 15]),
        ("mix(@cat, fill(\"codes\", 0), cells [1..3])", [1, 0, 0, 4]),
    ] {
        let found = value(text).expect(text);
        assert_eq!(found.values.indices(), expected, "{text}");
        assert!(found.values.reals().is_empty(), "{text}");
    }
    for (text, operation) in [
        ("@cat + @dog", "added"),
        ("2*@cat", "scaled"),
        ("mean(@cat, @dog)", "averaged"),
        ("lerp(@cat, @dog, 0.5)", "interpolated"),
        ("slerp(@cat, @dog, 0.5)", "interpolated"),
        ("truncate(@cat, 0.5)", "truncated"),
        ("project_out(@cat, @dog)", "projected"),
    ] {
        assert_eq!(
            value(text).expect_err(text).to_string(),
            format!(
                "codes in codes of toy-vq are indices into a codebook, so they cannot be \
                 {operation}; cross(...), mix(..., cells [...]) and vary(...) choose among indices"
            ),
            "{text}"
        );
    }
    for (text, expected) in [
        (
            "@cat + @me",
            "@cat is in codes, which does not meet codes in z",
        ),
        (
            "@me - @cat",
            "@cat is in codes, which does not meet codes in z",
        ),
        ("w(@cat)", "toy-vq has no w space: use @cat without w(...)"),
        (
            "at(\"codes\", [1, 2, 3, 16])",
            "16 is not an index into the codebook of codes of toy-vq, which are the whole numbers from \
             0 to 15",
        ),
        (
            "mix(@cat, @dog, cells [4])",
            "cells 4 goes beyond codes of toy-vq: the largest range is 0..4",
        ),
        (
            "fill(\"codes\", 16)",
            "16 is not an index into the codebook of codes of toy-vq, which are the whole numbers from \
             0 to 15",
        ),
        (
            "fill(\"z\", 1)",
            "fill(...) makes a grid of indices, but codes in z of toy-vq are real numbers (3)",
        ),
        ("fill(\"h\", 1)", "toy-vq has no h space"),
        (
            "mix(@me, fill(\"codes\", 1), cells [0])",
            "fill(\"codes\", 1) is in codes, which does not meet codes in z",
        ),
        ("at(\"h\", [1])", "toy-vq has no h space"),
        (
            "at(\"codes\", [1])",
            "at(\"codes\", [1]) has 1 number, but codes of toy-vq has 2x2 of 16",
        ),
    ] {
        assert_eq!(value(text).expect_err(text).to_string(), expected, "{text}");
    }
}

/// Codes written out lie where they say, and meet others as any code there does.
#[test]
fn codes_of_every_space_can_be_written_out() {
    let value = |text: &str| evaluate(&parse(text).expect(text), &mut Toy::styled()).expect(text);
    for (text, space, values) in [
        ("at(\"z\", [1, 2, 3])", Space::Z, &[1.0, 2.0, 3.0][..]),
        ("at(\"w\", [1, 2]) + dir(\"smile\")", Space::W, &[1.25, 2.5]),
        // z of [1, 2, 3] is mapped to [3, -1].
        ("at(\"w\", [1, 2]) + [1, 2, 3]", Space::W, &[4.0, 1.0]),
        ("map([1, 2, 3], \"w\")", Space::W, &[3.0, -1.0]),
        (
            "at(\"w+\", [1, 2, 3, 4, 5, 6, 7, 8]) - at(\"w\", [1, 2])",
            Space::W_PLUS,
            &[0.0, 0.0, 2.0, 2.0, 4.0, 4.0, 6.0, 6.0],
        ),
        (
            "mix(at(\"w+\", [1, 2, 3, 4, 5, 6, 7, 8]), at(\"w\", [0, 0]), cells [1..3])",
            Space::W_PLUS,
            &[1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 7.0, 8.0],
        ),
    ] {
        let code = value(text);
        assert_eq!((code.space, code.values.reals()), (space, values), "{text}");
    }
    let refused = evaluate(
        &parse("map(seed(1), \"z\")").expect("it is one"),
        &mut Toy::styled(),
    );
    assert_eq!(
        refused.expect_err("nothing leads to z").to_string(),
        "no network of toy-stylegan leads to z"
    );
}

/// A picture's cells are its pixels, with all their channels.
#[test]
fn pixels_are_mixed_with_all_their_channels() {
    let shape = SpaceShape::Image {
        channels: 2,
        height: 1,
        width: 3,
    };
    let (a, b) = ([0; 6], [1, 2, 3, 4, 5, 6]);
    assert_eq!(mix_cells(&a, &b, shape, &[1..2, 2..3]), [0, 2, 3, 0, 5, 6]);
}

#[test]
fn spaces_have_sound_names() {
    let x = Space::named("x").expect("a name");
    assert_eq!(x, Space::named("x").expect("a name"));
    assert_eq!(Space::named("w+"), Ok(Space::W_PLUS));
    let other = Space::named("codes").expect("a name");
    assert!(Space::Z < Space::W && Space::W < Space::W_PLUS && Space::W_PLUS < other);
    for bad in ["", "a b", "ü", "seventeen-letters", "a\"b"] {
        let error = Space::named(bad).expect_err(bad).to_string();
        assert!(error.contains("cannot be the name of a space"), "{error}");
    }
    let json = serde_json::to_string(&x).expect("it is a text");
    assert_eq!(json, "\"x\"");
    assert!(serde_json::from_str::<Space>("\"a b\"").is_err());
}

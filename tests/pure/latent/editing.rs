//! Pictures that are redrawn, and the way from a picture back to noise.

use super::toy::Toy;
use std::convert::Infallible;
use zscape::latent::expr::{evaluate, parse};
use zscape::latent::sampling::{
    Denoiser, Gaussian, Inversion, Level, Method, Noising, Sampling, Schedule,
};
use zscape::latent::{Code, Original};

fn value(text: &str) -> Result<Code, String> {
    let expr = parse(text).expect(text);
    evaluate(&expr, &mut Toy::sampler()).map_err(|fault| fault.to_string())
}

fn original(text: &str) -> Option<Original> {
    let code = value(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    code.original.map(|original| Original::clone(&original))
}

const PHOTO: [f32; 4] = [0.25, -0.5, 1.0, 0.0];

#[test]
fn the_noise_is_the_code_and_the_picture_goes_with_it() {
    let code = value("edit(seed(7), @photo, 0.6)").expect("it is sound");
    assert_eq!(code.values, value("seed(7)").expect("it is sound").values);
    let whole = Original {
        data: PHOTO.to_vec(),
        strength: 0.6,
        redrawn: Vec::new(),
    };
    for text in [
        "edit(seed(7), @photo, 0.6)",
        "edit(seed(7), @photo, 0.6) + 0.5*dir(\"x3\")",
        "vary(edit(seed(7), @photo, 0.6), 1, 0.5)",
        "truncate(edit(seed(7), @photo, 0.6), 0.5)",
        // What is said outside counts, and of a picture that is redrawn itself the picture.
        "edit(edit(seed(7), seed(3), 0.1), @photo, 0.6)",
        "edit(seed(7), edit(seed(3), @photo, 0.2), 0.6)",
    ] {
        assert_eq!(original(text).as_ref(), Some(&whole), "{text}");
    }
    assert_eq!(original("seed(7) + 2*dir(\"x0\")"), None);
    let cells = original("edit(seed(7), @photo, 1, cells [0, 2..4])");
    let redrawn = cells.map(|original| original.redrawn);
    assert_eq!(redrawn, Some(vec![1.0, 0.0, 1.0, 1.0]));
}

/// A walk to noise alone raises the strength to 1, and the picture stays as long as it counts.
#[test]
fn a_walk_leads_from_a_picture_to_noise() {
    for (t, strength) in [("0", 0.2), ("0.5", 0.6), ("1", 1.0)] {
        for way in ["lerp", "slerp"] {
            let text = format!("{way}(edit(seed(1), @photo, 0.2), seed(2), {t})");
            let found = original(&text).expect("one has an original");
            assert!((found.strength - strength).abs() < 1e-6, "{text}");
            assert_eq!(found.data, PHOTO, "{text}");
        }
    }
    let mean = original("mean(edit(seed(1), @photo, 0.2), edit(seed(1), [0, 0, 0, 0], 0.6))");
    let mean = mean.expect("both have an original");
    assert!((mean.strength - 0.4).abs() < 1e-6);
    assert_eq!(mean.data, PHOTO.map(|value| value / 2.0));
}

#[test]
fn what_cannot_be_redrawn_is_said() {
    for (text, expected) in [
        (
            "edit(seed(7), @photo, 1.5)",
            "a strength of 1.5 is refused: it is a number from 0, the picture itself, to 1",
        ),
        (
            "edit(seed(7), @photo, -0.1)",
            "a strength of -0.1 is refused: it is a number from 0, the picture itself, to 1",
        ),
        (
            "edit(seed(7), @photo, 1, cells [2..5])",
            "cells 2..5 goes beyond x of toy-sampler: the largest range is 0..4",
        ),
        (
            "edit(seed(7), @photo, 1, cells [2..2])",
            "cells 2..2 is empty: the first number must lie below the end, as in cells [3..5]",
        ),
        (
            "edit(seed(7), [1, 2], 1)",
            "[1, 2] has 2 numbers, but x of toy-sampler has 1x2x2",
        ),
        (
            "edit(seed(7), encode(\"photo.png\"), 1)",
            "toy-sampler has no encoder, so encode(...) cannot be used",
        ),
    ] {
        assert_eq!(value(text).expect_err(text), expected, "{text}");
    }
    let plain = evaluate(
        &parse("edit(seed(7), seed(8), 0.5)").expect("it is one"),
        &mut Toy::plain(),
    );
    let fault = plain.expect_err("it begins with no noise").to_string();
    assert!(
        fault.contains("toy-gan makes its pictures in one step"),
        "{fault}"
    );
    for (text, part) in [
        ("edit(seed(7), @photo)", "a comma"),
        ("edit(seed(7), @photo, NaN)", "a number"),
        ("edit(seed(7), @photo, 1, mask [2])", "`cells`"),
        ("edit(seed(7), @photo, 1, cells [])", "the number of a cell"),
        ("edit(0.6)", "not a code"),
    ] {
        let fault = parse(text).expect_err(text).to_string();
        assert!(fault.contains(part), "{text}: {fault}");
    }
}

fn steps(sampling: &mut Sampling, denoiser: &mut impl Denoiser<Fault = Infallible>) {
    while sampling.done() < sampling.steps() {
        let Ok(()) = sampling.step(denoiser);
    }
}

/// Numbers that stand for the distribution of the data, and the noise that an inversion finds.
fn inverted(noising: Noising, count: usize, per_step: usize) -> [Vec<f32>; 2] {
    let mut data = Gaussian::new(0.5, 0.8).expect("sound numbers");
    let x: Vec<f32> = (-20..=20).map(|i| 0.5 + 0.8 * i as f32 / 10.0).collect();
    let moments = Schedule::from(noising).moments(count, noising);
    let mut inversion = Inversion::new(moments.expect("steps"), per_step, x.clone());
    loop {
        let [done, of] = inversion.progress();
        if done == of {
            assert_eq!(of, count * per_step);
            return [x, inversion.into_x()];
        }
        let Ok(()) = inversion.look(&mut data);
    }
}

fn apart(a: &[f32], b: &[f32]) -> f64 {
    let pairs = a.iter().zip(b);
    pairs
        .map(|(a, b)| f64::from((a - b).abs()))
        .fold(0.0, f64::max)
}

/// As of the steps forwards, the error against the exact flow falls with the number of steps.
#[test]
fn an_inversion_goes_the_exact_flow_backwards_to_its_order() {
    let data = Gaussian::new(0.5, 0.8).expect("sound numbers");
    for noising in [Noising::Linear, Noising::Cosine, Noising::Line] {
        let errors = [25, 50, 100].map(|count| {
            let [x, found] = inverted(noising, count, 3);
            let noisiest = Schedule::from(noising)
                .moments(count, noising)
                .expect("steps")[0]
                .level;
            let exact = |x: &f32| data.flow((*x).into(), Level::CLEAN, noisiest) as f32;
            apart(&found, &x.iter().map(exact).collect::<Vec<_>>())
        });
        for pair in errors.windows(2) {
            assert!(pair[0] / pair[1] > 1.6, "{noising:?}: {errors:?}");
        }
    }
}

/// Of few steps too the noise leads back to the data, for the same steps are gone backwards.
#[test]
fn the_same_steps_lead_back_to_the_data() {
    for noising in [Noising::Linear, Noising::Cosine, Noising::Line] {
        for count in [5, 20] {
            let errors = [1, 3, 30].map(|per_step| {
                let [x, noise] = inverted(noising, count, per_step);
                let moments = Schedule::from(noising).moments(count, noising);
                let moments = moments.expect("steps");
                let sampling = Sampling::new(Method::Ddim, moments, noise, None, Box::new(|_| {}));
                let mut sampling = sampling.expect("sound settings");
                let mut data = Gaussian::new(0.5, 0.8).expect("sound numbers");
                steps(&mut sampling, &mut data);
                apart(sampling.x(), &x)
            });
            let fault = format!("{noising:?}, {count} steps: {errors:?}");
            assert!(errors[2] < 1e-5, "{fault}");
            assert!(errors[2] < errors[1] && errors[2] < errors[0], "{fault}");
        }
    }
}

#[test]
fn a_strength_is_a_share_of_the_time_of_training() {
    for noising in [Noising::Linear, Noising::Cosine, Noising::Line] {
        assert_eq!(noising.at_strength(0.0), Some(Level::CLEAN));
        assert_eq!(noising.at_strength(1.0), None, "{noising:?}: pure noise");
        let levels = [0.001, 0.25, 0.5, 0.75, 0.999].map(|strength| {
            let level = noising.at_strength(strength);
            level.expect("a level").alpha_bar()
        });
        assert!(levels.is_sorted_by(|a, b| a > b), "{noising:?}: {levels:?}");
    }
    let half = Noising::Cosine.at_strength(0.5).expect("a level");
    let trained = Noising::Cosine.alpha_bars()[499];
    assert!((half.alpha_bar() / trained - 1.0).abs() < 1e-12);
}

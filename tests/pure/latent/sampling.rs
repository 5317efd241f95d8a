//! Samplers: against diffusers, against the exact solution, and against each other.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::convert::Infallible;
use zscape::latent::sampling::{
    Denoiser, Gaussian, Method, Moment, Name as _, Noising, Prediction, Sampling, Schedule,
};
use zscape::latent::seed::NormalStream;

#[derive(Deserialize)]
struct Reference {
    alpha_bars: BTreeMap<Schedule, Vec<f64>>,
    cases: Vec<Case>,
}

#[derive(Deserialize, Debug)]
struct Case {
    steps: usize,
    schedule: Schedule,
    prediction: Prediction,
    method: Method,
    eta: Option<f64>,
    x: Vec<f32>,
}

/// Made by `tests/data/make_sampling_reference.py`.
fn reference() -> Reference {
    let text = include_str!("../../data/sampling_reference.json");
    serde_json::from_str(text).expect("it is JSON")
}

/// The formula of the script, taken to predict anything.
struct Formula(Prediction);

impl Denoiser for Formula {
    type Fault = Infallible;

    fn prediction(&self) -> Prediction {
        self.0
    }

    fn predict(&mut self, x: &[f32], at: Moment) -> Result<Vec<f32>, Infallible> {
        let of = |&x: &f32| {
            let x = f64::from(x);
            (0.6 * (1.3 * x + 0.002 * at.time).sin() + 0.3 * x) as f32
        };
        Ok(x.iter().map(of).collect())
    }
}

/// The new noise of the script.
fn formula_noise() -> impl FnMut(&mut [f32]) + Send {
    let mut calls = 0.0;
    move |noise: &mut [f32]| {
        calls += 1.0;
        for (i, value) in noise.iter_mut().enumerate() {
            *value = (2.0_f64.sqrt() * (5.1 * calls + 1.9 * i as f64).sin()) as f32;
        }
    }
}

/// Does all steps.
fn run<D: Denoiser<Fault = Infallible>>(mut sampling: Sampling, mut denoiser: D) -> Vec<f32> {
    while sampling.done() < sampling.steps() {
        let Ok(()) = sampling.step(&mut denoiser);
    }
    sampling.into_x()
}

#[test]
fn every_method_does_what_diffusers_does() {
    let reference = reference();
    let mut tried = BTreeMap::<&str, usize>::new();
    for case in &reference.cases {
        let noising = match case.schedule {
            Schedule::Cosine => Noising::Cosine,
            Schedule::Line => Noising::Line,
            _ => Noising::Linear,
        };
        let moments = case.schedule.moments(case.steps, noising).expect("steps");
        let start = (0..case.x.len()).map(|i| (1.7 * (2.3 * i as f64 + 0.4).sin()) as f32);
        let draw = Box::new(formula_noise());
        let sampling = Sampling::new(case.method, moments, start.collect(), case.eta, draw);
        let found = run(sampling.expect("sound settings"), Formula(case.prediction));
        // At one step from 0.6 % of signal the numbers are large.
        let scale = case.x.iter().fold(1.0_f32, |scale, x| scale.max(x.abs()));
        let error = found.iter().zip(&case.x).map(|(a, b)| (a - b).abs());
        let error = error.fold(0.0, f32::max) / scale;
        assert!(
            error < 1e-5,
            "{error:e} in {case:?}, which became {found:?}"
        );
        *tried.entry(case.method.name()).or_default() += 1;
    }
    assert!(
        Method::ALL
            .iter()
            .all(|method| tried.contains_key(method.name())),
        "{tried:?}"
    );
    for (schedule, noising) in [
        (Schedule::Linear, Noising::Linear),
        (Schedule::Cosine, Noising::Cosine),
    ] {
        let bars = noising.alpha_bars();
        for (t, wanted) in [0, 250, 500, 750, 999]
            .into_iter()
            .zip(&reference.alpha_bars[&schedule])
        {
            assert!(
                (bars[t] / wanted - 1.0).abs() < 2e-5,
                "{schedule} {t}: {}",
                bars[t]
            );
        }
    }
}

const DATA: (f64, f64) = (0.5, 0.8);

/// The largest error against the exact flow after some of the steps, of numbers that stand for
/// their distribution.
fn error(
    method: Method,
    (schedule, noising): (Schedule, Noising),
    steps: usize,
    done: usize,
) -> f64 {
    let mut data = Gaussian::new(DATA.0, DATA.1).expect("sound numbers");
    let start: Vec<f32> = (-30..=30).map(|i| i as f32 / 10.0).collect();
    let moments = schedule.moments(steps, noising).expect("steps");
    let [from, to] = [moments[0].level, moments[done].level];
    let sampling = Sampling::new(method, moments, start.clone(), None, Box::new(|_| {}));
    let mut sampling = sampling.expect("sound settings");
    for _ in 0..done {
        let Ok(()) = sampling.step(&mut data);
    }
    let errors = sampling.x().iter().zip(&start).map(|(&found, &start)| {
        let exact = data.flow(f64::from(start), from, to);
        (f64::from(found) - exact).abs()
    });
    errors.fold(0.0, f64::max)
}

#[test]
fn errors_against_the_exact_flow_fall_with_the_order_of_the_method() {
    for (method, schedule, noising, order) in [
        (Method::Ddim, Schedule::Linear, Noising::Linear, 1),
        (Method::Euler, Schedule::Cosine, Noising::Cosine, 1),
        (Method::Flow, Schedule::Line, Noising::Line, 1),
        // Near the data equal distances of time are no short steps in lambda, however many there are.
        (Method::DpmSolver, Schedule::LogSnr, Noising::Linear, 2),
        (Method::DpmSolver, Schedule::LogSnr, Noising::Cosine, 2),
        // The corrector adds one.
        (Method::UniPc, Schedule::LogSnr, Noising::Linear, 3),
        (Method::Heun, Schedule::Karras, Noising::Linear, 2),
        (Method::Heun, Schedule::Karras, Noising::Cosine, 2),
    ] {
        // The step to the data is of first order with every method, so it is left out.
        let errors =
            [25, 50, 100].map(|steps| error(method, (schedule, noising), steps, steps - 1));
        for pair in errors.windows(2) {
            let gain = pair[0] / pair[1];
            let wanted = match order {
                1 => 1.8..2.3,
                2 => 3.0..5.0,
                _ => 7.0..9.0,
            };
            assert!(wanted.contains(&gain), "{method} {schedule}: {errors:?}");
        }
    }
}

#[test]
fn with_all_steps_every_method_is_near_the_exact_flow() {
    for &method in Method::ALL {
        if matches!(method, Method::Ddpm | Method::EulerAncestral) {
            continue;
        }
        for &schedule in Schedule::ALL {
            for noising in [Noising::Linear, Noising::Cosine, Noising::Line] {
                let error = error(method, (schedule, noising), 1000, 1000);
                assert!(error < 0.02, "{method} {schedule} {noising:?}: {error}");
            }
        }
    }
}

#[test]
fn methods_with_noise_give_the_distribution_of_the_data() {
    const COUNT: usize = 20_000;
    let (mean, deviation) = DATA;
    for method in [Method::Ddpm, Method::Ddim, Method::EulerAncestral] {
        for (schedule, noising) in [
            (Schedule::Linear, Noising::Linear),
            (Schedule::Cosine, Noising::Cosine),
        ] {
            let mut noise = vec![0.0; COUNT];
            let mut stream = NormalStream::new(3);
            stream.fill(&mut noise);
            let moments = schedule.moments(200, noising).expect("steps");
            let draw = Box::new(move |noise: &mut [f32]| stream.fill(noise));
            let sampling = Sampling::new(method, moments, noise, Some(1.0), draw);
            let data = Gaussian::new(mean, deviation).expect("sound numbers");
            let found = run(sampling.expect("sound settings"), data);
            let sum = |of: &dyn Fn(f64) -> f64| {
                let values = found.iter().map(|&x| of(f64::from(x)));
                values.sum::<f64>() / COUNT as f64
            };
            let found_mean = sum(&|x| x);
            let found_deviation = sum(&|x| (x - found_mean).powi(2)).sqrt();
            assert!(
                (found_mean - mean).abs() < 0.025,
                "{method}: mean {found_mean}"
            );
            let fault = format!("{method} {schedule}: deviation {found_deviation}");
            assert!((found_deviation - deviation).abs() < 0.025, "{fault}");
        }
    }
}

#[test]
fn methods_that_are_the_same_by_other_formulas_agree() {
    let with = |method, eta| {
        let moments = Schedule::Cosine
            .moments(13, Noising::Cosine)
            .expect("steps");
        let start: Vec<f32> = (0..12).map(|i| i as f32 / 4.0 - 1.5).collect();
        let sampling = Sampling::new(method, moments, start, eta, Box::new(formula_noise()));
        run(sampling.expect("sound settings"), Formula(Prediction::V))
    };
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    let ddim = with(Method::Ddim, None);
    for method in [Method::Euler, Method::Flow] {
        assert!(near(&ddim, &with(method, None)), "{method}");
    }
    let ddpm = with(Method::Ddpm, None);
    assert!(near(&ddpm, &with(Method::Ddim, Some(1.0))));
    assert!(near(&ddpm, &with(Method::EulerAncestral, None)));
    assert!(!near(&ddpm, &ddim));
}

#[test]
fn an_eta_that_is_no_share_is_refused() {
    for eta in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        let moments = Schedule::Linear.moments(3, Noising::Linear).expect("steps");
        let sampling = Sampling::new(
            Method::Ddim,
            moments,
            vec![0.0],
            Some(eta),
            Box::new(|_| {}),
        );
        let error = sampling.err().expect("a refusal").to_string();
        assert!(error.contains(&eta.to_string()), "{error}");
    }
}

//! From pictures to codes: encoding and inversion.

use crate::support::{Driver, cpu, gpu, shot};
use std::sync::Arc;
use std::time::{Duration, Instant};
use zscape::engine::{
    DeviceChoice, Encoding, Event, InvertOptions, InvertStep, Job, JobId, ModelInfo,
};
use zscape::latent::expr::Expr;
use zscape::latent::{Code, Space};

fn decoded(driver: &Driver, model: &ModelInfo, expression: &str) -> Arc<[f32]> {
    let job = driver.engine.submit(Job::Decode {
        shots: vec![shot(&model.id, expression)],
        names: Arc::default(),
    });
    driver.pictures(job).into()
}

fn encode(driver: &Driver, model: &ModelInfo, picture: Arc<[f32]>) -> Arc<Encoding> {
    let job = driver.engine.submit(Job::Encode {
        model: model.id.clone(),
        picture,
    });
    driver.wait("an encoding", |event| match event {
        Event::Encoded { job: of, encoding } if of == job => Some(encoding),
        Event::JobFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    })
}

fn invert(
    driver: &Driver,
    model: &ModelInfo,
    picture: Arc<[f32]>,
    options: InvertOptions,
) -> JobId {
    driver.engine.submit(Job::Invert {
        model: model.id.clone(),
        picture,
        options,
    })
}

/// Every report of an inversion.
fn reports(driver: &Driver, job: JobId) -> Vec<InvertStep> {
    let mut reports = Vec::new();
    driver.wait("an inversion", |event| match event {
        Event::InvertStep { job: of, found } if of == job => {
            reports.push(found);
            None
        }
        Event::JobFailed { fault, .. } => panic!("{fault}"),
        Event::JobDone { job: of } if of == job => Some(()),
        _ => None,
    });
    reports
}

fn failure(driver: &Driver, job: Job) -> String {
    let job = driver.engine.submit(job);
    driver.wait("a failure", |event| match event {
        Event::JobFailed { job: of, fault } if of == job => Some(fault.to_string()),
        Event::JobDone { job: of } if of == job => panic!("the job should fail"),
        _ => None,
    })
}

fn mean_squared_error(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>() / a.len() as f32
}

#[test]
fn what_a_model_made_it_encodes_and_makes_again() {
    let driver = cpu();
    for (name, expression, bound) in [
        ("digits-vae2", "@digit-1", 0.01),
        ("digits-ae2", "@digit-7", 0.01),
        ("fashion-vae", "seed(3)", 0.01),
    ] {
        let model = driver.load(name);
        let picture = decoded(&driver, &model, expression);
        let encoding = encode(&driver, &model, Arc::clone(&picture));
        assert!(encoding.mse < bound, "{name}: {}", encoding.mse);
        let mse = mean_squared_error(&picture, &encoding.reconstruction);
        assert!((mse - encoding.mse).abs() < 1e-6);
        let map = &encoding.squared_error;
        assert_eq!(map.len(), encoding.image.height * encoding.image.width);
        assert!((map.iter().sum::<f32>() / map.len() as f32 - mse).abs() < 1e-6);
        let dim = encoding.mu.values.len();
        assert_eq!(encoding.mu.space, Space::Z);
        if name == "digits-ae2" {
            assert!(encoding.sigma.is_none() && encoding.kl.is_none());
            continue;
        }
        let sigma = encoding.sigma.as_ref().expect("a variational encoder");
        let kl = encoding.kl.as_ref().expect("a variational encoder");
        assert!(sigma.len() == dim && sigma.iter().all(|s| *s > 0.0 && *s < 2.0));
        for ((kl, mu), sigma) in kl.iter().zip(encoding.mu.values.reals()).zip(sigma) {
            let expected = 0.5 * (mu * mu + sigma * sigma - 1.0 - 2.0 * sigma.ln());
            assert!((kl - expected).abs() < 1e-4 * expected.abs().max(1.0));
        }
    }
}

#[test]
fn pictures_that_no_model_takes_are_refused_in_a_sentence() {
    let driver = cpu();
    let vae = driver.load("digits-vae2");
    let gan = driver.load("digits-gan");
    let len = vae.manifest.image.len();
    let mut broken = vec![0.5; len];
    broken[17] = f32::NAN;
    let cases: [(&ModelInfo, Vec<f32>, &str); 4] = [
        (
            &vae,
            vec![0.5; 3],
            "has 3 numbers, but digits-vae2 takes 1x28x28",
        ),
        (&vae, Vec::new(), "has 0 numbers"),
        (&vae, broken, "not finite"),
        (&gan, vec![0.5; len], "no encoder"),
    ];
    for (model, picture, part) in cases {
        let picture: Arc<[f32]> = picture.into();
        let message = failure(
            &driver,
            Job::Encode {
                model: model.id.clone(),
                picture: Arc::clone(&picture),
            },
        );
        assert!(message.contains(part), "{message:?} lacks {part:?}");
        if model.id.name == "digits-vae2" {
            let message = failure(
                &driver,
                Job::Invert {
                    model: model.id.clone(),
                    picture,
                    options: InvertOptions::default(),
                },
            );
            assert!(message.contains(part), "{message:?} lacks {part:?}");
        }
    }
    // What lies beyond black and white is cut off.
    let loud: Arc<[f32]> = vec![1e30; len].into();
    let white: Arc<[f32]> = vec![1.0; len].into();
    assert_eq!(encode(&driver, &vae, loud), encode(&driver, &vae, white));
}

#[test]
fn inversion_finds_the_code_of_a_picture() {
    let driver = cpu();
    for name in ["digits-gan", "digits-vae2", "fashion-vae"] {
        let model = driver.load(name);
        let picture = decoded(&driver, &model, "seed(12345)");
        let options = InvertOptions::default();
        let started = Instant::now();
        let job = invert(&driver, &model, Arc::clone(&picture), options.clone());
        let reports = reports(&driver, job);
        let (first, last) = (&reports[0], reports.last().expect("a last report"));
        println!(
            "{name}: {} steps in {:.2} s, {} reports, loss {:.5} to {:.5}, mse {:.6}",
            last.step,
            started.elapsed().as_secs_f64(),
            reports.len(),
            first.losses[0],
            last.best_loss,
            last.best_mse
        );
        assert_eq!((last.step, last.of), (options.steps, options.steps));
        assert!(last.best_mse < 0.004, "{name}: {}", last.best_mse);
        assert!(last.best_loss <= first.losses[0]);
        assert!(reports.is_sorted_by(|a, b| a.best_loss >= b.best_loss && a.step < b.step));
        let losses: usize = reports.iter().map(|report| report.losses.len()).sum();
        assert_eq!(losses, options.steps + 1, "every loss is told once");
        assert!((mean_squared_error(&last.picture, &picture) - last.best_mse).abs() < 1e-5);
        let again = decoded(&driver, &model, &written(&last.best_code));
        assert!(mean_squared_error(&again, &last.picture) < 1e-8);
    }
}

/// A code as the language writes it.
fn written(code: &Code) -> String {
    Expr::Vector(code.values.reals().to_vec()).to_string()
}

#[test]
fn a_given_start_and_no_steps_give_that_code() {
    let driver = cpu();
    let model = driver.load("digits-gan");
    let start = zscape::latent::seed::seed_code(99, 64);
    let picture = decoded(&driver, &model, "seed(99)");
    let options = InvertOptions {
        starts: vec![Code::vector(Space::Z, start.clone())],
        steps: 0,
        prior_weight: 0.0,
        ..InvertOptions::default()
    };
    let found = reports(&driver, invert(&driver, &model, picture, options));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].best_code.values.reals(), start);
    assert!(found[0].best_mse < 1e-9);
}

#[test]
fn options_out_of_bounds_are_refused_in_a_sentence() {
    let driver = cpu();
    let model = driver.load("digits-gan");
    let sound = InvertOptions::default;
    let cases: [(InvertOptions, &str); 9] = [
        (
            InvertOptions {
                steps: usize::MAX,
                ..sound()
            },
            "too many",
        ),
        (
            InvertOptions {
                space: Some(Space::W),
                ..sound()
            },
            "digits-gan has no w space",
        ),
        (
            InvertOptions {
                starts: vec![Code::vector(Space::W_PLUS, vec![0.0; 64])],
                ..sound()
            },
            "w+ of digits-gan does not exist",
        ),
        (
            InvertOptions {
                seeds: usize::MAX,
                ..sound()
            },
            "seeds can be tried",
        ),
        (
            InvertOptions {
                learning_rate: f32::NAN,
                ..sound()
            },
            "learning rate NaN",
        ),
        (
            InvertOptions {
                learning_rate: -1.0,
                ..sound()
            },
            "learning rate -1",
        ),
        (
            InvertOptions {
                prior_weight: f32::INFINITY,
                ..sound()
            },
            "weight inf",
        ),
        (
            InvertOptions {
                starts: vec![Code::vector(Space::Z, vec![0.0; 3])],
                ..sound()
            },
            "has 3 numbers, but z of digits-gan has 64",
        ),
        (
            InvertOptions {
                starts: vec![Code::vector(Space::Z, vec![f32::NAN; 64])],
                ..sound()
            },
            "not finite",
        ),
    ];
    for (options, part) in cases {
        let picture = vec![0.0; model.manifest.image.len()].into();
        let message = failure(
            &driver,
            Job::Invert {
                model: model.id.clone(),
                picture,
                options,
            },
        );
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

#[test]
fn an_inversion_lets_previews_through_and_stops_at_once() {
    let driver = cpu();
    let model = driver.load("digits-gan");
    let picture = decoded(&driver, &model, "seed(5)");
    // Other tests run beside this one; one undisturbed try is enough.
    let mut shortest = (Duration::MAX, Duration::MAX);
    for generation in 1..=5 {
        let options = InvertOptions {
            steps: InvertOptions::MAX_STEPS,
            ..InvertOptions::default()
        };
        let job = invert(&driver, &model, Arc::clone(&picture), options);
        driver.wait("the first report", |event| {
            matches!(event, Event::InvertStep { .. }).then_some(())
        });
        let asked = Instant::now();
        driver.frame(&model.id, generation, "seed(1)");
        shortest.0 = shortest.0.min(asked.elapsed());
        let asked = Instant::now();
        driver.engine.cancel(job);
        driver.wait("the cancel", |event| match event {
            Event::JobDone { .. } => panic!("the job went on to its end"),
            Event::JobCancelled { job: of } => (of == job).then_some(()),
            _ => None,
        });
        shortest.1 = shortest.1.min(asked.elapsed());
    }
    println!(
        "a preview in {:?}, a cancel in {:?}",
        shortest.0, shortest.1
    );
    assert!(shortest.0 < Duration::from_millis(100), "{:?}", shortest.0);
    assert!(shortest.1 < Duration::from_millis(100), "{:?}", shortest.1);
}

#[test]
fn inversion_goes_down_on_a_gpu_too() {
    let driver = Driver::new(DeviceChoice::Gpu, Some(gpu()));
    let model = driver.load("digits-gan");
    let picture = decoded(&driver, &model, "seed(5)");
    let options = InvertOptions {
        first_seed: 100,
        seeds: 8,
        steps: 10,
        ..InvertOptions::default()
    };
    let on_gpu = reports(
        &driver,
        invert(&driver, &model, Arc::clone(&picture), options.clone()),
    );
    let other = cpu();
    other.load("digits-gan");
    let on_cpu = reports(&other, invert(&other, &model, picture, options));
    let (on_gpu, on_cpu) = (on_gpu.last(), on_cpu.last());
    let [on_gpu, on_cpu] = [on_gpu, on_cpu].map(|last| last.expect("a report").best_loss);
    assert!(
        (on_gpu / on_cpu - 1.0).abs() < 0.01,
        "{on_gpu} and {on_cpu}"
    );
}

#[test]
fn a_style_based_model_is_searched_in_w() {
    let driver = cpu();
    let model = driver.load_random_style();
    let picture = decoded(&driver, &model, "mix(seed(1), seed(2), layers 3..7)");
    let search = |space, starts| {
        let options = InvertOptions {
            space,
            starts,
            steps: 150,
            prior_weight: 0.0,
            ..InvertOptions::default()
        };
        let job = invert(&driver, &model, Arc::clone(&picture), options);
        reports(&driver, job).pop().expect("a last report")
    };
    let in_w = search(None, Vec::new());
    assert_eq!(in_w.best_code.space, Space::W);
    assert_eq!(in_w.best_code.values.len(), 32);
    let in_w_plus = search(Some(Space::W_PLUS), vec![in_w.best_code.clone()]);
    assert_eq!(in_w_plus.best_code.space, Space::W_PLUS);
    assert_eq!(in_w_plus.best_code.values.len(), 7 * 32);
    println!("mse {} in w, {} in w+", in_w.best_mse, in_w_plus.best_mse);
    // The picture has two styles, so one vector for all layers cannot make it.
    assert!(in_w_plus.best_mse < 0.5 * in_w.best_mse);

    for (space, starts, part) in [
        (Space::Z, Vec::new(), "searched in w or w+, not in z"),
        (
            Space::W,
            vec![in_w_plus.best_code],
            "it lies in w+, and w is searched",
        ),
        (
            Space::W,
            vec![Code::vector(Space::Z, vec![0.0; 5])],
            "it has 5 numbers, but z of random-style has 32",
        ),
    ] {
        let options = InvertOptions {
            space: Some(space),
            starts,
            ..InvertOptions::default()
        };
        let job = Job::Invert {
            model: model.id.clone(),
            picture: Arc::clone(&picture),
            options,
        };
        let message = failure(&driver, job);
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

//! Directions: found, measured, and used in expressions.

use crate::support::{Driver, cpu, shot};
use std::sync::Arc;
use std::time::{Duration, Instant};
use zscape::engine::{
    DirectionSource, Event, Evidence, FoundDirection, Job, JobId, ModelInfo, PreviewRequest,
    StageId,
};
use zscape::latent::expr::Expr;
use zscape::latent::geometry::{dot, norm};
use zscape::latent::{Direction, SessionNames, Shot, Space};

fn submit(driver: &Driver, model: &ModelInfo, source: DirectionSource) -> JobId {
    driver.engine.submit(Job::Directions {
        model: model.id.clone(),
        source,
    })
}

fn find(driver: &Driver, model: &ModelInfo, source: DirectionSource) -> Vec<FoundDirection> {
    let job = submit(driver, model, source);
    driver.wait("directions", |event| match event {
        Event::Directions { job: of, found } if of == job => Some(found),
        Event::JobFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    })
}

fn failure(driver: &Driver, model: &ModelInfo, source: DirectionSource) -> String {
    let job = submit(driver, model, source);
    driver.wait("a failure", |event| match event {
        Event::JobFailed { job: of, fault } if of == job => Some(fault.to_string()),
        Event::JobDone { job: of } if of == job => panic!("the job should fail"),
        _ => None,
    })
}

/// The root mean square change for one step, measured from outside by decoding expressions.
fn measured(driver: &Driver, model: &ModelInfo, direction: &Direction) -> f32 {
    let names = Arc::new(SessionNames {
        directions: vec![direction.clone()],
        ..SessionNames::default()
    });
    let step = Expr::Direction(direction.name.clone());
    let expressions = (0..8)
        .flat_map(|seed| {
            let centre = match direction.space {
                Space::Z => Expr::Seed(seed),
                _ => Expr::w(Expr::Seed(seed)),
            };
            let [a, b] = [centre.clone(), centre].map(Box::new);
            let [step_a, step_b] = [step.clone(), step.clone()].map(Box::new);
            [Expr::Add(a, step_a), Expr::Sub(b, step_b)]
        })
        .map(|expression| Shot::new(model.id.clone(), expression));
    let pictures = driver.pictures(driver.engine.submit(Job::Decode {
        shots: expressions.collect(),
        names,
    }));
    let len = model.manifest.image.len();
    let squares: f32 = pictures
        .chunks(2 * len)
        .map(|both| {
            let (a, b) = both.split_at(len);
            a.iter()
                .zip(b)
                .map(|(a, b)| ((a - b) / 2.0).powi(2))
                .sum::<f32>()
        })
        .sum();
    (squares / (8 * len) as f32).sqrt()
}

#[track_caller]
fn assert_measured(driver: &Driver, model: &ModelInfo, found: &FoundDirection) {
    let again = measured(driver, model, &found.direction);
    assert!(
        (again / found.picture_change - 1.0).abs() < 1e-3,
        "{}: {} is not {again}",
        found.direction.name,
        found.picture_change
    );
}

#[test]
fn components_of_encoded_data_change_the_picture_as_measured() {
    let driver = cpu();
    let model = driver.load("fashion-vae");
    let found = find(&driver, &model, DirectionSource::Components { count: 5 });
    let names: Vec<&str> = found.iter().map(|f| f.direction.name.as_str()).collect();
    assert_eq!(names, ["PC 1", "PC 2", "PC 3", "PC 4", "PC 5"]);
    let shares: Vec<f32> = found
        .iter()
        .map(|found| match found.evidence {
            Evidence::Variance { share } => share,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(
        shares.is_sorted_by(|a, b| a >= b) && shares[0] > 1.0 / 16.0,
        "{shares:?}"
    );
    assert!(shares.iter().sum::<f32>() <= 1.0);
    for (number, one) in found.iter().enumerate() {
        assert_eq!(one.direction.space, Space::Z);
        assert_measured(&driver, &model, one);
        for other in &found[..number] {
            let product = dot(&one.direction.values, &other.direction.values);
            let lengths = norm(&one.direction.values) * norm(&other.direction.values);
            assert!(product.abs() < 1e-4 * lengths);
        }
    }
    // The same again, bit for bit.
    assert_eq!(
        find(&driver, &model, DirectionSource::Components { count: 5 }),
        found
    );
}

#[test]
fn a_model_without_data_is_ranked_by_what_changes_its_pictures() {
    let driver = cpu();
    let model = driver.load("digits-gan");
    assert!(model.encoded.is_empty());
    let found = find(&driver, &model, DirectionSource::Components { count: 64 });
    assert_eq!(found.len(), 64);
    assert_eq!(found[0].direction.name, "picture PC 1");
    let (first, last) = (&found[0], &found[63]);
    assert!(
        (norm(&first.direction.values) - 1.0).abs() < 1e-5,
        "z has sigma 1"
    );
    assert_measured(&driver, &model, first);
    let strongest_axis = model.ranked_dims[0].1;
    assert!(first.picture_change > strongest_axis, "{strongest_axis}");
    assert!(first.picture_change > 3.0 * last.picture_change, "{last:?}");
    let shares = found.iter().map(|found| match found.evidence {
        Evidence::PictureChange { share } => share,
        other => panic!("{other:?}"),
    });
    assert!((shares.sum::<f32>() - 1.0).abs() < 1e-4);
    let few = find(&driver, &model, DirectionSource::PictureChange { count: 3 });
    assert_eq!(few, found[..3]);
}

#[test]
fn a_style_based_model_has_components_in_w() {
    let driver = cpu();
    let model = driver.load_random_style();
    let found = find(&driver, &model, DirectionSource::Components { count: 4 });
    assert_eq!(found.len(), 4);
    assert_eq!(found[0].direction.name, "PC 1");
    for one in &found {
        assert_eq!(one.direction.space, Space::W);
        assert_measured(&driver, &model, one);
    }
    let by_picture = find(&driver, &model, DirectionSource::PictureChange { count: 2 });
    assert_eq!(by_picture[0].direction.space, Space::W);
    assert_eq!(by_picture[0].direction.name, "picture PC 1");
    assert_measured(&driver, &model, &by_picture[0]);
    let strongest_axis = model.ranked_w_dims[0].1;
    assert!(by_picture[0].picture_change > strongest_axis);

    // One in w+, such as a saved difference of two mixtures.
    let mut values = vec![0.0; 7 * 32];
    values[3 * 32] = 1.0;
    let in_layers = Direction {
        name: "layer 3".to_owned(),
        space: Space::W_PLUS,
        values,
    };
    let found = find(&driver, &model, DirectionSource::Given(vec![in_layers]));
    assert!(found[0].picture_change > 0.0);
    assert_measured(&driver, &model, &found[0]);
}

#[test]
fn labelled_codes_tell_classes_apart() {
    let driver = cpu();
    let model = driver.load("digits-vae2");
    let difference = DirectionSource::ClassDifference { from: 1, to: 0 };
    let found = find(&driver, &model, difference);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].direction.name, "1 to 0");
    let Evidence::Accuracy { accuracy, baseline } = found[0].evidence else {
        panic!("{:?}", found[0].evidence)
    };
    // Zeros and ones lie on opposite sides of the plane.
    assert!(
        accuracy > 0.97 && baseline < 0.7,
        "{accuracy} and {baseline}"
    );
    assert_measured(&driver, &model, &found[0]);

    let fashion = driver.load("fashion-vae");
    let boot = fashion
        .manifest
        .classes
        .iter()
        .position(|c| c.contains("oot"));
    let class = boot.expect("fashion has boots") as u8;
    let found = find(&driver, &fashion, DirectionSource::Probe { class });
    let name = &fashion.manifest.classes[usize::from(class)];
    assert_eq!(found[0].direction.name, format!("probe: {name}"));
    let Evidence::Accuracy { accuracy, baseline } = found[0].evidence else {
        panic!("{:?}", found[0].evidence)
    };
    assert!(accuracy > baseline + 0.03, "{accuracy} and {baseline}");
    assert_measured(&driver, &fashion, &found[0]);
}

#[test]
fn a_found_direction_is_a_word_of_the_language() {
    let driver = cpu();
    let model = driver.load("digits-vae2");
    let mut names = SessionNames::default();
    for found in find(&driver, &model, DirectionSource::Components { count: 2 }) {
        names.set_direction(found.direction);
    }
    let names = Arc::new(names);
    let ask = |generation, names: &Arc<SessionNames>| {
        driver.engine.preview(PreviewRequest {
            stage: StageId::default(),
            generation,
            shot: shot(&model.id, "[0, 0] + 2*dir(\"PC 1\")"),
            names: Arc::clone(names),
        });
        driver.wait("an answer", |event| match event {
            Event::Frame(frame) if frame.generation == generation => Some(Ok(frame.code)),
            Event::PreviewFailed { fault, .. } => Some(Err(fault.to_string())),
            _ => None,
        })
    };
    let code = ask(1, &names).expect("the session has the direction");
    let step: Vec<f32> = names.directions[0].values.iter().map(|v| 2.0 * v).collect();
    assert_eq!(code.values.reals(), step);
    let message = ask(2, &Arc::default()).expect_err("nobody knows it");
    assert!(message.contains("\"PC 1\""), "{message}");
}

#[test]
fn given_directions_are_measured_and_unsound_ones_refused() {
    let driver = cpu();
    let model = driver.load("digits-gan");
    let direction = |name: &str, values: Vec<f32>| Direction {
        name: name.to_owned(),
        space: Space::Z,
        values,
    };
    let axis = |axis: usize| {
        let mut values = vec![0.0; 64];
        values[axis] = 1.0;
        values
    };
    let (strongest, change) = model.ranked_dims[0];
    let given = vec![
        direction("a \"quoted\" name", axis(strongest)),
        direction("twice", axis(1)),
        direction("twice", vec![0.0; 64]),
    ];
    let found = find(&driver, &model, DirectionSource::Given(given));
    // The file holds the change in half precision.
    assert!(
        (found[0].picture_change / change - 1.0).abs() < 0.01,
        "{found:?}"
    );
    assert!(found[1].picture_change > 0.0);
    assert_eq!(found[2].picture_change, 0.0);
    assert!(find(&driver, &model, DirectionSource::Given(Vec::new())).is_empty());
    let none = DirectionSource::PictureChange { count: 0 };
    assert!(find(&driver, &model, none).is_empty());

    let given = |direction| DirectionSource::Given(vec![direction]);
    let in_w = Direction {
        space: Space::W,
        ..direction("w", vec![0.0; 64])
    };
    let vae = driver.load("digits-vae2");
    let cases: [(&ModelInfo, DirectionSource, &str); 9] = [
        (&model, given(direction("short", vec![1.0])), "has 1 number"),
        (
            &model,
            given(direction("nan", vec![f32::NAN; 64])),
            "not finite",
        ),
        (&model, given(in_w), "no w space"),
        (
            &model,
            DirectionSource::Given(vec![direction("many", axis(0)); 5000]),
            "5000 directions are too many",
        ),
        (
            &model,
            DirectionSource::Probe { class: 3 },
            "digits-gan has no labelled codes",
        ),
        (
            &model,
            DirectionSource::ClassDifference { from: 1, to: 2 },
            "digits-gan has no labelled codes",
        ),
        (
            &vae,
            DirectionSource::Probe { class: 12 },
            "has no class 12",
        ),
        (
            &vae,
            DirectionSource::ClassDifference { from: 3, to: 3 },
            "from itself",
        ),
        (
            &vae,
            DirectionSource::ClassDifference { from: 255, to: 0 },
            "has no class 255",
        ),
    ];
    for (model, source, part) in cases {
        let message = failure(&driver, model, source);
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

#[test]
fn a_search_for_directions_stops_at_once() {
    let driver = cpu();
    let model = driver.load("digits-gan");
    // Other tests run beside this one; one undisturbed try is enough.
    let mut shortest = Duration::MAX;
    for _ in 0..5 {
        let job = submit(
            &driver,
            &model,
            DirectionSource::PictureChange { count: 64 },
        );
        driver.wait("the first progress", |event| {
            matches!(event, Event::Progress { .. }).then_some(())
        });
        let asked = Instant::now();
        driver.engine.cancel(job);
        driver.wait("the cancel", |event| match event {
            Event::JobDone { .. } => panic!("the job went on to its end"),
            Event::JobCancelled { job: of } => (of == job).then_some(()),
            _ => None,
        });
        shortest = shortest.min(asked.elapsed());
    }
    println!("a cancel in {shortest:?}");
    assert!(shortest < Duration::from_millis(100), "{shortest:?}");
}

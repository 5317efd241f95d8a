//! Everything that tasks measure, from the engine.

use crate::support::{Driver, cpu, shot};
use zscape::engine::{Event, Job, JobId, ModelInfo};
use zscape::latent::neighbours::nearest;
use zscape::model::measurement::Measurement;

fn submit(driver: &Driver, model: &ModelInfo, expressions: &[&str]) -> JobId {
    driver.engine.submit(Job::Examine {
        shots: expressions
            .iter()
            .map(|text| shot(&model.id, text))
            .collect(),
        names: Default::default(),
    })
}

fn examine(driver: &Driver, model: &ModelInfo, expressions: &[&str]) -> Vec<Measurement> {
    let job = submit(driver, model, expressions);
    driver.wait("specimens", |event| match event {
        Event::Examined {
            job: of,
            measurements,
        } if of == job => Some(measurements),
        Event::JobFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    })
}

#[test]
fn the_judge_knows_the_class_means() {
    let driver = cpu();
    let model = driver.load("digits-vae2");
    let names: Vec<String> = (0..10).map(|digit| format!("@digit-{digit}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = examine(&driver, &model, &names);
    assert_eq!(found.len(), 10);
    let judged: Vec<(usize, f32)> = found
        .iter()
        .filter_map(|measurement| measurement.judged.as_ref()?.class())
        .collect();
    assert_eq!(judged.len(), 10);
    let right = judged
        .iter()
        .enumerate()
        .filter(|(k, (class, _))| k == class);
    // In two dimensions some classes lie upon one another.
    assert!(right.count() >= 7, "{judged:?}");
    for (_, probability) in &judged {
        assert!((0.1..=1.0).contains(probability));
    }
}

#[test]
fn errors_and_neighbours_are_those_of_the_other_jobs() {
    let driver = cpu();
    let model = driver.load("digits-vae2");
    let measurement = examine(&driver, &model, &["seed(3)"]).remove(0);
    let job = driver.engine.submit(Job::Encode {
        model: model.id.clone(),
        picture: measurement.picture.clone().into(),
    });
    let encoding = driver.wait("an encoding", |event| match event {
        Event::Encoded { job: of, encoding } if of == job => Some(encoding),
        _ => None,
    });
    let mse = measurement.reconstruction_mse.expect("there is an encoder");
    assert!(
        (mse - encoding.mse).abs() <= 1e-6,
        "{mse} and {}",
        encoding.mse
    );
    assert!(mse > 0.0);
    let rows = model.encoded.iter().map(|(row, _)| row.as_slice());
    let near = nearest(measurement.code.values.reals(), rows, 1);
    assert_eq!(
        measurement.nearest,
        near.first().map(|neighbour| neighbour.distance)
    );
    let job = driver.engine.submit(Job::Decode {
        shots: vec![shot(&model.id, "seed(3)")],
        names: Default::default(),
    });
    assert_eq!(measurement.picture, driver.pictures(job));
}

#[test]
fn many_are_examined_in_order_and_none_at_once() {
    let driver = cpu();
    let model = driver.load("digits-gan");
    let texts: Vec<String> = (0..19).map(|seed| format!("seed({seed})")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let all = examine(&driver, &model, &texts);
    assert_eq!(all.len(), 19);
    for (place, text) in texts.iter().enumerate().step_by(9) {
        let alone = examine(&driver, &model, &[text]).remove(0);
        assert_eq!(alone.code, all[place].code);
        assert_eq!((alone.reconstruction_mse, alone.nearest), (None, None));
        let class = |it: &Measurement| it.judged.as_ref()?.class().map(|(class, _)| class);
        assert_eq!(class(&alone), class(&all[place]));
    }
}

#[test]
fn clothes_have_no_judge_and_nonsense_is_a_sentence() {
    let driver = cpu();
    let model = driver.load("fashion-vae");
    let coat = examine(&driver, &model, &["@coat"]).remove(0);
    assert_eq!(coat.judged, None);
    assert!(coat.reconstruction_mse.is_some() && coat.nearest.is_some());
    let job = submit(&driver, &model, &["@coat", "@digit-3"]);
    let message = driver.wait("a refusal", |event| match event {
        Event::JobFailed { job: of, fault } if of == job => Some(fault.to_string()),
        Event::Examined { .. } => panic!("there is no such code"),
        _ => None,
    });
    assert!(message.contains("@digit-3"), "{message}");
}

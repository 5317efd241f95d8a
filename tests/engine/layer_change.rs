//! What each layer of styles changes: measured, joined, cancelled.

use crate::support::{Driver, cpu, shot};
use std::ops::Range;
use zscape::engine::{Event, Job, ModelInfo};
use zscape::model::layer_change::LayerChange;

fn measure(driver: &Driver, model: &ModelInfo, pairs: Range<u32>) -> LayerChange {
    let job = driver.engine.submit(Job::LayerChange {
        model: model.id.clone(),
        pairs,
    });
    let mut progress = (0, 0);
    driver.wait("the change by layer", |event| match event {
        Event::Progress {
            job: of,
            done,
            total,
        } if of == job => {
            assert!(done > progress.0, "progress grows");
            progress = (done, total);
            None
        }
        Event::LayerChange { job: of, change } if of == job => {
            assert_eq!(progress.0, progress.1, "all pairs are done");
            Some(change)
        }
        Event::JobFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    })
}

/// The same from outside, by the language.
fn by_expressions(driver: &Driver, model: &ModelInfo, pairs: Range<u32>, layers: &str) -> f32 {
    let len = model.manifest.image.len();
    let (mut sum, mut count) = (0.0, 0.0);
    for pair in pairs {
        let (a, b) = (2 * pair, 2 * pair + 1);
        let texts = [
            format!("seed({a})"),
            format!("mix(seed({a}), seed({b}), {layers})"),
        ];
        let job = driver.engine.submit(Job::Decode {
            shots: texts.map(|text| shot(&model.id, &text)).to_vec(),
            names: Default::default(),
        });
        let pictures = driver.pictures(job);
        let (own, mixed) = pictures.split_at(len);
        let squares = own.iter().zip(mixed).map(|(a, b)| (a - b).powi(2));
        sum += squares.sum::<f32>() / len as f32;
        count += 1.0;
    }
    (sum / count).sqrt()
}

#[test]
fn the_change_by_layer_is_that_of_mixed_pictures() {
    let driver = cpu();
    let model = driver.load_random_style();
    let whole = measure(&driver, &model, 0..4);
    assert_eq!(whole.pairs(), 4);
    let layers = whole.layers();
    assert_eq!(layers.len(), 7);
    assert!(layers.iter().all(|&change| change > 0.0), "{layers:?}");
    for (found, range) in [
        (layers[0], "layers 0"),
        (layers[6], "layers 6"),
        (whole.scales()[0], "layers 0..2"),
        (whole.scales()[2], "layers 4..7"),
    ] {
        let expected = by_expressions(&driver, &model, 0..4, range);
        assert!(
            (found / expected - 1.0).abs() < 1e-3,
            "{range}: {found}, not {expected}"
        );
    }
    // Parts joined are the whole.
    let mut joined = measure(&driver, &model, 0..1);
    joined.join(&measure(&driver, &model, 1..4));
    for (a, b) in joined.layers().iter().zip(&layers) {
        assert!((a - b).abs() < 1e-6);
    }
}

#[test]
fn it_can_be_cancelled_and_refuses_what_has_no_styles() {
    let driver = cpu();
    let model = driver.load_random_style();
    let job = driver.engine.submit(Job::LayerChange {
        model: model.id.clone(),
        pairs: 0..5000,
    });
    driver.wait("the first progress", |event| {
        matches!(event, Event::Progress { .. }).then_some(())
    });
    driver.engine.cancel(job);
    driver.wait("the cancel", |event| match event {
        Event::JobCancelled { job: of } => (of == job).then_some(()),
        Event::LayerChange { .. } => panic!("it went on to its end"),
        _ => None,
    });
    let plain = driver.load("digits-gan");
    for (model, pairs, part) in [
        (&plain, 0..2, "no styles"),
        (&model, 0..u32::MAX, "too many"),
    ] {
        let job = driver.engine.submit(Job::LayerChange {
            model: model.id.clone(),
            pairs,
        });
        let message = driver.wait("a failure", |event| match event {
            Event::JobFailed { job: of, fault } if of == job => Some(fault.to_string()),
            _ => None,
        });
        assert!(message.contains(part), "{message}");
    }
}

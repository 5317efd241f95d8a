//! Every scene of the built-in questions opens: its model is there, its expression has a value,
//! and its picture shows something.

use crate::support::cpu;
use std::collections::BTreeMap;
use zscape::engine::{Event, Job};
use zscape::latent::Shot;
use zscape::latent::expr::Expr;
use zscape::learn::Bank;
use zscape::model::catalogue;

#[test]
fn every_learning_scene_has_a_picture() {
    let bank = Bank::built_in();
    let mut scenes: BTreeMap<&str, Vec<(&str, Expr)>> = BTreeMap::new();
    for question in bank.questions() {
        let Some(scene) = &question.scene else {
            continue;
        };
        let of_model = scenes.entry(&scene.model).or_default();
        of_model.push((&question.id, scene.expression.expr.clone()));
    }
    // Scenes of models that are still to come are greyed in the window.
    scenes.retain(|model, _| catalogue::find(model).is_some());
    let count: usize = scenes.values().map(Vec::len).sum();
    assert!(count >= 40, "{count} scenes");
    let driver = cpu();
    for (name, scenes) in scenes {
        let model = driver.load(name);
        let shots = scenes
            .iter()
            .map(|(_, expression)| Shot::new(model.id.clone(), expression.clone()));
        let job = driver.engine.submit(Job::Examine {
            shots: shots.collect(),
            names: Default::default(),
        });
        let measurements = driver.wait("specimens", |event| match event {
            Event::Examined {
                job: of,
                measurements,
            } if of == job => Some(measurements),
            Event::JobFailed { fault, .. } => panic!("a scene of {name}: {fault}"),
            _ => None,
        });
        assert_eq!(measurements.len(), scenes.len());
        for ((id, _), measurement) in scenes.iter().zip(&measurements) {
            let values = measurement.picture.iter().copied();
            let (low, high) = values.fold((f32::MAX, f32::MIN), |(low, high), value| {
                (low.min(value), high.max(value))
            });
            assert!(high - low > 0.1, "{id}: {low} to {high}");
        }
    }
}

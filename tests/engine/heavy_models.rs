//! Models of other people that take much work: what is measured of them is bounded, and their
//! pictures can be cancelled.

use crate::support::Driver;
use serde_json::json;
use zscape::engine::{BenchTarget, DeviceChoice, Event, Job, ModelSource};
use zscape::model::file::{StoredTensor, checked_networks};
use zscape::model::manifest::Manifest;
use zscape::model::{ModelFile, catalogue};

/// A generator whose decoder has `convolutions` of so many channels, with the shapes of its tensors.
fn heavy(channels: usize, convolutions: usize) -> (Manifest, Vec<(String, Vec<usize>)>) {
    let entry = catalogue::find("digits-gan").expect("it is built in");
    let sound = ModelFile::from_bytes(entry.bytes).expect("a shipped file is sound");
    let mut layers = vec![
        json!({"layer": "dense", "outputs": 784}),
        json!({"layer": "reshape", "channels": 1, "height": 28, "width": 28}),
    ];
    let mut shapes = vec![
        ("decoder.0.weight".to_owned(), vec![64, 784]),
        ("decoder.0.bias".to_owned(), vec![784]),
    ];
    let mut from = 1;
    for to in std::iter::repeat_n(channels, convolutions).chain([1]) {
        let number = layers.len();
        layers.push(json!({"layer": "conv", "channels": to, "kernel": 3, "stride": 1}));
        shapes.push((format!("decoder.{number}.weight"), vec![to, from, 3, 3]));
        shapes.push((format!("decoder.{number}.bias"), vec![to]));
        from = to;
    }
    layers.push(json!({"layer": "sigmoid"}));
    let mut manifest = serde_json::to_value(&sound.manifest).expect("it is JSON");
    manifest["networks"]["decoder"]["layers"] = layers.into();
    let manifest = serde_json::from_value(manifest).expect("it is a manifest");
    (manifest, shapes)
}

#[test]
fn what_takes_minutes_is_not_measured_and_can_be_cancelled() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("heavy.safetensors");
    // 4 billion multiplications for a picture: 1,024 of them would take minutes.
    let (manifest, shapes) = heavy(512, 3);
    let zeros = shapes.into_iter().map(|(name, shape)| {
        let values = vec![0.0; shape.iter().product()];
        (name, StoredTensor { shape, values })
    });
    let written = ModelFile::write(&path, &manifest, &zeros.collect());
    written.expect("the folder is there");
    let driver = Driver::new(DeviceChoice::Cpu, None);
    driver.engine.load(ModelSource::File(path));
    let model = driver.wait("the model is loaded", |event| match event {
        Event::Loaded(info) => Some(info),
        Event::LoadFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    });
    // Its axes are there, in their own order.
    let own: Vec<(usize, f32)> = (0..64).map(|axis| (axis, 0.0)).collect();
    assert_eq!(model.ranked_dims, own);
    assert!(!model.has_measured_axes(model.start));
    let job = driver.engine.submit(Job::Bench {
        model: model.id.clone(),
        what: BenchTarget::Decode { batch: 64 },
        repeats: 1000,
    });
    driver.engine.cancel(job);
    driver.wait("the end of the job", |event| match event {
        Event::JobCancelled { job: of } if of == job => Some(()),
        _ => None,
    });
}

#[test]
fn work_without_bound_is_refused() {
    // More than a trillion multiplications for one picture.
    let (manifest, _) = heavy(4096, 12);
    let fault = checked_networks(&manifest).expect_err("it takes minutes");
    assert!(fault.contains("multiplications"), "{fault}");
}

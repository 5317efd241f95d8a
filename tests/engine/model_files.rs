//! Model files that are broken or mean harm: one sentence each, never a panic.

use proptest::prelude::*;
use std::collections::HashMap;
use zscape::model::{ModelFile, catalogue};

fn sound() -> &'static [u8] {
    catalogue::find("digits-judge")
        .expect("the judge ships")
        .bytes
}

/// The header and the data of a file.
fn split(bytes: &[u8]) -> (serde_json::Value, &[u8]) {
    let len = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    (
        serde_json::from_slice(&bytes[8..8 + len]).expect("a header"),
        &bytes[8 + len..],
    )
}

fn join(header: &serde_json::Value, data: &[u8]) -> Vec<u8> {
    let header = header.to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// A file with a changed manifest.
fn with_manifest(bytes: &[u8], change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    let (mut header, data) = split(bytes);
    let text = header["__metadata__"]["zscape"]
        .as_str()
        .expect("a manifest")
        .to_owned();
    let mut manifest = serde_json::from_str(&text).expect("JSON");
    change(&mut manifest);
    header["__metadata__"]["zscape"] = manifest.to_string().into();
    join(&header, data)
}

fn refused(bytes: &[u8]) -> String {
    let message = ModelFile::from_bytes(bytes)
        .expect_err("the file is broken")
        .to_string();
    assert!(!message.contains('\n'), "{message:?} is more than one line");
    message
}

#[track_caller]
fn assert_refused(bytes: &[u8], part: &str) {
    let message = refused(bytes);
    assert!(
        message.contains(part),
        "{message:?} should contain {part:?}"
    );
}

#[test]
fn every_shipped_file_is_sound_and_says_what_it_is() {
    for entry in catalogue::entries() {
        let file = ModelFile::from_bytes(entry.bytes).expect("a shipped file is sound");
        assert_eq!(file.manifest.name, entry.name);
        assert_eq!(file.hash.len(), 64);
        assert!(
            !file.manifest.quality.is_empty(),
            "{} was never measured",
            entry.name
        );
        assert!(!file.manifest.training.recipe.is_empty());
    }
}

#[test]
fn broken_containers_are_refused() {
    let bytes = sound();
    assert_refused(&[], "it is empty");
    assert_refused(&bytes[..bytes.len() - 1], "cut short");
    assert_refused(&bytes[..100], "header");
    let mut huge = bytes.to_vec();
    huge[..8].copy_from_slice(&10_000_000_000u64.to_le_bytes());
    assert_refused(&huge, "unknown kind");
    assert_refused(b"not a model file at all", "it is a text, not a model file");
    let mut longer = bytes.to_vec();
    longer.extend([1, 2, 3]);
    assert_refused(&longer, "3 bytes follow its tensors");
    let (mut header, data) = split(bytes);
    header["__metadata__"] = serde_json::json!({});
    assert_refused(&join(&header, data), "manifest");
}

#[test]
fn manifests_that_lie_are_refused() {
    let bytes = sound();
    assert_refused(
        &with_manifest(bytes, |m| m["format_version"] = 99.into()),
        "version is 99",
    );
    for (field, text, fault) in [
        (
            "name",
            "a\u{1b}[31mb".to_owned(),
            "its name has control characters",
        ),
        ("name", "x".repeat(101), "its name is longer than 100"),
        (
            "title",
            "two\nlines".to_owned(),
            "its title has control characters",
        ),
        (
            "summary",
            "x".repeat(1001),
            "its summary is longer than 1000",
        ),
    ] {
        assert_refused(
            &with_manifest(bytes, |m| m[field] = text.clone().into()),
            fault,
        );
    }
    assert_refused(
        &with_manifest(bytes, |m| m["family"] = "oracle".into()),
        "oracle",
    );
    assert_refused(
        &with_manifest(bytes, |m| m["family"] = "gan".into()),
        "decoder",
    );
    assert_refused(
        &with_manifest(bytes, |m| m["classes"] = serde_json::json!([])),
        "gives 10",
    );
    assert_refused(
        &with_manifest(bytes, |m| m["image"]["width"] = 29.into()),
        "numbers",
    );
    assert_refused(
        &with_manifest(bytes, |m| m["image"] = "large".into()),
        "manifest",
    );
    let layer = |m: &mut serde_json::Value| m["networks"]["classifier"]["layers"][0].take();
    assert_refused(&with_manifest(bytes, |m| drop(layer(m))), "manifest");
    let channels = |channels: u64| {
        with_manifest(bytes, move |m| {
            m["networks"]["classifier"]["layers"][0]["channels"] = channels.into();
        })
    };
    assert_refused(&channels(33), "shape");
    assert_refused(&channels(0), "zero");
    assert_refused(&channels(1 << 62), "larger");
}

#[test]
fn tensors_that_do_not_fit_are_refused() {
    let bytes = sound();
    let (header, data) = split(bytes);
    let name = "classifier.0.weight";
    let mut missing = header.clone();
    let taken = missing
        .as_object_mut()
        .and_then(|entries| entries.remove(name));
    missing["classifier.0.wait"] = taken.expect("the tensor is there");
    assert_refused(&join(&missing, data), "is missing");
    let mut integers = header.clone();
    integers[name]["dtype"] = "I16".into();
    assert_refused(&join(&integers, data), "I16");
    let mut extra = header.clone();
    extra["mystery"] = serde_json::json!({"dtype": "F16", "shape": [2], "data_offsets": [data.len(), data.len() + 4]});
    let longer = [data, &[0; 4]].concat();
    assert_refused(&join(&extra, &longer), "mystery");
    let start = header[name]["data_offsets"][0].as_u64().expect("an offset") as usize;
    for (bits, value) in [(0x7e00u16, "NaN"), (0x7c00, "inf")] {
        let mut data = data.to_vec();
        data[start + 6..start + 8].copy_from_slice(&bits.to_le_bytes());
        assert_refused(&join(&header, &data), value);
        assert_refused(&join(&header, &data), "position 3");
    }
}

#[test]
fn a_file_without_our_manifest_is_named_as_such() {
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1], &[0; 4])
        .expect("a tensor");
    let none: Option<HashMap<String, String>> = None;
    let bytes = safetensors::serialize([("weight", view)], none).expect("a file");
    assert_refused(&bytes, "no zscape manifest");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files_never_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        in_header in any::<bool>(),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = sound().to_vec();
        let header = 8 + u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
        let end = if in_header { header } else { bytes.len() };
        for (index, byte) in edits {
            bytes[index.index(end)] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        // Either answer is right; a panic or an abort is not.
        if let Err(error) = ModelFile::from_bytes(&bytes) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn a_record_of_directions_must_fit_the_tensors() {
    let gan = catalogue::find("digits-gan").expect("it ships").bytes;
    let record = |version: u32, flips: serde_json::Value| {
        serde_json::json!({
            "version": version,
            "judge": "digits-judge",
            "judge_hash": "",
            "samples": 100,
            "measured": 10,
            "seed": 0,
            "sigma": 2.0,
            "directions": [{
                "name": "absent",
                "space": "z",
                "method": "probe",
                "flips": flips,
                "others_total": 0.0,
                "picture_change": 0.1,
                "score": 0.1,
                "is_best": true,
            }],
        })
    };
    let with = |record| with_manifest(gan, |manifest| manifest["directions"] = record);
    assert_refused(&with(record(1, 0.1.into())), "\"absent\" in z");
    assert_refused(&with(record(1, 1e300.into())), "not finite");
    assert_refused(&with(record(1, "many".into())), "manifest cannot be read");
    // What a later program wrote is passed over, and the model is as good as before.
    let later = ModelFile::from_bytes(&with(record(9, "many".into()))).expect("it is sound");
    assert_eq!(later.manifest.directions, None);
}

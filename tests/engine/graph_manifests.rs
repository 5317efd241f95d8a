//! Manifests whose networks are graphs: what follows from them, and what is refused.

use serde_json::{Value, json};
use zscape::model::Wiring;
use zscape::model::file::checked_networks;
use zscape::model::manifest::Manifest;

use crate::graph_files::{
    ASKED, CODES, HIDDEN, JUDGE, LAID_OUT, MAPPED, PICTURE, RESIDUAL, manifest,
};

/// A change of a manifest.
type Change = fn(&mut Value);

/// A classifier without a second output is compared by what its last node takes of the picture,
/// wherever constants stand and whatever its scores are called.
#[test]
fn a_classifier_has_features_of_the_picture() {
    let add = |inputs: [&str; 2]| {
        json!([
            {"name": "bias", "operation": {"op": "constant", "shape": [3]}, "inputs": []},
            {"name": "sum", "operation": {"op": "add"}, "inputs": inputs},
        ])
    };
    let features = |nodes: Value, output: Value| {
        let mut manifest = manifest(JUDGE);
        let classifier = &mut manifest["networks"]["classifier"];
        let all = classifier["nodes"].as_array_mut().expect("a list");
        all.extend(nodes.as_array().expect("a list").iter().cloned());
        classifier["outputs"] = json!([output]);
        let manifest: Manifest = serde_json::from_value(manifest).expect("it is a manifest");
        let networks = Wiring::of(&manifest).unwrap_or_else(|fault| panic!("{output}: {fault}"));
        let plan = networks.classifier.expect("it is a classifier").plan;
        let [scores, features] = plan.outputs[..] else {
            panic!("{output}: scores and features, not {:?}", plan.spec.outputs);
        };
        assert_eq!(plan.values[scores].shape, [3]);
        plan.name(features).to_owned()
    };
    let sum = json!({"name": "scores", "value": "sum"});
    assert_eq!(features(add(["bias", "scores"]), sum.clone()), "scores");
    assert_eq!(features(add(["scores", "bias"]), sum), "scores");
    for name in ["scores", "features"] {
        let output = json!({"name": name, "value": "scores"});
        assert_eq!(features(json!([]), output), "mean");
    }
}

/// Manifests that are at odds with themselves are refused in one sentence.
#[test]
fn contradictions_are_named() {
    let check = |name: &str, change: Change| {
        let mut manifest = manifest(name);
        change(&mut manifest);
        let manifest: Manifest = serde_json::from_value(manifest).expect("it is a manifest");
        let found = checked_networks(&manifest);
        found.map(drop).expect_err("it is at odds with itself")
    };
    let cases: [(&str, Change, &str); 31] = [
        (
            LAID_OUT,
            |m| drop(m["entries"].as_array_mut().expect("a list").pop()),
            "it names 31 entries of 32",
        ),
        (
            LAID_OUT,
            |m| m["entries"][1]["name"] = json!("part 0"),
            "two entries are called \"part 0\"",
        ),
        (
            LAID_OUT,
            |m| m["entries"][1]["name"] = json!("a\u{1b}[31m"),
            "has control characters",
        ),
        (
            RESIDUAL,
            |m| m["entries"] = json!([{"name": "one", "colour": [0, 0, 0]}]),
            "it has no grids of indices",
        ),
        (
            LAID_OUT,
            |m| m["spaces"]["codes"]["levels"] = json!(16),
            "it names 32 entries of 16",
        ),
        (
            ASKED,
            |m| m["networks"]["decoder"]["inputs"][1]["shape"] = json!([4]),
            "second input must be \"condition\", of the shape [3]",
        ),
        (
            ASKED,
            |m| drop(m.as_object_mut().expect("an object").remove("conditions")),
            "\"condition\" is not shared",
        ),
        (
            ASKED,
            |m| m["conditions"]["words"] = json!(["a", "b", "a"]),
            "it has the condition \"a\" twice",
        ),
        (
            ASKED,
            |m| m["conditions"]["exclusive"][0][1] = json!("shoes"),
            "\"shoes\", which is to go with no other word, is not a word",
        ),
        (
            ASKED,
            |m| m["conditions"]["exclusive"] = json!(vec![["hat", "red hair"]; 99]),
            "it has 99 pairs of words",
        ),
        (
            ASKED,
            |m| m["conditions"]["words"] = json!([]),
            "it has 0 words of conditions",
        ),
        (
            RESIDUAL,
            |m| m["conditions"] = json!({"kind": "classes", "words": ["a"]}),
            "second input must be \"condition\"",
        ),
        (
            RESIDUAL,
            |m| m["spaces"]["z"]["dim"] = json!(11),
            "input \"z\" has the shape [12], but codes in z have [11]",
        ),
        (
            RESIDUAL,
            |m| m["networks"]["decoder"]["inputs"][0]["name"] = json!("y"),
            "takes \"z\", which no input",
        ),
        (
            RESIDUAL,
            |m| m["networks"]["decoder"]["inputs"][1]["shared"] = json!(false),
            "\"grain\" is not shared",
        ),
        (
            RESIDUAL,
            |m| m["spaces"]["w"] = json!({"kind": "vector", "dim": 4}),
            "no way leads from w to the decoder",
        ),
        (
            RESIDUAL,
            |m| m["image"]["width"] = json!(17),
            "the decoder gives 768 numbers, not 816",
        ),
        (
            RESIDUAL,
            |m| m["networks"]["encoder"]["outputs"][0]["name"] = json!("mu"),
            "first output \"mu\" is named after no space",
        ),
        (
            RESIDUAL,
            |m| m["networks"]["classifier"] = json!({"input": [1], "layers": []}),
            "a classifier does not belong to this family",
        ),
        (
            RESIDUAL,
            |m| m["networks"]["decoder"]["outputs"][0]["value"] = json!("strength"),
            "does not depend on what it takes",
        ),
        (
            CODES,
            |m| m["spaces"]["codes"]["levels"] = json!(0),
            "codebook of codes has 0 entries",
        ),
        (
            CODES,
            |m| {
                m["maps"] =
                    json!([{"from": "z", "to": "codes", "network": {"input": [1], "layers": []}}])
            },
            "a map leads from z to codes, but it has no z space",
        ),
        (
            MAPPED,
            |m| {
                let map = m["maps"][0].clone();
                m["maps"].as_array_mut().expect("a list").push(map);
            },
            "z is mapped to w and to w",
        ),
        (
            MAPPED,
            |m| m["maps"][0]["to"] = json!("z"),
            "no way leads from z to the decoder",
        ),
        (
            MAPPED,
            |m| m["maps"] = json!([]),
            "no way leads from z to the decoder",
        ),
        (
            RESIDUAL,
            |m| {
                m["maps"] =
                    json!([{"from": "z", "to": "z", "network": {"input": [1], "layers": []}}])
            },
            "z is decoded, but leads on to z",
        ),
        (
            HIDDEN,
            |m| {
                let back = json!({"from": "h", "to": "z", "network": {"input": [1], "layers": []}});
                m["maps"].as_array_mut().expect("a list").push(back);
            },
            "h is decoded, but leads on to z",
        ),
        (
            MAPPED,
            |m| m["spaces"]["w"]["dim"] = json!(11),
            "no way leads from z to the decoder",
        ),
        (
            MAPPED,
            |m| m["maps"][0]["network"]["nodes"][3]["operation"]["outputs"] = json!(9),
            "the map from z to w gives 9 numbers, not 10",
        ),
        (
            PICTURE,
            |m| {
                let wide = json!({"op": "conv", "channels": 400_000, "kernel": [3, 3],
                    "window": {"padding": [1, 1, 1, 1]}});
                let narrow = json!({"op": "conv", "channels": 8, "kernel": [1, 1]});
                m["networks"]["decoder"]["nodes"][0] =
                    json!({"name": "wide", "operation": wide, "inputs": ["x"]});
                let nodes = m["networks"]["decoder"]["nodes"]
                    .as_array_mut()
                    .expect("a list");
                nodes.insert(
                    1,
                    json!({"name": "conv", "operation": narrow, "inputs": ["more"]}),
                );
                nodes.insert(
                    1,
                    json!({"name": "more", "operation": {"op": "resize", "height": 32, "width": 32},
                        "inputs": ["wide"]}),
                );
            },
            "the shape [400000, 32, 32] is larger",
        ),
        (
            JUDGE,
            |m| m["classes"] = json!(["one"]),
            "the classifier gives 3 numbers, not 1",
        ),
    ];
    for (name, change, part) in cases {
        let fault = check(name, change);
        assert!(fault.contains(part), "{name}: {fault} has no {part:?}");
        assert_eq!(fault.lines().count(), 1);
    }
}

/// Work and memory have a bound that no file can leave.
#[test]
fn work_and_memory_are_bounded() {
    let check = |nodes: Vec<Value>, value: &str| {
        let mut manifest = manifest(PICTURE);
        let decoder = &mut manifest["networks"]["decoder"];
        let all = decoder["nodes"].as_array_mut().expect("a list");
        all.extend(nodes);
        all.push(
            json!({"name": "end", "operation": {"op": "resize", "height": 16, "width": 16},
            "inputs": [value]}),
        );
        decoder["outputs"][0]["value"] = json!("end");
        let manifest: Manifest = serde_json::from_value(manifest).expect("it is a manifest");
        let found = checked_networks(&manifest);
        found.map(drop).expect_err("it is too much")
    };
    let big = |name: &str, from: &str| {
        json!({"name": name, "operation": {"op": "resize", "height": 8000, "width": 8000},
            "inputs": [from]})
    };
    let sum = json!({"name": "sum", "operation": {"op": "add"}, "inputs": ["a", "b"]});
    let fault = check(vec![big("a", "out"), big("b", "out"), sum], "sum");
    assert!(fault.contains("the decoder keeps"), "{fault}");
    // Products of large squares, one after the other.
    let square = json!({"op": "slice", "axis": 0, "start": 0, "end": 1});
    let mut nodes = vec![
        json!({"name": "one", "operation": square, "inputs": ["out"]}),
        json!({"name": "s0", "operation": {"op": "resize", "height": 8000, "width": 8000},
            "inputs": ["one"]}),
    ];
    for step in 0..10 {
        let (from, to) = (format!("s{step}"), format!("s{}", step + 1));
        nodes.push(json!({"name": to, "operation": {"op": "mat_mul"}, "inputs": [from, from]}));
    }
    let fault = check(nodes, "s10");
    assert!(fault.contains("multiplications"), "{fault}");
}

//! Specifications that lie are refused in a sentence, before anything is allocated.

use super::reference::cases;
use zscape::model::graph::{GraphPlan, GraphSpec, MAX_NODES, NodeSpec, plan};

fn graph(text: &str) -> Result<GraphPlan, String> {
    let spec: GraphSpec = serde_json::from_str(text).map_err(|error| error.to_string())?;
    plan(&spec)
}

/// One node called `n` on inputs of these shapes.
fn single(operation: &str, shapes: &[&str]) -> Result<GraphPlan, String> {
    let inputs: Vec<String> = shapes
        .iter()
        .enumerate()
        .map(|(at, shape)| format!(r#"{{"name": "x{at}", "shape": {shape}}}"#))
        .collect();
    let names: Vec<String> = (0..shapes.len()).map(|at| format!(r#""x{at}""#)).collect();
    graph(&format!(
        r#"{{"inputs": [{}], "nodes": [{{"name": "n", "operation": {operation}, "inputs": [{}]}}],
            "outputs": [{{"name": "y", "value": "n"}}]}}"#,
        inputs.join(","),
        names.join(",")
    ))
}

#[track_caller]
fn assert_refused(found: Result<GraphPlan, String>, part: &str) {
    let fault = found.expect_err("the graph lies");
    assert!(fault.contains(part), "{fault:?} should contain {part:?}");
    // The longest lists all operations that there are.
    assert!(fault.len() < 800 && !fault.contains('\n'), "{fault:?}");
}

#[test]
fn nodes_that_lie_are_named() {
    let image = "[3, 8, 8]";
    for (operation, shapes, part) in [
        (r#"{"op": "linear", "outputs": 0}"#, &["[4]"][..], "zero"),
        (
            r#"{"op": "linear", "outputs": 18446744073709551615}"#,
            &["[4]"],
            "larger",
        ),
        (r#"{"op": "relu"}"#, &["[4]"], "unknown variant"),
        (
            r#"{"op": "linear", "outputs": 3, "gain": 2}"#,
            &["[4]"],
            "unknown field",
        ),
        (
            r#"{"op": "conv", "channels": 4, "kernel": [3, 3]}"#,
            &["[3, 2, 8]"],
            "larger than 2x8",
        ),
        (
            r#"{"op": "conv", "channels": 4, "kernel": [3, 3]}"#,
            &["[12]"],
            "[channels, height, width]",
        ),
        (
            r#"{"op": "conv", "channels": 4, "kernel": [3, 0]}"#,
            &[image],
            "at least 1",
        ),
        (
            r#"{"op": "conv", "channels": 4, "kernel": [3, 3], "window": {"stride": [0, 1]}}"#,
            &[image],
            "at least 1",
        ),
        (
            r#"{"op": "conv", "channels": 4, "kernel": [3, 18446744073709551615]}"#,
            &[image],
            "more than 1024",
        ),
        (
            r#"{"op": "conv", "channels": 4, "kernel": [3, 3], "groups": 2}"#,
            &[image],
            "not 2 groups",
        ),
        (
            r#"{"op": "conv", "channels": 4, "kernel": [3, 3], "groups": 0}"#,
            &[image],
            "0 groups",
        ),
        (
            r#"{"op": "conv_transpose", "channels": 4, "kernel": [2, 2], "window": {"padding": [9, 0, 9, 0]}}"#,
            &[image],
            "cuts everything",
        ),
        (
            r#"{"op": "conv_transpose", "channels": 4, "kernel": [2, 2], "output_padding": [1, 0]}"#,
            &[image],
            "output padding",
        ),
        (
            r#"{"op": "modulated_conv", "channels": 4, "kernel": 3}"#,
            &[image, "[4]"],
            "style of [3]",
        ),
        (
            r#"{"op": "modulated_conv", "channels": 4, "kernel": 2}"#,
            &[image, "[3]"],
            "odd with up 1",
        ),
        (
            r#"{"op": "modulated_conv", "channels": 4, "kernel": 3}"#,
            &[image],
            "takes 2 values",
        ),
        (
            r#"{"op": "group_norm", "groups": 2}"#,
            &[image],
            "not 2 groups",
        ),
        (r#"{"op": "layer_norm", "axes": 4}"#, &[image], "no 4 axes"),
        (
            r#"{"op": "batch_norm", "epsilon": -1}"#,
            &[image],
            "epsilon",
        ),
        (r#"{"op": "softmax", "axis": 3}"#, &[image], "no axis 3"),
        (
            r#"{"op": "add"}"#,
            &["[3, 4]", "[4, 3]"],
            "cannot be broadcast",
        ),
        (r#"{"op": "add"}"#, &["[3]"], "takes 2 values"),
        (
            r#"{"op": "concatenate", "axis": 0}"#,
            &["[3, 4]", "[3, 5]"],
            "cannot be joined",
        ),
        (
            r#"{"op": "slice", "axis": 0, "start": 2, "end": 2}"#,
            &[image],
            "2..2",
        ),
        (
            r#"{"op": "slice", "axis": 0, "start": 0, "end": 4}"#,
            &[image],
            "0..4",
        ),
        (
            r#"{"op": "reshape", "shape": [3, 63]}"#,
            &[image],
            "192 numbers",
        ),
        (
            r#"{"op": "reshape", "shape": [3, 2, 2, 4, 4]}"#,
            &[image],
            "5 axes",
        ),
        (
            r#"{"op": "permute", "order": [0, 1, 1]}"#,
            &[image],
            "no order",
        ),
        (
            r#"{"op": "pad", "padding": [8, 0, 0, 0], "mode": "reflect"}"#,
            &[image],
            "cannot mirror",
        ),
        (
            r#"{"op": "resize", "height": 1000000, "width": 1}"#,
            &[image],
            "cannot be resampled",
        ),
        (
            r#"{"op": "average_pool", "kernel": [2, 2], "window": {"padding": [2, 0, 0, 0]}}"#,
            &[image],
            "half the window",
        ),
        (r#"{"op": "resample", "taps": []}"#, &[image], "0 taps"),
        (
            r#"{"op": "resample", "taps": [1], "up": 100}"#,
            &[image],
            "1 to 64",
        ),
        (
            r#"{"op": "pixel_shuffle", "factor": 2}"#,
            &[image],
            "cannot be shuffled",
        ),
        (
            r#"{"op": "pixel_shuffle", "factor": 4294967296}"#,
            &[image],
            "cannot be shuffled",
        ),
        (r#"{"op": "haar"}"#, &["[1, 3, 4]"], "odd side"),
        (
            r#"{"op": "embedding", "count": 0, "features": 4}"#,
            &["[1]"],
            "zero",
        ),
        (
            r#"{"op": "time_embedding", "features": 2, "shift": 1}"#,
            &["[1]"],
            "no frequencies",
        ),
        (
            r#"{"op": "attention", "heads": 3}"#,
            &["[2, 4]", "[2, 4]", "[2, 4]"],
            "not 3 heads",
        ),
        (
            r#"{"op": "attention", "heads": 1}"#,
            &["[100000, 1]", "[100000, 1]", "[100000, 1]"],
            "larger",
        ),
        (r#"{"op": "mat_mul"}"#, &["[2, 3]", "[2, 3]"], "no product"),
        (
            r#"{"op": "pointwise", "function": {"clamp": {"min": 1, "max": 0}}}"#,
            &["[2]"],
            "nothing from 1 to 0",
        ),
        (
            r#"{"op": "scale", "factor": 1e999}"#,
            &["[2]"],
            "number out of range",
        ),
    ] {
        let found = single(operation, shapes);
        assert_refused(found, part);
    }
    let fault = single(r#"{"op": "haar"}"#, &["[1, 3, 4]"]).expect_err("the side is odd");
    assert!(fault.starts_with("node \"n\": "), "{fault}");
}

#[test]
fn wiring_that_lies_is_named() {
    let x = r#"{"name": "x", "shape": [2]}"#;
    let relu = |name: &str, from: &str| {
        format!(
            r#"{{"name": "{name}", "operation": {{"op": "pointwise", "function": "relu"}}, "inputs": ["{from}"]}}"#
        )
    };
    let of = |inputs: &str, nodes: &[String], output: &str| {
        graph(&format!(
            r#"{{"inputs": [{inputs}], "nodes": [{}], "outputs": [{{"name": "y", "value": "{output}"}}]}}"#,
            nodes.join(",")
        ))
    };
    assert!(of(x, &[relu("a", "x"), relu("b", "a")], "b").is_ok());
    // A cycle is a node that takes what comes later.
    assert_refused(
        of(x, &[relu("a", "b"), relu("b", "a")], "b"),
        "it takes \"b\", which no input and no earlier node gives",
    );
    assert_refused(of(x, &[relu("a", "a")], "a"), "it takes \"a\"");
    assert_refused(
        of(x, &[relu("a", "x")], "c"),
        "output \"y\": there is no value \"c\"",
    );
    assert_refused(
        of(x, &[relu("a", "x"), relu("a", "x")], "a"),
        "the name is taken",
    );
    assert_refused(of(x, &[relu("x", "x")], "x"), "the name is taken");
    assert_refused(
        of(&format!("{x},{x}"), &[], "x"),
        "input \"x\": the name is taken",
    );
    assert_refused(of(x, &[relu("", "x")], "x"), "1 to 200 bytes");
    assert_refused(
        of(x, &[relu(&"a".repeat(1000), "x")], "x"),
        "1 to 200 bytes",
    );
    assert_refused(of(r#"{"name": "x", "shape": []}"#, &[], "x"), "0 axes");
    assert_refused(of(r#"{"name": "x", "shape": [0]}"#, &[], "x"), "zero");
    assert_refused(
        of(
            r#"{"name": "x", "shape": [4294967296, 4294967296]}"#,
            &[],
            "x",
        ),
        "larger",
    );
    assert_refused(
        graph(&format!(
            r#"{{"inputs": [{x}], "nodes": [], "outputs": []}}"#
        )),
        "no output",
    );
    // Two nodes whose tensors would have one name: `a.b` has a `weight`, `a` a `b.weight`.
    let affine = |name: &str| {
        format!(r#"{{"name": "{name}", "operation": {{"op": "affine"}}, "inputs": ["x"]}}"#)
    };
    assert!(of(x, &[affine("a"), affine("a.b")], "a.b").is_ok());
}

#[test]
fn long_graphs_are_bounded() {
    let text =
        r#"{"name": "n", "operation": {"op": "pointwise", "function": "relu"}, "inputs": ["x"]}"#;
    let node: NodeSpec = serde_json::from_str(text).expect("it is a node");
    let mut spec: GraphSpec = serde_json::from_str(
        r#"{"inputs": [{"name": "x", "shape": [268435456]}], "nodes": [], "outputs": [{"name": "y", "value": "x"}]}"#,
    )
    .expect("it is a graph");
    for at in 0..=MAX_NODES {
        let mut node = node.clone();
        node.name = format!("n{at}");
        spec.nodes.push(node);
    }
    assert_refused(plan(&spec), "10001 nodes");
    spec.nodes.pop();
    // Each is dropped at once, so three are alive at most: the input, one result, no more.
    let plan = plan(&spec).expect("each is small enough");
    assert_eq!(plan.peak_numbers, 2 << 28);
    // Kept to the end they are too many.
    spec.outputs = (0..8)
        .map(|at| zscape::model::graph::OutputSpec {
            name: format!("y{at}"),
            value: format!("n{at}"),
        })
        .collect();
    assert_refused(zscape::model::graph::plan(&spec), "kept at once");
}

#[test]
fn graphs_survive_their_text() {
    for case in cases() {
        let text = serde_json::to_string(&case.graph).expect("it is data");
        let again: GraphSpec = serde_json::from_str(&text).expect("it was written here");
        assert_eq!(again, case.graph, "{}", case.name);
    }
}

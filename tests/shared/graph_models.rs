//! Small model files whose networks are graphs, with random weights: one for each kind of space.
//! Their pictures are noise and shapes; what can be done with a model can be tried on them.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use zscape::latent::seed::NormalStream;
use zscape::model::file::{StoredTensor, checked_networks};
use zscape::model::{Manifest, ModelFile};

/// The names of the generators, as [`bytes`] knows them.
pub const GENERATORS: [&str; 7] = [RESIDUAL, PICTURE, CODES, MAPPED, HIDDEN, ASKED, LAID_OUT];

/// z to a picture through residual blocks, a skip and attention; it takes noise, and has an
/// encoder that gives a distribution.
pub const RESIDUAL: &str = "graph-residual";
/// A picture of reals, `x`, to a picture.
pub const PICTURE: &str = "graph-picture";
/// A grid of indices, `codes`, to a picture through an embedding.
pub const CODES: &str = "graph-codes";
/// z to w by a map, w to every row of w+, and these as styles to a picture.
pub const MAPPED: &str = "graph-mapped";
/// z by a map to a picture of reals, `h`, and from there to a picture.
pub const HIDDEN: &str = "graph-hidden";
/// z and what is asked for to a picture; it takes noise.
pub const ASKED: &str = "graph-asked";
/// z by a map that scores indices to a grid of them, whose entries have names, and from there to a
/// picture; its encoder gives grids.
pub const LAID_OUT: &str = "graph-laid-out";
/// Noise, what is asked for and a time to what is behind the noise, which is a picture.
pub const DENOISER: &str = "graph-denoiser";
/// The same of codes in x, of which a decoder makes pictures.
pub const LATENT_DENOISER: &str = "graph-latent-denoiser";
/// As [`DENOISER`], of pictures that the catalogue's judge of digits looks at.
pub const DIGITS_DENOISER: &str = "graph-digits-denoiser";
/// A classifier of the pictures of [`RESIDUAL`].
pub const JUDGE: &str = "graph-judge";

/// The manifest of a model.
pub fn manifest(name: &str) -> Value {
    let parts = match name {
        RESIDUAL => json!({
            "family": "graph",
            "image": {"channels": 3, "height": 16, "width": 16},
            "spaces": {"z": {"kind": "vector", "dim": 12}},
            "networks": {"decoder": residual_decoder(), "encoder": residual_encoder()},
        }),
        PICTURE => json!({
            "family": "graph",
            "image": {"channels": 3, "height": 16, "width": 16},
            "spaces": {"x": {"kind": "image", "channels": 2, "height": 8, "width": 8}},
            "networks": {"decoder": picture_decoder("x")},
        }),
        CODES => json!({
            "family": "graph",
            "image": {"channels": 1, "height": 16, "width": 16},
            "spaces": {"codes": {"kind": "grid", "height": 4, "width": 4, "levels": 32}},
            "networks": {"decoder": codes_decoder()},
        }),
        MAPPED => json!({
            "family": "graph",
            "image": {"channels": 3, "height": 16, "width": 16},
            "spaces": {
                "z": {"kind": "vector", "dim": 8},
                "w": {"kind": "vector", "dim": 10},
                "w+": {"kind": "layers", "layers": 3, "dim": 10},
            },
            "networks": {"decoder": styled_decoder()},
            "maps": [{"from": "z", "to": "w", "network": mapping()}],
        }),
        HIDDEN => json!({
            "family": "graph",
            "image": {"channels": 3, "height": 16, "width": 16},
            "spaces": {
                "z": {"kind": "vector", "dim": 8},
                "h": {"kind": "image", "channels": 2, "height": 8, "width": 8},
            },
            "networks": {"decoder": picture_decoder("h")},
            "maps": [{"from": "z", "to": "h", "network": widening()}],
        }),
        ASKED => json!({
            "family": "graph",
            "image": {"channels": 3, "height": 16, "width": 16},
            "spaces": {"z": {"kind": "vector", "dim": 8}},
            "conditions": {
                "kind": "attributes",
                "words": ["smile", "hat", "red hair"],
                "exclusive": [["hat", "red hair"]],
            },
            "networks": {"decoder": asked_decoder()},
        }),
        LAID_OUT => json!({
            "family": "translation",
            "image": {"channels": 1, "height": 16, "width": 16},
            "spaces": {
                "z": {"kind": "vector", "dim": 8},
                "codes": {"kind": "grid", "height": 4, "width": 4, "levels": 32},
            },
            "entries": (0..32_u8)
                .map(|entry| json!({"name": format!("part {entry}"), "colour": [entry, 0, 8 * entry]}))
                .collect::<Vec<Value>>(),
            "networks": {"decoder": codes_decoder(), "encoder": scoring("picture", &[1, 16, 16])},
            "maps": [{"from": "z", "to": "codes", "network": scoring("z", &[8])}],
        }),
        DENOISER => json!({
            "family": "diffusion",
            "image": {"channels": 1, "height": 8, "width": 8},
            "spaces": {"x": {"kind": "image", "channels": 1, "height": 8, "width": 8}},
            "conditions": {"kind": "classes", "words": ["round", "square", "other"]},
            "diffusion": {"noising": "cosine", "prediction": "v"},
            "networks": {"denoiser": denoiser(&[1, 8, 8])},
        }),
        DIGITS_DENOISER => json!({
            "family": "diffusion",
            "image": {"channels": 1, "height": 28, "width": 28},
            "spaces": {"x": {"kind": "image", "channels": 1, "height": 28, "width": 28}},
            "conditions": {"kind": "classes", "words": ["3", "8", "0"]},
            "diffusion": {"noising": "cosine", "prediction": "v"},
            "networks": {"denoiser": denoiser(&[1, 28, 28])},
            "data": {"name": "MNIST (LeCun, Cortes, Burges)", "licence": "CC BY-SA 3.0"},
        }),
        LATENT_DENOISER => json!({
            "family": "diffusion",
            "image": {"channels": 3, "height": 16, "width": 16},
            "spaces": {"x": {"kind": "image", "channels": 2, "height": 8, "width": 8}},
            "conditions": {"kind": "attributes", "words": ["smile", "hat", "red hair"]},
            "diffusion": {"noising": "line", "prediction": "velocity"},
            "networks": {"denoiser": denoiser(&[2, 8, 8]), "decoder": picture_decoder("x")},
        }),
        JUDGE => json!({
            "family": "classifier",
            "image": {"channels": 3, "height": 16, "width": 16},
            "networks": {"classifier": classifier()},
            "classes": ["round", "square", "other"],
        }),
        other => panic!("there is no model {other}"),
    };
    let mut manifest = json!({
        "format_version": 1,
        "name": name,
        "title": name,
        "summary": "Random weights.",
        "data": {"name": "random", "licence": "none"},
        "training": {
            "recipe": "", "images_seen": 0, "seed": 0, "device": "flex", "program": "test",
        },
    });
    let fields = manifest.as_object_mut().expect("an object");
    for (name, value) in parts.as_object().expect("an object") {
        fields.insert(name.clone(), value.clone());
    }
    manifest
}

/// The bytes of a model file.
pub fn bytes(name: &str) -> Vec<u8> {
    let manifest: Manifest = serde_json::from_value(manifest(name)).expect("it is a manifest");
    let tensors = tensors(&manifest);
    ModelFile::to_bytes(&manifest, &tensors).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

/// The tensors that the networks of a manifest need.
pub fn tensors(manifest: &Manifest) -> BTreeMap<String, StoredTensor> {
    let networks = checked_networks(manifest);
    let networks = networks.unwrap_or_else(|fault| panic!("{}: {fault}", manifest.name));
    let mut stream = NormalStream::new(5);
    let tensors = networks.graphs().flat_map(|graph| graph.prefixed_tensors());
    tensors
        .map(|(name, shape)| {
            let (mean, deviation) = match shape.len() {
                _ if name.ends_with(".bias") => (0.0, 0.1),
                1 => (1.0, 0.1),
                2 => (0.0, 1.4 / (shape[0] as f32).sqrt()),
                _ => (
                    0.0,
                    1.4 / (shape[1..].iter().product::<usize>() as f32).sqrt(),
                ),
            };
            let draw = |_| mean + deviation * stream.draw() as f32;
            let values = (0..shape.iter().product()).map(draw).collect();
            (name, StoredTensor { shape, values })
        })
        .collect()
}

fn node(name: &str, operation: Value, inputs: &[&str]) -> Value {
    json!({"name": name, "operation": operation, "inputs": inputs})
}

fn linear(outputs: usize) -> Value {
    json!({"op": "linear", "outputs": outputs})
}

fn reshape(shape: &[usize]) -> Value {
    json!({"op": "reshape", "shape": shape})
}

fn function(function: &str) -> Value {
    json!({"op": "pointwise", "function": function})
}

/// A convolution that keeps the size.
fn conv(channels: usize, kernel: usize) -> Value {
    let padding = [(kernel - 1) / 2; 4];
    json!({
        "op": "conv", "channels": channels, "kernel": [kernel, kernel],
        "window": {"padding": padding},
    })
}

fn resize(side: usize) -> Value {
    json!({"op": "resize", "height": side, "width": side, "mode": "bilinear"})
}

fn group_norm(groups: usize) -> Value {
    json!({"op": "group_norm", "groups": groups})
}

fn add() -> Value {
    json!({"op": "add"})
}

fn permute(order: &[usize]) -> Value {
    json!({"op": "permute", "order": order})
}

fn asked_decoder() -> Value {
    json!({
        "inputs": [
            {"name": "z", "shape": [8]},
            {"name": "condition", "shape": [3]},
            {"name": "grain", "shape": [1, 16, 16], "shared": true},
        ],
        "nodes": [
            node("said", linear(8), &["condition"]),
            node("code", add(), &["z", "said"]),
            node("start", linear(3 * 16 * 16), &["code"]),
            node("picture", reshape(&[3, 16, 16]), &["start"]),
            node("strength", json!({"op": "scale", "factor": 0.1}), &["grain"]),
            node("noisy", add(), &["picture", "strength"]),
            node("out", function("sigmoid"), &["noisy"]),
        ],
        "outputs": [{"name": "picture", "value": "out"}],
    })
}

fn denoiser(shape: &[usize]) -> Value {
    let channels = shape[0];
    json!({
        "inputs": [
            {"name": "x", "shape": shape},
            {"name": "condition", "shape": [3]},
            {"name": "time", "shape": [1]},
        ],
        "nodes": [
            node("waves", json!({"op": "time_embedding", "features": 8}), &["time"]),
            node("when", linear(4), &["waves"]),
            node("what", linear(4), &["condition"]),
            node("told", add(), &["when", "what"]),
            node("everywhere", reshape(&[4, 1, 1]), &["told"]),
            node("wide", conv(4, 3), &["x"]),
            node("sum", add(), &["wide", "everywhere"]),
            node("act", function("silu"), &["sum"]),
            node("out", conv(channels, 3), &["act"]),
        ],
        "outputs": [{"name": "prediction", "value": "out"}],
    })
}

fn residual_decoder() -> Value {
    json!({
        "inputs": [
            {"name": "z", "shape": [12]},
            {"name": "grain", "shape": [1, 8, 8], "shared": true},
        ],
        "nodes": [
            node("start", linear(16 * 8 * 8), &["z"]),
            node("picture", reshape(&[16, 8, 8]), &["start"]),
            node("norm", group_norm(4), &["picture"]),
            node("act", function("silu"), &["norm"]),
            node("conv", conv(16, 3), &["act"]),
            node("block", add(), &["picture", "conv"]),
            // Attention among the pixels.
            node("tokens", reshape(&[16, 64]), &["block"]),
            node("rows", permute(&[1, 0]), &["tokens"]),
            node("queries", linear(16), &["rows"]),
            node("keys", linear(16), &["rows"]),
            node("values", linear(16), &["rows"]),
            node("seen", json!({"op": "attention", "heads": 2}), &["queries", "keys", "values"]),
            node("columns", permute(&[1, 0]), &["seen"]),
            node("back", reshape(&[16, 8, 8]), &["columns"]),
            node("attended", add(), &["block", "back"]),
            node("strength", json!({"op": "scale", "factor": 0.3}), &["grain"]),
            node("noisy", add(), &["attended", "strength"]),
            node("up", resize(16), &["noisy"]),
            // A skip from the beginning.
            node("skip", resize(16), &["picture"]),
            node("both", json!({"op": "concatenate", "axis": 0}), &["up", "skip"]),
            node("colours", conv(3, 3), &["both"]),
            node("out", function("sigmoid"), &["colours"]),
        ],
        "outputs": [{"name": "picture", "value": "out"}],
    })
}

fn residual_encoder() -> Value {
    json!({
        "inputs": [{"name": "picture", "shape": [3, 16, 16]}],
        "nodes": [
            node("conv", conv(8, 3), &["picture"]),
            node("act", function("gelu"), &["conv"]),
            node("pool", json!({
                "op": "average_pool", "kernel": [4, 4], "window": {"stride": [4, 4]},
            }), &["act"]),
            node("flat", reshape(&[128]), &["pool"]),
            node("mu", linear(12), &["flat"]),
            node("logvar", linear(12), &["flat"]),
        ],
        "outputs": [{"name": "z", "value": "mu"}, {"name": "logvar", "value": "logvar"}],
    })
}

fn picture_decoder(space: &str) -> Value {
    json!({
        "inputs": [{"name": space, "shape": [2, 8, 8]}],
        "nodes": [
            node("conv", conv(8, 3), &[space]),
            node("norm", group_norm(8), &["conv"]),
            node("act", function("mish"), &["norm"]),
            node("up", json!({"op": "pixel_shuffle", "factor": 2}), &["act"]),
            node("colours", conv(3, 3), &["up"]),
            node("out", function("sigmoid"), &["colours"]),
        ],
        "outputs": [{"name": "picture", "value": "out"}],
    })
}

fn codes_decoder() -> Value {
    json!({
        "inputs": [{"name": "codes", "shape": [4, 4]}],
        "nodes": [
            node("book", json!({"op": "embedding", "count": 32, "features": 8}), &["codes"]),
            node("picture", permute(&[2, 0, 1]), &["book"]),
            node("conv", json!({
                "op": "conv_transpose", "channels": 8, "kernel": [4, 4],
                "window": {"stride": [2, 2], "padding": [1, 1, 1, 1]},
            }), &["picture"]),
            node("act", function("relu"), &["conv"]),
            node("up", json!({"op": "pixel_shuffle", "factor": 2}), &["act"]),
            node("grey", conv(1, 3), &["up"]),
            node("out", function("sigmoid"), &["grey"]),
        ],
        "outputs": [{"name": "picture", "value": "out"}],
    })
}

fn mapping() -> Value {
    json!({
        "inputs": [{"name": "z", "shape": [8]}],
        "nodes": [
            node("normal", json!({"op": "normalise", "axis": 0}), &["z"]),
            node("first", linear(10), &["normal"]),
            node("act", json!({
                "op": "pointwise", "function": {"leaky_relu": {"slope": 0.2}},
            }), &["first"]),
            node("second", linear(10), &["act"]),
        ],
        "outputs": [{"name": "w", "value": "second"}],
    })
}

fn widening() -> Value {
    json!({
        "inputs": [{"name": "z", "shape": [8]}],
        "nodes": [
            node("wide", linear(128), &["z"]),
            node("picture", reshape(&[2, 8, 8]), &["wide"]),
            node("act", function("tanh"), &["picture"]),
        ],
        "outputs": [{"name": "h", "value": "act"}],
    })
}

/// Numbers to scores of 32 indices at each place of a grid of 4x4.
fn scoring(input: &str, shape: &[usize]) -> Value {
    json!({
        "inputs": [{"name": input, "shape": shape}],
        "nodes": [
            node("flat", reshape(&[shape.iter().product()]), &[input]),
            node("all", linear(512), &["flat"]),
            node("scores", reshape(&[32, 4, 4]), &["all"]),
        ],
        "outputs": [{"name": "codes", "value": "scores"}],
    })
}

/// A constant, and a modulated convolution for each row of w+.
fn styled_decoder() -> Value {
    let constant = json!({"op": "constant", "shape": [6, 4, 4]});
    let split = json!({"op": "split", "axis": 0, "sizes": [1, 1, 1]});
    let mut nodes = vec![node("start", constant, &[]), node("row", split, &["w+"])];
    let mut x = "start".to_owned();
    for (layer, (channels, side)) in [(6, 4), (6, 8), (3, 16)].into_iter().enumerate() {
        let named = |part: &str| format!("{part}.{layer}");
        nodes.push(node(&named("w"), reshape(&[10]), &[&named("row")]));
        nodes.push(node(&named("style"), linear(6), &[&named("w")]));
        if side > 4 {
            nodes.push(node(&named("up"), resize(side), &[&x]));
            x = named("up");
        }
        let modulated = json!({"op": "modulated_conv", "channels": channels, "kernel": 3});
        nodes.push(node(&named("conv"), modulated, &[&x, &named("style")]));
        let act = if channels == 3 { "sigmoid" } else { "silu" };
        nodes.push(node(&named("act"), function(act), &[&named("conv")]));
        x = named("act");
    }
    json!({
        "inputs": [{"name": "w+", "shape": [3, 10]}],
        "nodes": nodes,
        "outputs": [{"name": "picture", "value": x}],
    })
}

fn classifier() -> Value {
    json!({
        "inputs": [{"name": "picture", "shape": [3, 16, 16]}],
        "nodes": [
            node("conv", conv(8, 3), &["picture"]),
            node("act", function("relu"), &["conv"]),
            node("mean", json!({"op": "global_mean"}), &["act"]),
            node("scores", linear(3), &["mean"]),
        ],
        "outputs": [{"name": "scores", "value": "scores"}],
    })
}

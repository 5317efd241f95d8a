//! ONNX files as PyTorch exports them against what ONNX Runtime gives
//! (`tests/data/make_onnx_reference.py`), and files that lie.

use super::parity::{Kept, draw};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use zscape::latent::NoiseMode;
use zscape::model::foreign::{Foreign, Import};
use zscape::model::{Generator, ModelFile, device, download};

#[derive(Deserialize)]
struct Case {
    name: String,
    z: Vec<usize>,
    image: [usize; 3],
    /// How many classes there are, and the one that is asked for.
    classes: Option<[usize; 2]>,
    picture: Kept,
    encoded: Option<Vec<Kept>>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/onnx")
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../data/onnx/reference.json")).expect("it is JSON")
}

#[test]
fn exported_graphs_give_what_onnx_runtime_gives() {
    for case in cases() {
        let name = &case.name;
        let path = folder().join(format!("{name}.onnx"));
        let encoder = folder().join(format!("{name}-encoder.onnx"));
        let encoder = case.encoded.is_some().then_some(&*encoder);
        let foreign =
            Foreign::open(&path, encoder).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert!(foreign.passport().architecture.contains("ONNX"));
        let file = Import::new(foreign).and_then(Import::finish);
        let file = file.unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let image = file.manifest.image;
        assert_eq!(
            [image.channels, image.height, image.width],
            case.image,
            "{name}"
        );
        let generator = Generator::new(&file, &device::cpu()).expect("it is sound");
        let code = draw(name, "z", case.z.iter().product());
        let code: Vec<f32> = code.iter().map(|value| value * 2.0).collect();
        let mut condition = Vec::new();
        if let Some([classes, chosen]) = case.classes {
            condition = vec![0.0; classes];
            condition[chosen] = 1.0;
        }
        let inputs = generator.inputs_given(generator.start(), &code, &condition);
        let picture = generator.decode_to_vec(&inputs.expect("a code"), NoiseMode::Const);
        case.picture.compare(name, &picture.expect("it decodes"));
        let Some(kept) = &case.encoded else { continue };
        let given = draw(name, "picture", case.image.iter().product());
        let given: Vec<f32> = given.iter().map(|value| (value + 1.0) / 2.0).collect();
        let encoded = generator
            .encode(&given)
            .expect("it encodes")
            .expect("it has an encoder");
        for (kept, found) in kept.iter().zip([Some(encoded.mu), encoded.logvar]) {
            let found = found.expect("it gives both");
            kept.compare(
                &format!("{name}, encoded"),
                &download(found).expect("it is there"),
            );
        }
    }
}

/// A field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut len = bytes.len();
    while len >= 0x80 {
        out.push(len as u8 | 0x80);
        len >>= 7;
    }
    out.push(len as u8);
    out.extend(bytes);
    out
}

/// A node with its operator, what it takes and what it gives.
fn node(operator: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for input in inputs {
        out.extend(field(1, input.as_bytes()));
    }
    out.extend(field(2, output.as_bytes()));
    out.extend(field(3, format!("/{output}").as_bytes()));
    out.extend(field(4, operator.as_bytes()));
    field(1, &out)
}

/// An input or an output of floats.
fn port(number: u8, name: &str, sides: &[u64]) -> Vec<u8> {
    let mut shape = Vec::new();
    for &side in sides {
        let mut number = vec![8];
        let mut left = side;
        while left >= 0x80 {
            number.push(left as u8 | 0x80);
            left >>= 7;
        }
        number.push(left as u8);
        shape.extend(field(1, &number));
    }
    let tensor = [vec![8, 1], field(2, &shape)].concat();
    let kind = field(1, &tensor);
    field(
        number,
        &[field(1, name.as_bytes()), field(2, &kind)].concat(),
    )
}

/// A tensor of floats.
fn tensor(name: &str, sides: &[u8], values: &[f32]) -> Vec<u8> {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let sides = field(1, sides);
    field(
        5,
        &[
            sides,
            vec![16, 1],
            field(8, name.as_bytes()),
            field(9, &bytes),
        ]
        .concat(),
    )
}

/// A file with version 17 of the operators.
fn model(parts: &[Vec<u8>]) -> Vec<u8> {
    [vec![8, 8], field(8, &[16, 17]), field(7, &parts.concat())].concat()
}

#[track_caller]
fn refused(bytes: &[u8], part: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.onnx");
    std::fs::write(&path, bytes).expect("the folder is there");
    let fault = ModelFile::read(&path)
        .expect_err("it is broken")
        .to_string();
    assert!(fault.contains(part), "{fault}");
}

#[test]
fn what_is_not_known_is_listed_with_its_node() {
    let weight = tensor("w", &[2, 4], &[0.5; 8]);
    let ends = [port(11, "z", &[1, 2]), port(12, "y", &[1, 1, 2, 2])];
    let with = |nodes: &[Vec<u8>]| model(&[nodes.concat(), weight.clone(), ends.concat()]);
    let matrix = node("MatMul", &["z", "w"], "a");
    refused(
        &with(&[
            matrix.clone(),
            node("Einsum", &["a"], "b"),
            node("STFT", &["b"], "y"),
        ]),
        "Einsum (/b), STFT (/y)",
    );
    refused(&with(&[node("Relu", &["absent"], "y")]), "absent");
    refused(
        &with(&[node("Relu", &["y"], "y")]),
        "Relu (/y) takes \"y\", which nothing gives",
    );
    refused(
        &with(std::slice::from_ref(&matrix)),
        "its output \"y\" does not depend",
    );
    refused(
        &with(&[matrix, node("Relu", &["a"], "y")]),
        "no square picture",
    );
}

#[test]
fn absurd_sizes_are_sentences() {
    let far = u64::MAX >> 1;
    let graph = |sides: &[u64]| {
        let nodes = [node("Relu", &["z"], "y")].concat();
        let weight = tensor("w", &[1], &[0.5]);
        model(&[nodes, weight, port(11, "z", sides), port(12, "y", sides)])
    };
    refused(&graph(&[1, 3, far, far]), "");
    refused(&graph(&[1, far]), "");
    refused(&graph(&[1, 4, 1 << 20, 1 << 20]), "");
    let claims = [vec![8, 8], vec![0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f]].concat();
    refused(&claims, "claims more bytes");
    let weight = field(
        5,
        &[
            field(1, &[0xff, 0xff, 0xff, 0x7f]),
            vec![16, 1],
            field(8, b"w"),
        ]
        .concat(),
    );
    let nodes = node("MatMul", &["z", "w"], "y");
    refused(
        &model(&[
            nodes,
            weight,
            port(11, "z", &[1, 2]),
            port(12, "y", &[1, 4]),
        ]),
        "",
    );
}

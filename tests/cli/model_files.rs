//! Model files that are broken, or lie.

use crate::graph_files;
use crate::support::{AUTOENCODER, Folder, model_bytes, run};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;
use zscape::latent::NoiseMode;
use zscape::model::file::ModelFile;
use zscape::model::{Generator, device};

/// A safetensors file taken apart: the header and the bytes of the tensors.
struct Parts {
    header: Value,
    data: Vec<u8>,
}

impl Parts {
    fn of(bytes: &[u8]) -> Self {
        let (len, rest) = bytes.split_first_chunk::<8>().expect("a length");
        let (header, data) = rest.split_at(u64::from_le_bytes(*len) as usize);
        Self {
            header: serde_json::from_slice(header).expect("the header is JSON"),
            data: data.to_vec(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut header = self.header.to_string().into_bytes();
        // The format wants tensors to begin at a multiple of 8.
        header.resize(header.len().next_multiple_of(8), b' ');
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend(&self.data);
        bytes
    }

    /// Changes the manifest.
    fn with_manifest(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let text = &mut self.header["__metadata__"]["zscape"];
        let mut manifest: Value =
            serde_json::from_str(text.as_str().expect("a text")).expect("the manifest is JSON");
        change(&mut manifest);
        *text = Value::String(manifest.to_string());
        self
    }

    /// Changes the header.
    fn with_header(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.header);
        self
    }

    /// Overwrites a number of a tensor of halves.
    fn with_half(mut self, tensor: &str, bits: u16) -> Self {
        let start = self.header[tensor]["data_offsets"][0]
            .as_u64()
            .expect("an offset") as usize;
        self.data[start..start + 2].copy_from_slice(&bits.to_le_bytes());
        self
    }
}

fn whole() -> Parts {
    Parts::of(model_bytes(AUTOENCODER))
}

/// Asserts that every command refuses the file for a reason that contains `part`.
#[track_caller]
fn refused(bytes: &[u8], part: &str) {
    let folder = Folder::new();
    let path = folder.write("broken.safetensors", bytes);
    let out = folder.file("out.png");
    for arguments in [
        vec!["inspect", &path],
        vec!["render", &path, "seed(1)", "-o", &out],
    ] {
        let run = run(&arguments).refused(part);
        assert!(run.stderr.contains("broken.safetensors"), "{}", run.stderr);
    }
    assert_eq!(folder.names(), ["broken.safetensors"]);
}

#[test]
fn the_taking_apart_changes_nothing() {
    let folder = Folder::new();
    let path = folder.write("whole.safetensors", whole().bytes());
    let out = folder.file("out.npy");
    run(&["render", &path, "seed(1)", "--npy", &out, "--device", "cpu"]).succeeded();
    let built_in = folder.file("built-in.npy");
    run(&[
        "render",
        AUTOENCODER,
        "seed(1)",
        "--npy",
        &built_in,
        "--device",
        "cpu",
    ])
    .succeeded();
    assert_eq!(folder.read("out.npy"), folder.read("built-in.npy"));
}

#[test]
fn cut_short() {
    let bytes = model_bytes(AUTOENCODER);
    for len in [0, 7, 8, 100, bytes.len() / 2, bytes.len() - 1] {
        refused(&bytes[..len], "safetensors");
    }
}

#[test]
fn a_header_of_ten_gigabytes() {
    let mut bytes = 10_000_000_000_u64.to_le_bytes().to_vec();
    bytes.extend(b"{\"a\":1}");
    refused(&bytes, "safetensors");
    refused(&u64::MAX.to_le_bytes(), "safetensors");
}

#[test]
fn no_safetensors_and_no_manifest() {
    refused(
        b"PK\x03\x04 this is an archive of something else",
        "safetensors",
    );
    refused(
        &whole()
            .with_header(|h| h["__metadata__"] = json!({}))
            .bytes(),
        // A file of another program, as far as can be seen.
        "its architecture is not known",
    );
    let text = |h: &mut Value| h["__metadata__"]["zscape"] = json!("no JSON");
    refused(&whole().with_header(text).bytes(), "manifest");
    refused(
        &whole().with_manifest(|m| *m = json!([])).bytes(),
        "manifest",
    );
    let gone = |m: &mut Value| drop(m.as_object_mut().map(|m| m.remove("image")));
    refused(&whole().with_manifest(gone).bytes(), "image");
}

#[test]
fn an_unknown_version_or_family() {
    refused(
        &whole()
            .with_manifest(|m| m["format_version"] = json!(99))
            .bytes(),
        "99",
    );
    refused(
        &whole()
            .with_manifest(|m| m["format_version"] = json!(-1))
            .bytes(),
        "manifest",
    );
    refused(
        &whole()
            .with_manifest(|m| m["family"] = json!("goose"))
            .bytes(),
        "goose",
    );
}

#[test]
fn a_manifest_that_lies_about_shapes() {
    refused(
        &whole()
            .with_manifest(|m| m["image"]["width"] = json!(29))
            .bytes(),
        "decoder",
    );
    refused(
        &whole()
            .with_manifest(|m| m["image"]["width"] = json!(0))
            .bytes(),
        "picture",
    );
    refused(
        &whole()
            .with_manifest(|m| m["image"]["channels"] = json!(5))
            .bytes(),
        "5",
    );
    let huge = |m: &mut Value| m["image"]["height"] = json!(u64::MAX);
    refused(&whole().with_manifest(huge).bytes(), "picture");
    refused(
        &whole()
            .with_manifest(|m| m["spaces"]["z"]["dim"] = json!(3))
            .bytes(),
        "3",
    );
    refused(
        &whole().with_manifest(|m| m["spaces"] = json!({})).bytes(),
        "z",
    );
    let wider = |m: &mut Value| m["networks"]["decoder"]["layers"][0]["outputs"] = json!(7);
    refused(&whole().with_manifest(wider).bytes(), "decoder");
    let absurd = |m: &mut Value| {
        m["networks"]["decoder"]["layers"][0]["outputs"] = json!(9_000_000_000_000_000_u64);
    };
    refused(&whole().with_manifest(absurd).bytes(), "decoder");
    let many = |m: &mut Value| {
        m["networks"]["decoder"]["layers"] = json!(vec![json!({ "layer": "relu" }); 100_000]);
    };
    refused(&whole().with_manifest(many).bytes(), "layers");
    let unknown = |m: &mut Value| m["networks"]["decoder"]["layers"][0] = json!({"layer": "goose"});
    refused(&whole().with_manifest(unknown).bytes(), "goose");
    let none = |m: &mut Value| drop(m["networks"].as_object_mut().map(|n| n.remove("decoder")));
    refused(&whole().with_manifest(none).bytes(), "decoder");
}

#[test]
fn tensors_that_are_missing_renamed_reshaped_or_of_another_kind() {
    const WEIGHT: &str = "decoder.0.weight";
    let renamed = |h: &mut Value| {
        let tensor = h.as_object_mut().and_then(|h| h.remove(WEIGHT));
        h["decoder.0.wait"] = tensor.expect("the tensor is there");
    };
    refused(&whole().with_header(renamed).bytes(), WEIGHT);
    let reshaped = |h: &mut Value| {
        let shape = h[WEIGHT]["shape"].as_array_mut().expect("a shape");
        shape.reverse();
    };
    refused(&whole().with_header(reshaped).bytes(), WEIGHT);
    let other_kind = |h: &mut Value| h[WEIGHT]["dtype"] = json!("I16");
    refused(&whole().with_header(other_kind).bytes(), "I16");
    let beyond = |h: &mut Value| h[WEIGHT]["data_offsets"][1] = json!(u64::MAX);
    refused(&whole().with_header(beyond).bytes(), "safetensors");
}

#[test]
fn weights_that_are_no_numbers() {
    refused(
        &whole().with_half("decoder.0.weight", 0x7e00).bytes(),
        "NaN",
    );
    refused(&whole().with_half("decoder.0.bias", 0x7c00).bytes(), "inf");
}

#[test]
fn a_name_with_line_ends_still_gives_one_line() {
    let name = |m: &mut Value| m["family"] = json!("a\nb\u{1b}[31m");
    refused(&whole().with_manifest(name).bytes(), "family");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..Default::default() })]

    /// Thousands of files with a few bytes changed, most of them in the header.
    #[test]
    fn mutated_files_never_panic(
        flips in prop::collection::vec((any::<u64>(), any::<bool>(), any::<u8>()), 1..6),
        cut in prop::option::weighted(0.2, any::<u64>()),
    ) {
        let mut bytes = model_bytes(AUTOENCODER).to_vec();
        let len = u64::from_le_bytes(*bytes.first_chunk::<8>().expect("a length"));
        for (place, in_header, value) in flips {
            let range = if in_header { len + 8 } else { bytes.len() as u64 };
            bytes[(place % range) as usize] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate((cut % (bytes.len() as u64 + 1)) as usize);
        }
        // Either answer will do; a broken file gives a sentence.
        if let Err(fault) = ModelFile::from_bytes(&bytes) {
            prop_assert!(!fault.to_string().is_empty());
        }
    }

    /// Manifests with one value replaced by another kind of value.
    #[test]
    fn mutated_manifests_never_panic(place: u32, value in any_value()) {
        let bytes = mutated(whole(), &[(place, value)]);
        if let Err(fault) = ModelFile::from_bytes(&bytes) {
            prop_assert!(!fault.to_string().is_empty());
        }
    }

    /// The same of manifests that hold graphs, with several values replaced or exchanged by others
    /// of the manifest. What is still sound is run: nothing that passes the checks may fail later.
    #[test]
    fn mutated_graphs_never_panic(
        model in 0..GRAPHS.len(),
        changes in prop::collection::vec((any::<u32>(), any_value()), 1..3),
    ) {
        let bytes = mutated(Parts::of(&GRAPH_FILES[model]), &changes);
        match ModelFile::from_bytes(&bytes) {
            Err(fault) => {
                let fault = fault.to_string();
                prop_assert!(!fault.is_empty() && fault.lines().count() == 1, "{}", fault);
            }
            Ok(file) if file.manifest.capabilities().generates => {
                let generator = Generator::new(&file, &device::cpu()).expect("it was checked");
                let code = vec![0.5; generator.start_len()];
                let inputs = generator.inputs(generator.start(), &code).expect("it was checked");
                let picture = generator.decode_to_vec(&inputs, NoiseMode::Const);
                prop_assert_eq!(picture.expect("it was checked").len(), generator.image().len());
            }
            Ok(_) => {}
        }
    }
}

const GRAPHS: [&str; 7] = [
    graph_files::ASKED,
    graph_files::RESIDUAL,
    graph_files::PICTURE,
    graph_files::CODES,
    graph_files::MAPPED,
    graph_files::HIDDEN,
    graph_files::JUDGE,
];

static GRAPH_FILES: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| GRAPHS.map(graph_files::bytes).to_vec());

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(-1)),
        Just(json!(0)),
        Just(json!(1)),
        Just(json!(3)),
        Just(json!(100_000)),
        Just(json!(u64::MAX)),
        Just(json!(1e300)),
        Just(json!(true)),
        Just(json!("z")),
        Just(json!("act")),
        Just(json!([])),
        Just(json!({})),
    ]
}

/// A file whose manifest has other values in some places.
fn mutated(parts: Parts, changes: &[(u32, Value)]) -> Vec<u8> {
    let change = |manifest: &mut Value| {
        for (place, value) in changes {
            let mut leaves = Vec::new();
            collect(manifest, String::new(), &mut leaves);
            let leaf = &leaves[*place as usize % leaves.len()];
            *manifest.pointer_mut(leaf).expect("the place is there") = value.clone();
        }
    };
    parts.with_manifest(change).bytes()
}

/// JSON pointers of all values below `value`.
fn collect(value: &Value, place: String, leaves: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(
                    value,
                    format!("{place}/{}", name.replace('/', "~1")),
                    leaves,
                );
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect(value, format!("{place}/{index}"), leaves);
            }
        }
        _ => {}
    }
    leaves.push(place);
}

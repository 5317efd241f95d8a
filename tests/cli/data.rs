//! `train` and `eval` with data and recipes that are broken.

use crate::support::{AUTOENCODER, Folder, GAN, read_png, run, shared_data};
use std::fs;
use std::path::Path;

#[test]
fn data_that_is_not_there() {
    let folder = Folder::new();
    let absent = folder.file("absent");
    run(&["eval", AUTOENCODER, "--data", &absent]).refused("absent");
    let recipe = folder.file("absent.toml");
    let out = folder.file("out.safetensors");
    run(&["train", &recipe, "--data", &absent, "-o", &out]).refused("absent.toml");
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn recipes_that_are_no_recipes() {
    let folder = Folder::new();
    let out = folder.file("out.safetensors");
    let data = folder.path().display().to_string();
    for text in ["", "name = ", "name = 1", "goose = true", "\u{0}\u{ff}"] {
        let recipe = folder.write("bad.toml", text);
        run(&["train", &recipe, "--data", &data, "-o", &out]).refused("bad.toml");
    }
    assert_eq!(folder.names(), ["bad.toml"]);
}

#[test]
fn idx_files_that_are_cut_short_or_something_else() {
    const IMAGES: [&str; 2] = ["t10k-images-idx3-ubyte.gz", "train-images-idx3-ubyte.gz"];
    const LABELS: [&str; 2] = ["t10k-labels-idx1-ubyte.gz", "train-labels-idx1-ubyte.gz"];
    let folder = Folder::new();
    let data = folder.path().display().to_string();
    for name in LABELS {
        folder.write(name, gzip(&[0, 0, 8, 1, 0, 0, 0, 2, 3, 4]));
    }
    let header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28];
    let mut short = header.to_vec();
    short.resize(header.len() + 784, 7);
    let packed = gzip(&short);
    for bytes in [
        Vec::new(),
        b"no archive".to_vec(),
        packed[..packed.len() / 2].to_vec(),
        gzip(&header[..9]),
        gzip(&short),
        gzip(&[1, 2, 3, 4, 5, 6, 7, 8]),
    ] {
        for name in IMAGES {
            folder.write(name, &bytes);
        }
        run(&["eval", AUTOENCODER, "--data", &data]).refused("-images-idx3-ubyte.gz");
    }
}

#[test]
fn real_data_cut_short() {
    let Some(data) = shared_data("mnist") else {
        // Without the data beside the repository, the small files above stand for it.
        return;
    };
    let folder = Folder::new();
    for entry in fs::read_dir(data).expect("the data can be listed") {
        let path = entry.expect("the data can be listed").path();
        let name = path
            .file_name()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut bytes = fs::read(path).expect("the data can be read");
            bytes.truncate(bytes.len() / 3);
            folder.write(&name, bytes);
        }
    }
    let data = folder.path().display().to_string();
    run(&["eval", AUTOENCODER, "--data", &data]).refused("-ubyte.gz");
}

/// A small autoencoder, and room for a change.
fn recipe(settings: &str) -> String {
    format!(
        r#"
name = "tiny-ae"
title = "Tiny"
summary = "An autoencoder for a test."
family = "autoencoder"
dataset = "mnist"
z_dim = 2
encoder = [{{ layer = "flatten" }}, {{ layer = "dense", outputs = 2 }}]
decoder = [{{ layer = "dense", outputs = 784 }}, {{ layer = "sigmoid" }}]
[training]
seed = 1
learning_rate = 1e-3
final_learning_rate = 1e-5
average_decay = 0.5
reconstruction = "squared"
{settings}
"#
    )
}

/// A data set of ten kinds of stripes.
pub fn write_stripes(folder: &Path) {
    for (part, count) in [("train", 100_u32), ("t10k", 50)] {
        let mut pictures = vec![0, 0, 8, 3];
        pictures.extend([count, 28, 28].iter().flat_map(|side| side.to_be_bytes()));
        let mut labels = vec![0, 0, 8, 1];
        labels.extend(count.to_be_bytes());
        for index in 0..count {
            labels.push((index % 10) as u8);
            pictures.extend((0..784).map(|pixel| {
                let is_lit = pixel / 28 % 14 == index % 10;
                if is_lit { 250 } else { index as u8 }
            }));
        }
        fs::write(
            folder.join(format!("{part}-images-idx3-ubyte.gz")),
            gzip(&pictures),
        )
        .expect("a file");
        fs::write(
            folder.join(format!("{part}-labels-idx1-ubyte.gz")),
            gzip(&labels),
        )
        .expect("a file");
    }
}

#[test]
fn what_was_trained_works_with_every_command() {
    let folder = Folder::new();
    write_stripes(folder.path());
    let data = folder.path().display().to_string();
    let text = recipe("images = 300\nbatch = 20");
    let recipe = folder.write("tiny.toml", text);
    let model = folder.file("tiny.safetensors");
    let train = [
        "train", &recipe, "--data", &data, "-o", &model, "--device", "cpu",
    ];
    let trained = run(&train);
    assert_eq!(trained.code, Some(0), "{}", trained.stderr);
    let shown = run(&["inspect", &model]).succeeded().stdout;
    assert!(shown.contains("300 images seen"), "{shown}");
    let picture = folder.file("a.png");
    run(&["render", &model, "0.5*seed(1)", "-o", &picture]).succeeded();
    let recipe = run(&["inspect", &picture]).succeeded().stdout;
    assert!(recipe.contains("tiny-ae"), "{recipe}");
    let encoded = format!("encode({picture:?})");
    run(&["code", &model, &encoded, "--npz", &folder.file("a.npz")]).succeeded();
    let report = run(&["eval", &model, "--data", &data, "--json"])
        .succeeded()
        .stdout;
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert!(report.is_object(), "{report}");
    let text = run(&["eval", &model, "--data", &data]).succeeded().stdout;
    assert!(text.contains("tiny-ae"), "{text}");
}

#[test]
fn a_generator_is_shown_beside_its_nearest_training_pictures() {
    let folder = Folder::new();
    write_stripes(folder.path());
    let data = folder.path().display().to_string();
    let (picture, measured) = (folder.file("near.png"), folder.file("measured.safetensors"));
    let output = ["--neighbours", &picture, "-o", &measured, "--json"];
    let arguments = [
        &["eval", GAN, "--data", &data, "--device", "cpu"][..],
        &output,
    ]
    .concat();
    let report = run(&arguments).succeeded().stdout;
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let neighbours = report["neighbours"].as_array().expect("a list");
    assert_eq!(neighbours.len(), 16);
    for (seed, near) in neighbours.iter().enumerate() {
        assert_eq!(near["seed"], seed);
        assert!(near["by_pixels"].as_u64() < Some(100), "{near}");
        assert!(
            near["pixel_distance"].as_f64() > Some(0.0),
            "no digit is a stripe"
        );
    }
    let quality = &report["quality"];
    for name in [
        "nearest_training_picture_of_samples_in_pixels",
        "nearest_training_picture_of_test_pictures_in_features",
        "probe_accuracy_z",
        "probe_accuracy_z_of_3",
        "precision",
    ] {
        assert!(quality[name].is_f64(), "{name}: {quality}");
    }
    assert!(quality.get("path_length_w").is_none(), "it has no w");
    // Four times three pictures of 28 pixels and three distances of 4, three times as large.
    let ([width, height], _) = read_png(&folder.read("near.png"));
    assert_eq!([width, height], [3 * (12 * 28 + 12), 3 * (4 * 28 + 12)]);
    let file = zscape::model::ModelFile::from_bytes(&folder.read("measured.safetensors"));
    let stored = file.expect("it is sound").manifest.quality;
    assert_eq!(
        stored.get("precision").copied(),
        quality["precision"].as_f64()
    );

    // Near the mean all samples are alike.
    let alike = |psi: &str| {
        let arguments = ["eval", GAN, "--data", &data, "--device", "cpu", "--json"];
        let arguments = [&arguments[..], &["--truncation", psi]].concat();
        let report = run(&arguments).succeeded().stdout;
        let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
        report["quality"]["least_difference_between_samples"].as_f64()
    };
    assert_eq!(
        alike("1"),
        quality["least_difference_between_samples"].as_f64()
    );
    assert!(alike("0.2") < alike("1"));
    for (model, psi, part) in [
        (GAN, "nan", "a truncation of NaN"),
        ("digits-ddpm", "0.5", "no codes around a mean"),
    ] {
        run(&["eval", model, "--data", &data, "--truncation", psi]).refused(part);
    }

    // An autoencoder has no samples that a judge could look at.
    let near = [
        "eval",
        AUTOENCODER,
        "--data",
        &data,
        "--neighbours",
        &picture,
    ];
    run(&near).refused("neighbours");
}

#[test]
fn a_run_that_cannot_begin_leaves_nothing() {
    let folder = Folder::new();
    let elsewhere = Folder::new();
    write_stripes(folder.path());
    let data = folder.path().display().to_string();
    let sound = elsewhere.write("sound.toml", recipe("images = 300\nbatch = 20"));
    let out = elsewhere.file("out.safetensors");
    let absent = elsewhere.file("absent/out.safetensors");
    run(&["train", &sound, "--data", &data, "-o", &absent]).refused("absent");
    let taken = elsewhere.path().display().to_string();
    run(&["train", &sound, "--data", &data, "-o", &taken]).refused(&taken);
    let empty = elsewhere.file("");
    run(&["train", &sound, "--data", &empty, "-o", &out]).refused("ubyte.gz");
    for settings in [
        "images = 300\nbatch = 0",
        "images = 0\nbatch = 20",
        "images = -1\nbatch = 20",
        "images = 300\nbatch = 9999999999",
        "images = 300\nbatch = 20\nlearning_rat = 1",
        "images = 300\nbatch = 20\nbeta_1 = nan",
        "images = 300\nbatch = 20\nbeta_2 = 1.0",
        "images = 300\nbatch = 20\nbeta = nan",
        "images = 300\nbatch = 20\nwarm_up = -1.0",
        "images = 300\nbatch = 20\nr1_every = 0",
        "images = 300\nbatch = 20\nr2_gamma = -1.0",
        "images = 300\nbatch = 20\ngamma_left = 0.0",
        "images = 300\nbatch = 20\nloss = \"goose\"",
        "images = 300\nbatch = 20\nshift = 1000000",
    ] {
        let bad = elsewhere.write("bad.toml", recipe(settings));
        run(&["train", &bad, "--data", &data, "-o", &out]).refused("bad.toml");
    }
    let bad_layers = [
        ("outputs = 784", "outputs = 783"),
        ("outputs = 784", "outputs = 0"),
        ("outputs = 784", "outputs = 99999999999999"),
        ("z_dim = 2", "z_dim = 3"),
        ("z_dim = 2", "z_dim = 0"),
        ("\"sigmoid\"", "\"goose\""),
        ("\"autoencoder\"", "\"gan\""),
    ];
    for (sound, bad) in bad_layers {
        let text = recipe("images = 300\nbatch = 20").replace(sound, bad);
        let bad = elsewhere.write("bad.toml", text);
        run(&["train", &bad, "--data", &data, "-o", &out]).refused("bad.toml");
    }
    assert_eq!(elsewhere.names(), ["bad.toml", "sound.toml"]);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

//! `directions`: found, measured, stored; and what `eval` and `bench` say of style-based models.

use crate::support::{Folder, GAN, VAE, read_png, run};
use serde_json::Value;
use zscape::latent::Space;
use zscape::model::ModelFile;
use zscape::model::directions::Method;
use zscape::model::file::direction_tensor;

/// A style-based model with random weights in a file.
fn random_style(folder: &Folder) -> String {
    let bytes = zscape::model::style::random_model(1).expect("it can be made");
    folder.write("random.safetensors", bytes)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The tensors and the record must say the same.
fn check_file(bytes: &[u8]) -> ModelFile {
    let file = ModelFile::from_bytes(bytes).expect("a sound file");
    let record = file.manifest.directions.as_ref().expect("it was measured");
    assert_eq!(record.directions.len(), file.directions().len());
    let best = record
        .directions
        .iter()
        .take_while(|one| one.is_best)
        .count();
    assert!((1..=8).contains(&best), "{best} are the best");
    assert!(!record.directions[best..].iter().any(|one| one.is_best));
    for part in [&record.directions[..best], &record.directions[best..]] {
        assert!(part.is_sorted_by(|a, b| a.score >= b.score));
    }
    for one in &record.directions {
        assert!((0.0..=1.0).contains(&one.flips), "{one:?}");
        assert!(one.picture_change > 0.0, "{one:?}");
        let expected = one.flips / (1.0 + one.others_total);
        assert!((one.score - expected).abs() < 1e-5, "{one:?}");
        assert!(
            file.tensors
                .contains_key(&direction_tensor(one.space, &one.name))
        );
    }
    file
}

#[test]
fn digits_have_directions_towards_every_class() {
    let folder = Folder::new();
    let out = folder.file("out.safetensors");
    let arguments = [
        "directions",
        GAN,
        "-o",
        &out,
        "--samples",
        "1500",
        "--device",
        "cpu",
    ];
    let text = run(&arguments).succeeded().stdout;
    assert!(
        text.contains("towards 3") && text.contains("flips 3 in"),
        "{text}"
    );
    let bytes = folder.read("out.safetensors");
    let file = check_file(&bytes);
    let record = file.manifest.directions.as_ref().expect("checked");
    let to_three = record
        .of(Space::Z, "towards 3")
        .expect("threes are frequent");
    assert_eq!(to_three.label.as_deref(), Some("3"));
    // Gradient descent finds a better one than the probe that it begins with.
    assert_eq!(to_three.method, Method::Learned, "{to_three:?}");
    assert!(to_three.flips > 0.3, "{to_three:?}");
    assert!(to_three.accuracy > to_three.baseline, "{to_three:?}");
    assert!(record.of(Space::Z, "sefa 1").is_some());

    // The same options give the same bytes, and a second search replaces the first.
    let again = folder.file("again.safetensors");
    let arguments = [
        "directions",
        &out,
        "-o",
        &again,
        "--samples",
        "1500",
        "--device",
        "cpu",
        "--json",
    ];
    let report = json(&run(&arguments).succeeded().stdout);
    assert_eq!(report["model"], GAN);
    assert_eq!(
        report["directions"].as_array().map(Vec::len),
        Some(file.directions().len())
    );
    assert_eq!(folder.read("again.safetensors"), bytes);

    // What was stored is a word of the language.
    let drawn = folder.file("a.png");
    let step = "seed(3) + 2*dir(\"towards 3\")";
    run(&["render", &out, step, "-o", &drawn, "--device", "cpu"]).succeeded();
    read_png(&folder.read("a.png"));
    let text = run(&["inspect", &out]).succeeded().stdout;
    assert!(text.contains("direction.z.towards 3"), "{text}");
}

#[test]
fn a_style_based_model_gets_directions_in_w_and_a_plane_vae_in_z() {
    let folder = Folder::new();
    let out = folder.file("out.safetensors");
    let arguments = [
        "directions",
        "faces-stylegan",
        "--judge",
        "faces-judge",
        "-o",
        &out,
        "--samples",
        "200",
        "--device",
        "cpu",
        "--json",
    ];
    let report = json(&run(&arguments).succeeded().stdout);
    let file = check_file(&folder.read("out.safetensors"));
    let names: Vec<String> = file.directions().into_iter().map(|d| d.name).collect();
    for name in [
        "w pca 1",
        "sefa 1",
        "green background",
        "green background in z",
    ] {
        assert!(
            names.iter().any(|known| known == name),
            "{names:?} lack {name}"
        );
    }
    assert_eq!(report["judge"], "faces-judge");
    let left_out = report["left_out"].as_array().expect("a list");
    assert!(
        !left_out.is_empty(),
        "200 samples are too few for what is rare"
    );
    assert!(left_out.iter().all(|left| left["reason"].is_string()));

    let arguments = [
        "directions",
        VAE,
        "--samples",
        "400",
        "--device",
        "cpu",
        "--json",
    ];
    let report = json(&run(&arguments).succeeded().stdout);
    let spaces = report["directions"].as_array().expect("a list");
    assert!(spaces.iter().all(|one| one["space"] == "z"), "{report}");
    assert!(
        spaces.iter().any(|one| one["name"] == "z pca 1"),
        "{report}"
    );
    assert!(report.get("output").is_none());
}

#[test]
fn what_cannot_be_searched_is_refused() {
    let folder = Folder::new();
    let out = folder.file("out.safetensors");
    let with = |extra: &[&str]| run(&[&["directions"], extra, &["-o", &out]].concat());
    run(&["directions", GAN]).refused("--output");
    with(&["digits-judge"]).refused("classifier");
    with(&["goose"]).refused("goose");
    with(&[GAN, "--judge", "faces-judge"]).refused("another size");
    with(&[GAN, "--judge", VAE]).refused("no classifier");
    with(&[GAN, "--samples", "3"]).refused("3 samples");
    with(&[GAN, "--data", &folder.file("absent")]).refused("absent");
    let model = random_style(&folder);
    with(&[&model]).refused("no recipe");
    let absent = folder.file("absent/out.safetensors");
    run(&["directions", GAN, "-o", &absent]).refused("absent");
    assert_eq!(folder.names(), ["random.safetensors"]);
}

#[test]
fn bench_times_the_mapping_where_there_is_one() {
    let folder = Folder::new();
    let model = random_style(&folder);
    let report = json(
        &run(&["bench", &model, "--json", "--device", "cpu"])
            .succeeded()
            .stdout,
    );
    assert_eq!(report["mapping"]["codes"], 10_000);
    let median = report["mapping"]["median_ms"].as_f64().expect("a time");
    assert!(median > 0.0 && median < 2000.0, "{median} ms");
    let plain = json(
        &run(&["bench", VAE, "--json", "--device", "cpu"])
            .succeeded()
            .stdout,
    );
    assert!(plain.get("mapping").is_none());
}

//! What render, code and grid write.

use crate::support::{AUTOENCODER, Folder, GAN, VAE, read_npy, read_png, run};
use std::io::Cursor;
use zscape::latent::seed::seed_code;

#[test]
fn a_picture_and_its_numbers_agree() {
    let folder = Folder::new();
    let (png, npy) = (folder.file("a.png"), folder.file("a.npy"));
    let text = "slerp(seed(3), seed(9), 0.4)";
    run(&[
        "render", VAE, text, "-o", &png, "--npy", &npy, "--device", "cpu",
    ])
    .succeeded();
    assert_eq!(folder.names(), ["a.npy", "a.png"]);
    let (shape, values) = read_npy(&folder.read("a.npy"));
    assert_eq!(shape, [1, 28, 28]);
    assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
    let (size, pixels) = read_png(&folder.read("a.png"));
    assert_eq!(size, [28, 28]);
    for (value, pixel) in values.iter().zip(pixels) {
        assert_eq!((value * 255.0).round(), f32::from(pixel));
    }
}

#[test]
fn a_whole_factor_of_size_makes_squares() {
    let folder = Folder::new();
    let (small, large) = (folder.file("a.png"), folder.file("b.png"));
    run(&["render", VAE, "seed(5)", "-o", &small]).succeeded();
    run(&["render", VAE, "seed(5)", "-o", &large, "--size", "84"]).succeeded();
    let (_, small) = read_png(&folder.read("a.png"));
    let (size, large) = read_png(&folder.read("b.png"));
    assert_eq!(size, [84, 84]);
    for (index, pixel) in large.iter().enumerate() {
        let (x, y) = (index % 84 / 3, index / 84 / 3);
        assert_eq!(*pixel, small[y * 28 + x], "at {x}, {y}");
    }
    run(&[
        "render",
        VAE,
        "seed(5)",
        "-o",
        &folder.file("c.png"),
        "--size",
        "100",
    ])
    .succeeded();
    assert_eq!(read_png(&folder.read("c.png")).0, [100, 100]);
}

#[test]
fn a_picture_carries_the_recipe_that_makes_it_again() {
    let folder = Folder::new();
    let png = folder.file("a.png");
    let text = "-1.5*seed(7)  +  0.25*dir( \"z1\" )";
    run(&[
        "render",
        AUTOENCODER,
        text,
        "-o",
        &png,
        "--size",
        "56",
        "--device",
        "cpu",
    ])
    .succeeded();
    let shown = run(&["inspect", &png]).succeeded().stdout;
    let recipe: serde_json::Value = serde_json::from_str(&shown).expect("a recipe is JSON");
    assert_eq!(recipe["model"]["name"], AUTOENCODER);
    assert_eq!(recipe["size"], serde_json::json!([56, 56]));
    assert_eq!(
        recipe["program"],
        concat!("zscape ", env!("CARGO_PKG_VERSION"))
    );
    let hash = recipe["model"]["hash"].as_str().expect("a hash");
    assert!(
        hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{hash}"
    );
    let models = run(&["models", "--json"]).succeeded().stdout;
    assert!(models.contains(hash), "the hash is that of the catalogue");

    let expression = recipe["expression"].as_str().expect("an expression");
    let again = folder.file("b.png");
    let size = ["-o", &again, "--size", "56", "--device", "cpu"];
    run(&[&["render", AUTOENCODER, expression], &size[..]].concat()).succeeded();
    assert_eq!(folder.read("a.png"), folder.read("b.png"), "the same bytes");
}

#[test]
fn a_code_is_an_archive_of_one_array() {
    let folder = Folder::new();
    run(&["code", GAN, "seed(42)", "--npz", &folder.file("a.npz")]).succeeded();
    let bytes = folder.read("a.npz");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    assert_eq!(archive.len(), 1);
    let mut member = archive.by_name("z.npy").expect("the array z");
    assert_eq!(member.compression(), zip::CompressionMethod::Stored);
    let mut bytes = Vec::new();
    std::io::copy(&mut member, &mut bytes).expect("the archive is whole");
    let (shape, values) = read_npy(&bytes);
    assert_eq!(shape, [1, 64]);
    assert_eq!(
        values,
        seed_code(42, 64),
        "NumPy's RandomState(42).randn(64)"
    );
}

#[test]
fn a_grid_is_the_pictures_of_its_seeds() {
    let folder = Folder::new();
    let (sheet, array) = (folder.file("a.png"), folder.file("a.npy"));
    let seeds = ["--seeds", "0-6,40", "--device", "cpu"];
    let outputs = ["-o", sheet.as_str(), "--npy", array.as_str()];
    run(&[&["grid", GAN], &seeds[..], &outputs[..]].concat()).succeeded();
    let (shape, values) = read_npy(&folder.read("a.npy"));
    assert_eq!(shape, [8, 1, 28, 28]);
    let (size, pixels) = read_png(&folder.read("a.png"));
    assert_eq!(size, [84, 84], "three columns and three rows");
    // The picture of seed 40 is the eighth: second column of the third row.
    let last = &values[7 * 784..];
    for (index, value) in last.iter().enumerate() {
        let (x, y) = (28 + index % 28, 56 + index / 28);
        assert_eq!((value * 255.0).round(), f32::from(pixels[y * 84 + x]));
    }
    let one = folder.file("b.npy");
    run(&["render", GAN, "seed(40)", "--npy", &one, "--device", "cpu"]).succeeded();
    let (_, alone) = read_npy(&folder.read("b.npy"));
    for (one, of_many) in alone.iter().zip(last) {
        assert!(
            (one - of_many).abs() < 1e-5,
            "{one} alone, {of_many} among others"
        );
    }
}

#[test]
fn a_grid_carries_its_recipe_and_truncates() {
    let folder = Folder::new();
    let truncation = ["--truncation", "0.5", "-o", &folder.file("a.png")];
    run(&[&["grid", GAN, "--seeds", "2-3"], &truncation[..]].concat()).succeeded();
    let shown = run(&["inspect", &folder.file("a.png")]).succeeded().stdout;
    let recipe: serde_json::Value = serde_json::from_str(&shown).expect("a recipe is JSON");
    let grid = serde_json::json!({ "seeds": "2-3", "truncation": 0.5, "columns": 2 });
    assert_eq!(recipe["grid"], grid);

    let (npy, one) = (folder.file("a.npy"), folder.file("b.npy"));
    let truncation = ["--truncation", "0.5", "--npy", &npy];
    run(&[&["grid", GAN, "--seeds", "2"], &truncation[..]].concat()).succeeded();
    run(&["render", GAN, "truncate(seed(2), 0.5)", "--npy", &one]).succeeded();
    let (_, grid) = read_npy(&folder.read("a.npy"));
    let (_, alone) = read_npy(&folder.read("b.npy"));
    assert!(grid.iter().zip(alone).all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn the_cpu_gives_the_same_bytes_every_time() {
    let folder = Folder::new();
    for name in ["a.npy", "b.npy"] {
        let out = folder.file(name);
        run(&[
            "grid", GAN, "--seeds", "0-99", "--npy", &out, "--device", "cpu",
        ])
        .succeeded();
    }
    assert_eq!(folder.read("a.npy"), folder.read("b.npy"));
}

#[test]
fn a_sheet_too_large_for_a_png_names_the_way_out() {
    let folder = Folder::new();
    let out = folder.file("a.png");
    // A million pictures of 28x28 are 784 million pixels, which fit; of a larger model not.
    let seeds = ["--seeds", "0-1000000", "-o", &out];
    run(&[&["grid", AUTOENCODER], &seeds[..]].concat()).refused("seeds at once");
    assert!(folder.names().is_empty());
}

#[test]
fn a_gpu_that_is_not_there_is_said_or_replaced() {
    let folder = Folder::new();
    let out = folder.file("a.npy");
    let run = run(&["render", VAE, "seed(1)", "--npy", &out, "--device", "gpu"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.lines().count() <= 1, "{}", run.stderr);
    let (_, values) = read_npy(&folder.read("a.npy"));
    let reference = folder.file("b.npy");
    crate::support::run(&[
        "render", VAE, "seed(1)", "--npy", &reference, "--device", "cpu",
    ]);
    let (_, on_cpu) = read_npy(&folder.read("b.npy"));
    for (gpu, cpu) in values.iter().zip(on_cpu) {
        assert!(
            (gpu - cpu).abs() < 1e-3,
            "{gpu} on the GPU, {cpu} on the CPU"
        );
    }
}

#[test]
fn every_model_draws() {
    let folder = Folder::new();
    let models = run(&["models", "--json"]).succeeded().stdout;
    let models: Vec<serde_json::Value> = serde_json::from_str(&models).expect("JSON");
    for model in models
        .iter()
        .filter(|model| model["family"] != "classifier")
    {
        let name = model["name"].as_str().expect("a name");
        let out = folder.file(&format!("{name}.npy"));
        run(&["render", name, "seed(1)", "--npy", &out]).succeeded();
        let (_, values) = read_npy(&folder.read(&format!("{name}.npy")));
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        assert!(
            (0.01..0.9).contains(&mean),
            "{name} draws pictures of mean {mean}"
        );
    }
}

#[test]
fn noise_is_for_models_that_add_some() {
    let folder = Folder::new();
    let bytes = zscape::model::style::random_model(1).expect("it can be made");
    let noisy = folder.write("noisy.safetensors", bytes);
    let styles = run(&["inspect", &noisy]).succeeded().stdout;
    assert!(styles.contains("with noise"), "{styles}");
    let picture = |model: &str, noise: &str| {
        let out = folder.file("picture.npy");
        let run = run(&["render", model, "seed(1)", "--npy", &out, "--noise", noise]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        (folder.read("picture.npy"), run.stderr)
    };
    let (one, said) = picture(&noisy, "7");
    assert_eq!(said, "", "it is a setting of this model");
    assert_ne!(one, picture(&noisy, "8").0);
    let (_, said) = picture(GAN, "7");
    assert!(said.contains("digits-gan adds no noise"), "{said:?}");
}

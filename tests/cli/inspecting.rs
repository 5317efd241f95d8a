//! `models` and `inspect`.

use crate::support::{AUTOENCODER, Folder, GAN, VAE, model_bytes, run};

#[test]
fn the_catalogue_is_listed() {
    let lines = run(&["models"]).succeeded().stdout;
    let json = run(&["models", "--json"]).succeeded().stdout;
    let models: Vec<serde_json::Value> = serde_json::from_str(&json).expect("JSON");
    assert_eq!(lines.lines().count(), models.len());
    for name in [AUTOENCODER, VAE, GAN, "fashion-vae"] {
        assert!(lines.contains(name), "{name} is not in {lines}");
        let model = models.iter().find(|model| model["name"] == name);
        let model = model.expect("the model is in the JSON too");
        assert_eq!(model["image"]["width"], 28);
        assert!(model["spaces"]["z"].is_object(), "{model}");
        assert_eq!(model["hash"].as_str().map(str::len), Some(64));
    }
}

#[test]
fn a_model_file_shows_what_it_holds() {
    let folder = Folder::new();
    let path = folder.write("own.safetensors", model_bytes(VAE));
    let shown = run(&["inspect", &path]).succeeded().stdout;
    for part in [
        "name",
        VAE,
        "hash",
        "VAE",
        "28x28",
        "decoder.0.weight",
        "encoder",
        "quality",
    ] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
    assert_eq!(
        run(&["inspect", VAE]).succeeded().stdout,
        shown,
        "by name as by file"
    );
}

#[test]
fn what_is_neither_model_nor_picture_is_refused() {
    let folder = Folder::new();
    run(&["inspect", &folder.file("absent")]).refused("absent");
    run(&["inspect", &folder.path().display().to_string()]).refused("ordinary file");
    run(&["inspect", "/dev/zero"]).refused("ordinary file");
    run(&["render", "/dev/zero", "seed(1)", "-o", "never.png"]).refused("ordinary file");
    run(&["inspect", &folder.write("empty", b"")]).refused("empty");
    run(&["inspect", &folder.write("text", b"seed(1)")]).refused("text");
    run(&[
        "inspect",
        &folder.write("cut.png", b"\x89PNG\r\n\x1a\n\0\0"),
    ])
    .refused("cut.png");
}

#[test]
fn a_picture_of_another_program_has_no_recipe() {
    let folder = Folder::new();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&[0]).expect("one pixel");
    writer.finish().expect("an end");
    run(&["inspect", &folder.write("other.png", bytes)]).refused("no recipe");
}

#[test]
fn a_scene_is_shown_and_a_broken_one_is_named() {
    let folder = Folder::new();
    let scene = r#"{"zscape_scene": 1, "title": "Threes", "caption": "Drag",
        "recipe": {"recipe_version": 3, "model": {"name": "digits-vae2", "hash": "ab"},
        "expression": "seed(3)", "size": [28, 28], "program": "zscape"}}"#;
    let path = folder.write("a.zscape", scene);
    let shown = run(&["inspect", &path]).succeeded().stdout;
    for part in ["Threes", "Drag", "seed(3)"] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
    let cut = folder.write("cut.zscape", &scene[..scene.len() / 2]);
    run(&["inspect", &cut]).refused("not a zscape scene");
    run(&[&cut]).refused("not a zscape scene");
}

//! Models that make pictures of label maps, trained on the example of `docs/paper-dolls.md`.

use crate::dolls::write_snails;
use safetensors::SafeTensors;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use zscape::engine::DeviceChoice;
use zscape::latent::{NoiseMode, Space, SpaceShape};
use zscape::model::{Generator, ModelFile, device, download};
use zscape::train::{self, TrainOptions};

const LABELS: &str = r#"
  { name = "warm background", hue = [0.0, 0.225] },
  { name = "green background", hue = [0.225, 0.35] },
  { name = "blue background", hue = [0.35, 0.475] },
  { name = "violet background", hue = [0.475, 1.0] },
  { name = "red body", layers = ["body/*-red"] },
  { name = "green body", layers = ["body/*-green"] },
  { name = "blue body", layers = ["body/*-blue"] },
  { name = "plain shell", layers = ["shell/plain-*"] },
  { name = "striped shell", layers = ["shell/striped"] },
  { name = "eyes", layers = ["eyes/*"] },
"#;

/// The place of "red body" in the palette.
const RED: usize = 4;

const NUMBERS: &str = r#"
[translation]
features = 8
channels = [8, 16]
map_channels = 16
map_hidden = 32
pairs = 8
absolute = 20.0
adversarial = 0.1
lead = 0.5

[training]
seed = 1
images = IMAGES
batch = 10
learning_rate = 5e-3
final_learning_rate = 1e-4
beta_1 = 0.5
beta = 1.0
average_decay = 0.9
"#;

fn recipe(labels: &str, images: u32) -> String {
    let head = r#"
name = "snails-sketch"
title = "Snails from label maps"
summary = "Pictures of snails of maps of their parts."
family = "translation"
dataset = { doll = "snails" }
source = { name = "Snails by Ann Example", licence = "CC BY 4.0" }
z_dim = 8
"#;
    let numbers = NUMBERS.replace("IMAGES", &images.to_string());
    format!("{head}\n[layout]\nside = 16\nlabels = [{labels}]\n{numbers}")
}

fn options(folder: &Path, text: &str) -> TrainOptions {
    let recipe = folder.join("snails-sketch.toml");
    zscape::files::save::save(&recipe, text.as_bytes()).expect("it can be written");
    let data = folder.join("snails");
    if !data.exists() {
        std::fs::create_dir(&data).expect("a folder");
        write_snails(&data);
    }
    TrainOptions {
        recipe,
        data,
        output: folder.join("snails-sketch.safetensors"),
        resume: false,
        finish: false,
        skip_eval: false,
        device: DeviceChoice::Cpu,
    }
}

/// One for all tests, with the folder of its data.
static SNAILS: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let options = options(folder.path(), &recipe(LABELS, 4000));
    train::run(&options, &mut || false).unwrap_or_else(|error| panic!("{error}"));
    (folder, options.output)
});

fn model() -> ModelFile {
    ModelFile::read(&SNAILS.1).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn what_it_learns_leads_from_z_by_label_maps_to_pictures_and_back() {
    let file = model();
    let manifest = &file.manifest;
    let names: Vec<&str> = manifest.entries.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names[3..5], ["violet background", "red body"]);
    assert_eq!(manifest.entries[RED].colour, [220, 30, 30]);
    let grid = SpaceShape::Grid {
        height: 16,
        width: 16,
        levels: 10,
    };
    assert_eq!(manifest.spaces.get(&Space::CODES), Some(&grid));
    assert_eq!(manifest.start_space(), Some(Space::Z));
    assert_eq!(manifest.encoded_space(), Space::CODES);
    let quality = |name: &str| manifest.quality[name];
    // A label covers an eighth of all hues, so that the background alone is about 0.01 away.
    let error = quality("mean_absolute_error");
    assert!(error < 0.05, "mean absolute error {error}");
    let found = quality("labels_found");
    assert!(found > 0.7, "labels found {found}");

    let generator = Generator::new(&file, &device::cpu()).expect("sound");
    let z: Vec<f32> = (0..16).map(|at| (at as f32 * 0.7).sin()).collect();
    let maps = generator.map(Space::Z, Space::CODES, &z, &[]).expect("led");
    assert_eq!(maps.len(), 2 * 256);
    assert!(
        maps.iter()
            .all(|label| label.fract() == 0.0 && *label < 10.0)
    );
    let pictures = |space, codes: &[f32]| {
        let inputs = generator.inputs(space, codes).expect("codes");
        generator
            .decode_to_vec(&inputs, NoiseMode::Const)
            .expect("pictures")
    };
    assert!(pictures(Space::Z, &z) == pictures(Space::CODES, &maps));
    // The picture of a map is taken for that map again, but for what is not learned in a minute.
    let again = generator
        .encode(&pictures(Space::CODES, &maps))
        .expect("the CPU works")
        .expect("it encodes");
    let again = download(again.mu).expect("the CPU works");
    let same = again.iter().zip(&maps).filter(|(a, b)| a == b).count();
    assert!(same > 300, "{same} of 512 labels");
}

/// A red square becomes a red square, whatever else is there: what is painted is what is drawn.
#[test]
fn painted_labels_are_drawn() {
    let file = model();
    let generator = Generator::new(&file, &device::cpu()).expect("sound");
    let empty = vec![0.0; 256];
    let mut painted = empty.clone();
    // The place of `body/round-red` in the layers of the example, at half the size.
    for row in 0..4 {
        for column in 0..4 {
            painted[row * 16 + column] = RED as f32;
        }
    }
    let draw = |map: &[f32]| {
        let inputs = generator.inputs(Space::CODES, map).expect("codes");
        generator
            .decode_to_vec(&inputs, NoiseMode::Const)
            .expect("a picture")
    };
    let [before, after] = [draw(&empty), draw(&painted)];
    // Row 4, column 4 of 32x32 pixels: red up, green down.
    let at = |picture: &[f32], channel: usize| picture[channel * 1024 + 4 * 32 + 4];
    assert!(at(&after, 0) > 0.6, "{}", at(&after, 0));
    assert!(at(&after, 1) < 0.4, "{}", at(&after, 1));
    assert!(at(&before, 1) > at(&after, 1) + 0.2);
}

#[test]
fn layouts_that_do_not_fit_the_layers_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let refusal = |labels: &str| {
        let options = options(folder.path(), &recipe(labels, 100));
        match train::run(&options, &mut || false) {
            Ok(_) => panic!("it was taken: {labels}"),
            Err(error) => error.to_string(),
        }
    };
    for (from, to, part) in [
        ("eyes/*", "eyes/open", "for the layer eyes/"),
        ("[0.475, 1.0]", "[0.475, 0.5]", "backgrounds of hue 0.5"),
        (
            "shell/striped",
            "shell/dotted",
            "for the layer shell/striped",
        ),
        (
            "layers = [\"shell/striped\"] },",
            "layers = [\"shell/striped\"] }, { name = \"ghost\", layers = [\"ghost/*\"] },",
            "\"ghost\" in its layout that matches no layer",
        ),
        ("[0.475, 1.0]", "[0.475, 2.0]", "a layout has a side"),
        (
            "layers = [\"eyes/*\"]",
            "layers = []",
            "a layout has a side",
        ),
    ] {
        assert!(LABELS.contains(from), "{from}");
        let fault = refusal(&LABELS.replace(from, to));
        assert!(fault.contains(part), "{to}: {fault}");
        assert!(fault.contains("snails-sketch.toml"), "{fault}");
    }
    let odd = recipe(LABELS, 100).replace("side = 16", "side = 12");
    let options = options(folder.path(), &odd);
    let fault = train::run(&options, &mut || false).expect_err("12 does not divide 32");
    assert!(
        fault.to_string().contains("does not divide the 32"),
        "{fault}"
    );
}

#[test]
fn a_run_goes_on_where_it_was_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = options(folder.path(), &recipe(LABELS, 200));
    let stopped_after = |options: &TrainOptions, steps: u32| {
        let mut done = 0;
        let stop = &mut || {
            done += 1;
            done == steps
        };
        train::run(options, stop).expect_err("it was stopped");
        let path = train::checkpoint_beside(&options.output);
        let bytes = zscape::files::load::read(&path, 1 << 24).expect("a checkpoint");
        // The metadata are in no order.
        let state = SafeTensors::deserialize(&bytes).expect("it is one");
        let tensors = state
            .iter()
            .map(|(name, view)| (name.to_owned(), view.data().to_vec()));
        tensors.collect::<BTreeMap<String, Vec<u8>>>()
    };
    let mut options = whole.clone();
    options.output = folder.path().join("stopped.safetensors");
    // Once before there is a discriminator, and again once there is one.
    stopped_after(&options, 6);
    options.resume = true;
    let resumed = stopped_after(&options, 8);
    let whole = stopped_after(&whole, 14);
    assert!(resumed == whole, "the resumed run learned something else");
}

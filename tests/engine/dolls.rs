//! Training on a folder with a `doll.toml`: the example of `docs/paper-dolls.md`, drawn here.

use std::path::{Path, PathBuf};
use zscape::engine::{DeviceChoice, ModelSource};
use zscape::latent::{NoiseMode, Space};
use zscape::model::{Generator, ModelFile, device, download};
use zscape::train::{self, TrainError, TrainOptions, eval};

const RECIPE: &str = r#"
name = "snails-judge"
title = "Snails"
summary = "A classifier of snails."
family = "classifier"
dataset = { doll = "snails" }
source = { name = "Snails by Ann Example", licence = "CC BY 4.0" }
classifier = [
  { layer = "conv", channels = 8, kernel = 8, stride = 8 },
  { layer = "relu" },
  { layer = "flatten" },
  { layer = "dense", outputs = 16 },
  { layer = "relu" },
  { layer = "dense", outputs = 5 },
]
[training]
seed = 1
images = 6000
batch = 20
learning_rate = 5e-3
final_learning_rate = 1e-4
average_decay = 0.9
"#;

/// The worked example of the documentation, and its layers: each variant a square of its own,
/// each colour a shade.
pub fn write_snails(folder: &Path) {
    let text = include_str!("../../docs/paper-dolls.md");
    let (_, rules) = text.split_once("```toml\n").expect("an example");
    let (rules, _) = rules.split_once("```").expect("it ends");
    for part in ["body", "shell", "eyes"] {
        std::fs::create_dir_all(folder.join(part)).expect("a folder");
    }
    std::fs::write(folder.join("doll.toml"), rules).expect("a file");
    let files = [
        "body/round-red",
        "body/round-green",
        "body/round-blue",
        "body/long-red",
        "body/long-green",
        "body/long-blue",
        "shell/plain-red",
        "shell/plain-green",
        "shell/plain-blue",
        "shell/striped",
        "eyes/open",
        "eyes/shut",
        "eyes/one",
    ];
    for (number, name) in files.iter().enumerate() {
        let [x, y] = [(number % 4) as u32 * 8, (number / 4) as u32 * 8];
        let shade = match name.rsplit('-').next() {
            Some("red") => [220, 30, 30],
            Some("green") => [30, 220, 30],
            Some("blue") => [30, 30, 220],
            _ => [20, 20, 20],
        };
        save_square(&folder.join(format!("{name}.png")), [x, y], shade);
    }
}

fn save_square(path: &Path, [left, top]: [u32; 2], [red, green, blue]: [u8; 3]) {
    let picture = image::RgbaImage::from_fn(32, 32, |x, y| {
        let inside = (left..left + 8).contains(&x) && (top..top + 8).contains(&y);
        image::Rgba([red, green, blue, if inside { 230 } else { 0 }])
    });
    picture.save(path).expect("a picture");
}

fn options(folder: &Path, data: PathBuf) -> TrainOptions {
    let recipe = folder.join("snails-judge.toml");
    std::fs::write(&recipe, RECIPE).expect("a file");
    TrainOptions {
        recipe,
        data,
        output: folder.join("snails-judge.safetensors"),
        resume: false,
        finish: false,
        skip_eval: false,
        device: DeviceChoice::Cpu,
    }
}

#[test]
fn a_described_folder_can_be_trained_on() {
    let folder = tempfile::tempdir().expect("a folder");
    write_snails(&folder.path().join("snails"));
    let options = options(folder.path(), folder.path().to_owned());
    train::run(&options, &mut || false).expect("the run is sound");
    let file = ModelFile::read(&options.output).expect("sound");
    let manifest = &file.manifest;
    assert_eq!(
        manifest.classes,
        ["round", "striped", "awake", "looking_around", "red"]
    );
    assert_eq!(manifest.data.name, "Snails by Ann Example");
    assert_eq!(manifest.data.licence, "CC BY 4.0");
    for label in &manifest.classes {
        let accuracy = manifest.quality[&format!("accuracy_of_{label}")];
        assert!(accuracy > 0.97, "{label}: {accuracy}");
    }
    // The folder itself may be named, too.
    let within = folder.path().join("snails");
    let source = ModelSource::File(options.output.clone());
    let mut watch = |_, _| true;
    let report = eval::evaluate(
        &source,
        None,
        &within,
        DeviceChoice::Cpu,
        eval::Manner::default(),
        &mut watch,
    );
    assert_eq!(report.expect("sound").quality, manifest.quality);
}

#[test]
fn faults_of_a_described_folder_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("snails");
    let options = options(folder.path(), data.clone());
    let refused = |part: &str| {
        let error: TrainError = train::run(&options, &mut || false).expect_err("bad data");
        assert!(error.is_bad_input(), "{error}");
        let text = error.to_string();
        assert!(text.contains(part), "{text} should contain {part:?}");
        assert!(!text.contains('\n'), "{text}");
    };
    refused("doll.toml: the data file cannot be read");
    write_snails(&data);
    let rules = data.join("doll.toml");
    let text = std::fs::read_to_string(&rules).expect("it is there");

    let layer = data.join("body").join("long-green.png");
    std::fs::remove_file(&layer).expect("it is there");
    refused("doll.toml: the data file is wrong in line 11: body/long-green.png is not a file");
    image::RgbaImage::new(31, 31).save(&layer).expect("saved");
    refused("long-green.png: the data file has 31x31 pixels");
    std::fs::write(&layer, b"no picture").expect("a file");
    refused("long-green.png: the data file cannot be read");
    save_square(&layer, [0, 0], [0; 3]);

    std::fs::write(&rules, text.replace("odds = 0.8", "odds = 8")).expect("a file");
    refused("line 16: `odds` must be a number from 0 to 1");
    std::fs::write(&rules, [0xff, 0xfe]).expect("a file");
    refused("doll.toml: the data file is not text");
    std::fs::write(&rules, vec![b'#'; 300 << 10]).expect("a file");
    refused("doll.toml: the data file cannot be read: it is larger than");

    let one = "size = 32\n[background]\nsaturation = 0\nvalue = 0\n[[part]]\nfolder = \"eyes\"\n\
               odds = 1.0\nvariants = { shut = 1 }\n[labels]\nshut = { eyes = [\"shut\"] }\n";
    std::fs::write(&rules, one).expect("a file");
    refused("draws too few combinations");
}

#[test]
fn a_recipe_of_a_doll_says_where_its_layers_come_from() {
    let folder = tempfile::tempdir().expect("a folder");
    write_snails(folder.path());
    let options = options(folder.path(), folder.path().to_owned());
    let source = "source = { name = \"Snails by Ann Example\", licence = \"CC BY 4.0\" }\n";
    let of_doll = RECIPE.replace(source, "");
    let of_heroes = RECIPE.replace("{ doll = \"snails\" }", "\"heroes\"");
    for text in [of_doll, of_heroes] {
        std::fs::write(&options.recipe, text).expect("a file");
        let error = train::run(&options, &mut || false).expect_err("unsound");
        assert!(
            error.to_string().contains("source must be given"),
            "{error}"
        );
    }
}

/// A small style-based generator of the Haar coefficients of snails, with an encoder beside it.
const STYLE_RECIPE: &str = r#"
name = "snails-stylegan"
title = "Snails, style-based"
summary = "A style-based generator of snails."
family = "stylegan"
dataset = { doll = "snails" }
source = { name = "Snails by Ann Example", licence = "CC BY 4.0" }
z_dim = 16

encoder = [
  { layer = "conv", channels = 24, kernel = 4, stride = 2 },
  { layer = "silu" },
  { layer = "conv", channels = 48, kernel = 4, stride = 2 },
  { layer = "silu" },
  { layer = "conv", channels = 96, kernel = 4, stride = 2 },
  { layer = "silu" },
  { layer = "conv", channels = 96, kernel = 4, stride = 2 },
  { layer = "silu" },
  { layer = "flatten" },
  { layer = "dense", outputs = 256 },
  { layer = "silu" },
  { layer = "dense", outputs = 32 },
]

classifier = [
  { layer = "conv", channels = 8, kernel = 4, stride = 4 },
  { layer = "silu" },
  { layer = "flatten" },
  { layer = "dense", outputs = 5 },
]

[style]
z_dim = 16
w_dim = 16
mapping_layers = 4
mapping_rate = 0.1
start = 4
channels = [8, 8, 6]
num_ws = 5
noise = false
haar = true

[critic]
channels = [4, 6, 8]
group = 2
difference_gain = 1.0

[training]
seed = 1
images = 24
batch = 4
learning_rate = 2.5e-3
final_learning_rate = 2e-4
beta_1 = 0.0
beta_2 = 0.99
average_half_life = 10_000
style_mixing = 0.3
loss = "relativistic"
r1_gamma = 15.0
r2_gamma = 15.0
gamma_left = 0.2
r1_every = 2
beta = 1.0
warm_up = 0.1
autoencoding = { weight = 20.0, deviation = 1.0, lead = 0.3, ramp = 0.1, encoder_rate = 0.4 }
shares = { weight = 0.3, half_life = 100, classifier_rate = 0.4 }
"#;

#[test]
fn a_run_on_coefficients_ends_in_a_generator_of_whole_pictures() {
    let folder = tempfile::tempdir().expect("a folder");
    write_snails(folder.path());
    let options = options(folder.path(), folder.path().to_owned());
    let text = STYLE_RECIPE;
    std::fs::write(&options.recipe, text).expect("a file");
    train::run(&options, &mut || false).expect("the run is sound");
    let file = ModelFile::read(&options.output).expect("sound");
    assert_eq!(file.manifest.image.width, 32);
    assert_eq!(file.tensors["picture.2.weight"].shape, [12, 6]);
    let generator = Generator::new(&file, &device::cpu()).expect("sound");
    let codes: Vec<f32> = (0..32).map(|n| (n as f32 - 16.0) / 8.0).collect();
    let inputs = generator.inputs(Space::Z, &codes).expect("two codes");
    let pictures = generator.decode_to_vec(&inputs, NoiseMode::Const);
    let pictures = pictures.expect("it decodes");
    let (first, second) = pictures.split_at(pictures.len() / 2);
    assert_eq!(first.len(), 3 * 32 * 32);
    assert_ne!(first, second);

    // The encoder goes with it, and codes that it finds are drawn.
    let found = generator.encode(&pictures).expect("it encodes");
    let found = found.expect("it has an encoder");
    assert_eq!(found.space, Space::Z);
    let mu = download(found.mu).expect("the CPU works");
    assert_eq!(mu.len(), codes.len());
    let title = file.manifest.capabilities().title;
    assert_eq!(title, "style-based VAE-GAN");
    assert!(file.manifest.quality.contains_key("mse"), "it is measured");

    for (key, value, part) in [
        ("noise = false", "output = \"tanh\"", "no output function"),
        (
            "difference_gain = 1.0",
            "difference_gain = 0.0",
            "difference_gain",
        ),
        ("num_ws = 5", "num_ws = 9", "num_ws is 9"),
        ("outputs = 32 }", "outputs = 31 }", "encoder"),
        ("lead = 0.3", "lead = 1.5", "autoencoding"),
        ("autoencoding = {", "# autoencoding = {", "both an encoder"),
        ("shares = {", "# shares = {", "both a classifier"),
        ("half_life = 100", "half_life = 0", "shares"),
        ("weight = 0.3", "weight = inf", "shares"),
        ("outputs = 5 }", "outputs = 4 }", "classifier"),
        ("[8, 8, 6]", "[8, 8, 6, 4]", "64x64 pixels"),
    ] {
        assert!(text.contains(key), "the recipe has no {key:?}");
        std::fs::write(&options.recipe, text.replace(key, value)).expect("a file");
        let error = train::run(&options, &mut || false).expect_err("unsound");
        assert!(error.is_bad_input(), "{error}");
        let error = error.to_string();
        assert!(error.contains(part), "{error} should contain {part:?}");
    }
}

/// An encoder alone teaches a generator to draw what it sees, and that stays so when a discriminator
/// plays as well.
#[test]
fn a_generator_learns_from_its_encoder() {
    let folder = tempfile::tempdir().expect("a folder");
    write_snails(folder.path());
    let error_after = |images: &str, lead: &str| {
        let options = options(folder.path(), folder.path().to_owned());
        let text = STYLE_RECIPE
            .replace("images = 24", images)
            .replace("lead = 0.3", lead);
        std::fs::write(&options.recipe, text).expect("a file");
        train::run(&options, &mut || false).expect("the run is sound");
        let file = ModelFile::read(&options.output).expect("sound");
        file.manifest.quality["mse"]
    };
    let fresh = error_after("images = 24", "lead = 0.3");
    let alone = error_after("images = 1600", "lead = 0.99");
    let judged = error_after("images = 1600", "lead = 0.6");
    assert!(alone < 0.5 * fresh, "{alone}, {fresh} at the beginning");
    assert!(judged < 0.7 * fresh, "{judged}, {fresh} at the beginning");
}

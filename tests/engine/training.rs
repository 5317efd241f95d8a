//! Training runs on small made-up data, as the command line starts them.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use zscape::engine::{DeviceChoice, ModelSource};
use zscape::model::{ModelFile, catalogue};
use zscape::train::{self, Recipe, TrainError, TrainOptions, eval};

/// 10 pictures a class: a bright row whose height is the class.
pub fn write_data(folder: &Path) {
    for (prefix, count) in [("train", 100u32), ("t10k", 50)] {
        let mut pictures = vec![0, 0, 8, 3];
        let mut labels = vec![0, 0, 8, 1];
        pictures.extend([count, 28, 28].iter().flat_map(|n| n.to_be_bytes()));
        labels.extend(count.to_be_bytes());
        for index in 0..count {
            let class = index % 10;
            labels.push(class as u8);
            pictures.extend((0..784).map(|pixel| value_of(index, pixel)));
        }
        write_gz(
            &folder.join(format!("{prefix}-images-idx3-ubyte.gz")),
            &pictures,
        );
        write_gz(
            &folder.join(format!("{prefix}-labels-idx1-ubyte.gz")),
            &labels,
        );
    }
}

/// The grey value of a pixel of a picture: a bright row for its class.
fn value_of(index: u32, pixel: u32) -> u8 {
    let lit = pixel / 28 == 4 + 2 * (index % 10);
    if lit { 200 + (index % 50) as u8 } else { 0 }
}

/// The training pictures of [`write_data`], in 0..1.
pub fn train_pictures() -> Vec<f32> {
    let pixels = (0..100).flat_map(|index| (0..784).map(move |pixel| value_of(index, pixel)));
    pixels.map(|value| f32::from(value) / 255.0).collect()
}

/// Two layers of every part, 32x32, each a coloured square of its own.
fn write_layers(folder: &Path) {
    let parts = [
        "cloak", "base", "boots", "legs", "body", "gloves", "hand1", "hand2", "hair", "head",
    ];
    for (number, part) in parts.iter().enumerate() {
        let part_folder = folder.join(part);
        std::fs::create_dir_all(&part_folder).expect("a folder");
        for (variant, name) in ["human_shield", "elf_shield"].iter().enumerate() {
            let (left, top) = (2 * number as u32, 3 * variant as u32 + number as u32);
            let picture = image::RgbaImage::from_fn(32, 32, |x, y| {
                let inside = (left..left + 9).contains(&x) && (top..top + 9).contains(&y);
                let shade = (40 + 20 * number) as u8;
                image::Rgba([
                    shade,
                    255 - shade,
                    90 * variant as u8,
                    if inside { 200 } else { 0 },
                ])
            });
            let path = part_folder.join(format!("{name}.png"));
            picture.save(path).expect("a picture");
        }
    }
}

/// The shipped recipe of the style-based heroes, made small, and with the noise that it leaves
/// out: a run draws that too.
fn small_style_recipe(images: u32, folder: &Path) -> PathBuf {
    let text = std::fs::read_to_string(shipped_recipe("heroes-stylegan")).expect("it ships");
    let text = text.replace("_dim = 128", "_dim = 16");
    let images_line = format!("images = {images}");
    let changes = [
        ("channels = [96, 96, 64, 32]", "channels = [8, 8, 6, 4]"),
        ("channels = [32, 64, 96, 96]", "channels = [4, 6, 8, 8]"),
        ("noise = false", "noise = true"),
        ("images = 500_000", images_line.as_str()),
        ("batch = 16", "batch = 4"),
        ("r1_every = 16", "r1_every = 3"),
    ];
    let path = folder.join(format!("style-{images}.toml"));
    std::fs::write(&path, changed(text, &changes)).expect("a file");
    path
}

/// A text with other words in the place of some.
fn changed(mut text: String, changes: &[(&str, &str)]) -> String {
    for (from, to) in changes {
        assert!(text.contains(from), "the recipe has no {from:?}");
        text = text.replace(from, to);
    }
    text
}

#[test]
fn a_style_based_run_resumes_bit_by_bit_and_a_cut_one_can_be_finished() {
    let folder = tempfile::tempdir().expect("a folder");
    write_layers(folder.path());
    let recipe = small_style_recipe(40, folder.path());
    let whole = options(recipe.clone(), folder.path(), folder.path().join("whole"));
    run(&whole).expect("sound");
    let cut = options(recipe, folder.path(), folder.path().join("cut"));
    stop_after(7, &cut);
    run(&TrainOptions {
        finish: true,
        skip_eval: true,
        ..cut.clone()
    })
    .expect("a checkpoint can be finished");
    let early = ModelFile::read(&cut.output).expect("sound");
    assert_eq!(early.manifest.training.images_seen, 28);
    assert!(early.manifest.quality.is_empty(), "it was not measured");
    resume(&cut);
    let [whole, cut] = [&whole, &cut].map(|o| ModelFile::read(&o.output).expect("sound"));
    assert_eq!(whole.manifest.training.images_seen, 40);
    assert!(!whole.manifest.quality.is_empty(), "it was measured");
    assert_eq!(whole.hash, cut.hash, "it took another way after the break");
    assert_ne!(early.hash, cut.hash);
    for name in ["w.mean", "w.sigma", "w.picture_change", "z.picture_change"] {
        assert!(whole.tensors.contains_key(name), "{name}");
    }
    let value = whole.manifest.quality.get("layer_change_6");
    assert!(value.is_some_and(|value| value.is_finite()));
    // No judge knows the heroes, so nothing is said in the eyes of one.
    assert!(!whole.manifest.quality.contains_key("recall"));
}

#[test]
fn faulty_layers_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("model.safetensors");
    let recipe = small_style_recipe(8, folder.path());
    let refused = |part: &str| {
        let error = run(&options(recipe.clone(), folder.path(), output.clone()));
        let error = error.expect_err("bad data");
        assert!(error.is_bad_input(), "{error}");
        assert!(
            error.to_string().contains(part),
            "{error} should contain {part:?}"
        );
        assert!(!output.exists(), "a half file was left");
    };
    refused("cloak: the data file cannot be opened");
    write_layers(folder.path());
    let path = folder.path().join("body").join("another.png");
    image::RgbaImage::new(16, 16)
        .save(&path)
        .expect("a picture");
    refused("another.png: the data file has 16x16 pixels");
    image::RgbaImage::new(32, 16)
        .save(&path)
        .expect("a picture");
    refused("layers are square");
    std::fs::write(&path, b"no picture").expect("a file");
    refused("another.png: the data file cannot be read");
    std::fs::remove_file(&path).expect("it is there");
    std::fs::remove_dir_all(folder.path().join("head")).expect("it is there");
    std::fs::create_dir(folder.path().join("head")).expect("a folder");
    refused("head: the data file holds no PNG pictures");
}

#[test]
fn a_style_recipe_that_contradicts_itself_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    write_layers(folder.path());
    let recipe = small_style_recipe(8, folder.path());
    let sound = std::fs::read_to_string(&recipe).expect("written above");
    for (from, to, part) in [
        ("[8, 8, 6, 4]", "[8, 8, 6]", "16x16 pixels"),
        ("num_ws = 7", "num_ws = 3", "num_ws is 3"),
        ("group = 4", "group = 3", "groups of 3"),
        ("w_dim = 16", "w_dim = 0", "w_dim"),
        ("z_dim = 16\nw_dim", "z_dim = 8\nw_dim", "same z_dim"),
        (
            "[critic]\nchannels = [4, 6, 8, 8]\ngroup = 4\n",
            "",
            "no section [critic]",
        ),
        ("style_mixing = 0.9", "style_mixing = 1.5", "style_mixing"),
        (
            "average_half_life = 10_000",
            "average_half_life = 0",
            "average_half_life",
        ),
    ] {
        assert!(sound.contains(from), "the recipe has no {from:?}");
        std::fs::write(&recipe, sound.replace(from, to)).expect("a file");
        let output = folder.path().join("model.safetensors");
        let error = run(&options(recipe.clone(), folder.path(), output)).expect_err("unsound");
        assert!(error.is_bad_input(), "{error}");
        assert!(
            error.to_string().contains(part),
            "{error} should contain {part:?}"
        );
    }
}

fn write_gz(path: &Path, bytes: &[u8]) {
    let mut file = GzEncoder::new(Vec::new(), Compression::fast());
    file.write_all(bytes).expect("memory");
    std::fs::write(path, file.finish().expect("memory")).expect("a file");
}

fn shipped_recipe(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/recipes/{name}.toml"))
}

/// A shipped recipe, cut down to a few hundred pictures.
fn short_recipe(name: &str, images: u32, folder: &Path) -> PathBuf {
    let text = std::fs::read_to_string(shipped_recipe(name)).expect("the recipe ships");
    let lines = text.lines().map(
        |line| match line.split_once('=').map(|(key, _)| key.trim()) {
            Some("images") => format!("images = {images}"),
            Some("batch") => "batch = 10".to_owned(),
            Some("average_decay") => "average_decay = 0.5".to_owned(),
            _ => line.to_owned(),
        },
    );
    let path = folder.join(format!("{name}-{images}.toml"));
    std::fs::write(&path, lines.collect::<Vec<_>>().join("\n")).expect("a file");
    path
}

/// The same with other words in the place of some, such as smaller sizes.
pub fn changed_recipe(name: &str, images: u32, folder: &Path, changes: &[(&str, &str)]) -> PathBuf {
    let path = short_recipe(name, images, folder);
    let text = std::fs::read_to_string(&path).expect("written above");
    std::fs::write(&path, changed(text, changes)).expect("a file");
    path
}

pub fn options(recipe: PathBuf, data: &Path, output: PathBuf) -> TrainOptions {
    let data = data.to_owned();
    TrainOptions {
        recipe,
        data,
        output,
        resume: false,
        finish: false,
        skip_eval: false,
        device: DeviceChoice::Cpu,
    }
}

pub fn run(options: &TrainOptions) -> Result<(), TrainError> {
    train::run(options, &mut || false).map(drop)
}

/// Stops a run after some steps.
fn stop_after(steps: usize, options: &TrainOptions) -> TrainError {
    let mut done = 0;
    let stopped = train::run(options, &mut || {
        done += 1;
        done == steps
    });
    stopped.expect_err("the run was stopped")
}

/// Stops a run after some steps and goes on with it from its checkpoint.
pub fn run_with_a_break(steps: usize, options: &TrainOptions) {
    let error = stop_after(steps, options);
    assert!(error.to_string().contains("--resume"), "{error}");
    assert!(!options.output.exists(), "a stopped run left a model");
    resume(options);
}

fn resume(options: &TrainOptions) {
    let options = TrainOptions {
        resume: true,
        ..options.clone()
    };
    run(&options).expect("the checkpoint was kept");
}

#[test]
fn every_shipped_recipe_trains_to_a_sound_file() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    for name in [
        "digits-ae2",
        "digits-vae2",
        "digits-gan",
        "digits-judge",
        "fashion-vae",
    ] {
        let output = folder.path().join(format!("{name}.safetensors"));
        let recipe = short_recipe(name, 200, folder.path());
        run(&options(recipe, folder.path(), output.clone()))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let file = ModelFile::read(&output).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(file.manifest.training.images_seen, 200);
        assert!(!file.manifest.quality.is_empty(), "{name} was not measured");
        let layers = file
            .manifest
            .networks
            .values()
            .filter_map(|network| network.layers())
            .flat_map(|network| &network.layers);
        let names: Vec<String> = layers.map(|layer| format!("{layer:?}")).collect();
        assert!(
            !names.iter().any(|name| name.contains("BatchNorm")),
            "{name}: not folded"
        );
    }
}

/// `eval` and `directions` find the data of a model by the recipe in its file, which is older than the program.
#[test]
fn the_recipe_in_the_file_of_every_model_can_be_read() {
    for entry in catalogue::entries() {
        let file = ModelFile::from_bytes(entry.bytes).expect("it ships");
        let recipe = Recipe::parse(&file.manifest.training.recipe);
        let recipe = recipe.unwrap_or_else(|fault| panic!("{}: {fault}", entry.name));
        assert_eq!(recipe.name, entry.name);
    }
}

/// The shipped recipe of the diffusion model, made small.
fn small_diffusion_recipe(images: u32, folder: &Path) -> PathBuf {
    // Small enough that 10,000 samples of 20 steps are drawn at once.
    let changes = [
        ("patch = 2", "patch = 4"),
        ("channels = [32, 64]", "channels = [8]"),
        ("attention = [1]", "attention = [0]"),
        ("groups = 8", "groups = 2"),
        ("embedding = 128", "embedding = 16"),
    ];
    changed_recipe("digits-ddpm", images, folder, &changes)
}

#[test]
fn a_denoiser_resumes_bit_by_bit_and_a_cut_run_can_be_finished() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    let recipe = small_diffusion_recipe(100, folder.path());
    let whole = options(recipe.clone(), folder.path(), folder.path().join("whole"));
    run(&whole).expect("sound");
    let cut = options(recipe, folder.path(), folder.path().join("cut"));
    run_with_a_break(4, &cut);
    let [whole, cut] = [&whole, &cut].map(|o| ModelFile::read(&o.output).expect("sound"));
    assert_eq!(whole.hash, cut.hash, "it took another way after the break");
    let manifest = &whole.manifest;
    assert_eq!(manifest.training.images_seen, 100);
    assert!(manifest.capabilities().takes_steps);
    assert_eq!(manifest.condition_len(), 10);
    for measure in ["fd", "condition_obeyed", "recall"] {
        let value = manifest.quality.get(measure);
        assert!(value.is_some_and(|value| value.is_finite()), "{measure}");
    }
}

#[test]
fn a_diffusion_recipe_that_contradicts_itself_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    let recipe = small_diffusion_recipe(20, folder.path());
    let sound = std::fs::read_to_string(&recipe).expect("written above");
    for (from, to, part) in [
        ("channels = [8]", "channels = [8, 8]", "multiples of 8"),
        ("channels = [8]", "channels = []", "a level"),
        ("patch = 4", "patch = 0", "a patch of at least 1"),
        ("groups = 2", "groups = 3", "unsound unet"),
        ("min_snr = 5.0", "min_snr = -1.0", "min_snr"),
        ("\"cosine\"", "\"cosinus\"", "cosinus"),
        (
            "family = \"diffusion\"",
            "family = \"gan\"\nz_dim = 4",
            "diffusion",
        ),
    ] {
        assert!(sound.contains(from), "the recipe has no {from:?}");
        std::fs::write(&recipe, sound.replace(from, to)).expect("a file");
        let output = folder.path().join("model.safetensors");
        let error = run(&options(recipe.clone(), folder.path(), output)).expect_err("unsound");
        assert!(error.is_bad_input(), "{error}");
        assert!(
            error.to_string().contains(part),
            "{error} should contain {part:?}"
        );
    }
}

/// Nobody measures the statistics of batch normalisation at the end of such a run, so the model file would hold zeros
/// and ones in their place.
#[test]
fn batch_normalisation_that_no_run_can_keep_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    for (name, network) in [
        ("digits-vae2", "encoder"),
        ("digits-vae2", "decoder"),
        ("digits-ae2", "decoder"),
        ("digits-cvae", "decoder"),
        ("digits-gan", "discriminator"),
        ("digits-judge", "classifier"),
    ] {
        let recipe = short_recipe(name, 20, folder.path());
        let text = std::fs::read_to_string(&recipe).expect("written above");
        let (before, after) = text.split_once(&format!("\n{network} = [")).expect(name);
        let (layers, after) = after.split_once("\n]").expect("it ends");
        let at_its_end =
            format!("{before}\n{network} = [{layers}\n  {{ layer = \"batch_norm\" }},\n]{after}");
        std::fs::write(&recipe, at_its_end).expect("a file");
        let output = folder.path().join("model.safetensors");
        let error = run(&options(recipe, folder.path(), output)).expect_err("it cannot be kept");
        assert!(error.is_bad_input(), "{error}");
        let part = format!("has batch_norm in its {network}");
        assert!(error.to_string().contains(&part), "{name}: {error}");
    }
}

#[test]
fn a_run_that_no_memory_holds_is_refused_before_anything_is_allocated() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    let wide = r#"{ layer = "dense", outputs = 340000 }, { layer = "dense", outputs = 784 }"#;
    let layers = format!(
        r#"
name = "wide"
title = "Wide"
summary = "Each layer can be made, but not all of them."
family = "autoencoder"
dataset = "mnist"
z_dim = 2
encoder = [{{ layer = "flatten" }}, {wide}, {wide}, {{ layer = "dense", outputs = 2 }}]
decoder = [{wide}, {{ layer = "sigmoid" }}]
[training]
seed = 1
images = 20
batch = 10
learning_rate = 1e-3
final_learning_rate = 1e-5
"#
    );
    let unet = std::fs::read_to_string(small_diffusion_recipe(20, folder.path()));
    let unet = unet.expect("written").replace("batch = 10", "batch = 8192");
    let unet = unet.replace("images = 20", "images = 8192");
    let unet = unet.replace("channels = [8]", "channels = [512]");
    for (name, text) in [("layers", layers), ("unet", unet)] {
        let recipe = folder.path().join(format!("{name}.toml"));
        std::fs::write(&recipe, text).expect("a file");
        let output = folder.path().join("model.safetensors");
        let error = run(&options(recipe, folder.path(), output)).expect_err("it is too large");
        assert!(error.is_bad_input(), "{error}");
        let fault = error.to_string();
        assert!(fault.contains("GiB of memory"), "{name}: {fault}");
    }
}

#[test]
fn training_learns_and_eval_repeats_what_the_run_measured() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    let output = folder.path().join("judge.safetensors");
    let recipe = short_recipe("digits-judge", 4000, folder.path());
    // The made-up classes are rows apart, and the recipe shifts pictures by up to two.
    let text = std::fs::read_to_string(&recipe).expect("written above");
    std::fs::write(&recipe, text.replace("shift = 2", "shift = 0")).expect("a file");
    run(&options(recipe, folder.path(), output.clone())).expect("the run is sound");
    let source = ModelSource::File(output.clone());
    let mut steps: Vec<(usize, usize)> = Vec::new();
    let mut evaluate = |most: usize| {
        steps.clear();
        let mut watch = |done, total| {
            steps.push((done, total));
            steps.len() < most
        };
        let cpu = DeviceChoice::Cpu;
        let found = eval::evaluate(
            &source,
            None,
            folder.path(),
            cpu,
            eval::Manner::default(),
            &mut watch,
        );
        (found, steps.clone())
    };
    let (stopped, told) = evaluate(1);
    assert!(matches!(stopped, Err(TrainError::Interrupted)));
    assert_eq!(told.len(), 1, "it went on after it was stopped");
    let (report, told) = evaluate(usize::MAX);
    let report = report.expect("sound");
    assert!(told.is_sorted(), "{told:?}");
    assert!(
        told.last().is_some_and(|(done, total)| done == total),
        "{told:?}"
    );
    assert!(report.quality["accuracy"] > 0.9, "{report}");
    let file = ModelFile::read(&output).expect("sound");
    assert_eq!(report.quality, file.manifest.quality);
    assert_eq!(report.hash, file.hash);
}

#[test]
fn the_same_seed_trains_the_same_model() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    let recipe = short_recipe("digits-vae2", 300, folder.path());
    let hashes = ["a", "b"].map(|name| {
        let output = folder.path().join(name);
        run(&options(recipe.clone(), folder.path(), output.clone())).expect("sound");
        ModelFile::read(&output).expect("sound").hash
    });
    assert_eq!(hashes[0], hashes[1]);
}

#[test]
fn bad_data_and_recipes_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    let output = folder.path().join("model.safetensors");
    let refused = |recipe: PathBuf, data: &Path, part: &str| {
        let error = run(&options(recipe, data, output.clone())).expect_err("bad input");
        assert!(error.is_bad_input(), "{error}");
        assert!(
            error.to_string().contains(part),
            "{error} should contain {part:?}"
        );
        assert!(!output.exists(), "a half file was left");
    };
    let recipe = shipped_recipe("digits-vae2");
    refused(folder.path().join("none.toml"), folder.path(), "none.toml");
    refused(
        recipe.clone(),
        &folder.path().join("nowhere"),
        "cannot be read",
    );

    let broken = folder.path().join("broken.toml");
    std::fs::write(&broken, "name = 3").expect("a file");
    refused(broken, folder.path(), "broken.toml");

    let pictures = folder.path().join("train-images-idx3-ubyte.gz");
    let whole = std::fs::read(&pictures).expect("written above");
    std::fs::write(&pictures, &whole[..whole.len() / 2]).expect("a file");
    refused(recipe.clone(), folder.path(), "cut short");
    write_gz(
        &pictures,
        &[0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 28, 0, 0, 0, 28, 1, 2, 3],
    );
    refused(recipe.clone(), folder.path(), "3 bytes of data");
    write_gz(&pictures, b"GIF89a..");
    refused(recipe, folder.path(), "starts with");
}

#[test]
fn a_run_resumes_only_from_a_checkpoint_of_its_recipe() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    let recipe = short_recipe("digits-vae2", 300, folder.path());
    let output = folder.path().join("model.safetensors");
    let resume = TrainOptions {
        resume: true,
        ..options(recipe, folder.path(), output)
    };
    let error = run(&resume).expect_err("there is no checkpoint");
    assert!(matches!(error, TrainError::Checkpoint { .. }), "{error}");
    std::fs::write(
        folder.path().join("model.safetensors.checkpoint"),
        b"nonsense",
    )
    .expect("a file");
    let error = run(&resume).expect_err("the checkpoint is broken");
    assert!(error.to_string().contains("is broken"), "{error}");
}

#[test]
fn a_stopped_run_resumes_to_what_an_unbroken_one_reaches() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    for name in ["digits-vae2", "digits-gan"] {
        let recipe = short_recipe(name, 300, folder.path());
        let unbroken = options(
            recipe.clone(),
            folder.path(),
            folder.path().join("unbroken"),
        );
        run(&unbroken).expect("sound");
        let broken = options(
            recipe,
            folder.path(),
            folder.path().join(format!("{name}-broken")),
        );
        run_with_a_break(13, &broken);
        let hashes = [&unbroken.output, &broken.output]
            .map(|path| ModelFile::read(path).expect("sound").hash);
        assert_eq!(
            hashes[0], hashes[1],
            "{name} took another way after the break"
        );
        let checkpoint = folder.path().join(format!("{name}-broken.checkpoint"));
        assert!(
            !checkpoint.exists(),
            "the checkpoint of a finished run was left"
        );
    }
}

//! Pictures that are written place by place, over pixels and over the codes of an autoencoder.

use crate::training::{changed_recipe, options, run, run_with_a_break, write_data};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use zscape::latent::seed::seed_code;
use zscape::latent::{NoiseMode, Original, Sampler, SamplerPart, Space, SpaceShape};
use zscape::model::process::{Budget, Decoder as _, Inputs};
use zscape::model::{Generator, ModelFile, device, download};

pub const CODEBOOK: &str = r#"
name = "small-codebook"
title = "Small codebook"
summary = "An autoencoder of bright rows whose codes are indices."
family = "vq"
dataset = "mnist"

encoder = [
  { layer = "conv", channels = 4, kernel = 4, stride = 2 },
  { layer = "silu" },
  { layer = "conv", channels = 2, kernel = 4, stride = 2 },
  { layer = "flatten" },
]

decoder = [
  { layer = "reshape", channels = 2, height = 7, width = 7 },
  { layer = "conv_transpose", channels = 4 },
  { layer = "silu" },
  { layer = "conv_transpose", channels = 1 },
  { layer = "sigmoid" },
]

[codebook]
entries = 6
dim = 2
height = 7
width = 7
commitment = 0.25

[training]
seed = 1
images = 5000
batch = 10
learning_rate = 1e-2
final_learning_rate = 1e-3
average_decay = 0.5
"#;

pub const CODES: &str = r#"
name = "small-codes"
title = "Small codes"
summary = "An autoregressive model of the codes of bright rows."
family = "autoregressive"
dataset = "mnist"
autoencoder = { file = "small-codebook.safetensors", codes = [1, 7, 7], entries = 6, pictures = 20 }

[prior]
channels = 4
dilations = [1, 2]

[training]
seed = 1
images = 100
batch = 10
learning_rate = 1e-2
final_learning_rate = 1e-3
average_decay = 0.5
"#;

/// The shipped recipe of the pixels, made small.
fn pixels(images: u32, folder: &Path) -> PathBuf {
    let changes = [
        ("channels = 24", "channels = 4"),
        ("dilations = [1, 2, 4, 2, 1]", "dilations = [1, 2]"),
        ("levels = 16", "levels = 4"),
    ];
    changed_recipe("digits-pixel", images, folder, &changes)
}

fn written(recipe: PathBuf, folder: &Path, name: &str) -> ModelFile {
    let options = options(recipe, folder, folder.join(name));
    run(&options).unwrap_or_else(|error| panic!("{name}: {error}"));
    ModelFile::read(&options.output).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// One for all tests: its samples take a while to be measured.
static PIXELS: LazyLock<ModelFile> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    written(pixels(400, folder.path()), folder.path(), "pixels")
});

fn generator(file: &ModelFile) -> Generator {
    Generator::new(file, &device::cpu()).expect("sound")
}

fn save(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    zscape::files::save::save(&path, text.as_bytes()).expect("it can be written");
    path
}

fn at_temperature(temperature: f32) -> Sampler {
    let part = SamplerPart {
        temperature,
        ..SamplerPart::default()
    };
    Sampler::of_part(NoiseMode::Const, part)
}

/// The rows of seeds, each asked for a class.
fn rows(generator: &Generator, seeds: std::ops::Range<u32>, class: usize) -> Inputs {
    let places = generator.start_len();
    let count = seeds.len();
    let noise: Vec<f32> = seeds.flat_map(|seed| seed_code(seed, places)).collect();
    let words = generator.condition_len();
    let conditions = (0..count * words).map(|at| f32::from(u8::from(at % words == class)));
    let conditions: Vec<f32> = conditions.collect();
    let rows = generator.inputs_given(Space::X, &noise, &conditions);
    rows.expect("they are codes").into()
}

#[test]
fn what_is_written_place_by_place_is_what_the_whole_network_says() {
    let generator = generator(&PIXELS);
    let model = generator.written().expect("it writes");
    let (places, levels) = (model.prior.places(), model.prior.levels());
    assert_eq!([places, levels], [28 * 28, 4]);
    // At a temperature of 0 every index is the one with the highest score after those before it, and scores
    // of a place do not change with what is written later.
    let inputs = rows(&generator, 3..5, 7);
    let sampler = Sampler {
        guidance: 1.0,
        ..at_temperature(0.0)
    };
    let grids = model.grids(&inputs, &sampler);
    let conditions: Vec<f32> = (0..20)
        .map(|at| f32::from(u8::from(at % 10 == 7)))
        .collect();
    let scores = model.whole.values(&[&grids, &conditions]).expect("sound");
    let mut compared = 0;
    for (grid, scores) in grids
        .chunks_exact(places)
        .zip(scores.chunks_exact(places * levels))
    {
        for (place, &index) in grid.iter().enumerate() {
            let of = |level: usize| scores[level * places + place];
            let best = (0..levels).map(of).fold(f32::NEG_INFINITY, f32::max);
            let found = of(index as usize);
            assert!(
                best - found < 1e-4,
                "place {place}: {found} is not the best, {best}"
            );
            compared += usize::from(best > 0.1);
        }
    }
    assert!(compared > places, "the network says nothing yet");
}

#[test]
fn a_grid_does_not_depend_on_what_is_written_beside_it() {
    let generator = generator(&PIXELS);
    let model = generator.written().expect("it writes");
    let usual = Sampler::default();
    let both = model.grids(&rows(&generator, 3..5, 7), &usual);
    let alone = model.grids(&rows(&generator, 4..5, 7), &usual);
    assert_eq!(both[28 * 28..], alone);
    let asked = |class: usize| {
        let words: Vec<f32> = (0..10)
            .map(|word| f32::from(u8::from(word == class)))
            .collect();
        let found = model.log_likelihoods(&alone, &words);
        found.expect("sound")[0]
    };
    assert!(asked(2) != asked(7), "the class changes nothing");
    let colder = model.grids(&rows(&generator, 4..5, 7), &at_temperature(0.0));
    assert!(alone != colder, "the temperature changes nothing");
}

#[test]
fn a_picture_is_written_row_after_row_and_redrawn_from_where_its_strength_says() {
    let generator = Arc::new(generator(&PIXELS));
    let sampler = Sampler::default();
    let watched = Budget { is_watched: true };
    let inputs = rows(&generator, 3..4, 7);
    assert_eq!(generator.steps(&sampler), 28);
    let mut process = Arc::clone(&generator)
        .begin(inputs.clone(), &sampler)
        .expect("it begins");
    let mut last = Vec::new();
    for done in 1..=28 {
        let step = process.step(watched).expect("it is written");
        assert_eq!([step.done, step.of], [done, 28]);
        let Some(zscape::model::process::Pictures::Values(now)) = step.pictures else {
            panic!("a watched step has a picture");
        };
        let rows = 28 * (done - 1);
        assert_eq!(now[..rows], last[..rows.min(last.len())], "step {done}");
        let to_come = &now[28 * done..];
        assert!(
            to_come.iter().all(|pixel| *pixel == to_come[0]),
            "step {done}"
        );
        last = now;
    }
    assert_eq!(last, generator.make(&inputs.rows, &sampler).expect("sound"));

    // A picture has a code, which is that picture.
    let encoded = generator.encode(&last).expect("sound").expect("it encodes");
    assert_eq!(encoded.space, Space::CODES);
    let grid = download(encoded.mu).expect("the CPU works");
    let same = generator.inputs(Space::CODES, &grid).expect("a grid");
    let again = generator.make(&same, &sampler).expect("sound");
    let differ = again.iter().zip(&last).map(|(a, b)| (a - b).abs());
    assert!(differ.fold(0.0, f32::max) < 1e-3);

    // Half of it is kept, and so is a cell of the other half that the mask holds.
    let mut mask = vec![1.0; 28 * 28];
    mask[28 * 27] = 0.0;
    let redrawn = Inputs {
        rows: rows(&generator, 9..10, 7).rows,
        originals: vec![Some(Arc::new(Original {
            data: vec![3.0; 28 * 28],
            strength: 0.5,
            redrawn: mask,
        }))],
    };
    let model = generator.written().expect("it writes");
    let grid = model.grids(&redrawn, &sampler);
    assert!(grid[..28 * 14].iter().all(|index| *index == 3.0));
    assert_eq!(grid[28 * 27], 3.0);
    assert!(grid[28 * 14..].iter().any(|index| *index != 3.0));
}

#[test]
fn codes_are_learned_and_written_by_what_knows_them() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    let recipe = save(folder.path(), "codebook.toml", CODEBOOK);
    let first = written(recipe, folder.path(), "small-codebook.safetensors");
    let quality = |file: &ModelFile, name: &str| {
        let value = file.manifest.quality.get(name).copied();
        value.unwrap_or_else(|| panic!("{name} was not measured: {:?}", file.manifest.quality))
    };
    let grid = SpaceShape::Grid {
        height: 7,
        width: 7,
        levels: 6,
    };
    assert_eq!(first.manifest.spaces.get(&Space::CODES), Some(&grid));
    assert!(quality(&first, "psnr_db") > 8.0);
    assert!(quality(&first, "codebook_used") > 0.3);
    let recipe = save(folder.path(), "codes.toml", CODES);
    let second = written(recipe, folder.path(), "small-codes.safetensors");
    for same in ["mse", "codebook_used"] {
        let (a, b) = (quality(&first, same), quality(&second, same));
        assert!((a - b).abs() < 1e-6, "{same}: {a}, {b}");
    }
    let bits = quality(&second, "bits_per_place");
    assert!(
        bits < 6.0_f64.log2(),
        "{bits} bits are no better than chance"
    );
    let generator = generator(&second);
    assert_eq!(generator.start(), Space::X);
    assert_eq!(generator.steps(&Sampler::default()), 49);
    // A seed that is led to its codes is the same picture.
    let noise = seed_code(5, 49);
    let codes = generator
        .map(Space::X, Space::CODES, &noise, &[])
        .expect("it leads there");
    let picture = |space, code: &[f32]| {
        let rows = generator.inputs(space, code).expect("a code");
        generator.make(&rows, &Sampler::default()).expect("sound")
    };
    assert_eq!(picture(Space::X, &noise), picture(Space::CODES, &codes));
}

#[test]
fn a_codebook_and_a_prior_resume_bit_by_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    for (name, text) in [("small-codebook", CODEBOOK), ("small-codes", CODES)] {
        let recipe = save(folder.path(), &format!("{name}.toml"), text);
        let place = |end: &str| folder.path().join(format!("{name}{end}"));
        let whole = options(recipe.clone(), folder.path(), place(".safetensors"));
        run(&whole).expect("sound");
        let cut = options(recipe, folder.path(), place("-cut"));
        run_with_a_break(3, &cut);
        let [file, other] = [&whole, &cut].map(|it| ModelFile::read(&it.output).expect("sound"));
        assert_eq!(
            file.hash, other.hash,
            "{name} took another way after the break"
        );
    }
}

#[test]
fn recipes_that_contradict_themselves_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    for (name, text, from, to, named) in [
        ("a", CODEBOOK, "dim = 2", "dim = 3", "98 numbers, not 147"),
        ("b", CODEBOOK, "entries = 6", "entries = 1", "2 to 16384"),
        (
            "c",
            CODEBOOK,
            "family = \"vq\"",
            "family = \"autoregressive\"",
            "codebook belongs to",
        ),
        (
            "d",
            CODES,
            "dilations = [1, 2]",
            "dilations = []",
            "dilations",
        ),
        ("e", CODES, "channels = 4", "channels = 0", "channels"),
        (
            "f",
            CODES,
            "dilations = [1, 2]",
            "dilations = [1]\nlevels = 6",
            "levels are for pixels",
        ),
        ("g", CODES, ", entries = 6", "", "needs \"entries\""),
        ("h", CODES, "[prior]", "[other]", "other"),
    ] {
        let text = text.replace(from, to);
        let recipe = save(folder.path(), &format!("{name}.toml"), &text);
        let output = folder.path().join("never.safetensors");
        let fault = run(&options(recipe, folder.path(), output)).expect_err(name);
        let fault = fault.to_string();
        assert!(fault.contains(named), "{name}: {fault}");
    }
}

#[test]
fn a_network_that_looks_ahead_is_refused() {
    let file = &*PIXELS;
    let manifest = serde_json::to_value(&file.manifest).expect("it is JSON");
    // One place further to the right, and one row further down.
    for (node, padding) in [("row_all", [0, 2, 0, 1]), ("rows_all", [2, 3, 1, 3])] {
        let mut manifest = manifest.clone();
        let nodes = manifest
            .pointer_mut("/networks/prior/nodes")
            .and_then(|nodes| nodes.as_array_mut())
            .expect("a graph");
        let changed = nodes
            .iter_mut()
            .find(|it| it["name"] == node)
            .expect("it is there");
        changed["operation"]["window"]["padding"] = serde_json::json!(padding);
        let manifest = serde_json::from_value(manifest).expect("it is a manifest");
        let fault = ModelFile::to_bytes(&manifest, &file.tensors).expect_err(node);
        let fault = fault.to_string();
        assert!(
            fault.contains("later") || fault.contains("depends on the place"),
            "{node}: {fault}"
        );
    }
}

#[test]
fn networks_that_cannot_be_run_place_by_place_are_refused_and_short_tables_are_not_overrun() {
    let file = &*PIXELS;
    let whole = serde_json::to_value(&file.manifest).expect("it is JSON");
    let changed = |change: &dyn Fn(&mut Vec<serde_json::Value>)| {
        let mut manifest = whole.clone();
        let nodes = manifest.pointer_mut("/networks/prior/nodes");
        change(nodes.and_then(|it| it.as_array_mut()).expect("a graph"));
        serde_json::from_value(manifest).expect("it is a manifest")
    };
    // A function of rows whose features stand last.
    let early = changed(&|nodes| {
        nodes[1]["inputs"] = serde_json::json!(["early"]);
        let node = serde_json::json!({
            "name": "early",
            "operation": { "op": "pointwise", "function": "relu" },
            "inputs": ["table"],
        });
        nodes.insert(1, node);
    });
    let fault = ModelFile::to_bytes(&early, &file.tensors).expect_err("it was accepted");
    assert!(fault.to_string().contains("place by place"), "{fault}");

    let short = changed(&|nodes| nodes[0]["operation"]["count"] = 2.into());
    let mut tensors = file.tensors.clone();
    let table = tensors.get_mut("prior.table.weight").expect("it is there");
    table.shape[0] = 2;
    table.values.truncate(2 * table.shape[1]);
    let bytes = ModelFile::to_bytes(&short, &tensors).expect("it is sound");
    let generator = generator(&ModelFile::from_bytes(&bytes).expect("it is sound"));
    let model = generator.written().expect("it writes");
    let grids = model.grids(&rows(&generator, 0..1, 1), &Sampler::default());
    assert_eq!(grids.len(), 28 * 28);
}

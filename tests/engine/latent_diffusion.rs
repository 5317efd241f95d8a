//! Models that learn the codes of an autoencoder, from recipe to picture.

use crate::training::{options, run, write_data};
use std::path::{Path, PathBuf};
use zscape::latent::{Sampler, Space, SpaceShape};
use zscape::model::{Generator, ModelFile, device, download};

/// An autoencoder with codes of 2 x 7 x 7.
pub const FIRST_STAGE: &str = r#"
name = "small-kl"
title = "Small autoencoder"
summary = "An autoencoder of bright rows."
family = "vae"
dataset = "mnist"
z_dim = 98

encoder = [
  { layer = "conv", channels = 4, kernel = 4, stride = 2 },
  { layer = "silu" },
  { layer = "conv", channels = 4, kernel = 4, stride = 2 },
  { layer = "flatten" },
]

decoder = [
  { layer = "reshape", channels = 2, height = 7, width = 7 },
  { layer = "conv_transpose", channels = 4 },
  { layer = "silu" },
  { layer = "conv_transpose", channels = 1 },
  { layer = "sigmoid" },
]

[training]
seed = 1
images = 200
batch = 10
learning_rate = 1e-2
final_learning_rate = 1e-3
average_decay = 0.5
beta = 0.1
"#;

pub const SECOND_STAGE: &str = r#"
name = "small-ldm"
title = "Small latent diffusion"
summary = "A diffusion model of the codes of bright rows."
family = "diffusion"
dataset = "mnist"
autoencoder = { file = "small-kl.safetensors", codes = [2, 7, 7] }

[conditions]
drop = 0.125

[diffusion]
noising = "cosine"
prediction = "v"
min_snr = 5.0

[diffusion.unet]
patch = 1
channels = [8]
blocks = 1
attention = [0]
groups = 2
embedding = 16

[training]
seed = 1
images = 100
batch = 10
learning_rate = 1e-3
final_learning_rate = 1e-5
average_decay = 0.5
"#;

pub const STYLED: &str = r#"
name = "small-style"
title = "Small styles of codes"
summary = "A style-based generator of the codes of bright rows."
family = "stylegan"
dataset = "mnist"
autoencoder = { file = "small-kl.safetensors", codes = [2, 7, 7], pictures = 30 }
z_dim = 4

encoder = [
  { layer = "flatten" },
  { layer = "dense", outputs = 8 },
]

[style]
z_dim = 4
w_dim = 6
mapping_layers = 1
mapping_rate = 0.1
start = 7
channels = [4]
num_ws = 1
noise = false

[critic]
channels = [4]
group = 5

[training]
seed = 1
images = 100
batch = 10
learning_rate = 1e-3
final_learning_rate = 1e-5
average_half_life = 20
loss = "relativistic"
r1_gamma = 1.0
r2_gamma = 1.0
r1_every = 2
autoencoding = { weight = 1.0, deviation = 0.3, lead = 0.3, ramp = 0.1, encoder_rate = 0.4 }
"#;

pub fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

pub fn first_stage(folder: &Path) -> PathBuf {
    let recipe = written(folder, "small-kl.toml", FIRST_STAGE);
    let output = folder.join("small-kl.safetensors");
    run(&options(recipe, folder, output.clone())).expect("a sound recipe");
    output
}

#[test]
fn codes_are_learned_and_decoded_by_what_encoded_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write_data(folder);
    let first = first_stage(folder);
    let recipe = written(folder, "small-ldm.toml", SECOND_STAGE);
    let output = folder.join("small-ldm.safetensors");
    run(&options(recipe, folder, output.clone())).expect("a sound recipe");

    let file = ModelFile::read(&output).expect("sound");
    let can = file.manifest.capabilities();
    assert!(can.takes_steps && can.start == Some(Space::X));
    assert!(
        !can.encodes,
        "what is encoded is not what a seed stands for"
    );
    let codes = SpaceShape::Image {
        channels: 2,
        height: 7,
        width: 7,
    };
    assert_eq!(file.manifest.spaces[&Space::X], codes);

    // Both stages together encode and decode as the first alone, but for the rounding of the file.
    let generator = Generator::new(&file, &device::cpu()).expect("sound");
    let diffusion = generator.diffusion().expect("it takes steps");
    let first = ModelFile::read(&first).expect("sound");
    let first_error = first.manifest.quality["mse"];
    let first = Generator::new(&first, &device::cpu()).expect("sound");
    let pictures: Vec<f32> = (0..3 * 784)
        .map(|at| f32::from(at / 28 % 28 == 4 + 6 * (at / 784)))
        .collect();
    let data = diffusion.data(&pictures).expect("the CPU works");
    let data = data.expect("the file holds an encoder");
    let found = diffusion.decoded(&data).expect("the CPU works");
    let mu = first.encode(&pictures).expect("the CPU works");
    let mu = download(mu.expect("it encodes").mu).expect("the CPU works");
    let wanted = first.make(&mu, &Sampler::default()).expect("the CPU works");
    let difference = found.iter().zip(&wanted).map(|(a, b)| (a - b).abs());
    let largest = difference.fold(0.0, f32::max);
    assert!(largest < 0.01, "pictures differ by {largest}");

    // What noise is added to has the deviation that noise has.
    for (channel, values) in (0..2).map(|at| {
        let rows = data.chunks_exact(98);
        let of_channel = rows.flat_map(move |row| &row[49 * at..49 * (at + 1)]);
        (at, of_channel.copied().collect::<Vec<f32>>())
    }) {
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let spread = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f32>();
        let deviation = (spread / values.len() as f32).sqrt();
        assert!(
            (0.5..2.0).contains(&deviation),
            "channel {channel}: {deviation}"
        );
    }

    // The first stage is measured with the whole.
    let error = file.manifest.quality["autoencoder_mse"];
    assert!(
        (error - first_error).abs() < 1e-4,
        "{error}, not {first_error}"
    );
}

#[test]
fn a_style_based_generator_of_codes_draws_and_encodes_pictures() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write_data(folder);
    let first = ModelFile::read(&first_stage(folder)).expect("sound");
    let recipe = written(folder, "small-style.toml", STYLED);
    let output = folder.join("small-style.safetensors");
    run(&options(recipe, folder, output.clone())).expect("a sound recipe");

    let file = ModelFile::read(&output).expect("sound");
    let style = file.manifest.style.clone().expect("it has styles");
    assert_eq!(style.codes, Some([2, 7, 7]));
    let can = file.manifest.capabilities();
    assert!(can.encodes && can.start == Some(Space::Z));
    let generator = Generator::new(&file, &device::cpu()).expect("sound");

    // Styles of two pictures.
    let styles: Vec<f32> = (0..12).map(|at| (at as f32 * 1.7).sin()).collect();
    let pictures = generator.make(&styles, &Sampler::default());
    let pictures = pictures.expect("the CPU works");
    let (one, other) = pictures.split_at(784);
    assert!(pictures.iter().all(|value| (0.0..=1.0).contains(value)));
    assert_ne!(one, other, "the styles are without effect");

    // The decoder of the first stage goes with the file.
    let decoders = file
        .tensors
        .keys()
        .filter(|name| name.starts_with("decoder."));
    let of_first = first
        .tensors
        .keys()
        .filter(|name| name.starts_with("decoder."));
    assert_eq!(decoders.count(), of_first.count() + 2, "and its scale");

    // What the encoder finds is a code of z, of a picture.
    let found = generator
        .encode(one)
        .expect("the CPU works")
        .expect("it encodes");
    assert_eq!(found.mu.dims(), [1, 4]);

    // What is measured in the eyes of the judge of digits.
    for measure in ["path_length_z", "path_length_w", "recall", "fd"] {
        let value = file.manifest.quality.get(measure);
        assert!(value.is_some_and(|value| value.is_finite()), "{measure}");
    }
}

#[test]
fn too_few_or_too_many_pictures_to_encode_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write_data(folder);
    for pictures in ["pictures = 0", "pictures = 9", "pictures = 10_000_001"] {
        let text = STYLED.replace("pictures = 30", pictures);
        let recipe = written(folder, "small-style.toml", &text);
        let error = run(&options(recipe, folder, folder.join("out"))).expect_err("unsound");
        assert!(error.is_bad_input(), "{error}");
        assert!(error.to_string().contains("from one batch"), "{error}");
    }
}

#[test]
fn an_unfit_first_stage_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write_data(folder);
    let refused = |text: &str, part: &str| {
        let recipe = written(folder, "small-ldm.toml", text);
        let output = folder.join("small-ldm.safetensors");
        let error = run(&options(recipe, folder, output.clone())).expect_err("unfit");
        assert!(error.is_bad_input(), "{error}");
        let error = error.to_string();
        assert!(error.contains("small-kl.safetensors"), "{error}");
        assert!(error.contains(part), "{error} should contain {part:?}");
        assert!(!output.exists());
    };
    refused(SECOND_STAGE, "cannot be read");
    first_stage(folder);
    let others = SECOND_STAGE.replace("[2, 7, 7]", "[4, 7, 7]");
    refused(&others, "98 numbers, not 4 x 7 x 7");
    // A model that only generates.
    let gan = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/assets/models/digits-gan.safetensors"
    ));
    std::fs::write(folder.join("small-kl.safetensors"), gan.expect("it ships")).expect("a file");
    refused(SECOND_STAGE, "no autoencoder");
}

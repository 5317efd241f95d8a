//! Autoencoders whose codes are mapped to the covariance of the prior when their run is finished.

use crate::latent_diffusion::{FIRST_STAGE, written};
use crate::training::{options, run, train_pictures, write_data};
use zscape::latent::NoiseMode;
use zscape::model::{Generator, ModelFile, device, download};

/// A variational autoencoder with a dense layer on both sides of its codes.
pub const DENSE_CODES: &str = r#"
name = "dense-codes"
title = "Dense codes"
summary = "A variational autoencoder of bright rows."
family = "vae"
dataset = "mnist"
z_dim = 3

encoder = [
  { layer = "flatten" },
  { layer = "dense", outputs = 16 },
  { layer = "silu" },
  { layer = "dense", outputs = 6 },
]

decoder = [
  { layer = "dense", outputs = 20 },
  { layer = "silu" },
  { layer = "dense", outputs = 784 },
  { layer = "sigmoid" },
  { layer = "reshape", channels = 1, height = 28, width = 28 },
]

[training]
seed = 1
images = 400
batch = 10
learning_rate = 1e-2
final_learning_rate = 1e-3
average_decay = 0.5
beta = 0.1
"#;

const DIM: usize = 3;

/// How far the covariance of encoded pictures, with what is drawn around their codes, is from the identity.
fn distance_from_prior(generator: &Generator, pictures: &[f32]) -> f64 {
    let encoded = generator.encode(pictures).expect("the CPU works");
    let encoded = encoded.expect("an encoder");
    let codes = download(encoded.mu).expect("the CPU works");
    let logvar = download(encoded.logvar.expect("variances")).expect("the CPU works");
    let count = codes.len() / DIM;
    let mean_of = |at: &dyn Fn(usize) -> f64| (0..count).map(at).sum::<f64>() / count as f64;
    let number = |row: usize, column: usize| f64::from(codes[row * DIM + column]);
    let means: Vec<f64> = (0..DIM).map(|at| mean_of(&|row| number(row, at))).collect();
    let mut farthest = means.iter().map(|mean| mean.abs()).fold(0.0, f64::max);
    for (a, b) in (0..DIM * DIM).map(|at| (at / DIM, at % DIM)) {
        let product = |row| (number(row, a) - means[a]) * (number(row, b) - means[b]);
        let drawn = |row| f64::from(logvar[row * DIM + a]).exp();
        let (around, wanted) = if a == b {
            (mean_of(&drawn), 1.0)
        } else {
            (0.0, 0.0)
        };
        farthest = farthest.max((mean_of(&product) + around - wanted).abs());
    }
    farthest
}

#[test]
fn codes_are_whitened_and_pictures_stay_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write_data(folder);
    let pictures = train_pictures();
    let whitened = DENSE_CODES.replace("beta = 0.1", "beta = 0.1\nwhiten = true");
    let [plain, white] = [("plain", DENSE_CODES), ("white", &whitened)].map(|(name, recipe)| {
        let recipe = written(folder, &format!("{name}.toml"), recipe);
        let options = options(recipe, folder, folder.join(format!("{name}.safetensors")));
        run(&options).unwrap_or_else(|error| panic!("{name}: {error}"));
        let file = ModelFile::read(&options.output).expect("a model");
        Generator::new(&file, &device::cpu()).expect("sound")
    });
    let before = distance_from_prior(&plain, &pictures);
    let after = distance_from_prior(&white, &pictures);
    // What is left are the correlations within one posterior, which has none after the map either.
    assert!(before > 2.0, "the codes are white by themselves: {before}");
    assert!(after < 0.3, "{after} from the identity, {before} before");

    let drawn = [&plain, &white].map(|generator| {
        let encoded = generator.encode(&pictures).expect("the CPU works");
        let codes = download(encoded.expect("an encoder").mu).expect("the CPU works");
        generator
            .decode_to_vec(&codes, NoiseMode::Const)
            .expect("the CPU works")
    });
    let pairs = drawn[0].iter().zip(&drawn[1]);
    let most = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(most < 0.02, "a pixel changes by {most}");
}

#[test]
fn only_dense_codes_are_whitened() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write_data(folder);
    let unfit = FIRST_STAGE.replace("beta = 0.1", "beta = 0.1\nwhiten = true");
    let recipe = written(folder, "unfit.toml", &unfit);
    let found = run(&options(recipe, folder, folder.join("out.safetensors")));
    let error = found.expect_err("its codes come out of a convolution");
    assert!(error.is_bad_input(), "{error}");
    assert!(error.to_string().contains("dense layer"), "{error}");
}

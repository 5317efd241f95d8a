//! Runs that begin with a trained model: diffusion models and models that write.

use crate::latent_diffusion::{FIRST_STAGE, SECOND_STAGE, written};
use crate::training::{options, run, write_data};
use crate::writing::{CODEBOOK, CODES};
use std::path::Path;
use zscape::model::ModelFile;

/// An autoencoder, its file, a model of its codes, the network of that, and a change of its sizes.
type Case<'a> = (&'a str, &'a str, &'a str, &'a str, [&'a str; 2]);

const CASES: [Case<'_>; 2] = [
    (
        FIRST_STAGE,
        "small-kl",
        SECOND_STAGE,
        "denoiser",
        ["channels = [8]", "channels = [16]"],
    ),
    (
        CODEBOOK,
        "small-codebook",
        CODES,
        "prior",
        ["channels = 4", "channels = 6"],
    ),
];

fn train(folder: &Path, name: &str, recipe: &str) -> ModelFile {
    let recipe = written(folder, &format!("{name}.toml"), recipe);
    let options = options(recipe, folder, folder.join(format!("{name}.safetensors")));
    run(&options).unwrap_or_else(|error| panic!("{name}: {error}"));
    ModelFile::read(&options.output).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn models_that_denoise_or_write_begin_with_another_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write_data(folder);
    for (first_stage, name, recipe, network, [size, other_size]) in CASES {
        train(folder, name, first_stage);
        let base = train(folder, "base", recipe);
        let begun = recipe.replacen(
            "autoencoder",
            "begin = \"base.safetensors\"\nautoencoder",
            1,
        );
        let slow = begun.lines().map(|line| match line.split_once(" = ") {
            Some((key @ ("learning_rate" | "final_learning_rate"), _)) => {
                format!("{key} = 1e-12\n")
            }
            _ => format!("{line}\n"),
        });
        let still = train(folder, "still", &slow.collect::<String>());
        let prefix = format!("{network}.");
        let mut compared = 0;
        for (name, tensor) in &base.tensors {
            if name.starts_with(&prefix) {
                let pairs = tensor.values.iter().zip(&still.tensors[name].values);
                let most = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(most < 1e-6, "{name} differs by {most}");
                compared += 1;
            }
        }
        assert!(compared > 6, "{compared} tensors of {network}");

        let wider = begun.replace(size, other_size);
        let wider = written(folder, "wider.toml", &wider);
        let output = folder.join("out.safetensors");
        let error = run(&options(wider, folder, output)).expect_err("it has other sizes");
        let wanted = format!("base.safetensors: it has no {network} of the same sizes");
        assert!(error.is_bad_input(), "{error}");
        assert!(error.to_string().contains(&wanted), "{error}");
    }
}

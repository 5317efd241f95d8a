//! Runs that begin with a trained model: autoencoders, diffusion models and models that write.

use crate::latent_diffusion::{FIRST_STAGE, SECOND_STAGE, written};
use crate::training::{options, run, write_data};
use crate::whitening::DENSE_CODES;
use crate::writing::{CODEBOOK, CODES};
use std::path::Path;
use zscape::model::ModelFile;

struct Case<'a> {
    /// An autoencoder whose codes are learned, and its file.
    first_stage: Option<(&'a str, &'a str)>,
    recipe: &'a str,
    networks: &'a [&'a str],
    /// A change of the sizes of the last network.
    sizes: [&'a str; 2],
}

const CASES: [Case<'_>; 3] = [
    Case {
        first_stage: Some((FIRST_STAGE, "small-kl")),
        recipe: SECOND_STAGE,
        networks: &["denoiser"],
        sizes: ["channels = [8]", "channels = [16]"],
    },
    Case {
        first_stage: Some((CODEBOOK, "small-codebook")),
        recipe: CODES,
        networks: &["prior"],
        sizes: ["channels = 4", "channels = 6"],
    },
    Case {
        first_stage: None,
        recipe: DENSE_CODES,
        networks: &["encoder", "decoder"],
        sizes: ["outputs = 20", "outputs = 22"],
    },
];

fn train(folder: &Path, name: &str, recipe: &str) -> ModelFile {
    let recipe = written(folder, &format!("{name}.toml"), recipe);
    let options = options(recipe, folder, folder.join(format!("{name}.safetensors")));
    run(&options).unwrap_or_else(|error| panic!("{name}: {error}"));
    ModelFile::read(&options.output).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn models_begin_with_another_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write_data(folder);
    for case in CASES {
        if let Some((recipe, name)) = case.first_stage {
            train(folder, name, recipe);
        }
        let base = train(folder, "base", case.recipe);
        let begun = format!("begin = \"base.safetensors\"\n{}", case.recipe.trim_start());
        let slow = begun.lines().map(|line| match line.split_once(" = ") {
            Some((key @ ("learning_rate" | "final_learning_rate"), _)) => {
                format!("{key} = 1e-12\n")
            }
            _ => format!("{line}\n"),
        });
        let still = train(folder, "still", &slow.collect::<String>());
        for network in case.networks {
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
            assert!(compared > 3, "{compared} tensors of {network}");
        }

        let [size, other_size] = case.sizes;
        let network = case.networks[case.networks.len() - 1];
        let wider = begun.replace(size, other_size);
        let wider = written(folder, "wider.toml", &wider);
        let output = folder.join("out.safetensors");
        let error = run(&options(wider, folder, output)).expect_err("it has other sizes");
        let wanted = format!("base.safetensors: it has no {network} of the same sizes");
        assert!(error.is_bad_input(), "{error}");
        assert!(error.to_string().contains(&wanted), "{error}");
    }
}

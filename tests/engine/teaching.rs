//! Style-based generators of codes that learn from a diffusion model.

use crate::latent_diffusion::{FIRST_STAGE, SECOND_STAGE, STYLED, first_stage, written};
use crate::training::{options, run, run_with_a_break, write_data};
use std::collections::BTreeMap;
use std::path::Path;
use zscape::model::file::StoredTensor;
use zscape::model::{ModelFile, catalogue};

fn train(folder: &Path, name: &str, recipe: &str) -> BTreeMap<String, StoredTensor> {
    let recipe = written(folder, &format!("{name}.toml"), recipe);
    let output = folder.join(format!("{name}.safetensors"));
    let options = options(recipe, folder, output.clone());
    run(&options).unwrap_or_else(|error| panic!("{name}: {error}"));
    let file = ModelFile::read(&output).unwrap_or_else(|error| panic!("{name}: {error}"));
    file.tensors
}

/// A folder with an autoencoder, a diffusion model of its codes and a classifier.
fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    first_stage(folder.path());
    // Fast enough for words to count after ten steps, whose weights begin at zero.
    let fast = SECOND_STAGE.replace("\nlearning_rate = 1e-3", "\nlearning_rate = 3e-2");
    assert_ne!(fast, SECOND_STAGE, "the rate is named");
    train(folder.path(), "small-ldm", &fast);
    let judge = catalogue::find("digits-judge").expect("it is built in");
    let path = folder.path().join("digits-judge.safetensors");
    std::fs::write(path, judge.bytes).expect("room for it");
    folder
}

const LABELS: &str = "labels = { classifier = \"digits-judge.safetensors\" }";

/// The recipe of a generator with some more lines.
fn with(lines: &[&str]) -> String {
    let lines = lines.join("\n");
    STYLED.replacen("z_dim = 4", &format!("z_dim = 4\n{lines}"), 1)
}

fn taught(model: &str, settings: &str) -> String {
    format!("teacher = {{ model = \"{model}.safetensors\", learner_rate = 0.5, {settings} }}")
}

#[test]
fn a_generator_of_codes_learns_from_a_diffusion_model() {
    let folder = prepared();
    let alone = train(folder.path(), "alone", STYLED);
    let nothing = taught("small-ldm", "weight = 0.0");
    let nothing = train(folder.path(), "nothing", &with(&[&nothing]));
    assert_eq!(nothing, alone, "it counts for nothing");
    let plain = taught("small-ldm", "weight = 9.0");
    let guided = taught("small-ldm", "weight = 9.0, guidance = 3.0");
    // All weights count: the large ones are stored too coarsely to show what a few steps change.
    let trained = |name: &str, lines: &[&str]| train(folder.path(), name, &with(lines));
    let of_plain = trained("plain", &[&plain]);
    assert!(of_plain != alone, "the teacher counts for nothing");
    // Where nobody says what a code shows, there is nothing to be guided by.
    let unguided = trained("unguided", &[&guided]);
    assert!(unguided == of_plain, "guided by nothing");
    let told = trained("told", &[&plain, LABELS]);
    assert!(told != of_plain, "nobody is told what is found");
    let told_much = trained("guided", &[&guided, LABELS]);
    assert!(told_much != told, "guidance counts for nothing");
}

#[test]
fn a_resumed_run_goes_on_with_its_learner() {
    let folder = prepared();
    let recipe = with(&[&taught("small-ldm", "weight = 9.0"), LABELS]);
    let whole = train(folder.path(), "whole", &recipe);
    let recipe = written(folder.path(), "cut.toml", &recipe);
    let output = folder.path().join("cut.safetensors");
    let cut = options(recipe, folder.path(), output.clone());
    run_with_a_break(7, &cut);
    let resumed = ModelFile::read(&output).expect("it was written").tensors;
    assert_eq!(resumed, whole, "it took another way after the break");
}

#[test]
fn a_teacher_that_does_not_fit_is_refused() {
    let folder = prepared();
    let (seed, other) = ("seed = 1", "seed = 2");
    train(folder.path(), "other-kl", &FIRST_STAGE.replace(seed, other));
    let others = SECOND_STAGE.replace("small-kl", "other-kl");
    assert_ne!(others, SECOND_STAGE, "the autoencoder is named");
    train(folder.path(), "other-ldm", &others);
    let pictures = catalogue::find("digits-ddpm").expect("it is built in");
    let path = folder.path().join("digits-ddpm.safetensors");
    std::fs::write(path, pictures.bytes).expect("room for it");
    let whole = |lines: &str| with(&[lines]);
    let weight = "weight = 1.0";
    for (recipe, part) in [
        (whole(&taught("absent", weight)), "has an unfit teacher"),
        (
            whole(&taught("small-kl", weight)),
            "it is no diffusion model",
        ),
        (
            whole(&taught("digits-ddpm", weight)),
            "its codes have another shape",
        ),
        (
            whole(&taught("other-ldm", weight)),
            "those of another autoencoder",
        ),
        (
            whole(&taught("small-ldm", "weight = nan")),
            "teacher.weight must be",
        ),
        (
            whole(&taught("small-ldm", "weight = 1.0, guidance = inf")),
            "teacher.weight must be",
        ),
        (
            SECOND_STAGE.replacen(
                "[conditions]",
                &format!("{}\n[conditions]", taught("small-ldm", weight)),
                1,
            ),
            "only style-based generators of codes learn from a teacher",
        ),
    ] {
        let recipe = written(folder.path(), "faulty.toml", &recipe);
        let output = folder.path().join("out.safetensors");
        let error = run(&options(recipe, folder.path(), output)).expect_err(part);
        assert!(error.is_bad_input(), "{part}: {error}");
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
}

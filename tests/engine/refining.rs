//! Refining the decoder of an autoencoder, and giving it to the models of its codes.

use crate::latent_diffusion::{FIRST_STAGE, SECOND_STAGE, STYLED, first_stage, written};
use crate::training::{options, run, run_with_a_break, write_data};
use crate::whitening::DENSE_CODES;
use std::path::{Path, PathBuf};
use zscape::engine::ModelSource;
use zscape::model::{Generator, ModelFile, catalogue, device, download};
use zscape::train::replace_decoder;

const REFINED: &str = r#"
name = "small-kl"
title = "Small autoencoder, refined"
summary = "An autoencoder of bright rows."
family = "vae"
dataset = "mnist"
z_dim = 98
autoencoder = { file = "small-kl.safetensors", codes = [2, 7, 7] }
refine = { weight = 1.0, generators = ["small-style.safetensors"] }

[critic]
channels = [4, 4]
group = 5
difference_gain = 2.0

[training]
seed = 1
images = 100
batch = 10
learning_rate = 1e-2
final_learning_rate = 1e-3
average_half_life = 20
loss = "relativistic"
r1_gamma = 1.0
r2_gamma = 1.0
r1_every = 2
"#;

fn train(folder: &Path, name: &str, recipe: &str) -> PathBuf {
    let recipe = written(folder, &format!("{name}.toml"), recipe);
    let output = folder.join(format!("{name}.safetensors"));
    run(&options(recipe, folder, output.clone())).expect("a sound recipe");
    output
}

/// A folder with an autoencoder and a style-based generator of its codes.
fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    first_stage(folder.path());
    train(folder.path(), "small-style", STYLED);
    folder
}

fn named(path: &Path) -> ModelSource {
    ModelSource::File(path.to_owned())
}

fn read(path: &Path) -> ModelFile {
    ModelFile::read(path).expect("a sound file")
}

#[test]
fn only_the_decoder_is_refined() {
    let folder = prepared();
    let before = read(&folder.path().join("small-kl.safetensors"));
    let after = read(&train(folder.path(), "refined", REFINED));
    let mut changed = Vec::new();
    for (name, tensor) in &before.tensors {
        let new = &after.tensors[name];
        assert_eq!(tensor.shape, new.shape, "{name}");
        if (name.starts_with("encoder.") || name.starts_with("decoder."))
            && tensor.values != new.values
        {
            changed.push(name.as_str());
        }
    }
    let layers = ["1.bias", "1.weight", "3.bias", "3.weight"];
    assert_eq!(changed, layers.map(|it| format!("decoder.{it}")));
    assert_eq!(before.tensors["z.mean"], after.tensors["z.mean"]);
    assert_eq!(before.manifest.networks, after.manifest.networks);
}

/// Half of what the discriminator sees can be pictures of codes of the prior, which stays what seeds are drawn from.
#[test]
fn a_decoder_is_refined_on_codes_of_the_prior() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    let base = read(&train(folder.path(), "small-kl", DENSE_CODES));
    let of_vectors = REFINED
        .replace("z_dim = 98", "z_dim = 3")
        .replace("codes = [2, 7, 7]", "codes = [3, 1, 1]");
    let refined = |name: &str, more: &str| {
        let from = r#", generators = ["small-style.safetensors"]"#;
        let recipe = of_vectors.replace(from, more);
        (read(&train(folder.path(), name, &recipe)), recipe)
    };
    let (plain, _) = refined("plain", "");
    let (prior, recipe) = refined("prior", ", prior = true");
    let decoder = "decoder.2.weight";
    assert_ne!(base.tensors[decoder].values, prior.tensors[decoder].values);
    assert_ne!(plain.tensors[decoder].values, prior.tensors[decoder].values);
    let encoder = base.tensors.iter();
    for (name, tensor) in encoder.filter(|(name, _)| name.starts_with("encoder.")) {
        assert_eq!(tensor.values, prior.tensors[name].values, "{name}");
    }
    assert_eq!(base.manifest.spaces, prior.manifest.spaces);

    let recipe = written(folder.path(), "cut.toml", &recipe);
    let output = folder.path().join("cut.safetensors");
    run_with_a_break(4, &options(recipe, folder.path(), output.clone()));
    assert_eq!(read(&output).tensors, prior.tensors, "after a break");
}

#[test]
fn a_classifier_has_a_say() {
    let folder = prepared();
    let judge = catalogue::find("digits-judge").expect("it is built in");
    let path = folder.path().join("digits-judge.safetensors");
    std::fs::write(path, judge.bytes).expect("room for it");
    for (recipe, role, weights) in [
        (REFINED, "refined", "decoder.3.weight"),
        (FIRST_STAGE, "whole", "encoder.0.weight"),
    ] {
        let trained = |name: &str, labels: &str| {
            let line = "z_dim = 98";
            assert!(recipe.contains(line), "{line}");
            let recipe = recipe.replace(line, &format!("{line}\n{labels}"));
            let file = read(&train(folder.path(), &format!("{role}-{name}"), &recipe));
            file.tensors[weights].values.clone()
        };
        let told = |weight: &str| {
            format!("labels = {{ classifier = \"digits-judge.safetensors\", weight = {weight} }}")
        };
        let without = trained("without", "");
        let nothing = trained("nothing", &told("0.0"));
        assert_eq!(nothing, without, "{role}: it counts for nothing");
        let much = trained("much", &told("5.0"));
        assert_ne!(much, without, "{role}");
        assert_eq!(much, trained("sure", &told("5.0, doubt = 0.0")), "{role}");
        assert_ne!(much, trained("doubt", &told("5.0, doubt = 5.0")), "{role}");
    }
}

#[test]
fn models_of_the_codes_take_the_refined_decoder() {
    let folder = prepared();
    let model = train(folder.path(), "small-ldm", SECOND_STAGE);
    let refined = train(folder.path(), "refined", REFINED);
    let output = folder.path().join("new.safetensors");
    replace_decoder(&named(&model), &named(&refined), &output).expect("the layers are the same");

    let generator = |path: &Path| Generator::new(&read(path), &device::cpu()).expect("sound");
    let pictures: Vec<f32> = (0..784).map(|at| f32::from(at / 28 == 9)).collect();
    let again = |path: &Path| {
        let generator = generator(path);
        let diffusion = generator.diffusion().expect("it takes steps");
        let codes = diffusion.data(&pictures).expect("the CPU works");
        let codes = codes.expect("it encodes");
        diffusion.decoded(&codes).expect("the CPU works")
    };
    let refined = generator(&refined);
    let mu = refined.encode(&pictures).expect("the CPU works");
    let mu = download(mu.expect("it encodes").mu).expect("the CPU works");
    let wanted = refined.make(&mu, &zscape::latent::Sampler::default());
    let wanted = wanted.expect("the CPU works");
    let difference = |found: &[f32]| {
        let pairs = found.iter().zip(&wanted);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    let (old, new) = (difference(&again(&model)), difference(&again(&output)));
    assert!(new < 0.01, "the new decoder differs by {new}");
    assert!(
        old > 2.0 * new,
        "the old one differs by {old}, as the new by {new}"
    );
    let new = read(&output).manifest;
    assert!(
        new.quality.is_empty(),
        "what the old decoder was measured at"
    );
    assert_eq!(new.networks, read(&model).manifest.networks);
}

#[test]
fn a_decoder_of_other_layers_is_refused() {
    let folder = prepared();
    let model = folder.path().join("small-style.safetensors");
    let output = folder.path().join("new.safetensors");
    let error = replace_decoder(
        &named(&model),
        &ModelSource::Catalogue("digits-vae2".to_owned()),
        &output,
    )
    .expect_err("other layers");
    assert!(error.is_bad_input(), "{error}");
    let said = error.to_string();
    for part in ["small-style.safetensors", "digits-vae2", "layers"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    assert!(!output.exists(), "nothing is written");
}

#[test]
fn a_decoder_of_other_codes_is_refused_though_its_layers_are_the_same() {
    let folder = prepared();
    let model = train(folder.path(), "small-ldm", SECOND_STAGE);
    let (seed, other) = ("seed = 1", "seed = 2");
    assert!(FIRST_STAGE.contains(seed), "{seed}");
    let other = train(folder.path(), "other-kl", &FIRST_STAGE.replace(seed, other));
    let output = folder.path().join("new.safetensors");
    let error = replace_decoder(&named(&model), &named(&other), &output).expect_err("other codes");
    assert!(error.is_bad_input(), "{error}");
    let said = error.to_string();
    for part in ["small-ldm.safetensors", "other-kl.safetensors", "codes"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    assert!(!output.exists(), "nothing is written");
}

#[test]
fn a_recipe_that_cannot_refine_is_refused() {
    let folder = prepared();
    let style = r#"generators = ["small-style.safetensors"]"#;
    for (from, to, part) in [
        ("[critic]", "[unknown]", "unknown"),
        ("weight = 1.0", "weight = -1.0", "refine.weight"),
        ("weight = 1.0", "weight = nan", "refine.weight"),
        (r#"family = "vae""#, r#"family = "gan""#, "is refined by"),
        (
            "channels = [4, 4]",
            "channels = [4, 4, 4]",
            "14x14 pixels cannot be halved 2 times",
        ),
        (
            style,
            r#"generators = ["small-kl.safetensors"]"#,
            "it is not style-based",
        ),
        (
            style,
            r#"generators = ["absent.safetensors"]"#,
            "absent.safetensors",
        ),
        (
            "z_dim = 98",
            "z_dim = 98\nlabels = { classifier = 'small-kl.safetensors', weight = 1.0 }",
            "it is no classifier",
        ),
        (
            "z_dim = 98",
            "z_dim = 98\nlabels = { classifier = 'absent.safetensors', weight = 1.0 }",
            "absent.safetensors",
        ),
        (
            "z_dim = 98",
            "z_dim = 98\nlabels = { classifier = 'small-kl.safetensors', weight = nan }",
            "labels.weight",
        ),
        (
            r#", generators = ["small-style.safetensors"] }"#,
            " }\nlabels = { classifier = 'small-kl.safetensors', weight = 1.0, doubt = 1.0 }",
            "labels.doubt and labels.shares need samples",
        ),
        (
            r#"generators = ["small-style.safetensors"]"#,
            r#"generators = ["small-style.safetensors"], prior = true"#,
            "comes from refine.generators or from the prior",
        ),
        (
            "loss = \"relativistic\"",
            "loss = \"relativistic\"\ndifferences = 1.0",
            "training.differences",
        ),
        (
            r#"file = "small-kl.safetensors""#,
            r#"file = "absent.safetensors""#,
            "absent.safetensors",
        ),
        (
            "codes = [2, 7, 7]",
            "codes = [2, 7, 6]",
            "its codes have 98",
        ),
    ] {
        assert!(REFINED.contains(from), "{from}");
        let recipe = written(folder.path(), "faulty.toml", &REFINED.replace(from, to));
        let output = folder.path().join("out.safetensors");
        let error = run(&options(recipe, folder.path(), output)).expect_err(to);
        assert!(error.is_bad_input(), "{to}: {error}");
        assert!(error.to_string().contains(part), "{to}: {error}");
    }
}

/// The classifier counts from the said part of a run on, and a resumed run goes on with the shares that it found.
#[test]
fn samples_are_looked_at_by_a_classifier() {
    let folder = prepared();
    let judge = catalogue::find("digits-judge").expect("it is built in");
    let path = folder.path().join("digits-judge.safetensors");
    std::fs::write(path, judge.bytes).expect("room for it");
    for (own, kind, line, weights) in [
        (STYLED, "styled", "z_dim = 4", "map"),
        (FIRST_STAGE, "vae", "z_dim = 98", "decoder.3.weight"),
        (REFINED, "refined", "z_dim = 98", "decoder.3.weight"),
    ] {
        let told = |settings: &str| {
            assert!(own.contains(line), "{kind} has no {line}");
            let labels =
                format!("labels = {{ classifier = \"digits-judge.safetensors\"{settings} }}");
            own.replacen(line, &format!("{line}\n{labels}"), 1)
        };
        let trained = |name: &str, recipe: &str| {
            let name = format!("{kind}-{name}");
            read(&train(folder.path(), &name, recipe)).tensors
        };
        let weights = |name: &str, recipe: &str| {
            let tensors = trained(name, recipe);
            let found = tensors.keys().find(|name| name.contains(weights));
            let found = found.unwrap_or_else(|| panic!("{kind} has no {weights}"));
            tensors[found].values.clone()
        };
        let without = weights("untold", own);
        let nothing = weights("nothing", &told(""));
        assert_eq!(nothing, without, "{kind}: it counts for nothing");
        let late = weights("late", &told(", doubt = 9.0, shares = 9.0, from = 0.99"));
        assert_eq!(late, without, "{kind}: the run ends before it counts");
        for settings in [
            ", doubt = 9.0",
            ", shares = 9e3",
            ", doubt = 9.0, from = 0.5",
        ] {
            let found = weights("told", &told(settings));
            assert_ne!(found, without, "{kind}: {settings}");
        }
        let [sharp, blurred] = [", doubt = 9.0", ", doubt = 9.0, blur = true"]
            .map(|settings| weights("seen", &told(settings)));
        assert_ne!(
            sharp, blurred,
            "{kind}: what the classifier sees is blurred"
        );

        let recipe = told(", doubt = 2.0, shares = 2.0");
        let whole = trained("whole", &recipe);
        let recipe = written(folder.path(), &format!("{kind}-cut.toml"), &recipe);
        let output = folder.path().join(format!("{kind}-cut.safetensors"));
        let cut = options(recipe, folder.path(), output.clone());
        run_with_a_break(7, &cut);
        let again = read(&output).tensors;
        assert_eq!(again, whole, "{kind} took another way after the break");
    }
}

/// What neighbouring pixels differ by can count, too, and a recipe says how much.
#[test]
fn differences_between_pixels_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write_data(folder);
    let [plain, told] = [("plain", 0.0), ("told", 50.0)].map(|(name, weight)| {
        let line = format!("beta = 0.1\ndifferences = {weight:?}");
        read(&train(
            folder,
            name,
            &FIRST_STAGE.replace("beta = 0.1", &line),
        ))
        .tensors
    });
    assert_ne!(plain, told);
    for weight in ["-1.0", "nan", "inf"] {
        let line = format!("beta = 0.1\ndifferences = {weight}");
        let recipe = FIRST_STAGE.replace("beta = 0.1", &line);
        let recipe = written(folder, "faulty.toml", &recipe);
        let found = run(&options(recipe, folder, folder.join("out.safetensors")));
        let error = found.expect_err(weight);
        assert!(
            error.to_string().contains("training.differences"),
            "{error}"
        );
    }
}

/// The model that a run begins with, what is changed in its recipe, and part of the fault.
type Case<'a> = (&'a str, &'a dyn Fn(String) -> String, &'a str);

#[test]
fn a_run_begins_with_another_model() {
    let folder = prepared();
    let begun = |name: &str, change: &dyn Fn(String) -> String| {
        let line = format!("z_dim = 4\nbegin = \"{name}.safetensors\"");
        change(STYLED.replacen("z_dim = 4", &line, 1))
    };
    let slow = |recipe: String| {
        let recipe = recipe.replace("learning_rate = 1e-3", "learning_rate = 1e-12");
        recipe.replace("final_learning_rate = 1e-5", "final_learning_rate = 1e-12")
    };
    let before = read(&folder.path().join("small-style.safetensors"));
    let after = read(&train(folder.path(), "slow", &begun("small-style", &slow)));
    let of_run = ["mapping.", "synthesis.", "picture.", "encoder.codes."];
    let mut compared = 0;
    for (name, tensor) in &before.tensors {
        if of_run.iter().any(|part| name.starts_with(part)) {
            let pairs = tensor.values.iter().zip(&after.tensors[name].values);
            let most = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(most < 1e-6, "{name} differs by {most}");
            compared += 1;
        }
    }
    assert!(compared > 6, "{compared} tensors");
    let quick = read(&train(
        folder.path(),
        "quick",
        &begun("small-style", &|recipe| recipe),
    ));
    assert_ne!(
        quick.tensors["mapping.0.weight"],
        before.tensors["mapping.0.weight"]
    );

    let wider = |recipe: String| recipe.replace("w_dim = 6", "w_dim = 7");
    let deeper = |recipe: String| {
        let layers = "{ layer = \"dense\", outputs = 9 },\n  { layer = \"dense\", outputs = 8 }";
        recipe.replace("{ layer = \"dense\", outputs = 8 }", layers)
    };
    let pictures = |recipe: String| {
        let autoencoder = recipe.lines().find(|line| line.starts_with("autoencoder"));
        recipe.replace(autoencoder.expect("it has one"), "")
    };
    let cases: [Case<'_>; 5] = [
        ("absent", &slow, "absent.safetensors"),
        ("small-kl", &slow, "no generator of the same sizes"),
        ("small-style", &wider, "no generator of the same sizes"),
        ("small-style", &deeper, "no encoder of the same sizes"),
        ("small-style", &pictures, "can begin with another model"),
    ];
    for (name, change, part) in cases {
        let recipe = written(folder.path(), "faulty.toml", &begun(name, change));
        let output = folder.path().join("out.safetensors");
        let error = run(&options(recipe, folder.path(), output)).expect_err(part);
        assert!(error.is_bad_input(), "{part}: {error}");
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
}

#[test]
fn only_what_a_model_shows_can_be_told_by_a_classifier() {
    let folder = prepared();
    for (recipe, line, settings, part) in [
        (
            SECOND_STAGE,
            "[diffusion]",
            "weight = 1.0",
            "only autoencoders and",
        ),
        (STYLED, "[style]", "weight = 1.0", "labels.weight belongs"),
        (
            STYLED,
            "[style]",
            "doubt = nan",
            "labels.weight, doubt and shares",
        ),
        (
            STYLED,
            "[style]",
            "from = 1.0",
            "labels.weight, doubt and shares",
        ),
        (STYLED, "[style]", "doubt = 1.0", "it is no classifier"),
        (FIRST_STAGE, "[training]", "from = 0.5", "labels.from"),
        (FIRST_STAGE, "[training]", "shares = 1.0", "no classifier"),
    ] {
        assert!(recipe.contains(line), "{line}");
        let section =
            format!("[labels]\nclassifier = 'small-kl.safetensors'\n{settings}\n\n{line}");
        let recipe = written(
            folder.path(),
            "faulty.toml",
            &recipe.replacen(line, &section, 1),
        );
        let output = folder.path().join("out.safetensors");
        let error = run(&options(recipe, folder.path(), output)).expect_err(settings);
        assert!(error.is_bad_input(), "{settings}: {error}");
        assert!(error.to_string().contains(part), "{settings}: {error}");
    }
}

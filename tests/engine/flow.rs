//! Flows: trained by likelihood, stored once, gone through in both directions.

use crate::training::{changed_recipe, options, run, run_with_a_break, write_data};
use std::path::{Path, PathBuf};
use zscape::latent::NoiseMode;
use zscape::latent::seed::seed_code;
use zscape::model::{Generator, ModelFile, device, download};

/// The shipped recipe, made small.
fn small_recipe(images: u32, folder: &Path) -> PathBuf {
    let changes = [("hidden = 96", "hidden = 4"), ("gist = 128", "gist = 4")];
    changed_recipe("digits-flow", images, folder, &changes)
}

#[test]
fn a_flow_resumes_bit_by_bit_and_undoes_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    let recipe = small_recipe(400, folder.path());
    let whole = options(recipe.clone(), folder.path(), folder.path().join("whole"));
    run(&whole).expect("sound");
    let cut = options(recipe, folder.path(), folder.path().join("cut"));
    run_with_a_break(3, &cut);
    let [file, other] = [&whole, &cut].map(|it| ModelFile::read(&it.output).expect("sound"));
    assert_eq!(file.hash, other.hash, "it took another way after the break");

    let manifest = &file.manifest;
    let can = manifest.capabilities();
    assert!(can.has_likelihood && can.encodes && !can.encodes_distribution);
    let quality = |name: &str| manifest.quality.get(name).copied().expect(name);
    let short = folder.path().join("short");
    let short = options(small_recipe(10, folder.path()), folder.path(), short);
    run(&short).expect("sound");
    let short = ModelFile::read(&short.output).expect("sound");
    let before = short.manifest.quality.get("bits_per_dimension");
    let before = *before.expect("it was measured");
    let after = quality("bits_per_dimension");
    assert!(
        after < before - 0.1,
        "{after} bits after 40 steps, {before} after one"
    );
    assert!(quality("inverse_error") < 1e-4, "{manifest:?}");

    // The weights were rounded to f16, and the way back is that of the rounded ones.
    let generator = Generator::new(&file, &device::cpu()).expect("sound");
    let code = seed_code(5, generator.start_len());
    let picture = generator
        .decode_to_vec(&code, NoiseMode::Const)
        .expect("the CPU works");
    let encoded = generator.encode(&picture).expect("the CPU works");
    let encoded = download(encoded.expect("it encodes").mu).expect("the CPU works");
    let again = generator
        .decode_to_vec(&encoded, NoiseMode::Const)
        .expect("the CPU works");
    for (found, wanted) in again.iter().zip(&picture) {
        assert!((found - wanted).abs() < 1e-4, "{found}, not {wanted}");
    }
    let bits = generator
        .bits_per_dimension(&picture)
        .expect("the CPU works");
    let bits = bits.expect("its density is known")[0];
    assert!(bits.is_finite() && bits < 16.0, "{bits}");
}

#[test]
fn a_flow_recipe_that_contradicts_itself_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    write_data(folder.path());
    let recipe = small_recipe(20, folder.path());
    let sound = std::fs::read_to_string(&recipe).expect("written above");
    for (from, to, part) in [
        ("fold = 4", "fold = 5", "28x28"),
        ("fold = 4", "fold = 1", "fold"),
        ("hidden = 4", "hidden = 100_000", "hidden"),
        ("gist = 4", "gist = 0", "gist"),
        ("bins = [0, 1,", "bins = [0, 0,", "bins"),
        (
            "254, 255]\n",
            "254, 255]\nsteps = [2]\n",
            "unknown field `steps`",
        ),
        ("[flow]\n", "[gist]\n", "gist"),
        (
            "family = \"flow\"",
            "family = \"gan\"\nz_dim = 4",
            "section flow",
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

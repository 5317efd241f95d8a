//! Recipes in pictures, arrays for NumPy, and files that are whole or absent.

use proptest::prelude::*;
use std::fs;
use std::path::Path;
use zscape::document::embedded::EmbeddedError;
use zscape::document::npy::NpyWriter;
use zscape::document::png;
use zscape::document::raster::Pixels;
use zscape::document::recipe::RecipeError;
use zscape::document::{Raster, Recipe, Subject};
use zscape::files::save;
use zscape::latent::ModelId;

fn model() -> ModelId {
    ModelId {
        name: "digits-gan".to_owned(),
        hash: "0123456789abcdef".repeat(4),
    }
}

fn picture() -> Raster {
    Raster::new(Pixels::Grey, 2, 3, vec![0, 50, 100, 150, 200, 250]).expect("six pixels")
}

fn files_in(folder: &Path) -> usize {
    fs::read_dir(folder)
        .expect("the folder can be listed")
        .count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_picture_gives_its_recipe_back(expression in "\\PC{0,200}", width: u32, height: u32) {
        let recipe = Recipe::new(model(), Subject::Expression(expression), [width, height]);
        let bytes = png::encode(&picture(), &recipe).expect("the picture is sound");
        prop_assert_eq!(png::read_recipe(&bytes).expect("it was just written"), recipe);
    }

    #[test]
    fn a_mutated_picture_never_panics(flips in prop::collection::vec((any::<usize>(), any::<u8>()), 1..8), cut: usize) {
        let recipe = Recipe::new(model(), Subject::Expression("seed(1)".to_owned()), [2, 3]);
        let mut bytes = png::encode(&picture(), &recipe).expect("the picture is sound");
        for (place, value) in flips {
            let place = place % bytes.len();
            bytes[place] = value;
        }
        bytes.truncate(cut % (bytes.len() + 1));
        // Any answer will do.
        let _ = png::read_recipe(&bytes);
    }
}

#[test]
fn a_grid_has_a_recipe_too() {
    let subject = Subject::Grid {
        seeds: "0-9,12".to_owned(),
        truncation: Some(0.7),
        columns: 4,
    };
    let recipe = Recipe::new(model(), subject, [112, 84]);
    let read = Recipe::from_json(&recipe.to_json()).expect("it was just written");
    assert_eq!(read, recipe);
}

#[test]
fn other_programs_pictures_and_newer_recipes_are_refused() {
    let mut plain = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut plain, 1, 1);
    encoder.set_color(::png::ColorType::Grayscale);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&[7]).expect("one pixel");
    writer.finish().expect("an end");
    assert!(matches!(
        png::read_recipe(&plain),
        Err(EmbeddedError::NoRecipe)
    ));
    assert!(matches!(
        png::read_recipe(b"no picture"),
        Err(EmbeddedError::Unknown)
    ));

    let mut recipe = Recipe::new(model(), Subject::Expression("seed(1)".to_owned()), [1, 1]);
    recipe.recipe_version = 9;
    let refused = Recipe::from_json(&recipe.to_json());
    assert!(
        matches!(refused, Err(RecipeError::Version(9))),
        "{refused:?}"
    );
    assert!(matches!(Recipe::from_json("{"), Err(RecipeError::Json(_))));
}

#[test]
fn numpy_reads_the_arrays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    let mut file = NpyWriter::create(&path, &[2, 1, 3]).expect("the folder is there");
    file.push(&[0.5, 1.5]).expect("there is room");
    assert_eq!(
        files_visible(folder.path()),
        0,
        "the file has no name before it is finished"
    );
    file.push(&[2.5, 3.5, 4.5, f32::NAN])
        .expect("there is room");
    file.finish().expect("all numbers are there");
    let bytes = fs::read(&path).expect("the file was written");
    let array = npyz::NpyFile::new(bytes.as_slice()).expect("an array");
    assert_eq!(array.shape(), [2, 1, 3]);
    let values: Vec<f32> = array.into_vec().expect("numbers");
    assert_eq!(values[..5], [0.5, 1.5, 2.5, 3.5, 4.5]);
}

/// Files that do not begin with a dot.
fn files_visible(folder: &Path) -> usize {
    fs::read_dir(folder)
        .expect("the folder can be listed")
        .filter(|entry| {
            let name = entry.as_ref().map(|entry| entry.file_name());
            !name.is_ok_and(|name| name.to_string_lossy().starts_with('.'))
        })
        .count()
}

#[test]
fn an_unfinished_file_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    let mut file = NpyWriter::create(&path, &[4]).expect("the folder is there");
    file.push(&[1.0]).expect("there is room");
    drop(file);
    let mut file = NpyWriter::create(&path, &[4]).expect("the folder is there");
    assert!(
        file.push(&[0.0; 5]).is_err(),
        "five numbers in an array of four"
    );
    let file: NpyWriter = NpyWriter::create(&path, &[4]).expect("the folder is there");
    let fault = file.finish().expect_err("four numbers are missing");
    assert!(fault.to_string().contains("a.npy"), "{fault}");
    assert_eq!(files_in(folder.path()), 0);
}

#[test]
fn a_path_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in [
        folder.path().join("absent/a.png"),
        folder.path().to_owned(),
        "/dev/null".into(),
    ] {
        let fault = save::save(&path, b"x").expect_err("nothing can be written there");
        assert!(fault.is_bad_path(), "{fault}");
        assert!(
            fault.to_string().starts_with(&path.display().to_string()),
            "{fault}"
        );
    }
    let path = folder.path().join("a.bin");
    save::save(&path, b"old").expect("the folder is there");
    save::save(&path, b"new").expect("the folder is there");
    assert_eq!(fs::read(&path).expect("the file was written"), b"new");
    assert_eq!(files_in(folder.path()), 1);
}

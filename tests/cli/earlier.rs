//! Files of earlier versions: what their recipes drew then, they draw today.
//!
//! Those in `tests/data/version-2` were written by the last program whose recipes had version 2.
//! There, truncation of a code in z scaled it, also in models with a mapping network.

use crate::support::{Folder, Shown, inspected, run};
use std::fs;
use std::path::{Path, PathBuf};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/version-2")
        .join(name)
}

/// Draws what a file shows. The style-based model was built in then, and is a file beside it now.
fn draw_again(path: &str, output: &str) {
    let former = file("heroes-stylegan.safetensors");
    let again = ["--from", path, "-o", output, "--device", "cpu"];
    let render = |model: &[&str]| run(&[&["render"][..], model, &again[..]].concat());
    if inspected(path)["model"]["name"] == "heroes-stylegan" {
        render(&[]).refused("is not built in");
        render(&[former.to_str().expect("the path is text")]).succeeded();
    } else {
        render(&[]).succeeded();
    }
}

/// Asserts that two pictures are the same but for rounding: the kernels of style-based models add
/// in another order since networks are graphs, which moves a level now and then by one.
#[track_caller]
fn assert_same(what: &str, now: &[u8], then: &[u8]) {
    assert_eq!(now.len(), then.len(), "{what}");
    let pairs = || now.iter().zip(then);
    let largest = pairs().map(|(a, b)| a.abs_diff(*b)).max();
    assert!(largest <= Some(1), "{what}: levels differ by {largest:?}");
    let moved = pairs().filter(|(a, b)| a != b).count();
    assert!(
        moved * 1000 <= now.len(),
        "{what}: {moved} of {} levels",
        now.len()
    );
}

/// Asserts that two pictures differ by no more than the palettes of that time were off: those of
/// today come nearer.
#[track_caller]
fn assert_near(what: &str, now: &[u8], then: &[u8]) {
    assert_eq!(now.len(), then.len(), "{what}");
    let pairs = now.iter().zip(then);
    let sum: f64 = pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
    let mean = sum / now.len() as f64;
    assert!(mean < 8.0, "{what}: levels differ by {mean} on average");
}

fn rgba(bytes: &[u8]) -> Vec<u8> {
    let read = image::load_from_memory(bytes).expect("a picture");
    read.into_rgba8().into_raw()
}

#[test]
fn stills_of_version_2_draw_the_same_picture() {
    let folder = Folder::new();
    for (name, today) in [
        ("still-z.png", Some("0.5*seed(42) + dir(\"z3\")")),
        (
            "still-w.png",
            Some("truncate(w(seed(5)), 0.7) + 1.5*dir(\"weapon\")"),
        ),
        ("grid.png", None),
    ] {
        let (path, again) = (file(name), folder.file(name));
        let path = path.to_str().expect("the path is text");
        if let Some(today) = today {
            assert_eq!(inspected(path)["expression"], today, "{name}");
        }
        draw_again(path, &again);
        let then = fs::read(path).expect("it is there");
        assert_same(name, &rgba(&folder.read(name)), &rgba(&then));
    }
}

#[test]
fn animations_of_version_2_draw_the_same_frames() {
    let folder = Folder::new();
    for name in ["walk.gif", "walk.webp", "walk.png"] {
        let (path, again) = (file(name), folder.file(name));
        let path = path.to_str().expect("the path is text");
        draw_again(path, &again);
        let then = Shown::read(name, &fs::read(path).expect("it is there"));
        let now = Shown::read(name, &folder.read(name));
        assert_eq!(now.size, then.size, "{name}");
        assert_eq!(now.milliseconds(), then.milliseconds(), "{name}");
        assert_eq!(now.frames.len(), 5, "{name}");
        for (index, (now, then)) in now.frames.iter().zip(&then.frames).enumerate() {
            let what = format!("{name}, frame {index}");
            if name.ends_with(".gif") {
                assert_near(&what, &now.0, &then.0);
            } else {
                assert_same(&what, &now.0, &then.0);
            }
        }
    }
}

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

#[test]
fn stills_of_version_2_draw_the_same_picture() {
    for (name, today) in [
        ("still-z.png", "0.5*seed(42) + dir(\"z3\")"),
        (
            "still-w.png",
            "truncate(w(seed(5)), 0.7) + 1.5*dir(\"weapon\")",
        ),
    ] {
        let path = file(name);
        let path = path.to_str().expect("the path is text");
        assert_eq!(inspected(path)["expression"], today, "{name}");
        let said = run(&["render", "--from", path, "--device", "cpu"]).succeeded();
        assert!(
            said.stdout.contains("the same picture"),
            "{name}: {}",
            said.stdout
        );
    }
    let path = file("grid.png");
    let path = path.to_str().expect("the path is text");
    run(&["render", "--from", path, "--device", "cpu"]).succeeded();
}

#[test]
fn animations_of_version_2_draw_the_same_frames() {
    let folder = Folder::new();
    for name in ["walk.gif", "walk.webp", "walk.png"] {
        let path = file(name);
        let again = folder.file(name);
        let path = path.to_str().expect("the path is text");
        run(&["render", "--from", path, "-o", &again, "--device", "cpu"]).succeeded();
        let then = Shown::read(name, &fs::read(path).expect("it is there"));
        let now = Shown::read(name, &folder.read(name));
        assert_eq!(now.size, then.size, "{name}");
        assert_eq!(now.frames.len(), 5, "{name}");
        for (index, (now, then)) in now.frames.iter().zip(&then.frames).enumerate() {
            assert!(now == then, "{name}, frame {index}");
        }
    }
}

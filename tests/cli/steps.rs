//! `render --steps-out`. No built-in model takes more than one step; that many reach the driver
//! is tested with the engine.

use crate::support::{Folder, GAN, Shown, read_png, run};

fn render<'a>(out: &'a str, steps: &'a str) -> Vec<&'a str> {
    vec![
        "render",
        GAN,
        "seed(3)",
        "--scale",
        "2",
        "-o",
        out,
        "--steps-out",
        steps,
        "--device",
        "cpu",
    ]
}

#[test]
fn one_step_is_one_picture_and_a_note() {
    let folder = Folder::new();
    let out = folder.file("a.png");
    for steps in ["strip.png", "steps", "step_##.png", "steps.gif"] {
        let run = run(&render(&out, &folder.file(steps)));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let run = run.complained("one step");
        assert!(run.stderr.contains("note:"), "{}", run.stderr);
    }
    let (size, picture) = read_png(&folder.read("a.png"));
    assert_eq!(size, [56, 56]);
    for steps in ["strip.png", "steps/0001.png", "step_01.png"] {
        assert_eq!(read_png(&folder.read(steps)), (size, picture.clone()));
    }
    assert_eq!(Shown::read("a.gif", &folder.read("steps.gif")).size, size);
    // The same picture as without the steps.
    let plain = folder.file("b.png");
    let plain_run = ["render", GAN, "seed(3)", "--scale", "2", "-o", &plain];
    run(&[&plain_run[..], &["--device", "cpu"]].concat()).succeeded();
    assert_eq!(folder.read("a.png"), folder.read("b.png"));
}

#[test]
fn a_place_for_no_steps_is_refused() {
    let folder = Folder::new();
    let (out, text) = (folder.file("a.png"), folder.file("steps.txt"));
    run(&render(&out, &text)).refused("step_###.png");
    let missing = folder.file("nowhere/strip.png");
    run(&render(&out, &missing)).refused("nowhere");
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn the_hand_is_timed_beside_long_jobs() {
    let output = run(&["bench", GAN, "--busy", "--json", "--device", "cpu"])
        .succeeded()
        .stdout;
    let report: serde_json::Value = serde_json::from_str(&output).expect("JSON");
    let time = |name: &str| report["busy"][name].as_f64().expect("a time");
    let (median, worst) = (time("median_ms"), time("worst_ms"));
    assert!(median > 0.0 && worst >= median, "{report}");
    assert_eq!(report["busy"]["count"], 300);
}

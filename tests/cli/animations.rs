//! `animate`: what is written moves as it should.

use crate::support::{Folder, GAN, Run, Shown, VAE, inspected, run};
use std::fs;

const CORNERS: [&str; 3] = ["[2, 0]", "[0, 2]", "-1*[2, 1]"];

/// Animates three codes of a plane.
fn animate(arguments: &[&str]) -> Run {
    run(&[
        &["animate", VAE],
        &CORNERS[..],
        arguments,
        &["--device", "cpu"],
    ]
    .concat())
}

#[test]
fn every_format_has_the_same_frames() {
    let folder = Folder::new();
    let frames = ["--frames", "9", "--fps", "30", "--loop", "--scale", "2"];
    let mut first: Option<Shown> = None;
    for name in ["a.gif", "a.png", "a.webp"] {
        let out = folder.file(name);
        animate(&[&frames[..], &["-o", &out]].concat()).succeeded();
        let shown = Shown::read(name, &folder.read(name));
        assert_eq!(shown.size, [56, 56], "{name}");
        assert_eq!(shown.frames.len(), 9, "{name}");
        assert_eq!(shown.milliseconds(), 300, "{name}");
        let recipe = inspected(&out);
        let keyframes = serde_json::json!(CORNERS);
        assert_eq!(recipe["animation"]["keyframes"], keyframes);
        assert_eq!(recipe["animation"]["closed"], true);
        assert_eq!(recipe["size"], serde_json::json!([56, 56]));
        assert_eq!(recipe["scale"], 2);
        let first = first.get_or_insert_with(|| Shown::read(name, &folder.read(name)));
        for (index, (frame, _)) in shown.frames.iter().enumerate() {
            assert!(*frame == first.frames[index].0, "{name}, frame {index}");
        }
    }
    let (walk, numbered) = (folder.file("walk"), folder.file("w_##.png"));
    animate(&[&frames[..], &["-o", &walk]].concat()).succeeded();
    animate(&[&frames[..], &["-o", &numbered]].concat()).succeeded();
    let first = first.expect("three formats");
    for index in 0..9 {
        let file = folder.read(&format!("walk/{:04}.png", index + 1));
        assert!(file == folder.read(&format!("w_{:02}.png", index + 1)));
        let read = image::load_from_memory(&file).expect("a picture");
        let same = read.into_rgba8().into_raw() == first.frames[index].0;
        assert!(same, "frame {index}");
    }
    let names = folder.names();
    assert_eq!(names.len(), 3 + 1 + 9, "{names:?}");
}

#[test]
fn a_loop_closes_without_a_frame_that_comes_twice() {
    let folder = Folder::new();
    let out = folder.file("a.png");
    animate(&["--frames", "60", "--loop", "-o", &out]).succeeded();
    let shown = Shown::read("a.png", &folder.read("a.png"));
    let steps: Vec<f64> = (0..60).map(|i| shown.step(i, (i + 1) % 60)).collect();
    let largest = steps[..59].iter().copied().fold(0.0, f64::max);
    assert!(
        steps[59] <= largest,
        "closing {}, others {largest}",
        steps[59]
    );
    assert!(steps.iter().all(|step| *step > 0.0), "{steps:?}");
    // The first keyframe given again at the end changes nothing.
    let again = folder.file("b.png");
    let rest = ["--frames", "60", "--loop", "-o", &again, "--device", "cpu"];
    run(&[&["animate", VAE], &CORNERS[..], &CORNERS[..1], &rest[..]].concat()).succeeded();
    let again = Shown::read("b.png", &folder.read("b.png"));
    assert!(again.frames == shown.frames);
}

#[test]
fn an_open_walk_begins_and_ends_at_its_keyframes() {
    let folder = Folder::new();
    let out = folder.file("a.png");
    let walk = ["animate", GAN, "seed(3)", "seed(9)", "--method", "lerp"];
    let clock = [
        "--easing",
        "smooth",
        "--frames",
        "5",
        "--once",
        "--seconds",
        "1.5",
    ];
    run(&[&walk[..], &clock[..], &["-o", &out, "--device", "cpu"]].concat()).succeeded();
    let shown = Shown::read("a.png", &folder.read("a.png"));
    assert_eq!((shown.frames.len(), shown.milliseconds()), (5, 1500));
    // Half of the time is half of the way, also with easing.
    for (frame, expression) in [
        (0, "seed(3)"),
        (2, "lerp(seed(3), seed(9), 0.5)"),
        (4, "seed(9)"),
    ] {
        let still = folder.file("still.png");
        run(&["render", GAN, expression, "-o", &still, "--device", "cpu"]).succeeded();
        let still = image::load_from_memory(&folder.read("still.png")).expect("a picture");
        let still = still.into_rgba8().into_raw();
        let pixels = still.iter().zip(&shown.frames[frame].0);
        // One code alone and one of many may differ in the last bit of a sum.
        let largest = pixels.map(|(a, b)| a.abs_diff(*b)).max();
        assert!(largest <= Some(1), "{expression}: {largest:?}");
    }
    let bytes = folder.read("a.png");
    let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info();
    let reader = reader.expect("a PNG");
    let control = reader.info().animation_control().expect("an animation");
    assert_eq!(control.num_plays, 1, "once");
}

#[test]
fn even_steps_are_more_even() {
    let folder = Folder::new();
    let spread = |name: &str, arguments: &[&str]| {
        let out = folder.file(name);
        animate(&[&["--frames", "80", "-o", &out], arguments].concat()).succeeded();
        let shown = Shown::read(name, &folder.read(name));
        let steps: Vec<f64> = (0..79).map(|i| shown.step(i, i + 1)).collect();
        let mean = steps.iter().sum::<f64>() / 79.0;
        let squares = steps.iter().map(|step| (step - mean).powi(2));
        (squares.sum::<f64>() / 79.0).sqrt() / mean
    };
    let plain = spread("a.png", &[]);
    let even = spread("b.png", &["--even"]);
    assert!(even < 0.1, "steps vary by {even} of their mean");
    assert!(even < plain / 3.0, "{even} evenly, {plain} otherwise");
}

#[test]
fn what_cannot_be_animated_is_one_line() {
    let folder = Folder::new();
    let out = folder.file("a.gif");
    let with = |keyframes: &[&str], rest: &[&str]| {
        run(&[&["animate", VAE], keyframes, rest, &["--device", "cpu"]].concat())
    };
    let gif = ["--frames", "5", "-o", &out];
    let pair = ["seed(1)", "seed(2)"];
    with(&pair[..1], &gif).refused("two keyframes");
    let closed = [&gif[..], &["--loop"]].concat();
    with(&["seed(1)", "seed(1)"], &closed).refused("two keyframes");
    with(&["seed(1)", "sed(2)"], &gif).refused("expression 2");
    with(&["seed(1)", "@nobody"], &gif).refused("@nobody");
    with(&["seed(1)", "[1, 2, 3]"], &gif).refused("3 numbers");
    with(&pair, &gif[..2]).refused("--output");
    with(&pair, &gif[2..]).refused("--frames");
    for (rest, part) in [
        (&["--fps", "0"][..], "frames a second"),
        (&["--fps", "nan"], "frames a second"),
        (&["--seconds=-1"], "frames a second"),
        (&["--seconds", "0"], "frames a second"),
        (&["--seconds", "1e300"], "frames a second"),
        (&["--fps", "60"], "50 frames a second"),
        (&["--fps", "25", "--seconds", "1"], "--seconds"),
        (&["--easing", "bounce"], "bounce"),
        (&["--method", "fly"], "fly"),
        (&["--scale", "65"], "65"),
        (&["--scale", "0"], "0"),
    ] {
        with(&pair, &[&gif[..], rest].concat()).refused(part);
    }
    for name in ["a.avi", "absent/a.gif", "absent/walk", "absent/w_#.png"] {
        let out = folder.file(name);
        with(&pair, &["--frames", "5", "-o", &out]).refused(name);
    }
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("walk")).expect("a folder");
    let walk = folder.file("walk");
    animate(&["--frames", "3", "-o", &walk]).succeeded();
    let frame = folder.read("walk/0003.png");
    animate(&["--frames", "3", "--scale", "2", "-o", &walk]).refused("not empty");
    assert!(folder.read("walk/0003.png") == frame);
    assert_eq!(folder.names(), ["walk"]);
}

#[test]
fn an_expression_may_begin_with_a_minus() {
    let folder = Folder::new();
    let out = folder.file("a.gif");
    let keyframes = ["-1.5*seed(3)", "-[1, 2]", "-seed(4)"];
    let rest = ["--frames", "4", "-o", &out, "--device", "cpu"];
    run(&[&["animate", VAE], &keyframes[..], &rest[..]].concat()).succeeded();
    let recipe = inspected(&out);
    let keyframes = serde_json::json!(keyframes);
    assert_eq!(recipe["animation"]["keyframes"], keyframes);
}

//! The window as the command line opens it: on a screen, and where there is none.

use crate::foreign_files;
use crate::support::{Folder, Run, program, run};
use std::process::Command;

/// The program on a screen of its own, or on the one that there is, with fresh settings.
fn on_a_screen(arguments: &[&str]) -> Run {
    let folder = Folder::new();
    let zscape = env!("CARGO_BIN_EXE_zscape");
    let mut command = if std::env::var_os("DISPLAY").is_some() {
        Command::new(zscape)
    } else {
        let mut command = Command::new("xvfb-run");
        command.args(["-a", "-s", "-screen 0 1600x1000x24", zscape]);
        command
    };
    let output = command
        .args(arguments)
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("RUST_LOG")
        .env("HOME", folder.path())
        .env("XDG_DATA_HOME", folder.path())
        .env("XDG_CONFIG_HOME", folder.path())
        .output()
        .expect("there is no screen and no xvfb-run; ./dev test installs it");
    Run::new(format!("zscape {}", arguments.join(" ")), &output)
}

#[test]
fn smoke_shows_a_picture_and_says_how_fast() {
    let run = on_a_screen(&["--smoke"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("one line of JSON");
    let milliseconds = report["first_picture_ms"].as_f64().expect("a time");
    assert!(milliseconds > 0.0 && milliseconds < 60_000.0, "{report}");
    assert!(
        report["device"].is_string() && report["adapter"].is_string(),
        "{report}"
    );
}

#[test]
fn smoke_opens_the_model_that_was_asked_for() {
    let run = on_a_screen(&[crate::support::GAN, "--smoke", "--device", "cpu"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[test]
fn a_picture_opens_where_it_was_made_or_to_be_encoded() {
    let folder = Folder::new();
    let made = folder.file("made.png");
    run(&["render", crate::support::GAN, "seed(3)", "-o", &made]).succeeded();
    let shown = on_a_screen(&[&made, "--smoke", "--device", "cpu"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);

    let mut photo = std::io::Cursor::new(Vec::new());
    let black = image::DynamicImage::new_rgb8(2, 2);
    black
        .write_to(&mut photo, image::ImageFormat::Png)
        .expect("it can be encoded");
    let photo = photo.into_inner();
    let plain = folder.write("photo.png", &photo);
    // What it is counts, not its name.
    let nameless = folder.write("photo", &photo);
    for photo in [&plain, &nameless] {
        let shown = on_a_screen(&[photo, "--smoke", "--device", "cpu"]);
        assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    }
    // Refused before a window is opened.
    let jpeg = folder.write("photo.jpg", b"\xff\xd8\xff\xe0");
    run(&[&jpeg]).refused("photo.jpg: the picture cannot be read");
    let broken = folder.write("broken.png", &photo[..20]);
    run(&[&broken]).refused("broken.png: it is not a sound PNG");
    run(&["absent.png"]).refused("absent.png");
}

#[test]
fn a_model_that_nobody_knows_opens_the_window_and_is_refused_elsewhere() {
    let folder = Folder::new();
    let unknown = foreign_files::safetensors(&foreign_files::upsampling_generator());
    for name in ["generator.safetensors", "generator"] {
        let unknown = folder.write(name, &unknown);
        let shown = on_a_screen(&[&unknown, "--smoke", "--device", "cpu"]);
        assert_eq!(shown.code, Some(0), "{}", shown.stderr);
        // Nobody is there to describe it.
        let out = folder.file("out.png");
        run(&["render", &unknown, "seed(1)", "-o", &out]).refused("its architecture is not known");
    }
}

#[test]
fn a_broken_model_ends_the_smoke_run_with_a_sentence() {
    let folder = Folder::new();
    // Its beginning is that of a model, so only the window finds out.
    let mut bytes = crate::support::model_bytes(crate::support::GAN).to_vec();
    bytes.push(0);
    let broken = folder.write("broken.safetensors", bytes);
    let shown = on_a_screen(&[&broken, "--smoke", "--device", "cpu"]);
    assert_eq!(shown.code, Some(1), "{}", shown.stdout);
    assert!(shown.stderr.contains("1 byte follows"), "{}", shown.stderr);
    run(&["absent.safetensors", "--smoke"]).refused("absent.safetensors");
}

#[test]
fn without_a_screen_the_way_out_is_named() {
    for arguments in [vec![], vec!["--smoke"], vec![crate::support::VAE]] {
        let output = program()
            .args(&arguments)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .output()
            .expect("the program starts");
        Run::new("no screen".to_owned(), &output).refused("zscape render");
    }
}

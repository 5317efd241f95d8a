//! MP4, with a script in the place of ffmpeg: it shows what the encoder gets, and how it may fail.
#![cfg(unix)]

use crate::support::{Folder, Run, VAE, interrupt, program};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

/// Answers the question for the good encoder with no.
const PROBE: &str = "case \"$*\" in *encoder=*) exit 0;; esac";

/// Writes a program named ffmpeg into a folder of its own, and gives a PATH that finds it.
fn fake_ffmpeg(folder: &Folder, script: &str) -> String {
    let bin = folder.path().join("bin");
    fs::create_dir_all(&bin).expect("a folder");
    let path = bin.join("ffmpeg");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    format!("{}:/usr/bin:/bin", bin.display())
}

/// A folder for what is written, beside the script.
fn out_folder(folder: &Folder) -> std::path::PathBuf {
    let out = folder.path().join("out");
    fs::create_dir(&out).expect("a folder");
    out
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

fn animate(folder: &Folder, path: &str, frames: &[&str]) -> Run {
    let out = folder.file("out/a.mp4");
    let walk = [
        "animate", VAE, "[2, 0]", "[0, 2]", "-o", &out, "--device", "cpu",
    ];
    let output = program()
        .args([&walk[..], frames].concat())
        .env("PATH", path)
        .output()
        .expect("the program starts");
    Run::new("an animation as MP4".to_owned(), &output)
}

#[test]
fn every_frame_goes_through_a_pipe() {
    let folder = Folder::new();
    let out = out_folder(&folder);
    // Keeps its arguments and what it is given; the last argument is the file.
    let said = folder.file("arguments");
    let script = format!(
        "case \"$*\" in *encoder=libx264*) echo 'Encoder libx264 [H.264]'; exit 0;; esac\n\
         for last; do :; done\n\
         echo \"$*\" > '{said}'\n\
         cat > \"$last\""
    );
    let path = fake_ffmpeg(&folder, &script);
    animate(&folder, &path, &["--frames", "7", "--fps", "12.5"]).succeeded();
    let written = folder.read("out/a.mp4");
    assert_eq!(written.len(), 7 * 28 * 28 * 3, "seven frames in RGB");
    let arguments = String::from_utf8(folder.read("arguments")).expect("text");
    for part in [
        "-framerate 25/2",
        "28x28",
        "yuv420p",
        "libx264",
        "\"keyframes\"",
    ] {
        assert!(arguments.contains(part), "{arguments:?} has no {part:?}");
    }
    assert_eq!(names(&out), ["a.mp4"]);
}

#[test]
fn an_encoder_that_fails_leaves_nothing() {
    let folder = Folder::new();
    let out = out_folder(&folder);
    let fault = "echo 'Unknown encoder h264' >&2; exit 1";
    for before in ["", "head -c 5000 >/dev/null", "cat >/dev/null"] {
        let path = fake_ffmpeg(&folder, &format!("{PROBE}\n{before}\n{fault}"));
        let run = animate(&folder, &path, &["--frames", "50"]);
        let run = run.complained("ffmpeg failed: Unknown encoder h264");
        assert_eq!(run.code, Some(1), "{before}");
        assert_eq!(names(&out), [""; 0], "{before}");
    }
}

#[test]
fn without_ffmpeg_one_sentence_says_what_to_do() {
    let folder = Folder::new();
    let out = out_folder(&folder);
    let nowhere = folder.file("nowhere");
    let run = animate(&folder, &nowhere, &["--frames", "50"]);
    let run = run.complained("needs the program ffmpeg");
    assert!(run.stderr.contains("GIF, APNG or WebP"), "{}", run.stderr);
    assert_eq!(run.code, Some(1));
    assert_eq!(names(&out), [""; 0]);
}

#[test]
fn a_stopped_animation_leaves_neither_file_nor_process() {
    let folder = Folder::new();
    let out = out_folder(&folder);
    let pid = folder.file("pid");
    // Reads, so that frames go on, and waits at the end, as an encoder that still works.
    let script = format!("{PROBE}\necho $$ > '{pid}'\nexec sh -c 'cat >/dev/null; sleep 60'");
    let path = fake_ffmpeg(&folder, &script);
    for name in ["out/a.gif", "out/a.webp", "out/walk", "out/a.mp4"] {
        let mut animate = program();
        animate
            .args(["animate", VAE, "[2, 0]", "[0, 2]", "--frames", "10000"])
            .args(["--scale", "16", "--smooth", "--device", "cpu"])
            .args(["-o", &folder.file(name)])
            .env("PATH", &path);
        let (run, took) = interrupt(name, &mut animate, Duration::from_millis(1500));
        assert!(took < Duration::from_secs(15), "{name}: it took {took:?}");
        let run = run.complained("stopped");
        assert_eq!(run.code, Some(1), "{name}");
        assert_eq!(names(&out), [""; 0], "{name}");
    }
    let pid = fs::read_to_string(pid).expect("the encoder ran");
    let process = Path::new("/proc").join(pid.trim());
    assert!(!process.exists(), "the encoder still runs");
}

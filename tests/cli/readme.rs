//! What README.md promises: its command lines are run as they are written there, one after the
//! other, by somebody with an empty home.

#![cfg(unix)]

use crate::data::write_stripes;
use crate::support::{Folder, Run, interrupt, run};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const README: &str = include_str!("../../README.md");

/// The lines of all shell blocks.
fn lines() -> Vec<&'static str> {
    let mut lines = Vec::new();
    let mut is_shell = false;
    for line in README.lines() {
        if line.starts_with("```") {
            is_shell = line == "```sh";
        } else if is_shell && !line.is_empty() {
            lines.push(line);
        }
    }
    lines
}

/// Somebody who has installed the program, and has a folder of data and the repository's recipes.
fn newcomer() -> Folder {
    let folder = Folder::new();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("the folder is empty");
    write_stripes(&data);
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    std::os::unix::fs::symlink(assets, folder.path().join("assets")).expect("a link");
    folder
}

/// A line as a shell takes it, in the newcomer's folder.
fn shell(folder: &Folder, line: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_zscape"));
    let programs = program.parent().expect("it lies in a folder").display();
    let path = std::env::var("PATH").unwrap_or_default();
    let home = folder.path().join("home");
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .current_dir(folder.path())
        .env("PATH", format!("{programs}:{path}"))
        .env("HOME", &home)
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("RUST_LOG")
        .env("NO_COLOR", "1");
    command
}

fn output(folder: &Folder, line: &str) -> Run {
    let output = shell(folder, line).output().expect("there is a shell");
    Run::new(line.to_owned(), &output)
}

/// Files that a line says it writes.
fn outputs(line: &str) -> Vec<&str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let pairs = words.windows(2);
    let named = pairs.filter(|pair| matches!(pair[0], "-o" | "--npy" | "--npz" | "--neighbours"));
    named.map(|pair| pair[1]).collect()
}

#[test]
fn the_command_lines_do_what_they_say() {
    let folder = newcomer();
    let has_ffmpeg = Command::new("ffmpeg").arg("-version").output().is_ok();
    let mut count = 0;
    for line in lines() {
        // Placeholders, as a reader fills them in.
        let line = line
            .replace("DIR", "data")
            .replace("FILE", "assets/models/digits-gan.safetensors")
            .replace("[--resume]", "");
        let command = line.split('#').next().unwrap_or_default().trim();
        let words: Vec<&str> = command.split_whitespace().collect();
        match words[..] {
            // Builds the program, or opens a window that stays; other tests do both.
            ["./dev", ..] | ["zscape"] => continue,
            // It takes an hour, and can be stopped.
            ["zscape", "train", ..] => {
                let mut training = shell(&folder, &format!("exec {line}"));
                let (run, _) = interrupt(&line, &mut training, Duration::from_secs(3));
                assert_eq!(run.complained("--resume continues").code, Some(1));
            }
            ["zscape", "--smoke", ..] => {
                let line = match std::env::var_os("DISPLAY") {
                    Some(_) => line.clone(),
                    None => format!("xvfb-run -a {line}"),
                };
                let run = output(&folder, &line);
                assert_eq!(run.code, Some(0), "{line}: {}", run.stderr);
            }
            _ if line.contains(".mp4") && !has_ffmpeg => {
                let run = output(&folder, &line).complained("ffmpeg");
                assert_eq!(run.code, Some(1), "{line}");
            }
            _ => {
                let run = output(&folder, &line);
                assert_eq!(run.code, Some(0), "{line}: {}", run.stderr);
                assert!(!run.stderr.contains("note:"), "{line}: {}", run.stderr);
                let written = outputs(&line);
                for name in &written {
                    assert!(folder.path().join(name).is_file(), "{line}: no {name}");
                }
                assert!(!written.is_empty() || !run.stdout.is_empty(), "{line}");
            }
        }
        count += 1;
    }
    assert!(count > 20, "{count} lines");
}

/// Commands in the running text exist, with their options.
#[test]
fn commands_in_the_text_exist() {
    let help = run(&["--help"]).succeeded().stdout;
    let (_, commands) = help.split_once("Commands:").expect("they are listed");
    let commands: Vec<&str> = commands
        .lines()
        .skip(1)
        .map_while(|line| line.split_whitespace().next())
        .collect();
    let mut count = 0;
    // Code in a sentence; every second part of a text between ticks.
    let text = README.split("```").step_by(2);
    let codes = text.flat_map(|text| text.split('`').skip(1).step_by(2));
    for code in codes.filter(|code| code.starts_with("zscape ")) {
        let words: Vec<&str> = code.split_whitespace().skip(1).collect();
        let Some(first) = words.first() else { continue };
        let mut arguments = Vec::new();
        if commands.contains(first) {
            arguments.push(*first);
        } else {
            let is_file = first.contains('.') || *first == "FILE";
            assert!(is_file || first.starts_with('-'), "{code}: no such command");
        }
        arguments.push("--help");
        let help = run(&arguments).succeeded().stdout;
        for option in words.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(option), "{code}: no such option");
        }
        count += 1;
    }
    assert!(count >= 8, "{count} commands");
}

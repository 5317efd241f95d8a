//! Ctrl+C in the middle of a long grid.

#![cfg(unix)]

use crate::support::{Folder, GAN, Run, program};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn a_stopped_grid_leaves_no_file() {
    let folder = Folder::new();
    let child = program()
        .args([
            "grid",
            GAN,
            "--seeds",
            "0-999998",
            "--npy",
            &folder.file("a.npy"),
        ])
        .args(["-o", &folder.file("a.png"), "--device", "cpu"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    std::thread::sleep(Duration::from_millis(1500));
    let asked = Instant::now();
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill runs").success());
    let output = child.wait_with_output().expect("the program ends");
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "it took {:?}",
        asked.elapsed()
    );
    let run = Run::new("a stopped grid".to_owned(), &output).complained("stopped");
    assert_eq!(run.code, Some(1));
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

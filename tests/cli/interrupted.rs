//! Ctrl+C in the middle of a long grid.

#![cfg(unix)]

use crate::support::{Folder, GAN, interrupt, program};
use std::time::Duration;

#[test]
fn a_stopped_grid_leaves_no_file() {
    let folder = Folder::new();
    let mut grid = program();
    grid.args(["grid", GAN, "--seeds", "0-999998"])
        .args(["--npy", &folder.file("a.npy")])
        .args(["-o", &folder.file("a.png"), "--device", "cpu"]);
    let (run, took) = interrupt("a stopped grid", &mut grid, Duration::from_millis(1500));
    assert!(took < Duration::from_secs(10), "it took {took:?}");
    let run = run.complained("stopped");
    assert_eq!(run.code, Some(1));
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

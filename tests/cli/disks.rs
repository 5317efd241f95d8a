//! Disks that are full or cannot be written: one sentence, the old file, and no half of a new one.
//!
//! A disk of its own takes rights that only root has; without them these tests do nothing.

#![cfg(target_os = "linux")]

use crate::support::{Folder, GAN, program, run};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A file system in memory, for the length of a test.
struct Disk(Folder);

impl Disk {
    fn new(options: &str) -> Option<Self> {
        let folder = Folder::new();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        mounted
            .is_ok_and(|status| status.success())
            .then_some(Self(folder))
    }

    fn remount(&self, options: &str) {
        let mounted = Command::new("mount")
            .args(["-o", &format!("remount,{options}")])
            .arg(self.0.path())
            .status();
        assert!(mounted.is_ok_and(|status| status.success()), "{options}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

/// Every command that writes files, with what it writes.
fn writing(folder: &Folder) -> Vec<(&'static str, Vec<String>)> {
    let line = |text: &str, name: &str| {
        let words = text.split('|').map(str::to_owned);
        words.chain([folder.file(name)]).collect::<Vec<String>>()
    };
    vec![
        ("a.png", line("grid|digits-gan|--seeds|0-99|-o", "a.png")),
        ("a.npy", line("grid|digits-gan|--seeds|0-99|--npy", "a.npy")),
        (
            "a.npz",
            line(
                "codes|faces-stylegan|w(seed(1))|mix(seed(1), seed(2), layers 1..3)|seed(3)|-o",
                "a.npz",
            ),
        ),
        (
            "a.gif",
            line(
                "animate|digits-gan|seed(1)|seed(2)|--frames|40|--scale|8|-o",
                "a.gif",
            ),
        ),
        (
            "a.webp",
            line(
                "animate|digits-gan|seed(1)|seed(2)|--frames|40|--scale|8|-o",
                "a.webp",
            ),
        ),
        (
            "frames",
            line(
                "animate|digits-gan|seed(1)|seed(2)|--frames|40|--scale|8|-o",
                "frames",
            ),
        ),
        (
            "a.safetensors",
            line("directions|digits-gan|--samples|2000|-o", "a.safetensors"),
        ),
    ]
}

#[test]
fn a_full_disk_is_one_sentence_and_leaves_the_old_file() {
    let Some(disk) = Disk::new("size=64k") else {
        return;
    };
    let folder = &disk.0;
    for (name, arguments) in writing(folder) {
        let old = folder.path().join(name);
        if name != "frames" {
            fs::write(&old, b"old").expect("there is room for three bytes");
        }
        // All but one page of the disk.
        fs::write(folder.path().join("full"), vec![0; 56 << 10]).expect("there is room");
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let run = run(&arguments).complained(name);
        assert_eq!(run.code, Some(1), "{name}: {}", run.stderr);
        if name == "frames" {
            assert_eq!(folder.names(), ["full"], "{name}");
        } else {
            assert_eq!(fs::read(&old).expect("it is there"), b"old", "{name}");
            assert_eq!(folder.names(), [name, "full"], "{name}");
            fs::remove_file(old).expect("it is ours");
        }
        fs::remove_file(folder.path().join("full")).expect("it is ours");
    }
}

#[test]
fn a_disk_that_cannot_be_written_is_named() {
    let Some(disk) = Disk::new("size=1m") else {
        return;
    };
    disk.remount("ro");
    for (name, arguments) in writing(&disk.0) {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(&arguments).refused(name);
    }
}

/// The window comes up and stays where nothing can be kept, and takes the signal to end.
#[test]
fn a_home_that_cannot_be_written_does_not_keep_the_window_away() {
    let Some(disk) = Disk::new("size=1m") else {
        return;
    };
    disk.remount("ro");
    smoke_in(disk.0.path());
    let Some(full) = Disk::new("size=4k") else {
        return;
    };
    fs::write(full.0.path().join("full"), vec![0; 4096]).expect("there is room");
    smoke_in(full.0.path());
}

fn smoke_in(home: &Path) {
    let mut command = match std::env::var_os("DISPLAY") {
        Some(_) => program(),
        None => {
            let mut command = Command::new("xvfb-run");
            command.args(["-a", env!("CARGO_BIN_EXE_zscape")]);
            command
        }
    };
    let mut window = command
        .args([GAN, "--device", "cpu"])
        .env("HOME", home)
        .env("XDG_DATA_HOME", home)
        .env("XDG_CONFIG_HOME", home)
        .env_remove("WAYLAND_DISPLAY")
        .stderr(Stdio::null())
        .spawn()
        .expect("there is a screen or xvfb-run");
    // Long enough to start, to try to keep the first step, and to say what came of it.
    for _ in 0..30 {
        std::thread::sleep(Duration::from_millis(100));
        assert!(
            window.try_wait().expect("it was started").is_none(),
            "it ended"
        );
    }
    let ended = Command::new("kill").arg(window.id().to_string()).status();
    assert!(ended.expect("kill runs").success());
    window.wait().expect("it ends");
}
